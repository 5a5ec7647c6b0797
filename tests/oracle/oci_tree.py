#!/usr/bin/env python3
"""What an image holds, as text: one line a name, for comparing readers.

  oci_tree.py image X.oci.tar    layers applied by this script, as image-spec says
  oci_tree.py dir FOLDER         the same for what `skopeo copy ... dir:FOLDER` wrote
  oci_tree.py folder PATH        what a tool has unpacked
  oci_tree.py id X.oci.tar       digest of the config
  oci_tree.py layout X.oci.tar FOLDER    the OCI layout as files, layers decompressed:
                                 umoci 0.4 knows no zstd

Independent of ingot: tarfile, hashlib and json of Python, zstd(1).
"""
import gzip
import hashlib
import io
import json
import os
import stat
import subprocess
import sys
import tarfile

NO_MTIME = "d"  # tools set the times of folders when they please


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def decompress(data):
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def name_bytes(name):
    return name.encode("utf-8", "surrogateescape")


def entry_of(member, archive):
    kind = {tarfile.REGTYPE: "f", tarfile.SYMTYPE: "l", tarfile.CHRTYPE: "c",
            tarfile.BLKTYPE: "b", tarfile.DIRTYPE: "d", tarfile.FIFOTYPE: "p"}[member.type]
    xattrs = {}
    for key, value in member.pax_headers.items():
        if key.startswith("SCHILY.xattr."):
            xattrs[key[13:]] = value.encode("utf-8", "surrogateescape").hex()
    data = archive.extractfile(member).read() if kind == "f" else b""
    return {"kind": kind, "mode": 0o777 if kind == "l" else member.mode, "uid": member.uid,
            "gid": member.gid, "mtime": int(member.mtime), "xattrs": xattrs,
            "device": (member.devmajor, member.devminor) if kind in "cb" else None,
            "target": member.linkname if kind == "l" else None,
            "content": sha256(data) if kind == "f" else None}


def apply_layer(tree, data):
    """tree: path (bytes) to entry; hard links share one entry object."""
    whiteouts, added = [], {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for member in archive:
            path = name_bytes(member.name.rstrip("/"))
            path = b"" if path == b"." else path
            base = os.path.basename(path)
            assert path not in added, "twice: %r" % path
            if base.startswith(b".wh."):
                whiteouts.append(path)
                continue
            if member.type == tarfile.LNKTYPE:
                added[path] = added[name_bytes(member.linkname)]
            else:
                added[path] = entry_of(member, archive)
    for path in whiteouts:
        folder, base = os.path.split(path)
        gone = folder if base == b".wh..wh..opq" else os.path.join(folder, base[4:])
        for old in list(tree):
            if old.startswith(gone + b"/") or (old == gone and base != b".wh..wh..opq"):
                del tree[old]
    for path, entry in added.items():
        if path in tree and tree[path]["kind"] == "d" and entry["kind"] != "d":
            for old in [p for p in tree if p.startswith(path + b"/")]:
                del tree[old]
        tree[path] = entry


def read_image(path):
    """The blobs of an OCI tar, checked from the outside in: config, layers."""
    with tarfile.open(path, "r:") as archive:
        files = {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}

    def blob(descriptor):
        data = files["blobs/" + descriptor["digest"].replace(":", "/")]
        assert sha256(data) == descriptor["digest"] and len(data) == descriptor["size"]
        return data

    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    index = json.loads(files["index.json"])
    assert len(index["manifests"]) == 1
    manifest = json.loads(blob(index["manifests"][0]))
    config = blob(manifest["config"])
    layers = [decompress(blob(layer)) for layer in manifest["layers"]]
    assert [sha256(layer) for layer in layers] == json.loads(config)["rootfs"]["diff_ids"]
    docker = json.loads(files["manifest.json"])
    assert "blobs/" + manifest["config"]["digest"].replace(":", "/") == docker[0]["Config"]
    assert len(json.loads(config)["history"]) == len(layers)
    return config, layers, files


def read_dir(path):
    """skopeo's dir: transport: manifest.json, and blobs by the hex of their digest."""
    def load(name):
        with open(os.path.join(path, name), "rb") as f:
            return f.read()

    def blob(descriptor):
        data = load(descriptor["digest"].split(":")[1])
        assert sha256(data) == descriptor["digest"] and len(data) == descriptor["size"]
        return data

    manifest = json.loads(load("manifest.json"))
    return blob(manifest["config"]), [decompress(blob(layer)) for layer in manifest["layers"]]


def flatten(layers):
    tree = {}
    for layer in layers:
        apply_layer(tree, layer)
    tree.setdefault(b"", {"kind": "d", "mode": 0o755, "uid": 0, "gid": 0, "mtime": 0,
                          "xattrs": {}, "device": None, "target": None, "content": None})
    return tree


def read_folder(root):
    root = os.fsencode(root)
    tree, inodes = {}, {}

    def add(path):
        full = os.path.join(root, path) if path else root
        st = os.lstat(full)
        if stat.S_ISDIR(st.st_mode) is False and (st.st_dev, st.st_ino) in inodes:
            tree[path] = inodes[st.st_dev, st.st_ino]
            return
        kind = {stat.S_IFREG: "f", stat.S_IFLNK: "l", stat.S_IFCHR: "c", stat.S_IFBLK: "b",
                stat.S_IFDIR: "d", stat.S_IFIFO: "p"}[stat.S_IFMT(st.st_mode)]
        content = None
        if kind == "f":
            with open(full, "rb") as f:
                content = sha256(f.read())
        xattrs = {x: os.getxattr(full, x, follow_symlinks=False).hex()
                  for x in os.listxattr(full, follow_symlinks=False)} if kind in "fd" else {}
        entry = {"kind": kind, "mode": stat.S_IMODE(st.st_mode), "uid": st.st_uid,
                 "gid": st.st_gid, "mtime": int(st.st_mtime), "xattrs": xattrs,
                 "device": (os.major(st.st_rdev), os.minor(st.st_rdev)) if kind in "cb" else None,
                 "target": os.fsdecode(os.readlink(full)) if kind == "l" else None,
                 "content": content}
        tree[path] = inodes[st.st_dev, st.st_ino] = entry
        if kind == "d":
            for name in sorted(os.listdir(full)):
                add(os.path.join(path, name) if path else name)

    sys.setrecursionlimit(100000)
    add(b"")
    return tree


def dump(tree):
    first, lines = {}, []
    for path in sorted(tree):
        entry = tree[path]
        shown = dict(entry)
        if entry["kind"] in NO_MTIME:
            shown["mtime"] = None
        shown["link"] = first.setdefault(id(entry), os.fsdecode(path)) if entry["kind"] != "d" else None
        lines.append(ascii(path) + " " + json.dumps(shown, sort_keys=True))
    return "\n".join(lines)


def write_layout(image, folder):
    config, layers, files = read_image(image)
    os.makedirs(os.path.join(folder, "blobs/sha256"))

    def blob(data, old):
        with open(os.path.join(folder, "blobs", sha256(data).replace(":", "/")), "wb") as f:
            f.write(data)
        return {**old, "digest": sha256(data), "size": len(data)}

    index = json.loads(files["index.json"])
    old = index["manifests"][0]
    manifest = json.loads(files["blobs/" + old["digest"].replace(":", "/")])
    manifest["config"] = blob(config, manifest["config"])
    manifest["layers"] = [blob(data, {"mediaType": "application/vnd.oci.image.layer.v1.tar"})
                          for data in layers]
    index["manifests"] = [blob(json.dumps(manifest).encode(), old)]
    for name, data in (("index.json", json.dumps(index).encode()),
                       ("oci-layout", files["oci-layout"])):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


def main(argv):
    what, path = argv[1], argv[2]
    if what == "image":
        print(dump(flatten(read_image(path)[1])))
    elif what == "dir":
        print(dump(flatten(read_dir(path)[1])))
    elif what == "dir-id":
        print(sha256(read_dir(path)[0]))
    elif what == "folder":
        print(dump(read_folder(path)))
    elif what == "id":
        print(sha256(read_image(path)[0]))
    elif what == "layout":
        write_layout(path, argv[3])
    else:
        sys.exit(__doc__)


main(sys.argv)

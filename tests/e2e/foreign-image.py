#!/usr/bin/env python3
"""An OCI image as no tool of ours writes it: foreign-image.py OUT WORD...

Words: gnu (headers of GNU tar instead of pax), plain (layers not compressed), attested (an index
of one platform and BuildKit's attestation between index.json and the manifest), platforms (two
of them), docker (as docker save wrote it before OCI layouts), evil (a label with a script, history
with control characters), wrong (a layer whose diff id is another's).
"""
import gzip
import hashlib
import io
import json
import sys
import tarfile

LONG = "usr/share/" + "long-name/" * 12 + "file"
STATUS = """Package: hello
Status: install ok installed
Version: 1.0-1
Architecture: all
Maintainer: T <t@example.org>
Description: test

"""


def member(tar, name, data=None, kind=tarfile.REGTYPE, mode=0o644, pax=None, **more):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime = kind, mode, 1700000000
    info.uname, info.gname = "root", "root"
    for key, value in more.items():
        setattr(info, key, value)
    if pax:
        info.pax_headers = pax
    if data is not None:
        info.size = len(data)
    tar.addfile(info, io.BytesIO(data or b""))


def layer(form, fill):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        fill(tar)
    return out.getvalue()


def lower(tar):
    for name in ("dev", "etc", "opt", "usr", "usr/bin", "usr/lib", "var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/info"):
        member(tar, "./" + name, kind=tarfile.DIRTYPE, mode=0o755)
    member(tar, "dev/null", kind=tarfile.CHRTYPE, mode=0o666, devmajor=1, devminor=3)
    member(tar, "lib", kind=tarfile.SYMTYPE, mode=0o777, linkname="usr/lib")
    member(tar, "etc/passwd", b"root:x:0:0:root:/root:/bin/bash\njoe:x:1000:1000::/home/joe:/bin/sh\n")
    member(tar, "etc/hostname", b"builder\n")
    member(tar, "opt/old", b"old\n")
    member(tar, "usr/bin/hello", b"#!/bin/sh\n", mode=0o4755)
    member(tar, "var/lib/dpkg/status", STATUS.encode())
    member(tar, "var/lib/dpkg/info/hello.list", b"/.\n/usr\n/usr/bin\n/usr/bin/hello\n")


def upper(tar):
    member(tar, "etc/.wh.hostname", b"")
    member(tar, "opt/.wh..wh..opq", b"")
    member(tar, "opt/new", b"new\n", uid=1000, gid=1000, uname="joe", gname="joe")
    member(tar, "usr/bin/hello-again", kind=tarfile.LNKTYPE, linkname="usr/bin/hello")
    member(tar, "lib/x", b"x\n")
    pax = {"SCHILY.xattr.security.selinux": "system_u"} if tar.format == tarfile.PAX_FORMAT else None
    member(tar, LONG, b"long\n", pax=pax)


class Layout:
    def __init__(self):
        self.blobs = {}

    def put(self, data, media_type, **more):
        digest = hashlib.sha256(data).hexdigest()
        self.blobs[digest] = data
        return dict({"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}, **more)

    def json(self, value, media_type, **more):
        return self.put(json.dumps(value, indent=3).encode(), media_type, **more)


def main(out, words):
    kind = "application/vnd.oci.image."
    form = tarfile.GNU_FORMAT if "gnu" in words else tarfile.PAX_FORMAT
    tars = [layer(form, lower), layer(form, upper)]
    plain = "plain" in words or "docker" in words
    blobs = tars if plain else [gzip.compress(t, mtime=0) for t in tars]
    ids = ["sha256:" + hashlib.sha256(t).hexdigest() for t in tars]
    if "wrong" in words:
        ids[1] = ids[0]
    evil = "evil" in words
    config = {
        "architecture": "amd64", "os": "linux", "created": "2026-01-02T03:04:05.678Z",
        "config": {"Env": ["PATH=/usr/bin"], "Cmd": ["hello"], "Labels": {"a": "<script>1</script>" if evil else "b"}},
        "rootfs": {"type": "layers", "diff_ids": ids},
        "history": [{"created_by": "ADD \x1b[31mroot" if evil else "ADD rootfs in /"}, {"created_by": "ENV x", "empty_layer": True}, {"created_by": "RUN make"}],
    }
    store, files = Layout(), {}
    layers = [store.put(b, kind + "layer.v1.tar" + ("" if plain else "+gzip")) for b in blobs]
    about = store.json(config, kind + "config.v1+json")
    manifest = {"schemaVersion": 2, "mediaType": kind + "manifest.v1+json", "config": about, "layers": layers}
    tag = {"org.opencontainers.image.ref.name": "registry.example/team/hello:1.0"}
    if "docker" in words:
        about = about["digest"][7:]
        names = [i[7:] + "/layer.tar" for i in ids]
        files[about + ".json"] = store.blobs[about]
        files.update(zip(names, tars))
        files["manifest.json"] = json.dumps([{"Config": about + ".json", "RepoTags": ["hello:1.0"], "Layers": names}]).encode()
    else:
        first = store.json(manifest, kind + "manifest.v1+json", platform={"os": "linux", "architecture": "amd64"})
        names = [first]
        if "platforms" in words:
            second = store.json(dict(manifest, annotations={"a": "b"}), kind + "manifest.v1+json", platform={"os": "linux", "architecture": "arm64"})
            names.append(second)
        if "attested" in words:
            said = store.json(dict(manifest, layers=layers[:1]), kind + "manifest.v1+json", platform={"os": "unknown", "architecture": "unknown"},
                              annotations={"vnd.docker.reference.type": "attestation-manifest"})
            names = [store.json({"schemaVersion": 2, "mediaType": kind + "index.v1+json", "manifests": [first, said]}, kind + "index.v1+json")]
        names[0]["annotations"] = tag
        files["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
        files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": names}).encode()
        files.update({"blobs/sha256/" + d: b for d, b in store.blobs.items()})
    with tarfile.open(out, "w") as tar:
        for name, data in files.items():
            member(tar, name, data)


main(sys.argv[1], sys.argv[2:])

"""What the test of `ingot diff` needs to make and to change behind ingot's back.

  diff-change.py stub FILE             a PE file that a UKI can be built on
  diff-change.py elf FILE NUMBER       a program of sections whose function answer() returns it
  diff-change.py retar IN OUT          each layer's tar written by another writer
  diff-change.py recompress IN OUT     each layer compressed harder
  diff-change.py layer IN OUT PATH     one byte of PATH, all digests made to fit again
  diff-change.py guid IN OUT           another id of the disk, checksums made to fit again
  diff-change.py causes IN OUT NAME=VALUE   another fact in a causes file
  diff-change.py docker IN OUT         the image as Docker saves it: gzip, other annotations
"""
import gzip
import hashlib
import io
import json
import struct
import subprocess
import sys
import tarfile
import zlib


def stub(path):
    names = [b".text", b".data", b".sbat", b".sdmagic"]
    headers, alignment = 0x600, 0x1000
    pe = bytearray(headers)
    pe[0:2] = b"MZ"
    struct.pack_into("<I", pe, 0x3C, 0x40)
    pe[0x40:0x44] = b"PE\0\0"
    optional = 112 + 8 * 16
    struct.pack_into("<HHIIIHH", pe, 0x44, 0x8664, len(names), 0, 0, 0, optional, 0x206)
    o = 0x58
    struct.pack_into("<H", pe, o, 0x20B)
    struct.pack_into("<II", pe, o + 4, 0x200, 0x600)
    struct.pack_into("<I", pe, o + 16, alignment)
    struct.pack_into("<II", pe, o + 32, alignment, 0x200)
    struct.pack_into("<II", pe, o + 56, alignment * (len(names) + 1), headers)
    struct.pack_into("<H", pe, o + 68, 10)
    struct.pack_into("<I", pe, o + 108, 16)
    data = b""
    for i, name in enumerate(names):
        row = o + optional + 40 * i
        pe[row:row + len(name)] = name
        struct.pack_into("<IIII", pe, row + 8, 0x1F0, alignment * (i + 1), 0x200,
                         headers + 0x200 * i)
        struct.pack_into("<I", pe, row + 36, 0x60000020 if i == 0 else 0x40000040)
        text = "systemd-stub 257.1-test".encode("utf-16-le") if i == 1 else b""
        data += text + bytes([65 + i]) * (0x1F0 - len(text)) + bytes(16)
    open(path, "wb").write(bytes(pe) + data)


def elf(path, number):
    code = (b"\xb8" + struct.pack("<I", int(number)) + b"\xc3").ljust(16, b"\x90") + \
        b"\xb8\x3c\0\0\0\x31\xff\x0f\x05"
    names, symbols = b"\0.text\0.symtab\0.strtab\0.shstrtab\0", b"\0answer\0_start\0"
    base = 0x400000
    text = 64 + 56
    table = struct.pack("<IBBHQQ", 0, 0, 0, 0, 0, 0)
    table += struct.pack("<IBBHQQ", 1, 0x12, 0, 1, base + text, 6)
    table += struct.pack("<IBBHQQ", 8, 0x12, 0, 1, base + text + 16, 9)
    body = code.ljust(32, b"\0")
    at_table = text + len(body)
    at_symbols = at_table + len(table)
    at_names = at_symbols + len(symbols)
    at_rows = (at_names + len(names) + 7) & ~7
    row = lambda name, kind, flags, address, at, size, link, info, align, each: struct.pack(
        "<IIQQQQIIQQ", names.index(name) if name else 0, kind, flags, address, at, size, link, info, align, each)
    rows = row(b"", 0, 0, 0, 0, 0, 0, 0, 0, 0)
    rows += row(b".text", 1, 6, base + text, text, len(code), 0, 0, 16, 0)
    rows += row(b".symtab", 2, 0, 0, at_table, len(table), 3, 1, 8, 24)
    rows += row(b".strtab", 3, 0, 0, at_symbols, len(symbols), 0, 0, 1, 0)
    rows += row(b".shstrtab", 3, 0, 0, at_names, len(names), 0, 0, 1, 0)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, base + text + 16, 64, at_rows, 0, 64, 56, 1, 64, 5, 4)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, at_names, at_names, 0x1000)
    data = (header + segment + body + table + symbols + names).ljust(at_rows, b"\0") + rows
    open(path, "wb").write(data)


def read_tar(path):
    with tarfile.open(path) as t:
        return [(m, t.extractfile(m).read() if m.isfile() else None) for m in t.getmembers()]


def write_tar(path, members):
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as t:
        for m, data in members:
            if data is not None:
                m.size = len(data)
            t.addfile(m, io.BytesIO(data) if data is not None else None)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def unpack(data):
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data), "gzip"
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE,
                              check=True).stdout, "zstd"
    return data, ""


def pack(data, how):
    if how == "gzip":
        return gzip.compress(data, mtime=0)
    if how == "zstd":
        return subprocess.run(["zstd", "-cq", "-5"], input=data, stdout=subprocess.PIPE,
                              check=True).stdout
    return data


class Image:
    """Blobs of an OCI tar; documents follow what is put in."""

    def __init__(self, path):
        self.members = read_tar(path)
        self.blobs = {m.name[13:]: d for m, d in self.members if m.name.startswith("blobs/sha256/") and d is not None}
        self.index = json.loads(self.file("index.json"))
        self.manifest = json.loads(self.blobs[self.hex(self.index["manifests"][0])])
        self.config = json.loads(self.blobs[self.hex(self.manifest["config"])])

    def file(self, name):
        return next(d for m, d in self.members if m.name == name)

    @staticmethod
    def hex(descriptor):
        return descriptor["digest"][7:]

    @staticmethod
    def describe(descriptor, data):
        descriptor["digest"] = "sha256:" + digest(data)
        descriptor["size"] = len(data)

    def save(self, path, docker=True):
        text = lambda v: json.dumps(v, separators=(",", ":"), sort_keys=True).encode()
        config = text(self.config)
        self.describe(self.manifest["config"], config)
        manifest = text(self.manifest)
        self.describe(self.index["manifests"][0], manifest)
        blobs = {digest(config): config, digest(manifest): manifest}
        for layer in self.manifest["layers"]:
            blobs[self.hex(layer)] = self.blobs[self.hex(layer)]
        repo = json.loads(self.file("manifest.json"))
        repo[0]["Config"] = "blobs/sha256/" + digest(config)
        repo[0]["Layers"] = ["blobs/sha256/" + self.hex(x) for x in self.manifest["layers"]]
        members = []
        for name, data in sorted([("blobs/sha256/" + k, v) for k, v in blobs.items()] + [
                ("index.json", text(self.index)), ("manifest.json", text(repo)),
                ("oci-layout", self.file("oci-layout"))]):
            if name == "manifest.json" and not docker:
                continue
            m = tarfile.TarInfo(name)
            m.mode = 0o644
            members.append((m, data))
        folders = []
        for name in ("blobs", "blobs/sha256"):
            m = tarfile.TarInfo(name)
            m.type, m.mode = tarfile.DIRTYPE, 0o755
            folders.append((m, None))
        write_tar(path, folders + members)


def change_layer(source, to, path):
    image = Image(source)
    for i, layer in enumerate(image.manifest["layers"]):
        tar, how = unpack(image.blobs[image.hex(layer)])
        with tarfile.open(fileobj=io.BytesIO(tar)) as t:
            found = [m for m in t.getmembers() if m.name == path]
        if not found:
            continue
        changed = bytearray(tar)
        changed[found[0].offset_data] ^= 0x20
        blob = pack(bytes(changed), how)
        image.describe(layer, blob)
        image.blobs[digest(blob)] = blob
        image.config["rootfs"]["diff_ids"][i] = "sha256:" + digest(bytes(changed))
        image.save(to)
        return
    sys.exit("%s is in no layer" % path)


def each_layer(source, to, change):
    image = Image(source)
    for i, layer in enumerate(image.manifest["layers"]):
        tar, how = unpack(image.blobs[image.hex(layer)])
        tar, blob = change(tar, how)
        image.describe(layer, blob)
        image.blobs[digest(blob)] = blob
        image.config["rootfs"]["diff_ids"][i] = "sha256:" + digest(tar)
    image.save(to)


def retar(source, to):
    def change(tar, how):
        out = io.BytesIO()
        with tarfile.open(fileobj=io.BytesIO(tar)) as t, tarfile.open(
                fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as u:
            for m in t.getmembers():
                m.uname = m.gname = ""
                u.addfile(m, t.extractfile(m) if m.isfile() else None)
        return out.getvalue(), pack(out.getvalue(), how)
    each_layer(source, to, change)


def recompress(source, to):
    each_layer(source, to, lambda tar, how: (tar, subprocess.run(
        ["zstd", "-cq", "-19"], input=tar, stdout=subprocess.PIPE, check=True).stdout))


def docker(source, to):
    image = Image(source)
    for i, layer in enumerate(image.manifest["layers"]):
        tar, _ = unpack(image.blobs[image.hex(layer)])
        blob = pack(tar, "gzip")
        image.describe(layer, blob)
        layer["mediaType"] = "application/vnd.docker.image.rootfs.diff.tar.gzip"
        image.blobs[digest(blob)] = blob
    image.config["docker_version"] = "27.0"
    image.save(to)


def change_guid(source, to):
    disk = bytearray(open(source, "rb").read())
    last = len(disk) // 512 - 1
    for sector in (1, last):
        at = sector * 512
        disk[at + 56] ^= 1
        size = struct.unpack_from("<I", disk, at + 12)[0]
        struct.pack_into("<I", disk, at + 16, 0)
        struct.pack_into("<I", disk, at + 16, zlib.crc32(bytes(disk[at:at + size])))
    open(to, "wb").write(disk)


def change_causes(source, to, change):
    name, value = change.split("=", 1)
    text = open(source).read()
    facts = json.loads(text)["facts"]
    old = '"%s":"%s"' % (name, facts[name])
    if old not in text:
        sys.exit("%s has no %s" % (source, old))
    open(to, "w").write(text.replace(old, '"%s":"%s"' % (name, value)))


commands = {"stub": stub, "layer": change_layer, "guid": change_guid, "causes": change_causes,
            "docker": docker, "elf": elf, "retar": retar, "recompress": recompress}
commands[sys.argv[1]](*sys.argv[2:])

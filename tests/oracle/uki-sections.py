#!/usr/bin/python3
"""uki-sections.py STUB UKI .NAME=FILE...: reads both PE files from the specification and
says what is wrong: rows, alignment, order, overlaps, contents, sizes in the headers."""
import struct
import sys


def read(path):
    data = open(path, "rb").read()
    at = struct.unpack_from("<I", data, 0x3C)[0]
    assert data[:2] == b"MZ" and data[at : at + 4] == b"PE\0\0"
    n, symbols, n_symbols, optional_size = struct.unpack_from("<H4xIIH", data, at + 6)
    optional = at + 24
    header = {
        "magic": struct.unpack_from("<H", data, optional)[0],
        "symbols": (symbols, n_symbols),
        "section_alignment": struct.unpack_from("<I", data, optional + 32)[0],
        "file_alignment": struct.unpack_from("<I", data, optional + 36)[0],
        "image_size": struct.unpack_from("<I", data, optional + 56)[0],
        "headers_size": struct.unpack_from("<I", data, optional + 60)[0],
        "checksum": struct.unpack_from("<I", data, optional + 64)[0],
        "rest": data[optional + 16 : optional + 56] + data[optional + 68 : optional + optional_size],
    }
    rows = []
    for i in range(n):
        name, size, address, raw, offset, *_, flags = struct.unpack_from(
            "<8sIIIIIIHHI", data, optional + optional_size + 40 * i
        )
        rows.append((name.rstrip(b"\0").decode(), size, address, raw, offset, flags))
    return data, header, rows


def main():
    _, old, old_rows = stub = read(sys.argv[1])
    data, new, rows = read(sys.argv[2])
    added = dict(a.split("=", 1) for a in sys.argv[3:])
    assert new["magic"] == 0x20B and new["symbols"] == (0, 0) and new["checksum"] == 0
    assert new["rest"] == old["rest"] and new["headers_size"] == old["headers_size"]
    assert rows[: len(old_rows)] == old_rows
    assert [r[0] for r in rows[len(old_rows) :]] == [".osrel", ".cmdline", ".initrd", ".uname", ".linux"]
    for name, size, address, raw, offset, flags in old_rows:
        assert data[offset : offset + raw] == stub[0][offset : offset + raw], name
    end = max(r[4] + r[3] for r in old_rows)
    memory = max(r[2] + r[1] for r in old_rows)
    for name, size, address, raw, offset, flags in rows[len(old_rows) :]:
        want = open(added[name], "rb").read()
        assert size == len(want) and data[offset : offset + size] == want, name
        assert not any(data[offset + size : offset + raw]), name
        assert offset == end and offset % new["file_alignment"] == 0, name
        assert raw == -(-size // new["file_alignment"]) * new["file_alignment"], name
        assert address % new["section_alignment"] == 0, name
        assert memory <= address < memory + new["section_alignment"], name
        assert flags == (0x40000020 if name == ".linux" else 0x40000040), name
        end, memory = offset + raw, address + size
    assert end == len(data)
    assert new["image_size"] == -(-memory // new["section_alignment"]) * new["section_alignment"]


main()

#!/usr/bin/env python3
"""A second reader of C2SP logs and proofs, written from the specifications alone.

  tlog_reader.py log DIR KEY.pub         the whole log: prints origin, size, root;
                                         DIR may be the prefix of a web server
  tlog_reader.py proof FILE PROOF KEY.pub
"""

import base64
import hashlib
import os
import subprocess
import sys
import tempfile
import urllib.request


def sha(data):
    return hashlib.sha256(data).digest()


def leaf_hash(entry):
    return sha(b"\0" + entry)


def tree_hash(leaves):  # RFC 6962, 2.1, word by word
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha(b"\1" + tree_hash(leaves[:k]) + tree_hash(leaves[k:]))


def root_of_path(index, size, leaf, path):
    """The root that an inclusion path leads to, by recursion from the top."""
    if size == 1:
        assert not path
        return leaf
    k = 1
    while k * 2 < size:
        k *= 2
    if index < k:
        return sha(b"\1" + root_of_path(index, k, leaf, path[:-1]) + path[-1])
    return sha(b"\1" + path[-1] + root_of_path(index - k, size - k, leaf, path[:-1]))


def name_of(index):
    text = "%03d" % (index % 1000)
    while index >= 1000:
        index //= 1000
        text = "x%03d/%s" % (index % 1000, text)
    return text


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout


def check_note(note, key):
    """Returns origin, size, root of a checkpoint that `key` signed."""
    text, lines = note[: note.rindex(b"\n\n") + 1], note[note.rindex(b"\n\n") + 2 :]
    origin, size, root = text.split(b"\n")[:3]
    raw = openssl("pkey", "-pubin", "-in", key, "-outform", "DER")[-32:]
    want = sha(origin + b"\n\x01" + raw)[:4]
    for line in lines.splitlines():
        dash, name, blob = line.split(b" ")
        blob = base64.b64decode(blob, validate=True)
        if name != origin or blob[:4] != want:
            continue
        with tempfile.TemporaryDirectory() as folder:
            for file, content in ("text", text), ("signature", blob[4:]):
                with open(os.path.join(folder, file), "wb") as f:
                    f.write(content)
            openssl("pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in",
                    os.path.join(folder, "text"), "-sigfile", os.path.join(folder, "signature"))
        return origin.decode(), int(size), base64.b64decode(root, validate=True)
    raise SystemExit("nobody known has signed it")


def read(*parts):
    if parts[0].startswith("http:"):
        with urllib.request.urlopen("/".join(parts)) as answer:
            return answer.read()
    with open(os.path.join(*parts), "rb") as f:
        return f.read()


def tiles(folder, level, count):
    for index in range((count + 255) // 256):
        width = min(256, count - index * 256)
        name = os.path.join("tile", str(level), name_of(index))
        yield width, read(folder, name if width == 256 else "%s.p/%d" % (name, width))


def hashes_of(folder, level, count):
    result = []
    for width, tile in tiles(folder, level, count):
        assert len(tile) == width * 32, "a tile of %d bytes" % len(tile)
        result += [tile[i : i + 32] for i in range(0, len(tile), 32)]
    return result


def entries_of(folder, count):
    for width, bundle in tiles(folder, "entries", count):
        at = 0
        for _ in range(width):
            size = int.from_bytes(bundle[at : at + 2], "big")
            yield bundle[at + 2 : at + 2 + size]
            at += 2 + size
        assert at == len(bundle), "bytes behind the entries"


def check_log(folder, key):
    origin, size, root = check_note(read(folder, "checkpoint"), key)
    leaves = hashes_of(folder, 0, size)
    assert [leaf_hash(e) for e in entries_of(folder, size)] == leaves, "an entry differs"
    assert tree_hash(leaves) == root, "the root differs"
    level, below = 1, leaves
    while len(below) >= 256:
        above = [tree_hash(below[i : i + 256]) for i in range(0, len(below) // 256 * 256, 256)]
        assert hashes_of(folder, level, len(above)) == above, "level %d differs" % level
        level, below = level + 1, above
    print(origin, size, base64.b64encode(root).decode())


def check_proof(file, proof, key):
    head, note = read(proof).split(b"\n\n", 1)
    lines = head.split(b"\n")
    assert lines[0] == b"c2sp.org/tlog-proof@v1"
    assert lines[1].startswith(b"index ")
    origin, size, root = check_note(note, key)
    path = [base64.b64decode(line, validate=True) for line in lines[2:]]
    index = int(lines[1][6:])
    assert root_of_path(index, size, leaf_hash(read(file)), path) == root, "the path leads elsewhere"
    print(origin, index)


if sys.argv[1] == "log":
    check_log(*sys.argv[2:])
else:
    check_proof(*sys.argv[2:])

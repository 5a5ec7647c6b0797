#!/usr/bin/env python3
"""GNU tar, bsdtar and Python's tarfile must list in a tar of ingot the same
members with the same attributes, in the same order.

  tar-readers.py X.tar
"""
import os
import re
import subprocess
import sys
import tarfile

KINDS = {tarfile.REGTYPE: "-", tarfile.LNKTYPE: "h", tarfile.SYMTYPE: "l", tarfile.CHRTYPE: "c",
         tarfile.BLKTYPE: "b", tarfile.DIRTYPE: "d", tarfile.FIFOTYPE: "p"}


def run(*argv):
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC0"}
    done = subprocess.run(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode or done.stderr:
        sys.exit(f"{argv[0]} says: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode("utf-8", "surrogateescape")


def mode_text(mode):
    text = "".join(c if mode & 1 << 8 - i else "-" for i, c in enumerate("rwxrwxrwx"))
    for bit, at, c in ((0o4000, 2, "s"), (0o2000, 5, "s"), (0o1000, 8, "t")):
        if mode & bit:
            text = text[:at] + (c if text[at] == "x" else c.upper()) + text[at + 1:]
    return text


def by_python(path):
    rows = []
    with tarfile.open(path, "r:") as archive:
        for m in archive:
            name = m.name + ("/" if m.isdir() else "")
            size = f"{m.devmajor},{m.devminor}" if m.type in (tarfile.CHRTYPE, tarfile.BLKTYPE) else str(m.size)
            rows.append((KINDS[m.type], mode_text(m.mode), str(m.uid), str(m.gid), size,
                         int(m.mtime), name, m.linkname))
    return rows


def split_link(kind, rest):
    for mark, of in ((" -> ", "l"), (" link to ", "h")):
        if kind == of and mark in rest:
            # the name of a random tree holds neither mark
            return rest.split(mark, 1)
    return rest, ""


def by_gnu(path):
    text = run("tar", "--full-time", "--numeric-owner", "--quoting-style=escape", "-tvf", path)
    rows = []
    for line in text.splitlines():
        m = re.match(r"(.)(\S+) (\d+)/(\d+) +(\S+) (\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+) (.*)", line, re.S)
        kind = m.group(1)
        name, target = split_link(kind, m.group(12))
        rows.append((kind, m.group(2), m.group(3), m.group(4), m.group(5),
                     seconds(*map(int, m.group(6, 7, 8, 9, 10, 11))), unescape(name),
                     unescape(target)))
    return rows


def by_bsdtar(path):
    # mtree is bsdtar's own exact language; links between names are not in it
    text = run("bsdtar", "-cf", "-", "--format=mtree", "--options",
               "!all,type,mode,uid,gid,size,time,link,device", "@" + path)
    kinds = {"file": "-", "link": "l", "char": "c", "block": "b", "dir": "d", "fifo": "p"}
    rows = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        words = line.split(" ")
        values = dict(w.split("=", 1) for w in words[1:] if "=" in w)
        rows.append((kinds[values["type"]], mode_text(int(values["mode"], 8)), values["uid"],
                     values["gid"], int(float(values["time"])), unescape(words[0]),
                     unescape(values.get("link", ""))))
    return rows


def unescape(text):
    plain = {b"n": b"\n", b"t": b"\t", b"\\": b"\\", b" ": b" "}
    raw = re.sub(rb"\\([0-7]{3}|[nt\\ ])",
                 lambda m: plain.get(m.group(1)) or bytes([int(m.group(1), 8)]), os.fsencode(text))
    return os.fsdecode(raw)


def seconds(year, month, day, hour, minute, second):
    import calendar
    return calendar.timegm((year, month, day, hour, minute, second))


def xattrs_by_python(path):
    with tarfile.open(path, "r:") as archive:
        return {(m.name, k[13:]): v.encode("utf-8", "surrogateescape")
                for m in archive for k, v in m.pax_headers.items() if k.startswith("SCHILY.xattr.")}


def xattrs_by_gnu(path):
    text = run("tar", "--xattrs", "--numeric-owner", "--xattrs-include=*", "--quoting-style=escape", "-tvvf", path)
    found, name = set(), None
    for line in text.splitlines():
        x = re.match(r"  x: *(\d+) (.*)", line)
        if x:
            found.add((name, x.group(2), int(x.group(1))))
        else:
            m = re.match(r"(.)\S+ +\d+/\d+ +\S+ \S+ \S+ (.*)", line)
            name = m and unescape(split_link(m.group(1), m.group(2))[0]).rstrip("/")
    return found


def compare(what, expected, got):
    for i, (a, b) in enumerate(zip(expected, got)):
        if a != b:
            sys.exit(f"{what}, member {i}:\n  tarfile: {ascii(a)}\n  {what}: {ascii(b)}")
    if len(expected) != len(got):
        sys.exit(f"{what}: {len(got)} members, tarfile: {len(expected)}")


def main(path):
    rows = by_python(path)
    compare("GNU tar", rows, by_gnu(path))
    ours = {(os.path.normpath(n) if n != "./" else ".", x, len(v))
            for (n, x), v in xattrs_by_python(path).items()}
    theirs = {(os.path.normpath(n or "."), x, s) for n, x, s in xattrs_by_gnu(path)}
    if ours != theirs:
        sys.exit(f"extended attributes: tarfile {ours}, GNU tar {theirs}")
    # mtree calls a hard link a file without content
    attributes = {}
    for kind, mode, uid, gid, size, mtime, name, target in rows:
        bare = "/." if name == "./" else "./" + name.rstrip("/")
        attributes[bare] = ("-" if kind == "h" else kind, mode, uid, gid, mtime,
                            target if kind == "l" else "")
    got = {r[5]: (r[0], r[1], r[2], r[3], r[4], r[6]) for r in by_bsdtar(path)}
    if got != attributes:
        for name in sorted(set(got) | set(attributes)):
            if got.get(name) != attributes.get(name):
                sys.exit(f"bsdtar, {name!a}:\n  tarfile: {attributes.get(name)}\n  bsdtar:  {got.get(name)}")
    print(f"{len(rows)} members")


main(sys.argv[1])

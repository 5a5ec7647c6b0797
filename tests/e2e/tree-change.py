#!/usr/bin/python3
# tree-change.py FROM TO HOW...: a tar of a tree, written anew by another tool and in another way.
#
#   pax|gnu           in that format (without HOW: pax)
#   names PREFIX      every name begins with PREFIX ("", "./", "/", "rootfs/") instead of "./"
#   no-folders        without the members of folders
#   reversed          files before the folders that hold them
#   folder-times      folders have times
#   twice PATH        that file stands twice, with other bytes first
#   set PATH WHAT X   WHAT of PATH is X: content, mode, uid, mtime
#   without PATH      that path is left out
#   add PATH X        a file more
import io
import sys
import tarfile

source, target, words = sys.argv[1], sys.argv[2], sys.argv[3:]
form, prefix, steps = tarfile.PAX_FORMAT, "./", []
while words:
    word = words.pop(0)
    if word == "names":
        prefix = words.pop(0)
    elif word == "gnu":
        form = tarfile.GNU_FORMAT
    elif word == "set":
        steps.append((word, words.pop(0), words.pop(0), words.pop(0)))
    elif word in ("twice", "without"):
        steps.append((word, words.pop(0)))
    elif word == "add":
        steps.append((word, words.pop(0), words.pop(0)))
    elif word != "pax":
        steps.append((word,))


def path_of(name):
    return name.lstrip("/").removeprefix("./").rstrip("/") if name != "." else ""


members = []
with tarfile.open(source) as tar:
    for one in tar:
        data = tar.extractfile(one).read() if one.isreg() else None
        one.name = path_of(one.name)
        members.append([one, data])
for step in steps:
    if step[0] == "no-folders":
        members = [m for m in members if not m[0].isdir()]
    elif step[0] == "reversed":
        links = [m for m in members if m[0].islnk()]
        members = [m for m in reversed(members) if not m[0].islnk()] + links
    elif step[0] == "folder-times":
        for m, _ in members:
            if m.isdir():
                m.mtime = 1700000000
    elif step[0] == "without":
        members = [m for m in members if m[0].name != step[1]]
    elif step[0] == "add":
        one = tarfile.TarInfo(step[1])
        members.append([one, step[2].encode()])
    else:
        i = next(i for i, m in enumerate(members) if m[0].name == step[1])
        if step[0] == "twice":
            members.insert(i, [members[i][0], b"older bytes\n"])
        elif step[2] == "content":
            members[i][1] = step[3].encode()
        else:
            setattr(members[i][0], step[2], int(step[3], 8 if step[2] == "mode" else 10))
with tarfile.open(target, "w", format=form) as tar:
    for one, data in members:
        if not one.name and not prefix:
            continue
        keep = one.name, one.linkname
        one.name = prefix + one.name
        if one.islnk():
            one.linkname = prefix + path_of(one.linkname)
        if data is not None:
            one.size = len(data)
        tar.addfile(one, io.BytesIO(data) if data is not None else None)
        one.name, one.linkname = keep

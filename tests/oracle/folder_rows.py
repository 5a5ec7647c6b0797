#!/usr/bin/python3
"""folder_rows.py FOLDER: a folder as fs_read_tool prints what it reads of an image."""
import hashlib
import os
import stat
import sys


def escape(b):
    return ''.join(chr(c) if 0x20 < c < 0x7f and c != 0x5c else '\\x%02x' % c for c in b)


def walk(path):
    """In canonical order: a folder before its children, children by their bytes."""
    yield path
    if stat.S_ISDIR(os.lstat(path).st_mode):
        for name in sorted(os.listdir(path)):
            yield from walk(path + b'/' + name)


def digest(path):
    h = hashlib.sha256()
    with open(path, 'rb') as f:
        while block := f.read(1 << 20):
            h.update(block)
    return h.hexdigest()


def row(root, path, first):
    st, name = os.lstat(path), escape(path[len(root):] or b'/')
    letter, what = '?', '-'
    if stat.S_ISDIR(st.st_mode):
        letter = 'd'
    elif stat.S_ISREG(st.st_mode):
        letter, what = 'f', f'{st.st_size} {digest(path)}'
    elif stat.S_ISLNK(st.st_mode):
        letter, what = 'l', escape(os.readlink(path))
    elif stat.S_ISFIFO(st.st_mode):
        letter = 'p'
    elif stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
        letter = 'c' if stat.S_ISCHR(st.st_mode) else 'b'
        what = f'{os.major(st.st_rdev)}:{os.minor(st.st_rdev)}'
    mtime = '-' if letter == 'd' else int(st.st_mtime_ns // 10**9)
    fields = [name, letter, f'{st.st_mode & 0o7777:04o}', st.st_uid, st.st_gid, mtime, what]
    for key in sorted(os.listxattr(path, follow_symlinks=False)):
        fields.append(f'{key}={os.getxattr(path, key, follow_symlinks=False).hex()}')
    if letter != 'd' and st.st_nlink > 1:
        fields.append('=' + first.setdefault((st.st_dev, st.st_ino), name))
    return ' '.join(map(str, fields))


sys.setrecursionlimit(10000)
top, seen = os.fsencode(sys.argv[1]), {}
for p in walk(top):
    print(row(top, p, seen))

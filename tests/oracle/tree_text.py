#!/usr/bin/python3
"""tree_text.py ROOT|TAR CONTENTS: a tree as text, a line for each path, sorted.

Fields, with tabs between: path (backslash, tab and newline escaped), kind, mode, uid,
gid, size, sha256 of a file or target of a link or device number, extended attributes
(NAME=HEX, comma between), the first path of a set of hard links. What files hold that
no package ships (and whatever lies below /etc and /var) goes to CONTENTS/SHA256, for
files of at most 4 MiB. CONTENTS may be "-": nowhere.
"""
import hashlib
import os
import stat
import sys
import tarfile

LIMIT = 4 << 20


def escape(s):
    return s.replace('\\', '\\\\').replace('\n', '\\n').replace('\t', '\\t')


def keep(folder, digest, data):
    path = os.path.join(folder, digest)
    if not os.path.exists(path):
        with open(path + '.new', 'wb') as f:
            f.write(data)
        os.rename(path + '.new', path)


def shipped(root):
    """Every path of dpkg's lists, with folders resolved."""
    info, paths, real = os.path.join(root, 'var/lib/dpkg/info'), set(), {}
    for name in os.listdir(info):
        if name.endswith('.list'):
            for line in open(os.path.join(info, name), errors='surrogateescape'):
                head, _, tail = line.rstrip('\n')[1:].rpartition('/')
                if head not in real:
                    whole = os.path.realpath(os.path.join(root, head))
                    real[head] = os.path.relpath(whole, root) if head else ''
                paths.add(os.path.join(real[head], tail))
    return paths


def walk(root):
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            yield os.path.relpath(path, root), path


def of_folder(root, contents):
    known, links, rows = shipped(root), {}, []
    for name, path in sorted(walk(root)):
        st = os.lstat(path)
        kind, what, size = 'other', '', 0
        if stat.S_ISREG(st.st_mode):
            with open(path, 'rb') as f:
                data = f.read()
            kind, what, size = 'file', hashlib.sha256(data).hexdigest(), len(data)
            if contents != '-' and size <= LIMIT and (
                    name not in known or name.startswith(('etc/', 'var/'))):
                if not name.startswith('var/lib/dpkg/info/'):
                    keep(contents, what, data)
        elif stat.S_ISDIR(st.st_mode):
            kind = 'folder'
        elif stat.S_ISLNK(st.st_mode):
            kind, what = 'link', os.readlink(path)
        elif stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
            kind = 'char' if stat.S_ISCHR(st.st_mode) else 'block'
            what = f'{os.major(st.st_rdev)}:{os.minor(st.st_rdev)}'
        elif stat.S_ISFIFO(st.st_mode):
            kind = 'fifo'
        xattrs = ','.join(f'{x}={os.getxattr(path, x, follow_symlinks=False).hex()}'
                          for x in sorted(os.listxattr(path, follow_symlinks=False)))
        first = ''
        if kind != 'folder' and st.st_nlink > 1:
            first = links.setdefault((st.st_dev, st.st_ino), name)
        mode = 0o777 if kind == 'link' else st.st_mode & 0o7777
        rows.append([name, kind, f'{mode:04o}', st.st_uid, st.st_gid, size, what, xattrs, first])
    return rows


def of_tar(path, contents):
    nodes, groups, name_of = {}, {}, {}
    prefix = 'SCHILY.xattr.'
    with tarfile.open(path, bufsize=1 << 20) as tar:
        for m in tar:
            name = os.path.normpath(m.name).lstrip('/')
            if name == '.':
                continue
            if m.islnk():
                first = name_of[os.path.normpath(m.linkname).lstrip('/')]
                name_of[name] = first
                groups.setdefault(first, [first]).append(name)
                nodes[name] = list(nodes[first])
                nodes[name][0] = name
                continue
            name_of[name] = name
            kind = {tarfile.REGTYPE: 'file', tarfile.DIRTYPE: 'folder',
                    tarfile.SYMTYPE: 'link', tarfile.CHRTYPE: 'char',
                    tarfile.BLKTYPE: 'block', tarfile.FIFOTYPE: 'fifo'}[m.type]
            what, size = m.linkname if kind == 'link' else '', 0
            if kind == 'file':
                data = tar.extractfile(m).read()
                what, size = hashlib.sha256(data).hexdigest(), len(data)
                if contents != '-' and size <= LIMIT and name.startswith(('etc/', 'var/')):
                    keep(contents, what, data)
            elif kind in ('char', 'block'):
                what = f'{m.devmajor}:{m.devminor}'
            xattrs = ','.join(
                f'{k[len(prefix):]}={v.encode("utf-8", "surrogateescape").hex()}'
                for k, v in sorted(m.pax_headers.items()) if k.startswith(prefix))
            mode = 0o777 if kind == 'link' else m.mode & 0o7777
            nodes[name] = [name, kind, f'{mode:04o}', m.uid, m.gid, size, what, xattrs, '']
    for group in groups.values():
        for name in group:
            nodes[name][8] = min(group)
    return sorted(nodes.values())


def main():
    source, contents = sys.argv[1:3]
    rows = of_folder(source, contents) if os.path.isdir(source) else of_tar(source, contents)
    out = open(sys.stdout.fileno(), 'w', errors='surrogateescape', newline='\n', closefd=False)
    for row in rows:
        out.write('\t'.join(escape(str(field)) for field in row) + '\n')


if __name__ == '__main__':
    main()

#!/usr/bin/python3
"""compare_trees.py OURS.tar THEIRS.tar [ALLOW...]: two trees, path by path.

Prints every path whose kind, mode, owner, group, content, target, device, xattrs or
set of hard links differs, but for what the allow files name. An allow file has a
line for each exception: PATTERN, a tab, REASON. '*' crosses '/'. An allowed pattern
that matches no difference in this comparison is fine: images differ.
Exit status 1 if anything else differs.
"""
import fnmatch
import hashlib
import re
import sys
import tarfile


# dpkg writes these in the order of a hash table: lines of one record.
UNORDERED = {'var/lib/dpkg/diversions': 3, 'var/lib/dpkg/triggers/File': 1}


def normal(name, data):
    n = UNORDERED.get(name)
    if not n:
        return data
    lines = data.splitlines(True)
    return b''.join(sorted(b''.join(lines[i:i + n]) for i in range(0, len(lines), n)))


def read(path):
    nodes, names = {}, {}
    with tarfile.open(path) as tar:
        for m in tar:
            name = re.sub(r'^\./?', '', m.name).strip('/')
            if m.islnk():
                first = names[re.sub(r'^\./?', '', m.linkname)]
                names[name] = first
                nodes[name] = nodes[first][:-1] + [first]
                continue
            names[name] = name
            kind = {tarfile.REGTYPE: 'file', tarfile.DIRTYPE: 'folder', tarfile.SYMTYPE: 'link',
                    tarfile.CHRTYPE: 'char', tarfile.BLKTYPE: 'block',
                    tarfile.FIFOTYPE: 'fifo'}[m.type]
            what = m.linkname if m.issym() else ''
            if m.isreg():
                what = hashlib.sha256(normal(name, tar.extractfile(m).read())).hexdigest()
            elif m.isdev():
                what = f'{m.devmajor}:{m.devminor}'
            xattrs = sorted((k, v) for k, v in m.pax_headers.items()
                            if k.startswith('SCHILY.xattr.'))
            mode = 0o777 if m.issym() else m.mode & 0o7777
            nodes[name] = [kind, oct(mode), m.uid, m.gid, what, xattrs, name]
    nodes.pop('', None)
    groups = {}
    for name, node in nodes.items():
        groups.setdefault(node[-1], []).append(name)
    for group in groups.values():
        for name in group:
            nodes[name] = nodes[name][:-1] + [tuple(sorted(group)) if len(group) > 1 else ()]
    return nodes


def main():
    ours, theirs = read(sys.argv[1]), read(sys.argv[2])
    allowed = []
    for path in sys.argv[3:]:
        for line in open(path):
            if line.strip() and not line.startswith('#'):
                allowed.append(line.rstrip('\n').split('\t')[0])
    fields = ('kind', 'mode', 'owner', 'group', 'content', 'xattrs', 'hard links')
    n_all = n_left = 0
    for name in sorted(set(ours) | set(theirs)):
        a, b = ours.get(name), theirs.get(name)
        if a == b:
            continue
        n_all += 1
        if any(fnmatch.fnmatchcase('/' + name, p) for p in allowed):
            continue
        n_left += 1
        if a is None:
            print(f'missing  /{name}  {b[:5]}')
        elif b is None:
            print(f'extra    /{name}  {a[:5]}')
        else:
            what = [f'{f} {x} instead of {y}' for f, x, y in zip(fields, a, b) if x != y]
            print(f'differs  /{name}  ' + '; '.join(what))
    print(f'{len(ours)} paths here, {len(theirs)} there; {n_all} differ, '
          f'{n_all - n_left} of them allowed, {n_left} not')
    return 1 if n_left else 0


sys.exit(main())

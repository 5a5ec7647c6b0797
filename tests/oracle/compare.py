#!/usr/bin/python3
"""compare.py OURS THEIRS CONTENTS ALLOW: two trees, path by path.

Each is a tar or a tree as text (tree_text.py, oracle_compose --rows); CONTENTS is where
what the files of THEIRS hold was left ("-": nowhere). ALLOW is the list of exceptions,
see allow.txt. Prints each path whose kind, mode, owner, group, content,
target, device, xattrs or set of hard links differs, but for what the list names.
Owners are compared by name. Exit status 1 if anything differs.
"""
import collections
import difflib
import fnmatch
import os
import re
import struct
import sys
import tarfile

import tree_text

FIELDS = ('kind', 'mode', 'owner', 'group', 'size', 'content', 'xattrs', 'hard links')
ACCOUNTS = ('etc/passwd', 'etc/group', 'etc/shadow', 'etc/gshadow')


class Tree:
    """Rows by path, and contents on demand."""

    def __init__(self, path, contents='-'):
        self.path, self.contents, self.tar = path, contents, None
        self.cache = {}
        if path.endswith('.tar'):
            rows = tree_text.of_tar(path, '-')
        else:
            rows = [self.unescape(line) for line in
                    open(path, errors='surrogateescape', newline='\n')]
        self.rows = {row[0]: row for row in rows}
        self.links = {}
        for row in sorted(rows):
            if row[8]:
                self.links.setdefault(row[8], []).append(row[0])
        self.users = self.names('etc/passwd')
        self.groups = self.names('etc/group')

    @staticmethod
    def unescape(line):
        fields = line.rstrip('\n').split('\t')
        if '\\' in line:
            fields = [re.sub(r'\\(.)', lambda m: {'n': '\n', 't': '\t'}.get(m[1], m[1]), field)
                      for field in fields]
        return fields[:3] + [int(field) for field in fields[3:6]] + fields[6:]

    def data(self, names):
        """What the files hold: {name: bytes}; None for what is not known."""
        missing = {n for n in names if n not in self.cache}
        if self.path.endswith('.tar') and missing:
            first = {}
            for n in missing:
                row = self.rows.get(n)
                first.setdefault(row[8] or n if row else n, []).append(n)
            with tarfile.open(self.path, bufsize=1 << 20) as tar:
                for m in tar:
                    name = os.path.normpath(m.name).lstrip('/')
                    group = [n for f, ns in first.items() for n in ns
                             if name == n or name in self.links.get(f, [])] \
                        if m.isreg() and (name in missing or name in first or
                                          self.rows[name][8] in first) else []
                    if group:
                        held = tar.extractfile(m).read()
                        for n in group:
                            self.cache[n] = held
        elif self.contents != '-':
            for n in missing:
                row = self.rows.get(n)
                path = os.path.join(self.contents, row[6]) if row else ''
                if path and row[1] == 'file' and os.path.exists(path):
                    with open(path, 'rb') as f:
                        self.cache[n] = f.read()
        return {n: self.cache.get(n) for n in names}

    def names(self, path):
        ids = {}
        for line in (self.data([path])[path] or b'').decode().splitlines():
            fields = line.split(':')
            if len(fields) > 2 and fields[2].isdigit():
                ids.setdefault(int(fields[2]), fields[0])
        return ids

    def comparable(self, name):
        row = self.rows[name]
        links = self.links.get(row[8], []) if row[8] else []
        return [row[1], row[2], self.users.get(row[3], row[3]), self.groups.get(row[4], row[4]),
                row[5], row[6], row[7], tuple(links) if len(links) > 1 else ()]


class Allowed:
    """allow.txt: what may be missing, and files that are compared in another way."""

    def __init__(self, path):
        self.lines = []  # (regular expression, way, target, as written)
        for line in open(path):
            if not line.strip() or line.startswith('#'):
                continue
            pattern = line.rstrip('\n').split('\t')[0]
            path, _, target = pattern.partition(' -> ')
            way, _, path = path.rpartition(':')
            self.lines.append((re.compile(fnmatch.translate(path)), way, target, pattern))

    def all(self):
        return [line[3] for line in self.lines]

    def line(self, name, a, b, same):
        """The line by which @a, ours, and @b may differ; None stands for nothing."""
        for expression, way, target, pattern in self.lines:
            if not expression.match('/' + name):
                continue
            if way == 'any':
                return pattern
            if way:
                if a and b and same(way):
                    return pattern
            elif not a and (b[5] == target if b[0] == 'link' else not target):
                return pattern
        return None


def account_lines(tree, name, data):
    """Lines with names in place of the numbers that are given away from 100 up."""
    lines = []
    for line in data.decode().splitlines():
        fields = line.split(':')
        if name in ('etc/passwd', 'etc/group') and len(fields) > 3:
            number = int(fields[2])
            fields[2] = str(number) if number < 100 or number >= 60000 else 'dynamic'
            if name == 'etc/passwd':
                fields[3] = tree.groups.get(int(fields[3]), fields[3])
        lines.append(':'.join(fields))
    return sorted(lines)


def keystore(data):
    """Names and certificates of a Java key store, without times and order."""
    at, entries = 12, []
    magic, version, n = struct.unpack('>III', data[:12])
    for _ in range(n if (magic, version) == (0xFEEDFEED, 2) else 0):
        parts = []
        tag, size = struct.unpack('>IH', data[at:at + 6])
        parts.append(data[at + 6:at + 6 + size])
        at += 6 + size + 8
        size = struct.unpack('>H', data[at:at + 2])[0]
        parts.append(data[at + 2:at + 2 + size])
        at += 2 + size
        size = struct.unpack('>I', data[at:at + 4])[0]
        parts.append(data[at + 4:at + 4 + size])
        at += 4 + size
        entries.append((tag, *parts))
    # What follows is a digest of the password and everything before.
    return [magic, version, n, len(data) - at] + sorted(entries)


def normal(tree, name, way, data):
    """What @way leaves to be compared."""
    if way == 'accounts':
        return account_lines(tree, name, data)
    if way == 'keystore':
        return keystore(data)
    return sorted(data.splitlines(True))


def difference(name, a, b):
    if a is None:
        return {'path': '/' + name, 'what': 'missing', 'fields': ['missing'],
                'text': f'missing  /{name}  {b[:6]}'}
    if b is None:
        return {'path': '/' + name, 'what': 'extra', 'fields': ['extra'],
                'text': f'extra    /{name}  {a[:6]}'}
    fields = [f for f, x, y in zip(FIELDS, a, b) if x != y]
    text = '; '.join(f'{f} {x} instead of {y}' for f, x, y in zip(FIELDS, a, b) if x != y)
    return {'path': '/' + name, 'what': 'differs', 'fields': fields,
            'text': f'differs  /{name}  {text}'}


def same_otherwise(ours, theirs, name, way):
    """Nothing but what @way forgives differs."""
    a, b = ours.comparable(name), theirs.comparable(name)
    if a[:4] + a[6:] != b[:4] + b[6:] or a[0] != 'file':
        return False
    x, y = ours.data([name])[name], theirs.data([name])[name]
    return x is not None and y is not None and \
        normal(ours, name, way, x) == normal(theirs, name, way, y)


def explain(ours, theirs, found):
    """Adds the lines that differ, where both contents are known and text."""
    names = [d['path'][1:] for d in found if 'content' in d['fields']]
    x, y = ours.data(names), theirs.data(names)
    for d in found:
        name = d['path'][1:]
        if name in names and x[name] is not None and y[name] is not None:
            try:
                a, b = (z[name].decode().splitlines() for z in (y, x))
            except UnicodeDecodeError:
                continue
            if name in ACCOUNTS:
                a, b = account_lines(theirs, name, y[name]), account_lines(ours, name, x[name])
            if len(a) + len(b) < 20000:
                d['diff'] = list(difflib.unified_diff(a, b, 'theirs', 'ours', n=1,
                                                      lineterm=''))[2:30]


def compare(ours, theirs, allowed):
    """The differences that nothing allows; how many each line of the list allowed."""
    found, used = [], collections.Counter()
    for name in sorted(set(ours.rows) | set(theirs.rows)):
        a = ours.comparable(name) if name in ours.rows else None
        b = theirs.comparable(name) if name in theirs.rows else None
        if a == b:
            continue
        line = allowed.line(name, a, b, lambda way: same_otherwise(ours, theirs, name, way))
        if line:
            used[line] += 1
        else:
            found.append(difference(name, a, b))
    explain(ours, theirs, found)
    return found, used


def main():
    ours, theirs = Tree(sys.argv[1]), Tree(sys.argv[2], sys.argv[3])
    found, used = compare(ours, theirs, Allowed(sys.argv[4]))
    n_allowed = sum(used.values())
    for d in found:
        print(d['text'])
        for line in d.get('diff', []):
            print('    ' + line)
    print(f'{len(ours.rows)} paths here, {len(theirs.rows)} there; '
          f'{n_allowed + len(found)} differ, {n_allowed} of them allowed, {len(found)} not')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())

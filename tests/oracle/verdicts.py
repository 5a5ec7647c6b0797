#!/usr/bin/python3
"""verdicts.py TOOL FOLDER RELEASE OUT.json NAME...: our trees against the references.

TOOL is oracle_compose, FOLDER the one of reference.sh. A verdict for each set:
  EQUAL      the tree is that of dpkg
  REFUSED    TOOL ended with status 10 and named package, script, line and reason
  DIFFERENT  it made another tree without a word: the worst
  FAILED     it ended in any other way
Prints a line for each, then what is refused and what differs, most frequent first.
OUT.json gets everything. Exit status 1 if anything is DIFFERENT or FAILED.
"""
import collections
import functools
import json
import os
import re
import subprocess
import sys
import tempfile
import time

import compare

HERE = os.path.dirname(os.path.abspath(__file__))
EPOCH = '1760000000'
REFUSED = re.compile(r'^refused (\S+) (\S+) (\d+): (.*)$')


def debs(folder, name):
    files = []
    for line in open(os.path.join(folder, name + '.list')):
        package, version, arch = line.split()
        file = f'{package}_{version.replace(":", "%3a")}_{arch}.deb'
        files.append(os.path.join(folder, 'pool', file))
    return files


@functools.cache
def architecture():
    return subprocess.check_output(['dpkg', '--print-architecture'], text=True).strip()


def compose(tool, stage, files, out):
    """(status, lines of output, seconds) of one run."""
    start = time.monotonic()
    try:
        done = subprocess.run([tool, '--rows', os.path.dirname(out), stage, architecture(),
                               EPOCH, out] + files, capture_output=True, text=True,
                              errors='replace', timeout=300)
        status, said = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        status, said = 'timeout', ''
    return status, said.splitlines(), time.monotonic() - start


def refusals(lines):
    found = []
    for line in lines:
        m = REFUSED.match(line)
        if m:
            package, script, number, rest = m.groups()
            reason, _, text = rest.partition(': ')
            found.append({'package': package, 'script': script, 'line': int(number),
                          'reason': reason, 'text': text})
    return found


def judge(tool, stage, folder, name, allowed, work):
    out = os.path.join(work, 'rows')
    status, lines, seconds = compose(tool, stage, debs(folder, name), out)
    refused = refusals(lines)
    result = {'set': name, 'status': status, 'seconds': round(seconds, 2),
              'refused': refused, 'differences': [], 'said': []}
    if status not in (0, 10) or (status == 10 and not refused):
        result['verdict'] = 'FAILED'
        result['said'] = lines[-12:]
    elif refused and not os.path.exists(out):
        result['verdict'] = 'REFUSED'
    else:
        # What a refused set would become is worth a look too, but it is no verdict.
        theirs = compare.Tree(os.path.join(folder, name + '.ref'),
                              os.path.join(folder, 'contents'))
        ours = compare.Tree(out, work)
        result['differences'], result['allowed'] = compare.compare(ours, theirs, allowed)
        result['verdict'] = 'REFUSED' if refused else \
            'DIFFERENT' if result['differences'] else 'EQUAL'
    if os.path.exists(out):
        os.unlink(out)
    return result


def pattern(path):
    """A path without what changes from package to package."""
    return re.sub(r'\d+(\.\d+)*', '#', path)


def because(refusal):
    """A reason and the command that it is about."""
    command = re.match(r'[A-Za-z0-9_./+-]*', refusal['text'])[0]
    return f'{refusal["reason"]}: {command}' if command else refusal['reason']


def ranked(pairs):
    """[(key, sets, an example)] by the number of sets."""
    sets, example = collections.defaultdict(set), {}
    for key, name, text in pairs:
        sets[key].add(name)
        example.setdefault(key, f'{name}: {text}')
    return sorted(((k, sorted(v), example[k]) for k, v in sets.items()),
                  key=lambda item: (-len(item[1]), item[0]))


def summary(results):
    counts = collections.Counter(r['verdict'] for r in results)
    print('\n== ' + ', '.join(f'{counts[v]} {v.lower()}' for v in
                              ('EQUAL', 'REFUSED', 'DIFFERENT', 'FAILED')) +
          f' of {len(results)}')
    groups = (
        ('failed', [('\n        '.join(r['said']), r['set'], str(r['status']))
                    for r in results if r['verdict'] == 'FAILED']),
        ('refused, by reason', [(because(f), r['set'], f'{f["package"]} {f["script"]}:'
                                 f'{f["line"]}: {f["text"]}')
                                for r in results for f in r['refused']]),
        ('different, by path', [(pattern(d['path']) + ' ' + ','.join(d['fields']), r['set'],
                                 '\n        '.join([d['text']] + d.get('diff', [])[:12]))
                                for r in results for d in r['differences']
                                if r['verdict'] == 'DIFFERENT']),
        ('refused, and would differ', [(pattern(d['path']) + ' ' + ','.join(d['fields']),
                                        r['set'], '\n        '.join([d['text']] +
                                                                    d.get('diff', [])[:12]))
                                       for r in results for d in r['differences']
                                       if r['verdict'] == 'REFUSED']))
    for title, pairs in groups:
        rows = ranked(pairs)
        if rows:
            print(f'\n-- {title}')
        for key, sets, example in rows[:400]:
            more = ' ...' if len(sets) > 6 else ''
            print(f'{len(sets):4} {key}\n     ({" ".join(sets[:6])}{more})\n        {example}')


def unused(allowed, results):
    """Lines of allow.txt that no set needed."""
    used = set().union(*(r.get('allowed', ()) for r in results))
    lines = [line for line in allowed.all() if line not in used]
    if lines:
        print('\n-- lines of allow.txt that nothing needed')
    for line in lines:
        print('     ' + line)


def main():
    tool, folder, release, out = sys.argv[1:5]
    folder = os.path.join(folder, release)
    allowed = compare.Allowed(os.path.join(HERE, 'allow.txt'))
    results = []
    scratch = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=scratch) as work:
        for name in sys.argv[5:]:
            r = judge(tool, os.path.join(folder, 'stage'), folder, name, allowed, work)
            results.append(r)
            print(f'{r["verdict"]:10}{release} {name}  refused {len(r["refused"])}, '
                  f'different {len(r["differences"])}, {r["seconds"]} s', flush=True)
    with open(out, 'w') as f:
        json.dump(results, f, indent=1)
    summary(results)
    unused(allowed, results)
    return 1 if any(r['verdict'] in ('DIFFERENT', 'FAILED') for r in results) else 0


if __name__ == '__main__':
    sys.exit(main())

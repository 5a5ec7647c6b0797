#!/usr/bin/env python3
"""Random runs of update-alternatives, by the real program and over a tree.

usage: alternatives.py TOOL FOLDER SEED [ROUNDS]

TOOL is oracle_units. Each round makes some files, links and a sequence of commands,
from a seed; afterwards status of each command, links and state files must be equal.
"""

import os
import random
import shutil
import subprocess
import sys

TOOL, FOLDER, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3])
ROUNDS = int(sys.argv[4]) if len(sys.argv) > 4 else 40
FILES = ["/usr/bin/a%d" % i for i in range(5)] + ["/usr/lib/s%d" % i for i in range(6)]
LINKS = ["/usr/bin/one", "/usr/bin/two", "/usr/share/man/three", "/opt/none/four", "/usr/bin/five"]
NAMES = ["one", "two", "three", "four"]


def build(rng, root):
    for d in ("usr/bin", "usr/lib", "usr/share/man", "etc", "var/lib/dpkg/alternatives", "var/log"):
        os.makedirs(os.path.join(root, d))
    if rng.random() < 0.7:
        os.makedirs(os.path.join(root, "etc/alternatives"))
    for f in FILES + ["/usr/bin/update-alternatives", "/usr/bin/rm"]:
        if rng.random() < 0.85 or f not in FILES:
            with open(root + f, "w") as out:
                out.write("")
            os.chmod(root + f, 0o755)
    for link in LINKS[:3]:
        kind = rng.random()
        if kind < 0.1:
            os.symlink("/nowhere", root + link)
        elif kind < 0.2:
            with open(root + link, "w") as out:
                out.write("x")


def install(rng):
    wild = rng.random() < 0.25
    name = rng.choice(NAMES)
    link = rng.choice(LINKS) if wild else LINKS[NAMES.index(name)]
    args = ["--install", link, name, rng.choice(FILES), str(rng.randint(-3, 60))]
    for i in range(rng.choice([0, 0, 1, 2, 3])):
        slave = "s%d" % (i + 1)
        if wild:
            args += ["--slave", rng.choice(LINKS), rng.choice(NAMES + [slave]), rng.choice(FILES)]
        elif name == "one" or rng.random() < 0.2:
            args += ["--slave", "/usr/share/man/" + rng.choice([slave, slave, slave + "x"]), slave,
                     rng.choice(FILES)]
    return args


def command(rng):
    kind = rng.random()
    if kind < 0.5:
        args = install(rng)
    elif kind < 0.65:
        args = ["--remove", rng.choice(NAMES), rng.choice(FILES)]
    elif kind < 0.75:
        args = ["--set", rng.choice(NAMES), rng.choice(FILES)]
    elif kind < 0.85:
        args = ["--auto", rng.choice(NAMES)]
    elif kind < 0.9:
        args = ["--remove-all", rng.choice(NAMES)]
    elif kind < 0.95:
        return ["rm", "-f", rng.choice(FILES)]
    else:
        args = [rng.choice(["--query", "--display", "--list"]), rng.choice(NAMES)]
    if rng.random() < 0.1:
        args.append("--force")
    if rng.random() < 0.3:
        args.insert(0, "--quiet")
    return ["update-alternatives"] + args


def walk(root):
    found = {}
    for folder, dirs, files in os.walk(root):
        for name in dirs + files:
            path = os.path.join(folder, name)
            inside = path[len(root):]
            if inside.startswith("/var/log") or inside == "/status":
                continue
            if os.path.islink(path):
                found[inside] = "-> " + os.readlink(path)
            elif os.path.isdir(path):
                found[inside] = "d"
            elif inside.startswith("/var/lib/dpkg/alternatives/"):
                with open(path) as text:
                    found[inside] = text.read()
            else:
                found[inside] = "f"
    return found


def theirs(root, commands):
    status = []
    for c in commands:
        if c[0] == "rm":
            args = ["rm", "-f", root + c[2]]
        else:
            args = c[:1] + ["--root", root] + c[1:]
        r = subprocess.run(args, capture_output=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"})
        out = r.stdout.decode().replace(root, "")
        status.append("%d %s" % (r.returncode, out if "--query" in c or "--display" in c else ""))
    return status


def ours(root, commands):
    script = root + ".sh"
    with open(script, "w") as out:
        out.write("#!/bin/sh\n")
        for c in commands:
            keep = "--query" in c or "--display" in c
            words = " ".join("'%s'" % w for w in c)
            out.write("out=$(%s 2>/dev/null%s); printf '%%s %%s\\n@@' $? \"$out\" >>/status\n" %
                      (words, "" if keep else " >/dev/null"))
        out.write("exit 0\n")
    states = ",".join("/var/lib/dpkg/alternatives/" + n for n in NAMES + ["s1", "s2", "s3"])
    r = subprocess.run([TOOL, root, "dpkg=1.21", "86400", script, states + ",/status"],
                       capture_output=True)
    if r.returncode or r.stderr:
        raise SystemExit("refused or failed:\n" + r.stderr.decode())
    found, text = {}, r.stdout.decode()
    head, *parts = text.split("== ")
    for line in head.splitlines():
        path, kind, mode, owner, rest = (line.split(" ", 4) + [""])[:5]
        if path.startswith("/var/log") or path in ("/", "/status"):
            continue
        found[path] = {"d": "d", "l": "-> " + rest, "f": "f"}[kind]
    status = []
    for part in parts:
        path, body = part.split("\n", 1)
        if path == "/status":
            status = [s.rstrip("\n") for s in body.split("\n@@")][:-1]
        else:
            found[path] = body
    return found, status


def main():
    for number in range(ROUNDS):
        rng = random.Random(SEED * 1000 + number)
        root = os.path.join(FOLDER, "round%d" % number)
        shutil.rmtree(root, ignore_errors=True)
        build(rng, root)
        commands = [command(rng) for _ in range(rng.randint(1, 12))]
        found, status = ours(root, commands)
        want_status = [s.rstrip("\n") for s in theirs(root, commands)]
        want = walk(root)
        if found != want or status != want_status:
            print("seed", SEED, "round", number)
            for c, a, b in zip(commands, want_status, status):
                print(" ".join(c), "->", a.replace("\n", "|"),
                      "" if a == b else "OURS: " + b.replace("\n", "|"))
            for path in sorted(set(found) | set(want)):
                if found.get(path) != want.get(path):
                    print(path, "want", repr(want.get(path)), "got", repr(found.get(path)))
            raise SystemExit(1)
        shutil.rmtree(root)
        os.remove(root + ".sh")
    print("%d rounds are equal" % ROUNDS)


main()

#!/usr/bin/env python3
"""run.py TOOL CASES - commands by the real sh and by shell_tool, compared.

Each case starts in a fresh folder with the same small files, which is "/" for
shell_tool. Prints what differs; leaves with 1 if anything does.
"""
import os, shutil, subprocess, sys, tempfile

FILES = {
    "words": "alpha\nbeta\ngamma\ndelta\nan ant\nballoon\n",
    "passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
              "bin:x:2:2:bin:/bin:/usr/sbin/nologin\nuser:x:1000:1000:A User,,,:/home/user:/bin/sh\n",
    "numbers": "10\n9\n-3\n2.5\n100\n9\n-x\n007\n",
    "nonl": "nonl\nlast", "empty": "",
    "mixed": "Foo bar\nfoo BAR\n$HOME a$b\nbar_1 baz-2\nFOO^x*y a^b\nfoo bar\n",
    "dup": "a\na\nb\nalpha\nalpha\na\n",
    "conf": "# comment\n\nkey = value\n  other.name=1 # tail\n*star{\n#key = x\nlast=2\n   \n",
    "deb822": "Package: foo\nVersion: 1.0-1\nStatus: install ok installed\n\n"
              "Package: bar\nVersion: 2:3~rc1\nDepends: foo (>= 1), baz\n",
    "csv": "a,b,c\n1,2:x,3\nnone\n,,\nx|y,z\n",
    "utf8": "caf\u00e9\n\u00e9\nplain\n", "tabs": "a\tb  c\n  x y\tz\n\nd\t\te\n",
    "tabs2": "a b c\n x yz\nd e\n", "pats": "alpha\nbeta\n", "script.sed": "s/a/b/\n/beta/d\n",
    "prog.awk": "BEGIN { n = 0 }\n/a/ { n++ }\nEND { print n }\n",
    "versions": "1.10\n1.9\n1.0~rc1\n1.0\nfoo-1.tar.gz\nfoo-10.tar.gz\nfoo-9.tar.gz\n.hid\na\n01\n",
    "sorted1": "a 1\nb 2\nc 3\n", "sorted2": "b x\nc 3\nd y\n", "j1": "k:1\nl:2\n", "j2": "k:x\nm:y\n",
    "t7": "alpha\n", "sub/one.txt": "alpha\nx\n", "sub/two": "beta\n",
    "latin1": b"caf\xe9\n",
}

def fill(folder):
    for name, text in FILES.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())

def cases(path):
    """Lines, joined until the shell can parse them."""
    held = ""
    for line in open(path, encoding="utf-8"):
        if not held and (line.startswith("#") or not line.strip()):
            continue
        held += line
        text = held[1:] if held.startswith("?") else held
        if subprocess.run(["sh", "-n", "-c", text], stderr=subprocess.DEVNULL).returncode == 0:
            yield held.startswith("?"), text
            held = ""
    assert not held, held

def main():
    tool, path = sys.argv[1:3]
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
    only = sys.argv[3] if len(sys.argv) > 3 else ""
    good = bad = 0
    refused = []
    for must_refuse, text in cases(path):
        if only not in text:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            ours_root, real_root = scratch + "/ours", scratch + "/real"
            os.mkdir(ours_root); os.mkdir(real_root)
            fill(ours_root); fill(real_root)
            with open(scratch + "/script", "w", encoding="utf-8") as f:
                f.write("#!/bin/sh\n" + text)
            ours = subprocess.run([tool, "--root", ours_root, scratch + "/script"], env=env,
                                  stdin=subprocess.DEVNULL, capture_output=True)
            was_refused = b"REFUSED" in ours.stderr
            if must_refuse or was_refused:
                if must_refuse == was_refused:
                    good += 1
                else:
                    bad += 1
                    print(f"{'refused' if was_refused else 'not refused'}: {text}"
                          f"  {ours.stderr.decode(errors='replace')}", end="")
                continue
            real = subprocess.run(["sh", scratch + "/script"], cwd=real_root, env=env,
                                  stdin=subprocess.DEVNULL, capture_output=True)
        if (ours.returncode, ours.stdout) == (real.returncode, real.stdout):
            good += 1
            continue
        bad += 1
        print(f"differs: {text}  real {real.returncode} {real.stdout!r}\n"
              f"  ours {ours.returncode} {ours.stdout!r} {ours.stderr[-300:]!r}")
    print(f"{good} cases equal, {bad} not")
    return 1 if bad or not good else 0

sys.exit(main())

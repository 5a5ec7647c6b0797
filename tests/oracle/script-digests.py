#!/usr/bin/python3
"""script-digests.py PACKAGE.deb...: the scripts that decide a fresh installation.

Prints for each preinst and postinst its package, name, SHA-256, version, architecture,
and whether src/debian/catalogue_*.def has it: what a new release of Debian needs new
entries for.
"""
import glob
import hashlib
import io
import os
import subprocess
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
CATALOGUE = ''.join(open(path).read() for path in
                    sorted(glob.glob(HERE + '/../../src/debian/catalogue_*.def')))


def main():
    n_unknown = 0
    for deb in sys.argv[1:]:
        control = subprocess.run(['dpkg-deb', '--ctrl-tarfile', deb], check=True,
                                 stdout=subprocess.PIPE).stdout
        fields = subprocess.run(['dpkg-deb', '-f', deb, 'Package', 'Version', 'Architecture'],
                                check=True, stdout=subprocess.PIPE, text=True).stdout
        of = dict(line.split(': ', 1) for line in fields.splitlines())
        with tarfile.open(fileobj=io.BytesIO(control)) as tar:
            for member in tar:
                name = member.name.split('/')[-1]
                if name not in ('preinst', 'postinst'):
                    continue
                digest = hashlib.sha256(tar.extractfile(member).read()).hexdigest()
                known = digest in CATALOGUE
                n_unknown += not known
                print(of['Package'], name, digest, of['Version'], of['Architecture'],
                      'known' if known else 'NOT KNOWN')
    return 1 if n_unknown else 0


sys.exit(main())

#!/bin/bash
# Packs against dpkg-deb: every member of real packages of many kinds must be
# what `dpkg-deb --fsys-tarfile` and `--ctrl-tarfile` give, as python3 reads
# them. Then archives that must be refused, as python3's tarfile makes them.
#
# Where to fetch from is what the host's apt is configured for.
. "$(dirname "$0")/../lib.sh"
tool=$INGOT_BUILD/oracle_pack
cmake --build "$INGOT_BUILD" --target oracle_pack >/dev/null || exit 2
work=$INGOT_TEST_SCRATCH/pack-dpkg
mkdir -p "$work/debs"
cd "$work/debs" || exit 2

# hard links: gzip, perl-base, git; capabilities, setuid: iputils-ping, mount,
# passwd, sudo; odd names: ca-certificates; other groups: login, bsdutils, exim4-base,
# man-db; many files: tzdata, perl-modules; nothing but documentation: nginx;
# conffiles, FIFOs, zst and gz inside: whatever comes.
packages="gzip perl-base perl-modules-5.36 git iputils-ping mount passwd sudo ca-certificates
	bsdutils man-db tzdata nginx nginx-common libc6 base-files base-passwd openssh-server
	python3-minimal fonts-dejavu-core at"
for package in $packages; do
	ls "${package}"_*.deb >/dev/null 2>&1 && continue
	apt-get download -qq "$package" 2>/dev/null || skip "$package" "apt can't download it"
done

cat >"$work/expected.py" <<'END'
import hashlib, re, subprocess, sys, tarfile, io

def text(s):
    raw = s.encode("utf-8", "surrogateescape")
    return "".join(chr(c) if 0x20 < c < 0x7f and c != 0x5c else "\\x%02x" % c for c in raw)

def path(name):
    return "/".join(p for p in name.split("/") if p not in ("", "."))

def read(option, deb):
    p = subprocess.run(["dpkg-deb", option, deb], stdout=subprocess.PIPE, check=True)
    return tarfile.open(fileobj=io.BytesIO(p.stdout), encoding="utf-8", errors="surrogateescape")

def members(tar, with_md5):
    for m in tar:
        kind = "d" if m.isdir() else "l" if m.issym() else "h" if m.islnk() else "p" if m.isfifo() else "f"
        data = tar.extractfile(m).read() if kind == "f" else b""
        link = m.linkname if kind == "l" else path(m.linkname) if kind == "h" else ""
        fields = [text(path(m.name)), kind, "%o" % m.mode, m.uid, m.gid, int(m.mtime), len(data), text(link),
                  hashlib.sha256(data).hexdigest() if kind == "f" else "",
                  hashlib.md5(data).hexdigest() if kind == "f" and with_md5 else "", text(m.uname), text(m.gname)]
        if kind == "h":
            fields[2:6] = ["0", 0, 0, 0]
            fields[10:] = ["", ""]
        print("\t".join(str(f) for f in fields) + "\t")

if __name__ == "__main__":
    deb = sys.argv[1]
    for m in read("--ctrl-tarfile", deb):
        if m.isfile():
            print("control %s %o %d" % (path(m.name), m.mode, m.size))
    members(read("--fsys-tarfile", deb), True)
END

compare() { # DEB
	"$tool" "$work/stage" deb "$1" >"$work/got" 2>"$work/err" || { cat "$work/err"; return 1; }
	python3 "$work/expected.py" "$1" >"$work/want" || return 1
	diff "$work/want" "$work/got"
}
for deb in *.deb; do
	check "pack of ${deb%%_*} is what dpkg-deb reads" compare "$deb"
done
count() { grep -ac "$1" "$work/all"; }
for deb in *.deb; do "$tool" "$work/stage" deb "$deb"; done >"$work/all" 2>/dev/null
for kind in $'\th\t' $'\tl\t' $'\tf\t4[0-7]*\t' '\\x'; do
	if [ "$(count "$kind")" -eq 0 ]; then not_ok "the packages have members of kind '$kind'"; fi
done

# Random tarballs of the three dialects, against python3's tarfile.
cat >"$work/random.py" <<'END'
import gzip, io, lzma, random, subprocess, sys, tarfile
sys.path.insert(0, sys.argv[1])
seed, out = int(sys.argv[2]), sys.argv[3]
r = random.Random(seed)
form = [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT][seed % 3]

def name(limit):
    odd = ["\u0151", "\u20ac", "\\", "\n", " ", "'", "\x1b", "~"] if form != tarfile.USTAR_FORMAT else ["'", " "]
    if form == tarfile.GNU_FORMAT:
        odd.append("\udcff")
    return "".join(r.choice(odd) if r.random() < 0.1 else r.choice("abcxyz-_.0") for _ in range(r.randint(3, limit))) + "e"

buffer, folders, files = io.BytesIO(), [""], []
with tarfile.open(fileobj=buffer, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as t:
    for i in range(60):
        folder = r.choice(folders)
        long = form != tarfile.USTAR_FORMAT
        m = tarfile.TarInfo(r.choice(["./", ""]) + folder + str(i) + name(120 if long and i % 7 == 0 else 20))
        m.mode, m.mtime = r.choice([0o644, 0o755, 0o4755, 0o1777, 0]), r.randint(0, 2**33 - 1)
        top = 4294967294 if long else 2097151
        m.uid, m.gid = r.choice([0, 1000, top]), r.choice([0, 65534, top])
        m.uname, m.gname = r.choice(["", "root", "somebody"]), r.choice(["", "staff"])
        kind, data = r.randint(0, 9), b""
        if kind < 3 and len(m.name) < 60:
            m.type = tarfile.DIRTYPE
            folders.append(m.name.removeprefix("./") + "/")
        elif kind == 3:
            m.type, m.linkname = tarfile.SYMTYPE, r.choice(["/", "../", ""]) + name(120 if long else 40)
        elif kind == 4 and files:
            m.type, m.linkname = tarfile.LNKTYPE, r.choice(files)
        elif kind == 5:
            m.type = tarfile.FIFOTYPE
        else:
            data = r.randbytes(r.choice([0, 1, 511, 512, 513, 5000, 300000]))
            m.size = len(data)
            files.append(m.name)
        t.addfile(m, io.BytesIO(data))
packed = [lambda b: b, gzip.compress, lzma.compress][seed // 3 % 3](buffer.getvalue())
open(out, "wb").write(packed)
from expected import members
buffer.seek(0)
members(tarfile.open(fileobj=buffer, encoding="utf-8", errors="surrogateescape"), False)
END
random_tar() { # SEED
	python3 "$work/random.py" "$work" "$1" "$work/random.tar" >"$work/want" || return 1
	"$tool" "$work/stage" tar "$work/random.tar" >"$work/got" 2>"$work/err" || { cat "$work/err"; return 1; }
	diff "$work/want" "$work/got"
}
for seed in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do
	check "random tarball $seed is what tarfile reads" random_tar $seed
done

# The same in the poorest of environments: no locale but C, no environment.
bare() {
	deb=$(ls ca-certificates_*.deb)
	rm -rf "$work/stage2"
	env -i LC_ALL=C LOCPATH=/nonexistent ASAN_OPTIONS=detect_leaks=0 "$tool" "$work/stage2" deb "$deb" | cmp - <("$tool" "$work/stage" deb "$deb")
}
check "a pack does not depend on the locale" bare

cat >"$work/bad.py" <<'END'
import io, lzma, sys, tarfile
out = sys.argv[1]

def ar(*members):
    b = b"!<arch>\n"
    for name, data in members:
        b += b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (name.encode(), 0, 0, 0, 0o100644, len(data)) + data
        b += b"\n" * (len(data) & 1)
    return b

def tar(*members, format=tarfile.GNU_FORMAT):
    f = io.BytesIO()
    with tarfile.open(fileobj=f, mode="w", format=format) as t:
        for name, kind, link, data, pax in members:
            m = tarfile.TarInfo(name)
            m.type, m.linkname, m.size, m.pax_headers = kind, link, len(data), pax
            t.addfile(m, io.BytesIO(data))
    return f.getvalue()

control = lzma.compress(tar(("./control", tarfile.REGTYPE, "", b"Package: x\nVersion: 1\nArchitecture: all\n", {})))

def deb(name, data, compress=lzma.compress):
    data = compress(data)
    open(f"{out}/{name}.deb", "wb").write(ar(("debian-binary", b"2.0\n"), ("control.tar.xz", control), ("data.tar.xz", data)))

def member(name, kind=tarfile.REGTYPE, link="", data=b"", pax={}):
    return (name, kind, link, data, pax)

deb("1101-dotdot", tar(member("../x")))
deb("1101-dotdot-inside", tar(member("./a/../../x")))
deb("1101-absolute", tar(member("/etc/passwd")))
deb("1101-long-dotdot", tar(member("./" + "a/" * 100 + "../x")))
deb("1101-pax-dotdot", tar(member("./a" * 60, pax={"path": "../x"}), format=tarfile.PAX_FORMAT))
deb("1101-pax-nul", tar(member("./a", pax={"path": "./a\0b"}), format=tarfile.PAX_FORMAT))
deb("1101-link-missing", tar(member("./a", tarfile.LNKTYPE, "./b")))
deb("1101-link-outside", tar(member("./a", tarfile.LNKTYPE, "../../etc/shadow")))
deb("1101-link-folder", tar(member("./d", tarfile.DIRTYPE), member("./a", tarfile.LNKTYPE, "./d")))
deb("1104-device", tar(member("./null", tarfile.CHRTYPE)))
deb("1104-block", tar(member("./sda", tarfile.BLKTYPE)))
deb("1104-socket", tar(member("./s", b"s")))
deb("1104-sparse", tar(member("./s", tarfile.GNUTYPE_SPARSE)))
deb("1101-twice", tar(member("./a"), member("./a")))
deb("1104-xattr", tar(member("./a", pax={"SCHILY.xattr.trusted.x": "1"}), format=tarfile.PAX_FORMAT))
deb("1102-huge-pax", tar(member("./a", pax={"comment": "x" * (3 << 20)}), format=tarfile.PAX_FORMAT))
good = tar(member("./a", data=b"x" * 5000))
deb("1101-truncated-tar", good[:2000])
deb("1101-truncated-xz", good, lambda d: lzma.compress(d)[:-30])
deb("1101-garbage-after-xz", good, lambda d: lzma.compress(d) + b"garbage")
deb("1101-garbage-after-tar", good + b"garbage")
deb("1101-flipped-xz", good, lambda d: (lambda b: b[:40] + bytes([b[40] ^ 1]) + b[41:])(lzma.compress(d)))
# 10 GiB of zeros: one xz stream of 64 MiB, again and again
zeros = lzma.compress(b"\0" * (64 << 20))
head = tarfile.TarInfo("./zeros"); head.size = 10 << 30
deb("1102-bomb", b"", lambda d: lzma.compress(head.tobuf(tarfile.GNU_FORMAT)) + zeros * 160)
xz = lzma.compress(good)
files = {
    "1101-two-data": (("debian-binary", b"2.0\n"), ("control.tar.xz", control), ("data.tar.xz", xz), ("data.tar.xz", xz)),
    "1101-wrong-order": (("debian-binary", b"2.0\n"), ("data.tar.xz", xz), ("control.tar.xz", control)),
    "1101-no-data": (("debian-binary", b"2.0\n"), ("control.tar.xz", control)),
    "1104-version": (("debian-binary", b"3.0\n"), ("control.tar.xz", control), ("data.tar.xz", xz)),
}
for name, members in files.items():
    open(f"{out}/{name}.deb", "wb").write(ar(*members))
whole = ar(("debian-binary", b"2.0\n"), ("control.tar.xz", control), ("data.tar.xz", xz))
open(f"{out}/1101-magic.deb", "wb").write(b"!<arcx>\n" + whole[8:])
open(f"{out}/1101-truncated.deb", "wb").write(whole[:-10])
open(f"{out}/1101-garbage.deb", "wb").write(whole + b"garbage")
open(f"{out}/1101-empty.deb", "wb").write(b"")
END
mkdir -p "$work/bad"
check "bad archives can be made" python3 "$work/bad.py" "$work/bad"

refused() { # FILE: its name begins with the number of the error
	local name code
	name=$(basename "$1")
	code=${name%%-*}
	rm -rf "$work/fresh"
	if "$tool" "$work/fresh" deb "$1" >"$work/got" 2>"$work/err"; then
		echo "was taken"
		return 1
	fi
	grep -q "^error\[E$code\]: " "$work/err" && grep -q "${name#*-}" "$work/err" || { cat "$work/err"; return 1; }
	# Only the archive itself is in the stage.
	[ "$(find "$work/fresh/objects" -type f | wc -l)" -eq 1 ] &&
		[ -z "$(find "$work/fresh/tmp" "$work/fresh/results" -type f 2>/dev/null)" ] ||
		{ find "$work/fresh" -type f; return 1; }
}
for bad in "$work"/bad/*.deb; do
	check "refused: $(basename "$bad" .deb)" refused "$bad"
done

# What diff.sh and diff-pairs.sh source: a small archive with something to boot, and a recipe that
# is locked and built: $A holds its outputs $oci and $raw.
. "$root/tests/e2e/archive-lib.sh"
need "$(basename "$0" .sh)" apt-ftparchive gpg dpkg-deb curl jq zstd || exit 0
failed=0
golden=$root/tests/golden/diff
change() { /usr/bin/python3 "$root/tests/e2e/diff-change.py" "$@"; }

# ---- a small archive ----

archive=$area/archive
pool=$archive/pool/main
make_key alice || exit 1
export_key alice "$area/key.pgp"

# Commands are there if a file is; one that is a program, for what boots.
change elf "$area/nothing" 0 || exit 1

payload_base cat chmod chown ln mkdir rm setcap systemctl touch true adduser addgroup
mkdir -p "$payload/usr/share/zoneinfo/Europe"
printf 'TZif2\n' | tee "$payload/usr/share/zoneinfo/Europe/Berlin" >"$payload/usr/share/zoneinfo/Europe/Paris"
printf 'www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n' >>"$payload/etc/passwd"
printf 'www-data:x:33:\n' >>"$payload/etc/group"
printf 'www-data:*:19000:0:99999:7:::\n' >>"$payload/etc/shadow"
make_deb "$pool" tools 1 "Essential: yes"

hello() { # VERSION: a package with a text, a changelog and a program
	payload_of hello
	rm -rf "$payload"
	mkdir -p "$payload/usr/bin" "$payload/usr/share/doc/hello" "$payload/usr/share/hello" "$payload/usr/lib/systemd/system"
	printf 'one\ntwo %s\nthree\n' "$1" >"$payload/usr/share/hello/words.txt"
	{
		[ "$1" = 1.0 ] || printf 'hello (2.0) tiny; urgency=medium\n\n  * Says two, louder.\n\n -- T <t@example.org>  Mon, 01 Jan 2024 00:00:00 +0000\n\n'
		printf 'hello (1.0) tiny; urgency=medium\n\n  * First.\n\n -- T <t@example.org>  Sun, 01 Jan 2023 00:00:00 +0000\n'
	} | gzip -9n >"$payload/usr/share/doc/hello/changelog.Debian.gz"
	printf 'copyright\n' >"$payload/usr/share/doc/hello/copyright"
	printf '[Unit]\nDescription=hello\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' \
		>"$payload/usr/lib/systemd/system/hello.service"
	make_deb "$pool" hello "$1"
}
hello 1.0
elfy() { # VERSION NUMBER
	payload_of elfy
	mkdir -p "$payload/usr/bin"
	change elf "$payload/usr/bin/elfy" "$2" && chmod 755 "$payload/usr/bin/elfy" && make_deb "$pool" elfy "$1"
}
elfy 1 41 || exit 1
make_deb "$pool" extra 1 "Depends: hello"
make_deb "$pool" extra2 1
payload_of many
mkdir -p "$payload/usr/share/many"
for i in $(seq 500); do printf '%s\n' "$i" >"$payload/usr/share/many/$i"; done
make_deb "$pool" many 1
payload_of asks
mkdir -p "$payload/usr/bin"
printf '\177ELF' >"$payload/usr/bin/asks-register" && chmod 755 "$payload/usr/bin/asks-register"
script_of asks postinst <<'END'
#!/bin/sh
set -e
mkdir -p /var/lib/asks
if ! asks-register --all; then
	touch /var/lib/asks/unregistered
fi
END
make_deb "$pool" asks 1
caps() { # VERSION LINE: what its postinst does
	payload_of caps
	mkdir -p "$payload/usr/bin" && printf '\177ELF' >"$payload/usr/bin/caps" && chmod 755 "$payload/usr/bin/caps"
	printf '#!/bin/sh\nset -e\n%s\n' "$2" | script_of caps postinst
	make_deb "$pool" caps "$1"
}
caps 1 :
asks_sum=$(sha256sum <"$area/scripts/asks/postinst" | cut -d ' ' -f 1)

# What boots a disk.
kernel() { # VERSION: with 2 a driver is a module
	if [ "$1" = 2 ]; then make_kernel "$pool" 2 drivers/block/virtio_blk; else make_kernel "$pool" "$1"; fi
}
kernel 1 && make_boot "$pool" "$area/nothing" || exit 1

publish() { make_indexes "$archive" tiny amd64 && make_release "$archive" tiny alice "$1"; }
publish 9 || exit 1
serve "$archive" || exit 1
stage=$area/stage

# ---- what is changed ----

tiny_workspace base "$url"
mkdir -p "$ws/recipes/files"
printf 'first\nsecond\n' >"$ws/recipes/files/site.conf"
cat >"$ws/recipes/tiny.yaml" <<'END'
ingot: 1
name: tiny
version: "1"
architectures: [amd64]
epoch: "2026-01-02T03:04:05Z"
sources:
  test: {type: apt, suites: [tiny], components: [main], keyring: test}
packages:
  - hello
  - elfy
  - asks
  - caps
essential: true
exclude:
  - "/usr/share/doc/nothing/**"
files:
  - path: /etc/motd
    content: "one\n"
  - path: /etc/site.conf
    from: files/site.conf
  - path: /etc/link
    symlink: motd
  - path: /var/lib/app
    directory: true
    owner: app
users:
  - {name: app}
hostname: tiny
timezone: Europe/Berlin
scripts:
  - package: asks
    script: postinst
    sha256: SUM
    command: asks-register --all
    do: skip-command
    reason: there is no registry
targets:
  container:
    type: oci
    entrypoint: [/bin/true, --one]
    env: [A=1]
    labels: {org.example.a: one}
    layers: 6
  vm:
    type: disk
    packages: [linux-image-test]
    root: {type: ext4, grow: false}
    cmdline: [quiet, console=ttyS0]
END
sed -i "s/SUM/$asks_sum/" "$ws/recipes/tiny.yaml"
check "the recipe is locked" leaves 0 ingot lock tiny || exit 1
check "and built" leaves 0 ingot build tiny || exit 1
cp -a "$ws" "$area/first"
A=$area/first/outputs

oci=tiny-1-container-amd64.oci.tar
raw=tiny-1-vm-amd64.raw

# What differs between machines or compilers, and no fact of the case.
compressors=$("$INGOT" --json version | jq -r .compressors) || exit 1
normalised() {
	sed -E "s/${compressors//./\\.}/COMPRESSORS/"'
		s/\([0-9a-f]{12}\)/(DIGEST)/g; s/sha256[ :][0-9a-f]{16,64}/SHA256/g
		s/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/UUID/g'
}

edit() { replace "$ws/recipes/tiny.yaml" "$@"; }

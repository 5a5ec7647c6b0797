#!/bin/bash
# `ingot diff --explain` where two things changed at once: each difference names its own cause, both
# where both have a part in it, and no other. A line of tests/golden/diff/pairs/CASE.txt is a
# difference and behind "<-" what it is led to (INGOT_GOLDEN_UPDATE=1 writes them).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/diff-lib.sh"
golden=$golden/pairs

# Times are those of the archive's making; what they are led to counts.
led() {
	jq -r '.causes as $c | .differences[] | select(.follows == null) |
		"\(.where)\(if .name then " " + .name else "" end): \(.what) <- " +
		($c[.cause] | if .names then .names | join(" and ") elif .name then .name else .kind end)' "$1" | LC_ALL=C sort
}

lock_options=()
build_options=()
pair() { # CASE TARGET COMMAND...: what COMMAND changes in a copy of the workspace
	local case=$1 target=$2 file=$oci
	shift 2
	[ "$target" = container ] || file=$raw
	led_right() {
		ws=$area/$case
		cp -a "$area/first" "$ws" && rm -rf "$ws/outputs" && "$@" &&
			leaves 0 ingot lock "${lock_options[@]}" tiny && leaves 0 ingot build -t "$target" "${build_options[@]}" tiny || return 1
		"$INGOT" -C "$area/first" --stage "$stage" --json diff --explain "$A/$file" "$ws/outputs/$file" >"$area/$case.json" 2>"$area/$case.err"
		[ $? -eq 8 ] || { cat "$area/$case.err"; return 1; }
		led "$area/$case.json" >"$area/$case.txt"
		[ -z "${INGOT_GOLDEN_UPDATE:-}" ] || cp "$area/$case.txt" "$golden/$case.txt"
		diff -u "$golden/$case.txt" "$area/$case.txt"
	}
	check "$case" led_right "$@" || failed=1
	rm -rf "${area:?}/$case"
	lock_options=()
	build_options=()
}
two() { # OLD NEW OLD NEW
	edit "$1" "$2" && edit "$3" "$4"
}
motd='content: "one\n"'
app='directory: true
    owner: app'

# ---- files, owners, users ----

pair mode-owner container edit "$motd" "$motd
    mode: \"0600\"
    owner: app"
pair mode-uid container two "$app" "$app
    mode: \"0700\"" '{name: app}' '{name: app, uid: 777}'
pair owner-uid container two "$app" "${app/app/www-data}" '{name: app}' '{name: app, uid: 777}'
pair uid-user container edit '  - {name: app}' '  - {name: app, uid: 777}
  - {name: more, uid: 500}'
pair uid-shell container edit '{name: app}' '{name: app, uid: 777, shell: /bin/true}'
input_uid() { printf 'first\nchanged\n' >"$ws/recipes/files/site.conf" && edit '{name: app}' '{name: app, uid: 777}'; }
pair input-uid container input_uid
input_epoch() { printf 'first\nchanged\n' >"$ws/recipes/files/site.conf" && edit '2026-01-02' '2026-02-02'; }
pair input-epoch container input_epoch
pair content-epoch container two "$motd" 'content: "two\n"' '2026-01-02' '2026-02-02'
pair user-epoch container two '  - {name: app}' '  - {name: app}
  - {name: more, uid: 500}' '2026-01-02' '2026-02-02'
pair excludes container edit '  - "/usr/share/doc/nothing/**"' '  - "/usr/share/doc/hello/copyright"
  - "/usr/share/hello/**"'
pair answer-exclude container two 'do: skip-command' 'do: fail-command' '/usr/share/doc/nothing/**' '/usr/share/doc/hello/**'
pair hostname-timezone container two 'hostname: tiny' 'hostname: other' 'timezone: Europe/Berlin' 'timezone: Europe/Paris'

# ---- the image ----

pair env-locale container two 'env: [A=1]' 'env: [A=2]' 'hostname: tiny' 'hostname: tiny
locale: C.UTF-8'
pair entrypoint-label container two '--one' '--two' 'org.example.a: one' 'org.example.a: two'
pair annotation-label container two 'org.example.a: one' 'org.example.a: two' '    layers: 6' '    annotations: {org.example.a: x, org.example.b: y}
    layers: 6'
lock_options=(--reslice)
pair layers-package container two 'layers: 6' 'layers: 3' '  - caps' '  - caps
  - extra2'
pair compression-package container two '    layers: 6' '    layers: 6
    compression: gzip' '  - caps' '  - caps
  - extra2'
pair compression-epoch container two '    layers: 6' '    layers: 6
    compression: gzip' '2026-01-02' '2026-02-02'
pair packages container two '  - caps' '  - caps
  - extra2' '  - elfy
' ''

# ---- the disk ----

ext4='{type: ext4, grow: false}'
pair size-type vm edit "$ext4" '{type: erofs, size: 200M}'
pair size-package vm two "$ext4" '{type: ext4, grow: false, size: 200M}' '  - caps' '  - caps
  - extra2'
pair size-grow vm edit "$ext4" '{type: ext4, size: 200M}'
pair type-verity vm edit "$ext4" '{type: erofs, verity: true}'
pair cmdline-type vm two 'console=ttyS0' 'console=ttyS1' "$ext4" '{type: erofs}'
pair cmdline-verity vm two '[quiet, console=ttyS0]' '[console=ttyS0, debug]' "$ext4" '{type: erofs, verity: true}'
other() { # ROOT: the first of the two has another root
	{ [ "$1" = "$ext4" ] || edit "$ext4" "$1"; } && leaves 0 ingot lock tiny && leaves 0 ingot build -t vm tiny && rm -rf "$area/other" && mv "$ws/outputs" "$area/other"
}
if need "verity-secure-boot" openssl; then
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$area/db.key" -out "$area/db.pem" -subj /CN=test/ -days 3650 2>"$area/openssl.log"
	verity_signed() { other '{type: erofs}' && edit 'type: erofs' 'type: erofs, verity: true'; }
	build_options=(--secure-boot-key "$area/db.key" --secure-boot-cert "$area/db.pem")
	A=$area/other pair verity-secure-boot vm verity_signed
fi
compression_motd() { other '{type: erofs}' && two 'type: erofs' 'type: erofs, compression: lz4' "$motd" 'content: "two\n"'; }
A=$area/other pair lz4-content vm compression_motd

# ---- an archive that has moved on ----

hello 2.0 && caps 2 'setcap cap_net_raw+ep /usr/bin/caps' && publish 8 || exit 1
lock_options=(--update=hello)
pair upgrade-content container edit "$motd" 'content: "two\n"'
lock_options=(--update=hello)
pair upgrade-exclude container edit '/usr/share/doc/nothing/**' '/usr/share/doc/hello/**'
lock_options=(--update=hello)
pair upgrade-covered container edit 'users:' '  - path: /usr/share/hello/words.txt
    content: "mine\n"
users:'
lock_options=(--update=hello --update=caps)
pair upgrades container true
lock_options=(--update=hello)
pair upgrade-epoch container edit '2026-01-02' '2026-02-02'

# The same script under another version, and another answer to it.
payload_of asks && mkdir -p "$payload/usr/share" && printf 'new\n' >"$payload/usr/share/new" && make_deb "$pool" asks 2 && publish 7 || exit 1
lock_options=(--update=asks)
pair upgrade-answer container edit 'do: skip-command' 'do: fail-command'

kernel 2 && publish 6 || exit 1
lock_options=(--update=linux-image-test)
pair kernel-cmdline vm edit 'console=ttyS0' 'console=ttyS1'
lock_options=(--update=linux-image-test)
pair kernel-type vm edit "$ext4" '{type: erofs}'
lock_options=(--update=linux-image-test)
pair kernel-verity vm edit "$ext4" '{type: erofs, verity: true}'
# Where both have an initrd: what of it is by which.
modules() { leaves 0 ingot lock --update=linux-image-test tiny && other "$1" && edit "$1" "$2"; }
A=$area/other pair initrd-type-verity vm modules "$ext4" '{type: erofs, verity: true}'
exit $failed

#!/bin/bash
# One lock, one sha256 for each output, whoever builds it, where and when.
. "$(dirname "$0")/lib.sh"
check "a reference is built" prepare || exit 1

variation
check "built again from a cold stage" built
rm -rf "$out"
check "built from a warm stage" built
rm -rf "$out" "$stage/results/layer" "$stage/results/output"
check "packs present, layers not" built
rm -rf "$out" "$stage/results/pack"
check "layers present, packs not" built

for jobs in 1 2 8; do
	variation
	check "-j $jobs" built -- -j $jobs
done
for mask in 000 022 077; do
	variation
	masked() { (umask $mask; rm -rf "$stage"; cold "$stage"; built); }
	check "umask $mask" masked
done
for zone in Asia/Kolkata America/St_Johns Pacific/Apia; do
	variation
	check "TZ=$zone" built env TZ=$zone
done
variation
check "HOME elsewhere" built env HOME="$area/another home"
variation
check "no HOME" built env -u HOME
variation
check "an empty environment" built env -i
variation
check "SOURCE_DATE_EPOCH has no say" built env SOURCE_DATE_EPOCH=86400
variation "a folder/ with blanks/ünd/umlauts/and/a/rather/deep/path/to/the/work space"
check "another folder, deeper" built
variation
here() { (cd "$ws/recipes" && for recipe in $recipes; do leaves 0 "$INGOT" --stage ../../stage --outputs "$out" build $arch --locked "$recipe" || return 1; done); same "$out"; }
check "from within the workspace, by relative paths" here

# Locales of different sorting and letters; made here, not installed.
for locale in C tr_TR.UTF-8 de_DE.ISO-8859-1 ja_JP.UTF-8; do
	if [ $locale != C ]; then
		localedef -i "${locale%%.*}" -f "${locale#*.}" "$area/$locale" >/dev/null 2>&1
		if ! [ -e "$area/$locale/LC_CTYPE" ]; then
			skip "LC_ALL=$locale" "no locale sources here"
			continue
		fi
	fi
	variation
	check "LC_ALL=$locale" built env LOCPATH="$area" LC_ALL=$locale LANG=$locale
done

if need "ten years on" faketime; then
	variation
	check "ten years on" built faketime '+10 years'
	variation
	check "twenty years ago" built faketime '2006-01-01 00:00:00'
fi
if need "shuffled folders" gcc; then
	if gcc -shared -fPIC -O1 -o "$area/shuffle.so" tests/repro/shuffle.c -ldl; then
		for seed in 1 2; do
			variation
			check "folders listed in another order ($seed)" built env LD_PRELOAD="$area/shuffle.so" SHUFFLE_SEED=$seed
		done
	else
		not_ok "the shuffling shim compiles"
	fi
fi
if need "another user" root setpriv; then
	variation
	mkdir -p "$area/home" && rm -rf "$stage" && cold "$stage"
	mkdir -p "$out" && chown -R 12345:54321 "$stage" "$out" "$area/home"
	chmod 755 "$area"
	check "an unprivileged user" built setpriv --reuid 12345 --regid 54321 --clear-groups env HOME="$area/home"
	ids_in_workspace() { chown -R 12345:54321 "$ws" && built; }
	variation
	check "files of another owner" ids_in_workspace
fi
dates_in_workspace() { find "$ws" -exec touch -h -d '1999-12-31 23:59' {} + && find "$ws" -type f -name '*.html' -exec chmod 640 {} + && built; }
variation
check "files of other dates and group bits" dates_in_workspace
if need "another host name" root unshare; then
	variation
	if unshare -u true 2>/dev/null; then
		check "another host name" built unshare -u sh -c 'hostname elsewhere.example.org; exec "$@"' sh
	else
		skip "another host name" "no UTS namespace here"
	fi
fi
if need "a stage on tmpfs" root mount; then
	mkdir -p "$area/ram"
	if mount -t tmpfs -o size=2g tmpfs "$area/ram" 2>/dev/null; then
		mounts+=("$area/ram")
		variation ws ram/stage
		check "a stage on tmpfs" built
	else
		skip "a stage on tmpfs" "no tmpfs can be mounted here"
	fi
fi

#!/bin/bash
# gschemas.compiled beside glib-compile-schemas: cases of our own, a thousand generated
# schemas, and what the host has in /usr/share/glib-2.0/schemas.
. "$(dirname "$0")/../lib.sh"
work=$INGOT_TEST_SCRATCH/oracle-schemas
cases=$(cd "$(dirname "$0")" && pwd)/schemas
mkdir -p "$work"
export LC_ALL=C
real=$(command -v glib-compile-schemas ||
	ls /usr/lib/*/glib-2.0/glib-compile-schemas 2>/dev/null | head -n 1)
if [ -z "$real" ]; then
	skip "compiled schemas equal those of glib-compile-schemas" "there is no such program"
	exit 0
fi
cmake --build "$INGOT_BUILD" --target oracle_schemas >"$work/log" 2>&1 ||
	{ tail -n 20 "$work/log"; not_ok "oracle_schemas is built"; exit 1; }
ours=$(find "$INGOT_BUILD" -name oracle_schemas -type f | head -n 1)

compiled_alike() { # folder
	local files
	mkdir -p "$work/out"
	rm -f "$work/out"/*
	"$real" --targetdir="$work/out" "$1" >"$work/log" 2>&1 || { cat "$work/log"; return 1; }
	mapfile -t files < <(cd "$1" && ls -- *.enums.xml *.gschema.xml 2>/dev/null |
		awk '{ print (/enums/ ? 0 : 1) "\t" $0 }' | sort | cut -f2
		cd "$1" && ls -- *.gschema.override 2>/dev/null)
	"$ours" "$work/out/ours" "${files[@]/#/$1/}" || return 1
	cmp "$work/out/gschemas.compiled" "$work/out/ours"
}

# As many as make GLib's hash tables grow several times.
many() {
	mkdir -p "$work/many"
	awk 'BEGIN {
		print "<schemalist>"
		for (s = 0; s < 1000; s++) {
			printf "<schema id=\"org.example.s%d.%c\" path=\"/org/s%d/\">\n", s * 7919,
				97 + s % 26, s
			for (k = 0; k < (s * 13) % 97 + 1; k++)
				printf "<key name=\"%c-%d\" type=\"ai\"><default>[%d, %d]</default></key>\n",
					97 + k % 26, k * k, s, k
			print "</schema>"
		}
		print "</schemalist>"
	}' >"$work/many/many.gschema.xml"
	compiled_alike "$work/many"
}

refused_alike() { # file
	mkdir -p "$work/bad"
	rm -f "$work/bad"/*
	cp "$1" "$work/bad"
	"$real" --strict --targetdir="$work/out" "$work/bad" >"$work/log" 2>&1 && {
		echo "the real program takes it"
		return 1
	}
	"$ours" "$work/out/ours" "$1" >"$work/log"
	[ $? = 10 ] || { cat "$work/log"; return 1; }
}

check "schemas, enumerations and overrides compile alike" compiled_alike "$cases/good"
check "a thousand schemas compile alike" many
if ls /usr/share/glib-2.0/schemas/*.gschema.xml >/dev/null 2>&1; then
	check "the host's schemas compile alike" compiled_alike /usr/share/glib-2.0/schemas
else
	skip "the host's schemas compile alike" "it has none"
fi
for file in "$cases"/bad/*; do
	check "$(basename "$file" .gschema.xml): refused as there" refused_alike "$file"
done

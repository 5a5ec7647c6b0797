#!/bin/bash
# `ingot diff` where one side, or both, is a tar of a whole tree: what `ingot export` wrote, and what
# other tools write.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/diff-lib.sh"
test_that() { check "$@" || failed=1; }
ws=$area/first
image=$A/$oci
disk=$A/$raw
tree=$area/tree.tar
vm=$area/vm.tar
export TMPDIR=$area/scratch
mkdir -p "$TMPDIR"
other() { local to=$1; shift; /usr/bin/python3 "$root/tests/e2e/tree-change.py" "$tree" "$area/$to" "$@"; }
told() { ingot --json diff "$@" >"$area/diff.json" 2>"$area/diff.err"; [ $? -eq 8 ] || { cat "$area/diff.json" "$area/diff.err"; return 1; }; }
equal() { leaves 0 ingot diff "$@" && says "equal: the same tree"; }

exported() {
	leaves 0 ingot export "$image" -o "$tree" && leaves 0 ingot export "$disk" -o "$vm" &&
		equal "$tree" "$image" && says "A is a tree: of B the files are compared, and not its config" && equal "$image" "$tree" && says "B is a tree" &&
		equal "$vm" "$disk" && says "of B the files of the root are compared, and not its partitions" && equal "$disk" "$vm" &&
		leaves 0 ingot diff --explain "$tree" "$image" && ! says "causes" >"$area/says" &&
		ingot --json diff "$tree" "$image" | jq -e '.kind_a == "tree" and .kind_b == "oci" and .equal and .identical == false and .findings == 0' >"$area/jq"
}
test_that "a tree that export wrote is equal to what it was exported from" exported || exit 1
same() { cp "$tree" "$area/copy.tar" && leaves 0 ingot diff "$tree" "$area/copy.tar" && [ "$said" = identical ]; }
test_that "a tree and its copy are identical" same
packed() {
	gzip -k "$tree" && zstd -q "$tree" && xz -k -0 "$tree" && equal "$tree.gz" "$tree" && equal "$tree.xz" "$image" && equal "$tree.zst" "$tree.gz" &&
		[ -z "$(ls -A "$TMPDIR")" ]
}
test_that "a tree in gzip, xz or zstd is the same tree" packed
piped() {
	"$INGOT" diff - "$tree" <"$tree.gz" >"$area/said" && grep -q "equal" "$area/said" && gzip -dc "$tree.gz" | "$INGOT" -C "$ws" --stage "$stage" diff "$image" - >"$area/said" &&
		leaves 2 ingot diff - - && says "only one of the two" && [ -z "$(ls -A "$TMPDIR")" ]
}
test_that "a tree may come through a pipe" piped

foreign() {
	other a.tar pax && equal "$area/a.tar" "$image" && other a.tar gnu names "" && equal "$area/a.tar" "$image" && says "A has no entry for its root" &&
		other a.tar names / && equal "$area/a.tar" "$image" && other a.tar reversed && equal "$image" "$area/a.tar"
}
test_that "names, order and format of another tool's tar don't matter" foreign
bsd() { need "bsdtar" bsdtar || return 0; bsdtar -cf "$area/a.tar" "@$tree" && equal "$area/a.tar" "$image"; }
test_that "bsdtar's are read" bsd
no_folders() {
	other a.tar no-folders && leaves 8 ingot diff "$area/a.tar" "$image" && says "folders: they count as 0755, 0:0, 1970-01-01" &&
		says "tree > tmp: only in B: folder, 1777, 0:0"
}
test_that "folders that a tar does not name are told" no_folders
times() {
	other a.tar folder-times && equal "$area/a.tar" "$image" && says "the folders of B all have the time 1970-01-01" && cp "$area/a.tar" "$area/b.tar" &&
		other a.tar folder-times set etc mtime 5 && leaves 8 ingot diff "$area/a.tar" "$area/b.tar" && says "tree > etc: mtime 1970-01-01T00:00:05Z -> 2023-11-14T22:13:20Z"
}
test_that "times of folders count only if both sides have some" times
twice() { other a.tar twice etc/motd && equal "$area/a.tar" "$image" && says "A holds 1 path more than once: the last entry counts"; }
test_that "of a path that stands twice the last entry counts" twice
wrapped() { other a.tar names rootfs/ && leaves 8 ingot diff "$image" "$area/a.tar" && says "all of B lies in the folder 'rootfs': 'tar -C rootfs -cf FILE .' leaves it out"; }
test_that "a tree in a folder of its own is told how to leave that out" wrapped

changed() {
	other a.tar set etc/motd content two set etc/site.conf mode 600 set usr/bin/elfy uid 7 without usr/bin/caps add srv/new data set usr/share/hello/words.txt mtime 1 &&
		told "$image" "$area/a.tar" && jq -r '.differences[] | "\(.path) \(.what) \(.package // "")"' "$area/diff.json" | LC_ALL=C sort >"$area/list" &&
		diff -u - "$area/list" <<-'END'
			etc/motd content 
			etc/site.conf mode 
			srv presence 
			srv/new presence 
			usr/bin/caps presence caps
			usr/bin/elfy owner elfy
			usr/share/hello/words.txt mtime hello
		END
}
test_that "what was changed is told, by path and attribute, and nothing else" changed
from_image() {
	leaves 8 ingot diff --explain "$area/a.tar" "$image" && says "A is a tree, which has no causes of its own: each difference is told with what B has it from" &&
		says "in B from files./etc/motd (recipes/tiny.yaml:" && says "-two" && says "+one" && says "in B from elfy 1 (recipes/tiny."
}
test_that "with --explain the image beside a tree says where it has each from" from_image
upgraded() {
	hello 2.0 && publish 8 && ws=$area/two && cp -a "$area/first" "$ws" && rm -rf "$ws/outputs" && leaves 0 ingot lock --update=hello tiny &&
		leaves 0 ingot build -t container tiny && leaves 0 ingot export "$ws/outputs/$oci" -o "$area/two.tar" &&
		leaves 8 ingot diff --explain "$tree" "$area/two.tar" && says "no causes are known" && says "hello 1.0 -> 2.0: 5 differences" && says "Says two, louder" &&
		leaves 8 ingot diff --explain --causes-a "$A/${oci%.oci.tar}.causes.json" --causes-b "$ws/outputs/${oci%.oci.tar}.causes.json" "$tree" "$area/two.tar" &&
		says "hello 1.0 -> 2.0 (recipes/tiny.lock:" && says "the causes file of A is believed: no statement is about a tree" && ! says tampered >"$area/says"
}
test_that "of two trees packages are named, by dpkg's database or causes files" upgraded
ws=$area/first
beside() { # whose it is, nothing says
	cp "$tree" "$area/tiny.tar" && cp "$A/${oci%.oci.tar}.causes.json" "$area/tiny.causes.json" && told --explain "$area/tiny.tar" "$area/two.tar" &&
		jq -e '.has_causes_a == false' "$area/diff.json" >"$area/jq"
}
test_that "a causes file that lies beside a tree is not taken for its own" beside

refused() {
	head -c 9000 "$tree" >"$area/cut.tar" && leaves 11 ingot diff "$image" "$area/cut.tar" && says "cut.tar" &&
		head -c 3000 "$tree.gz" >"$area/cut.tar.gz" && leaves 11 ingot diff "$area/cut.tar.gz" "$image" &&
		other a.tar add a/../b data && leaves 11 ingot diff "$area/a.tar" "$image" && says "holds '..'" &&
		gzip -c "$image" >"$area/image.gz" && leaves 11 ingot diff "$area/image.gz" "$tree" && says "'$area/image.gz' is a compressed image" && says "unpack it first" &&
		leaves 2 ingot diff "$tree" "$ws/recipes/tiny.lock" && says "of kind 'tree'" && leaves 11 ingot diff "$pool"/hello_1.0_all.deb "$tree" && says "dpkg-deb --fsys-tarfile" &&
		[ -z "$(ls -A "$TMPDIR")" ]
}
test_that "what is cut off, hostile or no tree is refused by name" refused
damaged() {
	flipped() { cp --sparse=always "$disk" "$area/damaged.raw" && printf '\377' | dd of="$area/damaged.raw" bs=1 seek="$1" conv=notrunc 2>"$area/dd.log"; }
	flipped 1080 && leaves 11 ingot diff "$vm" "$area/damaged.raw" && says "damaged.raw' is damaged in the partition table" &&
		flipped $((1048576 + 100)) && leaves 11 ingot diff "$vm" "$area/damaged.raw" && says "damaged.raw' is damaged in the EFI system partition"
}
test_that "of a disk whose tree can't be reached it is told where it is damaged" damaged

others() {
	leaves 0 ingot ls "$tree.gz" /etc/motd && says "/etc/motd" && leaves 0 ingot show "$tree" && says "packages" && ingot --json show "$tree" | jq -e '.schema == "ingot/tree/1" and .packages >= 4' >"$area/jq" &&
		leaves 0 ingot why "$tree" /usr/bin/elfy && says "package elfy" && other a.tar gnu reversed names "" && leaves 0 ingot export "$area/a.tar" -o "$area/again.tar" && cmp "$area/again.tar" "$tree" &&
		"$INGOT" ls - <"$tree.zst" | cmp - <("$INGOT" ls "$tree")
}
test_that "ls, show and why read trees, and export writes any as ingot does" others
no_image() {
	local command
	for command in sbom run; do leaves 11 ingot "$command" "$tree" && says "is a tree of files, not an image" || return 1; done
}
test_that "what is about images says that a tree is none" no_image
exit $failed

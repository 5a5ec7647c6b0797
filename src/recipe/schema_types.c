/* The types of what a recipe is, where packages come from, digests and times. */
#define _GNU_SOURCE
#include "recipe/schema_types.h"

#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "recipe/recipe_package.h"

/* --- what a recipe is ---------------------------------------------------------- */

const struct schema_type type_schema_version = {
	.kind = SCHEMA_INT, .what = "the number 1", .low = 1, .high = 1,
	.hint = "this ingot reads schema version 1: write 'ingot: 1'",
};

const struct schema_type type_name = {
	.kind = SCHEMA_TEXT, .what = "a name for a recipe", .first = "a-z0-9",
	.rest = "a-z0-9._-", .min = 1, .max = 100,
	.hint = "lower-case letters, digits, '.', '_' and '-'; it becomes part of file names",
};

const struct schema_type type_version = {
	.kind = SCHEMA_TEXT, .what = "a version", .first = "A-Za-z0-9_",
	.rest = "A-Za-z0-9._-", .min = 1, .max = 128, .number = true,
	.hint = "letters, digits, '.', '_' and '-'; it becomes the tag of an image",
};

const struct schema_type type_key_name = {
	.kind = SCHEMA_TEXT, .what = "a name", .first = "a-z0-9", .rest = "a-z0-9._-",
	.min = 1, .max = 63, .hint = "lower-case letters, digits, '.', '_' and '-'",
};

const struct schema_type type_target_name = {
	.kind = SCHEMA_TEXT, .what = "a name for a target", .first = "a-z0-9",
	.rest = "a-z0-9._-", .min = 1, .max = 63,
	.hint = "lower-case letters, digits, '.', '_' and '-'; it becomes part of file names",
};

const struct schema_type type_bool = { .kind = SCHEMA_BOOL, .what = "true or false" };

static int check_true(const struct schema_type *t, const struct schema_place *where,
		      struct ydoc_node *n, struct error *err)
{
	(void)t;
	if (str_equal_cstr(n->text, "true"))
		return 0;
	(void)err_at(err, ERR_RECIPE_VALUE, n->pos, "'%s' can only be true", where->name);
	return err_hint(err, "remove the entry instead");
}

const struct schema_type type_true = {
	.kind = SCHEMA_BOOL, .what = "true", .check = check_true,
};

const struct schema_type type_free_text = {
	.kind = SCHEMA_TEXT, .what = "a text", .max = 65536, .lines = true, .number = true,
};

const struct schema_type type_line = {
	.kind = SCHEMA_TEXT, .what = "a text of one line", .min = 1,
	.hint = "it can't be empty",
};

const struct schema_type type_reason = {
	.kind = SCHEMA_TEXT, .what = "a reason", .min = 1,
	.hint = "say why the image is right without it, for whoever reviews this recipe",
};

/* --- where packages come from --------------------------------------------------- */

const struct schema_type type_architecture = {
	.kind = SCHEMA_TEXT, .what = "an architecture of Debian",
	.choices = SCHEMA_WORDS("amd64", "arm64", "armel", "armhf", "i386", "mips64el", "ppc64el",
			 "riscv64", "s390x"),
	.aliases = SCHEMA_WORDS("x86_64", "amd64", "x86-64", "amd64", "x64", "amd64", "aarch64", "arm64",
			 "armv7", "armhf", "armv7l", "armhf", "arm", "armhf", "x86", "i386",
			 "i686", "i386", "386", "i386", "ppc64le", "ppc64el", "powerpc64le",
			 "ppc64el"),
};

static int check_archive_word(const struct schema_type *t, const struct schema_place *where,
			      struct ydoc_node *n, struct error *err)
{
	struct str s = n->text;

	(void)where;
	if (s.ptr[s.len - 1] == '/' || memmem(s.ptr, s.len, "..", 2) ||
	    memmem(s.ptr, s.len, "//", 2))
		return schema_refuse(t, n, err);
	return 0;
}

const struct schema_type type_suite = {
	.kind = SCHEMA_TEXT, .what = "a suite of an archive", .first = "A-Za-z0-9",
	.rest = "A-Za-z0-9._/+-", .min = 1, .max = 128, .check = check_archive_word,
	.hint = "as below dists/ in the archive: trixie, trixie-updates, trixie-security",
};

const struct schema_type type_component = {
	.kind = SCHEMA_TEXT, .what = "a component of an archive", .first = "A-Za-z0-9",
	.rest = "A-Za-z0-9._/+-", .min = 1, .max = 128, .check = check_archive_word,
	.hint = "as in the archive's Release: main, contrib, non-free-firmware",
};

const struct schema_type type_keyring = {
	.kind = SCHEMA_TEXT, .what = "the name of a keyring", .first = "A-Za-z0-9",
	.rest = "A-Za-z0-9._+-", .min = 1, .max = 128,
	.hint = "the name alone: 'debian-archive-keyring' is recipes/keys/debian-archive-keyring.pgp",
};

static int check_snapshot(const struct schema_type *t, const struct schema_place *where,
			  struct ydoc_node *n, struct error *err)
{
	int64_t time;

	(void)where;
	if (n->text.len != 16 || !text_parse_time(n->text, &time))
		return schema_refuse(t, n, err);
	return 0;
}

const struct schema_type type_snapshot = {
	.kind = SCHEMA_TEXT, .what = "the time of a snapshot", .check = check_snapshot,
	.pattern = "^[0-9]{8}T[0-9]{6}Z$", .hint = "UTC without punctuation: 20260901T000000Z",
};

const struct schema_type type_package = {
	.kind = SCHEMA_TEXT, .what = "a package", .min = 1, .check = package_check,
	.bind = package_bind,
	.pattern = "^-?[a-z0-9][a-z0-9+.-]+( *\\( *(<<|<=|=|>=|>>) *[0-9][A-Za-z0-9.+~:-]* *\\))?$",
	.hint = "a name, or a name and a version as in \"nginx (>= 1.22)\"",
};

const struct schema_type type_package_name = {
	.kind = SCHEMA_TEXT, .what = "the name of a package", .first = "a-z0-9",
	.rest = "a-z0-9+.-", .min = 2, .max = 128,
	.hint = "a name alone, without version",
};

/* --- digests and times ------------------------------------------------------------ */

static int check_sha256(const struct schema_type *t, const struct schema_place *where,
			struct ydoc_node *n, struct error *err)
{
	struct digest d;

	(void)where;
	if (str_has_prefix(n->text, STR("sha256:")))
		n->text = (struct str){ n->text.ptr + 7, n->text.len - 7 };
	return digest_parse_hex(n->text, &d) ? 0 : schema_refuse(t, n, err);
}

static void bind_sha256(const struct ydoc_node *n, struct arena *arena, void *to)
{
	(void)arena;
	(void)digest_parse_hex(n->text, to);
}

const struct schema_type type_sha256 = {
	.kind = SCHEMA_TEXT, .what = "a SHA-256 digest", .check = check_sha256,
	.bind = bind_sha256, .pattern = "^(sha256:)?[0-9a-f]{64}$",
	.hint = "64 lower-case hex digits, as sha256sum prints them",
};

static int check_time(const struct schema_type *t, const struct schema_place *where,
		      struct ydoc_node *n, struct error *err)
{
	int64_t time;
	char text[TEXT_TIME_MAX];

	if (!text_parse_time(n->text, &time) || time > 253402300799)
		return schema_refuse(t, n, err);
	n->text = str_of(arena_printf(where->arena, "%s", text_time(time, text)));
	return 0;
}

static void bind_time(const struct ydoc_node *n, struct arena *arena, void *to)
{
	(void)arena;
	(void)text_parse_time(n->text, to);
}

const struct schema_type type_time = {
	.kind = SCHEMA_TEXT, .what = "a time", .check = check_time, .bind = bind_time,
	.pattern = "^([0-9]{8}T[0-9]{6}Z|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)$",
	.hint = "in UTC: \"2026-09-01T00:00:00Z\"",
};

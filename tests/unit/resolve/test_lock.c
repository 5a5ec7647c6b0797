#include <criterion/criterion.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "resolve/lock.h"

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define HEAD                                                                              \
	"# written by ingot lock; review it like code\n"                                  \
	"lock: 2\n"                                                                       \
	"output: 1\n"                                                                     \
	"recipe: web\n"                                                                   \
	"\n"                                                                              \
	"# which packages, and from where\n"                                              \
	"resolution: sha256:" HEX_A "\n"

#define SUITE                                                                             \
	"suites:\n"                                                                       \
	"  - source: debian\n"                                                            \
	"    suite: trixie\n"                                                             \
	"    origin: Debian\n"                                                            \
	"    label: Debian\n"                                                             \
	"    codename: trixie\n"                                                          \
	"    date: 2026-09-05T09:14:50Z\n"                                                \
	"    inrelease: sha256:" HEX_B "\n"                                               \
	"    size: 140421\n"                                                              \
	"    signed-by:\n"                                                                \
	"      - 04B54C3CDCA79751B16BC6B5225629DF75B188BD\n"                              \
	"      - B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8\n"                              \
	"    indexes:\n"                                                                  \
	"      - {path: main/binary-amd64/Packages.xz, size: 9, sha256: " HEX_A "}\n"

#define SLICES "slices:\n  - base\n  - nginx\n"

#define LINE_A                                                                            \
	"    - {name: adduser, version: \"3.152\", architecture: all, why: nginx-common, "  \
	"suite: trixie, path: pool/main/a/adduser/adduser_3.152_all.deb, size: 1, sha256: " \
	HEX_A "}\n"
#define LINE_B                                                                            \
	"    - {name: nginx, version: 1.26.3-3+b1, source-version: 1.26.3-3, why: recipe, " \
	"targets: [container, vm], essential: true, slice: 1, suite: trixie, "            \
	"path: pool/main/n/nginx/nginx_1.26.3-3+b1_amd64.deb, size: 2, sha256: " HEX_B "}\n"
#define PACKAGES "packages:\n  amd64:\n" LINE_A LINE_B "  arm64: []\n"

#define TAIL                                                                              \
	"\n"                                                                              \
	"# everything else that goes into the outputs\n"                                  \
	"recipe-digest: sha256:" HEX_B "\n"                                               \
	"epoch: 2026-09-05T09:14:50Z\n"                                                   \
	"evaluator: 1\n"                                                                  \
	"compressors: \"zstd 1.5.4, zlib 1.2.13\"\n"

#define INPUTS                                                                            \
	"inputs:\n"                                                                       \
	"  - {path: files/empty, kind: folder}\n"                                           \
	"  - {path: files/run, kind: file, executable: true, size: 12, sha256: " HEX_A "}\n" \
	"  - {path: files/x, kind: link, target: \"../y\"}\n"                                 \
	"ids:\n"                                                                          \
	"  users:\n"                                                                      \
	"    app: 990\n"                                                                  \
	"  groups:\n"                                                                     \
	"    app: 990\n"                                                                  \
	"    ssl: 120\n"                                                                  \
	"answers:\n"                                                                      \
	"  - {package: nginx, script: postinst, sha256: " HEX_B                              \
	", command: x --y, do: skip-command, reason: because}\n"                             \
	"effects:\n"                                                                      \
	"  - {architecture: amd64, target: container, sha256: " HEX_B "}\n"                  \
	"package-effects:\n"                                                              \
	"  - {architecture: amd64, target: container, package: nginx, digest: aabb}\n"

#define WHOLE HEAD SUITE SLICES PACKAGES TAIL INPUTS

static int parse(const char *text, struct lock **ret, struct error *err)
{
	return lock_parse(str_bytes(str_of(text)), "recipes/web.lock", ret, err);
}

/* A scalar that ydoc/ quotes or not is its business: make the text canonical. */
static char *canonical(const char *text)
{
	CLEANUP_LOCK struct lock *l = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct buf again = BUF_INIT(1u << 20);

	cr_assert_eq(parse(text, &l, &err), 0, "%s at %u:%u\n%s", err.message, err.pos.line,
		     err.pos.column, text);
	lock_format(l, &again);
	return buf_take(&again);
}

Test(lock, a_whole_lock_is_read)
{
	CLEANUP_LOCK struct lock *l = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	const struct lock_package *p;
	const struct lock_architecture *a;

	cr_assert_eq(parse(WHOLE, &l, &err), 0, "%s %u:%u", err.message, err.pos.line,
		     err.pos.column);
	cr_assert(str_equal_cstr(l->recipe, "web"));
	cr_assert_eq(l->n_suites, 1);
	cr_assert_eq(l->suites[0].n_signed_by, 2);
	cr_assert_eq(l->suites[0].indexes[0].size, 9);
	cr_assert_eq(l->n_architectures, 2);
	a = lock_architecture(l, STR("amd64"));
	cr_assert_not_null(a);
	cr_assert_null(lock_architecture(l, STR("i386")));
	p = lock_package(a, STR("adduser"));
	cr_assert_not_null(p);
	cr_assert(str_equal_cstr(p->source, "adduser"));
	cr_assert(str_equal_cstr(p->source_version, "3.152"));
	cr_assert(str_equal_cstr(p->archive, "debian"));
	cr_assert(lock_package_in(p, STR("anything")));
	p = lock_package(a, STR("nginx"));
	cr_assert(str_equal_cstr(p->source_version, "1.26.3-3"));
	cr_assert(str_equal_cstr(p->architecture, "amd64"));
	cr_assert(p->essential);
	cr_assert_eq(p->slice, 1);
	cr_assert(lock_package_in(p, STR("vm")));
	cr_assert_not(lock_package_in(p, STR("other")));
	cr_assert_null(lock_package(a, STR("zsh")));
	cr_assert_eq(l->n_inputs, 3);
	cr_assert(l->inputs[1].executable);
	cr_assert(str_equal_cstr(l->inputs[2].target, "../y"));
	cr_assert_eq(l->n_ids, 3);
	cr_assert_eq(l->ids[2].id, 120);
	cr_assert_eq(l->ids[2].kind, LOCK_ID_GROUP);
	cr_assert_eq(l->n_answers, 1);
	cr_assert_not_null(lock_effects(l, STR("amd64"), STR("container")));
	cr_assert_null(lock_effects(l, STR("amd64"), STR("vm")));
	cr_assert_eq(l->n_package_effects, 1);
}

Test(lock, what_is_read_is_written_again_to_the_byte)
{
	static const char *const texts[] = { WHOLE, HEAD TAIL, HEAD SUITE TAIL INPUTS };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CLEANUP_FREE char *again = canonical(texts[i]);

		cr_assert_str_eq(again, texts[i]);
	}
}

Test(lock, odd_text_survives)
{
	struct lock_input inputs[] = {
		{ .path = STR("files/a b, c: {d} [e] #f"), .kind = STR("file") },
		{ .path = STR("files/\xc3\xa9 'x' \"y\" \\z"), .kind = STR("link"),
		  .target = STR("- no\tyes") },
		{ .path = STR("true"), .kind = STR("certificate"), .size = 1 },
	};
	struct lock_id ids[] = { { LOCK_ID_USER, STR("null"), 1 }, { LOCK_ID_USER, STR("x y"), 2 } };
	struct lock l = { .recipe = STR("1e3"), .output_format = OUTPUT_FORMAT,
			  .compressors = STR(""), .inputs = inputs, .n_inputs = 3,
			  .ids = ids, .n_ids = 2 };
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 16);
	CLEANUP_LOCK struct lock *back = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;

	lock_format(&l, &text);
	cr_assert_eq(parse(buf_cstr(&text), &back, &err), 0, "%s %u:%u\n%s", err.message,
		     err.pos.line, err.pos.column, buf_cstr(&text));
	for (size_t i = 0; i < 3; i++)
		cr_assert(str_equal(back->inputs[i].path, inputs[i].path), "%zu", i);
	cr_assert(str_equal(back->inputs[1].target, inputs[1].target));
	cr_assert(str_equal(back->recipe, l.recipe));
	cr_assert(str_equal(back->ids[0].name, ids[0].name));
	cr_assert_eq(back->compressors.len, 0);
}

/* WHOLE with the first @find replaced by @by. */
static char *changed(const char *find, const char *by)
{
	struct buf out = BUF_INIT(1u << 20);
	const char *at = strstr(WHOLE, find);

	cr_assert_not_null(at, "%s", find);
	buf_add(&out, WHOLE, (size_t)(at - WHOLE));
	buf_add_cstr(&out, by);
	buf_add_cstr(&out, at + strlen(find));
	return buf_take(&out);
}

static enum err_code code_of(const char *text, struct error *err)
{
	CLEANUP_LOCK struct lock *l = NULL;

	return parse(text, &l, err) == 0 ? ERR_NONE : err->code;
}

Test(lock, what_is_not_canonical_is_refused_with_the_place)
{
	static const struct {
		const char *find, *by;
		uint32_t line;
	} edits[] = {
		{ "# written by", "# edited by", 1 },
		{ "recipe: web\n", "recipe:  web\n", 4 },
		{ "recipe: web\n", "recipe: \"web\"\n", 4 },
		{ "recipe: web\n", "recipe: web # mine\n", 4 },
		{ "recipe: web\n", "", 2 },
		{ "recipe: web\n", "recipe: web\nrecipe: web\n", 5 },
		{ "recipe: web\n", "recipe: web\nextra: 1\n", 5 },
		{ "size: 140421\n", "size: 0140421\n", 16 },
		{ "size: 140421\n", "size: -1\n", 16 },
		{ "size: 140421\n", "size: big\n", 16 },
		{ "date: 2026", "date: 1926", 14 },
		{ "sha256:" HEX_B "\n    size", "sha256:bb\n    size", 15 },
		{ "path: main/", "path: ../main/", 21 },
		{ "path: pool/main/a", "path: /pool/main/a", 27 },
		{ LINE_A LINE_B, LINE_B LINE_A, 28 },
		{ LINE_A, LINE_A LINE_A, 28 },
		{ "name: adduser", "name: Adduser", 27 },
		{ "slice: 1, ", "slice: 2, ", 28 },
		{ "slice: 1, ", "", 0 },
		{ "targets: [container, vm]", "targets: [vm, container]", 28 },
		{ "essential: true", "essential: yes", 28 },
		{ "vm], essential", "vm], boot: yes, essential", 0 },
		{ "vm], essential", "vm], boot: only, essential", 28 },
		{ "why: recipe, ", "", 28 },
		{ "    app: 990\n  groups", "    app: nobody\n  groups", 0 },
		{ "files/run", "../files/run", 0 },
		{ "arm64: []", "arm64: {}", 29 },
		{ "answers:\n", "answers: []\n", 0 },
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		CLEANUP_FREE char *text = changed(edits[i].find, edits[i].by);
		CLEANUP_ERR struct error err = ERR_INIT;

		if (strcmp(edits[i].find, "slice: 1, ") == 0 && !*edits[i].by) {
			cr_assert_eq(code_of(text, &err), ERR_NONE);
			continue;
		}
		cr_assert_eq(code_of(text, &err), ERR_LOCK_SYNTAX, "%s", edits[i].by);
		cr_assert_str_eq(err.pos.file, "recipes/web.lock");
		if (edits[i].line)
			cr_assert_eq(err.pos.line, edits[i].line, "%s: line %u: %s", edits[i].by,
				     err.pos.line, err.message);
		cr_assert_not_null(err.hint);
	}
}

Test(lock, what_only_boots_is_in_no_tree)
{
	CLEANUP_FREE char *text = changed("targets: [container, vm], ", "boot: only, ");
	CLEANUP_FREE char *too = changed("vm], essential", "vm], boot: too, essential");
	CLEANUP_LOCK struct lock *l = NULL, *shared = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(lock_parse(str_bytes(str_of(text)), "recipes/web.lock", &l, &err), 0);
	cr_assert(l->architectures[0].packages[1].boot_only);
	cr_assert_not(lock_package_in(&l->architectures[0].packages[1], STR("vm")));
	cr_assert_eq(lock_parse(str_bytes(str_of(too)), "recipes/web.lock", &shared, &err), 0);
	cr_assert(shared->architectures[0].packages[1].boot);
	cr_assert(lock_package_in(&shared->architectures[0].packages[1], STR("vm")));
}

Test(lock, other_formats_are_refused_by_number)
{
	static const char *const finds[] = { "lock: 2\n", "output: 1\n" };
	static const char *const bys[] = { "lock: 7\n", "output: 7\n" };

	for (size_t i = 0; i < 2; i++) {
		CLEANUP_FREE char *text = changed(finds[i], bys[i]);
		CLEANUP_ERR struct error err = ERR_INIT;

		cr_assert_eq(code_of(text, &err), ERR_LOCK_FORMAT);
		cr_assert_not_null(strstr(err.message, "7"), "%s", err.message);
		cr_assert_not_null(strstr(err.message, i ? "1" : "2"), "%s", err.message);
	}
}

Test(lock, a_future_format_with_other_keys_is_named_as_such)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(code_of("lock: 3\nthings: [a]\n", &err), ERR_LOCK_FORMAT);
}

Test(lock, merge_conflicts_get_a_hint_of_their_own)
{
	CLEANUP_FREE char *text = changed("recipe: web\n", "<<<<<<< HEAD\nrecipe: web\n=======\n"
							   "recipe: wob\n>>>>>>> other\n");
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(code_of(text, &err), ERR_LOCK_SYNTAX);
	cr_assert_eq(err.pos.line, 4);
	cr_assert_not_null(strstr(err.message, "merge conflict"));
	cr_assert_not_null(strstr(err.hint, "git checkout"));
}

Test(lock, texts_that_are_no_lock_are_refused)
{
	static const char *const texts[] = {
		"", "\n", "lock\n", "[]\n", "lock: 2\n", "lock: [1]\n", "lock: {}\n", "- lock: 1\n",
		"lock: 2\noutput: 1\nrecipe: [a]\n", "lock: 2\n\toutput: 1\n", "{", "lock: &a 1\n",
		"lock: 99999999999999999999\n", "%YAML 1.1\n---\nlock: 1\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CLEANUP_ERR struct error err = ERR_INIT;

		cr_assert_eq(code_of(texts[i], &err), ERR_LOCK_SYNTAX, "%s", texts[i]);
	}
}

/* docs/formats/causes.md. */
#include <stdlib.h>

#include "attest/causes.h"
#include "attest/causes_private.h"
#include "attest/causes_scan.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"

const char *const cause_kind_names[CAUSE_KIND_COUNT] = {
	[CAUSE_UNKNOWN] = "unknown", [CAUSE_PACKAGE] = "package", [CAUSE_SCRIPT] = "script",
	[CAUSE_TRIGGER] = "trigger", [CAUSE_RECIPE] = "recipe",	  [CAUSE_RULE] = "rule",
};

struct reading {
	struct causes_scan scan;
	struct causes *ret;
	struct cause *causes; /* in the arena */
	size_t n_causes;
	struct buf path; /* of the row before */
	uint32_t depth;
	size_t paths_size;
};

static int too_much(struct reading *r, const char *what)
{
	return err_set(r->scan.err, ERR_LIMIT, "'%s' has more %s than ingot reads", r->scan.name,
		       what);
}

/* Ascending, each once: so they can be searched. */
static int check_order(struct reading *r, struct str before, struct str now)
{
	return str_compare(before, now) < 0 ? 0 : scan_wrong(&r->scan, "rows are out of order");
}

static int read_kind(struct reading *r, enum cause_kind *ret)
{
	struct str text;

	if (scan_text(&r->scan, &text) < 0)
		return -1;
	for (int i = 0; i < CAUSE_KIND_COUNT; i++)
		if (str_equal_cstr(text, cause_kind_names[i])) {
			*ret = (enum cause_kind)i;
			return 0;
		}
	return scan_wrong(&r->scan, "unknown kind of cause");
}

static int read_cause(struct reading *r, struct cause *to)
{
	struct causes_scan *s = &r->scan;
	struct str text;

	if (scan_expect(s, "\n[") < 0 || read_kind(r, &to->kind) < 0 || scan_expect(s, ",") < 0 ||
	    scan_bytes(s, &text) < 0)
		return -1;
	to->who = arena_str(s->arena, text);
	if (scan_expect(s, ",") < 0 || scan_bytes(s, &text) < 0)
		return -1;
	to->what = arena_str(s->arena, text);
	return scan_expect(s, "]");
}

static int read_causes(struct reading *r)
{
	size_t capacity = 0;

	if (scan_expect(&r->scan, ",\n\"causes\":[") < 0)
		return -1;
	do {
		ARENA_GROW(r->scan.arena, r->causes, r->n_causes, capacity);
		if (r->n_causes == CAUSES_TABLE_MAX)
			return too_much(r, "causes");
		if (read_cause(r, &r->causes[r->n_causes++]) < 0)
			return -1;
	} while (scan_take(&r->scan, ","));
	return scan_expect(&r->scan, "]");
}

static int read_facts(struct reading *r)
{
	struct causes_scan *s = &r->scan;
	struct causes *c = r->ret;
	size_t capacity = 0;

	if (scan_expect(s, ",\n\"facts\":{") < 0)
		return -1;
	while (!scan_take(s, "}")) {
		struct causes_fact f;

		if (c->n_facts == CAUSES_TABLE_MAX)
			return too_much(r, "facts");
		if (scan_member(s, c->n_facts ? ",\n" : "\n", &f.name) < 0 ||
		    scan_member(s, ":", &f.value) < 0 ||
		    (c->n_facts && check_order(r, c->facts[c->n_facts - 1].name, f.name) < 0))
			return -1;
		ARENA_GROW(s->arena, c->facts, c->n_facts, capacity);
		c->facts[c->n_facts++] = f;
	}
	return 0;
}

static int read_keys(struct reading *r)
{
	struct causes_scan *s = &r->scan;
	struct causes *c = r->ret;
	size_t capacity = 0;

	if (scan_expect(s, ",\n\"keys\":[") < 0)
		return -1;
	while (!scan_take(s, "]")) {
		struct causes_key k;

		if (c->n_keys == CAUSES_TABLE_MAX)
			return too_much(r, "keys");
		if (scan_member(s, c->n_keys ? ",\n[" : "\n[", &k.key) < 0 ||
		    scan_member(s, ",", &k.value) < 0 || scan_member(s, ",", &k.at) < 0 ||
		    scan_expect(s, "]") < 0 ||
		    (c->n_keys && check_order(r, c->keys[c->n_keys - 1].key, k.key) < 0))
			return -1;
		ARENA_GROW(s->arena, c->keys, c->n_keys, capacity);
		c->keys[c->n_keys++] = k;
	}
	return 0;
}

static int read_package(struct causes_scan *s, struct causes_package *p)
{
	struct str hex;

	if (scan_member(s, "\n{\"architecture\":", &p->architecture) < 0 ||
	    scan_member(s, ",\"asked\":", &p->asked) < 0 ||
	    scan_member(s, ",\"at\":", &p->at) < 0 || scan_member(s, ",\"name\":", &p->name) < 0 ||
	    scan_expect(s, ",\"sha256\":") < 0 || scan_text(s, &hex) < 0)
		return -1;
	if (!digest_parse_hex(hex, &p->digest))
		return scan_wrong(s, "a SHA-256 was expected");
	return scan_member(s, ",\"source\":", &p->source) < 0 ||
			       scan_member(s, ",\"source_version\":", &p->source_version) < 0 ||
			       scan_member(s, ",\"version\":", &p->version) < 0 ||
			       scan_member(s, ",\"why\":", &p->why) < 0
		       ? -1
		       : scan_expect(s, "}");
}

static int read_packages(struct reading *r)
{
	struct causes_scan *s = &r->scan;
	struct causes *c = r->ret;
	size_t capacity = 0;

	if (scan_expect(s, ",\n\"packages\":[") < 0)
		return -1;
	while (!scan_take(s, "]")) {
		struct causes_package p;

		if (c->n_packages == CAUSES_TABLE_MAX)
			return too_much(r, "packages");
		if ((c->n_packages && scan_expect(s, ",") < 0) || read_package(s, &p) < 0 ||
		    (c->n_packages &&
		     check_order(r, c->packages[c->n_packages - 1].name, p.name) < 0))
			return -1;
		ARENA_GROW(s->arena, c->packages, c->n_packages, capacity);
		c->packages[c->n_packages++] = p;
	}
	return 0;
}

/* ---- paths ---- */

static int read_number(struct reading *r, const struct cause **ret)
{
	uint32_t number;

	if (scan_expect(&r->scan, ",") < 0 || scan_number(&r->scan, &number) < 0)
		return -1;
	if (number >= r->n_causes)
		return scan_wrong(&r->scan, "there is no cause of that number");
	*ret = &r->causes[number];
	return 0;
}

static int read_numbers(struct reading *r, struct causes_path *p)
{
	if (read_number(r, &p->existence) < 0)
		return -1;
	p->content = p->owner = p->xattrs = p->existence;
	p->removed = scan_take(&r->scan, ",null");
	if (scan_take(&r->scan, "]"))
		return 0;
	if (read_number(r, &p->content) < 0 || read_number(r, &p->owner) < 0 ||
	    read_number(r, &p->xattrs) < 0)
		return -1;
	return scan_expect(&r->scan, "]");
}

/* Makes r->path the one of the folder of a row at @depth, from that of the row before. */
static int enter(struct reading *r, uint32_t depth, struct str *ret_before)
{
	struct str before = STR("");

	if (depth == 0 || depth > r->depth + 1)
		return scan_wrong(&r->scan, "a path lies in no folder");
	for (; r->depth >= depth; r->depth--) {
		size_t slash = r->path.len;

		while (slash && r->path.ptr[slash - 1] != '/')
			slash--;
		before = (struct str){ (char *)r->path.ptr + slash, r->path.len - slash };
		r->path.len = slash ? slash - 1 : 0;
	}
	*ret_before = before; /* still there, behind the end */
	return 0;
}

static int read_row(struct reading *r, struct causes_path *p)
{
	struct causes_scan *s = &r->scan;
	uint32_t depth;
	struct str name, before;

	if (scan_expect(s, ",\n[") < 0 || scan_number(s, &depth) < 0 || scan_expect(s, ",") < 0 ||
	    scan_bytes(s, &name) < 0 || enter(r, depth, &before) < 0)
		return -1;
	if (!tree_is_name(name))
		return scan_wrong(s, "a name that no file can have");
	if (before.len && str_compare(before, name) >= 0)
		return scan_wrong(s, "rows are out of order");
	if (r->path.len + 1 + name.len > LIMIT_PATH_MAX)
		return too_much(r, "bytes in a path");
	if (r->path.len)
		buf_add_char(&r->path, '/');
	buf_add_str(&r->path, name);
	r->depth = depth;
	r->paths_size += r->path.len;
	if (r->paths_size > CAUSES_PATHS_MAX)
		return too_much(r, "bytes in its paths");
	p->path = arena_str(s->arena, buf_str(&r->path));
	return read_numbers(r, p);
}

static int read_root(struct reading *r, struct causes_path *p)
{
	p->path = STR("");
	return scan_expect(&r->scan, ",\n\"paths\":[\n[0,\"\"") < 0 ? -1 : read_numbers(r, p);
}

static int read_paths(struct reading *r)
{
	struct causes_path *list = NULL;
	size_t n = 0, capacity = 0;
	int result;

	MEM_GROW(list, n, capacity);
	result = read_root(r, &list[n++]);
	while (result == 0 && !scan_take(&r->scan, "]")) {
		MEM_GROW(list, n, capacity);
		result = n == LIMIT_TREE_NODES ? too_much(r, "paths") : read_row(r, &list[n++]);
	}
	if (result == 0) {
		r->ret->paths = arena_array(r->scan.arena, n, sizeof(*list));
		memcpy(r->ret->paths, list, n * sizeof(*list));
		r->ret->n_paths = n;
	}
	free(list);
	return result;
}

/* ---- all of it ---- */

static int check_type(struct causes_scan *s)
{
	struct str type;

	if (scan_expect(s, "{\"_type\":") < 0 || scan_text(s, &type) < 0)
		return -1;
	if (str_equal_cstr(type, CAUSES_TYPE))
		return 0;
	if (!str_has_prefix(type, STR(CAUSES_TYPE_PREFIX)))
		return scan_wrong(s, "it holds no causes");
	err_set(s->err, ERR_UNSUPPORTED,
		"'%s' is of another version of ingot: this one reads version %d", s->name,
		CAUSES_VERSION);
	return err_hint(s->err, "build the image again, or use the ingot that built it");
}

static int read_all(struct reading *r)
{
	struct causes_scan *s = &r->scan;
	struct causes *c = r->ret;

	if (check_type(s) < 0 || scan_member(s, ",\n\"architecture\":", &c->architecture) < 0 ||
	    read_causes(r) < 0 || read_facts(r) < 0 || read_keys(r) < 0 || read_packages(r) < 0 ||
	    read_paths(r) < 0 || scan_member(s, ",\n\"recipe\":", &c->recipe) < 0 ||
	    scan_member(s, ",\n\"target\":", &c->target) < 0 || scan_expect(s, "}\n") < 0)
		return -1;
	return s->at == s->end ? 0 : scan_wrong(s, "something follows the end");
}

int causes_read(struct bytes text, const char *name, struct arena *arena, struct causes *ret,
		struct error *err)
{
	struct causes c = { .n_paths = 0 };
	struct reading r = {
		.scan = { .at = (const char *)text.ptr, .name = name, .arena = arena, .err = err },
		.ret = &c,
	};
	int result;

	if (text.len > CAUSES_SIZE_MAX)
		return err_set(err, ERR_LIMIT, "'%s' has %zu bytes; causes are read up to %u", name,
			       text.len, CAUSES_SIZE_MAX);
	if (!text_is_utf8(bytes_str(text)))
		return err_set(err, ERR_FORMAT, "'%s' is not UTF-8", name);
	r.scan.start = r.scan.at;
	r.scan.end = r.scan.at + text.len;
	r.scan.text.max = CAUSES_SIZE_MAX;
	r.path.max = 2 * LIMIT_PATH_MAX;
	result = read_all(&r);
	buf_release(&r.scan.text);
	buf_release(&r.path);
	if (result == 0)
		*ret = c;
	return result;
}

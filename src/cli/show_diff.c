#include "cli/show_diff.h"

#include <stdio.h>

#include "base/text.h"

static const char *const kind_names[] = { "",	  "directory", "file", "symlink",
					  "fifo", "char",      "block" };

static const struct {
	unsigned what;
	const char *name;
} what_names[] = {
	{ TREE_DIFF_KIND, "kind" },	{ TREE_DIFF_CONTENT, "content" },
	{ TREE_DIFF_MODE, "mode" },	{ TREE_DIFF_OWNER, "owner" },
	{ TREE_DIFF_XATTRS, "xattrs" }, { TREE_DIFF_MTIME, "mtime" },
};

#define N_WHAT (sizeof(what_names) / sizeof(*what_names))

static struct json *safe_json(struct arena *a, struct str s)
{
	CLEANUP_BUF struct buf safe = BUF_INIT(SIZE_MAX / 8);

	if (text_is_utf8(s))
		return json_str(a, s);
	text_add_safe(&safe, s);
	return json_str(a, buf_str(&safe));
}

static void set_counts(struct json *o, const struct tree_diff_counts *c, struct arena *a)
{
	json_set(o, "equal", json_int(a, (int64_t)c->n_equal));
	json_set(o, "different", json_int(a, (int64_t)c->n_different));
	json_set(o, "only_a", json_int(a, (int64_t)c->n_only_a));
	json_set(o, "only_b", json_int(a, (int64_t)c->n_only_b));
}

static struct json *counts_json(const struct tree_diff_counts *c, struct arena *a)
{
	struct json *o = json_object(a);

	set_counts(o, c, a);
	return o;
}

static struct json *inode_json(const struct inode *i, struct arena *a)
{
	struct json *o = json_object(a);
	char text[DIGEST_HEX_MAX];

	json_set(o, "kind", json_text(a, kind_names[i->kind]));
	json_set(o, "mode", json_text(a, arena_printf(a, "%04o", i->mode)));
	json_set(o, "uid", json_int(a, i->uid));
	json_set(o, "gid", json_int(a, i->gid));
	json_set(o, "mtime", json_int(a, i->mtime));
	if (i->kind == NODE_FILE) {
		json_set(o, "size", json_int(a, (int64_t)i->content.size));
		json_set(o, "sha256", json_text(a, digest_hex(&i->content.digest, text)));
	}
	if (i->kind == NODE_SYMLINK)
		json_set(o, "target", safe_json(a, i->target));
	return o;
}

static struct json *path_json(const struct tree_diff_path *p, struct arena *a)
{
	struct json *o = json_object(a), *what = json_array(a);

	json_set(o, "path", safe_json(a, p->path));
	if (p->package.len)
		json_set(o, "package", json_str(a, p->package));
	if (p->of_machine)
		json_set(o, "of_machine", json_bool(a, true));
	if (!p->a || !p->b) {
		json_set(o, "only", json_text(a, p->a ? "a" : "b"));
		return o;
	}
	for (size_t i = 0; i < N_WHAT; i++)
		if (p->what & what_names[i].what)
			json_add(what, json_text(a, what_names[i].name));
	json_set(o, "differs", what);
	json_set(o, "a", inode_json(p->a, a));
	json_set(o, "b", inode_json(p->b, a));
	return o;
}

static struct json *record_json(const struct tree_diff_record *r, struct arena *a)
{
	struct json *o = json_object(a);

	json_set(o, "key", safe_json(a, r->key));
	if (!r->a.ptr || !r->b.ptr) {
		json_set(o, "only", json_text(a, r->a.ptr ? "a" : "b"));
		return o;
	}
	json_set(o, "a", safe_json(a, r->a));
	json_set(o, "b", safe_json(a, r->b));
	return o;
}

static struct json *database_json(const struct tree_diff_database *d, struct arena *a)
{
	struct json *o = json_object(a), *records = json_array(a);

	json_set(o, "path", safe_json(a, d->path));
	set_counts(o, &d->counts, a);
	for (size_t i = 0; i < d->counts.n_different; i++)
		json_add(records, record_json(&d->differing[i], a));
	for (size_t i = 0; i < d->n_single; i++)
		json_add(records, record_json(&d->single[i], a));
	json_set(o, "records", records);
	return o;
}

struct json *show_diff_json(const struct tree_diff *d, struct arena *a)
{
	struct json *o = json_object(a), *databases = json_array(a), *paths = json_array(a);

	json_set(o, "differences", json_int(a, (int64_t)tree_diff_differences(d)));
	json_set(o, "package_paths", counts_json(&d->packages, a));
	json_set(o, "other_paths", counts_json(&d->others, a));
	json_set(o, "machine_paths", counts_json(&d->machine, a));
	for (size_t i = 0; i < d->n_databases; i++)
		json_add(databases, database_json(&d->databases[i], a));
	json_set(o, "databases", databases);
	for (size_t i = 0; i < d->n_paths; i++)
		json_add(paths, path_json(&d->paths[i], a));
	json_set(o, "paths", paths);
	return o;
}

static void print_counts(struct str name, const char *slash, const struct tree_diff_counts *c)
{
	printf("%9zu %9zu %9zu %9zu  %s", c->n_equal, c->n_different, c->n_only_a, c->n_only_b,
	       slash);
	app_print_str(name);
	putchar('\n');
}

static bool all_equal(const struct tree_diff_counts *c)
{
	return !c->n_different && !c->n_only_a && !c->n_only_b;
}

/* Databases of which every record is the same are one line, unless all is asked for. */
static void print_table(const struct tree_diff *d, bool verbose)
{
	struct tree_diff_counts same = { 0 };

	printf("%9s %9s %9s %9s\n", "equal", "different", "only in A", "only in B");
	print_counts(STR("paths of packages"), "", &d->packages);
	print_counts(STR("other paths"), "", &d->others);
	print_counts(STR("paths of the machine, which may differ"), "", &d->machine);
	for (size_t i = 0; i < d->n_databases; i++) {
		if (verbose || !all_equal(&d->databases[i].counts))
			print_counts(d->databases[i].path, "records of /", &d->databases[i].counts);
		else
			same.n_equal += d->databases[i].counts.n_equal;
	}
	if (same.n_equal)
		print_counts(STR("records of other databases"), "", &same);
}

static void print_two(const char *name, const char *a, const char *b)
{
	printf("  %-8s ", name);
	app_print_str(str_of(a));
	fputs(" | ", stdout);
	app_print_str(str_of(b));
	putchar('\n');
}

static char *what_of(const struct inode *i, unsigned what, struct arena *arena)
{
	char text[DIGEST_HEX_MAX];

	switch (what) {
	case TREE_DIFF_KIND:
		return arena_printf(arena, "%s", kind_names[i->kind]);
	case TREE_DIFF_MODE:
		return arena_printf(arena, "%04o", i->mode);
	case TREE_DIFF_OWNER:
		return arena_printf(arena, "%u:%u", i->uid, i->gid);
	case TREE_DIFF_MTIME:
		return arena_printf(arena, "%lld", (long long)i->mtime);
	case TREE_DIFF_XATTRS:
		return arena_printf(arena, "%u attributes", i->n_xattrs);
	default:
		break;
	}
	if (i->kind == NODE_SYMLINK)
		return arena_printf(arena, STR_FMT, STR_ARG(i->target));
	if (i->kind != NODE_FILE)
		return arena_printf(arena, "%u, %u", i->major, i->minor);
	return arena_printf(arena, "%.12s, %llu bytes", digest_hex(&i->content.digest, text),
			    (unsigned long long)i->content.size);
}

static void print_path(const struct tree_diff_path *p)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;

	putchar('/');
	app_print_str(p->path);
	if (p->package.len)
		printf(" (" STR_FMT ")", STR_ARG(p->package));
	putchar('\n');
	for (size_t i = 0; i < N_WHAT; i++)
		if (p->what & what_names[i].what)
			print_two(what_names[i].name, what_of(p->a, what_names[i].what, &arena),
				  what_of(p->b, what_names[i].what, &arena));
}

/* Stanzas have many lines: those that stand in one of them only. */
static void print_lines_not_in(char mark, struct str these, struct str others)
{
	struct str line;

	while (these.len && str_split(&these, '\n', &line)) {
		struct str rest = others, other;
		bool found = false;

		while (!found && rest.ptr && str_split(&rest, '\n', &other))
			found = str_equal(line, other);
		if (found)
			continue;
		printf("  %c ", mark);
		app_print_str(line);
		putchar('\n');
	}
}

static void print_record(const struct tree_diff_database *d, const struct tree_diff_record *r)
{
	putchar('/');
	app_print_str(d->path);
	fputs(": ", stdout);
	app_print_str(r->key);
	putchar('\n');
	print_lines_not_in('-', r->a, r->b);
	print_lines_not_in('+', r->b, r->a);
}

static void print_single(const struct tree_diff *d)
{
	for (size_t i = 0; i < d->n_paths; i++) {
		const struct tree_diff_path *p = &d->paths[i];

		if (p->a && p->b)
			continue;
		printf("only in %s: /", p->a ? "A" : "B");
		app_print_str(p->path);
		putchar('\n');
	}
	for (size_t i = 0; i < d->n_databases; i++)
		for (size_t k = 0; k < d->databases[i].n_single; k++) {
			const struct tree_diff_record *r = &d->databases[i].single[k];

			printf("only in %s: /", r->a.ptr ? "A" : "B");
			app_print_str(d->databases[i].path);
			fputs(": ", stdout);
			app_print_str(r->key);
			putchar('\n');
		}
}

static bool says_more(const struct tree_diff *d)
{
	for (size_t i = 0; i < d->n_paths; i++)
		if (d->paths[i].a && d->paths[i].b)
			return true;
	return tree_diff_differences(d) != 0;
}

void show_diff_text(const struct tree_diff *d, bool verbose)
{
	print_table(d, verbose);
	if (says_more(d))
		putchar('\n');
	for (size_t i = 0; i < d->n_paths; i++)
		if (d->paths[i].a && d->paths[i].b)
			print_path(&d->paths[i]);
	for (size_t i = 0; i < d->n_databases; i++)
		for (size_t k = 0; k < d->databases[i].counts.n_different; k++)
			print_record(&d->databases[i], &d->databases[i].differing[k]);
	if (verbose) {
		putchar('\n');
		print_single(d);
	}
}

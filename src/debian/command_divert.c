/*
 * dpkg-divert. A file that the diverting package itself ships is never moved; on a
 * fresh installation dpkg does not know the new package's files in its preinst yet.
 */
#include "debian/command_list.h"
#include "debian/diversions.h"
#include "debian/unpack.h"

#define FAILED 2

enum divert_option {
	OPTION_ADD = 1,
	OPTION_REMOVE,
	OPTION_LIST,
	OPTION_LISTPACKAGE,
	OPTION_TRUENAME,
	OPTION_DIVERT,
	OPTION_PACKAGE,
	OPTION_LOCAL,
	OPTION_QUIET,
	OPTION_RENAME,
	OPTION_NO_RENAME,
	OPTION_TEST
};

static const struct shell_option options[] = {
	{ 0, "add", OPTION_NO_VALUE, OPTION_ADD },
	{ 0, "remove", OPTION_NO_VALUE, OPTION_REMOVE },
	{ 0, "list", OPTION_NO_VALUE, OPTION_LIST },
	{ 0, "listpackage", OPTION_NO_VALUE, OPTION_LISTPACKAGE },
	{ 0, "truename", OPTION_NO_VALUE, OPTION_TRUENAME },
	{ 0, "divert", OPTION_VALUE, OPTION_DIVERT },
	{ 0, "package", OPTION_VALUE, OPTION_PACKAGE },
	{ 0, "local", OPTION_NO_VALUE, OPTION_LOCAL },
	{ 0, "quiet", OPTION_NO_VALUE, OPTION_QUIET },
	{ 0, "rename", OPTION_NO_VALUE, OPTION_RENAME },
	{ 0, "no-rename", OPTION_NO_VALUE, OPTION_NO_RENAME },
	{ 0, "test", OPTION_NO_VALUE, OPTION_TEST },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

struct divert {
	struct shell_call *c;
	struct debian *d;
	enum divert_option action;
	struct str to;	    /* ptr NULL: not given */
	struct str package; /* ":" for --local */
	bool any_package, quiet, rename, test;
};

static bool is_local(struct str package)
{
	return str_equal_cstr(package, ":");
}

static void describe(struct buf *to, struct str package, struct str from, struct str target)
{
	buf_printf(to, "%s" STR_FMT, is_local(package) ? "local diversion of " : "diversion of ",
		   STR_ARG(from));
	if (target.ptr)
		buf_printf(to, " to " STR_FMT, STR_ARG(target));
	if (!is_local(package))
		buf_printf(to, " by " STR_FMT, STR_ARG(package));
}

static void say(const struct divert *v, const char *what, struct str package, struct str from,
		struct str to, const char *end)
{
	if (v->quiet)
		return;
	buf_printf(v->c->out, "%s '", what);
	describe(v->c->out, package, from, to);
	buf_printf(v->c->out, "'%s\n", end);
}

static bool ships(const struct divert *v, struct str package, struct str path)
{
	const struct unpacked *u = debian_find(v->d, package);

	if (!u || u->state < PACKAGE_UNPACKED || !path.len)
		return false;
	for (size_t i = 0; i < u->package->pack->n_members; i++)
		if (!u->given_away[i] && str_equal(u->package->pack->members[i].path,
						   (struct str){ path.ptr + 1, path.len - 1 }))
			return true;
	return false;
}

/* 0: go on (*ret_move says whether there is something to move), or a status. */
static int check_rename(const struct divert *v, struct str from, struct str to, bool *ret_move)
{
	struct node *source = tree_resolve(v->d->tree, from, false), *target, *dir;
	struct str name = STR("");

	*ret_move = source != NULL;
	if (!source)
		return 0;
	dir = tree_resolve_parent(v->d->tree, to, &name);
	if (!dir || dir->inode->kind != NODE_DIRECTORY)
		return shell_fail(v->c, FAILED,
				  "dpkg-divert: error: cannot check whether '" STR_FMT
				  "' is within a writable directory: No such file or directory",
				  STR_ARG(to));
	target = tree_child(v->d->tree, dir, name);
	if (target && target->inode != source->inode)
		return shell_fail(v->c, FAILED,
				  "dpkg-divert: error: rename involves overwriting '" STR_FMT
				  "' with\n  different file '" STR_FMT "', not allowed",
				  STR_ARG(to), STR_ARG(from));
	return 0;
}

static void do_rename(const struct divert *v, struct str from, struct str to)
{
	struct node *source = tree_resolve(v->d->tree, from, false);
	struct str name = STR("");
	struct node *dir = tree_resolve_parent(v->d->tree, to, &name);

	if (tree_child(v->d->tree, dir, name))
		tree_remove(v->d->tree, source, v->c->cause);
	else
		(void)tree_move(v->d->tree, source, dir, name, v->c->cause);
}

static int clash(const struct divert *v, struct str path, const struct diversion *other)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 16);

	describe(&text, v->package, path, v->to);
	buf_add_cstr(&text, "' clashes with '");
	describe(&text, other->package, other->path, other->to);
	return shell_fail(v->c, FAILED, "dpkg-divert: error: '%s'", buf_cstr(&text));
}

static int add(struct divert *v, struct str path, struct error *err)
{
	struct node *node = tree_resolve(v->d->tree, path, false);
	struct diversion *old = diversion_of(v->d, path), *other;
	bool move = false;
	int r;

	if (node && node->inode->kind == NODE_DIRECTORY)
		return shell_fail(v->c, FAILED, "dpkg-divert: error: cannot divert directories");
	if (!v->to.ptr)
		v->to = str_of(arena_printf(v->d->arena, STR_FMT ".distrib", STR_ARG(path)));
	if (str_equal(path, v->to))
		return shell_fail(v->c, FAILED,
				  "dpkg-divert: error: cannot divert file '" STR_FMT "' to itself",
				  STR_ARG(path));
	if (old && str_equal(old->to, v->to) && str_equal(old->package, v->package)) {
		say(v, "Leaving", old->package, old->path, old->to, "");
		return 0;
	}
	other = old ? old : diversion_to(v->d, path);
	other = other ? other : diversion_of(v->d, v->to);
	other = other ? other : diversion_to(v->d, v->to);
	if (other)
		return clash(v, path, other);
	say(v, "Adding", v->package, path, v->to, "");
	r = v->rename ? check_rename(v, path, v->to, &move) : 0;
	if (r)
		return r;
	if (move && !is_local(v->package) && ships(v, v->package, path)) {
		if (!v->quiet)
			buf_printf(v->c->out,
				   "Ignoring request to rename file '" STR_FMT
				   "' owned by diverting package '" STR_FMT "'\n",
				   STR_ARG(path), STR_ARG(v->package));
		move = false;
	}
	if (v->test)
		return 0;
	ARENA_GROW(v->d->arena, v->d->diversions, v->d->n_diversions, v->d->diversions_capacity);
	v->d->diversions[v->d->n_diversions++] = (struct diversion){ path, v->to, v->package };
	if (diversions_store(v->d, v->c->cause, err) < 0)
		return -1;
	if (move)
		do_rename(v, path, v->to);
	return 0;
}

static int mismatch(const struct divert *v, const char *what, struct str path,
		    const struct diversion *found)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 16);

	buf_printf(&text, "mismatch on %s\n  when removing '", what);
	if (v->any_package)
		buf_printf(&text, "any diversion of " STR_FMT, STR_ARG(path));
	else
		describe(&text, v->package, path, v->to);
	buf_add_cstr(&text, "'\n  found '");
	describe(&text, found->package, found->path, found->to);
	return shell_fail(v->c, FAILED, "dpkg-divert: error: %s'", buf_cstr(&text));
}

static int take_away(struct divert *v, struct str path, struct error *err)
{
	struct diversion *old = diversion_of(v->d, path), gone;
	bool move = false;
	size_t at;
	int r;

	if (!old) {
		if (v->any_package && !v->quiet)
			buf_printf(v->c->out,
				   "No diversion 'any diversion of " STR_FMT "', none removed.\n",
				   STR_ARG(path));
		else
			say(v, "No diversion", v->package, path, v->to, ", none removed.");
		return 0;
	}
	if (v->to.ptr && !str_equal(v->to, old->to))
		return mismatch(v, "divert-to", path, old);
	if (!v->any_package && !str_equal(v->package, old->package))
		return mismatch(v, "package", path, old);
	say(v, "Removing", old->package, old->path, old->to, "");
	gone = *old;
	r = v->rename ? check_rename(v, gone.to, gone.path, &move) : 0;
	if (r || v->test)
		return r;
	at = (size_t)(old - v->d->diversions);
	memmove(old, old + 1, (v->d->n_diversions - at - 1) * sizeof(*old));
	v->d->n_diversions--;
	if (move)
		do_rename(v, gone.to, gone.path);
	return diversions_store(v->d, v->c->cause, err);
}

static void print_list(const struct divert *v, const struct str *pattern, size_t n)
{
	static const struct str all = { "*", 1 };

	if (!n) {
		pattern = &all;
		n = 1;
	}
	for (size_t i = 0; i < v->d->n_diversions; i++) {
		const struct diversion *d = &v->d->diversions[i];
		bool found = false;

		for (size_t k = 0; k < n && !found; k++)
			found = pattern_match(pattern[k], d->package, PATTERN_CARET) ||
				pattern_match(pattern[k], d->to, PATTERN_CARET) ||
				pattern_match(pattern[k], d->path, PATTERN_CARET);
		if (!found)
			continue;
		describe(v->c->out, d->package, d->path, d->to);
		buf_add_char(v->c->out, '\n');
	}
}

static int print_one(const struct divert *v, struct str path)
{
	const struct diversion *d = diversion_of(v->d, path);

	if (v->action == OPTION_TRUENAME) {
		buf_printf(v->c->out, STR_FMT "\n", STR_ARG(d ? d->to : path));
		return 0;
	}
	if (!d)
		d = diversion_to(v->d, path);
	if (d)
		buf_printf(v->c->out, STR_FMT "\n",
			   STR_ARG(is_local(d->package) ? STR("LOCAL") : d->package));
	return 0;
}

static void take_option(struct divert *v, const struct shell_taken *o)
{
	switch ((enum divert_option)o->id) {
	case OPTION_ADD:
	case OPTION_REMOVE:
	case OPTION_LIST:
	case OPTION_LISTPACKAGE:
	case OPTION_TRUENAME:
		v->action = (enum divert_option)o->id;
		break;
	case OPTION_DIVERT:
		v->to = o->value;
		break;
	case OPTION_PACKAGE:
		v->package = o->value;
		v->any_package = false;
		break;
	case OPTION_LOCAL:
		v->package = STR(":");
		v->any_package = false;
		break;
	case OPTION_QUIET:
		v->quiet = true;
		break;
	case OPTION_RENAME:
		v->rename = true;
		break;
	case OPTION_NO_RENAME:
		v->rename = false;
		break;
	case OPTION_TEST:
		v->test = true;
		break;
	}
}

static int run_divert(struct divert *v, const struct shell_arguments *a, struct error *err)
{
	struct str package, path;

	if (v->action == OPTION_LIST) {
		print_list(v, a->operands, a->n_operands);
		return 0;
	}
	if (a->n_operands != 1 || !a->operands[0].len || *a->operands[0].ptr != '/' ||
	    (v->to.ptr && (!v->to.len || *v->to.ptr != '/')))
		return shell_fail(v->c, FAILED,
				  "dpkg-divert: error: needs a single absolute file name");
	path = a->operands[0];
	if (v->action == OPTION_TRUENAME || v->action == OPTION_LISTPACKAGE)
		return print_one(v, path);
	if (v->any_package &&
	    shell_exported(v->c->shell, STR("DPKG_MAINTSCRIPT_PACKAGE"), &package) && package.len) {
		v->any_package = false;
		v->package = package;
	}
	return v->action == OPTION_ADD ? add(v, path, err) : take_away(v, path, err);
}

int command_dpkg_divert(struct shell_call *c, struct error *err)
{
	struct divert v = { .c = c,
			    .d = debian_of(c),
			    .action = OPTION_ADD,
			    .to = { NULL, 0 },
			    .package = STR(":"),
			    .any_package = true };
	struct shell_arguments a;
	int status, r = shell_options(c, options, true, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++)
		take_option(&v, &a.options[i]);
	if (unpack_rules(v.d, err) < 0)
		return -1;
	return run_divert(&v, &a, err);
}

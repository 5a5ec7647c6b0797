/* dpkg-statoverride: later unpacking gives these files what is written here. */
#include "debian/command_list.h"
#include "debian/diversions.h"
#include "debian/unpack.h"

#define FAILED 2
#define NO_OVERRIDE 2

enum { ADD = 1, REMOVE, LIST, UPDATE, QUIET, FORCE };

static const struct shell_option options[] = {
	{ 0, "add", OPTION_NO_VALUE, ADD },
	{ 0, "remove", OPTION_NO_VALUE, REMOVE },
	{ 0, "list", OPTION_NO_VALUE, LIST },
	{ 0, "update", OPTION_NO_VALUE, UPDATE },
	{ 0, "quiet", OPTION_NO_VALUE, QUIET },
	{ 0, "force", OPTION_NO_VALUE, FORCE },
	{ 0, "force-all", OPTION_NO_VALUE, FORCE },
	{ 0, "force-statoverride-add", OPTION_NO_VALUE, FORCE },
	{ 0, "force-statoverride-remove", OPTION_NO_VALUE, FORCE },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

struct override_run {
	struct shell_call *c;
	struct debian *d;
	struct accounts *accounts;
	bool update, quiet, force;
};

/* A trailing slash (or "/.") is no part of the name. */
static struct str cleaned(const struct override_run *o, struct str path)
{
	struct str was = path;

	for (;;) {
		if (path.len > 1 && path.ptr[path.len - 1] == '/')
			path.len--;
		else if (path.len > 2 && path.ptr[path.len - 1] == '.' &&
			 path.ptr[path.len - 2] == '/')
			path.len--;
		else
			break;
	}
	if (!o->quiet && path.len != was.len)
		buf_add_cstr(o->c->err, "dpkg-statoverride: warning: stripping trailing /\n");
	while (path.len > 1 && path.ptr[1] == '/' && *path.ptr == '/')
		path = (struct str){ path.ptr + 1, path.len - 1 };
	if (!path.len || *path.ptr != '/')
		path = str_of(arena_printf(o->d->arena, "/" STR_FMT, STR_ARG(path)));
	return path;
}

static bool parse_mode(struct str text, uint16_t *ret)
{
	unsigned mode = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '7' || mode > 07777)
			return false;
		mode = 8 * mode + (unsigned)(text.ptr[i] - '0');
	}
	*ret = (uint16_t)mode;
	return text.len > 0 && mode <= 07777;
}

/* A name, or "#" and a number, which is written back as a name if it has one. */
static bool find_id(const struct override_run *o, struct str text, bool group, uint32_t *ret_id)
{
	uint64_t number;
	uint32_t gid;

	if (text.len && *text.ptr == '#') {
		if (!str_parse_u64((struct str){ text.ptr + 1, text.len - 1 }, &number) ||
		    number >= UINT32_MAX)
			return false;
		*ret_id = (uint32_t)number;
		return true;
	}
	if (group)
		return accounts_find_group(o->accounts, text, ret_id);
	return accounts_find_user(o->accounts, text, ret_id, &gid);
}

static void apply(const struct override_run *o, struct str path, uint32_t uid, uint32_t gid,
		  uint16_t mode)
{
	struct node *node = tree_resolve(o->d->tree, path, true);

	if (node) {
		tree_set_owner(node, uid, gid, o->c->cause);
		tree_set_mode(node, mode, o->c->cause);
	} else if (!o->quiet) {
		buf_printf(o->c->err,
			   "dpkg-statoverride: warning: --update given but " STR_FMT
			   " does not exist\n",
			   STR_ARG(path));
	}
}

static int add(struct override_run *o, const struct str *word, struct error *err)
{
	struct statoverride entry = { word[0], word[1], cleaned(o, word[3]), 0 };
	struct statoverride *old = override_of(o->d, entry.path);
	uint32_t uid = 0, gid = 0;

	if (old && !o->force)
		return shell_fail(o->c, FAILED,
				  "dpkg-statoverride: error: an override for '" STR_FMT
				  "' already exists; aborting",
				  STR_ARG(entry.path));
	if (old)
		buf_printf(o->c->err,
			   "dpkg-statoverride: warning: an override for '" STR_FMT
			   "' already exists, but --force specified so will be "
			   "ignored\n",
			   STR_ARG(entry.path));
	if (!find_id(o, word[0], false, &uid))
		return shell_fail(o->c, FAILED,
				  "dpkg-statoverride: error: user '" STR_FMT "' does not exist",
				  STR_ARG(word[0]));
	if (!find_id(o, word[1], true, &gid))
		return shell_fail(o->c, FAILED,
				  "dpkg-statoverride: error: group '" STR_FMT "' does not exist",
				  STR_ARG(word[1]));
	if (!parse_mode(word[2], &entry.mode))
		return shell_fail(o->c, FAILED,
				  "dpkg-statoverride: error: invalid statoverride "
				  "mode " STR_FMT,
				  STR_ARG(word[2]));
	(void)world_user_name(o->c->shell, uid, &entry.user);
	(void)world_group_name(o->c->shell, gid, &entry.group);
	if (o->update)
		apply(o, entry.path, uid, gid, entry.mode);
	if (!old) {
		ARENA_GROW(o->d->arena, o->d->overrides, o->d->n_overrides,
			   o->d->overrides_capacity);
		old = &o->d->overrides[o->d->n_overrides++];
	}
	*old = entry;
	return overrides_store(o->d, o->c->cause, err);
}

static int take_away(struct override_run *o, struct str word, struct error *err)
{
	struct statoverride *old = override_of(o->d, cleaned(o, word));
	size_t at;

	if (!old) {
		if (!o->quiet)
			buf_add_cstr(o->c->err,
				     "dpkg-statoverride: warning: no override present\n");
		return o->force ? 0 : NO_OVERRIDE;
	}
	if (o->update && !o->quiet)
		buf_add_cstr(o->c->err,
			     "dpkg-statoverride: warning: --update is useless for --remove\n");
	at = (size_t)(old - o->d->overrides);
	memmove(old, old + 1, (o->d->n_overrides - at - 1) * sizeof(*old));
	o->d->n_overrides--;
	return overrides_store(o->d, o->c->cause, err);
}

static int print_list(const struct override_run *o, const struct str *pattern, size_t n)
{
	int status = 1;

	for (size_t i = 0; i < o->d->n_overrides; i++) {
		const struct statoverride *s = &o->d->overrides[i];
		bool found = n == 0;

		for (size_t k = 0; k < n && !found; k++)
			found = pattern_match(cleaned(o, pattern[k]), s->path, PATTERN_CARET);
		if (!found)
			continue;
		buf_printf(o->c->out, STR_FMT " " STR_FMT " %o " STR_FMT "\n", STR_ARG(s->user),
			   STR_ARG(s->group), s->mode, STR_ARG(s->path));
		status = 0;
	}
	return status;
}

int command_dpkg_statoverride(struct shell_call *c, struct error *err)
{
	struct override_run o = { .c = c, .d = debian_of(c) };
	struct shell_arguments a;
	int action = 0, status, r = shell_options(c, options, true, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		o.update |= a.options[i].id == UPDATE;
		o.quiet |= a.options[i].id == QUIET;
		o.force |= a.options[i].id == FORCE;
		if (a.options[i].id <= LIST)
			action = a.options[i].id;
	}
	if (unpack_rules(o.d, err) < 0 || accounts_open(o.d, &o.accounts, err) < 0)
		return -1;
	if (action == ADD && a.n_operands == 4)
		return add(&o, a.operands, err);
	if (action == REMOVE && a.n_operands == 1)
		return take_away(&o, a.operands[0], err);
	if (action == LIST)
		return print_list(&o, a.operands, a.n_operands);
	return shell_fail(c, FAILED, "dpkg-statoverride: error: wrong number of arguments");
}

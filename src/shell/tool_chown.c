/* chown, chgrp. Without -h a link is followed; with -R links found on the way are not. */
#include "shell/file_tool.h"
#include "shell/tool_files.h"
#include "shell/world_accounts.h"

enum {
	CHOWN_CHANGES = 1,
	CHOWN_QUIET,
	CHOWN_DEREFERENCE,
	CHOWN_LINK,
	CHOWN_FROM,
	CHOWN_H,
	CHOWN_L,
	CHOWN_P,
	CHOWN_NOTHING,
	CHOWN_RECURSIVE,
	CHOWN_REFERENCE,
	CHOWN_VERBOSE
};

static const struct shell_option chown_options[] = {
	{ 'c', "changes", OPTION_NO_VALUE, CHOWN_CHANGES },
	{ 'f', "silent", OPTION_NO_VALUE, CHOWN_QUIET },
	{ 0, "quiet", OPTION_NO_VALUE, CHOWN_QUIET },
	{ 0, "dereference", OPTION_NO_VALUE, CHOWN_DEREFERENCE },
	{ 'h', "no-dereference", OPTION_NO_VALUE, CHOWN_LINK },
	{ 0, "from", OPTION_VALUE, CHOWN_FROM },
	{ 'H', NULL, OPTION_NO_VALUE, CHOWN_H },
	{ 'L', NULL, OPTION_NO_VALUE, CHOWN_L },
	{ 'P', NULL, OPTION_NO_VALUE, CHOWN_P },
	{ 0, "no-preserve-root", OPTION_NO_VALUE, CHOWN_NOTHING },
	{ 0, "preserve-root", OPTION_NO_VALUE, CHOWN_NOTHING },
	{ 'R', "recursive", OPTION_NO_VALUE, CHOWN_RECURSIVE },
	{ 0, "reference", OPTION_VALUE, CHOWN_REFERENCE },
	{ 'v', "verbose", OPTION_NO_VALUE, CHOWN_VERBOSE },
	{ 0 },
};

struct chown {
	struct shell_call *c;
	uint32_t uid, gid, from_uid, from_gid;
	bool quiet, link, dereference, recursive, says;
	char follow; /* 'H', 'L', 'P' */
	struct str reference;
};

static void apply(struct chown *o, struct node *node)
{
	const struct inode *inode = node->inode;

	if ((o->from_uid != UINT32_MAX && o->from_uid != inode->uid) ||
	    (o->from_gid != UINT32_MAX && o->from_gid != inode->gid))
		return;
	file_chown(o->c, node, o->uid, o->gid);
}

static int walk(struct chown *o, struct node *node, struct str path, unsigned depth,
		struct error *err)
{
	struct node **list;
	int status = 0;
	size_t n;

	if (depth > 400)
		return shell_refuse(o->c, err, "folders that deep, or a loop");
	if (world_is_outside(node))
		return shell_refuse(o->c, err, "the owner of " STR_FMT, STR_ARG(path));
	apply(o, node);
	if (!o->recursive || !node_is(node, NODE_DIRECTORY))
		return 0;
	n = file_children(o->c, node, &list);
	for (size_t i = 0; i < n; i++) {
		struct str below = file_join(o->c, path, list[i]->name);
		struct node *child = list[i];
		int result;

		if (node_is(child, NODE_SYMLINK) && (o->follow == 'L' || !o->link)) {
			struct node *target = world_find(o->c->shell, below, true);

			/*
			 * -R without -h changes what a link points to, but does not go into
			 * it, as fts(3) does with FTS_PHYSICAL.
			 */
			if (o->follow == 'L')
				return shell_refuse(o->c, err, "-RL over links");
			if (!target) {
				status |= file_failed(o->c, "cannot dereference", below,
						      WORLD_ABSENT);
				continue;
			}
			if (world_is_outside(target))
				return shell_refuse(o->c, err, "the owner of " STR_FMT,
						    STR_ARG(below));
			apply(o, target);
			continue;
		}
		result = walk(o, child, below, depth + 1, err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}

static int change_operand(struct chown *o, struct str path, struct error *err)
{
	struct shell_call *c = o->c;
	bool follow = o->recursive ? o->follow == 'H' || o->follow == 'L' || !o->link : !o->link;
	struct world_place at, itself;
	int outcome = world_walk(c->shell, path, follow, &at);

	if (at.outside && (outcome || !at.node))
		return shell_refuse(c, err, "the owner of " STR_FMT, STR_ARG(path));
	if (outcome || !at.node) {
		if (!outcome && follow && !o->quiet && world_find(c->shell, path, false))
			return file_failed(c, "cannot dereference", path, WORLD_ABSENT);
		return o->quiet ? 1
				: file_failed(c, "cannot access", path,
					      outcome ? outcome : WORLD_ABSENT);
	}
	if (o->recursive && o->follow == 'P' && !world_walk(c->shell, path, false, &itself) &&
	    node_is(itself.node, NODE_SYMLINK)) {
		/* The link's target is changed, or with -h the link; nothing below. */
		if (world_is_outside(at.node))
			return shell_refuse(c, err, "the owner of " STR_FMT, STR_ARG(path));
		apply(o, at.node);
		return 0;
	}
	return walk(o, at.node, path, 0, err);
}

static bool take_option(struct chown *o, const struct shell_taken *option)
{
	switch (option->id) {
	case CHOWN_CHANGES:
	case CHOWN_VERBOSE:
		o->says = true;
		return true;
	case CHOWN_QUIET:
		return o->quiet = true;
	case CHOWN_DEREFERENCE:
		o->link = false;
		return o->dereference = true;
	case CHOWN_LINK:
		return o->link = true;
	case CHOWN_FROM:
		return file_parse_owner(o->c, option->value, &o->from_uid, &o->from_gid);
	case CHOWN_H:
		o->follow = 'H';
		return true;
	case CHOWN_L:
		o->follow = 'L';
		return true;
	case CHOWN_P:
		o->follow = 'P';
		return true;
	case CHOWN_NOTHING:
		return true;
	case CHOWN_RECURSIVE:
		return o->recursive = true;
	case CHOWN_REFERENCE:
		o->reference = option->value;
		return true;
	}
	return false;
}

static int run(struct shell_call *c, bool group_only, struct error *err)
{
	struct chown o = { c, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, .follow = 'P' };
	struct shell_arguments a;
	int status = 0, result = shell_options(c, chown_options, false, &a, &status, err);
	size_t first = 0;

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++)
		if (!take_option(&o, &a.options[i]))
			return file_complain(c, "invalid user or group:", a.options[i].value, "");
	if (o.says)
		return shell_refuse(c, err, "-c and -v");
	if (o.recursive && o.dereference && o.follow == 'P')
		return file_usage(c, "-R --dereference requires either -H or -L");
	if (o.recursive && o.follow == 'P')
		o.link = true; /* without --dereference, -R means the links themselves */
	if (a.n_operands < (o.reference.ptr ? 1u : 2u))
		return file_usage(c, "missing operand");
	if (o.reference.ptr) {
		struct node *node = world_find(c->shell, o.reference, true);

		if (!node)
			return file_failed(c, "failed to get attributes of", o.reference,
					   WORLD_ABSENT);
		o.uid = group_only ? UINT32_MAX : node->inode->uid;
		o.gid = node->inode->gid;
	} else if (group_only ? !(a.operands[0].len == 0 ||
				  world_group_or_id(c->shell, a.operands[0], &o.gid))
			      : !file_parse_owner(c, a.operands[0], &o.uid, &o.gid)) {
		return file_complain(
			c, group_only ? "invalid group:" : "invalid user:", a.operands[0], "");
	} else {
		first = 1;
	}
	for (; first < a.n_operands; first++) {
		result = change_operand(&o, a.operands[first], err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}

int tool_chown(struct shell_call *c, struct error *err)
{
	return run(c, false, err);
}

int tool_chgrp(struct shell_call *c, struct error *err)
{
	return run(c, true, err);
}

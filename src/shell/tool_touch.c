/*
 * touch: what is made or touched has the epoch as its time, unless -d, -t or -r say
 * another. A time of access is not part of a tree.
 */
#include "shell/file_tool.h"
#include "shell/timestamp.h"
#include "shell/tool_files.h"

enum {
	TOUCH_ACCESS = 1,
	TOUCH_NO_CREATE,
	TOUCH_DATE,
	TOUCH_NOTHING,
	TOUCH_LINK,
	TOUCH_CHANGE,
	TOUCH_REFERENCE,
	TOUCH_STAMP,
	TOUCH_TIME
};

static const struct shell_option touch_options[] = {
	{ 'a', NULL, OPTION_NO_VALUE, TOUCH_ACCESS },
	{ 'c', "no-create", OPTION_NO_VALUE, TOUCH_NO_CREATE },
	{ 'd', "date", OPTION_VALUE, TOUCH_DATE },
	{ 'f', NULL, OPTION_NO_VALUE, TOUCH_NOTHING },
	{ 'h', "no-dereference", OPTION_NO_VALUE, TOUCH_LINK },
	{ 'm', NULL, OPTION_NO_VALUE, TOUCH_CHANGE },
	{ 'r', "reference", OPTION_VALUE, TOUCH_REFERENCE },
	{ 't', NULL, OPTION_VALUE, TOUCH_STAMP },
	{ 0, "time", OPTION_VALUE, TOUCH_TIME },
	{ 0 },
};

struct touch {
	struct shell_call *c;
	bool access, change, no_create, link;
	int64_t time;
};

static int touch_one(struct touch *t, struct str path, struct error *err)
{
	struct shell_call *c = t->c;
	struct world_place at;
	int outcome = world_walk(c->shell, path, !t->link, &at);
	struct inode inode;

	if (str_equal_cstr(path, "-"))
		return shell_refuse(c, err, "standard output");
	if (at.outside && at.node)
		return 0; /* a device's time is nowhere */
	if (at.outside)
		return shell_refuse(c, err, STR_FMT, STR_ARG(path));
	if (outcome == WORLD_ABSENT && t->no_create)
		return 0;
	if (outcome)
		return file_failed(c, "cannot touch", path, outcome);
	if (at.node) {
		if (!t->access || t->change)
			tree_set_mtime(at.node, t->time);
		return 0;
	}
	if (t->no_create)
		return 0;
	if (t->link)
		return file_failed(c, "setting times of", path, WORLD_ABSENT);
	if (at.slash || !tree_is_name(at.name) || world_is_outside(at.dir))
		return file_failed(c, "cannot touch", path, WORLD_ABSENT);
	inode = world_new_inode(c->world, at.dir, NODE_FILE,
				(uint16_t)(0666 & ~shell_umask(c->shell)));
	if (!t->access || t->change)
		inode.mtime = t->time;
	tree_put(c->world->tree, at.dir, at.name, &inode, c->cause);
	return 0;
}

/* 0, or 1 with *ret_status. */
static int take_option(struct touch *t, const struct shell_taken *o, struct str *reference,
		       int *ret_status, struct error *err)
{
	switch (o->id) {
	case TOUCH_ACCESS:
		t->access = true;
		break;
	case TOUCH_CHANGE:
		t->change = true;
		break;
	case TOUCH_NO_CREATE:
		t->no_create = true;
		break;
	case TOUCH_LINK:
		t->link = true;
		break;
	case TOUCH_REFERENCE:
		*reference = o->value;
		break;
	case TOUCH_TIME:
		t->access |=
			str_equal_cstr(o->value, "atime") || str_equal_cstr(o->value, "access");
		t->change |=
			str_equal_cstr(o->value, "mtime") || str_equal_cstr(o->value, "modify");
		break;
	case TOUCH_DATE:
	case TOUCH_STAMP:
		if (o->id == TOUCH_DATE ? timestamp_parse(o->value, t->c->world->epoch, &t->time)
					: timestamp_parse_touch(o->value, &t->time))
			break;
		*ret_status = shell_refuse(t->c, err, "time '" STR_FMT "'", STR_ARG(o->value));
		return *ret_status < 0 ? -1 : 1;
	}
	return 0;
}

int tool_touch(struct shell_call *c, struct error *err)
{
	struct touch t = { .c = c, .time = c->world->epoch };
	struct str reference = { NULL, 0 };
	struct shell_arguments a;
	int status = 0, result = shell_options(c, touch_options, false, &a, &status, err);

	for (size_t i = 0; !result && i < a.n_options; i++)
		result = take_option(&t, &a.options[i], &reference, &status, err);
	if (result)
		return result < 0 ? -1 : status;
	if (reference.ptr) {
		struct node *node = world_find(c->shell, reference, !t.link);

		if (!node)
			return file_failed(c, "failed to get attributes of", reference,
					   WORLD_ABSENT);
		t.time = node->inode->mtime;
	}
	if (!a.n_operands)
		return file_usage(c, "missing file operand");
	for (size_t i = 0; i < a.n_operands; i++) {
		result = touch_one(&t, a.operands[i], err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}

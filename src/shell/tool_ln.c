#include "shell/file_tool.h"
#include "shell/relative.h"
#include "shell/tool_files.h"

enum {
	LN_BACKUP = 1,
	LN_FORCE,
	LN_HARD,
	LN_LOGICAL,
	LN_NO_DEREFERENCE,
	LN_PHYSICAL,
	LN_RELATIVE,
	LN_SOFT,
	LN_SUFFIX,
	LN_TARGET,
	LN_NO_TARGET,
	LN_VERBOSE
};

static const struct shell_option ln_options[] = {
	{ 'b', NULL, OPTION_NO_VALUE, LN_BACKUP },
	{ 0, "backup", OPTION_MAYBE_VALUE, LN_BACKUP },
	{ 'f', "force", OPTION_NO_VALUE, LN_FORCE },
	{ 'L', "logical", OPTION_NO_VALUE, LN_LOGICAL },
	{ 'n', "no-dereference", OPTION_NO_VALUE, LN_NO_DEREFERENCE },
	{ 'P', "physical", OPTION_NO_VALUE, LN_PHYSICAL },
	{ 'r', "relative", OPTION_NO_VALUE, LN_RELATIVE },
	{ 's', "symbolic", OPTION_NO_VALUE, LN_SOFT },
	{ 'S', "suffix", OPTION_VALUE, LN_SUFFIX },
	{ 't', "target-directory", OPTION_VALUE, LN_TARGET },
	{ 'T', "no-target-directory", OPTION_NO_VALUE, LN_NO_TARGET },
	{ 'v', "verbose", OPTION_NO_VALUE, LN_VERBOSE },
	{ 0 },
};

struct ln {
	struct shell_call *c;
	bool force, soft, logical, no_dereference, relative, verbose, no_folder;
	struct str folder;
	struct file_backup backup;
};

static int take_options(struct ln *ln, const struct shell_arguments *a, int *ret_status,
			struct error *err)
{
	for (size_t i = 0; i < a->n_options; i++) {
		const struct shell_taken *o = &a->options[i];
		int result;

		switch (o->id) {
		case LN_BACKUP:
			result = file_backup_option(ln->c, &ln->backup, o->value, ret_status, err);
			if (result)
				return result;
			break;
		case LN_FORCE:
			ln->force = true;
			break;
		case LN_LOGICAL:
		case LN_PHYSICAL:
			ln->logical = o->id == LN_LOGICAL;
			break;
		case LN_NO_DEREFERENCE:
			ln->no_dereference = true;
			break;
		case LN_RELATIVE:
			ln->relative = true;
			break;
		case LN_SOFT:
			ln->soft = true;
			break;
		case LN_SUFFIX:
			ln->backup = (struct file_backup){ true, o->value };
			break;
		case LN_TARGET:
			ln->folder = o->value;
			break;
		case LN_NO_TARGET:
			ln->no_folder = true;
			break;
		case LN_VERBOSE:
			ln->verbose = true;
			break;
		}
	}
	return 0;
}

/* Takes away what stands at the target, as -f does. Positive: the exit status. */
static int make_room(struct ln *ln, const struct node *from, struct world_place *at,
		     struct str source, struct str to, struct error *err)
{
	struct shell_call *c = ln->c;
	int status = 0;

	if (node_is(at->node, NODE_DIRECTORY))
		return ln->force || ln->backup.wanted
			       ? file_complain(c, "", to, "cannot overwrite directory")
			       : file_failed(c,
					     ln->soft ? "failed to create symbolic link"
						      : "failed to create hard link",
					     to, WORLD_EXISTS);
	if (!ln->force && !ln->backup.wanted)
		return file_failed(c,
				   ln->soft ? "failed to create symbolic link"
					    : "failed to create hard link",
				   to, WORLD_EXISTS);
	if (from && (!ln->soft || !ln->backup.wanted) &&
	    (from == at->node ||
	     (!ln->soft && from->inode == at->node->inode && from->parent == at->node->parent &&
	      str_equal(from->name, at->node->name))))
		return file_complain(c, "", source, "are the same file");
	if (ln->backup.wanted) {
		if (file_make_backup(c, &ln->backup, to, &status, err))
			return status;
		return 0;
	}
	if (!ln->soft && from && from->inode == at->node->inode)
		return 0; /* replaced by itself */
	tree_remove(c->world->tree, at->node, c->cause);
	at->node = NULL;
	return 0;
}

static int make_link(struct ln *ln, struct str source, struct str to, struct error *err)
{
	struct shell_call *c = ln->c;
	struct node *from = world_find(c->shell, source, ln->soft || ln->logical);
	struct world_place at;
	struct inode inode;
	int outcome, status;

	if (!ln->soft) {
		if (!from)
			return file_failed(c, "failed to access", source, WORLD_ABSENT);
		if (node_is(from, NODE_DIRECTORY))
			return file_complain(c, "", source, "hard link not allowed for directory");
		if (world_is_outside(from))
			return shell_refuse(c, err, "a hard link to a device");
	}
	outcome = file_place(c, to, false, &at);
	if (outcome == WORLD_SPECIAL)
		return shell_refuse(c, err, "a link in " STR_FMT, STR_ARG(to));
	if (outcome)
		return file_failed(c,
				   ln->soft ? "failed to create symbolic link"
					    : "failed to create hard link",
				   to, outcome);
	if (at.node) {
		status = make_room(ln, from, &at, source, to, err);
		if (status)
			return status;
	} else if (at.slash) {
		return file_failed(c, "failed to create link", to, WORLD_ABSENT);
	}
	if (!source.len)
		return file_failed(c, "failed to create symbolic link", to, WORLD_ABSENT);
	if (ln->relative) {
		status = relative_link(c->shell, source, to, &source);
		if (status)
			return shell_refuse(c, err, "-r to " STR_FMT, STR_ARG(source));
	}
	if (ln->verbose) {
		file_quote(c->out, to);
		buf_add_cstr(c->out, ln->soft ? " -> " : " => ");
		file_quote(c->out, source);
		buf_add_char(c->out, '\n');
	}
	if (!ln->soft) {
		if (!at.node || at.node->removed || at.node->inode != from->inode)
			tree_link(c->world->tree, at.dir, at.name, from, c->cause);
		return 0;
	}
	inode = world_new_inode(c->world, at.dir, NODE_SYMLINK, 0777);
	inode.target = source;
	tree_put(c->world->tree, at.dir, at.name, &inode, c->cause);
	return 0;
}

int tool_ln(struct shell_call *c, struct error *err)
{
	struct ln ln = { .c = c };
	struct shell_arguments a;
	struct file_targets t;
	int status = 0, result = shell_options(c, ln_options, false, &a, &status, err);

	if (!result)
		result = take_options(&ln, &a, &status, err);
	if (result)
		return result < 0 ? -1 : status;
	if (ln.relative && !ln.soft)
		return file_usage(c, "cannot do --relative without --symbolic");
	if (a.n_operands == 1 && !ln.folder.ptr && !ln.no_folder) {
		ln.folder = STR("."); /* "ln -s FILE": into the working folder */
		t = (struct file_targets){ a.operands, 1, ln.folder, true };
	} else {
		status = file_targets(c, &a, ln.folder, ln.no_folder, ln.no_dereference, &t);
		if (status)
			return status;
	}
	for (size_t i = 0; i < t.n; i++) {
		struct str to = file_target(c, &t, t.sources[i]);

		if (a.n_operands == 1)
			to = str_equal_cstr(t.target, ".")
				     ? file_join(c, STR("."), file_base(t.sources[i]))
				     : to;
		result = make_link(&ln, t.sources[i], to, err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}

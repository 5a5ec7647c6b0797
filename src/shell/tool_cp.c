#include "shell/file_copy.h"
#include "shell/tool_files.h"

enum {
	CP_ARCHIVE = 1,
	CP_BACKUP,
	CP_D,
	CP_FORCE,
	CP_FOLLOW_H,
	CP_FOLLOW_L,
	CP_FOLLOW_P,
	CP_LINK,
	CP_NO_CLOBBER,
	CP_NO_PRESERVE,
	CP_P,
	CP_PARENTS,
	CP_PRESERVE,
	CP_NOTHING,
	CP_RECURSIVE,
	CP_REMOVE,
	CP_STRIP,
	CP_SUFFIX,
	CP_SYMBOLIC,
	CP_TARGET,
	CP_NO_TARGET,
	CP_UPDATE,
	CP_VERBOSE,
};

static const struct shell_option cp_options[] = {
	{ 'a', "archive", OPTION_NO_VALUE, CP_ARCHIVE },
	{ 'b', NULL, OPTION_NO_VALUE, CP_BACKUP },
	{ 0, "backup", OPTION_MAYBE_VALUE, CP_BACKUP },
	{ 'd', NULL, OPTION_NO_VALUE, CP_D },
	{ 'f', "force", OPTION_NO_VALUE, CP_FORCE },
	{ 'H', NULL, OPTION_NO_VALUE, CP_FOLLOW_H },
	{ 'L', "dereference", OPTION_NO_VALUE, CP_FOLLOW_L },
	{ 'P', "no-dereference", OPTION_NO_VALUE, CP_FOLLOW_P },
	{ 'l', "link", OPTION_NO_VALUE, CP_LINK },
	{ 'n', "no-clobber", OPTION_NO_VALUE, CP_NO_CLOBBER },
	{ 0, "no-preserve", OPTION_VALUE, CP_NO_PRESERVE },
	{ 'p', NULL, OPTION_NO_VALUE, CP_P },
	{ 0, "parents", OPTION_NO_VALUE, CP_PARENTS },
	{ 0, "preserve", OPTION_MAYBE_VALUE, CP_PRESERVE },
	{ 0, "reflink", OPTION_MAYBE_VALUE, CP_NOTHING },
	{ 0, "sparse", OPTION_VALUE, CP_NOTHING },
	{ 'x', "one-file-system", OPTION_NO_VALUE, CP_NOTHING },
	{ 'Z', "context", OPTION_NO_VALUE, CP_NOTHING }, /* ignored without SELinux */
	{ 'r', "recursive", OPTION_NO_VALUE, CP_RECURSIVE },
	{ 'R', NULL, OPTION_NO_VALUE, CP_RECURSIVE },
	{ 0, "remove-destination", OPTION_NO_VALUE, CP_REMOVE },
	{ 0, "strip-trailing-slashes", OPTION_NO_VALUE, CP_STRIP },
	{ 'S', "suffix", OPTION_VALUE, CP_SUFFIX },
	{ 's', "symbolic-link", OPTION_NO_VALUE, CP_SYMBOLIC },
	{ 't', "target-directory", OPTION_VALUE, CP_TARGET },
	{ 'T', "no-target-directory", OPTION_NO_VALUE, CP_NO_TARGET },
	{ 'u', "update", OPTION_NO_VALUE, CP_UPDATE },
	{ 'v', "verbose", OPTION_NO_VALUE, CP_VERBOSE },
	{ 0 },
};

struct cp {
	struct copy copy;
	struct str folder;
	bool no_folder, parents, strip, force;
};

/* --preserve=LIST and --no-preserve=LIST. False: a word that is not modelled. */
static bool keep_list(struct copy *copy, struct str list, bool keep)
{
	struct str word;

	while (str_split(&list, ',', &word)) {
		bool all = str_equal_cstr(word, "all");

		if (str_equal_cstr(word, "context"))
			return false;
		if (all || str_equal_cstr(word, "mode")) {
			copy->keep_mode = keep;
			copy->plain_mode = !keep;
		}
		if (all || str_equal_cstr(word, "ownership"))
			copy->keep_owner = keep;
		if (all || str_equal_cstr(word, "timestamps"))
			copy->keep_time = keep;
		if (all || str_equal_cstr(word, "links"))
			copy->keep_links = keep;
		if (all || str_equal_cstr(word, "xattr"))
			copy->keep_xattrs = keep;
		if (!all && !str_equal_cstr(word, "mode") && !str_equal_cstr(word, "ownership") &&
		    !str_equal_cstr(word, "timestamps") && !str_equal_cstr(word, "links") &&
		    !str_equal_cstr(word, "xattr"))
			return false;
	}
	return true;
}

static bool take_option(struct cp *cp, const struct shell_taken *o)
{
	struct copy *copy = &cp->copy;

	switch (o->id) {
	case CP_ARCHIVE:
		copy->recursive = true;
		copy->follow = COPY_FOLLOW_NEVER;
		copy->keep_links = copy->keep_mode = copy->keep_owner = copy->keep_time = true;
		copy->keep_xattrs = true;
		return true;
	case CP_D:
		copy->keep_links = true;
		copy->follow = COPY_FOLLOW_NEVER;
		return true;
	case CP_FORCE:
		return cp->force = true;
	case CP_FOLLOW_H:
		copy->follow = COPY_FOLLOW_COMMAND;
		return true;
	case CP_FOLLOW_L:
		copy->follow = COPY_FOLLOW_ALWAYS;
		return true;
	case CP_FOLLOW_P:
		copy->follow = COPY_FOLLOW_NEVER;
		return true;
	case CP_LINK:
		return copy->hard_link = true;
	case CP_NO_CLOBBER:
		return copy->no_clobber = true;
	case CP_NO_PRESERVE:
		return keep_list(copy, o->value, false);
	case CP_PRESERVE:
		if (o->value.ptr)
			return keep_list(copy, o->value, true);
		/* fall through */
	case CP_P:
		copy->keep_mode = copy->keep_owner = copy->keep_time = true;
		return true;
	case CP_PARENTS:
		return cp->parents = true;
	case CP_NOTHING:
		return true;
	case CP_RECURSIVE:
		return copy->recursive = true;
	case CP_REMOVE:
		return copy->remove_first = true;
	case CP_STRIP:
		return cp->strip = true;
	case CP_SUFFIX:
		copy->backup.wanted = true;
		copy->backup.suffix = o->value;
		return true;
	case CP_SYMBOLIC:
		return copy->soft_link = true;
	case CP_TARGET:
		cp->folder = o->value;
		return true;
	case CP_NO_TARGET:
		return cp->no_folder = true;
	case CP_UPDATE:
		return copy->update = true;
	case CP_VERBOSE:
		return copy->verbose = true;
	}
	return false;
}

/* --parents: the folders of @source below the target, with the source's modes. */
static int make_parents(struct cp *cp, struct str target, struct str source, struct error *err)
{
	struct shell_call *c = cp->copy.call;
	struct copy one = cp->copy;
	size_t at = 0;

	while (at < source.len) {
		struct str part = { source.ptr, 0 }, to;
		struct world_place place;
		struct node *from;

		while (at < source.len && source.ptr[at] == '/')
			at++;
		while (at < source.len && source.ptr[at] != '/')
			at++;
		if (at == source.len)
			return 0;
		part.len = at;
		from = world_find(c->shell, part, true);
		to = file_join(c, target, part);
		if (!node_is(from, NODE_DIRECTORY))
			return file_failed(c, "failed to get attributes of", part, WORLD_ABSENT);
		if (file_place(c, to, false, &place))
			return shell_refuse(c, err, "--parents to " STR_FMT, STR_ARG(to));
		if (place.node)
			continue;
		if (one.keep_mode || one.keep_owner || from->inode->mode & 07000)
			return shell_refuse(c, err, "--parents with attributes");
		place.node = tree_put(c->world->tree, place.dir, place.name,
				      &(struct inode){ .kind = NODE_DIRECTORY,
						       .mode = from->inode->mode &
							       (uint16_t)~shell_umask(c->shell),
						       .mtime = c->world->epoch },
				      c->cause);
		if (one.verbose)
			buf_printf(c->out, STR_FMT " -> " STR_FMT "\n", STR_ARG(part), STR_ARG(to));
	}
	return 0;
}

static int copy_one(struct cp *cp, const struct file_targets *t, struct str source,
		    struct error *err)
{
	struct shell_call *c = cp->copy.call;
	struct str to = file_target(c, t, source);
	int status;

	if (cp->strip)
		source = file_strip(source);
	if (cp->parents) {
		if (!t->into)
			return file_usage(c, "with --parents, the destination must be a directory");
		status = make_parents(cp, t->target, source, err);
		if (status)
			return status;
		to = file_join(c, t->target, file_strip(source));
	} else if (t->into && (str_equal_cstr(file_base(source), "..") ||
			       str_equal_cstr(file_base(source), "."))) {
		to = t->target; /* "cp -r d/. e" copies what d holds */
	}
	return file_copy(&cp->copy, source, to, err);
}

static int run_backup(struct cp *cp, const struct shell_taken *o, int *ret_status,
		      struct error *err)
{
	return file_backup_option(cp->copy.call, &cp->copy.backup, o->value, ret_status, err);
}

int tool_cp(struct shell_call *c, struct error *err)
{
	struct cp cp = { .copy = { .call = c } };
	struct shell_arguments a;
	struct file_targets t;
	int status = 0, result = shell_options(c, cp_options, false, &a, &status, err);

	for (size_t i = 0; !result && i < a.n_options; i++) {
		if (a.options[i].id == CP_BACKUP)
			result = run_backup(&cp, &a.options[i], &status, err);
		else if (!take_option(&cp, &a.options[i]))
			return shell_refuse(c, err, "--preserve=" STR_FMT,
					    STR_ARG(a.options[i].value));
	}
	if (result)
		return result < 0 ? -1 : status;
	if (cp.copy.backup.suffix.ptr && cp.copy.no_clobber)
		return shell_refuse(c, err, "a backup with --no-clobber");
	if (cp.copy.follow == COPY_FOLLOW_UNSAID)
		cp.copy.follow = cp.copy.recursive && !cp.copy.hard_link ? COPY_FOLLOW_NEVER
									 : COPY_FOLLOW_ALWAYS;
	if ((cp.copy.hard_link || cp.copy.soft_link) && cp.force)
		cp.copy.remove_first = true;
	status = file_targets(c, &a, cp.folder, cp.no_folder, false, &t);
	if (status)
		return status;
	for (size_t i = 0; i < t.n; i++) {
		result = copy_one(&cp, &t, t.sources[i], err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}

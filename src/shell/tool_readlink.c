/* readlink, realpath, basename, dirname. */
#include "shell/file_tool.h"
#include "shell/relative.h"
#include "shell/tool_files.h"

enum {
	LINK_F = 1,
	LINK_E,
	LINK_M,
	LINK_NO_NEWLINE,
	LINK_QUIET,
	LINK_VERBOSE,
	LINK_ZERO,
	LINK_LOGICAL,
	LINK_PHYSICAL,
	LINK_RELATIVE_TO,
	LINK_RELATIVE_BASE,
	LINK_STRIP
};

static const struct shell_option readlink_options[] = {
	{ 'f', "canonicalize", OPTION_NO_VALUE, LINK_F },
	{ 'e', "canonicalize-existing", OPTION_NO_VALUE, LINK_E },
	{ 'm', "canonicalize-missing", OPTION_NO_VALUE, LINK_M },
	{ 'n', "no-newline", OPTION_NO_VALUE, LINK_NO_NEWLINE },
	{ 'q', "quiet", OPTION_NO_VALUE, LINK_QUIET },
	{ 's', "silent", OPTION_NO_VALUE, LINK_QUIET },
	{ 'v', "verbose", OPTION_NO_VALUE, LINK_VERBOSE },
	{ 'z', "zero", OPTION_NO_VALUE, LINK_ZERO },
	{ 0 },
};

static int read_one(struct shell_call *c, struct str path, int canonical, bool verbose,
		    struct str *ret, struct error *err)
{
	struct world_place at;
	int outcome;

	if (canonical) {
		outcome = canonical_path(c->shell, path,
					 canonical == LINK_E   ? CANONICAL_EXISTING
					 : canonical == LINK_F ? CANONICAL_ALL_BUT_LAST
							       : CANONICAL_MISSING,
					 false, ret);
		if (outcome == WORLD_SPECIAL)
			return shell_refuse(c, err, "what " STR_FMT " is", STR_ARG(path));
	} else {
		outcome = world_walk(c->shell, path, false, &at);
		if (at.outside && (outcome || !at.node))
			return shell_refuse(c, err, "what " STR_FMT " is", STR_ARG(path));
		if (!outcome && !node_is(at.node, NODE_SYMLINK))
			outcome = at.node ? WORLD_NO_FOLDER : WORLD_ABSENT;
		if (!outcome)
			*ret = at.node->inode->target;
	}
	if (outcome && verbose)
		return file_failed(c, "", path, outcome);
	return outcome != 0;
}

int tool_readlink(struct shell_call *c, struct error *err)
{
	bool newline = true, verbose = false;
	struct shell_arguments a;
	char end = '\n';
	int canonical = 0, status = 0;
	int result = shell_options(c, readlink_options, false, &a, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		int id = a.options[i].id;

		if (id == LINK_F || id == LINK_E || id == LINK_M)
			canonical = id;
		else if (id == LINK_NO_NEWLINE)
			newline = false;
		else if (id == LINK_VERBOSE || id == LINK_QUIET)
			verbose = id == LINK_VERBOSE;
		else
			end = 0;
	}
	if (!a.n_operands)
		return file_usage(c, "missing operand");
	for (size_t i = 0; i < a.n_operands; i++) {
		struct str text = STR("");

		result = read_one(c, a.operands[i], canonical, verbose, &text, err);
		if (result < 0)
			return -1;
		status |= result;
		if (result)
			continue;
		buf_add_str(c->out, text);
		if (newline || a.n_operands > 1)
			buf_add_char(c->out, end);
	}
	return status;
}

static const struct shell_option realpath_options[] = {
	{ 'e', "canonicalize-existing", OPTION_NO_VALUE, LINK_E },
	{ 'm', "canonicalize-missing", OPTION_NO_VALUE, LINK_M },
	{ 'L', "logical", OPTION_NO_VALUE, LINK_LOGICAL },
	{ 'P', "physical", OPTION_NO_VALUE, LINK_PHYSICAL },
	{ 'q', "quiet", OPTION_NO_VALUE, LINK_QUIET },
	{ 0, "relative-to", OPTION_VALUE, LINK_RELATIVE_TO },
	{ 0, "relative-base", OPTION_VALUE, LINK_RELATIVE_BASE },
	{ 's', "strip", OPTION_NO_VALUE, LINK_STRIP },
	{ 0, "no-symlinks", OPTION_NO_VALUE, LINK_STRIP },
	{ 'z', "zero", OPTION_NO_VALUE, LINK_ZERO },
	{ 0 },
};

struct realpath {
	struct shell_call *c;
	enum canonical_mode mode;
	bool plain, quiet;
	char end;
	struct str to, base; /* canonical; ptr NULL: not asked for */
};

static int canonical(struct realpath *r, struct str path, struct str *ret, struct error *err)
{
	int outcome = canonical_path(r->c->shell, path, r->mode, r->plain, ret);

	if (outcome == WORLD_SPECIAL)
		return shell_refuse(r->c, err, "what " STR_FMT " is", STR_ARG(path));
	if (outcome && !r->quiet)
		return file_failed(r->c, "", path, outcome);
	return outcome != 0;
}

static int print_path(struct realpath *r, struct str path, struct error *err)
{
	struct str text;
	int status = canonical(r, path, &text, err);

	if (status)
		return status;
	if (r->to.ptr && (!r->base.ptr || path_is_below(text, r->base)))
		text = relative_path(r->c->shell, text, r->to);
	buf_add_str(r->c->out, text);
	buf_add_char(r->c->out, r->end);
	return 0;
}

int tool_realpath(struct shell_call *c, struct error *err)
{
	struct realpath r = { .c = c, .mode = CANONICAL_ALL_BUT_LAST, .end = '\n' };
	struct str to = { NULL, 0 }, base = { NULL, 0 };
	struct shell_arguments a;
	int status = 0, result = shell_options(c, realpath_options, false, &a, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		switch (a.options[i].id) {
		case LINK_E:
			r.mode = CANONICAL_EXISTING;
			break;
		case LINK_M:
			r.mode = CANONICAL_MISSING;
			break;
		case LINK_STRIP:
			r.plain = true;
			break;
		case LINK_QUIET:
			r.quiet = true;
			break;
		case LINK_ZERO:
			r.end = 0;
			break;
		case LINK_RELATIVE_TO:
			to = a.options[i].value;
			break;
		case LINK_RELATIVE_BASE:
			base = a.options[i].value;
			break;
		case LINK_LOGICAL:
			return shell_refuse(c, err, "-L");
		}
	}
	if (!a.n_operands)
		return file_usage(c, "missing operand");
	if (base.ptr && !to.ptr)
		to = base;
	if (to.ptr && (result = canonical(&r, to, &r.to, err)))
		return result;
	if (base.ptr && (result = canonical(&r, base, &r.base, err)))
		return result;
	if (r.base.ptr && !path_is_below(r.to, r.base)) /* then paths stay absolute */
		r.to.ptr = NULL;
	for (size_t i = 0; i < a.n_operands; i++) {
		result = print_path(&r, a.operands[i], err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}

enum { NAME_MULTIPLE = 1, NAME_SUFFIX, NAME_ZERO };

static const struct shell_option basename_options[] = {
	{ 'a', "multiple", OPTION_NO_VALUE, NAME_MULTIPLE },
	{ 's', "suffix", OPTION_VALUE, NAME_SUFFIX },
	{ 'z', "zero", OPTION_NO_VALUE, NAME_ZERO },
	{ 0 },
};

static void print_base(struct shell_call *c, struct str path, struct str suffix, char end)
{
	struct str base = file_base(path);

	if (path.len && base.len && base.ptr[0] == '/')
		base.len = 1;
	else if (suffix.len && suffix.len < base.len && str_has_suffix(base, suffix))
		base.len -= suffix.len;
	buf_add_str(c->out, base);
	buf_add_char(c->out, end);
}

int tool_basename(struct shell_call *c, struct error *err)
{
	struct str suffix = { NULL, 0 };
	struct shell_arguments a;
	bool multiple = false;
	char end = '\n';
	int status = 0, result = shell_options(c, basename_options, true, &a, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		multiple |= a.options[i].id != NAME_ZERO;
		if (a.options[i].id == NAME_SUFFIX)
			suffix = a.options[i].value;
		else if (a.options[i].id == NAME_ZERO)
			end = 0;
	}
	if (!a.n_operands)
		return file_usage(c, "missing operand");
	if (!multiple && a.n_operands > 2)
		return file_complain(c, "extra operand", a.operands[2], "");
	if (!multiple) {
		print_base(c, a.operands[0], a.n_operands == 2 ? a.operands[1] : suffix, end);
		return 0;
	}
	for (size_t i = 0; i < a.n_operands; i++)
		print_base(c, a.operands[i], suffix, end);
	return 0;
}

static const struct shell_option dirname_options[] = {
	{ 'z', "zero", OPTION_NO_VALUE, NAME_ZERO },
	{ 0 },
};

int tool_dirname(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	int status = 0, result = shell_options(c, dirname_options, true, &a, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	if (!a.n_operands)
		return file_usage(c, "missing operand");
	for (size_t i = 0; i < a.n_operands; i++) {
		buf_add_str(c->out, file_folder(a.operands[i]));
		buf_add_char(c->out, a.n_options ? 0 : '\n');
	}
	return 0;
}

/* Redirections. XCU 2.7. */
#include "shell/evaluate.h"

#include "shell/walk.h"

static void put(struct shell *sh, unsigned fd, struct stream *s, struct error *err, int *r)
{
	struct stream *old = sh->state.fd[fd];

	sh->state.fd[fd] = s;
	if (old && stream_drop(sh, old, err))
		*r = -1;
}

static int failed(struct shell *sh, bool create, struct str path, const char *why)
{
	if (sh->bash)
		shell_message(sh, STR_FMT ": %s", STR_ARG(path), why);
	else
		shell_message(sh, "cannot %s " STR_FMT ": %s", create ? "create" : "open",
			      STR_ARG(path), why);
	return 1;
}

/* /dev/stdin and the like; -1: another path. */
static int fd_of_path(struct str path)
{
	static const char *const names[] = { "/dev/stdin", "/dev/stdout", "/dev/stderr" };

	for (int i = 0; i < 3; i++)
		if (str_equal_cstr(path, names[i]))
			return i;
	if (path.len == 9 && str_has_prefix(path, STR("/dev/fd/")) && path.ptr[8] >= '0' &&
	    path.ptr[8] <= '9')
		return path.ptr[8] - '0';
	return -1;
}

/* 0 with a stream, 1 failed, -1, 2: no special file. */
static int open_special(struct shell *sh, struct str path, const struct node *node, bool create,
			struct stream **ret, struct error *err)
{
	const struct inode *inode = node ? node->inode : NULL;
	int fd = fd_of_path(path);

	if (fd >= 0) {
		if (!sh->state.fd[fd])
			return failed(sh, create, path, "No such device or address");
		*ret = stream_hold(sh->state.fd[fd]);
		return 0;
	}
	if (str_equal_cstr(path, "/dev/null") ||
	    (inode && inode->kind == NODE_CHAR && inode->major == 1 && inode->minor == 3)) {
		*ret = stream_new(sh->session, STREAM_NULL);
		(*ret)->readable = (*ret)->writable = true;
		return 0;
	}
	if (str_equal_cstr(path, "/dev/tty"))
		return failed(sh, create, path, "No such device or address");
	if (!inode || inode->kind == NODE_FILE)
		return 2;
	if (inode->kind == NODE_DIRECTORY && create)
		return failed(sh, create, path, "Is a directory");
	return shell_abandon(sh, REFUSAL_CONSTRUCT, err,
			     "a redirection to or from " STR_FMT ", which is no regular file",
			     STR_ARG(path));
}

/* Whether another user may open it, and whose a new file were, is not modelled. */
static int not_root(struct shell *sh, struct str path, struct error *err)
{
	return shell_abandon(sh, REFUSAL_CONSTRUCT, err,
			     "a redirection to or from " STR_FMT " as another user",
			     STR_ARG(path));
}

static int open_input(struct shell *sh, struct str path, struct stream **ret, struct error *err)
{
	struct world_place place;
	int r = world_walk(sh, path, true, &place);
	int special;

	special = open_special(sh, path, r ? NULL : place.node, false, ret, err);
	if (special != 2)
		return special;
	if (sh->world->identity)
		return not_root(sh, path, err);
	if (r == WORLD_NO_FOLDER || r == WORLD_LOOP)
		return failed(sh, false, path, world_outcome_text((enum world_outcome)r));
	if (r || !place.node)
		return failed(sh, false, path,
			      sh->bash ? "No such file or directory" : "No such file");
	*ret = stream_new(sh->session, STREAM_FILE);
	(*ret)->node = place.node;
	(*ret)->readable = true;
	return 0;
}

static int open_output(struct shell *sh, const struct redirect *r, struct str path,
		       struct stream **ret, struct error *err)
{
	struct node *node = world_find(sh, path, true);
	bool append = r->kind == REDIRECT_APPEND || r->kind == REDIRECT_ALL_APPEND;
	int outcome = open_special(sh, path, node, true, ret, err);

	if (outcome != 2)
		return outcome;
	if (sh->world->identity)
		return not_root(sh, path, err);
	if (node && (sh->state.flags & FLAG_NOCLOBBER) &&
	    (r->kind == REDIRECT_OUT || r->kind == REDIRECT_ALL))
		return failed(sh, true, path,
			      sh->bash ? "cannot overwrite existing file" : "File exists");
	if (!node || (r->kind != REDIRECT_BOTH && !append)) {
		outcome = world_write(sh, path, STR(""), append, err);
		if (outcome < 0)
			return -1;
		if (outcome == WORLD_SPECIAL)
			return shell_abandon(sh, REFUSAL_CONSTRUCT, err,
					     "a redirection to " STR_FMT, STR_ARG(path));
		if (outcome)
			return failed(sh, true, path,
				      outcome == WORLD_ABSENT && !sh->bash
					      ? "Directory nonexistent"
					      : world_outcome_text((enum world_outcome)outcome));
		node = world_find(sh, path, true);
		if (!node)
			return failed(sh, true, path, "No such file or directory");
	}
	*ret = stream_new(sh->session, STREAM_FILE);
	(*ret)->node = node;
	(*ret)->writable = true;
	(*ret)->readable = r->kind == REDIRECT_BOTH;
	(*ret)->append = append;
	return 0;
}

static int duplicate(struct shell *sh, const struct redirect *r, struct str text,
		     struct stream **ret)
{
	unsigned fd;

	*ret = NULL;
	if (str_equal_cstr(text, "-"))
		return 0;
	if (text.len != 1 || text.ptr[0] < '0' || text.ptr[0] > '9') {
		shell_message(sh, sh->bash ? STR_FMT ": ambiguous redirect" : "Bad fd number",
			      STR_ARG(text));
		return 1;
	}
	fd = (unsigned)(text.ptr[0] - '0');
	if (!sh->state.fd[fd]) {
		shell_message(sh, "%u: Bad file descriptor", fd);
		return 1;
	}
	*ret = stream_hold(sh->state.fd[fd]);
	(void)r;
	return 0;
}

static struct stream *here(struct shell *sh, struct str text, bool newline)
{
	struct stream *s = stream_new(sh->session, STREAM_INPUT);

	s->owned = mem_alloc(text.len + 2);
	if (text.len)
		memcpy(s->owned, text.ptr, text.len);
	if (newline)
		s->owned[text.len] = '\n';
	s->in.data = (struct str){ s->owned, text.len + newline };
	s->readable = true;
	return s;
}

static int one(struct shell *sh, const struct redirect *r, struct error *err)
{
	struct stream *s = NULL;
	struct str text = STR("");
	int result = r->word ? expand_text(sh, r->word, &text, err) : 0;

	if (result)
		return result;
	if (streams_flush(sh->session, sh, err))
		return -1;
	switch (r->kind) {
	case REDIRECT_IN:
		result = open_input(sh, text, &s, err);
		break;
	case REDIRECT_DUP_IN:
	case REDIRECT_DUP_OUT:
		result = duplicate(sh, r, text, &s);
		break;
	case REDIRECT_HERE:
	case REDIRECT_STRING:
		s = here(sh, text, r->kind == REDIRECT_STRING);
		break;
	default:
		result = open_output(sh, r, text, &s, err);
	}
	if (result)
		return result;
	put(sh, r->fd, s, err, &result);
	if (r->kind == REDIRECT_ALL || r->kind == REDIRECT_ALL_APPEND)
		put(sh, 2, stream_hold(s), err, &result);
	return result;
}

int redirect_begin(struct shell *sh, const struct redirect *r, struct saved_fds *ret,
		   struct error *err)
{
	int result = 0;

	memcpy(ret->fd, sh->state.fd, sizeof(ret->fd));
	if (!r)
		return 0;
	for (size_t i = 0; i < SHELL_FDS; i++)
		if (sh->state.fd[i])
			stream_hold(sh->state.fd[i]);
	for (; r && !result; r = r->next)
		result = one(sh, r, err);
	if (result == 1) {
		int end = redirect_end(sh, ret, err);

		return end ? end : 1;
	}
	return result;
}

/* Also when nothing was redirected: then both are the same. */
int redirect_end(struct shell *sh, struct saved_fds *saved, struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < SHELL_FDS; i++)
		put(sh, (unsigned)i, saved->fd[i], err, &result);
	return result;
}

/* exec: what was redirected stays, what was before is given up. */
int redirect_keep(struct shell *sh, struct saved_fds *saved, struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < SHELL_FDS; i++)
		if (saved->fd[i] && stream_drop(sh, saved->fd[i], err))
			result = -1;
	return result;
}

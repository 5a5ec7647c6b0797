/*
 * Streams in memory. What is written to a file is collected and put into the tree
 * before anybody can look: a loop with a hundred echos makes one content, not a
 * hundred. A file that is read is looked at again when its content has changed.
 */
#include "shell/evaluate.h"

#include "base/limits.h"
#include "io/source.h"
#include "shell/converse.h"
#include "shell/walk.h"

#define NO_BOUND ((size_t)1 << 40) /* the shell looks at lengths after each command */

struct stream *stream_new(struct session *session, enum stream_kind kind)
{
	struct stream *s = mem_alloc(sizeof(*s));

	s->refs = 1;
	s->kind = kind;
	s->in.data = STR("");
	s->pending.max = NO_BOUND;
	s->older = session->streams;
	if (s->older)
		s->older->newer = s;
	session->streams = s;
	return s;
}

static void stream_free(struct session *session, struct stream *s)
{
	if (s->newer)
		s->newer->older = s->older;
	else
		session->streams = s->older;
	if (s->older)
		s->older->newer = s->newer;
	buf_release(&s->pending);
	free(s->owned);
	free(s);
}

void streams_release(struct session *session)
{
	while (session->streams)
		stream_free(session, session->streams);
	conversations_release(session);
}

struct stream *stream_hold(struct stream *s)
{
	s->refs++;
	return s;
}

/* The bytes as they are in the tree now. */
static int load(struct shell *sh, struct stream *s, struct error *err)
{
	struct str data = STR("");

	if (s->loaded && s->seen.size == s->node->inode->content.size &&
	    digest_equal(&s->seen.digest, &s->node->inode->content.digest))
		return 0;
	if (s->node->inode->content.size > LIMIT_SHELL_FILE)
		return err_set(err, ERR_LIMIT, "a script reads a file of more than %u bytes",
			       LIMIT_SHELL_FILE);
	if (s->node->inode->content.size) {
		int r = world_read_node(sh, s->node, &data, err);

		if (r < 0)
			return -1;
	}
	s->in.data = data;
	s->seen = s->node->inode->content;
	s->loaded = true;
	return 0;
}

static int flush_one(struct shell *sh, struct stream *s, struct error *err)
{
	struct arena *arena = sh->world->arena;
	struct content content;
	size_t at, size;
	char *data;

	s->dirty = false;
	if (!s->pending.len)
		return 0;
	if (load(sh, s, err))
		return -1;
	at = s->append ? s->in.data.len : s->in.at;
	size = at + s->pending.len > s->in.data.len ? at + s->pending.len : s->in.data.len;
	if (size > LIMIT_SHELL_FILE)
		return err_set(err, ERR_LIMIT, "a script writes a file of more than %u bytes",
			       LIMIT_SHELL_FILE);
	(void)shell_charge(sh, size);
	data = arena_alloc(arena, size + 1);
	if (s->in.data.len)
		memcpy(data, s->in.data.ptr, s->in.data.len);
	memcpy(data + at, s->pending.ptr, s->pending.len);
	s->in.at = at + s->pending.len;
	buf_reset(&s->pending);
	content = content_of_bytes((struct bytes){ (const uint8_t *)data, size });
	tree_set_content(s->node, &content, shell_cause(sh));
	tree_set_mtime(s->node, sh->world->epoch);
	world_drop_capability(sh->world, s->node, shell_cause(sh));
	s->in.data = (struct str){ data, size };
	s->seen = s->node->inode->content;
	return 0;
}

int streams_flush(struct session *session, struct shell *sh, struct error *err)
{
	while (session->dirty) {
		struct stream *s = session->dirty;

		session->dirty = s->next_dirty;
		s->next_dirty = NULL;
		if (flush_one(sh, s, err))
			return -1;
	}
	return 0;
}

int stream_drop(struct shell *sh, struct stream *s, struct error *err)
{
	int r = 0;

	if (!s || --s->refs)
		return 0;
	if (s->dirty)
		r = streams_flush(sh->session, sh, err);
	/* After a failure it may still be in the list. */
	for (struct stream **at = &sh->session->dirty; *at; at = &(*at)->next_dirty)
		if (*at == s) {
			*at = s->next_dirty;
			break;
		}
	stream_free(sh->session, s);
	return r;
}

struct buf *stream_buffer(struct shell *sh, unsigned fd)
{
	struct stream *s = sh->state.fd[fd];

	if (!s || !s->writable)
		return &sh->session->closed;
	return s->kind == STREAM_BUFFER ? s->target : &s->pending;
}

int stream_written(struct shell *sh, unsigned fd, struct error *err)
{
	struct stream *s = sh->state.fd[fd];
	struct buf *b = stream_buffer(sh, fd);

	if (b->len > LIMIT_SHELL_OUTPUT)
		return shell_abandon(sh, REFUSAL_LIMIT, err, "more than %u bytes of output",
				     LIMIT_SHELL_OUTPUT);
	if (!s || !s->writable) {
		bool wrote = b->len != 0;

		buf_reset(b);
		if (wrote)
			return shell_abandon(sh, REFUSAL_CONSTRUCT, err,
					     "output to descriptor %u, which is closed", fd);
		return 0;
	}
	if (s->kind == STREAM_NULL)
		buf_reset(b);
	if (s->kind == STREAM_FILE && b->len && !s->dirty) {
		s->dirty = true;
		s->next_dirty = sh->session->dirty;
		sh->session->dirty = s;
	}
	/* Only the end of what a script says matters to people. */
	if (s->target == &sh->session->messages && b->len > 65536) {
		memmove(b->ptr, b->ptr + b->len - 32768, 32768);
		b->len = 32768;
		b->ptr[b->len] = 0;
	}
	return 0;
}

int stream_input(struct shell *sh, unsigned fd, struct shell_input **ret, struct error *err)
{
	struct stream *s = sh->state.fd[fd];
	static struct shell_input none = { .data = { "", 0 } };

	none.at = 0;
	*ret = &none;
	if (!s || !s->readable)
		return 0;
	if (s->kind == STREAM_FILE && load(sh, s, err))
		return -1;
	if (s->talk && conversation_take(sh, s, err))
		return -1;
	*ret = &s->in;
	return 0;
}

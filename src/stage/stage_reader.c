/*
 * The content of trees, read from the objects that packs are made of. A layer
 * reads ten thousand small parts of a hundred objects: descriptors stay open,
 * and a small part is read and verified in one go.
 */
#define _GNU_SOURCE
#include "stage/stage_private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"

#define SMALL_SIZE (128u * 1024) /* bytes; verified before the first is given out */

/* ---- descriptors ---- */

static struct open_object *find_open(struct stage *s, const struct digest *d)
{
	for (unsigned i = 0; i < STAGE_OPEN_OBJECTS; i++) {
		struct open_object *o = &s->open[i];

		if (o->fd >= 0 && !o->dropped && digest_equal(&o->digest, d))
			return o;
	}
	return NULL;
}

/* A free place, or the one not used for longest; NULL if all are in use. */
static struct open_object *find_place(struct stage *s)
{
	struct open_object *oldest = NULL;

	for (unsigned i = 0; i < STAGE_OPEN_OBJECTS; i++) {
		struct open_object *o = &s->open[i];

		if (o->fd < 0)
			return o;
		if (o->n_users == 0 && (!oldest || o->last < oldest->last))
			oldest = o;
	}
	if (oldest) {
		close(oldest->fd);
		oldest->fd = -1;
	}
	return oldest;
}

/* A part's hold on its object: a shared descriptor, or one of its own. */
struct hold {
	struct open_object *shared; /* NULL: fd is its own */
	int fd;
	uint64_t base, size;
};

static void use(struct stage *s, struct open_object *o, struct hold *ret)
{
	o->n_users++;
	o->last = ++s->reader_clock;
	*ret = (struct hold){ o, o->fd, o->base, o->size };
}

static int hold_open(struct stage *s, const struct digest *d, struct hold *ret,
		     struct error *err)
{
	struct object_place place = { 0 };
	struct open_object *o;
	int r;

	pthread_mutex_lock(&s->mutex);
	o = find_open(s, d);
	if (o)
		use(s, o, ret);
	pthread_mutex_unlock(&s->mutex);
	if (o)
		return 0;
	r = object_open(s, d, &place, err);
	if (r)
		return r;
	pthread_mutex_lock(&s->mutex);
	o = find_open(s, d); /* another thread may have been faster */
	if (o) {
		close(place.fd);
	} else {
		o = find_place(s);
		if (o)
			*o = (struct open_object){ .digest = *d,
						   .fd = place.fd,
						   .base = place.base,
						   .size = place.size };
	}
	if (o)
		use(s, o, ret);
	else
		*ret = (struct hold){ NULL, place.fd, place.base, place.size };
	pthread_mutex_unlock(&s->mutex);
	return 0;
}

static void hold_release(struct stage *s, struct hold *h)
{
	if (!h->shared) {
		close(h->fd);
		return;
	}
	pthread_mutex_lock(&s->mutex);
	if (--h->shared->n_users == 0 && h->shared->dropped) {
		close(h->shared->fd);
		h->shared->fd = -1;
		h->shared->dropped = false;
	}
	pthread_mutex_unlock(&s->mutex);
}

void reader_forget(struct stage *s, const struct digest *d)
{
	struct open_object *o;

	pthread_mutex_lock(&s->mutex);
	o = find_open(s, d);
	if (o && o->n_users) {
		o->dropped = true;
	} else if (o) {
		close(o->fd);
		o->fd = -1;
	}
	pthread_mutex_unlock(&s->mutex);
}

/* ---- parts ---- */

static int part_wrong(struct stage *s, const struct content *c, struct error *err)
{
	char object[DIGEST_TEXT_MAX], part[DIGEST_TEXT_MAX];

	if (object_is_lent(s, c->object))
		return object_wrong(s, c->object, NULL, err);
	stage_quarantine(s, c->object);
	err_set(err, ERR_DIGEST, "an object of the stage '%s' is damaged: the %llu bytes at %llu "
		"of %s are not %s", s->path, (unsigned long long)c->size,
		(unsigned long long)c->offset, digest_format(c->object, object),
		digest_format(&c->digest, part));
	return object_hint(s, err);
}

/* A small part: read and verified when it was opened. */
struct small_source {
	struct source source;
	size_t size;
	uint8_t data[];
};

static int small_read(struct source *source, uint8_t *to, size_t size, size_t *ret_n,
		      struct error *err)
{
	struct small_source *s = (struct small_source *)source;
	size_t left = s->size - (size_t)source->offset;

	(void)err;
	if (size > left)
		size = left;
	memcpy(to, s->data + source->offset, size);
	*ret_n = size;
	return 0;
}

static void small_close(struct source *source)
{
	free(source);
}

static int open_small(struct stage *s, const struct content *c, const struct hold *hold,
		      struct source **ret, struct error *err)
{
	static const struct source_ops ops = { .read = small_read, .close = small_close };
	struct small_source *source = mem_alloc(sizeof(*source) + (size_t)c->size);
	struct digest got;
	bool is_short = false;
	int r;

	r = object_pread(hold->fd, hold->base + c->offset, source->data, (size_t)c->size,
			 &is_short, err);
	if (r == 0 && !is_short)
		got = hash_bytes((struct bytes){ source->data, (size_t)c->size });
	if (r == 0 && (is_short || !digest_equal(&got, &c->digest)))
		r = part_wrong(s, c, err);
	if (r < 0) {
		free(source);
		return -1;
	}
	source->source.ops = &ops;
	source->size = (size_t)c->size;
	*ret = &source->source;
	return 0;
}

/* A large part: the last bytes are given out only if all were right. */
struct large_source {
	struct source source;
	struct stage *stage;
	struct content content;
	struct hold hold;
	struct hash *hash;
};

static int large_read(struct source *source, uint8_t *to, size_t size, size_t *ret_n,
		      struct error *err)
{
	struct large_source *s = (struct large_source *)source;
	uint64_t left = s->content.size - source->offset;
	struct digest got;
	bool is_short;

	if (size > left)
		size = (size_t)left;
	*ret_n = size;
	if (size == 0)
		return 0;
	if (object_pread(s->hold.fd, s->hold.base + s->content.offset + source->offset, to, size,
			 &is_short, err) < 0)
		return -1;
	if (is_short)
		return part_wrong(s->stage, &s->content, err);
	hash_add(s->hash, (struct bytes){ to, size });
	if (size < left)
		return 0;
	got = hash_finish(s->hash);
	if (!digest_equal(&got, &s->content.digest))
		return part_wrong(s->stage, &s->content, err);
	return 0;
}

static void large_close(struct source *source)
{
	struct large_source *s = (struct large_source *)source;

	hold_release(s->stage, &s->hold);
	hash_free(s->hash);
	free(s);
}

static struct source *open_large(struct stage *s, const struct content *c,
				 const struct hold *hold)
{
	static const struct source_ops ops = { .read = large_read, .close = large_close };
	struct large_source *source = mem_alloc(sizeof(*source));

	source->source.ops = &ops;
	source->stage = s;
	source->content = *c;
	source->hold = *hold;
	source->hash = hash_new();
	return &source->source;
}

static int open_object_part(struct stage *s, const struct content *c, struct source **ret,
			    struct error *err)
{
	struct hold hold = { 0 };
	int r = hold_open(s, c->object, &hold, err);

	if (r == STAGE_ABSENT) {
		char text[DIGEST_TEXT_MAX];

		err_set(err, ERR_DIGEST, "the object %s is not in the stage '%s' any more",
			digest_format(c->object, text), s->path);
		return err_hint(err, "run the command again: it is fetched or made anew");
	}
	if (r < 0)
		return -1;
	if (c->offset > hold.size || c->size > hold.size - c->offset) {
		r = part_wrong(s, c, err);
	} else if (c->size > SMALL_SIZE) {
		*ret = open_large(s, c, &hold);
		return 0;
	} else {
		r = open_small(s, c, &hold, ret, err);
	}
	hold_release(s, &hold);
	return r;
}

static int reader_open(const struct content_reader *reader, const struct content *content,
		       struct source **ret, struct error *err)
{
	switch (content->where) {
	case CONTENT_EMPTY:
		*ret = source_of_bytes((struct bytes){ 0 });
		return 0;
	case CONTENT_MEMORY:
		*ret = source_of_bytes((struct bytes){ content->data, (size_t)content->size });
		return 0;
	case CONTENT_OBJECT:
		return open_object_part(((const struct stage_reader *)reader)->stage, content, ret,
					err);
	}
	return err_set(err, ERR_BUG, "a content handle of an unknown kind");
}

static int reader_recall(const struct content_reader *reader, const char *kind,
			 const struct digest *key, struct buf *ret, struct error *err)
{
	int r = stage_result_get(((const struct stage_reader *)reader)->stage, kind, key, ret,
				 err);

	return r == STAGE_ABSENT ? CONTENT_UNKNOWN : r;
}

static int reader_remember(const struct content_reader *reader, const char *kind,
			   const struct digest *key, struct bytes value, struct str inputs,
			   struct error *err)
{
	return stage_result_put(((const struct stage_reader *)reader)->stage, kind, key, value,
				inputs, err);
}

const struct content_reader *stage_reader(struct stage *s)
{
	return &s->reader.base;
}

void reader_init(struct stage *s)
{
	s->reader = (struct stage_reader){
		.base = { .open = reader_open, .recall = reader_recall,
			  .remember = reader_remember },
		.stage = s,
	};
	for (unsigned i = 0; i < STAGE_OPEN_OBJECTS; i++)
		s->open[i].fd = -1;
}

void reader_release(struct stage *s)
{
	for (unsigned i = 0; i < STAGE_OPEN_OBJECTS; i++) {
		assert(s->open[i].n_users == 0); /* sources are closed before the stage */
		if (s->open[i].fd >= 0)
			close(s->open[i].fd);
		s->open[i].fd = -1;
	}
}

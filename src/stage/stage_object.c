#define _GNU_SOURCE
#include "stage/stage_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"

/* SHA-256 of no bytes: the only object that may have size 0. */
static bool is_digest_of_nothing(const struct digest *d)
{
	struct digest nothing = hash_bytes((struct bytes){ 0 });

	return digest_equal(d, &nothing);
}

/*
 * An object that should not be empty but is, was cut by a power failure before
 * anything synced it (docs/formats/stage.md): as good as absent.
 */
static bool is_there(const struct stat *st, const struct digest *d)
{
	return S_ISREG(st->st_mode) && (st->st_size > 0 || is_digest_of_nothing(d));
}

bool stage_has(const struct stage *s, const struct digest *d)
{
	char name[OBJECT_NAME_MAX];
	struct stat st;

	return (fstatat(s->objects_fd, object_name(d, name), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		is_there(&st, d)) ||
	       lent_find(s, d);
}

/* STAGE_ABSENT, but for what lies elsewhere. */
static int lent_size(const struct stage *s, const struct digest *d, uint64_t *ret)
{
	const struct stage_part *p = lent_find(s, d);

	if (!p)
		return STAGE_ABSENT;
	*ret = p->size;
	return 0;
}

int stage_size(const struct stage *s, const struct digest *d, uint64_t *ret, struct error *err)
{
	char name[OBJECT_NAME_MAX];
	struct stat st;

	if (fstatat(s->objects_fd, object_name(d, name), &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return lent_size(s, d, ret);
		return err_sys(err, errno, "cannot examine '%s/objects/%s'", s->path, name);
	}
	if (!is_there(&st, d))
		return lent_size(s, d, ret);
	*ret = (uint64_t)st.st_size;
	return 0;
}

static int open_lent(struct stage *s, const struct digest *d, struct object_place *ret,
		     struct error *err)
{
	const struct stage_part *p = lent_find(s, d);
	int fd;

	if (!p)
		return STAGE_ABSENT;
	fd = fcntl(s->lent_fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(err, errno, "cannot open '%s' again", s->lent_name);
	*ret = (struct object_place){ fd, p->offset, p->size };
	return 0;
}

int object_open(struct stage *s, const struct digest *d, struct object_place *ret,
		struct error *err)
{
	char name[OBJECT_NAME_MAX];
	CLEANUP_CLOSE int fd = -1;
	struct stat st;

	fd = openat(s->objects_fd, object_name(d, name),
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return open_lent(s, d, ret, err);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot open '%s/objects/%s'", s->path, name);
	if (!is_there(&st, d))
		return open_lent(s, d, ret, err);
	*ret = (struct object_place){ .size = (uint64_t)st.st_size };
	ret->fd = TAKE_FD(fd);
	return 0;
}

/* Who reads at offsets of its own needs a file of its own. */
static int copy_lent(struct stage *s, const struct digest *d, struct error *err)
{
	CLEANUP_SOURCE struct source *from = NULL;
	struct digest got;
	int r = stage_get(s, d, &from, err);

	if (r)
		return r;
	return stage_put_source(s, from, d, &got, NULL, err);
}

int stage_open_fd(struct stage *s, const struct digest *d, int *ret_fd, struct error *err)
{
	struct object_place place = { 0 };
	int r = object_open(s, d, &place, err);

	if (r == 0 && place.base) {
		close(place.fd);
		r = copy_lent(s, d, err);
		if (r == 0)
			r = object_open(s, d, &place, err);
	}
	if (r == 0)
		*ret_fd = place.fd;
	return r;
}

int object_pread(int fd, uint64_t offset, uint8_t *to, size_t size, bool *ret_short,
		 struct error *err)
{
	*ret_short = false;
	while (size) {
		ssize_t n = pread(fd, to, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read an object of the stage");
		if (n == 0) {
			*ret_short = true;
			return 0;
		}
		to += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

void stage_quarantine(struct stage *s, const struct digest *d)
{
	char name[OBJECT_NAME_MAX], hex[DIGEST_HEX_MAX];

	/* fails if somebody else was faster, and then there is nothing to do */
	(void)!renameat(s->objects_fd, object_name(d, name), s->quarantine_fd,
			digest_hex(d, hex));
	reader_forget(s, d);
	pthread_mutex_lock(&s->mutex);
	s->n_quarantined++;
	pthread_mutex_unlock(&s->mutex);
}

uint64_t stage_n_quarantined(struct stage *s)
{
	uint64_t n;

	pthread_mutex_lock(&s->mutex);
	n = s->n_quarantined;
	pthread_mutex_unlock(&s->mutex);
	return n;
}

int object_hint(struct stage *s, struct error *err)
{
	return err_hint(err, "it was moved to '%s/quarantine': run the command again, and it is "
			     "fetched or made anew; 'ingot stage fsck --repair' finds all damage "
			     "at once", s->path);
}

bool object_is_lent(struct stage *s, const struct digest *d)
{
	char name[OBJECT_NAME_MAX];

	return lent_find(s, d) &&
	       faccessat(s->objects_fd, object_name(d, name), F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

int object_wrong(struct stage *s, const struct digest *d, const struct digest *got,
		 struct error *err)
{
	char want[DIGEST_TEXT_MAX], is[DIGEST_TEXT_MAX];

	digest_format(d, want);
	if (object_is_lent(s, d)) {
		if (got)
			return err_set(err, ERR_DIGEST,
				       "'%s' is damaged: what it has as %s is %s", s->lent_name,
				       want, digest_format(got, is));
		return err_set(err, ERR_DIGEST, "'%s' is damaged in %s", s->lent_name, want);
	}
	stage_quarantine(s, d);
	if (got)
		err_set(err, ERR_DIGEST, "an object of the stage '%s' is damaged: expected %s, "
			"got %s", s->path, want, digest_format(got, is));
	else
		err_set(err, ERR_DIGEST, "the object %s of the stage '%s' is cut short", want,
			s->path);
	return object_hint(s, err);
}

/* Verified while read: the last bytes are handed out only if all were right. */
struct object_source {
	struct source source;
	struct stage *stage;
	struct digest digest;
	struct object_place place;
	struct hash *hash;
};

static int object_read(struct source *source, uint8_t *to, size_t size, size_t *ret_n,
		       struct error *err)
{
	struct object_source *s = (struct object_source *)source;
	uint64_t left = s->place.size - source->offset;
	struct digest got;
	bool is_short;

	if (size > left)
		size = (size_t)left;
	*ret_n = size;
	if (size == 0)
		return 0;
	if (object_pread(s->place.fd, s->place.base + source->offset, to, size, &is_short, err) < 0)
		return -1;
	if (is_short)
		return object_wrong(s->stage, &s->digest, NULL, err);
	hash_add(s->hash, (struct bytes){ to, size });
	if (size < left)
		return 0;
	got = hash_finish(s->hash);
	if (!digest_equal(&got, &s->digest))
		return object_wrong(s->stage, &s->digest, &got, err);
	return 0;
}

static void object_close(struct source *source)
{
	struct object_source *s = (struct object_source *)source;

	close(s->place.fd);
	hash_free(s->hash);
	free(s);
}

int stage_get(struct stage *s, const struct digest *d, struct source **ret, struct error *err)
{
	static const struct source_ops ops = { .read = object_read, .close = object_close };
	struct object_source *source;
	struct object_place place = { 0 };
	int r = object_open(s, d, &place, err);

	if (r)
		return r;
	if (!place.base)
		(void)!futimens(place.fd, NULL); /* used now, for gc; no matter if it is not ours */
	source = mem_alloc(sizeof(*source));
	source->source.ops = &ops;
	source->stage = s;
	source->digest = *d;
	source->place = place;
	source->hash = hash_new();
	*ret = &source->source;
	return 0;
}

int stage_load(struct stage *s, const struct digest *d, struct buf *to, struct error *err)
{
	struct object_place place = { 0 };
	CLEANUP_CLOSE int fd = -1;
	struct digest got;
	uint64_t size;
	bool is_short;
	uint8_t *start;
	int r = object_open(s, d, &place, err);

	if (r)
		return r;
	fd = place.fd;
	size = place.size;
	if (size > to->max - to->len) {
		char hex[DIGEST_HEX_MAX];

		return err_set(err, ERR_LIMIT, "the object %s has %llu bytes, more than %zu",
			       digest_hex(d, hex), (unsigned long long)size,
			       to->max - to->len);
	}
	start = buf_reserve(to, (size_t)size);
	if (object_pread(fd, place.base, start, (size_t)size, &is_short, err) < 0)
		return -1;
	if (is_short)
		return object_wrong(s, d, NULL, err);
	got = hash_bytes((struct bytes){ start, (size_t)size });
	if (!digest_equal(&got, d))
		return object_wrong(s, d, &got, err);
	to->len += (size_t)size;
	to->ptr[to->len] = 0;
	return 0;
}

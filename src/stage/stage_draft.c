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

#define OBJECT_MODE 0444

struct stage_draft {
	struct sink sink; /* first: hashes, and writes through @file */
	struct stage *stage;
	int fd;
	char *temporary; /* NULL with O_TMPFILE */
	struct hash *hash; /* NULL once the digest is known */
	struct digest digest;
	struct sink *file;
};

static int draft_write(struct sink *sink, struct bytes data, struct error *err)
{
	struct stage_draft *d = (struct stage_draft *)sink;

	assert(d->hash);
	hash_add(d->hash, data);
	return sink_write(d->file, data, err);
}

static int draft_close(struct sink *sink, struct error *err)
{
	(void)sink, (void)err; /* commit and drop release the draft */
	return 0;
}

int stage_draft_open(struct stage *s, struct stage_draft **ret, struct error *err)
{
	static const struct sink_ops ops = { .write = draft_write, .close = draft_close };
	struct stage_draft *d;
	char *temporary;
	int fd;

	if (scratch_open(s, OBJECT_MODE, &fd, &temporary, err) < 0)
		return -1;
	d = mem_alloc(sizeof(*d));
	d->sink.ops = &ops;
	d->stage = s;
	d->fd = fd;
	d->temporary = temporary;
	d->hash = hash_new();
	d->file = sink_to_fd(fd, "an object of the stage");
	*ret = d;
	return 0;
}

struct sink *stage_draft_sink(struct stage_draft *d)
{
	return &d->sink;
}

int stage_draft_reserve(struct stage_draft *d, uint64_t size, struct error *err)
{
	if (size == 0 || fallocate(d->fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) == 0)
		return 0;
	if (errno != ENOSPC && errno != EDQUOT && errno != EFBIG)
		return 0; /* the file system can't: writing will tell */
	err_sys(err, errno, "no room for %llu bytes in the stage '%s'",
		(unsigned long long)size, d->stage->path);
	return err_hint(err, "'ingot stage gc' frees what nothing needs, or give another folder "
			     "with --stage DIR");
}

static void draft_free(struct stage_draft *d)
{
	CLEANUP_ERR struct error ignored = ERR_INIT;

	if (d->file)
		(void)!sink_close(d->file, &ignored);
	scratch_drop(d->stage, &d->temporary);
	close(d->fd);
	hash_free(d->hash);
	free(d);
}

void stage_draft_drop(struct stage_draft *d)
{
	if (!d)
		return;
	if (d->file)
		d->file->failed = true; /* nothing is to be flushed */
	draft_free(d);
}

static const struct digest *digest_of(struct stage_draft *d)
{
	if (d->hash) {
		d->digest = hash_finish(d->hash);
		hash_free(TAKE_PTR(d->hash));
	}
	return &d->digest;
}

bool stage_draft_is(struct stage_draft *d, const struct digest *expected)
{
	return digest_equal(digest_of(d), expected);
}

static int make_shard(struct stage *s, const struct digest *d, struct error *err)
{
	char name[OBJECT_NAME_MAX];

	object_name(d, name)[2] = 0;
	if (mkdirat(s->objects_fd, name, 0777) == 0)
		pending_add_shard(s);
	else if (errno != EEXIST)
		return err_sys(err, errno, "cannot make '%s/objects/%s'", s->path, name);
	return 0;
}

/*
 * Somebody has put an object by that name. It is kept if its size is right
 * (reading verifies it); one cut by a power failure is replaced.
 */
static bool existing_is_fine(struct stage *s, const char *name, uint64_t size)
{
	struct stat st;

	if (fstatat(s->objects_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode) || (uint64_t)st.st_size != size)
		return false;
	(void)!utimensat(s->objects_fd, name, NULL, AT_SYMLINK_NOFOLLOW); /* in use, for gc */
	return true;
}

static int publish(struct stage *s, int fd, char **temporary, const struct digest *digest,
		   uint64_t size, struct error *err)
{
	char name[OBJECT_NAME_MAX];
	int sys;

	object_name(digest, name);
	sys = scratch_link(s, fd, temporary, s->objects_fd, name, false);
	if (sys == ENOENT) {
		if (make_shard(s, digest, err) < 0)
			return -1;
		sys = scratch_link(s, fd, temporary, s->objects_fd, name, false);
	}
	if (sys == EEXIST) {
		if (existing_is_fine(s, name, size))
			return 0;
		sys = scratch_link(s, fd, temporary, s->objects_fd, name, true);
	}
	if (sys)
		return err_sys(err, sys, "cannot publish '%s/objects/%s'", s->path, name);
	pending_add(s, digest);
	return 0;
}

static int check_expected(const struct digest *expected, const struct digest *got,
			  struct error *err)
{
	char want[DIGEST_TEXT_MAX], is[DIGEST_TEXT_MAX];

	if (!expected || digest_equal(expected, got))
		return 0;
	return err_set(err, ERR_DIGEST, "expected %s, got %s", digest_format(expected, want),
		       digest_format(got, is));
}

int stage_draft_commit(struct stage_draft *d, const struct digest *expected,
		       struct digest *ret, uint64_t *ret_size, struct error *err)
{
	uint64_t size = d->sink.offset;
	struct digest digest = *digest_of(d);
	int r = -1;

	if (d->sink.failed)
		d->file->failed = true;
	if (sink_close(TAKE_PTR(d->file), err) == 0 &&
	    check_expected(expected, &digest, err) == 0)
		r = publish(d->stage, d->fd, &d->temporary, &digest, size, err);
	if (r == 0) {
		*ret = digest;
		if (ret_size)
			*ret_size = size;
	}
	draft_free(d);
	return r;
}

/* Small things go to the file in one write, without a sink's buffer. */
static int write_fully(struct stage *s, int fd, struct bytes data, struct error *err)
{
	while (data.len) {
		ssize_t n = write(fd, data.ptr, data.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(err, n < 0 ? errno : ENOSPC,
				       "cannot write to the stage '%s'", s->path);
		data.ptr += n;
		data.len -= (size_t)n;
	}
	return 0;
}

int stage_put(struct stage *s, struct bytes data, struct digest *ret, struct error *err)
{
	struct digest digest = hash_bytes(data);
	char name[OBJECT_NAME_MAX];
	char *temporary = NULL;
	CLEANUP_CLOSE int fd = -1;
	int r;

	if (existing_is_fine(s, object_name(&digest, name), data.len)) {
		*ret = digest;
		return 0;
	}
	if (scratch_open(s, OBJECT_MODE, &fd, &temporary, err) < 0)
		return -1;
	r = write_fully(s, fd, data, err);
	if (r == 0)
		r = publish(s, fd, &temporary, &digest, data.len, err);
	scratch_drop(s, &temporary);
	if (r == 0)
		*ret = digest;
	return r;
}

int stage_put_source(struct stage *s, struct source *from, const struct digest *expected,
		     struct digest *ret, uint64_t *ret_size, struct error *err)
{
	struct stage_draft *d;

	if (stage_draft_open(s, &d, err) < 0)
		return -1;
	if (source_copy(from, &d->sink, err) < 0) {
		stage_draft_drop(d);
		return -1;
	}
	return stage_draft_commit(d, expected, ret, ret_size, err);
}

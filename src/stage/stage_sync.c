/*
 * When what is in the stage survives a power failure (docs/formats/stage.md).
 *
 * Objects and results are not synced when they are put: a build would wait for
 * the disk a thousand times for things that can be made again. Each is checked
 * whenever it is used, so a lost or torn one costs time, never correctness.
 * What a ref names is durable before the ref appears.
 */
#define _GNU_SOURCE
#include "stage/stage_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define SYNC_EACH_MAX 32u /* objects; above, one syncfs(2) costs less */

void pending_add(struct stage *s, const struct digest *d)
{
	pthread_mutex_lock(&s->mutex);
	MEM_GROW(s->pending, s->n_pending, s->pending_capacity);
	s->pending[s->n_pending++] = *d;
	pthread_mutex_unlock(&s->mutex);
}

static struct digest_list take_pending(struct stage *s)
{
	struct digest_list list;

	pthread_mutex_lock(&s->mutex);
	list = (struct digest_list){ s->pending, s->n_pending, s->pending_capacity };
	s->pending = NULL;
	s->n_pending = s->pending_capacity = 0;
	pthread_mutex_unlock(&s->mutex);
	return list;
}

static int sync_folder(struct stage *s, const char *name, struct error *err)
{
	CLEANUP_CLOSE int fd = openat(s->objects_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, errno, "cannot sync '%s/objects/%s'", s->path, name);
	return 0;
}

/* A name that is gone (quarantined, collected) needs no syncing. */
static int sync_object(struct stage *s, const struct digest *d, bool *shards, struct error *err)
{
	char name[OBJECT_NAME_MAX];
	CLEANUP_CLOSE int fd = -1;

	fd = openat(s->objects_fd, object_name(d, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fdatasync(fd) < 0)
		return err_sys(err, errno, "cannot sync '%s/objects/%s'", s->path, name);
	shards[d->bytes[0]] = true;
	return 0;
}

static int sync_each(struct stage *s, const struct digest *v, size_t n, struct error *err)
{
	bool shards[STAGE_SHARDS] = { false };

	for (size_t i = 0; i < n; i++)
		if (sync_object(s, &v[i], shards, err) < 0)
			return -1;
	for (unsigned i = 0; i < STAGE_SHARDS; i++) {
		char name[3];

		snprintf(name, sizeof(name), "%02x", i);
		if (shards[i] && sync_folder(s, name, err) < 0)
			return -1;
	}
	return sync_folder(s, ".", err);
}

/*
 * After a failed sync the kernel may have dropped the data and forgotten that
 * it did: a second sync would succeed without them. So the objects go.
 */
static int drop_after_failure(struct stage *s, const struct digest_list *list,
			      struct error *err)
{
	for (size_t i = 0; i < list->n; i++) {
		char name[OBJECT_NAME_MAX];

		(void)unlinkat(s->objects_fd, object_name(&list->v[i], name), 0);
		reader_forget(s, &list->v[i]);
	}
	return err_hint(err, "what was written since the last sync was dropped; run the command "
			     "again when the disk is sound");
}

static int sync_objects(struct stage *s, const struct digest *objects, size_t n,
			struct error *err)
{
	struct digest_list pending = take_pending(s);
	int r = 0;

	if (pending.n > SYNC_EACH_MAX) {
		if (syncfs(s->root_fd) < 0)
			r = err_sys(err, errno, "cannot sync the stage '%s'", s->path);
	} else if (pending.n) {
		r = sync_each(s, pending.v, pending.n, err);
	}
	/* another process may have written them: a sync of what is clean is cheap */
	if (r == 0 && n)
		r = sync_each(s, objects, n, err);
	if (r < 0)
		drop_after_failure(s, &pending, err);
	digest_list_release(&pending);
	return r;
}

int stage_sync(struct stage *s, const struct digest *objects, size_t n, struct error *err)
{
	return sync_objects(s, objects, n, err);
}

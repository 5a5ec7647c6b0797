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

void pending_add_shard(struct stage *s)
{
	pthread_mutex_lock(&s->mutex);
	s->pending_shard = true;
	pthread_mutex_unlock(&s->mutex);
}

static bool take_pending_shard(struct stage *s)
{
	bool pending;

	pthread_mutex_lock(&s->mutex);
	pending = s->pending_shard;
	s->pending_shard = false;
	pthread_mutex_unlock(&s->mutex);
	return pending;
}

/* Takes those of @which (sorted) that are pending out of the list. */
static struct digest_list take_pending(struct stage *s, const struct digest_list *which)
{
	struct digest_list taken = { 0 };
	size_t n = 0;

	pthread_mutex_lock(&s->mutex);
	for (size_t i = 0; i < s->n_pending; i++) {
		if (digest_list_has(which, &s->pending[i]))
			digest_list_add(&taken, &s->pending[i]);
		else
			s->pending[n++] = s->pending[i];
	}
	s->n_pending = n;
	pthread_mutex_unlock(&s->mutex);
	digest_list_sort(&taken);
	return taken;
}

/*
 * What refs name already is durable: syncing a hundred packs again would cost
 * a hundred flushes of the disk's cache on some file systems.
 */
static int known_durable(struct stage *s, struct digest_list *ret, struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };

	if (file_list(s->refs_fd, ".", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP_ERR struct error ignored = ERR_INIT; /* a damaged ref proves nothing */
		struct digest_list of_one = { 0 };

		if (is_ref_name(names.names[i]) &&
		    ref_load(s, names.names[i], &of_one, &ignored) == 0)
			for (size_t k = 0; k < of_one.n; k++)
				digest_list_add(ret, &of_one.v[k]);
		digest_list_release(&of_one);
	}
	digest_list_sort(ret);
	return 0;
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
	/* each sync waits for the disk: this one is needed for new folders only */
	return take_pending_shard(s) ? sync_folder(s, ".", err) : 0;
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

static int sync_list(struct stage *s, const struct digest_list *list, struct error *err)
{
	if (list->n <= SYNC_EACH_MAX)
		return list->n ? sync_each(s, list->v, list->n, err) : 0;
	if (syncfs(s->root_fd) < 0)
		return err_sys(err, errno, "cannot sync the stage '%s'", s->path);
	return 0;
}

int sync_named(struct stage *s, const struct digest_list *named, struct error *err)
{
	struct digest_list known = { 0 }, pending, todo = { 0 };
	int r;

	if (s->is_scratch)
		return 0;
	if (known_durable(s, &known, err) < 0)
		return -1;
	pending = take_pending(s, named);
	for (size_t i = 0; i < named->n; i++)
		if (!digest_list_has(&known, &named->v[i]) ||
		    digest_list_has(&pending, &named->v[i]))
			digest_list_add(&todo, &named->v[i]);
	r = sync_list(s, &todo, err);
	if (r < 0)
		drop_after_failure(s, &todo, err);
	digest_list_release(&known);
	digest_list_release(&pending);
	digest_list_release(&todo);
	return r;
}

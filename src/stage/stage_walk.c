#define _GNU_SOURCE
#include "stage/stage_private.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/interrupt.h"

/* Files may vanish while others work: those are passed over. */
static bool examine(int dirfd, const char *folder, const char *name, struct stat *st)
{
	CLEANUP_FREE char *path = mem_printf("%s/%s", folder, name);

	return fstatat(dirfd, path, st, AT_SYMLINK_NOFOLLOW) == 0;
}

int walk_shard(struct stage *s, const char *shard, stage_visit *each, void *context,
	       struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };
	int r = file_list(s->objects_fd, shard, &names, err);

	if (r)
		return r == FILE_ABSENT ? 0 : -1;
	for (size_t i = 0; i < names.n; i++) {
		struct digest d;
		struct stat st;
		bool good = object_name_parse(shard, names.names[i], &d);

		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		if (!examine(s->objects_fd, shard, names.names[i], &st))
			continue;
		if (each(context, s, "object", shard, names.names[i], good ? &d : NULL, &st,
			 err) < 0)
			return -1;
	}
	return 0;
}

int walk_objects(struct stage *s, stage_visit *each, void *context, struct error *err)
{
	CLEANUP_NAMES struct file_names shards = { 0 };
	int r = file_list(s->objects_fd, ".", &shards, err);

	if (r)
		return r == FILE_ABSENT ? 0 : -1;
	for (size_t i = 0; i < shards.n; i++)
		if (is_shard_name(shards.names[i]) &&
		    walk_shard(s, shards.names[i], each, context, err) < 0)
			return -1;
	return 0;
}

static int walk_kind(struct stage *s, const char *kind, stage_visit *each, void *context,
		     struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };
	int r = file_list(s->results_fd, kind, &names, err);

	if (r)
		return r == FILE_ABSENT ? 0 : -1;
	for (size_t i = 0; i < names.n; i++) {
		struct digest d;
		struct stat st;
		bool good = digest_parse_hex(str_of(names.names[i]), &d);

		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		if (!examine(s->results_fd, kind, names.names[i], &st))
			continue;
		if (each(context, s, kind, kind, names.names[i], good ? &d : NULL, &st, err) < 0)
			return -1;
	}
	return 0;
}

int walk_results(struct stage *s, const char *kind, stage_visit *each, void *context,
		 struct error *err)
{
	CLEANUP_NAMES struct file_names kinds = { 0 };
	int r;

	if (kind)
		return walk_kind(s, kind, each, context, err);
	r = file_list(s->results_fd, ".", &kinds, err);
	if (r)
		return r == FILE_ABSENT ? 0 : -1;
	for (size_t i = 0; i < kinds.n; i++)
		if (is_kind_name(kinds.names[i]) &&
		    walk_kind(s, kinds.names[i], each, context, err) < 0)
			return -1;
	return 0;
}

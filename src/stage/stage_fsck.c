/* Is everything what its name says? Objects are hashed again, in parallel. */
#define _GNU_SOURCE
#include "stage/stage_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "io/workers.h"

#define FINDINGS_MAX (64u << 20) /* bytes of text of one shard */

/* What was found in one shard: threads fill these in, one prints in order. */
struct findings {
	struct stage_fsck_report report;
	struct buf text; /* lines */
};

struct check {
	struct stage *stage;
	bool repair, alone;
	struct findings found[STAGE_SHARDS];
};

static void PRINTF_LIKE(2, 3) note(struct findings *f, const char *fmt, ...)
{
	va_list args;
	char *line;

	va_start(args, fmt);
	if (vasprintf(&line, fmt, args) < 0)
		abort();
	va_end(args);
	if (strlen(line) + 1 < f->text.max - f->text.len) {
		buf_add_cstr(&f->text, line);
		buf_add_char(&f->text, '\n');
	}
	free(line);
}

static void check_stray(struct check *c, struct findings *f, int dirfd, const char *folder,
			const char *name, const char *shown)
{
	CLEANUP_FREE char *path = mem_printf("%s/%s", folder, name);

	f->report.n_stray++;
	note(f, "%s/%s: does not belong here%s", shown, name, c->repair ? "; removed" : "");
	if (c->repair)
		(void)unlinkat(dirfd, path, 0);
}

static int hash_object(struct stage *s, const struct digest *d, struct digest *got,
		       uint64_t *size, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_SOURCE struct source *from = NULL;
	char name[OBJECT_NAME_MAX];
	struct sink *hash = hash_sink(NULL, got);
	int r = 0;

	fd = openat(s->objects_fd, object_name(d, name),
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		r = err_sys(err, errno, "cannot open '%s/objects/%s'", s->path, name);
	} else {
		from = source_of_fd(fd, 0, UINT64_MAX, name);
		r = source_copy(from, hash, err);
	}
	if (r < 0)
		hash->failed = true;
	else
		*size = hash->offset;
	return sink_close(hash, err);
}

static int check_object(void *context, struct stage *s, const char *kind, const char *shard,
			const char *name, const struct digest *d, const struct stat *st,
			struct error *err)
{
	struct check *c = context;
	struct findings *f;
	struct digest got;
	uint64_t size = 0;
	CLEANUP_FREE char *shown = mem_printf("objects/%s", shard);

	(void)kind, (void)err;
	f = &c->found[strtoul(shard, NULL, 16)];
	if (!d || !S_ISREG(st->st_mode)) {
		check_stray(c, f, s->objects_fd, shard, name, shown);
		return 0;
	}
	f->report.n_checked++;
	if (hash_object(s, d, &got, &size, err) < 0)
		return -1;
	f->report.bytes_checked += size;
	if (digest_equal(&got, d))
		return 0;
	f->report.n_bad++;
	note(f, "%s/%s: the content is something else%s", shown, name,
	     c->repair ? "; moved to quarantine" : "");
	if (c->repair)
		stage_quarantine(s, d);
	return 0;
}

static int check_shard(void *context, size_t i, struct error *err)
{
	struct check *c = context;
	char shard[3];

	c->found[i].text.max = FINDINGS_MAX;
	snprintf(shard, sizeof(shard), "%02zx", i);
	return walk_shard(c->stage, shard, check_object, c, err);
}

/*
 * A result by another user's key can't be told from a forged one, and does no
 * harm: only those that are no results at all are reported.
 */
static int check_result(void *context, struct stage *s, const char *kind, const char *shard,
			const char *name, const struct digest *d, const struct stat *st,
			struct error *err)
{
	struct check *c = context;
	struct findings *f = &c->found[0];
	CLEANUP_BUF struct buf file = BUF_INIT(STAGE_RESULT_MAX);
	CLEANUP_FREE char *shown = mem_printf("results/%s", kind);
	struct result_view v;
	int r;

	if (!d || !S_ISREG(st->st_mode)) {
		check_stray(c, f, s->results_fd, shard, name, shown);
		return 0;
	}
	r = result_load(s, kind, name, false, &file, err);
	if (r)
		return r < 0 ? -1 : 0;
	f->report.n_checked++;
	f->report.bytes_checked += file.len;
	if (result_parse(buf_bytes(&file), &v) && str_equal_cstr(v.kind, kind) &&
	    digest_equal(&v.key, d))
		return 0;
	f->report.n_bad++;
	note(f, "%s/%s: is no result%s", shown, name, c->repair ? "; removed" : "");
	if (c->repair) {
		CLEANUP_FREE char *path = mem_printf("%s/%s", kind, name);

		(void)unlinkat(s->results_fd, path, 0);
	}
	return 0;
}

static void check_ref(struct check *c, struct findings *f, const char *name)
{
	CLEANUP_ERR struct error why = ERR_INIT;
	struct digest_list list = { 0 };
	char text[DIGEST_TEXT_MAX];
	int r = ref_load(c->stage, name, &list, &why);

	f->report.n_checked++;
	if (r < 0) {
		f->report.n_bad++;
		note(f, "refs/%s: is damaged%s", name, c->repair ? "; removed" : "");
		if (c->repair)
			(void)unlinkat(c->stage->refs_fd, name, 0);
	}
	for (size_t i = 0; r == 0 && i < list.n; i++) {
		if (stage_has(c->stage, &list.v[i]))
			continue;
		f->report.n_missing++;
		note(f, "refs/%s: names %s, which is not here", name,
		     digest_format(&list.v[i], text));
	}
	digest_list_release(&list);
}

static int check_refs(struct check *c, struct findings *f, struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };

	if (file_list(c->stage->refs_fd, ".", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		if (is_ref_name(names.names[i]))
			check_ref(c, f, names.names[i]);
		else if (c->alone)
			check_stray(c, f, c->stage->refs_fd, ".", names.names[i], "refs");
	}
	return 0;
}

/* Somebody may be writing: what is in tmp/ is stray only if nobody is. */
static int check_temporaries(struct check *c, struct findings *f, struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };

	if (!c->alone)
		return 0;
	if (file_list(c->stage->tmp_fd, ".", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		check_stray(c, f, c->stage->tmp_fd, ".", names.names[i], "tmp");
	return 0;
}

/* Folders that are not ours in objects/ or results/. */
static int check_folders(struct check *c, struct findings *f, struct error *err)
{
	CLEANUP_NAMES struct file_names shards = { 0 }, kinds = { 0 };

	if (file_list(c->stage->objects_fd, ".", &shards, err) < 0 ||
	    file_list(c->stage->results_fd, ".", &kinds, err) < 0)
		return -1;
	for (size_t i = 0; i < shards.n; i++)
		if (!is_shard_name(shards.names[i]))
			check_stray(c, f, c->stage->objects_fd, ".", shards.names[i], "objects");
	for (size_t i = 0; i < kinds.n; i++)
		if (!is_kind_name(kinds.names[i]))
			check_stray(c, f, c->stage->results_fd, ".", kinds.names[i], "results");
	return 0;
}

static void tell(struct check *c, void (*found)(void *context, const char *what),
		 void *context, struct stage_fsck_report *ret)
{
	struct stage_fsck_report sum = { 0 };

	for (unsigned i = 0; i < STAGE_SHARDS; i++) {
		struct findings *f = &c->found[i];
		struct str rest = buf_str(&f->text), line;

		sum.n_checked += f->report.n_checked;
		sum.bytes_checked += f->report.bytes_checked;
		sum.n_bad += f->report.n_bad;
		sum.n_stray += f->report.n_stray;
		sum.n_missing += f->report.n_missing;
		while (found && str_split(&rest, '\n', &line) && line.len) {
			CLEANUP_FREE char *what = mem_str(line);

			found(context, what);
		}
	}
	*ret = sum;
}

static int check_all(struct check *c, struct error *err)
{
	struct findings *general = &c->found[0];

	/* objects first: what repair takes away, refs miss */
	if (workers_run(workers_default(), STAGE_SHARDS, check_shard, c, err) < 0)
		return -1;
	if (check_folders(c, general, err) < 0 ||
	    walk_results(c->stage, NULL, check_result, c, err) < 0 ||
	    check_refs(c, general, err) < 0)
		return -1;
	return check_temporaries(c, general, err);
}

int stage_fsck(struct stage *s, bool repair, void (*found)(void *context, const char *what),
	       void *context, struct stage_fsck_report *ret, struct error *err)
{
	struct check *c = mem_alloc(sizeof(*c));
	int r = 0;

	c->stage = s;
	c->repair = repair;
	if (repair)
		r = lock_exclusive(s, err);
	c->alone = repair ? r == 0 : try_lock_exclusive(s);
	if (r == 0)
		r = check_all(c, err);
	if (c->alone)
		unlock_exclusive(s);
	if (r == 0)
		tell(c, found, context, ret);
	for (unsigned i = 0; i < STAGE_SHARDS; i++)
		buf_release(&c->found[i].text);
	free(c);
	return r;
}

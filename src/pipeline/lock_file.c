/* Reading, writing and judging the lock file; solving is in locking.c. */

#include "pipeline/locking.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "pipeline/evidence.h"
#include "pipeline/refs.h"

int lock_load(const struct context *c, const struct recipe *r, struct lock **ret, struct error *err)
{
	CLEANUP_FREE char *recipe = mem_str(r->path);
	CLEANUP_FREE char *path = workspace_lock_path(recipe);
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_LOCK_SIZE);
	int result = file_load(c->workspace.fd, path, &text, err);

	if (result < 0)
		return -1;
	if (result == FILE_ABSENT) {
		(void)err_set(err, ERR_LOCK_MISSING, "'%s' has no lock: there is no '%s'", recipe,
			      path);
		return err_hint(err, "run 'ingot lock " STR_FMT "' and commit what it writes",
				STR_ARG(r->name));
	}
	return lock_parse(buf_bytes(&text), path, ret, err);
}

struct digest lock_digest(const struct lock *l)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_LOCK_SIZE);

	lock_format(l, &text);
	return hash_bytes(buf_bytes(&text));
}

int lock_save(struct context *c, const struct recipe *r, const struct lock *l, bool *ret_changed,
	      struct error *err)
{
	CLEANUP_FREE char *recipe = mem_str(r->path);
	CLEANUP_FREE char *path = workspace_lock_path(recipe);
	char *slash = strrchr(path, '/');
	CLEANUP_FREE char *folder = mem_str((struct str){ path, (size_t)(slash - path) });
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_LOCK_SIZE);
	CLEANUP_BUF struct buf before = BUF_INIT(LIMIT_LOCK_SIZE);
	CLEANUP_CLOSE int fd = -1;

	lock_format(l, &text);
	if (file_load(c->workspace.fd, path, &before, err) < 0)
		return -1;
	*ret_changed = !bytes_equal(buf_bytes(&text), buf_bytes(&before));
	if (!*ret_changed)
		return 0;
	if (file_open_folder(c->workspace.fd, folder, &fd, err))
		return err->code ? -1 : err_set(err, ERR_IO, "folder '%s' has gone", folder);
	if (file_save(fd, slash + 1, buf_bytes(&text), err) < 0)
		return err_while(err, "writing '%s'", path);
	return 0;
}

static void compare_inputs(const struct lock *l, const struct inputs *in, struct buf *reasons)
{
	size_t i = 0, k = 0;

	while (i < l->n_inputs || k < in->n) {
		const struct lock_input *a = i < l->n_inputs ? &l->inputs[i] : NULL;
		const struct lock_input *b = k < in->n ? &in->list[k] : NULL;
		int r = !a ? 1 : !b ? -1 : str_compare(a->path, b->path);

		if (r < 0)
			buf_printf(reasons, "recipes/" STR_FMT ": no longer used\n",
				   STR_ARG(a->path));
		else if (r > 0)
			buf_printf(reasons, "recipes/" STR_FMT ": new\n", STR_ARG(b->path));
		else if (!inputs_equal(a, 1, b, 1))
			buf_printf(reasons, "recipes/" STR_FMT ": changed\n", STR_ARG(a->path));
		i += r <= 0;
		k += r >= 0;
	}
}

/*
 * Says what the recipe asks for that the lock does not have, as far as that can
 * be told without the indexes.
 */
static void compare_requests(const struct lock *l, const struct recipe *r, struct buf *reasons)
{
	size_t before = reasons->len;

	for (size_t i = 0; i < r->n_architectures; i++)
		if (!lock_architecture(l, r->architectures[i]))
			buf_printf(reasons, "architecture " STR_FMT ": not locked\n",
				   STR_ARG(r->architectures[i]));
	for (size_t i = 0; l->n_architectures && i < r->n_packages; i++)
		if (!lock_package(&l->architectures[0], r->packages[i].name))
			buf_printf(reasons, "package " STR_FMT ": not locked\n",
				   STR_ARG(r->packages[i].name));
	if (reasons->len == before)
		buf_printf(reasons, "sources, packages, recommends, essential, architectures or "
				    "targets' packages changed\n");
}

enum lock_fit lock_fit(const struct lock *l, const struct recipe *r, const struct inputs *in,
		       struct buf *reasons)
{
	size_t before = reasons->len;

	if (!digest_equal(&l->resolution, &r->resolution_digest)) {
		compare_requests(l, r, reasons);
		return LOCK_STALE;
	}
	if (!digest_equal(&l->inputs_recipe, &r->digest))
		buf_printf(reasons, STR_FMT ": changed\n", STR_ARG(r->path));
	if (!inputs_equal(l->inputs, l->n_inputs, in->list, in->n))
		compare_inputs(l, in, reasons);
	if (r->epoch >= 0 && r->epoch != l->epoch)
		buf_printf(reasons, "epoch: changed\n");
	return reasons->len > before ? LOCK_INPUTS_DIFFER : LOCK_FITS;
}

static void copy_inputs(struct lock *l, const struct inputs *in)
{
	l->n_inputs = in->n;
	l->inputs = arena_array(&l->arena, in->n, sizeof(*l->inputs));
	for (size_t i = 0; i < in->n; i++) {
		l->inputs[i] = in->list[i];
		l->inputs[i].path = arena_str(&l->arena, in->list[i].path);
		l->inputs[i].kind = arena_str(&l->arena, in->list[i].kind);
		l->inputs[i].target = arena_str(&l->arena, in->list[i].target);
	}
}

int lock_refresh(struct context *c, const struct recipe *r, const struct inputs *in, struct lock *l,
		 struct error *err)
{
	bool recipe_changed = !digest_equal(&l->inputs_recipe, &r->digest) || !l->n_effects;

	copy_inputs(l, in);
	l->inputs_recipe = r->digest;
	l->compressors = arena_str(&l->arena, str_of(compress_versions()));
	if (r->epoch >= 0)
		l->epoch = r->epoch;
	if (!recipe_changed)
		return 0;
	return lock_evaluate(c, r, in, l, err) < 0 ? -1 : lock_keep(c, r, l, err);
}

int lock_keep(struct context *c, const struct recipe *r, const struct lock *l, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct digest *evidence, *objects;
	size_t n = evidence_objects(l, &arena, &evidence), k = 0;
	CLEANUP_FREE char *name = refs_lock_name(c, r);

	if (context_need_stage(c, err) < 0)
		return -1;
	objects = arena_array(&arena, n + l->n_effects + l->n_answers + 1, sizeof(*objects));
	for (size_t i = 0; i < n; i++)
		if (stage_has(c->stage, &evidence[i]))
			objects[k++] = evidence[i];
	for (size_t i = 0; i < l->n_effects; i++)
		if (stage_has(c->stage, &l->effects[i].digest))
			objects[k++] = l->effects[i].digest;
	/* Scripts that were answered: to show what has changed when one is another text. */
	for (size_t i = 0; i < l->n_answers; i++)
		if (stage_has(c->stage, &l->answers[i].digest))
			objects[k++] = l->answers[i].digest;
	return stage_ref_set(c->stage, name, objects, k, err);
}

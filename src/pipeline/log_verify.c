#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "format/tlog/tlog_proof.h"
#include "io/file.h"
#include "io/interrupt.h"
#include "pipeline/log_private.h"

static int wrong(const struct log_folder *f, struct error *err, const char *what, uint64_t index)
{
	return err_set(err, ERR_DIGEST, "the log '%s': %s %llu is not what its tiles say", f->path,
		       what, (unsigned long long)index);
}

/* A full file in the place of a partial one holds more: of a later checkpoint. */
static bool has_own_file(const struct log_folder *f, uint64_t index)
{
	char path[TLOG_TILE_PATH_MAX];

	tlog_tile_path(TLOG_ENTRIES, index, log_width(f->n, index), path);
	return faccessat(f->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Every entry of one bundle against its leaf. */
static int check_bundle(const struct log_folder *f, uint64_t index, struct buf *bundle,
			struct error *err)
{
	uint64_t first = index * TLOG_TILE_WIDTH, end = first + log_width(f->n, index);
	struct bytes rest, entry;

	if (log_load_tile(f, TLOG_ENTRIES, index, f->n, bundle, err) < 0)
		return -1;
	rest = buf_bytes(bundle);
	for (uint64_t i = first; i < end; i++) {
		struct digest leaf;

		if (!tlog_bundle_next(&rest, &entry))
			return wrong(f, err, "entry", i);
		leaf = tlog_leaf(entry);
		if (!digest_equal(&leaf, &f->leaves[i]))
			return wrong(f, err, "entry", i);
	}
	if (rest.len && has_own_file(f, index))
		return wrong(f, err, "the bundle of entry", first);
	return log_check_smaller(f, TLOG_ENTRIES, index, log_width(f->n, index), buf_bytes(bundle),
				 err);
}

static int check_entries(const struct log_folder *f, struct error *err)
{
	CLEANUP_BUF struct buf bundle = BUF_INIT(TLOG_BUNDLE_MAX);

	for (uint64_t i = 0; i * TLOG_TILE_WIDTH < f->n; i++) {
		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		if (check_bundle(f, i, &bundle, err) < 0)
			return -1;
	}
	return 0;
}

static int check_level(const struct log_folder *f, int level, const struct digest *hashes,
		       uint64_t n, struct error *err)
{
	CLEANUP_BUF struct buf tile = BUF_INIT(TLOG_TILE_WIDTH * DIGEST_SIZE + 1);

	for (uint64_t i = 0; i * TLOG_TILE_WIDTH < n; i++) {
		if (log_load_tile(f, level, i, n, &tile, err) < 0)
			return -1;
		if (memcmp(tile.ptr, hashes + i * TLOG_TILE_WIDTH, tile.len) != 0)
			return err_set(err, ERR_DIGEST,
				       "the log '%s': tile %llu of level %d is not what the one "
				       "below says",
				       f->path, (unsigned long long)i, level);
		if (log_check_smaller(f, level, i, log_width(n, i), buf_bytes(&tile), err) < 0)
			return -1;
	}
	return 0;
}

static int check_tiles(const struct log_folder *f, struct error *err)
{
	struct digest *hashes = mem_array(f->n, sizeof(*hashes));
	uint64_t n = f->n;
	int r = 0;

	if (n)
		memcpy(hashes, f->leaves, n * sizeof(*hashes));
	for (int level = 0; r == 0 && n > 0; level++) {
		r = check_level(f, level, hashes, n, err);
		n = log_next_level(hashes, n);
	}
	free(hashes);
	return r;
}

static int check_head(const struct tlog_checkpoint *c, const struct log_verifying *v,
		      struct error *err)
{
	if (v->origin && !str_equal_cstr(c->origin, v->origin))
		return err_set(err, ERR_SIGNATURE,
			       "the checkpoint is of the log '" STR_FMT "', and not of '%s'",
			       STR_ARG(c->origin), v->origin);
	return tlog_checkpoint_verify(c, v->key, err);
}

static int forked(const struct log_folder *f, const char *since, struct error *err)
{
	err_set(err, ERR_DIGEST, "the log '%s' does not continue the one of '%s'", f->path, since);
	return err_hint(err, "entries that were signed once are not in it any more: keep both "
			     "checkpoints, together they prove it");
}

static int check_since(const struct log_folder *f, const struct log_verifying *v,
		       uint64_t *ret_since, struct error *err)
{
	CLEANUP_BUF struct buf note = BUF_INIT(TLOG_CHECKPOINT_MAX);
	struct tlog_checkpoint old = { 0 };
	struct tlog_path path = { 0 };
	int r = file_load(AT_FDCWD, v->since, &note, err);

	if (r)
		return r < 0 ? -1 : err_set(err, ERR_IO, "there is no file '%s'", v->since);
	if (tlog_checkpoint_read(buf_bytes(&note), v->since, &old, err) < 0 ||
	    check_head(&old, v, err) < 0)
		return -1;
	*ret_since = old.size;
	if (!str_equal(old.origin, f->checkpoint.origin) || old.size > f->n)
		return forked(f, v->since, err);
	if (old.size == 0)
		return 0;
	tlog_consistency(f->leaves, f->n, old.size, &path);
	return tlog_consistency_fits(old.size, f->n, &path, &old.root, &f->checkpoint.root)
		       ? 0
		       : forked(f, v->since, err);
}

int log_verify(const char *folder, const struct log_verifying *v, struct log_head *ret,
	       uint64_t *ret_since, struct error *err)
{
	CLEANUP_LOG struct log_folder f = { .fd = -1 };

	*ret_since = 0;
	if (log_open(&f, folder, false, err) < 0 || check_head(&f.checkpoint, v, err) < 0 ||
	    check_entries(&f, err) < 0 || check_tiles(&f, err) < 0)
		return -1;
	if (v->since && check_since(&f, v, ret_since, err) < 0)
		return -1;
	log_set_head(ret, f.checkpoint.origin, f.n, &f.checkpoint.root);
	return 0;
}

int log_no_proof(const char *path, struct error *err)
{
	(void)err_set(err, ERR_IO, "there is no proof '%s'", path);
	return err_hint(err, "'ingot log prove DIR FILE' writes FILE.tlog-proof");
}

int log_verify_proof(const char *file, const char *proof, const struct log_verifying *v,
		     struct log_head *ret, uint64_t *ret_index, struct error *err)
{
	CLEANUP_BUF struct buf entry = BUF_INIT(TLOG_ENTRY_MAX), text = BUF_INIT(TLOG_PROOF_MAX);
	struct tlog_proof p = { 0 };
	int r = file_load(AT_FDCWD, proof, &text, err);

	if (r)
		return r < 0 ? -1 : log_no_proof(proof, err);
	if (tlog_proof_read(buf_bytes(&text), proof, &p, err) < 0 ||
	    log_load_entry(file, &entry, err) < 0 ||
	    tlog_proof_verify(&p, buf_bytes(&entry), v->key, v->origin, err) < 0)
		return -1;
	*ret_index = p.index;
	log_set_head(ret, p.checkpoint.origin, p.checkpoint.size, &p.checkpoint.root);
	return 0;
}

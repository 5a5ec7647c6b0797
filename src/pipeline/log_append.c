#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/interrupt.h"
#include "pipeline/log_private.h"

struct work {
	const struct log_appending *a;
	struct log_folder *folder;
	struct buf bundle; /* the one that is being filled */
};

/* @path may have folders in it. */
static int save(int dirfd, const char *path, struct bytes data, struct error *err)
{
	const char *slash = strrchr(path, '/');
	CLEANUP_FREE char *parent = mem_str((struct str){ path, (size_t)(slash - path) });
	CLEANUP_CLOSE int fd = -1;
	int r;

	if (file_make_folders(dirfd, parent, err) < 0)
		return -1;
	r = file_open_folder(dirfd, parent, &fd, err);
	if (r)
		return r < 0 ? -1 : err_set(err, ERR_IO, "folder '%s' has gone", parent);
	return file_save(fd, slash + 1, data, err);
}

/* How many of the tile at @index the log had before; @old: of its level. */
static unsigned held(uint64_t old, uint64_t index)
{
	return index == old / TLOG_TILE_WIDTH ? (unsigned)(old % TLOG_TILE_WIDTH) : 0;
}

/* ---- entries ---- */

/* Of the last leaf. */
static int save_bundle(struct work *w, struct error *err)
{
	char path[TLOG_TILE_PATH_MAX];
	uint64_t index = (w->folder->n - 1) / TLOG_TILE_WIDTH;

	tlog_tile_path(TLOG_ENTRIES, index, log_width(w->folder->n, index), path);
	if (log_drop_larger(w->folder, TLOG_ENTRIES, index,
			    held(w->folder->checkpoint.size, index), err) < 0)
		return -1;
	return save(w->folder->fd, path, buf_bytes(&w->bundle), err);
}

/* The entries that share a bundle with the first new one; a full file may have more. */
static int start_bundle(struct work *w, struct error *err)
{
	uint64_t n = w->folder->n, index = n / TLOG_TILE_WIDTH;
	struct bytes rest, entry;

	if (n % TLOG_TILE_WIDTH == 0)
		return 0;
	if (log_load_tile(w->folder, TLOG_ENTRIES, index, n, &w->bundle, err) < 0)
		return -1;
	rest = buf_bytes(&w->bundle);
	for (uint64_t i = index * TLOG_TILE_WIDTH; i < n; i++) {
		struct digest leaf;

		if (!tlog_bundle_next(&rest, &entry))
			return err_set(err, ERR_DIGEST,
				       "the last entries of the log '%s' are cut "
				       "short",
				       w->folder->path);
		leaf = tlog_leaf(entry);
		if (!digest_equal(&leaf, &w->folder->leaves[i]))
			return err_set(err, ERR_DIGEST,
				       "entry %llu of the log '%s' is not what its tile says",
				       (unsigned long long)i, w->folder->path);
	}
	w->bundle.len -= rest.len;
	return 0;
}

static int add_entry(struct work *w, const char *file, struct log_added *ret, struct error *err)
{
	CLEANUP_BUF struct buf entry = BUF_INIT(TLOG_ENTRY_MAX);
	struct digest leaf;

	if (log_load_entry(file, &entry, err) < 0)
		return -1;
	leaf = tlog_leaf(buf_bytes(&entry));
	ret->was_there = log_find_leaf(w->folder, &leaf, &ret->index);
	if (ret->was_there)
		return 0;
	if (w->folder->n == LOG_ENTRIES_MAX)
		return err_set(err, ERR_LIMIT, "a log of more than %u entries", LOG_ENTRIES_MAX);
	ret->index = w->folder->n;
	log_add_leaf(w->folder, &leaf);
	tlog_bundle_add(&w->bundle, buf_bytes(&entry));
	if (w->folder->n % TLOG_TILE_WIDTH)
		return 0;
	if (save_bundle(w, err) < 0)
		return -1;
	buf_reset(&w->bundle);
	return 0;
}

static int add_entries(struct work *w, struct log_added *ret, struct error *err)
{
	uint64_t before = w->folder->n;

	if (start_bundle(w, err) < 0)
		return -1;
	for (size_t i = 0; i < w->a->n_files; i++) {
		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		if (add_entry(w, w->a->files[i], &ret[i], err) < 0)
			return -1;
	}
	if (w->folder->n == before || w->folder->n % TLOG_TILE_WIDTH == 0)
		return 0;
	return save_bundle(w, err);
}

/* ---- tiles ---- */

/* Those of one level that are new or have grown. */
static int save_level(struct work *w, int level, const struct digest *hashes, uint64_t old,
		      uint64_t n, struct error *err)
{
	for (uint64_t i = old / TLOG_TILE_WIDTH; i * TLOG_TILE_WIDTH < n; i++) {
		char path[TLOG_TILE_PATH_MAX];
		unsigned width = log_width(n, i);
		struct bytes tile = { hashes[i * TLOG_TILE_WIDTH].bytes,
				      (size_t)width * DIGEST_SIZE };

		tlog_tile_path(level, i, width, path);
		if (log_drop_larger(w->folder, level, i, held(old, i), err) < 0 ||
		    save(w->folder->fd, path, tile, err) < 0)
			return -1;
	}
	return 0;
}

static int save_tiles(struct work *w, uint64_t old, struct error *err)
{
	uint64_t n = w->folder->n;
	struct digest *hashes = mem_array(n, sizeof(*hashes));
	int r = 0;

	memcpy(hashes, w->folder->leaves, n * sizeof(*hashes));
	for (int level = 0; r == 0 && n > old; level++) {
		r = save_level(w, level, hashes, old, n, err);
		n = log_next_level(hashes, n);
		old /= TLOG_TILE_WIDTH;
	}
	free(hashes);
	return r;
}

/* What has failed may be the last step, after the new checkpoint got its name. */
static bool is_old(const struct log_folder *f)
{
	CLEANUP_BUF struct buf note = BUF_INIT(TLOG_CHECKPOINT_MAX);
	CLEANUP_ERR struct error ignored = ERR_INIT;
	int r = file_load(f->fd, "checkpoint", &note, &ignored);

	if (f->is_new)
		return r == FILE_ABSENT;
	return r == 0 && bytes_equal(buf_bytes(&note), buf_bytes(&f->note));
}

/* Of an append that fails nothing stays that no checkpoint names. */
static void drop_all(const struct work *w)
{
	uint64_t old = w->folder->checkpoint.size, n = w->folder->n;

	for (int level = TLOG_ENTRIES; level <= 0 || n > 0; level++) {
		CLEANUP_ERR struct error ignored = ERR_INIT;
		uint64_t i = old / TLOG_TILE_WIDTH;

		while (i * TLOG_TILE_WIDTH < n &&
		       log_drop_larger(w->folder, level, i, held(old, i), &ignored) == 0)
			i++;
		if (level == TLOG_ENTRIES)
			continue; /* as many as leaves */
		old /= TLOG_TILE_WIDTH;
		n /= TLOG_TILE_WIDTH;
	}
}

/* ---- the checkpoint ---- */

static int save_checkpoint(struct work *w, struct str origin, const struct digest *root,
			   struct error *err)
{
	CLEANUP_BUF struct buf note = BUF_INIT(TLOG_CHECKPOINT_MAX);
	CLEANUP_BUF struct buf signature = BUF_INIT(TLOG_CHECKPOINT_MAX);
	CLEANUP_PUBLIC_KEY struct public_key *key = NULL;
	struct bytes text;

	tlog_checkpoint_write(origin, w->folder->n, root, &note);
	text = buf_bytes(&note);
	if (signer_sign(w->a->signer, &text, 1, &signature, &key, err) < 0)
		return -1;
	if (!digest_equal(public_key_id(key), public_key_id(w->a->key)))
		return err_set(err, ERR_KEY, "the signer has another key than before");
	tlog_checkpoint_add_signature(origin, key, buf_bytes(&signature), &note);
	return file_save(w->folder->fd, "checkpoint", buf_bytes(&note), err);
}

static int no_origin(struct error *err)
{
	err_set(err, ERR_USAGE, "a new log needs --origin NAME");
	return err_hint(err, "the name by which others know it, like example.com/log");
}

/* Who the log is; of a log that is there, also whether it is ours. */
static int find_origin(const struct work *w, struct str *ret, struct error *err)
{
	const char *given = w->a->origin;

	if (w->folder->is_new && !given)
		return no_origin(err);
	*ret = w->folder->is_new ? str_of(given) : w->folder->checkpoint.origin;
	if (w->folder->is_new)
		return tlog_origin_check(*ret, err);
	if (given && !str_equal_cstr(*ret, given))
		return err_set(err, ERR_USAGE, "the log '%s' is '" STR_FMT "', and not '%s'",
			       w->folder->path, STR_ARG(*ret), given);
	return tlog_checkpoint_verify(&w->folder->checkpoint, w->a->key, err);
}

int log_append(const struct log_appending *a, struct log_added *ret_added, struct log_head *ret,
	       struct error *err)
{
	CLEANUP_LOG struct log_folder folder = { .fd = -1 };
	struct work w = { .a = a, .folder = &folder, .bundle = BUF_INIT(TLOG_BUNDLE_MAX) };
	struct digest root;
	struct str origin;
	uint64_t old;
	int r;

	if (public_key_type(a->key) != KEY_ED25519) {
		(void)err_set(err, ERR_KEY, "a log is signed by an Ed25519 key, and not %s",
			      key_type_name(public_key_type(a->key)));
		return err_hint(err, "'ingot keygen -o NAME' makes one");
	}
	/* before a folder is made */
	if (!a->origin && faccessat(AT_FDCWD, a->folder, F_OK, 0) < 0)
		return no_origin(err);
	if (log_open(&folder, a->folder, true, err) < 0 || find_origin(&w, &origin, err) < 0)
		return -1;
	old = folder.n;
	r = add_entries(&w, ret_added, err);
	buf_release(&w.bundle);
	if (r == 0) {
		root = tlog_root(folder.leaves, folder.n);
		if (folder.n > old && (save_tiles(&w, old, err) < 0 ||
				       save_checkpoint(&w, origin, &root, err) < 0))
			r = err_while(err, "writing the log '%s'", a->folder);
	}
	if (r < 0) {
		if (is_old(&folder))
			drop_all(&w);
		return -1;
	}
	log_set_head(ret, origin, folder.n, &root);
	return 0;
}

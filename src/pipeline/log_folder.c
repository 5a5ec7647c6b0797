#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "io/source.h"
#include "pipeline/log_private.h"

#define FILE_SIZE_MAX (UINT64_C(1) << 40) /* bytes of a file that is logged by its digest */
#define STEP 65536
#define HOW "'ingot log append DIR FILE... --key LOG.pem --origin NAME' makes a log"

/* ---- entries ---- */

static void add_record(const struct digest *d, uint64_t size, struct buf *to)
{
	char hex[DIGEST_HEX_MAX];

	buf_printf(to, "{\"schema\":\"ingot/log-entry/1\",\"sha256\":\"%s\",\"size\":%" PRIu64 "}",
		   digest_hex(d, hex), size);
}

void log_entry_of(struct bytes file, struct buf *to)
{
	struct digest d;

	if (file.len <= TLOG_ENTRY_MAX) {
		buf_add(to, file.ptr, file.len);
		return;
	}
	d = hash_bytes(file);
	add_record(&d, file.len, to);
}

/* Of a large file its digest is logged. */
static int digest_entry(int fd, const char *file, struct buf *to, struct error *err)
{
	CLEANUP_SOURCE struct source *s = source_of_fd(fd, 0, FILE_SIZE_MAX, file);
	struct hash *h = hash_new();
	uint8_t *block = mem_alloc(STEP);
	struct digest d;
	uint64_t size = 0;
	size_t n = 0;
	int r;

	while ((r = source_read(s, block, STEP, &n, err)) == 0 && n > 0) {
		hash_add(h, (struct bytes){ block, n });
		size += n;
	}
	d = hash_finish(h);
	hash_free(h);
	free(block);
	if (r < 0)
		return -1;
	add_record(&d, size, to);
	return 0;
}

int log_load_entry(const char *file, struct buf *to, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	struct stat st;

	if (file_open_regular(AT_FDCWD, file, false, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot look at '%s'", file);
	if (st.st_size > TLOG_ENTRY_MAX)
		return digest_entry(fd, file, to, err);
	return file_load(AT_FDCWD, file, to, err) == 0 ? 0 : -1;
}

/* ---- tiles ---- */

static int missing(const struct log_folder *f, const char *path, const char *why, struct error *err)
{
	err_set(err, ERR_DIGEST, "the log '%s': '%s' %s", f->path, path, why);
	return err_hint(err,
			"its checkpoint has %" PRIu64 " entries: the folder was changed, or "
			"copied in part",
			f->checkpoint.size);
}

int log_load_tile(const struct log_folder *f, int level, uint64_t index, uint64_t count,
		  struct buf *to, struct error *err)
{
	char path[TLOG_TILE_PATH_MAX], full[TLOG_TILE_PATH_MAX];
	unsigned width = log_width(count, index);
	size_t size = (size_t)width * DIGEST_SIZE;
	int r;

	tlog_tile_path(level, index, width, path);
	buf_reset(to);
	r = file_load(f->fd, path, to, err);
	if (r == FILE_ABSENT && width < TLOG_TILE_WIDTH)
		r = file_load(f->fd, tlog_tile_path(level, index, TLOG_TILE_WIDTH, full), to, err);
	if (r == FILE_ABSENT)
		return missing(f, path, "is not there", err);
	if (r < 0)
		return -1;
	if (level == TLOG_ENTRIES)
		return 0;
	if (to->len != size && to->len != TLOG_TILE_WIDTH * DIGEST_SIZE)
		return missing(f, path, "has a wrong size", err);
	to->len = size;
	return 0;
}

uint64_t log_next_level(struct digest *hashes, uint64_t n)
{
	for (uint64_t i = 0; i < n / TLOG_TILE_WIDTH; i++)
		hashes[i] = tlog_root(hashes + i * TLOG_TILE_WIDTH, TLOG_TILE_WIDTH);
	return n / TLOG_TILE_WIDTH;
}

void log_add_leaf(struct log_folder *f, const struct digest *leaf)
{
	MEM_GROW(f->leaves, f->n, f->capacity);
	f->leaves[f->n++] = *leaf;
}

bool log_find_leaf(const struct log_folder *f, const struct digest *leaf, uint64_t *ret)
{
	for (uint64_t i = 0; i < f->n; i++)
		if (digest_equal(&f->leaves[i], leaf)) {
			*ret = i;
			return true;
		}
	return false;
}

/* ---- the folder ---- */

static int read_leaves(struct log_folder *f, struct error *err)
{
	CLEANUP_BUF struct buf tile = BUF_INIT(TLOG_TILE_WIDTH * DIGEST_SIZE + 1);
	uint64_t n = f->checkpoint.size;
	struct digest root, d;

	if (n > LOG_ENTRIES_MAX)
		return err_set(err, ERR_LIMIT, "the log '%s' has more than %u entries", f->path,
			       LOG_ENTRIES_MAX);
	for (uint64_t i = 0; i * TLOG_TILE_WIDTH < n; i++) {
		if (log_load_tile(f, 0, i, n, &tile, err) < 0)
			return -1;
		for (size_t at = 0; at < tile.len; at += DIGEST_SIZE) {
			memcpy(d.bytes, tile.ptr + at, DIGEST_SIZE);
			log_add_leaf(f, &d);
		}
	}
	root = tlog_root(f->leaves, f->n);
	if (digest_equal(&root, &f->checkpoint.root))
		return 0;
	err_set(err, ERR_DIGEST, "the log '%s': its tiles do not give the root of its checkpoint",
		f->path);
	return err_hint(err, "somebody has changed it: restore the folder, nothing was written");
}

static int read_checkpoint(struct log_folder *f, struct error *err)
{
	int r = file_load(f->fd, "checkpoint", &f->note, err);

	f->is_new = r == FILE_ABSENT;
	if (r)
		return r < 0 ? -1 : 0;
	return tlog_checkpoint_read(buf_bytes(&f->note), "checkpoint", &f->checkpoint, err);
}

int log_open(struct log_folder *f, const char *path, bool exclusive, struct error *err)
{
	int r;

	*f = (struct log_folder){ .fd = -1, .path = path, .note = BUF_INIT(TLOG_CHECKPOINT_MAX) };
	if (exclusive && file_make_folders(AT_FDCWD, path, err) < 0)
		return -1;
	r = file_open_folder(AT_FDCWD, path, &f->fd, err);
	if (r == FILE_ABSENT) {
		(void)err_set(err, ERR_IO, "there is no folder '%s'", path);
		return err_hint(err, HOW);
	}
	if (r < 0)
		return -1;
	if (flock(f->fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return err_sys(err, errno, "cannot lock '%s'", path);
		(void)err_set(err, ERR_IO, "somebody else works on the log '%s' right now", path);
		return err_hint(err, "run it again when the other has ended");
	}
	if (read_checkpoint(f, err) < 0)
		return err_while(err, "reading the log '%s'", path);
	if (f->is_new && !exclusive) {
		(void)err_set(err, ERR_FORMAT, "'%s' is no log: there is no 'checkpoint' in it",
			      path);
		return err_hint(err, HOW);
	}
	return f->is_new ? 0 : read_leaves(f, err);
}

void log_close(struct log_folder *f)
{
	if (f->fd >= 0)
		close(f->fd);
	buf_release(&f->note);
	free(f->leaves);
}

void log_set_head(struct log_head *h, struct str origin, uint64_t size, const struct digest *root)
{
	*h = (struct log_head){ .origin = mem_str(origin), .size = size, .root = *root };
}

void log_head_release(struct log_head *h)
{
	free(h->origin);
	*h = (struct log_head){ 0 };
}

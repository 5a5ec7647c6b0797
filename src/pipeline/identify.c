#include "pipeline/identify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "image/disk_foreign.h"
#include "image/disk_unsigned.h"
#include "io/file.h"
#include "io/interrupt.h"
#include "io/sink.h"
#include "io/window.h"
#include "io/workers.h"
#include "pack/tar_holds.h"
#include "pipeline/identify_hint.h"
#include "pipeline/output_hint.h"
#include "pipeline/tree_file.h"

/* docs/formats: qcow2, vmdk, vhd; gce is a tar of a disk in gzip. */
static bool is_other_disk(int fd, const struct window *w)
{
	off_t end = (off_t)w->size;

	return file_has_at(fd, 0, "QFI\xfb", 4) || file_has_at(fd, 0, "KDMV", 4) ||
	       (file_has_at(fd, 0, "\x1f\x8b\x08", 3) && !tar_is_compressed(w)) ||
	       (end >= 512 && file_has_at(fd, end - 512, "conectix", 8));
}

enum identify_kind identify_kind_of(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	const struct window w = { .fd = fd, .name = "", .size = end > 0 ? (uint64_t)end : 0 };

	if (disk_is_one(fd))
		return IDENTIFY_DISK;
	if (file_has_at(fd, 257, "ustar", 5))
		return tar_is_ova(&w) ? IDENTIFY_OTHER_DISK : IDENTIFY_OCI;
	return is_other_disk(fd, &w) ? IDENTIFY_OTHER_DISK : IDENTIFY_UNKNOWN;
}

void identified_release(struct identified *i)
{
	oci_image_free(i->image);
	disk_image_free(i->disk);
	if (i->fd >= 0)
		close(i->fd);
	*i = (struct identified)IDENTIFIED_INIT;
}

static void set(struct identity *to, enum identity_role role, const struct digest *digest)
{
	to->has[role] = true;
	to->digest[role] = *digest;
}

void identify_image(const struct oci_image *image, struct identity *to)
{
	set(to, IDENTITY_CONFIG, &image->image_id);
	set(to, IDENTITY_MANIFEST, &image->manifest);
	set(to, IDENTITY_INDEX, &image->index);
}

int identify_disk(const struct disk_image *d, int fd, const char *name, bool unsigned_too,
		  struct identity *to, struct error *err)
{
	bool known = false;

	if (d->has_verity)
		set(to, IDENTITY_ROOT_HASH, &d->root_hash);
	if (!unsigned_too)
		return 0;
	if (disk_unsigned(d, fd, name, &to->digest[IDENTITY_UNSIGNED], &known, err) < 0)
		return -1;
	to->has[IDENTITY_UNSIGNED] = known;
	return 0;
}

#define CHUNK (256u << 10) /* bytes */

/* Holes are hashed without being read: of a disk they are a third. */
static int hash_file(const struct window *w, struct sink *out, struct error *err)
{
	CLEANUP_FREE uint8_t *chunk = mem_alloc(CHUNK);
	uint64_t at = 0;

	while (at < w->size) {
		uint64_t data = window_next_data(w, at), left = w->size - data;
		size_t n = left < CHUNK ? (size_t)left : CHUNK;

		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		if ((data > at && sink_hole(out, data - at, err) < 0) ||
		    window_read(w, data, chunk, n, err) < 0 ||
		    sink_write(out, (struct bytes){ chunk, n }, err) < 0)
			return -1;
		at = data + n;
	}
	return 0;
}

int identify_digest(int fd, const char *name, struct digest *ret, struct error *err)
{
	struct window w = { .fd = fd, .name = name };
	struct digest digest = { 0 };
	struct sink *out;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot examine '%s'", name);
	w.size = (uint64_t)st.st_size;
	out = hash_sink(NULL, &digest);
	if (hash_file(&w, out, err) < 0)
		out->failed = true;
	if (sink_close(out, err) < 0)
		return -1;
	*ret = digest;
	return 0;
}

/* Its digest beside everything else: both read the whole file. */
struct reading {
	struct identified *of;
	const char *path;
	bool unsigned_too;
	unsigned n_threads;
};

static int read_inside(struct reading *r, struct error *err)
{
	struct identified *i = r->of;

	switch (i->kind) {
	case IDENTIFY_OCI:
		if (oci_read(i->fd, r->path, r->n_threads, &i->image, err) < 0)
			return err_while(err, "reading the image '%s'", r->path);
		identify_image(i->image, &i->identity);
		return 0;
	case IDENTIFY_DISK:
		if ((r->unsigned_too ? disk_read : disk_read_any)(i->fd, r->path, &i->disk, err) <
		    0)
			return err_while(err, "reading the disk '%s'", r->path);
		return identify_disk(i->disk, i->fd, r->path, r->unsigned_too, &i->identity, err);
	case IDENTIFY_OTHER_DISK:
	case IDENTIFY_UNKNOWN:
		break;
	}
	return 0;
}

static int read_part(void *context, size_t part, struct error *err)
{
	struct reading *r = context;

	if (part == 0)
		return read_inside(r, err);
	return identify_digest(r->of->fd, r->path, &r->of->identity.digest[IDENTITY_FILE], err);
}

static int open_file(const char *path, struct identified *i, struct error *err)
{
	struct stat st;

	if (file_open_regular(AT_FDCWD, path, false, &i->fd, err) < 0)
		return output_hint(path, err);
	if (fstat(i->fd, &st) < 0)
		return err_sys(err, errno, "cannot examine '%s'", path);
	i->size = (uint64_t)st.st_size;
	i->stamp = file_stamp_of(&st);
	i->kind = identify_kind_of(i->fd);
	if (i->kind == IDENTIFY_UNKNOWN) {
		if (identify_is_other(i->fd, path, err))
			return -1;
		(void)err_set(err, ERR_FORMAT, "'%s' is no container image and no disk", path);
		return output_hint(path, err);
	}
	if (i->kind == IDENTIFY_OCI && tree_file_is_one(i->fd, path))
		return tree_file_refuse(path, err);
	return 0;
}

int identify_file(const char *path, bool unsigned_too, unsigned n_threads, struct arena *arena,
		  struct identified *ret, struct error *err)
{
	CLEANUP_IDENTIFIED struct identified i = IDENTIFIED_INIT;
	struct reading r = { &i, path, unsigned_too, n_threads > 1 ? n_threads - 1 : 1 };
	const char *slash = strrchr(path, '/');

	if (open_file(path, &i, err) < 0 ||
	    workers_run(n_threads, /* n= */ 2, read_part, &r, err) < 0)
		return -1;
	i.identity.file = arena_str(arena, str_of(slash ? slash + 1 : path));
	i.identity.has[IDENTITY_FILE] = true;
	*ret = i;
	i = (struct identified)IDENTIFIED_INIT;
	return 0;
}

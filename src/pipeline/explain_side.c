#include "pipeline/explain_private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "image/disk_foreign.h"
#include "io/file.h"
#include "io/workers.h"
#include "pipeline/identify.h"
#include "pipeline/identify_hint.h"
#include "pipeline/output_hint.h"
#include "pipeline/statements.h"

#define CAUSES_MAX (512u << 20) /* bytes: 400,000 paths have 30 MiB */

const char *const explain_kind_names[] = { "", "oci", "disk", "lock", "bundle", "tree" };

void explain_side_release(struct explain_side *s)
{
	oci_tree_free(s->layers);
	oci_image_free(s->image);
	disk_image_free(s->disk);
	lock_free(s->lock);
	bundle_close(s->bundle);
	tree_file_close(s->tar);
	buf_release(&s->text);
	if (s->fd >= 0)
		close(s->fd);
	arena_release(&s->arena);
	*s = (struct explain_side)EXPLAIN_SIDE_INIT;
}

/* A lock says so in its first line of YAML, which a comment may precede. */
static bool is_lock(int fd)
{
	char start[512] = { 0 };
	ssize_t n = pread(fd, start, sizeof(start) - 1, 0);
	struct str rest = { start, n > 0 ? (size_t)n : 0 }, line;

	while (rest.ptr && str_split(&rest, '\n', &line))
		if (line.len && line.ptr[0] != '#')
			return str_has_prefix(line, STR("lock: "));
	return false;
}

/* A disk whose first partition table is gone still has the second one, in its last sector. */
static bool ends_as_disk(const struct explain_side *s)
{
	uint8_t magic[8];

	return s->size >= 2 * GPT_SECTOR &&
	       pread(s->fd, magic, sizeof(magic), (off_t)(s->size - GPT_SECTOR)) ==
		       (ssize_t)sizeof(magic) &&
	       memcmp(magic, "EFI PART", sizeof(magic)) == 0;
}

static bool is_package(int fd)
{
	char magic[8];

	return pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
	       memcmp(magic, "!<arch>\n", sizeof(magic)) == 0;
}

static int refuse(const struct explain_side *s, struct error *err)
{
	(void)err_set(err, ERR_FORMAT, "'%s' is no image, disk, tree, lock or bundle", s->path);
	if (!s->size)
		return err_hint(err, "it is empty: was it copied to the end?");
	if (is_package(s->fd))
		return err_hint(err, "it is a package: 'dpkg-deb --fsys-tarfile %s' gives the tree "
				     "in it", s->path);
	return err_hint(err, "is it cut off? A file that is complete begins with a tar header, a "
			     "partition table or 'lock:'");
}

static int find_kind(struct explain_side *s, struct error *err)
{
	if (!disk_is_one(s->fd) && tree_file_is_one(s->fd, s->path)) {
		s->kind = EXPLAIN_TREE;
		return 0;
	}
	switch (identify_kind_of(s->fd)) {
	case IDENTIFY_DISK:
		s->kind = EXPLAIN_DISK;
		return 0;
	case IDENTIFY_OCI:
		s->kind =
			oci_artifact_is_one(s->fd, STR(BUNDLE_TYPE)) ? EXPLAIN_BUNDLE : EXPLAIN_OCI;
		return 0;
	case IDENTIFY_OTHER_DISK:
		if (identify_is_other(s->fd, s->path, err))
			return -1;
		(void)err_set(err, ERR_UNSUPPORTED,
			      "'%s' is a disk in a format that can't be looked into", s->path);
		return err_hint(err, "compare the raw disks: 'formats: [raw, ...]' keeps them");
	case IDENTIFY_UNKNOWN:
		break;
	}
	if (is_lock(s->fd) || ends_as_disk(s)) {
		s->kind = is_lock(s->fd) ? EXPLAIN_LOCK : EXPLAIN_DISK;
		return 0;
	}
	return identify_is_other(s->fd, s->path, err) ? -1 : refuse(s, err);
}

/* Locks and bundles are opened once more, by their names. */
static int check_pipe(const struct explain_side *s, struct error *err)
{
	if (s->kind != EXPLAIN_LOCK && s->kind != EXPLAIN_BUNDLE)
		return 0;
	return err_set(err, ERR_USAGE, "a %s can't come through a pipe", explain_kind_names[s->kind]);
}

int explain_side_open(const struct context *c, const char *path, struct explain_side *s,
		      struct error *err)
{
	bool is_pipe = strcmp(path, "-") == 0;
	struct stat st;
	int r;

	s->path = is_pipe ? "standard input" : path;
	r = is_pipe ? tree_file_spool(c, STDIN_FILENO, s->path, &s->fd, err)
		    : file_open_regular(AT_FDCWD, path, false, &s->fd, err);
	if (r < 0)
		return output_hint(path, err);
	if (fstat(s->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "'%s' is no file", path);
	s->size = (uint64_t)st.st_size;
	if (find_kind(s, err) < 0)
		return -1;
	return is_pipe ? check_pipe(s, err) : 0;
}

/* What can't be opened will say so to whoever reads it. */
bool explain_is_mixed(const char *path_a, const char *path_b)
{
	CLEANUP_EXPLAIN_SIDE struct explain_side a = EXPLAIN_SIDE_INIT, b = EXPLAIN_SIDE_INIT;
	CLEANUP_ERR struct error failure = ERR_INIT;

	if (strcmp(path_a, "-") == 0 || strcmp(path_b, "-") == 0)
		return false; /* a pipe can be read once only */
	if (explain_side_open(NULL, path_a, &a, &failure) < 0 ||
	    explain_side_open(NULL, path_b, &b, &failure) < 0)
		return false;
	return (a.kind == EXPLAIN_OCI && b.kind == EXPLAIN_DISK) ||
	       (a.kind == EXPLAIN_DISK && b.kind == EXPLAIN_OCI);
}

static int read_lock(struct explain_side *s, struct error *err)
{
	int r = file_load(AT_FDCWD, s->path, &s->text, err);

	if (r < 0)
		return -1;
	return r ? err_set(err, ERR_IO, "'%s' has gone", s->path)
		 : lock_parse(buf_bytes(&s->text), s->path, &s->lock, err);
}

int explain_side_read(struct context *c, struct explain_side *s, struct error *err)
{
	switch (s->kind) {
	case EXPLAIN_DISK:
		if ((disk_is_foreign(s->fd, s->path)
			     ? disk_foreign_read(s->fd, s->path, &s->disk, err)
			     : disk_read_damaged(s->fd, s->path, &s->disk, err)) < 0)
			return err_while(err, "reading the disk '%s'", s->path);
		return 0;
	case EXPLAIN_OCI:
		if (context_need_stage(c, err) < 0 ||
		    oci_read(s->fd, s->path, c->n_threads, &s->image, err) < 0 ||
		    oci_read_tree(c->stage, s->fd, s->image, &s->layers, err) < 0)
			return err_while(err, "reading the image '%s'", s->path);
		return 0;
	case EXPLAIN_LOCK:
		return read_lock(s, err);
	case EXPLAIN_BUNDLE:
		return bundle_open(s->path, &s->bundle, err);
	case EXPLAIN_TREE:
		return tree_file_read(c, s->fd, s->path, &s->tar, err);
	}
	return err_set(err, ERR_BUG, "'%s' is of no kind", s->path);
}

const struct tree *explain_side_tree(const struct explain_side *s)
{
	if (s->tar)
		return s->tar->tar->tree;
	return s->disk ? s->disk->tree : s->layers ? oci_tree(s->layers) : NULL;
}

const struct content_reader *explain_side_reader(const struct context *c,
						 const struct explain_side *s)
{
	if (s->tar)
		return &s->tar->tar->reader;
	return s->disk ? block_files_reader(s->disk->files) : stage_reader(c->stage);
}

/* ---- what lies beside it ---- */

int explain_side_causes(struct explain_side *s, const char *path, struct error *err)
{
	CLEANUP_FREE char *name =
		path ? mem_strdup(path) : statement_beside(s->path, STATEMENT_CAUSES);
	CLEANUP_BUF struct buf text = BUF_INIT(CAUSES_MAX);
	int r;

	if (!path && s->kind == EXPLAIN_TREE) /* nothing says that what lies there is the tree's */
		return 0;
	r = file_load_regular(AT_FDCWD, name, &text, err);
	if (r < 0)
		return err_while(err, "reading the causes of '%s'", s->path);
	if (r == FILE_ABSENT)
		return path ? err_set(err, ERR_USAGE, "there is no '%s'", path) : 0;
	if (causes_read(buf_bytes(&text), name, &s->arena, &s->causes, err) < 0)
		return err_while(err, "reading the causes of '%s'", s->path);
	s->causes_digest = hash_bytes(buf_bytes(&text));
	s->causes_path = arena_strdup(&s->arena, str_of(name));
	s->has_causes = true;
	return 0;
}

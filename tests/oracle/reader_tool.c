/*
 * reader_tool - what ingot's own readers see in the work of other programs.
 *
 *   reader_tool gpt FILE                 partitions, one a line
 *   reader_tool fat FILE                 files, one a line, with their digests
 *   reader_tool verity DATA HASH ROOT
 *   reader_tool erofs|ext4 FILE ROWS     names, one a line, to a file (tree_rows.h)
 *   reader_tool cpio FILE ROWS           the same
 *
 * Status 1 with the reader's message if it refuses.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "format/cpio/cpio.h"
#include "format/erofs/erofs_read.h"
#include "format/ext4/ext4_read.h"
#include "format/fat/fat.h"
#include "format/gpt/gpt.h"
#include "format/verity/verity.h"
#include "io/file.h"
#include "tree_rows.h"

static int open_window(const char *path, struct window *ret, struct error *err)
{
	uint64_t size;
	int fd = -1;

	if (file_open(AT_FDCWD, path, false, &fd, err) < 0)
		return -1;
	size = (uint64_t)lseek(fd, 0, SEEK_END);
	*ret = (struct window){ fd, path, 0, size };
	return 0;
}

static int show_gpt(const struct window *w, struct arena *arena, struct error *err)
{
	char id[GUID_TEXT_MAX], type[GUID_TEXT_MAX];
	struct gpt g;

	if (gpt_read(w, arena, &g, err) < 0)
		return -1;
	printf("%s %" PRIu64 "\n", guid_format(&g.id, id), g.size);
	for (size_t i = 0; i < g.n; i++) {
		const struct gpt_partition *p = &g.partitions[i];

		printf("%s %s %" PRIu64 " %" PRIu64 " %016" PRIx64 " " STR_FMT "\n",
		       guid_format(&p->type, type), guid_format(&p->id, id), p->offset, p->size,
		       p->attributes, STR_ARG(p->name));
	}
	return 0;
}

static int show_fat(const struct window *w, struct arena *arena, struct error *err)
{
	CLEANUP_BUF struct buf data = BUF_INIT(LIMIT_UKI_SIZE);
	char hex[DIGEST_HEX_MAX];
	struct fat_volume v;

	if (fat_read(w, arena, &v, err) < 0)
		return -1;
	printf("%08x '%s' %" PRIu64 " %" PRIu64 "\n", v.volume_id, v.label, v.size, v.cluster_size);
	for (size_t i = 0; i < v.n; i++) {
		const struct fat_entry *e = &v.entries[i];
		struct digest d;

		buf_reset(&data);
		if (!e->is_folder && fat_load(w, &v, e, &data, err) < 0)
			return -1;
		d = hash_bytes(buf_bytes(&data));
		printf(STR_FMT "%s %" PRIu64 " %" PRId64 " %s\n", STR_ARG(e->path),
		       e->is_folder ? "/" : "", e->size, e->mtime,
		       e->is_folder ? "" : digest_hex(&d, hex));
	}
	return 0;
}

static int check_verity(const struct window *data, char **argv, struct error *err)
{
	struct window hash;
	struct digest root;

	if (!digest_parse_hex(str_of(argv[1]), &root))
		return err_set(err, ERR_USAGE, "'%s' is no digest", argv[1]);
	if (open_window(argv[0], &hash, err) < 0)
		return -1;
	return verity_check(data, &hash, &root, err);
}

static int show_file_system(const char *kind, const struct window *w, const char *rows,
			    struct error *err)
{
	CLEANUP_BLOCK_FILES struct block_files *files = block_files_new(w);
	CLEANUP_TREE struct tree *t = NULL;
	struct erofs_facts erofs;
	struct ext4_facts ext4;

	if (strcmp(kind, "erofs") == 0 ? erofs_read(w, files, &erofs, &t, err) < 0
				       : ext4_read(w, files, &ext4, &t, err) < 0)
		return -1;
	return tree_rows_write(t, NULL, rows, NULL, err);
}

static int show_cpio(const char *path, const char *rows, struct error *err)
{
	CLEANUP_BUF struct buf data = BUF_INIT(LIMIT_UKI_SIZE);
	CLEANUP_TREE struct tree *t = NULL;

	if (file_load(AT_FDCWD, path, &data, err) < 0 || cpio_read(buf_bytes(&data), &t, err) < 0)
		return -1;
	return tree_rows_write(t, NULL, rows, NULL, err);
}

static int run(int argc, char **argv, struct arena *arena, struct error *err)
{
	struct window w;

	if (argc < 3)
		return err_set(err, ERR_USAGE, "too few arguments");
	if (open_window(argv[2], &w, err) < 0)
		return -1;
	if (strcmp(argv[1], "gpt") == 0)
		return show_gpt(&w, arena, err);
	if (strcmp(argv[1], "fat") == 0)
		return show_fat(&w, arena, err);
	if (strcmp(argv[1], "verity") == 0 && argc == 5)
		return check_verity(&w, argv + 3, err);
	if (argc < 4)
		return err_set(err, ERR_USAGE, "too few arguments");
	return strcmp(argv[1], "cpio") == 0 ? show_cpio(argv[2], argv[3], err)
					    : show_file_system(argv[1], &w, argv[3], err);
}

int main(int argc, char **argv)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;

	if (run(argc, argv, &arena, &err) == 0)
		return 0;
	err_print(&err, stderr);
	return 1;
}

/*
 * disk_tool - parts of a disk by ingot's own writers, for scripts.
 *
 *   disk_tool gpt ARCH ROLE=SIZE...   > X   a disk whose partitions hold zeros; ROLE: esp,
 *                                           root, verity; SIZE in bytes
 *   disk_tool fat SIZE LABEL EPOCH [PATH=FILE...] > X
 *   disk_tool cpio TREE > X                 TREE: see fs_trees.h; without xattrs
 *   disk_tool rows TREE                     what an archive of it gives, see fs_rows.h
 *   disk_tool convert FORMAT RAW NAME THREADS > X
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "crypto/hash.h"
#include "format/cpio/cpio.h"
#include "format/fat/fat.h"
#include "format/gpt/gpt.h"
#include "fs_rows.h"
#include "fs_trees.h"
#include "image/disk_convert.h"
#include "io/file.h"

#define EPOCH 1700000000

static int finish(struct sink *out, int r, struct error *err)
{
	if (r < 0)
		out->failed = true;
	return sink_close(out, err) < 0 ? -1 : r;
}

static struct guid id_of(const char *text)
{
	return guid_of_bytes(hash_bytes(str_bytes(str_of(text))).bytes);
}

static int usage(struct error *err, const char *what)
{
	return err_set(err, ERR_USAGE, "%s is no argument here", what);
}

static int add_partition(struct gpt *g, struct str architecture, const char *text,
			 struct error *err)
{
	static const struct {
		const char *name;
		enum gpt_role role;
		uint64_t attributes;
	} roles[] = { { "esp", GPT_ESP, 0 },
		      { "root", GPT_ROOT, GPT_GROW_FS },
		      { "verity", GPT_ROOT_VERITY, GPT_READ_ONLY } };
	struct gpt_partition *p = &g->partitions[g->n];
	struct str rest = str_of(text), name = STR("");

	(void)str_split(&rest, '=', &name);
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
		if (!str_equal_cstr(name, roles[i].name))
			continue;
		*p = (struct gpt_partition){ .id = id_of(text),
					     .name = str_of(roles[i].name),
					     .attributes = roles[i].attributes };
		if (!gpt_type(roles[i].role, architecture, &p->type) ||
		    !str_parse_u64(rest, &p->size))
			return usage(err, text);
		g->n++;
		return 0;
	}
	return usage(err, text);
}

static int write_disk(const struct gpt *g, struct sink *out, struct error *err)
{
	if (gpt_write_head(g, out, err) < 0)
		return -1;
	for (size_t i = 0; i < g->n; i++)
		if (sink_hole(out, g->partitions[i].offset - out->offset, err) < 0 ||
		    sink_hole(out, g->partitions[i].size, err) < 0)
			return -1;
	return gpt_write_tail(g, out, err);
}

static int run_gpt(char **argv, struct sink *out, struct error *err)
{
	static struct gpt_partition partitions[GPT_MAX_PARTITIONS + 1];
	struct gpt g = { .id = id_of("disk"), .partitions = partitions };

	for (char **arg = argv + 1; *arg && g.n <= GPT_MAX_PARTITIONS; arg++)
		if (add_partition(&g, str_of(argv[0]), *arg, err) < 0)
			return -1;
	return gpt_plan(&g, err) < 0 ? -1 : write_disk(&g, out, err);
}

/* @contents: as many as there are arguments. */
static int load_files(char **argv, struct fat_file *files, struct buf *contents, size_t *ret,
		      struct error *err)
{
	size_t n = 0;

	for (; argv[n]; n++) {
		struct str rest = str_of(argv[n]), path = STR("");

		contents[n] = (struct buf)BUF_INIT(4ull << 30);
		(void)str_split(&rest, '=', &path);
		if (file_load(AT_FDCWD, rest.ptr, &contents[n], err))
			return err->code ? -1 : usage(err, argv[n]);
		files[n] = (struct fat_file){ path, buf_bytes(&contents[n]) };
	}
	*ret = n;
	return 0;
}

static int run_fat(char **argv, struct sink *out, struct error *err)
{
	CLEANUP_FAT_PLAN struct fat_plan *plan = NULL;
	static struct fat_file files[20000];
	static struct buf contents[20000]; /* lives until the program ends */
	struct fat_options o = { .volume_id = 0x1a2b3c4d,
				 .size = strtoull(argv[0], NULL, 10),
				 .label = str_of(argv[1]),
				 .epoch = strtoll(argv[2], NULL, 10) };
	size_t n = 0;

	if (load_files(argv + 3, files, contents, &n, err) < 0 ||
	    fat_plan(files, n, &o, &plan, err) < 0)
		return -1;
	return fat_write(plan, out, err);
}

/* cpio has none: an archive with them is refused, which a unit test shows. */
static struct fs_tree without_xattrs(const char *name)
{
	struct fs_tree f = fs_tree_make(name);
	struct tree_iter it = tree_iter(f.tree, tree_root(f.tree));

	for (struct node *n; (n = tree_next(&it));)
		while (n->inode->n_xattrs)
			tree_set_xattr(f.tree, n, n->inode->xattrs[0].name,
				       (struct bytes){ NULL, 0 }, 0);
	return f;
}

static int run_cpio(char **argv, struct sink *out, struct error *err)
{
	static struct fs_tree f; /* reachable until the program ends */
	struct cpio_options o = { .epoch = EPOCH, .folder_mtime = TREE_FOLDER_MTIME };

	f = without_xattrs(argv[0]);
	return cpio_write_tree(f.tree, &o, &f.reader, out, err);
}

static int run_rows(char **argv, struct sink *out, struct error *err)
{
	static struct fs_tree f;

	(void)out;
	f = without_xattrs(argv[0]);
	return fs_rows_print(f.tree, &f.reader, EPOCH, err);
}

static int run_convert(char **argv, struct sink *out, struct error *err)
{
	CLEANUP_CLOSE int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	struct disk_convert_options o = { .seed = hash_bytes(str_bytes(STR("seed"))),
					  .name = str_of(argv[2]),
					  .threads = (unsigned)strtoul(argv[3], NULL, 10) };
	struct stat st;
	struct window raw;
	enum disk_format f;

	if (!disk_format_parse(str_of(argv[0]), &f))
		return usage(err, argv[0]);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot open '%s'", argv[1]);
	raw = (struct window){ fd, argv[1], 0, (uint64_t)st.st_size };
	return disk_convert(f, &raw, &o, out, err);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int least;
		int (*run)(char **argv, struct sink *out, struct error *err);
	} commands[] = { { "gpt", 1, run_gpt },
			 { "fat", 3, run_fat },
			 { "cpio", 1, run_cpio },
			 { "rows", 1, run_rows },
			 { "convert", 4, run_convert } };
	CLEANUP_ERR struct error err = ERR_INIT;

	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++) {
		struct sink *out;

		if (strcmp(argv[1], commands[i].name) || argc - 2 < commands[i].least)
			continue;
		out = sink_to_fd(STDOUT_FILENO, "standard output");
		if (finish(out, commands[i].run(argv + 2, out, &err), &err) == 0)
			return 0;
		err_print(&err, stderr);
		return 1;
	}
	fprintf(stderr, "usage: disk_tool gpt|fat|cpio|rows|convert ARGUMENT...\n");
	return 2;
}

/*
 * The initrd as a tree: programs of packages, modules of the kernel, one text.
 */
#include "base/cleanup.h"
#include "base/limits.h"
#include "compose/boot_private.h"
#include "compress/compress.h"

#define INIT_MAX (1u << 20) /* bytes of /init */

const char *const boot_applets[] = {
	"cat",	    "dd",  "echo", "insmod", "ls",	    "mkdir", "mount",  "od",
	"readlink", "sed", "sh",   "sleep",  "switch_root", "tr",    "umount", NULL,
};

static int make_skeleton(struct tree *t, struct error *err)
{
	static const char *const folders[] = { "dev", "proc", "root", "run", "sys", "tmp" };
	static const char *const links[][2] = {
		{ "bin", "usr/bin" },
		{ "lib", "usr/lib" },
		{ "lib64", "usr/lib64" },
		{ "sbin", "usr/sbin" },
	};
	struct node *node;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (tree_make_folders(t, str_of(folders[i]), 0, &node, err) < 0)
			return -1;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (tree_make_folders(t, str_of(links[i][1]), 0, &node, err) < 0 ||
		    tree_write_symlink(t, str_of(links[i][0]), str_of(links[i][1]), 0, NULL, err) <
			    0)
			return -1;
	return 0;
}

static int put_busybox(const struct boot_work *w, const struct boot_files *f, struct tree *t,
		       struct error *err)
{
	if (boot_program(w, f, t, STR("usr/bin/busybox"), "busybox-static", err) < 0)
		return -1;
	for (size_t i = 0; boot_applets[i]; i++) {
		char *path = arena_printf(w->arena, "usr/bin/%s", boot_applets[i]);

		if (tree_write_symlink(t, str_of(path), STR("busybox"), 0, NULL, err) < 0)
			return -1;
	}
	return 0;
}

/* The initrd is plain: busybox's insmod is the same whether the kernel unpacks or not. */
static int put_module(const struct boot_work *w, const struct boot_module *m, struct tree *t,
		      struct error *err)
{
	const char *path = arena_printf(w->arena, "usr/lib/modules/" STR_FMT "/" STR_FMT,
					STR_ARG(w->version), STR_ARG(m->path));
	CLEANUP_BUF struct buf bytes = BUF_INIT(BOOT_MODULE_MAX);
	CLEANUP_SOURCE struct source *source = NULL;

	if (content_open(w->in->reader, &m->node->inode->content, &source, err) < 0)
		return err_while(err, "reading '/%s'", path);
	source = decompress(source, COMPRESS_AUTO, BOOT_MODULE_MAX, path);
	if (source_read_all(source, &bytes, err) < 0)
		return -1;
	return tree_write_file(t, str_of(path), buf_bytes(&bytes), 0644, 0, NULL, err);
}

static int put_all(const struct boot_work *w, const struct boot_module *modules, size_t n,
		   const struct boot_files *f, struct tree *t, struct error *err)
{
	CLEANUP_BUF struct buf init = BUF_INIT(INIT_MAX);

	if (make_skeleton(t, err) < 0 || put_busybox(w, f, t, err) < 0)
		return -1;
	if (boot_has_verity(w) &&
	    boot_program(w, f, t, STR("usr/sbin/veritysetup"), "cryptsetup-bin", err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (put_module(w, &modules[i], t, err) < 0)
			return -1;
	boot_init_text(w, modules, n, &init);
	return tree_write_file(t, STR("init"), buf_bytes(&init), 0755, 0, NULL, err);
}

int boot_initrd(const struct boot_work *w, const struct boot_module *modules, size_t n,
		const struct boot_files *f, struct tree **ret, struct error *err)
{
	CLEANUP_TREE struct tree *t = tree_new();

	if (put_all(w, modules, n, f, t, err) < 0)
		return err_while(err, "making the initrd of target '" STR_FMT "'",
				 STR_ARG(w->in->target->name));
	*ret = TAKE_PTR(t);
	return 0;
}

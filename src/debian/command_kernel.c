/*
 * linux-base: links to the newest kernels, and hooks of kernel packages.
 */
#include "debian/generator_commands.h"

static struct node *image_link(const struct shell_call *c, const char *path)
{
	return world_find(c->shell, str_of(path), false);
}

static void put_link(struct shell_call *c, const char *path, const char *target)
{
	struct node *old = image_link(c, path);
	const struct inode link = { .kind = NODE_SYMLINK,
				    .mode = 0777,
				    .mtime = c->world->epoch,
				    .target = str_of(target) };

	if (old && old->inode->kind == NODE_SYMLINK && str_equal_cstr(old->inode->target, target))
		return;
	tree_put(c->world->tree, tree_root(c->world->tree), str_of(path + 1), &link, c->cause);
	buf_printf(c->out, "I: %s is now a symlink to %s\n", path, target);
}

/*
 * linux-update-symlinks install VERSION /boot/vmlinuz-VERSION: what was the newest becomes
 * the second newest. The first kernel of an image is both.
 */
int command_linux_update_symlinks(struct shell_call *c, struct error *err)
{
	static const char *const stems[] = { "vmlinuz", "initrd.img" };
	char *image;

	if (c->argc != 4 || !str_equal_cstr(c->argv[1], "install"))
		return shell_refuse(c, err, "only 'install VERSION IMAGE' is known");
	image = arena_printf(c->world->arena, "/boot/vmlinuz-" STR_FMT, STR_ARG(c->argv[2]));
	if (!str_equal_cstr(c->argv[3], image) ||
	    world_find(c->shell, STR("/etc/kernel-img.conf"), true))
		return shell_refuse(c, err, "another place of the kernel, or /etc/kernel-img.conf");
	if (image_link(c, "/vmlinuz") || image_link(c, "/initrd.img"))
		return shell_refuse(c, err, "a second kernel in one image");
	for (size_t i = 0; i < 2; i++) {
		char *target = arena_printf(c->world->arena, "boot/%s-" STR_FMT, stems[i],
					    STR_ARG(c->argv[2]));

		put_link(c, arena_printf(c->world->arena, "/%s.old", stems[i]), target);
		put_link(c, arena_printf(c->world->arena, "/%s", stems[i]), target);
	}
	return 0;
}

/* linux-run-hooks image SCRIPT VERSION IMAGE -- PARAMETERS: run-parts over two folders. */
int command_linux_run_hooks(struct shell_call *c, struct error *err)
{
	static const char *const places[] = { "/etc/kernel", "/usr/share/kernel" };
	struct str argv[8] = { STR("run-parts"), STR("--report"), STR("--exit-on-error") };
	struct arena *arena = c->world->arena;
	size_t n = 3, folders = 0;

	if (c->argc < 6 || !str_equal_cstr(c->argv[1], "image") ||
	    !str_equal_cstr(c->argv[5], "--"))
		return shell_refuse(c, err, "only hooks of a kernel's image are known");
	for (size_t i = 3; i < 5; i++)
		argv[n++] = str_of(arena_printf(arena, "--arg=" STR_FMT, STR_ARG(c->argv[i])));
	for (size_t i = 0; i < 2; i++) {
		char *path =
			arena_printf(arena, "%s/" STR_FMT ".d", places[i], STR_ARG(c->argv[2]));
		const struct node *dir = world_find(c->shell, str_of(path), true);

		if (!dir || dir->inode->kind != NODE_DIRECTORY)
			continue;
		argv[n++] = str_of(path);
		folders++;
	}
	return folders ? shell_spawn(c, argv, n, NULL, NULL, NULL, err) : 0;
}

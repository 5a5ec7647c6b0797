#include "compose/boot.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "compose/boot_private.h"

static const struct {
	const char *architecture, *stub, *efi, *kernel;
} machines[] = {
	{ "amd64", "linuxx64.efi.stub", "BOOTX64.EFI", "linux-image-cloud-amd64" },
	{ "arm64", "linuxaa64.efi.stub", "BOOTAA64.EFI", "linux-image-cloud-arm64" },
	{ "riscv64", "linuxriscv64.efi.stub", "BOOTRISCV64.EFI", "linux-image-riscv64" },
};

/* What says where the root is comes from the disk itself. */
static const char *const reserved[] = {
	"root=",
	"rootfstype=",
	"roothash=",
	"systemd.verity_root_data=",
	"systemd.verity_root_hash=",
	"initrd=",
};

bool boot_has_verity(const struct boot_work *w)
{
	return w->in->target->root_verity;
}

bool boot_has_overlay(const struct boot_work *w)
{
	return w->in->target->root_type == ROOT_EROFS;
}

static int find_machine(const struct compose_input *in, size_t *ret, struct error *err)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (str_equal_cstr(in->architecture, machines[i].architecture)) {
			*ret = i;
			return 0;
		}
	(void)err_at(err, ERR_UNSUPPORTED, in->target->pos,
		     "target '" STR_FMT "' is a disk, and " STR_FMT " has no UEFI stub",
		     STR_ARG(in->target->name), STR_ARG(in->architecture));
	return err_hint(err, "disks can be made for amd64, arm64 and riscv64");
}

/* ---- kernel ---- */

static int no_kernel(const struct compose_input *in, size_t machine, struct error *err)
{
	(void)err_at(err, ERR_RECIPE_VALUE, in->target->pos,
		     "target '" STR_FMT
		     "' is a disk without a kernel: there is no '/boot/vmlinuz-*'",
		     STR_ARG(in->target->name));
	return err_hint(err, "add '%s' to the target's 'packages:'", machines[machine].kernel);
}

static int several_kernels(const struct compose_input *in, const struct str *versions, size_t n,
			   struct error *err)
{
	CLEANUP_BUF struct buf list = BUF_INIT((size_t)n * (LIMIT_NAME_MAX + 2) + 1);

	for (size_t i = 0; i < n; i++)
		buf_printf(&list, "%s" STR_FMT, i ? ", " : "", STR_ARG(versions[i]));
	(void)err_at(err, ERR_RECIPE_VALUE, in->target->pos,
		     "target '" STR_FMT "' has %zu kernels, and a disk boots one: %s",
		     STR_ARG(in->target->name), n, buf_cstr(&list));
	return err_hint(err, "ask for one kernel package only");
}

/* It goes into a script and into paths. */
static bool is_version(struct str v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!(v.ptr[i] >= 'a' && v.ptr[i] <= 'z') &&
		    !(v.ptr[i] >= 'A' && v.ptr[i] <= 'Z') &&
		    !(v.ptr[i] >= '0' && v.ptr[i] <= '9') && !memchr(".+-_~", v.ptr[i], 5))
			return false;
	return v.len > 0;
}

static int find_kernel(const struct compose_input *in, const struct tree *root, size_t machine,
		       struct arena *arena, struct boot_parts *ret, struct error *err)
{
	static const struct str prefix = { "vmlinuz-", 8 };
	const struct node *boot = tree_resolve(root, STR("boot"), true), *kernel = NULL;
	size_t n = 0, n_children = 0;
	struct node *const *child;
	struct str *versions;

	if (boot && boot->inode->kind == NODE_DIRECTORY)
		n_children = tree_children(boot, &child);
	versions = arena_array(arena, n_children + 1, sizeof(*versions));
	for (size_t i = 0; i < n_children; i++) {
		struct str name = child[i]->name;

		if (!str_has_prefix(name, prefix) || child[i]->inode->kind != NODE_FILE)
			continue;
		kernel = child[i];
		versions[n++] = (struct str){ name.ptr + prefix.len, name.len - prefix.len };
	}
	if (n == 0)
		return no_kernel(in, machine, err);
	if (n > 1)
		return several_kernels(in, versions, n, err);
	if (!is_version(versions[0]))
		return err_at(err, ERR_UNSUPPORTED, in->target->pos,
			      "'" STR_FMT "' is not the name of a kernel", STR_ARG(kernel->name));
	ret->kernel = kernel->inode->content;
	ret->kernel_version = arena_str(arena, versions[0]);
	return 0;
}

/* ---- command line ---- */

static int check_word(const struct compose_input *in, struct str word, struct error *err)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (str_has_prefix(word, str_of(reserved[i]))) {
			(void)err_at(err, ERR_RECIPE_VALUE, in->target->pos,
				     "'" STR_FMT "' in 'cmdline:' of target '" STR_FMT
				     "': the disk itself says where its root is",
				     STR_ARG(word), STR_ARG(in->target->name));
			return err_hint(err, "drop it");
		}
	return 0;
}

static int make_cmdline(const struct boot_work *w, struct str *ret, struct error *err)
{
	const struct recipe_target *t = w->in->target;
	CLEANUP_BUF struct buf line = BUF_INIT(2 * LIMIT_RECIPE_SIZE);

	for (size_t i = 0; i < t->n_cmdline; i++) {
		if (check_word(w->in, t->cmdline[i], err) < 0)
			return -1;
		buf_printf(&line, "%s" STR_FMT, line.len ? " " : "", STR_ARG(t->cmdline[i]));
	}
	/*
	 * Only who makes the image writes the EFI system partition: systemd must not mount it,
	 * nor other partitions that it happens to find.
	 */
	buf_printf(&line, "%ssystemd.gpt_auto=no", line.len ? " " : "");
	*ret = arena_str(w->arena, buf_str(&line));
	return 0;
}

/* ---- all ---- */

static int find_stub(const struct boot_work *w, const struct boot_files *files,
		     struct boot_parts *p, struct error *err)
{
	const char *path =
		arena_printf(w->arena, "usr/lib/systemd/boot/efi/" STR_FMT, STR_ARG(p->stub_name));
	const struct content *stub = boot_files_find(files, str_of(path));

	if (!stub) {
		(void)err_at(err, ERR_RECIPE_VALUE, w->in->target->pos,
			     "target '" STR_FMT
			     "' needs '/%s' of package 'systemd-boot-efi' to boot",
			     STR_ARG(w->in->target->name), path);
		return err_hint(err, "lock again: 'ingot lock' adds what boots a disk");
	}
	p->stub = *stub;
	return 0;
}

/*
 * The rule of docs/boot.md: an initrd, unless all drivers are built into the kernel and the
 * root needs nothing but mounting.
 */
static int make_initrd(const struct boot_work *w, const struct boot_files *files, struct tree **ret,
		       struct error *err)
{
	struct boot_module *modules;
	size_t n;

	if (boot_modules(w, &modules, &n, err) < 0)
		return -1;
	if (n == 0 && !boot_has_overlay(w))
		return 0;
	return boot_initrd(w, modules, n, files, ret, err);
}

int compose_boot(const struct compose_input *in, const struct tree *root,
		 const struct debian_package *boot, size_t n_boot, struct arena *arena,
		 struct boot_parts *ret, struct error *err)
{
	struct boot_work w = { .in = in, .root = root, .arena = arena };
	CLEANUP_BOOT_FILES struct boot_files *files = NULL;
	struct boot_parts p = { .os_release = content_empty };
	const struct node *os_release = tree_resolve(root, STR("etc/os-release"), true);
	size_t machine = 0;

	if (find_machine(in, &machine, err) < 0 ||
	    find_kernel(in, root, machine, arena, &p, err) < 0)
		return -1;
	w.version = p.kernel_version;
	p.stub_name = str_of(machines[machine].stub);
	p.efi_name = str_of(machines[machine].efi);
	if (os_release && os_release->inode->kind == NODE_FILE)
		p.os_release = os_release->inode->content;
	if (boot_files_new(&w, boot, n_boot, &files, err) < 0 ||
	    find_stub(&w, files, &p, err) < 0 || make_cmdline(&w, &p.cmdline, err) < 0 ||
	    make_initrd(&w, files, &p.initrd, err) < 0)
		return -1;
	*ret = p;
	return 0;
}

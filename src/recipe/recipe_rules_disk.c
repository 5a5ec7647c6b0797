/* How the values of a target that is a disk go together. */
#include "recipe/recipe_rules.h"

#include "base/cleanup.h"
#include "base/mem.h"

/* What ingot can boot by UEFI: Debian's stub of systemd-boot-efi, tested. */
static const struct str bootable[] = { { "amd64", 5 }, { "arm64", 5 } };

static const struct ydoc_node *node_of(const struct recipe *r, const struct recipe_target *t,
				       const char *key)
{
	const struct ydoc_node *targets = ydoc_get(r->document, "targets");
	CLEANUP_FREE char *name = mem_str(t->name);

	return ydoc_get(ydoc_get(targets, name), key);
}

static int check_architectures(const struct recipe *r, const struct recipe_target *t,
			       struct error *err)
{
	const struct ydoc_node *list = ydoc_get(r->document, "architectures");

	for (size_t i = 0; i < list->n_items; i++) {
		bool found = false;

		for (size_t k = 0; k < sizeof(bootable) / sizeof(*bootable); k++)
			found |= str_equal(list->items[i]->text, bootable[k]);
		if (found)
			continue;
		(void)err_at(err, ERR_RECIPE_VALUE, list->items[i]->pos,
			     "target '" STR_FMT
			     "' is a disk, and ingot makes none that boots on '" STR_FMT "'",
			     STR_ARG(t->name), STR_ARG(list->items[i]->text));
		(void)err_detail(err, "the target is at %s:%u:%u", t->pos.file, t->pos.line,
				 t->pos.column);
		return err_hint(err, "disks are for amd64 and arm64; move the target to a recipe "
				     "of its own that includes this one");
	}
	return 0;
}

static int refuse_read_only(struct src_pos pos, const char *key, struct error *err)
{
	(void)err_at(err, ERR_RECIPE_CONFLICT, pos, "an EROFS root is read-only: it can't '%s'",
		     key);
	return err_hint(err, "remove '%s', or write 'type: ext4'", key);
}

static int check_root(const struct recipe *r, const struct recipe_target *t, struct error *err)
{
	const struct ydoc_node *root = node_of(r, t, "root");

	if (!root)
		return 0;
	if (t->root_type == ROOT_EROFS && t->root_grow)
		return refuse_read_only(ydoc_get(root, "grow")->pos, "grow", err);
	if (t->root_type == ROOT_EXT4 && t->root_verity) {
		(void)err_at(
			err, ERR_RECIPE_CONFLICT, ydoc_get(root, "verity")->pos,
			"dm-verity protects a root that never changes, and ext4 is written to");
		return err_hint(err, "write 'type: erofs' beside 'verity: true'");
	}
	if (t->root_type == ROOT_EXT4 && t->root_compression != ROOT_UNCOMPRESSED) {
		(void)err_at(err, ERR_RECIPE_CONFLICT, ydoc_get(root, "compression")->pos,
			     "ext4 holds files as they are");
		return err_hint(err, "write 'type: erofs', or remove 'compression'");
	}
	if (t->root_size % 4096 == 0)
		return 0;
	(void)err_at(err, ERR_RECIPE_VALUE, t->root_size_pos,
		     "the size of a root is a multiple of 4096 bytes");
	return err_hint(err, "write megabytes: 'size: 4096M'");
}

/* Words by which the disk is found and trusted: nobody but the disk may say them. */
static bool is_reserved(struct str word)
{
	static const struct str prefixes[] = {
		{ "root=", 5 },		  { "rootfstype=", 11 },       { "roothash=", 9 },
		{ "systemd.verity", 14 }, { "rd.systemd.verity", 17 },
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (str_has_prefix(word, prefixes[i]))
			return true;
	return str_equal(word, STR("ro")) || str_equal(word, STR("rw"));
}

static int check_cmdline(const struct recipe *r, const struct recipe_target *t, struct error *err)
{
	for (size_t i = 0; i < t->n_cmdline; i++) {
		struct str rest = t->cmdline[i], word;

		while (str_split(&rest, ' ', &word)) {
			if (!is_reserved(word))
				continue;
			(void)err_at(err, ERR_RECIPE_VALUE, node_of(r, t, "cmdline")->items[i]->pos,
				     "'" STR_FMT "' is what ingot says itself: it knows where the "
				     "root is",
				     STR_ARG(word));
			return err_hint(err, "remove it; 'root:' of the target decides");
		}
	}
	return 0;
}

int rules_check_disks(const struct recipe *r, struct error *err)
{
	for (size_t i = 0; i < r->n_targets; i++) {
		const struct recipe_target *t = &r->targets[i];

		if (t->type == TARGET_DISK &&
		    (check_architectures(r, t, err) < 0 || check_root(r, t, err) < 0 ||
		     check_cmdline(r, t, err) < 0))
			return -1;
	}
	return 0;
}

/*
 * What the tree of a disk has and a container's has not: files that a machine's first boot
 * and later upgrades ask for. Each has a rule of its own as its cause; whatever a package or
 * the recipe has put there, or the recipe has removed, stays as it is.
 *
 * Spec: docs/boot.md; debian-13.md 3.10, 3.11.
 */
#include "base/cleanup.h"
#include "compose/work.h"

#define PREFERENCE_MAX 65536u /* bytes */
#define UNITS "etc/systemd/system/"

static bool is_removed_by_recipe(const struct work *w, const char *path)
{
	const struct node *n = tree_find_removed(w->tree, str_of(path));

	return n && n->removed && tree_cause(w->tree, n->cause)->kind == CAUSE_RECIPE;
}

static int put_node(struct work *w, const char *rule, const char *path, const struct inode *i,
		    struct error *err)
{
	struct place at = { .cause = work_rule(w, rule) };

	if (tree_resolve(w->tree, str_of(path), /* follow_last= */ false) ||
	    is_removed_by_recipe(w, path))
		return 0;
	return work_put(w, &at, str_of(path), i, NULL, err);
}

static int put(struct work *w, const char *rule, const char *path, uint16_t mode, struct str text,
	       struct error *err)
{
	struct bytes data = arena_bytes(tree_arena(w->tree), str_bytes(text));
	struct inode i = work_file_of(w, data, mode);

	return put_node(w, rule, path, &i, err);
}

static int put_link(struct work *w, const char *rule, const char *path, const char *target,
		    struct error *err)
{
	struct inode i = work_link_of(w, str_of(target));

	return put_node(w, rule, path, &i, err);
}

/*
 * All databases are made already: systemd's units that make them after an update of /usr
 * look at these times, and at /usr's, which is older (debian-13.md 3.11).
 */
static int put_updated(struct work *w, struct error *err)
{
	static const char text[] = "# What is made from /usr was made with the image.\n";

	if (put(w, "updated", "etc/.updated", 0644, str_of(text), err) < 0)
		return -1;
	return put(w, "updated", "var/.updated", 0644, str_of(text), err);
}

static const char hosts[] = "127.0.0.1\tlocalhost\n"
			    "\n"
			    "# The following lines are desirable for IPv6 capable hosts\n"
			    "::1     localhost ip6-localhost ip6-loopback\n"
			    "ff02::1 ip6-allnodes\n"
			    "ff02::2 ip6-allrouters\n";

static const char fstab[] = "# The root file system is what the kernel's command line names.\n"
			    "# <file system> <mount point> <type> <options> <dump> <pass>\n";

/*
 * An empty /etc/machine-id is filled in by the first boot, but does not count as one:
 * presets stay as the image has them (debian-13.md 3.10).
 */
static int put_machine(struct work *w, struct error *err)
{
	if (work_has_file(w, "usr/lib/systemd/systemd") &&
	    put(w, "machine-id", "etc/machine-id", 0444, STR(""), err) < 0)
		return -1;
	if (put(w, "hosts", "etc/hosts", 0644, str_of(hosts), err) < 0)
		return -1;
	return put(w, "fstab", "etc/fstab", 0644, str_of(fstab), err);
}

/* ---- grow ---- */

static const char partition[] = "# The root partition takes what the disk has left.\n"
				"[Partition]\n"
				"Type=root\n";

/* Debian 12 has the program, but makes the unit only for a root that /etc/fstab names. */
static const char grow[] = "[Unit]\n"
			   "Description=Grow the root file system to its partition\n"
			   "DefaultDependencies=no\n"
			   "After=systemd-repart.service systemd-remount-fs.service\n"
			   "Before=local-fs.target shutdown.target\n"
			   "Conflicts=shutdown.target\n"
			   "ConditionPathIsReadWrite=/\n"
			   "\n"
			   "[Service]\n"
			   "Type=oneshot\n"
			   "RemainAfterExit=yes\n"
			   "ExecStart=/usr/lib/systemd/systemd-growfs /\n"
			   "TimeoutSec=0\n"
			   "\n"
			   "[Install]\n"
			   "WantedBy=local-fs.target\n";

static int put_grow(struct work *w, struct error *err)
{
	const struct recipe_target *t = w->in->target;

	if (!t->root_grow || t->root_type != ROOT_EXT4)
		return 0;
	if (!work_has_file(w, "usr/bin/systemd-repart") ||
	    !work_has_file(w, "usr/lib/systemd/systemd-growfs")) {
		(void)err_at(err, ERR_RECIPE_VALUE, t->pos,
			     "'grow' of target '" STR_FMT "' needs systemd-repart, which the image "
			     "does not have",
			     STR_ARG(t->name));
		return err_hint(err,
				"add 'systemd-sysv' to the target's 'packages:', or drop 'grow'");
	}
	if (put(w, "grow", "etc/repart.d/50-root.conf", 0644, str_of(partition), err) < 0 ||
	    put(w, "grow", UNITS "ingot-grow-root.service", 0644, str_of(grow), err) < 0)
		return -1;
	return put_link(w, "grow", UNITS "local-fs.target.wants/ingot-grow-root.service",
			"/" UNITS "ingot-grow-root.service", err);
}

/* ---- kernel ---- */

static bool is_kernel(const struct debian_package *p)
{
	return str_has_prefix(p->name, STR("linux-image-"));
}

static void add_preference(struct buf *to, const struct debian_package *p)
{
	buf_printf(
		to,
		"%sExplanation: The firmware starts the kernel inside the EFI system partition,\n"
		"Explanation: which was made with the image and which apt does not replace. With\n"
		"Explanation: another version of this package its modules would be missing.\n"
		"Explanation: A new kernel comes with a new image.\n"
		"Package: " STR_FMT "\n"
		"Pin: version " STR_FMT "\n"
		"Pin-Priority: 999\n",
		to->len ? "\n" : "", STR_ARG(p->name), STR_ARG(p->version));
}

static int put_preference(struct work *w, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(PREFERENCE_MAX);

	for (size_t i = 0; i < w->in->n_packages && text.len < PREFERENCE_MAX / 2; i++)
		if (is_kernel(&w->in->packages[i]))
			add_preference(&text, &w->in->packages[i]);
	if (!text.len)
		return 0;
	return put(w, "hold-kernel", "etc/apt/preferences.d/ingot-kernel", 0644, buf_str(&text),
		   err);
}

/*
 * Each ext4 has an empty one that only root may enter: who reads the disk can't tell whether
 * somebody asked for it. One that is anything else is the recipe's.
 */
static void drop_lost_found(struct work *w)
{
	struct node *n = tree_find(w->tree, STR("lost+found"));
	struct node *const *children;

	if (w->in->target->root_type == ROOT_EXT4 && n && n->inode->kind == NODE_DIRECTORY &&
	    n->inode->mode == 0700 && !n->inode->uid && !n->inode->gid && !n->inode->n_xattrs &&
	    tree_children(n, &children) == 0)
		tree_remove(w->tree, n, work_rule(w, "lost+found"));
}

int compose_disk(struct work *w, struct error *err)
{
	if (w->in->target->type != TARGET_DISK)
		return 0;
	drop_lost_found(w);
	return put_updated(w, err) < 0 || put_machine(w, err) < 0 || put_grow(w, err) < 0 ||
			       put_preference(w, err) < 0
		       ? -1
		       : 0;
}

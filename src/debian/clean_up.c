#include "debian/install.h"

/* What mmdebstrap takes away: logs and caches that differ from run to run. */
static const char *const removed[] = {
	"var/log/dpkg.log", "var/log/apt/history.log", "var/log/apt/term.log",
	"var/log/alternatives.log", "var/cache/ldconfig/aux-cache", "var/log/apt/eipp.log.xz",
	"var/lib/dbus/machine-id",
};

static void empty_folder(struct debian *d, const char *path, const char *but, cause_id cause)
{
	struct node *dir = tree_find(d->tree, str_of(path));
	struct node *const *child;
	struct node **list;
	size_t n;

	if (!dir || dir->inode->kind != NODE_DIRECTORY)
		return;
	n = tree_children(dir, &child);
	list = arena_array(d->arena, n + 1, sizeof(struct node *));
	for (size_t i = 0; i < n; i++)
		list[i] = child[i];
	for (size_t i = 0; i < n; i++)
		if (!str_equal_cstr(list[i]->name, but))
			tree_remove(d->tree, list[i], cause);
}

int debian_clean_up(struct debian *d, struct error *err)
{
	cause_id cause = debian_rule(d, "clean up");

	for (size_t i = 0; i < sizeof(removed) / sizeof(*removed); i++) {
		struct node *node = tree_resolve(d->tree, str_of(removed[i]), false);

		if (node && tree_resolve(d->tree, str_of(removed[i]), true))
			tree_remove(d->tree, node, cause);
	}
	if (tree_resolve(d->tree, STR("etc/machine-id"), true) &&
	    tree_write_file(d->tree, STR("etc/machine-id"), (struct bytes){ NULL, 0 }, 0644, cause,
			    NULL, err) < 0)
		return -1;
	empty_folder(d, "run", "lock", cause);
	empty_folder(d, "tmp", "", cause);
	return 0;
}

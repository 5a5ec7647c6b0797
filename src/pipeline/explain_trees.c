/* Two of which at least one is a tree and nothing more: what both hold is files. */
#include "attest/diff_trees.h"
#include "pipeline/explain_private.h"

/* What is not compared, for the other side has nothing of the kind. */
static void note_scope(const struct explain_side *s, const char *tree, const char *other,
		       struct image_diff *d)
{
	if (s->kind == EXPLAIN_OCI)
		image_diff_note(d,
				"%s is a tree: of %s the files are compared, and not its config, "
				"manifest and layers",
				tree, other);
	if (s->kind == EXPLAIN_DISK)
		image_diff_note(d,
				"%s is a tree: of %s the files of the root are compared, and not "
				"its partitions, ESP, UKI and hash tree",
				tree, other);
}

static void note_damages(const struct explain_side *s, const char *side, struct image_diff *d)
{
	for (size_t i = 0; s->disk && i < s->disk->n_damages; i++)
		image_diff_note(d, "%s is damaged in %s: " STR_FMT, side,
				disk_step_names[s->disk->damages[i].step],
				STR_ARG(s->disk->damages[i].reason));
}

/* "tar -cf x.tar rootfs" where "tar -C rootfs -cf x.tar ." was meant. */
static const struct node *only_folder(const struct tree *t)
{
	struct node *const *children;
	size_t n = tree_children(tree_root(t), &children);

	if (n != 1 || children[0]->inode->kind != NODE_DIRECTORY)
		return NULL;
	return tree_child(t, children[0], STR("etc")) || tree_child(t, children[0], STR("usr"))
		       ? children[0]
		       : NULL;
}

static void note_tree(const struct explain_side *s, const char *side, struct image_diff *d)
{
	const struct tree_tar *t = s->tar ? s->tar->tar : NULL;
	const struct node *only;

	if (!t)
		return;
	if (t->n_made)
		image_diff_note(d,
				"%s has no entry for %zu of its folders: they count as 0755, 0:0, "
				"1970-01-01",
				side, t->n_made + !t->has_root);
	else if (!t->has_root)
		image_diff_note(d,
				"%s has no entry for its root: it counts as 0755, 0:0, 1970-01-01",
				side);
	if (t->n_again)
		image_diff_note(d, "%s holds %zu path%s more than once: the last entry counts",
				side, t->n_again, t->n_again == 1 ? "" : "s");
	only = only_folder(t->tree);
	if (only)
		image_diff_note(d,
				"all of %s lies in the folder '" STR_FMT "': 'tar -C " STR_FMT
				" -cf FILE .' leaves it out",
				side, STR_ARG(only->name), STR_ARG(only->name));
}

/* As ingot writes them: one time for all folders. */
static bool has_folder_times(const struct tree *t)
{
	struct tree_iter it = tree_iter(t, tree_root(t));

	for (const struct node *n; (n = tree_next(&it));)
		if (n->inode->kind == NODE_DIRECTORY && n->inode->mtime != TREE_FOLDER_MTIME)
			return true;
	return false;
}

static int need_tree(const struct explain_side *s, struct error *err)
{
	const struct disk_damage *last;

	if (explain_side_tree(s))
		return 0;
	if (!s->disk || !s->disk->n_damages)
		return err_set(err, ERR_BUG, "'%s' has no tree", s->path);
	last = &s->disk->damages[s->disk->n_damages - 1];
	return err_set(err, ERR_FORMAT, "'%s' is damaged in %s: " STR_FMT, s->path,
		       disk_step_names[last->step], STR_ARG(last->reason));
}

int explain_trees(const struct context *c, const struct explain_side *a,
		  const struct explain_side *b, unsigned details, struct image_diff *d,
		  struct error *err)
{
	struct diff_trees_options o = {
		.area = DIFFERENCE_TREE, .place = "tree", .owners = true, .details = details
	};
	struct diff_trees_side x, y;
	bool times_a, times_b;

	if (need_tree(a, err) < 0 || need_tree(b, err) < 0)
		return -1;
	x = (struct diff_trees_side){ explain_side_tree(a), explain_side_reader(c, a), NULL };
	y = (struct diff_trees_side){ explain_side_tree(b), explain_side_reader(c, b), NULL };
	note_scope(b, "A", "B", d);
	note_scope(a, "B", "A", d);
	note_damages(a, "A", d);
	note_damages(b, "B", d);
	note_tree(a, "A", d);
	note_tree(b, "B", d);
	times_a = has_folder_times(x.tree);
	times_b = has_folder_times(y.tree);
	o.no_folder_times = times_a != times_b;
	if (o.no_folder_times)
		image_diff_note(d,
				"the folders of %s all have the time 1970-01-01, as ingot writes "
				"them: those of %s are not compared",
				times_a ? "B" : "A", times_a ? "A" : "B");
	if (diff_trees(d, &x, &y, &o, err) < 0)
		return -1;
	d->equal = d->n == 0;
	return 0;
}

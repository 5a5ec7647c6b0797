/*
 * The recipe's `files:`. Entries come sorted by path, so a folder is there
 * before what another entry changes inside it.
 */

#include "base/limits.h"
#include "base/strtab.h"
#include "compose/work.h"

/* Real paths to the entry (its index) that names just this path. */
struct entries {
	struct strtab paths;
	const struct recipe_file *files;
};

static int entry_attributes(const struct work *w, const struct recipe_file *f,
			    struct entry_attributes *ret, struct error *err)
{
	*ret = (struct entry_attributes){
		.has_owner = f->owner.len > 0, .has_group = f->group.len > 0, .mode = f->mode,
	};
	if (work_owner(w, f->owner, f->pos, &ret->uid, err) < 0)
		return -1;
	return work_group(w, f->group, f->pos, &ret->gid, err);
}

uint16_t entry_folder_mode(const struct entry_attributes *a)
{
	if (a->mode == RECIPE_MODE_DEFAULT)
		return 0755;
	return (uint16_t)(a->mode | (a->mode & 0444) >> 2);
}

/* What the entry says about its own folder holds for one that was there before, too. */
static void adjust_folder(struct node *dir, const struct entry_attributes *a, uint16_t mode,
			  cause_id cause)
{
	if (a->has_owner || a->has_group)
		tree_set_owner(dir, a->has_owner ? a->uid : dir->inode->uid,
			       a->has_group ? a->gid : dir->inode->gid, cause);
	if (a->mode != RECIPE_MODE_DEFAULT)
		tree_set_mode(dir, mode, cause);
}

static int put_entry_folder(struct work *w, const struct place *at, struct str path,
			    const struct entry_attributes *a, uint16_t mode, struct error *err)
{
	struct inode folder = work_folder_of(w, mode);
	struct node *dir;
	bool is_new;

	folder.uid = a->uid;
	folder.gid = a->gid;
	if (work_put_folder(w, at, path, &folder, &dir, &is_new, err) < 0)
		return -1;
	if (!is_new)
		adjust_folder(dir, a, mode, at->cause);
	return 0;
}

static int put_input(struct work *w, const struct place *at, struct str path,
		     const struct recipe_input *input, const struct content *content,
		     const struct entry_attributes *a, struct error *err)
{
	struct inode i = { .kind = NODE_FILE, .mtime = w->in->epoch };
	struct node *dir;
	bool is_new;

	if (input->is_directory)
		i = work_folder_of(w, entry_folder_mode(a));
	else if (input->is_symlink)
		i = work_link_of(w, input->target);
	else
		i.content = *content;
	i.uid = a->uid;
	i.gid = a->gid;
	if (i.kind == NODE_FILE)
		i.mode = a->mode != RECIPE_MODE_DEFAULT ? a->mode :
			 input->executable ? 0755 : 0644;
	if (i.kind == NODE_DIRECTORY)
		return work_put_folder(w, at, path, &i, &dir, &is_new, err);
	return work_put(w, at, path, &i, NULL, err);
}

static bool is_single_file(const struct compose_file *f)
{
	return f->n_inputs == 1 && f->inputs[0].below.len == 0 && !f->inputs[0].is_directory;
}

static int put_from(struct work *w, const struct compose_file *f, const struct place *at,
		    const struct entry_attributes *a, struct error *err)
{
	bool is_file = is_single_file(f);
	struct str path = f->file->path;

	if (!is_file && put_entry_folder(w, at, path, a, entry_folder_mode(a), err) < 0)
		return -1;
	for (size_t i = 0; i < f->n_inputs; i++) {
		const struct recipe_input *input = &f->inputs[i];

		if (!is_file && input->below.len == 0)
			continue; /* the folder itself */
		if (put_input(w, at, work_join(w, path, input->below), input, &f->contents[i], a,
			      err) < 0)
			return -1;
	}
	return 0;
}

static int put_content(struct work *w, const struct recipe_file *f, const struct place *at,
		       const struct entry_attributes *a, struct error *err)
{
	uint16_t mode = a->mode == RECIPE_MODE_DEFAULT ? 0644 : a->mode;
	struct inode i = work_file_of(w, arena_bytes(tree_arena(w->tree), f->content), mode);

	i.uid = a->uid;
	i.gid = a->gid;
	return work_put(w, at, f->path, &i, NULL, err);
}

static int put_link(struct work *w, const struct recipe_file *f, const struct place *at,
		    const struct entry_attributes *a, struct error *err)
{
	struct inode i = work_link_of(w, f->target);

	i.uid = a->uid;
	i.gid = a->gid;
	return work_put(w, at, f->path, &i, NULL, err);
}

/* Everything that goes with @top may have been an input of a generated file. */
static void touch_all(struct work *w, struct node *top, cause_id cause)
{
	const struct node *n;

	for (struct tree_iter it = tree_iter(w->tree, top); (n = tree_next(&it));)
		work_touch(w, n, cause);
}

static int remove_path(struct work *w, const struct recipe_file *f, const struct place *at,
		       struct error *err)
{
	struct node *node = tree_resolve(w->tree, f->path, /* follow_last= */ false);

	if (!node) {
		err_at(err, ERR_RECIPE_VALUE, f->pos,
		       "'/" STR_FMT "' is not in the image, so it can't be removed",
		       STR_ARG(f->path));
		return err_hint(err, "check the path, or drop the entry");
	}
	if (!node->parent)
		return err_at(err, ERR_RECIPE_PATH, f->pos, "the root folder can't be removed");
	touch_all(w, node, at->cause);
	tree_remove(w->tree, node, at->cause);
	return 0;
}

static int put_entry(struct work *w, const struct compose_file *f, struct error *err)
{
	const struct recipe_file *file = f->file;
	struct place at = work_place(w, file->pos);
	struct entry_attributes a;

	if (entry_attributes(w, file, &a, err) < 0)
		return -1;
	switch (file->kind) {
	case RECIPE_FILE_FROM:
		return put_from(w, f, &at, &a, err);
	case RECIPE_FILE_CONTENT:
		return put_content(w, file, &at, &a, err);
	case RECIPE_FILE_ARCHIVE:
		if (put_entry_folder(w, &at, file->path, &a, entry_folder_mode(&a), err) < 0)
			return -1;
		return compose_archive(w, f, &at, &a, err);
	case RECIPE_FILE_SYMLINK:
		return put_link(w, file, &at, &a, err);
	case RECIPE_FILE_DIRECTORY:
		return put_entry_folder(w, &at, file->path, &a,
					a.mode == RECIPE_MODE_DEFAULT ? 0755 : a.mode, err);
	case RECIPE_FILE_REMOVE:
		return remove_path(w, file, &at, err);
	}
	return err_at(err, ERR_BUG, file->pos, "unknown kind of file");
}

/* One path, and not a folder with what is in it, which a later entry may change. */
static bool names_one_path(const struct compose_file *f)
{
	switch (f->file->kind) {
	case RECIPE_FILE_CONTENT:
	case RECIPE_FILE_SYMLINK:
		return true;
	case RECIPE_FILE_FROM:
		return is_single_file(f);
	case RECIPE_FILE_ARCHIVE:
	case RECIPE_FILE_DIRECTORY:
	case RECIPE_FILE_REMOVE:
		break;
	}
	return false;
}

static struct str real_path(const struct work *w, struct str path)
{
	const struct node *n = tree_resolve(w->tree, path, /* follow_last= */ false);
	CLEANUP_BUF struct buf b = BUF_INIT(2 * LIMIT_PATH_MAX);

	if (!n)
		return STR("");
	tree_path(n, &b);
	return arena_str(w->arena, buf_str(&b));
}

/*
 * The recipe's checks have seen that no path stands twice; only the image's links
 * show that "bin/x" and "usr/bin/x" are one.
 */
static int check_unique(const struct work *w, const struct entries *e,
			const struct recipe_file *f, struct error *err)
{
	struct str path = real_path(w, f->path);
	uint32_t other;

	if (path.len == 0 || !strtab_find(&e->paths, path, &other))
		return 0;
	err_at(err, ERR_RECIPE_CONFLICT, f->pos,
	       "'/" STR_FMT "' and '/" STR_FMT "' (%s:%u:%u) are one path in the image, '/" STR_FMT
	       "'", STR_ARG(f->path), STR_ARG(e->files[other].path),
	       e->files[other].pos.file ? e->files[other].pos.file : "recipe",
	       e->files[other].pos.line, e->files[other].pos.column, STR_ARG(path));
	return err_hint(err, "keep one of the two entries");
}

static int put_entries(struct work *w, struct entries *e, struct error *err)
{
	for (size_t i = 0; i < w->in->recipe->n_files; i++) {
		const struct compose_file *f = &w->in->files[i];
		bool is_one = names_one_path(f);

		if ((is_one || f->file->kind == RECIPE_FILE_REMOVE) &&
		    check_unique(w, e, f->file, err) < 0)
			return -1;
		if (put_entry(w, f, err) < 0)
			return -1;
		if (is_one)
			(void)strtab_put(&e->paths, real_path(w, f->file->path), (uint32_t)i);
	}
	return 0;
}

int compose_files(struct work *w, struct error *err)
{
	struct entries e = { .files = w->in->recipe->files };
	int r = put_entries(w, &e, err);

	strtab_release(&e.paths);
	return r;
}

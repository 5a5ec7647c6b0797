/*
 * Homes of the recipe's users. One that is there already (a package's folder)
 * is left as it is, as useradd(8) does.
 */

#include "base/limits.h"
#include "compose/work.h"

static int put_owned(struct work *w, const struct place *at, struct str path, struct inode i,
		     uint32_t uid, uint32_t gid, struct error *err)
{
	struct node *dir;
	bool is_new;

	i.uid = uid;
	i.gid = gid;
	if (i.kind == NODE_DIRECTORY)
		return work_put_folder(w, at, path, &i, &dir, &is_new, err);
	return work_put(w, at, path, &i, NULL, err);
}

/* The paths below /etc/skel; collected first, because iteration bears no change. */
static size_t list_skel(const struct work *w, struct node ***ret)
{
	struct node *skel = tree_resolve(w->tree, STR("etc/skel"), true), *n;
	struct tree_iter it;
	size_t count = 0;

	*ret = NULL;
	if (!skel || skel->inode->kind != NODE_DIRECTORY)
		return 0;
	*ret = arena_array(w->arena, tree_node_count(w->tree), sizeof(**ret));
	for (it = tree_iter(w->tree, skel); (n = tree_next(&it));)
		(*ret)[count++] = n;
	return count;
}

static int copy_skel(struct work *w, const struct place *at, struct str home, uint32_t uid,
		     uint32_t gid, struct error *err)
{
	CLEANUP_BUF struct buf path = BUF_INIT(2 * LIMIT_PATH_MAX);
	struct node **nodes;
	size_t n = list_skel(w, &nodes), skip = 0;

	for (size_t i = 0; i < n; i++) {
		struct inode copy = *nodes[i]->inode;
		struct str below;

		buf_reset(&path);
		tree_path(nodes[i], &path);
		if (i == 0) {
			skip = path.len + 1; /* skel itself is the home */
			continue;
		}
		below = arena_str(w->arena, (struct str){ (const char *)path.ptr + skip,
							  path.len - skip });
		copy.mtime = w->in->epoch;
		if (put_owned(w, at, work_join(w, home, below), copy, uid, gid, err) < 0)
			return -1;
	}
	return 0;
}

static int put_keys(struct work *w, const struct place *at, const struct recipe_user *u,
		    struct str home, uint32_t uid, uint32_t gid, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_RECIPE_SIZE);
	struct str ssh = work_join(w, home, STR(".ssh"));
	struct bytes data;

	for (size_t i = 0; i < u->n_authorized_keys; i++) {
		buf_add_str(&text, str_trim(u->authorized_keys[i]));
		buf_add_char(&text, '\n');
	}
	data = arena_bytes(tree_arena(w->tree), buf_bytes(&text));
	if (put_owned(w, at, ssh, work_folder_of(w, 0700), uid, gid, err) < 0)
		return -1;
	return put_owned(w, at, work_join(w, ssh, STR("authorized_keys")),
			 work_file_of(w, data, 0600), uid, gid, err);
}

static int make_home(struct work *w, const struct place *at, const struct recipe_user *u,
		     struct str home, uint32_t uid, uint32_t gid, struct error *err)
{
	struct inode folder = work_folder_of(w, u->system ? 0755 : 0700);
	struct node *dir;
	bool is_new;

	folder.uid = uid;
	folder.gid = gid;
	if (work_put_folder(w, at, home, &folder, &dir, &is_new, err) < 0)
		return -1;
	if (!is_new || u->system)
		return 0;
	return copy_skel(w, at, home, uid, gid, err);
}

int compose_home(struct work *w, const struct recipe_user *u, struct str home, uint32_t uid,
		 uint32_t gid, struct error *err)
{
	struct place at = work_place(w, u->pos);
	bool has_home = home.len > 1 && !str_equal(home, STR("/nonexistent")) &&
			(u->home.len > 0 || u->n_authorized_keys > 0);

	if (!has_home && u->n_authorized_keys > 0) {
		err_at(err, ERR_RECIPE_VALUE, u->pos,
		       "user '" STR_FMT "' has 'authorized_keys' but no home to keep them in",
		       STR_ARG(u->name));
		return err_hint(err, "give the user a 'home'");
	}
	if (!has_home)
		return 0;
	while (home.len > 0 && home.ptr[0] == '/')
		home = (struct str){ home.ptr + 1, home.len - 1 };
	if (make_home(w, &at, u, home, uid, gid, err) < 0)
		return -1;
	return u->n_authorized_keys > 0 ? put_keys(w, &at, u, home, uid, gid, err) : 0;
}

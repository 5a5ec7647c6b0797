/*
 * Reading an EROFS back: docs/formats/erofs.md. Folders are taken in the order in which they
 * are found, from a list: nothing recurses. An inode is read once, so that no folder can be
 * its own parent.
 */
#include "format/erofs/erofs_reader.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strtab.h"

#define FOLDER_MAX (1u << 30) /* bytes: LIMIT_TREE_NODES names of ordinary length */

/* An inode that was found, in order of finding. */
struct found {
	struct node *node;
	uint64_t number;
	uint32_t links;		    /* as it says */
	uint32_t n_folders;	    /* in it */
	uint32_t parent;	    /* position in the list */
	uint32_t path_size;	    /* bytes */
	struct erofs_inode *folder; /* if it is one: where its names are; on the heap */
};

struct walk {
	struct erofs_reader r;
	struct tree *tree;
	struct strtab numbers; /* of an inode to its position in the list */
	struct found *found;
	size_t n, capacity;
	uint8_t *serials; /* a bit for each that an inode has */
};

static struct str number_key(const uint64_t *number)
{
	return (struct str){ (const char *)number, sizeof(*number) };
}

static int take_serial(struct walk *w, const struct erofs_inode *i, struct error *err)
{
	if (i->serial > w->r.super.inodes || (w->serials[i->serial / 8] & 1u << i->serial % 8))
		return erofs_wrong(err, i->number, "has serial number %u, of %llu", i->serial,
				   (unsigned long long)w->r.super.inodes);
	w->serials[i->serial / 8] = (uint8_t)(w->serials[i->serial / 8] | 1u << i->serial % 8);
	return 0;
}

static int add_found(struct walk *w, struct node *node, const struct erofs_inode *i,
		     uint32_t parent, struct error *err)
{
	if (take_serial(w, i, err) < 0)
		return -1;
	strtab_put(&w->numbers, number_key(&i->number), (uint32_t)w->n);
	MEM_GROW(w->found, w->n, w->capacity);
	w->found[w->n] = (struct found){ node, i->number, i->links, 0, parent, 0, NULL };
	if (i->attributes.kind == NODE_DIRECTORY) {
		w->found[w->n].folder = mem_alloc(sizeof(*i));
		*w->found[w->n].folder = *i;
	}
	if (w->n)
		w->found[w->n].path_size =
			w->found[parent].path_size + (uint32_t)node->name.len + 1;
	w->n++;
	return 0;
}

static int set_compressed(struct walk *w, const struct erofs_inode *i, struct content *ret,
			  struct error *err)
{
	CLEANUP_FREE struct block_extent *clusters = NULL;
	size_t n = 0;

	if (erofs_clusters(&w->r, i, &clusters, &n, err) < 0)
		return -1;
	if (block_files_add(w->r.files, clusters, n, ret, err) < 0)
		return err_while(err, "reading inode %llu of the EROFS",
				 (unsigned long long)i->number);
	return 0;
}

static int set_content(struct walk *w, const struct erofs_inode *i, struct inode *attributes,
		       struct buf *target, struct error *err)
{
	struct block_extent extents[2];

	if (erofs_is_compressed(i->layout))
		return set_compressed(w, i, &attributes->content, err);
	if (attributes->kind == NODE_FILE)
		return block_files_add(w->r.files, extents, erofs_extents(i, extents),
				       &attributes->content, err);
	if (attributes->kind != NODE_SYMLINK)
		return 0;
	if (erofs_load(&w->r, i, target, err) < 0)
		return -1;
	attributes->target = buf_str(target);
	if (target->len == 0 || memchr(target->ptr, 0, target->len))
		return erofs_wrong(err, i->number, "is a link to nowhere");
	return 0;
}

/* A name of an inode that was not seen yet. */
static int add_inode(struct walk *w, uint32_t parent, const struct erofs_name *name,
		     struct error *err)
{
	CLEANUP_BUF struct buf target = BUF_INIT(LIMIT_PATH_MAX - 1);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct erofs_inode i;
	struct node *node;

	if (erofs_read_inode(&w->r, name->inode, &arena, &i, err) < 0 ||
	    set_content(w, &i, &i.attributes, &target, err) < 0)
		return -1;
	if (i.attributes.kind == NODE_DIRECTORY)
		w->found[parent].n_folders++;
	node = tree_put(w->tree, w->found[parent].node, name->name, &i.attributes, 0);
	return add_found(w, node, &i, parent, err);
}

/* FT_* of erofs_fs.h. */
static bool is_of_type(const struct inode *i, uint8_t type)
{
	static const uint8_t types[] = { [NODE_DIRECTORY] = 2, [NODE_FILE] = 1, [NODE_SYMLINK] = 7,
					 [NODE_FIFO] = 5,      [NODE_CHAR] = 3, [NODE_BLOCK] = 4 };

	return types[i->kind] == type;
}

static int add_name(struct walk *w, uint32_t folder, const struct erofs_name *name,
		    struct error *err)
{
	uint32_t position = 0;

	if (tree_node_count(w->tree) >= LIMIT_TREE_NODES)
		return err_set(err, ERR_LIMIT, "the EROFS has more than %u names",
			       LIMIT_TREE_NODES);
	if (w->found[folder].path_size + name->name.len + 1 > LIMIT_PATH_MAX)
		return err_set(err, ERR_LIMIT, "a path in inode %llu of the EROFS is too long",
			       (unsigned long long)w->found[folder].number);
	if (!strtab_find(&w->numbers, number_key(&name->inode), &position)) {
		position = (uint32_t)w->n;
		if (add_inode(w, folder, name, err) < 0)
			return -1;
	} else if (w->found[position].node->inode->kind == NODE_DIRECTORY) {
		return erofs_wrong(err, name->inode, "is a folder with two names");
	} else {
		tree_link(w->tree, w->found[folder].node, name->name, w->found[position].node, 0);
	}
	if (!is_of_type(w->found[position].node->inode, name->type))
		return erofs_wrong(err, name->inode, "is called type %u", name->type);
	return 0;
}

/* "." and "..": whether it is one, and right. */
static int check_dots(const struct walk *w, uint32_t folder, const struct erofs_name *name,
		      unsigned *n_dots, struct error *err)
{
	bool is_self = str_equal_cstr(name->name, ".");
	const struct found *f = &w->found[folder];

	if (!is_self && !str_equal_cstr(name->name, ".."))
		return 0;
	if (name->inode != (is_self ? f : &w->found[f->parent])->number || name->type != 2)
		return erofs_wrong(err, f->number, "has a wrong '%s'", is_self ? "." : "..");
	++*n_dots;
	return 1;
}

static int read_folder(struct walk *w, uint32_t folder, struct bytes data, struct error *err)
{
	struct erofs_name name = { { NULL, 0 }, 0, 0 };
	unsigned n_dots = 0;
	size_t at = 0;
	int r;

	while ((r = erofs_next_name(data, &at, w->found[folder].number, name.name, &name, err)) >
	       0) {
		int dots = check_dots(w, folder, &name, &n_dots, err);

		if (dots < 0 || (dots == 0 && add_name(w, folder, &name, err) < 0))
			return -1;
	}
	if (r == 0 && n_dots != 2)
		return erofs_wrong(err, w->found[folder].number, "has no '.' or no '..'");
	return r;
}

static int read_root(struct walk *w, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct node *root = tree_root(w->tree);
	struct erofs_inode i;

	if (erofs_read_inode(&w->r, w->r.super.root, &arena, &i, err) < 0)
		return -1;
	if (i.attributes.kind != NODE_DIRECTORY)
		return erofs_wrong(err, i.number, "is the root, and no folder");
	tree_set_mode(root, i.attributes.mode, 0);
	tree_set_owner(root, i.attributes.uid, i.attributes.gid, 0);
	tree_set_mtime(root, i.attributes.mtime);
	for (uint32_t k = 0; k < i.attributes.n_xattrs; k++)
		tree_set_xattr(w->tree, root, i.attributes.xattrs[k].name,
			       i.attributes.xattrs[k].value, 0);
	return add_found(w, root, &i, 0, err);
}

static int check_links(const struct walk *w, struct error *err)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct found *f = &w->found[i];
		uint32_t links = f->folder ? 2 + f->n_folders : f->node->inode->links;

		if (f->links != links)
			return erofs_wrong(err, f->number, "counts %u links, and has %u", f->links,
					   links);
	}
	if (w->n != w->r.super.inodes)
		return err_set(err, ERR_FORMAT, "the EROFS counts %llu inodes, and has %zu",
			       (unsigned long long)w->r.super.inodes, w->n);
	return 0;
}

static int read_all(struct walk *w, struct error *err)
{
	CLEANUP_BUF struct buf data = BUF_INIT(FOLDER_MAX);

	if (erofs_claim(&w->r.ranges, EROFS_SUPER_OFFSET, EROFS_SUPER_SIZE, false, 0, err) < 0 ||
	    read_root(w, err) < 0)
		return -1;
	for (uint32_t i = 0; i < w->n; i++) {
		if (!w->found[i].folder)
			continue;
		if (erofs_load(&w->r, w->found[i].folder, &data, err) < 0 ||
		    read_folder(w, i, buf_bytes(&data), err) < 0)
			return -1;
	}
	if (check_links(w, err) < 0)
		return -1;
	return erofs_check_ranges(&w->r.ranges, w->r.in, err);
}

static void walk_release(struct walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->found[i].folder);
	free(w->found);
	free(w->serials);
	strtab_release(&w->numbers);
	erofs_ranges_release(&w->r.ranges);
	tree_free(w->tree);
}

int erofs_read(const struct window *in, struct block_files *files, struct erofs_facts *ret_facts,
	       struct tree **ret_tree, struct error *err)
{
	struct walk w = { .r = { .in = in, .files = files } };
	struct erofs_facts facts;
	int r;

	if (erofs_read_super(in, &w.r.super, &facts, err) < 0)
		return -1;
	if (w.r.super.inodes > LIMIT_TREE_NODES)
		return err_set(err, ERR_LIMIT, "the EROFS has %llu inodes, more than %u",
			       (unsigned long long)w.r.super.inodes, LIMIT_TREE_NODES);
	w.serials = mem_alloc((size_t)w.r.super.inodes / 8 + 1);
	w.tree = tree_new();
	erofs_ranges_init(&w.r.ranges, w.r.super.size);
	r = read_all(&w, err);
	if (r == 0) {
		*ret_facts = facts;
		*ret_tree = TAKE_PTR(w.tree);
	}
	walk_release(&w);
	return r;
}

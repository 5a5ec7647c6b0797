/*
 * Folders (directory.rst), from the root on: they give inodes their names. A folder
 * waits in a list until its turn, so that depth costs no stack; as a folder has one name
 * only, each is read once.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/crc.h"
#include "base/endian.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "format/ext4/ext4_read_private.h"

enum {
	ENTRY = 8, /* bytes before the name */
	TAIL = 12,
	LINKS_MAX = 65000, /* folders with more have 1 (feature dir_nlink) */
};

struct task {
	struct ext4_item *folder;
	uint32_t parent;   /* inode */
	struct node *node; /* NULL: lost+found, until something is found in it */
};

struct walk {
	struct ext4_reader *r;
	struct task *tasks;
	size_t n, capacity;
	uint32_t n_names;
	/* the folder that is read */
	struct task *task;
	uint32_t n_seen; /* its entries so far: the first two are "." and ".." */
	struct ext4_index *index;
	uint8_t *block;
};

static void add_task(struct walk *w, struct ext4_item *folder, uint32_t parent, struct node *node)
{
	MEM_GROW(w->tasks, w->n, w->capacity);
	w->tasks[w->n++] = (struct task){ folder, parent, node };
}

/* As file_type says it. */
static unsigned type_of(enum node_kind kind)
{
	static const uint8_t types[] = { [NODE_DIRECTORY] = 2, [NODE_FILE] = 1, [NODE_SYMLINK] = 7,
					 [NODE_FIFO] = 5,      [NODE_CHAR] = 3, [NODE_BLOCK] = 4 };

	return types[kind];
}

static int name_wrong(struct str name, uint32_t number, const char *what, struct error *err)
{
	CLEANUP_BUF struct buf safe = BUF_INIT(8 * (LIMIT_NAME_MAX + 1));

	text_add_safe(&safe, name);
	return err_set(err, ERR_FORMAT, "the name '%s' of inode %u %s", buf_cstr(&safe), number,
		       what);
}

static struct node *folder_node(struct walk *w)
{
	struct task *t = w->task;

	if (!t->node)
		t->node = t->folder->node = tree_put(w->r->tree, tree_root(w->r->tree),
						     STR("lost+found"), &t->folder->attributes, 0);
	return t->node;
}

/* As every tool makes it, for e2fsck's use: nobody's, if nothing is in it. */
static bool is_usual_lost_found(const struct walk *w, struct str name,
				const struct ext4_item *child)
{
	const struct inode *i = &child->attributes;

	return w->task->folder->number == EXT4_ROOT_INODE && str_equal_cstr(name, "lost+found") &&
	       i->mode == 0700 && !i->uid && !i->gid && !i->n_xattrs;
}

static int enter_folder(struct walk *w, struct str name, struct ext4_item *child, struct error *err)
{
	if (child->has_parent)
		return name_wrong(name, child->number, "is not the folder's only one", err);
	child->has_parent = true;
	w->task->folder->subfolders++;
	if (!is_usual_lost_found(w, name, child))
		child->node = tree_put(w->r->tree, folder_node(w), name, &child->attributes, 0);
	add_task(w, child, w->task->folder->number, child->node);
	return 0;
}

static int add_name(struct walk *w, struct str name, uint32_t number, unsigned type,
		    struct error *err)
{
	struct ext4_item *child = ext4_item(w->r, number);
	struct node *dir = NULL;

	if (!tree_is_name(name))
		return name_wrong(name, number, "is none", err);
	if (!child || child->special)
		return name_wrong(name, number, "is of an inode that is no file", err);
	if (type_of(child->attributes.kind) != type)
		return name_wrong(name, number, "has another type than the inode", err);
	if (w->n_names++ == LIMIT_TREE_NODES)
		return err_set(err, ERR_LIMIT, "more than %u names", LIMIT_TREE_NODES);
	if (w->task->node && tree_child(w->r->tree, w->task->node, name))
		return name_wrong(name, number, "stands twice", err);
	child->names++;
	if (child->attributes.kind == NODE_DIRECTORY) {
		struct task *before = w->tasks;
		size_t at = (size_t)(w->task - before);
		int r = enter_folder(w, name, child, err);

		w->task = &w->tasks[at]; /* the list may have moved */
		return r;
	}
	dir = folder_node(w);
	if (child->node)
		tree_link(w->r->tree, dir, name, child->node, 0);
	else
		child->node = tree_put(w->r->tree, dir, name, &child->attributes, 0);
	return 0;
}

/* "." and "..". */
static int check_self(struct walk *w, struct str name, uint32_t number, unsigned type,
		      struct error *err)
{
	bool is_parent = w->n_seen == 1;
	uint32_t expected = is_parent ? w->task->parent : w->task->folder->number;

	if (!str_equal_cstr(name, is_parent ? ".." : ".") || number != expected || type != 2)
		return err_set(err, ERR_FORMAT, "'%s' is missing or of inode %u instead of %u",
			       is_parent ? ".." : ".", number, expected);
	return 0;
}

static int read_entry(struct walk *w, const uint8_t *entry, uint32_t place, struct error *err)
{
	uint32_t number = get_le32(entry);
	struct str name = { (const char *)entry + ENTRY, entry[6] };

	if (w->n_seen < 2) {
		if (check_self(w, name, number, entry[7], err) < 0)
			return -1;
		w->n_seen++;
		return 0;
	}
	if (number == 0)
		return 0;
	if (w->index && !ext4_index_has_place(w->index, place, name))
		return name_wrong(name, number, "is in the wrong block of the index", err);
	return add_name(w, name, number, entry[7], err);
}

/* Entries fill the first @size bytes exactly. */
static int read_entries(struct walk *w, const uint8_t *block, size_t size, uint32_t place,
			struct error *err)
{
	size_t at = 0;

	while (at < size) {
		const uint8_t *entry = block + at;
		size_t length = 0, needed = 0;

		if (size - at < ENTRY + 4)
			return err_set(err, ERR_FORMAT, "an entry at byte %zu has no room", at);
		length = get_le16(entry + 4);
		needed = get_le32(entry) ? (ENTRY + (size_t)entry[6] + 3) & ~(size_t)3 : ENTRY + 4;
		if (length % 4 || length < needed || length > size - at)
			return err_set(err, ERR_FORMAT, "an entry at byte %zu has %zu bytes", at,
				       length);
		if (read_entry(w, entry, place, err) < 0)
			return -1;
		at += length;
	}
	return 0;
}

static int check_tail(const struct walk *w, const uint8_t *block, struct error *err)
{
	static const uint8_t head[8] = { 0, 0, 0, 0, TAIL, 0, 0, 0xde };
	size_t size = w->r->block_size - TAIL;
	const struct ext4_item *folder = w->task->folder;
	uint32_t crc = crc32c_raw(ext4_read_seed(w->r, folder->number, folder->generation),
				  (struct bytes){ block, size });

	if (memcmp(block + size, head, sizeof(head)) != 0)
		return err_set(err, ERR_FORMAT, "a block of names has no checksum");
	if (get_le32(block + size + 8) != crc)
		return err_set(err, ERR_FORMAT, "the checksum of a block of names is wrong");
	return 0;
}

static int read_folder_block(struct walk *w, uint64_t block, uint32_t place, struct error *err)
{
	size_t size = w->r->block_size - TAIL;

	if (w->index && place > 0 && ext4_index_is_node(w->index, place))
		return 0;
	if (ext4_read_block(w->r, block, w->block, err) < 0)
		return -1;
	if (w->index && place == 0) {
		/* two entries, the second with all of the index in it */
		if (get_le16(w->block + 4) != 12 ||
		    get_le16(w->block + 16) != w->r->block_size - 12)
			return err_set(err, ERR_FORMAT, "the index hides names");
		return read_entries(w, w->block, w->r->block_size, place, err);
	}
	if (check_tail(w, w->block, err) < 0)
		return -1;
	return read_entries(w, w->block, size, place, err);
}

static int read_blocks(struct walk *w, const uint64_t *blocks, uint32_t n, struct error *err)
{
	int r = 0;

	w->n_seen = 0;
	if (w->task->folder->flags & EXT4_FLAG_INDEX)
		r = ext4_index_read(w->r, w->task->folder, blocks, n, &w->index, err);
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		r = read_folder_block(w, blocks[i], i, err);
		if (r < 0)
			err_while(err, "reading block %llu", (unsigned long long)blocks[i]);
	}
	ext4_index_free(TAKE_PTR(w->index));
	if (r == 0 && w->n_seen < 2)
		return err_set(err, ERR_FORMAT, "'..' is missing");
	return r;
}

static int read_folder(struct walk *w, struct error *err)
{
	const struct ext4_item *folder = w->task->folder;
	uint32_t n = (uint32_t)(folder->size / w->r->block_size), to = 0;
	CLEANUP_FREE uint64_t *blocks = mem_array(n, sizeof(*blocks));

	for (size_t i = 0; i < folder->n_runs; i++) {
		const struct block_extent *e = &folder->runs[i];

		for (uint64_t k = 0; k < e->length; k += w->r->block_size)
			blocks[to++] = (e->offset + k) / w->r->block_size;
	}
	assert(to == n);
	return read_blocks(w, blocks, n, err);
}

static int check_links(const struct ext4_reader *r, const struct ext4_item *item, struct error *err)
{
	bool is_folder = item->attributes.kind == NODE_DIRECTORY;
	uint32_t links = is_folder ? 2 + item->subfolders : item->names;

	if (item->special)
		return 0;
	if (is_folder ? !item->has_parent : !item->names)
		return err_set(err, ERR_FORMAT, "inode %u is in use and has no name", item->number);
	if (is_folder && links > LINKS_MAX && r->ro_compat & EXT4_HAS_DIR_NLINK)
		links = 1;
	if (links != item->links)
		return err_set(err, ERR_FORMAT, "inode %u has %u links and says %u", item->number,
			       links, item->links);
	return 0;
}

static void set_root(struct ext4_reader *r, struct ext4_item *item)
{
	const struct inode *a = &item->attributes;

	item->node = tree_root(r->tree);
	item->has_parent = true;
	tree_set_mode(item->node, a->mode, 0);
	tree_set_owner(item->node, a->uid, a->gid, 0);
	tree_set_mtime(item->node, a->mtime);
	for (uint32_t i = 0; i < a->n_xattrs; i++)
		tree_set_xattr(r->tree, item->node, a->xattrs[i].name, a->xattrs[i].value, 0);
}

static int read_all(struct walk *w, struct error *err)
{
	struct ext4_reader *r = w->r;

	for (size_t i = 0; i < w->n; i++) {
		uint32_t number = w->tasks[i].folder->number;

		w->task = &w->tasks[i];
		if (read_folder(w, err) < 0)
			return err_while(err, "reading the folder of inode %u", number);
	}
	for (uint32_t g = 0; g < r->n_groups; g++)
		for (uint32_t i = 0; i < r->groups[g].n_items; i++)
			if (r->groups[g].items[i] && check_links(r, r->groups[g].items[i], err) < 0)
				return -1;
	return 0;
}

int ext4_read_folders(struct ext4_reader *r, struct error *err)
{
	CLEANUP_FREE uint8_t *block = mem_alloc(r->block_size);
	struct walk w = { .r = r, .block = block };
	struct ext4_item *root = ext4_item(r, EXT4_ROOT_INODE);
	int status = 0;

	set_root(r, root);
	add_task(&w, root, EXT4_ROOT_INODE, root->node);
	status = read_all(&w, err);
	free(w.tasks);
	return status;
}

/* Trees written as ext4 and read back by the reader, which was written apart. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "format/ext4/ext4.h"
#include "format/ext4/ext4_read.h"

#define EPOCH 1700000000
#define FOLDER_MTIME 1234567

static uint64_t next(uint64_t *state) /* splitmix64 */
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static struct bytes random_bytes(struct arena *a, uint64_t *seed, size_t n, bool text)
{
	uint8_t *p = arena_alloc(a, n + 1);

	for (size_t i = 0; i < n; i++) {
		p[i] = (uint8_t)next(seed);
		if (text && (p[i] == 0 || p[i] == '/'))
			p[i] = 'x';
	}
	return (struct bytes){ p, n };
}

static struct str random_name(struct arena *a, uint64_t *seed)
{
	size_t n = next(seed) % 10 ? 1 + next(seed) % 20 : 1 + next(seed) % 255;

	return bytes_str(random_bytes(a, seed, n, true));
}

/* Bytes with runs of zeros of whole blocks among them, of any length. */
static struct content random_content(struct arena *a, uint64_t *seed)
{
	static const size_t most[] = { 1, 100, 5000, 100000, 300000 };
	size_t n = next(seed) % most[next(seed) % 5];
	uint8_t *p = arena_alloc(a, n + 1);
	bool zeros = false;

	for (size_t i = 0; i < n; i++) {
		if (i % 4096 == 0)
			zeros = next(seed) % 3 == 0;
		p[i] = zeros ? 0 : (uint8_t)(i * 31 + i / 4096 + 1);
	}
	return content_of_bytes((struct bytes){ p, n });
}

static struct inode random_inode(struct arena *a, uint64_t *seed)
{
	static const enum node_kind kinds[] = { NODE_DIRECTORY, NODE_FILE, NODE_FILE, NODE_FILE,
						NODE_SYMLINK,	NODE_FIFO, NODE_CHAR, NODE_BLOCK };
	struct inode i = { .kind = kinds[next(seed) % 8],
			   .mode = next(seed) & 07777,
			   .uid = next(seed) % 2 ? (uint32_t)next(seed) : 0,
			   .gid = next(seed) % 2 ? (uint32_t)next(seed) : 0,
			   .mtime = (int64_t)(next(seed) % 4000000000u) - 1000000000 };

	if (i.kind == NODE_FILE)
		i.content = random_content(a, seed);
	if (i.kind == NODE_SYMLINK) {
		size_t n = next(seed) % 2 ? 55 + next(seed) % 10 : 1 + next(seed) % 4095;

		i.target = bytes_str(random_bytes(a, seed, n, true));
		i.mode = 0777;
	}
	if (i.kind == NODE_CHAR || i.kind == NODE_BLOCK) {
		i.major = (uint32_t)next(seed) % (next(seed) % 2 ? 256 : 4096);
		i.minor = (uint32_t)next(seed) % (next(seed) % 2 ? 256 : 1 << 20);
	}
	return i;
}

static void add_xattrs(struct tree *t, struct node *node, uint64_t *seed)
{
	static const uint8_t capability[20] = { 1, 0, 0, 2, 0, 32 };
	static const uint8_t acl[] = { 2,   0,	 0,   0,   1,	0,   6,	 0,   255, 255, 255,
				       255, 2,	 0,   4,   0,	5,   1,	 0,   0,   4,	0,
				       4,   0,	 255, 255, 255, 255, 16, 0,   4,   0,	255,
				       255, 255, 255, 32,  0,	4,   0,	 255, 255, 255, 255 };
	static const char *const prefixes[] = { "user.", "trusted.", "security." };
	size_t n = next(seed) % 5;

	if (next(seed) % 3 == 0)
		tree_set_xattr(t, node, STR("security.capability"), BYTES_OF(capability), 0);
	if (next(seed) % 3 == 0)
		tree_set_xattr(t, node, STR("system.posix_acl_access"), BYTES_OF(acl), 0);
	while (n--) {
		char name[64];

		snprintf(name, sizeof(name), "%s%c%llu", prefixes[next(seed) % 3],
			 (char)('a' + next(seed) % 26), (unsigned long long)next(seed) % 1000);
		tree_set_xattr(t, node, str_of(name),
			       random_bytes(tree_arena(t), seed, next(seed) % 300, false), 0);
	}
}

static struct tree *make_tree(uint64_t seed, unsigned n)
{
	struct tree *t = tree_new();
	struct arena *a = tree_arena(t);
	struct node **folders = arena_array(a, n + 1, sizeof(*folders)), *last = NULL;
	unsigned n_folders = 1;

	folders[0] = tree_root(t);
	tree_set_mode(folders[0], next(&seed) & 07777, 0);
	tree_set_owner(folders[0], 3, 70000, 0);
	while (n--) {
		/* the newest folder is likely: paths get deep */
		struct node *dir =
			folders[next(&seed) % 2 ? n_folders - 1 : next(&seed) % n_folders];
		struct str name = random_name(a, &seed);
		struct inode inode = random_inode(a, &seed);

		if (!tree_is_name(name) || tree_child(t, dir, name))
			continue;
		if (last && next(&seed) % 8 == 0) {
			tree_link(t, dir, name, last, 0);
			continue;
		}
		last = tree_put(t, dir, name, &inode, 0);
		if (next(&seed) % 4 == 0 && inode.kind != NODE_SYMLINK)
			add_xattrs(t, last, &seed);
		if (inode.kind == NODE_DIRECTORY) {
			folders[n_folders++] = last;
			last = NULL;
		}
	}
	return t;
}

static struct ext4_options options_of(uint64_t seed)
{
	struct ext4_options o = { .uuid = "0123456789abcde",
				  .hash_seed = "fedcba987654321",
				  .label = STR("root"),
				  .epoch = EPOCH,
				  .folder_mtime = FOLDER_MTIME };

	o.journal = seed % 3 == 1;
	o.free = seed % 4 == 1 ? 10000000 : 0;
	o.grow_to = seed % 5 == 1 ? 30000000000 : 0;
	o.size = seed % 7 == 1 ? 300000000 : 0;
	return o;
}

/* A file in memory. */
static int write_image(const struct tree *t, const struct ext4_options *o, struct error *err)
{
	CLEANUP_EXT4_PLAN struct ext4_plan *plan = NULL;
	int fd = memfd_create("image", MFD_CLOEXEC);
	struct sink *out = NULL;
	uint64_t size = 0;

	cr_assert_geq(fd, 0);
	cr_assert_eq(ext4_plan(t, o, &plan, err), 0, "%s", err->message);
	size = ext4_numbers(plan).size;
	out = sink_to_fd(fd, "image");
	cr_assert_eq(ext4_write(plan, NULL, out, err), 0, "%s", err->message);
	cr_assert_eq(out->offset, size);
	cr_assert_eq(sink_close(out, err), 0);
	return fd;
}

static struct window window_of(int fd)
{
	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	return (struct window){ fd, "image", 0, (uint64_t)st.st_size };
}

static int64_t expected_mtime(const struct inode *i)
{
	if (i->kind == NODE_DIRECTORY)
		return FOLDER_MTIME;
	return i->mtime < 0 ? 0 : i->mtime > EPOCH ? EPOCH : i->mtime;
}

static void assert_same_inode(const struct inode *a, const struct inode *b)
{
	cr_assert_eq(a->kind, b->kind);
	cr_assert_eq(a->mode, b->mode, "mode 0%o, was 0%o", b->mode, a->mode);
	cr_assert_eq(a->uid, b->uid);
	cr_assert_eq(a->gid, b->gid);
	cr_assert_eq(expected_mtime(a), b->mtime);
	cr_assert_eq(a->major, b->major);
	cr_assert_eq(a->minor, b->minor);
	cr_assert(str_equal(a->target, b->target));
	cr_assert_eq(a->n_xattrs, b->n_xattrs);
	for (uint32_t i = 0; i < a->n_xattrs; i++) {
		cr_assert(str_equal(a->xattrs[i].name, b->xattrs[i].name));
		cr_assert(bytes_equal(a->xattrs[i].value, b->xattrs[i].value));
	}
	if (a->kind != NODE_DIRECTORY)
		cr_assert_eq(a->links, b->links);
	if (a->kind == NODE_FILE) {
		cr_assert_eq(a->content.size, b->content.size);
		cr_assert(digest_equal(&a->content.digest, &b->content.digest));
	}
}

static void assert_same_tree(const struct tree *a, const struct tree *b)
{
	struct tree_iter i = tree_iter(a, tree_root(a)), k = tree_iter(b, tree_root(b));
	CLEANUP_FREE const struct inode **twin = mem_array(tree_inode_count(a), sizeof(*twin));
	struct digest x = tree_digest(a, EPOCH), y = tree_digest(b, EPOCH);

	for (const struct node *n; (n = tree_next(&i));) {
		const struct node *m = tree_next(&k);

		cr_assert(m && str_equal(n->name, m->name));
		assert_same_inode(n->inode, m->inode);
		if (!twin[n->inode->serial])
			twin[n->inode->serial] = m->inode;
		cr_assert_eq(twin[n->inode->serial], m->inode);
	}
	cr_assert_null(tree_next(&k));
	cr_assert(digest_equal(&x, &y));
}

/* What was read can be read again, as its handle says. */
static void assert_readable(const struct tree *t, const struct block_files *files)
{
	struct tree_iter it = tree_iter(t, tree_root(t));
	struct error err = ERR_INIT;

	for (const struct node *n; (n = tree_next(&it));) {
		CLEANUP_BUF struct buf data = BUF_INIT(1u << 20);

		if (n->inode->kind == NODE_FILE)
			cr_assert_eq(content_load(block_files_reader(files), &n->inode->content,
						  &data, &err),
				     0, "%s", err.message);
	}
}

static void round_trip(uint64_t seed, unsigned n)
{
	CLEANUP_TREE struct tree *t = make_tree(seed, n), *back = NULL;
	struct ext4_options o = options_of(seed);
	CLEANUP_BLOCK_FILES struct block_files *files = NULL;
	struct error err = ERR_INIT;
	CLEANUP_CLOSE int fd = write_image(t, &o, &err);
	struct window in = window_of(fd);
	struct ext4_facts facts;

	files = block_files_new(&in);
	cr_assert_eq(ext4_read(&in, files, &facts, &back, &err), 0, "seed %llu: %s",
		     (unsigned long long)seed, err.message);
	cr_assert(facts.size <= in.size && in.size - facts.size < EXT4_BLOCK_SIZE);
	cr_assert_eq(facts.has_journal, o.journal);
	cr_assert(facts.is_clean && !strcmp(facts.label, "root"));
	cr_assert_eq(memcmp(facts.uuid, o.uuid, 16), 0);
	cr_assert_geq(facts.free_blocks * 4096, o.free);
	assert_same_tree(t, back);
	assert_readable(back, files);
}

Test(ext4_tree, random_trees_are_read_back_equal)
{
	for (uint64_t seed = 1; seed <= 30; seed++)
		round_trip(seed, seed % 6 ? 60 : 400);
}

Test(ext4_tree, an_empty_tree_and_an_empty_lost_found_are_the_same)
{
	CLEANUP_TREE struct tree *t = tree_new(), *back = NULL;
	struct ext4_options o = options_of(0);
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_CLOSE int fd = write_image(t, &o, &err);
	struct window in = window_of(fd);
	CLEANUP_BLOCK_FILES struct block_files *files = block_files_new(&in);
	struct ext4_facts facts;

	cr_assert_eq(ext4_read(&in, files, &facts, &back, &err), 0, "%s", err.message);
	cr_assert_eq(tree_node_count(back), 1);
}

static struct node *find_long_link(const struct tree *t)
{
	struct tree_iter it = tree_iter(t, tree_root(t));
	struct node *n = NULL;

	while ((n = tree_next(&it)))
		if (n->inode->kind == NODE_SYMLINK && n->inode->target.len >= 60)
			break;
	return n;
}

/*
 * A tree in which all that is in use is metadata: files are empty, targets of links lie
 * in the inodes. ext4 has no checksums of contents, and a long target is one.
 */
static struct tree *make_metadata_tree(void)
{
	struct tree *t = make_tree(4, 300);
	struct tree_iter it = tree_iter(t, tree_root(t));

	for (struct node *n; (n = tree_next(&it));)
		if (n->inode->kind == NODE_FILE)
			tree_set_content(n, &content_empty, 0);
	for (struct node *n; (n = find_long_link(t));)
		tree_remove(t, n, 0);
	return t;
}

/* True if the reader finds something wrong; else the tree must be what it was. */
static bool is_found(const struct window *in, const struct digest *before, uint64_t at)
{
	CLEANUP_BLOCK_FILES struct block_files *files = block_files_new(in);
	CLEANUP_TREE struct tree *t = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct ext4_facts facts;
	struct digest after;

	if (ext4_read(in, files, &facts, &t, &err) < 0)
		return true;
	after = tree_digest(t, EPOCH);
	cr_assert(digest_equal(before, &after), "byte %llu changes the tree",
		  (unsigned long long)at);
	return false;
}

/*
 * A bit that is turned over in a byte that says something is found wherever it is. Among
 * the zeros are those that nothing describes: they change nothing.
 */
Test(ext4_tree, each_bit_turned_over_in_metadata_is_found)
{
	CLEANUP_TREE struct tree *t = make_metadata_tree();
	struct ext4_options o = options_of(1); /* with all there is */
	struct error err = ERR_INIT;
	CLEANUP_CLOSE int fd = -1;
	struct window in;
	struct digest before = tree_digest(t, EPOCH);
	uint64_t seed = 99, tried = 0;
	uint8_t *image = NULL;

	o.size = 0;
	fd = write_image(t, &o, &err);
	in = window_of(fd);
	image = mmap(NULL, in.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	cr_assert_neq(image, MAP_FAILED);
	cr_assert_not(is_found(&in, &before, 0));
	while (tried < 600) {
		uint64_t at = next(&seed) % in.size;
		uint8_t bit = (uint8_t)(1u << next(&seed) % 8), was = image[at];
		bool found = false;

		if (!was && next(&seed) % 1000)
			continue; /* most of the image is free */
		image[at] ^= bit;
		found = is_found(&in, &before, at);
		image[at] = was;
		tried++;
		cr_expect(found || !was, "bit 0x%02x of byte %llu (block %llu + 0x%llx)", bit,
			  (unsigned long long)at, (unsigned long long)at / 4096,
			  (unsigned long long)at % 4096);
	}
	munmap(image, in.size);
}

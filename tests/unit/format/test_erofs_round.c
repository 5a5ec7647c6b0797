/* What our EROFS writer wrote is what our reader, made apart from it, reads. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "format/erofs/erofs.h"
#include "format/erofs/erofs_read.h"
#include "io/file.h"
#include "tools/tree_text.h"

#define EPOCH 1700000000

static const struct erofs_options options = {
	.uuid = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
	.label = { "a round trip", 12 },
	.epoch = EPOCH,
};

static uint64_t write_tree(const struct tree *t, enum erofs_compression compression, int fd)
{
	struct erofs_options o = options;
	CLEANUP_EROFS_PLAN struct erofs_plan *p = NULL;
	struct error err = ERR_INIT;
	struct sink *out = sink_to_fd(fd, "image");

	o.compression = compression;
	cr_assert_eq(erofs_plan(t, &o, &p, &err), 0, "%s", err.message);
	cr_assert_eq(erofs_write(p, NULL, out, &err), 0, "%s", err.message);
	cr_assert_eq(sink_close(out, &err), 0);
	return erofs_size(p);
}

static void assert_returns_from(const struct tree *t, enum erofs_compression compression,
				const char *name)
{
	CLEANUP_CLOSE int fd = memfd_create("image", MFD_CLOEXEC);
	struct window in = { fd, "image", 0, write_tree(t, compression, fd) };
	CLEANUP_BLOCK_FILES struct block_files *files = block_files_new(&in);
	CLEANUP_TREE struct tree *again = NULL;
	struct erofs_facts facts;
	struct error err = ERR_INIT;
	struct digest before = tree_digest(t, EPOCH), after;

	cr_assert_eq(erofs_read(&in, files, &facts, &again, &err), 0, "%s: %s", name, err.message);
	after = tree_digest(again, INT64_MAX);
	cr_assert(digest_equal(&before, &after), "%s", name);
	cr_assert_eq(tree_node_count(again), tree_node_count(t));
	cr_assert_str_eq(facts.label, "a round trip");
	cr_assert_eq(memcmp(facts.uuid, options.uuid, 16), 0);
	cr_assert_eq(facts.size, in.size);
}

static void assert_returns(const struct tree *t, const char *name)
{
	assert_returns_from(t, EROFS_UNCOMPRESSED, name);
	assert_returns_from(t, EROFS_LZ4, name);
}

Test(erofs_round, random_trees_come_back)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		CLEANUP_TREE struct tree *t = tree_random(seed, 800);
		char name[32];

		snprintf(name, sizeof(name), "seed %u", (unsigned)seed);
		assert_returns(t, name);
	}
}

static const char *const golden_trees[] = { "devices", "empty", "folders", "hard-links", "names",
					    "numbers", "tails", "times",   "xattrs" };

Test(erofs_round, golden_trees_come_back)
{
	for (size_t i = 0; i < sizeof(golden_trees) / sizeof(*golden_trees); i++) {
		CLEANUP_FREE char *path =
			mem_printf("%s/golden/erofs/%s/input.tree", TEST_DATA, golden_trees[i]);
		CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
		CLEANUP_TREE struct tree *t = NULL;
		struct error err = ERR_INIT;

		cr_assert_eq(file_load(AT_FDCWD, path, &text, &err), 0);
		cr_assert_eq(tree_text_parse(buf_str(&text), &t, NULL, &err), 0);
		assert_returns(t, golden_trees[i]);
	}
}

/* A folder over many blocks, and files around each size where the layout changes. */
Test(erofs_round, large_folders_and_all_sizes_of_tails_come_back)
{
	CLEANUP_TREE struct tree *t = tree_new();
	static uint8_t data[3 * 4096];
	struct inode file = { .kind = NODE_FILE, .mode = 0644, .mtime = EPOCH };
	char name[32];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31 + i / 256);
	for (unsigned i = 0; i < 3000; i++) {
		size_t size = i < 200 ? 4000 + i : i < 400 ? 8100 + i - 200 : i % 70;

		file.content = content_of_bytes((struct bytes){ data, size });
		file.mtime = EPOCH - i % 2;
		snprintf(name, sizeof(name), "%u-%u", i * 7919 % 3000, i);
		tree_put(t, tree_root(t), str_of(name), &file, 0);
	}
	assert_returns(t, "3000 files");
}

/* Words, zeros and noise in turn: clusters of all kinds, and ends of all kinds. */
static void make(uint8_t *to, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++) {
		unsigned kind = (unsigned)(i >> 13) * 2654435761u >> 30;

		seed = seed * 1664525 + 1013904223;
		to[i] = kind == 0 ? 0 : kind == 1 ? (uint8_t)(seed >> 24) : (uint8_t)(seed >> 30);
	}
}

Test(erofs_round, compressed_files_of_all_sizes_come_back)
{
	CLEANUP_TREE struct tree *t = tree_new();
	CLEANUP_FREE uint8_t *data = mem_alloc(3u << 20);
	struct inode file = { .kind = NODE_FILE, .mode = 0644, .mtime = EPOCH };
	char name[32];

	make(data, 3u << 20, 1);
	for (unsigned i = 0; i < 210; i++) {
		size_t size = i < 200 ? (i / 10 + 2) * 4096 - 5 + i % 10 : (i - 199) * (i - 199) * 7001;

		file.content = content_of_bytes((struct bytes){ data + i, size });
		snprintf(name, sizeof(name), "%u", i);
		tree_put(t, tree_root(t), str_of(name), &file, 0);
	}
	assert_returns(t, "210 files");
}

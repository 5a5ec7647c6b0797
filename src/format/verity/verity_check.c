/*
 * Checking a device against its hash tree: docs/formats/verity.md, from the kernel's
 * verity.rst and cryptsetup's superblock. From the root down: the first wrong block that
 * is named is wrong by itself, not because of one above it.
 */
#include "format/verity/verity.h"

#include <stdlib.h>

#include "base/endian.h"
#include "base/mem.h"
#include "crypto/hash.h"

#define BLOCK VERITY_BLOCK_SIZE
#define PER_BLOCK (BLOCK / DIGEST_SIZE)
#define LEVELS_MAX 8  /* 128^8 blocks of 4096 bytes are more than 2^64 bytes */
#define AT_A_TIME 64u /* blocks that are read together */

struct check {
	const struct window *data, *hash;
	struct bytes salt;
	uint64_t data_blocks;
	unsigned n_levels;	    /* 0: one block, whose hash is the root */
	uint64_t start[LEVELS_MAX]; /* block on the hash device; level 0 is over data */
	uint64_t n_blocks[LEVELS_MAX];
	struct hash *hasher;
};

static struct digest hash_block(struct check *c, const uint8_t *block)
{
	hash_add(c->hasher, c->salt);
	hash_add(c->hasher, (struct bytes){ block, BLOCK });
	return hash_finish(c->hasher);
}

static int read_superblock(struct check *c, uint8_t sb[static BLOCK], struct error *err)
{
	static const uint8_t magic[8] = "verity\0";
	uint16_t salt_size;

	if (window_read(c->hash, 0, sb, BLOCK, err) < 0)
		return -1;
	if (memcmp(sb, magic, 8) != 0 || get_le32(sb + 8) != 1)
		return err_set(err, ERR_FORMAT, "there is no superblock of dm-verity, version 1");
	if (get_le32(sb + 12) != 1 || memcmp(sb + 32,
					     "sha256\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
					     "\0\0\0\0\0\0\0\0\0",
					     32) != 0)
		return err_set(err, ERR_UNSUPPORTED, "the hash tree is not of type 1 and SHA-256");
	if (get_le32(sb + 64) != BLOCK || get_le32(sb + 68) != BLOCK)
		return err_set(err, ERR_UNSUPPORTED,
			       "the hash tree has data blocks of %u and hash blocks of %u bytes",
			       get_le32(sb + 64), get_le32(sb + 68));
	salt_size = get_le16(sb + 80);
	if (salt_size > 256 || !bytes_are_zero(sb + 82, 6) ||
	    !bytes_are_zero(sb + 88 + salt_size, 256 - salt_size) ||
	    !bytes_are_zero(sb + 344, BLOCK - 344))
		return err_set(err, ERR_FORMAT,
			       "reserved bytes of the verity superblock are not zero");
	c->salt = (struct bytes){ sb + 88, salt_size };
	c->data_blocks = get_le64(sb + 72);
	if (c->data_blocks == 0 || c->data_blocks > UINT64_MAX / BLOCK ||
	    c->data_blocks * BLOCK != c->data->size)
		return err_set(err, ERR_FORMAT,
			       "the hash tree is of %llu blocks, and the device has %llu bytes",
			       (unsigned long long)c->data_blocks,
			       (unsigned long long)c->data->size);
	return 0;
}

/* The root's level lies first, behind the superblock. */
static int plan_levels(struct check *c, struct error *err)
{
	uint64_t blocks = c->data_blocks, next = 1;

	while (blocks > 1) {
		blocks = (blocks + PER_BLOCK - 1) / PER_BLOCK;
		c->n_blocks[c->n_levels++] = blocks;
	}
	for (unsigned level = c->n_levels; level-- > 0;) {
		c->start[level] = next;
		next += c->n_blocks[level];
	}
	if (next * BLOCK > c->hash->size)
		return err_set(err, ERR_FORMAT,
			       "the hash tree has %llu bytes, and its device has %llu",
			       (unsigned long long)next * BLOCK, (unsigned long long)c->hash->size);
	return 0;
}

static int wrong(const char *what, uint64_t block, struct error *err)
{
	return err_set(err, ERR_DIGEST, "%s %llu is not what the hash tree says", what,
		       (unsigned long long)block);
}

/*
 * @n blocks of @in from block @from, whose digests are @digests: those of hash blocks
 * above that have been checked.
 */
static int check_blocks(struct check *c, const struct window *in, uint64_t from, uint64_t n,
			const uint8_t *digests, const char *what, uint64_t number,
			struct error *err)
{
	uint8_t *blocks = mem_alloc(AT_A_TIME * BLOCK);
	int r = 0;

	for (uint64_t done = 0; r == 0 && done < n; done += AT_A_TIME) {
		uint64_t now = n - done < AT_A_TIME ? n - done : AT_A_TIME;

		r = window_read(in, (from + done) * BLOCK, blocks, (size_t)now * BLOCK, err);
		for (uint64_t i = 0; r == 0 && i < now; i++) {
			struct digest d = hash_block(c, blocks + i * BLOCK);

			if (memcmp(d.bytes, digests + (done + i) * DIGEST_SIZE, DIGEST_SIZE) != 0)
				r = wrong(what, number + done + i, err);
		}
	}
	free(blocks);
	return r;
}

/* One checked hash block at a time, and what lies right below it. */
static int check_level(struct check *c, unsigned level, struct error *err)
{
	const struct window *in = level ? c->hash : c->data;
	uint64_t below = level ? c->n_blocks[level - 1] : c->data_blocks;
	uint64_t start = level ? c->start[level - 1] : 0;
	uint8_t block[BLOCK];

	for (uint64_t i = 0; i < c->n_blocks[level]; i++) {
		uint64_t n = below - i * PER_BLOCK < PER_BLOCK ? below - i * PER_BLOCK : PER_BLOCK;

		if (window_read(c->hash, (c->start[level] + i) * BLOCK, block, BLOCK, err) < 0)
			return -1;
		if (!bytes_are_zero(block + n * DIGEST_SIZE, BLOCK - n * DIGEST_SIZE))
			return err_set(err, ERR_FORMAT, "hash block %llu has bytes after its end",
				       (unsigned long long)(c->start[level] + i));
		if (check_blocks(c, in, start + i * PER_BLOCK, n, block,
				 level ? "hash block" : "data block", start + i * PER_BLOCK,
				 err) < 0)
			return -1;
	}
	return 0;
}

static int check_root(struct check *c, const struct digest *root, struct error *err)
{
	const struct window *in = c->n_levels ? c->hash : c->data;
	uint64_t top = c->n_levels ? c->start[c->n_levels - 1] : 0;

	return check_blocks(c, in, top, 1, root->bytes, c->n_levels ? "hash block" : "data block",
			    top, err);
}

int verity_check(const struct window *data, const struct window *hash, const struct digest *root,
		 struct error *err)
{
	struct check c = { .data = data, .hash = hash };
	uint8_t superblock[BLOCK];
	int r;

	if (read_superblock(&c, superblock, err) < 0 || plan_levels(&c, err) < 0)
		return -1;
	c.hasher = hash_new();
	r = check_root(&c, root, err);
	for (unsigned level = c.n_levels; r == 0 && level-- > 0;)
		r = check_level(&c, level, err);
	hash_free(c.hasher);
	return r;
}

/* The superblock: struct erofs_super_block of the kernel's fs/erofs/erofs_fs.h. */
#include "format/erofs/erofs_reader.h"

#include "base/crc.h"
#include "base/endian.h"

#define COMPAT_CHECKSUM 1u
#define COMPAT_MTIME 2u
#define INCOMPAT_ZERO_PADDING 1u /* of compressed data; mkfs.erofs sets it without any, too */

static const char *const incompat_names[] = {
	"zero padding", "big clusters", "chunk-based files", "further devices",
	"packed tails", "fragments",	"xattr prefixes",    "48-bit addresses",
};

static int check_features(const uint8_t *s, struct error *err)
{
	uint32_t compat = get_le32(s + 8), incompat = get_le32(s + 80) & ~INCOMPAT_ZERO_PADDING;

	for (unsigned bit = 0; bit < 32; bit++)
		if (incompat & 1u << bit)
			return err_set(err, ERR_UNSUPPORTED, "the EROFS uses %s (feature %08x)",
				       bit < 8 ? incompat_names[bit] : "something new", incompat);
	if (!(compat & COMPAT_CHECKSUM))
		return err_set(err, ERR_UNSUPPORTED, "the EROFS has no checksum");
	if (compat & ~(COMPAT_CHECKSUM | COMPAT_MTIME))
		return err_set(err, ERR_UNSUPPORTED, "the EROFS has compatible features %08x",
			       compat);
	/* How far back LZ4 looks: what a decoder of streams would need. */
	if (!(get_le32(s + 80) & INCOMPAT_ZERO_PADDING) && get_le16(s + 84))
		return err_set(err, ERR_UNSUPPORTED,
			       "the EROFS has compressed bytes before their zeros");
	if (s[13] || get_le16(s + 86) || get_le16(s + 88) || !bytes_are_zero(s + 90, 38))
		return err_set(err, ERR_FORMAT,
			       "the EROFS superblock has values of features that it does not use");
	return 0;
}

static int check_sum(uint8_t *block, struct error *err)
{
	uint8_t *s = block + EROFS_SUPER_OFFSET;
	uint32_t expected = get_le32(s + 4), sum;

	put_le32(s + 4, 0);
	sum = crc32c_raw(~0u, (struct bytes){ s, EROFS_BLOCK - EROFS_SUPER_OFFSET });
	put_le32(s + 4, expected);
	if (sum != expected)
		return err_set(err, ERR_FORMAT,
			       "the checksum of the EROFS superblock is %08x, and should be %08x",
			       expected, sum);
	if (!bytes_are_zero(block, EROFS_SUPER_OFFSET))
		return err_set(err, ERR_FORMAT, "there is something before the EROFS superblock");
	return 0;
}

static int set_label(const uint8_t *s, struct erofs_facts *facts, struct error *err)
{
	size_t n = 0;

	memcpy(facts->uuid, s + 48, 16);
	memcpy(facts->label, s + 64, 16);
	facts->label[16] = 0;
	while (facts->label[n] >= 0x20 && facts->label[n] < 0x7f)
		n++;
	if (!bytes_are_zero(s + 64 + n, 16 - n))
		return err_set(err, ERR_FORMAT, "the name of the EROFS is not ASCII");
	return 0;
}

static int set_super(const struct window *in, const uint8_t *s, struct erofs_super *ret,
		     struct error *err)
{
	ret->size = (uint64_t)get_le32(s + 36) * EROFS_BLOCK;
	ret->inodes = get_le64(s + 16);
	ret->metadata = (uint64_t)get_le32(s + 40) * EROFS_BLOCK;
	ret->xattrs = (uint64_t)get_le32(s + 44) * EROFS_BLOCK;
	ret->root = get_le16(s + 14);
	ret->zeros_first = get_le32(s + 80) & INCOMPAT_ZERO_PADDING;
	ret->time = (int64_t)get_le64(s + 24);
	if (ret->size == 0 || ret->size > in->size)
		return err_set(err, ERR_FORMAT, "the EROFS has %llu bytes, and its device %llu",
			       (unsigned long long)ret->size, (unsigned long long)in->size);
	if (ret->metadata >= ret->size || ret->xattrs > ret->size)
		return err_set(err, ERR_FORMAT, "the EROFS has its metadata outside of itself");
	if (ret->time < 0 || get_le32(s + 32) >= 1000000000)
		return err_set(err, ERR_FORMAT, "the EROFS has an impossible time");
	return 0;
}

int erofs_read_super(const struct window *in, struct erofs_super *ret,
		     struct erofs_facts *ret_facts, struct error *err)
{
	uint8_t block[EROFS_BLOCK], *s = block + EROFS_SUPER_OFFSET;
	struct erofs_super super = { 0 };
	struct erofs_facts facts = { .size = 0 };

	if (window_read(in, 0, block, sizeof(block), err) < 0)
		return -1;
	if (get_le32(s) != 0xe0f5e1e2)
		return err_set(err, ERR_FORMAT, "there is no superblock of an EROFS");
	if (s[12] != 12)
		return err_set(err, ERR_UNSUPPORTED, "the EROFS has blocks of 2^%u bytes", s[12]);
	if (check_sum(block, err) < 0 || check_features(s, err) < 0 ||
	    !bytes_are_zero(block + EROFS_SUPER_OFFSET + 128, 0) || set_label(s, &facts, err) < 0 ||
	    set_super(in, s, &super, err) < 0)
		return -1;
	facts.size = super.size;
	facts.inodes = super.inodes;
	facts.made = super.time;
	facts.zeros_first = super.zeros_first;
	*ret = super;
	*ret_facts = facts;
	return 0;
}

#include "ext4_repair.h"

#include "base/crc.h"
#include "base/endian.h"

struct image {
	uint8_t *data;
	size_t size;
	uint32_t seed, block, inode, descriptor, inodes;
};

/* NULL if it is not all inside. */
static uint8_t *at(const struct image *m, uint64_t offset, uint64_t size)
{
	return offset <= m->size && size <= m->size - offset ? m->data + offset : NULL;
}

static uint32_t crc(uint32_t seed, const uint8_t *p, size_t n)
{
	return crc32c_raw(seed, (struct bytes){ p, n });
}

static uint32_t crc_number(uint32_t seed, uint32_t number)
{
	uint8_t raw[4];

	put_le32(raw, number);
	return crc(seed, raw, 4);
}

static bool is_unused(const uint8_t *raw, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (raw[i])
			return false;
	return true;
}

static void repair_inode(const struct image *m, uint8_t *raw, uint32_t number)
{
	uint32_t seed = crc_number(crc_number(m->seed, number), get_le32(raw + 0x64)), sum = 0;
	uint64_t block = (uint64_t)get_le32(raw + 0x28 + 20) * m->block;
	uint8_t *names = at(m, block, m->block);
	bool wide = m->inode > 128 && get_le16(raw + 0x80) >= 4;

	if (is_unused(raw, m->inode))
		return;
	put_le16(raw + 0x7c, 0);
	if (wide)
		put_le16(raw + 0x82, 0);
	sum = crc(seed, raw, m->inode);
	put_le16(raw + 0x7c, (uint16_t)sum);
	if (wide)
		put_le16(raw + 0x82, (uint16_t)(sum >> 16));
	/* the first block of a folder, or a node of extents */
	if (names && names[m->block - 5] == 0xde)
		put_le32(names + m->block - 4, crc(seed, names, m->block - 12));
	block = (uint64_t)get_le32(raw + 0x28 + 16) * m->block;
	names = at(m, block, m->block);
	if (names && get_le16(names) == 0xf30a && get_le16(names + 4) < m->block / 12 - 1) {
		size_t n = 12 + (size_t)12 * get_le16(names + 4);

		put_le32(names + n, crc(seed, names, n));
	}
}

static void repair_group(const struct image *m, uint8_t *raw, uint32_t group)
{
	uint64_t bitmap = (uint64_t)get_le32(raw) * m->block;
	uint64_t inodes = (uint64_t)get_le32(raw + 4) * m->block;
	uint64_t table = (uint64_t)get_le32(raw + 8) * m->block;
	uint32_t sums[2] = { 0 };

	for (uint32_t i = 0; i < m->inodes && at(m, table, m->inode); i++, table += m->inode)
		repair_inode(m, m->data + table, group * m->inodes + i + 1);
	if (at(m, bitmap, m->block))
		sums[0] = crc(m->seed, m->data + bitmap, get_le32(m->data + 1024 + 0x20) / 8);
	if (at(m, inodes, m->block))
		sums[1] = crc(m->seed, m->data + inodes, m->inodes / 8);
	for (size_t i = 0; i < 2; i++) {
		put_le16(raw + 0x18 + 2 * i, (uint16_t)sums[i]);
		if (m->descriptor == 64)
			put_le16(raw + 0x38 + 2 * i, (uint16_t)(sums[i] >> 16));
	}
	put_le16(raw + 0x1e, 0);
	put_le16(raw + 0x1e, (uint16_t)crc(crc_number(m->seed, group), raw, m->descriptor));
}

void ext4_repair(uint8_t *data, size_t size)
{
	struct image m = { .data = data, .size = size };
	uint8_t *sb = data + 1024;
	uint32_t groups = 0;

	if (size < 4096 || get_le32(sb + 0x18) > 5)
		return;
	m.block = 1024u << get_le32(sb + 0x18);
	m.inode = get_le16(sb + 0x58);
	m.inodes = get_le32(sb + 0x28);
	m.descriptor = get_le32(sb + 0x60) & 0x80 ? 64 : 32;
	m.seed = get_le32(sb + 0x60) & 0x2000 ? get_le32(sb + 0x270) : crc(~0u, sb + 0x68, 16);
	put_le32(sb + 0x3fc, crc(~0u, sb, 0x3fc));
	if (m.inode < 128 || m.inode > m.block || m.inodes > 8 * m.block ||
	    get_le32(sb + 0x20) > 8 * m.block || !get_le32(sb + 0x20))
		return;
	groups = get_le32(sb + 4) / get_le32(sb + 0x20) + 1;
	for (uint32_t g = 0; g < groups && g < 8; g++) {
		uint64_t where =
			(uint64_t)(get_le32(sb + 0x14) + 1) * m.block + (uint64_t)g * m.descriptor;

		if (at(&m, where, 64))
			repair_group(&m, data + where, g);
	}
}

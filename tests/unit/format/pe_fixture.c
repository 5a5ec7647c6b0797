#include "unit/format/pe_fixture.h"

#include <stdio.h>

#include "base/endian.h"

const struct stub_shape shape_12 = {
	.section_alignment = 0x200,
	.headers_size = 0x400,
	.pe_at = 0x80,
	.n_sections = 8,
	.tail = 0x3161,
	.directories = 16,
	.version = 252,
};
const struct stub_shape shape_13 = {
	.section_alignment = 0x1000,
	.headers_size = 0x600,
	.pe_at = 0x40,
	.n_sections = 6,
	.directories = 16,
	.version = 257,
};

static void put_optional(uint8_t *o, const struct stub_shape *s)
{
	put_le16(o, 0x20b);
	put_le32(o + 4, 0x200);			      /* SizeOfCode */
	put_le32(o + 8, 0x200 * (s->n_sections - 1)); /* SizeOfInitializedData */
	put_le32(o + 16, s->section_alignment);	      /* AddressOfEntryPoint */
	put_le32(o + 32, s->section_alignment);
	put_le32(o + 36, 0x200);
	put_le32(o + 56, s->section_alignment * (s->n_sections + 1));
	put_le32(o + 60, s->headers_size);
	put_le32(o + 64, 0x1aa6c); /* CheckSum: Debian 12's is set */
	put_le16(o + 68, 10);	   /* EFI application */
	put_le32(o + 108, s->directories);
}

static void put_row(uint8_t *row, const struct stub_shape *s, unsigned i)
{
	static const char *const names[] = { ".text", ".data", ".sbat", ".sdmagic",
					     ".a",    ".b",    ".c",	".d" };

	memcpy(row, names[i], strlen(names[i]));
	put_le32(row + 8, 0x1f0);
	put_le32(row + 12, s->section_alignment * (i + 1));
	put_le32(row + 16, 0x200);
	put_le32(row + 20, s->headers_size + 0x200 * i);
	put_le32(row + 36, i == 0 ? 0x60000020 : 0x40000040);
}

static void put_version(uint8_t *to, unsigned version)
{
	char text[40];

	snprintf(text, sizeof(text), "systemd-stub %u.1-test", version);
	for (size_t i = 0; text[i]; i++)
		put_le16(to + 2 * i, (uint8_t)text[i]);
}

void stub_make(const struct stub_shape *s, struct buf *to)
{
	const unsigned optional_size = 112 + 8 * s->directories;
	uint8_t *p;

	buf_reset(to);
	buf_add_zeros(to, s->headers_size);
	p = to->ptr;
	memcpy(p, "MZ", 2);
	put_le32(p + 0x3c, s->pe_at);
	p += s->pe_at;
	memcpy(p, "PE\0\0", 4);
	put_le16(p + 4, 0x8664);
	put_le16(p + 6, (uint16_t)s->n_sections);
	put_le16(p + 20, (uint16_t)optional_size);
	put_le16(p + 22, 0x206);
	if (s->tail) {
		put_le32(p + 12, s->headers_size + 0x200 * s->n_sections);
		put_le32(p + 16, (uint32_t)s->tail / 18);
	}
	put_optional(p + 24, s);
	for (unsigned i = 0; i < s->n_sections; i++)
		put_row(p + 24 + optional_size + 40 * i, s, i);
	for (unsigned i = 0; i < s->n_sections; i++) {
		size_t at = to->len;

		buf_add_zeros(to, 0x200);
		memset(to->ptr + at, 'A' + (int)i, 0x1f0);
		if (i == 1)
			put_version(to->ptr + at + 16, s->version);
	}
	for (size_t i = 0; i < s->tail; i++)
		buf_add_char(to, 's');
}

/* docs/formats/uki.md, "Layout". */
#include <assert.h>

#include "base/endian.h"
#include "base/limits.h"
#include "format/pe/pe.h"
#include "format/pe/pe_private.h"
#include "format/pe/uki_sections.h"

/* "Section Flags". */
#define READ 0x40000000u
#define CODE 0x00000020u
#define DATA 0x00000040u

struct builder {
	struct bytes stub;
	struct pe_header h;
	const struct pe_section *order[UKI_SECTION_COUNT]; /* in which they are written */
	size_t n;
};

/*
 * The kernel comes last, as ukify has it: a kernel that a stub starts where it lies needs
 * memory behind it.
 */
static void put_in_order(struct builder *b, const struct pe_section *sections, size_t n)
{
	for (size_t k = 1; k <= UKI_SECTION_COUNT; k++)
		for (size_t i = 0; i < n; i++)
			if (str_equal_cstr(sections[i].name,
					   uki_sections[k % UKI_SECTION_COUNT].name))
				b->order[b->n++] = &sections[i];
	assert(b->n == n); /* names of UAPI.5, none twice */
}

static int check_sections(const struct builder *b, struct error *err)
{
	for (size_t i = 0; i < b->n; i++) {
		struct str name = b->order[i]->name;

		if (b->order[i]->data.len == 0)
			return err_set(err, ERR_FORMAT, "section '" STR_FMT "' would be empty",
				       STR_ARG(name));
		for (size_t k = 0; k < b->h.n_rows; k++)
			if (str_equal(b->h.rows[k].name, name))
				return err_set(err, ERR_FORMAT,
					       "the stub already has a section '" STR_FMT "'",
					       STR_ARG(name));
	}
	return 0;
}

/* Zeros; or what an assembler for arm64 fills up with: Debian 12's stub has its headers so. */
static bool is_filler(const uint8_t *p, size_t at)
{
	static const uint8_t nop[] = { 0x1f, 0x20, 0x03, 0xd5 };

	return p[at] == 0 || p[at] == nop[at % sizeof(nop)];
}

/* New rows of the section table go where nothing is. */
static int check_room(const struct builder *b, struct error *err)
{
	size_t from = b->h.table + b->h.n_rows * PE_ROW_SIZE;
	size_t room = (b->h.headers_size - from) / PE_ROW_SIZE;

	if (b->n > PE_SECTIONS_MAX - b->h.n_rows)
		room = PE_SECTIONS_MAX - b->h.n_rows;
	if (b->n > room)
		return err_set(err, ERR_LIMIT,
			       "the stub's headers have room for %zu more sections, %zu are needed",
			       room, b->n);
	for (size_t i = from; i < from + b->n * PE_ROW_SIZE; i++)
		if (!is_filler(b->stub.ptr, i))
			return err_set(err, ERR_FORMAT,
				       "the stub has bytes behind its section table");
	return 0;
}

static int check_stub(const struct builder *b, struct error *err)
{
	if (b->h.certificates.ptr)
		return err_set(err, ERR_FORMAT, "the stub is signed already");
	if (b->h.headers_size % b->h.file_alignment)
		return err_set(err, ERR_FORMAT, "the stub's headers are not aligned");
	for (size_t i = 0; i < b->h.n_rows; i++)
		if (b->h.rows[i].raw_offset % b->h.file_alignment ||
		    b->h.rows[i].raw_size % b->h.file_alignment)
			return err_set(err, ERR_FORMAT,
				       "section %zu of the stub is not aligned in the file", i + 1);
	return 0;
}

/* Both in 64 bits: what is too large is seen before it is cut. */
static int check_size(const struct builder *b, uint64_t address, struct error *err)
{
	uint64_t size = b->h.data_end;

	for (size_t i = 0; i < b->n; i++) {
		size_t len = b->order[i]->data.len;

		if (len > LIMIT_UKI_SIZE)
			size = len;
		if (size > LIMIT_UKI_SIZE)
			break;
		size += pe_round_up(len, b->h.file_alignment);
		address += pe_round_up(len, b->h.section_alignment);
	}
	if (size > LIMIT_UKI_SIZE || address > LIMIT_UKI_SIZE)
		return err_set(
			err, ERR_LIMIT, "a unified kernel image of %llu bytes, the limit is %u",
			(unsigned long long)(size > address ? size : address), LIMIT_UKI_SIZE);
	return 0;
}

static uint32_t first_address(const struct pe_header *h)
{
	uint64_t end = h->headers_size;

	for (size_t i = 0; i < h->n_rows; i++)
		if (h->rows[i].address + (uint64_t)h->rows[i].virtual_size > end)
			end = h->rows[i].address + (uint64_t)h->rows[i].virtual_size;
	end = pe_round_up(end, h->section_alignment);
	return end > LIMIT_UKI_SIZE ? LIMIT_UKI_SIZE + 1 : (uint32_t)end;
}

static void add_to_field(uint8_t *field, uint32_t n)
{
	put_le32(field, get_le32(field) + n);
}

static uint32_t add_section(struct builder *b, size_t i, uint32_t address, struct buf *to)
{
	const struct pe_section *s = b->order[i];
	bool code = str_equal_cstr(s->name, ".linux");
	uint32_t size = (uint32_t)s->data.len, offset = (uint32_t)to->len;
	uint32_t raw_size = (uint32_t)pe_round_up(size, b->h.file_alignment);
	uint8_t *row;

	buf_add(to, s->data.ptr, size);
	buf_add_zeros(to, raw_size - size);
	row = to->ptr + b->h.table + (b->h.n_rows + i) * PE_ROW_SIZE;
	memset(row, 0, PE_ROW_SIZE);
	memcpy(row + PE_ROW_NAME, s->name.ptr, s->name.len);
	put_le32(row + PE_ROW_VIRTUAL_SIZE, size);
	put_le32(row + PE_ROW_ADDRESS, address);
	put_le32(row + PE_ROW_RAW_SIZE, raw_size);
	put_le32(row + PE_ROW_RAW_OFFSET, offset);
	put_le32(row + PE_ROW_CHARACTERISTICS, READ | (code ? CODE : DATA));
	add_to_field(to->ptr + b->h.optional + (code ? PE_CODE_SIZE : PE_DATA_SIZE), raw_size);
	return (uint32_t)pe_round_up((uint64_t)address + size, b->h.section_alignment);
}

static void write_image(struct builder *b, uint32_t address, struct buf *to)
{
	uint8_t *optional;

	/* A symbol table lies behind, in no section: it would not be loaded, only hashed. */
	buf_add(to, b->stub.ptr, b->h.data_end);
	put_le32(to->ptr + b->h.at + PE_SYMBOLS, 0);
	put_le32(to->ptr + b->h.at + PE_N_SYMBOLS, 0);
	for (size_t i = 0; i < b->n; i++)
		address = add_section(b, i, address, to);
	put_le16(to->ptr + b->h.at + PE_N_SECTIONS, (uint16_t)(b->h.n_rows + b->n));
	optional = to->ptr + b->h.optional;
	put_le32(optional + PE_IMAGE_SIZE, address);
	put_le32(optional + PE_CHECKSUM, 0);
}

int uki_build(struct bytes stub, const struct pe_section *sections, size_t n, struct buf *to,
	      struct error *err)
{
	struct builder b = { .stub = stub };
	uint32_t address;

	assert(to->len == 0 && n <= UKI_SECTION_COUNT);
	if (pe_header_read(stub, &b.h, err) < 0)
		return err_while(err, "reading the stub");
	put_in_order(&b, sections, n);
	address = first_address(&b.h);
	if (check_stub(&b, err) < 0 || check_sections(&b, err) < 0 || check_room(&b, err) < 0 ||
	    check_size(&b, address, err) < 0)
		return -1;
	if (to->max < LIMIT_UKI_SIZE)
		to->max = LIMIT_UKI_SIZE;
	write_image(&b, address, to);
	return 0;
}

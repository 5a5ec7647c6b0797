/* Headers as firmware reads them, but for what it would forgive. */
#include "format/pe/pe_private.h"

#include "base/endian.h"
#include "base/limits.h"

static int wrong(struct error *err, const char *what)
{
	return err_set(err, ERR_FORMAT, "not a valid PE file: %s", what);
}

static bool is_power_of_two(uint32_t n)
{
	return n && (n & (n - 1)) == 0;
}

static int read_file_header(struct bytes file, struct pe_header *h, struct error *err)
{
	size_t optional_size;

	if (file.len < PE_POINTER + 4 || memcmp(file.ptr, "MZ", 2) != 0)
		return wrong(err, "it does not start with 'MZ'");
	h->at = get_le32(file.ptr + PE_POINTER);
	if (h->at > file.len || file.len - h->at < PE_OPTIONAL + PE_DIRECTORIES)
		return wrong(err, "the header is not inside");
	if (memcmp(file.ptr + h->at, "PE\0\0", 4) != 0)
		return wrong(err, "there is no 'PE' signature");
	h->machine = get_le16(file.ptr + h->at + PE_MACHINE);
	h->n_rows = get_le16(file.ptr + h->at + PE_N_SECTIONS);
	h->optional = h->at + PE_OPTIONAL;
	optional_size = get_le16(file.ptr + h->at + PE_OPTIONAL_SIZE);
	if (optional_size < PE_DIRECTORIES || optional_size > file.len - h->optional)
		return wrong(err, "the optional header is not inside");
	h->table = h->optional + optional_size;
	return 0;
}

static int read_optional_header(struct bytes file, struct pe_header *h, struct error *err)
{
	const uint8_t *o = file.ptr + h->optional;
	uint32_t n = get_le32(o + PE_N_DIRECTORIES);

	if (get_le16(o + PE_MAGIC) != PE_MAGIC_64)
		return wrong(err, "it is not PE32+");
	h->section_alignment = get_le32(o + PE_SECTION_ALIGNMENT);
	h->file_alignment = get_le32(o + PE_FILE_ALIGNMENT);
	if (!is_power_of_two(h->section_alignment) || !is_power_of_two(h->file_alignment))
		return wrong(err, "an alignment is no power of two");
	h->image_size = get_le32(o + PE_IMAGE_SIZE);
	h->headers_size = get_le32(o + PE_HEADERS_SIZE);
	if (n > PE_DIRECTORIES_MAX || h->table - h->optional < PE_DIRECTORIES + 8 * n)
		return wrong(err, "its data directories are not inside");
	if (n > PE_DIRECTORY_SECURITY)
		h->security = h->optional + PE_DIRECTORIES + 8 * PE_DIRECTORY_SECURITY;
	if (h->n_rows > PE_SECTIONS_MAX)
		return err_set(err, ERR_FORMAT,
			       "not a valid PE file: %zu sections, at most %u are read", h->n_rows,
			       PE_SECTIONS_MAX);
	if (h->headers_size > file.len || h->headers_size < h->table ||
	    h->headers_size - h->table < h->n_rows * PE_ROW_SIZE)
		return wrong(err, "the section table is not inside the headers");
	return 0;
}

static struct pe_row read_row(const uint8_t *p)
{
	const char *name = (const char *)p + PE_ROW_NAME;
	struct pe_row row = {
		.name = { name, strnlen(name, PE_NAME_SIZE) },
		.virtual_size = get_le32(p + PE_ROW_VIRTUAL_SIZE),
		.address = get_le32(p + PE_ROW_ADDRESS),
		.raw_size = get_le32(p + PE_ROW_RAW_SIZE),
		.raw_offset = get_le32(p + PE_ROW_RAW_OFFSET),
	};

	if (row.raw_size == 0)
		row.raw_offset = 0;
	return row;
}

static int wrong_row(struct error *err, size_t i, const char *what)
{
	return err_set(err, ERR_FORMAT, "not a valid PE file: section %zu %s", i + 1, what);
}

static int check_row(struct bytes file, const struct pe_header *h, size_t i, struct error *err)
{
	const struct pe_row *row = &h->rows[i];

	if (row->virtual_size > h->image_size || row->address > h->image_size - row->virtual_size)
		return wrong_row(err, i, "is not inside the image");
	if (row->virtual_size > LIMIT_UKI_SIZE)
		return wrong_row(err, i, "is too large");
	if (row->raw_size && (row->raw_offset < h->headers_size || row->raw_offset > file.len ||
			      row->raw_size > file.len - row->raw_offset))
		return wrong_row(err, i, "is not inside the file");
	return 0;
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a_size && b_size && a < b + b_size && b < a + a_size;
}

static int check_pair(const struct pe_header *h, size_t i, size_t before, struct error *err)
{
	const struct pe_row *row = &h->rows[i], *other = &h->rows[before];

	if (overlap(row->raw_offset, row->raw_size, other->raw_offset, other->raw_size))
		return wrong_row(err, i, "overlaps another one in the file");
	if (overlap(row->address, row->virtual_size, other->address, other->virtual_size))
		return wrong_row(err, i, "overlaps another one in memory");
	if (str_equal(row->name, other->name))
		return wrong_row(err, i, "has the name of another one");
	return 0;
}

static int read_rows(struct bytes file, struct pe_header *h, struct error *err)
{
	h->data_end = h->headers_size;
	for (size_t i = 0; i < h->n_rows; i++) {
		struct pe_row *row = &h->rows[i];

		*row = read_row(file.ptr + h->table + i * PE_ROW_SIZE);
		if (check_row(file, h, i, err) < 0)
			return -1;
		for (size_t before = 0; before < i; before++)
			if (check_pair(h, i, before, err) < 0)
				return -1;
		if (row->raw_size && (size_t)row->raw_offset + row->raw_size > h->data_end)
			h->data_end = (size_t)row->raw_offset + row->raw_size;
	}
	return 0;
}

/* Its "address" is an offset into the file: it is never loaded. */
static int read_certificates(struct bytes file, struct pe_header *h, struct error *err)
{
	size_t offset, size;

	if (!h->security)
		return 0;
	offset = get_le32(file.ptr + h->security);
	size = get_le32(file.ptr + h->security + 4);
	if (offset == 0 && size == 0)
		return 0;
	if (offset < h->data_end || offset % PE_CERTIFICATE_ALIGNMENT || offset > file.len ||
	    size < PE_CERTIFICATE_HEADER || size != file.len - offset)
		return wrong(err, "the certificate table does not end the file");
	h->certificates = (struct bytes){ file.ptr + offset, size };
	return 0;
}

int pe_header_read(struct bytes file, struct pe_header *ret, struct error *err)
{
	*ret = (struct pe_header){ 0 };
	if (file.len > LIMIT_UKI_SIZE)
		return err_set(err, ERR_LIMIT, "a PE file of %zu bytes, the limit is %u", file.len,
			       LIMIT_UKI_SIZE);
	if (read_file_header(file, ret, err) < 0 || read_optional_header(file, ret, err) < 0 ||
	    read_rows(file, ret, err) < 0)
		return -1;
	return read_certificates(file, ret, err);
}

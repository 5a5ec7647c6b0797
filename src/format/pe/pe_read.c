#include "format/pe/pe_private.h"

#include "base/endian.h"
#include "format/pe/pe.h"

static struct str machine_name(uint16_t machine)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} names[] = {
		{ 0x8664, "amd64" }, { 0xaa64, "arm64" },   { 0x014c, "i386" },
		{ 0x01c2, "armhf" }, { 0x5064, "riscv64" }, { 0x6264, "loong64" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].machine == machine)
			return str_of(names[i].name);
	return STR("");
}

/* One entry: firmware takes the first that it trusts, and then they are not one file. */
static int read_signature(struct bytes table, struct bytes *ret, struct error *err)
{
	size_t size = get_le32(table.ptr);

	if (get_le16(table.ptr + 4) != PE_CERTIFICATE_REVISION ||
	    get_le16(table.ptr + 6) != PE_CERTIFICATE_PKCS7)
		return err_set(err, ERR_FORMAT,
			       "not a valid PE file: the certificate is not of type PKCS#7");
	if (size <= PE_CERTIFICATE_HEADER || size > table.len ||
	    pe_round_up(size, PE_CERTIFICATE_ALIGNMENT) != table.len)
		return err_set(err, ERR_FORMAT,
			       "not a valid PE file: the certificate table is not one certificate");
	for (size_t i = size; i < table.len; i++)
		if (table.ptr[i])
			return err_set(
				err, ERR_FORMAT,
				"not a valid PE file: there are bytes behind the certificate");
	*ret = (struct bytes){ table.ptr + PE_CERTIFICATE_HEADER, size - PE_CERTIFICATE_HEADER };
	return 0;
}

int pe_read(struct bytes file, struct arena *arena, struct pe_file *ret, struct error *err)
{
	struct pe_header h;
	struct bytes signature = { 0 };
	struct pe_section *sections;
	uint32_t *zeros, *slack;

	if (pe_header_read(file, &h, err) < 0)
		return -1;
	if (h.certificates.ptr && read_signature(h.certificates, &signature, err) < 0)
		return -1;
	sections = arena_array(arena, h.n_rows, sizeof(*sections));
	zeros = arena_array(arena, h.n_rows, sizeof(*zeros));
	slack = arena_array(arena, h.n_rows, sizeof(*slack));
	for (size_t i = 0; i < h.n_rows; i++) {
		const struct pe_row *row = &h.rows[i];
		uint32_t size =
			row->raw_size < row->virtual_size ? row->raw_size : row->virtual_size;

		sections[i].name = row->name;
		sections[i].data = (struct bytes){ file.ptr + row->raw_offset, size };
		zeros[i] = row->virtual_size - size;
		slack[i] = row->raw_size - size;
	}
	*ret = (struct pe_file){ machine_name(h.machine), sections, h.n_rows, zeros, slack,
				 signature };
	return 0;
}

const struct pe_section *pe_section_of(const struct pe_file *f, struct str name)
{
	for (size_t i = 0; i < f->n_sections; i++)
		if (str_equal(f->sections[i].name, name))
			return &f->sections[i];
	return NULL;
}

#pragma once

/*
 * format/pe/pe_private.h - headers of a PE32+ file, checked.
 *
 * Spec:  Microsoft PE format, "MS-DOS Stub", "COFF File Header", "Optional Header",
 *        "Section Table". Offsets there are named here.
 * Bytes: little-endian.
 */

#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"

enum {
	PE_POINTER = 0x3c, /* where the file's header starts is said here */
	/* From the signature "PE\0\0" on. */
	PE_MACHINE = 4,
	PE_N_SECTIONS = 6,
	PE_SYMBOLS = 12,
	PE_N_SYMBOLS = 16,
	PE_OPTIONAL_SIZE = 20,
	PE_OPTIONAL = 24,
	/* From the optional header on. */
	PE_MAGIC = 0,
	PE_CODE_SIZE = 4,
	PE_DATA_SIZE = 8,
	PE_SECTION_ALIGNMENT = 32,
	PE_FILE_ALIGNMENT = 36,
	PE_IMAGE_SIZE = 56,
	PE_HEADERS_SIZE = 60,
	PE_CHECKSUM = 64,
	PE_N_DIRECTORIES = 108,
	PE_DIRECTORIES = 112,
	/* Of a row of the section table. */
	PE_ROW_NAME = 0,
	PE_ROW_VIRTUAL_SIZE = 8,
	PE_ROW_ADDRESS = 12,
	PE_ROW_RAW_SIZE = 16,
	PE_ROW_RAW_OFFSET = 20,
	PE_ROW_CHARACTERISTICS = 36,
	PE_ROW_SIZE = 40,
	PE_NAME_SIZE = 8,
	/* Of an entry of the certificate table: WIN_CERTIFICATE. */
	PE_CERTIFICATE_HEADER = 8,
	PE_CERTIFICATE_REVISION = 0x0200,
	PE_CERTIFICATE_PKCS7 = 0x0002,
	PE_CERTIFICATE_ALIGNMENT = 8,
};

#define PE_MAGIC_64 0x20b
#define PE_DIRECTORIES_MAX 16u
#define PE_DIRECTORY_SECURITY 4u
#define PE_SECTIONS_MAX 96u /* what Windows' loader takes */

struct pe_row {
	struct str name; /* in the file; ends before the first NUL */
	uint32_t virtual_size, address;
	uint32_t raw_size, raw_offset; /* both 0 if there are no bytes in the file */
};

struct pe_header {
	uint16_t machine;
	size_t at;	 /* of "PE\0\0" */
	size_t optional; /* of the optional header */
	size_t table;	 /* of the section table */
	uint32_t section_alignment, file_alignment;
	uint32_t image_size, headers_size;
	size_t security;		     /* of the directory's entry, or 0: no room for one */
	struct bytes certificates;	     /* the certificate table, or ptr NULL */
	size_t data_end;		     /* behind headers and bytes of sections */
	struct pe_row rows[PE_SECTIONS_MAX]; /* in order of the table */
	size_t n_rows;
};

/*
 * Every offset and size is inside of @file; bytes of sections follow the headers and do not
 * overlap, in the file nor in memory; a certificate table ends the file. ERR_FORMAT.
 */
int pe_header_read(struct bytes file, struct pe_header *ret, struct error *err) MUST_CHECK;

static inline uint64_t pe_round_up(uint64_t n, uint64_t alignment)
{
	return (n + alignment - 1) / alignment * alignment;
}

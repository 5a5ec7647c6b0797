/* What a signature signs, and where it goes. */
#include <assert.h>

#include "base/endian.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "format/pe/pe.h"
#include "format/pe/pe_private.h"

/*
 * Readers disagree about bytes between sections (some skip them, EDK II then counts the
 * same number of bytes at the end twice), so that there may be none.
 */
static int check_no_gap(const struct pe_header *h, struct error *err)
{
	uint64_t sum = h->headers_size;

	for (size_t i = 0; i < h->n_rows; i++)
		sum += h->rows[i].raw_size;
	if (sum == h->data_end)
		return 0;
	return err_set(err, ERR_FORMAT,
		       "a PE file with %llu bytes between its sections has no sure hash",
		       (unsigned long long)(h->data_end - sum));
}

static void add_part(struct hash *hash, struct bytes file, size_t from, size_t to)
{
	assert(from <= to && to <= file.len);
	hash_add(hash, (struct bytes){ file.ptr + from, to - from });
}

/*
 * Sections without gaps, in the order of the file, and what follows them are just the rest of
 * the file; the padding in front of the certificate table is a part of it.
 */
int pe_authenticode(struct bytes file, struct digest *ret, struct error *err)
{
	static const uint8_t padding[PE_CERTIFICATE_ALIGNMENT];
	size_t end = file.len, checksum, from;
	struct pe_header h;
	struct hash *hash;

	if (pe_header_read(file, &h, err) < 0 || check_no_gap(&h, err) < 0)
		return -1;
	if (h.certificates.ptr)
		end = (size_t)(h.certificates.ptr - file.ptr);
	hash = hash_new();
	checksum = h.optional + PE_CHECKSUM;
	add_part(hash, file, 0, checksum);
	from = checksum + 4;
	if (h.security) {
		add_part(hash, file, from, h.security);
		from = h.security + 8;
	}
	add_part(hash, file, from, end);
	hash_add(hash, (struct bytes){ padding, pe_round_up(end, sizeof(padding)) - end });
	*ret = hash_finish(hash);
	hash_free(hash);
	return 0;
}

/* Sum of 16-bit words with end-around carry, and the length; the field at @field counts as 0. */
static uint32_t checksum_of(struct bytes file, size_t field)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 1 < file.len; i += 2)
		sum += get_le16(file.ptr + i);
	if (file.len % 2)
		sum += file.ptr[file.len - 1];
	sum -= get_le16(file.ptr + field);
	sum -= get_le16(file.ptr + field + 2);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)sum + (uint32_t)file.len;
}

int pe_check_sum(struct bytes file, struct error *err)
{
	struct pe_header h;
	uint32_t there, wanted;
	size_t field;

	if (pe_header_read(file, &h, err) < 0)
		return -1;
	field = h.optional + PE_CHECKSUM;
	if (field % 2)
		return err_set(err, ERR_FORMAT, "the PE file's headers are at an odd place");
	there = get_le32(file.ptr + field);
	wanted = h.certificates.ptr ? checksum_of(file, field) : 0;
	if (there == wanted)
		return 0;
	return err_set(err, ERR_DIGEST, "the PE file's checksum is %08x, and should be %08x", there,
		       wanted);
}

static void add_certificate(struct buf *file, struct bytes pkcs7)
{
	uint8_t header[PE_CERTIFICATE_HEADER];

	put_le32(header, (uint32_t)(PE_CERTIFICATE_HEADER + pkcs7.len));
	put_le16(header + 4, PE_CERTIFICATE_REVISION);
	put_le16(header + 6, PE_CERTIFICATE_PKCS7);
	buf_add(file, header, sizeof(header));
	buf_add(file, pkcs7.ptr, pkcs7.len);
	buf_add_zeros(file, pe_round_up(file->len, PE_CERTIFICATE_ALIGNMENT) - file->len);
}

int pe_attach(struct buf *file, struct bytes pkcs7, struct error *err)
{
	size_t table, total;
	struct pe_header h;

	assert(pkcs7.len > 0 && pkcs7.len <= 1u << 20);
	if (pe_header_read(buf_bytes(file), &h, err) < 0 || check_no_gap(&h, err) < 0)
		return -1;
	if (h.certificates.ptr)
		return err_set(err, ERR_FORMAT, "the PE file has a signature already");
	if (!h.security)
		return err_set(err, ERR_FORMAT, "the PE file has no room for a signature");
	table = pe_round_up(file->len, PE_CERTIFICATE_ALIGNMENT);
	total = pe_round_up(table + PE_CERTIFICATE_HEADER + pkcs7.len, PE_CERTIFICATE_ALIGNMENT);
	if (total > LIMIT_UKI_SIZE)
		return err_set(err, ERR_LIMIT, "a PE file of %zu bytes, the limit is %u", total,
			       LIMIT_UKI_SIZE);
	if (file->max < total)
		file->max = total;
	buf_add_zeros(file, table - file->len);
	add_certificate(file, pkcs7);
	put_le32(file->ptr + h.security, (uint32_t)table);
	put_le32(file->ptr + h.security + 4, (uint32_t)(file->len - table));
	put_le32(file->ptr + h.optional + PE_CHECKSUM,
		 checksum_of(buf_bytes(file), h.optional + PE_CHECKSUM));
	return 0;
}

int pe_detach(struct buf *file, struct error *err)
{
	struct pe_header h;

	if (pe_header_read(buf_bytes(file), &h, err) < 0)
		return -1;
	if (!h.certificates.ptr)
		return err_set(err, ERR_FORMAT, "the PE file has no signature");
	file->len = (size_t)(h.certificates.ptr - file->ptr);
	file->ptr[file->len] = 0;
	put_le32(file->ptr + h.security, 0);
	put_le32(file->ptr + h.security + 4, 0);
	put_le32(file->ptr + h.optional + PE_CHECKSUM, 0);
	return 0;
}

/* Any bytes as a .deb, and as a tarball: refused or read, and what is read has an index. */
#include <stdlib.h>

#include "base/mem.h"
#include "pack/pack_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was decoded comes back from its index as it was. */
static void check_index(const struct pack *p)
{
	struct buf first = BUF_INIT(PACK_ENCODED_MAX), second = BUF_INIT(PACK_ENCODED_MAX);
	struct pack *q = mem_alloc(sizeof(*q));
	struct error err = ERR_INIT;

	pack_encode(p, &first);
	if (pack_decode(buf_bytes(&first), q, &err) < 0)
		abort();
	pack_encode(q, &second);
	if (!bytes_equal(buf_bytes(&first), buf_bytes(&second)))
		abort();
	pack_free(q);
	buf_release(&first);
	buf_release(&second);
}

static void try(const uint8_t *data, size_t size, enum pack_kind kind)
{
	struct pack *p = mem_alloc(sizeof(*p));
	struct source *in = source_of_bytes((struct bytes){ data, size });
	struct sink *out = sink_to_nothing();
	struct error err = ERR_INIT;
	struct pack_builder builder;
	int r;

	p->kind = kind;
	if (kind == PACK_DEB) {
		r = deb_read(in, "fuzz.deb", out, p, &err);
	} else {
		builder_init(&builder, p, out, "fuzz.tar");
		r = builder_read_tar(&builder, in, &err);
		builder_release(&builder);
	}
	if ((r < 0) != (err.code != ERR_NONE))
		abort();
	if (r == 0)
		check_index(p);
	err_release(&err);
	if (sink_close(out, &err) < 0)
		abort();
	source_close(in);
	pack_free(p);
}

/* Every block gets the checksum of a header: else few inputs would get far. */
static void try_tar(const uint8_t *data, size_t size)
{
	uint8_t *copy = mem_alloc(size);

	memcpy(copy, data, size);
	for (size_t at = 0; at + 512 <= size; at += 512) {
		unsigned sum = 8 * ' ';

		if (copy[at + 148] != '0' && copy[at + 148] != ' ')
			continue; /* content, or the end */
		for (size_t i = 0; i < 512; i++)
			sum += i >= 148 && i < 156 ? 0 : copy[at + i];
		for (size_t i = 0; i < 6; i++)
			copy[at + 148 + i] = (uint8_t)('0' + (sum >> (15 - 3 * i) & 7));
		copy[at + 154] = 0;
		copy[at + 155] = ' ';
	}
	try(copy, size, PACK_TAR);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool is_ar = size >= 8 && memcmp(data, "!<arch>\n", 8) == 0;

	if (is_ar)
		try(data, size, PACK_DEB);
	else
		try_tar(data, size);
	return 0;
}

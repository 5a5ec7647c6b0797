#include "pack/ar.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define HEADER_SIZE 60u
#define SIZE_OFFSET 48u /* ten decimal digits */
#define END_OFFSET  58u /* "`\n" */

static int truncated(struct ar_reader *ar, struct error *err)
{
	return err_set(err, ERR_FORMAT, "'%s' ends early, at offset %llu", ar->what,
		       (unsigned long long)ar->in->offset);
}

/* As many bytes as there are, at most @size. */
static int read_some(struct ar_reader *ar, uint8_t *to, size_t size, size_t *ret_n,
		     struct error *err)
{
	size_t n = 0, got;

	do {
		if (source_read(ar->in, to + n, size - n, &got, err) < 0)
			return -1;
		n += got;
	} while (got && n < size);
	*ret_n = n;
	return 0;
}

int ar_begin(struct ar_reader *ar, struct source *in, const char *what, struct error *err)
{
	uint8_t magic[8];
	size_t n;

	*ar = (struct ar_reader){ .in = in, .what = what };
	if (read_some(ar, magic, sizeof(magic), &n, err) < 0)
		return -1;
	if (n != sizeof(magic) || memcmp(magic, "!<arch>\n", sizeof(magic)) != 0)
		return err_set(err, ERR_FORMAT, "'%s' is not an ar archive", what);
	return 0;
}

static int skip_rest(struct ar_reader *ar, struct error *err)
{
	uint8_t block[4096];
	size_t n;

	while (ar->left) {
		size_t size = ar->left < sizeof(block) ? (size_t)ar->left : sizeof(block);

		if (source_read(ar->in, block, size, &n, err) < 0)
			return -1;
		if (!n)
			return truncated(ar, err);
		ar->left -= n;
	}
	if (!ar->padded)
		return 0;
	ar->padded = false;
	if (read_some(ar, block, 1, &n, err) < 0)
		return -1;
	if (n != 1 || block[0] != '\n')
		return err_set(err, ERR_FORMAT, "'%s': no padding after member '%s'", ar->what,
			       ar->name);
	return 0;
}

static int parse_header(struct ar_reader *ar, const uint8_t *header, struct error *err)
{
	struct str name = { (const char *)header, AR_NAME_MAX - 1 };
	struct str size = { (const char *)header + SIZE_OFFSET, END_OFFSET - SIZE_OFFSET };
	unsigned long long offset = ar->in->offset - HEADER_SIZE;

	if (memcmp(header + END_OFFSET, "`\n", 2) != 0)
		return err_set(err, ERR_FORMAT, "'%s': no ar header at offset %llu", ar->what,
			       offset);
	while (name.len && name.ptr[name.len - 1] == ' ')
		name.len--;
	if (name.len > 1 && name.ptr[name.len - 1] == '/') /* System V style */
		name.len--;
	while (size.len && size.ptr[size.len - 1] == ' ')
		size.len--;
	if (!name.len || memchr(name.ptr, 0, name.len) || memchr(name.ptr, '/', name.len))
		return err_set(err, ERR_FORMAT, "'%s': bad member name at offset %llu", ar->what,
			       offset);
	if (!str_parse_u64(size, &ar->left))
		return err_set(err, ERR_FORMAT, "'%s': bad size '" STR_FMT
			       "' of the ar member at offset %llu", ar->what, STR_ARG(size),
			       offset);
	memcpy(ar->name, name.ptr, name.len);
	ar->name[name.len] = 0;
	ar->padded = ar->left & 1;
	return 0;
}

int ar_next(struct ar_reader *ar, uint64_t *ret_size, struct error *err)
{
	uint8_t header[HEADER_SIZE];
	size_t n;

	if (skip_rest(ar, err) < 0 || read_some(ar, header, sizeof(header), &n, err) < 0)
		return -1;
	if (!n)
		return 0;
	if (n != sizeof(header))
		return truncated(ar, err);
	if (parse_header(ar, header, err) < 0)
		return -1;
	*ret_size = ar->left;
	return 1;
}

struct content_source {
	struct source source;
	struct ar_reader *ar;
};

static int content_read(struct source *s, uint8_t *to, size_t size, size_t *ret_n,
			struct error *err)
{
	struct ar_reader *ar = ((struct content_source *)s)->ar;

	if (size > ar->left)
		size = (size_t)ar->left;
	*ret_n = 0;
	if (!size)
		return 0;
	if (source_read(ar->in, to, size, ret_n, err) < 0)
		return -1;
	if (!*ret_n)
		return truncated(ar, err);
	ar->left -= *ret_n;
	return 0;
}

static void content_close(struct source *s)
{
	free(s);
}

struct source *ar_content(struct ar_reader *ar)
{
	static const struct source_ops ops = { .read = content_read, .close = content_close };
	struct content_source *s = mem_alloc(sizeof(*s));

	s->source.ops = &ops;
	s->ar = ar;
	return &s->source;
}

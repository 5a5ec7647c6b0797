#include "pack/tar_holds.h"

#include "base/limits.h"
#include "compress/compress.h"
#include "pack/tar_guard.h"

/* Of the ustar header (POSIX.1-2017, pax(1), "ustar Interchange Format"). */
enum { NAME_LEN = 100, SIZE_AT = 124, SIZE_LEN = 12, SUM_AT = 148, TYPE_AT = 156 };

#define HEADERS_MAX 200000u /* a layout has 30,000 files at most */

/* Octal with blanks before it, or GNU's base-256; false if it is no sane size. */
static bool parse_size(const uint8_t *field, uint64_t *ret)
{
	size_t i = 0;
	uint64_t v = 0;

	if (field[0] == 0x80) {
		for (i = 1; i < SIZE_LEN; i++) {
			if (v >> 54)
				return false;
			v = v << 8 | field[i];
		}
		*ret = v;
		return true;
	}
	while (i < SIZE_LEN && field[i] == ' ')
		i++;
	for (; i < SIZE_LEN && field[i] >= '0' && field[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(field[i] - '0');
	*ret = v;
	return true;
}

static bool is_header(const uint8_t *h)
{
	uint64_t said = 0, sum = 8 * ' ';
	size_t i = SUM_AT;

	for (size_t k = 0; k < TAR_BLOCK; k++)
		sum += k >= SUM_AT && k < SUM_AT + 8 ? 0 : h[k];
	while (i < SUM_AT + 8 && h[i] == ' ')
		i++;
	for (; i < SUM_AT + 8 && h[i] >= '0' && h[i] <= '7'; i++)
		said = said << 3 | (uint64_t)(h[i] - '0');
	return h[0] && said == sum;
}

static bool is_digest_name(struct str name)
{
	size_t n = 0;

	while (n < name.len && ((name.ptr[n] >= '0' && name.ptr[n] <= '9') ||
				(name.ptr[n] >= 'a' && name.ptr[n] <= 'f')))
		n++;
	return n == 64;
}

/* What image-spec, layout.md, and docker save put at the root. */
static bool is_of_layout(struct str first)
{
	return str_equal_cstr(first, "blobs") || str_equal_cstr(first, "oci-layout") ||
	       str_equal_cstr(first, "index.json") || str_equal_cstr(first, "manifest.json") ||
	       str_equal_cstr(first, "repositories") || is_digest_name(first);
}

/* The first component of the member's name; *ret_more: something lies below it, or may. */
static struct str first_component(const uint8_t *h, bool *ret_more)
{
	struct str name = { (const char *)h, strnlen((const char *)h, NAME_LEN) }, first;

	do {
		while (name.len && name.ptr[0] == '/')
			name = (struct str){ name.ptr + 1, name.len - 1 };
		first = (struct str){ name.ptr, str_find_char(name, '/') };
		name = (struct str){ name.ptr + first.len, name.len - first.len };
	} while (str_equal_cstr(first, ".") && name.len);
	*ret_more = name.len > 0 || h[TYPE_AT] == '5';
	return str_equal_cstr(first, ".") ? STR("") : first;
}

static bool is_extension(uint8_t type)
{
	return type == 'x' || type == 'g' || type == 'L' || type == 'K';
}

enum tar_holds tar_holds(const struct window *w)
{
	bool is_layout = false;
	uint64_t at = 0;
	uint8_t h[TAR_BLOCK];

	for (unsigned n = 0; n < HEADERS_MAX; n++) {
		CLEANUP_ERR struct error ignored = ERR_INIT;
		uint64_t size;
		struct str first;
		bool more;

		if (window_read(w, at, h, sizeof(h), &ignored) < 0 || !is_header(h))
			return n == 0	   ? TAR_HOLDS_NOTHING
			       : is_layout ? TAR_HOLDS_IMAGE
					   : TAR_HOLDS_TREE;
		first = first_component(h, &more);
		if (!is_extension(h[TYPE_AT]) && first.len) {
			is_layout |= is_of_layout(first) && !str_equal_cstr(first, "index.json");
			if (more && !is_of_layout(first))
				return TAR_HOLDS_TREE;
		}
		if (!parse_size(h + SIZE_AT, &size) || size > w->size)
			break;
		at += TAR_BLOCK + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	}
	return is_layout ? TAR_HOLDS_IMAGE : TAR_HOLDS_TREE;
}

bool tar_is_ova(const struct window *w)
{
	CLEANUP_ERR struct error ignored = ERR_INIT;
	uint8_t name[NAME_LEN];

	return window_read(w, 0, name, sizeof(name), &ignored) == 0 &&
	       str_has_suffix((struct str){ (const char *)name,
					    strnlen((const char *)name, sizeof(name)) },
			      STR(".ovf"));
}

bool tar_is_compressed(const struct window *w)
{
	CLEANUP_SOURCE struct source *in = NULL;
	CLEANUP_ERR struct error ignored = ERR_INIT;
	uint8_t h[TAR_BLOCK];

	if (w->size < 2 || window_read(w, 0, h, 2, &ignored) < 0 ||
	    (h[0] != 0x1f && h[0] != 0xfd && h[0] != 0x28 && (h[0] & 0xf0) != 0x50))
		return false;
	in = decompress(source_of_fd(w->fd, w->offset, w->size, w->name), COMPRESS_AUTO,
			LIMIT_DATA_SIZE, w->name);
	if (source_read_exactly(in, h, sizeof(h), &ignored) < 0 || !is_header(h))
		return false;
	return strncmp((const char *)h, "disk.raw", NAME_LEN) != 0;
}

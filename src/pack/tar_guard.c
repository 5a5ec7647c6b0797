#include "pack/tar_guard.h"

#include <string.h>

/* Of the ustar header (POSIX.1-2017, pax(1), "ustar Interchange Format"). */
enum { NAME_LEN = 100, SIZE_AT = 124, SIZE_LEN = 12, TYPE_AT = 156 };

/* libarchive's own limit; real ones stay below 100 KiB. */
#define EXTENSION_MAX (1u << 20)

/* Octal text; extension headers have no need for base-256 numbers. */
static uint64_t octal(const uint8_t *field, size_t len)
{
	uint64_t value = 0;
	size_t i = 0;

	while (i < len && field[i] == ' ')
		i++;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(field[i] - '0');
	return i < len && field[i] & 0x80 ? UINT64_MAX : value;
}

static bool is_extension(uint8_t type)
{
	return type == 'x' || type == 'g' || type == 'L' || type == 'K';
}

/* GNU: a name, then nothing but NUL. */
static bool is_one_name(struct bytes body)
{
	size_t n = strnlen((const char *)body.ptr, body.len);

	return bytes_are_zero(body.ptr + n, body.len - n);
}

/* What is the same for all of a member's records. */
struct guarding {
	bool raw_names, global;
	const char *what, *name;
};

static bool is_charset(const struct guarding *g, struct str value)
{
	return str_equal_cstr(value, "ISO-IR 10646 2000 UTF-8") ||
	       (g->raw_names && str_equal_cstr(value, "BINARY"));
}

static int check_record(const struct guarding *g, struct str key, struct str value,
			struct error *err)
{
	const char *what = g->what, *name = g->name;

	if (g->global && !str_equal_cstr(key, "comment"))
		return err_set(err, ERR_UNSUPPORTED,
			       "%s: before member '%s': a pax header sets '" STR_FMT
			       "' for all members", what, name, STR_ARG(key));
	if (str_has_prefix(key, STR("GNU.sparse.")))
		return err_set(err, ERR_UNSUPPORTED, "%s: member '%s' is a sparse file", what,
			       name);
	if (str_equal_cstr(key, "hdrcharset") && !is_charset(g, value))
		return err_set(err, ERR_UNSUPPORTED, "%s: member '%s': pax 'hdrcharset' is '"
			       STR_FMT "'", what, name, STR_ARG(value));
	if (str_has_prefix(key, STR("SCHILY.xattr.")) || str_has_prefix(key, STR("LIBARCHIVE.")))
		return 0; /* binary */
	if (memchr(value.ptr, 0, value.len))
		return err_set(err, ERR_FORMAT, "%s: member '%s': NUL in pax '" STR_FMT "'", what,
			       name, STR_ARG(key));
	return 0;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts all of it (pax(1)). */
static int check_pax(const struct guarding *g, struct bytes body, struct error *err)
{
	struct str left = bytes_str(body);

	while (left.len) {
		struct str number = { left.ptr, str_find_char(left, ' ') }, key, value;
		uint64_t len;

		if (!str_parse_u64(number, &len) || len > left.len || len < number.len + 4 ||
		    left.ptr[len - 1] != '\n')
			break;
		key = (struct str){ left.ptr + number.len + 1, (size_t)len - number.len - 2 };
		value = key;
		key.len = str_find_char(key, '=');
		if (!key.len || key.len == value.len || memchr(key.ptr, 0, key.len))
			break;
		value = (struct str){ key.ptr + key.len + 1, value.len - key.len - 1 };
		if (check_record(g, key, value, err) < 0)
			return -1;
		left = (struct str){ left.ptr + len, left.len - (size_t)len };
	}
	return left.len ? err_set(err, ERR_FORMAT, "%s: member '%s': malformed pax header", g->what,
				  g->name)
			: 0;
}

static int check_type(uint8_t type, const char *what, const char *name, struct error *err)
{
	if (!type || (type >= '0' && type <= '6'))
		return 0;
	if (type == 'S')
		return err_set(err, ERR_UNSUPPORTED, "%s: member '%s' is a sparse file", what,
			       name);
	if (type > ' ' && type < 0x7f)
		return err_set(err, ERR_UNSUPPORTED, "%s: member '%s' has type '%c'", what, name,
			       type);
	return err_set(err, ERR_UNSUPPORTED, "%s: member '%s' has type 0x%02x", what, name, type);
}

static int check_size(uint64_t size, const char *what, struct error *err)
{
	if (size <= EXTENSION_MAX)
		return 0;
	return err_set(err, ERR_LIMIT, "%s: an extended header of %llu bytes, %u are allowed", what,
		       (unsigned long long)size, EXTENSION_MAX);
}

/* Checks the extended headers in front and takes them off *headers. */
static int check_extensions(struct bytes *headers, bool raw_names, const char *what,
			    const char *name, struct error *err)
{
	while (headers->len >= TAR_BLOCK && is_extension(headers->ptr[TYPE_AT])) {
		uint8_t type = headers->ptr[TYPE_AT];
		uint64_t size = octal(headers->ptr + SIZE_AT, SIZE_LEN);
		struct bytes body = { headers->ptr + TAR_BLOCK, (size_t)size };
		uint64_t whole = TAR_BLOCK + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;

		if (check_size(size, what, err) < 0)
			return -1;
		if (whole > headers->len) {
			*headers = (struct bytes){ 0 };
			break;
		}
		if ((type == 'x' || type == 'g') &&
		    check_pax(&(struct guarding){ raw_names, type == 'g', what, name }, body,
			      err) < 0)
			return -1;
		if ((type == 'L' || type == 'K') && !is_one_name(body))
			return err_set(err, ERR_FORMAT, "%s: member '%s': NUL in its long name",
				       what, name);
		*headers = (struct bytes){ headers->ptr + whole, headers->len - (size_t)whole };
	}
	return 0;
}

int tar_guard(struct bytes headers, bool raw_names, const char *what, const char *name,
	      struct error *err)
{
	if (check_extensions(&headers, raw_names, what, name, err) < 0)
		return -1;
	if (headers.len < TAR_BLOCK)
		return err_set(err, ERR_FORMAT, "%s: member '%s': no header after its extended header",
			       what, name);
	if (check_type(headers.ptr[TYPE_AT], what, name, err) < 0)
		return -1;
	return headers.len == TAR_BLOCK ? 0 :
		err_set(err, ERR_FORMAT, "%s: member '%s': malformed headers", what, name);
}

int tar_guard_reason(struct bytes headers, bool raw_names, const char *what, struct error *err)
{
	char name[NAME_LEN + 1] = "";

	if (headers.len >= TAR_BLOCK)
		memcpy(name, headers.ptr, NAME_LEN);
	return check_extensions(&headers, raw_names, what, name, err);
}

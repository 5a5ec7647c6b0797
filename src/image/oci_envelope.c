#include "image/oci_envelope.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/source.h"

#define BLOCK     512u
#define FILES_MAX 30000u     /* of one bundle: packages and their sources */
#define PAX_MAX   (1u << 20) /* bytes */

struct scanner {
	int fd;
	const char *name;
	struct oci_envelope *e;
	uint64_t at;
	struct buf path;    /* what an extended header says of the next member, or empty */
	bool has_size;
	uint64_t size_said; /* likewise */
};

static int wrong(const struct scanner *s, struct error *err, const char *what)
{
	return err_set(err, ERR_FORMAT, "'%s' is no image: %s at offset %llu", s->name, what,
		       (unsigned long long)s->at);
}

/* Of what is no tar at all there is nothing to be said here. */
static int cut_off(const struct scanner *s, struct error *err, const char *what)
{
	(void)wrong(s, err, what);
	if (!s->at)
		return -1;
	return err_hint(err, "is it complete? Compare its size with that of the original");
}

static int read_at(const struct scanner *s, uint64_t offset, uint8_t *to, size_t size,
		   struct error *err)
{
	CLEANUP_SOURCE struct source *in = source_of_fd(s->fd, offset, size, s->name);

	if (offset > s->e->size || size > s->e->size - offset)
		return cut_off(s, err, "the tar ends too early");
	return source_read_exactly(in, to, size, err);
}

/* Octal with blanks or NULs around it, as old tars have it. */
static bool parse_octal(const uint8_t *field, size_t n, uint64_t *ret)
{
	size_t i = 0;
	uint64_t v = 0;

	while (i < n && field[i] == ' ')
		i++;
	for (; i < n && field[i] >= '0' && field[i] <= '7'; i++) {
		if (v >> 60)
			return false;
		v = v << 3 | (uint64_t)(field[i] - '0');
	}
	for (; i < n; i++)
		if (field[i] && field[i] != ' ')
			return false;
	*ret = v;
	return true;
}

/* Octal, or GNU's base-256: 0x80, then a big-endian number. Never negative. */
static bool parse_size(const uint8_t *field, uint64_t *ret)
{
	uint64_t v = 0;

	if (field[0] != 0x80)
		return parse_octal(field, 12, ret);
	for (size_t i = 1; i < 12; i++) {
		if (v >> 54)
			return false;
		v = v << 8 | field[i];
	}
	*ret = v;
	return true;
}

static bool checksum_is_right(const uint8_t *block)
{
	uint64_t said, sum = 8 * ' ';

	for (size_t i = 0; i < BLOCK; i++)
		if (i < 148 || i >= 156)
			sum += block[i];
	return parse_octal(block + 148, 8, &said) && said == sum;
}

/* One "LEN key=value\n" of a pax header; only path and size count here. */
static bool take_record(struct scanner *s, struct str *rest)
{
	size_t digits = str_find_char(*rest, ' '), equals;
	struct str body, value;
	uint64_t len;

	if (!str_parse_u64((struct str){ rest->ptr, digits }, &len) || len > rest->len ||
	    len < digits + 4 || rest->ptr[len - 1] != '\n')
		return false;
	body = (struct str){ rest->ptr + digits + 1, (size_t)len - digits - 2 };
	equals = str_find_char(body, '=');
	if (equals == body.len)
		return false;
	value = (struct str){ body.ptr + equals + 1, body.len - equals - 1 };
	body.len = equals;
	if (str_equal_cstr(body, "path")) {
		buf_reset(&s->path);
		buf_add_str(&s->path, value);
	} else if (str_equal_cstr(body, "size")) {
		s->has_size = str_parse_u64(value, &s->size_said);
		if (!s->has_size)
			return false;
	}
	rest->ptr += len;
	rest->len -= (size_t)len;
	return true;
}

/* `x` (pax) and `L` (GNU) headers say something of the member that follows. */
static int take_extended(struct scanner *s, char type, uint64_t size, struct error *err)
{
	CLEANUP_BUF struct buf data = BUF_INIT(PAX_MAX);
	struct str rest;

	if (size > PAX_MAX)
		return wrong(s, err, "an extended header of more than 1 MiB");
	if (read_at(s, s->at + BLOCK, buf_reserve(&data, (size_t)size), (size_t)size, err) < 0)
		return -1;
	data.len = (size_t)size;
	rest = buf_str(&data);
	if (type == 'L') {
		buf_reset(&s->path);
		buf_add(&s->path, rest.ptr, rest.len ? strnlen(rest.ptr, rest.len) : 0);
		return 0;
	}
	while (rest.len)
		if (!take_record(s, &rest))
			return wrong(s, err, "a broken pax record");
	return 0;
}

static int add_file(struct scanner *s, struct str path, uint64_t size, struct error *err)
{
	struct oci_envelope *e = s->e;
	uint32_t number;

	while (str_has_prefix(path, STR("./")))
		path = (struct str){ path.ptr + 2, path.len - 2 };
	if (strtab_find(&e->names, path, &number))
		return wrong(s, err, "a file that stands twice");
	if (e->n == FILES_MAX)
		return err_set(err, ERR_LIMIT, "'%s' holds more than %u files", s->name,
			       FILES_MAX);
	MEM_GROW(e->files, e->n, e->capacity);
	strtab_put(&e->names, path, (uint32_t)e->n);
	e->files[e->n++] = (struct oci_file){ s->at + BLOCK, size };
	return 0;
}

/* The ustar prefix and name, where no extended header named the member. */
static void default_path(struct scanner *s, const uint8_t *h)
{
	bool ustar = memcmp(h + 257, "ustar\0", 6) == 0;

	if (s->path.len)
		return;
	if (ustar && h[345]) {
		buf_add(&s->path, h + 345, strnlen((const char *)h + 345, 155));
		buf_add_char(&s->path, '/');
	}
	buf_add(&s->path, h, strnlen((const char *)h, 100));
}

static int take_member(struct scanner *s, const uint8_t *h, struct error *err)
{
	char type = (char)h[156];
	uint64_t size;

	if (!checksum_is_right(h))
		return wrong(s, err, "no tar header");
	if (!parse_size(h + 124, &size))
		return wrong(s, err, "a bad size");
	if (type == 'x' || type == 'L') {
		if (take_extended(s, type, size, err) < 0)
			return -1;
	} else {
		if (s->has_size)
			size = s->size_said;
		default_path(s, h);
		if ((type == '0' || type == 0) && add_file(s, buf_str(&s->path), size, err) < 0)
			return -1;
		/* links, folders and what else there is name no blob */
		buf_reset(&s->path);
		s->has_size = false;
	}
	if (size > s->e->size - s->at - BLOCK)
		return cut_off(s, err, "the tar ends too early");
	s->at += BLOCK + ((size + BLOCK - 1) & ~(uint64_t)(BLOCK - 1));
	return 0;
}

static int scan(struct scanner *s, struct error *err)
{
	uint8_t block[BLOCK];

	while (s->at + BLOCK <= s->e->size) {
		if (read_at(s, s->at, block, BLOCK, err) < 0)
			return -1;
		if (bytes_are_zero(block, BLOCK))
			return 0;
		if (take_member(s, block, err) < 0)
			return -1;
	}
	return cut_off(s, err, "no end mark");
}

int oci_envelope_scan(int fd, const char *name, struct oci_envelope *e, struct error *err)
{
	struct scanner s = { .fd = fd, .name = name, .e = e, .path = BUF_INIT(PAX_MAX) };
	off_t end = lseek(fd, 0, SEEK_END);
	int r;

	if (end < 0)
		return err_sys(err, errno, "cannot read '%s'", name);
	e->size = (uint64_t)end;
	r = scan(&s, err);
	buf_release(&s.path);
	return r;
}

void oci_envelope_release(struct oci_envelope *e)
{
	strtab_release(&e->names);
	free(e->files);
}

const struct oci_file *oci_envelope_find(const struct oci_envelope *e, const char *name)
{
	uint32_t number;

	return strtab_find(&e->names, str_of(name), &number) ? &e->files[number] : NULL;
}

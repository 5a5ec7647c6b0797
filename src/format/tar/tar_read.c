/*
 * Written from docs/formats/tar.md and not from the encoder, which it judges:
 * it shares no function with tar_encode.c.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "format/tar/tar_header.h"
#include "format/tar/tar_read.h"

struct header {
	uint8_t raw[TAR_BLOCK_SIZE];
	struct str name, linkname; /* views into raw */
	uint64_t mode, uid, gid, size, mtime, major, minor;
	char type;
};

/* What the records of an `x` header say; a NULL text or false: not there. */
struct pax {
	bool present;
	char name[TAR_NAME_LEN + 1]; /* of the `x` header itself */
	struct str path, linkpath;
	bool has_size, has_uid, has_gid, has_mtime;
	uint64_t size, uid, gid, mtime;
	uint32_t n_xattrs;
};

void tar_reader_init(struct tar_reader *r, struct source *in)
{
	*r = (struct tar_reader){ .in = in,
				  .path = BUF_INIT(TAR_PAX_MAX),
				  .target = BUF_INIT(TAR_PAX_MAX),
				  .records = BUF_INIT(TAR_PAX_MAX) };
}

void tar_reader_release(struct tar_reader *r)
{
	buf_release(&r->path);
	buf_release(&r->target);
	buf_release(&r->records);
}

int tar_wrong(const struct tar_reader *r, struct error *err, const char *fmt, ...)
{
	char what[300];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return err_set(err, ERR_FORMAT, "tar member at offset %llu: %s",
		       (unsigned long long)r->header, what);
}

/* Exactly @digits octal digits and a NUL. */
static bool get_octal(const uint8_t *field, unsigned digits, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < digits; i++) {
		if (field[i] < '0' || field[i] > '7')
			return false;
		v = v * 8 + (uint64_t)(field[i] - '0');
	}
	*ret = v;
	return field[digits] == 0;
}

/* Text up to the first NUL; nothing but NULs after it. */
static bool get_text(const uint8_t *field, size_t size, struct str *ret)
{
	size_t n = strnlen((const char *)field, size);

	*ret = (struct str){ (const char *)field, n };
	return bytes_are_zero(field + n, size - n);
}

static bool checksum_is_right(const uint8_t *raw)
{
	uint32_t sum = 8 * ' ';
	uint64_t said;

	for (size_t i = 0; i < TAR_BLOCK_SIZE; i++)
		sum += raw[i];
	for (size_t i = TAR_CHECKSUM; i < TAR_CHECKSUM + 8; i++)
		sum -= raw[i]; /* its own bytes count as blanks */
	return get_octal(raw + TAR_CHECKSUM, 6, &said) && raw[TAR_CHECKSUM + 7] == ' ' &&
	       said == sum;
}

static int decode_header(const struct tar_reader *r, struct header *h, struct error *err)
{
	const uint8_t *raw = h->raw;

	if (!checksum_is_right(raw))
		return tar_wrong(r, err, "wrong checksum");
	if (memcmp(raw + TAR_MAGIC, "ustar\0" "00", 8) != 0)
		return tar_wrong(r, err, "not a ustar header");
	if (!get_octal(raw + TAR_MODE, 7, &h->mode) || !get_octal(raw + TAR_UID, 7, &h->uid) ||
	    !get_octal(raw + TAR_GID, 7, &h->gid) || !get_octal(raw + TAR_SIZE, 11, &h->size) ||
	    !get_octal(raw + TAR_MTIME, 11, &h->mtime) ||
	    !get_octal(raw + TAR_DEVMAJOR, 7, &h->major) ||
	    !get_octal(raw + TAR_DEVMINOR, 7, &h->minor))
		return tar_wrong(r, err, "a number is not spelled canonically");
	if (!get_text(raw + TAR_NAME, TAR_NAME_LEN, &h->name) ||
	    !get_text(raw + TAR_LINKNAME, TAR_LINKNAME_LEN, &h->linkname))
		return tar_wrong(r, err, "bytes after the end of a name");
	if (!bytes_are_zero(raw + TAR_UNAME, TAR_UNAME_LEN + TAR_GNAME_LEN) ||
	    !bytes_are_zero(raw + TAR_PREFIX, TAR_BLOCK_SIZE - TAR_PREFIX))
		return tar_wrong(r, err, "a field that must be empty is not");
	h->type = (char)raw[TAR_TYPE];
	if (h->mode > 07777)
		return tar_wrong(r, err, "mode %llo", (unsigned long long)h->mode);
	return 0;
}

static bool get_decimal(struct str s, uint64_t *ret)
{
	return s.len && (s.ptr[0] != '0' || s.len == 1) && str_parse_u64(s, ret);
}

/* A number stands in a record only if it does not fit its field. */
static bool take_number(struct str key, const char *name, struct str value, uint64_t above,
			uint64_t max, bool *has, uint64_t *number)
{
	if (!str_equal_cstr(key, name) || !get_decimal(value, number))
		return false;
	*has = true;
	return *number > above && *number <= max;
}

static bool take_record(struct tar_reader *r, struct pax *p, struct str key, struct str value)
{
	struct str xattr = STR("SCHILY.xattr.");

	if (str_has_prefix(key, xattr)) {
		struct str name = { key.ptr + xattr.len, key.len - xattr.len };

		if (p->n_xattrs == LIMIT_XATTRS || name.len == 0 || name.len > LIMIT_NAME_MAX)
			return false;
		r->xattrs[p->n_xattrs++] = (struct xattr){ name, str_bytes(value) };
		return true;
	}
	if (str_equal_cstr(key, "path") || str_equal_cstr(key, "linkpath")) {
		*(key.len == 4 ? &p->path : &p->linkpath) = value;
		return value.len && !memchr(value.ptr, 0, value.len);
	}
	return take_number(key, "size", value, TAR_OCTAL11_MAX, INT64_MAX, &p->has_size,
			   &p->size) ||
	       take_number(key, "mtime", value, TAR_OCTAL11_MAX, INT64_MAX, &p->has_mtime,
			   &p->mtime) ||
	       take_number(key, "uid", value, TAR_OCTAL7_MAX, UINT32_MAX, &p->has_uid,
			   &p->uid) ||
	       take_number(key, "gid", value, TAR_OCTAL7_MAX, UINT32_MAX, &p->has_gid,
			   &p->gid);
}

/* "LEN key=value\n" off the front of *rest. */
static bool split_record(struct str *rest, struct str *key, struct str *value)
{
	size_t digits = str_find_char(*rest, ' '), equals;
	struct str body;
	uint64_t len;

	if (digits > 7 || !get_decimal((struct str){ rest->ptr, digits }, &len) ||
	    len > rest->len || len < digits + 4)
		return false;
	body = (struct str){ rest->ptr + digits + 1, (size_t)len - digits - 1 };
	if (body.ptr[body.len - 1] != '\n')
		return false;
	equals = str_find_char(body, '=');
	if (equals == 0 || equals >= body.len - 1)
		return false;
	*key = (struct str){ body.ptr, equals };
	*value = (struct str){ body.ptr + equals + 1, body.len - equals - 2 };
	rest->ptr += len;
	rest->len -= (size_t)len;
	return true;
}

static int decode_records(struct tar_reader *r, struct pax *p, struct error *err)
{
	struct str rest = buf_str(&r->records), last = STR(""), key, value;

	while (rest.len) {
		if (!split_record(&rest, &key, &value))
			return tar_wrong(r, err, "broken pax record");
		if (str_compare(last, key) >= 0)
			return tar_wrong(r, err, "pax records are not sorted");
		if (!text_is_utf8(key) || !take_record(r, p, key, value))
			return tar_wrong(r, err, "pax record '" STR_FMT "' is not canonical",
					 STR_ARG(key));
		last = key;
	}
	return 0;
}

static int read_padding(struct tar_reader *r, uint64_t size, struct error *err)
{
	uint8_t pad[TAR_BLOCK_SIZE];
	size_t n = (size_t)(-size & (TAR_BLOCK_SIZE - 1));

	if (source_read_exactly(r->in, pad, n, err) < 0)
		return -1;
	if (!bytes_are_zero(pad, n))
		return tar_wrong(r, err, "padding is not zero");
	return 0;
}

static int read_pax(struct tar_reader *r, struct header *h, struct pax *p, struct error *err)
{
	if (h->mode != 0644 || h->uid || h->gid || h->mtime || h->major || h->minor ||
	    h->linkname.len || h->size == 0 || h->size > TAR_PAX_MAX)
		return tar_wrong(r, err, "the pax header is not canonical");
	p->present = true;
	snprintf(p->name, sizeof(p->name), STR_FMT, STR_ARG(h->name));
	buf_reset(&r->records);
	if (source_read_exactly(r->in, buf_reserve(&r->records, (size_t)h->size),
				(size_t)h->size, err) < 0)
		return -1;
	r->records.len = (size_t)h->size;
	if (read_padding(r, h->size, err) < 0 || decode_records(r, p, err) < 0)
		return -1;
	if (source_read_exactly(r->in, h->raw, sizeof(h->raw), err) < 0)
		return -1;
	return decode_header(r, h, err);
}

static bool needs_record(struct str s)
{
	bool needs = s.len > TAR_NAME_LEN;

	for (size_t i = 0; i < s.len; i++)
		needs |= (uint8_t)s.ptr[i] > 0x7f;
	return needs;
}

/* The stand-in for a name that is in a record: see "Short names" in the spec. */
static bool is_short_name(struct str shown, struct str full, size_t max)
{
	size_t slash = full.len && full.ptr[full.len - 1] == '/', start = 0;

	for (size_t i = 0; i + slash < full.len; i++)
		if (full.ptr[i] == '/')
			start = i + 1;
	if (full.len - start > max)
		start = full.len - max;
	if (shown.len != full.len - start)
		return false;
	for (size_t i = 0; i < shown.len; i++) {
		char c = full.ptr[start + i];

		if (shown.ptr[i] != (c < ' ' || c > '~' ? '_' : c))
			return false;
	}
	return true;
}

/* One name from its field or its record, never from both, never needlessly. */
static int join_name(const struct tar_reader *r, struct str field, struct str record,
		     struct buf *ret, struct error *err)
{
	if (record.ptr && (!needs_record(record) || !is_short_name(field, record, TAR_NAME_LEN)))
		return tar_wrong(r, err, "a name stands in a pax record without need");
	if (!record.ptr && needs_record(field))
		return tar_wrong(r, err, "a name needs a pax record");
	buf_reset(ret);
	buf_add_str(ret, record.ptr ? record : field);
	if (!text_is_utf8(buf_str(ret)))
		return tar_wrong(r, err, "a name is not UTF-8");
	return 0;
}

static int join_number(const struct tar_reader *r, bool has, uint64_t record, uint64_t *field,
		       struct error *err)
{
	if (!has)
		return 0;
	if (*field != 0)
		return tar_wrong(r, err, "a number stands in its field and in a pax record");
	*field = record;
	return 0;
}

static int check_pax_name(const struct tar_reader *r, const struct pax *p, struct error *err)
{
	struct str shown = str_of(p->name), prefix = STR("PaxHeaders.0/");
	struct str bare = buf_str(&r->path);

	if (!p->present)
		return 0;
	if (bare.len && bare.ptr[bare.len - 1] == '/')
		bare.len--;
	if (!str_has_prefix(shown, prefix) ||
	    !is_short_name((struct str){ shown.ptr + prefix.len, shown.len - prefix.len }, bare,
			   80))
		return tar_wrong(r, err, "the pax header has the wrong name");
	return 0;
}

static int join(struct tar_reader *r, struct header *h, const struct pax *p, struct error *err)
{
	if (join_name(r, h->name, p->path, &r->path, err) < 0 ||
	    join_name(r, h->linkname, p->linkpath, &r->target, err) < 0 ||
	    join_number(r, p->has_size, p->size, &h->size, err) < 0 ||
	    join_number(r, p->has_mtime, p->mtime, &h->mtime, err) < 0 ||
	    join_number(r, p->has_uid, p->uid, &h->uid, err) < 0 ||
	    join_number(r, p->has_gid, p->gid, &h->gid, err) < 0)
		return -1;
	return check_pax_name(r, p, err);
}

static bool get_kind(char type, enum node_kind *ret)
{
	static const enum node_kind kinds[] = { NODE_FILE, NODE_FILE, NODE_SYMLINK, NODE_CHAR,
						NODE_BLOCK, NODE_DIRECTORY, NODE_FIFO };

	if (type < '0' || type > '6')
		return false;
	*ret = kinds[type - '0'];
	return true;
}

static int convert(const struct tar_reader *r, const struct header *h, const struct pax *p,
		   struct tar_member *ret, struct error *err)
{
	struct tar_member m = {
		.path = buf_str(&r->path), .target = buf_str(&r->target),
		.hard_link = h->type == '1', .mode = (uint16_t)h->mode,
		.uid = (uint32_t)h->uid, .gid = (uint32_t)h->gid, .mtime = (int64_t)h->mtime,
		.size = h->size, .major = (uint32_t)h->major, .minor = (uint32_t)h->minor,
		.xattrs = r->xattrs, .n_xattrs = p->n_xattrs,
	};
	bool folder, link, device;

	if (!get_kind(h->type, &m.kind))
		return tar_wrong(r, err, "type %#x", (unsigned)(uint8_t)h->type);
	folder = m.kind == NODE_DIRECTORY;
	link = m.hard_link || m.kind == NODE_SYMLINK;
	device = m.kind == NODE_CHAR || m.kind == NODE_BLOCK;
	if (m.path.len == 0 || (m.path.ptr[m.path.len - 1] == '/') != folder)
		return tar_wrong(r, err, "only the names of folders end in '/'");
	if ((m.target.len > 0) != link)
		return tar_wrong(r, err, "a link without a target, or a target without a link");
	if (m.size && h->type != '0')
		return tar_wrong(r, err, "only a file has a size");
	if ((m.major || m.minor) && !device)
		return tar_wrong(r, err, "only a device has numbers");
	if (m.major > TAR_MAJOR_MAX || m.minor > TAR_MINOR_MAX)
		return tar_wrong(r, err, "device %u:%u", m.major, m.minor);
	if (h->type == '2' && m.mode != 0777)
		return tar_wrong(r, err, "a symbolic link has mode %o", m.mode);
	if (folder)
		m.path.len = m.path.len == 2 && m.path.ptr[0] == '.' ? 0 : m.path.len - 1;
	*ret = m;
	return 0;
}

static int skip_content(struct tar_reader *r, struct error *err)
{
	uint64_t size = r->content;

	r->content = 0;
	if (source_skip_exactly(r->in, size, err) < 0)
		return -1;
	return read_padding(r, size, err);
}

static int read_end(struct tar_reader *r, struct error *err)
{
	uint8_t block[TAR_BLOCK_SIZE];
	size_t n;

	if (source_read_exactly(r->in, block, sizeof(block), err) < 0)
		return -1;
	if (!bytes_are_zero(block, sizeof(block)))
		return tar_wrong(r, err, "one zero block in the middle");
	if (source_read(r->in, block, 1, &n, err) < 0)
		return -1;
	return n ? tar_wrong(r, err, "bytes after the end") : 0;
}

int tar_reader_next(struct tar_reader *r, struct tar_member *ret, struct error *err)
{
	struct header h = { 0 };
	struct pax p = { 0 };

	if (skip_content(r, err) < 0)
		return -1;
	r->header = r->in->offset;
	if (source_read_exactly(r->in, h.raw, sizeof(h.raw), err) < 0)
		return err_while(err, "reading a tar header");
	if (bytes_are_zero(h.raw, sizeof(h.raw)))
		return read_end(r, err);
	if (decode_header(r, &h, err) < 0 || (h.type == 'x' && read_pax(r, &h, &p, err) < 0) ||
	    join(r, &h, &p, err) < 0 || convert(r, &h, &p, ret, err) < 0)
		return -1;
	r->content = ret->size;
	return 1;
}

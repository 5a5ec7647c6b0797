#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "format/tar/tar_encode.h"
#include "format/tar/tar_header.h"

/* The part of a header block that differs between the two blocks of a member. */
struct block {
	struct str name, linkname;
	uint16_t mode;
	uint32_t uid, gid, major, minor;
	uint64_t size, mtime;
	char type;
};

static void put_octal(uint8_t *field, unsigned digits, uint64_t value)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%0*llo", (int)digits, (unsigned long long)value);

	assert(n == (int)digits);
	memcpy(field, text, digits + 1);
}

static void encode_block(const struct block *b, struct buf *to)
{
	uint8_t h[TAR_BLOCK_SIZE] = { 0 };
	unsigned sum = 0;

	assert(b->name.len <= TAR_NAME_LEN && b->linkname.len <= TAR_LINKNAME_LEN);
	memcpy(h + TAR_NAME, b->name.ptr, b->name.len);
	put_octal(h + TAR_MODE, 7, b->mode);
	put_octal(h + TAR_UID, 7, b->uid);
	put_octal(h + TAR_GID, 7, b->gid);
	put_octal(h + TAR_SIZE, 11, b->size);
	put_octal(h + TAR_MTIME, 11, b->mtime);
	memset(h + TAR_CHECKSUM, ' ', 8);
	h[TAR_TYPE] = (uint8_t)b->type;
	if (b->linkname.len)
		memcpy(h + TAR_LINKNAME, b->linkname.ptr, b->linkname.len);
	memcpy(h + TAR_MAGIC, "ustar\0" "00", 8);
	put_octal(h + TAR_DEVMAJOR, 7, b->major);
	put_octal(h + TAR_DEVMINOR, 7, b->minor);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += h[i];
	put_octal(h + TAR_CHECKSUM, 6, sum); /* then NUL; the blank behind it stays */
	buf_add(to, h, sizeof(h));
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 0x80)
			return false;
	return true;
}

static bool fits(struct str s)
{
	return s.len <= TAR_NAME_LEN && is_ascii(s);
}

/*
 * What a reader that knows no pax shows: the last component (with a folder's
 * slash) in printable ASCII, of it the last @max bytes.
 */
static struct str short_name(struct str path, size_t max, char text[static TAR_NAME_LEN])
{
	size_t from = path.len, n = 0;

	while (from > 0 && (from == path.len || path.ptr[from - 1] != '/') &&
	       path.len - from < max)
		from--;
	for (size_t i = from; i < path.len; i++)
		text[n++] = path.ptr[i] >= 0x20 && path.ptr[i] < 0x7f ? path.ptr[i] : '_';
	return (struct str){ text, n };
}

/* "LEN key=value\n", where LEN counts itself (pax Extended Header). */
static void add_record(struct buf *to, struct str key, struct bytes value)
{
	size_t rest = 1 + key.len + 1 + value.len + 1, len = rest + 1;
	char digits[24];

	while (rest + (size_t)snprintf(digits, sizeof(digits), "%zu", len) != len)
		len = rest + strlen(digits);
	buf_add_cstr(to, digits);
	buf_add_char(to, ' ');
	buf_add_str(to, key);
	buf_add_char(to, '=');
	buf_add(to, value.ptr, value.len);
	buf_add_char(to, '\n');
}

static void add_number(struct buf *to, struct str key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	add_record(to, key, str_bytes(str_of(text)));
}

static int check_xattr(const struct xattr *x, struct error *err)
{
	if (x->name.len == 0 || x->name.len > LIMIT_NAME_MAX ||
	    str_find_char(x->name, '=') < x->name.len || !text_is_utf8(x->name))
		return err_set(err, ERR_UNSUPPORTED,
			       "an extended attribute is named '" STR_FMT "'", STR_ARG(x->name));
	return 0;
}

/* Keys come in bytewise order: upper case first. */
static int add_records(const struct tar_member *m, struct str path, struct str target,
		       uint64_t size, struct buf *to, struct error *err)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < m->n_xattrs; i++) {
		const struct xattr *x = &m->xattrs[i];
		char key[16 + LIMIT_NAME_MAX];

		assert(i == 0 || str_compare(m->xattrs[i - 1].name, x->name) < 0);
		if (check_xattr(x, err) < 0)
			return -1;
		total += x->value.len;
		if (total > TAR_PAX_MAX)
			break;
		snprintf(key, sizeof(key), "SCHILY.xattr." STR_FMT, STR_ARG(x->name));
		add_record(to, str_of(key), x->value);
	}
	if (m->gid > TAR_OCTAL7_MAX)
		add_number(to, STR("gid"), m->gid);
	if (!fits(target))
		add_record(to, STR("linkpath"), str_bytes(target));
	if ((uint64_t)m->mtime > TAR_OCTAL11_MAX)
		add_number(to, STR("mtime"), (uint64_t)m->mtime);
	if (!fits(path))
		add_record(to, STR("path"), str_bytes(path));
	if (size > TAR_OCTAL11_MAX)
		add_number(to, STR("size"), size);
	if (m->uid > TAR_OCTAL7_MAX)
		add_number(to, STR("uid"), m->uid);
	if (total > TAR_PAX_MAX || to->len > TAR_PAX_MAX)
		return err_set(err, ERR_LIMIT, "more than %u bytes of extended attributes",
			       TAR_PAX_MAX);
	return 0;
}

static char type_of(const struct tar_member *m)
{
	if (m->hard_link)
		return '1';
	switch (m->kind) {
	case NODE_FILE:
		return '0';
	case NODE_SYMLINK:
		return '2';
	case NODE_CHAR:
		return '3';
	case NODE_BLOCK:
		return '4';
	case NODE_DIRECTORY:
		return '5';
	case NODE_FIFO:
		return '6';
	}
	abort(); /* a tree holds no other kind */
}

static int check_names(const struct tar_member *m, bool has_target, struct error *err)
{
	if (m->path.len > LIMIT_PATH_MAX)
		return err_set(err, ERR_LIMIT, "the path has %zu bytes; the limit is %u",
			       m->path.len, LIMIT_PATH_MAX);
	if (!text_is_utf8(m->path)) {
		err_set(err, ERR_UNSUPPORTED, "the name is not UTF-8");
		return err_hint(err, "readers of images disagree about such names: rename the "
				     "file, or exclude it");
	}
	if (m->major > TAR_MAJOR_MAX || m->minor > TAR_MINOR_MAX)
		return err_set(err, ERR_LIMIT, "device %u:%u; Linux numbers them up to %u:%u",
			       m->major, m->minor, TAR_MAJOR_MAX, TAR_MINOR_MAX);
	if (!has_target)
		return 0;
	if (m->target.len == 0)
		return err_set(err, ERR_UNSUPPORTED, "the link has no target");
	if (m->target.len > LIMIT_PATH_MAX)
		return err_set(err, ERR_LIMIT, "the link's target has %zu bytes; the limit is %u",
			       m->target.len, LIMIT_PATH_MAX);
	if (!text_is_utf8(m->target))
		return err_set(err, ERR_UNSUPPORTED, "the link's target is not UTF-8");
	return 0;
}

/* The `x` header and its records. */
static void encode_pax(struct str path, struct bytes records, struct buf *to)
{
	char base[TAR_NAME_LEN], name[TAR_NAME_LEN + 1];
	struct str bare = path;
	struct str shown;

	if (bare.len && bare.ptr[bare.len - 1] == '/')
		bare.len--;
	shown = short_name(bare, 80, base);
	snprintf(name, sizeof(name), "PaxHeaders.0/" STR_FMT, STR_ARG(shown));
	encode_block(&(struct block){ .name = str_of(name), .mode = 0644, .type = 'x',
				      .size = records.len }, to);
	buf_add(to, records.ptr, records.len);
	buf_add_zeros(to, -records.len & (TAR_BLOCK_SIZE - 1));
}

int tar_encode_header(const struct tar_member *m, struct buf *to, struct error *err)
{
	CLEANUP_BUF struct buf path_text = BUF_INIT(LIMIT_PATH_MAX + 2);
	CLEANUP_BUF struct buf records = BUF_INIT(TAR_PAX_MAX + 4 * LIMIT_PATH_MAX);
	char name[TAR_NAME_LEN], link[TAR_NAME_LEN];
	bool has_target = m->hard_link || m->kind == NODE_SYMLINK;
	uint64_t size = m->kind == NODE_FILE && !m->hard_link ? m->size : 0;
	struct str path, target = has_target ? m->target : STR("");

	assert(m->mtime >= 0 && (m->mode & ~07777) == 0);
	if (check_names(m, has_target, err) < 0)
		return -1;
	buf_add_str(&path_text, m->path.len ? m->path : STR("."));
	if (m->kind == NODE_DIRECTORY)
		buf_add_char(&path_text, '/');
	path = buf_str(&path_text);
	if (add_records(m, path, target, size, &records, err) < 0)
		return -1;
	if (records.len)
		encode_pax(path, buf_bytes(&records), to);
	encode_block(&(struct block){
		.name = fits(path) ? path : short_name(path, TAR_NAME_LEN, name),
		.linkname = fits(target) ? target : short_name(target, TAR_NAME_LEN, link),
		.mode = m->mode,
		.uid = m->uid > TAR_OCTAL7_MAX ? 0 : m->uid,
		.gid = m->gid > TAR_OCTAL7_MAX ? 0 : m->gid,
		.size = size > TAR_OCTAL11_MAX ? 0 : size,
		.mtime = (uint64_t)m->mtime > TAR_OCTAL11_MAX ? 0 : (uint64_t)m->mtime,
		.major = m->major,
		.minor = m->minor,
		.type = type_of(m),
	}, to);
	return 0;
}

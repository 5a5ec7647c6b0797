#define _GNU_SOURCE
#include "pack/tar_in.h"

#include <locale.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "pack/libarchive.h"
#include "pack/tar_guard.h"

#define BLOCK_SIZE  (256u * 1024) /* bytes handed to libarchive at once */
#define HEADERS_MAX (64u << 20)   /* libarchive takes at most 32 headers of 1 MiB */

struct tar_in {
	struct archive *archive;
	struct archive_entry *entry; /* borrowed from @archive */
	struct source *in;
	const char *what;
	struct error failure; /* of @in, during a call of libarchive */
	locale_t locale, old_locale;
	uint64_t fed;         /* bytes handed to libarchive */
	size_t block_len;     /* of the last block */
	bool in_headers;
	bool raw_names;
	struct buf headers;   /* all bytes from the start of the member's headers on */
	uint64_t content_read;
	struct xattr xattrs[LIMIT_XATTRS];
	uint8_t block[BLOCK_SIZE];
};

static la_ssize_t feed(struct archive *archive, void *context, const void **ret)
{
	struct tar_in *t = context;
	size_t len = 0, n;

	(void)archive;
	do { /* whole blocks, so that no header lies across two of them */
		if (source_read(t->in, t->block + len, BLOCK_SIZE - len, &n, &t->failure) < 0)
			return -1;
		len += n;
	} while (n && len < BLOCK_SIZE);
	if (t->in_headers && len <= t->headers.max - t->headers.len)
		buf_add(&t->headers, t->block, len);
	if (len) /* at the end the last block stays what it was */
		t->block_len = len;
	t->fed += len;
	*ret = t->block;
	return (la_ssize_t)len;
}

static int fail(struct tar_in *t, struct error *err)
{
	const char *why = libarchive.error_string(t->archive);

	if (t->failure.code != ERR_NONE) {
		err_move(err, &t->failure);
		return err_while(err, "reading %s", t->what);
	}
	if (t->in_headers &&
	    tar_guard_reason(buf_bytes(&t->headers), t->raw_names, t->what, err) < 0)
		return -1;
	err_set(err, ERR_FORMAT, "%s: not a sound tar archive near offset %lld: %s", t->what,
		(long long)libarchive.filter_bytes(t->archive, 0), why ? why : "unknown reason");
	if (!t->locale)
		err_hint(err, "the locale 'C.UTF-8' is missing on this machine (Debian: libc-bin)");
	return -1;
}

int tar_in_open(struct source *in, const char *what, struct tar_in **ret, struct error *err)
{
	struct tar_in *t;

	if (libarchive_load(err) < 0)
		return -1;
	t = mem_alloc(sizeof(*t));
	t->in = in;
	t->what = what;
	t->headers = (struct buf)BUF_INIT(HEADERS_MAX);
	t->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (t->locale)
		t->old_locale = uselocale(t->locale);
	t->archive = libarchive.read_new();
	if (!t->archive)
		abort(); /* only for lack of memory */
	if (libarchive.read_support_format_tar(t->archive) != ARCHIVE_OK ||
	    libarchive.read_set_read_callback(t->archive, feed) != ARCHIVE_OK ||
	    libarchive.read_set_callback_data(t->archive, t) != ARCHIVE_OK)
		abort();
	if (libarchive.read_open1(t->archive) != ARCHIVE_OK) {
		fail(t, err);
		tar_in_close(t);
		return -1;
	}
	*ret = t;
	return 0;
}

void tar_in_allow_raw_names(struct tar_in *t)
{
	t->raw_names = true;
}

void tar_in_close(struct tar_in *t)
{
	if (!t)
		return;
	libarchive.read_free(t->archive);
	if (t->locale) {
		uselocale(t->old_locale);
		freelocale(t->locale);
	}
	buf_release(&t->headers);
	err_release(&t->failure);
	free(t);
}

static uint64_t position(const struct tar_in *t)
{
	return (uint64_t)libarchive.filter_bytes(t->archive, 0);
}

/* After the end mark: nothing but zeros, to the end of the source. */
static int check_tail(struct tar_in *t, uint64_t start, struct error *err)
{
	struct bytes seen = buf_bytes(&t->headers);
	size_t n;

	if (seen.len < TAR_BLOCK)
		return err_set(err, ERR_FORMAT, "%s: ends at offset %llu without an end mark",
			       t->what, (unsigned long long)start);
	while (bytes_are_zero(seen.ptr, seen.len)) {
		if (source_read(t->in, t->block, BLOCK_SIZE, &n, err) < 0)
			return err_while(err, "reading %s", t->what);
		if (!n)
			return 0;
		seen = (struct bytes){ t->block, n };
	}
	return err_set(err, ERR_FORMAT, "%s: data after the end mark at offset %llu", t->what,
		       (unsigned long long)start);
}

static int check_headers(struct tar_in *t, uint64_t start, struct error *err)
{
	const char *name = libarchive.entry_pathname(t->entry);
	uint64_t len = position(t) - start;

	if (start % TAR_BLOCK || len > t->headers.len)
		return err_set(err, ERR_FORMAT, "%s: headers at offset %llu that can't be followed",
			       t->what, (unsigned long long)start);
	return tar_guard((struct bytes){ t->headers.ptr, (size_t)len }, t->raw_names, t->what,
			 name ? name : "", err);
}

static enum node_kind kind_of(struct archive_entry *e)
{
	switch (libarchive.entry_filetype(e)) {
	case AE_IFDIR:
		return NODE_DIRECTORY;
	case AE_IFLNK:
		return NODE_SYMLINK;
	case AE_IFIFO:
		return NODE_FIFO;
	case AE_IFCHR:
		return NODE_CHAR;
	case AE_IFBLK:
		return NODE_BLOCK;
	default:
		return NODE_FILE;
	}
}

static int number(struct tar_in *t, const char *of, int64_t value, int64_t max, uint32_t *ret,
		  struct error *err)
{
	if (value < 0 || value > max)
		return err_set(err, ERR_LIMIT, "%s: member '%s': %s %lld is out of range", t->what,
			       libarchive.entry_pathname(t->entry), of, (long long)value);
	*ret = (uint32_t)value;
	return 0;
}

static int read_xattrs(struct tar_in *t, struct tar_entry *ret, struct error *err)
{
	const char *path = libarchive.entry_pathname(t->entry), *name;
	uint32_t n = 0;
	const void *value;
	size_t size;

	if (libarchive.entry_xattr_reset(t->entry) > (int)LIMIT_XATTRS)
		return err_set(err, ERR_LIMIT, "%s: member '%s' has more than %u xattrs", t->what,
			       path, LIMIT_XATTRS);
	while (libarchive.entry_xattr_next(t->entry, &name, &value, &size) == ARCHIVE_OK) {
		if (size > LIMIT_XATTR_SIZE)
			return err_set(err, ERR_LIMIT, "%s: member '%s': xattr '%s' of %zu bytes",
				       t->what, path, name, size);
		t->xattrs[n++] = (struct xattr){ str_of(name), { value, size } };
	}
	ret->xattrs = t->xattrs;
	ret->n_xattrs = n;
	return 0;
}

static int refuse_extras(struct tar_in *t, struct error *err)
{
	const char *path = libarchive.entry_pathname(t->entry), *what = NULL;

	if (libarchive.entry_filetype(t->entry) == AE_IFSOCK)
		what = "is a socket";
	else if (libarchive.entry_sparse_count(t->entry))
		what = "is a sparse file";
	else if (libarchive.entry_acl_types(t->entry))
		what = "has an access control list";
	else if (libarchive.entry_fflags_text(t->entry))
		what = "has file flags";
	return what ? err_set(err, ERR_UNSUPPORTED, "%s: member '%s' %s", t->what, path, what) : 0;
}

static int convert(struct tar_in *t, struct tar_entry *ret, struct error *err)
{
	struct archive_entry *e = t->entry;
	const char *link = libarchive.entry_hardlink(e);

	*ret = (struct tar_entry){
		.name = str_of(libarchive.entry_pathname(e)),
		.kind = kind_of(e),
		.hard_link = link != NULL,
		.mode = (uint16_t)(libarchive.entry_perm(e) & 07777),
		.user = str_of(libarchive.entry_uname(e)),
		.group = str_of(libarchive.entry_gname(e)),
		.mtime = libarchive.entry_mtime(e),
		.offset = position(t),
	};
	if (!ret->name.ptr)
		return err_set(err, ERR_FORMAT, "%s: a member without a name at offset %llu",
			       t->what, (unsigned long long)position(t));
	if (refuse_extras(t, err) < 0 || read_xattrs(t, ret, err) < 0 ||
	    number(t, "user id", libarchive.entry_uid(e), UINT32_MAX - 1, &ret->uid, err) < 0 ||
	    number(t, "group id", libarchive.entry_gid(e), UINT32_MAX - 1, &ret->gid, err) < 0)
		return -1;
	if (libarchive.entry_size(e) < 0 || (uint64_t)libarchive.entry_size(e) > LIMIT_FILE_SIZE)
		return err_set(err, ERR_LIMIT, "%s: member '%s' has the size %lld", t->what,
			       ret->name.ptr, (long long)libarchive.entry_size(e));
	ret->size = (uint64_t)libarchive.entry_size(e);
	if (ret->size && (ret->kind != NODE_FILE || link))
		return err_set(err, ERR_UNSUPPORTED, "%s: member '%s' is no file but has content",
			       t->what, ret->name.ptr);
	if (link || ret->kind == NODE_SYMLINK)
		ret->target = str_of(link ? link : libarchive.entry_symlink(e));
	if (ret->kind != NODE_CHAR && ret->kind != NODE_BLOCK)
		return 0;
	if (number(t, "major", (int64_t)libarchive.entry_rdevmajor(e), UINT32_MAX, &ret->major, err) < 0)
		return -1;
	return number(t, "minor", (int64_t)libarchive.entry_rdevminor(e), UINT32_MAX, &ret->minor, err);
}

int tar_in_next(struct tar_in *t, struct tar_entry *ret, struct error *err)
{
	uint64_t start = position(t), rest = t->fed - start;
	int r;

	buf_reset(&t->headers);
	if (rest > t->block_len)
		return err_set(err, ERR_FORMAT, "%s: blocks at offset %llu that can't be followed",
			       t->what, (unsigned long long)start);
	if (rest)
		buf_add(&t->headers, t->block + t->block_len - rest, (size_t)rest);
	t->in_headers = true;
	r = libarchive.read_next_header(t->archive, &t->entry);
	if (r == ARCHIVE_EOF && t->failure.code == ERR_NONE)
		return check_tail(t, start, err);
	if (r != ARCHIVE_OK)
		return fail(t, err);
	t->in_headers = false;
	t->content_read = 0;
	if (check_headers(t, start, err) < 0 || convert(t, ret, err) < 0)
		return -1;
	return 1;
}

int tar_in_read(struct tar_in *t, struct bytes *ret, struct error *err)
{
	const void *data;
	la_int64_t offset;
	size_t size;
	int r = libarchive.read_data_block(t->archive, &data, &size, &offset);

	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK)
		return fail(t, err);
	if (offset < 0 || (uint64_t)offset != t->content_read)
		return err_set(err, ERR_UNSUPPORTED, "%s: member '%s' is a sparse file", t->what,
			       libarchive.entry_pathname(t->entry));
	t->content_read += size;
	*ret = (struct bytes){ data, size };
	return 1;
}

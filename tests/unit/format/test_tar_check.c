#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "format/tar/tar.h"
#include "tools/tree_text.h"

static enum err_code check_bytes(struct bytes tar, char **ret_message)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_SOURCE struct source *in = source_of_bytes(tar);
	int r = tar_check(in, NULL, NULL, &err);

	cr_assert_eq(r < 0, err.code != ERR_NONE);
	if (ret_message)
		*ret_message = err.message ? strdup(err.message) : NULL;
	return err.code;
}

static void write_text(const char *text, struct buf *to)
{
	struct tar_tree_options o = { .epoch = 1700000000 };
	struct error err = ERR_INIT;
	CLEANUP_TREE struct tree *t = NULL;
	struct sink *out = sink_to_buf(to);

	cr_assert_eq(tree_text_parse(str_of(text), &t, NULL, &err), 0, "%s", err.message);
	cr_assert_eq(tar_write_tree(t, &o, out, &err), 0);
	cr_assert_eq(sink_close(out, &err), 0);
}

static const char sample[] =
	"dir /d 0755 0 0\nfile /d/f 0644 0 0 1600000000 hello\n"
	"file /\xc3\xa4 0644 3000000 0 5 x\nxattr /\xc3\xa4 user.a b\nlink /z /d/f\n"
	"symlink /s 0 0 7 {120:t}\nchar /c 0600 0 0 0 1 3";

/* Sets @n bytes in the header at @at and makes its checksum right again. */
static void patch(struct buf *tar, size_t at, size_t offset, const char *bytes, size_t n)
{
	unsigned sum = 8 * ' ';
	char text[24];

	memcpy(tar->ptr + at + offset, bytes, n);
	for (size_t i = 0; i < 512; i++)
		sum += i < 148 || i >= 156 ? tar->ptr[at + i] : 0;
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(tar->ptr + at + 148, text, 7);
}

Test(tar_check, every_changed_byte_of_headers_padding_and_end_is_seen)
{
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 20);

	write_text(sample, &tar);
	cr_assert_eq(check_bytes(buf_bytes(&tar), NULL), ERR_NONE);
	for (size_t i = 0; i < tar.len; i++) {
		bool header = memcmp(tar.ptr + i - i % 512 + 257, "ustar", 5) == 0;

		/* contents and values of records carry no checksum in a tar */
		if (!header && i % 512 != 257 && tar.ptr[i])
			continue;
		tar.ptr[i] ^= 0x01;
		cr_expect_neq(check_bytes(buf_bytes(&tar), NULL), ERR_NONE, "byte %zu of %zu", i,
			      tar.len);
		tar.ptr[i] ^= 0x01;
	}
}

Test(tar_check, an_archive_that_breaks_off_is_seen_at_every_byte)
{
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 20);

	write_text(sample, &tar);
	for (size_t n = 0; n < tar.len; n += n % 512 ? 511 : 1)
		cr_assert_eq(check_bytes((struct bytes){ tar.ptr, n }, NULL), ERR_FORMAT);
	buf_add_char(&tar, 0);
	cr_assert_eq(check_bytes(buf_bytes(&tar), NULL), ERR_FORMAT);
}

/* Members that are well-formed one by one, but not together. */
struct bad_archive {
	const char *why;
	struct tar_member members[4];
	size_t n;
};

#define DIR(p) { .path = STR(p), .kind = NODE_DIRECTORY, .mode = 0755 }
#define FILE_(p) { .path = STR(p), .kind = NODE_FILE, .mode = 0644 }
#define LINK(p, t) { .path = STR(p), .kind = NODE_FILE, .mode = 0644, .hard_link = true, \
		     .target = STR(t) }

Test(tar_check, members_that_do_not_fit_together_are_refused)
{
	const struct bad_archive cases[] = {
		{ "the archive is empty", { FILE_("") }, 0 },
		{ "the first member is not './'", { DIR("a") }, 1 },
		{ "the first member is not './'", { FILE_("a") }, 1 },
		{ "'./' is not the first member", { DIR(""), DIR("") }, 2 },
		{ "comes too late, or twice", { DIR(""), FILE_("b"), FILE_("a") }, 3 },
		{ "comes too late, or twice", { DIR(""), FILE_("a"), FILE_("a") }, 3 },
		{ "comes too late, or twice", { DIR(""), FILE_("a"), DIR("a") }, 3 },
		{ "comes too late, or twice", { DIR(""), DIR("a"), FILE_("a") }, 3 },
		{ "is not open", { DIR(""), FILE_("a/b") }, 2 },
		{ "is not open", { DIR(""), FILE_("a"), FILE_("a/b") }, 3 },
		{ "is not open", { DIR(""), DIR("a"), FILE_("b"), FILE_("a/c") }, 4 },
		{ "is not open", { DIR(""), DIR("a"), FILE_("ab/c") }, 3 },
		{ "is not a valid path", { DIR(""), FILE_("../x") }, 2 },
		{ "is not a valid path", { DIR(""), FILE_("..") }, 2 },
		{ "is not a valid path", { DIR(""), FILE_("/x") }, 2 },
		{ "is not a valid path", { DIR(""), FILE_("x//y") }, 2 },
		{ "is not a valid path", { DIR(""), FILE_("./x") }, 2 },
		{ "reads as a whiteout", { DIR(""), FILE_(".wh.x") }, 2 },
		{ "which is not before", { DIR(""), LINK("a", "b"), FILE_("b") }, 3 },
		{ "which is not before", { DIR(""), LINK("a", "a") }, 2 },
		{ "which is no file", { DIR(""), DIR("a"), LINK("b", "a") }, 3 },
		{ "which is no file",
		  { DIR(""), FILE_("a"), LINK("b", "a"), LINK("c", "b") }, 4 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP_BUF struct buf tar = BUF_INIT(100000);
		CLEANUP_FREE char *message = NULL;
		struct error err = ERR_INIT;
		struct sink *out = sink_to_buf(&tar);

		for (size_t k = 0; k < cases[i].n; k++)
			cr_assert_eq(tar_write_header(&cases[i].members[k], out, &err), 0);
		cr_assert_eq(tar_write_end(out, &err), 0);
		cr_assert_eq(sink_close(out, &err), 0);
		cr_assert_eq(check_bytes(buf_bytes(&tar), &message), ERR_FORMAT, "case %zu", i);
		cr_assert_not_null(strstr(message, cases[i].why), "case %zu: %s", i, message);
	}
}

Test(tar_check, a_hard_link_with_other_attributes_is_refused)
{
	CLEANUP_BUF struct buf tar = BUF_INIT(100000);
	CLEANUP_FREE char *message = NULL;

	write_text("file /a 0644 0 0 0 x\nlink /b /a", &tar);
	patch(&tar, 3 * 512, 100, "0000600", 7);
	cr_assert_eq(check_bytes(buf_bytes(&tar), &message), ERR_FORMAT);
	cr_assert_not_null(strstr(message, "differs from 'a'"), "%s", message);
}

Test(tar_check, other_spellings_of_a_header_are_refused)
{
	static const struct {
		size_t offset;
		const char *bytes;
		size_t n;
	} cases[] = {
		{ 100, "000644 \0", 8 },            /* blanks in a number */
		{ 124, "\x80\0\0\0\0\0\0\0\0\0\0\1", 12 }, /* base-256 */
		{ 156, "\0", 1 },                   /* the old type of a file */
		{ 156, "7", 1 },                    /* contiguous */
		{ 156, "g", 1 },                    /* global pax header */
		{ 156, "L", 1 },                    /* GNU long name */
		{ 156, "S", 1 },                    /* GNU sparse */
		{ 157, "x", 1 },                    /* a target without a link */
		{ 257, "ustar  \0", 8 },            /* GNU magic */
		{ 265, "root", 4 },                 /* user name */
		{ 297, "root", 4 },                 /* group name */
		{ 345, "p", 1 },                    /* prefix */
		{ 329, "0000001", 7 },              /* a device number of a file */
		{ 511, "x", 1 },
		{ 0, "a\0b", 3 },                   /* bytes after the end of the name */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP_BUF struct buf tar = BUF_INIT(100000);

		write_text("file /a 0644 0 0 0 x", &tar);
		patch(&tar, 512, cases[i].offset, cases[i].bytes, cases[i].n);
		cr_assert_eq(check_bytes(buf_bytes(&tar), NULL), ERR_FORMAT, "case %zu", i);
	}
}

/* An `x` header with @records before the file "a" of one block. */
static void with_records(const char *records, size_t n, const char *name, struct buf *tar)
{
	char size[24];

	write_text("file /a 0644 0 0 0 x", tar);
	buf_add_zeros(tar, 1024);
	memmove(tar->ptr + 512 + 1024, tar->ptr + 512, tar->len - 512 - 1024);
	snprintf(size, sizeof(size), "%011zo", n);
	patch(tar, 512, 0, name, strlen(name));
	patch(tar, 512, 124, size, 12);
	patch(tar, 512, 156, "x", 1);
	memset(tar->ptr + 1024, 0, 512);
	memcpy(tar->ptr + 1024, records, n);
}

Test(tar_check, other_spellings_of_pax_records_are_refused)
{
	static const struct {
		const char *records;
		enum err_code code;
	} cases[] = {
		{ "20 SCHILY.xattr.u=v\n", ERR_NONE },
		{ "19 SCHILY.xattr.u=v\n", ERR_FORMAT },  /* wrong length */
		{ "21 SCHILY.xattr.u=v\n", ERR_FORMAT },
		{ "021 SCHILY.xattr.u=v\n", ERR_FORMAT }, /* leading zero */
		{ "10 path=a\n", ERR_FORMAT },            /* without need */
		{ "8 uid=5\n", ERR_FORMAT },              /* fits its field */
		{ "14 uid=2097151\n", ERR_FORMAT },
		{ "16 uid=02097152\n", ERR_FORMAT },
		{ "18 uid=4294967296\n", ERR_FORMAT },    /* no uid */
		{ "24 comment=hello, world\n", ERR_FORMAT },
		{ "20 atime=1600000000\n", ERR_FORMAT },
		{ "11 uname=r\n", ERR_FORMAT },
		{ "22 hdrcharset=BINARY\n", ERR_FORMAT },
		{ "15 uid=2097152\n15 gid=2097152\n", ERR_FORMAT }, /* not sorted */
		{ "15 uid=2097152\n15 uid=2097153\n", ERR_FORMAT }, /* twice */
		{ "4 =\n", ERR_FORMAT },
		{ "99999999 uid=1\n", ERR_FORMAT },
		{ "15 uid=2097152\n", ERR_NONE },
		{ "15 gid=2097152\n15 uid=2097152\n", ERR_NONE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP_BUF struct buf tar = BUF_INIT(100000);
		CLEANUP_FREE char *message = NULL;

		with_records(cases[i].records, strlen(cases[i].records), "PaxHeaders.0/a", &tar);
		cr_assert_eq(check_bytes(buf_bytes(&tar), &message), cases[i].code,
			     "case %zu: %s", i, message);
	}
}

Test(tar_check, a_pax_header_of_another_name_is_refused)
{
	CLEANUP_BUF struct buf tar = BUF_INIT(100000);

	with_records("15 uid=2097152\n", 15, "PaxHeaders.1/a", &tar);
	cr_assert_eq(check_bytes(buf_bytes(&tar), NULL), ERR_FORMAT);
}

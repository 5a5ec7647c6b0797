#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "crypto/hash.h"
#include "format/cpio/cpio.h"
#include "tools/golden.h"
#include "tools/tree_text.h"

#define EPOCH 1700000000

static const struct cpio_options usual = { .epoch = EPOCH };

static struct tree *parse(const char *text)
{
	struct error err = ERR_INIT;
	struct tree *t = NULL;

	cr_assert_eq(tree_text_parse(str_of(text), &t, NULL, &err), 0, "%s", err.message);
	return t;
}

static enum err_code write_tree(const struct tree *t, const struct cpio_options *o, struct buf *to)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct sink *out = sink_to_buf(to);

	if (cpio_write_tree(t, o, NULL, out, &err) < 0) {
		out->failed = true;
		cr_assert_eq(out->offset, 0, "refused before a byte is written");
	}
	cr_assert_eq(sink_close(out, &err) < 0, err.code != ERR_NONE);
	return err.code;
}

/* What @text gives must be @expected, where "|" ends a line, '.' is a NUL. */
static void expect(const char *text, const char *expected)
{
	CLEANUP_TREE struct tree *t = parse(text);
	CLEANUP_BUF struct buf got = BUF_INIT(1u << 20), shown = BUF_INIT(1u << 20);
	size_t n = strlen(expected);

	cr_assert_eq(write_tree(t, &usual, &got), ERR_NONE);
	cr_assert_eq(got.len % 512, 0);
	for (size_t i = 0; i < got.len; i++)
		buf_add_char(&shown, got.ptr[i] ? (char)got.ptr[i] : '.');
	cr_assert_geq(got.len, n);
	cr_assert_lt(got.len - n, 512);
	cr_assert(memcmp(shown.ptr, expected, n) == 0, "%s", buf_cstr(&shown));
	for (size_t i = n; i < got.len; i++)
		cr_assert_eq(got.ptr[i], 0);
}

/*                     ino       mode      uid       gid       nlink     mtime     filesize */
#define DEV_NONE                                                                                   \
	"00000000"                                                                                 \
	"00000000"
#define END                                                                                        \
	"070701"                                                                                   \
	"00000000"                                                                                 \
	"00000000"                                                                                 \
	"00000000"                                                                                 \
	"00000000"                                                                                 \
	"00000001"                                                                                 \
	"00000000"                                                                                 \
	"00000000" DEV_NONE DEV_NONE "0000000B"                                                    \
	"00000000"                                                                                 \
	"TRAILER!!!."

Test(cpio_write, an_empty_tree_is_its_end)
{
	expect("", END);
}

Test(cpio_write, a_file_has_every_field)
{
	expect("file /ab 4755 1000 65534 255 hello", "070701"
						     "00000001"
						     "000089ED"
						     "000003E8"
						     "0000FFFE"
						     "00000001"
						     "000000FF"
						     "00000005" DEV_NONE DEV_NONE "00000003"
						     "00000000"
						     "ab....hello..." END);
}

Test(cpio_write, a_folder_counts_the_folders_in_it_and_has_the_constant_time)
{
	expect("dir /d 0755 0 0\ndir /d/e 0700 0 0\nfile /d/f 0644 0 0 0",
	       "070701"
	       "00000001"
	       "000041ED"
	       "00000000"
	       "00000000"
	       "00000003"
	       "00000000"
	       "00000000" DEV_NONE DEV_NONE "00000002"
	       "00000000"
	       "d."
	       "070701"
	       "00000002"
	       "000041C0"
	       "00000000"
	       "00000000"
	       "00000002"
	       "00000000"
	       "00000000" DEV_NONE DEV_NONE "00000004"
	       "00000000"
	       "d/e..."
	       "070701"
	       "00000003"
	       "000081A4"
	       "00000000"
	       "00000000"
	       "00000001"
	       "00000000"
	       "00000000" DEV_NONE DEV_NONE "00000004"
	       "00000000"
	       "d/f..." END);
}

Test(cpio_write, the_last_name_of_a_file_has_its_data)
{
	expect("file /a 0644 0 0 0 data\nlink /b /a\nlink /c /a",
	       "070701"
	       "00000001"
	       "000081A4"
	       "00000000"
	       "00000000"
	       "00000003"
	       "00000000"
	       "00000000" DEV_NONE DEV_NONE "00000002"
	       "00000000"
	       "a."
	       "070701"
	       "00000001"
	       "000081A4"
	       "00000000"
	       "00000000"
	       "00000003"
	       "00000000"
	       "00000000" DEV_NONE DEV_NONE "00000002"
	       "00000000"
	       "b."
	       "070701"
	       "00000001"
	       "000081A4"
	       "00000000"
	       "00000000"
	       "00000003"
	       "00000000"
	       "00000004" DEV_NONE DEV_NONE "00000002"
	       "00000000"
	       "c.data" END);
}

Test(cpio_write, each_name_of_a_symbolic_link_has_its_target)
{
	expect("symlink /a 0 0 0 to\nlink /b /a", "070701"
						  "00000001"
						  "0000A1FF"
						  "00000000"
						  "00000000"
						  "00000002"
						  "00000000"
						  "00000002" DEV_NONE DEV_NONE "00000002"
						  "00000000"
						  "a.to.."
						  "070701"
						  "00000001"
						  "0000A1FF"
						  "00000000"
						  "00000000"
						  "00000002"
						  "00000000"
						  "00000002" DEV_NONE DEV_NONE "00000002"
						  "00000000"
						  "b.to.." END);
}

Test(cpio_write, devices_have_numbers_and_pipes_have_none)
{
	expect("block /b 0660 0 6 0 259 1048575\nchar /c 0600 0 5 0 5 1\nfifo /p 0622 0 0 0",
	       "070701"
	       "00000001"
	       "000061B0"
	       "00000000"
	       "00000006"
	       "00000001"
	       "00000000"
	       "00000000" DEV_NONE "00000103"
	       "000FFFFF"
	       "00000002"
	       "00000000"
	       "b."
	       "070701"
	       "00000002"
	       "00002180"
	       "00000000"
	       "00000005"
	       "00000001"
	       "00000000"
	       "00000000" DEV_NONE "00000005"
	       "00000001"
	       "00000002"
	       "00000000"
	       "c."
	       "070701"
	       "00000003"
	       "00001192"
	       "00000000"
	       "00000000"
	       "00000001"
	       "00000000"
	       "00000000" DEV_NONE DEV_NONE "00000002"
	       "00000000"
	       "p." END);
}

Test(cpio_write, times_are_clamped_but_those_of_folders)
{
	CLEANUP_TREE struct tree *t = parse("dir /d 0755 0 0\nfile /e 0644 0 0 1700000001");
	struct cpio_options o = { .epoch = EPOCH, .folder_mtime = 77 };
	CLEANUP_BUF struct buf got = BUF_INIT(4096);

	cr_assert_eq(write_tree(t, &o, &got), ERR_NONE);
	cr_assert_eq(memcmp(got.ptr + 46, "0000004D", 8), 0);
	cr_assert_eq(memcmp(got.ptr + 112 + 46, "6553F100", 8), 0);
}

static enum err_code refused(const char *text, int64_t epoch)
{
	CLEANUP_TREE struct tree *t = parse(text);
	struct cpio_options o = { .epoch = epoch };
	CLEANUP_BUF struct buf got = BUF_INIT(1u << 20);

	return write_tree(t, &o, &got);
}

Test(cpio_write, what_the_format_can_not_hold_is_refused_before_the_first_byte)
{
	cr_assert_eq(refused("file /a 0644 0 0 0\nxattr /a user.x y", EPOCH), ERR_UNSUPPORTED);
	cr_assert_eq(refused("file /a 0644 0 0 0\nzeros /b 0644 0 0 0 4294967296", EPOCH),
		     ERR_LIMIT);
	cr_assert_eq(refused("file /TRAILER!!! 0644 0 0 0", EPOCH), ERR_UNSUPPORTED);
	cr_assert_eq(refused("dir /d 0755 0 0\nfile /d/TRAILER!!! 0644 0 0 0", EPOCH), ERR_NONE);
	cr_assert_eq(refused("symlink /l 0 0 0 {4096:t}", EPOCH), ERR_LIMIT);
	cr_assert_eq(refused("symlink /l 0 0 0 {4095:t}", EPOCH), ERR_NONE);
	cr_assert_eq(refused("file /a 0644 0 0 4294967296", 1ll << 33), ERR_LIMIT);
	cr_assert_eq(refused("file /a 0644 0 0 4294967295", 1ll << 33), ERR_NONE);
}

Test(cpio_write, a_path_that_the_kernel_would_skip_is_refused)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20), path = BUF_INIT(1u << 16);

	for (unsigned i = 0; i < 17; i++) {
		buf_printf(&path, "/%0240u", i);
		if (i < 16)
			buf_printf(&text, "dir %s 0755 0 0\n", buf_cstr(&path));
	}
	path.len -= 241; /* 16 folders: 3855 bytes, and 240 more are 4096 */
	buf_printf(&text, "file %s/%0239u 0644 0 0 0\n", buf_cstr(&path), 0);
	cr_assert_eq(refused(buf_cstr(&text), EPOCH), ERR_NONE);
	text.len -= strlen(" 0644 0 0 0\n");
	buf_add_cstr(&text, "x 0644 0 0 0\n");
	cr_assert_eq(refused(buf_cstr(&text), EPOCH), ERR_LIMIT);
}

static struct digest digest_of(const char *name, const struct golden_case *c)
{
	CLEANUP_BUF struct buf archive = BUF_INIT(1u << 24);

	(void)name;
	cr_assert_eq(write_tree(c->tree, &usual, &archive), ERR_NONE);
	return hash_bytes(buf_bytes(&archive));
}

Test(cpio_write, golden_cases_keep_their_bytes)
{
	cr_assert_geq(golden_run("cpio", CPIO_WRITER_VERSION, digest_of), 6);
}

/* Gives "data", whatever it is asked for. */
static int open_data(const struct content_reader *reader, const struct content *content,
		     struct source **ret, struct error *err)
{
	(void)reader, (void)content, (void)err;
	*ret = source_of_bytes(str_bytes(STR("data")));
	return 0;
}

Test(cpio_write, a_content_that_is_not_as_long_as_it_says_fails)
{
	static const struct content_reader reader = { .open = open_data };
	CLEANUP_TREE struct tree *t = parse("file /a 0644 0 0 0 data");

	for (uint64_t size = 3; size <= 5; size++) {
		struct content lie = content_of_bytes(str_bytes(STR("data")));
		CLEANUP_BUF struct buf to = BUF_INIT(4096);
		struct sink *out = sink_to_buf(&to);
		CLEANUP_ERR struct error err = ERR_INIT, second = ERR_INIT;

		lie.where = CONTENT_OBJECT;
		lie.size = size;
		tree_set_content(tree_find(t, STR("a")), &lie, 0);
		cr_assert_eq(cpio_write_tree(t, &usual, &reader, out, &err), size == 4 ? 0 : -1);
		cr_assert_eq(err.code, size == 4 ? ERR_NONE : ERR_DIGEST);
		cr_assert_eq(sink_close(out, &second), 0);
	}
}

Test(cpio_write, a_failing_sink_fails_the_writer)
{
	CLEANUP_TREE struct tree *t = parse("dir /d 0755 0 0\nfile /d/f 0644 0 0 0 data");
	struct error err = ERR_INIT;

	for (size_t room = 0; room < 500; room += 11) {
		CLEANUP_BUF struct buf to = BUF_INIT(room);
		struct sink *out = sink_to_buf(&to);

		cr_assert_eq(cpio_write_tree(t, &usual, NULL, out, &err), -1);
		cr_assert_eq(sink_close(out, &err), -1);
		cr_assert_eq(err.code, ERR_LIMIT);
		err_release(&err);
	}
}

#include <criterion/criterion.h>

#include "base/limits.h"
#include "format/tar/tar.h"

static struct buf written;

static enum err_code write_member(const struct tar_member *m)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct sink *out;
	int r;

	written = (struct buf)BUF_INIT(8u << 20);
	out = sink_to_buf(&written);
	r = tar_write_header(m, out, &err);
	cr_assert_eq(r < 0, err.code != ERR_NONE);
	if (r == 0)
		cr_assert_eq(out->offset, tar_header_size(m));
	if (r < 0)
		out->failed = true;
	cr_assert_eq(sink_close(out, &err), r);
	return err.code;
}

/* Compares and erases: what is left at the end must be zero. */
static void expect(size_t offset, const char *bytes, size_t n, const char *field)
{
	cr_assert_leq(offset + n, written.len);
	cr_assert(memcmp(written.ptr + offset, bytes, n) == 0, "%s: '%.*s'", field, (int)n,
		  (const char *)written.ptr + offset);
	memset(written.ptr + offset, 0, n);
}

/* POSIX.1-2017 pax(1), table 4-14 */
static void expect_block(size_t at, const char *name, const char *mode, const char *uid,
			 const char *gid, const char *size, const char *mtime,
			 char type, const char *link, const char *major, const char *minor)
{
	unsigned sum = 8 * ' ';
	char checksum[24];

	for (size_t i = 0; i < 512; i++)
		sum += i < 148 || i >= 156 ? written.ptr[at + i] : 0;
	snprintf(checksum, sizeof(checksum), "%06o%c ", sum, 0);
	expect(at + 0, name, strlen(name), "name");
	expect(at + 100, mode, 8, "mode");
	expect(at + 108, uid, 8, "uid");
	expect(at + 116, gid, 8, "gid");
	expect(at + 124, size, 12, "size");
	expect(at + 136, mtime, 12, "mtime");
	expect(at + 148, checksum, 8, "chksum");
	expect(at + 156, &type, 1, "typeflag");
	expect(at + 157, link, strlen(link), "linkname");
	expect(at + 257, "ustar\0" "00", 8, "magic and version");
	expect(at + 329, major, 8, "devmajor");
	expect(at + 337, minor, 8, "devminor");
}

static void expect_rest_zero(void)
{
	for (size_t i = 0; i < written.len; i++)
		cr_assert_eq(written.ptr[i], 0, "byte %zu", i);
	buf_release(&written);
}

#define ZERO8 "0000000"
#define ZERO12 "00000000000"

Test(tar_header, a_file_is_one_ustar_block)
{
	cr_assert_eq(write_member(&(struct tar_member){
		.path = STR("etc/motd"), .kind = NODE_FILE, .mode = 0644, .uid = 8, .gid = 9,
		.mtime = 1000000000, .size = 513 }), ERR_NONE);
	expect_block(0, "etc/motd", "0000644", "0000010", "0000011", "00000001001",
		     "07346545000", '0', "", ZERO8, ZERO8);
	cr_assert_eq(written.len, 512);
	expect_rest_zero();
}

Test(tar_header, the_root_is_dot_slash)
{
	cr_assert_eq(write_member(&(struct tar_member){
		.path = STR(""), .kind = NODE_DIRECTORY, .mode = 0755 }), ERR_NONE);
	expect_block(0, "./", "0000755", ZERO8, ZERO8, ZERO12, ZERO12, '5', "",
		     ZERO8, ZERO8);
	expect_rest_zero();
}

Test(tar_header, a_folder_ends_in_a_slash_and_keeps_setgid_and_sticky)
{
	cr_assert_eq(write_member(&(struct tar_member){
		.path = STR("var/mail"), .kind = NODE_DIRECTORY, .mode = 03775 }), ERR_NONE);
	expect_block(0, "var/mail/", "0003775", ZERO8, ZERO8, ZERO12, ZERO12, '5',
		     "", ZERO8, ZERO8);
	expect_rest_zero();
}

Test(tar_header, a_device_has_its_numbers)
{
	cr_assert_eq(write_member(&(struct tar_member){
		.path = STR("dev/sda"), .kind = NODE_BLOCK, .mode = 0660, .gid = 6, .major = 8,
		.minor = 1 }), ERR_NONE);
	expect_block(0, "dev/sda", "0000660", ZERO8, "0000006", ZERO12, ZERO12, '4',
		     "", "0000010", "0000001");
	expect_rest_zero();
}

Test(tar_header, links_name_their_target_and_have_no_size)
{
	cr_assert_eq(write_member(&(struct tar_member){
		.path = STR("bin"), .kind = NODE_SYMLINK, .mode = 0777,
		.target = STR("usr/bin") }), ERR_NONE);
	expect_block(0, "bin", "0000777", ZERO8, ZERO8, ZERO12, ZERO12, '2',
		     "usr/bin", ZERO8, ZERO8);
	expect_rest_zero();
	cr_assert_eq(write_member(&(struct tar_member){
		.path = STR("b"), .kind = NODE_FILE, .hard_link = true, .mode = 0644, .size = 77,
		.target = STR("a") }), ERR_NONE);
	expect_block(0, "b", "0000644", ZERO8, ZERO8, ZERO12, ZERO12, '1', "a",
		     ZERO8, ZERO8);
	expect_rest_zero();
}

Test(tar_header, a_name_of_100_bytes_fits_and_one_of_101_goes_to_pax)
{
	char name[102] = { 0 };

	memset(name, 'n', 101);
	cr_assert_eq(write_member(&(struct tar_member){
		.path = { name, 100 }, .kind = NODE_FILE, .mode = 0644 }), ERR_NONE);
	cr_assert_eq(written.len, 512);
	buf_release(&written);

	cr_assert_eq(write_member(&(struct tar_member){
		.path = { name, 101 }, .kind = NODE_FILE, .mode = 0644 }), ERR_NONE);
	cr_assert_eq(written.len, 3 * 512);
	{
		char pax[101] = "PaxHeaders.0/", record[120];

		memset(pax + 13, 'n', 80);
		snprintf(record, sizeof(record), "111 path=%s\n", name);
		expect_block(0, pax, "0000644", ZERO8, ZERO8, "00000000157", ZERO12,
			     'x', "", ZERO8, ZERO8);
		expect(512, record, 111, "record");
		name[100] = 0;
		expect_block(1024, name, "0000644", ZERO8, ZERO8, ZERO12, ZERO12,
			     '0', "", ZERO8, ZERO8);
	}
	expect_rest_zero();
}

Test(tar_header, a_name_that_is_not_ascii_goes_to_pax)
{
	cr_assert_eq(write_member(&(struct tar_member){
		.path = STR("d/\xc3\xa4"), .kind = NODE_DIRECTORY, .mode = 0755 }), ERR_NONE);
	expect_block(0, "PaxHeaders.0/__", "0000644", ZERO8, ZERO8, "00000000016", ZERO12,
		     'x', "", ZERO8, ZERO8);
	expect(512, "14 path=d/\xc3\xa4/\n", 14, "record");
	expect_block(1024, "__/", "0000755", ZERO8, ZERO8, ZERO12, ZERO12, '5', "",
		     ZERO8, ZERO8);
	expect_rest_zero();
}

Test(tar_header, numbers_that_do_not_fit_go_to_pax_in_order_of_key)
{
	static const char records[] = "33 SCHILY.xattr.user.a=\0\n=binary\n"
				      "15 gid=2097152\n19 size=8589934592\n18 uid=4294967294\n";

	cr_assert_eq(write_member(&(struct tar_member){
		.path = STR("big"), .kind = NODE_FILE, .mode = 0600, .uid = 4294967294u,
		.gid = 2097152, .size = 8589934592u,
		.xattrs = &(struct xattr){ STR("user.a"), str_bytes(STR("\0\n=binary")) },
		.n_xattrs = 1 }), ERR_NONE);
	expect_block(0, "PaxHeaders.0/big", "0000644", ZERO8, ZERO8, "00000000125", ZERO12,
		     'x', "", ZERO8, ZERO8);
	expect(512, records, sizeof(records) - 1, "records");
	expect_block(1024, "big", "0000600", ZERO8, ZERO8, ZERO12, ZERO12, '0', "",
		     ZERO8, ZERO8);
	expect_rest_zero();
}

Test(tar_header, the_largest_numbers_that_fit_stay_in_the_header)
{
	cr_assert_eq(write_member(&(struct tar_member){
		.path = STR("f"), .kind = NODE_FILE, .mode = 07777, .uid = 2097151,
		.gid = 2097151, .size = 8589934591u, .mtime = 8589934591 }), ERR_NONE);
	cr_assert_eq(written.len, 512);
	buf_release(&written);
}

Test(tar_header, a_record_counts_its_own_length)
{
	/* "99 ..." and "101 ...": the length of 100 digits' records jumps by two */
	for (size_t n = 85; n < 100; n++) {
		char value[120];
		size_t len;

		memset(value, 'v', sizeof(value));
		cr_assert_eq(write_member(&(struct tar_member){
			.path = STR("f"), .kind = NODE_FILE,
			.xattrs = &(struct xattr){ STR("user.a"), { (uint8_t *)value, n - 20 } },
			.n_xattrs = 1 }), ERR_NONE);
		len = strtoul((char *)written.ptr + 512, NULL, 10);
		cr_assert_eq(written.ptr[512 + len - 1], '\n');
		cr_assert_eq(written.ptr[512 + len], 0);
		buf_release(&written);
	}
}

static const struct tar_member plain_file = { .path = { "f", 1 }, .kind = NODE_FILE };

Test(tar_header, what_readers_disagree_about_is_refused)
{
	struct tar_member m = plain_file;
	static const uint8_t value[] = "v";
	struct xattr x = { STR("user.a=b"), BYTES_OF(value) };

	m.path = STR("a/\xff");
	cr_assert_eq(write_member(&m), ERR_UNSUPPORTED);
	m = plain_file;
	m.kind = NODE_SYMLINK;
	m.target = STR("\xc3");
	cr_assert_eq(write_member(&m), ERR_UNSUPPORTED);
	m.target = STR("");
	cr_assert_eq(write_member(&m), ERR_UNSUPPORTED);
	m = plain_file;
	m.xattrs = &x;
	m.n_xattrs = 1;
	cr_assert_eq(write_member(&m), ERR_UNSUPPORTED);
}

Test(tar_header, what_no_reader_takes_is_above_the_limit)
{
	struct tar_member m = plain_file;
	char *name = calloc(1, LIMIT_PATH_MAX + 2);
	uint8_t *value = calloc(1, 65536);
	struct xattr x[17];
	char names[17][16];

	memset(name, 'a', LIMIT_PATH_MAX + 1);
	m.path = (struct str){ name, LIMIT_PATH_MAX + 1 };
	cr_assert_eq(write_member(&m), ERR_LIMIT);
	m = plain_file;
	for (size_t i = 0; i < 17; i++) {
		snprintf(names[i], sizeof(names[i]), "user.%02zu", i);
		x[i] = (struct xattr){ str_of(names[i]), { value, 65536 } };
	}
	m.xattrs = x;
	m.n_xattrs = 17;
	cr_assert_eq(write_member(&m), ERR_LIMIT);
	m.n_xattrs = 15;
	cr_assert_eq(write_member(&m), ERR_NONE);
	free(name);
	free(value);
}

Test(tar_header, messages_name_the_member)
{
	struct error err = ERR_INIT;
	struct sink *out = sink_to_nothing();
	struct tar_member m = { .path = STR("etc/\xff"), .kind = NODE_FILE };

	cr_assert_eq(tar_write_header(&m, out, &err), -1);
	cr_assert_str_eq(err.message, "the name is not UTF-8");
	cr_assert_str_eq(err.context[0], "writing '/etc/\xff'");
	cr_assert_not_null(err.hint);
	err_release(&err);
	cr_assert_eq(sink_close(out, &err), 0);
}

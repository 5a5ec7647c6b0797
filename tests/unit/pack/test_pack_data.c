/* What data.tar may hold, and what it may not (formats C3, D1). */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "unit/pack/make_archive.h"

static const struct tar_spec root = { .name = "./", .type = '5' };

static const struct pack_member *member(const struct trial *t, const char *path)
{
	for (size_t i = 0; i < t->pack->n_members; i++)
		if (str_equal_cstr(t->pack->members[i].path, path))
			return &t->pack->members[i];
	cr_assert(false, "no member '%s'", path);
	return NULL;
}

static void expect_content(struct trial *t, const struct pack_member *m, const char *text)
{
	struct buf buf = BUF_INIT(1000);

	cr_assert_eq(content_load(stage_reader(t->stage), &m->content, &buf, &t->err), 0);
	cr_assert_str_eq(buf_cstr(&buf), text);
	buf_release(&buf);
}

Test(pack_data, members_come_with_all_that_they_are)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX), deb = BUF_INIT(ARCHIVE_MAX);
	const struct pack_member *m;
	struct trial t;

	tar_add(&tar, &root);
	tar_add(&tar, &(struct tar_spec){ .name = "./bin/", .type = '5', .mode = 02755, .gid = 8 });
	tar_add(&tar, &(struct tar_spec){ .name = "./bin/su", .mode = 04755, .mtime = 12345,
					  .data = str_bytes(STR("hello")) });
	tar_add(&tar, &(struct tar_spec){ .name = "bin/./su2", .type = '1', .link = "./bin/su" });
	tar_add(&tar, &(struct tar_spec){ .name = "./bin/sym", .type = '2', .link = "/../su/" });
	tar_add(&tar, &(struct tar_spec){ .name = "./bin/pipe", .type = '6' });
	tar_add(&tar, &(struct tar_spec){ .name = "./bin/empty" });
	tar_add_pax(&tar, 'x', "SCHILY.xattr.security.capability", BYTES_OF("\1\0\0\2"));
	tar_add(&tar, &(struct tar_spec){ .name = "./bin/ping", .data = str_bytes(STR("x")) });
	tar_end(&tar);
	deb_of(&deb, buf_bytes(&tar));
	trial_open(&t);
	for (int round = 0; round < 2; round++) {
		trial_decode(&t, PACK_DEB, buf_bytes(&deb));
		cr_assert(t.pack, "%s", t.err.message);
		cr_assert_eq(t.was_hit, round == 1);
		cr_assert_eq(t.pack->n_members, 8);
		cr_assert_str_eq(t.pack->members[0].path.ptr, "");
		cr_assert_eq(member(&t, "bin")->mode, 02755);
		cr_assert_eq(member(&t, "bin")->gid, 8);
		m = member(&t, "bin/su");
		cr_assert_eq(m->mode, 04755);
		cr_assert_eq(m->mtime, 12345);
		cr_assert_str_eq(m->md5.ptr, "5d41402abc4b2a76b9719d911017c592");
		expect_content(&t, m, "hello");
		m = member(&t, "bin/su2");
		cr_assert(m->hard_link);
		cr_assert_str_eq(m->target.ptr, "bin/su");
		cr_assert_str_eq(member(&t, "bin/sym")->target.ptr, "/../su/");
		cr_assert_eq(member(&t, "bin/pipe")->kind, NODE_FIFO);
		m = member(&t, "bin/empty");
		cr_assert_eq(m->content.where, CONTENT_EMPTY);
		cr_assert_str_eq(m->md5.ptr, "d41d8cd98f00b204e9800998ecf8427e");
		m = member(&t, "bin/ping");
		cr_assert_eq(m->n_xattrs, 1);
		cr_assert_str_eq(m->xattrs[0].name.ptr, "security.capability");
		cr_assert_eq(m->xattrs[0].value.len, 5);
	}
	trial_close(&t);
	buf_release(&tar);
	buf_release(&deb);
}

Test(pack_data, long_and_odd_names_survive)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX), deb = BUF_INIT(ARCHIVE_MAX);
	char name[206] = "./";
	struct trial t;

	memset(name + 2, 'n', 200);
	tar_add(&tar, &(struct tar_spec){ .name = "././@LongLink", .type = 'L',
					  .data = { (const uint8_t *)name, 203 } });
	tar_add(&tar, &(struct tar_spec){ .name = "./nnnn" });
	tar_add_pax(&tar, 'x', "path", str_bytes(STR("./F\xc5\x91tan \n.crt")));
	tar_add(&tar, &(struct tar_spec){ .name = "./F" });
	tar_add(&tar, &(struct tar_spec){ .name = "./latin\xf5" });
	tar_add(&tar, &(struct tar_spec){ .name = "./...", .v7 = true });
	tar_add_pax(&tar, 'g', "comment", str_bytes(STR("0123456789abcdef")));
	tar_add(&tar, &(struct tar_spec){ .name = "last" });
	tar_end(&tar);
	deb_of(&deb, buf_bytes(&tar));
	trial_open(&t);
	trial_decode(&t, PACK_DEB, buf_bytes(&deb));
	cr_assert(t.pack, "%s", t.err.message);
	member(&t, name + 2);
	member(&t, "F\xc5\x91tan \n.crt");
	member(&t, "latin\xf5");
	member(&t, "...");
	member(&t, "last");
	trial_close(&t);
	buf_release(&tar);
	buf_release(&deb);
}

Test(pack_data, a_folder_may_repeat_with_equal_attributes)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX), deb = BUF_INIT(ARCHIVE_MAX);
	struct trial t;

	for (int i = 0; i < 2; i++)
		tar_add(&tar, &(struct tar_spec){ .name = "./d/", .type = '5', .mtime = i });
	tar_end(&tar);
	deb_of(&deb, buf_bytes(&tar));
	trial_open(&t);
	trial_decode(&t, PACK_DEB, buf_bytes(&deb));
	cr_assert(t.pack, "%s", t.err.message);
	cr_assert_eq(t.pack->n_members, 1);
	trial_close(&t);
	buf_release(&tar);
	buf_release(&deb);
}

#define DATA(text) .data = { (const uint8_t *)(text), sizeof(text) - 1 }

static const struct refused {
	struct tar_spec members[3];
	enum err_code code;
	const char *text;
} refused[] = {
	{ { { .name = "../x" } }, ERR_FORMAT, "'../x' holds '..'" },
	{ { { .name = "./a/../../x" } }, ERR_FORMAT, "holds '..'" },
	{ { { .name = "/etc/passwd" } }, ERR_FORMAT, "'/etc/passwd' is absolute" },
	{ { { .name = "./a/.." } }, ERR_FORMAT, "holds '..'" },
	{ { { .name = "./", .type = '2', .link = "/" } }, ERR_FORMAT, "root of the archive is no folder" },
	{ { { .name = "./l", .type = '1', .link = "./missing" } }, ERR_FORMAT, "no earlier member" },
	{ { { .name = "./l", .type = '1', .link = "./l" } }, ERR_FORMAT, "no earlier member" },
	{ { { .name = "./l", .type = '1', .link = "../out" } }, ERR_FORMAT, "holds '..'" },
	{ { { .name = "./l", .type = '1', .link = "/etc/shadow" } }, ERR_FORMAT, "is absolute" },
	{ { { .name = "./d/", .type = '5' }, { .name = "./l", .type = '1', .link = "./d" } }, ERR_FORMAT,
	  "to the folder 'd'" },
	{ { { .name = "./null", .type = '3', .major = 1, .minor = 3 } }, ERR_UNSUPPORTED,
	  "'null' is a device node" },
	{ { { .name = "./sda", .type = '4', .major = 8 } }, ERR_UNSUPPORTED, "'sda' is a device node" },
	{ { { .name = "./s", .type = 's' } }, ERR_UNSUPPORTED, "'./s' has type 's'" },
	{ { { .name = "./c", .type = '7' } }, ERR_UNSUPPORTED, "has type '7'" },
	{ { { .name = "./v", .type = 'V' }, { .name = "./w" } }, ERR_UNSUPPORTED, "has type 'V'" },
	{ { { .name = "./f", DATA("1") }, { .name = "./f", DATA("2") } }, ERR_FORMAT, "'f' occurs twice" },
	{ { { .name = "./f" }, { .name = ".//f/", .type = '5' } }, ERR_FORMAT, "'f' occurs twice" },
	{ { { .name = "./d/", .type = '5' }, { .name = "./d/", .type = '5', .mode = 0700 } }, ERR_FORMAT,
	  "'d' occurs twice, with different" },
	{ { { .name = "./f" }, { .name = "./f/g" } }, ERR_FORMAT, "'f/g' lies in 'f', which is no folder" },
	{ { { .name = "./e", .type = '2', .link = "" } }, ERR_FORMAT, "to nothing" },
	{ { { .name = "./neg", .size = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xf0" } }, ERR_FORMAT,
	  "sample.deb: data.tar" },
	{ { { .name = "./huge", .size = "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff" } }, ERR_FORMAT,
	  "size" },
	{ { { .name = "./short", .size = "00000100000" } }, ERR_FORMAT, "sample.deb: data.tar" },
	{ { { .name = "./dir/", .type = '5', DATA("content") } }, ERR_FORMAT, "sample.deb: data.tar" },
	{ { { .name = "pax", .type = 'x', .size = "00100000000" } }, ERR_LIMIT,
	  "an extended header of 16777216 bytes" },
	{ { { .name = "pax", .type = 'x', DATA("9999 path=a\n") }, { .name = "./a" } }, ERR_FORMAT, "data.tar" },
	{ { { .name = "l", .type = 'L', DATA("a\0b") }, { .name = "./a" } }, ERR_FORMAT, "NUL in its long name" },
};

static void expect_case_refused(const struct refused *r)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX);

	tar_add(&tar, &root);
	for (size_t i = 0; i < 3 && r->members[i].name; i++)
		tar_add(&tar, &r->members[i]);
	tar_end(&tar);
	expect_data_refused(&tar, r->code, r->text);
	buf_release(&tar);
}

Test(pack_data, what_breaks_a_rule_is_refused_by_name)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		expect_case_refused(&refused[i]);
}

static void expect_pax_refused(char type, const char *key, struct bytes value,
			       enum err_code code, const char *text)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX);

	tar_add(&tar, &root);
	tar_add_pax(&tar, type, key, value);
	tar_add(&tar, &(struct tar_spec){ .name = "./a" });
	tar_end(&tar);
	expect_data_refused(&tar, code, text);
	buf_release(&tar);
}

Test(pack_data, pax_headers_are_read_strictly)
{
	expect_pax_refused('x', "path", BYTES_OF("./a\0b"), ERR_FORMAT, "NUL in pax 'path'");
	expect_pax_refused('x', "path", str_bytes(STR("../x")), ERR_FORMAT, "holds '..'");
	expect_pax_refused('x', "path", str_bytes(STR("./\xff\xfe")), ERR_FORMAT, "UTF-8");
	expect_pax_refused('x', "GNU.sparse.major", str_bytes(STR("1")), ERR_UNSUPPORTED,
			   "sparse");
	expect_pax_refused('x', "hdrcharset", str_bytes(STR("BINARY")), ERR_UNSUPPORTED,
			   "hdrcharset");
	expect_pax_refused('g', "path", str_bytes(STR("./b")), ERR_UNSUPPORTED, "for all members");
	expect_pax_refused('x', "SCHILY.xattr.trusted.overlay.opaque", str_bytes(STR("y")),
			   ERR_UNSUPPORTED, "'trusted.overlay.opaque'");
	expect_pax_refused('x', "SCHILY.xattr.user.overlay.opaque", str_bytes(STR("y")),
			   ERR_UNSUPPORTED, "'user.overlay.opaque'");
	expect_pax_refused('x', "SCHILY.acl.access", str_bytes(STR("user::rw-,group::r--,other::r--"
			   ",user:root:rw-,mask::rw-")), ERR_UNSUPPORTED, "access control list");
	expect_pax_refused('x', "SCHILY.fflags", str_bytes(STR("uimmutable")), ERR_UNSUPPORTED,
			   "file flags");
	expect_pax_refused('x', "uid", str_bytes(STR("4294967295")), ERR_LIMIT, "user id");
}

Test(pack_data, names_are_limited)
{
	char name[LIMIT_PATH_MAX + 10];
	struct bytes text = { (const uint8_t *)name, 0 };

	memset(name, 'a', sizeof(name));
	text.len = LIMIT_NAME_MAX + 1;
	expect_pax_refused('x', "path", text, ERR_LIMIT, "a component of 256 bytes");
	for (size_t i = 50; i < sizeof(name); i += 50)
		name[i] = '/';
	expect_pax_refused('x', "uname", (struct bytes){ text.ptr, 400 }, ERR_LIMIT, "owner or group");
	text.len = LIMIT_PATH_MAX + 1;
	expect_pax_refused('x', "path", text, ERR_LIMIT, "a name of 4097 bytes");
}

Test(pack_data, xattrs_are_limited)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX), records = BUF_INIT(ARCHIVE_MAX);
	uint8_t *value = mem_alloc(LIMIT_XATTR_SIZE + 1);

	for (int i = 0; i < 65; i++)
		buf_printf(&records, "%d SCHILY.xattr.user.n%02d=v\n", 27, i);
	tar_add(&tar, &(struct tar_spec){ .name = "p", .type = 'x', .data = buf_bytes(&records) });
	tar_add(&tar, &(struct tar_spec){ .name = "./a" });
	tar_end(&tar);
	expect_data_refused(&tar, ERR_LIMIT, "more than 64 xattrs");
	expect_pax_refused('x', "SCHILY.xattr.user.big", (struct bytes){ value, LIMIT_XATTR_SIZE + 1 },
			   ERR_LIMIT, "xattr 'user.big' of 65537 bytes");
	free(value);
	buf_release(&records);
	buf_release(&tar);
}

Test(pack_data, an_archive_must_end_as_it_should)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX);

	tar_add(&tar, &root);
	expect_data_refused(&tar, ERR_FORMAT, "without an end mark");
	tar_end(&tar);
	buf_add_zeros(&tar, 512 * 20);
	buf_add_cstr(&tar, "more");
	expect_data_refused(&tar, ERR_FORMAT, "data after the end mark");
	buf_reset(&tar);
	expect_data_refused(&tar, ERR_FORMAT, "data.tar");
	buf_add_zeros(&tar, 300);
	expect_data_refused(&tar, ERR_FORMAT, "data.tar");
	buf_reset(&tar);
	tar_add(&tar, &root);
	buf_add_zeros(&tar, 100); /* breaks off inside a block */
	expect_data_refused(&tar, ERR_FORMAT, "data.tar");
	buf_release(&tar);
}

Test(pack_data, a_wrong_checksum_is_found)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX);

	tar_add(&tar, &root);
	tar_add(&tar, &(struct tar_spec){ .name = "./a" });
	tar_end(&tar);
	tar.ptr[512 + 2] ^= 1;
	expect_data_refused(&tar, ERR_FORMAT, "data.tar");
	buf_release(&tar);
}

Test(pack_data, nothing_depends_on_the_locale_of_the_process)
{
	struct buf tar = BUF_INIT(ARCHIVE_MAX), deb = BUF_INIT(ARCHIVE_MAX);
	struct trial t;

	/* Tests run in locale "C" already: ingot never calls setlocale(). */
	tar_add_pax(&tar, 'x', "linkpath", str_bytes(STR("\xe2\x82\xac")));
	tar_add(&tar, &(struct tar_spec){ .name = "./euro", .type = '2', .link = "E" });
	tar_end(&tar);
	deb_of(&deb, buf_bytes(&tar));
	trial_open(&t);
	trial_decode(&t, PACK_DEB, buf_bytes(&deb));
	cr_assert(t.pack, "%s", t.err.message);
	cr_assert_str_eq(member(&t, "euro")->target.ptr, "\xe2\x82\xac");
	trial_close(&t);
	buf_release(&tar);
	buf_release(&deb);
}

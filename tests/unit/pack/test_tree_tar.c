#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "compress/compress.h"
#include "pack/tar_holds.h"
#include "pack/tree_tar.h"
#include "unit/pack/make_archive.h"

#define TAR(name_) struct buf name_ = BUF_INIT(ARCHIVE_MAX)

struct reading {
	int fd;
	struct tree_tar *tar; /* NULL if it failed */
	struct error err;
};

static struct window window_of(int fd, const struct buf *tar)
{
	cr_assert_eq(write(fd, tar->ptr, tar->len), (ssize_t)tar->len);
	return (struct window){ fd, "x.tar", 0, tar->len };
}

static struct reading read_tar(struct buf *tar)
{
	struct reading r = { .fd = memfd_create("tar", MFD_CLOEXEC), .err = ERR_INIT };
	struct window w = window_of(r.fd, tar);

	if (tree_tar_read(&w, &r.tar, &r.err) == 0)
		cr_assert(r.tar);
	buf_release(tar);
	return r;
}

static struct reading read_sound(struct buf *tar)
{
	struct reading r;

	tar_end(tar);
	r = read_tar(tar);
	cr_assert(r.tar, "%s", r.err.message);
	return r;
}

static void done(struct reading *r)
{
	tree_tar_free(r->tar);
	err_release(&r->err);
	close(r->fd);
}

static void refused(struct buf *tar, enum err_code code, const char *text)
{
	struct reading r;

	tar_end(tar);
	r = read_tar(tar);
	cr_assert_null(r.tar);
	cr_assert_eq(r.err.code, code, "%s", r.err.message);
	cr_assert(strstr(r.err.message, text), "'%s' is not in '%s'", text, r.err.message);
	done(&r);
}

static const struct inode *at(const struct reading *r, const char *path)
{
	const struct node *n = tree_find(r->tar->tree, str_of(path));

	cr_assert(n, "no '%s'", path);
	return n->inode;
}

static void holds(const struct reading *r, const char *path, const char *text)
{
	struct buf bytes = BUF_INIT(ARCHIVE_MAX);
	struct error err = ERR_INIT;

	cr_assert_eq(content_load(&r->tar->reader, &at(r, path)->content, &bytes, &err), 0, "%s",
		     err.message);
	cr_assert_str_eq(buf_cstr(&bytes), text);
	buf_release(&bytes);
}

Test(tree_tar, names_are_the_same_with_dot_slash_or_without)
{
	const char *const names[][3] = { { "./", "./etc/", "./etc/motd" },
					 { ".", "etc", "etc/motd" },
					 { "/", "/etc/", "/etc/motd" },
					 { "././", "etc//", ".//etc/./motd" } };

	for (size_t i = 0; i < 4; i++) {
		struct reading r;
		TAR(tar);

		tar_add(&tar, &(struct tar_spec){ .name = names[i][0], .type = '5', .mode = 0700 });
		tar_add(&tar, &(struct tar_spec){ .name = names[i][1], .type = '5', .mtime = 7 });
		tar_add(&tar, &(struct tar_spec){ .name = names[i][2], .data = BYTES_OF("hello") });
		r = read_sound(&tar);
		cr_assert_eq(tree_node_count(r.tar->tree), 3);
		cr_assert_eq(at(&r, "")->mode, 0700);
		cr_assert_eq(at(&r, "etc")->mtime, 7);
		cr_assert(r.tar->has_root);
		cr_assert_eq(r.tar->n_made, 0);
		cr_assert_eq(r.tar->n_absolute, i == 2 ? 3 : 0);
		holds(&r, "etc/motd", "hello");
		done(&r);
	}
}

Test(tree_tar, contents_are_read_where_they_lie_and_checked)
{
	struct error err = ERR_INIT;
	struct source *in = NULL;
	struct reading r;
	uint8_t bytes[8];
	size_t n = 0;
	TAR(tar);

	tar_add(&tar, &(struct tar_spec){ .name = "a", .data = BYTES_OF("first") });
	tar_add(&tar, &(struct tar_spec){ .name = "b", .data = BYTES_OF("other") });
	r = read_sound(&tar);
	holds(&r, "b", "other");
	cr_assert_eq(pwrite(r.fd, "X", 1, 512), 1);
	cr_assert_eq(content_open(&r.tar->reader, &at(&r, "a")->content, &in, &err), 0);
	while (source_read(in, bytes, sizeof(bytes), &n, &err) == 0 && n)
		;
	cr_assert_eq(err.code, ERR_DIGEST, "%s", err.message);
	source_close(in);
	err_release(&err);
	done(&r);
}

Test(tree_tar, folders_without_a_member_are_made_and_counted)
{
	struct reading r;
	TAR(tar);

	tar_add(&tar, &(struct tar_spec){ .name = "a/b/c", .uid = 3 });
	tar_add(&tar, &(struct tar_spec){ .name = "a/", .type = '5', .uid = 4 });
	r = read_sound(&tar);
	cr_assert_not(r.tar->has_root);
	cr_assert_eq(r.tar->n_made, 1); /* of a/b nothing is said, of a/ later */
	cr_assert_eq(r.tar->n_again, 0);
	cr_assert_eq(at(&r, "a")->uid, 4);
	cr_assert_eq(at(&r, "a/b")->mode, 0755);
	cr_assert_eq(at(&r, "a/b/c")->uid, 3);
	done(&r);
}

Test(tree_tar, of_a_path_that_stands_twice_the_last_one_counts)
{
	struct reading r;
	TAR(tar);

	tar_add(&tar, &(struct tar_spec){ .name = "d/", .type = '5' });
	tar_add(&tar, &(struct tar_spec){ .name = "a", .data = BYTES_OF("old") });
	tar_add(&tar, &(struct tar_spec){ .name = "b", .type = '1', .link = "a" });
	tar_add(&tar, &(struct tar_spec){ .name = "a", .data = BYTES_OF("new") });
	tar_add(&tar, &(struct tar_spec){ .name = "d", .type = '5', .mode = 0700 });
	r = read_sound(&tar);
	cr_assert_eq(r.tar->n_again, 2);
	holds(&r, "a", "new");
	holds(&r, "b", "old");
	cr_assert_eq(at(&r, "a")->links, 1);
	cr_assert_eq(at(&r, "d")->mode, 0700);
	done(&r);
}

Test(tree_tar, hard_links_devices_and_links_are_what_they_are)
{
	struct reading r;
	TAR(tar);

	tar_add(&tar, &(struct tar_spec){ .name = "./a", .data = BYTES_OF("one") });
	tar_add(&tar, &(struct tar_spec){ .name = "./b", .type = '1', .link = "./a" });
	tar_add(&tar, &(struct tar_spec){ .name = "./c", .type = '1', .link = "/a" });
	tar_add(&tar, &(struct tar_spec){ .name = "./l", .type = '2', .link = "../a//b" });
	tar_add(&tar, &(struct tar_spec){ .name = "./n", .type = '3', .major = 1, .minor = 3 });
	tar_add(&tar, &(struct tar_spec){ .name = "./m", .type = '4', .major = 8 });
	tar_add(&tar, &(struct tar_spec){ .name = "./p", .type = '6' });
	r = read_sound(&tar);
	cr_assert_eq(at(&r, "a"), at(&r, "c"));
	cr_assert_eq(at(&r, "a")->links, 3);
	cr_assert(str_equal_cstr(at(&r, "l")->target, "../a//b"));
	cr_assert_eq(at(&r, "n")->kind, NODE_CHAR);
	cr_assert_eq(at(&r, "n")->minor, 3);
	cr_assert_eq(at(&r, "m")->major, 8);
	cr_assert_eq(at(&r, "p")->kind, NODE_FIFO);
	done(&r);
}

Test(tree_tar, an_extended_attribute_may_stand_twice_with_one_value)
{
	struct reading r;
	TAR(tar);

	tar_add_pax(&tar, 'x', "SCHILY.xattr.security.capability", BYTES_OF("\1\2"));
	tar_add(&tar, &(struct tar_spec){ .name = "a" });
	tar_add(&tar, &(struct tar_spec){ .name = "b" });
	r = read_sound(&tar);
	cr_assert_eq(at(&r, "a")->n_xattrs, 1);
	cr_assert(str_equal_cstr(at(&r, "a")->xattrs[0].name, "security.capability"));
	cr_assert_eq(at(&r, "b")->n_xattrs, 0);
	done(&r);
}

Test(tree_tar, names_are_bytes)
{
	struct reading r;
	TAR(tar);

	tar_add(&tar, &(struct tar_spec){ .name = "caf\xe9" });
	tar_add_pax(&tar, 'x', "hdrcharset", str_bytes(STR("BINARY")));
	tar_add(&tar, &(struct tar_spec){ .name = "th\xe9" });
	tar_add_pax(&tar, 'x', "path", str_bytes(STR("\xc3\xa9")));
	tar_add(&tar, &(struct tar_spec){ .name = "e" });
	r = read_sound(&tar);
	at(&r, "caf\xe9");
	at(&r, "th\xe9");
	at(&r, "\xc3\xa9");
	done(&r);
}

Test(tree_tar, what_unpackers_do_not_agree_on_is_refused)
{
	static const struct {
		struct tar_spec members[3];
		const char *text;
	} cases[] = {
		{ { { .name = "a/../b" } }, "'..'" },
		{ { { .name = "l", .type = '2', .link = "d" }, { .name = "l/f" } },
		  "'l/f' lies in 'l', which is no folder" },
		{ { { .name = "d/e/", .type = '5' }, { .name = "d" } }, "once as a folder" },
		{ { { .name = "d" }, { .name = "d/", .type = '5' } }, "once as a folder" },
		{ { { .name = "b", .type = '1', .link = "a" } }, "no earlier member" },
		{ { { .name = "d", .type = '5' }, { .name = "b", .type = '1', .link = "d" } },
		  "to a folder" },
		{ { { .name = "b" }, { .name = "b", .type = '1', .link = "b" } }, "to itself" },
		{ { { .name = "./", .type = '2', .link = "x" } }, "the root of the tree" },
		{ { { .name = "l", .type = '2' } }, "to nothing" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		TAR(tar);

		for (size_t k = 0; k < 3 && cases[i].members[k].name; k++)
			tar_add(&tar, &cases[i].members[k]);
		refused(&tar, ERR_FORMAT, cases[i].text);
	}
}

Test(tree_tar, what_is_cut_off_or_holds_nothing_is_refused)
{
	struct reading r;
	TAR(tar);
	TAR(nothing);

	tar_add(&tar, &(struct tar_spec){ .name = "a", .data = BYTES_OF("one") });
	tar.len = 514;
	r = read_tar(&tar);
	cr_assert_null(r.tar);
	cr_assert_eq(r.err.code, ERR_FORMAT);
	done(&r);
	refused(&nothing, ERR_FORMAT, "holds nothing");
}

Test(tree_tar, a_name_of_many_folders_ends_at_a_limit)
{
	struct buf name = BUF_INIT(ARCHIVE_MAX);
	TAR(tar);

	for (unsigned i = 0; i < LIMIT_PATH_MAX; i++)
		buf_add_cstr(&name, "d/");
	tar_add_pax(&tar, 'x', "path", buf_bytes(&name));
	tar_add(&tar, &(struct tar_spec){ .name = "d" });
	refused(&tar, ERR_LIMIT, "4096 are allowed");
	buf_release(&name);
}

/* ---- what a tar is there for ---- */

static enum tar_holds said_of(struct buf *tar)
{
	int fd = memfd_create("tar", MFD_CLOEXEC);
	struct window w = window_of(fd, tar);
	enum tar_holds holds = tar_holds(&w);

	cr_assert_not(tar_is_compressed(&w));
	buf_release(tar);
	close(fd);
	return holds;
}

Test(tar_holds, an_image_has_nothing_but_a_layout_at_its_root)
{
	static const char *const images[][3] = {
		{ "oci-layout", "index.json", "blobs/sha256/x" },
		{ "./", "./blobs/", "./index.json" },
		{ "manifest.json", "repositories", "index.json" },
		{ "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/layer.tar", "manifest.json",
		  "index.json" },
	};
	static const char *const trees[][3] = {
		{ "./", "./etc/", "./oci-layout" },
		{ "oci-layout", "index.json", "usr/bin/true" },
		{ "index.html", "index.json", "page.html" },
		{ "a", "b", "c" },
	};

	for (size_t i = 0; i < 8; i++) {
		TAR(tar);

		for (size_t k = 0; k < 3; k++) {
			const char *name = i < 4 ? images[i][k] : trees[i - 4][k];
			bool folder = name[strlen(name) - 1] == '/';

			tar_add(&tar, &(struct tar_spec){ .name = name, .type = folder ? '5' : '0' });
		}
		tar_end(&tar);
		cr_assert_eq(said_of(&tar), i < 4 ? TAR_HOLDS_IMAGE : TAR_HOLDS_TREE, "case %zu", i);
	}
}

Test(tar_holds, what_does_not_begin_with_a_header_is_no_tar)
{
	TAR(zeros);
	TAR(text);
	TAR(v7);

	buf_add_zeros(&zeros, 10240);
	cr_assert_eq(said_of(&zeros), TAR_HOLDS_NOTHING);
	buf_add_cstr(&text, "no tar");
	cr_assert_eq(said_of(&text), TAR_HOLDS_NOTHING);
	tar_add(&v7, &(struct tar_spec){ .name = "usr/x", .v7 = true });
	cr_assert_eq(said_of(&v7), TAR_HOLDS_TREE);
}

Test(tar_holds, a_compressed_tar_is_known_by_what_is_inside)
{
	for (int tarred = 0; tarred < 2; tarred++) {
		struct buf small = BUF_INIT(ARCHIVE_MAX);
		struct sink *below = sink_to_buf(&small), *out = compress_gzip(below);
		int fd = memfd_create("tar", MFD_CLOEXEC);
		struct error err = ERR_INIT;
		struct window w;
		TAR(tar);

		if (tarred)
			tar_add(&tar, &(struct tar_spec){ .name = "usr/x" });
		tar_end(&tar);
		cr_assert_eq(sink_write(out, buf_bytes(&tar), &err), 0);
		cr_assert_eq(sink_close(out, &err), 0);
		cr_assert_eq(sink_close(below, &err), 0);
		w = window_of(fd, &small);
		cr_assert_eq(tar_is_compressed(&w), tarred == 1);
		buf_release(&small);
		buf_release(&tar);
		close(fd);
	}
}

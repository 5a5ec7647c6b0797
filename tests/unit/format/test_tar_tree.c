#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "format/tar/tar.h"
#include "tools/golden.h"
#include "tools/tree_text.h"

#define EPOCH 1700000000

static struct tree *parse(const char *text)
{
	struct error err = ERR_INIT;
	struct tree *t = NULL;

	cr_assert_eq(tree_text_parse(str_of(text), &t, NULL, &err), 0, "%s", err.message);
	return t;
}

static void write_tree(const struct tree *t, const struct tar_tree_options *o, struct buf *to)
{
	struct error err = ERR_INIT;
	struct sink *out = sink_to_buf(to);
	uint64_t size = 0;

	cr_assert_eq(tar_write_tree(t, o, out, &err), 0, "%s", err.message);
	cr_assert_eq(sink_close(out, &err), 0);
	cr_assert_eq(tar_tree_size(t, o, &size, &err), 0);
	cr_assert_eq(size, to->len);
}

static const struct tar_tree_options everything = { .epoch = EPOCH };

struct compare {
	struct source *in;
	struct bytes tar;
};

/* What was read, written again, must be the very bytes that were read. */
static int write_again(void *context, const struct tar_member *m, struct error *err)
{
	struct compare *c = context;
	CLEANUP_BUF struct buf again = BUF_INIT(1u << 21);
	struct sink *out = sink_to_buf(&again);

	cr_assert_eq(tar_write_header(m, out, err), 0);
	cr_assert_eq(sink_close(out, err), 0);
	cr_assert_geq(c->in->offset, again.len);
	cr_assert(memcmp(c->tar.ptr + c->in->offset - again.len, again.ptr, again.len) == 0);
	return 0;
}

static void assert_checks(struct bytes tar)
{
	struct error err = ERR_INIT;
	CLEANUP_SOURCE struct source *in = source_of_bytes(tar);
	struct compare c = { in, tar };

	cr_assert_eq(tar_check(in, write_again, &c, &err), 0, "%s", err.message);
}

static struct digest digest_of(const char *name, const struct golden_case *c)
{
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 24);

	(void)name;
	write_tree(c->tree, &everything, &tar);
	assert_checks(buf_bytes(&tar));
	return hash_bytes(buf_bytes(&tar));
}

Test(tar_tree, golden_cases_keep_their_bytes)
{
	cr_assert_geq(golden_run("tar", TAR_WRITER_VERSION, digest_of), 9);
}

Test(tar_tree, random_trees_pass_the_check_and_are_written_again_the_same)
{
	for (uint64_t seed = 1; seed <= 40; seed++) {
		CLEANUP_TREE struct tree *t = tree_random(seed, 120);
		CLEANUP_BUF struct buf tar = BUF_INIT(1u << 24), again = BUF_INIT(1u << 24);

		write_tree(t, &everything, &tar);
		assert_checks(buf_bytes(&tar));
		write_tree(t, &everything, &again);
		cr_assert(bytes_equal(buf_bytes(&tar), buf_bytes(&again)));
	}
}

Test(tar_tree, the_order_in_which_a_tree_was_made_does_not_count)
{
	CLEANUP_TREE struct tree *a = parse("dir /d 0755 0 0\nfile /d/x 0644 0 0 0 1\n"
					    "file /d/y 0644 0 0 0 2\nfile /e 0644 0 0 0 3\n"
					    "link /f /e\nlink /a /e");
	CLEANUP_TREE struct tree *b = parse("file /a 0644 0 0 0 3\ndir /d 0755 0 0\n"
					    "file /d/y 0644 0 0 0 2\nfile /d/x 0644 0 0 0 1\n"
					    "link /e /a\nlink /f /a");
	CLEANUP_BUF struct buf x = BUF_INIT(1u << 20), y = BUF_INIT(1u << 20);

	write_tree(a, &everything, &x);
	write_tree(b, &everything, &y);
	cr_assert(bytes_equal(buf_bytes(&x), buf_bytes(&y)));
}

/* The part of an archive that is written: paths, one a line. */
struct listing {
	struct buf text;
};

static int list(void *context, const struct tar_member *m, struct error *err)
{
	struct listing *l = context;

	(void)err;
	buf_printf(&l->text, STR_FMT "%s" STR_FMT ";", STR_ARG(m->path),
		   m->hard_link ? "=" : "", STR_ARG(m->hard_link ? m->target : STR("")));
	return 0;
}

static bool is_named_in(void *context, const struct node *n)
{
	const char *names = context;

	return n->name.len == 1 && strchr(names, n->name.ptr[0]);
}

static char *layer(const struct tree *t, const char *names)
{
	struct tar_tree_options o = { .epoch = EPOCH, .includes = is_named_in,
				      .context = (void *)(uintptr_t)names };
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 20);
	struct listing l = { BUF_INIT(10000) };
	struct error err = ERR_INIT;
	CLEANUP_SOURCE struct source *in = NULL;

	write_tree(t, &o, &tar);
	in = source_of_bytes(buf_bytes(&tar));
	cr_assert_eq(tar_check(in, list, &l, &err), 0, "%s", err.message);
	return buf_take(&l.text);
}

Test(tar_tree, a_layer_holds_what_was_chosen_and_the_folders_above_it)
{
	CLEANUP_TREE struct tree *t = parse(
		"dir /p 0755 0 0\ndir /p/q 0700 3 3\nfile /p/q/a 0644 0 0 0 1\n"
		"file /p/b 0644 0 0 0 2\ndir /r 0755 0 0\ndir /r/s 0755 0 0\n"
		"link /c /p/q/a\nlink /d /p/q/a");
	CLEANUP_FREE char *none = layer(t, ""), *deep = layer(t, "a"), *top = layer(t, "bs");
	CLEANUP_FREE char *links = layer(t, "acd"), *late = layer(t, "ad");

	cr_assert_str_eq(none, ";");
	cr_assert_str_eq(deep, ";p;p/q;p/q/a;");
	cr_assert_str_eq(top, ";p;p/b;r;r/s;");
	/* the first path that is in the layer holds the data */
	cr_assert_str_eq(links, ";c;d=c;p;p/q;p/q/a=c;");
	cr_assert_str_eq(late, ";d;p;p/q;p/q/a=d;");
}

static enum err_code code_of(const struct tree *t, const char *message, const char *where)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct sink *out = sink_to_nothing();
	int r = tar_write_tree(t, &everything, out, &err);
	enum err_code code = err.code;

	cr_assert_eq(r, -1);
	cr_assert_str_eq(err.message, message);
	cr_assert_geq(err.n_context, 1);
	cr_assert_str_eq(err.context[0], where);
	cr_assert_eq(sink_close(out, &err), 0);
	return code;
}

Test(tar_tree, names_that_read_as_whiteouts_are_refused)
{
	CLEANUP_TREE struct tree *a = parse("dir /etc 0755 0 0\nfile /etc/.wh.passwd 0644 0 0 0");
	CLEANUP_TREE struct tree *b = parse("dir /.wh..wh..opq 0755 0 0");
	CLEANUP_TREE struct tree *c = parse("file /.wh 0644 0 0 0");
	CLEANUP_BUF struct buf tar = BUF_INIT(100000);

	cr_assert_eq(code_of(a, "a name starts with '.wh.'", "writing '/etc/.wh.passwd'"),
		     ERR_UNSUPPORTED);
	cr_assert_eq(code_of(b, "a name starts with '.wh.'", "writing '/.wh..wh..opq'"),
		     ERR_UNSUPPORTED);
	write_tree(c, &everything, &tar);
}

Test(tar_tree, names_that_are_not_utf8_are_refused)
{
	CLEANUP_TREE struct tree *a = parse("dir /d 0755 0 0\nfile /d/%ff 0644 0 0 0");
	CLEANUP_TREE struct tree *b = parse("symlink /s 0 0 0 %c0%80");

	cr_assert_eq(code_of(a, "the name is not UTF-8", "writing '/d/\xff'"), ERR_UNSUPPORTED);
	cr_assert_eq(code_of(b, "the link's target is not UTF-8", "writing '/s'"),
		     ERR_UNSUPPORTED);
}

Test(tar_tree, xattrs_of_overlayfs_are_refused)
{
	CLEANUP_TREE struct tree *a = parse("dir /d 0755 0 0\nxattr /d trusted.overlay.opaque y");

	cr_assert_eq(code_of(a, "an extended attribute of overlayfs ('trusted.overlay.opaque')",
			     "writing '/d'"), ERR_UNSUPPORTED);
}

/* A reader whose contents have another length than their handles say. */
static int lie(const struct content_reader *reader, const struct content *c,
	       struct source **ret, struct error *err)
{
	static const uint8_t bytes[10];

	(void)reader, (void)err;
	*ret = source_of_bytes((struct bytes){ bytes, c->offset ? 4 : 6 });
	return 0;
}

Test(tar_tree, content_of_another_length_is_an_integrity_error)
{
	const struct content_reader reader = { .open = lie };
	struct tar_tree_options o = { .epoch = EPOCH, .reader = &reader };

	for (uint64_t i = 0; i < 2; i++) {
		CLEANUP_TREE struct tree *t = parse("file /f 0644 0 0 0 12345");
		struct content c = { .size = 5, .where = CONTENT_OBJECT, .offset = i };
		struct digest object = { { 0 } };
		struct error err = ERR_INIT;
		struct sink *out = sink_to_nothing();

		c.object = &object;
		tree_set_content(tree_find(t, STR("f")), &c, 0);
		cr_assert_eq(tar_write_tree(t, &o, out, &err), -1);
		cr_assert_eq(err.code, ERR_DIGEST);
		err_release(&err);
		cr_assert_eq(sink_close(out, &err), 0);
	}
}

Test(tar_tree, a_sink_that_fails_at_any_byte_fails_the_writer_once)
{
	CLEANUP_TREE struct tree *t = tree_random(3, 12);
	CLEANUP_BUF struct buf whole = BUF_INIT(1u << 20);

	write_tree(t, &everything, &whole);
	for (size_t room = 0; room < whole.len; room += room < 2048 ? 1 : 97) {
		CLEANUP_BUF struct buf part = BUF_INIT(room);
		CLEANUP_ERR struct error err = ERR_INIT;
		struct sink *out = sink_to_buf(&part);

		cr_assert_eq(tar_write_tree(t, &everything, out, &err), -1);
		cr_assert_eq(err.code, ERR_LIMIT);
		cr_assert_eq(sink_close(out, &err), -1);
	}
}

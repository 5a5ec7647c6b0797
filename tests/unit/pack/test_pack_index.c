/* The index: any pack comes back as it was, and no bytes can do harm. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "pack/pack_private.h"
#include "unit/pack/make_archive.h"

static struct pack *sample(void)
{
	struct pack *p = mem_alloc(sizeof(*p));

	p->kind = PACK_DEB;
	p->n_members = 7;
	p->members = mem_array(p->n_members, sizeof(*p->members));
	p->n_controls = 1;
	p->controls = mem_array(1, sizeof(*p->controls));
	p->controls[0] = (struct pack_control){ STR("control"), 0644, BYTES_OF("Package: x\n") };
	for (size_t i = 0; i < p->n_members; i++) {
		struct pack_member *m = &p->members[i];

		m->path = str_of(arena_printf(&p->arena, "usr/share/a%zu", i));
		m->kind = NODE_DIRECTORY;
		m->mode = 0755;
		m->user = m->group = STR("root");
		m->target = m->md5 = STR("");
		m->mtime = i % 2 ? -7 : INT64_MAX;
	}
	p->members[0].path = STR("");
	p->members[1].kind = NODE_FILE;
	p->members[1].content = (struct content){ { { 1, 2 } }, 300, CONTENT_OBJECT, NULL, &p->object, 0 };
	p->members[1].md5 = STR("0123456789abcdef0123456789abcdef");
	p->members[2].kind = NODE_SYMLINK;
	p->members[2].target = STR("/x");
	p->members[3] = (struct pack_member){ .path = STR("usr/share/a"), .kind = NODE_FILE,
					      .hard_link = true, .target = STR("usr/share/a1"),
					      .user = STR(""), .group = STR(""), .md5 = STR("") };
	p->members[4].kind = NODE_FILE;
	p->members[4].content = content_empty;
	p->members[4].md5 = STR(MD5_EMPTY);
	p->members[4].n_xattrs = 2;
	p->members[4].xattrs = arena_array(&p->arena, 2, sizeof(struct xattr));
	p->members[4].xattrs[0] = (struct xattr){ STR("user.a"), { 0 } };
	p->members[4].xattrs[1] = (struct xattr){ STR("user.b"), BYTES_OF("value") };
	p->members[5].kind = NODE_CHAR;
	p->members[5].major = 1;
	p->members[5].minor = 0xffffffff;
	p->members[6].kind = NODE_FIFO;
	p->members[6].uid = 0xfffffffe;
	return p;
}

static struct pack *empty(void)
{
	return mem_alloc(sizeof(struct pack));
}

Test(pack_index, a_pack_comes_back_as_it_was)
{
	struct buf first = BUF_INIT(1u << 20), second = BUF_INIT(1u << 20);
	struct error err = ERR_INIT;
	struct pack *p = sample(), *q = empty();
	const struct pack_member *m;

	pack_encode(p, &first);
	cr_assert_eq(pack_decode(buf_bytes(&first), q, &err), 0, "%s", err.message);
	pack_encode(q, &second);
	cr_assert(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
	cr_assert_eq(q->n_members, 7);
	m = q->members;
	cr_assert_eq(m[0].mtime, INT64_MAX);
	cr_assert_eq(m[1].mtime, -7);
	cr_assert_eq(m[1].content.size, 300);
	cr_assert_eq(m[1].content.object, &q->object);
	cr_assert_str_eq(m[1].md5.ptr, "0123456789abcdef0123456789abcdef");
	cr_assert_str_eq(m[2].target.ptr, "/x");
	cr_assert(m[3].hard_link);
	cr_assert_str_eq(m[3].target.ptr, "usr/share/a1");
	cr_assert_eq(m[4].n_xattrs, 2);
	cr_assert_str_eq(m[4].xattrs[1].name.ptr, "user.b");
	cr_assert_eq(m[5].minor, 0xffffffff);
	cr_assert_str_eq(m[6].path.ptr, "usr/share/a6");
	cr_assert_eq(m[6].uid, 0xfffffffe);
	pack_free(p);
	pack_free(q);
	buf_release(&first);
	buf_release(&second);
}

Test(pack_index, no_damaged_index_is_taken_for_another)
{
	struct buf good = BUF_INIT(1u << 20), again = BUF_INIT(1u << 20);
	struct pack *p = sample();

	pack_encode(p, &good);
	for (size_t i = 0; i < good.len; i++) {
		struct error err = ERR_INIT;
		struct pack *q = empty();

		cr_assert_lt(pack_decode((struct bytes){ good.ptr, i }, q, &err), 0);
		err_release(&err);
		pack_free(q);
		for (int bit = 0; bit < 8; bit++) {
			q = empty();
			good.ptr[i] ^= (uint8_t)(1 << bit);
			/* What can be read has one encoding only: the one that was read. */
			if (pack_decode(buf_bytes(&good), q, &err) == 0) {
				buf_reset(&again);
				pack_encode(q, &again);
				cr_assert(bytes_equal(buf_bytes(&again), buf_bytes(&good)),
					  "byte %zu bit %d", i, bit);
			}
			good.ptr[i] ^= (uint8_t)(1 << bit);
			err_release(&err);
			pack_free(q);
		}
	}
	pack_free(p);
	buf_release(&good);
	buf_release(&again);
}

/* Not a benchmark: a guard against a decoder that is quadratic. */
Test(pack_index, a_large_index_is_read_fast)
{
	struct buf encoded = BUF_INIT(64u << 20);
	struct error err = ERR_INIT;
	struct pack *p = empty(), *q;
	struct timespec start, end;

	p->kind = PACK_DEB;
	p->n_members = 5000;
	p->members = mem_array(p->n_members, sizeof(*p->members));
	for (size_t i = 0; i < p->n_members; i++)
		p->members[i] = (struct pack_member){
			.path = str_of(arena_printf(&p->arena, "usr/share/perl5/Folder%zu/File%zu.pm",
						    i / 40, i)),
			.kind = NODE_FILE, .mode = 0644, .mtime = 1700000000, .user = STR("root"),
			.group = STR("root"), .target = STR(""),
			.md5 = STR("0123456789abcdef0123456789abcdef"),
			.content = { .size = 1000, .where = CONTENT_OBJECT, .offset = 1000 * i },
		};
	pack_encode(p, &encoded);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < 20; i++) {
		q = empty();
		cr_assert_eq(pack_decode(buf_bytes(&encoded), q, &err), 0);
		pack_free(q);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	cr_log_info("%.3f ms for an index of %zu bytes",
		    ((double)(end.tv_sec - start.tv_sec) * 1e3 +
		     (double)(end.tv_nsec - start.tv_nsec) / 1e6) / 20, encoded.len);
	cr_assert_lt(end.tv_sec - start.tv_sec, 10);
	pack_free(p);
	buf_release(&encoded);
}

Test(pack_index, counts_that_can_not_be_true_take_no_memory)
{
	/* Version, kind, digests, then four thousand million controls. */
	struct buf b = BUF_INIT(1000);
	struct error err = ERR_INIT;
	struct pack *p = empty();

	buf_add(&b, "ingotpk\n\1\1", 10);
	buf_add_zeros(&b, 64);
	buf_add(&b, "\xff\xff\xff\xff\x0f", 5);
	cr_assert_lt(pack_decode(buf_bytes(&b), p, &err), 0);
	cr_assert_eq(err.code, ERR_FORMAT);
	err_release(&err);
	pack_free(p);
	buf_release(&b);
}

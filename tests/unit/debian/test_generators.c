#include <criterion/criterion.h>

#include "base/endian.h"
#include "debian/catalog.h"
#include "debian/depmod_index.h"
#include "debian/hwdb.h"
#include "debian/jks.h"
#include "debian/strbuf.h"

#define MAX (1u << 20)

Test(strbuf, a_suffix_of_what_is_there_takes_no_room)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_STRBUF struct strbuf s;

	strbuf_init(&s, &arena, MAX);
	cr_assert_eq(strbuf_add(&s, STR("")), 0);
	cr_assert_eq(strbuf_add(&s, STR("foobar")), 1);
	cr_assert_eq(strbuf_add(&s, STR("bar")), 4);
	cr_assert_eq(strbuf_add(&s, STR("foo")), 8);
	cr_assert_eq(s.bytes.len, 12);
}

Test(strbuf, what_does_not_fit_is_said)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_STRBUF struct strbuf s;

	strbuf_init(&s, &arena, 8);
	cr_assert_eq(strbuf_add(&s, STR("12345")), 1);
	cr_assert_eq(strbuf_add(&s, STR("6")), UINT32_MAX);
}

Test(strbuf, a_string_that_comes_again_is_where_it_was)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_STRBUF struct strbuf s;
	uint32_t *first = arena_array(&arena, 40000, sizeof(*first));
	size_t len = 0;

	strbuf_init(&s, &arena, MAX);
	for (unsigned i = 0; i < 80000; i++) {
		struct str text = str_of(arena_printf(&arena, "a string, %u", i % 40000));
		uint32_t offset = strbuf_add(&s, text);

		if (i == 40000)
			len = s.bytes.len;
		if (i < 40000)
			first[i] = offset;
		cr_assert_eq(offset, first[i % 40000]);
		cr_assert_str_eq((char *)s.bytes.ptr + offset, text.ptr);
	}
	cr_assert_eq(s.bytes.len, len);
}
static void compile_hwdb(const char *text, struct arena *arena, struct buf *to)
{
	const struct hwdb_source source = { STR("/usr/lib/udev/hwdb.d/20.hwdb"), str_of(text) };
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(hwdb_compile(&source, 1, 252, arena, to, &err), 0, "%s", err.message);
}

/* Header (80), the leaf (24 + 32) before the root (24 + 16), then strings. */
Test(hwdb, one_record_has_the_layout_of_systemd)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf data = BUF_INIT(MAX);

	compile_hwdb("# a comment\n\nusb:v1*\n ID=x # y\n", &arena, &data);
	cr_assert_eq(memcmp(data.ptr, "KSLPHHRH", 8), 0);
	cr_assert_eq(get_le64(data.ptr + 8), 252);
	cr_assert_eq(get_le64(data.ptr + 16), data.len);
	cr_assert_eq(get_le64(data.ptr + 56), 80 + 56);
	cr_assert_eq(get_le64(data.ptr + 64), 24 + 32 + 24 + 16);
	cr_assert_eq(memcmp(data.ptr + 176, "\0sb:v1*\0 ID\0x\0/usr", 18), 0);
}

Test(hwdb, records_without_properties_and_lines_without_a_value_do_not_count)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf data = BUF_INIT(MAX);

	compile_hwdb("a\n\nb\n NO\n\n LOST=1\n", &arena, &data);
	cr_assert_eq(data.len, 80 + 24 + 1);
}

Test(catalog, messages_of_one_id_are_joined)
{
	const struct catalog_source sources[] = {
		{ STR("/a/x.catalog"),
		  STR("-- 00112233445566778899aabbccddeeff\nSubject: a\n\nBody a\n") },
		{ STR("/a/y.catalog"), STR("-- 00112233445566778899aabbccddeeff\nSupport: b\n") },
	};
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf data = BUF_INIT(MAX);

	cr_assert_eq(catalog_compile(sources, 2, &arena, &data, &err), 0, "%s", err.message);
	cr_assert_eq(get_le64(data.ptr + 24), 1);
	cr_assert_str_eq((char *)data.ptr + 40 + 56 + 1, "Support: b\nSubject: a\n\nBody a\n");
}

Test(catalog, text_before_an_id_is_refused)
{
	const struct catalog_source source = { STR("/a/x.de.catalog"), STR("lost\n") };
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf data = BUF_INIT(MAX);

	cr_assert_eq(catalog_compile(&source, 1, &arena, &data, &err), -1);
	cr_assert_eq(err.code, ERR_UNSUPPORTED);
}

static struct bytes encode_index(struct arena *arena, bool parent_first, struct buf *to)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct index_trie t;

	index_trie_init(&t, arena);
	cr_assert(index_trie_add(&t, STR("ab"), STR("x"), 1));
	cr_assert(index_trie_add(&t, STR("ac"), STR("y"), 0));
	cr_assert_eq(index_trie_encode(&t, parent_first, to, &err), 0, "%s", err.message);
	return buf_bytes(to);
}

/* The root has no prefix: one child 'a', which has children 'b' and 'c' with values. */
Test(depmod_index, kmod_34_writes_parents_first)
{
	static const uint8_t want[] = {
		0xb0, 0x07, 0xf4, 0x57, 0,    2, 0, 1,	0x20, 0, 0, 12, 'a', 'a', 0x20, 0,
		0,    18,   'b',  'c',	0x40, 0, 0, 28, 0x40, 0, 0, 38, 0,   0,	  0,	1,
		0,    0,    0,	  1,	'x',  0, 0, 0,	0,    1, 0, 0,	0,   0,	  'y',	0,
	};
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf data = BUF_INIT(MAX);

	cr_assert(bytes_equal(encode_index(&arena, true, &data), BYTES_OF(want)));
}

Test(depmod_index, kmod_30_writes_children_first)
{
	static const uint8_t want[] = {
		0xb0, 0x07, 0xf4, 0x57, 0,   2,	 0,    1, 0x20, 0,  0,	 42,  0,    0, 0,   1,
		0,    0,    0,	  1,	'x', 0,	 0,    0, 0,	1,  0,	 0,   0,    0, 'y', 0,
		'b',  'c',  0x40, 0,	0,   12, 0x40, 0, 0,	22, 'a', 'a', 0x20, 0, 0,   32,
	};
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf data = BUF_INIT(MAX);

	cr_assert(bytes_equal(encode_index(&arena, false, &data), BYTES_OF(want)));
}

Test(depmod_index, only_seven_bits_fit)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct index_trie t;

	index_trie_init(&t, &arena);
	cr_assert_not(index_trie_add(&t, STR("\xc3\xa4"), STR("x"), 0));
}

Test(jks, what_is_written_is_read_again_and_the_password_counts)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT, wrong = ERR_INIT;
	CLEANUP_BUF struct buf data = BUF_INIT(MAX);
	struct jks k = { .arena = &arena }, read;

	jks_set(&k, (struct jks_entry){ STR("debian:b.pem"), 1000, BYTES_OF("der") });
	jks_set(&k, (struct jks_entry){ STR("debian:a.pem"), 1000, BYTES_OF("other") });
	jks_encode(&k, STR("changeit"), &data);
	cr_assert_eq(get_be32(data.ptr), 0xfeedfeed);
	cr_assert_eq(jks_decode(buf_bytes(&data), STR("changeit"), &arena, &read, &err), 0, "%s",
		     err.message);
	cr_assert_eq(read.n, 2);
	cr_assert(str_equal(read.entries[0].alias, STR("debian:a.pem")));
	jks_remove(&read, STR("debian:a.pem"));
	cr_assert_eq(read.n, 1);
	cr_assert_eq(jks_decode(buf_bytes(&data), STR("other"), &arena, &read, &wrong), -1);
}

Test(jks, names_become_lower_case_where_that_is_known)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct str name;

	cr_assert(jks_alias(&arena, STR("NetLock_F\xc5\x91tan\xc3\xbas.pem"), &name));
	cr_assert(str_equal(name, STR("netlock_f\xc5\x91tan\xc3\xbas.pem")));
	cr_assert_not(jks_alias(&arena, STR("\xc3\x84.pem"), &name));
}

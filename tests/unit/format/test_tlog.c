/*
 * Roots and paths of the eight leaves of Certificate Transparency's merkletree tests, and the
 * example of RFC 6962, section 2.1.3.
 */
#include <criterion/criterion.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/hex.h"
#include "format/tlog/tlog_proof.h"
#include "format/tlog/tlog_tile.h"
#include "format/tlog/tlog_tree.h"

#define N 8

static const char *const inputs[N] = { "",
				       "00",
				       "10",
				       "2021",
				       "3031",
				       "40414243",
				       "5051525354555657",
				       "606162636465666768696a6b6c6d6e6f" };
static const char *const roots[N + 1] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void make_leaves(struct digest leaves[N])
{
	for (int i = 0; i < N; i++) {
		uint8_t data[16];
		size_t len = strlen(inputs[i]) / 2;

		cr_assert(hex_parse(str_of(inputs[i]), data, len));
		leaves[i] = tlog_leaf((struct bytes){ data, len });
	}
}

static bool is(const struct digest *d, const char *hex)
{
	struct digest want;

	cr_assert(digest_parse_hex(str_of(hex), &want));
	return digest_equal(d, &want);
}

static void expect_path(const struct tlog_path *p, const char *const *hex, size_t n)
{
	cr_assert_eq(p->n, n);
	for (size_t i = 0; i < n; i++)
		cr_assert(is(&p->hashes[i], hex[i]), "hash %zu", i);
}

Test(tlog, roots_are_those_of_certificate_transparency)
{
	struct digest leaves[N], d;

	make_leaves(leaves);
	for (uint64_t n = 0; n <= N; n++) {
		d = tlog_root(leaves, n);
		cr_assert(is(&d, roots[n]), "of %d", (int)n);
	}
}

Test(tlog, paths_are_those_of_certificate_transparency)
{
	static const char *const first[] = {
		"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
		"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
		"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
	};
	static const char *const sixth[] = {
		"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
		"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	};
	static const char *const six_eight[] = {
		"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
		"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	};
	static const char *const two_five[] = {
		"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
		"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
	};
	struct digest leaves[N];
	struct tlog_path p;

	make_leaves(leaves);
	tlog_inclusion(leaves, 8, 0, &p);
	expect_path(&p, first, 3);
	tlog_inclusion(leaves, 8, 5, &p);
	expect_path(&p, sixth, 3);
	tlog_consistency(leaves, 8, 1, &p);
	expect_path(&p, first, 3);
	tlog_consistency(leaves, 8, 6, &p);
	expect_path(&p, six_eight, 3);
	tlog_consistency(leaves, 5, 2, &p);
	expect_path(&p, two_five, 2);
}

static void expect_nodes(const struct tlog_path *p, const struct digest *const *nodes, size_t n)
{
	cr_assert_eq(p->n, n);
	for (size_t i = 0; i < n; i++)
		cr_assert(digest_equal(&p->hashes[i], nodes[i]), "node %zu", i);
}

#define EXPECT_NODES(path, ...)                                                                    \
	expect_nodes(&(path), (const struct digest *const[]){ __VA_ARGS__ },                       \
		     sizeof((const struct digest *const[]){ __VA_ARGS__ }) / sizeof(void *))

/* The tree of seven leaves, with the letters of the RFC. */
Test(tlog, rfc_6962_section_2_1_3)
{
	struct digest leaves[N], g, h, i, k, l;
	const struct digest *a = &leaves[0], *b = &leaves[1], *c = &leaves[2], *d = &leaves[3],
			    *e = &leaves[4], *f = &leaves[5], *j = &leaves[6];
	struct tlog_path p;

	make_leaves(leaves);
	g = tlog_node(a, b);
	h = tlog_node(c, d);
	i = tlog_node(e, f);
	k = tlog_node(&g, &h);
	l = tlog_node(&i, j);
	tlog_inclusion(leaves, 7, 0, &p);
	EXPECT_NODES(p, b, &h, &l);
	tlog_inclusion(leaves, 7, 3, &p);
	EXPECT_NODES(p, c, &g, &l);
	tlog_inclusion(leaves, 7, 4, &p);
	EXPECT_NODES(p, f, j, &k);
	tlog_inclusion(leaves, 7, 6, &p);
	EXPECT_NODES(p, &i, &k);
	tlog_consistency(leaves, 7, 3, &p);
	EXPECT_NODES(p, c, d, &g, &l);
	tlog_consistency(leaves, 7, 4, &p);
	EXPECT_NODES(p, &l);
	tlog_consistency(leaves, 7, 6, &p);
	EXPECT_NODES(p, &i, j, &k);
}

#define MANY 40

static void make_many(struct digest leaves[MANY])
{
	for (uint8_t i = 0; i < MANY; i++)
		leaves[i] = tlog_leaf((struct bytes){ &i, 1 });
}

Test(tlog, each_path_fits_its_leaf_and_no_other)
{
	struct digest leaves[MANY], root;
	struct tlog_path p;

	make_many(leaves);
	for (uint64_t n = 1; n <= MANY; n++)
		for (uint64_t i = 0; i < n; i++) {
			root = tlog_root(leaves, n);
			tlog_inclusion(leaves, n, i, &p);
			cr_assert(tlog_inclusion_fits(&leaves[i], i, n, &p, &root));
			cr_assert_not(
				tlog_inclusion_fits(&leaves[(i + 1) % MANY], i, n, &p, &root));
			cr_assert_not(tlog_inclusion_fits(&leaves[i], i + n, n, &p, &root));
			if (n > 1)
				cr_assert_not(
					tlog_inclusion_fits(&leaves[i], (i + 1) % n, n, &p, &root));
			p.hashes[p.n] = root;
			p.n++;
			cr_assert_not(tlog_inclusion_fits(&leaves[i], i, n, &p, &root));
			p.n--;
			if (p.n == 0)
				continue;
			p.hashes[p.n / 2].bytes[7] ^= 1;
			cr_assert_not(tlog_inclusion_fits(&leaves[i], i, n, &p, &root));
			p.hashes[p.n / 2].bytes[7] ^= 1;
			p.n--;
			cr_assert_not(tlog_inclusion_fits(&leaves[i], i, n, &p, &root));
		}
}

Test(tlog, each_tree_continues_its_beginnings_and_no_others)
{
	struct digest leaves[MANY], root, old, other;
	struct tlog_path p;

	make_many(leaves);
	for (uint64_t n = 1; n <= MANY; n++)
		for (uint64_t m = 1; m <= n; m++) {
			root = tlog_root(leaves, n);
			old = tlog_root(leaves, m);
			tlog_consistency(leaves, n, m, &p);
			cr_assert(tlog_consistency_fits(m, n, &p, &old, &root));
			other = old;
			other.bytes[0] ^= 1;
			cr_assert_not(tlog_consistency_fits(m, n, &p, &other, &root));
			other = root;
			other.bytes[31] ^= 1;
			cr_assert_not(tlog_consistency_fits(m, n, &p, &old, &other));
			cr_assert_not(tlog_consistency_fits(0, n, &p, &old, &root));
			cr_assert_not(tlog_consistency_fits(n + 1, n, &p, &old, &root));
			if (p.n == 0)
				continue;
			p.n--;
			cr_assert_not(tlog_consistency_fits(m, n, &p, &old, &root));
		}
}

Test(tlog, tiles_have_the_names_of_the_specification)
{
	static const struct {
		int level;
		uint64_t index;
		unsigned width;
		const char *path;
	} cases[] = {
		{ 0, 0, 256, "tile/0/000" },
		{ 0, 273, 112, "tile/0/273.p/112" },
		{ 1, 1234067, 256, "tile/1/x001/x234/067" },
		{ TLOG_ENTRIES, 1000, 1, "tile/entries/x001/000.p/1" },
		{ 63, UINT64_MAX, 255, "tile/63/x018/x446/x744/x073/x709/x551/615.p/255" },
	};
	char text[TLOG_TILE_PATH_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cr_assert_str_eq(
			tlog_tile_path(cases[i].level, cases[i].index, cases[i].width, text),
			cases[i].path);
}

/* ---- notes ---- */

/* The public key of RFC 8032, section 7.1, TEST 2; its private one signed @text below. */
static const uint8_t raw_key[32] = {
	0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a,
	0xa7, 0x4d, 0x1b, 0x7e, 0xbc, 0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4,
	0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c,
};
#define ROOT "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg="
#define TEXT "example.com/log\n8\n" ROOT "\n"
#define LINE                                                                                       \
	"\xe2\x80\x94 example.com/log SGLVN/DugTY/5WQasGhjGbjy0XIkDBbzdyewSiY8JuNtjLb2o5YT5O7FZ9nmyv4YVlggaQL4LuYJCJVh08ZY3qTXZwA=\n"
#define NOTE TEXT "\n" LINE
#define VKEY "example.com/log+4862d537+AT1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM"

static struct public_key *log_key(void)
{
	struct public_key *k = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(public_key_from_ed25519(BYTES_OF(raw_key), &k, &err), 0);
	return k;
}

Test(tlog, a_checkpoint_of_another_implementation_is_read_and_verified)
{
	CLEANUP_PUBLIC_KEY struct public_key *k = log_key();
	CLEANUP_ERR struct error err = ERR_INIT;
	struct tlog_checkpoint c = { 0 };

	cr_assert_eq(tlog_checkpoint_read(str_bytes(STR(NOTE)), "c", &c, &err), 0, "%s",
		     err.message);
	cr_assert(str_equal_cstr(c.origin, "example.com/log"));
	cr_assert_eq(c.size, 8);
	cr_assert(is(&c.root, roots[8]));
	cr_assert_eq(tlog_checkpoint_verify(&c, k, &err), 0, "%s", err.message);
}

Test(tlog, signatures_of_others_are_passed_over)
{
	CLEANUP_PUBLIC_KEY struct public_key *k = log_key();
	CLEANUP_ERR struct error err = ERR_INIT;
	struct tlog_checkpoint c = { 0 };
	static const char note[] = TEXT "\n\xe2\x80\x94 witness.example AAAA\n"
					"\xe2\x80\x94 example.com/log AAAAAAAA\n" LINE;

	cr_assert_eq(tlog_checkpoint_read(str_bytes(str_of(note)), "c", &c, &err), 0, "%s",
		     err.message);
	cr_assert_eq(tlog_checkpoint_verify(&c, k, &err), 0, "%s", err.message);
}

Test(tlog, a_verifier_key_has_the_form_of_others)
{
	CLEANUP_PUBLIC_KEY struct public_key *k = log_key(), *again = NULL;
	CLEANUP_BUF struct buf text = BUF_INIT(1024);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct str name = { 0 };

	tlog_vkey_write(STR("example.com/log"), k, &text);
	cr_assert_str_eq(buf_cstr(&text), VKEY);
	cr_assert_eq(tlog_vkey_read(STR(VKEY "\n"), &name, &again, &err), 0, "%s", err.message);
	cr_assert(str_equal_cstr(name, "example.com/log"));
	cr_assert(digest_equal(public_key_id(k), public_key_id(again)));
	cr_assert_eq(tlog_vkey_read(STR("x" VKEY), &name, &again, &err), -1);
	cr_assert_eq(err.code, ERR_KEY);
}

Test(tlog, what_is_no_checkpoint_is_refused)
{
	static const struct {
		const char *note, *says;
	} cases[] = {
		{ "", "line end" },
		{ "x", "line end" },
		{ TEXT, "no signatures" },
		{ TEXT "\n", "no signature" },
		{ TEXT "\nx\n", "dash" },
		{ TEXT "\n" LINE "x", "line end" },
		{ "\n8\n" ROOT "\n\n" LINE, "no origin" },
		{ "a\n08\n" ROOT "\n\n" LINE, "no size" },
		{ "a\n-1\n" ROOT "\n\n" LINE, "no size" },
		{ "a\n\n" LINE, "no size" },
		{ "a\n99999999999999999999\n" ROOT "\n\n" LINE, "no size" },
		{ "a\n8\nAAAA\n\n" LINE, "no hash" },
		{ "a\n8\n\n" LINE, "no hash" },
		{ "a\n8\n" ROOT "\n\nextension\n\n" LINE, "empty line" },
		{ "a\t\n8\n" ROOT "\n\n" LINE, "control" },
		{ "a\xff\n8\n" ROOT "\n\n" LINE, "UTF-8" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP_ERR struct error err = ERR_INIT;
		struct tlog_checkpoint c = { 0 };

		cr_assert_eq(tlog_checkpoint_read(str_bytes(str_of(cases[i].note)), "c", &c, &err),
			     -1, "%s", cases[i].note);
		cr_assert_eq(err.code, ERR_FORMAT);
		cr_assert(strstr(err.message, cases[i].says), "%s, and not: %s", err.message,
			  cases[i].says);
	}
}

Test(tlog, each_bit_of_a_checkpoint_counts)
{
	CLEANUP_PUBLIC_KEY struct public_key *k = log_key();
	char note[] = NOTE;
	/* the line end of the signature is no part of it; all else is text, name, id or bytes */
	for (size_t i = 0; i < 8 * (sizeof(note) - 2); i++) {
		CLEANUP_ERR struct error err = ERR_INIT;
		struct tlog_checkpoint c = { 0 };

		note[i / 8] = (char)(note[i / 8] ^ 1 << i % 8);
		cr_assert(tlog_checkpoint_read(str_bytes(str_of(note)), "c", &c, &err) < 0 ||
				  tlog_checkpoint_verify(&c, k, &err) < 0,
			  "bit %zu", i);
		note[i / 8] = (char)(note[i / 8] ^ 1 << i % 8);
	}
}

/* ---- proofs ---- */

#define PATH_0                                                                                     \
	"lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=\n"                                           \
	"Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=\n"                                           \
	"a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=\n"
#define PROOF "c2sp.org/tlog-proof@v1\nindex 0\n" PATH_0 "\n" NOTE

Test(tlog, a_proof_is_written_read_and_verified)
{
	CLEANUP_PUBLIC_KEY struct public_key *k = log_key();
	CLEANUP_BUF struct buf text = BUF_INIT(4096);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct digest leaves[N];
	struct tlog_path path;
	struct tlog_proof p = { 0 };
	const struct bytes nothing = { 0 };

	make_leaves(leaves);
	tlog_inclusion(leaves, 8, 0, &path);
	tlog_proof_write(0, &path, str_bytes(STR(NOTE)), &text);
	cr_assert_str_eq(buf_cstr(&text), PROOF);
	cr_assert_eq(tlog_proof_read(buf_bytes(&text), "p", &p, &err), 0, "%s", err.message);
	cr_assert_eq(tlog_proof_verify(&p, nothing, k, NULL, &err), 0, "%s", err.message);
	cr_assert_eq(tlog_proof_verify(&p, nothing, k, "example.com/log", &err), 0);
	cr_assert_eq(tlog_proof_verify(&p, nothing, k, "example.com/other", &err), -1);
	err_release(&err);
	cr_assert_eq(tlog_proof_verify(&p, str_bytes(STR("x")), k, NULL, &err), -1);
	cr_assert_eq(err.code, ERR_SIGNATURE);
}

Test(tlog, extra_data_is_passed_over)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct tlog_proof p = { 0 };

	cr_assert_eq(
		tlog_proof_read(str_bytes(STR("c2sp.org/tlog-proof@v1\nextra QUJD\nindex 0\n" PATH_0
					      "\n" NOTE)),
				"p", &p, &err),
		0, "%s", err.message);
	cr_assert_eq(p.path.n, 3);
}

Test(tlog, what_is_no_proof_is_refused)
{
#define HEAD "c2sp.org/tlog-proof@v1\n"
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "first line" },
		{ "c2sp.org/tlog-proof@v2\nindex 0\n", "first line" },
		{ HEAD, "no index" },
		{ HEAD "index\n\n" NOTE, "no index" },
		{ HEAD "index 00\n\n" NOTE, "no index" },
		{ HEAD "index -1\n\n" NOTE, "no index" },
		{ HEAD "index 0", "no checkpoint" },
		{ HEAD "index 0\n", "no checkpoint" },
		{ HEAD "extra ?\nindex 0\n\n" NOTE, "extra" },
		{ HEAD "index 0\nextra QUJD\n\n" NOTE, "no hash" },
		{ HEAD "index 0\nAAAA\n\n" NOTE, "no hash" },
		{ HEAD "index 0\n" PATH_0 NOTE, "no hash" },
		{ HEAD "index 0\n\n\n" NOTE, "no origin" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP_ERR struct error err = ERR_INIT;
		struct tlog_proof p = { 0 };

		cr_assert_eq(tlog_proof_read(str_bytes(str_of(cases[i].text)), "p", &p, &err), -1,
			     "%s", cases[i].text);
		cr_assert_eq(err.code, ERR_FORMAT);
		cr_assert(strstr(err.message, cases[i].says), "%s, and not: %s", err.message,
			  cases[i].says);
	}
}

Test(tlog, bundles_hold_entries_behind_their_length)
{
	CLEANUP_BUF struct buf b = BUF_INIT(TLOG_BUNDLE_MAX), large = BUF_INIT(TLOG_ENTRY_MAX);
	struct bytes rest, entry;

	buf_add_zeros(&large, TLOG_ENTRY_MAX);
	tlog_bundle_add(&b, str_bytes(STR("abc")));
	tlog_bundle_add(&b, (struct bytes){ 0 });
	tlog_bundle_add(&b, buf_bytes(&large));
	cr_assert_eq(memcmp(b.ptr, "\0\3abc\0\0\xff\xff", 9), 0);
	rest = buf_bytes(&b);
	cr_assert(tlog_bundle_next(&rest, &entry));
	cr_assert(bytes_equal(entry, str_bytes(STR("abc"))));
	cr_assert(tlog_bundle_next(&rest, &entry));
	cr_assert_eq(entry.len, 0);
	rest.len--;
	cr_assert_not(tlog_bundle_next(&rest, &entry));
}

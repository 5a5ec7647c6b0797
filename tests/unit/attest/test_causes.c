#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "attest/causes.h"
#include "base/cleanup.h"
#include "tools/tree_text.h"

#define TEXT_MAX (64u << 20)

static struct tree *parse_tree(const char *text)
{
	struct error err = ERR_INIT;
	struct tree *t = NULL;

	cr_assert_eq(tree_text_parse(str_of(text), &t, NULL, &err), 0, "%s", err.message);
	return t;
}

static struct causes_fact facts[] = {
	{ STR("compressors"), STR("zstd 1.5.4, zlib 1.2.13") },
	{ STR("epoch"), STR("1757376000") },
};
static struct causes_key keys[] = {
	{ STR("hostname"), STR("web"), STR("recipes/web.yaml:7") },
	{ STR("targets.container.user"), STR("a \"quoted\\\n\x01 text"),
	  STR("recipes/web.yaml:38") },
};
static struct causes_package packages[] = {
	{ STR("libc6"),
	  STR("2.36-9+deb12u10"),
	  STR("amd64"),
	  STR("glibc"),
	  STR("2.36-9+deb12u10"),
	  { { 1, 2 } },
	  STR("recipes/web.lock:40"),
	  STR("nginx"),
	  STR("") },
	{ STR("nginx"),
	  STR("1.22.1-9"),
	  STR("amd64"),
	  STR("nginx"),
	  STR("1.22.1-9"),
	  { { 3, 4 } },
	  STR("recipes/web.lock:57"),
	  STR("recipe"),
	  STR("recipes/web.yaml:12") },
};

static struct causes sample(void)
{
	return (struct causes){ .recipe = STR("recipes/web.yaml"),
				.target = STR("container"),
				.architecture = STR("amd64"),
				.facts = facts,
				.n_facts = 2,
				.keys = keys,
				.n_keys = 2,
				.packages = packages,
				.n_packages = 2 };
}

static struct causes read_back(const struct buf *text, struct arena *arena)
{
	struct error err = ERR_INIT;
	struct causes c = { 0 };

	cr_assert_eq(causes_read(buf_bytes(text), "t.causes.json", arena, &c, &err), 0, "%s",
		     err.message);
	return c;
}

static void remove_path(struct tree *t, const char *path, cause_id cause)
{
	tree_remove(t, tree_find(t, str_of(path)), cause);
}

#define SMALL                                                                                      \
	"dir /etc 0755 0 0\nfile /etc/motd 0644 0 0 0 hello\ndir /etc/a 0755 0 0\n"                \
	"file /etc/a/x 0644 0 0 0 x\nfile /etc/a-b 0644 0 0 0 y\n"

/* docs/formats/causes.md; CAUSES_VERSION goes up with it. */
Test(causes, the_bytes_are_those_of_the_page)
{
	static const char expected[] =
		"{\"_type\":\"urn:ingot:causes:v1\",\n\"architecture\":\"amd64\",\n\"causes\":[\n"
		"[\"unknown\",\"\",\"\"],\n[\"recipe\",\"recipes/web.yaml\",\"38:3\"]],\n"
		"\"facts\":{\n\"compressors\":\"zstd 1.5.4, zlib 1.2.13\",\n\"epoch\":\"1757376000\"},\n"
		"\"keys\":[\n[\"hostname\",\"web\",\"recipes/web.yaml:7\"]],\n\"packages\":[],\n"
		"\"paths\":[\n[0,\"\",0],\n[1,\"etc\",0],\n[2,\"a\",0],\n[3,\"x\",1,null],\n"
		"[2,\"a-b\",0],\n[2,\"motd\",0,0,1,0]],\n"
		"\"recipe\":\"recipes/web.yaml\",\n\"target\":\"container\"}\n";
	CLEANUP_TREE struct tree *t = parse_tree(SMALL);
	CLEANUP_BUF struct buf text = BUF_INIT(TEXT_MAX);
	cause_id recipe = tree_cause_intern(
		t, (struct cause){ CAUSE_RECIPE, STR("recipes/web.yaml"), STR("38:3") });
	struct causes in = sample();

	in.n_keys = 1;
	in.n_packages = 0;
	tree_set_mode(tree_find(t, STR("etc/motd")), 0600, recipe);
	remove_path(t, "etc/a/x", recipe);
	causes_write(&in, t, &text);
	cr_assert_str_eq(buf_cstr(&text), expected);
}

Test(causes, what_is_written_is_read_again)
{
	CLEANUP_TREE struct tree *t = parse_tree(SMALL);
	CLEANUP_BUF struct buf text = BUF_INIT(TEXT_MAX);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct causes in = sample(), out;

	causes_write(&in, t, &text);
	out = read_back(&text, &arena);
	cr_assert(str_equal(out.recipe, in.recipe) && str_equal(out.target, in.target) &&
		  str_equal(out.architecture, in.architecture));
	cr_assert_eq(out.n_facts, 2);
	cr_assert(str_equal(causes_fact(&out, STR("epoch"))->value, STR("1757376000")));
	cr_assert_null(causes_fact(&out, STR("epo")));
	cr_assert(str_equal(causes_key(&out, STR("targets.container.user"))->value, keys[1].value));
	cr_assert(str_equal(causes_key(&out, STR("hostname"))->at, keys[0].at));
	cr_assert(str_equal(causes_package(&out, STR("nginx"))->asked, packages[1].asked));
	cr_assert(digest_equal(&causes_package(&out, STR("libc6"))->digest, &packages[0].digest));
	cr_assert_null(causes_package(&out, STR("absent")));
	cr_assert_eq(out.n_paths, 6, "%zu", out.n_paths);
}

Test(causes, each_aspect_of_a_path_has_its_own)
{
	CLEANUP_TREE struct tree *t = parse_tree(SMALL);
	CLEANUP_BUF struct buf text = BUF_INIT(TEXT_MAX);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	cause_id package =
		tree_cause_intern(t, (struct cause){ CAUSE_PACKAGE, STR("nginx"), STR("") });
	cause_id script = tree_cause_intern(
		t, (struct cause){ CAUSE_SCRIPT, STR("nginx"), STR("postinst:14") });
	cause_id recipe = tree_cause_intern(
		t, (struct cause){ CAUSE_RECIPE, STR("recipes/web.yaml"), STR("38:3") });
	struct node *motd = tree_find(t, STR("etc/motd"));
	const struct causes_path *p;
	struct causes in = sample(), out;

	tree_set_causes(motd, package, (cause_id[]){ recipe, script, package });
	causes_write(&in, t, &text);
	out = read_back(&text, &arena);
	p = causes_path(&out, STR("etc/motd"));
	cr_assert_not_null(p);
	cr_assert_not(p->removed);
	cr_assert_eq(p->existence->kind, CAUSE_PACKAGE);
	cr_assert_eq(p->content->kind, CAUSE_RECIPE);
	cr_assert(str_equal(p->content->what, STR("38:3")));
	cr_assert_eq(p->owner->kind, CAUSE_SCRIPT);
	cr_assert_eq(p->xattrs->kind, CAUSE_PACKAGE);
	cr_assert_eq(causes_path(&out, STR("etc/a-b"))->existence->kind, CAUSE_UNKNOWN);
	cr_assert_eq(causes_path(&out, STR("")), &out.paths[0]);
}

Test(causes, what_was_removed_is_there_with_its_cause)
{
	CLEANUP_TREE struct tree *t = parse_tree(SMALL);
	CLEANUP_BUF struct buf text = BUF_INIT(TEXT_MAX);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	cause_id rule = tree_cause_intern(t, (struct cause){ CAUSE_RULE, STR("exclude"), STR("") });
	const struct causes_path *p;
	struct causes in = sample(), out;

	remove_path(t, "etc/a", rule);
	causes_write(&in, t, &text);
	out = read_back(&text, &arena);
	cr_assert_eq(out.n_paths, 6);
	p = causes_path(&out, STR("etc/a/x"));
	cr_assert(p && p->removed && str_equal(p->existence->who, STR("exclude")));
	cr_assert(causes_path(&out, STR("etc/a"))->removed);
	cr_assert_not(causes_path(&out, STR("etc/a-b"))->removed);
}

Test(causes, a_name_that_lives_again_is_told_once)
{
	CLEANUP_TREE struct tree *t = parse_tree(SMALL);
	CLEANUP_BUF struct buf text = BUF_INIT(TEXT_MAX);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct causes in = sample(), out;
	struct node *etc = tree_find(t, STR("etc"));

	/* etc/a goes with a tombstone below it, another folder of that name comes */
	remove_path(t, "etc/a/x", 0);
	tree_move(t, tree_find(t, STR("etc/a")), etc, STR("c"), 0);
	cr_assert_eq(tree_write_file(t, STR("etc/a/x"), (struct bytes){ 0 }, 0644, 0, NULL, &err),
		     0);
	tree_move(t, tree_find(t, STR("etc/a")), etc, STR("c"), 0);
	causes_write(&in, t, &text);
	out = read_back(&text, &arena);
	for (size_t i = 1; i < out.n_paths; i++)
		cr_assert_lt(tree_path_compare(out.paths[i - 1].path, out.paths[i].path), 0);
	cr_assert_not(causes_path(&out, STR("etc/c/x"))->removed);
	cr_assert(causes_path(&out, STR("etc/a"))->removed);
}

Test(causes, names_that_are_no_text_come_back_byte_by_byte)
{
	CLEANUP_TREE struct tree *t = parse_tree("dir /a%5cx80 0755 0 0\n"
						 "file /a%5cx80/%ff%80%5c 0644 0 0 0\n"
						 "file /b%22%09%01%7f 0644 0 0 0\n");
	CLEANUP_BUF struct buf text = BUF_INIT(TEXT_MAX);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct causes in = sample(), out;

	causes_write(&in, t, &text);
	out = read_back(&text, &arena);
	cr_assert_not_null(causes_path(&out, STR("a\\x80/\xff\x80\\")));
	cr_assert_not_null(causes_path(&out, STR("b\"\t\x01\x7f")));
}

/* The numbers of the tree are its own business. */
Test(causes, the_order_in_which_a_tree_came_to_know_its_causes_does_not_show)
{
	struct buf texts[2] = { BUF_INIT(TEXT_MAX), BUF_INIT(TEXT_MAX) };

	for (int i = 0; i < 2; i++) {
		CLEANUP_TREE struct tree *t = parse_tree(SMALL);
		struct cause c[] = { { CAUSE_PACKAGE, STR("a"), STR("") },
				     { CAUSE_PACKAGE, STR("b"), STR("") } };
		cause_id first = tree_cause_intern(t, c[i]), second = tree_cause_intern(t, c[!i]);
		struct causes in = sample();

		tree_set_mode(tree_find(t, STR("etc/motd")), 0600, i ? second : first);
		tree_set_mode(tree_find(t, STR("etc/a")), 0700, i ? first : second);
		causes_write(&in, t, &texts[i]);
	}
	cr_assert(bytes_equal(buf_bytes(&texts[0]), buf_bytes(&texts[1])));
	buf_release(&texts[0]);
	buf_release(&texts[1]);
}

static enum err_code refusal(const char *text)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct causes c;

	return causes_read(str_bytes(str_of(text)), "t", &arena, &c, &err) < 0 ? err.code : 0;
}

#define HEAD                                                                                       \
	"{\"_type\":\"urn:ingot:causes:v1\",\n\"architecture\":\"amd64\",\n\"causes\":[\n"         \
	"[\"unknown\",\"\",\"\"]],\n\"facts\":{},\n\"keys\":[],\n\"packages\":[],\n\"paths\":[\n"
#define TAIL "],\n\"recipe\":\"r\",\n\"target\":\"t\"}\n"

Test(causes, only_what_ingot_writes_is_read)
{
	static const struct {
		const char *text;
		enum err_code code;
	} rows[] = {
		{ HEAD "[0,\"\",0]" TAIL, ERR_NONE },
		{ HEAD "[0,\"\",0],\n[1,\"a\",0],\n[2,\"b\",0,null],\n[1,\"b\",0,0,0,0]" TAIL,
		  ERR_NONE },
		{ HEAD "[0,\"\",0]" TAIL "x", ERR_FORMAT },
		{ HEAD "[0,\"\",1]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"x\",0]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"\",0],\n[0,\"a\",0]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"\",0],\n[2,\"a\",0]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"\",0],\n[1,\"b\",0],\n[1,\"a\",0]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"\",0],\n[1,\"a\",0],\n[2,\"b\",0],\n[1,\"a\",0]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"\",0],\n[1,\"a/b\",0]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"\",0],\n[1,\"..\",0]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"\",0],\n[1,\"\",0]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"\",0],\n[1,\"a\\\\x41\",0]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"\",0],\n[1,\"a\\u0041\",0]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"\",0],\n[01,\"a\",0]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"\",0],\n[1,\"a\",99999999999]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"\",0], [1,\"a\",0]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"\",0],\n[1,\"\xff\",0]" TAIL, ERR_FORMAT },
		{ HEAD "[0,\"\",0", ERR_FORMAT },
		{ HEAD, ERR_FORMAT },
		{ "", ERR_FORMAT },
		{ "{}", ERR_FORMAT },
		{ "{\"_type\":\"https://in-toto.io/Statement/v1\"", ERR_FORMAT },
		{ "{\"_type\":\"urn:ingot:causes:v2\",\n\"new\":1}\n", ERR_UNSUPPORTED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_eq(refusal(rows[i].text), rows[i].code, "row %zu", i);
}

Test(causes, random_trees_survive)
{
	for (uint64_t seed = 1; seed < 20; seed++) {
		CLEANUP_TREE struct tree *t = tree_random(seed, 300);
		CLEANUP_BUF struct buf text = BUF_INIT(TEXT_MAX);
		CLEANUP_ARENA struct arena arena = ARENA_INIT;
		struct tree_iter it = tree_iter(t, tree_root(t));
		struct causes in = sample(), out;
		size_t i = 0;

		causes_write(&in, t, &text);
		out = read_back(&text, &arena);
		cr_assert_eq(out.n_paths, tree_node_count(t));
		for (struct node *n; (n = tree_next(&it)); i++) {
			CLEANUP_BUF struct buf path = BUF_INIT(1u << 20);

			tree_path(n, &path);
			cr_assert(str_equal(out.paths[i].path, buf_str(&path)));
			cr_assert_eq(causes_path(&out, buf_str(&path)), &out.paths[i]);
		}
	}
}

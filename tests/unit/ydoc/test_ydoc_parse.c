#include <criterion/criterion.h>

#include "base/buf.h"
#include "base/limits.h"
#include "ydoc/ydoc.h"

static struct arena arena = ARENA_INIT;

static struct ydoc_node *parsed(const char *text)
{
	struct error err = ERR_INIT;
	struct ydoc_node *n = NULL;

	if (ydoc_parse(str_bytes(str_of(text)), "r.yaml", 1000, &arena, &n, &err) < 0)
		cr_assert_fail("%u:%u: %s", err.pos.line, err.pos.column, err.message);
	return n;
}

static void refused(const char *text, size_t len, enum err_code code, unsigned line,
		    unsigned column, const char *message)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct ydoc_node *n = NULL;

	cr_assert_lt(ydoc_parse((struct bytes){ (const uint8_t *)text, len }, "r.yaml", 1 << 20,
				&arena, &n, &err), 0, "accepted: %s", text);
	cr_assert_eq(err.code, code, "%u for %s", (unsigned)err.code, text);
	cr_assert_str_eq(err.pos.file, "r.yaml");
	cr_assert(err.pos.line == line && err.pos.column == column, "%u:%u for: %s",
		  err.pos.line, err.pos.column, text);
	cr_assert(strstr(err.message, message), "%s for: %s", err.message, text);
	cr_assert_null(n);
}

#define REFUSED(text, code, line, column, message) \
	refused(text, sizeof(text) - 1, code, line, column, message)

Test(ydoc, maps_lists_and_scalars_come_with_their_places)
{
	struct ydoc_node *n = parsed("a: 1\nb:\n  - x\n  - {k: 'v'}\n"), *b;

	cr_assert_eq(n->n_pairs, 2);
	cr_assert(str_equal_cstr(n->pairs[0].key, "a"));
	cr_assert(n->pairs[0].value->plain);
	b = ydoc_get(n, "b");
	cr_assert_eq(b->n_items, 2);
	cr_assert(b->items[0]->pos.line == 3 && b->items[0]->pos.column == 5);
	cr_assert_eq(b->items[1]->pairs[0].key_pos.column, 6);
	cr_assert_not(ydoc_get(b->items[1], "k")->plain);
	cr_assert_null(ydoc_get(n, "c"));
}

Test(ydoc, scalars_are_text_and_never_guessed_at)
{
	struct ydoc_node *n = parsed("[no, 1e3, 0777, ~, 2026-09-01, 1.10]");
	static const char *const texts[] = { "no", "1e3", "0777", "~", "2026-09-01", "1.10" };

	for (size_t i = 0; i < n->n_items; i++)
		cr_assert(str_equal_cstr(n->items[i]->text, texts[i]));
}

Test(ydoc, columns_count_characters)
{
	struct ydoc_node *n = parsed("\"\xc3\xa9\xc3\xa9\": x\n");

	cr_assert_eq(n->pairs[0].value->pos.column, 7);
}

Test(ydoc, an_empty_text_is_an_empty_map)
{
	cr_assert_eq(parsed("")->kind, YDOC_MAP);
	cr_assert_eq(parsed("# nothing\n")->n_pairs, 0);
	cr_assert_eq(parsed("---\n")->kind, YDOC_MAP);
}

Test(ydoc, tabs_are_text_in_scalars_and_comments_only)
{
	cr_assert(str_equal_cstr(ydoc_get(parsed("a: |\n  x:\n  \ty\n#\tz\n"), "a")->text,
				 "x:\n\ty\n"));
	cr_assert(str_equal_cstr(ydoc_get(parsed("a: \"b\tc\" # \td\n"), "a")->text, "b\tc"));
	REFUSED("a:\n\tb: 1\n", ERR_RECIPE_SYNTAX, 2, 1, "tab");
	REFUSED("a:\tb\n", ERR_RECIPE_SYNTAX, 1, 3, "tab");
	REFUSED("a: [b,\tc]\n", ERR_RECIPE_SYNTAX, 1, 7, "tab");
	REFUSED("a: b\n\t\n", ERR_RECIPE_SYNTAX, 2, 1, "tab");
	REFUSED("- \ta\n", ERR_RECIPE_SYNTAX, 1, 3, "tab");
}

Test(ydoc, features_that_hide_what_is_built_are_refused)
{
	REFUSED("a: &x 1\n", ERR_RECIPE_SYNTAX, 1, 4, "anchors are refused: '&x'");
	REFUSED("a: &x [1]\n", ERR_RECIPE_SYNTAX, 1, 4, "anchors");
	REFUSED("a: &x {b: 1}\n", ERR_RECIPE_SYNTAX, 1, 4, "anchors");
	REFUSED("a: *x\n", ERR_RECIPE_SYNTAX, 1, 4, "aliases are refused: '*x'");
	REFUSED("*x : 1\n", ERR_RECIPE_SYNTAX, 1, 1, "aliases");
	REFUSED("a: !!str 1\n", ERR_RECIPE_SYNTAX, 1, 4, "tags are refused");
	REFUSED("a: ! 1\n", ERR_RECIPE_SYNTAX, 1, 4, "tags");
	REFUSED("a: !x [1]\n", ERR_RECIPE_SYNTAX, 1, 4, "tags are refused: '!x'");
	REFUSED("a:\n  <<: {b: 1}\n", ERR_RECIPE_SYNTAX, 2, 3, "merge keys");
	REFUSED("%YAML 1.1\n---\na: 1\n", ERR_RECIPE_SYNTAX, 1, 1, "directives");
	REFUSED("%TAG ! x\n---\na: 1\n", ERR_RECIPE_SYNTAX, 1, 1, "directives");
	REFUSED("a: 1\n---\nb: 1\n", ERR_RECIPE_SYNTAX, 2, 1, "second document");
	REFUSED("? [a]\n: b\n", ERR_RECIPE_SYNTAX, 1, 3, "a key must be a text");
	REFUSED("\"\": b\n", ERR_RECIPE_SYNTAX, 1, 1, "a key is empty");
}

Test(ydoc, a_key_stands_once_in_small_and_large_maps)
{
	struct buf b = BUF_INIT(1 << 20);

	REFUSED("a: 1\nb: 2\n\"a\": 3\n", ERR_RECIPE_DUPLICATE_KEY, 3, 1, "key 'a' stands twice");
	for (unsigned i = 0; i < 5000; i++)
		buf_printf(&b, "k%u: 1\n", i);
	buf_add_cstr(&b, "k7: 1\n");
	refused(buf_cstr(&b), b.len, ERR_RECIPE_DUPLICATE_KEY, 5001, 1, "'k7'");
	b.len = 0;
	for (unsigned i = 0; i < 16; i++)
		buf_printf(&b, "k%u: 1\n", i);
	buf_add_cstr(&b, "k15: 1\n");
	refused(buf_cstr(&b), b.len, ERR_RECIPE_DUPLICATE_KEY, 17, 1, "'k15'");
	buf_release(&b);
}

Test(ydoc, depth_and_size_are_bounded_before_anything_is_built, .timeout = 5)
{
	struct buf b = BUF_INIT(1 << 20);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct ydoc_node *n = NULL;

	for (unsigned i = 0; i < LIMIT_YAML_DEPTH; i++)
		buf_add_char(&b, '[');
	for (unsigned i = 0; i < LIMIT_YAML_DEPTH; i++)
		buf_add_char(&b, ']');
	cr_assert_eq(ydoc_parse(buf_bytes(&b), "r", 1000, &arena, &n, &err), 0);
	b.len = 0;
	for (unsigned i = 0; i < 1000000; i++)
		buf_add_char(&b, '[');
	refused(buf_cstr(&b), b.len, ERR_LIMIT, 1, LIMIT_YAML_DEPTH + 1, "32 levels");
	b.len = 0;
	for (unsigned i = 0; i < 200000; i++)
		buf_add_cstr(&b, "- ");
	refused(buf_cstr(&b), b.len, ERR_LIMIT, 1, 2 * LIMIT_YAML_DEPTH + 1, "32 levels");
	cr_assert_lt(ydoc_parse(buf_bytes(&b), "r", 1000, &arena, &n, &err), 0);
	cr_assert_eq(err.code, ERR_LIMIT);
	buf_release(&b);
}

Test(ydoc, bytes_that_are_no_text_are_refused_where_they_stand)
{
	REFUSED("a: 1\nb: \xff\n", ERR_RECIPE_SYNTAX, 2, 4, "not UTF-8");
	REFUSED("a: \xc0\x80\n", ERR_RECIPE_SYNTAX, 1, 4, "not UTF-8");
	REFUSED("a: \xed\xa0\x80\n", ERR_RECIPE_SYNTAX, 1, 4, "not UTF-8");
	REFUSED("a: \xe2\x80", ERR_RECIPE_SYNTAX, 1, 4, "not UTF-8");
	REFUSED("a: x\0y\n", ERR_RECIPE_SYNTAX, 1, 5, "NUL");
	REFUSED("a: \"\\0\"\n", ERR_RECIPE_SYNTAX, 1, 4, "NUL");
	REFUSED("a: x\ry\n", ERR_RECIPE_SYNTAX, 1, 5, "carriage return");
	REFUSED("a: x\x1b[1m\n", ERR_RECIPE_SYNTAX, 1, 5, "control character");
	REFUSED("a: \xc2\x85\n", ERR_RECIPE_SYNTAX, 1, 4, "hides");
	REFUSED("a: \xe2\x80\xae\n", ERR_RECIPE_SYNTAX, 1, 4, "hides");
	REFUSED("\xef\xbb\xbf" "a: 1\n", ERR_RECIPE_SYNTAX, 1, 1, "hides");
	cr_assert(str_equal_cstr(ydoc_get(parsed("a: b\r\nc: d\r\n"), "c")->text, "d"));
}

Test(ydoc, what_libyaml_refuses_comes_with_a_place_and_advice)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct ydoc_node *n = NULL;

	REFUSED("a: b: c\n", ERR_RECIPE_SYNTAX, 1, 5, "mapping values");
	REFUSED("a: [b\n", ERR_RECIPE_SYNTAX, 2, 1, "']'");
	REFUSED("a: \"b\n", ERR_RECIPE_SYNTAX, 1, 4, "end of stream");
	REFUSED("a: @b\n", ERR_RECIPE_SYNTAX, 1, 4, "cannot start");
	REFUSED("a: [**/b]\n", ERR_RECIPE_SYNTAX, 1, 6, "alias or an anchor");
	cr_assert_lt(ydoc_parse(str_bytes(STR("a: [**/b]")), "r", 100, &arena, &n, &err), 0);
	cr_assert(strstr(err.hint, "quotes"));
}

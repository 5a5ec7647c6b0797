#include <criterion/criterion.h>

#include "base/limits.h"
#include "format/json/json.h"

static enum err_code parse(struct str text, struct buf *canonical)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct json *v;

	if (json_parse(str_bytes(text), "x.json", &a, &v, &err) < 0)
		return err.code;
	if (canonical) {
		buf_reset(canonical);
		json_write(v, canonical);
	}
	return ERR_NONE;
}

Test(json, members_are_sorted_and_text_is_compact)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	CLEANUP_BUF struct buf out = BUF_INIT(1000);
	struct json *v = json_object(&a);

	json_set(v, "size", json_int(&a, INT64_MIN));
	json_set(v, "mediaType", json_text(&a, "x"));
	json_set(v, "", json_null(&a));
	json_set(v, "layers", json_add(json_add(json_array(&a), json_bool(&a, true)),
				       json_object(&a)));
	json_write(v, &out);
	cr_assert_str_eq(buf_cstr(&out),
			 "{\"\":null,\"layers\":[true,{}],\"mediaType\":\"x\","
			 "\"size\":-9223372036854775808}");
}

Test(json, members_sort_by_utf16_units)
{
	CLEANUP_BUF struct buf out = BUF_INIT(1000);

	/* the example of RFC 8785, 3.2.3 */
	cr_assert_eq(parse(STR("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
			       "\"\\ufb33\":\"Hebrew\",\"1\":\"One\","
			       "\"\\ud83d\\ude00\":\"Smiley\",\"\\u0080\":\"Control\","
			       "\"\\u00f6\":\"o\"}"), &out), ERR_NONE);
	cr_assert_str_eq(buf_cstr(&out),
			 "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
			 "\"\xc3\xb6\":\"o\",\"\xe2\x82\xac\":\"Euro Sign\","
			 "\"\xf0\x9f\x98\x80\":\"Smiley\",\"\xef\xac\xb3\":\"Hebrew\"}");
}

Test(json, only_what_must_be_escaped_is)
{
	CLEANUP_BUF struct buf out = BUF_INIT(1000);

	cr_assert_eq(parse(STR("\"\\u0001\\u001f\\b\\t\\n\\f\\r\\\"\\\\\\/\\u007f\\u00e4<>&\""),
			   &out), ERR_NONE);
	cr_assert_str_eq(buf_cstr(&out),
			 "\"\\u0001\\u001f\\b\\t\\n\\f\\r\\\"\\\\/\x7f\xc3\xa4<>&\"");
}

Test(json, a_person_can_read_the_long_form)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	CLEANUP_BUF struct buf out = BUF_INIT(1000);
	struct json *v = json_object(&a);

	json_set(v, "b", json_add(json_array(&a), json_int(&a, 1)));
	json_set(v, "a", json_array(&a));
	json_write_pretty(v, &out);
	cr_assert_str_eq(buf_cstr(&out), "{\n  \"a\": [],\n  \"b\": [\n    1\n  ]\n}\n");
}

/* The families of JSONTestSuite, in our own words: what must be taken. */
Test(json, valid_texts_are_read)
{
	static const char *const texts[] = {
		"[]", "[ ]", "{}", "\t\n\r {}", "{} \n", "[null]", "[true,false]", "0", "-0", "-1",
		"[9223372036854775807]", "[-9223372036854775808]", "\"\"", "\"a\"", "[\"\\/\"]",
		"[\"\\\"\\\\\\b\\f\\n\\r\\t\"]", "[\"\\u0041\"]", "[\"\\uD801\\udc37\"]",
		"[\"\\ud83d\\ude39\\ud83d\\udc8d\"]", "[\"\\uFFFF\"]", "[\"\xf4\x8f\xbf\xbf\"]",
		"[\"\xe2\x80\xa8\"]", "[\"\x7f\"]", "{\"a\":{\"a\":1}}", "{\"\":0}",
		"{\"a\":\"b\",\"A\":\"b\"}", "[1 , 2]", "{ \"a\" : 1 }", "[[[[[]]]]]",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		cr_assert_eq(parse(str_of(texts[i]), NULL), ERR_NONE, "%s", texts[i]);
}

Test(json, malformed_texts_are_refused)
{
	static const char *const texts[] = {
		"", " ", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1]]",
		"[1}", "{", "}", "{]", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{\"a\":1,}",
		"{\"a\":1 \"b\":2}", "{a:1}", "{'a':1}", "{1:1}", "{\"a\":1,\"a\":1}",
		"{\"a\":1,\"\\u0061\":2}", "{\"a\":1}x", "{}{}", "[]#", "[]//", "/**/[]", "tru",
		"True", "nul", "nan", "NaN", "Infinity", "-Infinity", "undefined", "01", "-01", "00",
		"+1", "-", "--1", "1.", ".1", "1.0", "1e5", "1E5", "1e", "0x1", "1a", "1_000",
		"9223372036854775808", "-9223372036854775809", "99999999999999999999999", "\"",
		"\"a", "\"\\\"", "\"\\x41\"", "\"\\u\"", "\"\\u004\"", "\"\\u00g1\"", "\"\\ud800\"",
		"\"\\ud800\\u0041\"", "\"\\ud800x\"", "\"\\udc00\"", "\"\\ud800\\ud800\"",
		"\"\\u0000\"", "{\"\\u0000\":1}", "\"\t\"", "\"\n\"", "\"\x01\"", "\"\\a\"",
		"\"\\\"", "'a'", "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
		"\"\xc3\"", "\xef\xbb\xbf{}", "\xff\xfe[\0]", "[\v]", "[\f]", "\xc2\xa0[]", "\"\\",
		"{\"a\":", "{\"a", "[\"", "[tru", "*", "<null>", "[\"a\",\n4\n,1,",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		cr_assert_eq(parse(str_of(texts[i]), NULL), ERR_FORMAT, "%zu: %s", i, texts[i]);
	cr_assert_eq(parse(STR("[\"\0\"]"), NULL), ERR_FORMAT);
	cr_assert_eq(parse(STR("[]\0"), NULL), ERR_FORMAT);
}

Test(json, depth_is_bounded)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);

	for (unsigned i = 0; i < LIMIT_JSON_DEPTH; i++)
		buf_add_char(&text, '[');
	for (unsigned i = 0; i < LIMIT_JSON_DEPTH; i++)
		buf_add_char(&text, ']');
	cr_assert_eq(parse(buf_str(&text), NULL), ERR_NONE);
	buf_reset(&text);
	for (unsigned i = 0; i < 100000; i++)
		buf_add_cstr(&text, "[");
	cr_assert_eq(parse(buf_str(&text), NULL), ERR_LIMIT);
	buf_reset(&text);
	for (unsigned i = 0; i < 100000; i++)
		buf_add_cstr(&text, "{\"\":");
	cr_assert_eq(parse(buf_str(&text), NULL), ERR_LIMIT);
}

Test(json, the_number_of_values_is_bounded)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_JSON_SIZE);

	buf_add_char(&text, '[');
	for (unsigned i = 0; i < LIMIT_JSON_VALUES; i++)
		buf_add_cstr(&text, "0,");
	buf_add_cstr(&text, "0]");
	cr_assert_eq(parse(buf_str(&text), NULL), ERR_LIMIT);
}

Test(json, a_text_above_the_size_limit_is_not_looked_at)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_JSON_SIZE + 10);

	buf_add_zeros(&text, LIMIT_JSON_SIZE + 1);
	cr_assert_eq(parse(buf_str(&text), NULL), ERR_LIMIT);
}

Test(json, many_members_in_falling_order_are_read_quickly)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_JSON_SIZE);

	buf_add_char(&text, '{');
	for (unsigned i = 300000; i; i--)
		buf_printf(&text, "\"%06u\":0,", i);
	buf_add_cstr(&text, "\"\":0}");
	cr_assert_eq(parse(buf_str(&text), NULL), ERR_NONE);
}

Test(json, messages_say_where)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct json *v;

	cr_assert_eq(json_parse(str_bytes(STR("{\n  \"a\": 1,\n  \"a\": 2\n}")), "index.json", &a,
				&v, &err), -1);
	cr_assert_str_eq(err.message,
			 "index.json:4:2: member 'a' stands twice in the object that ends here");
}

Test(json, every_prefix_of_a_document_is_malformed)
{
	struct str text = STR("{\"a\":[1,-20,true,null,\"x\\u00e4\\n\"],\"b\":{\"c\":false}}");

	for (size_t n = 0; n < text.len; n++)
		cr_assert_eq(parse((struct str){ text.ptr, n }, NULL), ERR_FORMAT, "%zu", n);
	cr_assert_eq(parse(text, NULL), ERR_NONE);
}

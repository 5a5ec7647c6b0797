#include <criterion/criterion.h>

#include "base/buf.h"
#include "base/text.h"
#include "ydoc/ydoc.h"

static const char *written(const char *text)
{
	static char copy[1000];
	CLEANUP_BUF struct buf b = BUF_INIT(1000);

	ydoc_add_scalar(&b, str_of(text));
	snprintf(copy, sizeof(copy), "%s", buf_cstr(&b));
	return copy;
}

Test(ydoc_scalar, ordinary_texts_are_plain)
{
	static const char *const plain[] = { "nginx", "nginx (>= 1.22)", "/etc/motd",
		"5.36.0-7+deb12u2", "1:2.3-4", "1.2.13", "a b", "x11-common", "sha256:ab12" };

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		cr_assert_str_eq(written(plain[i]), plain[i]);
}

Test(ydoc_scalar, what_other_tools_would_guess_at_is_quoted)
{
	static const char *const quoted[] = { "", "no", "Yes", "null", "1e3", "0777", "1.10",
		"0x10", "12:30", "2026-09-01", "true", "1_000", "-name", "*", "a: b", "a #b",
		" a", "a ", "a,b", "[", "{x", "%x", "@x", "!x", "&x", "?", "-", "a:" };

	for (size_t i = 0; i < sizeof(quoted) / sizeof(*quoted); i++) {
		char expected[40];

		snprintf(expected, sizeof(expected), "\"%s\"", quoted[i]);
		cr_assert_str_eq(written(quoted[i]), expected);
	}
}

Test(ydoc_scalar, what_does_not_show_is_escaped)
{
	cr_assert_str_eq(written("a\"b\\c\n\t\r\x1b\x7f"), "\"a\\\"b\\\\c\\n\\t\\x0d\\x1b\\x7f\"");
	cr_assert_str_eq(written("\xc2\x85 \xe2\x80\xae \xef\xbb\xbf \xef\xbf\xbf"),
			 "\"\\u0085 \\u202e \\ufeff \\uffff\"");
	cr_assert_str_eq(written("gr\xc3\xbc\xc3\x9f"), "\"gr\xc3\xbc\xc3\x9f\"");
}

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Random text of characters that YAML minds, and of any others. */
static size_t make_text(uint64_t *state, char *text)
{
	static const char mind[] = " :#-?,[]{}&*!|>'\"%@`\\\n\t\r~=<.0123eExyn/\x01\x7f";
	size_t len = 0, n = next(state) % 12;

	for (size_t i = 0; i < n; i++) {
		uint32_t c = (uint32_t)next(state);

		if (c % 4) {
			text[len++] = mind[(c >> 8) % (sizeof(mind) - 1)];
			continue;
		}
		c = 0x80 + (c >> 8) % (0x10000 - 0x80);
		if (c >= 0xd800 && c < 0xe000)
			c = 0x202e;
		if (c < 0x800) {
			text[len++] = (char)(0xc0 | c >> 6);
		} else {
			text[len++] = (char)(0xe0 | c >> 12);
			text[len++] = (char)(0x80 | (c >> 6 & 0x3f));
		}
		text[len++] = (char)(0x80 | (c & 0x3f));
	}
	return len;
}

/* In a block list, a flow list, as a value and as a key. */
static void check_round_trip(struct str text)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf b = BUF_INIT(10000);
	struct ydoc_node *n = NULL;

	buf_add_cstr(&b, "l:\n  - ");
	ydoc_add_scalar(&b, text);
	buf_add_cstr(&b, "\nf: [");
	ydoc_add_scalar(&b, text);
	buf_add_cstr(&b, ", ");
	ydoc_add_scalar(&b, text);
	buf_add_cstr(&b, "]\nm: {v: ");
	ydoc_add_scalar(&b, text);
	buf_add_cstr(&b, "}\nk:\n  ");
	ydoc_add_scalar(&b, text.len ? text : STR("x"));
	buf_add_cstr(&b, ": 1\n");
	if (ydoc_parse(buf_bytes(&b), "x", 10000, &a, &n, &err) < 0)
		cr_assert_fail("%s: %s", err.message, buf_cstr(&b));
	cr_assert(str_equal(ydoc_get(n, "l")->items[0]->text, text), "%s", buf_cstr(&b));
	cr_assert(str_equal(ydoc_get(n, "f")->items[0]->text, text), "%s", buf_cstr(&b));
	cr_assert(str_equal(ydoc_get(n, "f")->items[1]->text, text), "%s", buf_cstr(&b));
	cr_assert(str_equal(ydoc_get(ydoc_get(n, "m"), "v")->text, text), "%s", buf_cstr(&b));
	cr_assert(str_equal(ydoc_get(n, "k")->pairs[0].key, text.len ? text : STR("x")));
}

Test(ydoc_scalar, any_text_reads_back_as_itself)
{
	uint64_t state = 0x9e3779b97f4a7c15;
	char text[100];

	for (unsigned i = 0; i < 20000; i++) {
		size_t len = make_text(&state, text);

		cr_assert(text_is_utf8((struct str){ text, len }));
		check_round_trip((struct str){ text, len });
	}
}

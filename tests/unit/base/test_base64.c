#include <criterion/criterion.h>

#include "base/base64.h"

static bool decodes(const char *text, bool url_safe, const char *expected)
{
	CLEANUP_BUF struct buf to = BUF_INIT(1000);

	buf_add_cstr(&to, "before");
	if (!base64_decode(str_of(text), url_safe, &to)) {
		cr_assert_str_eq(buf_cstr(&to), "before");
		return false;
	}
	cr_assert_eq(to.len, strlen(buf_cstr(&to)));
	cr_assert_str_eq(buf_cstr(&to) + strlen("before"), expected, "%s", text);
	return true;
}

/* RFC 4648, section 10. */
Test(base64, vectors_of_the_rfc_go_both_ways)
{
	static const char *const rows[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CLEANUP_BUF struct buf to = BUF_INIT(100);

		buf_add_char(&to, '>');
		base64_encode(str_bytes(str_of(rows[i][0])), &to);
		cr_assert_str_eq(buf_cstr(&to) + 1, rows[i][1]);
		cr_assert(decodes(rows[i][1], false, rows[i][0]));
		cr_assert(decodes(rows[i][1], true, rows[i][0]));
	}
}

Test(base64, every_byte_at_every_place_comes_back)
{
	for (size_t n = 0; n <= 7; n++)
		for (unsigned value = 0; value < 256; value++) {
			CLEANUP_BUF struct buf text = BUF_INIT(100), back = BUF_INIT(100);
			uint8_t data[8];

			for (size_t i = 0; i < n; i++)
				data[i] = (uint8_t)(value + 37 * i);
			base64_encode((struct bytes){ data, n }, &text);
			cr_assert(base64_decode(buf_str(&text), false, &back));
			cr_assert(bytes_equal(buf_bytes(&back), (struct bytes){ data, n }));
		}
}

Test(base64, each_value_has_one_text)
{
	static const char *const texts[] = {
		"Z", "Zg", "Zg=", "Zg===", "=", "==", "===", "====", "Zm9v=", "Zm9v====", "Z===",
		"Zh==", "Zm9=", "Zm8", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v Zm9v", "Zg==Zg==",
		"Zm=v", "Z=m9", "Zm9v\r\n", "Zm9-", "Zm9_", "Zm9*", "Zm9\x80", "Zg==\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		cr_assert_not(decodes(texts[i], false, ""), "'%s'", texts[i]);
}

Test(base64, the_safe_alphabet_may_lack_its_padding)
{
	static const char *const refused[] = { "Z", "Zg=", "Zg===", "Zm9vZ", "Zh", "Zm9=", "Zm9",
					       "Zg \n", "Zm9v=", "=", "==", "\x01g==" };

	cr_assert(decodes("Zg", true, "f"));
	cr_assert(decodes("Zm8", true, "fo"));
	cr_assert(decodes("Pz8-Pz8_", true, "?" "?>?" "??"));
	cr_assert(decodes("Pz8+Pz8/", true, "?" "?>?" "??"));
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		cr_assert_not(decodes(refused[i], true, ""), "'%s'", refused[i]);
}

Test(base64, nul_is_no_digit)
{
	CLEANUP_BUF struct buf to = BUF_INIT(100);

	cr_assert_not(base64_decode(STR("Zg\0="), false, &to));
	cr_assert_not(base64_decode(STR("\0\0\0\0"), true, &to));
}

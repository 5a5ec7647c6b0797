/* base64, od, seq, iconv: texts written otherwise. */
#include "base/text.h"
#include "shell/text_tool.h"

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static const struct shell_option base64_options[] = {
	{ 'd', "decode", OPTION_NO_VALUE, 'd' },
	{ 'i', "ignore-garbage", OPTION_NO_VALUE, 'i' },
	{ 'w', "wrap", OPTION_VALUE, 'w' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

static int encode(struct shell_call *c, struct str data, uint64_t wrap, struct error *err)
{
	uint64_t column = 0;

	for (size_t i = 0; i < data.len; i += 3) {
		size_t n = data.len - i < 3 ? data.len - i : 3;
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (k < n ? (unsigned char)data.ptr[i + k] : 0u);
		for (size_t k = 0; k < 4; k++) {
			char digit = k <= n ? base64_digits[bits >> (18 - 6 * k) & 63] : '=';

			if (text_put(c, (struct str){ &digit, 1 }, err) < 0)
				return -1;
			if (wrap > 0 && ++column == wrap) {
				column = 0;
				if (text_put(c, STR("\n"), err) < 0)
					return -1;
			}
		}
	}
	return column > 0 ? text_put(c, STR("\n"), err) : 0;
}

/* 0, 1: wrong input, -1. What was right before it is printed. */
static int decode(struct shell_call *c, struct str text, bool ignore, struct error *err)
{
	uint32_t bits = 0, n = 0, padding = 0;

	for (size_t i = 0; i < text.len; i++) {
		size_t digit = str_find_char((struct str){ base64_digits, 64 }, text.ptr[i]);

		if (text.ptr[i] == '\n' || (ignore && digit == 64 && text.ptr[i] != '='))
			continue;
		if ((text.ptr[i] == '=' && n < 2) || (digit == 64 && text.ptr[i] != '=') ||
		    (padding > 0 && digit < 64))
			return shell_fail(c, 1, "invalid input");
		padding += digit == 64;
		bits = bits << 6 | (digit & 63);
		if (++n < 4)
			continue;
		for (uint32_t k = 0; k < 3 - padding; k++) {
			char byte = (char)(bits >> (16 - 8 * k) & 255);

			if (text_put(c, (struct str){ &byte, 1 }, err) < 0)
				return -1;
		}
		n = bits = padding = 0;
	}
	return n == 0 ? 0 : shell_refuse(c, err, "input that ends inside a group");
}

int run_base64(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct str text;
	uint64_t wrap = 76;
	bool decodes = false, ignore = false;
	int status = 0, found = shell_options(c, base64_options, false, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		decodes |= a.options[i].id == 'd';
		ignore |= a.options[i].id == 'i';
		if (a.options[i].id == 'w' && !str_parse_u64(a.options[i].value, &wrap))
			return shell_refuse(c, err, "this width");
	}
	if (a.n_operands > 1)
		return shell_fail(c, 1, "extra operand");
	found = text_read(c, a.n_operands ? a.operands[0] : STR("-"), false, &text, err);
	if (found)
		return found;
	return decodes ? decode(c, text, ignore, err) : encode(c, text, wrap, err);
}

/* ---- od: bytes and little-endian numbers in hex, octal, decimal ---- */

static const struct shell_option od_options[] = {
	{ 'A', "address-radix", OPTION_VALUE, 'A' },
	{ 't', "format", OPTION_VALUE, 't' },
	{ 'N', "read-bytes", OPTION_VALUE, 'N' },
	{ 'j', "skip-bytes", OPTION_VALUE, 'j' },
	{ 'v', "output-duplicates", OPTION_NO_VALUE, 'v' },
	{ 'x', NULL, OPTION_NO_VALUE, 'x' },
	{ 'b', NULL, OPTION_NO_VALUE, 'b' },
	{ 'c', NULL, OPTION_NO_VALUE, 'c' },
	{ 'w', "width", OPTION_MAYBE_VALUE, 'w' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

struct od {
	char radix, type; /* type: x o u d c */
	size_t size;	  /* bytes of a number */
	uint64_t width;
	bool all;
};

static bool parse_type(struct str s, struct od *o)
{
	if (s.len == 0 || s.len > 2 || !text_has_char(STR("xoudc"), s.ptr[0]))
		return false;
	o->type = s.ptr[0];
	o->size = o->type == 'c' ? 1 : 4;
	if (s.len == 1)
		return true;
	if (!text_has_char(STR("1248"), s.ptr[1]) || o->type == 'c')
		return false;
	o->size = (size_t)(s.ptr[1] - '0');
	return true;
}

static int put_byte(struct shell_call *c, unsigned char b, struct error *err)
{
	static const char from[] = "\a\b\f\n\r\t\v", to[] = "abfnrtv";
	size_t k = str_find_char((struct str){ from, 7 }, (char)b);

	if (b == 0)
		return text_put(c, STR("  \\0"), err);
	if (k < 7)
		return text_printf(c, err, "  \\%c", to[k]);
	if (b >= ' ' && b < 127)
		return text_printf(c, err, "   %c", b);
	return text_printf(c, err, " %03o", b);
}

static int put_word(struct shell_call *c, const struct od *o, struct str bytes, struct error *err)
{
	static const int hex[] = { 0, 2, 4, 0, 8, 0, 0, 0, 16 };
	static const int octal[] = { 0, 3, 6, 0, 11, 0, 0, 0, 22 };
	static const int decimal[] = { 0, 3, 5, 0, 10, 0, 0, 0, 20 };
	uint64_t n = 0;

	for (size_t i = bytes.len < o->size ? bytes.len : o->size; i-- > 0;)
		n = n << 8 | (unsigned char)bytes.ptr[i];
	if (o->type == 'c')
		return put_byte(c, (unsigned char)n, err);
	if (o->type == 'x')
		return text_printf(c, err, " %0*llx", hex[o->size], (unsigned long long)n);
	if (o->type == 'o')
		return text_printf(c, err, " %0*llo", octal[o->size], (unsigned long long)n);
	if (o->type == 'u')
		return text_printf(c, err, " %*llu", decimal[o->size], (unsigned long long)n);
	if (o->size < 8 && n >> (8 * o->size - 1))
		n |= ~(uint64_t)0 << 8 * o->size;
	return text_printf(c, err, " %*lld", decimal[o->size] + 1, (long long)n);
}

static int put_address(struct shell_call *c, const struct od *o, uint64_t at, struct error *err)
{
	if (o->radix == 'n')
		return 0;
	return text_printf(c, err,
			   o->radix == 'x'   ? "%06llx"
			   : o->radix == 'd' ? "%07llu"
					     : "%07llo",
			   (unsigned long long)at);
}

static int dump(struct shell_call *c, const struct od *o, struct str data, uint64_t from,
		struct error *err)
{
	bool starred = false;

	for (size_t i = 0; i < data.len; i += o->width) {
		size_t n = data.len - i < o->width ? data.len - i : (size_t)o->width;
		bool same = i > 0 && n == o->width && !o->all &&
			    memcmp(data.ptr + i, data.ptr + i - o->width, n) == 0;

		if (same && !starred && text_put(c, STR("*\n"), err) < 0)
			return -1;
		starred = same;
		if (same)
			continue;
		if (put_address(c, o, from + i, err) < 0)
			return -1;
		for (size_t k = 0; k < n; k += o->size) {
			if (put_word(c, o, (struct str){ data.ptr + i + k, n - k }, err) < 0)
				return -1;
		}
		if (text_put(c, STR("\n"), err) < 0)
			return -1;
	}
	if (put_address(c, o, from + data.len, err) < 0)
		return -1;
	return o->radix == 'n' ? 0 : text_put(c, STR("\n"), err);
}

int run_od(struct shell_call *c, struct error *err)
{
	struct arena arena CLEANUP_ARENA = ARENA_INIT;
	struct shell_arguments a;
	struct od o = { .radix = 'o', .type = 'o', .size = 2, .width = 16 };
	struct str data;
	uint64_t most = UINT64_MAX, skip = 0;
	unsigned n_types = 0;
	bool failed = false, known = true;
	int status = 0, found = shell_options(c, od_options, false, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; known && i < a.n_options; i++) {
		struct str value = a.options[i].value;
		int id = a.options[i].id;

		n_types += text_has_char(STR("txbc"), (char)id);
		if (id == 'A')
			known = value.len == 1 && text_has_char(STR("xdon"), value.ptr[0]);
		if (id == 'A' && known)
			o.radix = value.ptr[0];
		else if (id == 't')
			known = parse_type(value, &o);
		else if (id == 'x' || id == 'b' || id == 'c')
			known = parse_type(id == 'x'   ? STR("x2")
					   : id == 'b' ? STR("o1")
						       : STR("c"),
					   &o);
		else if (id == 'N' || id == 'j')
			known = str_parse_u64(value, id == 'N' ? &most : &skip);
		else if (id == 'w')
			known = value.ptr && str_parse_u64(value, &o.width) && o.width > 0 &&
				o.width <= 1024;
		o.all |= id == 'v';
	}
	if (!known || n_types > 1 || o.width % o.size)
		return shell_refuse(c, err, "these formats");
	if (text_read_all(c, &a, &arena, &data, &failed, err) < 0)
		return -1;
	if (skip > data.len)
		return shell_fail(c, 1, "cannot skip past end of combined input");
	data = (struct str){ data.ptr + skip, data.len - (size_t)skip };
	if (most < data.len)
		data.len = (size_t)most;
	if (dump(c, &o, data, skip, err) < 0)
		return -1;
	return failed;
}

/* ---- seq: whole numbers ---- */

static const struct shell_option seq_options[] = {
	{ 's', "separator", OPTION_VALUE, 's' },
	{ 'w', "equal-width", OPTION_NO_VALUE, 'w' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

static bool parse_integer(struct str s, int64_t *ret)
{
	bool negative = s.len > 0 && s.ptr[0] == '-';
	uint64_t n = 0;

	s = (struct str){ s.ptr + negative, s.len - negative };
	if (!str_parse_u64(s, &n) || n > INT64_MAX / 4)
		return false;
	*ret = negative ? -(int64_t)n : (int64_t)n;
	return true;
}

static int integer_width(int64_t n)
{
	int width = n < 0 ? 2 : 1;

	for (; n >= 10 || n <= -10; n /= 10)
		width++;
	return width;
}

int run_seq(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct str separator = STR("\n");
	int64_t number[3] = { 1, 1, 1 };
	bool equal = false, any = false;
	int status = 0, width = 0, found = 0;
	struct shell_call call = *c;
	size_t options = 1;

	/* Negative numbers are no options: only what stands before them is taken apart. */
	while (options < c->argc && str_has_prefix(c->argv[options], STR("-")) &&
	       !(c->argv[options].len > 1 && c->argv[options].ptr[1] >= '0' &&
		 c->argv[options].ptr[1] <= '9'))
		options += str_equal(c->argv[options], STR("-s")) ? 2 : 1;
	call.argc = options < c->argc ? options : c->argc;
	found = shell_options(&call, seq_options, true, &a, &status, err);
	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		equal |= a.options[i].id == 'w';
		if (a.options[i].id == 's')
			separator = a.options[i].value;
	}
	if (c->argc - call.argc < 1 || c->argc - call.argc > 3)
		return shell_fail(c, 1, "missing or extra operand");
	for (size_t i = call.argc; i < c->argc; i++) {
		size_t n = c->argc - call.argc, k = i - call.argc;

		if (!parse_integer(c->argv[i], &number[n == 1 ? 2 : n == 2 && k == 1 ? 2 : k]))
			return shell_refuse(c, err, "numbers that are not whole");
	}
	if (number[1] == 0)
		return shell_fail(c, 1, "invalid Zero increment value");
	if (equal) {
		int64_t last = number[0] + (number[2] - number[0]) / number[1] * number[1];

		width = integer_width(number[0]);
		if (integer_width(last) > width)
			width = integer_width(last);
	}
	for (int64_t n = number[0]; number[1] > 0 ? n <= number[2] : n >= number[2];
	     n += number[1]) {
		if (c->out->len > LIMIT_SHELL_OUTPUT || shell_charge(c->shell, 64))
			break; /* the shell says so */
		if ((any && text_put(c, separator, err) < 0) ||
		    text_printf(c, err, "%0*lld", width, (long long)n) < 0)
			return -1;
		any = true;
	}
	return any ? text_put(c, STR("\n"), err) : 0;
}

/* ---- iconv: between UTF-8 and itself, ASCII, Latin-1 to UTF-8 ---- */

static const struct shell_option iconv_options[] = {
	{ 'f', "from-code", OPTION_VALUE, 'f' },
	{ 't', "to-code", OPTION_VALUE, 't' },
	{ 'o', "output", OPTION_VALUE, 'o' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

enum code { CODE_UNKNOWN, CODE_ASCII, CODE_UTF8, CODE_LATIN1 };

static enum code code_of(struct str name)
{
	static const struct {
		const char *name;
		enum code code;
	} codes[] = {
		{ "utf-8", CODE_UTF8 },		  { "utf8", CODE_UTF8 },
		{ "us-ascii", CODE_ASCII },	  { "ascii", CODE_ASCII },
		{ "ansi_x3.4-1968", CODE_ASCII }, { "iso-8859-1", CODE_LATIN1 },
		{ "iso8859-1", CODE_LATIN1 },	  { "latin1", CODE_LATIN1 },
	};
	struct str bare = { name.ptr, str_find_char(name, '/') };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct str known = str_of(codes[i].name);
		size_t k = 0;

		while (known.len == bare.len && k < bare.len &&
		       (bare.ptr[k] | (bare.ptr[k] >= 'A' && bare.ptr[k] <= 'Z' ? 32 : 0)) ==
			       known.ptr[k])
			k++;
		if (known.len == bare.len && k == bare.len)
			return codes[i].code;
	}
	return CODE_UNKNOWN;
}

int run_iconv(struct shell_call *c, struct error *err)
{
	struct arena arena CLEANUP_ARENA = ARENA_INIT;
	struct buf out CLEANUP_BUF = BUF_INIT(LIMIT_SHELL_OUTPUT);
	struct shell_arguments a;
	enum code from = CODE_UTF8, to = CODE_UTF8;
	struct str text, file = { NULL, 0 };
	bool failed = false;
	int status = 0, found = shell_options(c, iconv_options, false, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		if (a.options[i].id == 'o')
			file = a.options[i].value;
		else if (a.options[i].id == 'f')
			from = code_of(a.options[i].value);
		else
			to = code_of(a.options[i].value);
	}
	if (text_read_all(c, &a, &arena, &text, &failed, err) < 0)
		return -1;
	if (failed)
		return 1;
	if (from == CODE_UNKNOWN || to == CODE_UNKNOWN)
		return shell_refuse(c, err, "this encoding");
	if (!text_is_ascii(text) &&
	    (to != CODE_UTF8 || from == CODE_ASCII || (from == CODE_UTF8 && !text_is_utf8(text))))
		return shell_refuse(c, err, "text that can't be converted as it is");
	if (text.len > LIMIT_SHELL_OUTPUT / 2)
		return err_set(err, ERR_LIMIT, "too long a text for iconv");
	for (size_t i = 0; i < text.len; i++) {
		unsigned char b = (unsigned char)text.ptr[i];

		if (b >= 128 && from == CODE_LATIN1) {
			buf_add_char(&out, (char)(0xc0 | b >> 6));
			b = (unsigned char)(0x80 | (b & 0x3f));
		}
		buf_add_char(&out, (char)b);
	}
	if (file.ptr)
		return text_write(c, file, buf_str(&out), false, err);
	return text_put(c, buf_str(&out), err);
}

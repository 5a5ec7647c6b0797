/* sort: bytewise where keys don't say otherwise, as in C.UTF-8. */

#include "shell/charclass.h"
#include "shell/text_tool.h"
#include "shell/version_order.h"

#include <stdlib.h>

struct sort_order {
	bool skip_begin, skip_end, dictionary, fold, printable, numeric, general, version, reverse;
};

struct sort_key {
	size_t from_field, from_byte, to_field, to_byte; /* as GNU's sword, schar, eword, echar */
	struct sort_order order;
};

struct sort {
	struct sort_key *keys;
	size_t n_keys;
	struct sort_order order;
	int separator; /* -1: between a non-blank and a blank */
	bool unique, stable, check, quiet;
	char end;
	struct str output;
};

static const struct shell_option sort_options[] = {
	{ 'b', "ignore-leading-blanks", OPTION_NO_VALUE, 'b' },
	{ 'd', "dictionary-order", OPTION_NO_VALUE, 'd' },
	{ 'f', "ignore-case", OPTION_NO_VALUE, 'f' },
	{ 'g', "general-numeric-sort", OPTION_NO_VALUE, 'g' },
	{ 'i', "ignore-nonprinting", OPTION_NO_VALUE, 'i' },
	{ 'n', "numeric-sort", OPTION_NO_VALUE, 'n' },
	{ 'r', "reverse", OPTION_NO_VALUE, 'r' },
	{ 'V', "version-sort", OPTION_NO_VALUE, 'V' },
	{ 'c', "check", OPTION_NO_VALUE, 'c' },
	{ 'C', NULL, OPTION_NO_VALUE, 'C' },
	{ 'k', "key", OPTION_VALUE, 'k' },
	{ 'o', "output", OPTION_VALUE, 'o' },
	{ 's', "stable", OPTION_NO_VALUE, 's' },
	{ 't', "field-separator", OPTION_VALUE, 't' },
	{ 'T', "temporary-directory", OPTION_VALUE, 'T' },
	{ 'S', "buffer-size", OPTION_VALUE, 'T' },
	{ 'u', "unique", OPTION_NO_VALUE, 'u' },
	{ 'z', "zero-terminated", OPTION_NO_VALUE, 'z' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

static bool set_order(struct sort_order *o, char letter, bool at_begin, bool both)
{
	switch (letter) {
	case 'b':
		o->skip_begin |= at_begin || both;
		o->skip_end |= !at_begin || both;
		return true;
	case 'd':
		return o->dictionary = true;
	case 'f':
		return o->fold = true;
	case 'g':
		return o->general = true;
	case 'i':
		return o->printable = true;
	case 'n':
		return o->numeric = true;
	case 'r':
		return o->reverse = true;
	case 'V':
		return o->version = true;
	default:
		return false;
	}
}

static bool has_order(const struct sort_order *o)
{
	return o->skip_begin || o->skip_end || o->dictionary || o->fold || o->printable ||
	       o->numeric || o->general || o->version || o->reverse;
}

static bool read_number(struct str s, size_t *at, size_t *ret)
{
	size_t from = *at;

	*ret = 0;
	for (; *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9'; (*at)++) {
		if (*ret > 100000000)
			return false;
		*ret = *ret * 10 + (size_t)(s.ptr[*at] - '0');
	}
	return *at > from;
}

/* F[.C][OPTS] */
static bool read_place(struct str s, size_t *at, size_t *field, size_t *byte,
		       struct sort_order *order, bool begin)
{
	if (!read_number(s, at, field) || *field == 0)
		return false;
	(*field)--;
	if (*at < s.len && s.ptr[*at] == '.') {
		(*at)++;
		if (!read_number(s, at, byte) || (begin && *byte == 0))
			return false;
		*byte -= begin;
	}
	while (*at < s.len && s.ptr[*at] != ',') {
		if (!set_order(order, s.ptr[(*at)++], begin, false))
			return false;
	}
	return true;
}

static bool parse_key(struct str s, struct sort_key *key)
{
	size_t at = 0;

	*key = (struct sort_key){ .to_field = SIZE_MAX };
	if (!read_place(s, &at, &key->from_field, &key->from_byte, &key->order, true))
		return false;
	if (at == s.len)
		return true;
	at++;
	return read_place(s, &at, &key->to_field, &key->to_byte, &key->order, false) && at == s.len;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Behind @n fields; *at moves on from @i. */
static size_t skip_fields(const struct sort *s, struct str line, size_t i, size_t n, bool stay)
{
	while (i < line.len && n-- > 0) {
		if (s->separator >= 0) {
			while (i < line.len && (unsigned char)line.ptr[i] != s->separator)
				i++;
			if (i < line.len && (n > 0 || !stay))
				i++;
			continue;
		}
		while (i < line.len && is_blank(line.ptr[i]))
			i++;
		while (i < line.len && !is_blank(line.ptr[i]))
			i++;
	}
	return i;
}

static struct str key_text(const struct sort *s, const struct sort_key *key, struct str line)
{
	const struct sort_order *o = has_order(&key->order) ? &key->order : &s->order;
	size_t from = skip_fields(s, line, 0, key->from_field, false), to = line.len;

	while (o->skip_begin && from < line.len && is_blank(line.ptr[from]))
		from++;
	from = key->from_byte < line.len - from ? from + key->from_byte : line.len;
	if (key->to_field != SIZE_MAX) {
		bool whole = key->to_byte == 0;

		to = skip_fields(s, line, 0, key->to_field + whole, whole);
		while (!whole && o->skip_end && to < line.len && is_blank(line.ptr[to]))
			to++;
		to = key->to_byte < line.len - to ? to + key->to_byte : line.len;
	}
	return (struct str){ line.ptr + from, to > from ? to - from : 0 };
}

/* A number as -n sees it: blanks, '-', digits with a point. */
struct decimal {
	struct str whole, fraction;
	bool negative;
};

static struct str take_digits(struct str s, size_t *at)
{
	size_t from = *at;

	while (*at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9')
		(*at)++;
	return (struct str){ s.ptr + from, *at - from };
}

static struct decimal decimal_of(struct str s)
{
	struct decimal d = { .negative = false };
	size_t i = 0;

	while (i < s.len && is_blank(s.ptr[i]))
		i++;
	d.negative = i < s.len && s.ptr[i] == '-';
	i += d.negative;
	while (i < s.len && s.ptr[i] == '0')
		i++;
	d.whole = take_digits(s, &i);
	if (i < s.len && s.ptr[i] == '.') {
		i++;
		d.fraction = take_digits(s, &i);
		while (d.fraction.len > 0 && d.fraction.ptr[d.fraction.len - 1] == '0')
			d.fraction.len--;
	}
	if (d.whole.len == 0 && d.fraction.len == 0)
		d.negative = false;
	return d;
}

static int order_numbers(struct str a, struct str b)
{
	struct decimal x = decimal_of(a), y = decimal_of(b);
	int order = 0;

	if (x.negative != y.negative)
		return x.negative ? -1 : 1;
	if (x.whole.len != y.whole.len)
		order = x.whole.len < y.whole.len ? -1 : 1;
	else
		order = str_compare(x.whole, y.whole);
	if (order == 0)
		order = str_compare(x.fraction, y.fraction);
	return x.negative ? -order : order;
}

/* 0: no number at all, 1: NaN, 2: a number */
static int general_number(struct str s, double *ret)
{
	char text[64] = "";
	char *end = NULL;

	memcpy(text, s.ptr, s.len < sizeof(text) - 1 ? s.len : sizeof(text) - 1);
	*ret = strtod(text, &end);
	if (end == text)
		return 0;
	return *ret != *ret ? 1 : 2;
}

static int order_general(struct str a, struct str b)
{
	double x = 0, y = 0;
	int p = a.len ? general_number(a, &x) : 0, q = b.len ? general_number(b, &y) : 0;

	if (p != q || p < 2)
		return p - q;
	return x < y ? -1 : x > y;
}

/* The next byte that counts, or -1. */
static int next_byte(const struct sort_order *o, struct str s, size_t *at)
{
	for (; *at < s.len; (*at)++) {
		unsigned char c = (unsigned char)s.ptr[*at];

		if (o->dictionary && !charclass_has(CHARCLASS_ALNUM, c) && !is_blank((char)c))
			continue;
		if (o->printable && !charclass_has(CHARCLASS_PRINT, c))
			continue;
		(*at)++;
		return o->fold ? ascii_upper(c) : c;
	}
	return -1;
}

static int order_texts(const struct sort_order *o, struct str a, struct str b)
{
	size_t i = 0, k = 0;

	if (!o->dictionary && !o->printable && !o->fold)
		return str_compare(a, b);
	for (;;) {
		int x = next_byte(o, a, &i), y = next_byte(o, b, &k);

		if (x != y)
			return x - y;
		if (x < 0)
			return 0;
	}
}

static int order_keys(const struct sort_order *o, struct str a, struct str b)
{
	int order = o->numeric	 ? order_numbers(a, b)
		    : o->general ? order_general(a, b)
		    : o->version ? version_order(a, b)
				 : order_texts(o, a, b);

	return o->reverse ? -order : order;
}

/* What -u takes for equal. */
static int order_by_keys(const struct sort *s, struct str a, struct str b)
{
	for (size_t i = 0; i < s->n_keys; i++) {
		const struct sort_key *key = &s->keys[i];
		int order = order_keys(has_order(&key->order) ? &key->order : &s->order,
				       key_text(s, key, a), key_text(s, key, b));

		if (order)
			return order;
	}
	if (s->n_keys > 0)
		return 0;
	if (s->order.skip_begin) {
		struct sort_key whole = { .to_field = SIZE_MAX };

		a = key_text(s, &whole, a);
		b = key_text(s, &whole, b);
	}
	return order_keys(&s->order, a, b);
}

static int order_lines(const struct sort *s, struct str a, struct str b)
{
	int order = order_by_keys(s, a, b);

	if (order || s->unique || s->stable)
		return order;
	order = str_compare(a, b);
	return s->order.reverse ? -order : order;
}

/* Stable: equal lines keep their order, which -s and -u show. */
static void merge_sort(const struct sort *s, struct str *lines, struct str *spare, size_t n)
{
	for (size_t width = 1; width < n; width *= 2) {
		for (size_t low = 0; low < n; low += 2 * width) {
			size_t middle = low + width < n ? low + width : n;
			size_t high = low + 2 * width < n ? low + 2 * width : n;
			size_t i = low, k = middle;

			for (size_t to = low; to < high; to++) {
				if (k >= high ||
				    (i < middle && order_lines(s, lines[i], lines[k]) <= 0))
					spare[to] = lines[i++];
				else
					spare[to] = lines[k++];
			}
		}
		memcpy(lines, spare, n * sizeof(*lines));
	}
}

/* Return 0, 1 with *ret_status, -1. */
static int read_sort(struct shell_call *c, struct shell_arguments *a, struct sort *s,
		     int *ret_status, struct error *err)
{
	int found = shell_options(c, sort_options, false, a, ret_status, err);
	bool known = true;

	*s = (struct sort){ .separator = -1, .end = '\n' };
	if (found)
		return found;
	s->keys = arena_array(c->world->arena, a->n_options + 1, sizeof(*s->keys));
	for (size_t i = 0; known && i < a->n_options; i++) {
		struct str value = a->options[i].value;
		int id = a->options[i].id;

		s->unique |= id == 'u';
		s->stable |= id == 's';
		s->check |= id == 'c' || id == 'C';
		if (id == 'z')
			s->end = '\0';
		else if (id == 'o')
			s->output = value;
		else if (id == 'k')
			known = parse_key(value, &s->keys[s->n_keys++]);
		else if (id == 't' && str_equal(value, STR("\\0")))
			s->separator = 0;
		else if (id == 't')
			s->separator = value.len == 1 ? (unsigned char)value.ptr[0] : -2;
		else
			set_order(&s->order, (char)id, true, true);
	}
	if (known && s->separator != -2)
		return 0;
	*ret_status = shell_refuse(c, err, "this key or separator");
	return *ret_status < 0 ? -1 : 1;
}

static int put_sorted(struct shell_call *c, const struct sort *s, const struct str *lines, size_t n,
		      struct error *err)
{
	struct buf out CLEANUP_BUF = BUF_INIT(LIMIT_SHELL_OUTPUT);

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && s->unique && order_by_keys(s, lines[i - 1], lines[i]) == 0)
			continue;
		if (text_add(&out, lines[i], err) < 0 ||
		    text_add(&out, (struct str){ &s->end, 1 }, err) < 0)
			return -1;
	}
	if (!s->output.ptr)
		return text_put(c, buf_str(&out), err);
	return text_write(c, s->output, buf_str(&out), false, err) ? 2 : 0;
}

int run_sort(struct shell_call *c, struct error *err)
{
	struct arena arena CLEANUP_ARENA = ARENA_INIT;
	struct shell_arguments a;
	struct sort s;
	struct str *lines = NULL, *spare = NULL, text = { NULL, 0 };
	struct buf all CLEANUP_BUF = BUF_INIT(LIMIT_SHELL_OUTPUT);
	int status = 0, found = read_sort(c, &a, &s, &status, err);
	size_t n = 0;

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < (a.n_operands ? a.n_operands : 1); i++) {
		found = text_read(c, a.n_operands ? a.operands[i] : STR("-"), false, &text, err);
		if (found)
			return found < 0 ? -1 : 2;
		if (text_add(&all, text, err) < 0)
			return -1;
		if (text.len > 0 && text.ptr[text.len - 1] != s.end &&
		    text_add(&all, (struct str){ &s.end, 1 }, err) < 0)
			return -1;
	}
	n = text_lines(&arena, buf_str(&all), s.end, &lines);
	for (size_t i = 1; s.check && i < n; i++) {
		int order = order_lines(&s, lines[i - 1], lines[i]);

		if (order > 0 || (s.unique && order == 0))
			return shell_fail(c, 1, "disorder");
	}
	if (s.check)
		return 0;
	spare = arena_array(&arena, n + 1, sizeof(*spare));
	merge_sort(&s, lines, spare, n);
	(void)shell_charge(c->shell, 8 * (uint64_t)all.len);
	return put_sorted(c, &s, lines, n, err);
}

/* tr: bytes, as GNU's does in every locale. */
#include "shell/charclass.h"
#include "shell/text_tool.h"

#define TR_MAX 4096u /* bytes of one expanded set */

struct tr_set {
	unsigned char bytes[TR_MAX];
	size_t n;
	size_t fill_at; /* "[x*]": where it stands, or SIZE_MAX */
	unsigned char fill;
	bool has_class; /* other than upper and lower */
	int cases;	/* of [:upper:] and [:lower:] */
};

static const struct shell_option tr_options[] = {
	{ 'c', "complement", OPTION_NO_VALUE, 'c' },
	{ 'C', NULL, OPTION_NO_VALUE, 'c' },
	{ 'd', "delete", OPTION_NO_VALUE, 'd' },
	{ 's', "squeeze-repeats", OPTION_NO_VALUE, 's' },
	{ 't', "truncate-set1", OPTION_NO_VALUE, 't' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

static bool set_add(struct tr_set *set, unsigned char c)
{
	if (set->n == TR_MAX)
		return false;
	set->bytes[set->n++] = c;
	return true;
}

/* One byte, maybe escaped. False: the escape is not known. */
static bool read_byte(struct str s, size_t *at, unsigned char *ret, bool *ret_escaped)
{
	static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
	char c = s.ptr[(*at)++];
	size_t k = 0;

	*ret = (unsigned char)c;
	*ret_escaped = c == '\\' && *at < s.len;
	if (!*ret_escaped)
		return c != '\\';
	c = s.ptr[*at];
	if (c >= '0' && c <= '7') {
		unsigned value = 0, digits = 0;

		while (digits < 3 && *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '7' &&
		       value * 8 + (unsigned)(s.ptr[*at] - '0') < 256) {
			value = value * 8 + (unsigned)(s.ptr[(*at)++] - '0');
			digits++;
		}
		*ret = (unsigned char)value;
		return true;
	}
	(*at)++;
	k = str_find_char(str_of(from), c);
	*ret = (unsigned char)(k < sizeof(from) - 1 ? to[k] : c);
	return true;
}

/* "[:class:]" at *at. 1, 0: none, -1. */
static int read_class(struct str s, size_t *at, struct tr_set *set)
{
	size_t from = *at + 2, i = from;
	enum charclass class = CHARCLASS_NONE;

	if (from >= s.len || s.ptr[*at] != '[' || s.ptr[*at + 1] != ':')
		return 0;
	while (i + 1 < s.len && !(s.ptr[i] == ':' && s.ptr[i + 1] == ']'))
		i++;
	if (i + 1 >= s.len)
		return 0;
	class = charclass_find((struct str){ s.ptr + from, i - from });
	if (class == CHARCLASS_NONE)
		return -1;
	*at = i + 2;
	if (class == CHARCLASS_UPPER || class == CHARCLASS_LOWER)
		set->cases++;
	else
		set->has_class = true;
	for (unsigned c = 0; c < 256; c++) {
		if (c < 128 && charclass_has(class, (unsigned char)c) &&
		    !set_add(set, (unsigned char)c))
			return -1;
	}
	return 1;
}

/* "[x*]" and "[x*n]" at *at. 1, 0: none, -1. */
static int read_repeat(struct str s, size_t *at, struct tr_set *set, bool second)
{
	size_t i = *at + 1;
	unsigned char c = 0;
	bool escaped = false;
	uint64_t n = 0;
	bool octal = false;

	if (s.ptr[*at] != '[' || i >= s.len || !read_byte(s, &i, &c, &escaped))
		return 0;
	if (i >= s.len || s.ptr[i] != '*')
		return 0;
	octal = ++i < s.len && s.ptr[i] == '0';
	for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9' && n < TR_MAX; i++)
		n = n * (octal ? 8 : 10) + (uint64_t)(s.ptr[i] - '0');
	if (i >= s.len || s.ptr[i] != ']')
		return 0;
	*at = i + 1;
	if (!second || (n == 0 && set->fill_at != SIZE_MAX))
		return -1;
	if (n == 0) {
		set->fill_at = set->n;
		set->fill = c;
	}
	for (; n > 0; n--) {
		if (!set_add(set, c))
			return -1;
	}
	return 1;
}

/* "[=x=]" at *at. */
static bool read_equal(struct str s, size_t *at, struct tr_set *set)
{
	if (*at + 4 >= s.len || s.ptr[*at] != '[' || s.ptr[*at + 1] != '=' ||
	    s.ptr[*at + 3] != '=' || s.ptr[*at + 4] != ']')
		return false;
	set->has_class = true;
	*at += 5;
	return set_add(set, (unsigned char)s.ptr[*at - 3]);
}

static bool parse_set(struct str s, struct tr_set *set, bool second)
{
	size_t i = 0;

	*set = (struct tr_set){ .fill_at = SIZE_MAX };
	while (i < s.len) {
		unsigned char low = 0, high = 0;
		bool escaped = false;
		int found = read_class(s, &i, set);

		if (found == 0)
			found = read_equal(s, &i, set);
		if (found == 0)
			found = read_repeat(s, &i, set, second);
		if (found < 0)
			return false;
		if (found > 0)
			continue;
		if (!read_byte(s, &i, &low, &escaped))
			return false;
		high = low;
		if (i + 1 < s.len && s.ptr[i] == '-') {
			i++;
			if (!read_byte(s, &i, &high, &escaped) || high < low)
				return false;
		}
		for (unsigned c = low; c <= high; c++) {
			if (!set_add(set, (unsigned char)c))
				return false;
		}
	}
	return true;
}

static void complement(struct tr_set *set)
{
	bool has[256] = { false };

	for (size_t i = 0; i < set->n; i++)
		has[set->bytes[i]] = true;
	set->n = 0;
	for (unsigned c = 0; c < 256; c++) {
		if (!has[c])
			set->bytes[set->n++] = (unsigned char)c;
	}
}

/* Makes @b as long as @a: where "[x*]" stands, or with its last byte. */
static bool stretch(const struct tr_set *a, struct tr_set *b, bool truncate)
{
	size_t more = a->n > b->n ? a->n - b->n : 0, at = b->fill_at;
	unsigned char with = b->fill;

	if (more == 0 || truncate)
		return true;
	if (at == SIZE_MAX) {
		if (b->n == 0)
			return false;
		at = b->n;
		with = b->bytes[b->n - 1];
	}
	memmove(b->bytes + at + more, b->bytes + at, b->n - at);
	memset(b->bytes + at, with, more);
	b->n += more;
	return true;
}

struct tr {
	unsigned char map[256];
	bool delete[256], squeeze[256];
};

static int apply(struct shell_call *c, const struct tr *t, struct error *err)
{
	struct str text = shell_input_all(c->in);
	int last = -1;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char b = (unsigned char)text.ptr[i];

		if (t->delete[b])
			continue;
		b = t->map[b];
		if (t->squeeze[b] && last == b)
			continue;
		last = b;
		if (text_put(c, (struct str){ (const char *)&b, 1 }, err) < 0)
			return -1;
	}
	return 0;
}

static bool prepare(struct tr *t, struct tr_set *a, struct tr_set *b, bool deletes, bool squeezes,
		    bool truncate)
{
	bool translates = b && !deletes;

	if (translates && !stretch(a, b, truncate))
		return false;
	for (unsigned c = 0; c < 256; c++)
		t->map[c] = (unsigned char)c;
	for (size_t i = 0; i < a->n; i++) {
		if (deletes)
			t->delete[a->bytes[i]] = true;
		if (squeezes && !b)
			t->squeeze[a->bytes[i]] = true;
		if (translates && i < b->n)
			t->map[a->bytes[i]] = b->bytes[i];
	}
	for (size_t i = 0; b && squeezes && i < b->n; i++)
		t->squeeze[b->bytes[i]] = true;
	return true;
}

int run_tr(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	static const char *wrong = "these sets";
	struct tr_set *first = arena_alloc(c->world->arena, sizeof(*first));
	struct tr_set *second = arena_alloc(c->world->arena, sizeof(*second));
	struct tr t = { .map = { 0 } };
	bool not = false, deletes = false, squeezes = false, truncate = false, two = false;
	int status = 0, found = shell_options(c, tr_options, true, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		not |= a.options[i].id == 'c';
		deletes |= a.options[i].id == 'd';
		squeezes |= a.options[i].id == 's';
		truncate |= a.options[i].id == 't';
	}
	two = a.n_operands == 2;
	if (a.n_operands < 1 || a.n_operands > 2 || (deletes && two != squeezes) ||
	    (!deletes && !two && !squeezes))
		return shell_fail(c, 1, "missing or extra operand");
	if (!parse_set(a.operands[0], first, false))
		return shell_refuse(c, err, "%s", wrong);
	if (two && !parse_set(a.operands[1], second, true))
		return shell_refuse(c, err, "%s", wrong);
	/* Classes beside cases can't be mapped, and cases only to each other: GNU's rules. */
	if (two && !deletes &&
	    (second->has_class || (second->cases != 0 && (first->cases != second->cases || not )) ||
	     (not &&second->n > 1 && second->n < 256)))
		return shell_refuse(c, err, "%s", wrong);
	if (not )
		complement(first);
	if (!prepare(&t, first, two ? second : NULL, deletes, squeezes, truncate))
		return shell_refuse(c, err, "%s", wrong);
	return apply(c, &t, err);
}

/* cut, paste, fold: columns of lines. */
#include "shell/text_tool.h"

#include <stdlib.h>

struct cut_range {
	uint64_t low, high; /* from 1, both included */
};

struct cut {
	struct cut_range *ranges;
	size_t n;
	bool fields, only_delimited, complement;
	char delimiter, end;
	struct str joiner; /* ptr NULL: none was given */
};

static const struct shell_option cut_options[] = {
	{ 'b', "bytes", OPTION_VALUE, 'b' },
	{ 'c', "characters", OPTION_VALUE, 'b' },
	{ 'f', "fields", OPTION_VALUE, 'f' },
	{ 'd', "delimiter", OPTION_VALUE, 'd' },
	{ 's', "only-delimited", OPTION_NO_VALUE, 's' },
	{ 'n', NULL, OPTION_NO_VALUE, 'n' },
	{ 'z', "zero-terminated", OPTION_NO_VALUE, 'z' },
	{ 0, "complement", OPTION_NO_VALUE, 'C' },
	{ 0, "output-delimiter", OPTION_VALUE, 'o' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

static bool parse_range(struct str s, struct cut_range *ret)
{
	size_t dash = str_find_char(s, '-');
	struct str low = { s.ptr, dash };

	*ret = (struct cut_range){ 1, UINT64_MAX };
	if (low.len > 0 && !str_parse_u64(low, &ret->low))
		return false;
	if (dash == s.len)
		ret->high = ret->low;
	else if (dash + 1 < s.len &&
		 !str_parse_u64((struct str){ s.ptr + dash + 1, s.len - dash - 1 }, &ret->high))
		return false;
	/* Neither "" nor "-" alone. */
	return s.len > (dash == 0) && ret->low > 0 && ret->low <= ret->high;
}

static int by_low(const void *a, const void *b)
{
	const struct cut_range *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return x->high < y->high ? -1 : x->high > y->high;
}

static bool parse_list(struct arena *arena, struct str list, struct cut *cut)
{
	size_t n = 0;
	char *text = arena_strdup(arena, list);
	struct str rest = { text, list.len }, piece;

	for (size_t i = 0; i < list.len; i++) {
		if (text[i] == ' ' || text[i] == '\t')
			text[i] = ',';
	}
	cut->ranges = arena_array(arena, list.len + 1, sizeof(*cut->ranges));
	while (str_split(&rest, ',', &piece)) {
		if (!parse_range(piece, &cut->ranges[n++]))
			return false;
	}
	qsort(cut->ranges, n, sizeof(*cut->ranges), by_low);
	for (size_t i = 0; i < n; i++) {
		struct cut_range *last = cut->n ? &cut->ranges[cut->n - 1] : NULL;

		if (last && cut->ranges[i].low <= last->high) {
			if (cut->ranges[i].high > last->high)
				last->high = cut->ranges[i].high;
		} else {
			cut->ranges[cut->n++] = cut->ranges[i];
		}
	}
	return cut->n > 0;
}

/* *ret_begins: the first of a range. */
static bool is_wanted(const struct cut *cut, uint64_t k, bool *ret_begins)
{
	bool inside = false;

	*ret_begins = false;
	for (size_t i = 0; i < cut->n && !inside; i++) {
		inside = k >= cut->ranges[i].low && k <= cut->ranges[i].high;
		*ret_begins = inside ? k == cut->ranges[i].low : *ret_begins;
		if (cut->complement && k > 1 && k - 1 == cut->ranges[i].high)
			*ret_begins = true;
	}
	if (cut->complement && k == 1)
		*ret_begins = true;
	return inside != cut->complement;
}

static int cut_bytes(struct shell_call *c, const struct cut *cut, struct str line,
		     struct error *err)
{
	bool any = false, begins = false;

	for (size_t i = 0; i < line.len; i++) {
		if (!is_wanted(cut, i + 1, &begins))
			continue;
		if (any && begins && cut->joiner.ptr && text_put(c, cut->joiner, err) < 0)
			return -1;
		if (text_put(c, (struct str){ line.ptr + i, 1 }, err) < 0)
			return -1;
		any = true;
	}
	return text_put(c, (struct str){ &cut->end, 1 }, err);
}

static int cut_fields(struct shell_call *c, const struct cut *cut, struct str line,
		      struct error *err)
{
	struct str rest = line, field;
	uint64_t k = 0;
	bool any = false, begins = false;

	if (!text_has_char(line, cut->delimiter))
		return cut->only_delimited ? 0 : text_put_line(c, line, cut->end, err);
	while (str_split(&rest, cut->delimiter, &field)) {
		if (!is_wanted(cut, ++k, &begins))
			continue;
		if (any && text_put(c, cut->joiner, err) < 0)
			return -1;
		if (text_put(c, field, err) < 0)
			return -1;
		any = true;
	}
	return text_put(c, (struct str){ &cut->end, 1 }, err);
}

/* Return 0, 1 with *ret_status, -1. */
static int read_cut(struct shell_call *c, struct shell_arguments *a, struct cut *cut,
		    int *ret_status, struct error *err)
{
	int found = shell_options(c, cut_options, false, a, ret_status, err);
	const char *wrong = NULL;

	*cut = (struct cut){ .delimiter = '\t', .end = '\n' };
	for (size_t i = 0; !found && !wrong && i < a->n_options; i++) {
		const struct shell_taken *o = &a->options[i];

		if (o->id == 'b' || o->id == 'f') {
			cut->fields = o->id == 'f';
			if (cut->n > 0 || !parse_list(c->world->arena, o->value, cut))
				wrong = "this list of fields";
		} else if (o->id == 'd') {
			if (o->value.len != 1 || o->value.ptr[0] == '\n')
				wrong = "this delimiter";
			else
				cut->delimiter = o->value.ptr[0];
		} else if (o->id == 'o') {
			cut->joiner = o->value;
		}
		cut->only_delimited |= o->id == 's';
		cut->complement |= o->id == 'C';
		if (o->id == 'z')
			cut->end = '\0';
	}
	if (!found && !wrong && cut->n == 0)
		wrong = "no list of fields";
	if (wrong) {
		*ret_status = shell_refuse(c, err, "%s", wrong);
		return *ret_status < 0 ? -1 : 1;
	}
	if (cut->fields && !cut->joiner.ptr)
		cut->joiner = (struct str){ &cut->delimiter, 1 };
	return found;
}

int run_cut(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct cut cut;
	int status = 0, found = read_cut(c, &a, &cut, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < (a.n_operands ? a.n_operands : 1); i++) {
		struct str rest, line;
		bool ended = false;

		found = text_read(c, a.n_operands ? a.operands[i] : STR("-"), false, &rest, err);
		if (found < 0)
			return -1;
		status |= found;
		while (text_line(&rest, cut.end, &line, &ended)) {
			found = cut.fields ? cut_fields(c, &cut, line, err)
					   : cut_bytes(c, &cut, line, err);
			if (found < 0)
				return -1;
		}
	}
	return status;
}

/* ---- paste ---- */

static const struct shell_option paste_options[] = {
	{ 's', "serial", OPTION_NO_VALUE, 's' },
	{ 'd', "delimiters", OPTION_VALUE, 'd' },
	{ 'z', "zero-terminated", OPTION_NO_VALUE, 'z' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

struct paste {
	int delimiters[64]; /* -1: an empty one */
	size_t n;
	char end;
};

static bool parse_delimiters(struct str s, struct paste *p)
{
	p->n = 0;
	for (size_t i = 0; i < s.len; i++) {
		static const char from[] = "ntbrfv0\\", to[] = "\n\t\b\r\f\v\0\\";
		size_t k = 0;

		if (p->n == sizeof(p->delimiters) / sizeof(p->delimiters[0]))
			return false;
		p->delimiters[p->n] = (unsigned char)s.ptr[i];
		if (s.ptr[i] == '\\') {
			if (++i == s.len)
				return false;
			k = str_find_char(str_of(from), s.ptr[i]);
			if (k == sizeof(from) - 1)
				return false;
			p->delimiters[p->n] = s.ptr[i] == '0' ? -1 : (unsigned char)to[k];
		}
		p->n++;
	}
	if (p->n == 0)
		p->delimiters[p->n++] = -1;
	return true;
}

static int put_delimiter(struct shell_call *c, const struct paste *p, size_t k, struct error *err)
{
	char d = (char)p->delimiters[k % p->n];

	return p->delimiters[k % p->n] < 0 ? 0 : text_put(c, (struct str){ &d, 1 }, err);
}

static int paste_serial(struct shell_call *c, const struct paste *p, struct str text,
			struct error *err)
{
	struct str rest = text, line;
	bool ended = false;

	for (size_t k = 0; text_line(&rest, p->end, &line, &ended); k++) {
		if (k > 0 && put_delimiter(c, p, k - 1, err) < 0)
			return -1;
		if (text_put(c, line, err) < 0)
			return -1;
	}
	return text_put(c, (struct str){ &p->end, 1 }, err);
}

/* "-" may stand several times: they take lines in turn. */
static int paste_parallel(struct shell_call *c, const struct paste *p, struct str **texts, size_t n,
			  struct error *err)
{
	for (;;) {
		bool any = false, ended = false;

		for (size_t i = 0; i < n; i++)
			any |= texts[i]->len > 0;
		if (!any)
			return 0;
		for (size_t i = 0; i < n; i++) {
			struct str line = { NULL, 0 };

			if (text_line(texts[i], p->end, &line, &ended) &&
			    text_put(c, line, err) < 0)
				return -1;
			if (i + 1 < n && put_delimiter(c, p, i, err) < 0)
				return -1;
		}
		if (text_put(c, (struct str){ &p->end, 1 }, err) < 0)
			return -1;
	}
}

int run_paste(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct paste p = { .delimiters = { '\t' }, .n = 1, .end = '\n' };
	struct str **texts = NULL, *held = NULL, *input = NULL;
	bool serial = false;
	int status = 0, found = shell_options(c, paste_options, false, &a, &status, err);
	size_t n = 0;

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		serial |= a.options[i].id == 's';
		if (a.options[i].id == 'z')
			p.end = '\0';
		if (a.options[i].id == 'd' && !parse_delimiters(a.options[i].value, &p))
			return shell_refuse(c, err, "these delimiters");
	}
	n = a.n_operands ? a.n_operands : 1;
	texts = arena_array(c->world->arena, n, sizeof(struct str *));
	held = arena_array(c->world->arena, n, sizeof(*held));
	for (size_t i = 0; i < n; i++) {
		struct str name = a.n_operands ? a.operands[i] : STR("-");

		texts[i] = &held[i];
		if (str_equal(name, STR("-")) && input && !serial) {
			texts[i] = input;
			continue;
		}
		found = text_read(c, name, false, texts[i], err);
		if (found)
			return found < 0 ? -1 : shell_refuse(c, err, "a file that can't be read");
		if (str_equal(name, STR("-")))
			input = texts[i];
		if (serial && paste_serial(c, &p, *texts[i], err) < 0)
			return -1;
	}
	return serial ? 0 : paste_parallel(c, &p, texts, n, err);
}

/* ---- fold ---- */

static const struct shell_option fold_options[] = {
	{ 'w', "width", OPTION_VALUE, 'w' },
	{ 's', "spaces", OPTION_NO_VALUE, 's' },
	{ 'b', "bytes", OPTION_NO_VALUE, 'b' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

struct fold {
	uint64_t width;
	bool spaces, bytes;
};

static uint64_t column_after(const struct fold *f, uint64_t column, char b)
{
	if (f->bytes)
		return column + 1;
	if (b == '\b')
		return column > 0 ? column - 1 : 0;
	if (b == '\r')
		return 0;
	return b == '\t' ? column + 8 - column % 8 : column + 1;
}

static uint64_t width_of(const struct fold *f, struct str s)
{
	uint64_t column = 0;

	for (size_t i = 0; i < s.len; i++)
		column = column_after(f, column, s.ptr[i]);
	return column;
}

static int fold_line(struct shell_call *c, const struct fold *f, struct str line, struct error *err)
{
	size_t from = 0;
	uint64_t column = 0;

	for (size_t i = 0; i < line.len; i++) {
		size_t cut = i;

		column = column_after(f, column, line.ptr[i]);
		if (column <= f->width || i == from)
			continue;
		for (size_t k = i; f->spaces && k > from; k--) {
			if (line.ptr[k - 1] == ' ' || line.ptr[k - 1] == '\t') {
				cut = k;
				break;
			}
		}
		if (text_put_line(c, (struct str){ line.ptr + from, cut - from }, '\n', err) < 0)
			return -1;
		from = cut;
		column = width_of(f, (struct str){ line.ptr + from, i + 1 - from });
	}
	return text_put(c, (struct str){ line.ptr + from, line.len - from }, err);
}

int run_fold(struct shell_call *c, struct error *err)
{
	struct arena arena CLEANUP_ARENA = ARENA_INIT;
	struct shell_arguments a;
	struct fold f = { .width = 80 };
	struct str text, line, rest;
	bool failed = false, ended = false;
	int status = 0, found = shell_options(c, fold_options, false, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		f.spaces |= a.options[i].id == 's';
		f.bytes |= a.options[i].id == 'b';
		if (a.options[i].id == 'w' &&
		    (!str_parse_u64(a.options[i].value, &f.width) || f.width == 0))
			return shell_refuse(c, err, "this width");
	}
	if (text_read_all(c, &a, &arena, &text, &failed, err) < 0)
		return -1;
	rest = text;
	while (text_line(&rest, '\n', &line, &ended)) {
		if (fold_line(c, &f, line, err) < 0 || (ended && text_put(c, STR("\n"), err) < 0))
			return -1;
	}
	return failed;
}

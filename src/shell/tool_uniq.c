/* uniq, comm, join: lines compared with their neighbours, or with those of another file. */
#include "shell/charclass.h"
#include "shell/text_tool.h"

struct uniq {
	bool count, repeated, unique, icase;
	uint64_t skip_fields, skip_bytes, width;
	char end;
};

static const struct shell_option uniq_options[] = {
	{ 'c', "count", OPTION_NO_VALUE, 'c' },	   { 'd', "repeated", OPTION_NO_VALUE, 'd' },
	{ 'u', "unique", OPTION_NO_VALUE, 'u' },   { 'i', "ignore-case", OPTION_NO_VALUE, 'i' },
	{ 'f', "skip-fields", OPTION_VALUE, 'f' }, { 's', "skip-chars", OPTION_VALUE, 's' },
	{ 'w', "check-chars", OPTION_VALUE, 'w' }, { 'z', "zero-terminated", OPTION_NO_VALUE, 'z' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

static struct str uniq_key(const struct uniq *u, struct str line)
{
	size_t i = 0;

	for (uint64_t f = 0; f < u->skip_fields && i < line.len; f++) {
		while (i < line.len && charclass_has(CHARCLASS_BLANK, (unsigned char)line.ptr[i]))
			i++;
		while (i < line.len && !charclass_has(CHARCLASS_BLANK, (unsigned char)line.ptr[i]))
			i++;
	}
	i = u->skip_bytes < line.len - i ? i + (size_t)u->skip_bytes : line.len;
	line = (struct str){ line.ptr + i, line.len - i };
	if (line.len > u->width)
		line.len = (size_t)u->width;
	return line;
}

static bool uniq_equal(const struct uniq *u, struct str a, struct str b)
{
	a = uniq_key(u, a);
	b = uniq_key(u, b);
	if (!u->icase)
		return str_equal(a, b);
	for (size_t i = 0; a.len == b.len && i < a.len; i++) {
		if (ascii_lower((unsigned char)a.ptr[i]) != ascii_lower((unsigned char)b.ptr[i]))
			return false;
	}
	return a.len == b.len;
}

static bool uniq_number(const struct shell_taken *o, struct uniq *u)
{
	uint64_t *to = o->id == 'f' ? &u->skip_fields : o->id == 's' ? &u->skip_bytes : &u->width;

	return str_parse_u64(o->value, to);
}

static int put_uniq(struct buf *out, const struct uniq *u, struct str line, uint64_t n,
		    struct error *err)
{
	if ((u->repeated && n == 1) || (u->unique && n > 1))
		return 0;
	if (out->max - out->len < 32)
		return err_set(err, ERR_LIMIT, "too long an output");
	if (u->count)
		buf_printf(out, "%7llu ", (unsigned long long)n);
	if (text_add(out, line, err) < 0)
		return -1;
	return text_add(out, (struct str){ &u->end, 1 }, err);
}

static int uniq_text(struct buf *out, const struct uniq *u, struct str text, struct error *err)
{
	struct str rest = text, line, kept = { NULL, 0 };
	uint64_t n = 0;
	bool ended = false;

	while (text_line(&rest, u->end, &line, &ended)) {
		if (n > 0 && uniq_equal(u, kept, line)) {
			n++;
			continue;
		}
		if (n > 0 && put_uniq(out, u, kept, n, err) < 0)
			return -1;
		kept = line;
		n = 1;
	}
	return n > 0 ? put_uniq(out, u, kept, n, err) : 0;
}

int run_uniq(struct shell_call *c, struct error *err)
{
	struct buf out CLEANUP_BUF = BUF_INIT(LIMIT_SHELL_OUTPUT);
	struct shell_arguments a;
	struct uniq u = { .width = UINT64_MAX, .end = '\n' };
	struct str text;
	int status = 0, found = shell_options(c, uniq_options, false, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		u.count |= a.options[i].id == 'c';
		u.repeated |= a.options[i].id == 'd';
		u.unique |= a.options[i].id == 'u';
		u.icase |= a.options[i].id == 'i';
		if (a.options[i].id == 'z')
			u.end = '\0';
		if (a.options[i].value.ptr && !uniq_number(&a.options[i], &u))
			return shell_refuse(c, err, "this number");
	}
	if (a.n_operands > 2)
		return shell_fail(c, 1, "extra operand");
	found = text_read(c, a.n_operands ? a.operands[0] : STR("-"), false, &text, err);
	if (found)
		return found;
	if (!text_is_ascii(text) && (u.icase || u.skip_fields || u.width != UINT64_MAX))
		return shell_refuse(c, err, "characters beyond ASCII");
	if (uniq_text(&out, &u, text, err) < 0)
		return -1;
	if (a.n_operands == 2 && !str_equal(a.operands[1], STR("-")))
		return text_write(c, a.operands[1], buf_str(&out), false, err);
	return text_put(c, buf_str(&out), err);
}

/* ---- comm ---- */

static const struct shell_option comm_options[] = {
	{ '1', NULL, OPTION_NO_VALUE, '1' },
	{ '2', NULL, OPTION_NO_VALUE, '2' },
	{ '3', NULL, OPTION_NO_VALUE, '3' },
	{ 'z', "zero-terminated", OPTION_NO_VALUE, 'z' },
	{ 0, "nocheck-order", OPTION_NO_VALUE, 'n' },
	{ 0, "output-delimiter", OPTION_VALUE, 'o' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

static bool is_sorted(const struct str *lines, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (str_compare(lines[i - 1], lines[i]) > 0)
			return false;
	}
	return true;
}

/* Two files' lines. 0; 1: one can't be read; -1. */
static int read_pair(struct shell_call *c, const struct shell_arguments *a, char end,
		     struct str *lines[2], size_t n[2], struct error *err)
{
	for (int k = 0; k < 2; k++) {
		struct str text;
		int found = text_read(c, a->operands[k], false, &text, err);

		if (found)
			return found;
		n[k] = text_lines(c->world->arena, text, end, &lines[k]);
	}
	return 0;
}

int run_comm(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct str *lines[2], joiner = STR("\t");
	size_t n[2], at[2] = { 0, 0 };
	bool hidden[3] = { false }, check = true;
	char end = '\n';
	int status = 0, found = shell_options(c, comm_options, false, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		if (a.options[i].id <= '3')
			hidden[a.options[i].id - '1'] = true;
		check &= a.options[i].id != 'n';
		if (a.options[i].id == 'z')
			end = '\0';
		if (a.options[i].id == 'o')
			joiner = a.options[i].value;
	}
	if (a.n_operands != 2)
		return shell_fail(c, 1, "two files are needed");
	found = read_pair(c, &a, end, lines, n, err);
	if (found)
		return found;
	if (check && (!is_sorted(lines[0], n[0]) || !is_sorted(lines[1], n[1])))
		return shell_refuse(c, err, "files that are not sorted");
	while (at[0] < n[0] || at[1] < n[1]) {
		int order = at[0] == n[0]   ? 1
			    : at[1] == n[1] ? -1
					    : str_compare(lines[0][at[0]], lines[1][at[1]]);
		int column = order < 0 ? 0 : order > 0 ? 1 : 2;
		struct str line = order > 0 ? lines[1][at[1]] : lines[0][at[0]];

		at[0] += order <= 0;
		at[1] += order >= 0;
		if (hidden[column])
			continue;
		for (int k = 0; k < column; k++) {
			if (!hidden[k] && text_put(c, joiner, err) < 0)
				return -1;
		}
		if (text_put_line(c, line, end, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- join: first fields, unless told otherwise; pairs and unpaired lines ---- */

static const struct shell_option join_options[] = {
	{ 't', NULL, OPTION_VALUE, 't' }, { '1', NULL, OPTION_VALUE, '1' },
	{ '2', NULL, OPTION_VALUE, '2' }, { 'j', NULL, OPTION_VALUE, 'j' },
	{ 'a', NULL, OPTION_VALUE, 'a' }, { 'v', NULL, OPTION_VALUE, 'v' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

struct join {
	int separator; /* -1: blanks */
	uint64_t field[2];
	bool unpaired[2], pairs;
};

/* The next field of *rest. False: none is left (with blanks: none begins). */
static bool next_field(const struct join *j, struct str *rest, struct str *ret)
{
	size_t i = 0, from = 0;

	if (j->separator >= 0)
		return str_split(rest, (char)j->separator, ret);
	while (i < rest->len && charclass_has(CHARCLASS_BLANK, (unsigned char)rest->ptr[i]))
		i++;
	from = i;
	while (i < rest->len && !charclass_has(CHARCLASS_BLANK, (unsigned char)rest->ptr[i]))
		i++;
	*ret = (struct str){ rest->ptr + from, i - from };
	*rest = (struct str){ rest->ptr + i, rest->len - i };
	return i > from;
}

static struct str join_key(const struct join *j, int file, struct str line)
{
	struct str field = { NULL, 0 };

	for (uint64_t k = 0; k < j->field[file]; k++) {
		if (!next_field(j, &line, &field))
			return (struct str){ NULL, 0 };
	}
	return field;
}

static int put_fields(struct shell_call *c, const struct join *j, int file, struct str line,
		      struct error *err)
{
	struct str field;
	char separator = j->separator >= 0 ? (char)j->separator : ' ';

	for (uint64_t k = 1; next_field(j, &line, &field); k++) {
		if (k != j->field[file] && (text_put(c, (struct str){ &separator, 1 }, err) < 0 ||
					    text_put(c, field, err) < 0))
			return -1;
	}
	return 0;
}

static int put_joined(struct shell_call *c, const struct join *j, const struct str *a,
		      const struct str *b, struct error *err)
{
	struct str key = a ? join_key(j, 0, *a) : join_key(j, 1, *b);

	if (text_put(c, key, err) < 0 || (a && put_fields(c, j, 0, *a, err) < 0) ||
	    (b && put_fields(c, j, 1, *b, err) < 0))
		return -1;
	return text_put(c, STR("\n"), err);
}

static bool keys_sorted(const struct join *j, int file, const struct str *lines, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (str_compare(join_key(j, file, lines[i - 1]), join_key(j, file, lines[i])) > 0)
			return false;
	}
	return true;
}

static int join_lines(struct shell_call *c, const struct join *j, struct str *lines[2],
		      const size_t n[2], struct error *err)
{
	size_t at[2] = { 0, 0 };

	while (at[0] < n[0] || at[1] < n[1]) {
		int order = at[0] == n[0]   ? 1
			    : at[1] == n[1] ? -1
					    : str_compare(join_key(j, 0, lines[0][at[0]]),
							  join_key(j, 1, lines[1][at[1]]));
		struct str key = join_key(j, order > 0, lines[order > 0][at[order > 0]]);
		size_t to[2] = { at[0], at[1] };

		for (int k = 0; k < 2; k++) {
			while (to[k] < n[k] && order * (k ? -1 : 1) <= 0 &&
			       str_equal(join_key(j, k, lines[k][to[k]]), key))
				to[k]++;
		}
		for (size_t x = at[0]; x < to[0]; x++) {
			for (size_t y = at[1]; y < to[1]; y++) {
				if (j->pairs &&
				    put_joined(c, j, &lines[0][x], &lines[1][y], err) < 0)
					return -1;
			}
			if (order < 0 && j->unpaired[0] &&
			    put_joined(c, j, &lines[0][x], NULL, err) < 0)
				return -1;
		}
		for (size_t y = at[1]; order > 0 && j->unpaired[1] && y < to[1]; y++) {
			if (put_joined(c, j, NULL, &lines[1][y], err) < 0)
				return -1;
		}
		at[0] = to[0];
		at[1] = to[1];
	}
	return 0;
}

int run_join(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct join j = { .separator = -1, .field = { 1, 1 }, .pairs = true };
	struct str *lines[2];
	size_t n[2];
	int status = 0, found = shell_options(c, join_options, false, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		struct str value = a.options[i].value;
		uint64_t number = 0;

		if (a.options[i].id == 't') {
			if (value.len != 1 || value.ptr[0] == '\n')
				return shell_refuse(c, err, "this separator");
			j.separator = (unsigned char)value.ptr[0];
			continue;
		}
		if (!str_parse_u64(value, &number) || number == 0)
			return shell_refuse(c, err, "this number");
		if (a.options[i].id != '2' && a.options[i].id <= 'j' && a.options[i].id != 'a')
			j.field[0] = number;
		if (a.options[i].id != '1' && a.options[i].id <= 'j' && a.options[i].id != 'a')
			j.field[1] = number;
		if (a.options[i].id == 'a' || a.options[i].id == 'v') {
			if (number > 2)
				return shell_fail(c, 1, "invalid file number");
			j.unpaired[number - 1] = true;
			j.pairs &= a.options[i].id == 'a';
		}
	}
	if (a.n_operands != 2)
		return shell_fail(c, 1, "two files are needed");
	found = read_pair(c, &a, '\n', lines, n, err);
	if (found)
		return found;
	if (!keys_sorted(&j, 0, lines[0], n[0]) || !keys_sorted(&j, 1, lines[1], n[1]))
		return shell_refuse(c, err, "files that are not sorted");
	return join_lines(c, &j, lines, n, err);
}

/* Records, fields, files of awk. */
#include "shell/awk.h"
#include "shell/charclass.h"

#define FIELDS_MAX (sizeof(((struct awk *)NULL)->fields) / sizeof(struct awk_value))

struct str awk_special_text(struct awk *w, enum awk_special v)
{
	return awk_to_string(w, &w->globals[v].value);
}

void awk_set_special(struct awk *w, enum awk_special v, struct awk_value value)
{
	w->globals[v].kind = CELL_SCALAR;
	w->globals[v].value = value;
}

static void set_count(struct awk *w, unsigned n)
{
	w->n_fields = n;
	awk_set_special(w, V_NF, awk_number(n));
}

void awk_set_record(struct awk *w, struct str record)
{
	w->record = record;
	w->split = false;
	w->rebuilt = true;
}

static unsigned split_blanks(struct awk *w, struct str text,
			     void add(struct awk *w, void *context, struct str piece),
			     void *context)
{
	unsigned n = 0;

	for (size_t i = 0; i < text.len;) {
		size_t from = 0;

		while (i < text.len &&
		       (text.ptr[i] == ' ' || text.ptr[i] == '\t' || text.ptr[i] == '\n'))
			i++;
		from = i;
		while (i < text.len && text.ptr[i] != ' ' && text.ptr[i] != '\t' &&
		       text.ptr[i] != '\n')
			i++;
		if (i > from) {
			add(w, context, (struct str){ text.ptr + from, i - from });
			n++;
		}
	}
	return n;
}

static unsigned split_regex(struct awk *w, struct str text, struct regex *re,
			    void add(struct awk *w, void *context, struct str piece), void *context)
{
	size_t from = 0, at = 0;
	unsigned n = 1;

	while (at <= text.len) {
		struct regex_span span;

		if (!awk_search(w, re, text, at, &span))
			break;
		at = span.to;
		if (span.to == span.from) {
			at++;
			continue;
		}
		add(w, context, (struct str){ text.ptr + from, span.from - from });
		n++;
		from = span.to;
	}
	add(w, context, (struct str){ text.ptr + from, text.len - from });
	return n;
}

unsigned awk_split(struct awk *w, struct str text, struct str separator,
		   void add(struct awk *w, void *context, struct str piece), void *context)
{
	struct str piece;
	unsigned n = 0;

	if (text.len == 0)
		return 0;
	if (str_equal(separator, STR(" ")))
		return split_blanks(w, text, add, context);
	if (separator.len == 0 || str_equal(separator, STR("\\")))
		awk_refuse(w, "this separator of fields");
	if (separator.len > 1)
		return split_regex(w, text, awk_regex(w, separator), add, context);
	while (str_split(&text, separator.ptr[0], &piece)) {
		add(w, context, piece);
		n++;
	}
	return n;
}

static void add_field(struct awk *w, void *context, struct str piece)
{
	unsigned *n = context;

	if (*n + 1 >= FIELDS_MAX)
		awk_refuse(w, "too many fields");
	w->fields[++*n] = awk_input(piece);
}

static void split_record(struct awk *w)
{
	unsigned n = 0;
	bool paragraphs = awk_special_text(w, V_RS).len == 0;

	if (w->split)
		return;
	w->split = true;
	if (paragraphs && !str_equal(awk_special_text(w, V_FS), STR(" ")) &&
	    text_has_char(w->record, '\n'))
		awk_refuse(w, "FS with paragraphs");
	(void)awk_split(w, w->record, awk_special_text(w, V_FS), add_field, &n);
	set_count(w, n);
}

static void rebuild(struct awk *w)
{
	struct str between = awk_special_text(w, V_OFS), record = STR("");

	for (unsigned i = 1; i <= w->n_fields; i++) {
		if (i > 1)
			record = awk_concat(w, record, between);
		record = awk_concat(w, record, awk_to_string(w, &w->fields[i]));
	}
	w->record = record;
	w->rebuilt = true;
}

static unsigned field_number(struct awk *w, double n)
{
	if (n < 0 || n >= (double)FIELDS_MAX)
		awk_refuse(w, "the number of a field");
	return (unsigned)n;
}

struct awk_value awk_field(struct awk *w, double number)
{
	unsigned n = field_number(w, number);

	if (n == 0) {
		if (!w->rebuilt)
			rebuild(w);
		return awk_input(w->record);
	}
	split_record(w);
	if (n > w->n_fields)
		return (struct awk_value){ .text = STR(""), .flags = 0 };
	return w->fields[n];
}

void awk_set_field(struct awk *w, double number, struct awk_value v)
{
	unsigned n = field_number(w, number);

	if (n == 0) {
		awk_set_record(w, awk_to_string(w, &v));
		return;
	}
	split_record(w);
	while (w->n_fields < n)
		w->fields[++w->n_fields] = awk_input(STR(""));
	set_count(w, w->n_fields);
	w->fields[n] = v;
	w->rebuilt = false;
}

unsigned awk_field_count(struct awk *w)
{
	split_record(w);
	return w->n_fields;
}

void awk_set_field_count(struct awk *w, double number)
{
	unsigned n = field_number(w, number);

	split_record(w);
	while (w->n_fields < n)
		w->fields[++w->n_fields] = awk_input(STR(""));
	set_count(w, n);
	w->rebuilt = false;
}

/* ---- input ---- */

static bool next_paragraph(struct str *rest, struct str *ret)
{
	size_t i = 0, n = 0;

	while (i < rest->len && rest->ptr[i] == '\n')
		i++;
	*rest = (struct str){ rest->ptr + i, rest->len - i };
	if (rest->len == 0)
		return false;
	while (n < rest->len &&
	       !(rest->ptr[n] == '\n' && n + 1 < rest->len && rest->ptr[n + 1] == '\n'))
		n++;
	*ret = (struct str){ rest->ptr, n };
	*rest = (struct str){ rest->ptr + n, rest->len - n };
	if (ret->len > 0 && ret->ptr[ret->len - 1] == '\n')
		ret->len--;
	return true;
}

bool awk_next_record(struct awk *w, struct str *rest, struct str *ret)
{
	struct str separator = awk_special_text(w, V_RS);
	bool ended = false;

	if (separator.len > 1)
		awk_refuse(w, "a separator of records with several characters");
	if (separator.len == 0)
		return next_paragraph(rest, ret);
	return text_line(rest, separator.ptr[0], ret, &ended);
}

/* "NAME=VALUE" among the operands. */
static bool is_assignment(struct awk *w, struct str operand)
{
	size_t n = str_find_char(operand, '=');
	struct awk_cell *cell = NULL;
	struct str value;

	if (n == operand.len || n == 0 ||
	    charclass_has(CHARCLASS_DIGIT, (unsigned char)operand.ptr[0]))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!charclass_has(CHARCLASS_WORD, (unsigned char)operand.ptr[i]))
			return false;
	}
	value = (struct str){ operand.ptr + n + 1, operand.len - n - 1 };
	cell = &w->globals[awk_global(w, (struct str){ operand.ptr, n })];
	cell->kind = CELL_SCALAR;
	cell->value = awk_input(awk_unescape(w, value));
	return true;
}

/* Opens the next file among the operands, or standard input if there is none. */
static bool open_next(struct awk *w)
{
	for (;;) {
		double n = awk_to_number(w, &w->globals[V_ARGC].value);
		struct awk_cell *cell = NULL;
		struct str name;
		int found = 0;

		if (w->next_file >= n) {
			if (w->any_file || w->used_stdin)
				return false;
			w->used_stdin = true;
			w->input = shell_input_all(w->c->in);
			w->has_input = true;
			return true;
		}
		cell = awk_element(w, w->globals[V_ARGV].array,
				   str_of(arena_printf(&w->arena, "%u", w->next_file++)), false);
		name = cell ? awk_to_string(w, &cell->value) : STR("");
		if (name.len == 0 || is_assignment(w, name))
			continue;
		w->any_file = true;
		found = text_read(w->c, name, false, &w->input, w->err);
		if (found < 0)
			awk_fail(w);
		/* mawk ends at a file that it can't open; gawk goes on: both leave with 2. */
		if (found > 0)
			awk_refuse(w, "a file that can't be read");
		awk_set_special(w, V_FILENAME, awk_string(name));
		awk_set_special(w, V_FNR, awk_number(0));
		w->has_input = true;
		return true;
	}
}

bool awk_read_main(struct awk *w, struct str *ret)
{
	for (;;) {
		if (w->has_input && awk_next_record(w, &w->input, ret))
			break;
		w->has_input = false;
		if (!open_next(w))
			return false;
	}
	awk_set_special(w, V_NR, awk_number(awk_to_number(w, &w->globals[V_NR].value) + 1));
	awk_set_special(w, V_FNR, awk_number(awk_to_number(w, &w->globals[V_FNR].value) + 1));
	return true;
}

/* ---- other files ---- */

struct awk_stream *awk_stream(struct awk *w, struct str name, bool output, bool append, int *ret)
{
	struct awk_stream *s = NULL;

	*ret = 0;
	for (unsigned i = 0; i < w->n_streams; i++) {
		if (str_equal(w->streams[i].name, name)) {
			if (w->streams[i].output != output)
				awk_refuse(w, "a file that is read and written");
			return &w->streams[i];
		}
	}
	/* The last one is scratch space of sub(). */
	if (w->n_streams + 1 == sizeof(w->streams) / sizeof(w->streams[0]))
		awk_refuse(w, "too many files");
	s = &w->streams[w->n_streams];
	*s = (struct awk_stream){ .name = arena_str(&w->arena, name),
				  .output = output,
				  .out = BUF_INIT(LIMIT_SHELL_OUTPUT) };
	if (!output)
		*ret = text_read(w->c, name, true, &s->input, w->err);
	else if (str_equal(name, STR("/dev/stdout")) || str_equal(name, STR("-")) ||
		 str_equal(name, STR("/dev/stderr")))
		*ret = 0;
	else
		*ret = world_write(w->c->shell, name, STR(""), append, w->err);
	if (*ret < 0)
		awk_fail(w);
	w->n_streams += *ret == 0;
	return s;
}

void awk_put(struct awk *w, struct awk_stream *s, struct str text)
{
	struct buf *to = w->c->out;

	if (s && str_equal(s->name, STR("/dev/stderr")))
		to = w->c->err;
	else if (s && !str_equal(s->name, STR("/dev/stdout")) && !str_equal(s->name, STR("-")))
		to = &s->out;
	if (text_add(to, text, w->err) < 0)
		awk_fail(w);
}

void awk_close_all(struct awk *w)
{
	for (unsigned i = 0; i < w->n_streams; i++) {
		struct awk_stream *s = &w->streams[i];
		int found = 0;

		if (s->output && s->out.len > 0)
			found = world_write(w->c->shell, s->name, buf_str(&s->out), true, w->err);
		if (found < 0)
			awk_fail(w);
		if (found > 0)
			awk_refuse(w, "a file that can't be written");
		buf_reset(&s->out);
	}
}

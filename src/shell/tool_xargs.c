#include "shell/evaluate.h"
#include "shell/file_tool.h"
#include "shell/tool_files.h"

#define WORDS_MAX 5000	  /* of one command, if -n doesn't say another number */
#define BYTES_MAX 131072u /* of its words, as xargs has it: 128 KiB */

enum {
	XARGS_NULL = 1,
	XARGS_FILE,
	XARGS_DELIMITER,
	XARGS_REPLACE,
	XARGS_LINES,
	XARGS_WORDS,
	XARGS_NO_EMPTY,
	XARGS_TRACE,
	XARGS_JOBS,
	XARGS_EXIT,
	XARGS_CHARS,
	XARGS_LIMITS
};

static const struct shell_option xargs_options[] = {
	{ '0', "null", OPTION_NO_VALUE, XARGS_NULL },
	{ 'a', "arg-file", OPTION_VALUE, XARGS_FILE },
	{ 'd', "delimiter", OPTION_VALUE, XARGS_DELIMITER },
	{ 'I', NULL, OPTION_VALUE, XARGS_REPLACE },
	{ 'L', "max-lines", OPTION_VALUE, XARGS_LINES },
	{ 'n', "max-args", OPTION_VALUE, XARGS_WORDS },
	{ 'r', "no-run-if-empty", OPTION_NO_VALUE, XARGS_NO_EMPTY },
	{ 't', "verbose", OPTION_NO_VALUE, XARGS_TRACE },
	{ 'P', "max-procs", OPTION_VALUE, XARGS_JOBS },
	{ 'x', "exit", OPTION_NO_VALUE, XARGS_EXIT },
	{ 0 },
};

struct xargs {
	struct shell_call *c;
	const struct str *command;
	size_t n_command;
	struct str replace;
	uint64_t words_max, lines_max;
	bool no_empty;
	int delimiter; /* -1: blanks and quotes */
	int status;
	struct str *words; /* of the next command */
	uint32_t *line_of; /* each word's line, for -L */
	size_t n_words, capacity;
};

static void add_word(struct xargs *x, struct str word, uint32_t line)
{
	struct arena *arena = x->c->world->arena;

	if (x->n_words == x->capacity) {
		size_t wider = x->capacity ? 2 * x->capacity : 64;
		struct str *words = arena_array(arena, wider, sizeof(*words));
		uint32_t *lines = arena_array(arena, wider, sizeof(*lines));

		if (x->n_words) {
			memcpy(words, x->words, x->n_words * sizeof(*words));
			memcpy(lines, x->line_of, x->n_words * sizeof(*lines));
		}
		x->words = words;
		x->line_of = lines;
		x->capacity = wider;
	}
	x->words[x->n_words] = arena_str(arena, word);
	x->line_of[x->n_words++] = line;
}

static void split_by(struct xargs *x, struct str text)
{
	struct str word;

	if (!text.len)
		return;
	if (text.ptr[text.len - 1] == (char)x->delimiter)
		text.len--;
	for (uint32_t line = 0; str_split(&text, (char)x->delimiter, &word); line++)
		add_word(x, word, line);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Blanks, quotes and backslashes. With -I only newlines end a word. False: open quote. */
static bool split_words(struct xargs *x, struct str text)
{
	CLEANUP_BUF struct buf word = BUF_INIT(1u << 26);
	bool inside = false, lines_only = x->replace.ptr != NULL;
	uint32_t line = 0;

	for (size_t i = 0; i <= text.len; i++) {
		char c = i < text.len ? text.ptr[i] : '\n';

		if (c == '\n' || (is_blank(c) && !lines_only)) {
			if (inside)
				add_word(x, buf_str(&word), line);
			inside = false;
			buf_reset(&word);
			line += c == '\n' && !(i && is_blank(text.ptr[i - 1]));
			continue;
		}
		if (lines_only && !inside && is_blank(c))
			continue;
		inside = true;
		if (c == '\\' && i + 1 < text.len) {
			buf_add_char(&word, text.ptr[++i]);
		} else if (c == '\'' || c == '"') {
			for (i++; i < text.len && text.ptr[i] != c; i++) {
				if (text.ptr[i] == '\n')
					return false;
				buf_add_char(&word, text.ptr[i]);
			}
			if (i == text.len)
				return false;
		} else {
			buf_add_char(&word, c);
		}
	}
	return true;
}

/* 0 to go on; 1: no further command runs; -1. */
static int spawn(struct xargs *x, const struct str *argv, size_t argc, struct error *err)
{
	static const struct str echo = { "echo", 4 };
	struct shell_input empty = { STR(""), 0 };
	int status;

	if (!argc)
		status = shell_spawn(x->c, &echo, 1, &empty, NULL, NULL, err);
	else
		status = shell_spawn(x->c, argv, argc, &empty, NULL, NULL, err);
	if (status < 0)
		return -1;
	if (status == 255) {
		x->status = 124;
		return 1;
	}
	if (status == 126 || status == 127) {
		x->status = status;
		return 1;
	}
	if (status)
		x->status = 123;
	return 0;
}

static struct str replaced(struct xargs *x, struct str word, struct str by)
{
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 26);

	for (size_t i = 0; i < word.len; i++) {
		struct str rest = { word.ptr + i, word.len - i };

		if (x->replace.len && str_has_prefix(rest, x->replace)) {
			buf_add_str(&out, by);
			i += x->replace.len - 1;
		} else {
			buf_add_char(&out, word.ptr[i]);
		}
	}
	return arena_str(x->c->world->arena, buf_str(&out));
}

static int run_replaced(struct xargs *x, struct error *err)
{
	struct str *argv = arena_array(x->c->world->arena, x->n_command + 1, sizeof(*argv));

	for (size_t i = 0; i < x->n_words; i++) {
		int result;

		for (size_t k = 0; k < x->n_command; k++)
			argv[k] = k ? replaced(x, x->command[k], x->words[i]) : x->command[k];
		result = spawn(x, argv, x->n_command, err);
		if (result)
			return result;
	}
	return 0;
}

/* How many words from @from on the next command takes. */
static size_t take(const struct xargs *x, size_t from)
{
	size_t n = 0, bytes = 0;
	uint64_t lines = 0;

	for (size_t i = 0; i < x->n_command; i++)
		bytes += x->command[i].len + 1;
	while (from + n < x->n_words && n < x->words_max) {
		bool new_line = !n || x->line_of[from + n] != x->line_of[from + n - 1];

		if (x->lines_max && new_line && ++lines > x->lines_max)
			break;
		bytes += x->words[from + n].len + 1;
		if (n && bytes > BYTES_MAX)
			break;
		n++;
	}
	return n;
}

static int run_batches(struct xargs *x, struct error *err)
{
	struct str *argv =
		arena_array(x->c->world->arena, x->n_command + x->n_words + 2, sizeof(*argv));
	size_t n_command = x->n_command;

	if (!n_command)
		argv[n_command++] = STR("echo");
	for (size_t i = 0; i < x->n_command; i++)
		argv[i] = x->command[i];
	if (!x->n_words)
		return x->no_empty ? 0 : spawn(x, argv, n_command, err);
	for (size_t at = 0; at < x->n_words;) {
		size_t n = take(x, at);
		int result;

		memcpy(argv + n_command, x->words + at, n * sizeof(*argv));
		result = spawn(x, argv, n_command + n, err);
		if (result)
			return result;
		at += n;
	}
	return 0;
}

static int parse_delimiter(struct str text)
{
	static const char names[] = "0abfnrtv\\", values[] = "\0\a\b\f\n\r\t\v\\";
	const char *found;

	if (text.len == 1)
		return (uint8_t)text.ptr[0];
	if (text.len != 2 || text.ptr[0] != '\\')
		return -1;
	found = memchr(names, text.ptr[1], sizeof(names) - 1);
	return found ? (uint8_t)values[found - names] : -1;
}

/* False: a value that is not modelled. */
static bool take_option(struct xargs *x, const struct shell_taken *o, struct str *file)
{
	switch (o->id) {
	case XARGS_NULL:
		x->delimiter = 0;
		return true;
	case XARGS_FILE:
		*file = o->value;
		return true;
	case XARGS_DELIMITER:
		x->delimiter = parse_delimiter(o->value);
		return x->delimiter >= 0;
	case XARGS_REPLACE:
		x->replace = o->value;
		return o->value.len != 0;
	case XARGS_LINES:
		return str_parse_u64(o->value, &x->lines_max) && x->lines_max;
	case XARGS_WORDS:
		return str_parse_u64(o->value, &x->words_max) && x->words_max;
	case XARGS_NO_EMPTY:
		return x->no_empty = true;
	case XARGS_JOBS:
	case XARGS_EXIT:
	case XARGS_TRACE:    /* on standard error */
		return true; /* one after the other is one of the orders that may be */
	}
	return false;
}

int tool_xargs(struct shell_call *c, struct error *err)
{
	struct xargs x = { .c = c, .words_max = WORDS_MAX, .delimiter = -1 };
	struct str text, file = { NULL, 0 };
	struct shell_arguments a;
	int status = 0, result = shell_options(c, xargs_options, true, &a, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++)
		if (!take_option(&x, &a.options[i], &file))
			return shell_refuse(c, err, "option value '" STR_FMT "'",
					    STR_ARG(a.options[i].value));
	x.command = a.operands;
	x.n_command = a.n_operands;
	if (!file.ptr || str_equal_cstr(file, "-"))
		text = shell_input_all(c->in);
	else if ((result = world_read(c->shell, file, &text, err)))
		return result < 0 ? -1 : file_failed(c, "Cannot open input file", file, result);
	if (x.delimiter >= 0)
		split_by(&x, text);
	else if (!split_words(&x, text))
		return shell_refuse(c, err, "a quote that isn't closed");
	result = x.replace.ptr && x.n_command ? run_replaced(&x, err) : run_batches(&x, err);
	return result < 0 ? -1 : x.status;
}

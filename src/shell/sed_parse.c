/* The script of a sed, read as GNU's does. */
#include "shell/charclass.h"
#include "shell/sed.h"

bool sed_fail(struct sed_script *script, const char *reason)
{
	if (!script->reason)
		script->reason = reason;
	return false;
}

static int peek(const struct sed_reader *r)
{
	return r->at < r->text.len ? (unsigned char)r->text.ptr[r->at] : -1;
}

static void skip(struct sed_reader *r, bool lines)
{
	while (r->at < r->text.len && charclass_has(CHARCLASS_SPACE, (unsigned char)peek(r)) &&
	       (lines || peek(r) != '\n'))
		r->at++;
}

static bool read_number(struct sed_reader *r, uint64_t *ret)
{
	size_t from = r->at;

	while (charclass_has(CHARCLASS_DIGIT, (unsigned char)(peek(r) < 0 ? 0 : peek(r))))
		r->at++;
	return str_parse_u64((struct str){ r->text.ptr + from, r->at - from }, ret);
}

bool sed_part(struct sed_reader *r, char delimiter, bool is_regex, struct str *ret)
{
	struct buf part CLEANUP_BUF = BUF_INIT(LIMIT_SHELL_FILE);

	for (;; r->at++) {
		int c = peek(r);

		if (c < 0 || part.len + 2 > part.max)
			return sed_fail(r->script,
					"unterminated regular expression or replacement");
		if ((char)c == delimiter)
			break;
		if (c == '\\') {
			r->at++;
			c = peek(r);
			if (c < 0)
				continue;
			if ((char)c == delimiter && !(c == '&' && !is_regex)) {
				/* The delimiter loses its backslash, and keeps its meaning. */
			} else if (c == 'n' && is_regex) {
				c = '\n';
			} else {
				buf_add_char(&part, '\\');
			}
		}
		buf_add_char(&part, (char)c);
	}
	r->at++;
	*ret = arena_str(r->script->arena, buf_str(&part));
	return true;
}

/* NULL: an empty one, or script->reason. */
static struct regex *compile(struct sed_script *script, struct str text, unsigned flags)
{
	const char *reason = NULL;
	struct regex *re = NULL;

	if (text.len == 0)
		return NULL;
	re = regex_compile(script->arena, text, script->regex_flags | REGEX_SED | flags, &reason);
	if (!re)
		sed_fail(script, reason);
	return re;
}

static bool read_regex(struct sed_reader *r, char delimiter, struct sed_address *ret)
{
	unsigned flags = 0;
	struct str text;

	ret->kind = SED_REGEX;
	if (!sed_part(r, delimiter, true, &text))
		return false;
	for (; peek(r) == 'I' || peek(r) == 'M'; r->at++)
		flags |= peek(r) == 'I' ? REGEX_ICASE : REGEX_LINES;
	ret->regex = compile(r->script, text, flags);
	return !r->script->reason;
}

/* An address, or none. */
static bool read_address(struct sed_reader *r, bool second, struct sed_address *ret)
{
	int c = peek(r);

	*ret = (struct sed_address){ .kind = SED_NO_ADDRESS };
	if (c == '$') {
		r->at++;
		ret->kind = SED_LAST;
		return true;
	}
	if (c == '/') {
		r->at++;
		return read_regex(r, '/', ret);
	}
	if (c == '\\') {
		r->at += 2;
		if (r->at > r->text.len)
			return sed_fail(r->script, "unexpected end");
		return read_regex(r, r->text.ptr[r->at - 1], ret);
	}
	if (second && (c == '+' || c == '~')) {
		r->at++;
		ret->kind = c == '+' ? SED_PLUS : SED_MULTIPLE;
		return read_number(r, &ret->n) || sed_fail(r->script, "a number is missing");
	}
	if (c < '0' || c > '9')
		return true;
	if (!read_number(r, &ret->n))
		return sed_fail(r->script, "too large a number");
	ret->kind = SED_LINE;
	if (peek(r) == '~' && !second) {
		r->at++;
		ret->kind = SED_STEP;
		if (!read_number(r, &ret->step))
			return sed_fail(r->script, "a number is missing");
	} else if (ret->n == 0 && !second) {
		ret->kind = SED_ZERO;
	}
	return true;
}

static bool read_addresses(struct sed_reader *r, struct sed_command *command)
{
	if (!read_address(r, false, &command->a1))
		return false;
	if (command->a1.kind != SED_NO_ADDRESS) {
		skip(r, false);
		if (peek(r) == ',') {
			r->at++;
			skip(r, false);
			if (!read_address(r, true, &command->a2))
				return false;
			if (command->a2.kind == SED_NO_ADDRESS)
				return sed_fail(r->script, "unexpected `,'");
		}
	}
	if (command->a1.kind == SED_ZERO && command->a2.kind != SED_REGEX)
		return sed_fail(r->script, "invalid usage of line address 0");
	skip(r, false);
	while (peek(r) == '!') {
		command->negated = true;
		r->at++;
		skip(r, false);
	}
	return true;
}

/* What follows a command that takes no more. */
static bool read_end(struct sed_reader *r)
{
	skip(r, false);
	if (peek(r) == '}' || peek(r) == '#')
		return true;
	if (peek(r) >= 0 && peek(r) != ';' && peek(r) != '\n')
		return sed_fail(r->script, "extra characters after command");
	r->at++;
	return true;
}

static struct str read_line(struct sed_reader *r)
{
	size_t from = r->at;

	while (peek(r) >= 0 && peek(r) != '\n')
		r->at++;
	return (struct str){ r->text.ptr + from, r->at++ - from };
}

static bool read_label(struct sed_reader *r, struct str *ret)
{
	size_t from = 0;

	skip(r, false);
	from = r->at;
	while (peek(r) >= 0 && peek(r) != ';' &&
	       !charclass_has(CHARCLASS_SPACE, (unsigned char)peek(r))) {
		if (peek(r) == '}')
			return sed_fail(r->script, "a label with a brace");
		r->at++;
	}
	*ret = (struct str){ r->text.ptr + from, r->at - from };
	return true; /* as GNU's: the next command may follow after a blank */
}

/* Text of a, i, c: "a\", newline, lines; or on the same line. */
static bool read_text(struct sed_reader *r, struct str *ret)
{
	struct buf text CLEANUP_BUF = BUF_INIT(LIMIT_SHELL_FILE);
	bool first = true;

	skip(r, false);
	if (peek(r) < 0)
		return sed_fail(r->script, "expected \\ after `a', `c' or `i'");
	if (peek(r) == '\\') {
		size_t blanks = ++r->at;

		/* Blanks between the backslash and a newline go; before text they stay. */
		skip(r, false);
		if (peek(r) == '\n')
			r->at++;
		else
			r->at = blanks;
	}
	for (; peek(r) >= 0 && peek(r) != '\n'; r->at++, first = false) {
		uint32_t c = (uint32_t)peek(r);

		if (text.len + 1 >= text.max)
			return sed_fail(r->script, "too long a text");
		if (c == '\\') {
			r->at++;
			if (peek(r) < 0)
				break;
			c = (uint32_t)peek(r);
			if (!first && c == 't')
				c = '\t';
			else if (charclass_has(CHARCLASS_ALNUM, (unsigned char)c) && !first)
				return sed_fail(r->script, "an escape in the text of a, i or c");
		}
		buf_add_char(&text, (char)c);
	}
	/* "$a\" at the end of the script: no text, but it ends the line. */
	if (peek(r) == '\n' || text.len > 0)
		buf_add_char(&text, '\n');
	r->at++;
	*ret = arena_str(r->script->arena, buf_str(&text));
	return true;
}

static bool open_output(struct sed_script *script, struct str path, struct sed_output **ret)
{
	if (path.len == 0)
		return sed_fail(script, "missing filename in r/R/w/W commands");
	if (str_equal(path, STR("/dev/stdout")))
		path = STR("");
	else if (str_has_prefix(path, STR("/dev/")))
		return sed_fail(script, "output to a device");
	for (size_t i = 0; i < script->n_outputs; i++) {
		*ret = script->outputs[i];
		if (str_equal((*ret)->path, path))
			return true;
	}
	if (script->n_outputs == sizeof(script->outputs) / sizeof(script->outputs[0]))
		return sed_fail(script, "too many output files");
	*ret = arena_alloc(script->arena, sizeof(**ret));
	(*ret)->path = path;
	script->outputs[script->n_outputs++] = *ret;
	return true;
}

/* Flags of s. */
static bool read_flags(struct sed_reader *r, struct sed_command *command, unsigned *flags)
{
	command->nth = 1;
	for (;;) {
		int c = peek(r);

		if (c >= '0' && c <= '9') {
			if (!read_number(r, &command->nth) || command->nth == 0)
				return sed_fail(r->script, "number option to `s' is zero");
			continue;
		}
		if (c == 'w') {
			r->at++;
			skip(r, false);
			return open_output(r->script, read_line(r), &command->output);
		}
		if (c != 'g' && c != 'p' && c != 'i' && c != 'I' && c != 'm' && c != 'M')
			return read_end(r);
		command->global |= c == 'g';
		command->print |= c == 'p';
		if (c == 'i' || c == 'I')
			*flags |= REGEX_ICASE;
		if (c == 'm' || c == 'M')
			*flags |= REGEX_LINES;
		r->at++;
	}
}

static bool read_substitution(struct sed_reader *r, struct sed_command *command)
{
	struct str regex, replacement;
	unsigned flags = 0;
	int delimiter = peek(r);

	r->at++;
	if (delimiter < 0 || delimiter == '\n' || delimiter == '\\')
		return sed_fail(r->script, "unterminated `s' command");
	if (!sed_part(r, (char)delimiter, true, &regex) ||
	    !sed_part(r, (char)delimiter, false, &replacement) || !read_flags(r, command, &flags))
		return false;
	command->regex = compile(r->script, regex, flags);
	if (r->script->reason || !sed_replacement(r->script, replacement, command))
		return false;
	for (size_t i = 0; command->regex && i < command->n_pieces; i++) {
		if (command->pieces[i].group > (int)regex_groups(command->regex))
			return sed_fail(r->script, "invalid reference on `s' command's RHS");
	}
	return true;
}

/* One character of y, which may be "\n", "\\" or the escaped delimiter. */
static bool read_mapped(struct str s, size_t *at, unsigned char *ret)
{
	*ret = (unsigned char)s.ptr[(*at)++];
	if (*ret >= 128)
		return false;
	if (*ret != '\\')
		return true;
	if (*at == s.len)
		return false;
	*ret = (unsigned char)s.ptr[(*at)++];
	if (*ret == 'n')
		*ret = '\n';
	else if (*ret == 't')
		*ret = '\t';
	else if (*ret != '\\')
		return false;
	return true;
}

static bool read_mapping(struct sed_reader *r, struct sed_command *command)
{
	struct str from, to;
	size_t i = 0, k = 0;
	int delimiter = peek(r);

	r->at++;
	for (unsigned c = 0; c < 256; c++)
		command->map[c] = (unsigned char)c;
	if (delimiter < 0 || !sed_part(r, (char)delimiter, false, &from) ||
	    !sed_part(r, (char)delimiter, false, &to))
		return sed_fail(r->script, "unterminated `y' command");
	while (i < from.len && k < to.len) {
		unsigned char a = 0, b = 0;

		if (!read_mapped(from, &i, &a) || !read_mapped(to, &k, &b))
			return sed_fail(r->script, "characters of `y' that are not known");
		if (command->map[a] == a)
			command->map[a] = b;
	}
	if (i < from.len || k < to.len)
		return sed_fail(r->script, "strings for `y' command are different lengths");
	return read_end(r);
}

static bool read_arguments(struct sed_reader *r, struct sed_command *command)
{
	switch (command->name) {
	case '{':
		return true;
	case '}':
		return command->a1.kind == SED_NO_ADDRESS
			       ? read_end(r)
			       : sed_fail(r->script, "} with an address");
	case ':':
		return read_label(r, &command->label) &&
		       (command->label.len > 0 || sed_fail(r->script, "\":\" lacks a label"));
	case 'b':
	case 't':
	case 'T':
		return read_label(r, &command->label);
	case 'a':
	case 'i':
	case 'c':
		return read_text(r, &command->text);
	case 'r':
	case 'w':
		skip(r, false);
		command->text = read_line(r);
		if (command->name == 'w')
			return open_output(r->script, command->text, &command->output);
		return command->text.len > 0 || sed_fail(r->script, "missing filename");
	case 's':
		return read_substitution(r, command);
	case 'y':
		return read_mapping(r, command);
	case 'q':
	case 'Q':
	case 'l':
		skip(r, false);
		if (peek(r) >= '0' && peek(r) <= '9' && !read_number(r, &command->number))
			return sed_fail(r->script, "too large a number");
		return read_end(r);
	default:
		if (text_has_char(STR("=dDgGhHnNpPxzF"), command->name))
			return read_end(r);
		return sed_fail(r->script, "command that is not known");
	}
}

static struct sed_command *new_command(struct sed_script *script)
{
	if (script->n == script->capacity) {
		size_t capacity = script->capacity ? 2 * script->capacity : 16;
		struct sed_command *more = arena_array(script->arena, capacity, sizeof(*more));

		if (script->n > 0)
			memcpy(more, script->commands, script->n * sizeof(*more));
		script->commands = more;
		script->capacity = capacity;
	}
	script->commands[script->n] = (struct sed_command){ .name = '\0' };
	return &script->commands[script->n++];
}

static bool resolve(struct sed_script *script)
{
	size_t open[SED_DEPTH_MAX], depth = 0;

	for (size_t i = 0; i < script->n; i++) {
		struct sed_command *command = &script->commands[i];

		if (command->name == '{') {
			if (depth == SED_DEPTH_MAX)
				return sed_fail(script, "too many braces inside each other");
			open[depth++] = i;
		} else if (command->name == '}') {
			if (depth == 0)
				return sed_fail(script, "unexpected `}'");
			script->commands[open[--depth]].jump = i;
		}
		if (!text_has_char(STR("btT"), command->name))
			continue;
		command->jump = script->n;
		for (size_t k = 0; k < script->n && command->label.len > 0; k++) {
			if (script->commands[k].name == ':' &&
			    str_equal(script->commands[k].label, command->label))
				command->jump = k;
		}
		if (command->jump == script->n && command->label.len > 0)
			return sed_fail(script, "can't find label for jump");
	}
	return depth == 0 || sed_fail(script, "unmatched `{'");
}

bool sed_parse(struct sed_script *script, struct str text, bool may_be_quiet)
{
	struct sed_reader r = { .script = script, .text = text };

	if (may_be_quiet && str_has_prefix(text, STR("#n")) &&
	    (text.len == 2 || text.ptr[2] == '\n'))
		script->quiet = true;
	for (;;) {
		struct sed_command *command = NULL;

		while (peek(&r) == ';' ||
		       (peek(&r) >= 0 && charclass_has(CHARCLASS_SPACE, (unsigned char)peek(&r))))
			r.at++;
		if (peek(&r) == '#') {
			(void)read_line(&r);
			continue;
		}
		if (peek(&r) < 0)
			return resolve(script);
		command = new_command(script);
		if (!read_addresses(&r, command))
			return false;
		if (peek(&r) < 0)
			return sed_fail(script, "missing command");
		command->name = (char)peek(&r);
		r.at++;
		if (command->name == ':' && command->a1.kind != SED_NO_ADDRESS)
			return sed_fail(script, ": doesn't want any addresses");
		if (!read_arguments(&r, command))
			return false;
	}
}

/* Replacements of sed's s: read, and made. */
#include "shell/charclass.h"
#include "shell/sed.h"

static bool read_case(struct sed_piece *piece, char c)
{
	switch (c) {
	case 'U':
	case 'L':
	case 'E':
		piece->sets_case = true;
		piece->cases = c == 'U'	  ? SED_CASE_UPPER
			       : c == 'L' ? SED_CASE_LOWER
					  : SED_CASE_NONE;
		return true;
	case 'u':
	case 'l':
		piece->sets_once = true;
		piece->once = c == 'u' ? SED_CASE_UPPER : SED_CASE_LOWER;
		return true;
	default:
		return false;
	}
}

/* A character that a backslash and @c stand for; false: not known. */
static bool read_escape(char *c)
{
	static const char from[] = "ntrfva", to[] = "\n\t\r\f\v\a";
	size_t k = str_find_char(str_of(from), *c);

	if (k < sizeof(from) - 1)
		*c = to[k];
	else
		return !charclass_has(CHARCLASS_ALNUM, (unsigned char)*c);
	return true;
}

bool sed_replacement(struct sed_script *script, struct str text, struct sed_command *command)
{
	struct buf literal CLEANUP_BUF = BUF_INIT(LIMIT_SHELL_FILE);

	command->pieces = arena_array(script->arena, text.len + 1, sizeof(*command->pieces));
	for (size_t i = 0; i <= text.len; i++) {
		struct sed_piece piece = { .group = -1 };
		char c = i < text.len ? text.ptr[i] : '\0';
		bool special = i == text.len || c == '&';

		if (c == '&')
			piece.group = 0;
		if (i < text.len && c == '\\') {
			if (++i == text.len)
				return sed_fail(script, "trailing backslash");
			c = text.ptr[i];
			special = read_case(&piece, c);
			if (c >= '0' && c <= '9') {
				special = true;
				piece.group = c - '0';
			}
			if (!special && !read_escape(&c))
				return sed_fail(script, "an escape in the replacement");
		}
		if (!special) {
			buf_add_char(&literal, c);
			continue;
		}
		piece.text = arena_str(script->arena, buf_str(&literal));
		buf_reset(&literal);
		command->pieces[command->n_pieces++] = piece;
	}
	return true;
}

struct casing {
	enum sed_case lasting, once;
	bool has_once;
};

static int add_text(struct sed_run *run, struct casing *casing, struct str text, struct error *err)
{
	size_t from = run->work.len;
	bool plain = casing->lasting == SED_CASE_NONE && !casing->has_once;

	if (text_add(&run->work, text, err) < 0)
		return -1;
	if (plain || text.len == 0)
		return 0;
	if (!text_is_ascii(text))
		run->refusal = "upper and lower case beyond ASCII";
	for (size_t i = from; i < run->work.len; i++) {
		enum sed_case want = casing->has_once ? casing->once : casing->lasting;
		uint8_t *c = &run->work.ptr[i];

		*c = want == SED_CASE_UPPER   ? ascii_upper(*c)
		     : want == SED_CASE_LOWER ? ascii_lower(*c)
					      : *c;
		casing->has_once = false;
	}
	return 0;
}

static int add_replacement(struct sed_run *run, const struct sed_command *command, struct str line,
			   const struct regex_span *spans, struct error *err)
{
	struct casing casing = { .lasting = SED_CASE_NONE };

	for (size_t i = 0; i < command->n_pieces; i++) {
		const struct sed_piece *piece = &command->pieces[i];

		if (add_text(run, &casing, piece->text, err) < 0)
			return -1;
		if (piece->group >= 0 && spans[piece->group].from != REGEX_UNSET) {
			const struct regex_span *span = &spans[piece->group];
			struct str group = { line.ptr + span->from, span->to - span->from };

			if (add_text(run, &casing, group, err) < 0)
				return -1;
		}
		if (piece->sets_case) {
			casing.lasting = piece->cases;
			casing.has_once = casing.has_once && piece->cases != SED_CASE_NONE;
		}
		if (piece->sets_once) {
			casing.has_once = true;
			casing.once = piece->once;
		}
	}
	return 0;
}

static int add_line(struct sed_run *run, struct str line, size_t from, size_t to, struct error *err)
{
	return text_add(&run->work, (struct str){ line.ptr + from, to - from }, err);
}

int sed_substitute(struct sed_run *run, struct sed_command *command, struct error *err)
{
	struct str line = buf_str(&run->pattern);
	struct regex *re = sed_regex(run, command->regex);
	size_t at = 0, copied = 0, last_end = REGEX_UNSET;
	uint64_t count = 0;
	bool replaced = false;

	buf_reset(&run->work);
	if (!line.ptr)
		line = STR("");
	while (re && at <= line.len) {
		struct regex_span spans[REGEX_SPANS];
		enum regex_answer answer = regex_search(re, line, at, spans, REGEX_SPANS);

		(void)shell_charge(run->c->shell, regex_steps(re));
		if (answer == REGEX_GAVE_UP)
			run->refusal = regex_reason(re);
		if (answer != REGEX_MATCH)
			break;
		at = spans[0].to;
		if (spans[0].to == spans[0].from)
			at += at < line.len ? regex_character(line, at) : 1;
		/* Nothing, right behind what was found before, is no match. */
		if (spans[0].to == spans[0].from && spans[0].from == last_end)
			continue;
		last_end = spans[0].to;
		if (++count < command->nth)
			continue;
		if (add_line(run, line, copied, spans[0].from, err) < 0 ||
		    add_replacement(run, command, line, spans, err) < 0)
			return -1;
		copied = spans[0].to;
		replaced = true;
		if (!command->global)
			break;
	}
	if (!replaced || run->refusal)
		return 0;
	if (add_line(run, line, copied, line.len, err) < 0)
		return -1;
	struct buf swap = run->pattern;
	run->pattern = run->work;
	run->work = swap;
	return 1;
}

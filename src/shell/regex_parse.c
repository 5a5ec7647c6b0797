/*
 * Regular expressions, read into nodes. One reader for both kinds: in a basic one
 * the operators but '*' are those with a backslash, and '^', '$' and '*' mean
 * themselves where they can't be operators (XBD 9.3).
 */
#include <assert.h>

#include "shell/regex_private.h"

struct parser {
	struct regex *re;
	struct str p;
	size_t at;
	unsigned depth;
	bool extended;
	bool closed[REGEX_SPANS]; /* groups that a back-reference may name */
	const char *reason;
};

static struct regex_node *read_either(struct parser *s);

static struct regex_node *fail(struct parser *s, const char *reason)
{
	if (!s->reason)
		s->reason = reason;
	return NULL;
}

static struct regex_node *new_node(struct parser *s, enum regex_node_kind kind, uint32_t number)
{
	struct regex_node *node = arena_alloc(s->re->arena, sizeof(*node));

	node->kind = kind;
	node->number = number;
	return node;
}

/* Whether operator @op stands here, as "\|" or "|". */
static bool sees(const struct parser *s, char op)
{
	if (s->extended)
		return s->at < s->p.len && s->p.ptr[s->at] == op;
	return s->at + 1 < s->p.len && s->p.ptr[s->at] == '\\' && s->p.ptr[s->at + 1] == op;
}

static bool takes(struct parser *s, char op)
{
	if (!sees(s, op))
		return false;
	s->at += s->extended ? 1 : 2;
	return true;
}

static bool hex_digit(char c, uint32_t *ret)
{
	if (!charclass_has(CHARCLASS_XDIGIT, (unsigned char)c))
		return false;
	*ret = c <= '9' ? (uint32_t)(c - '0') : (uint32_t)((c | 32) - 'a') + 10;
	return true;
}

bool regex_escape(struct str pattern, size_t *at, unsigned flags, uint32_t *ret)
{
	char c = pattern.ptr[*at];
	uint32_t digit = 0;

	*ret = c == 'n'	  ? '\n'
	       : c == 't' ? '\t'
	       : c == 'r' ? '\r'
	       : c == 'f' ? '\f'
	       : c == 'v' ? '\v'
	       : c == 'a' ? '\a'
			  : 0;
	if (*ret) {
		(*at)++;
		return true;
	}
	if (c == 'x' && flags & REGEX_SED && *at + 2 < pattern.len &&
	    hex_digit(pattern.ptr[*at + 1], ret) && hex_digit(pattern.ptr[*at + 2], &digit)) {
		*ret = *ret * 16 + digit;
		*at += 3;
		return *ret > 0 && *ret < 128;
	}
	return false;
}

static struct regex_node *read_group(struct parser *s)
{
	uint32_t number = ++s->re->n_groups;
	struct regex_node *node = new_node(s, NODE_GROUP, number);

	if (++s->depth > REGEX_DEPTH_MAX)
		return fail(s, "too many parentheses inside each other");
	node->a = read_either(s);
	s->depth--;
	if (!node->a)
		return NULL;
	if (!takes(s, ')'))
		return fail(s, "unmatched (");
	if (number < REGEX_SPANS)
		s->closed[number] = true;
	return node;
}

static struct regex_node *read_back(struct parser *s, uint32_t number)
{
	s->at++;
	if (s->re->flags & REGEX_AWK || number == 0 || !s->closed[number])
		return fail(s, "reference to a group that isn't there");
	s->re->has_back = true;
	return new_node(s, NODE_BACK, number);
}

static struct regex_node *read_class_letter(struct parser *s, char c)
{
	struct regex_node *node = new_node(s, NODE_SET, 0);
	enum charclass class = c == 'w' || c == 'W' ? CHARCLASS_WORD : CHARCLASS_SPACE;

	s->at++;
	node->set = regex_class_set(s->re, class, c == 'W' || c == 'S');
	return node;
}

/* Behind a backslash that opens no operator. */
static struct regex_node *read_escape(struct parser *s)
{
	static const struct {
		char letter;
		enum regex_assertion assertion;
	} assertions[] = {
		{ '<', REGEX_WORD_BEGIN },   { '>', REGEX_WORD_END },	{ 'b', REGEX_WORD_EDGE },
		{ 'B', REGEX_NO_WORD_EDGE }, { '`', REGEX_TEXT_BEGIN }, { '\'', REGEX_TEXT_END },
	};
	char c = '\0';
	uint32_t escaped = 0;

	if (s->at >= s->p.len)
		return fail(s, "trailing backslash");
	c = s->p.ptr[s->at];
	if (s->re->flags & (REGEX_SED | REGEX_AWK) &&
	    regex_escape(s->p, &s->at, s->re->flags, &escaped))
		return new_node(s, NODE_CHAR, escaped);
	if (c >= '0' && c <= '9')
		return read_back(s, (uint32_t)(c - '0'));
	if (!(s->re->flags & REGEX_AWK)) {
		if (c == 'w' || c == 'W' || c == 's' || c == 'S')
			return read_class_letter(s, c);
		for (size_t i = 0; i < sizeof(assertions) / sizeof(assertions[0]); i++) {
			if (assertions[i].letter == c) {
				s->at++;
				return new_node(s, NODE_ASSERT, assertions[i].assertion);
			}
		}
	}
	if (charclass_has(CHARCLASS_ALNUM, (unsigned char)c) || (unsigned char)c >= 128)
		return fail(s, "backslash before a letter that is not known");
	s->at++;
	return new_node(s, NODE_CHAR, (unsigned char)c);
}

static struct regex_node *read_character(struct parser *s)
{
	size_t len = 1;
	uint32_t c = regex_decode(s->re, s->p, s->at, &len);

	s->at += len;
	if (c >= 128 && s->re->flags & REGEX_ICASE)
		return fail(s, "upper and lower case beyond ASCII");
	if (s->re->flags & REGEX_ICASE)
		c = ascii_lower((unsigned char)c);
	return new_node(s, NODE_CHAR, c);
}

/* '$' of a basic expression is an anchor at the end of a branch only. */
static bool is_end_anchor(const struct parser *s)
{
	struct parser next = *s;

	next.at++;
	return s->extended || next.at == s->p.len || sees(&next, ')') || sees(&next, '|');
}

/* @first: nothing of this branch stands before it. */
static struct regex_node *read_atom(struct parser *s, bool first)
{
	char c = s->p.ptr[s->at];
	struct regex_node *node = NULL;

	if (takes(s, '('))
		return read_group(s);
	if (c == '[') {
		s->at++;
		node = new_node(s, NODE_SET, 0);
		node->set = regex_parse_set(s->re, s->p, &s->at, &s->reason);
		if (node->set)
			s->reason = NULL;
		return node->set ? node : NULL;
	}
	if (c == '.') {
		s->at++;
		return new_node(s, NODE_ANY, 0);
	}
	if ((c == '^' && (s->extended || first)) || (c == '$' && is_end_anchor(s))) {
		s->at++;
		return new_node(s, NODE_ASSERT, c == '^' ? REGEX_BEGIN : REGEX_END);
	}
	if (sees(s, '+') || sees(s, '?') || (s->extended && c == '*'))
		return fail(s, "repetition of nothing");
	if (sees(s, '{') && !(s->extended && s->re->flags & (REGEX_GREP | REGEX_AWK)))
		return fail(s, "interval without anything before it");
	if (c == '\\') {
		s->at++;
		return read_escape(s);
	}
	return read_character(s);
}

static bool read_number(struct parser *s, uint32_t *ret)
{
	size_t from = s->at;

	*ret = 0;
	while (s->at < s->p.len && s->p.ptr[s->at] >= '0' && s->p.ptr[s->at] <= '9' &&
	       s->at - from < 6)
		*ret = *ret * 10 + (uint32_t)(s->p.ptr[s->at++] - '0');
	return s->at > from;
}

/* The interval behind its opening brace. */
static bool read_interval(struct parser *s, uint32_t *min, uint32_t *max)
{
	bool low = read_number(s, min), comma = s->at < s->p.len && s->p.ptr[s->at] == ',';

	*max = *min;
	if (comma) {
		s->at++;
		if (!read_number(s, max))
			*max = UINT32_MAX;
	}
	if ((!low && !comma) || !takes(s, '}'))
		return false;
	return *min <= *max && *min <= REGEX_REPEAT_MAX &&
	       (*max == UINT32_MAX || *max <= REGEX_REPEAT_MAX);
}

/* 1: an operator was taken, 0: there is none, -1: it is not known. */
static int read_repeat(struct parser *s, uint32_t *min, uint32_t *max)
{
	size_t from = s->at;

	*min = 0;
	*max = UINT32_MAX;
	if (s->at < s->p.len && s->p.ptr[s->at] == '*') {
		s->at++;
		return 1;
	}
	if (takes(s, '+')) {
		*min = 1;
		return 1;
	}
	if (takes(s, '?')) {
		*max = 1;
		return 1;
	}
	if (!takes(s, '{'))
		return 0;
	/* mawk knows intervals in Debian 13 only. */
	if (s->re->flags & REGEX_AWK && s->at < s->p.len && s->p.ptr[s->at] != ',' &&
	    !(s->p.ptr[s->at] >= '0' && s->p.ptr[s->at] <= '9')) {
		s->at = from;
		return 0;
	}
	if (!(s->re->flags & REGEX_AWK) && read_interval(s, min, max))
		return 1;
	if (s->extended && s->re->flags & REGEX_GREP) {
		s->at = from;
		return 0;
	}
	fail(s, "interval that is not known");
	return -1;
}

static struct regex_node *read_repeated(struct parser *s, bool first)
{
	struct regex_node *node = read_atom(s, first);
	uint32_t min = 0, max = 0;
	int found = 0;

	while (node) {
		bool anchor = node->kind == NODE_ASSERT;

		/* "^*" of a basic expression: a star that is itself. */
		if (anchor && !s->extended && node->number == REGEX_BEGIN)
			return node;
		found = read_repeat(s, &min, &max);
		if (found <= 0)
			break;
		if (anchor)
			return fail(s, "repetition of an anchor");
		struct regex_node *repeat = new_node(s, NODE_REPEAT, 0);
		repeat->min = min;
		repeat->max = max;
		repeat->a = node;
		node = repeat;
	}
	return found < 0 ? NULL : node;
}

static struct regex_node *read_branch(struct parser *s)
{
	struct regex_node *branch = new_node(s, NODE_EMPTY, 0), **last = &branch;
	bool first = true;

	while (s->at < s->p.len && !sees(s, '|') && !sees(s, ')')) {
		struct regex_node *one = NULL, *pair = NULL;

		if (first && !s->extended && s->p.ptr[s->at] == '*')
			one = read_character(s);
		else
			one = read_repeated(s, first);
		if (!one)
			return NULL;
		first = first && !s->extended && one->kind == NODE_ASSERT &&
			one->number == REGEX_BEGIN && s->at < s->p.len && s->p.ptr[s->at] == '*';
		pair = new_node(s, NODE_CONCAT, 0);
		pair->a = one;
		pair->b = *last;
		*last = pair;
		last = &pair->b;
	}
	return branch;
}

static struct regex_node *read_either(struct parser *s)
{
	struct regex_node *root = read_branch(s), **last = &root;

	while (*last && takes(s, '|')) {
		struct regex_node *either = new_node(s, NODE_EITHER, 0);

		either->a = *last;
		either->b = read_branch(s);
		*last = either;
		last = &either->b;
	}
	return *last ? root : NULL;
}

struct regex_node *regex_parse(struct regex *re, struct str pattern, const char **ret_reason)
{
	struct parser s = { .re = re, .p = pattern, .extended = re->flags & REGEX_EXTENDED };
	struct regex_node *root = read_either(&s);

	if (root && s.at < pattern.len)
		root = fail(&s, "unmatched )");
	*ret_reason = s.reason;
	assert(root || s.reason);
	return root;
}

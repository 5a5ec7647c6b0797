#include "shell/charclass.h"

#include <stddef.h>

static const struct {
	const char *name;
	enum charclass class;
} names[] = {
	{ "alnum", CHARCLASS_ALNUM }, { "alpha", CHARCLASS_ALPHA }, { "blank", CHARCLASS_BLANK },
	{ "cntrl", CHARCLASS_CNTRL }, { "digit", CHARCLASS_DIGIT }, { "graph", CHARCLASS_GRAPH },
	{ "lower", CHARCLASS_LOWER }, { "print", CHARCLASS_PRINT }, { "punct", CHARCLASS_PUNCT },
	{ "space", CHARCLASS_SPACE }, { "upper", CHARCLASS_UPPER }, { "xdigit", CHARCLASS_XDIGIT },
};

enum charclass charclass_find(struct str name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (str_equal_cstr(name, names[i].name))
			return names[i].class;
	}
	return CHARCLASS_NONE;
}

bool charclass_has(enum charclass class, unsigned char c)
{
	bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
	bool digit = c >= '0' && c <= '9', graph = c > ' ' && c < 127;

	switch (class) {
	case CHARCLASS_ALNUM:
		return upper || lower || digit;
	case CHARCLASS_ALPHA:
		return upper || lower;
	case CHARCLASS_BLANK:
		return c == ' ' || c == '\t';
	case CHARCLASS_CNTRL:
		return c < ' ' || c == 127;
	case CHARCLASS_DIGIT:
		return digit;
	case CHARCLASS_GRAPH:
		return graph;
	case CHARCLASS_LOWER:
		return lower;
	case CHARCLASS_PRINT:
		return graph || c == ' ';
	case CHARCLASS_PUNCT:
		return graph && !upper && !lower && !digit;
	case CHARCLASS_SPACE:
		return c == ' ' || (c >= '\t' && c <= '\r');
	case CHARCLASS_UPPER:
		return upper;
	case CHARCLASS_XDIGIT:
		return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
	case CHARCLASS_WORD:
		return upper || lower || digit || c == '_';
	case CHARCLASS_NONE:
		break;
	}
	return false;
}

/* glibc's "space" and "blank" beyond ASCII; the no-break spaces are neither. */
static bool is_wide_space(uint32_t c, bool blank)
{
	if (c == 0x2028 || c == 0x2029)
		return !blank;
	return c == 0x1680 || (c >= 0x2000 && c <= 0x200a && c != 0x2007) || c == 0x205f ||
	       c == 0x3000;
}

enum charclass_answer charclass_has_wide(enum charclass class, uint32_t c)
{
	bool has = false;

	if (c < 128)
		has = charclass_has(class, (unsigned char)c);
	else if (class == CHARCLASS_SPACE || class == CHARCLASS_BLANK)
		has = is_wide_space(c, class == CHARCLASS_BLANK);
	else if (class != CHARCLASS_DIGIT && class != CHARCLASS_XDIGIT)
		return CHARCLASS_UNKNOWN;
	return has ? CHARCLASS_YES : CHARCLASS_NO;
}

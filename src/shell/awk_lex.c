/* Tokens of awk programs. */
#include "shell/awk.h"
#include "shell/charclass.h"

#include <stdlib.h>

static const struct {
	const char *word;
	enum awk_token token;
} keywords[] = {
	{ "BEGIN", T_BEGIN },
	{ "END", T_END_PATTERN },
	{ "break", T_BREAK },
	{ "continue", T_CONTINUE },
	{ "delete", T_DELETE },
	{ "do", T_DO },
	{ "else", T_ELSE },
	{ "exit", T_EXIT },
	{ "for", T_FOR },
	{ "function", T_FUNCTION },
	{ "getline", T_GETLINE },
	{ "if", T_IF },
	{ "in", T_IN },
	{ "next", T_NEXT },
	{ "nextfile", T_NEXTFILE },
	{ "print", T_PRINT },
	{ "printf", T_PRINTF },
	{ "return", T_RETURN },
	{ "while", T_WHILE },
};

static const struct {
	const char *word;
	enum awk_builtin builtin;
} builtins[] = {
	{ "length", F_LENGTH },	  { "substr", F_SUBSTR },   { "index", F_INDEX },
	{ "split", F_SPLIT },	  { "sub", F_SUB },	    { "gsub", F_GSUB },
	{ "match", F_MATCH },	  { "sprintf", F_SPRINTF }, { "int", F_INT },
	{ "tolower", F_TOLOWER }, { "toupper", F_TOUPPER }, { "close", F_CLOSE },
	{ "fflush", F_FFLUSH },	  { "system", F_REFUSED },  { "rand", F_REFUSED },
	{ "srand", F_REFUSED },	  { "sin", F_REFUSED },	    { "cos", F_REFUSED },
	{ "atan2", F_REFUSED },	  { "exp", F_REFUSED },	    { "log", F_REFUSED },
	{ "sqrt", F_REFUSED },	  { "systime", F_REFUSED }, { "strftime", F_REFUSED },
	{ "mktime", F_REFUSED },  { "gensub", F_REFUSED },  { "toascii", F_REFUSED },
};

int awk_builtin_of(struct str word)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
		if (str_equal_cstr(word, builtins[i].word))
			return (int)builtins[i].builtin;
	}
	return -1;
}

static char at(const struct awk *w, size_t offset)
{
	return w->at + offset < w->text.len ? w->text.ptr[w->at + offset] : '\0';
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* mawk keeps the backslash of an escape that it doesn't know. */
struct str awk_unescape(struct awk *w, struct str text)
{
	static const char from[] = "\"\\abfnrtv", to[] = "\"\\\a\b\f\n\r\t\v";
	char *copy = arena_alloc(&w->arena, text.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		size_t k = 0;

		copy[n++] = text.ptr[i];
		if (text.ptr[i] != '\\' || i + 1 == text.len)
			continue;
		if (text.ptr[i + 1] >= '0' && text.ptr[i + 1] <= '7') {
			unsigned value = 0;

			for (k = 0; k < 3 && i + 1 < text.len && text.ptr[i + 1] >= '0' &&
				    text.ptr[i + 1] <= '7';
			     k++)
				value = value * 8 + (unsigned)(text.ptr[++i] - '0');
			copy[n - 1] = (char)value;
			continue;
		}
		if (text.ptr[i + 1] == '\n') {
			n--;
			i++;
			continue;
		}
		if (text.ptr[i + 1] == 'x' && i + 2 < text.len && hex_value(text.ptr[i + 2]) >= 0) {
			unsigned value = (unsigned)hex_value(text.ptr[i += 2]);

			if (i + 1 < text.len && hex_value(text.ptr[i + 1]) >= 0)
				value = value * 16 + (unsigned)hex_value(text.ptr[++i]);
			copy[n - 1] = (char)value;
			continue;
		}
		k = str_find_char(str_of(from), text.ptr[i + 1]);
		if (k < sizeof(from) - 1) {
			copy[n - 1] = to[k];
			i++;
		}
	}
	return (struct str){ copy, n };
}

static void read_string(struct awk *w)
{
	size_t from = ++w->at;

	while (w->at < w->text.len && at(w, 0) != '"' && at(w, 0) != '\n')
		w->at += at(w, 0) == '\\' ? 2 : 1;
	if (w->at >= w->text.len || at(w, 0) != '"')
		awk_refuse(w, "a string that doesn't end");
	w->word = awk_unescape(w, (struct str){ w->text.ptr + from, w->at - from });
	w->at++;
	w->token = T_STRING;
}

void awk_read_regex(struct awk *w)
{
	size_t from = w->at - (w->token == T_DIV_ASSIGN);
	bool set = false;

	for (w->at = from;; w->at++) {
		char c = at(w, 0);

		if (w->at >= w->text.len || c == '\n')
			awk_refuse(w, "a regular expression that doesn't end");
		if (c == '\\' && at(w, 1) == 'x')
			awk_refuse(w, "\\x in a regular expression");
		if (c == '\\')
			w->at++;
		else if (c == '[' && !set)
			set = true;
		else if (c == ']')
			set = false;
		else if (c == '/' && !set)
			break;
	}
	w->word = (struct str){ w->text.ptr + from, w->at - from };
	w->at++;
	w->token = T_REGEX;
}

static void read_number(struct awk *w)
{
	char text[64] = "";
	size_t n = 0;

	if (at(w, 0) == '0' && (at(w, 1) == 'x' || at(w, 1) == 'X'))
		awk_refuse(w, "a hexadecimal number");
	while (n < sizeof(text) - 1 &&
	       (charclass_has(CHARCLASS_DIGIT, (unsigned char)at(w, n)) || at(w, n) == '.' ||
		((at(w, n) == 'e' || at(w, n) == 'E') &&
		 (charclass_has(CHARCLASS_DIGIT, (unsigned char)at(w, n + 1)) ||
		  ((at(w, n + 1) == '-' || at(w, n + 1) == '+') &&
		   charclass_has(CHARCLASS_DIGIT, (unsigned char)at(w, n + 2))))) ||
		((at(w, n) == '-' || at(w, n) == '+') && n > 0 && (text[n - 1] | 32) == 'e'))) {
		text[n] = at(w, n);
		n++;
	}
	char *end = NULL;
	w->number = strtod(text, &end);
	w->at += (size_t)(end - text);
	w->token = T_NUMBER;
}

static void read_word(struct awk *w)
{
	size_t from = w->at;

	while (charclass_has(CHARCLASS_WORD, (unsigned char)at(w, 0)))
		w->at++;
	w->word = (struct str){ w->text.ptr + from, w->at - from };
	w->token = T_NAME;
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (str_equal_cstr(w->word, keywords[i].word))
			w->token = keywords[i].token;
	}
	if (w->token != T_NAME)
		return;
	if (awk_builtin_of(w->word) >= 0)
		w->token = T_BUILTIN;
	else if (at(w, 0) == '(')
		w->token = T_FUNCTION_NAME;
}

static const struct {
	const char *text;
	enum awk_token token;
} operators[] = {
	{ "+=", T_ADD_ASSIGN }, { "-=", T_SUB_ASSIGN }, { "*=", T_MUL_ASSIGN },
	{ "/=", T_DIV_ASSIGN }, { "%=", T_MOD_ASSIGN }, { "^=", T_POW_ASSIGN },
	{ "==", T_EQUAL },	{ "<=", T_LESS_EQUAL }, { ">=", T_GREATER_EQUAL },
	{ "!=", T_NOT_EQUAL },	{ "++", T_INCREMENT },	{ "--", T_DECREMENT },
	{ "&&", T_AND },	{ "||", T_OR },		{ ">>", T_APPEND },
	{ "!~", T_NO_MATCH },	{ "{", T_LBRACE },	{ "}", T_RBRACE },
	{ "(", T_LPAREN },	{ ")", T_RPAREN },	{ "[", T_LBRACKET },
	{ "]", T_RBRACKET },	{ ";", T_SEMICOLON },	{ ",", T_COMMA },
	{ "+", T_PLUS },	{ "-", T_MINUS },	{ "*", T_STAR },
	{ "/", T_SLASH },	{ "%", T_PERCENT },	{ "^", T_CARET },
	{ "!", T_NOT },		{ ">", T_GREATER },	{ "<", T_LESS },
	{ "|", T_PIPE },	{ "?", T_QUESTION },	{ ":", T_COLON },
	{ "~", T_TILDE },	{ "$", T_DOLLAR },	{ "=", T_ASSIGN },
};

void awk_next_token(struct awk *w)
{
	char c = '\0';

	for (;; w->at++) {
		c = at(w, 0);
		if (c == '\\' && at(w, 1) == '\n')
			w->at++;
		else if (c == '#')
			while (w->at + 1 < w->text.len && at(w, 1) != '\n')
				w->at++;
		else if (c != ' ' && c != '\t' && c != '\r')
			break;
	}
	if (w->at >= w->text.len) {
		w->token = T_END;
	} else if (c == '\n') {
		w->at++;
		w->token = T_NEWLINE;
	} else if (c == '"') {
		read_string(w);
	} else if (charclass_has(CHARCLASS_DIGIT, (unsigned char)c) ||
		   (c == '.' && charclass_has(CHARCLASS_DIGIT, (unsigned char)at(w, 1)))) {
		read_number(w);
	} else if (charclass_has(CHARCLASS_WORD, (unsigned char)c)) {
		read_word(w);
	} else {
		struct str rest = { w->text.ptr + w->at, w->text.len - w->at };

		for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
			if (str_has_prefix(rest, str_of(operators[i].text))) {
				w->token = operators[i].token;
				w->at += strlen(operators[i].text);
				return;
			}
		}
		awk_refuse(w, "a character that is not known");
	}
}

#pragma once

/*
 * shell/parser.h - text to ast. Private to shell/.
 *
 * Spec: POSIX.1-2017 XCU 2.2, 2.3, 2.10. Words are read and taken apart in one go;
 * reserved words are recognised by the grammar, at places where a command begins.
 * An error leaves by longjmp(): all that the parser makes lies in an arena.
 */

#include <setjmp.h>

#include "base/arena.h"
#include "shell/ast.h"

enum token_kind {
	TOKEN_NONE, /* nothing read ahead */
	TOKEN_END,
	TOKEN_NEWLINE,
	TOKEN_WORD,
	TOKEN_OPERATOR,
};

struct token {
	enum token_kind kind;
	struct word *word;
	struct str op;   /* as written: "&&", "<<-" */
	unsigned line;
	size_t start;    /* in the text */
	int io_number;   /* of a redirection, or -1 */
};

struct pending_here {
	struct redirect *redirect;
	struct str end;
	bool strip, quoted;
	struct pending_here *next;
};

struct parser {
	struct arena *arena;
	struct str text;
	size_t at;
	unsigned line;
	bool fixed_line; /* text of eval and the like: all of it stands at one line */
	bool bash;
	unsigned depth;
	struct token token;
	struct pending_here *pending, **pending_end;
	uint64_t taken, *total; /* characters read, of this text and the texts inside of it */
	jmp_buf fail;
	const char *reason;
	bool refused; /* what is wrong is ours: not modelled, or a limit */
};

/* Which characters end a word and which are special in it. */
enum word_mode {
	WORD_PLAIN,
	WORD_DOUBLE,       /* inside "" */
	WORD_BRACE,        /* ${x-...} */
	WORD_BRACE_DOUBLE, /* "${x-...}" */
	WORD_BRACE_PIECE,  /* bash: ${x/...}: ends also at '/' */
	WORD_BRACE_SLICE,  /* bash: ${x:...}: ends also at ':' */
	WORD_ARITH,        /* $((...)) */
	WORD_ARITH_FOR,    /* bash: ends also at ';' */
	WORD_HERE,
	WORD_INDEX,        /* bash: x[...] */
	WORD_REGEX,        /* bash: behind =~ */
};

_Noreturn void parser_fail(struct parser *p, const char *reason);
_Noreturn void parser_refuse(struct parser *p, const char *reason);
void parser_enter(struct parser *p);

int parser_peek(const struct parser *p, size_t ahead); /* -1 at the end */
void parser_take(struct parser *p);                    /* one character; counts lines */
bool parser_continuation(struct parser *p);            /* skips a backslash-newline */
void parser_blanks(struct parser *p);

struct word *parser_word(struct parser *p, enum word_mode mode);
void parser_dollar(struct parser *p, struct part *part, bool quoted, enum word_mode mode);
void parser_backquote(struct parser *p, struct part *part, bool in_double);
void parser_brace(struct parser *p, struct part *part, bool quoted);
struct word *parser_tildes(struct parser *p, struct word *w, bool assignment);
bool parser_is_name(struct str s);

struct token *parser_token(struct parser *p); /* looks ahead */
void parser_advance(struct parser *p);
bool parser_operator(struct parser *p, const char *op);
bool parser_keyword(struct parser *p, const char *word);
void parser_newlines(struct parser *p);

struct ast *parser_list(struct parser *p); /* NULL: empty */
struct ast *parser_command(struct parser *p);
struct ast *parser_compound(struct parser *p); /* NULL: no compound command here */
struct ast *parser_bash_compound(struct parser *p, struct str word);
struct cond *parser_cond(struct parser *p);
void parser_array(struct parser *p, struct assign *a);
struct redirect *parser_redirects(struct parser *p);
bool parser_redirect(struct parser *p, struct redirect ***end);
void *parser_new(struct parser *p, size_t size);
void parser_append(struct parser *p, void *list, size_t *n, void *item);

/*
 * The program in @text. *ret NULL: empty. Return: 0; 1 with *ret_line and
 * *ret_reason; *ret_refused: it may be right, but is not modelled.
 */
int parser_program(struct arena *arena, struct str text, unsigned line, bool fixed_line,
		   bool bash, struct ast **ret, unsigned *ret_line, const char **ret_reason,
		   bool *ret_refused);

/* Texts inside of what @outer reads; what is wrong in them is wrong in @outer. */
struct word *parser_text(struct parser *outer, struct str text, enum word_mode mode,
			 unsigned line);
struct ast *parser_inner_program(struct parser *outer, struct str text, unsigned line);

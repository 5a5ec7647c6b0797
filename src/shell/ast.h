#pragma once

/*
 * shell/ast.h - a script as the parser leaves it. Private to shell/.
 *
 * Everything lies in the session's arena and never changes. Lists are arrays, so
 * that a long script is wide, not deep: depth is what nests in the text.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

struct word;

enum part_kind {
	PART_TEXT,    /* literal */
	PART_PARAM,   /* $x, ${x...} */
	PART_COMMAND, /* $(...), `...` */
	PART_ARITH,   /* $((...)) */
	PART_TILDE,   /* ~ or ~user, unquoted at a place that counts */
};

enum param_op {
	PARAM_PLAIN,
	PARAM_LENGTH,       /* ${#x} */
	PARAM_DEFAULT,      /* - */
	PARAM_ASSIGN,       /* = */
	PARAM_ERROR,        /* ? */
	PARAM_OTHER,        /* + */
	PARAM_SUFFIX,       /* % */
	PARAM_SUFFIX_LONG,  /* %% */
	PARAM_PREFIX,       /* # */
	PARAM_PREFIX_LONG,  /* ## */
	PARAM_REPLACE,      /* bash: / */
	PARAM_REPLACE_ALL,  /* bash: // */
	PARAM_REPLACE_HEAD, /* bash: /# */
	PARAM_REPLACE_TAIL, /* bash: /% */
	PARAM_SLICE,        /* bash: :off:len */
	PARAM_UPPER,        /* bash: ^ */
	PARAM_UPPER_ALL,    /* bash: ^^ */
	PARAM_LOWER,        /* bash: , */
	PARAM_LOWER_ALL,    /* bash: ,, */
	PARAM_INDIRECT,     /* bash: ${!x} */
	PARAM_KEYS,         /* bash: ${!x[@]} */
	PARAM_NAMES,        /* bash: ${!x*} and ${!x@} */
	PARAM_BAD,          /* "bad substitution" when it is expanded */
};

struct part {
	enum part_kind kind;
	bool quoted;           /* inside "", or by '' or \ */
	struct str text;       /* TEXT; PARAM: the name; TILDE: the user */
	enum param_op op;
	bool colon;            /* :- and the like */
	struct word *index;    /* bash: x[...]; "@" and "*" as text */
	struct word *word;     /* PARAM: what follows the operator; ARITH: the expression */
	struct word *second;   /* replacement, length of a slice */
	struct ast *command;   /* COMMAND; NULL: empty */
	bool backquote;
};

struct word {
	struct part *parts;
	size_t n;
	unsigned line;
	bool plain;       /* one unquoted TEXT without a character that expands */
	bool any_quote;
	struct str text;  /* plain: the text */
};

enum redirect_kind {
	REDIRECT_IN,      /* < */
	REDIRECT_OUT,     /* > */
	REDIRECT_CLOBBER, /* >| */
	REDIRECT_APPEND,  /* >> */
	REDIRECT_BOTH,    /* <> */
	REDIRECT_DUP_IN,  /* <& */
	REDIRECT_DUP_OUT, /* >& */
	REDIRECT_HERE,    /* << and <<- */
	REDIRECT_STRING,  /* bash: <<< */
	REDIRECT_ALL,     /* bash: &> */
	REDIRECT_ALL_APPEND, /* bash: &>> */
};

struct redirect {
	enum redirect_kind kind;
	unsigned fd;
	unsigned line;
	struct word *word;    /* HERE: the text */
	struct redirect *next;
};

struct assign {
	struct str name;
	struct word *index;  /* bash: x[i]= */
	bool append;         /* bash: += */
	bool array;          /* bash: x=(...) */
	struct word *value;  /* NULL with @array */
	struct word **items; /* of an array */
	struct word **keys;  /* [i]=; NULL entries: the next */
	size_t n_items;
};

enum ast_kind {
	AST_SIMPLE,
	AST_PIPELINE,
	AST_AND_OR,
	AST_LIST,
	AST_SUBSHELL,
	AST_GROUP,
	AST_IF,
	AST_FOR,
	AST_CASE,
	AST_WHILE,
	AST_FUNCTION,
	AST_COND,      /* bash: [[ ]] */
	AST_ARITH,     /* bash: (( )) */
	AST_ARITH_FOR, /* bash: for ((;;)) */
};

/* bash: [[ ]] */
enum cond_kind { COND_WORD, COND_UNARY, COND_BINARY, COND_NOT, COND_AND, COND_OR };
struct cond {
	enum cond_kind kind;
	struct str op;
	struct word *left, *right;
	struct cond *a, *b;
};

struct case_item {
	struct word **patterns;
	size_t n_patterns;
	struct ast *body; /* NULL: empty */
	enum { CASE_BREAK, CASE_FALL, CASE_NEXT } end; /* ;;  ;&  ;;& */
};

struct ast {
	enum ast_kind kind;
	unsigned line;
	struct redirect *redirects;
	bool negate;     /* PIPELINE: ! */
	bool background; /* element of a LIST: & */
	bool is_or;      /* element of an AND_OR: || stands before it */
	bool until;      /* WHILE */
	bool in;         /* FOR: has "in" */
	bool declares;   /* SIMPLE: the command takes assignments as arguments */
	struct ast **items; /* PIPELINE, AND_OR, LIST; IF: test, body, test, body ... [else] */
	size_t n_items;
	struct word **words; /* SIMPLE; FOR; CASE: words[0] */
	size_t n_words;
	struct assign *assigns; /* SIMPLE */
	size_t n_assigns;
	struct str name;        /* FOR, FUNCTION */
	struct ast *test, *body; /* WHILE; FOR, SUBSHELL, GROUP, FUNCTION: body */
	struct case_item *cases;
	size_t n_cases;
	struct cond *cond;
	struct word *arith[3]; /* ARITH: [0] */
};

#pragma once

/*
 * shell/awk.h - what the files of awk share. Private to shell/.
 *
 * The awk is mawk, Debian's default: strings are bytes. Where gawk would answer
 * otherwise (characters beyond ASCII, intervals, the order of `for (k in a)`) it
 * refuses. Memory is an arena for the whole run, with a limit.
 */

#include <setjmp.h>

#include "base/strtab.h"
#include "shell/regex.h"
#include "shell/text_tool.h"

#define AWK_DEPTH_MAX 100u
#define AWK_CALLS_MAX 100u
#define AWK_STEPS_MAX 20000000u
#define AWK_MEMORY_MAX (256u << 20)

enum awk_token {
	T_END,
	T_NEWLINE,
	T_NUMBER,
	T_STRING,
	T_REGEX,
	T_NAME,
	T_FUNCTION_NAME,
	T_BUILTIN,
	T_BEGIN,
	T_END_PATTERN,
	T_FUNCTION,
	T_IF,
	T_ELSE,
	T_WHILE,
	T_FOR,
	T_DO,
	T_BREAK,
	T_CONTINUE,
	T_NEXT,
	T_NEXTFILE,
	T_EXIT,
	T_RETURN,
	T_DELETE,
	T_IN,
	T_GETLINE,
	T_PRINT,
	T_PRINTF,
	T_LBRACE,
	T_RBRACE,
	T_LPAREN,
	T_RPAREN,
	T_LBRACKET,
	T_RBRACKET,
	T_SEMICOLON,
	T_COMMA,
	T_PLUS,
	T_MINUS,
	T_STAR,
	T_SLASH,
	T_PERCENT,
	T_CARET,
	T_NOT,
	T_GREATER,
	T_LESS,
	T_PIPE,
	T_QUESTION,
	T_COLON,
	T_TILDE,
	T_NO_MATCH,
	T_DOLLAR,
	T_ASSIGN,
	T_ADD_ASSIGN,
	T_SUB_ASSIGN,
	T_MUL_ASSIGN,
	T_DIV_ASSIGN,
	T_MOD_ASSIGN,
	T_POW_ASSIGN,
	T_EQUAL,
	T_LESS_EQUAL,
	T_GREATER_EQUAL,
	T_NOT_EQUAL,
	T_INCREMENT,
	T_DECREMENT,
	T_AND,
	T_OR,
	T_APPEND,
};

enum awk_builtin {
	F_LENGTH,
	F_SUBSTR,
	F_INDEX,
	F_SPLIT,
	F_SUB,
	F_GSUB,
	F_MATCH,
	F_SPRINTF,
	F_INT,
	F_TOLOWER,
	F_TOUPPER,
	F_CLOSE,
	F_FFLUSH,
	F_REFUSED,
};

enum awk_kind {
	/* expressions; @a, @b, @d: operands */
	N_NUMBER,
	N_STRING,
	N_REGEX,
	N_VARIABLE,
	N_LOCAL,
	N_FIELD,
	N_INDEX,
	N_GROUP,
	N_ASSIGN,
	N_CONDITION,
	N_OR,
	N_AND,
	N_IN,
	N_MATCH,
	N_NO_MATCH,
	N_COMPARE,
	N_CONCAT,
	N_BINARY,
	N_NEGATE,
	N_PLUS,
	N_NOT,
	N_PRE,
	N_POST,
	N_CALL,
	N_BUILTIN,
	N_GETLINE,
	/* statements; linked by @next */
	N_BLOCK,
	N_EXPRESSION,
	N_PRINT,
	N_PRINTF,
	N_IF,
	N_WHILE,
	N_DO,
	N_FOR,
	N_FOR_IN,
	N_BREAK,
	N_CONTINUE,
	N_NEXT,
	N_NEXTFILE,
	N_EXIT,
	N_RETURN,
	N_DELETE,
};

struct awk_node {
	enum awk_kind kind;
	int op;		/* token of an operator, a builtin, a redirection */
	unsigned index; /* of a variable, a local, a function */
	double number;
	struct str text;
	struct regex *regex;
	struct awk_node *a, *b, *d, *e;
	struct awk_node *next; /* of a list: statements, arguments, subscripts */
};

enum awk_flags { AWK_NUMBER = 1, AWK_STRING = 2, AWK_MAYBE_NUMBER = 4 };

/* A scalar; flags 0: never set. MAYBE_NUMBER: input, a number if it looks like one. */
struct awk_value {
	double number;
	struct str text;
	unsigned flags;
};

struct awk_array;
struct awk_cell {
	enum { CELL_UNSET, CELL_SCALAR, CELL_ARRAY, CELL_REFERENCE } kind;
	struct awk_value value;
	struct awk_array *array;
	struct awk_cell *target; /* of a reference: an unset variable of a caller */
};

struct awk_array {
	struct strtab names;
	struct awk_cell *cells;
	bool *present;
	struct str *keys;
	uint32_t n, capacity, n_present;
	struct awk_array *next; /* of all, for release */
};

struct awk_function {
	struct str name;
	struct awk_node *body;
	struct str params[32];
	unsigned n_params;
	bool defined;
};

struct awk_rule {
	enum { RULE_BEGIN, RULE_MAIN, RULE_END } kind;
	struct awk_node *pattern, *to; /* NULL: always; @to: a range */
	struct awk_node *body;	       /* NULL: print */
	bool inside;
};

/* Variables with a meaning, in this order in awk->globals. */
enum awk_special {
	V_NF,
	V_NR,
	V_FNR,
	V_FS,
	V_OFS,
	V_ORS,
	V_RS,
	V_FILENAME,
	V_SUBSEP,
	V_RSTART,
	V_RLENGTH,
	V_CONVFMT,
	V_OFMT,
	V_ENVIRON,
	V_ARGC,
	V_ARGV,
	V_SPECIALS,
};

struct awk_stream {
	struct str name;
	bool output;
	struct str input; /* what is left */
	struct buf out;
};

enum awk_flow {
	FLOW_GO,
	FLOW_BREAK,
	FLOW_CONTINUE,
	FLOW_NEXT,
	FLOW_NEXTFILE,
	FLOW_EXIT,
	FLOW_RETURN
};

struct awk {
	struct shell_call *c;
	struct arena arena;
	struct error *err;
	/* program */
	struct str text;
	size_t at;
	enum awk_token token;
	struct str word;
	double number;
	bool newline_before, space_before;
	unsigned depth;
	struct awk_function functions[64], *current;
	unsigned n_functions;
	struct awk_rule rules[256];
	unsigned n_rules;
	struct str names[512];
	struct awk_cell globals[512];
	unsigned n_globals;
	/* run */
	struct awk_array *arrays;
	struct awk_cell *frame;
	unsigned calls;
	uint64_t steps;
	struct awk_value returned;
	struct str record;
	struct awk_value fields[4096]; /* 1 to n_fields; [0] unused */
	unsigned n_fields;
	bool split, rebuilt; /* fields follow @record; @record follows fields */
	struct str input;
	bool has_input;
	unsigned next_file;
	bool used_stdin;
	bool any_file;
	struct awk_stream streams[32];
	unsigned n_streams;
	struct {
		struct str pattern;
		struct regex *regex;
	} cache[64];
	unsigned n_cache;
	bool in_end;
	int status;
	int failed; /* -1: err is set, 1: refused */
	const char *reason;
	jmp_buf stop; /* out of any depth; nothing outside of the arena is held there */
};

/* Stops: refused with @reason (static text). */
_Noreturn void awk_refuse(struct awk *w, const char *reason);
_Noreturn void awk_fail(struct awk *w); /* w->err is set */

/* awk_lex.c */
void awk_next_token(struct awk *w);
void awk_read_regex(struct awk *w); /* at T_SLASH or T_DIV_ASSIGN: to T_REGEX */
struct str awk_unescape(struct awk *w, struct str text);
int awk_builtin_of(struct str word);

/* awk_expression.c */
struct awk_node *awk_node_new(struct awk *w, enum awk_kind kind, struct awk_node *a,
			      struct awk_node *b);
bool awk_takes(struct awk *w, enum awk_token token);
void awk_expect(struct awk *w, enum awk_token token);
void awk_skip_newlines(struct awk *w);
void awk_deeper(struct awk *w); /* the caller takes it back: w->depth-- */
struct awk_node *awk_read_name(struct awk *w);
struct awk_node *awk_read_list(struct awk *w, bool no_greater);
struct awk_function *awk_find_function(struct awk *w, struct str name);
struct awk_node *awk_read_expression(struct awk *w, bool no_greater, bool no_in);
struct awk_node *awk_read_concat(struct awk *w, bool no_greater, bool no_in);

/* awk_parse.c */
void awk_parse(struct awk *w);
unsigned awk_global(struct awk *w, struct str name);

/* awk_value.c */
struct awk_value awk_number(double n);
struct awk_value awk_string(struct str s);
struct awk_value awk_input(struct str s);
double awk_to_number(struct awk *w, const struct awk_value *v);
struct str awk_to_string(struct awk *w, const struct awk_value *v);
struct str awk_to_output(struct awk *w, const struct awk_value *v);
bool awk_to_bool(struct awk *w, const struct awk_value *v);
int awk_compare(struct awk *w, const struct awk_value *a, const struct awk_value *b);
bool awk_looks_numeric(struct awk *w, struct str s, double *ret);
struct str awk_concat(struct awk *w, struct str a, struct str b);
struct awk_array *awk_new_array(struct awk *w);
struct awk_cell *awk_element(struct awk *w, struct awk_array *a, struct str key, bool make);
void awk_delete(struct awk_array *a, struct str key);
void awk_clear(struct awk_array *a);
struct regex *awk_regex(struct awk *w, struct str pattern);
bool awk_search(struct awk *w, struct regex *re, struct str text, size_t from,
		struct regex_span *span);

/* awk_field.c */
void awk_set_record(struct awk *w, struct str record);
struct awk_value awk_field(struct awk *w, double n);
void awk_set_field(struct awk *w, double n, struct awk_value v);
unsigned awk_field_count(struct awk *w);
void awk_set_field_count(struct awk *w, double n);
unsigned awk_split(struct awk *w, struct str text, struct str separator,
		   void add(struct awk *w, void *context, struct str piece), void *context);
bool awk_next_record(struct awk *w, struct str *rest, struct str *ret);
bool awk_read_main(struct awk *w, struct str *ret);
struct awk_stream *awk_stream(struct awk *w, struct str name, bool output, bool append, int *ret);
void awk_put(struct awk *w, struct awk_stream *s, struct str text);
void awk_close_all(struct awk *w);
struct str awk_special_text(struct awk *w, enum awk_special v);
void awk_set_special(struct awk *w, enum awk_special v, struct awk_value value);

/* awk_builtin.c */
struct awk_value awk_call_builtin(struct awk *w, struct awk_node *node);
struct str awk_format(struct awk *w, struct str format, struct awk_value *args, unsigned n);

/* awk_run.c */
struct awk_value awk_evaluate(struct awk *w, struct awk_node *node);
void awk_assign(struct awk *w, struct awk_node *target, struct awk_value v);
struct awk_array *awk_array_of(struct awk *w, struct awk_node *node);
void awk_run(struct awk *w);

#pragma once

/* shell/regex_private.h - what the files of the regular expressions share. */

#include <stdint.h>

#include "shell/charclass.h"
#include "shell/regex.h"

#define REGEX_INSTRUCTIONS_MAX 30000u /* of one program: a{1000} is fine, nested ones end */
#define REGEX_DEPTH_MAX 100u	      /* of parentheses */
#define REGEX_REPEAT_MAX 32767u	      /* RE_DUP_MAX */
#define REGEX_STEPS_MAX 400000000u    /* of all searches with one expression */
#define REGEX_BACK_STEPS_MAX 4000000u /* with them */
#define REGEX_INVALID_BASE 0x110000u  /* character number of a byte that is no UTF-8 */

struct regex_range {
	uint32_t low, high;
};

struct regex_set {
	uint64_t bits[4];	    /* characters below 256 */
	struct regex_range *ranges; /* of those above ASCII */
	size_t n_ranges;
	uint32_t classes, not_classes; /* bits 1 << enum charclass, for those above ASCII */
	bool negated, icase, bytes;
};

enum regex_assertion {
	REGEX_BEGIN,	  /* ^ */
	REGEX_END,	  /* $ */
	REGEX_TEXT_BEGIN, /* \` */
	REGEX_TEXT_END,	  /* \' */
	REGEX_WORD_BEGIN,
	REGEX_WORD_END,
	REGEX_WORD_EDGE,
	REGEX_NO_WORD_EDGE,
};

enum regex_node_kind {
	NODE_EMPTY,
	NODE_CHAR,
	NODE_ANY,
	NODE_SET,
	NODE_CONCAT,
	NODE_EITHER,
	NODE_REPEAT,
	NODE_GROUP,
	NODE_ASSERT,
	NODE_BACK,
};

struct regex_node {
	enum regex_node_kind kind;
	uint32_t number;   /* character, assertion, group */
	uint32_t min, max; /* of a repetition; max UINT32_MAX: no end */
	const struct regex_set *set;
	struct regex_node *a, *b;
};

enum regex_op {
	OP_CHAR,
	OP_ANY,
	OP_SET,
	OP_ASSERT,
	OP_BACK,
	OP_SAVE,  /* position to slot x */
	OP_MARK,  /* begin of an iteration: position to loop x */
	OP_SPLIT, /* x first, then y */
	OP_LOOP,  /* as SPLIT, but y only if the iteration (loop z) took nothing */
	OP_JUMP,
	OP_MATCH,
};

struct regex_op_code {
	enum regex_op op;
	uint32_t x, y, z;
	const struct regex_set *set;
};

struct regex_thread {
	uint32_t pc;
	size_t start;
};

struct regex_threads {
	struct regex_thread *list;
	uint32_t *place; /* of a pc in list */
	uint32_t n;
};

struct regex {
	struct arena *arena;
	unsigned flags, n_groups, n_loops;
	bool has_back;
	struct regex_op_code *code;
	uint32_t n;
	bool first[256];  /* bytes that a match can begin with */
	bool maybe_empty; /* @first says nothing */
	const char *reason;
	/* memory of a search */
	struct regex_threads now, next;
	uint32_t *stack;
	size_t *loops;
	struct regex_way *ways;
	size_t ways_capacity;
	uint64_t *seen;
	size_t seen_capacity; /* words */
	uint64_t steps, spent; /* of this search, of those before */
};

/* One thing to try, or (pc == UINT32_MAX) a slot to restore. */
struct regex_way {
	uint32_t pc, slot;
	size_t at;
};

/* Parses into nodes; NULL with *ret_reason. */
struct regex_node *regex_parse(struct regex *re, struct str pattern, const char **ret_reason);
/* Parses a bracket expression: @at stands behind '['. NULL with *ret_reason. */
const struct regex_set *regex_parse_set(struct regex *re, struct str pattern, size_t *at,
					const char **ret_reason);
/* \w \W \s \S */
const struct regex_set *regex_class_set(struct regex *re, enum charclass class, bool negated);
enum charclass_answer regex_set_has(const struct regex_set *set, uint32_t c);

/* Emits code of @root. False if it gets too long. */
bool regex_emit(struct regex *re, const struct regex_node *root);

/* \n \t ... of sed and awk at pattern[*at], which is behind the backslash. */
bool regex_escape(struct str pattern, size_t *at, unsigned flags, uint32_t *ret);

uint32_t regex_decode(const struct regex *re, struct str text, size_t at, size_t *ret_len);
bool regex_assertion_holds(struct regex *re, enum regex_assertion a, struct str text, size_t at);

/* Groups of the match @from..@to that is known to be there (search without them). */
enum regex_answer regex_trace(struct regex *re, struct str text, size_t from, size_t to,
			      struct regex_span *spans, unsigned n_spans);
/* The longest match that begins at @from, by trying all ways. */
enum regex_answer regex_try(struct regex *re, struct str text, size_t from,
			    struct regex_span *spans, unsigned n_spans);

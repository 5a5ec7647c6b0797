#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tree/tree_private.h"

#define CAUSE_TEXT_MAX (1u << 20) /* bytes; who and what are names and positions */

void causes_init(struct tree *t)
{
	tree_cause_intern(t, (struct cause){ CAUSE_UNKNOWN, STR(""), STR("") });
}

void causes_release(struct tree *t)
{
	free(t->causes);
	strtab_release(&t->cause_ids);
}

cause_id tree_cause_intern(struct tree *t, struct cause cause)
{
	CLEANUP_BUF struct buf key = BUF_INIT(CAUSE_TEXT_MAX);
	struct str text;
	cause_id id;

	buf_add_char(&key, (char)cause.kind);
	buf_add_str(&key, cause.who);
	buf_add_char(&key, 0);
	buf_add_str(&key, cause.what);
	id = strtab_intern(&t->cause_ids, buf_str(&key), &text);
	if (id < t->n_causes)
		return id;
	MEM_GROW(t->causes, t->n_causes, t->cause_capacity);
	t->causes[t->n_causes++] = (struct cause){
		.kind = cause.kind,
		.who = { text.ptr + 1, cause.who.len },
		.what = { text.ptr + 1 + cause.who.len + 1, cause.what.len },
	};
	return id;
}

const struct cause *tree_cause(const struct tree *t, cause_id id)
{
	return &t->causes[id < t->n_causes ? id : 0];
}

uint32_t tree_cause_count(const struct tree *t)
{
	return t->n_causes;
}

#pragma once

/* attest/causes_keys_private.h - the list that keys of recipe and lock are put into. Private. */

#include "attest/causes_keys.h"

struct causes_list {
	struct arena *arena;
	struct causes_key *list;
	size_t n, capacity;
};

/* @key and @at lie in l->arena already; @value is copied, cut to a digest if it is long. */
void causes_list_add(struct causes_list *l, struct str key, struct str value, struct str at);
size_t causes_list_end(struct causes_list *l, struct causes_key **ret);
struct str causes_short_value(struct arena *arena, struct str value);

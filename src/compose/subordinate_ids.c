/*
 * Ranges of subordinate ids (subuid(5)), as useradd(8) gives them to people:
 * 65,536 ids each, the first at 100000, each after the last one that is taken.
 */

#include "compose/work.h"

#define SUBORDINATE_FIRST    100000u
#define SUBORDINATE_COUNT    65536u
#define SUBORDINATE_FILE_MAX (1u << 20) /* bytes */

struct range {
	struct str name;
	uint64_t first, count;
};

/* "name:first:count"; false for a line that is not. */
static bool parse_range(struct str line, struct range *ret)
{
	struct str rest = line, field[3];

	for (int i = 0; i < 3; i++) {
		if (!str_split(&rest, ':', &field[i]))
			return false;
	}
	ret->name = field[0];
	return str_parse_u64(field[1], &ret->first) && str_parse_u64(field[2], &ret->count) &&
	       ret->first <= UINT32_MAX && ret->count <= UINT32_MAX;
}

/* Where the next range begins; 0 if @user has one. */
static uint64_t next_first(struct str text, struct str user)
{
	uint64_t next = SUBORDINATE_FIRST;
	struct range r;
	struct str line;

	while (str_split(&text, '\n', &line)) {
		if (!parse_range(line, &r))
			continue;
		if (str_equal(r.name, user))
			return 0;
		if (r.first + r.count > next)
			next = r.first + r.count;
	}
	return next;
}

static int add_range(struct work *w, const char *path, const struct recipe_user *u,
		     struct error *err)
{
	struct node *n = tree_resolve(w->tree, str_of(path), /* follow_last= */ true);
	struct place at = work_place(w, u->pos);
	struct content content;
	struct bytes text;
	uint64_t first;

	if (!n || n->inode->kind != NODE_FILE)
		return 0;
	if (work_load(w, n, SUBORDINATE_FILE_MAX, &text, err) < 0)
		return -1;
	first = next_first(bytes_str(text), u->name);
	if (first == 0)
		return 0;
	content = content_of_bytes(str_bytes(str_of(arena_printf(
		tree_arena(w->tree), STR_FMT STR_FMT ":%llu:%u\n", STR_ARG(bytes_str(text)),
		STR_ARG(u->name), (unsigned long long)first, SUBORDINATE_COUNT))));
	tree_set_content(n, &content, at.cause);
	return 0;
}

int compose_subordinate_ids(struct work *w, const struct recipe_user *u, struct error *err)
{
	if (add_range(w, "etc/subuid", u, err) < 0)
		return -1;
	return add_range(w, "etc/subgid", u, err);
}

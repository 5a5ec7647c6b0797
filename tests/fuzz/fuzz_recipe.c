/*
 * Any bytes as a recipe: refused with a place, or a recipe whose canonical form
 * reads back as itself. Lines "=====" part it from what it includes.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "recipe/recipe_bind.h"
#include "recipe/recipe_check.h"
#include "recipe/recipe_format.h"
#include "recipe/recipe_merge.h"
#include "recipe/recipe_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PARTS_MAX 4

/* One file, composed with what it includes. */
static int compose_file(struct bytes text, const struct ydoc_node *const *parts, size_t n,
			struct arena *arena, struct ydoc_node **ret, struct error *err)
{
	struct ydoc_node *own;

	if (ydoc_parse(text, "recipes/web.yaml", LIMIT_RECIPE_SIZE, arena, &own, err) < 0 ||
	    recipe_check_document(own, STR(""), arena, err) < 0)
		return -1;
	return recipe_merge(own, parts, n, arena, ret, err);
}

/* A recipe as recipe_load() does it, but for the files beside it. */
static int load(struct bytes text, struct recipe *r, struct error *err)
{
	static const char line[] = "\n=====\n";
	const struct ydoc_node *parts[PARTS_MAX];
	struct ydoc_node *composed;
	const uint8_t *cut;
	size_t n = 0;

	while (n < PARTS_MAX && text.len &&
	       (cut = memmem(text.ptr, text.len, line, sizeof(line) - 1))) {
		const uint8_t *rest = cut + sizeof(line) - 1;

		if (compose_file((struct bytes){ text.ptr, (size_t)(cut - text.ptr) }, NULL, 0,
				 &r->arena, &composed, err) < 0)
			return -1;
		parts[n++] = composed;
		text = (struct bytes){ rest, text.len - (size_t)(rest - text.ptr) };
	}
	if (compose_file(text, parts, n, &r->arena, &composed, err) < 0 ||
	    recipe_check_composed(composed, err) < 0)
		return -1;
	recipe_bind(composed, r);
	return rules_check_recipe(r, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct recipe r = { 0 }, again = { 0 };
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf first = BUF_INIT(1u << 28), second = BUF_INIT(1u << 28);

	if (load((struct bytes){ data, size }, &r, &err) < 0) {
		assert(err.pos.file && err.message[0]);
		/* A recipe that lost its place would be no help. */
		assert(err.code / 100 == 3 || err.code == ERR_LIMIT);
		arena_release(&r.arena);
		return 0;
	}
	recipe_format(&r, &first);
	if (load(buf_bytes(&first), &again, &err) < 0)
		abort();
	recipe_format(&again, &second);
	assert(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
	arena_release(&r.arena);
	arena_release(&again.arena);
	return 0;
}

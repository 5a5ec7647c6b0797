/*
 * Any bytes as a recipe: refused with a place, or a recipe whose canonical form
 * reads back as itself.
 */
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

/* A recipe without its includes and files, as recipe_load() does it. */
static int load(struct bytes text, struct recipe *r, struct error *err)
{
	struct ydoc_node *own, *composed;

	if (ydoc_parse(text, "recipes/web.yaml", LIMIT_RECIPE_SIZE, &r->arena, &own, err) < 0 ||
	    recipe_check_document(own, STR(""), &r->arena, err) < 0 ||
	    recipe_merge(own, NULL, 0, &r->arena, &composed, err) < 0 ||
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

#include <stdlib.h>

#include "attest/causes_keys.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "pipeline/statement_parts.h"

struct fact_list {
	struct arena *arena;
	struct causes_fact *list;
	size_t n, capacity;
};

static void add(struct fact_list *f, const char *name, char *value)
{
	ARENA_GROW(f->arena, f->list, f->n, f->capacity);
	f->list[f->n++] = (struct causes_fact){ str_of(name), str_of(value) };
}

static int by_name(const void *a, const void *b)
{
	return str_compare(((const struct causes_fact *)a)->name,
			   ((const struct causes_fact *)b)->name);
}

static void list_facts(const struct building *b, const struct recipe_target *t,
		       const struct oci_layer_input *layers, size_t n_layers, struct fact_list *f)
{
	struct provenance_version *formats;
	size_t n = statement_formats(t, f->arena, &formats);

	for (size_t i = 0; i < n; i++)
		add(f, arena_printf(f->arena, "format " STR_FMT, STR_ARG(formats[i].name)),
		    arena_printf(f->arena, "%u", formats[i].version));
	for (size_t i = 0; i < n_layers; i++)
		add(f, arena_printf(f->arena, "layer %03zu", i + 1),
		    arena_strdup(f->arena, layers[i].name));
	if (statement_is_compressed(t))
		add(f, "compressors", arena_printf(f->arena, "%s", compress_versions()));
	add(f, "epoch", arena_printf(f->arena, "%lld", (long long)b->lock->epoch));
	add(f, "evaluator", arena_printf(f->arena, "%u", b->lock->evaluator));
	add(f, "output format", arena_printf(f->arena, "%d", OUTPUT_FORMAT));
	add(f, "version", arena_strdup(f->arena, b->recipe->version));
	qsort(f->list, f->n, sizeof(*f->list), by_name);
}

/* Where the recipe asks for @name, for all targets or for this one. */
static struct str asked_at(const struct recipe *r, const struct recipe_target *t, struct str name,
			   struct arena *arena)
{
	const struct recipe_package *lists[] = { t->packages, r->packages };
	const size_t counts[] = { t->n_packages, r->n_packages };

	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < counts[i]; k++)
			if (str_equal(lists[i][k].name, name) && lists[i][k].pos.file)
				return str_of(arena_printf(arena, "%s:%u", lists[i][k].pos.file,
							   lists[i][k].pos.line));
	return STR("");
}

static size_t list_packages(const struct building *b, const struct recipe_target *t,
			    const struct lock_architecture *a, struct str path, struct bytes text,
			    struct arena *arena, struct causes_package **ret)
{
	struct causes_package *list = arena_array(arena, a->n_packages, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < a->n_packages; i++) {
		const struct lock_package *p = &a->packages[i];

		if (!statement_has_package(t, p))
			continue;
		list[n++] = (struct causes_package){
			.name = p->name,
			.version = p->version,
			.architecture = p->architecture,
			.source = p->source,
			.source_version = p->source_version,
			.digest = p->digest,
			.at = causes_lock_line(text, path, a->name, p->name, arena),
			.why = p->why,
			.asked = asked_at(b->recipe, t, p->name, arena),
		};
	}
	*ret = list;
	return n;
}

void statement_causes(const struct building *b, const struct recipe_target *t,
		      struct str architecture, const struct tree *tree,
		      const struct oci_layer_input *layers, size_t n_layers, struct buf *to)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_LOCK_SIZE);
	CLEANUP_FREE char *recipe_path = mem_str(b->recipe->path);
	CLEANUP_FREE char *lock_path = workspace_lock_path(recipe_path);
	struct fact_list facts = { .arena = &arena };
	struct causes c = { .recipe = b->recipe->path,
			    .target = t->name,
			    .architecture = architecture };

	lock_format(b->lock, &text);
	list_facts(b, t, layers, n_layers, &facts);
	c.facts = facts.list;
	c.n_facts = facts.n;
	c.n_keys = causes_all_keys(b->recipe, b->lock, str_of(lock_path), buf_bytes(&text), &arena,
				   &c.keys);
	c.n_packages = list_packages(b, t, lock_architecture(b->lock, architecture),
				     str_of(lock_path), buf_bytes(&text), &arena, &c.packages);
	causes_write(&c, tree, to);
}

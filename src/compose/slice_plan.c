/*
 * Which source packages share a layer.
 *
 * A layer that holds one source package changes only with it, and is the same
 * blob in every image that has it; so the largest get one each. The small ones
 * share what is left of the budget, grouped so that those which change together
 * lie together: the Essential set first, then the others, then what has been
 * updated since the release. Once made, the plan stays: see keep_plan().
 */

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/strtab.h"
#include "compose/compose.h"

#define FIXED_SLICES 2u /* generated, recipe */
#define NO_SLICE     UINT32_MAX

enum source_class { SOURCE_ESSENTIAL, SOURCE_OTHER, SOURCE_UPDATED };

struct source_package {
	struct str name;
	uint64_t size; /* bytes of its packages, all architectures */
	enum source_class class;
	uint32_t slice;
};

struct slice_planning {
	struct lock *lock;
	const struct slice_budget *budget;
	struct source_package *sources; /* sorted by name */
	uint32_t n;
	uint32_t max_slices; /* for packages */
	struct str *names;   /* of the slices; max_slices long */
	uint64_t *loads;     /* bytes in each slice */
	uint32_t n_slices;
};

static int compare_names(const void *x, const void *y)
{
	const struct source_package *a = x, *b = y;

	return str_compare(a->name, b->name);
}

static int compare_sizes(const void *x, const void *y)
{
	const struct source_package *a = *(struct source_package *const *)x;
	const struct source_package *b = *(struct source_package *const *)y;

	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return str_compare(a->name, b->name);
}

static int compare_classes(const void *x, const void *y)
{
	const struct source_package *a = *(struct source_package *const *)x;
	const struct source_package *b = *(struct source_package *const *)y;

	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	return str_compare(a->name, b->name);
}

/* A recipe lists the release first, then what updates it. */
static bool is_updated(const struct lock *l, const struct lock_package *p)
{
	for (size_t i = 0; i < l->n_suites; i++) {
		if (str_equal(l->suites[i].source, p->archive))
			return !str_equal(l->suites[i].suite, p->suite);
	}
	return false;
}

/* Whether any layer will hold it. */
static bool has_layer(const struct slice_budget *b, const struct lock_package *package)
{
	bool in_layers = b->n_targets == 0;

	for (size_t i = 0; i < b->n_targets && !in_layers; i++)
		in_layers = lock_package_in(package, b->targets[i]);
	return in_layers && (b->essential || !str_equal(package->why, STR("essential")));
}

static void add_package(struct slice_planning *p, struct strtab *index,
			const struct lock_package *package)
{
	uint32_t i = strtab_intern(index, package->source, NULL);
	struct source_package *s = &p->sources[i];

	if (i == p->n)
		p->sources[p->n++] = (struct source_package){
			.name = package->source, .class = SOURCE_OTHER, .slice = NO_SLICE };
	if (has_layer(p->budget, package))
		s->size += package->size;
	if (package->essential)
		s->class = SOURCE_ESSENTIAL;
	else if (s->class == SOURCE_OTHER && is_updated(p->lock, package))
		s->class = SOURCE_UPDATED;
}

static void collect_sources(struct slice_planning *p)
{
	CLEANUP_STRTAB struct strtab index = STRTAB_INIT;
	size_t total = 0;

	for (size_t a = 0; a < p->lock->n_architectures; a++)
		total += p->lock->architectures[a].n_packages;
	p->sources = mem_array(total + 1, sizeof(*p->sources));
	for (size_t a = 0; a < p->lock->n_architectures; a++) {
		const struct lock_architecture *arch = &p->lock->architectures[a];

		for (size_t i = 0; i < arch->n_packages; i++)
			if (!arch->packages[i].boot_only)
				add_package(p, &index, &arch->packages[i]);
	}
	qsort(p->sources, p->n, sizeof(*p->sources), compare_names);
}

/* The sources without a slice, by @compare. *ret: free(). */
static uint32_t unplanned(const struct slice_planning *p, struct source_package ***ret,
			  int (*compare)(const void *, const void *))
{
	struct source_package **list = mem_array(p->n + 1, sizeof(struct source_package *));
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n; i++) {
		if (p->sources[i].slice == NO_SLICE)
			list[n++] = &p->sources[i];
	}
	qsort(list, n, sizeof(struct source_package *), compare);
	*ret = list;
	return n;
}

static void put_in(struct slice_planning *p, struct source_package *s, uint32_t slice)
{
	s->slice = slice;
	p->loads[slice] += s->size;
}

static void open_slice(struct slice_planning *p, uint32_t slice, struct source_package *s)
{
	p->names[slice] = arena_str(&p->lock->arena, s->name);
	if (slice == p->n_slices)
		p->n_slices++;
	put_in(p, s, slice);
}

/* The small ones, in runs of about equal size. */
static void share(struct slice_planning *p, uint32_t n_shared)
{
	struct source_package **list;
	uint32_t n = unplanned(p, &list, compare_classes), first = p->n_slices;
	uint64_t total = 0, before = 0;

	for (uint32_t i = 0; i < n; i++)
		total += list[i]->size;
	for (uint32_t i = 0; i < n_shared; i++)
		p->names[first + i] = str_of(arena_printf(&p->lock->arena, "shared-%u", i + 1));
	p->n_slices += n_shared;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t twice_middle = 2 * before + list[i]->size;
		uint32_t bin = total ? (uint32_t)(twice_middle * n_shared / (2 * total)) : 0;

		before += list[i]->size;
		put_in(p, list[i], first + (bin < n_shared ? bin : n_shared - 1));
	}
	free(list);
}

static void make_plan(struct slice_planning *p)
{
	struct source_package **list;
	uint32_t n = unplanned(p, &list, compare_sizes), n_own = n, n_shared = 0;

	if (n > p->max_slices) {
		n_shared = p->max_slices / 3 ? p->max_slices / 3 : 1;
		n_own = p->max_slices - n_shared;
	}
	for (uint32_t i = 0; i < n_own; i++)
		open_slice(p, p->n_slices, list[i]);
	free(list);
	if (n_shared > 0)
		share(p, n_shared);
}

static struct source_package *find_source(const struct slice_planning *p, struct str name)
{
	struct source_package key = { .name = name };

	return bsearch(&key, p->sources, p->n, sizeof(key), compare_names);
}

/* With a smaller budget the topmost slices become one; the others stay as they are. */
static void take_old(struct slice_planning *p, const struct lock *old)
{
	p->n_slices = old->n_slices < p->max_slices ? (uint32_t)old->n_slices : p->max_slices;
	for (uint32_t i = 0; i < p->n_slices; i++)
		p->names[i] = arena_str(&p->lock->arena, old->slices[i]);
	for (size_t a = 0; a < old->n_architectures; a++) {
		const struct lock_architecture *arch = &old->architectures[a];

		for (size_t i = 0; i < arch->n_packages; i++) {
			struct source_package *s = find_source(p, arch->packages[i].source);
			uint32_t slice = arch->packages[i].slice;

			if (s && !arch->packages[i].boot_only && s->slice == NO_SLICE &&
			    slice < old->n_slices)
				put_in(p, s, slice < p->n_slices ? slice : p->n_slices - 1);
		}
	}
}

static bool is_empty(const struct slice_planning *p, uint32_t slice)
{
	for (uint32_t i = 0; i < p->n; i++) {
		if (p->sources[i].slice == slice)
			return false;
	}
	return true;
}

/*
 * The last slice that stays about as large as the largest at most; if there is
 * none, the last. An eighth more is no reason to break up a slice of one source.
 */
static uint32_t slice_with_room(const struct slice_planning *p, uint64_t size)
{
	uint64_t limit = 0;

	for (uint32_t i = 0; i < p->n_slices; i++)
		limit = p->loads[i] > limit ? p->loads[i] : limit;
	limit += limit / 8;
	for (uint32_t i = p->n_slices; i-- > 0;) {
		if (p->loads[i] + size <= limit)
			return i;
	}
	return p->n_slices - 1;
}

static void place_new(struct slice_planning *p, struct source_package *s)
{
	for (uint32_t i = 0; i < p->n_slices; i++) {
		if (is_empty(p, i)) {
			open_slice(p, i, s);
			return;
		}
	}
	if (p->n_slices < p->max_slices)
		open_slice(p, p->n_slices, s);
	else
		put_in(p, s, slice_with_room(p, s->size));
}

/* Nothing moves: a new source rewrites one layer at most. */
static void keep_plan(struct slice_planning *p, const struct lock *old)
{
	struct source_package **list;
	uint32_t n;

	take_old(p, old);
	n = unplanned(p, &list, compare_sizes);
	for (uint32_t i = 0; i < n; i++)
		place_new(p, list[i]);
	free(list);
}

static void store_plan(const struct slice_planning *p)
{
	struct lock *l = p->lock;

	for (size_t a = 0; a < l->n_architectures; a++) {
		struct lock_architecture *arch = &l->architectures[a];

		for (size_t i = 0; i < arch->n_packages; i++) {
			struct lock_package *k = &arch->packages[i];

			k->slice = k->boot_only ? 0 : find_source(p, k->source)->slice;
		}
	}
	l->slices = arena_array(&l->arena, p->n_slices + 1, sizeof(*l->slices));
	for (uint32_t i = 0; i < p->n_slices; i++)
		l->slices[i] = p->names[i];
	l->n_slices = p->n_slices;
}

int compose_plan_slices(struct lock *lock, const struct lock *old,
			const struct slice_budget *budget, struct error *err)
{
	struct slice_planning p = { .lock = lock, .budget = budget };
	uint32_t layers = budget->layers;

	if (layers < FIXED_SLICES + 1) {
		err_set(err, ERR_LAYER_BUDGET,
			"a budget of %u layers is too small: packages, generated files and the "
			"recipe's files need %u", layers, FIXED_SLICES + 1);
		return err_hint(err, "set 'layers: %u' or more", FIXED_SLICES + 1);
	}
	p.max_slices = (layers < LIMIT_LAYERS ? layers : LIMIT_LAYERS) - FIXED_SLICES;
	p.names = mem_array(p.max_slices, sizeof(*p.names));
	p.loads = mem_array(p.max_slices, sizeof(*p.loads));
	collect_sources(&p);
	if (old && old->n_slices > 0)
		keep_plan(&p, old);
	else
		make_plan(&p);
	store_plan(&p);
	free(p.names);
	free(p.loads);
	free(p.sources);
	return 0;
}

#include "pipeline/assemble.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/workers.h"
#include "pipeline/effects_store.h"
#include "pipeline/places.h"
#include "pipeline/refusals.h"

static char *file_name(const struct lock_package *p, struct arena *arena)
{
	size_t slash = p->path.len;

	while (slash && p->path.ptr[slash - 1] != '/')
		slash--;
	return arena_strdup(arena, (struct str){ p->path.ptr + slash, p->path.len - slash });
}

static int fetch_missing(struct context *c, const struct lock *lock,
			 const struct lock_architecture *a, bool even_if_decoded,
			 struct arena *arena, uint64_t *ret_bytes, struct error *err)
{
	struct fetch_item *items = arena_array(arena, a->n_packages, sizeof(*items));
	struct context_fetch slot;
	struct fetch_options options = context_fetch_options(c, PHASE_FETCH, &slot);
	size_t n = 0;

	*ret_bytes = 0;
	for (size_t i = 0; i < a->n_packages; i++) {
		const struct lock_package *p = &a->packages[i];

		if (stage_has(c->stage, &p->digest) ||
		    (!even_if_decoded && pack_is_decoded(c->stage, PACK_DEB, &p->digest)))
			continue;
		items[n].what = arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(p->name),
					     STR_ARG(p->version));
		items[n].has_digest = true;
		items[n].digest = p->digest;
		items[n].size = p->size;
		/* Offline there is no need for a place, and the error must be E0602. */
		if (!c->offline &&
		    places_of_package(c, lock, p, arena, &items[n].urls, &items[n].n_urls, err) < 0)
			return -1;
		*ret_bytes += p->size;
		n++;
	}
	return n ? fetch_all(c->stage, items, n, &options, err) : 0;
}

struct opening {
	struct context *context;
	struct package_set *set;
	size_t n_missing; /* packs that must be decoded: what is worth showing */
	atomic_size_t n_decoded;
};

static int open_one(void *context, size_t i, struct error *err)
{
	struct opening *o = context;
	const struct lock_package *p = &o->set->locked->packages[i];
	CLEANUP_ARENA struct arena scratch = ARENA_INIT;
	bool hit = false;

	if (pack_open(o->context->stage, PACK_DEB, &p->digest, file_name(p, &scratch),
		      &o->set->packs[i], &hit, err) < 0)
		return err_while(err, "decoding package '" STR_FMT "' " STR_FMT, STR_ARG(p->name),
				 STR_ARG(p->version));
	if (pack_check_identity(o->set->packs[i], p->name, p->version, p->architecture, err) < 0)
		return -1;
	if (!hit)
		context_progress(o->context, PHASE_PACKS, ++o->n_decoded, o->n_missing, 0, 0);
	return 0;
}

static int open_packs(struct context *c, struct package_set *s, struct error *err)
{
	struct opening o = { .context = c, .set = s };
	size_t n = s->locked->n_packages;

	for (size_t i = 0; i < n; i++)
		o.n_missing += !pack_is_decoded(c->stage, PACK_DEB, &s->locked->packages[i].digest);
	s->packs = mem_array(n, sizeof(*s->packs));
	context_progress(c, PHASE_PACKS, 0, o.n_missing, 0, 0);
	if (workers_run(c->n_threads, n, open_one, &o, err) < 0)
		return -1;
	s->n_decoded = o.n_decoded;
	s->n_hits = n - s->n_decoded;
	context_detail(c, "packages for " STR_FMT ": %zu decoded now, %zu from the stage",
		       STR_ARG(s->locked->name), s->n_decoded, s->n_hits);
	return 0;
}

int package_set_open(struct context *c, const struct lock *lock, struct str architecture,
		     struct package_set *ret, struct error *err)
{
	CLEANUP_PACKAGE_SET struct package_set s = { .lock = lock };

	s.locked = lock_architecture(lock, architecture);
	assert(s.locked);
	if (context_need_stage(c, err) < 0 ||
	    fetch_missing(c, lock, s.locked, false, &s.arena, &s.bytes_fetched, err) < 0 ||
	    open_packs(c, &s, err) < 0)
		return -1;
	*ret = s;
	s = (struct package_set){ 0 };
	return 0;
}

int package_set_fetch(struct context *c, const struct lock *lock, struct str architecture,
		      bool even_if_decoded, uint64_t *ret_bytes, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	const struct lock_architecture *a = lock_architecture(lock, architecture);

	assert(a);
	if (context_need_stage(c, err) < 0)
		return -1;
	return fetch_missing(c, lock, a, even_if_decoded, &arena, ret_bytes, err);
}

void package_set_release(struct package_set *s)
{
	for (size_t i = 0; s->packs && i < s->locked->n_packages; i++)
		pack_free(s->packs[i]);
	free(s->packs);
	arena_release(&s->arena);
	*s = (struct package_set){ 0 };
}

bool package_is_kept(const struct recipe *r, const struct lock_package *p)
{
	return r->essential || !str_equal(p->why, STR("essential"));
}

static void list_packages(const struct recipe *r, const struct recipe_target *target,
			  const struct package_set *set, struct arena *arena,
			  struct compose_input *in)
{
	struct debian_package *list = arena_array(arena, set->locked->n_packages, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < set->locked->n_packages; i++) {
		const struct lock_package *p = &set->locked->packages[i];

		if (!lock_package_in(p, target->name))
			continue;
		list[n++] = (struct debian_package){
			.name = p->name,
			.version = p->version,
			.architecture = p->architecture,
			.essential = p->essential,
			.automatic = !str_equal(p->why, STR("recipe")),
			.kept = package_is_kept(r, p),
			.pack = set->packs[i],
		};
	}
	in->packages = list;
	in->n_packages = n;
}

enum assemble_how { ASSEMBLE_REPLAY, ASSEMBLE_EVALUATE, ASSEMBLE_ONLY_EFFECTS };

static int assemble(struct context *c, const struct recipe *r, const struct recipe_target *target,
		    const struct lock *lock, const struct package_set *set,
		    const struct inputs *in, enum assemble_how how, struct assembly *a,
		    struct error *err)
{
	struct compose_file *files;
	struct content *certificates;

	a->input = (struct compose_input){ .recipe = r,
					   .target = target,
					   .lock = lock,
					   .architecture = set->locked->name,
					   .epoch = lock->epoch,
					   .only_effects = how == ASSEMBLE_ONLY_EFFECTS,
					   .reader = stage_reader(c->stage),
					   .stopwatch = &c->stopwatch };
	list_packages(r, target, set, &a->arena, &a->input);
	if (inputs_stage(c, r, in, &a->arena, &a->archives, &files, &certificates, err) < 0)
		return -1;
	a->input.files = files;
	a->input.certificates = certificates;
	if (how == ASSEMBLE_REPLAY &&
	    effects_load(c, lock, set->locked->name, target->name, &a->arena, &a->input.effects,
			 err) < 0)
		return -1;
	if (compose(&a->input, &a->arena, &a->output, err) < 0)
		return err_while(err, "composing target '" STR_FMT "' for " STR_FMT,
				 STR_ARG(target->name), STR_ARG(a->input.architecture));
	return 0;
}

/* The object was gone: what was evaluated instead must be it. */
static int check_again(struct context *c, const struct recipe *r, const struct package_set *set,
		       const struct assembly *a, struct error *err)
{
	CLEANUP_REFUSALS struct refusals *refusals = NULL;
	const struct debian_report *report = &a->output.report;
	struct str target = a->input.target->name;
	struct digest digest;

	if (!report->evaluated)
		return 0;
	refusals = refusals_new(r);
	if (refusals_add(refusals, c, r, report, target, set, err) < 0 ||
	    refusals_fail(&refusals, c, r, err) < 0 ||
	    effects_compare(a->input.lock, a->input.architecture, target, report->effects, err) < 0)
		return -1;
	context_detail(c, "effects of target '" STR_FMT "' were evaluated again", STR_ARG(target));
	return stage_put(c->stage, report->effects, &digest, err);
}

int assembly_make(struct context *c, const struct recipe *r, const struct recipe_target *target,
		  const struct lock *lock, const struct package_set *set, const struct inputs *in,
		  struct assembly *ret, struct error *err)
{
	CLEANUP_ASSEMBLY struct assembly a = { 0 };

	if (assemble(c, r, target, lock, set, in, ASSEMBLE_REPLAY, &a, err) < 0 ||
	    check_again(c, r, set, &a, err) < 0)
		return -1;
	*ret = a;
	a = (struct assembly){ 0 };
	return 0;
}

int assembly_evaluate(struct context *c, const struct recipe *r,
		      const struct recipe_target *target, const struct lock *lock,
		      const struct package_set *set, const struct inputs *in,
		      struct assembly *ret, struct error *err)
{
	CLEANUP_ASSEMBLY struct assembly a = { 0 };

	if (assemble(c, r, target, lock, set, in, ASSEMBLE_EVALUATE, &a, err) < 0)
		return -1;
	*ret = a;
	a = (struct assembly){ 0 };
	return 0;
}

int assembly_check_effects(struct context *c, const struct recipe *r,
			   const struct recipe_target *target, const struct lock *lock,
			   const struct package_set *set, const struct inputs *in,
			   struct error *err)
{
	CLEANUP_ASSEMBLY struct assembly a = { 0 };
	const struct debian_report *report = &a.output.report;

	if (assemble(c, r, target, lock, set, in, ASSEMBLE_ONLY_EFFECTS, &a, err) < 0)
		return -1;
	if (report->n_refusals)
		return err_set(err, ERR_SCRIPT, "%zu commands of scripts can't be evaluated, and "
			       "nobody has answered them", report->n_refusals);
	return effects_compare(lock, a.input.architecture, target->name, report->effects, err);
}

void assembly_release(struct assembly *a)
{
	tree_free(a->output.tree);
	pack_list_release(&a->archives);
	arena_release(&a->arena);
	*a = (struct assembly){ 0 };
}

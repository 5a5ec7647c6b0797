#include "debian/debian.h"

#include "debian/firstboot.h"
#include "debian/install.h"
#include "debian/replay.h"
#include "debian/unpack.h"

cause_id debian_rule(struct debian *d, const char *rule)
{
	return tree_cause_intern(d->tree, (struct cause){ CAUSE_RULE, str_of(rule), STR("") });
}

int debian_read(struct debian *d, struct str path, struct str *ret, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DEBIAN_SCRIPT_MAX);
	struct node *node = tree_resolve(d->tree, path, true);

	if (!node || node->inode->kind != NODE_FILE)
		return DEBIAN_ABSENT;
	if (content_load(d->options->reader, &node->inode->content, &text, err) < 0)
		return err_while(err, "reading '" STR_FMT "' of the image", STR_ARG(path));
	*ret = arena_str(d->arena, buf_str(&text));
	return 0;
}

static struct debian state_for(struct tree *t, const struct debian_options *options,
			       struct arena *arena)
{
	return (struct debian){
		.tree = t,
		.options = options,
		.arena = arena,
		.exclude = { options->exclude, options->n_exclude },
	};
}

/* Evaluates in a tree of its own; *ret_digest is that tree's. */
static int evaluate(const struct debian_package *packages, size_t n,
		    const struct debian_options *options, struct arena *arena,
		    struct debian_report *report, struct digest *ret_digest, struct error *err)
{
	CLEANUP_TREE struct tree *scratch = tree_new();
	struct debian d = state_for(scratch, options, arena);

	(void)stopwatch_begin(options->stopwatch, LAP_EVALUATE);
	if (debian_order(&d, packages, n, err) < 0 ||
	    debian_evaluate(&d, &report->effects, err) < 0)
		return -1;
	report->evaluated = true;
	report->refusals = d.run->refusals;
	report->n_refusals = d.run->n_refusals;
	report->answer_used = d.run->answer_used;
	report->coverage = d.run->coverage;
	(void)stopwatch_begin(options->stopwatch, LAP_CHECK);
	*ret_digest = tree_digest(scratch, options->epoch);
	return 0;
}

static int replay(struct debian *d, const struct debian_report *report,
		  const struct digest *evaluated, struct error *err)
{
	struct digest digest;

	(void)stopwatch_begin(d->options->stopwatch, LAP_APPLY);
	if (unpack_merge_usr(d, err) < 0 || debian_replay(d, report->effects, err) < 0)
		return -1;
	if (!report->evaluated)
		return 0;
	(void)stopwatch_begin(d->options->stopwatch, LAP_CHECK);
	digest = tree_digest(d->tree, d->options->epoch);
	if (!digest_equal(&digest, evaluated))
		return err_set(err, ERR_BUG,
			       "the effects object does not give the tree that it was made from");
	return 0;
}

static int fill_report(struct debian *d, struct debian_report *report, struct error *err)
{
	struct accounts *a;

	if (accounts_open(d, &a, err) < 0)
		return -1;
	accounts_ids(a, d->arena, &report->ids, &report->n_ids);
	report->wanted = d->wanted;
	report->n_wanted = d->n_wanted;
	report->first_boot = d->at_first_boot;
	report->n_first_boot = d->n_at_first_boot;
	return 0;
}

int debian_install(struct tree *t, const struct debian_package *packages, size_t n,
		   const struct debian_options *options, struct arena *arena,
		   struct debian_report *ret, struct error *err)
{
	struct debian_report report = { .effects = options->effects };
	struct debian d = state_for(t, options, arena);
	struct digest evaluated;
	int r = 0;

	if (!report.effects.ptr)
		r = evaluate(packages, n, options, arena, &report, &evaluated, err);
	if (r == 0 && (debian_order(&d, packages, n, err) < 0 ||
		       replay(&d, &report, &evaluated, err) < 0))
		r = -1;
	(void)stopwatch_begin(options->stopwatch, LAP_DATABASES);
	if (r == 0 && (debian_clean_up(&d, err) < 0 || debian_database(&d, err) < 0 ||
		       fill_report(&d, &report, err) < 0))
		r = -1;
	(void)stopwatch_begin(options->stopwatch, LAP_OTHER);
	if (r == 0)
		*ret = report;
	return r;
}

static bool is_wanted(const struct debian_wanted *w, const struct generator *g)
{
	return str_equal_cstr(w->generator, g->name);
}

/* Made whether a script has asked for it or not: the recipe may have added to it. */
static const struct {
	const char *generator, *package;
} always[] = {
	{ "certificates", "ca-certificates" },
	{ "ldconfig", "libc-bin" },
};

static int run_unwanted(struct debian *d, const struct generator *g, struct error *err)
{
	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
		if (strcmp(g->name, always[i].generator) == 0 &&
		    debian_find(d, str_of(always[i].package)))
			return g->run(d, STR(""), debian_rule(d, g->name), err);
	return 0;
}

static int run_generator(struct debian *d, const struct generator *g,
			 const struct debian_report *report, struct error *err)
{
	bool wanted = false;

	for (size_t i = 0; i < report->n_wanted; i++) {
		const struct debian_wanted *w = &report->wanted[i];

		if (!is_wanted(w, g))
			continue;
		wanted = true;
		if (g->run(d, w->argument, w->cause, err) < 0)
			return -1;
	}
	return wanted ? 0 : run_unwanted(d, g, err);
}

static int write_first_boot(struct debian *d, const struct debian_report *report,
			    struct error *err)
{
	for (size_t i = 0; d->options->machine && i < report->n_first_boot; i++)
		if (first_boot_write(d, report->first_boot[i].what, report->first_boot[i].cause,
				     err) < 0)
			return -1;
	return 0;
}

int debian_finish(struct tree *t, const struct debian_package *packages, size_t n,
		  const struct debian_options *options, const struct debian_report *report,
		  struct arena *arena, struct error *err)
{
	struct debian d = state_for(t, options, arena);
	enum lap before = stopwatch_begin(options->stopwatch, LAP_GENERATORS);
	const struct generator *g = debian_generators;
	int r = debian_order(&d, packages, n, err);

	while (r == 0 && g->name) {
		r = run_generator(&d, g, report, err);
		if (r < 0)
			(void)err_while(err, "making what '%s' makes", g->name);
		g++;
	}
	if (r == 0)
		r = write_first_boot(&d, report, err);
	(void)stopwatch_begin(options->stopwatch, before);
	return r;
}

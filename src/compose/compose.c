#include "compose/compose.h"

#include <limits.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "compose/work.h"

/* The leading number of base-files' version is Debian's own: "13.8" is trixie. */
static unsigned release_of(const struct compose_input *in)
{
	for (size_t i = 0; i < in->n_packages; i++) {
		struct str v = in->packages[i].version;
		size_t digits = 0;
		uint64_t number;

		if (!str_equal(in->packages[i].name, STR("base-files")))
			continue;
		while (digits < v.len && v.ptr[digits] >= '0' && v.ptr[digits] <= '9')
			digits++;
		if (str_parse_u64((struct str){ v.ptr, digits }, &number) && number < UINT_MAX)
			return (unsigned)number;
	}
	return UINT_MAX;
}

/* The ids that the recipe itself gives. */
static size_t reserved_ids(const struct recipe *r, struct lock_id *to)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_users; i++) {
		const struct recipe_user *u = &r->users[i];

		if (u->uid != RECIPE_ID_AUTO)
			to[n++] = (struct lock_id){ LOCK_ID_USER, u->name, u->uid };
		if (u->gid != RECIPE_ID_AUTO)
			to[n++] = (struct lock_id){ LOCK_ID_GROUP, u->name, u->gid };
	}
	for (size_t i = 0; i < r->n_groups; i++) {
		const struct recipe_group *g = &r->groups[i];

		if (g->gid != RECIPE_ID_AUTO)
			to[n++] = (struct lock_id){ LOCK_ID_GROUP, g->name, g->gid };
	}
	return n;
}

static bool is_listed(const struct lock_id *ids, size_t n, const struct lock_id *id)
{
	for (size_t i = 0; i < n; i++) {
		if (ids[i].kind == id->kind && str_equal(ids[i].name, id->name))
			return true;
	}
	return false;
}

static void collect_ids(struct work *w)
{
	const struct recipe *r = w->in->recipe;
	const struct lock *l = w->in->lock;
	struct lock_id *ids = arena_array(w->arena, 2 * r->n_users + r->n_groups + l->n_ids + 1,
					  sizeof(*ids));

	w->n_reserved = reserved_ids(r, ids);
	w->reserved = ids;
	w->n_ids = w->n_reserved;
	for (size_t i = 0; i < l->n_ids; i++) {
		if (!is_listed(ids, w->n_reserved, &l->ids[i]))
			ids[w->n_ids++] = l->ids[i];
	}
	w->ids = ids;
}

static const struct debian_answer *answers_of(const struct work *w)
{
	static const enum answer_kind kinds[] = {
		[SCRIPT_SKIP_COMMAND] = ANSWER_SKIP_COMMAND,
		[SCRIPT_FAIL_COMMAND] = ANSWER_FAIL_COMMAND,
		[SCRIPT_EFFECTS] = ANSWER_EFFECTS,
		[SCRIPT_SKIP] = ANSWER_SKIP,
		[SCRIPT_FIRST_BOOT] = ANSWER_FIRST_BOOT,
	};
	const struct recipe *r = w->in->recipe;
	struct debian_answer *list = arena_array(w->arena, r->n_scripts + 1, sizeof(*list));

	for (size_t i = 0; i < r->n_scripts; i++) {
		const struct recipe_script *s = &r->scripts[i];

		list[i] = (struct debian_answer){
			.kind = kinds[s->answer],
			.package = s->package,
			.script = s->script,
			.digest = s->sha256,
			.command = s->command,
			.effects = s->effects,
			.n_effects = s->n_effects,
			.pos = s->pos,
		};
	}
	return list;
}

static const struct debian_preseed *preseeds_of(const struct work *w)
{
	const struct recipe *r = w->in->recipe;
	struct debian_preseed *list = arena_array(w->arena, r->n_debconf + 1, sizeof(*list));

	for (size_t i = 0; i < r->n_debconf; i++)
		list[i] = (struct debian_preseed){ r->debconf[i].key, r->debconf[i].value };
	return list;
}

/* A package that configures itself needs a disk, and a root that it can write. */
static int check_first_boot(const struct work *w, const struct debian_report *report,
			    struct error *err)
{
	const struct recipe_target *t = w->in->target;
	const struct recipe *r = w->in->recipe;

	for (size_t i = 0; report->evaluated && i < r->n_scripts; i++) {
		if (!report->answer_used[i] || r->scripts[i].answer != SCRIPT_FIRST_BOOT)
			continue;
		if (t->type == TARGET_DISK && t->root_type != ROOT_EROFS)
			continue;
		(void)err_at(err, ERR_RECIPE_VALUE, r->scripts[i].pos,
			     "'first-boot' is for disks with a writable root, and target '" STR_FMT
			     "' is none", STR_ARG(t->name));
		return err_hint(err, "drop the package from that target by 'without', or give "
				     "another answer");
	}
	return 0;
}

static struct debian_options debian_options(const struct work *w)
{
	return (struct debian_options){
		.architecture = w->in->architecture,
		.epoch = w->in->epoch,
		.exclude = w->in->recipe->exclude, .n_exclude = w->in->recipe->n_exclude,
		.ids = w->ids, .n_ids = w->n_ids,
		.reserved = w->reserved, .n_reserved = w->n_reserved,
		.answers = answers_of(w), .n_answers = w->in->recipe->n_scripts,
		.debconf = preseeds_of(w), .n_debconf = w->in->recipe->n_debconf,
		.effects = w->in->effects,
		.host_name = w->in->recipe->hostname,
		.machine = w->in->target->type == TARGET_DISK,
		.reader = w->in->reader,
		.stopwatch = w->in->stopwatch,
	};
}

static int compare_packages(const void *x, const void *y)
{
	const struct debian_package *a = x, *b = y;

	return str_compare(a->name, b->name);
}

/* One order whatever order they came in: the tree must not depend on it. */
static const struct debian_package *sorted_packages(const struct compose_input *in,
						    struct arena *arena)
{
	struct debian_package *sorted = arena_array(arena, in->n_packages + 1, sizeof(*sorted));

	for (size_t i = 0; i < in->n_packages; i++)
		sorted[i] = in->packages[i];
	qsort(sorted, in->n_packages, sizeof(*sorted), compare_packages);
	return sorted;
}

static int compose_steps(struct work *w, struct debian_report *report, struct error *err)
{
	const struct compose_input *in = w->in;
	const struct debian_options options = debian_options(w);

	if (debian_install(w->tree, in->packages, in->n_packages, &options, w->arena, report,
			   err) < 0 ||
	    check_first_boot(w, report, err) < 0)
		return -1;
	if (report->n_refusals || in->only_effects)
		return 0;
	if (compose_users(w, err) < 0 || compose_files(w, err) < 0 ||
	    compose_timezone(w, err) < 0 || compose_locale(w, err) < 0 ||
	    compose_hostname(w, err) < 0 || compose_certificates(w, err) < 0 ||
	    compose_services(w, err) < 0 || compose_mount_points(w, err) < 0 ||
	    compose_disk(w, err) < 0)
		return -1;
	accounts_ids(w->accounts, w->arena, &report->ids, &report->n_ids);
	if (!in->recipe->essential && compose_drop(w, err) < 0)
		return -1;
	return compose_finish(w, &options, report, err);
}

int compose(const struct compose_input *in, struct arena *arena, struct compose_output *ret,
	    struct error *err)
{
	CLEANUP_TREE struct tree *t = tree_new();
	struct compose_input input = *in;
	struct work w = { .in = &input, .arena = arena, .tree = t, .release = release_of(in) };
	struct debian_report report = { 0 };

	input.packages = sorted_packages(in, arena);
	collect_ids(&w);
	if (compose_steps(&w, &report, err) < 0)
		return -1;
	ret->tree = TAKE_PTR(t);
	ret->report = report;
	return 0;
}

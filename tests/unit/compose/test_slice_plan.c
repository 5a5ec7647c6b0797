#include <criterion/criterion.h>

#include "compose/compose.h"

static struct lock *lock, *old;
static struct error err;

static void begin(void)
{
	lock = lock_new();
	old = lock_new();
}

static void end(void)
{
	lock_free(lock);
	lock_free(old);
	err_release(&err);
}

TestSuite(slice_plan, .init = begin, .fini = end);

static struct lock_package *add(struct lock *l, const char *name, uint64_t size)
{
	struct lock_architecture *a;

	if (l->n_architectures == 0) {
		l->architectures = arena_array(&l->arena, 1, sizeof(*a));
		l->n_architectures = 1;
		l->architectures[0].name = STR("amd64");
		l->architectures[0].packages = arena_array(&l->arena, 512,
							   sizeof(struct lock_package));
	}
	a = &l->architectures[0];
	a->packages[a->n_packages] = (struct lock_package){
		.name = arena_str(&l->arena, str_of(name)),
		.source = arena_str(&l->arena, str_of(name)), .size = size,
		.archive = STR("debian"), .suite = STR("trixie"),
	};
	return &a->packages[a->n_packages++];
}

static void add_many(struct lock *l, int n)
{
	for (int i = 0; i < n; i++)
		add(l, arena_printf(&l->arena, "p%03d", i), 1000 + (uint64_t)(i * 7919 % 5000));
}

static uint32_t slice(const struct lock *l, const char *name)
{
	const struct lock_architecture *a = &l->architectures[0];

	for (size_t i = 0; i < a->n_packages; i++) {
		if (str_equal_cstr(a->packages[i].name, name))
			return a->packages[i].slice;
	}
	cr_assert(false, "no package %s", name);
	return 0;
}

static size_t count_in(const struct lock *l, uint32_t s)
{
	size_t n = 0;

	for (size_t i = 0; i < l->architectures[0].n_packages; i++)
		n += l->architectures[0].packages[i].slice == s;
	return n;
}

static int plan_slices(struct lock *l, const struct lock *from, uint32_t layers, bool essential)
{
	const struct slice_budget budget = { .layers = layers, .essential = essential };

	return compose_plan_slices(l, from, &budget, &err);
}

static void plan(struct lock *l, const struct lock *from, uint32_t budget)
{
	cr_assert_eq(plan_slices(l, from, budget, true), 0);
	cr_assert_leq(l->n_slices, budget - 2);
	for (size_t i = 0; i < l->architectures[0].n_packages; i++)
		cr_assert_lt(l->architectures[0].packages[i].slice, l->n_slices);
}

Test(slice_plan, a_budget_below_three_is_an_error_with_numbers)
{
	add_many(lock, 3);
	cr_assert_eq(plan_slices(lock, NULL, 2, true), -1);
	cr_assert_eq(err.code, ERR_LAYER_BUDGET);
	cr_assert(strstr(err.message, "2 layers") && strstr(err.message, "need 3"), "%s",
		  err.message);
}

Test(slice_plan, few_sources_get_a_slice_each)
{
	add_many(lock, 10);
	plan(lock, NULL, 12);
	cr_assert_eq(lock->n_slices, 10);
	for (uint32_t i = 0; i < 10; i++)
		cr_assert_eq(count_in(lock, i), 1);
}

Test(slice_plan, any_budget_is_kept)
{
	add_many(lock, 200);
	for (uint32_t budget = 3; budget < 140; budget++)
		plan(lock, NULL, budget);
}

Test(slice_plan, the_largest_are_alone_and_the_small_ones_share)
{
	add_many(lock, 50);
	add(lock, "kernel", 1000000);
	add(lock, "glibc", 900000);
	plan(lock, NULL, 12);
	cr_assert_eq(lock->n_slices, 10);
	cr_assert_eq(count_in(lock, slice(lock, "kernel")), 1);
	cr_assert_eq(count_in(lock, slice(lock, "glibc")), 1);
	cr_assert(str_equal(lock->slices[0], STR("kernel")));
	cr_assert_gt(count_in(lock, 9), 1);
}

Test(slice_plan, packages_of_one_source_share_a_slice)
{
	add_many(lock, 60);
	add(lock, "libx", 10)->source = STR("x");
	add(lock, "x-common", 900000)->source = STR("x");
	plan(lock, NULL, 12);
	cr_assert_eq(slice(lock, "libx"), slice(lock, "x-common"));
}

Test(slice_plan, essential_ones_lie_below_updated_ones)
{
	struct lock_suite suites[] = { { .source = STR("debian"), .suite = STR("trixie") },
				       { .source = STR("debian"), .suite = STR("trixie-security") } };

	lock->suites = suites;
	lock->n_suites = 2;
	add_many(lock, 60);
	add(lock, "zzz-essential", 1000)->essential = true;
	add(lock, "aaa-updated", 1000)->suite = STR("trixie-security");
	plan(lock, NULL, 12);
	cr_assert_lt(slice(lock, "zzz-essential"), slice(lock, "aaa-updated"));
	lock->n_suites = 0;
}

Test(slice_plan, the_order_of_packages_does_not_count)
{
	struct lock_architecture *a;

	add_many(lock, 80);
	plan(lock, NULL, 12);
	for (int i = 79; i >= 0; i--)
		add(old, arena_printf(&old->arena, "p%03d", i),
		    1000 + (uint64_t)(i * 7919 % 5000));
	plan(old, NULL, 12);
	a = &lock->architectures[0];
	for (size_t i = 0; i < a->n_packages; i++) {
		char *name = arena_strdup(&lock->arena, a->packages[i].name);

		cr_assert_eq(slice(old, name), a->packages[i].slice);
	}
}

static void nothing_moved(void)
{
	const struct lock_architecture *a = &old->architectures[0];

	for (size_t i = 0; i < a->n_packages; i++) {
		char *name = arena_strdup(&old->arena, a->packages[i].name);

		cr_assert_eq(slice(lock, name), a->packages[i].slice, "%s moved", name);
	}
}

Test(slice_plan, a_new_package_moves_no_other_and_joins_a_shared_slice)
{
	add_many(old, 100);
	plan(old, NULL, 12);
	add_many(lock, 100);
	add(lock, "p050a", 1500);
	plan(lock, old, 12);
	nothing_moved();
	cr_assert_eq(lock->n_slices, old->n_slices);
	cr_assert(str_has_prefix(lock->slices[slice(lock, "p050a")], STR("shared-")));
	for (size_t i = 0; i < old->n_slices; i++)
		cr_assert(str_equal(lock->slices[i], old->slices[i]));
}

Test(slice_plan, a_new_package_takes_a_free_slice)
{
	add_many(old, 5);
	plan(old, NULL, 12);
	add_many(lock, 5);
	add(lock, "new", 10);
	plan(lock, old, 12);
	nothing_moved();
	cr_assert_eq(lock->n_slices, 6);
	cr_assert_eq(slice(lock, "new"), 5);
	cr_assert(str_equal(lock->slices[5], STR("new")));
}

Test(slice_plan, a_changed_version_or_size_moves_nothing)
{
	add_many(old, 100);
	plan(old, NULL, 12);
	add_many(lock, 100);
	for (size_t i = 0; i < 100; i += 3)
		lock->architectures[0].packages[i].size *= 50;
	plan(lock, old, 12);
	nothing_moved();
}

Test(slice_plan, a_removed_package_moves_nothing)
{
	add_many(lock, 99);
	add_many(old, 100);
	plan(old, NULL, 12);
	plan(lock, old, 12);
	for (int i = 0; i < 99; i++) {
		const char *name = arena_printf(&lock->arena, "p%03d", i);

		cr_assert_eq(slice(lock, name), slice(old, name));
	}
}

Test(slice_plan, a_smaller_budget_joins_the_topmost_slices)
{
	add_many(old, 100);
	plan(old, NULL, 12);
	add_many(lock, 100);
	plan(lock, old, 6);
	for (size_t i = 0; i < 100; i++) {
		uint32_t was = old->architectures[0].packages[i].slice;

		cr_assert_eq(lock->architectures[0].packages[i].slice, was < 4 ? was : 3);
	}
}

Test(slice_plan, an_image_without_packages_has_no_package_slices)
{
	cr_assert_eq(plan_slices(lock, NULL, 12, true), 0);
	cr_assert_eq(lock->n_slices, 0);
}

Test(slice_plan, what_a_distroless_image_drops_gets_no_slice_of_its_own)
{
	add_many(lock, 40);
	add(lock, "perl-base", 1000000)->why = STR("essential");
	add(lock, "nginx", 500000)->why = STR("recipe");
	cr_assert_eq(plan_slices(lock, NULL, 12, false), 0);
	cr_assert(str_equal(lock->slices[0], STR("nginx")));
	cr_assert_gt(count_in(lock, slice(lock, "perl-base")), 1);
}

#include <criterion/criterion.h>

#include "base/limits.h"
#include "pipeline/lockdiff.h"

static struct lock_package package(const char *name, const char *version, uint8_t digest,
				   uint64_t size)
{
	return (struct lock_package){
		.name = str_of(name), .version = str_of(version), .why = STR("recipe"),
		.digest = { { digest } }, .size = size,
	};
}

static struct lock lock_of(struct lock_architecture *a, struct lock_package *list, size_t n)
{
	*a = (struct lock_architecture){ STR("amd64"), list, n };
	return (struct lock){ .architectures = a, .n_architectures = 1 };
}

/* Locks without effects: no stage is needed. */
static void make(const struct lock *before, const struct lock *after, struct arena *arena,
		 struct lockdiff *ret)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct context c = CONTEXT_INIT;

	cr_assert_eq(lockdiff_make(&c, before, after, arena, ret, &err), 0);
}

Test(lockdiff, names_added_removed_and_changed_packages_and_nothing_else)
{
	struct lock_package before[] = { package("a", "1", 1, 1000), package("b", "1", 2, 1000),
					 package("c", "1", 3, 1000) };
	struct lock_package after[] = { package("a", "1", 1, 1000), package("b", "2", 4, 3048),
					package("d", "1", 5, 1000) };
	struct lock_architecture x, y;
	struct lock old = lock_of(&x, before, 3), new = lock_of(&y, after, 3);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_LOCK_SIZE);
	struct lockdiff d;

	make(&old, &new, &arena, &d);
	lockdiff_text(&d, &text);
	cr_assert_str_eq(buf_cstr(&text),
			 "changed  b:amd64 1 -> 2 (recipe)\n"
			 "removed  c:amd64 1\n"
			 "added    d:amd64 1 (recipe)\n"
			 "3 packages differ, +2.0 KiB to download\n");
}

Test(lockdiff, of_equal_locks_is_empty)
{
	struct lock_package list[] = { package("a", "1", 1, 1000) };
	struct lock_architecture x;
	struct lock l = lock_of(&x, list, 1);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct lockdiff d;

	make(&l, &l, &arena, &d);
	cr_assert_eq(d.n_packages, 0);
	cr_assert_eq(d.n_notes, 0);
}

Test(lockdiff, without_an_earlier_lock_everything_is_added)
{
	struct lock_package list[] = { package("a", "1", 1, 1000) };
	struct lock_architecture x;
	struct lock l = lock_of(&x, list, 1);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct lockdiff d;

	make(NULL, &l, &arena, &d);
	cr_assert_eq(d.n_packages, 1);
	cr_assert_null(d.packages[0].before);
}

Test(lockdiff, a_file_that_changed_is_a_note)
{
	struct lock_input before = { .path = STR("files/a"), .digest = { { 1 } } };
	struct lock_input after = { .path = STR("files/a"), .digest = { { 2 } } };
	struct lock old = { .inputs = &before, .n_inputs = 1 };
	struct lock new = { .inputs = &after, .n_inputs = 1 };
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct lockdiff d;

	make(&old, &new, &arena, &d);
	cr_assert_eq(d.n_notes, 1);
	cr_assert(str_equal_cstr(d.notes[0], "input recipes/files/a: changed"));
}

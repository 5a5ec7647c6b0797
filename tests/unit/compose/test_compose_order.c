#include "compose_world.h"

static struct scene w;

static void begin(void)
{
	scene_init(&w);
	for (int i = 0; i < 6; i++) {
		char *name = arena_printf(&w.arena, "package-%d", i);
		struct pack *p = scene_package(&w, name, "1", name);

		pack_folder(&w, p, "usr/share/common", 0755);
		pack_file(&w, p, arena_printf(&w.arena, "usr/share/common/%d", i), name, 0644);
	}
	scene_user(&w, "app");
	scene_user(&w, "zed");
	scene_text(&w, "srv/x", "x")->owner = STR("app");
}

static void end(void)
{
	scene_release(&w);
}

TestSuite(compose_order, .init = begin, .fini = end);

static struct digest digest_now(void)
{
	scene_must_compose(&w);
	return tree_digest(w.out.tree, w.in.epoch);
}

static void swap(size_t a, size_t b)
{
	struct debian_package t = w.packages[a];

	w.packages[a] = w.packages[b];
	w.packages[b] = t;
}

Test(compose_order, the_order_of_the_packages_does_not_count)
{
	struct digest first = digest_now(), again;
	uint32_t random = 12345;

	for (int round = 0; round < 20; round++) {
		for (size_t i = w.n_packages; i > 1; i--) {
			random = random * 1664525 + 1013904223;
			swap(i - 1, (random >> 8) % i);
		}
		again = digest_now();
		cr_assert(digest_equal(&first, &again));
	}
}

Test(compose_order, the_same_inputs_give_the_same_tree)
{
	struct digest a = digest_now(), b = digest_now();

	cr_assert(digest_equal(&a, &b));
}

Test(compose_order, the_inputs_are_left_as_they_were)
{
	struct compose_input before = w.in;
	struct debian_package packages[WORLD_PACKAGES];

	memcpy(packages, w.packages, sizeof(packages));
	scene_must_compose(&w);
	before.n_packages = w.in.n_packages;
	cr_assert_eq(memcmp(&before, &w.in, sizeof(before)), 0);
	cr_assert_eq(memcmp(packages, w.packages, sizeof(packages)), 0);
}

Test(compose_order, every_node_has_a_cause)
{
	struct node *n;

	scene_must_compose(&w);
	for (struct tree_iter it = tree_iter(w.out.tree, tree_root(w.out.tree));
	     (n = tree_next(&it));) {
		const struct cause *c = tree_cause(w.out.tree, n->inode->cause[CAUSE_CONTENT]);

		if (n->parent)
			cr_assert_neq(c->kind, CAUSE_UNKNOWN, "%.*s", STR_ARG(n->name));
	}
}

Test(compose_order, a_failure_leaves_no_tree)
{
	scene_text(&w, "usr", "x");
	cr_assert_eq(scene_compose(&w), -1);
	cr_assert_null(w.out.tree);
}

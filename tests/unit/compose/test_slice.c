#include "compose_world.h"

#include "crypto/hash.h"

static struct scene w;
static uint32_t *slice_of;
static struct slice_layer *layers;
static size_t n_layers;
static struct pack *a, *b;

static void begin(void)
{
	scene_init(&w);
	a = scene_package(&w, "liba", "1", "a");
	b = scene_package(&w, "b", "1", "b");
	pack_folder(&w, a, "usr/share/both", 0755);
	pack_file(&w, a, "usr/share/both/a", "a", 0644);
	pack_file(&w, b, "usr/share/both/b", "b", 0644);
	pack_folder(&w, b, "var/lib/b", 0700);
	pack_file(&w, b, "usr/bin/b", "b", 0755);
	pack_hard_link(&w, b, "usr/bin/bb", "usr/bin/b");
	scene_text(&w, "etc/motd", "hello");
}

static void end(void)
{
	scene_release(&w);
}

TestSuite(slice, .init = begin, .fini = end);

static void plan(void)
{
	const struct slice_budget budget = { .layers = w.target.layers, .essential = true };

	cr_assert_eq(compose_plan_slices(w.lock, NULL, &budget, &w.err), 0);
}

static void cut(void)
{
	scene_must_compose(&w);
	cr_assert_eq(compose_slice(w.out.tree, &w.in, &w.arena, &slice_of, &layers, &n_layers,
				   &w.err), 0);
}

static bool includes(const struct node *n, uint32_t slice)
{
	struct node *below;

	for (struct tree_iter it = tree_iter(w.out.tree, (struct node *)(uintptr_t)n);
	     (below = tree_next(&it));) {
		if (slice_of[below->serial] == slice)
			return true;
	}
	return false;
}

static uint32_t slice_at(const char *path)
{
	return slice_of[scene_node(&w, path)->serial];
}

static uint32_t slice_of_source(const char *package)
{
	return scene_lock_package(&w, package)->slice;
}

static uint32_t generated(void)
{
	return (uint32_t)w.lock->n_slices;
}

/* What a layer's tar would hold, as a digest: members in order with all that is written. */
static struct digest layer_digest(uint32_t slice)
{
	struct hash *h = hash_new();
	struct node *n;
	struct digest d;

	for (struct tree_iter it = tree_iter(w.out.tree, tree_root(w.out.tree));
	     (n = tree_next(&it));) {
		struct buf path = BUF_INIT(4096);

		if (!includes(n, slice)) {
			tree_skip(&it);
			continue;
		}
		tree_path(n, &path);
		hash_add_field(h, buf_bytes(&path));
		buf_release(&path);
		hash_add_u64(h, n->inode->kind);
		hash_add_u64(h, n->inode->mode);
		hash_add_u64(h, n->inode->uid);
		hash_add_u64(h, n->inode->gid);
		hash_add_field(h, BYTES_OF(n->inode->content.digest.bytes));
		hash_add_field(h, str_bytes(n->inode->target));
	}
	d = hash_finish(h);
	hash_free(h);
	return d;
}

Test(slice, content_goes_where_its_cause_says)
{
	plan();
	cut();
	cr_assert_eq(slice_at("usr/share/both/a"), slice_of_source("liba"));
	cr_assert_eq(slice_at("usr/share/both/b"), slice_of_source("b"));
	cr_assert_eq(slice_at("etc/motd"), generated() + 1);
	cr_assert_eq(slice_at("etc/hosts"), generated());
	cr_assert_eq(slice_at("var/lib/dpkg/status"), generated());
}

Test(slice, a_folder_with_children_is_only_their_parent)
{
	plan();
	cut();
	cr_assert_eq(slice_at("usr/share/both"), UINT32_MAX);
	cr_assert_eq(slice_at(""), UINT32_MAX);
	cr_assert_eq(slice_at("var/lib/b"), slice_of_source("b"));
}

Test(slice, an_overwritten_file_of_a_package_is_the_recipes)
{
	pack_file(&w, b, "etc/motd", "theirs", 0644);
	plan();
	cut();
	cr_assert_eq(slice_at("etc/motd"), generated() + 1);
}

Test(slice, changed_owners_stay_with_the_content)
{
	struct node *n;

	plan();
	scene_must_compose(&w);
	n = tree_find(w.out.tree, STR("usr/share/both/a"));
	tree_set_owner(n, 5, 5, tree_cause_intern(w.out.tree,
						  (struct cause){ .kind = CAUSE_SCRIPT }));
	cr_assert_eq(compose_slice(w.out.tree, &w.in, &w.arena, &slice_of, &layers, &n_layers,
				   &w.err), 0);
	cr_assert_eq(slice_at("usr/share/both/a"), slice_of_source("liba"));
}

Test(slice, hard_links_go_whole_into_the_highest_slice)
{
	struct node *target, *dir;
	cause_id script;

	plan();
	scene_must_compose(&w);
	script = tree_cause_intern(w.out.tree, (struct cause){ .kind = CAUSE_SCRIPT });
	target = tree_find(w.out.tree, STR("usr/bin/b"));
	dir = tree_find(w.out.tree, STR("usr/sbin"));
	tree_link(w.out.tree, dir, STR("third"), target, script);
	cr_assert_eq(compose_slice(w.out.tree, &w.in, &w.arena, &slice_of, &layers, &n_layers,
				   &w.err), 0);
	cr_assert_eq(slice_at("usr/sbin/third"), generated());
	cr_assert_eq(slice_at("usr/bin/b"), generated());
	cr_assert_eq(slice_at("usr/bin/bb"), generated());
}

Test(slice, layers_are_named_from_the_bottom_and_never_empty)
{
	plan();
	cut();
	cr_assert_leq(n_layers, w.target.layers);
	for (size_t i = 0; i < n_layers; i++) {
		cr_assert(includes(tree_root(w.out.tree), layers[i].slice));
		if (i > 0)
			cr_assert_gt(layers[i].slice, layers[i - 1].slice);
	}
	cr_assert(str_equal(layers[n_layers - 1].name, STR("recipe")));
	cr_assert(str_equal(layers[n_layers - 2].name, STR("generated")));
	cr_assert(str_has_prefix(layers[0].name, STR("packages: ")));
}

Test(slice, a_recipe_that_adds_nothing_has_no_layer_of_its_own)
{
	w.n_files = 0;
	plan();
	cut();
	cr_assert(str_equal(layers[n_layers - 1].name, STR("generated")));
}

Test(slice, a_shared_slice_names_some_of_its_sources)
{
	for (int i = 0; i < 6; i++) {
		char *name = arena_printf(&w.arena, "s%d", i);
		struct pack *p = scene_package(&w, name, "1", name);

		pack_file(&w, p, arena_printf(&w.arena, "usr/share/%s", name), name, 0644);
	}
	w.target.layers = 3;
	plan();
	cut();
	cr_assert_eq(n_layers, 3);
	cr_assert(str_equal(layers[0].name,
			    STR("packages: a, b, base-files, base-passwd, s0 and 5 more")),
		  STR_FMT, STR_ARG(layers[0].name));
}

/* Applies a layer as a reader of its tar would: hard links by the first name in the layer. */
static void apply_layer(struct tree *flat, uint32_t slice)
{
	const struct node **seen = arena_array(&w.arena, tree_node_count(w.out.tree),
					       sizeof(*seen));
	struct node **made = arena_array(&w.arena, tree_node_count(w.out.tree), sizeof(*made));
	size_t n_seen = 0;
	struct node *n;

	for (struct tree_iter it = tree_iter(w.out.tree, tree_root(w.out.tree));
	     (n = tree_next(&it));) {
		struct buf path = BUF_INIT(4096);
		struct node *dir;
		struct str name;
		size_t i = 0;

		if (!includes(n, slice)) {
			tree_skip(&it);
			continue;
		}
		if (!n->parent)
			continue;
		tree_path(n, &path);
		dir = tree_resolve_parent(flat, buf_str(&path), &name);
		cr_assert_not_null(dir);
		while (i < n_seen && seen[i]->inode != n->inode)
			i++;
		if (i < n_seen) {
			tree_link(flat, dir, name, made[i], 0);
		} else {
			seen[n_seen] = n;
			made[n_seen++] = tree_put(flat, dir, name, n->inode, 0);
		}
		buf_release(&path);
	}
}

static void layers_must_be_the_tree(void)
{
	CLEANUP_TREE struct tree *flat = tree_new();
	struct digest want, got;

	tree_set_mode(tree_root(flat), tree_root(w.out.tree)->inode->mode, 0);
	for (size_t i = 0; i < n_layers; i++)
		apply_layer(flat, layers[i].slice);
	want = tree_digest(w.out.tree, w.in.epoch);
	got = tree_digest(flat, w.in.epoch);
	cr_assert(digest_equal(&want, &got));
}

Test(slice, layers_together_are_the_tree)
{
	plan();
	cut();
	layers_must_be_the_tree();
}

Test(slice, layers_of_any_tree_together_are_the_tree)
{
	uint32_t random = 7;

	for (int round = 0; round < 30; round++) {
		struct node *n;

		w.target.layers = 3 + (uint32_t)round % 10;
		plan();
		scene_must_compose(&w);
		for (struct tree_iter it = tree_iter(w.out.tree, tree_root(w.out.tree));
		     (n = tree_next(&it));) {
			static const enum cause_kind kinds[] = { CAUSE_SCRIPT, CAUSE_RECIPE,
								 CAUSE_RULE, CAUSE_TRIGGER };
			cause_id cause;

			random = random * 1664525 + 1013904223;
			if (n->inode->kind != NODE_FILE || (random >> 8) % 3)
				continue;
			cause = tree_cause_intern(w.out.tree, (struct cause){
				.kind = kinds[(random >> 16) % 4] });
			tree_set_content(n, &n->inode->content, cause);
		}
		cr_assert_eq(compose_slice(w.out.tree, &w.in, &w.arena, &slice_of, &layers,
					   &n_layers, &w.err), 0);
		layers_must_be_the_tree();
	}
}

static void compare_layers(const char *changed)
{
	struct digest before[32];
	size_t n_before;

	cut();
	n_before = n_layers;
	for (size_t i = 0; i < n_layers; i++)
		before[i] = layer_digest(layers[i].slice);
	if (str_equal_cstr(STR("recipe"), changed))
		w.files[0].content = str_bytes(STR("changed"));
	else
		b->members[0].content = content_of_bytes(str_bytes(STR("changed")));
	cut();
	cr_assert_eq(n_layers, n_before);
	for (size_t i = 0; i < n_layers; i++) {
		struct digest after = layer_digest(layers[i].slice);

		cr_assert_eq(digest_equal(&before[i], &after),
			     !str_equal_cstr(layers[i].name, changed), STR_FMT,
			     STR_ARG(layers[i].name));
	}
}

Test(slice, a_changed_file_of_the_recipe_rewrites_the_recipes_layer_only)
{
	plan();
	compare_layers("recipe");
}

Test(slice, a_changed_package_rewrites_its_layer_only)
{
	plan();
	compare_layers("packages: b");
}

Test(slice, a_changed_user_leaves_the_generated_layer_alone)
{
	struct digest before, after;
	struct recipe_user *u = scene_user(&w, "app");

	u->uid = 990;
	plan();
	cut();
	before = layer_digest(generated());
	u->uid = 991;
	cut();
	after = layer_digest(generated());
	cr_assert(digest_equal(&before, &after));
}

Test(slice, a_plan_beyond_the_targets_budget_is_an_error_with_numbers)
{
	plan();
	w.target.layers = 3;
	scene_must_compose(&w);
	cr_assert_eq(compose_slice(w.out.tree, &w.in, &w.arena, &slice_of, &layers, &n_layers,
				   &w.err), -1);
	cr_assert_eq(w.err.code, ERR_LAYER_BUDGET);
	cr_assert(strstr(w.err.message, "needs 6 layers"), "%s", w.err.message);
	cr_assert(strstr(w.err.message, "budget is 3"), "%s", w.err.message);
}

Test(slice, the_library_cache_follows_a_library_of_the_recipe)
{
	scene_package(&w, "libc-bin", "2.41", "glibc");
	scene_package(&w, "libc6", "2.41", "glibc");
	plan();
	cut();
	cr_assert_eq(slice_at("etc/ld.so.cache"), generated());
	scene_text(&w, "usr/local/lib/libown.so.1", "no library, but it might be");
	cut();
	cr_assert_eq(slice_at("etc/ld.so.cache"), generated() + 1);
}

#include "compose_world.h"

static struct scene w;
static struct pack *archive;

static void begin(void)
{
	scene_init(&w);
	archive = scene_archive(&w);
}

static void end(void)
{
	scene_release(&w);
}

TestSuite(compose_archive, .init = begin, .fini = end);

static struct recipe_file *unpack_to(const char *path, uint32_t strip)
{
	struct recipe_file *f = scene_file(&w, path, RECIPE_FILE_ARCHIVE);

	f->archive_name = STR("tool.tar");
	f->strip = strip;
	w.compose_files[w.n_files - 1].archive = archive;
	return f;
}

Test(compose_archive, members_lie_below_the_path_without_the_stripped_components)
{
	pack_folder(&w, archive, "tool-2.1", 0755);
	pack_folder(&w, archive, "tool-2.1/bin", 0755);
	pack_file(&w, archive, "tool-2.1/bin/tool", "x", 0755);
	pack_file(&w, archive, "README", "x", 0644);
	unpack_to("opt/tool", 1);
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "opt/tool/bin/tool"), "x");
	cr_assert_not(scene_has(&w, "opt/tool/README"));
	cr_assert_not(scene_has(&w, "opt/tool/tool-2.1"));
}

Test(compose_archive, members_belong_to_the_entrys_owner_and_keep_their_modes)
{
	struct pack_member *m = pack_file(&w, archive, "a/secret", "x", 0600);
	struct recipe_file *f = unpack_to("opt/tool", 0);

	m->uid = 1234;
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "opt/tool/a/secret")->inode->uid, 0);
	cr_assert_eq(scene_node(&w, "opt/tool/a/secret")->inode->mode, 0600);
	f->owner = STR("www-data");
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "opt/tool/a/secret")->inode->uid, 33);
	cr_assert_eq(scene_node(&w, "opt/tool/a")->inode->uid, 33);
}

Test(compose_archive, times_are_clamped_to_the_epoch)
{
	pack_file(&w, archive, "new", "x", 0644)->mtime = w.in.epoch + 10;
	pack_file(&w, archive, "old", "x", 0644)->mtime = -5;
	unpack_to("opt", 0);
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "opt/new")->inode->mtime, w.in.epoch);
	cr_assert_eq(scene_node(&w, "opt/old")->inode->mtime, 0);
}

Test(compose_archive, a_folder_that_comes_after_its_files_still_gives_its_mode)
{
	pack_file(&w, archive, "d/f", "x", 0644);
	pack_folder(&w, archive, "d", 0700);
	unpack_to("opt", 0);
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "opt/d")->inode->mode, 0700);
	cr_assert(scene_has(&w, "opt/d/f"));
}

Test(compose_archive, hard_links_stay_one_file)
{
	pack_file(&w, archive, "t/one", "x", 0644);
	pack_hard_link(&w, archive, "t/two", "t/one");
	unpack_to("opt", 1);
	scene_must_compose(&w);
	cr_assert_eq(scene_node(&w, "opt/one")->inode, scene_node(&w, "opt/two")->inode);
	cr_assert_eq(scene_node(&w, "opt/one")->inode->links, 2);
}

Test(compose_archive, a_hard_link_to_a_file_of_the_image_is_refused)
{
	pack_hard_link(&w, archive, "steal", "passwd");
	unpack_to("etc", 0);
	scene_must_fail(&w, ERR_UNSUPPORTED, 1, "hard link");
}

Test(compose_archive, a_hard_link_to_a_member_that_was_stripped_away_is_refused)
{
	pack_file(&w, archive, "one", "x", 0644);
	pack_hard_link(&w, archive, "t/two", "one");
	unpack_to("opt", 1);
	scene_must_fail(&w, ERR_UNSUPPORTED, 1, "hard link");
}

Test(compose_archive, its_own_links_lead_nowhere)
{
	pack_link(&w, archive, "x", "/etc");
	pack_file(&w, archive, "x/passwd", "evil", 0644);
	unpack_to("opt", 0);
	scene_must_fail(&w, ERR_UNSUPPORTED, 1, "symbolic link of the same archive");
}

Test(compose_archive, a_link_that_replaces_a_folder_member_is_refused)
{
	pack_folder(&w, archive, "x", 0755);
	pack_link(&w, archive, "x", "/etc");
	unpack_to("opt", 0);
	scene_must_fail(&w, ERR_RECIPE_CONFLICT, 1, "is a folder");
}

Test(compose_archive, links_of_the_image_are_followed)
{
	pack_file(&w, archive, "bin/tool", "x", 0755);
	unpack_to("", 0);
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "usr/bin/tool"), "x");
	cr_assert_str_eq(scene_target(&w, "bin"), "usr/bin");
}

Test(compose_archive, device_nodes_and_pipes_are_refused)
{
	pack_file(&w, archive, "dev", "", 0644)->kind = NODE_CHAR;
	unpack_to("opt", 0);
	scene_must_fail(&w, ERR_UNSUPPORTED, 1, "device node");
	archive->members[0].kind = NODE_FIFO;
	scene_must_fail(&w, ERR_UNSUPPORTED, 1, "named pipe");
}

/* ---- any archive at all ---- */

static uint32_t random_state;

static uint32_t below(uint32_t n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % n;
}

static const char *random_path(void)
{
	static const char *const names[] = { "a", "b", "etc", "opt" };
	const char *path = names[below(4)];

	for (uint32_t depth = below(3); depth > 0; depth--)
		path = arena_printf(&w.arena, "%s/%s", path, names[below(4)]);
	return path;
}

static void random_archive(void)
{
	static const char *const targets[] = { "/etc", "..", "../etc", "a", "/", "b/a", "/etc/passwd" };

	archive->n_members = 0;
	for (uint32_t n = 1 + below(8); n > 0; n--) {
		const char *path = random_path();

		switch (below(5)) {
		case 0:
			pack_folder(&w, archive, path, 0700);
			break;
		case 1:
			pack_link(&w, archive, path, targets[below(7)]);
			break;
		case 2:
			pack_hard_link(&w, archive, path, random_path());
			break;
		default:
			pack_file(&w, archive, path, "evil", 0666);
			break;
		}
	}
}

/* The tree without what lies in opt/in. */
static struct digest digest_outside(void)
{
	struct node *inside = tree_find(w.out.tree, STR("opt/in"));
	struct digest d;

	if (inside)
		tree_remove(w.out.tree, inside, 0);
	d = tree_digest(w.out.tree, w.in.epoch);
	return d;
}

Test(compose_archive, none_changes_anything_outside_its_path)
{
	struct digest before, after;
	unsigned composed = 0;

	scene_file(&w, "opt/in", RECIPE_FILE_DIRECTORY);
	scene_must_compose(&w);
	before = digest_outside();
	w.n_files = 0;
	unpack_to("opt/in", 0);
	for (random_state = 1; random_state < 400; random_state++) {
		uint32_t seed = random_state;

		random_archive();
		if (scene_compose(&w) == 0) {
			composed++;
			after = digest_outside();
			cr_assert(digest_equal(&before, &after), "seed %u", seed);
		}
		random_state = seed;
	}
	cr_assert_gt(composed, 50);
}

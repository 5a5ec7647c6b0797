#include "compose_world.h"

static struct scene w;

static void begin(void)
{
	scene_init(&w);
	w.target.type = TARGET_DISK;
	w.target.root_type = ROOT_EXT4;
}

static void end(void)
{
	scene_release(&w);
}

TestSuite(disk_files, .init = begin, .fini = end);

static void assert_rule(const char *path, const char *rule)
{
	const struct cause *c = scene_cause(&w, path);

	cr_assert_eq(c->kind, CAUSE_RULE, "%s", path);
	cr_assert(str_equal_cstr(c->who, rule), "%s is by rule " STR_FMT, path, STR_ARG(c->who));
}

static void add_systemd(bool repart)
{
	struct pack *p = scene_package(&w, "systemd", "257", "systemd");

	pack_file(&w, p, "usr/lib/systemd/systemd", "ELF", 0755);
	pack_file(&w, p, "usr/lib/systemd/systemd-growfs", "ELF", 0755);
	if (repart)
		pack_file(&w, scene_package(&w, "systemd-repart", "257", "systemd"),
			  "usr/bin/systemd-repart", "ELF", 0755);
}

Test(disk_files, a_disk_says_that_databases_are_made)
{
	scene_must_compose(&w);
	assert_rule("etc/.updated", "updated");
	assert_rule("var/.updated", "updated");
	cr_assert_eq(scene_node(&w, "etc/.updated")->inode->mtime, w.in.epoch);
}

Test(disk_files, the_id_of_the_machine_is_empty_where_there_is_systemd)
{
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, "etc/machine-id"));
	add_systemd(false);
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/machine-id"), "");
	assert_rule("etc/machine-id", "machine-id");
}

Test(disk_files, fstab_names_no_root)
{
	scene_must_compose(&w);
	assert_rule("etc/fstab", "fstab");
	cr_assert_eq(*scene_content(&w, "etc/fstab"), '#');
}

Test(disk_files, the_lost_found_that_each_ext4_has_is_nobodys_file)
{
	struct recipe_file *f = scene_file(&w, "lost+found", RECIPE_FILE_DIRECTORY);

	f->mode = 0700;
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, "lost+found"));
	w.target.root_type = ROOT_EROFS;
	scene_must_compose(&w);
	cr_assert(scene_has(&w, "lost+found"));
	w.target.root_type = ROOT_EXT4;
	f->mode = 0755;
	scene_must_compose(&w);
	cr_assert(scene_has(&w, "lost+found"));
	f->mode = 0700;
	scene_text(&w, "lost+found/x", "");
	scene_must_compose(&w);
	cr_assert(scene_has(&w, "lost+found/x"));
}

Test(disk_files, a_container_has_none_of_it)
{
	static const char *const paths[] = {
		"etc/.updated", "var/.updated", "etc/machine-id",
		"etc/fstab",	"etc/repart.d", "etc/apt/preferences.d/ingot-kernel"
	};

	w.target.type = TARGET_OCI;
	w.target.root_grow = true;
	add_systemd(true);
	(void)scene_package(&w, "linux-image-6.12-amd64", "6.12.1-1", "linux");
	scene_must_compose(&w);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		cr_assert_not(scene_has(&w, paths[i]), "%s", paths[i]);
}

Test(disk_files, what_the_recipe_writes_or_removes_stays_so)
{
	scene_file(&w, "etc/.updated", RECIPE_FILE_REMOVE);
	scene_text(&w, "etc/fstab", "tmpfs /srv tmpfs defaults 0 0\n");
	/* Only what is there can be removed. */
	pack_file(&w, scene_package(&w, "odd", "1", "odd"), "etc/.updated", "", 0644);
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, "etc/.updated"));
	cr_assert_str_eq(scene_content(&w, "etc/fstab"), "tmpfs /srv tmpfs defaults 0 0\n");
}

Test(disk_files, a_root_that_grows_has_a_partition_rule_and_a_unit_that_is_on)
{
	add_systemd(true);
	w.target.root_grow = true;
	scene_must_compose(&w);
	assert_rule("etc/repart.d/50-root.conf", "grow");
	cr_assert(scene_has_line(&w, "etc/repart.d/50-root.conf", "Type=root"));
	cr_assert(scene_has_line(&w, "etc/systemd/system/ingot-grow-root.service",
				 "ExecStart=/usr/lib/systemd/systemd-growfs /"));
	cr_assert_str_eq(scene_target(&w, "etc/systemd/system/local-fs.target.wants/"
					  "ingot-grow-root.service"),
			 "/etc/systemd/system/ingot-grow-root.service");
}

Test(disk_files, a_root_that_does_not_grow_has_neither)
{
	add_systemd(true);
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, "etc/repart.d"));
}

Test(disk_files, growing_needs_the_program_that_does_it)
{
	add_systemd(false);
	w.target.root_grow = true;
	scene_must_fail(&w, ERR_RECIPE_VALUE, w.target.pos.line, "systemd-repart");
}

Test(disk_files, each_kernel_package_is_held_at_its_version_with_a_reason)
{
	static const char path[] = "etc/apt/preferences.d/ingot-kernel";

	(void)scene_package(&w, "linux-image-6.12-cloud-amd64", "6.12.1-1", "linux");
	(void)scene_package(&w, "linux-image-cloud-amd64", "6.12.1-1+b1", "linux");
	scene_must_compose(&w);
	assert_rule(path, "hold-kernel");
	cr_assert(scene_has_line(&w, path, "Package: linux-image-6.12-cloud-amd64"));
	cr_assert(scene_has_line(&w, path, "Pin: version 6.12.1-1"));
	cr_assert(scene_has_line(&w, path, "Package: linux-image-cloud-amd64"));
	cr_assert(scene_has_line(&w, path, "Pin: version 6.12.1-1+b1"));
	cr_assert(scene_has_line(&w, path, "Explanation: A new kernel comes with a new image."));
}

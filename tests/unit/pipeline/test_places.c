#include <criterion/criterion.h>

#include "pipeline/places.h"

static struct machine_mirror mirrors[] = {
	{ .suite = STR("trixie"), .url = STR("http://one.example/debian") },
	{ .suite = STR("trixie"), .url = STR("http://two.example/debian") },
	{ .suite = STR("trixie-security"),
	  .url = STR("http://one.example/debian-security") },
};

static struct context context_with(struct str snapshot)
{
	return (struct context){
		.workspace = WORKSPACE_INIT,
		.machine = { .mirrors = mirrors, .n_mirrors = 3, .snapshot_template = snapshot },
	};
}

Test(places, an_index_is_asked_for_by_hash_first_on_every_mirror)
{
	struct context c = context_with((struct str){ "", 0 });
	struct recipe_source source = { .name = STR("debian") };
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct digest d = { { 0xab } };
	const char *const *urls;
	size_t n;

	cr_assert_eq(places_of_suite(&c, &source, STR("trixie"), STR("main/binary-amd64/Packages.xz"),
				     &d, &arena, &urls, &n, &err), 0);
	cr_assert_eq(n, 4);
	cr_assert_str_eq(urls[0], "http://one.example/debian/dists/trixie/main/binary-amd64/by-hash/"
				  "SHA256/ab00000000000000000000000000000000000000000000000000000000000000");
	cr_assert_str_eq(urls[1],
			 "http://one.example/debian/dists/trixie/main/binary-amd64/Packages.xz");
	cr_assert(strncmp(urls[2], "http://two.example/", 19) == 0);
}

Test(places, a_package_that_mirrors_may_have_dropped_is_looked_for_at_the_snapshot_service)
{
	struct context c = context_with(STR("http://old.example/@ARCHIVE@/@SNAPSHOTID@"));
	struct lock_suite suite = { .source = STR("debian"), .suite = STR("trixie-security"),
				    .date = 1788252490 };
	struct lock lock = { .suites = &suite, .n_suites = 1 };
	struct lock_package p = { .archive = STR("debian"), .suite = STR("trixie-security"),
				  .path = STR("pool/main/o/openssl/x.deb") };
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	const char *const *urls;
	size_t n;

	cr_assert_eq(places_of_package(&c, &lock, &p, &arena, &urls, &n, &err), 0);
	cr_assert_eq(n, 2);
	cr_assert_str_eq(urls[0], "http://one.example/debian-security/pool/main/o/openssl/x.deb");
	cr_assert_str_eq(urls[1], "http://old.example/debian-security/20260901T084810Z/"
				  "pool/main/o/openssl/x.deb");
}

Test(places, a_snapshot_without_a_service_says_what_to_configure)
{
	struct context c = context_with((struct str){ "", 0 });
	struct recipe_source source = { .name = STR("debian"), .snapshot = STR("20260901T000000Z") };
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	const char *const *urls;
	size_t n;

	c.machine.config_path = (char *)"config.yaml";
	cr_assert_eq(places_of_suite(&c, &source, STR("trixie"), STR("InRelease"), NULL, &arena,
				     &urls, &n, &err), -1);
	cr_assert_eq(err.code, ERR_NO_MIRROR);
	cr_assert_not_null(strstr(err.hint, "config.yaml"));
}

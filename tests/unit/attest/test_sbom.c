#include "attest/sbom.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "format/json/json.h"

static struct sbom_package packages[] = {
	{ .name = STR("app"),
	  .version = STR("1"),
	  .architecture = STR("amd64"),
	  .source = STR("app"),
	  .source_version = STR("1"),
	  .asked = true,
	  .depends = STR("gone | lib (>= 2) | old, virtual, lib (>> 9) | other-virtual (= 3)") },
	{ .name = STR("lib"),
	  .version = STR("2"),
	  .architecture = STR("amd64"),
	  .source = STR("libs"),
	  .source_version = STR("1"),
	  .depends = STR("app") },
	{ .name = STR("old"),
	  .version = STR("1"),
	  .architecture = STR("all"),
	  .source = STR("libs"),
	  .source_version = STR("1"),
	  .provides = STR("virtual, other-virtual (= 3)"),
	  .boot_only = true },
};

static struct sbom an_sbom(void)
{
	return (struct sbom){ .name = STR("web"),
			      .version = STR("1"),
			      .target = STR("c"),
			      .architecture = STR("amd64"),
			      .distribution = STR("debian-13"),
			      .tool_version = STR("0"),
			      .packages = packages,
			      .n_packages = sizeof(packages) / sizeof(*packages) };
}

static const struct json *parse(struct arena *arena, const struct sbom *s,
				int (*write)(const struct sbom *, struct buf *, struct error *))
{
	struct buf text = BUF_INIT(1u << 20);
	struct error err = ERR_INIT;
	struct json *v = NULL;

	cr_assert_eq(write(s, &text, &err), 0);
	cr_assert_eq(json_parse(arena_bytes(arena, buf_bytes(&text)), "sbom", arena, &v, &err), 0);
	buf_release(&text);
	return v;
}

static bool has_relationship(const struct json *document, const char *from, const char *type,
			     const char *to)
{
	const struct json *list = json_get(document, "relationships");

	for (size_t i = 0; i < json_length(list); i++) {
		const struct json *r = json_item(list, i);

		if (str_equal_cstr(json_as_str(json_get(r, "spdxElementId")), from) &&
		    str_equal_cstr(json_as_str(json_get(r, "relationshipType")), type) &&
		    str_equal_cstr(json_as_str(json_get(r, "relatedSpdxElement")), to))
			return true;
	}
	return false;
}

Test(sbom, a_dependency_is_met_by_the_first_alternative_that_is_there)
{
	struct arena arena = ARENA_INIT;
	struct sbom s = an_sbom();
	const struct json *d = parse(&arena, &s, sbom_write_spdx);
	const char *app = "SPDXRef-Package-app-X-amd64", *lib = "SPDXRef-Package-lib-X-amd64",
		   *old = "SPDXRef-Package-old-X-all";

	cr_expect(has_relationship(d, app, "DEPENDS_ON", lib));
	cr_expect(has_relationship(d, app, "DEPENDS_ON", old), "by what it provides");
	cr_expect(has_relationship(d, lib, "DEPENDS_ON", app));
	cr_expect(!has_relationship(d, old, "DEPENDS_ON", app));
	arena_release(&arena);
}

Test(sbom, packages_of_one_source_share_it)
{
	struct arena arena = ARENA_INIT;
	struct sbom s = an_sbom();
	const struct json *d = parse(&arena, &s, sbom_write_spdx);

	cr_expect(has_relationship(d, "SPDXRef-Package-lib-X-amd64", "GENERATED_FROM",
				   "SPDXRef-Source-libs-X-1"));
	cr_expect(has_relationship(d, "SPDXRef-Package-old-X-all", "GENERATED_FROM",
				   "SPDXRef-Source-libs-X-1"));
	/* image, system, three binaries, two sources */
	cr_expect_eq(json_length(json_get(d, "packages")), 7);
	arena_release(&arena);
}

Test(sbom, the_same_input_gives_the_same_bytes_and_another_seed_other_ids)
{
	struct buf a = BUF_INIT(1u << 20), b = BUF_INIT(1u << 20), c = BUF_INIT(1u << 20);
	struct error err = ERR_INIT;
	struct sbom s = an_sbom();

	cr_assert_eq(sbom_write_cyclonedx(&s, &a, &err), 0);
	cr_assert_eq(sbom_write_cyclonedx(&s, &b, &err), 0);
	s.seed.bytes[0] = 1;
	cr_assert_eq(sbom_write_cyclonedx(&s, &c, &err), 0);
	cr_expect(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
	cr_expect(!bytes_equal(buf_bytes(&a), buf_bytes(&c)));
	buf_release(&a);
	buf_release(&b);
	buf_release(&c);
}

Test(sbom, only_what_is_asked_for_hangs_on_the_image)
{
	struct arena arena = ARENA_INIT;
	struct sbom s = an_sbom();
	const struct json *d = parse(&arena, &s, sbom_write_cyclonedx),
			  *list = json_get(d, "dependencies"), *image = json_item(list, 0);

	cr_assert(str_equal_cstr(json_as_str(json_get(image, "ref")), "image:web-1-c-amd64"));
	/* the system and app: the others are reached by it */
	cr_expect_eq(json_length(json_get(image, "dependsOn")), 2);
	arena_release(&arena);
}

Test(sbom, a_purl_names_the_source_that_advisories_are_about)
{
	struct arena arena = ARENA_INIT;
	struct sbom s = an_sbom();
	const struct json *d = parse(&arena, &s, sbom_write_cyclonedx),
			  *lib = json_item(json_get(d, "components"), 2);

	cr_expect(str_equal_cstr(json_as_str(json_get(lib, "purl")),
				 "pkg:deb/debian/lib@2?arch=amd64&distro=debian-13&upstream="
				 "libs%401"));
	arena_release(&arena);
}

Test(sbom, an_image_without_packages_is_one)
{
	struct arena arena = ARENA_INIT;
	struct sbom s = { .name = STR("x"), .tool_version = STR("0") };

	cr_expect(parse(&arena, &s, sbom_write_spdx) != NULL);
	cr_expect(parse(&arena, &s, sbom_write_cyclonedx) != NULL);
	arena_release(&arena);
}

/* Other bytes need another SBOM_VERSION: then these digests are made anew. */
Test(sbom, golden_bytes_change_with_the_version_only)
{
	const char *const wanted[] = {
		"4da4712a0f27c1f414a00605bbbe0bdc3a7cc701a32616d443dc74ceb982f149",
		"278046d4fa6099f197ae4f541c545ba2beab0c91d3cde573ddbda1d8b5fa7d71"
	};
	struct error err = ERR_INIT;
	struct sbom s = an_sbom();

	cr_assert_eq(SBOM_VERSION, 1);
	for (size_t i = 0; i < 2; i++) {
		struct buf text = BUF_INIT(1u << 20);
		char hex[DIGEST_HEX_MAX];
		struct digest d;

		cr_assert_eq(i ? sbom_write_cyclonedx(&s, &text, &err)
			       : sbom_write_spdx(&s, &text, &err),
			     0);
		d = hash_bytes(buf_bytes(&text));
		cr_expect_str_eq(digest_hex(&d, hex), wanted[i]);
		buf_release(&text);
	}
}

#include <criterion/criterion.h>

#include "attest/identity.h"

static struct digest digest_of(uint8_t byte)
{
	struct digest d;

	memset(d.bytes, byte, sizeof(d.bytes));
	return d;
}

static struct identity image(uint8_t file, uint8_t config)
{
	struct identity i = { .file = STR("web.oci.tar") };

	i.has[IDENTITY_FILE] = i.has[IDENTITY_CONFIG] = true;
	i.digest[IDENTITY_FILE] = digest_of(file);
	i.digest[IDENTITY_CONFIG] = digest_of(config);
	return i;
}

static enum identity_match match(struct identity i, struct identity said, struct str name,
				 enum identity_role *ret_weak)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct intoto_subject *subjects;
	size_t n;

	said.file = name;
	n = identity_subjects(&said, &arena, &subjects);
	return identity_match(&i, subjects, n, ret_weak);
}

Test(identity, subjects_are_named_by_file_and_role)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct identity i = image(1, 2);
	struct intoto_subject *subjects;
	enum identity_role role;

	cr_assert_eq(identity_subjects(&i, &arena, &subjects), 2);
	cr_assert(str_equal_cstr(subjects[0].name, "web.oci.tar"));
	cr_assert(str_equal_cstr(subjects[1].name, "web.oci.tar#config"));
	cr_assert(str_equal_cstr(identity_subject_name(subjects[1].name, &role), "web.oci.tar"));
	cr_assert_eq(role, IDENTITY_CONFIG);
	cr_assert(str_equal_cstr(identity_subject_name(STR("a#b"), &role), "a#b"));
	cr_assert_eq(role, IDENTITY_FILE);
}

Test(identity, equal_digests_match_whatever_the_name)
{
	enum identity_role weak;

	cr_assert_eq(match(image(1, 2), image(1, 2), STR("web.oci.tar"), &weak), IDENTITY_ALL);
	cr_assert_eq(match(image(1, 2), image(1, 2), STR("other.tar"), &weak), IDENTITY_ALL);
}

Test(identity, an_image_in_another_tar_is_the_same_image)
{
	enum identity_role weak = IDENTITY_ROLE_COUNT;

	cr_assert_eq(match(image(9, 2), image(1, 2), STR("web.oci.tar"), &weak), IDENTITY_STRONG);
	cr_assert_eq(weak, IDENTITY_FILE);
}

Test(identity, another_config_under_the_same_name_is_a_conflict)
{
	enum identity_role weak;

	cr_assert_eq(match(image(1, 9), image(1, 2), STR("web.oci.tar"), &weak), IDENTITY_CONFLICT);
	cr_assert_eq(match(image(8, 9), image(1, 2), STR("web.oci.tar"), &weak), IDENTITY_CONFLICT);
	cr_assert_eq(match(image(8, 9), image(1, 2), STR("db.oci.tar"), &weak), IDENTITY_NONE);
}

static struct identity disk(uint8_t file, uint8_t root_hash, uint8_t unsigned_disk)
{
	struct identity i = { .file = STR("vm.raw") };

	i.has[IDENTITY_FILE] = i.has[IDENTITY_ROOT_HASH] = true;
	i.digest[IDENTITY_FILE] = digest_of(file);
	i.digest[IDENTITY_ROOT_HASH] = digest_of(root_hash);
	i.has[IDENTITY_UNSIGNED] = unsigned_disk != 0;
	i.digest[IDENTITY_UNSIGNED] = digest_of(unsigned_disk);
	return i;
}

Test(identity, a_root_hash_alone_is_no_match)
{
	enum identity_role weak;

	cr_assert_eq(match(disk(1, 5, 0), disk(2, 5, 0), STR("x.raw"), &weak), IDENTITY_NONE);
	cr_assert_eq(match(disk(1, 5, 0), disk(2, 5, 0), STR("vm.raw"), &weak), IDENTITY_CONFLICT);
}

Test(identity, a_disk_is_what_it_was_before_secure_boot_signed_it)
{
	enum identity_role weak = IDENTITY_ROLE_COUNT;

	cr_assert_eq(match(disk(1, 5, 7), disk(2, 5, 7), STR("vm.raw"), &weak), IDENTITY_STRONG);
	cr_assert_eq(weak, IDENTITY_FILE);
	cr_assert_eq(match(disk(1, 5, 7), disk(7, 5, 0), STR("vm.raw"), &weak), IDENTITY_STRONG);
	cr_assert_eq(match(disk(7, 5, 0), disk(1, 5, 7), STR("vm.raw"), &weak), IDENTITY_STRONG);
	cr_assert_eq(match(disk(1, 5, 7), disk(1, 5, 8), STR("vm.raw"), &weak), IDENTITY_CONFLICT);
}

Test(identity, two_digests_for_one_role_are_a_conflict)
{
	struct intoto_subject subjects[] = { { STR("web.oci.tar"), digest_of(1) },
					     { STR("web.oci.tar"), digest_of(9) } };
	struct identity i = image(1, 2);
	enum identity_role weak;

	cr_assert_eq(identity_match(&i, subjects, 2, &weak), IDENTITY_CONFLICT);
}

Test(identity, a_conflict_goes_over_a_match_elsewhere)
{
	struct intoto_subject subjects[] = { { STR("db.oci.tar"), digest_of(1) },
					     { STR("web.oci.tar"), digest_of(9) } };
	struct identity i = image(1, 2);
	enum identity_role weak;

	cr_assert_eq(identity_match(&i, subjects, 2, &weak), IDENTITY_CONFLICT);
	cr_assert_eq(identity_match(&i, subjects, 1, &weak), IDENTITY_ALL);
}

/* Every name of a statement is its author's: 4,096 long ones, no two of a file together. */
Test(identity, subjects_are_read_in_one_go, .timeout = 10)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	const size_t n = INTOTO_SUBJECTS_MAX, len = 8000;
	struct intoto_subject *subjects = arena_array(&arena, n, sizeof(*subjects));
	struct identity i = image(1, 2);
	enum identity_role weak;

	for (size_t k = 0; k < n; k++) {
		char *name = arena_alloc(&arena, len + 1);

		memset(name, 'a', len);
		name[len - 1] = (char)('0' + k % 64);
		subjects[k] = (struct intoto_subject){ { name, len }, digest_of(9) };
	}
	cr_assert_eq(identity_match(&i, subjects, n, &weak), IDENTITY_NONE);
	subjects[n - 1] = (struct intoto_subject){ STR("x#config"), digest_of(2) };
	subjects[0] = (struct intoto_subject){ STR("x#config"), digest_of(2) };
	cr_assert_eq(identity_match(&i, subjects, n, &weak), IDENTITY_ALL);
	subjects[n - 1].sha256 = digest_of(3);
	cr_assert_eq(identity_match(&i, subjects, n, &weak), IDENTITY_CONFLICT);
}

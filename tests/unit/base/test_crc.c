#include <criterion/criterion.h>

#include "base/crc.h"

static const struct bytes check = { (const uint8_t *)"123456789", 9 };

Test(crc, check_values_are_those_of_the_catalogue)
{
	cr_assert_eq(crc32_add(0, check), 0xcbf43926u);
	cr_assert_eq(~crc32c_raw(~0u, check), 0xe3069283u);
}

Test(crc, parts_give_what_the_whole_gives)
{
	for (size_t cut = 0; cut <= check.len; cut++) {
		struct bytes a = { check.ptr, cut }, b = { check.ptr + cut, check.len - cut };

		cr_assert_eq(crc32_add(crc32_add(0, a), b), crc32_add(0, check));
		cr_assert_eq(crc32c_raw(crc32c_raw(~0u, a), b), crc32c_raw(~0u, check));
	}
}

#include "base/field.h"

#include <criterion/criterion.h>

Test(field, come_back_in_their_order)
{
	struct buf b = BUF_INIT(100);
	struct bytes rest, got;

	field_put(&b, str_bytes(STR("one")));
	field_put(&b, (struct bytes){ NULL, 0 });
	field_put(&b, str_bytes(STR("two")));
	cr_assert_eq(b.len, 18);
	cr_assert_eq(b.ptr[0], 3);
	rest = buf_bytes(&b);
	cr_assert(field_take(&rest, &got) && bytes_equal(got, str_bytes(STR("one"))));
	cr_assert(field_take(&rest, &got) && got.len == 0);
	cr_assert(field_take(&rest, &got) && bytes_equal(got, str_bytes(STR("two"))));
	cr_assert_eq(rest.len, 0);
	cr_assert(!field_take(&rest, &got));
	buf_release(&b);
}

Test(field, cut_short_at_any_byte_is_none)
{
	struct buf b = BUF_INIT(100);

	field_put(&b, str_bytes(STR("one")));
	for (size_t n = 0; n < b.len; n++) {
		struct bytes rest = { b.ptr, n }, got;

		cr_assert(!field_take(&rest, &got), "%zu bytes", n);
		cr_assert_eq(rest.len, n);
	}
	buf_release(&b);
}

Test(field, a_length_beyond_the_end_is_none)
{
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff, 1 };
	struct bytes rest = BYTES_OF(huge), got;

	cr_assert(!field_take(&rest, &got));
}

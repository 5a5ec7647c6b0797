#include "attest/content_diff.h"

#include "attest/content_elf.h"
#include "attest/content_ranges.h"
#include "attest/unified_diff.h"
#include "base/text.h"

#define TEXT_MAX (16u << 20) /* bytes of both; more is told as bytes */
#define ODD_ONE_IN 8	     /* bytes of a text that may be no text: old encodings */

static bool is_text(struct bytes b)
{
	size_t odd = 0;

	if (b.len > TEXT_MAX)
		return false;
	for (size_t i = 0; i < b.len; i++) {
		uint8_t c = b.ptr[i];

		if (c == 0)
			return false;
		odd += (c < 0x20 && !(c >= 0x07 && c <= 0x0d) && c != 0x1b) || c == 0x7f;
	}
	if (odd > b.len / ODD_ONE_IN)
		return false;
	if (text_is_utf8(bytes_str(b)))
		return true;
	for (size_t i = 0; i < b.len; i++)
		odd += b.ptr[i] >= 0x80;
	return odd <= b.len / ODD_ONE_IN;
}

static bool diff_texts(struct bytes a, struct bytes b, struct arena *arena,
		       struct content_diff *ret)
{
	struct unified_diff u;

	if (a.len + b.len > TEXT_MAX || !is_text(a) || !is_text(b) ||
	    !unified_diff(bytes_str(a), bytes_str(b), arena, &u))
		return false;
	ret->kind = CONTENT_DIFF_TEXT;
	ret->text = u.text;
	ret->text_is_cut = u.is_cut;
	ret->n_lines_added = u.n_added;
	ret->n_lines_removed = u.n_removed;
	return true;
}

int content_diff(struct bytes a, struct bytes b, struct arena *arena, struct content_diff *ret,
		 struct error *err)
{
	struct content_diff d = {
		.kind = CONTENT_DIFF_BYTES,
		.size_a = a.len,
		.size_b = b.len,
		.text = STR(""),
	};
	struct content_ranges r = { .n = 0 };
	int is_elf;

	content_ranges_compare(&r, a, b, 0);
	d.n_differing = r.n_bytes;
	d.ranges = arena_array(arena, CONTENT_DIFF_RANGES, sizeof(*d.ranges));
	memcpy(d.ranges, r.first, sizeof(r.first));
	d.n_ranges = r.n;
	d.n_ranges_all = r.n_all;
	for (size_t i = 0; i < d.n_ranges; i++)
		d.ranges[i].what = STR("");
	is_elf = content_elf(a, b, arena, &d, err);
	if (is_elf < 0)
		return -1;
	if (is_elf != CONTENT_ELF)
		(void)diff_texts(a, b, arena, &d);
	*ret = d;
	return 0;
}

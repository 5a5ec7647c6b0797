/*
 * Two files in one input, split at a byte that the first two bytes name: the ELF reader and
 * the text diff must stand any pair, and what they say must fit the files.
 */
#include <stdlib.h>

#include "attest/content_elf.h"
#include "attest/line_diff.h"
#include "attest/unified_diff.h"
#include "base/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(struct str a, struct str b)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct unified_diff u;
	struct line_diff d;
	size_t i = 0, k = 0;

	if (!line_diff(a, b, &arena, &d))
		abort();
	/* What is unchanged is the same on both sides. */
	for (;; i++, k++) {
		while (i < d.a.n && d.a.changed[i])
			i++;
		while (k < d.b.n && d.b.changed[k])
			k++;
		if (i == d.a.n || k == d.b.n)
			break;
		if (!str_equal(d.a.lines[i], d.b.lines[k]))
			abort();
	}
	if (i != d.a.n || k != d.b.n)
		abort();
	if (!unified_diff(a, b, &arena, &u) || u.text.len > UNIFIED_DIFF_TEXT_MAX)
		abort();
	if ((u.text.len == 0) != str_equal(a, b))
		abort();
}

static void check_elf(struct bytes a, struct bytes b)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf answer = BUF_INIT(CONTENT_ELF_ANSWER_MAX);
	struct content_diff d = { .kind = CONTENT_DIFF_BYTES };

	content_elf_tell(a, b, &answer);
	if (answer.len == 0)
		return;
	if (!content_elf_take(buf_str(&answer), &arena, &d))
		abort();
	for (size_t i = 0; i < d.n_ranges; i++)
		if (d.ranges[i].end > a.len)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct content_diff d;
	size_t at;

	if (size < 2)
		return 0;
	at = (size_t)(data[0] | data[1] << 8) % (size - 1);
	/* Of their own, so that a read past the end is seen. */
	struct bytes a = { malloc(at ? at : 1), at };
	struct bytes b = { malloc(size - 2 - at ? size - 2 - at : 1), size - 2 - at };

	memcpy((void *)(uintptr_t)a.ptr, data + 2, a.len);
	memcpy((void *)(uintptr_t)b.ptr, data + 2 + at, b.len);
	check_elf(a, b);
	check_lines(bytes_str(a), bytes_str(b));
	(void)content_elf_take(bytes_str(a), &arena, &d);
	free((void *)(uintptr_t)a.ptr);
	free((void *)(uintptr_t)b.ptr);
	return 0;
}

/*
 * What goes from the child to the parent: a line "START END WHAT" for each range that is told,
 * "= N_ALL CUT", and then the text as it is.
 */
#include "attest/content_elf.h"

#include "base/cleanup.h"
#include "base/decimal.h"
#include "base/text.h"
#include "io/child.h"

static bool is_elf(struct bytes b)
{
	return b.len >= 16 && memcmp(b.ptr, "\177ELF", 4) == 0;
}

/* A child that hostile bytes have taken over may say anything: it is made safe once more. */
static struct str safe(struct str text, struct arena *arena)
{
	CLEANUP_BUF struct buf b = BUF_INIT(5 * CONTENT_ELF_ANSWER_MAX);
	struct str line;
	bool first = true;

	while (str_split(&text, '\n', &line)) {
		if (!first)
			buf_add_char(&b, '\n');
		text_add_safe(&b, line);
		first = false;
	}
	return arena_str(arena, buf_str(&b));
}

static bool take_number(struct str *rest, uint64_t *ret)
{
	struct str word;

	return str_split(rest, ' ', &word) && str_parse_u64(word, ret);
}

static bool take_range(struct str line, struct arena *arena, struct content_diff_range *ret)
{
	if (!take_number(&line, &ret->start) || !take_number(&line, &ret->end) ||
	    ret->end <= ret->start)
		return false;
	ret->what = safe(line, arena);
	return true;
}

bool content_elf_take(struct str answer, struct arena *arena, struct content_diff *ret)
{
	struct content_diff_range *ranges =
		arena_array(arena, CONTENT_DIFF_RANGES, sizeof(*ranges));
	uint64_t n_all, is_cut;
	size_t n = 0;
	struct str line;

	for (;;) {
		if (!str_split(&answer, '\n', &line))
			return false;
		if (str_has_prefix(line, STR("= ")))
			break;
		if (n == CONTENT_DIFF_RANGES || !take_range(line, arena, &ranges[n++]))
			return false;
	}
	line = (struct str){ line.ptr + 2, line.len - 2 };
	if (!take_number(&line, &n_all) || !take_number(&line, &is_cut) || line.ptr || n_all < n)
		return false;
	ret->kind = CONTENT_DIFF_ELF;
	ret->ranges = ranges;
	ret->n_ranges = n;
	ret->n_ranges_all = n_all;
	ret->text = safe(answer.ptr ? answer : STR(""), arena);
	ret->text_is_cut = is_cut != 0;
	return true;
}

struct pair {
	struct bytes a, b;
};

static int tell(const void *what, struct buf *to, struct error *err)
{
	const struct pair *p = what;

	(void)err;
	content_elf_tell(p->a, p->b, to);
	return 0;
}

int content_elf(struct bytes a, struct bytes b, struct arena *arena, struct content_diff *ret,
		struct error *err)
{
	const struct child_options o = {
		.name = "the ELF reader",
		.failure = ERR_FORMAT,
		.answer_max = CONTENT_ELF_ANSWER_MAX,
	};
	CLEANUP_BUF struct buf answer = BUF_INIT(CONTENT_ELF_ANSWER_MAX);
	CLEANUP_ERR struct error failure = ERR_INIT;
	struct pair p = { a, b };

	if (!is_elf(a) || !is_elf(b))
		return 0;
	if (child_run(tell, &p, &o, &answer, &failure) < 0)
		return failure.code == o.failure ? 0 : err_move(err, &failure);
	return content_elf_take(buf_str(&answer), arena, ret) ? CONTENT_ELF : 0;
}

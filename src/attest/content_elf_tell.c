#include <stdlib.h>

#include "attest/content_elf.h"
#include "attest/content_ranges.h"
#include "attest/elf_symbols.h"
#include "base/cleanup.h"
#include "base/hex.h"
#include "base/text.h"

#define TEXT_MAX (48u << 10) /* bytes of the text; it is cut behind a line */
#define LINE_MAX 4096u	     /* bytes of a line, escapes and all */
#define SYMBOLS_MAX 12u	     /* that are named of one section */
#define STRING_MAX 200u	     /* bytes of a string that is shown */

struct telling {
	struct elf_side a, b;
	const struct elf_part **twins; /* of each part of A: B's of that name, or NULL */
	bool *has_twin;		       /* of each part of B */
	struct arena *arena;
	struct content_ranges ranges;
	struct buf text;
	bool is_cut;
};

/* ---- which is which ---- */

static int by_name(const void *x, const void *y)
{
	const struct elf_part *a = *(const struct elf_part *const *)x;
	const struct elf_part *b = *(const struct elf_part *const *)y;
	int c = str_compare(a->name, b->name);

	if (c)
		return c;
	return a->serial < b->serial ? -1 : a->serial > b->serial;
}

static const struct elf_part **sorted_parts(const struct elf_parts *p, struct arena *arena)
{
	const struct elf_part **list = arena_array(arena, p->n_parts, sizeof(*list));

	for (size_t i = 0; i < p->n_parts; i++)
		list[i] = &p->parts[i];
	qsort(list, p->n_parts, sizeof(*list), by_name);
	return list;
}

static void pair_parts(struct telling *t)
{
	const struct elf_part **a = sorted_parts(&t->a.parts, t->arena);
	const struct elf_part **b = sorted_parts(&t->b.parts, t->arena);
	size_t i = 0, k = 0;

	t->twins = arena_array(t->arena, t->a.parts.n_parts, sizeof(*t->twins));
	t->has_twin = arena_array(t->arena, t->b.parts.n_parts, sizeof(*t->has_twin));
	while (i < t->a.parts.n_parts && k < t->b.parts.n_parts) {
		int c = by_name(&a[i], &b[k]);

		if (c == 0) {
			t->twins[a[i] - t->a.parts.parts] = b[k];
			t->has_twin[b[k] - t->b.parts.parts] = true;
		}
		i += c <= 0;
		k += c >= 0;
	}
}

/* ---- lines ---- */

static void add_name(struct buf *to, const struct elf_part *p)
{
	if (p->is_section)
		buf_add_cstr(to, "section ");
	text_add_safe(to, p->name);
}

static void put_line(struct telling *t, const struct buf *line)
{
	if (t->is_cut || t->text.len + line->len + 1 > TEXT_MAX) {
		t->is_cut = true;
		return;
	}
	buf_add_str(&t->text, buf_str(line));
	buf_add_char(&t->text, '\n');
}

static uint64_t count_differing(struct bytes a, struct bytes b)
{
	struct content_ranges r = { .n = 0 };

	content_ranges_compare(&r, a, b, 0);
	return r.n_bytes;
}

static void add_sizes(struct buf *to, struct bytes a, struct bytes b)
{
	if (a.len == b.len)
		buf_printf(to, "%llu of %zu bytes differ",
			   (unsigned long long)count_differing(a, b), a.len);
	else
		buf_printf(to, "%zu -> %zu bytes", a.len, b.len);
}

/* gABI, chapter 5, "Note Section": sizes of name and description, type, "GNU", description. */
static bool add_build_id(struct buf *to, struct bytes note)
{
	char hex[2 * 64 + 1];

	if (note.len <= 16 || note.len > 16 + 64 || memcmp(note.ptr + 12, "GNU", 4) != 0)
		return false;
	note = (struct bytes){ note.ptr + 16, note.len - 16 };
	buf_add_cstr(to, hex_format(note, hex));
	return true;
}

static void add_build_ids(struct buf *to, struct bytes a, struct bytes b)
{
	size_t before = to->len;

	buf_add_cstr(to, ", build id ");
	if (add_build_id(to, a)) {
		buf_add_cstr(to, " -> ");
		if (add_build_id(to, b))
			return;
	}
	to->len = before;
}

static struct str next_string(struct bytes *rest)
{
	size_t len = strnlen((const char *)rest->ptr, rest->len);
	struct str s = { (const char *)rest->ptr, len };

	len += len < rest->len;
	*rest = (struct bytes){ rest->ptr + len, rest->len - len };
	s.len = s.len < STRING_MAX ? s.len : STRING_MAX;
	return s;
}

/* Sections that hold strings: the compiler's version, a loader's path. */
static bool has_strings(struct str name)
{
	return str_equal_cstr(name, ".comment") || str_equal_cstr(name, ".interp") ||
	       str_equal_cstr(name, ".modinfo") || str_equal_cstr(name, ".gnu_debuglink");
}

static void add_strings(struct buf *to, struct bytes a, struct bytes b)
{
	while (a.len && b.len) {
		struct str x = next_string(&a), y = next_string(&b);

		if (str_equal(x, y))
			continue;
		buf_add_cstr(to, ", \"");
		text_add_safe(to, x);
		buf_add_cstr(to, "\" -> \"");
		text_add_safe(to, y);
		buf_add_char(to, '"');
		return;
	}
}

/* ---- symbols ---- */

static void put_symbol(struct telling *t, const struct elf_symbol_pair *p)
{
	CLEANUP_BUF struct buf line = BUF_INIT(LINE_MAX);
	const struct elf_symbol *s = p->a ? p->a : p->b;

	buf_add_cstr(&line, s->is_function ? "  function " : "  object ");
	text_add_safe(&line, s->name);
	buf_add_cstr(&line, ": ");
	if (p->a && p->b)
		add_sizes(&line, elf_symbol_content(&t->a, p->a), elf_symbol_content(&t->b, p->b));
	else
		buf_printf(&line, "only in %s, %llu bytes", p->a ? "A" : "B",
			   (unsigned long long)s->size);
	put_line(t, &line);
}

static void put_symbols(struct telling *t, const struct elf_part *a, const struct elf_part *b)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf line = BUF_INIT(LINE_MAX);
	struct elf_symbol_pair *pairs;
	size_t n = elf_symbols_pair(&t->a, a, &t->b, b, &arena, &pairs);

	for (size_t i = 0; i < n && i < SYMBOLS_MAX; i++)
		put_symbol(t, &pairs[i]);
	if (n > SYMBOLS_MAX) {
		buf_printf(&line, "  and %zu more", n - SYMBOLS_MAX);
		put_line(t, &line);
	}
}

/* ---- parts ---- */

static void put_pair(struct telling *t, const struct elf_part *a, const struct elf_part *b)
{
	CLEANUP_BUF struct buf line = BUF_INIT(LINE_MAX);

	add_name(&line, a);
	buf_add_cstr(&line, ": ");
	add_sizes(&line, a->content, b->content);
	if (str_equal_cstr(a->name, ".note.gnu.build-id"))
		add_build_ids(&line, a->content, b->content);
	if (has_strings(a->name))
		add_strings(&line, a->content, b->content);
	put_line(t, &line);
	put_symbols(t, a, b);
}

static void put_single(struct telling *t, const struct elf_part *p, char side)
{
	CLEANUP_BUF struct buf line = BUF_INIT(LINE_MAX);

	add_name(&line, p);
	buf_printf(&line, ": only in %c, %zu bytes", side, p->content.len);
	put_line(t, &line);
}

static void put_parts(struct telling *t)
{
	for (size_t i = 0; i < t->a.parts.n_parts; i++) {
		const struct elf_part *a = &t->a.parts.parts[i], *b = t->twins[i];

		if (!b)
			put_single(t, a, 'A');
		else if (!bytes_equal(a->content, b->content))
			put_pair(t, a, b);
	}
	for (size_t i = 0; i < t->b.parts.n_parts; i++)
		if (!t->has_twin[i])
			put_single(t, &t->b.parts.parts[i], 'B');
}

/* ---- ranges ---- */

static int by_start(const void *x, const void *y)
{
	const struct elf_part *a = *(const struct elf_part *const *)x;
	const struct elf_part *b = *(const struct elf_part *const *)y;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a < b ? -1 : a > b; /* of one array */
}

static void find_ranges(struct telling *t)
{
	const struct elf_part **parts = sorted_parts(&t->a.parts, t->arena);

	qsort(parts, t->a.parts.n_parts, sizeof(*parts), by_start);
	for (size_t i = 0; i < t->a.parts.n_parts; i++) {
		const struct elf_part *a = parts[i], *b = t->twins[a - t->a.parts.parts];

		content_ranges_part(&t->ranges);
		if (b && a->content.len == b->content.len)
			content_ranges_compare(&t->ranges, a->content, b->content, a->start);
		else if (a->content.len)
			content_ranges_add(&t->ranges, a->start, a->start + a->content.len);
	}
	/* What no section holds: nothing reads it, but the digest does. */
	if (t->ranges.n_all == 0 && t->text.len == 0)
		content_ranges_compare(&t->ranges, t->a.file, t->b.file, 0);
}

static bool holds(uint64_t start, uint64_t size, uint64_t at)
{
	return at >= start && at - start < size;
}

static void add_symbol_at(const struct elf_parts *p, uint32_t part, uint64_t at, struct buf *to)
{
	for (size_t i = 0; i < p->n_symbols; i++) {
		const struct elf_symbol *s = &p->symbols[i];

		if (s->part != part || !holds(s->start, s->size, at))
			continue;
		buf_add_cstr(to, s->is_function ? ", function " : ", object ");
		text_add_safe(to, s->name);
		if (at > s->start)
			buf_printf(to, "+0x%llx", (unsigned long long)(at - s->start));
		return;
	}
}

/* "section .text, function main+0x12". */
static void add_place(const struct elf_parts *p, uint64_t at, struct buf *to)
{
	for (size_t i = 0; i < p->n_parts; i++) {
		const struct elf_part *part = &p->parts[i];

		if (!holds(part->start, part->content.len, at))
			continue;
		add_name(to, part);
		add_symbol_at(p, (uint32_t)i, at, to);
		return;
	}
	buf_add_cstr(to, "between the sections");
}

static void add_ranges(const struct telling *t, struct buf *to)
{
	for (size_t i = 0; i < t->ranges.n; i++) {
		const struct content_diff_range *r = &t->ranges.first[i];

		buf_printf(to, "%llu %llu ", (unsigned long long)r->start,
			   (unsigned long long)r->end);
		add_place(&t->a.parts, r->start, to);
		buf_add_char(to, '\n');
	}
	buf_printf(to, "= %zu %d\n", t->ranges.n_all, t->is_cut);
}

void content_elf_tell(struct bytes a, struct bytes b, struct buf *to)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct telling t = { .a.file = a, .b.file = b, .arena = &arena };

	t.text = (struct buf)BUF_INIT(TEXT_MAX);
	if (!elf_parts_read(a, &arena, &t.a.parts) || !elf_parts_read(b, &arena, &t.b.parts))
		return;
	pair_parts(&t);
	put_parts(&t);
	find_ranges(&t);
	add_ranges(&t, to);
	buf_add_str(to, buf_str(&t.text));
	buf_release(&t.text);
}

#include "base/text.h"
#include "pipeline/explain_files.h"

#include "base/buf.h"

#define LINES_MAX 100u	 /* differences that are told, unless all are asked for */
#define OF_CAUSE_MAX 10u /* of one cause */
#define ALONG_MAX 3u	 /* of a package that came with another one */
#define DETAIL_LINES 24u /* of one content */
#define DETAILS_MAX 30u	 /* contents that are looked into, in all */
#define DETAILS_OF 4u	 /* of one cause */
#define CHANGELOG_LINES 24u

struct printing {
	const struct image_diff *d;
	struct buf *to;
	bool all;
	size_t told;
	size_t detailed, detailed_here; /* contents that were looked into; of this cause */
	size_t passed_over;		/* those that were not */
};

static void add_safe(struct buf *to, struct str text)
{
	text_add_safe(to, text);
}

/* At most @max lines of a safe text, each behind @margin. */
static void add_lines(const struct printing *p, struct str text, const char *margin, size_t max)
{
	struct str line;
	size_t n = 0, left = 0;

	while (text.len && text.ptr[text.len - 1] == '\n')
		text.len--;
	while (text.len && str_split(&text, '\n', &line)) {
		if (!p->all && n == max) {
			left++;
			continue;
		}
		n++;
		if (line.len)
			buf_printf(p->to, "%s" STR_FMT, margin, STR_ARG(line));
		buf_add_char(p->to, '\n');
	}
	if (left)
		buf_printf(p->to, "%s... %zu more lines (-v shows them)\n", margin, left);
}

static void add_ranges(const struct printing *p, const struct content_diff *c, const char *margin)
{
	for (size_t i = 0; i < c->n_ranges; i++) {
		const struct content_diff_range *r = &c->ranges[i];

		buf_printf(p->to, "%sbyte%s %llu", margin, r->end - r->start > 1 ? "s" : "",
			   (unsigned long long)r->start);
		if (r->end - r->start > 1)
			buf_printf(p->to, "-%llu", (unsigned long long)r->end - 1);
		if (r->what.len) {
			buf_add_cstr(p->to, ": ");
			add_safe(p->to, r->what);
		}
		buf_add_char(p->to, '\n');
	}
	if (c->n_ranges_all > c->n_ranges)
		buf_printf(p->to, "%s... %zu more ranges\n", margin, c->n_ranges_all - c->n_ranges);
}

static void add_detail(const struct printing *p, const struct content_diff *c, const char *margin)
{
	/* A program that changed all over: sections and symbols say more than ranges. */
	if (c->kind == CONTENT_DIFF_TEXT ||
	    (c->kind == CONTENT_DIFF_ELF && c->n_ranges_all > c->n_ranges && c->text.len)) {
		add_lines(p, c->text, margin, DETAIL_LINES);
		return;
	}
	add_ranges(p, c, margin);
}

/* Sums of files that are told themselves. */
static bool is_sums(const struct difference *d)
{
	return d->path.ptr && str_has_prefix(d->path, STR("var/lib/dpkg/info/")) &&
	       str_has_suffix(d->path, STR(".md5sums"));
}

static void add_difference(struct printing *p, const struct difference *d, const char *margin)
{
	CLEANUP_BUF struct buf text = BUF_INIT(64u << 20);
	bool has_room = p->detailed < DETAILS_MAX && p->detailed_here < DETAILS_OF && !is_sums(d);
	bool with_detail = d->detail && (p->all || has_room);

	p->told++;
	buf_add_cstr(p->to, margin);
	add_safe(p->to, d->where);
	buf_add_cstr(p->to, ": ");
	difference_text(d, &text);
	add_safe(p->to, buf_str(&text));
	if (d->follows.len) {
		buf_add_cstr(p->to, " (follows from ");
		add_safe(p->to, d->follows);
		buf_add_char(p->to, ')');
	}
	buf_add_char(p->to, '\n');
	p->passed_over += d->detail && !with_detail && !is_sums(d);
	if (!with_detail)
		return;
	p->detailed++;
	p->detailed_here += *margin != 0;
	add_detail(p, d->detail, *margin ? "      " : "    ");
}

static void add_count(struct buf *to, size_t n, const char *what)
{
	buf_printf(to, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

/* ---- with causes ---- */

/* Times come last: whatever is made anew has another one. */
static void add_of_cause(struct printing *p, uint32_t cause)
{
	size_t max = p->all ? SIZE_MAX : p->d->causes[cause].comes_along ? ALONG_MAX : OF_CAUSE_MAX;
	size_t n = 0, left = 0;

	p->detailed_here = p->passed_over = 0;
	for (size_t i = 0; i < 2 * p->d->n; i++) {
		const struct difference *d = &p->d->list[i % p->d->n];

		if (d->cause != cause || (d->what == DIFFERENCE_MTIME) != (i >= p->d->n))
			continue;
		if (n == max || (!p->all && p->told >= LINES_MAX)) {
			left++;
			continue;
		}
		n++;
		add_difference(p, d, "  ");
	}
	if (left)
		buf_printf(p->to, "  ... %zu more (-v shows them)\n", left);
	if (p->passed_over)
		buf_printf(p->to, "  ... -v looks inside %zu more of these\n", p->passed_over);
}

/* It is what a package says: line by line made safe, tabs and all. */
static void add_changelog(const struct printing *p, struct str text)
{
	CLEANUP_BUF struct buf safe = BUF_INIT(SIZE_MAX / 8);
	struct str line;

	while (text.len && str_split(&text, '\n', &line)) {
		add_safe(&safe, line);
		buf_add_char(&safe, '\n');
	}
	add_lines(p, buf_str(&safe), "    ", CHANGELOG_LINES);
}

static void add_cause(struct buf *to, const struct difference_cause *c)
{
	add_safe(to, c->text);
	buf_add_cstr(to, ": ");
	add_count(to, c->n, "difference");
	buf_add_char(to, '\n');
}

void explain_causes_text(const struct image_diff *d, struct buf *to)
{
	for (uint32_t i = 0; i < d->n_causes; i++)
		add_cause(to, &d->causes[i]);
}

static void add_causes(struct printing *p)
{
	for (uint32_t i = 0; i < p->d->n_causes; i++) {
		const struct difference_cause *c = &p->d->causes[i];

		add_cause(p->to, c);
		add_of_cause(p, i);
		if (!c->changelog.len)
			continue;
		buf_add_cstr(p->to, "  changelog:\n");
		add_changelog(p, c->changelog);
	}
}

/* ---- without ---- */

static void add_plain(struct printing *p)
{
	size_t left = 0;

	for (size_t i = 0; i < 2 * p->d->n; i++) {
		const struct difference *d = &p->d->list[i % p->d->n];

		if (d->follows.len || (d->what == DIFFERENCE_MTIME) != (i >= p->d->n))
			continue;
		if (!p->all && p->told >= LINES_MAX)
			left++;
		else
			add_difference(p, d, "");
	}
	if (left)
		buf_printf(p->to, "... %zu more (-v shows them)\n", left);
	if (p->passed_over)
		buf_printf(p->to, "... -v looks inside %zu more of these\n", p->passed_over);
}

static void add_derived(struct printing *p)
{
	if (!p->d->n_derived)
		return;
	add_count(p->to, p->d->n_derived, "more difference");
	buf_printf(p->to, " (digests, ids, sizes) follow%s from %s%s\n",
		   p->d->n_derived == 1 ? "s" : "", image_diff_findings(p->d) == 1 ? "it" : "them",
		   p->all ? ":" : " (-v shows them)");
	for (size_t i = 0; p->all && i < p->d->n; i++)
		if (p->d->list[i].follows.len)
			add_difference(p, &p->d->list[i], "  ");
}

void explain_text(const struct image_diff *d, bool all, struct buf *to)
{
	struct printing p = { .d = d, .to = to, .all = all };

	if (d->identical) {
		buf_add_cstr(to, "identical\n");
		return;
	}
	for (size_t i = 0; i < d->n_notes; i++) {
		buf_add_cstr(to, "note: ");
		add_safe(to, d->notes[i]);
		buf_add_char(to, '\n');
	}
	if (d->equal)
		buf_add_cstr(to, "equal: the same tree\n");
	if (d->n_causes)
		add_causes(&p);
	else
		add_plain(&p);
	add_derived(&p);
}

/* What is inside by size: a map of cells, and the same as a table. */
#include "attest/report_private.h"

#include "attest/treemap.h"
#include "base/text.h"

#define CELLS_MAX 60u
#define TABLE_OPEN 12u /* groups in the table that is open */
#define LABEL_WIDTH 1200u /* units; a smaller cell has no room for letters */
#define LABEL_HEIGHT 700u

static const char *const class_names[REPORT_CLASSES] = {
	"packages that the recipe asks for",
	"packages that these need",
	"files of the recipe",
	"generated: databases, caches, settings",
	"what boots it",
};

/* The biggest, and one for all others. */
static size_t choose(const struct report_findings *f, struct report_group *ret, char *text,
		     size_t max)
{
	struct report_group others = { .class = REPORT_PACKAGE };
	size_t n = 0, at, more = 0;

	for (size_t i = 0; i < f->n_groups && f->groups[i].size; i++) {
		if (n < CELLS_MAX - 1) {
			ret[n++] = f->groups[i];
			continue;
		}
		others.size += f->groups[i].size;
		more++;
	}
	if (!more)
		return n;
	snprintf(text, max, "%zu others", more);
	others.name = str_of(text);
	for (at = n++; at && ret[at - 1].size < others.size; at--)
		ret[at] = ret[at - 1];
	ret[at] = others;
	return n;
}

/* Hundredths of a percent. */
static void add_percent(struct buf *to, const char *name, uint32_t part, uint32_t whole)
{
	uint32_t p = (uint32_t)((uint64_t)part * 10000 / whole);

	buf_printf(to, "%s:%u.%02u%%", name, p / 100, p % 100);
}

static void put_cell(struct buf *to, const struct report_group *g, struct treemap_cell c,
		     uint32_t width, uint32_t height)
{
	bool has_label = c.width >= LABEL_WIDTH && c.height >= LABEL_HEIGHT;
	char size[TEXT_SIZE_MAX];

	buf_printf(to, "<div class=\"k%d%s\" style=\"", g->class, has_label ? "" : " s");
	add_percent(to, "left", c.x, width);
	add_percent(to, ";top", c.y, height);
	add_percent(to, ";width", c.width, width);
	add_percent(to, ";height", c.height, height);
	buf_add_cstr(to, "\" title=\"");
	html_text(to, g->name);
	buf_printf(to, ", %s\">", text_size(g->size, size));
	if (has_label) {
		buf_add_cstr(to, "<b>");
		html_text(to, g->name);
		buf_printf(to, "</b><span>%s</span>", size);
	}
	buf_add_cstr(to, "</div>\n");
}

static void put_map(struct buf *to, const char *class, const struct report_group *groups,
		    const uint64_t *sizes, size_t n, uint32_t width, uint32_t height)
{
	struct treemap_cell cells[CELLS_MAX];

	treemap(sizes, n, width, height, cells);
	buf_printf(to,
		   "<div class=\"map %s\" role=\"img\" aria-label=\"Map of sizes: the table "
		   "below says the same\">\n",
		   class);
	for (size_t i = 0; i < n; i++)
		put_cell(to, &groups[i], cells[i], width, height);
	buf_add_cstr(to, "</div>\n");
}

static void put_legend(const struct report_findings *f, struct buf *to)
{
	uint64_t sizes[REPORT_CLASSES] = { 0 };

	for (size_t i = 0; i < f->n_groups; i++)
		sizes[f->groups[i].class] += f->groups[i].size;
	buf_add_cstr(to, "<ul class=\"legend\">\n");
	for (int c = 0; c < REPORT_CLASSES; c++) {
		if (!sizes[c])
			continue;
		buf_printf(to, "<li><i class=\"k%d\"></i>%s, ", c,
			   c == REPORT_PACKAGE && !sizes[REPORT_ASKED] ? "packages"
								       : class_names[c]);
		html_size(to, sizes[c]);
		buf_add_cstr(to, "</li>\n");
	}
	buf_add_cstr(to, "</ul>\n");
}

static void put_rows(const struct report_findings *f, size_t from, size_t end, struct buf *to)
{
	static const char *const columns[] = { "What", "Kind", "#Size", "#Part", "#Files", NULL };
	static const char *const kinds[] = { "package, asked for", "package", "recipe", "generated",
					     "boot" };

	html_table(to, "Sizes", columns);
	for (size_t i = from; i < end; i++) {
		const struct report_group *g = &f->groups[i];
		uint32_t part = f->total ? (uint32_t)(g->size * 1000 / f->total) : 0;

		buf_add_cstr(to, "<tr>");
		html_cell(to, "any", g->name);
		html_cell(to, "w", str_of(kinds[g->class]));
		html_cell_size(to, g->size);
		buf_printf(to, "<td class=\"n\">%u.%u %%</td>", part / 10, part % 10);
		html_cell_number(to, g->files);
		buf_add_cstr(to, "</tr>\n");
	}
	html_table_end(to);
}

static void put_largest(const struct report_findings *f, struct buf *to)
{
	static const char *const columns[] = { "File", "Package", "#Size", NULL };

	report_fold(to, f->n_largest, "largest files", 0);
	html_table(to, "Largest files", columns);
	for (size_t i = 0; i < f->n_largest; i++) {
		buf_add_cstr(to, "<tr><td class=\"mono any\">/");
		html_text(to, f->largest[i].path);
		buf_add_cstr(to, "</td>");
		html_cell(to, "w", f->largest[i].package);
		html_cell_size(to, f->largest[i].inode->content.size);
		buf_add_cstr(to, "</tr>\n");
	}
	html_table_end(to);
	report_fold_end(to);
}

void report_put_sizes(const struct report_findings *f, struct buf *to)
{
	struct report_group groups[CELLS_MAX];
	uint64_t sizes[CELLS_MAX];
	char others[64];
	size_t n = choose(f, groups, others, sizeof(others));
	size_t head = f->n_groups < TABLE_OPEN ? f->n_groups : TABLE_OPEN;
	size_t end = f->n_groups < REPORT_ROWS_MAX ? f->n_groups : REPORT_ROWS_MAX;

	report_section(to, "sizes", "What is inside, by size");
	if (!n)
		report_note(to, "It holds no file that is not empty.");
	for (size_t i = 0; i < n; i++)
		sizes[i] = groups[i].size;
	if (n) {
		put_map(to, "wide", groups, sizes, n, 20000, 9000);
		put_map(to, "tall", groups, sizes, n, 9000, 13000);
		put_legend(f, to);
		put_rows(f, 0, head, to);
	}
	if (end > head) {
		report_fold(to, f->n_groups - head, "smaller ones", 0);
		put_rows(f, head, end, to);
		report_more(to, f->n_groups, end);
		report_fold_end(to);
	}
	put_largest(f, to);
	report_section_end(to);
}

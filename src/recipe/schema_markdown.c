/* docs/recipe.md from the table. */
#include <stdio.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "recipe/recipe.h"
#include "recipe/schema.h"

static const char head[] =
	"# Recipe\n"
	"\n"
	"A recipe says what an image is made of. It is a file `recipes/NAME.yaml`, and data only:\n"
	"nothing in it is executed. This page is generated from the table that also drives the\n"
	"checks (`src/recipe/schema.c`); `ingot schema` prints it as JSON Schema for editors.\n"
	"\n"
	"```yaml\n"
	"ingot: 1\n"
	"name: web\n"
	"architectures: [amd64]\n"
	"sources:\n"
	"  debian:\n"
	"    suites: [trixie, trixie-updates, trixie-security]\n"
	"    keyring: debian-archive-keyring\n"
	"packages: [nginx]\n"
	"targets:\n"
	"  container:\n"
	"    type: oci\n"
	"    entrypoint: [nginx, -g, \"daemon off;\"]\n"
	"```\n"
	"\n"
	"The subset of YAML: mappings, lists and scalars, in UTF-8, of at most 1 MiB and 32 levels.\n"
	"Anchors, aliases, tags, merge keys, directives, tabs and a second document are errors, and\n"
	"so are unknown and duplicate keys. Scalars are text; the table says what they mean, so that\n"
	"`no` or `1.10` is never taken for something else. A private key anywhere is an error.\n"
	"\n"
	"## Includes\n"
	"\n"
	"`include:` names recipes to build on, relative to the file and inside `recipes/`. The column\n"
	"*include* says what happens to a value that both sides give:\n"
	"\n"
	"- *wins*: the includer's stands; two includes that disagree are an error unless it decides.\n"
	"- *union*: all entries, sorted. In `packages`, `-name` drops what an include asks for.\n"
	"- *in order*: all entries, the includes' first; the last mention of an entry counts.\n"
	"- *by KEY*: entries are told apart by that key; the includer's replaces the whole entry.\n"
	"- *each*: key by key, by the rules of what is inside.\n"
	"\n"
	"Paths of `from`, `certificates` and the like are relative to the file that holds them.\n"
	"\n"
	"The canonical form of a recipe is what is left after all includes, with sets sorted and\n"
	"defaults left out. Its digest is the identity of the recipe. Defaults never change within\n"
	"`ingot: 1`.\n";

/* What the column "include" says. */
static void add_rule(struct buf *to, const struct schema_field *f)
{
	const struct schema_type *t = f->type;
	bool first = true;

	if (f->flags & SCHEMA_LOCAL) {
		buf_add_cstr(to, "of this file");
	} else if (t->kind == SCHEMA_MAP || t->kind == SCHEMA_RECORD) {
		buf_add_cstr(to, "each");
	} else if (t->kind != SCHEMA_LIST || t->merge == SCHEMA_REPLACE) {
		buf_add_cstr(to, "wins");
	} else if (t->merge == SCHEMA_APPEND) {
		buf_add_cstr(to, "in order");
	} else if (t->merge != SCHEMA_KEYED) {
		buf_add_cstr(to, "union");
	} else {
		buf_add_cstr(to, "by ");
		for (const struct schema_field *k = t->item->fields; k && k->name; k++) {
			if (!(k->flags & SCHEMA_IDENTITY))
				continue;
			buf_printf(to, "%s%s", first ? "" : ", ", k->name);
			first = false;
		}
		if (first)
			buf_add_cstr(to, "name");
	}
}

/* A '|' ends a cell of a table. */
static void add_cell(struct buf *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buf_add_char(to, '\\');
		buf_add_char(to, *text);
	}
}

static void add_type(struct buf *to, const struct schema_type *t)
{
	if (t->kind == SCHEMA_LIST && t->item->kind != SCHEMA_RECORD) {
		buf_add_cstr(to, "list: ");
		t = t->item;
	} else if (t->kind == SCHEMA_LIST) {
		buf_add_cstr(to, "list of mappings");
		return;
	}
	if (t->choices) {
		for (size_t i = 0; t->choices[i]; i++)
			buf_printf(to, "%s`%s`", i ? ", " : "", t->choices[i]);
	} else if (t->kind == SCHEMA_INT && t->low != t->high) {
		buf_printf(to, "%s, %lld to %lld", t->what, (long long)t->low, (long long)t->high);
	} else {
		buf_add_cstr(to, t->what);
	}
}

static void add_row(struct buf *to, const struct schema_field *f, bool rule)
{
	buf_printf(to, "| `%s` | ", f->name);
	add_type(to, f->type);
	buf_add_cstr(to, " | ");
	if (f->flags & SCHEMA_REQUIRED)
		buf_add_cstr(to, "*required*");
	else if (f->fallback)
		buf_printf(to, "`%s`", f->fallback[0] ? f->fallback : "\"\"");
	buf_add_cstr(to, " | ");
	if (rule) {
		add_rule(to, f);
		buf_add_cstr(to, " | ");
	}
	if (f->flags & SCHEMA_OCI)
		buf_add_cstr(to, "*oci:* ");
	if (f->flags & SCHEMA_DISK)
		buf_add_cstr(to, "*disk:* ");
	add_cell(to, f->text);
	if (f->example) {
		buf_add_cstr(to, " `");
		add_cell(to, f->example);
		buf_add_char(to, '`');
	}
	buf_add_cstr(to, " |\n");
}

static const struct schema_type *record_in(const struct schema_type *t)
{
	if (t->kind == SCHEMA_LIST || t->kind == SCHEMA_MAP)
		t = t->item;
	return t->kind == SCHEMA_RECORD ? t : NULL;
}

/* @composed: the keys of this record are composed one by one. */
static void add_record(struct buf *to, const struct schema_type *t, const char *title,
		       bool composed, unsigned level)
{
	buf_printf(to, "\n%s %s\n\n", level == 2 ? "##" : "###", title);
	buf_printf(to, "| key | value | default | %smeaning |\n|---|---|---|%s---|\n",
		   composed ? "include | " : "", composed ? "---|" : "");
	for (const struct schema_field *f = t->fields; f->name; f++)
		add_row(to, f, composed);
	for (const struct schema_field *f = t->fields; f->name; f++) {
		const struct schema_type *below = record_in(f->type);
		CLEANUP_FREE char *path = mem_printf("%s%s`%s`", level == 2 ? "" : title,
						     level == 2 ? "" : " / ", f->name);

		if (!below)
			continue;
		add_record(to, below, path, composed && f->type->kind != SCHEMA_LIST, level + 1);
	}
}

void recipe_schema_markdown(struct buf *to)
{
	buf_add_cstr(to, head);
	add_record(to, &schema_recipe, "Keys of a recipe", true, 2);
}

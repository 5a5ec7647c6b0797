/*
 * Paragraphs of a debian/copyright file. The reader is stricter than those that look for
 * "License:" anywhere: a file that isn't DEP-5 from the first line to the last is not
 * machine-readable, since nobody knows what its stray lines mean.
 */

#include "attest/copyright.h"

#include "attest/copyright_private.h"
#include "attest/sbom.h"
#include "base/text.h"

struct paragraph {
	struct str format, files, licence; /* ptr NULL: has none */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

struct str copyright_lower(struct str text, struct arena *arena)
{
	char *to = arena_alloc(arena, text.len + 1);

	for (size_t i = 0; i < text.len; i++)
		to[i] = lower(text.ptr[i]);
	return (struct str){ to, text.len };
}

static bool name_is(struct str name, const char *expected)
{
	size_t i = 0;

	while (i < name.len && expected[i] && lower(name.ptr[i]) == expected[i])
		i++;
	return i == name.len && !expected[i];
}

/* Without the end of the line; false at the end of the text. */
static bool take_line(struct str *rest, struct str *ret)
{
	size_t n;

	if (!rest->len)
		return false;
	n = str_find_char(*rest, '\n');
	*ret = (struct str){ rest->ptr, n };
	n += n < rest->len;
	*rest = (struct str){ rest->ptr + n, rest->len - n };
	if (ret->len && ret->ptr[ret->len - 1] == '\r')
		ret->len--;
	return true;
}

static struct str *slot_of(struct paragraph *p, struct str name)
{
	if (name_is(name, "format") || name_is(name, "format-specification"))
		return &p->format;
	if (name_is(name, "files"))
		return &p->files;
	return name_is(name, "license") ? &p->licence : NULL;
}

/* The value of a field begins in @line; lines that continue it are taken off *rest. */
static bool take_field(struct paragraph *p, struct str line, struct str *rest)
{
	size_t colon = str_find_char(line, ':');
	struct str next, ahead = *rest, *slot;
	const char *end = line.ptr + line.len;

	if (colon == line.len || !colon || line.ptr[0] == '-')
		return false;
	for (size_t i = 0; i < colon; i++)
		if (line.ptr[i] <= ' ' || line.ptr[i] >= 0x7f)
			return false;
	slot = slot_of(p, (struct str){ line.ptr, colon });
	while (take_line(&ahead, &next) && next.len && (is_blank(*next.ptr) || *next.ptr == '#')) {
		if (!str_trim(next).len)
			break; /* only blanks: the end of the paragraph for all that read it */
		end = next.ptr + next.len;
		*rest = ahead;
	}
	if (slot && slot->ptr)
		return false; /* twice in a paragraph */
	if (slot)
		*slot = (struct str){ line.ptr + colon + 1, (size_t)(end - line.ptr) - colon - 1 };
	return true;
}

/* 1, 0 at the end, -1: this is no DEP-5. */
static int next_paragraph(struct str *rest, struct paragraph *ret)
{
	struct str line;
	bool has_field = false;

	*ret = (struct paragraph){ 0 };
	while (take_line(rest, &line)) {
		if (!str_trim(line).len) {
			if (has_field)
				return 1;
			continue;
		}
		if (*line.ptr == '#')
			continue;
		if (!take_field(ret, line, rest))
			return -1;
		has_field = true;
	}
	return has_field;
}

/* The URL has changed its host and path over the years; drafts were called "dep5". */
static bool is_dep5(struct str format, struct arena *arena)
{
	const char *text = arena_strdup(arena, copyright_lower(format, arena));

	return strstr(text, "copyright-format") || strstr(text, "dep5");
}

/* Each line has one blank before it; " ." is an empty one. In UTF-8, at most so long. */
static struct str licence_text(struct str value, struct arena *arena)
{
	CLEANUP_BUF struct buf text = BUF_INIT(2 * COPYRIGHT_TEXT_MAX);
	struct str line;

	while (take_line(&value, &line) && text.len < COPYRIGHT_TEXT_MAX) {
		if (line.len && *line.ptr == '#')
			continue;
		if (line.len)
			line = (struct str){ line.ptr + 1, line.len - 1 };
		if (line.len == 1 && *line.ptr == '.')
			line.len = 0;
		if (line.len > COPYRIGHT_TEXT_MAX - text.len)
			line.len = COPYRIGHT_TEXT_MAX - text.len;
		buf_add_str(&text, line);
		buf_add_char(&text, '\n');
	}
	return arena_str(arena, text_utf8(str_trim(buf_str(&text)), arena));
}

static void split_licence(struct str value, struct str *synopsis, struct str *text)
{
	*text = value;
	if (!take_line(text, synopsis))
		*synopsis = STR("");
	*synopsis = str_trim(*synopsis);
}

static void keep_alone(struct copyright_work *w, struct str value)
{
	struct str synopsis, rest, key, text;
	uint32_t known;

	split_licence(value, &synopsis, &rest);
	key = copyright_lower(synopsis, w->arena);
	text = licence_text(rest, w->arena);
	if (!text.len || strtab_find(&w->alone, key, &known))
		return;
	ARENA_GROW(w->arena, w->texts_alone, w->n_alone, w->alone_capacity);
	strtab_put(&w->alone, key, (uint32_t)w->n_alone);
	w->texts_alone[w->n_alone++] = text;
}

/* The stand-alone licences first: they may stand below the files that name them. */
static bool read_alone(struct copyright_work *w, struct str rest, bool *ret_has_files)
{
	struct paragraph p;
	int more = next_paragraph(&rest, &p);

	if (more <= 0 || !p.format.ptr || !is_dep5(p.format, w->arena))
		return false;
	while ((more = next_paragraph(&rest, &p)) > 0) {
		if (p.licence.ptr && !p.files.ptr)
			keep_alone(w, p.licence);
		*ret_has_files |= p.files.ptr && p.licence.ptr;
	}
	return more == 0;
}

static void read_files(struct copyright_work *w, struct str rest, bool has_files)
{
	struct paragraph p;
	bool first = true;

	while (!w->too_much && next_paragraph(&rest, &p) > 0) {
		struct str synopsis, text;

		if (p.licence.ptr && (has_files ? p.files.ptr != NULL : first)) {
			split_licence(p.licence, &synopsis, &text);
			copyright_add(w, synopsis, licence_text(text, w->arena));
		}
		first = false;
	}
}

void copyright_read(struct bytes text, struct arena *arena, struct copyright *ret)
{
	struct copyright_work w = {
		.arena = arena,
		.expression = BUF_INIT(2 * COPYRIGHT_LICENCE_MAX),
	};
	struct str rest = bytes_str(text);
	bool has_files = false;

	*ret = (struct copyright){ .licence = STR("") };
	if (text.len <= COPYRIGHT_SIZE_MAX && read_alone(&w, rest, &has_files))
		read_files(&w, rest, has_files);
	if (!w.too_much && w.n_conjuncts) {
		ret->licence =
			w.n_conjuncts == 1 ? w.only : arena_str(arena, buf_str(&w.expression));
		ret->texts = w.texts;
		ret->n_texts = w.n_texts;
	}
	strtab_release(&w.alone);
	strtab_release(&w.ids);
	strtab_release(&w.conjuncts);
	buf_release(&w.expression);
}

struct str copyright_licence(struct bytes copyright, struct arena *arena)
{
	struct copyright c;

	copyright_read(copyright, arena, &c);
	return c.licence;
}

#include "pipeline/effects_show.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "debian/effects_object.h"
#include "pipeline/assemble.h"
#include "pipeline/effects_store.h"

int effects_obtain(struct context *c, const struct recipe *r, const struct lock *l,
		   const struct recipe_target *target, struct str architecture,
		   struct arena *arena, struct bytes *ret, struct error *err)
{
	CLEANUP_PACKAGE_SET struct package_set set = { 0 };
	CLEANUP_ASSEMBLY struct assembly a = { 0 };
	struct inputs in;
	int found;

	if (context_need_stage(c, err) < 0)
		return -1;
	found = effects_load(c, l, architecture, target->name, arena, ret, err);
	if (found != EFFECTS_GONE)
		return found;
	if (inputs_scan(c, r, arena, &in, err) < 0 ||
	    package_set_open(c, l, architecture, &set, err) < 0 ||
	    assembly_make(c, r, target, l, &set, &in, &a, err) < 0)
		return -1;
	*ret = arena_bytes(arena, a.output.report.effects);
	return 0;
}

static struct str join(struct arena *arena, const struct str *word, size_t n)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);

	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_char(&text, ' ');
		buf_add_str(&text, word[i].len ? word[i] : STR("\"\""));
	}
	return arena_str(arena, buf_str(&text));
}

/* ---- for people ---- */

#define DIGEST_SHOWN 12 /* digits: enough to see whether two are the same */

static struct str show(const struct effects_line *l, struct arena *arena)
{
	const struct str *w = l->word;
	char *text = NULL;

	switch (l->kind) {
	case EFFECTS_FOLDER:
		text = arena_printf(arena, STR_FMT " " STR_FMT " " STR_FMT ":" STR_FMT,
				    STR_ARG(w[0]), STR_ARG(w[1]), STR_ARG(w[2]), STR_ARG(w[3]));
		break;
	case EFFECTS_FILE:
		text = arena_printf(arena, STR_FMT " " STR_FMT " " STR_FMT ":" STR_FMT ", " STR_FMT
				    " bytes, %.*s", STR_ARG(w[0]), STR_ARG(w[1]), STR_ARG(w[2]),
				    STR_ARG(w[3]), STR_ARG(w[5]), DIGEST_SHOWN, w[6].ptr);
		break;
	case EFFECTS_CONTENT:
		text = arena_printf(arena, STR_FMT " " STR_FMT " bytes, %.*s", STR_ARG(w[0]),
				    STR_ARG(w[1]), DIGEST_SHOWN, w[2].ptr);
		break;
	case EFFECTS_LINK:
		text = arena_printf(arena, STR_FMT " -> " STR_FMT " " STR_FMT ":" STR_FMT,
				    STR_ARG(w[0]), STR_ARG(w[1]), STR_ARG(w[2]), STR_ARG(w[3]));
		break;
	case EFFECTS_OWNER:
		text = arena_printf(arena, STR_FMT " " STR_FMT ":" STR_FMT, STR_ARG(w[0]),
				    STR_ARG(w[1]), STR_ARG(w[2]));
		break;
	case EFFECTS_LEFT:
		text = arena_printf(arena, STR_FMT " unpacked, for the machine's first boot",
				    STR_ARG(w[0]));
		break;
	default:
		break;
	}
	return text ? str_of(text) : (struct str){ NULL, 0 };
}

static bool is_among(struct str list, struct str item)
{
	for (size_t i = 0; i + item.len <= list.len; i++)
		if (memcmp(list.ptr + i, item.ptr, item.len) == 0 &&
		    (i == 0 || list.ptr[i - 1] == ' ') &&
		    (i + item.len == list.len || list.ptr[i + item.len] == ','))
			return true;
	return false;
}

static void add_cause(struct buf *to, struct buf *one)
{
	if (!one->len || is_among(buf_str(to), buf_str(one)))
		return;
	if (to->len)
		buf_add_cstr(to, ", ");
	buf_add_str(to, buf_str(one));
}

/* The four of a new node, each once; see docs/formats/effects.md for the text. */
static struct str show_causes(struct str text, struct arena *arena)
{
	CLEANUP_BUF struct buf to = BUF_INIT(1u << 20), one = BUF_INIT(1u << 20);

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == ',') {
			add_cause(&to, &one);
			buf_reset(&one);
		} else if (c == '\\' && i + 1 < text.len) {
			buf_add_char(&one, text.ptr[++i]);
		} else {
			buf_add_char(&one, c == '=' ? ' ' : c);
		}
	}
	add_cause(&to, &one);
	return arena_str(arena, buf_str(&to));
}

static struct effect_row row_of(const struct effects_line *l, struct str script,
				struct arena *arena)
{
	bool has_cause = l->kind != EFFECTS_MTIME && l->kind != EFFECTS_LEFT;
	size_t n = l->n - (has_cause ? 1 : 0);
	struct effect_row row = {
		.script = script,
		.kind = effects_kind_name(l->kind),
		.subject = l->word[0],
		.details = join(arena, l->word + 1, n - 1),
		.shown = show(l, arena),
		.causes = has_cause ? show_causes(l->word[l->n - 1], arena) : STR(""),
	};

	if (!row.shown.ptr)
		row.shown = join(arena, l->word, n);
	return row;
}

static size_t count_lines(struct bytes object)
{
	size_t n = 1;

	for (size_t i = 0; i < object.len; i++)
		n += object.ptr[i] == '\n';
	return n;
}

int effects_rows(struct bytes object, struct str package, struct arena *arena,
		 struct effect_row **ret, size_t *ret_n, struct error *err)
{
	struct effect_row *rows = arena_array(arena, count_lines(object), sizeof(*rows));
	struct str script = STR("");
	struct effects_reader r;
	struct effects_line l;
	size_t n = 0;
	int end;

	if (effects_open(object, arena, &r, err) < 0)
		return -1;
	while ((end = effects_next(&r, &l, err)) == 0) {
		if (l.kind <= EFFECTS_UNPACK || !str_equal(r.package, package))
			continue;
		if (l.kind == EFFECTS_SCRIPT)
			script = join(arena, l.word + 1, l.n - 1);
		else
			rows[n++] = row_of(&l, script, arena);
	}
	*ret = rows;
	*ret_n = n;
	return end < 0 ? -1 : 0;
}

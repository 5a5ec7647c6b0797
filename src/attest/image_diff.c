#include "attest/image_diff.h"

#include "crypto/hash.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"

const char *const difference_names[DIFFERENCE_WHAT_COUNT] = {
	"",	 "presence", "kind",  "content", "target", "mode", "owner",	  "mtime",
	"xattr", "links",    "layer", "order",	 "value",  "size", "compression", "bytes",
};

const char *const difference_areas[DIFFERENCE_AREA_COUNT] = {
	"",    "file",	 "index", "manifest", "config", "layers", "partition table", "esp",
	"uki", "initrd", "root",  "verity",   "tree",	"lock",	  "bundle",
};

const char *const difference_cause_kinds[DIFFERENCE_CAUSE_KIND_COUNT] = {
	"unexplained", "package",    "recipe",	  "input",   "lock",
	"format",      "compressor", "signature", "several", "tampering",
	"origin",
};

void image_diff_release(struct image_diff *d)
{
	arena_release(&d->arena);
	*d = (struct image_diff){ 0 };
}

static struct str copy(struct arena *a, struct str s)
{
	return s.ptr ? arena_str(a, s) : s;
}

static struct str copy_or_empty(struct arena *a, struct str s)
{
	return s.len ? arena_str(a, s) : STR("");
}

struct difference *image_diff_add(struct image_diff *d, const struct difference *one)
{
	struct difference *to;

	ARENA_GROW(&d->arena, d->list, d->n, d->capacity);
	to = &d->list[d->n++];
	*to = *one;
	to->where = copy_or_empty(&d->arena, one->where);
	to->path = copy(&d->arena, one->path);
	to->name = copy_or_empty(&d->arena, one->name);
	to->a = copy(&d->arena, one->a);
	to->b = copy(&d->arena, one->b);
	to->layer = copy_or_empty(&d->arena, one->layer);
	to->package = copy_or_empty(&d->arena, one->package);
	to->follows = copy_or_empty(&d->arena, one->follows);
	to->cause = DIFFERENCE_NO_CAUSE;
	d->n_derived += to->follows.len != 0;
	return to;
}

void image_diff_follows(struct image_diff *d, struct difference *one, struct str what)
{
	d->n_derived += one->follows.len == 0;
	one->follows = arena_str(&d->arena, what);
}

void image_diff_note(struct image_diff *d, const char *fmt, ...)
{
	char line[4096];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (n < 0)
		return;
	ARENA_GROW(&d->arena, d->notes, d->n_notes, d->notes_capacity);
	d->notes[d->n_notes++] = arena_str(&d->arena, str_of(line));
}

size_t image_diff_findings(const struct image_diff *d)
{
	return d->n - d->n_derived;
}

#define TEXT_MAX 160u /* bytes of a name or value in a line; else its start and digest */
#define START_MAX 60u

/* A certificate is the name of its own record. */
static void add_short(struct buf *to, struct str text)
{
	struct digest digest;
	char hex[DIGEST_HEX_MAX];
	size_t n = str_find_char(text, '\n');

	if (text.len <= TEXT_MAX && n == text.len) {
		buf_add_str(to, text);
		return;
	}
	n = n < START_MAX ? n : START_MAX;
	while (n && n < text.len && ((uint8_t)text.ptr[n] & 0xc0) == 0x80)
		n--;
	digest = hash_bytes(str_bytes(text));
	buf_printf(to, STR_FMT "... (%zu bytes, %.12s)", (int)n, text.ptr, text.len,
		   digest_hex(&digest, hex));
}

static void add_sides(const struct difference *d, struct buf *to)
{
	struct str value = d->a.ptr ? d->a : d->b;

	if (d->a.ptr && d->b.ptr) {
		add_short(to, d->a);
		buf_add_cstr(to, " -> ");
		add_short(to, d->b);
		return;
	}
	buf_printf(to, "only in %s", d->a.ptr ? "A" : "B");
	if (value.len) {
		buf_add_cstr(to, ": ");
		add_short(to, value);
	}
}

void difference_text(const struct difference *d, struct buf *to)
{
	/* A remark comes last: "(B's line 69; because of nginx)". */
	bool is_remark = d->area == DIFFERENCE_LOCK && d->name.len && d->name.ptr[0] == '(';

	if (d->what != DIFFERENCE_PRESENCE && !is_remark)
		buf_printf(to, "%s ", difference_names[d->what]);
	if (d->name.len && !is_remark) {
		add_short(to, d->name);
		buf_add_char(to, ' ');
	}
	if (d->what == DIFFERENCE_BYTES && d->a.ptr && str_equal(d->a, d->b)) {
		buf_add_str(to, d->a);
		return;
	}
	add_sides(d, to);
	if (is_remark)
		buf_printf(to, " " STR_FMT, STR_ARG(d->name));
}

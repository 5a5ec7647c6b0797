/* Writing an effects object: one canonical text, whatever order it was made in. */
#include <stdlib.h>

#include "debian/debian.h"
#include "debian/debian_state.h"
#include "debian/effects_object.h"

void effects_writer_init(struct effects_writer *w, struct arena *arena)
{
	*w = (struct effects_writer){ .arena = arena, .text = BUF_INIT(EFFECTS_MAX) };
}

void effects_writer_release(struct effects_writer *w)
{
	buf_release(&w->text);
	strtab_release(&w->known);
}

void effects_begin(struct effects_writer *w, enum effects_kind kind)
{
	buf_add_cstr(&w->text, effects_kind_name(kind));
}

void effects_word(struct effects_writer *w, struct str word)
{
	buf_add_char(&w->text, ' ');
	if (!word.len)
		buf_add_char(&w->text, '%');
	for (size_t i = 0; i < word.len; i++) {
		unsigned char c = (unsigned char)word.ptr[i];

		if (c <= ' ' || c == '%' || c == 0x7f)
			buf_printf(&w->text, "%%%02X", c);
		else
			buf_add_char(&w->text, (char)c);
	}
}

void effects_number(struct effects_writer *w, int64_t number)
{
	buf_printf(&w->text, " %lld", (long long)number);
}

void effects_octal(struct effects_writer *w, uint32_t number)
{
	buf_printf(&w->text, " %04o", number);
}

void effects_digest(struct effects_writer *w, const struct digest *digest)
{
	char hex[DIGEST_HEX_MAX];

	buf_printf(&w->text, " %s", digest_hex(digest, hex));
}

void effects_end(struct effects_writer *w)
{
	buf_add_char(&w->text, '\n');
}

void effects_add_content(struct effects_writer *w, const struct content *content)
{
	struct str key = { (const char *)content->digest.bytes, DIGEST_SIZE };

	if (strtab_intern(&w->known, key, NULL) < w->n_contents)
		return;
	ARENA_GROW(w->arena, w->contents, w->n_contents, w->capacity);
	w->contents[w->n_contents++] = *content;
}

static int compare_contents(const void *x, const void *y)
{
	const struct content *a = x, *b = y;

	return digest_compare(&a->digest, &b->digest);
}

int effects_finish(struct effects_writer *w, const struct content_reader *reader,
		   struct bytes *ret, struct error *err)
{
	CLEANUP_BUF struct buf all = BUF_INIT(EFFECTS_MAX);
	char hex[DIGEST_HEX_MAX];

	if (w->n_contents)
		qsort(w->contents, w->n_contents, sizeof(*w->contents), compare_contents);
	buf_printf(&all, "ingot effects %d evaluator %d bytes %zu contents %zu\n", EFFECTS_FORMAT,
		   DEBIAN_EVALUATOR, w->text.len, w->n_contents);
	buf_add_str(&all, buf_str(&w->text));
	for (size_t i = 0; i < w->n_contents; i++) {
		buf_printf(&all, "content %s %llu\n", digest_hex(&w->contents[i].digest, hex),
			   (unsigned long long)w->contents[i].size);
		if (content_load(reader, &w->contents[i], &all, err) < 0)
			return -1;
		buf_add_char(&all, '\n');
	}
	*ret = arena_bytes(w->arena, buf_bytes(&all));
	return 0;
}

/* Reading an effects object: strict, it is an input. Spec: docs/formats/effects.md. */
#include "debian/effects_object.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/limits.h"
#include "crypto/hash.h"

static const struct {
	const char *name;
	size_t min, max; /* words after the name */
} kinds[] = {
	[EFFECTS_EXTRACT] = { "extract", 1, 1 },
	[EFFECTS_UNPACK] = { "unpack", 1, 1 },
	[EFFECTS_SCRIPT] = { "script", 2, EFFECTS_WORDS_MAX },
	[EFFECTS_FOLDER] = { "folder", 6, 6 },
	[EFFECTS_FILE] = { "file", 8, 8 },
	[EFFECTS_LINK] = { "link", 6, 6 },
	[EFFECTS_HARD_LINK] = { "hardlink", 3, 3 },
	[EFFECTS_SPECIAL] = { "special", 9, 9 },
	[EFFECTS_REMOVE] = { "remove", 2, 2 },
	[EFFECTS_MODE] = { "mode", 3, 3 },
	[EFFECTS_OWNER] = { "owner", 4, 4 },
	[EFFECTS_CONTENT] = { "content", 4, 4 },
	[EFFECTS_MTIME] = { "mtime", 2, 2 },
	[EFFECTS_XATTR] = { "xattr", 4, 4 },
	[EFFECTS_WANT] = { "want", 3, 3 },
	[EFFECTS_FIRST_BOOT] = { "first-boot", 2, 2 },
	[EFFECTS_LEFT] = { "left", 1, 1 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *effects_kind_name(enum effects_kind kind)
{
	return kinds[kind].name;
}

int effects_bad(const struct effects_line *l, struct error *err, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return err_set(err, ERR_FORMAT, "effects object, line %u: %s", l->number, text);
}

/* "NAME NUMBER" at the front of *rest, which moves behind it. */
static bool take_number(struct str *rest, const char *name, uint64_t *ret)
{
	struct str key = str_of(name), word;

	if (!str_has_prefix(*rest, key))
		return false;
	rest->ptr += key.len;
	rest->len -= key.len;
	if (!rest->len || *rest->ptr != ' ')
		return false;
	rest->ptr++;
	rest->len--;
	word = (struct str){ rest->ptr, str_find_char(*rest, ' ') };
	if (!word.len || (word.len > 1 && *word.ptr == '0') || !str_parse_u64(word, ret))
		return false;
	rest->ptr += word.len;
	rest->len -= word.len;
	if (rest->len) {
		rest->ptr++;
		rest->len--;
	}
	return true;
}

/* A line without its newline; false if there is none. */
static bool take_line(struct bytes *rest, struct str *ret)
{
	size_t n = str_find_char(bytes_str(*rest), '\n');

	if (n == rest->len)
		return false;
	*ret = (struct str){ (const char *)rest->ptr, n };
	rest->ptr += n + 1;
	rest->len -= n + 1;
	return true;
}

static int bad_frame(struct error *err, const char *what)
{
	return err_set(err, ERR_FORMAT, "effects object: %s", what);
}

/* "content HEX SIZE", the bytes, a newline. */
static int take_content(struct effects_reader *r, struct bytes *rest, struct error *err)
{
	struct content *c = &r->contents[r->n_contents];
	struct str line, word;
	struct digest digest;
	uint64_t size;

	if (!take_line(rest, &line) || !str_has_prefix(line, STR("content ")))
		return bad_frame(err, "a content has no head");
	line.ptr += 8;
	line.len -= 8;
	word = (struct str){ line.ptr, str_find_char(line, ' ') };
	if (word.len == line.len || !digest_parse_hex(word, &digest))
		return bad_frame(err, "a content has no digest");
	word = (struct str){ line.ptr + word.len + 1, line.len - word.len - 1 };
	if (!str_parse_u64(word, &size) || *word.ptr == '0' || size >= rest->len ||
	    rest->ptr[size] != '\n')
		return bad_frame(err, "a content has another size");
	if (r->n_contents && digest_compare(&c[-1].digest, &digest) >= 0)
		return bad_frame(err, "contents are not in the order of their digests");
	*c = content_of_bytes((struct bytes){ rest->ptr, size });
	if (!digest_equal(&c->digest, &digest))
		return bad_frame(err, "a content has another digest");
	rest->ptr += size + 1;
	rest->len -= size + 1;
	r->n_contents++;
	return 0;
}

int effects_open(struct bytes object, struct arena *arena, struct effects_reader *ret,
		 struct error *err)
{
	struct effects_reader r = { .arena = arena, .package = STR(""), .script = STR("") };
	uint64_t format, evaluator, size, n;
	struct bytes rest = object;
	struct str line;

	if (object.len > EFFECTS_MAX)
		return err_set(err, ERR_LIMIT, "effects object of more than %zu bytes",
			       EFFECTS_MAX);
	if (!take_line(&rest, &line) || !str_has_prefix(line, STR("ingot ")))
		return bad_frame(err, "it does not begin as one");
	line.ptr += 6;
	line.len -= 6;
	if (!take_number(&line, "effects", &format) || format != EFFECTS_FORMAT)
		return bad_frame(err, "its format is none that this ingot reads");
	if (!take_number(&line, "evaluator", &evaluator) || evaluator > UINT32_MAX ||
	    !take_number(&line, "bytes", &size) || !take_number(&line, "contents", &n) ||
	    line.len || size > rest.len || n > (rest.len - size) / 74)
		return bad_frame(err, "its first line is malformed");
	r.evaluator = (uint32_t)evaluator;
	r.rest = (struct str){ (const char *)rest.ptr, size };
	r.number = 1;
	if (size && rest.ptr[size - 1] != '\n')
		return bad_frame(err, "its last line has no end");
	rest.ptr += size;
	rest.len -= size;
	r.contents = arena_array(arena, n + 1, sizeof(*r.contents));
	while (r.n_contents < n)
		if (take_content(&r, &rest, err) < 0)
			return -1;
	if (rest.len)
		return bad_frame(err, "something follows it");
	*ret = r;
	return 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The inverse of effects_word(); false if @word is not how that spells it. */
static bool decode(struct arena *arena, struct str word, struct str *ret)
{
	char *to;
	size_t n = 0;

	*ret = word;
	if (!memchr(word.ptr, '%', word.len))
		return word.len > 0;
	if (word.len == 1) {
		*ret = STR("");
		return true;
	}
	to = arena_alloc(arena, word.len + 1);
	for (size_t i = 0; i < word.len; i++) {
		int high, low;

		if (word.ptr[i] != '%') {
			to[n++] = word.ptr[i];
			continue;
		}
		if (i + 2 >= word.len)
			return false;
		high = hex_digit(word.ptr[i + 1]);
		low = hex_digit(word.ptr[i + 2]);
		if (high < 0 || low < 0)
			return false;
		to[n] = (char)(high << 4 | low);
		if (!((unsigned char)to[n] <= ' ' || to[n] == '%' || to[n] == 0x7f))
			return false;
		n++;
		i += 2;
	}
	*ret = (struct str){ to, n };
	return true;
}

static int find_kind(const struct effects_reader *r, struct str name, struct effects_line *l,
		     struct error *err)
{
	for (size_t i = EFFECTS_EXTRACT; i < COUNT(kinds); i++) {
		if (!str_equal_cstr(name, kinds[i].name))
			continue;
		l->kind = (enum effects_kind)i;
		if (i > EFFECTS_SCRIPT && !r->package.len)
			return effects_bad(l, err, "an operation before the first script");
		return 0;
	}
	return effects_bad(l, err, "no operation '" STR_FMT "'", STR_ARG(name));
}

static int split(struct effects_reader *r, struct effects_line *l, struct error *err)
{
	struct str rest = l->text, word;

	(void)str_split(&rest, ' ', &word);
	if (find_kind(r, word, l, err) < 0)
		return -1;
	while (str_split(&rest, ' ', &word)) {
		if (l->n == EFFECTS_WORDS_MAX)
			return effects_bad(l, err, "more than %u words", EFFECTS_WORDS_MAX);
		if (!decode(r->arena, word, &l->word[l->n++]))
			return effects_bad(l, err, "word %zu is not spelled as it must be", l->n);
	}
	if (l->n < kinds[l->kind].min || l->n > kinds[l->kind].max)
		return effects_bad(l, err, "'%s' with %zu words", kinds[l->kind].name, l->n);
	return 0;
}

int effects_next(struct effects_reader *r, struct effects_line *ret, struct error *err)
{
	size_t n = str_find_char(r->rest, '\n');

	if (!r->rest.len)
		return EFFECTS_END;
	ret->n = 0;
	ret->kind = EFFECTS_EXTRACT;
	ret->number = ++r->number;
	ret->text = (struct str){ r->rest.ptr, n };
	r->rest.ptr += n + 1;
	r->rest.len -= n + 1;
	if (split(r, ret, err) < 0)
		return -1;
	if (ret->kind == EFFECTS_SCRIPT) {
		r->package = ret->word[0];
		r->script = ret->word[1];
	}
	return 0;
}

static int compare_contents(const void *x, const void *y)
{
	const struct content *a = x, *b = y;

	return digest_compare(&a->digest, &b->digest);
}

const struct content *effects_content(const struct effects_reader *r,
				      const struct digest *digest)
{
	const struct content key = { .digest = *digest };

	if (!r->n_contents)
		return NULL;
	return bsearch(&key, r->contents, r->n_contents, sizeof(key), compare_contents);
}

/* ---- causes ---- */

static const char *const cause_names[] = {
	[CAUSE_UNKNOWN] = "unknown", [CAUSE_PACKAGE] = "package", [CAUSE_SCRIPT] = "script",
	[CAUSE_TRIGGER] = "trigger", [CAUSE_RECIPE] = "recipe",   [CAUSE_RULE] = "rule",
};

static void add_escaped(struct str text, struct buf *to)
{
	for (size_t i = 0; i < text.len; i++) {
		if (strchr("\\=,", text.ptr[i]) && text.ptr[i])
			buf_add_char(to, '\\');
		buf_add_char(to, text.ptr[i]);
	}
}

void effects_cause_format(const struct cause *cause, struct str package, struct buf *to)
{
	if (cause->kind == CAUSE_SCRIPT && cause->what.len && str_equal(cause->who, package)) {
		add_escaped(cause->what, to);
		return;
	}
	buf_printf(to, "%s=", cause_names[cause->kind]);
	add_escaped(cause->who, to);
	buf_add_char(to, '=');
	add_escaped(cause->what, to);
}

/* Text up to an unescaped '=' or the end; *rest moves to it. False: a bad escape. */
static bool take_escaped(struct arena *arena, struct str *rest, struct str *ret)
{
	char *to = arena_alloc(arena, rest->len + 1);
	size_t n = 0, i = 0;

	for (; i < rest->len && rest->ptr[i] != '='; i++) {
		if (rest->ptr[i] == ',')
			return false;
		if (rest->ptr[i] == '\\' && (++i == rest->len || !strchr("\\=,", rest->ptr[i])))
			return false;
		to[n++] = rest->ptr[i];
	}
	*ret = (struct str){ to, n };
	*rest = (struct str){ rest->ptr + i, rest->len - i };
	return true;
}

static bool skip_equals(struct str *rest)
{
	if (!rest->len)
		return false;
	rest->ptr++;
	rest->len--;
	return true;
}

bool effects_cause_parse(struct str word, struct str package, struct arena *arena,
			 struct cause *ret)
{
	struct str rest = word, kind;

	if (!take_escaped(arena, &rest, &kind) || !kind.len)
		return false;
	if (!rest.len) {
		*ret = (struct cause){ CAUSE_SCRIPT, package, kind };
		return true;
	}
	for (size_t i = 0; i < COUNT(cause_names); i++) {
		if (!str_equal_cstr(kind, cause_names[i]))
			continue;
		ret->kind = (enum cause_kind)i;
		return skip_equals(&rest) && take_escaped(arena, &rest, &ret->who) &&
		       skip_equals(&rest) && take_escaped(arena, &rest, &ret->what) &&
		       !rest.len;
	}
	return false;
}

/* ---- by package ---- */

struct tally {
	struct effects_package *list;
	struct hash **hash;
	size_t n, capacity, current;
	struct strtab index;
};

static void select_package(struct tally *t, struct arena *arena, struct str package)
{
	uint32_t at = strtab_intern(&t->index, package, NULL);

	if (at == t->n) {
		if (t->n == t->capacity) {
			size_t wider = t->capacity ? 2 * t->capacity : 64;
			struct effects_package *list = arena_array(arena, wider, sizeof(*list));
			struct hash **hash = arena_array(arena, wider, sizeof(struct hash *));

			for (size_t i = 0; i < t->n; i++) {
				list[i] = t->list[i];
				hash[i] = t->hash[i];
			}
			t->list = list;
			t->hash = hash;
			t->capacity = wider;
		}
		t->list[t->n] = (struct effects_package){ .package = arena_str(arena, package) };
		t->hash[t->n++] = hash_new();
	}
	t->current = at;
}

static int compare_packages(const void *x, const void *y)
{
	const struct effects_package *a = x, *b = y;

	return str_compare(a->package, b->package);
}

static size_t finish_tally(struct tally *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		t->list[i].digest = hash_finish(t->hash[i]);
		hash_free(t->hash[i]);
		if (t->list[i].n_operations)
			t->list[n++] = t->list[i];
	}
	strtab_release(&t->index);
	if (n)
		qsort(t->list, n, sizeof(*t->list), compare_packages);
	return n;
}

int effects_packages(struct bytes object, struct arena *arena, struct effects_package **ret,
		     size_t *ret_n, struct error *err)
{
	struct tally t = { .index = STRTAB_INIT };
	struct effects_reader r;
	struct effects_line l;
	int end;

	if (effects_open(object, arena, &r, err) < 0)
		return -1;
	while ((end = effects_next(&r, &l, err)) == 0) {
		if (l.kind <= EFFECTS_UNPACK)
			continue;
		if (l.kind == EFFECTS_SCRIPT)
			select_package(&t, arena, r.package);
		else
			t.list[t.current].n_operations++;
		hash_add_field(t.hash[t.current], str_bytes(l.text));
	}
	*ret_n = finish_tally(&t);
	*ret = t.list;
	return end < 0 ? -1 : 0;
}

/*
 * The journal's catalog as `journalctl --update-catalog` makes it. Messages of one id
 * and language in several files are joined: header lines of the newer one come
 * first, and the body of the older one counts only if the newer has none.
 */
#include "debian/catalog.h"

#include <stdlib.h>

#include "base/endian.h"
#include "base/strtab.h"
#include "debian/conf_files.h"
#include "debian/generators.h"
#include "debian/strbuf.h"

#define CATALOG_MAX (64u << 20) /* bytes of the database, and of its sources */
#define ID_SIZE 16u
#define LANGUAGE_SIZE 32u
#define HEADER_SIZE 40u
#define ITEM_SIZE (ID_SIZE + LANGUAGE_SIZE + 8u)

struct item {
	uint8_t key[ID_SIZE + LANGUAGE_SIZE]; /* id, language padded with NULs */
	struct str text;
	uint32_t offset;
};

struct catalog {
	struct arena *arena;
	struct item *items; /* in the order of their first message */
	size_t n_items, items_capacity;
	struct strtab index; /* key to item */
	struct str path;
	unsigned line;
	struct str language; /* of the file, by its name; "" for none */
	/* The message that is read: */
	bool has_id;
	struct item now;
	struct buf text;
};

static int malformed(const struct catalog *c, const char *what, struct error *err)
{
	return err_set(err, ERR_UNSUPPORTED, "'" STR_FMT "', line %u: %s", STR_ARG(c->path),
		       c->line, what);
}

/* Where the header lines end: at the first empty line. */
static size_t header_end(struct str text)
{
	size_t i = 0;

	for (;;) {
		struct str rest = { text.ptr + i, text.len - i };
		size_t line = str_find_char(rest, '\n');

		if (line == rest.len || line == 0)
			return i;
		i += line + 1;
	}
}

static struct str join(struct arena *arena, struct str new, struct str old)
{
	size_t n = header_end(new), k = header_end(old);
	struct str body = n < new.len ? (struct str){ new.ptr + n, new.len - n }
				      : (struct str){ old.ptr + k, old.len - k };

	return str_of(arena_printf(arena, "%.*s%.*s" STR_FMT, (int)n, new.ptr, (int)k, old.ptr,
				   STR_ARG(body)));
}

static int finish(struct catalog *c, struct error *err)
{
	struct str key = { (const char *)c->now.key, sizeof(c->now.key) };
	struct str text = arena_str(c->arena, buf_str(&c->text));
	uint32_t i;

	if (!c->has_id)
		return 0;
	if (!text.len)
		return malformed(c, "a message without text", err);
	if (strtab_find(&c->index, key, &i)) {
		c->items[i].text = join(c->arena, text, c->items[i].text);
	} else {
		ARENA_GROW(c->arena, c->items, c->n_items, c->items_capacity);
		strtab_put(&c->index, key, (uint32_t)c->n_items);
		c->now.text = text;
		c->items[c->n_items++] = c->now;
	}
	c->has_id = false;
	buf_reset(&c->text);
	return 0;
}

static bool parse_id(struct str text, uint8_t ret[static ID_SIZE])
{
	for (size_t i = 0; i < 2 * ID_SIZE; i++) {
		char c = text.ptr[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (digit < 0)
			return false;
		ret[i / 2] = (uint8_t)(i % 2 ? ret[i / 2] | digit : digit << 4);
	}
	return true;
}

/* "-- ID [LANGUAGE]". 1: it is one, and a message begins. */
static int begin(struct catalog *c, struct str line, struct error *err)
{
	struct str language = c->language, own = STR("");
	struct item new = { 0 };

	if (line.len < 35 || memcmp(line.ptr, "-- ", 3) != 0 ||
	    (line.len > 35 && line.ptr[35] != ' ') ||
	    !parse_id((struct str){ line.ptr + 3, 32 }, new.key))
		return 0;
	if (finish(c, err) < 0)
		return -1;
	if (line.len > 35) {
		own = str_trim((struct str){ line.ptr + 36, line.len - 36 });
		if (!own.len || own.len >= LANGUAGE_SIZE)
			return malformed(c, "a language of 1 to 31 characters is expected", err);
		language = own;
	}
	memcpy(new.key + ID_SIZE, language.ptr, language.len);
	c->now = new;
	c->has_id = true;
	return 1;
}

static int read_line(struct catalog *c, struct str line, bool *after_empty, struct error *err)
{
	int r = 0;

	if (!line.len) {
		*after_empty = true;
		return 0;
	}
	if (strchr("#;", *line.ptr))
		return 0;
	if (*after_empty)
		r = begin(c, line, err);
	if (r == 0) {
		if (!c->has_id)
			return malformed(c, "text before a message's id", err);
		if (c->text.len + line.len + 2 > CATALOG_MAX)
			return malformed(c, "too much text", err);
		if (*after_empty)
			buf_add_char(&c->text, '\n');
		buf_add_str(&c->text, line);
		buf_add_char(&c->text, '\n');
	}
	*after_empty = false;
	return r < 0 ? -1 : 0;
}

/* "systemd.pt_BR.catalog" is in "pt_BR". */
static struct str language_of(struct str path)
{
	struct str stem = { path.ptr, path.len - 8 };
	size_t dot = stem.len;

	while (dot && stem.ptr[dot - 1] != '.' && stem.ptr[dot - 1] != '/')
		dot--;
	if (!dot || stem.ptr[dot - 1] != '.' || dot == stem.len || stem.len - dot >= LANGUAGE_SIZE)
		return STR("");
	return (struct str){ stem.ptr + dot, stem.len - dot };
}

static int read_source(struct catalog *c, const struct catalog_source *s, struct error *err)
{
	struct str text = s->text, line;
	bool after_empty = true;

	c->path = s->path;
	c->line = 0;
	c->language = language_of(s->path);
	if (text.len && (memchr(text.ptr, '\0', text.len) || memchr(text.ptr, '\r', text.len)))
		return malformed(c, "control characters", err);
	while (str_split(&text, '\n', &line)) {
		c->line++;
		if (!text.ptr && !line.len)
			break;
		if (read_line(c, line, &after_empty, err) < 0)
			return -1;
	}
	return finish(c, err);
}

static int by_key(const void *x, const void *y)
{
	return memcmp(((const struct item *)x)->key, ((const struct item *)y)->key,
		      ID_SIZE + LANGUAGE_SIZE);
}

static int encode(struct catalog *c, struct buf *to, struct error *err)
{
	CLEANUP_STRBUF struct strbuf strings;
	uint8_t header[HEADER_SIZE] = "RHHHKSLP", offset[8];

	strbuf_init(&strings, c->arena, CATALOG_MAX);
	for (size_t i = 0; i < c->n_items; i++) {
		c->items[i].offset = strbuf_add(&strings, c->items[i].text);
		if (c->items[i].offset == UINT32_MAX ||
		    (i + 1) * ITEM_SIZE + strings.bytes.len + HEADER_SIZE > CATALOG_MAX)
			return err_set(err, ERR_LIMIT,
				       "the journal's catalog has more than %u bytes", CATALOG_MAX);
	}
	qsort(c->items, c->n_items, sizeof(*c->items), by_key);
	put_le64(header + 16, HEADER_SIZE);
	put_le64(header + 24, c->n_items);
	put_le64(header + 32, ITEM_SIZE);
	buf_add(to, header, sizeof(header));
	for (size_t i = 0; i < c->n_items; i++) {
		put_le64(offset, c->items[i].offset);
		buf_add(to, c->items[i].key, sizeof(c->items[i].key));
		buf_add(to, offset, sizeof(offset));
	}
	buf_add_str(to, buf_str(&strings.bytes));
	return 0;
}

int catalog_compile(const struct catalog_source *sources, size_t n, struct arena *arena,
		    struct buf *to, struct error *err)
{
	struct catalog c = { .arena = arena, .text = BUF_INIT(CATALOG_MAX) };
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = read_source(&c, &sources[i], err);
	if (r == 0)
		r = c.n_items ? encode(&c, to, err) : CATALOG_EMPTY;
	strtab_release(&c.index);
	buf_release(&c.text);
	return r;
}

int generate_catalog(struct debian *d, struct str argument, cause_id cause, struct error *err)
{
	static const char *const folders[] = { "/usr/local/lib/systemd/catalog",
					       "/usr/lib/systemd/catalog" };
	CLEANUP_BUF struct buf data = BUF_INIT(CATALOG_MAX);
	CLEANUP_ARENA struct arena scratch = ARENA_INIT;
	struct catalog_source *sources;
	struct conf_file *files;
	size_t n;
	int r;

	(void)argument;
	conf_files_list(d, folders, 2, STR(".catalog"), &files, &n);
	sources = arena_array(&scratch, n + 1, sizeof(*sources));
	for (size_t i = 0; i < n; i++) {
		sources[i].path = files[i].path;
		if (generator_read(d, files[i].path, CATALOG_MAX, &scratch, &sources[i].text, err) <
		    0)
			return -1;
	}
	r = catalog_compile(sources, n, &scratch, &data, err);
	if (r)
		return r < 0 ? -1 : 0;
	return generator_write(d, STR("var/lib/systemd/catalog/database"), buf_bytes(&data), 0644,
			       cause, err);
}

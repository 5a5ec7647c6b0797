/* What SPDX and CycloneDX have in common: names of packages, sources, ids. */

#include "attest/sbom.h"

#include <assert.h>
#include <stdlib.h>

#include "attest/sbom_private.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"

/* purl-spec: all but these is percent-encoded; ':' may stay as it is. */
static bool is_plain(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '-' || c == '_' || c == '~' || c == ':';
}

static void add_encoded(struct buf *to, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (is_plain(text.ptr[i]))
			buf_add_char(to, text.ptr[i]);
		else
			buf_printf(to, "%%%02X", (uint8_t)text.ptr[i]);
	}
}

/* The type "deb": names and namespaces are in lower case. */
static void add_name(struct buf *to, struct str text)
{
	size_t start = to->len;

	add_encoded(to, text);
	for (size_t i = start; i < to->len; i++) {
		if (to->ptr[i] == '%')
			i += 2;
		else if (to->ptr[i] >= 'A' && to->ptr[i] <= 'Z')
			to->ptr[i] = (uint8_t)(to->ptr[i] - 'A' + 'a');
	}
}

static struct str namespace_of(struct str distribution)
{
	size_t n = str_find_char(distribution, '-');

	return n ? (struct str){ distribution.ptr, n } : STR("debian");
}

void sbom_purl(struct str name, struct str version, struct str architecture,
	       struct str distribution, struct buf *to)
{
	char separator = '?';

	buf_add_cstr(to, "pkg:deb/");
	add_name(to, namespace_of(distribution));
	buf_add_char(to, '/');
	add_name(to, name);
	if (version.len) {
		buf_add_char(to, '@');
		add_encoded(to, version);
	}
	if (architecture.len) {
		buf_add_cstr(to, "?arch=");
		add_encoded(to, architecture);
		separator = '&';
	}
	if (distribution.len) {
		buf_printf(to, "%cdistro=", separator);
		add_encoded(to, distribution);
	}
}

void sbom_distribution(const struct sbom *s, struct str *ret_id, struct str *ret_version)
{
	struct str id = namespace_of(s->distribution), rest = STR("");

	if (s->distribution.len > id.len)
		rest = (struct str){ s->distribution.ptr + id.len + 1,
				     s->distribution.len - id.len - 1 };
	*ret_id = id;
	*ret_version = s->os_version.len ? s->os_version : rest;
}

/* Scanners find Debian's advisories, which are about sources, by "upstream". */
static struct str binary_purl(const struct sbom *s, const struct sbom_package *p,
			      struct arena *arena)
{
	CLEANUP_BUF struct buf purl = BUF_INIT(SIZE_MAX / 8);
	bool same_version = str_equal(p->source_version, p->version);

	sbom_purl(p->name, p->version, p->architecture, s->distribution, &purl);
	if (!str_equal(p->source, p->name) || !same_version) {
		bool has_qualifier = p->architecture.len || s->distribution.len;

		buf_printf(&purl, "%cupstream=", has_qualifier ? '&' : '?');
		add_encoded(&purl, p->source);
		if (!same_version) {
			buf_add_cstr(&purl, "%40");
			add_encoded(&purl, p->source_version);
		}
	}
	return arena_str(arena, buf_str(&purl));
}

static int compare_sources(const void *a, const void *b)
{
	const struct sbom_source *x = a, *y = b;
	int order = str_compare(x->name, y->name);

	return order ? order : str_compare(x->version, y->version);
}

static int compare_packages(const struct sbom_package *a, const struct sbom_package *b)
{
	int order = str_compare(a->name, b->name);

	return order ? order : str_compare(a->architecture, b->architecture);
}

static void list_sources(struct sbom_index *x)
{
	const struct sbom *s = x->sbom;
	struct sbom_source *all = arena_array(x->arena, s->n_packages + 1, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < s->n_packages; i++)
		all[i] = (struct sbom_source){ .name = s->packages[i].source,
					       .version = s->packages[i].source_version,
					       .package = &s->packages[i] };
	qsort(all, s->n_packages, sizeof(*all), compare_sources);
	for (size_t i = 0; i < s->n_packages; i++) {
		if (n && compare_sources(&all[n - 1], &all[i]) == 0) {
			if (all[i].package < all[n - 1].package)
				all[n - 1].package = all[i].package;
			continue;
		}
		all[n++] = all[i];
	}
	for (size_t i = 0; i < n; i++) {
		CLEANUP_BUF struct buf purl = BUF_INIT(SIZE_MAX / 8);

		sbom_purl(all[i].name, all[i].version, STR("source"), s->distribution, &purl);
		all[i].purl = arena_str(x->arena, buf_str(&purl));
	}
	x->sources = all;
	x->n_sources = n;
}

static void find_source(struct sbom_index *x, size_t i)
{
	struct sbom_source wanted = { .name = x->sbom->packages[i].source,
				      .version = x->sbom->packages[i].source_version };
	struct sbom_source *found =
		bsearch(&wanted, x->sources, x->n_sources, sizeof(wanted), compare_sources);

	assert(found);
	x->facts[i].source = (size_t)(found - x->sources);
}

/* Packages of one source share their copyright file; it is read once. */
static void read_copyright(struct sbom_index *x, size_t i)
{
	const struct sbom_package *list = x->sbom->packages;

	if (i && list[i].copyright.len && list[i].copyright.ptr == list[i - 1].copyright.ptr)
		x->facts[i].copyright = x->facts[i - 1].copyright;
	else
		copyright_read(list[i].copyright, x->arena, &x->facts[i].copyright);
}

void sbom_index_make(const struct sbom *s, struct arena *arena, struct sbom_index *ret)
{
	*ret = (struct sbom_index){ .sbom = s, .arena = arena };
	ret->facts = arena_array(arena, s->n_packages + 1, sizeof(*ret->facts));
	list_sources(ret);
	for (size_t i = 0; i < s->n_packages; i++) {
		assert(!i || compare_packages(&s->packages[i - 1], &s->packages[i]) < 0);
		ret->facts[i].purl = binary_purl(s, &s->packages[i], arena);
		find_source(ret, i);
		read_copyright(ret, i);
	}
	sbom_resolve(ret);
}

struct str sbom_uuid(const struct sbom *s, const char *role, struct arena *arena)
{
	struct hash *h = hash_new();
	struct digest d;
	uint8_t *b = d.bytes;

	hash_add_field(h, BYTES_OF("ingot sbom 1"));
	hash_add_field(h, str_bytes(str_of(role)));
	hash_add_field(h, (struct bytes){ s->seed.bytes, DIGEST_SIZE });
	hash_add_field(h, (struct bytes){ s->recipe.bytes, DIGEST_SIZE });
	hash_add_field(h, (struct bytes){ s->lock.bytes, DIGEST_SIZE });
	hash_add_field(h, str_bytes(s->name));
	hash_add_field(h, str_bytes(s->version));
	hash_add_field(h, str_bytes(s->target));
	hash_add_field(h, str_bytes(s->architecture));
	hash_add_field(h, str_bytes(s->tool_version));
	d = hash_finish(h);
	hash_free(h);
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x80);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	return str_of(arena_printf(arena,
				   "urn:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
				   "%02x%02x%02x%02x%02x%02x",
				   b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9],
				   b[10], b[11], b[12], b[13], b[14], b[15]));
}

struct str sbom_title(const struct sbom *s, struct arena *arena)
{
	const struct str parts[] = { s->name, s->version, s->target, s->architecture };
	CLEANUP_BUF struct buf title = BUF_INIT(SIZE_MAX / 8);

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (title.len && parts[i].len)
			buf_add_char(&title, '-');
		buf_add_str(&title, parts[i]);
	}
	return arena_str(arena, buf_str(&title));
}

struct json *sbom_text(struct sbom_index *x, struct str text)
{
	return json_str(x->arena, text_utf8(text, x->arena));
}

void sbom_set(struct sbom_index *x, struct json *object, const char *name, struct str text)
{
	json_set(object, name, sbom_text(x, text));
}

static bool has_word(struct str text, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= text.len; i++)
		if (memcmp(text.ptr + i, word, n) == 0)
			return true;
	return false;
}

/* Policy 5.6.2: "Name <email>". Debian's teams go by their names or their lists. */
struct str sbom_contact(struct str maintainer, struct arena *arena, bool *ret_is_group)
{
	static const char *const words[] = { "Team",	       "Maintainers", "Group",
					     "Developers",     "Packagers",   "Project",
					     "maintainers",    "team",	      "@lists.",
					     "@alioth-lists.", "@tracker.",   "packagers" };
	size_t open = str_find_char(maintainer, '<'), close = str_find_char(maintainer, '>');
	struct str name = str_trim((struct str){ maintainer.ptr, open }), email;

	*ret_is_group = false;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		*ret_is_group |= has_word(maintainer, words[i]);
	if (close <= open + 1 || close == maintainer.len || !name.len)
		return name.len ? name : str_trim(maintainer);
	email = (struct str){ maintainer.ptr + open + 1, close - open - 1 };
	return str_of(arena_printf(arena, STR_FMT " (" STR_FMT ")", STR_ARG(name), STR_ARG(email)));
}

int sbom_finish(const struct json *document, struct buf *to, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SIZE_MAX / 8);

	json_write(document, &text);
	buf_add_char(&text, '\n');
	if (text.len > LIMIT_JSON_SIZE)
		return err_set(err, ERR_LIMIT,
			       "the list of what is inside has %zu bytes, above the limit of %u",
			       text.len, LIMIT_JSON_SIZE);
	buf_add_str(to, buf_str(&text));
	return 0;
}

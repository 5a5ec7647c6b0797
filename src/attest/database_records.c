#define _GNU_SOURCE
#include "attest/database_records.h"

#include <stdlib.h>

#include "base/endian.h"

struct records {
	struct arena *arena;
	struct database_record *list;
	size_t n, capacity;
};

static void add(struct records *r, struct str key, struct str value)
{
	ARENA_GROW(r->arena, r->list, r->n, r->capacity);
	r->list[r->n++] = (struct database_record){ key, value };
}

static bool next_line(struct str *rest, struct str *ret)
{
	while (rest->len) {
		size_t n = str_find_char(*rest, '\n');

		*ret = (struct str){ rest->ptr, n };
		n += n < rest->len;
		*rest = (struct str){ rest->ptr + n, rest->len - n };
		if (ret->len)
			return true;
	}
	return false;
}

/* Each line is there or not. */
static int read_lines(struct records *r, struct str text, struct error *err)
{
	struct str line;

	(void)err;
	while (next_line(&text, &line))
		add(r, line, STR(""));
	return 0;
}

/* What stands behind the key, the first field: ":" and the others. */
static struct str fields_after(struct str line, size_t key)
{
	return (struct str){ line.ptr + key, line.len - key };
}

/*
 * The password of passwd(5) and group(5) is in the file of shadows. What stands for it, an
 * 'x', '*' or '!', tells whether the package that makes that file is there: no more.
 */
static struct str after_placeholder(struct str fields)
{
	bool is_one = fields.len > 2 && fields.ptr[2] == ':' &&
		      strchr("x*!", fields.ptr[1]);

	return is_one ? (struct str){ fields.ptr + 2, fields.len - 2 } : fields;
}

/* shadow(5), subuid(5): the key ends at the first colon. */
static int read_shadow(struct records *r, struct str text, struct error *err)
{
	struct str line;

	(void)err;
	while (next_line(&text, &line)) {
		size_t n = str_find_char(line, ':');

		add(r, (struct str){ line.ptr, n }, fields_after(line, n));
	}
	return 0;
}

static int read_passwd(struct records *r, struct str text, struct error *err)
{
	struct str line;

	(void)err;
	while (next_line(&text, &line)) {
		size_t n = str_find_char(line, ':');

		add(r, (struct str){ line.ptr, n }, after_placeholder(fields_after(line, n)));
	}
	return 0;
}

/* group(5), gshadow(5): the last field lists members, each of which is a record. */
static int read_groups(struct records *r, struct str text, struct error *err)
{
	struct str line, member;

	(void)err;
	while (next_line(&text, &line)) {
		size_t n = str_find_char(line, ':'), last = line.len;
		struct str rest;

		while (last > n && line.ptr[last - 1] != ':')
			last--;
		add(r, (struct str){ line.ptr, n },
		    after_placeholder((struct str){ line.ptr + n, last - n }));
		rest = (struct str){ line.ptr + last, line.len - last };
		while (rest.len && str_split(&rest, ',', &member))
			add(r,
			    str_of(arena_printf(r->arena, STR_FMT " has " STR_FMT, (int)n, line.ptr,
						STR_ARG(member))),
			    STR(""));
	}
	return 0;
}

static struct str field_of(struct str stanza, const char *name)
{
	struct str line, prefix = str_of(name);

	while (next_line(&stanza, &line))
		if (str_has_prefix(line, prefix))
			return str_trim(
				(struct str){ line.ptr + prefix.len, line.len - prefix.len });
	return STR("");
}

/* Stanzas of dpkg, apt and debconf: what names them is a field of theirs. */
static void add_stanza(struct records *r, struct str stanza)
{
	struct str name = field_of(stanza, "Package:"), architecture;

	if (name.len == 0)
		name = field_of(stanza, "Name:");
	architecture = field_of(stanza, "Architecture:");
	add(r,
	    architecture.len ? str_of(arena_printf(r->arena, STR_FMT ":" STR_FMT, STR_ARG(name),
						   STR_ARG(architecture)))
			     : name,
	    stanza);
}

static int read_stanzas(struct records *r, struct str text, struct error *err)
{
	(void)err;
	while (text.len) {
		const char *end = memmem(text.ptr, text.len, "\n\n", 2);
		size_t n = end ? (size_t)(end - text.ptr) + 1 : text.len;

		if (str_trim((struct str){ text.ptr, n }).len)
			add_stanza(r, (struct str){ text.ptr, n });
		text = (struct str){ text.ptr + n, text.len - n };
		while (text.len && text.ptr[0] == '\n')
			text = (struct str){ text.ptr + 1, text.len - 1 };
	}
	return 0;
}

/* RFC 7468: each certificate is there or not. */
static int read_certificates(struct records *r, struct str text, struct error *err)
{
	static const char end[] = "-----END CERTIFICATE-----\n";

	while (text.len) {
		const char *at = memmem(text.ptr, text.len, end, sizeof(end) - 1);
		size_t n = at ? (size_t)(at - text.ptr) + sizeof(end) - 1 : text.len;

		if (!at)
			return err_set(err, ERR_FORMAT,
				       "there is something after the certificates");
		add(r, (struct str){ text.ptr, n }, STR(""));
		text = (struct str){ text.ptr + n, text.len - n };
	}
	return 0;
}

static bool text_at(struct str file, uint32_t offset, struct str *ret)
{
	if (offset >= file.len)
		return false;
	*ret = (struct str){ file.ptr + offset, file.len - offset };
	ret->len = str_find_char(*ret, 0);
	return ret->len < file.len - offset;
}

/* docs/formats/ldsocache.md: the key is flags and name, the value the path. */
static int read_library_cache(struct records *r, struct str text, struct error *err)
{
	const uint8_t *p = (const uint8_t *)text.ptr;
	bool big = text.len > 48 && p[28] == 3;
	uint32_t (*get)(const uint8_t *at) = big ? get_be32 : get_le32;

	if (text.len < 48 || memcmp(p, "glibc-ld.so.cache1.1", 20) != 0 ||
	    get(p + 20) > (text.len - 48) / 24)
		return err_set(err, ERR_FORMAT, "this is no cache of libraries");
	for (uint32_t i = 0; i < get(p + 20); i++) {
		const uint8_t *e = p + 48 + 24 * (size_t)i;
		struct str name, path;

		if (!text_at(text, get(e + 4), &name) || !text_at(text, get(e + 8), &path))
			return err_set(err, ERR_FORMAT, "the cache of libraries is cut off");
		add(r, str_of(arena_printf(r->arena, STR_FMT " (%08x)", STR_ARG(name), get(e))),
		    path);
	}
	return 0;
}

/* One kind by its path, or by the folder (with a slash) that it lies in. */
static const struct kind {
	const char *path;
	int (*read)(struct records *r, struct str text, struct error *err);
} kinds[] = {
	{ "etc/passwd", read_passwd },
	{ "etc/passwd-", read_passwd },
	{ "etc/shadow", read_shadow },
	{ "etc/shadow-", read_shadow },
	{ "etc/subuid", read_shadow },
	{ "etc/subuid-", read_shadow },
	{ "etc/subgid", read_shadow },
	{ "etc/subgid-", read_shadow },
	{ "etc/group", read_groups },
	{ "etc/group-", read_groups },
	{ "etc/gshadow", read_groups },
	{ "etc/gshadow-", read_groups },
	{ "etc/ld.so.cache", read_library_cache },
	{ "etc/ssl/certs/ca-certificates.crt", read_certificates },
	{ "etc/ca-certificates.conf", read_lines },
	{ "etc/shells", read_lines },
	{ "etc/pam.d/common-account", read_lines },
	{ "etc/pam.d/common-auth", read_lines },
	{ "etc/pam.d/common-password", read_lines },
	{ "etc/pam.d/common-session", read_lines },
	{ "etc/pam.d/common-session-noninteractive", read_lines },
	{ "var/lib/apt/extended_states", read_stanzas },
	{ "var/lib/dpkg/available", read_stanzas },
	{ "var/lib/dpkg/diversions", read_lines },
	{ "var/lib/dpkg/statoverride", read_lines },
	{ "var/lib/dpkg/status", read_stanzas },
	{ "var/lib/dpkg/status-old", read_stanzas },
	{ "var/lib/dpkg/triggers/", read_lines },
	{ "var/lib/pam/", read_lines },
	{ "var/cache/debconf/config.dat", read_stanzas },
	{ "var/cache/debconf/passwords.dat", read_stanzas },
	{ "var/cache/debconf/templates.dat", read_stanzas },
};

static const struct kind *find_kind(struct str path)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct str name = str_of(kinds[i].path);

		if (name.ptr[name.len - 1] == '/' ? str_has_prefix(path, name)
						  : str_equal(path, name))
			return &kinds[i];
	}
	return NULL;
}

bool database_is_one(struct str path)
{
	return find_kind(path) != NULL;
}

static int by_key(const void *a, const void *b)
{
	const struct database_record *x = a, *y = b;
	int order = str_compare(x->key, y->key);

	return order ? order : str_compare(x->value, y->value);
}

/* Lines may stand twice: they are told apart by their number. */
static void number_repeated(struct records *r)
{
	struct str last = { NULL, 0 };
	unsigned times = 1;

	for (size_t i = 0; i < r->n; i++) {
		struct str key = r->list[i].key;

		times = last.ptr && str_equal(key, last) ? times + 1 : 1;
		last = key;
		if (times > 1)
			r->list[i].key = str_of(
				arena_printf(r->arena, STR_FMT " (%u)", STR_ARG(key), times));
	}
	qsort(r->list, r->n, sizeof(*r->list), by_key);
}

int database_read(struct str path, struct bytes data, struct arena *arena,
		  struct database_record **ret, size_t *ret_n, struct error *err)
{
	struct records r = { .arena = arena };
	const struct kind *kind = find_kind(path);

	if (!kind)
		return err_set(err, ERR_BUG, "'/" STR_FMT "' is no database", STR_ARG(path));
	if (kind->read(&r, bytes_str(data), err) < 0)
		return err_while(err, "reading '/" STR_FMT "'", STR_ARG(path));
	if (r.n) {
		qsort(r.list, r.n, sizeof(*r.list), by_key);
		number_repeated(&r);
	}
	*ret = r.list;
	*ret_n = r.n;
	return 0;
}

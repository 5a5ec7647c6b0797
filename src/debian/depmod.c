/*
 * depmod of kmod 30 (Debian 12) and 34 (Debian 13): texts and indexes of the modules
 * of one kernel.
 */
#include "debian/depmod.h"

#include <stdlib.h>

#include "base/limits.h"
#include "debian/depmod_index.h"

static int by_order(const void *x, const void *y)
{
	const struct module *a = *(struct module *const *)x, *b = *(struct module *const *)y;

	return a->order < b->order ? -1 : a->order > b->order;
}

/* @list: room for all modules; @seen by index, left as it was. */
static size_t all_dependencies(struct depmod *m, const struct module *of, bool *seen,
			       struct module **list)
{
	size_t n = 0;

	for (size_t k = 0; k < of->n_deps; k++) {
		list[n++] = &m->modules[of->deps[k]];
		seen[of->deps[k]] = true;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < list[i]->n_deps; k++)
			if (!seen[list[i]->deps[k]]) {
				seen[list[i]->deps[k]] = true;
				list[n++] = &m->modules[list[i]->deps[k]];
			}
	for (size_t i = 0; i < n; i++)
		seen[list[i] - m->modules] = false;
	if (n)
		qsort(list, n, sizeof(*list), by_order);
	return n;
}

/* ---- files ---- */

static int write_file(struct depmod *m, const char *name, const struct buf *data, struct error *err)
{
	char *path = arena_printf(m->arena, "%s/modules.%s", m->folder + 1, name);

	return generator_write(m->d, str_of(path), buf_bytes(data), 0644, m->cause, err);
}

static int write_index(struct depmod *m, const char *name, const struct index_trie *t,
		       struct error *err)
{
	CLEANUP_BUF struct buf data = BUF_INIT(DEPMOD_INDEX_MAX);

	if (index_trie_encode(t, m->kmod >= 32, &data, err) < 0)
		return -1;
	return write_file(m, name, &data, err);
}

static int index_add(struct depmod *m, struct index_trie *t, struct str key, struct str value,
		     uint32_t priority, struct error *err)
{
	if (!index_trie_add(t, key, value, priority))
		return err_set(err, ERR_UNSUPPORTED,
			       "'" STR_FMT "' of a module of '%s' is not plain ASCII or too long",
			       STR_ARG(key), m->folder);
	return 0;
}

static int too_long(struct depmod *m, struct error *err)
{
	return err_set(err, ERR_LIMIT, "texts of '%s' have more than %u bytes", m->folder,
		       DEPMOD_TEXT_MAX);
}

static int write_deps(struct depmod *m, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DEPMOD_TEXT_MAX);
	struct module **list = arena_array(m->arena, m->n_modules + 1, sizeof(*list));
	bool *seen = arena_array(m->arena, m->n_modules + 1, sizeof(*seen));
	struct index_trie t;

	index_trie_init(&t, m->arena);
	for (uint32_t i = 0; i < m->n_modules; i++) {
		size_t n = all_dependencies(m, &m->modules[i], seen, list), start = text.len;

		if (text.len + (n + 1) * LIMIT_PATH_MAX > DEPMOD_TEXT_MAX)
			return too_long(m, err);
		buf_printf(&text, STR_FMT ":", STR_ARG(m->modules[i].path));
		for (size_t k = 0; k < n; k++)
			buf_printf(&text, " " STR_FMT, STR_ARG(list[k]->path));
		if (index_add(m, &t, m->modules[i].name,
			      (struct str){ (char *)text.ptr + start, text.len - start }, i,
			      err) < 0)
			return -1;
		buf_add_char(&text, '\n');
	}
	return write_file(m, "dep", &text, err) < 0 ? -1 : write_index(m, "dep.bin", &t, err);
}

static struct str info_value(const struct module *module, size_t i, const char *key)
{
	struct str info = module->facts->info[i], name = str_of(key);

	if (!str_has_prefix(info, name))
		return (struct str){ NULL, 0 };
	return (struct str){ info.ptr + name.len, info.len - name.len };
}

/* '-' is '_' outside of brackets. False: brackets without a partner, it is left out. */
static bool normalise_alias(struct arena *arena, struct str alias, struct str *ret)
{
	char *text = arena_strdup(arena, alias);
	bool inside = false;

	for (char *p = text; *p; p++) {
		if (!inside && *p == ']')
			return false;
		if (*p == '[' || *p == ']')
			inside = *p == '[';
		else if (*p == '-' && !inside)
			*p = '_';
	}
	*ret = (struct str){ text, alias.len };
	return !inside;
}

static int write_aliases(struct depmod *m, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DEPMOD_TEXT_MAX);
	struct index_trie t;

	index_trie_init(&t, m->arena);
	buf_add_cstr(&text, "# Aliases extracted from modules themselves.\n");
	for (uint32_t i = 0; i < m->n_modules; i++)
		for (size_t k = 0; k < m->modules[i].facts->n_info; k++) {
			struct str value = info_value(&m->modules[i], k, "alias="), key;

			if (!value.ptr)
				continue;
			if (text.len + value.len + LIMIT_PATH_MAX > DEPMOD_TEXT_MAX)
				return too_long(m, err);
			buf_printf(&text, "alias " STR_FMT " " STR_FMT "\n", STR_ARG(value),
				   STR_ARG(m->modules[i].name));
			if (normalise_alias(m->arena, value, &key) &&
			    index_add(m, &t, key, m->modules[i].name, i, err) < 0)
				return -1;
		}
	return write_file(m, "alias", &text, err) < 0 ? -1 : write_index(m, "alias.bin", &t, err);
}

/* modules.softdep and modules.weakdep: lines "KIND MODULE VALUE". */
static int write_hints(struct depmod *m, const char *kind, const char *title, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DEPMOD_TEXT_MAX);
	const char *key = arena_printf(m->arena, "%s=", kind);

	buf_printf(&text, "# %s dependencies extracted from modules themselves.\n", title);
	for (size_t i = 0; i < m->n_modules; i++)
		for (size_t k = 0; k < m->modules[i].facts->n_info; k++) {
			struct str value = info_value(&m->modules[i], k, key);

			if (!value.ptr)
				continue;
			if (text.len + value.len + LIMIT_PATH_MAX > DEPMOD_TEXT_MAX)
				return too_long(m, err);
			buf_printf(&text, "%s " STR_FMT " " STR_FMT "\n", kind,
				   STR_ARG(m->modules[i].name), STR_ARG(value));
		}
	return write_file(m, kind, &text, err);
}

static int symbols_by_hash(const void *x, const void *y)
{
	const struct symbol *a = x, *b = y;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return str_compare(a->name, b->name);
}

static int write_symbols(struct depmod *m, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DEPMOD_TEXT_MAX);
	struct index_trie t;

	index_trie_init(&t, m->arena);
	buf_add_cstr(&text, "# Aliases for symbols, used by symbol_request().\n");
	if (m->n_symbols)
		qsort(m->symbols, m->n_symbols, sizeof(*m->symbols), symbols_by_hash);
	for (size_t i = 0; i < m->n_symbols; i++) {
		const struct symbol *s = &m->symbols[i];
		struct str owner = m->modules[s->owner].name;
		char *key = arena_printf(m->arena, "symbol:" STR_FMT, STR_ARG(s->name));

		if (text.len + s->name.len + LIMIT_PATH_MAX > DEPMOD_TEXT_MAX)
			return too_long(m, err);
		buf_printf(&text, "alias %s " STR_FMT "\n", key, STR_ARG(owner));
		if (index_add(m, &t, str_of(key), owner, s->owner, err) < 0)
			return -1;
	}
	return write_file(m, "symbols", &text, err) < 0 ? -1
							: write_index(m, "symbols.bin", &t, err);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int write_builtin(struct depmod *m, struct error *err)
{
	struct index_trie t;
	struct str text, line;

	index_trie_init(&t, m->arena);
	if (depmod_read(m, "modules.builtin", &text, err) < 0)
		return -1;
	if (!text.len)
		return err_set(err, ERR_UNSUPPORTED, "'%s' has no modules.builtin", m->folder);
	while (str_split(&text, '\n', &line)) {
		struct module named = { 0 };

		if (line.len && is_letter(*line.ptr) && depmod_name(m->arena, line, &named) &&
		    index_add(m, &t, named.name, STR(""), 0, err) < 0)
			return -1;
	}
	return write_index(m, "builtin.bin", &t, err);
}

/* "MODULE.KEY=VALUE", each with a NUL. */
static int write_builtin_aliases(struct depmod *m, struct error *err)
{
	const struct str alias = STR("alias=");
	struct index_trie t;
	struct str text, info;

	index_trie_init(&t, m->arena);
	if (depmod_read(m, "modules.builtin.modinfo", &text, err) < 0)
		return -1;
	if (!text.len)
		return err_set(err, ERR_UNSUPPORTED, "'%s' has no modules.builtin.modinfo",
			       m->folder);
	while (str_split(&text, '\0', &info)) {
		size_t dot = str_find_char(info, '.');
		struct str module = { info.ptr, dot }, value, key;

		if (dot == info.len)
			continue;
		value = (struct str){ info.ptr + dot + 1, info.len - dot - 1 };
		if (!module.len || !str_has_prefix(value, alias) || value.len == alias.len)
			continue;
		value = (struct str){ value.ptr + alias.len, value.len - alias.len };
		if (normalise_alias(m->arena, value, &key) &&
		    index_add(m, &t, key, module, 0, err) < 0)
			return -1;
	}
	return write_index(m, "builtin.alias.bin", &t, err);
}

/* "char-major-10-237", as sscanf("%u-%u") takes it. */
static bool device_of(struct str alias, const char *kind, uint64_t *major, uint64_t *minor)
{
	struct str head = str_of(kind), rest;
	size_t dash, end = 0;

	if (!str_has_prefix(alias, head))
		return false;
	rest = (struct str){ alias.ptr + head.len, alias.len - head.len };
	dash = str_find_char(rest, '-');
	if (dash == rest.len || !str_parse_u64((struct str){ rest.ptr, dash }, major))
		return false;
	rest = (struct str){ rest.ptr + dash + 1, rest.len - dash - 1 };
	while (end < rest.len && rest.ptr[end] >= '0' && rest.ptr[end] <= '9')
		end++;
	return end && str_parse_u64((struct str){ rest.ptr, end }, minor) && *major <= UINT32_MAX &&
	       *minor <= UINT32_MAX;
}

static void add_devname(const struct module *module, struct buf *text)
{
	struct str name = { NULL, 0 };
	uint64_t major = 0, minor = 0;
	char type = '\0';

	for (size_t k = 0; k < module->facts->n_info && !(type && name.ptr); k++) {
		struct str alias = info_value(module, k, "alias=");

		if (!alias.ptr)
			continue;
		if (str_has_prefix(alias, STR("devname:")))
			name = (struct str){ alias.ptr + 8, alias.len - 8 };
		else if (device_of(alias, "char-major-", &major, &minor))
			type = 'c';
		else if (device_of(alias, "block-major-", &major, &minor))
			type = 'b';
	}
	if (!name.ptr || !type)
		return;
	if (!text->len)
		buf_add_cstr(text, "# Device nodes to trigger on-demand module loading.\n");
	buf_printf(text, STR_FMT " " STR_FMT " %c%u:%u\n", STR_ARG(module->name), STR_ARG(name),
		   type, (unsigned)major, (unsigned)minor);
}

static int write_devnames(struct depmod *m, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DEPMOD_TEXT_MAX);

	for (size_t i = 0; i < m->n_modules; i++) {
		add_devname(&m->modules[i], &text);
		if (text.len > DEPMOD_TEXT_MAX / 2)
			return too_long(m, err);
	}
	return write_file(m, "devname", &text, err);
}

static int write_all(struct depmod *m, struct error *err)
{
	if (write_deps(m, err) < 0 || write_aliases(m, err) < 0 ||
	    write_hints(m, "softdep", "Soft", err) < 0 ||
	    (m->kmod >= 33 && write_hints(m, "weakdep", "Weak", err) < 0) ||
	    write_devnames(m, err) < 0 || write_builtin(m, err) < 0 ||
	    write_builtin_aliases(m, err) < 0 || write_symbols(m, err) < 0)
		return -1;
	return 0;
}

static int run(struct depmod *m, struct error *err)
{
	struct node *top;

	m->folder = arena_printf(m->arena, "/lib/modules/" STR_FMT, STR_ARG(m->version));
	top = tree_resolve(m->d->tree, str_of(m->folder), true);
	if (!top || top->inode->kind != NODE_DIRECTORY || !tree_is_name(m->version))
		return 0; /* the kernel was removed again */
	if (m->kmod != 30 && m->kmod != 34)
		return err_set(err, ERR_UNSUPPORTED, "depmod of kmod %u is not known", m->kmod);
	return depmod_find(m, top, err) < 0 ? -1 : write_all(m, err);
}

int generate_depmod(struct debian *d, struct str argument, cause_id cause, struct error *err)
{
	CLEANUP_ARENA struct arena scratch = ARENA_INIT;
	struct depmod m = {
		.d = d,
		.arena = &scratch,
		.version = argument,
		.kmod = generator_major_version(d, STR("kmod")),
		.cause = cause,
	};
	int r = run(&m, err);

	strtab_release(&m.by_symbol);
	return r < 0 ? err_while(err, "making indexes of modules as depmod does") : 0;
}

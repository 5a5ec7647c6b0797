/*
 * The order of modules follows from modules.order and, for what kmod keeps in hash
 * tables, from its hash function.
 */
#include <stdlib.h>

#include "base/endian.h"
#include "debian/conf_files.h"
#include "debian/depmod.h"

#define MODULES_MAX 65534u /* kmod counts in 16 bits */
#define NAME_BUCKETS 512u  /* kmod: modules_by_name, symbols */
#define SYMBOL_BUCKETS 2048u

/* kmod's hash (P. Hsieh's); @big: 16-bit words as that machine reads them. */
static uint32_t hash_of(struct str key, bool big)
{
	const uint8_t *p = (const uint8_t *)key.ptr;
	uint32_t hash = (uint32_t)key.len;
	size_t i = 0;
#define WORD(at) (big ? (uint32_t)(p[at] << 8 | p[(at) + 1]) : (uint32_t)get_le16(p + (at)))

	for (; i + 4 <= key.len; i += 4) {
		uint32_t next;

		hash += WORD(i);
		next = WORD(i + 2) << 11 ^ hash;
		hash = hash << 16 ^ next;
		hash += hash >> 11;
	}
	switch (key.len - i) {
	case 3:
		hash += WORD(i);
		hash ^= hash << 16;
		hash ^= (uint32_t)p[i + 2] << 18;
		hash += hash >> 11;
		break;
	case 2:
		hash += WORD(i);
		hash ^= hash << 11;
		hash += hash >> 17;
		break;
	case 1:
		hash += p[i];
		hash ^= hash << 10;
		hash += hash >> 1;
		break;
	default:
		break;
	}
#undef WORD
	hash ^= hash << 3;
	hash += hash >> 5;
	hash ^= hash << 4;
	hash += hash >> 17;
	hash ^= hash << 25;
	hash += hash >> 6;
	return hash;
}

static bool is_big(const struct depmod *m)
{
	return str_equal_cstr(m->d->options->architecture, "s390x");
}

/* ---- modules ---- */

bool depmod_name(struct arena *arena, struct str path, struct module *ret)
{
	static const char *const endings[] = { ".ko", ".ko.gz", ".ko.xz", ".ko.zst" };
	size_t start = path.len, dot;
	char *name;
	bool fits = false;

	for (size_t i = 0; i < 4; i++)
		fits |= str_has_suffix(path, str_of(endings[i]));
	while (start && path.ptr[start - 1] != '/')
		start--;
	dot = start + str_find_char((struct str){ path.ptr + start, path.len - start }, '.');
	if (!fits || dot == start)
		return false;
	name = arena_strdup(arena, (struct str){ path.ptr + start, dot - start });
	for (char *p = name; *p; p++)
		*p = *p == '-' ? '_' : *p;
	ret->path = path;
	ret->name = str_of(name);
	/* kmod cuts here: the folder, the module's name, ".ko" */
	ret->plain = (struct str){ path.ptr, dot + 3 };
	ret->rank = 1;
	return true;
}

static int find_modules(struct depmod *m, struct node *top, struct error *err)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 16);
	struct tree_iter it = tree_iter(m->d->tree, top);
	struct node *node;
	size_t skip;

	tree_path(top, &path);
	skip = path.len + 1;
	while ((node = tree_next(&it))) {
		struct module new = { 0 };

		if (node != top && node->inode->kind == NODE_DIRECTORY &&
		    (str_equal_cstr(node->name, "build") || str_equal_cstr(node->name, "source")))
			tree_skip(&it);
		buf_reset(&path);
		tree_path(node, &path);
		if (path.len <= skip ||
		    !depmod_name(m->arena,
				 arena_str(m->arena, (struct str){ (char *)path.ptr + skip,
								   path.len - skip }),
				 &new))
			continue;
		if (node->inode->kind != NODE_FILE)
			return err_set(err, ERR_UNSUPPORTED, "'%s/" STR_FMT "' is no regular file",
				       m->folder, STR_ARG(new.path));
		if (m->n_modules == MODULES_MAX)
			return err_set(err, ERR_LIMIT, "'%s' has more than %u modules", m->folder,
				       MODULES_MAX);
		new.content = &node->inode->content;
		new.hash = hash_of(new.name, is_big(m)) & (NAME_BUCKETS - 1);
		ARENA_GROW(m->arena, m->modules, m->n_modules, m->modules_capacity);
		m->modules[m->n_modules++] = new;
	}
	return 0;
}

static int by_hash(const void *x, const void *y)
{
	const struct module *a = x, *b = y;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return str_compare(a->name, b->name);
}

static int by_rank(const void *x, const void *y)
{
	const struct module *a = x, *b = y;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return by_hash(x, y);
}

int depmod_read(struct depmod *m, const char *name, struct str *ret, struct error *err)
{
	char *path = arena_printf(m->arena, "%s/%s", m->folder, name);

	return generator_read(m->d, str_of(path), DEPMOD_TEXT_MAX, m->arena, ret, err);
}

/* Lines of modules.order number the modules; the first (before kmod 34: last) counts. */
static int rank(struct depmod *m, struct error *err)
{
	CLEANUP_STRTAB struct strtab by_path = STRTAB_INIT;
	struct str text, line;
	int64_t number = -(int64_t)DEPMOD_TEXT_MAX;
	uint32_t i;

	if (depmod_read(m, "modules.order", &text, err) < 0)
		return -1;
	if (text.len && text.ptr[text.len - 1] != '\n')
		return err_set(err, ERR_UNSUPPORTED,
			       "the last line of '%s/modules.order' has no end", m->folder);
	for (i = 0; i < m->n_modules; i++)
		strtab_put(&by_path, m->modules[i].plain, i);
	while (str_split(&text, '\n', &line))
		if (strtab_find(&by_path, line, &i) && (m->kmod < 34 || m->modules[i].rank > 0))
			m->modules[i].rank = number++;
		else
			number++;
	qsort(m->modules, m->n_modules, sizeof(*m->modules), by_rank);
	return 0;
}

/* Of two modules of one name depmod.d decides which counts: that is not modelled. */
static int check_unique(struct depmod *m, struct error *err)
{
	qsort(m->modules, m->n_modules, sizeof(*m->modules), by_hash);
	for (size_t i = 1; i < m->n_modules; i++)
		if (by_hash(&m->modules[i - 1], &m->modules[i]) == 0)
			return err_set(err, ERR_UNSUPPORTED,
				       "two modules of '%s' have one name: '" STR_FMT
				       "' and '" STR_FMT "'",
				       m->folder, STR_ARG(m->modules[i - 1].path),
				       STR_ARG(m->modules[i].path));
	return 0;
}

static int check_line(struct str path, struct str line, struct error *err)
{
	struct str rest = line, word = STR("");

	if (!line.len || *line.ptr == '#')
		return 0;
	while (!word.len && str_split(&rest, ' ', &word))
		continue;
	if (str_equal_cstr(word, "override") || str_equal_cstr(word, "include") ||
	    str_equal_cstr(word, "make_map_files"))
		return 0; /* decides between modules of one name, or nothing */
	while (str_equal_cstr(word, "search") && str_split(&rest, ' ', &word))
		if (!str_equal_cstr(word, "external"))
			word = STR("search");
	if (!str_equal_cstr(word, "search"))
		return err_set(err, ERR_UNSUPPORTED, "'" STR_FMT "': '" STR_FMT "' is not known",
			       STR_ARG(path), STR_ARG(line));
	return 0;
}

static int check_configuration(struct depmod *m, struct error *err)
{
	static const char *const folders[] = { "/etc/depmod.d", "/run/depmod.d",
					       "/usr/local/lib/depmod.d", "/usr/lib/depmod.d" };
	struct conf_file *files;
	size_t n;

	conf_files_list(m->d, folders, 4, STR(".conf"), &files, &n);
	for (size_t i = 0; i < n; i++) {
		struct str text, line;

		if (generator_read(m->d, files[i].path, DEPMOD_TEXT_MAX, m->arena, &text, err) < 0)
			return -1;
		while (str_split(&text, '\n', &line))
			if (check_line(files[i].path, line, err) < 0)
				return -1;
	}
	return 0;
}

static int learn(struct depmod *m, struct error *err)
{
	struct module_source *sources = arena_array(m->arena, m->n_modules, sizeof(*sources));
	struct module_facts *facts;

	for (size_t i = 0; i < m->n_modules; i++)
		sources[i] = (struct module_source){ m->modules[i].path, *m->modules[i].content };
	if (module_facts_learn(m->d->options->reader, sources, m->n_modules, m->arena, &facts,
			       err) < 0)
		return -1;
	for (size_t i = 0; i < m->n_modules; i++)
		m->modules[i].facts = &facts[i];
	return 0;
}

/* ---- dependencies ---- */

static void add_symbol(struct depmod *m, struct str name, uint32_t owner)
{
	uint32_t i;

	if (strtab_find(&m->by_symbol, name, &i)) {
		m->symbols[i].owner = owner;
		return;
	}
	ARENA_GROW(m->arena, m->symbols, m->n_symbols, m->symbols_capacity);
	strtab_put(&m->by_symbol, name, (uint32_t)m->n_symbols);
	m->symbols[m->n_symbols++] = (struct symbol){
		.name = name,
		.owner = owner,
		.hash = hash_of(name, is_big(m)) & (SYMBOL_BUCKETS - 1),
	};
}

static void add_dependency(struct depmod *m, struct module *of, struct str symbol)
{
	struct str name = symbol.len && *symbol.ptr == '.'
				  ? (struct str){ symbol.ptr + 1, symbol.len - 1 }
				  : symbol;
	uint32_t i, owner;

	if (!strtab_find(&m->by_symbol, name, &i))
		return;
	owner = m->symbols[i].owner;
	for (size_t k = 0; k < of->n_deps; k++)
		if (of->deps[k] == owner)
			return;
	if (&m->modules[owner] == of)
		return;
	ARENA_GROW(m->arena, of->deps, of->n_deps, of->deps_capacity);
	of->deps[of->n_deps++] = owner;
	m->modules[owner].users++;
}

static void find_dependencies(struct depmod *m)
{
	for (uint32_t i = 0; i < m->n_modules; i++)
		for (size_t k = 0; k < m->modules[i].facts->n_exported; k++)
			add_symbol(m, m->modules[i].facts->exported[k], i);
	for (size_t i = 0; i < m->n_modules; i++)
		for (size_t k = 0; k < m->modules[i].facts->n_needed; k++)
			add_dependency(m, &m->modules[i], m->modules[i].facts->needed[k]);
}

/* Modules without users first; kmod takes them from the end of a stack. */
static int sort_topologically(struct depmod *m, struct error *err)
{
	uint32_t *stack = arena_array(m->arena, m->n_modules + 1, sizeof(*stack));
	uint32_t n = 0, number = 0;

	for (uint32_t i = 0; i < m->n_modules; i++)
		if (!m->modules[i].users)
			stack[n++] = i;
	while (n) {
		struct module *module = &m->modules[stack[--n]];

		module->order = number++;
		for (size_t k = 0; k < module->n_deps; k++)
			if (--m->modules[module->deps[k]].users == 0)
				stack[n++] = module->deps[k];
	}
	if (number < m->n_modules)
		return err_set(err, ERR_UNSUPPORTED,
			       "modules of '%s' depend on each other in a circle", m->folder);
	return 0;
}

int depmod_find(struct depmod *m, struct node *top, struct error *err)
{
	if (check_configuration(m, err) < 0 || find_modules(m, top, err) < 0)
		return -1;
	if (m->n_modules && (check_unique(m, err) < 0 || rank(m, err) < 0 || learn(m, err) < 0))
		return -1;
	find_dependencies(m);
	return sort_topologically(m, err);
}

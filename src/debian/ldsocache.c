/*
 * What ldconfig(8) of glibc 2.36 to 2.41 does: folders of ld.so.conf and its
 * includes, then /lib and /usr/lib; in each the libraries by SONAME; missing
 * links are made; the cache is sorted so that ld.so can search it by halves.
 */
#include <stdlib.h>

#include "base/endian.h"
#include "base/mem.h"
#include "base/strtab.h"
#include "debian/elf_facts.h"
#include "debian/generators.h"
#include "resolve/archive.h"

#define CACHE_MAX      (256u << 20) /* bytes */
#define CACHE_HEADER   48u
#define CACHE_ENTRY    24u
#define INCLUDES_MAX   64u          /* files that ld.so.conf includes, nested ones too */
#define EXTENSION_MAGIC 0xeaa42174u /* glibc: cache_extension_magic */

struct entry {
	struct str name, path; /* SONAME; configured folder + "/" + SONAME */
	uint32_t flags;
	uint32_t order;        /* of insertion: decides between equals */
};

/* A library of one folder. */
struct library {
	struct str soname, name; /* name: of the file that stands for it */
	bool is_link;
	uint32_t flags;
};

struct ldconfig {
	struct debian *d;
	cause_id cause;
	struct str *folders;
	size_t n_folders, folders_capacity;
	unsigned n_includes;
	bool old_flags; /* before glibc 2.37 */
	bool no_links;  /* -X */
	struct entry *entries;
	size_t n_entries, entries_capacity;
	struct elf_fact *facts; /* of every file that could be a library */
	size_t n_facts;
};

/* ---- folders ---- */

static void add_folder(struct ldconfig *l, struct str path)
{
	while (path.len > 1 && path.ptr[path.len - 1] == '/')
		path.len--;
	ARENA_GROW(l->d->arena, l->folders, l->n_folders, l->folders_capacity);
	l->folders[l->n_folders++] = path;
}

static int read_conf(struct ldconfig *l, struct str path, struct error *err);

/* "include PATTERN": wildcards in the last component only, as Debian has it. */
static int include(struct ldconfig *l, struct str pattern, struct error *err)
{
	struct node *const *child;
	struct node *dir;
	size_t n = 0, slash = pattern.len;

	while (slash && pattern.ptr[slash - 1] != '/')
		slash--;
	if (!pattern.len || *pattern.ptr != '/') {
		pattern = str_of(arena_printf(l->d->arena, "/etc/" STR_FMT, STR_ARG(pattern)));
		slash += 5;
	}
	dir = tree_resolve(l->d->tree, (struct str){ pattern.ptr, slash }, true);
	if (dir && dir->inode->kind == NODE_DIRECTORY)
		n = tree_children(dir, &child);
	for (size_t i = 0; i < n; i++) {
		char *path = arena_printf(l->d->arena, "%.*s" STR_FMT, (int)slash, pattern.ptr,
					  STR_ARG(child[i]->name));

		if (child[i]->name.len && *child[i]->name.ptr != '.' &&
		    glob_match(pattern, str_of(path)) && read_conf(l, str_of(path), err) < 0)
			return -1;
	}
	return 0;
}

static int conf_line(struct ldconfig *l, struct str line, struct error *err)
{
	static const struct str word = { "include", 7 };
	struct str rest, pattern;

	line = str_trim((struct str){ line.ptr, str_find_char(line, '#') });
	if (!line.len)
		return 0;
	if (!str_has_prefix(line, word) || line.len == word.len ||
	    !strchr(" \t", line.ptr[word.len])) {
		add_folder(l, line);
		return 0;
	}
	rest = str_trim((struct str){ line.ptr + word.len, line.len - word.len });
	while (str_split(&rest, ' ', &pattern))
		if (pattern.len && include(l, pattern, err) < 0)
			return -1;
	return 0;
}

/* Nested includes end at INCLUDES_MAX files in all. */
static int read_conf(struct ldconfig *l, struct str path, struct error *err)
{
	struct str text, line;
	int r = debian_read(l->d, path, &text, err);

	if (r)
		return r < 0 ? -1 : 0;
	if (l->n_includes++ == INCLUDES_MAX)
		return err_set(err, ERR_LIMIT, "'/etc/ld.so.conf' includes more than %u files",
			       INCLUDES_MAX);
	while (str_split(&text, '\n', &line))
		if (conf_line(l, line, err) < 0)
			return -1;
	return 0;
}

/* ---- libraries ---- */

static bool ends_with_part(struct str name, const char *part)
{
	return str_has_suffix(name, str_of(part));
}

static bool has_so(struct str name)
{
	for (size_t i = 0; i + 3 <= name.len; i++)
		if (memcmp(name.ptr + i, ".so", 3) == 0)
			return true;
	return false;
}

static bool is_library_name(struct str name)
{
	return (str_has_prefix(name, STR("lib")) || str_has_prefix(name, STR("ld-"))) &&
	       has_so(name) && !ends_with_part(name, ".dpkg-new") &&
	       !ends_with_part(name, ".dpkg-tmp") && !ends_with_part(name, "-gdb.py");
}

/* glibc's ldconfig.h: FLAG_ELF_LIBC6 with the ABI. False: not for this machine. */
static bool abi_flags(struct str architecture, const struct elf_library *e, bool old_flags,
		      uint32_t *ret)
{
	static const struct {
		const char *architecture;
		uint16_t machine;
		bool is_64;
		uint32_t flags;
	} table[] = {
		{ "amd64", 62, true, 0x0303 },  { "amd64", 3, false, 0x0003 },
		{ "amd64", 62, false, 0x0803 }, { "arm64", 183, true, 0x0a03 },
		{ "armhf", 40, false, 0x0903 }, { "i386", 3, false, 0x0003 },
		{ "i386", 62, true, 0x0303 },   { "i386", 62, false, 0x0803 },
		{ "ppc64el", 21, true, 0x0503 }, { "s390x", 22, true, 0x0403 },
		{ "s390x", 22, false, 0x0003 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (str_equal_cstr(architecture, table[i].architecture) &&
		    e->machine == table[i].machine && e->is_64 == table[i].is_64) {
			*ret = table[i].flags;
			/* EF_ARM_ABI_FLOAT_SOFT: the other float ABI. */
			if (e->machine == 40 && (e->flags & 0x200))
				*ret = 0x0b03;
			if (e->machine == 3 && old_flags && !e->names_libc)
				*ret = 0x0001; /* FLAG_ELF */
			return true;
		}
	return false;
}

/*
 * From the facts; a link made by this very run may lead to a file that learn()
 * could not see yet. ELF_NOT_A_LIBRARY as elf_read().
 */
static int read_library(struct ldconfig *l, const struct content *content,
			struct elf_library *ret, struct error *err)
{
	const struct elf_fact *fact = elf_facts_find(l->facts, l->n_facts, &content->digest);

	if (!fact)
		return elf_read(l->d->options->reader, content, l->d->arena, ret, err);
	*ret = fact->library;
	return fact->is_library ? 0 : ELF_NOT_A_LIBRARY;
}

/* The file that @name in @folder is in the end, or NULL. */
static const struct node *file_of(const struct ldconfig *l, struct str folder,
				  const struct node *name)
{
	char *path = arena_printf(l->d->arena, STR_FMT "/" STR_FMT, STR_ARG(folder),
				  STR_ARG(name->name));
	const struct node *file = tree_resolve(l->d->tree, str_of(path), true);

	return file && file->inode->kind == NODE_FILE ? file : NULL;
}

static uint32_t take_number(struct str s, size_t *i)
{
	uint64_t n = 0;

	while (*i < s.len && s.ptr[*i] >= '0' && s.ptr[*i] <= '9') {
		n = n * 10 + (uint64_t)(s.ptr[*i] - '0');
		n = n > UINT32_MAX ? UINT32_MAX : n;
		(*i)++;
	}
	return (uint32_t)n;
}

static bool is_digit(struct str s, size_t i)
{
	return i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9';
}

/* As glibc compares library names: runs of digits are numbers, above all else. */
static int compare_names(struct str a, struct str b)
{
	size_t i = 0, k = 0;

	while (i < a.len) {
		if (is_digit(a, i) != is_digit(b, k) && k < b.len)
			return is_digit(a, i) ? 1 : -1;
		if (k == b.len)
			return 1;
		if (is_digit(a, i)) {
			uint32_t x = take_number(a, &i), y = take_number(b, &k);

			if (x != y)
				return x < y ? -1 : 1;
		} else if (a.ptr[i] != b.ptr[k]) {
			return (signed char)a.ptr[i] - (signed char)b.ptr[k];
		} else {
			i++;
			k++;
		}
	}
	return k < b.len ? -1 : 0;
}

struct folder_libraries {
	struct library *list;
	size_t n, capacity;
	struct strtab index; /* soname to index */
};

/* One library for each SONAME: a file before a link, then the newer name. */
static void add_library(struct ldconfig *l, struct folder_libraries *f, struct library new)
{
	uint32_t i;

	if (!strtab_find(&f->index, new.soname, &i)) {
		ARENA_GROW(l->d->arena, f->list, f->n, f->capacity);
		strtab_put(&f->index, new.soname, (uint32_t)f->n);
		f->list[f->n++] = new;
		return;
	}
	if ((!new.is_link && f->list[i].is_link) ||
	    (new.is_link == f->list[i].is_link &&
	     compare_names(f->list[i].name, new.name) < 0)) {
		f->list[i].name = new.name;
		f->list[i].is_link = new.is_link;
	}
}

static int look_at(struct ldconfig *l, struct str folder, const struct node *node,
		   struct folder_libraries *to, struct error *err)
{
	const struct node *file = file_of(l, folder, node);
	struct library new = { .name = node->name };
	struct elf_library elf;
	int r;

	if (!file)
		return 0;
	r = read_library(l, &file->inode->content, &elf, err);
	if (r < 0)
		return -1;
	if (r == ELF_NOT_A_LIBRARY ||
	    !abi_flags(l->d->options->architecture, &elf, l->old_flags, &new.flags))
		return 0;
	new.soname = elf.soname.len ? elf.soname : node->name;
	if (node->inode->kind == NODE_SYMLINK &&
	    (str_equal(node->name, new.soname) ||
	     (ends_with_part(node->name, ".so") && str_has_prefix(new.soname, node->name)))) {
		new.is_link = true;
		new.soname = node->name;
	}
	add_library(l, to, new);
	return 0;
}

/* SONAME -> file, where no such link is there or it names another file. */
static int make_link(struct ldconfig *l, struct str folder, const struct library *lib,
		     struct error *err)
{
	struct debian *d = l->d;
	char *path = arena_printf(d->arena, STR_FMT "/" STR_FMT, STR_ARG(folder),
				  STR_ARG(lib->soname));
	char *file = arena_printf(d->arena, STR_FMT "/" STR_FMT, STR_ARG(folder),
				  STR_ARG(lib->name));
	struct node *old = tree_resolve(d->tree, str_of(path), false);
	struct node *now = tree_resolve(d->tree, str_of(path), true);
	struct node *want = tree_resolve(d->tree, str_of(file), true);

	if (lib->is_link || str_equal(lib->soname, lib->name) || !tree_is_name(lib->soname))
		return 0;
	if ((now && want && now->inode == want->inode) ||
	    (old && old->inode->kind != NODE_SYMLINK))
		return 0;
	return tree_write_symlink(d->tree, str_of(path), lib->name, l->cause, NULL, err);
}

static void add_entry(struct ldconfig *l, struct str folder, const struct library *lib)
{
	ARENA_GROW(l->d->arena, l->entries, l->n_entries, l->entries_capacity);
	l->entries[l->n_entries] = (struct entry){
		.name = lib->soname,
		.path = str_of(arena_printf(l->d->arena, STR_FMT "/" STR_FMT, STR_ARG(folder),
					    STR_ARG(lib->soname))),
		.flags = lib->flags,
		.order = (uint32_t)l->n_entries,
	};
	l->n_entries++;
}

/* Libraries below glibc-hwcaps/ have entries of a kind that is not modelled. */
static int check_hwcaps(struct ldconfig *l, struct str folder, const struct node *dir,
			struct error *err)
{
	struct node *top = tree_child(l->d->tree, dir, STR("glibc-hwcaps")), *node;
	struct tree_iter it;

	if (!top || top->inode->kind != NODE_DIRECTORY)
		return 0;
	it = tree_iter(l->d->tree, top);
	while ((node = tree_next(&it)))
		if (node->inode->kind != NODE_DIRECTORY && is_library_name(node->name))
			return err_set(err, ERR_UNSUPPORTED,
				       "'" STR_FMT "/glibc-hwcaps' has the library '" STR_FMT "'",
				       STR_ARG(folder), STR_ARG(node->name));
	return 0;
}

static int scan_folder(struct ldconfig *l, struct str folder, struct node *dir,
		       struct error *err)
{
	struct folder_libraries found = { 0 };
	struct node *const *child;
	size_t n = tree_children(dir, &child);
	int r = check_hwcaps(l, folder, dir, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		if (is_library_name(child[i]->name))
			r = look_at(l, folder, child[i], &found, err);
	for (size_t i = 0; r == 0 && i < found.n; i++) {
		if (!l->no_links)
			r = make_link(l, folder, &found.list[i], err);
		add_entry(l, folder, &found.list[i]);
	}
	strtab_release(&found.index);
	return r;
}

static bool is_scanned(struct ldconfig *l, struct node *const *seen, size_t n,
		       const struct node *dir)
{
	(void)l;
	for (size_t i = 0; i < n; i++)
		if (seen[i] == dir)
			return true;
	return false;
}

/* The headers of all files that scan() will look at, learnt at once. */
static int learn(struct ldconfig *l, struct error *err)
{
	struct content *contents = NULL;
	size_t n = 0, capacity = 0;

	for (size_t i = 0; i < l->n_folders; i++) {
		struct node *dir = tree_resolve(l->d->tree, l->folders[i], true);
		struct node *const *child = NULL;
		size_t n_children = 0;

		if (dir && dir->inode->kind == NODE_DIRECTORY)
			n_children = tree_children(dir, &child);
		for (size_t k = 0; k < n_children; k++) {
			const struct node *file = is_library_name(child[k]->name)
							  ? file_of(l, l->folders[i], child[k])
							  : NULL;

			if (!file)
				continue;
			ARENA_GROW(l->d->arena, contents, n, capacity);
			contents[n++] = file->inode->content;
		}
	}
	return elf_facts_learn(l->d->options->reader, contents, n, l->d->arena, &l->facts,
			       &l->n_facts, err);
}

static int scan(struct ldconfig *l, struct error *err)
{
	struct node **seen = arena_array(l->d->arena, l->n_folders + 1, sizeof(struct node *));
	size_t n = 0;

	for (size_t i = 0; i < l->n_folders; i++) {
		struct node *dir = tree_resolve(l->d->tree, l->folders[i], true);

		if (!dir || dir->inode->kind != NODE_DIRECTORY || is_scanned(l, seen, n, dir))
			continue;
		seen[n++] = dir;
		if (scan_folder(l, l->folders[i], dir, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the file ---- */

static int compare_entries(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int order = compare_names(b->name, a->name);

	if (order)
		return order;
	if (a->flags != b->flags)
		return a->flags < b->flags ? 1 : -1;
	return a->order < b->order ? -1 : a->order > b->order;
}

struct cache_string {
	struct str text;
	uint32_t offset;
};

/* By the text read backwards, descending: a suffix follows what it ends. */
static int compare_backwards(const void *x, const void *y)
{
	const struct cache_string *a = x, *b = y;
	size_t i = a->text.len, k = b->text.len;

	while (i && k) {
		uint8_t p = (uint8_t)a->text.ptr[--i], q = (uint8_t)b->text.ptr[--k];

		if (p != q)
			return p < q ? 1 : -1;
	}
	return i ? -1 : k != 0;
}

/* Lays the strings out; *offsets maps a text to its offset in @to. */
static void build_strings(struct ldconfig *l, struct strtab *offsets, struct buf *to)
{
	struct cache_string *s = arena_array(l->d->arena, 2 * l->n_entries + 1, sizeof(*s));
	const struct cache_string *last = NULL;
	size_t n = 2 * l->n_entries;

	for (size_t i = 0; i < l->n_entries; i++) {
		s[2 * i].text = l->entries[i].name;
		s[2 * i + 1].text = l->entries[i].path;
	}
	qsort(s, n, sizeof(*s), compare_backwards);
	for (size_t i = 0; i < n; i++) {
		if (last && str_has_suffix(last->text, s[i].text)) {
			s[i].offset = last->offset + (uint32_t)(last->text.len - s[i].text.len);
		} else {
			s[i].offset = (uint32_t)to->len;
			buf_add_str(to, s[i].text);
			buf_add_char(to, '\0');
		}
		last = &s[i];
		strtab_put(offsets, s[i].text, s[i].offset);
	}
}

static void put32(bool big, uint8_t *p, uint32_t v)
{
	if (big)
		put_be32(p, v);
	else
		put_le32(p, v);
}

static void add_extension(bool big, struct str generator, struct buf *to)
{
	uint32_t values[] = { EXTENSION_MAGIC, 1, 0, 0, (uint32_t)to->len + 24,
			      (uint32_t)generator.len };
	uint8_t word[4];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		put32(big, word, values[i]);
		buf_add(to, word, sizeof(word));
	}
	buf_add_str(to, generator);
}

static void add_header(bool big, size_t n, size_t strings, size_t extension, struct buf *to)
{
	static const char magic[] = "glibc-ld.so.cache1.1";
	uint8_t header[CACHE_HEADER] = { 0 };

	memcpy(header, magic, sizeof(magic) - 1);
	put32(big, header + 20, (uint32_t)n);
	put32(big, header + 24, (uint32_t)strings);
	header[28] = big ? 3 : 2; /* cache_file_new_flags_endian_* */
	put32(big, header + 32, (uint32_t)extension);
	buf_add(to, header, sizeof(header));
}

static void encode(struct ldconfig *l, struct str generator, struct buf *to)
{
	CLEANUP_STRTAB struct strtab offsets = STRTAB_INIT;
	CLEANUP_BUF struct buf strings = BUF_INIT(CACHE_MAX);
	bool big = str_equal_cstr(l->d->options->architecture, "s390x");
	uint32_t base = CACHE_HEADER + CACHE_ENTRY * (uint32_t)l->n_entries;
	size_t end;

	build_strings(l, &offsets, &strings);
	end = (base + strings.len + 3) / 4 * 4;
	add_header(big, l->n_entries, strings.len, end, to);
	for (size_t i = 0; i < l->n_entries; i++) {
		uint8_t record[CACHE_ENTRY] = { 0 };
		uint32_t name = 0, path = 0;

		(void)strtab_find(&offsets, l->entries[i].name, &name);
		(void)strtab_find(&offsets, l->entries[i].path, &path);
		put32(big, record, l->entries[i].flags);
		put32(big, record + 4, base + name);
		put32(big, record + 8, base + path);
		buf_add(to, record, sizeof(record));
	}
	buf_add_str(to, buf_str(&strings));
	buf_add_zeros(to, end - to->len);
	add_extension(big, generator, to);
}

/* "2.41-12" is release 2.41. */
static struct str release_of(struct str version)
{
	size_t n = 0;

	while (n < version.len && (is_digit(version, n) || version.ptr[n] == '.'))
		n++;
	return (struct str){ version.ptr, n };
}

int generate_ldsocache(struct debian *d, struct str argument, cause_id cause, struct error *err)
{
	const struct unpacked *libc = debian_find(d, STR("libc-bin"));
	CLEANUP_BUF struct buf cache = BUF_INIT(CACHE_MAX);
	struct ldconfig l = { .d = d, .cause = cause };
	struct str version;
	char *generator;
	int r;

	if (!libc)
		return 0;
	version = libc->package->version;
	l.old_flags = version_compare(release_of(version), STR("2.37")) < 0;
	l.no_links = str_equal_cstr(argument, "cache");
	generator = arena_printf(d->arena, "ldconfig (Debian GLIBC " STR_FMT
				 ") stable release version " STR_FMT, STR_ARG(version),
				 STR_ARG(release_of(version)));
	r = read_conf(&l, STR("/etc/ld.so.conf"), err);
	add_folder(&l, STR("/lib"));
	add_folder(&l, STR("/usr/lib"));
	if (r == 0)
		r = learn(&l, err);
	if (r < 0)
		return err_while(err, "reading the headers of libraries");
	if (scan(&l, err) < 0)
		return -1;
	if (l.n_entries)
		qsort(l.entries, l.n_entries, sizeof(*l.entries), compare_entries);
	encode(&l, str_of(generator), &cache);
	return tree_write_file(d->tree, STR("etc/ld.so.cache"), buf_bytes(&cache), 0644, l.cause,
			       NULL, err);
}

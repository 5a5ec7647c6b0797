/*
 * Reading a FAT32 volume: docs/formats/fat.md. Folders are read in the order in which they
 * are found, from a list: nothing recurses, and as no cluster belongs to two chains,
 * nothing goes in circles.
 */
#include "format/fat/fat_reader.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/strtab.h"

struct walk {
	struct fat_reader r;
	struct fat_entry *entries; /* in order of finding; on the heap */
	uint32_t *parents;	   /* first cluster of the folder around, 0 for the root */
	size_t n, capacity;
};

static int wrong(struct str path, const char *what, struct error *err)
{
	return err_set(err, ERR_FORMAT, "'/" STR_FMT "' of the FAT32 volume %s", STR_ARG(path),
		       what);
}

static int load_folder(const struct walk *w, const uint32_t *clusters, size_t n, struct buf *to,
		       struct error *err)
{
	struct fat_entry all = { .clusters = clusters,
				 .n_clusters = n,
				 .size = n * w->r.v.cluster_size };

	buf_reset(to);
	return fat_load(w->r.in, &w->r.v, &all, to, err);
}

/* Case does not count, and a name may neither be another's long nor short one. */
static int claim(struct strtab *names, const char *name, uint32_t number, struct str path,
		 struct error *err)
{
	char upper[256];
	uint32_t other;
	size_t n = 0;

	for (; name[n]; n++)
		upper[n] = (char)(name[n] >= 'a' && name[n] <= 'z' ? name[n] - 32 : name[n]);
	if (strtab_find(names, (struct str){ upper, n }, &other) && other != number)
		return err_set(err, ERR_FORMAT, "the folder '/" STR_FMT "' has '%.*s' twice",
			       STR_ARG(path), (int)n, upper);
	strtab_put(names, (struct str){ upper, n }, number);
	return 0;
}

static int check_label(const struct walk *w, const struct fat_name *name, struct error *err)
{
	char text[12];
	size_t n = 11;

	memcpy(text, name->alias, sizeof(text));
	while (n && text[n - 1] == ' ')
		n--;
	text[n] = 0;
	if (name->attributes != FAT_LABEL || name->first_cluster || name->size ||
	    strcmp(text, w->r.v.label) != 0)
		return err_set(err, ERR_FORMAT, "the FAT32 volume has two different labels");
	return 0;
}

static int set_clusters(struct walk *w, const struct fat_name *name, struct fat_entry *e,
			struct error *err)
{
	uint64_t size = w->r.v.cluster_size, n = (name->size + size - 1) / size;

	if (e->is_folder) {
		if (name->size)
			return wrong(e->path, "is a folder with a size", err);
		return fat_read_chain(&w->r, name->first_cluster,
				      FAT_MAX_ENTRIES * FAT_ENTRY_SIZE / (size_t)size, e->path,
				      &e->clusters, &e->n_clusters, err);
	}
	if (name->size == 0)
		return name->first_cluster ? wrong(e->path, "is empty, and has a cluster", err) : 0;
	if (fat_read_chain(&w->r, name->first_cluster, (size_t)n, e->path, &e->clusters,
			   &e->n_clusters, err) < 0)
		return -1;
	return e->n_clusters == n ? 0
				  : wrong(e->path, "has fewer clusters than its size asks", err);
}

static int add_entry(struct walk *w, struct str folder, uint32_t cluster,
		     const struct fat_name *name, struct error *err)
{
	struct fat_entry e = { .is_folder = name->attributes & FAT_FOLDER,
			       .mtime = name->mtime,
			       .size = name->size };

	if (folder.len + 1 + name->len > FAT_MAX_PATH)
		return err_set(err, ERR_LIMIT, "a path in '/" STR_FMT "' is longer than %u bytes",
			       STR_ARG(folder), FAT_MAX_PATH);
	if (w->n == FAT_MAX_ENTRIES)
		return err_set(err, ERR_LIMIT, "the FAT32 volume has more than %u files",
			       FAT_MAX_ENTRIES);
	e.path = str_of(arena_printf(w->r.arena, STR_FMT "%s%s", STR_ARG(folder),
				     folder.len ? "/" : "", name->text));
	if (set_clusters(w, name, &e, err) < 0)
		return -1;
	if (w->n == w->capacity) {
		w->capacity = w->capacity ? 2 * w->capacity : 16;
		w->entries = mem_resize(w->entries, w->capacity, sizeof(*w->entries));
		w->parents = mem_resize(w->parents, w->capacity, sizeof(*w->parents));
	}
	w->entries[w->n] = e;
	w->parents[w->n++] = cluster;
	return 0;
}

/* The first two entries of a folder, which the root does not have. */
static int check_dots(struct bytes data, size_t *at, struct str path, uint32_t self,
		      uint32_t parent, struct error *err)
{
	const uint32_t clusters[2] = { self, parent };
	const char *const names[2] = { ".", ".." };
	struct fat_name name;

	for (int i = 0; i < 2; i++) {
		int r = fat_read_name(data, at, path, &name, err);

		if (r < 0)
			return -1;
		if (r == 0 || strcmp(name.alias, names[i]) != 0 ||
		    strcmp(name.text, names[i]) != 0 || !(name.attributes & FAT_FOLDER) ||
		    name.size || name.first_cluster != clusters[i])
			return wrong(path, i ? "has a wrong '..'" : "has a wrong '.'", err);
	}
	return 0;
}

static int add_name(struct walk *w, struct strtab *names, struct str path, uint32_t cluster,
		    const struct fat_name *name, bool *has_label, struct error *err)
{
	uint32_t number = (uint32_t)w->n + 1;

	if (name->attributes & FAT_LABEL) {
		if (cluster || *has_label)
			return wrong(path, "has a label where there is none", err);
		*has_label = true;
		return check_label(w, name, err);
	}
	if (name->alias[0] == '.')
		return wrong(path, "has '.' or '..' where there is none", err);
	if (claim(names, name->alias, number, path, err) < 0 ||
	    claim(names, name->text, number, path, err) < 0)
		return -1;
	return add_entry(w, path, cluster, name, err);
}

/* @cluster, where it starts, is 0 for the root: as ".." has it. */
static int read_folder(struct walk *w, struct bytes data, struct str path, uint32_t cluster,
		       uint32_t parent, struct error *err)
{
	CLEANUP_STRTAB struct strtab names = STRTAB_INIT;
	bool has_label = false;
	struct fat_name name;
	size_t at = 0;
	int r;

	if (cluster && check_dots(data, &at, path, cluster, parent, err) < 0)
		return -1;
	while ((r = fat_read_name(data, &at, path, &name, err)) > 0)
		if (add_name(w, &names, path, cluster, &name, &has_label, err) < 0)
			return -1;
	return r;
}

static int read_root(struct walk *w, struct buf *data, struct error *err)
{
	const uint32_t *clusters;
	size_t n;

	if (fat_read_chain(&w->r, w->r.root_cluster,
			   FAT_MAX_ENTRIES * FAT_ENTRY_SIZE / (size_t)w->r.v.cluster_size, STR(""),
			   &clusters, &n, err) < 0 ||
	    load_folder(w, clusters, n, data, err) < 0)
		return -1;
	return read_folder(w, buf_bytes(data), STR(""), 0, 0, err);
}

static int read_all(struct walk *w, struct error *err)
{
	CLEANUP_BUF struct buf data = BUF_INIT(FAT_MAX_ENTRIES * FAT_ENTRY_SIZE);

	if (fat_read_volume(&w->r, err) < 0 || read_root(w, &data, err) < 0)
		return -1;
	for (size_t i = 0; i < w->n; i++) {
		struct fat_entry e = w->entries[i];

		if (!e.is_folder)
			continue;
		if (load_folder(w, e.clusters, e.n_clusters, &data, err) < 0 ||
		    read_folder(w, buf_bytes(&data), e.path, e.clusters[0], w->parents[i], err) < 0)
			return -1;
	}
	return fat_check_free(&w->r, err);
}

static int by_path(const void *a, const void *b)
{
	const struct fat_entry *x = a, *y = b;

	return str_compare(x->path, y->path);
}

int fat_read(const struct window *in, struct arena *arena, struct fat_volume *ret,
	     struct error *err)
{
	struct walk w = { .r = { .in = in, .arena = arena } };
	int r = read_all(&w, err);

	if (r == 0) {
		w.r.v.entries = arena_array(arena, w.n, sizeof(*w.entries));
		w.r.v.n = w.n;
		if (w.n)
			memcpy(w.r.v.entries, w.entries, w.n * sizeof(*w.entries));
		qsort(w.r.v.entries, w.n, sizeof(*w.entries), by_path);
		*ret = w.r.v;
	}
	fat_reader_release(&w.r);
	free(w.entries);
	free(w.parents);
	return r;
}

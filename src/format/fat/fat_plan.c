#include "format/fat/fat_private.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define MIB (1ull << 20)
#define ENTRIES_MAX 65536u /* of a folder: 2 MiB (FAT 1.03, directory structure) */
#define PATH_LEN_MAX 4096u
/*
 * Fewer than 65525 clusters are FAT16. FAT 1.03 asks to stay 16 away from that, because
 * there are drivers that count wrongly.
 */
#define CLUSTERS_MIN (65525u + 16)
#define FAT_ALIGN 8u /* sectors: clusters of 4 KiB lie at multiples of it */

/* FAT 1.03, table DskTableFAT32: up to so many sectors, so many of them a cluster. */
static const struct {
	uint64_t max;
	uint32_t per_cluster;
} table[] = {
	{ 532480, 1 }, { 16777216, 8 }, { 33554432, 16 }, { 67108864, 32 }, { UINT32_MAX, 64 },
};

static struct fat_node *add_node(struct fat_plan *p, struct fat_node *parent, struct str path,
				 struct str name, bool folder)
{
	struct fat_node *n = arena_alloc(&p->arena, sizeof(*n));

	n->path = arena_str(&p->arena, path);
	n->name = (struct str){ n->path.ptr + path.len - name.len, name.len };
	n->folder = folder;
	n->parent = parent;
	n->number = (uint32_t)p->n;
	MEM_GROW(p->nodes, p->n, p->capacity);
	p->nodes[p->n++] = n;
	return n;
}

/* FAT compares without case: so does the key. */
static struct str fold(struct str path, char *text)
{
	for (size_t i = 0; i < path.len; i++) {
		char c = path.ptr[i];

		text[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	return (struct str){ text, path.len };
}

static int refuse_clash(const struct fat_node *n, struct str path, struct error *err)
{
	if (!str_equal(n->path, path))
		return err_set(err, ERR_UNSUPPORTED,
			       "'" STR_FMT "' and '" STR_FMT "' differ in case only",
			       STR_ARG(n->path), STR_ARG(path));
	return err_set(err, ERR_UNSUPPORTED, "'" STR_FMT "' stands twice", STR_ARG(path));
}

/* The node at @path, which is a file only if @folder is false; made if it is new. */
static int enter(struct fat_plan *p, struct strtab *paths, struct fat_node **at, struct str path,
		 struct str name, bool folder, struct error *err)
{
	char text[PATH_LEN_MAX];
	struct str key = fold(path, text);
	uint32_t number = 0;

	if (!fat_is_name(name))
		return err_set(err, ERR_UNSUPPORTED, "FAT can't hold a name like '" STR_FMT "'",
			       STR_ARG(name));
	if (strtab_find(paths, key, &number)) {
		struct fat_node *n = p->nodes[number];

		if (!folder || !n->folder || !str_equal(n->path, path))
			return refuse_clash(n, path, err);
		*at = n;
		return 0;
	}
	strtab_put(paths, key, (uint32_t)p->n);
	*at = add_node(p, *at, path, name, folder);
	return 0;
}

static int add_file(struct fat_plan *p, struct strtab *paths, const struct fat_file *f,
		    struct error *err)
{
	struct fat_node *at = p->nodes[0];
	struct str rest = f->path, name;

	if (f->path.len > PATH_LEN_MAX)
		return err_set(err, ERR_LIMIT, "a path of %zu bytes", f->path.len);
	if (f->data.len > UINT32_MAX)
		return err_set(err, ERR_LIMIT,
			       "'" STR_FMT "' has %zu bytes; a file in FAT has less than 4 GiB",
			       STR_ARG(f->path), f->data.len);
	while (str_split(&rest, '/', &name)) {
		struct str path = { f->path.ptr, (size_t)(name.ptr + name.len - f->path.ptr) };

		if (enter(p, paths, &at, path, name, rest.ptr != NULL, err) < 0)
			return -1;
	}
	if (at->folder)
		return err_set(err, ERR_UNSUPPORTED, "a file without a name");
	at->data = f->data;
	return 0;
}

/* Canonical: as if '/' were less than any letter. */
static int by_path(const void *a, const void *b)
{
	struct str x = (*(struct fat_node *const *)a)->path;
	struct str y = (*(struct fat_node *const *)b)->path;
	size_t n = x.len < y.len ? x.len : y.len;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = x.ptr[i] == '/' ? 0 : (unsigned char)x.ptr[i];
		unsigned char d = y.ptr[i] == '/' ? 0 : (unsigned char)y.ptr[i];

		if (c != d)
			return c < d ? -1 : 1;
	}
	return x.len < y.len ? -1 : x.len > y.len;
}

static void link_children(struct fat_plan *p)
{
	qsort(p->nodes, p->n, sizeof(struct fat_node *), by_path);
	for (size_t i = 1; i < p->n; i++) {
		struct fat_node *n = p->nodes[i], *folder = n->parent;

		if (folder->last_child)
			folder->last_child->next = n;
		else
			folder->children = n;
		folder->last_child = n;
	}
}

static int count_entries(const struct fat_plan *p, struct fat_node *folder, struct error *err)
{
	uint64_t n = folder->parent ? 2 /* "." and ".." */ : p->options.label.len != 0;

	for (const struct fat_node *child = folder->children; child; child = child->next)
		n += fat_entries_of(child);
	if (n > ENTRIES_MAX)
		return err_set(err, ERR_LIMIT,
			       "'/" STR_FMT "' needs %llu entries; a folder in FAT has at most %u",
			       STR_ARG(folder->path), (unsigned long long)n, ENTRIES_MAX);
	folder->n_entries = (uint32_t)n;
	return 0;
}

static int make_nodes(struct fat_plan *p, const struct fat_file *files, size_t n, struct error *err)
{
	CLEANUP_STRTAB struct strtab paths = STRTAB_INIT;
	CLEANUP_STRTAB struct strtab taken = STRTAB_INIT;

	add_node(p, NULL, STR(""), STR(""), true);
	for (size_t i = 0; i < n; i++)
		if (add_file(p, &paths, &files[i], err) < 0)
			return -1;
	link_children(p);
	for (size_t i = 0; i < p->n; i++) {
		if (!p->nodes[i]->folder)
			continue;
		fat_name_children(p->nodes[i], &taken);
		if (count_entries(p, p->nodes[i], err) < 0)
			return -1;
	}
	return 0;
}

/* The smallest FAT that has an entry for each cluster that it leaves room for. */
static struct fat_geometry geometry_of(uint64_t size)
{
	struct fat_geometry g = { .sectors = size / FAT_SECTOR };
	uint64_t per_fat_sector = FAT_SECTOR / 4, data, fat;
	size_t row = 0;

	while (g.sectors > table[row].max)
		row++;
	g.per_cluster = table[row].per_cluster;
	if (g.sectors < MIB / FAT_SECTOR)
		return g;
	data = g.sectors - FAT_RESERVED;
	fat = (data / g.per_cluster + FAT_FIRST) / per_fat_sector / FAT_ALIGN * FAT_ALIGN;
	fat += FAT_ALIGN; /* too large, if anything */
	for (;;) {
		uint64_t less = fat - FAT_ALIGN, left = data - FAT_COPIES * less;

		if (less == 0 || less * per_fat_sector < left / g.per_cluster + FAT_FIRST)
			break;
		fat = less;
	}
	g.fat = (uint32_t)fat;
	g.clusters = (uint32_t)((data - FAT_COPIES * fat) / g.per_cluster);
	return g;
}

static uint64_t clusters_for(uint64_t bytes, uint32_t per_cluster)
{
	uint64_t size = (uint64_t)per_cluster * FAT_SECTOR;

	return (bytes + size - 1) / size;
}

/* Clusters that the files and folders take with clusters of that size. */
static uint64_t clusters_needed(const struct fat_plan *p, uint32_t per_cluster)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct fat_node *node = p->nodes[i];
		uint64_t bytes =
			node->folder ? (uint64_t)node->n_entries * FAT_ENTRY : node->data.len;

		n += clusters_for(bytes, per_cluster) + (node->folder && bytes == 0);
	}
	return n;
}

/* In whole MiB: the smallest volume in which everything finds room; 0 if there is none. */
static uint64_t smallest_size(const struct fat_plan *p)
{
	for (size_t row = 0; row < sizeof(table) / sizeof(*table); row++) {
		uint32_t per_cluster = table[row].per_cluster;
		uint64_t need = clusters_needed(p, per_cluster);
		uint64_t least = need < CLUSTERS_MIN ? CLUSTERS_MIN : need;
		uint64_t from = row ? table[row - 1].max + 1 : 0, size;

		if (from < least * per_cluster)
			from = least * per_cluster;
		size = (from * FAT_SECTOR + MIB - 1) / MIB * MIB;
		for (; size / FAT_SECTOR <= table[row].max; size += MIB)
			if (geometry_of(size).clusters >= least)
				return size;
	}
	return 0;
}

static int choose_geometry(struct fat_plan *p, struct error *err)
{
	uint64_t smallest = smallest_size(p), size = p->options.size ? p->options.size : smallest;
	uint64_t need;

	if (smallest == 0 || size / FAT_SECTOR > UINT32_MAX)
		return err_set(err, ERR_LIMIT, "a FAT32 volume has less than 2 TiB");
	if (size % FAT_SECTOR)
		return err_set(err, ERR_UNSUPPORTED,
			       "a volume of %llu bytes, which is no multiple of %u",
			       (unsigned long long)size, FAT_SECTOR);
	p->geometry = geometry_of(size);
	need = clusters_needed(p, p->geometry.per_cluster);
	if (p->geometry.clusters < CLUSTERS_MIN || p->geometry.clusters < need)
		return err_set(
			err, ERR_LIMIT,
			"the files do not fit into a FAT32 volume of %llu bytes: they need %llu MiB",
			(unsigned long long)size, (unsigned long long)(smallest / MIB));
	return 0;
}

static void place(struct fat_plan *p, bool folders)
{
	for (size_t i = 0; i < p->n; i++) {
		struct fat_node *n = p->nodes[i];
		uint64_t bytes = folders ? (uint64_t)n->n_entries * FAT_ENTRY : n->data.len;

		if (n->folder != folders)
			continue;
		n->n_clusters = (uint32_t)clusters_for(bytes, p->geometry.per_cluster);
		if (folders && n->n_clusters == 0)
			n->n_clusters = 1;
		if (n->n_clusters)
			n->cluster = FAT_FIRST + p->used;
		p->used += n->n_clusters;
	}
}

static int check_label(struct fat_plan *p, struct error *err)
{
	struct str label = p->options.label;

	if (label.len > FAT_SHORT_LEN)
		return err_set(err, ERR_UNSUPPORTED, "a label of %zu letters; the limit is %u",
			       label.len, FAT_SHORT_LEN);
	memcpy(p->label, label.len ? "           " : "NO NAME    ", FAT_SHORT_LEN);
	for (size_t i = 0; i < label.len; i++) {
		char c = label.ptr[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' &&
		    !(c == ' ' && i))
			return err_set(err, ERR_UNSUPPORTED, "a label '" STR_FMT "'",
				       STR_ARG(label));
		p->label[i] = c;
	}
	return 0;
}

int fat_plan(const struct fat_file *files, size_t n, const struct fat_options *o,
	     struct fat_plan **ret, struct error *err)
{
	CLEANUP_FAT_PLAN struct fat_plan *p = mem_alloc(sizeof(*p));

	p->options = *o;
	if (check_label(p, err) < 0 || make_nodes(p, files, n, err) < 0 ||
	    choose_geometry(p, err) < 0)
		return -1;
	place(p, true);
	place(p, false);
	*ret = TAKE_PTR(p);
	return 0;
}

void fat_plan_free(struct fat_plan *p)
{
	if (!p)
		return;
	arena_release(&p->arena);
	free(p->nodes);
	free(p);
}

uint64_t fat_size(const struct fat_plan *p)
{
	return p->geometry.sectors * FAT_SECTOR;
}

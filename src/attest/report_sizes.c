/* Who takes how much: packages, and what no package has by folder and by who made it. */
#include <stdlib.h>

#include "attest/report_find.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/strtab.h"

#define LARGEST 20u /* files that are named */

struct sums {
	const struct report *r;
	struct report_findings *f;
	struct strtab names; /* class and name, to the group */
	size_t capacity;
	bool *seen; /* of each inode: other names of it take nothing */
};

static struct report_group *group_of(struct sums *s, struct str name, enum report_class class)
{
	CLEANUP_BUF struct buf key = BUF_INIT(1u << 16);
	struct report_findings *f = s->f;
	uint32_t at;
	struct str own;

	buf_add_char(&key, (char)('0' + class));
	buf_add_str(&key, name);
	at = strtab_intern(&s->names, buf_str(&key), &own);
	if (at == f->n_groups) {
		ARENA_GROW(f->arena, f->groups, f->n_groups, s->capacity);
		f->groups[f->n_groups++] = (struct report_group){
			.name = arena_str(f->arena, name),
			.class = class,
		};
	}
	return &f->groups[at];
}

static const struct report_package *find_package(const struct report_findings *f, struct str name,
						 size_t *ret_at)
{
	size_t start = 0, end = f->n_packages;

	while (start < end) {
		size_t mid = start + (end - start) / 2;
		int c = str_compare(f->packages[mid].name, name);

		if (c == 0) {
			*ret_at = mid;
			return &f->packages[mid];
		}
		if (c < 0)
			start = mid + 1;
		else
			end = mid;
	}
	return NULL;
}

/* "/var/lib", of "var/lib/dpkg/status"; "/" for a file in the root. */
static struct str top_of(struct str path, struct arena *arena)
{
	struct str rest = path, piece;
	size_t len = 0;

	for (int i = 0; i < 2; i++) {
		(void)str_split(&rest, '/', &piece);
		if (rest.ptr)
			len = (size_t)(rest.ptr - path.ptr) - 1;
	}
	return str_of(arena_printf(arena, "/%.*s", (int)len, path.ptr));
}

static enum report_class class_of(const struct report *r, struct str path)
{
	const struct causes_path *c = r->causes ? causes_path(r->causes, path) : NULL;

	return c && c->content->kind == CAUSE_RECIPE ? REPORT_RECIPE : REPORT_GENERATED;
}

static void add_file(struct sums *s, const struct node *n)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 20);
	struct str owner = s->f->owners[n->serial];
	uint64_t size = n->inode->content.size;
	struct report_group *g;
	size_t at = 0;

	if (owner.len) {
		const struct report_package *p = find_package(s->f, owner, &at);

		g = group_of(s, owner,
			     p && str_equal_cstr(p->why, "asked for") ? REPORT_ASKED
								      : REPORT_PACKAGE);
		if (p) {
			s->f->packages[at].size += size;
			s->f->packages[at].files++;
		}
	} else {
		tree_path(n, &path);
		g = group_of(s, top_of(buf_str(&path), s->f->arena),
			     class_of(s->r, buf_str(&path)));
	}
	g->size += size;
	g->files++;
	s->f->total += size;
}

static int by_size(const void *x, const void *y)
{
	const struct report_group *a = x, *b = y;

	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	return str_compare(a->name, b->name);
}

/* The LARGEST first of all files, kept in order: most are smaller than the last of them. */
static void keep_largest(struct report_findings *f, const struct node *n)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 20);
	uint64_t size = n->inode->content.size;
	size_t at = f->n_largest;

	while (at && f->largest[at - 1].inode->content.size < size)
		at--;
	if (at == LARGEST)
		return;
	f->n_largest += f->n_largest < LARGEST;
	for (size_t i = f->n_largest - 1; i > at; i--)
		f->largest[i] = f->largest[i - 1];
	tree_path(n, &path);
	f->largest[at] = (struct report_path){
		.path = arena_str(f->arena, buf_str(&path)),
		.package = f->owners[n->serial],
		.inode = n->inode,
	};
}

static void add_boot(struct sums *s)
{
	const struct disk_image *d = s->r->disk;

	for (size_t i = 0; d && i < d->uki.n_sections; i++) {
		struct report_group *g = group_of(s, d->uki.sections[i].name, REPORT_BOOT);

		g->size += d->uki.sections[i].data.len;
		g->files++;
		s->f->total += d->uki.sections[i].data.len;
	}
}

void report_find_sizes(const struct report *r, struct report_findings *f)
{
	struct sums s = { .r = r, .f = f, .names = STRTAB_INIT };
	struct tree_iter it = tree_iter(r->side.tree, tree_root(r->side.tree));

	s.seen = mem_array(tree_inode_count(r->side.tree), sizeof(*s.seen));
	f->largest = arena_array(f->arena, LARGEST, sizeof(*f->largest));
	for (const struct node *n; (n = tree_next(&it));) {
		if (n->inode->kind != NODE_FILE || s.seen[n->inode->serial])
			continue;
		s.seen[n->inode->serial] = true;
		add_file(&s, n);
		keep_largest(f, n);
	}
	add_boot(&s);
	if (f->n_groups)
		qsort(f->groups, f->n_groups, sizeof(*f->groups), by_size);
	strtab_release(&s.names);
	free(s.seen);
}

/* What an image says of itself: dpkg's database and the copyright files in its tree. */

#include <stdlib.h>

#include "pipeline/sbom_input.h"
#include "pipeline/sbom_stanza.h"
#include "resolve/deb822.h"

static const struct node *file_at(const struct tree *tree, struct str path)
{
	const struct node *n = tree_resolve(tree, path, true);

	return n && n->inode->kind == NODE_FILE ? n : NULL;
}

static int load_copyright(const struct tree *tree, const struct content_reader *reader,
			  struct arena *arena, struct sbom_package *p, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SBOM_COPYRIGHT_MAX);
	const struct node *n =
		file_at(tree, str_of(arena_printf(arena, "usr/share/doc/" STR_FMT "/copyright",
						  STR_ARG(p->name))));

	if (!n || n->inode->content.size > SBOM_COPYRIGHT_MAX)
		return 0;
	if (content_load(reader, &n->inode->content, &text, err) < 0)
		return -1;
	p->copyright = arena_bytes(arena, buf_bytes(&text));
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct sbom_package *x = a, *y = b;
	int order = str_compare(x->name, y->name);

	return order ? order : str_compare(x->architecture, y->architecture);
}

/* dpkg writes no second stanza for a package; if there is one, the first stands. */
static int compare_with_place(const void *a, const void *b)
{
	const struct sbom_package *x = a, *y = b;
	int order = compare(a, b);

	return order ? order : (x->name.ptr > y->name.ptr) - (x->name.ptr < y->name.ptr);
}

static void sort(struct sbom *s)
{
	size_t n = 0;

	if (s->n_packages)
		qsort(s->packages, s->n_packages, sizeof(*s->packages), compare_with_place);
	for (size_t i = 0; i < s->n_packages; i++)
		if (!n || compare(&s->packages[n - 1], &s->packages[i]) != 0)
			s->packages[n++] = s->packages[i];
	s->n_packages = n;
}

static int read_status(struct bytes text, struct arena *arena, struct sbom *s, struct error *err)
{
	struct deb822_reader reader;
	struct sbom_package p;
	size_t capacity = 0;
	bool installed;
	int r;

	if (deb822_open(&reader, text, "var/lib/dpkg/status", err) < 0)
		return -1;
	while ((r = sbom_stanza_next(&reader, arena, &p, &installed, err)) > 0) {
		if (!installed)
			continue;
		ARENA_GROW(arena, s->packages, s->n_packages, capacity);
		s->packages[s->n_packages++] = p;
	}
	sort(s);
	return r;
}

int sbom_of_tree(const struct tree *tree, const struct content_reader *reader, struct arena *arena,
		 struct sbom *ret, struct error *err)
{
	CLEANUP_BUF struct buf status = BUF_INIT(SBOM_STATUS_MAX);
	const struct node *n = file_at(tree, STR("var/lib/dpkg/status"));
	struct sbom s = { .tool_version = STR(INGOT_VERSION) };
	struct bytes text;

	if (!n)
		return err_set(err, ERR_UNSUPPORTED,
			       "there is no database of dpkg in this image: /var/lib/dpkg/status");
	if (content_load(reader, &n->inode->content, &status, err) < 0)
		return -1;
	text = arena_bytes(arena, buf_bytes(&status));
	if (read_status(text, arena, &s, err) < 0 || sbom_system(tree, reader, arena, &s, err) < 0)
		return -1;
	for (size_t i = 0; i < s.n_packages; i++)
		if (load_copyright(tree, reader, arena, &s.packages[i], err) < 0)
			return -1;
	*ret = s;
	return 0;
}

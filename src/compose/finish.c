/*
 * The databases that see the whole tree: certificate store, ld.so.cache.
 *
 * They are generated files. Where the recipe has put something into what they
 * are made from, they follow the recipe: they get its cause, and so lie in its
 * layer, and a change of the recipe rewrites no other.
 */

#include "base/limits.h"
#include "compose/work.h"

static const char *const certificate_inputs[] = {
	"etc/ca-certificates.conf", "etc/ssl/certs", "usr/local/share/ca-certificates",
	"usr/share/ca-certificates",
};
static const char *const library_inputs[] = { "etc/ld.so.conf", "etc/ld.so.conf.d" };
/* Where ldconfig looks but for odd packages: elsewhere a .so is a plugin or a wheel. */
static const char *const library_folders[] = {
	"usr/lib", "usr/lib32", "usr/lib64", "usr/libx32", "usr/local/lib",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Whether @path is @top or lies below it. */
static bool is_within(struct str path, const char *top)
{
	struct str t = str_of(top);

	return str_has_prefix(path, t) && (path.len == t.len || path.ptr[t.len] == '/');
}

static bool is_one_of(struct str path, const char *const *tops, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_within(path, tops[i]))
			return true;
	}
	return false;
}

/* "libx.so", "libx.so.1": what ldconfig looks at (debian.md 5.8). */
static bool is_library_name(struct str name)
{
	for (size_t i = 0; i + 3 <= name.len; i++) {
		if (memcmp(name.ptr + i, ".so", 3) == 0)
			return true;
	}
	return false;
}

void work_touch(struct work *w, const struct node *n, cause_id cause)
{
	CLEANUP_BUF struct buf b = BUF_INIT(2 * LIMIT_PATH_MAX);
	struct str path;

	tree_path(n, &b);
	path = buf_str(&b);
	if (w->certificates == 0 &&
	    is_one_of(path, certificate_inputs, COUNT(certificate_inputs)))
		w->certificates = cause;
	if (w->libraries == 0 &&
	    (is_one_of(path, library_inputs, COUNT(library_inputs)) ||
	     (is_library_name(n->name) &&
	      is_one_of(path, library_folders, COUNT(library_folders)))))
		w->libraries = cause;
}

static bool is_generated(const struct work *w, const struct node *n)
{
	enum cause_kind kind = tree_cause(w->tree, n->inode->cause[CAUSE_CONTENT])->kind;

	return n->inode->kind != NODE_DIRECTORY && kind != CAUSE_PACKAGE && kind != CAUSE_RECIPE;
}

/* The same node, with another cause of all that it is. */
static void set_cause(struct work *w, struct node *n, cause_id cause)
{
	struct inode same = *n->inode;

	(void)tree_put(w->tree, n->parent, n->name, &same, cause);
}

static void follow_recipe(struct work *w, const char *path, cause_id cause)
{
	struct node *top = tree_resolve(w->tree, str_of(path), /* follow_last= */ false);
	struct node **nodes, *n;
	size_t count = 0;

	if (cause == 0 || !top)
		return;
	nodes = arena_array(w->arena, tree_node_count(w->tree), sizeof(*nodes));
	for (struct tree_iter it = tree_iter(w->tree, top); (n = tree_next(&it));) {
		if (is_generated(w, n))
			nodes[count++] = n;
	}
	for (size_t i = 0; i < count; i++)
		set_cause(w, nodes[i], cause);
}

int compose_finish(struct work *w, const struct debian_options *options,
		   const struct debian_report *report, struct error *err)
{
	const struct compose_input *in = w->in;

	if (debian_finish(w->tree, in->packages, in->n_packages, options, report, w->arena,
			  err) < 0)
		return -1;
	follow_recipe(w, "etc/ssl/certs", w->certificates);
	follow_recipe(w, "etc/ld.so.cache", w->libraries);
	return 0;
}

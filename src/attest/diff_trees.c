#include "attest/diff_trees.h"

#include "attest/database_diff.h"
#include "attest/database_records.h"
#include "attest/diff_content.h"
#include "attest/tree_owners.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/text.h"

#define VALUE_MAX 160u /* bytes of a record's value in a line */

struct work {
	struct image_diff *d;
	const struct diff_trees_side *a, *b;
	const struct diff_trees_options *o;
	struct arena arena;			/* until the end of this walk */
	struct str *owners_a, *owners_b;	/* by serial of the node, or NULL */
	const struct node **first_a, **first_b; /* by serial of the inode: its first name */
	unsigned n_details;
};

/* One pair of nodes, or one node that the other tree has not. */
struct pair {
	struct str path;
	const struct node *a, *b;
};

static const char *const kind_names[] = {
	"", "folder", "file", "symlink", "fifo", "char", "block"
};

static struct str layer_of(const struct work *w, const struct diff_trees_side *side,
			   const struct node *n, struct arena *arena)
{
	uint32_t layer = n && side->layer_of ? side->layer_of[n->serial] : UINT32_MAX;

	(void)w;
	if (layer == UINT32_MAX)
		return STR("");
	return str_of(arena_printf(arena, "layers/%u", layer + 1));
}

static struct str package_of(const struct work *w, const struct pair *p)
{
	struct str package = STR("");

	if (w->owners_a && p->a)
		package = w->owners_a[p->a->serial];
	if (!package.len && w->owners_b && p->b)
		package = w->owners_b[p->b->serial];
	return package;
}

static struct difference *add(struct work *w, const struct pair *p, enum difference_what what,
			      struct str name, struct str a, struct str b)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct str layer = p->b ? layer_of(w, w->b, p->b, &arena) : layer_of(w, w->a, p->a, &arena);
	struct difference one = {
		.area = w->o->area,
		.what = what,
		.path = p->path.ptr ? p->path : STR(""),
		.name = name,
		.a = a,
		.b = b,
		.layer = layer,
		.package = package_of(w, p),
	};

	one.where = str_of(arena_printf(&arena, STR_FMT " > " STR_FMT,
					STR_ARG(layer.len ? layer : str_of(w->o->place)),
					STR_ARG(p->path.len ? p->path : STR("/"))));
	return image_diff_add(w->d, &one);
}

static struct str told_inode(struct arena *arena, const struct inode *i)
{
	switch (i->kind) {
	case NODE_SYMLINK:
		return str_of(arena_printf(arena, "symlink to " STR_FMT, STR_ARG(i->target)));
	case NODE_FILE:
		return str_of(arena_printf(arena, "file, %04o, %u:%u, %llu bytes", i->mode, i->uid,
					   i->gid, (unsigned long long)i->content.size));
	default:
		return str_of(arena_printf(arena, "%s, %04o, %u:%u", kind_names[i->kind], i->mode,
					   i->uid, i->gid));
	}
}

static struct str told_content(struct arena *arena, const struct inode *i)
{
	char hex[DIGEST_HEX_MAX];

	if (i->kind != NODE_FILE)
		return str_of(arena_printf(arena, "device %u, %u", i->major, i->minor));
	return str_of(arena_printf(arena, "%llu bytes (%.12s)", (unsigned long long)i->content.size,
				   digest_hex(&i->content.digest, hex)));
}

static struct str told_bytes(struct arena *arena, struct bytes b)
{
	CLEANUP_BUF struct buf text = BUF_INIT(4 * LIMIT_XATTR_SIZE);
	struct bytes shown = { b.ptr, b.len < VALUE_MAX ? b.len : VALUE_MAX };
	bool plain = text_is_utf8(bytes_str(shown));

	for (size_t i = 0; plain && i < shown.len; i++)
		plain = shown.ptr[i] >= 0x20 && shown.ptr[i] != 0x7f;
	if (plain) {
		buf_add_str(&text, bytes_str(shown));
	} else {
		buf_add_cstr(&text, "0x");
		for (size_t i = 0; i < shown.len; i++)
			buf_printf(&text, "%02x", shown.ptr[i]);
	}
	if (shown.len < b.len)
		buf_add_cstr(&text, "...");
	return arena_str(arena, buf_str(&text));
}

/* ---- what of a path differs ---- */

static bool same_content(const struct inode *a, const struct inode *b)
{
	if (a->kind == NODE_FILE)
		return a->content.size == b->content.size &&
		       digest_equal(&a->content.digest, &b->content.digest);
	if (a->kind == NODE_CHAR || a->kind == NODE_BLOCK)
		return a->major == b->major && a->minor == b->minor;
	return true;
}

static void compare_xattrs(struct work *w, const struct pair *p)
{
	const struct inode *a = p->a->inode, *b = p->b->inode;
	uint32_t i = 0, k = 0;

	while (i < a->n_xattrs || k < b->n_xattrs) {
		const struct xattr *x = i < a->n_xattrs ? &a->xattrs[i] : NULL;
		const struct xattr *y = k < b->n_xattrs ? &b->xattrs[k] : NULL;
		int order = !x ? 1 : !y ? -1 : str_compare(x->name, y->name);
		const struct str none = { NULL, 0 };

		i += order <= 0;
		k += order >= 0;
		if (order == 0 && bytes_equal(x->value, y->value))
			continue;
		add(w, p, DIFFERENCE_XATTR, order <= 0 ? x->name : y->name,
		    order <= 0 ? told_bytes(&w->arena, x->value) : none,
		    order >= 0 ? told_bytes(&w->arena, y->value) : none);
	}
}

/* Of hard links: which name of the file stands first. */
static struct str first_name(struct arena *arena, const struct node *n)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 20);

	tree_path(n, &path);
	return arena_str(arena, buf_str(&path));
}

static void compare_links(struct work *w, const struct pair *p)
{
	const struct inode *a = p->a->inode, *b = p->b->inode;
	struct str x, y;

	if (a->kind == NODE_DIRECTORY || (a->links < 2 && b->links < 2))
		return;
	x = first_name(&w->arena, w->first_a[a->serial]);
	y = first_name(&w->arena, w->first_b[b->serial]);
	if (!str_equal(x, y))
		add(w, p, DIFFERENCE_LINKS, STR(""), x, y);
}

#define LAST_TIME 253402300799ll /* of the year 9999 */

static struct str told_time(struct arena *arena, int64_t time)
{
	char text[TEXT_TIME_MAX];

	if (time < 0 || time > LAST_TIME)
		return str_of(arena_printf(arena, "%lld", (long long)time));
	return arena_str(arena, str_of(text_time(time, text)));
}

static void compare_attributes(struct work *w, const struct pair *p)
{
	const struct inode *a = p->a->inode, *b = p->b->inode;
	struct arena *arena = &w->arena;

	if (a->mode != b->mode && a->kind != NODE_SYMLINK)
		add(w, p, DIFFERENCE_MODE, STR(""), str_of(arena_printf(arena, "%04o", a->mode)),
		    str_of(arena_printf(arena, "%04o", b->mode)));
	if (a->uid != b->uid || a->gid != b->gid)
		add(w, p, DIFFERENCE_OWNER, STR(""),
		    str_of(arena_printf(arena, "%u:%u", a->uid, a->gid)),
		    str_of(arena_printf(arena, "%u:%u", b->uid, b->gid)));
	compare_xattrs(w, p);
	if (a->mtime != b->mtime && !(w->o->no_folder_times && a->kind == NODE_DIRECTORY))
		add(w, p, DIFFERENCE_MTIME, STR(""), told_time(arena, a->mtime),
		    told_time(arena, b->mtime));
	compare_links(w, p);
}

static int add_content(struct work *w, const struct pair *p, struct error *err)
{
	const struct inode *a = p->a->inode, *b = p->b->inode;
	struct content_diff *detail;
	struct difference *one = add(w, p, DIFFERENCE_CONTENT, STR(""), told_content(&w->arena, a),
				     told_content(&w->arena, b));

	if (a->kind != NODE_FILE || w->n_details >= w->o->details)
		return 0;
	w->n_details++;
	detail = arena_alloc(&w->d->arena, sizeof(*detail));
	if (diff_content(w->a->reader, &a->content, w->b->reader, &b->content, &w->d->arena, detail,
			 err) < 0)
		return err_while(err, "comparing '/" STR_FMT "'", STR_ARG(p->path));
	one->detail = detail;
	return 0;
}

/* ---- databases ---- */

static struct str told_record(struct arena *arena, struct str value)
{
	struct bytes line = { (const uint8_t *)value.ptr, str_find_char(value, '\n') };

	return value.ptr ? told_bytes(arena, line) : value;
}

static struct str line_named(struct str stanza, struct str name)
{
	struct str line;

	while (stanza.ptr && str_split(&stanza, '\n', &line))
		if (str_has_prefix(line, name))
			return line;
	return (struct str){ NULL, 0 };
}

/* Told by the line that begins so, if both have it and not the same. */
static bool add_line_named(struct work *w, const struct pair *p, const struct tree_diff_record *r,
			   struct str name)
{
	struct str a = line_named(r->a, name), b = line_named(r->b, name);

	if (!a.ptr || !b.ptr || str_equal(a, b))
		return false;
	add(w, p, DIFFERENCE_CONTENT, r->key, told_record(&w->arena, a), told_record(&w->arena, b));
	return true;
}

/* "Version: 1 -> 2" says more of a stanza than its first line. */
static bool lines_of_stanza(struct work *w, const struct pair *p, const struct tree_diff_record *r)
{
	struct str rest = r->a, line;

	if (!memchr(r->a.ptr, '\n', r->a.len) || !memchr(r->b.ptr, '\n', r->b.len))
		return false;
	if (add_line_named(w, p, r, STR("Version:")))
		return true;
	while (rest.ptr && str_split(&rest, '\n', &line)) {
		struct str name = { line.ptr, str_find_char(line, ':') + 1 };

		if (name.len <= line.len && line.ptr[0] != ' ' && add_line_named(w, p, r, name))
			return true;
	}
	return false;
}

static void add_record(struct work *w, const struct pair *p, const struct tree_diff_record *r)
{
	if (r->a.ptr && r->b.ptr && lines_of_stanza(w, p, r))
		return;
	add(w, p, r->a.ptr && r->b.ptr ? DIFFERENCE_CONTENT : DIFFERENCE_PRESENCE, r->key,
	    told_record(&w->arena, r->a), told_record(&w->arena, r->b));
}

/* False if it can't be read as what it should be: then its bytes are compared. */
static bool compare_database(struct work *w, const struct pair *p)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error failure = ERR_INIT;
	const struct tree_diff_side a = { w->a->tree, w->a->reader };
	const struct tree_diff_side b = { w->b->tree, w->b->reader };
	struct tree_diff_database d;

	if (!database_is_one(p->path) || p->a->inode->kind != NODE_FILE ||
	    database_diff(&a, p->a, &b, p->b, p->path, &arena, &d, &failure) < 0)
		return false;
	if (!d.counts.n_different && !d.n_single)
		return false;
	for (size_t i = 0; i < d.counts.n_different; i++)
		add_record(w, p, &d.differing[i]);
	for (size_t i = 0; i < d.n_single; i++)
		add_record(w, p, &d.single[i]);
	return true;
}

/* ---- the walk ---- */

static int compare_pair(struct work *w, const struct pair *p, struct error *err)
{
	const struct inode *a = p->a->inode, *b = p->b->inode;

	if (a->kind != b->kind) {
		add(w, p, DIFFERENCE_KIND, STR(""), told_inode(&w->arena, a),
		    told_inode(&w->arena, b));
		return 0;
	}
	if (a->kind == NODE_SYMLINK && !str_equal(a->target, b->target))
		add(w, p, DIFFERENCE_TARGET, STR(""), told_bytes(&w->arena, str_bytes(a->target)),
		    told_bytes(&w->arena, str_bytes(b->target)));
	if (!same_content(a, b) && !compare_database(w, p) && add_content(w, p, err) < 0)
		return -1;
	compare_attributes(w, p);
	return 0;
}

static void add_single(struct work *w, const struct pair *p)
{
	const struct str none = { NULL, 0 };

	add(w, p, DIFFERENCE_PRESENCE, STR(""), p->a ? told_inode(&w->arena, p->a->inode) : none,
	    p->b ? told_inode(&w->arena, p->b->inode) : none);
}

static struct str path_of(const struct node *n, struct buf *buf)
{
	buf_reset(buf);
	tree_path(n, buf);
	return n->parent ? buf_str(buf) : STR("");
}

static void note_first(const struct node **first, const struct node *n)
{
	if (n && !first[n->inode->serial])
		first[n->inode->serial] = n;
}

static int walk(struct work *w, struct error *err)
{
	CLEANUP_BUF struct buf path_a = BUF_INIT(1u << 20), path_b = BUF_INIT(1u << 20);
	struct tree_iter in_a = tree_iter(w->a->tree, tree_root(w->a->tree));
	struct tree_iter in_b = tree_iter(w->b->tree, tree_root(w->b->tree));
	struct node *a = tree_next(&in_a), *b = tree_next(&in_b);

	while (a || b) {
		struct str x = a ? path_of(a, &path_a) : STR("");
		struct str y = b ? path_of(b, &path_b) : STR("");
		int order = !a ? 1 : !b ? -1 : tree_path_compare(x, y);
		struct pair p = { order <= 0 ? x : y, order <= 0 ? a : NULL,
				  order >= 0 ? b : NULL };

		note_first(w->first_a, p.a);
		note_first(w->first_b, p.b);
		if (order != 0)
			add_single(w, &p);
		else if (compare_pair(w, &p, err) < 0)
			return -1;
		if (order <= 0)
			a = tree_next(&in_a);
		if (order >= 0)
			b = tree_next(&in_b);
	}
	return 0;
}

static int find_owners(struct work *w, struct error *err)
{
	const struct tree_diff_side a = { w->a->tree, w->a->reader };
	const struct tree_diff_side b = { w->b->tree, w->b->reader };
	struct arena *arena = &w->arena;

	if (!w->o->owners)
		return 0;
	w->owners_a = arena_array(arena, tree_serial_count(a.tree), sizeof(*w->owners_a));
	w->owners_b = arena_array(arena, tree_serial_count(b.tree), sizeof(*w->owners_b));
	if (tree_owners_add(&a, a.tree, arena, w->owners_a, err) < 0)
		return -1;
	return tree_owners_add(&b, b.tree, arena, w->owners_b, err);
}

int diff_trees(struct image_diff *d, const struct diff_trees_side *a,
	       const struct diff_trees_side *b, const struct diff_trees_options *o,
	       struct error *err)
{
	struct work w = { .d = d, .a = a, .b = b, .o = o };
	int r;

	tree_freeze(a->tree);
	tree_freeze(b->tree);
	w.first_a = arena_array(&w.arena, tree_inode_count(a->tree), sizeof(*w.first_a));
	w.first_b = arena_array(&w.arena, tree_inode_count(b->tree), sizeof(*w.first_b));
	r = find_owners(&w, err) < 0 ? -1 : walk(&w, err);
	arena_release(&w.arena);
	return r;
}

/* One walk over the tree finds what needs no more than attributes. */
#include "attest/report_find.h"

#include "attest/tree_owners.h"
#include "base/capability.h"
#include "base/cleanup.h"
#include "base/endian.h"
#include "base/strtab.h"

#define TEXT_MAX (64u << 20) /* bytes of one file that is read whole */

int report_load(const struct report *r, struct report_findings *f, const char *path,
		struct str *ret, struct error *err)
{
	const struct node *n = tree_resolve(r->side.tree, str_of(path), true);
	struct buf text = BUF_INIT(TEXT_MAX);
	int done;

	*ret = STR("");
	if (!n || n->inode->kind != NODE_FILE)
		return 0;
	done = content_load(r->side.reader, &n->inode->content, &text, err);
	if (done == 0)
		*ret = arena_str(f->arena, buf_str(&text));
	buf_release(&text);
	return done < 0 ? err_while(err, "reading '/%s'", path) : 0;
}

/* capabilities(7), xattr of version 2 and 3: linux/capability.h. */
static struct str capabilities(struct bytes v, struct arena *arena)
{
	CLEANUP_BUF struct buf b = BUF_INIT(4096);
	uint64_t permitted, inherited;

	if (v.len < 20)
		return STR("capabilities of an unknown form");
	permitted = get_le32(v.ptr + 4) | (uint64_t)get_le32(v.ptr + 12) << 32;
	inherited = get_le32(v.ptr + 8) | (uint64_t)get_le32(v.ptr + 16) << 32;
	for (unsigned i = 0; i < 64; i++) {
		if (!((permitted | inherited) >> i & 1))
			continue;
		if (i < CAPABILITIES)
			buf_printf(&b, "%scap_%s", b.len ? "," : "", capability_names[i]);
		else
			buf_printf(&b, "%scap_%u", b.len ? "," : "", i);
	}
	buf_printf(&b, "=%s%s%s", get_le32(v.ptr) & 1 ? "e" : "", inherited ? "i" : "",
		   permitted ? "p" : "");
	return arena_str(arena, buf_str(&b));
}

static void add_path(struct report_findings *f, struct report_paths *to, const struct node *n,
		     struct str what)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 20);

	if (to->n_all++ >= REPORT_ROWS_MAX)
		return;
	tree_path(n, &path);
	ARENA_GROW(f->arena, to->list, to->n, to->capacity);
	to->list[to->n++] = (struct report_path){
		.path = arena_str(f->arena, buf_str(&path)),
		.package = f->owners[n->serial],
		.what = what,
		.inode = n->inode,
	};
}

static void look_at_modes(struct report_findings *f, const struct node *n)
{
	const struct inode *i = n->inode;
	bool is_folder = i->kind == NODE_DIRECTORY;

	if (i->kind == NODE_SYMLINK)
		return;
	if (!is_folder && i->mode & 06000)
		add_path(f, &f->privileged, n,
			 (i->mode & 06000) == 06000 ? STR("setuid, setgid")
			 : i->mode & 04000	    ? STR("setuid")
						    : STR("setgid"));
	for (uint32_t k = 0; k < i->n_xattrs; k++)
		if (str_equal_cstr(i->xattrs[k].name, "security.capability"))
			add_path(f, &f->privileged, n, capabilities(i->xattrs[k].value, f->arena));
	if (i->mode & 0002)
		add_path(f, &f->writable, n,
			 !is_folder	   ? STR("file")
			 : i->mode & 01000 ? STR("folder, sticky: only owners delete")
					   : STR("folder"));
}

static void look_at_certificates(struct report_findings *f, const struct tree *t)
{
	struct node *top = tree_find(t, STR("usr/local/share/ca-certificates"));
	struct tree_iter it;

	if (!top)
		return;
	it = tree_iter(t, top);
	for (const struct node *n; (n = tree_next(&it));)
		if (n->inode->kind == NODE_FILE)
			add_path(f, &f->certificates, n, STR(""));
}

static void walk(const struct report *r, struct report_findings *f)
{
	struct tree_iter it = tree_iter(r->side.tree, tree_root(r->side.tree));

	for (const struct node *n; (n = tree_next(&it));) {
		f->n_folders += n->inode->kind == NODE_DIRECTORY;
		f->n_links += n->inode->kind == NODE_SYMLINK;
		f->n_files += n->inode->kind == NODE_FILE;
		look_at_modes(f, n);
	}
	look_at_certificates(f, r->side.tree);
}

int report_find(const struct report *r, struct arena *arena, struct report_findings *ret,
		struct error *err)
{
	struct report_findings f = { .arena = arena };

	f.owners = arena_array(arena, tree_serial_count(r->side.tree), sizeof(*f.owners));
	if (tree_owners_add(&r->side, r->side.tree, arena, f.owners, err) < 0)
		return -1;
	walk(r, &f);
	if (report_find_packages(r, &f, err) < 0 || report_find_accounts(r, &f, err) < 0 ||
	    report_find_services(r, &f, err) < 0)
		return -1;
	report_find_sizes(r, &f);
	*ret = f;
	return 0;
}

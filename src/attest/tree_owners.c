#include "attest/tree_owners.h"

#include "base/buf.h"

#define LIST_MAX (64u << 20) /* bytes of one list; Debian's longest has 3 MiB */

static void add_path(const struct tree *on, struct str path, struct str package, struct str *owners)
{
	const struct node *n = tree_resolve(on, path, false);

	if (n && !owners[n->serial].len)
		owners[n->serial] = package;
}

static int add_list(const struct tree_diff_side *lists, const struct node *file, struct str package,
		    const struct tree *on, struct str *owners, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIST_MAX);
	struct str rest, line;

	if (content_load(lists->reader, &file->inode->content, &text, err) < 0)
		return -1;
	rest = buf_str(&text);
	while (rest.ptr && str_split(&rest, '\n', &line))
		if (line.len && !str_equal_cstr(line, "/."))
			add_path(on, line, package, owners);
	return 0;
}

/* "libc6:amd64.list" is of libc6. */
int tree_owners_add(const struct tree_diff_side *lists, const struct tree *on, struct arena *arena,
		    struct str *owners, struct error *err)
{
	const struct node *folder = tree_find(lists->tree, STR("var/lib/dpkg/info"));
	struct node *const *files;
	size_t n;

	if (!folder || folder->inode->kind != NODE_DIRECTORY)
		return 0;
	n = tree_children(folder, &files);
	for (size_t i = 0; i < n; i++) {
		struct str name = files[i]->name, suffix = STR(".list");

		if (files[i]->inode->kind != NODE_FILE || !str_has_suffix(name, suffix))
			continue;
		name.len -= suffix.len;
		name.len = str_find_char(name, ':');
		if (add_list(lists, files[i], arena_str(arena, name), on, owners, err) < 0)
			return err_while(err, "reading the files of package '" STR_FMT "'",
					 STR_ARG(name));
	}
	return 0;
}

/* update-shells of debianutils (debian.md 5.13). */
#include "debian/effects.h"

#define SHELLS_MAX (1u << 20) /* bytes of /etc/shells */
#define SHELLS_DIR "usr/share/debianutils/"

struct shell_list {
	struct str *names;
	size_t n, capacity;
};

static bool has_name(const struct shell_list *l, struct str name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_equal(l->names[i], name))
			return true;
	return false;
}

static void add_name(struct debian *d, struct shell_list *l, struct str name)
{
	if (has_name(l, name))
		return;
	ARENA_GROW(d->arena, l->names, l->n, l->capacity);
	l->names[l->n++] = name;
}

/* The path with its folder as it really is: /bin/sh is /usr/bin/sh too. */
static struct str real_path(struct debian *d, struct str path)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SHELLS_MAX);
	struct str name = STR("");
	struct node *dir = tree_resolve_parent(d->tree, path, &name);

	if (!dir)
		return path;
	buf_add_char(&text, '/');
	tree_path(dir, &text);
	buf_printf(&text, "%s" STR_FMT, text.len > 1 ? "/" : "", STR_ARG(name));
	return arena_str(d->arena, buf_str(&text));
}

static struct str without_comment(struct str line)
{
	return str_trim((struct str){ line.ptr, str_find_char(line, '#') });
}

static int add_file(struct debian *d, struct str path, struct shell_list *to, struct error *err)
{
	struct str text, line;
	int r = debian_read(d, path, &text, err);

	if (r)
		return r < 0 ? -1 : 0;
	while (str_split(&text, '\n', &line)) {
		struct str shell = without_comment(line);

		if (!shell.len || *shell.ptr != '/')
			continue;
		add_name(d, to, shell);
		add_name(d, to, real_path(d, shell));
	}
	return 0;
}

static int add_folder(struct debian *d, struct shell_list *to, struct error *err)
{
	struct node *dir = tree_resolve(d->tree, STR(SHELLS_DIR "shells.d"), true);
	struct node *const *child;
	size_t n = 0;

	if (dir && dir->inode->kind == NODE_DIRECTORY)
		n = tree_children(dir, &child);
	for (size_t i = 0; i < n; i++) {
		char *path = arena_printf(d->arena, SHELLS_DIR "shells.d/" STR_FMT,
					  STR_ARG(child[i]->name));

		if (add_file(d, str_of(path), to, err) < 0)
			return -1;
	}
	return 0;
}

/* The lines of /etc/shells as it is, without shells that stand twice. */
static void keep_lines(struct debian *d, struct str text, struct shell_list *have, struct buf *to)
{
	struct str line;

	if (!text.len)
		return;
	text.len -= text.ptr[text.len - 1] == '\n';
	while (str_split(&text, '\n', &line)) {
		struct str shell = without_comment(line);

		if (shell.len && has_name(have, shell))
			continue;
		if (shell.len)
			add_name(d, have, shell);
		buf_add_str(to, line);
		buf_add_char(to, '\n');
	}
}

int shells_update(struct debian *d, struct error *err)
{
	cause_id cause = tree_cause_intern(d->tree, (struct cause){ CAUSE_TRIGGER,
								    STR("debianutils"),
								    STR("update-shells") });
	CLEANUP_BUF struct buf shells = BUF_INIT(SHELLS_MAX), state = BUF_INIT(SHELLS_MAX);
	struct shell_list wanted = { 0 }, have = { 0 };
	struct str text = STR("");

	if (add_file(d, STR(SHELLS_DIR "shells"), &wanted, err) < 0 ||
	    add_folder(d, &wanted, err) < 0 ||
	    debian_read(d, STR("etc/shells"), &text, err) < 0)
		return -1;
	keep_lines(d, text, &have, &shells);
	for (size_t i = 0; i < wanted.n; i++) {
		buf_printf(&state, STR_FMT "\n", STR_ARG(wanted.names[i]));
		if (!has_name(&have, wanted.names[i]))
			buf_printf(&shells, STR_FMT "\n", STR_ARG(wanted.names[i]));
	}
	if (tree_write_file(d->tree, STR("etc/shells"), buf_bytes(&shells), 0644, cause, NULL,
			    err) < 0)
		return -1;
	return tree_write_file(d->tree, STR("var/lib/shells.state"), buf_bytes(&state), 0644,
			       cause, NULL, err);
}

/* Whom sshd of a disk lets in: read from its tree, so that the right command can be printed. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "pipeline/run.h"

#define PASSWD_MAX (4u << 20) /* bytes */
#define USERS_MAX 16

static bool has_keys(const struct tree *t, struct arena *arena, struct str home)
{
	const char *path = arena_printf(arena, STR_FMT "/.ssh/authorized_keys", STR_ARG(home));
	const struct node *n = tree_resolve(t, str_of(path + 1), true);

	return n && n->inode->kind == NODE_FILE && n->inode->content.size > 0;
}

void run_find_ssh_users(struct run *r, const struct tree *t, const struct content_reader *reader)
{
	CLEANUP_BUF struct buf text = BUF_INIT(PASSWD_MAX);
	CLEANUP_ERR struct error ignored = ERR_INIT;
	const struct node *n = tree_resolve(t, STR("etc/passwd"), true);
	struct str *users = arena_array(&r->arena, USERS_MAX, sizeof(*users));
	struct str rest, line;

	if (!n || n->inode->kind != NODE_FILE ||
	    content_load(reader, &n->inode->content, &text, &ignored) < 0)
		return;
	rest = buf_str(&text);
	while (r->n_ssh_users < USERS_MAX && str_split(&rest, '\n', &line)) {
		struct str name, home = STR("");

		(void)str_split(&line, ':', &name);
		for (int i = 0; i < 5; i++)
			if (!str_split(&line, ':', &home))
				home = STR("");
		if (home.len > 1 && home.ptr[0] == '/' && has_keys(t, &r->arena, home))
			users[r->n_ssh_users++] = arena_str(&r->arena, name);
	}
	r->ssh_users = users;
}

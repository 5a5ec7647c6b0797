#include <stdio.h>

#include "base/text.h"
#include "cli/show.h"
#include "pipeline/sbom_input.h"
#include "pipeline/sbom_stanza.h"

struct facts {
	size_t kinds[NODE_BLOCK + 1]; /* names, by kind */
	uint64_t size;		      /* bytes of all files, hard links once */
	bool has_packages;
	struct sbom system;
};

static void count(const struct tree *t, struct arena *arena, struct facts *f)
{
	struct tree_iter it = tree_iter(t, tree_root(t));
	bool *seen = arena_array(arena, tree_inode_count(t), sizeof(*seen));

	for (const struct node *n; (n = tree_next(&it));) {
		f->kinds[n->inode->kind]++;
		if (n->inode->kind == NODE_FILE && !seen[n->inode->serial])
			f->size += n->inode->content.size;
		seen[n->inode->serial] = true;
	}
}

/* A tree without dpkg's database is a tree all the same. */
static int find_system(const struct tree_tar *t, struct arena *arena, struct facts *f,
		       struct error *err)
{
	CLEANUP_ERR struct error mine = ERR_INIT;

	if (sbom_of_tree(t->tree, &t->reader, arena, &f->system, &mine) == 0) {
		f->has_packages = true;
		return 0;
	}
	if (mine.code != ERR_UNSUPPORTED)
		return err_move(err, &mine);
	f->system = (struct sbom){ .os_name = STR(""), .distribution = STR("") };
	return sbom_system(t->tree, &t->reader, arena, &f->system, err);
}

static size_t others(const struct facts *f)
{
	return f->kinds[NODE_FIFO] + f->kinds[NODE_CHAR] + f->kinds[NODE_BLOCK];
}

static struct json *facts_json(const struct facts *f, bool compressed, struct arena *a)
{
	struct json *o = json_object(a);

	json_set(o, "compressed", json_bool(a, compressed));
	if (f->system.os_name.len && text_is_utf8(f->system.os_name))
		json_set(o, "system", json_str(a, f->system.os_name));
	if (f->has_packages)
		json_set(o, "packages", json_int(a, (int64_t)f->system.n_packages));
	json_set(o, "files", json_int(a, (int64_t)f->kinds[NODE_FILE]));
	json_set(o, "folders", json_int(a, (int64_t)f->kinds[NODE_DIRECTORY]));
	json_set(o, "links", json_int(a, (int64_t)f->kinds[NODE_SYMLINK]));
	json_set(o, "devices", json_int(a, (int64_t)others(f)));
	return json_set(o, "size", json_int(a, (int64_t)f->size));
}

static void print(const struct facts *f)
{
	char size[TEXT_SIZE_MAX];

	if (f->system.os_name.len) {
		printf("%-12s ", "system");
		app_print_str(f->system.os_name);
		putchar('\n');
	}
	if (f->has_packages)
		printf("%-12s %zu\n", "packages", f->system.n_packages);
	printf("%-12s %zu, %s\n", "files", f->kinds[NODE_FILE], text_size(f->size, size));
	printf("%-12s %zu\n", "folders", f->kinds[NODE_DIRECTORY]);
	printf("%-12s %zu\n", "links", f->kinds[NODE_SYMLINK]);
	if (others(f))
		printf("%-12s %zu\n", "devices", others(f));
}

int show_tree(struct app *app, const struct tree_file *t, struct error *err)
{
	struct facts f = { 0 };

	count(t->tar->tree, &app->arena, &f);
	if (find_system(t->tar, &app->arena, &f, err) < 0)
		return -1;
	if (app->json)
		app_print_json(app, "tree", facts_json(&f, t->compressed, &app->arena));
	else
		print(&f);
	return 0;
}

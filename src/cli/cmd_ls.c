#include <stdio.h>

#include "base/text.h"
#include "cli/image_file.h"

int cmd_ls(struct app *app, int argc, char **argv, struct error *err);

static const char kind_letters[] = "?d-lpcb";
static const char *const kind_names[] = { "",	  "directory", "file", "symlink",
					  "fifo", "char",      "block" };

/* "drwxr-sr-t", as ls(1) prints it. */
static void format_mode(const struct inode *i, char text[static 11])
{
	static const char all[] = "rwxrwxrwx";

	text[0] = kind_letters[i->kind];
	for (int k = 0; k < 9; k++)
		text[1 + k] = i->mode & 1 << (8 - k) ? all[k] : '-';
	if (i->mode & 04000)
		text[3] = i->mode & 0100 ? 's' : 'S';
	if (i->mode & 02000)
		text[6] = i->mode & 0010 ? 's' : 'S';
	if (i->mode & 01000)
		text[9] = i->mode & 0001 ? 't' : 'T';
	text[10] = 0;
}

static void print_node(const struct node *n)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 20);
	const struct inode *i = n->inode;
	char mode[11];

	format_mode(i, mode);
	tree_path(n, &path);
	printf("%s %5u %5u ", mode, i->uid, i->gid);
	if (i->kind == NODE_CHAR || i->kind == NODE_BLOCK)
		printf("%5u,%4u /", i->major, i->minor);
	else
		printf("%10llu /",
		       (unsigned long long)(i->kind == NODE_FILE ? i->content.size : 0));
	app_print_str(buf_str(&path));
	if (i->kind == NODE_SYMLINK) {
		printf(" -> ");
		app_print_str(i->target);
	}
	for (uint32_t k = 0; k < i->n_xattrs; k++) {
		printf(" [");
		app_print_str(i->xattrs[k].name);
		putchar(']');
	}
	putchar('\n');
}

static struct json *node_json(const struct node *n, struct arena *a)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 20), safe = BUF_INIT(8u << 20);
	const struct inode *i = n->inode;
	struct json *o = json_object(a);
	char text[DIGEST_TEXT_MAX];

	buf_add_char(&path, '/');
	tree_path(n, &path);
	if (!text_is_utf8(buf_str(&path)))
		text_add_safe(&safe, buf_str(&path));
	json_set(o, "path", json_str(a, safe.len ? buf_str(&safe) : buf_str(&path)));
	json_set(o, "kind", json_text(a, kind_names[i->kind]));
	json_set(o, "mode", json_text(a, arena_printf(a, "%04o", i->mode)));
	json_set(o, "uid", json_int(a, i->uid));
	json_set(o, "gid", json_int(a, i->gid));
	if (i->kind == NODE_FILE) {
		json_set(o, "size", json_int(a, (int64_t)i->content.size));
		json_set(o, "sha256", json_text(a, digest_format(&i->content.digest, text) + 7));
	}
	if (i->kind == NODE_SYMLINK && text_is_utf8(i->target))
		json_set(o, "target", json_str(a, i->target));
	return o;
}

/* A folder is listed with all below it, anything else by itself. */
int cmd_ls(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_IMAGE_FILE struct image_file f = IMAGE_FILE_INIT;
	const struct tree *t = NULL;
	struct json *top = json_object(&app->arena), *list = json_array(&app->arena);
	const struct content_reader *reader;
	struct node *start;
	struct tree_iter it;

	if (image_file_open_any(app, argv[0], &f, err) < 0 ||
	    image_file_tree(app, argv[0], &f, &t, &reader, err) < 0)
		return -1;
	start = argc > 1 ? tree_resolve(t, str_of(argv[1]), false) : tree_root(t);
	if (!start)
		return err_set(err, ERR_USAGE, "the image has no path '%s'", argv[1]);
	it = tree_iter(t, start);
	for (const struct node *n; (n = tree_next(&it));) {
		if (app->json)
			json_add(list, node_json(n, &app->arena));
		else
			print_node(n);
	}
	json_set(top, "entries", list);
	if (app->json)
		app_print_json(app, "ls", top);
	return 0;
}

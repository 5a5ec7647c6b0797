#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/image_file.h"
#include "cli/progress.h"
#include "crypto/hash.h"
#include "image/image_export.h"
#include "io/file.h"

int cmd_export(struct app *app, int argc, char **argv, struct error *err);

/* Closes @out in any case; the first failure stands. */
static int write_tree(const struct tree *t, const struct content_reader *reader,
		      struct sink *out, struct error *err)
{
	int r = image_export(t, reader, out, err);

	return sink_close(out, err) < 0 ? -1 : r;
}

static int to_file(const struct tree *t, const struct content_reader *reader, const char *path,
		   struct digest *ret, uint64_t *ret_size, struct error *err)
{
	CLEANUP_DRAFT struct file_draft draft = FILE_DRAFT_INIT;
	CLEANUP_CLOSE int dirfd = -1;
	const char *name;
	struct sink *file, *hash;
	int r;

	if (file_open_parent(path, &dirfd, &name, err) < 0 ||
	    file_draft_open(&draft, dirfd, name, 0666, err) < 0)
		return -1;
	file = sink_to_fd(draft.fd, path);
	hash = hash_sink(file, ret);
	r = write_tree(t, reader, hash, err);
	*ret_size = file->offset;
	if (sink_close(file, err) < 0 || r < 0)
		return -1;
	return file_draft_publish(&draft, err);
}

int cmd_export(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_IMAGE_FILE struct image_file f = IMAGE_FILE_INIT;
	const struct tree *t = NULL;
	const char *path = app_value(app, "output");
	struct json *o = json_object(&app->arena);
	char text[DIGEST_TEXT_MAX], readable[TEXT_SIZE_MAX];
	struct digest digest;
	const struct content_reader *reader;
	uint64_t size;

	(void)argc;
	if (!path && isatty(STDOUT_FILENO)) {
		(void)err_set(err, ERR_USAGE, "a tar is not for a terminal");
		return err_hint(err, "name a file with -o, or send it through a pipe");
	}
	if (!path && app->json)
		return err_set(err, ERR_USAGE,
			       "--json needs -o FILE: the tar goes to standard output");
	if ((path && file_check_place(path, err) < 0) ||
	    image_file_open_any(app, argv[0], &f, err) < 0 ||
	    image_file_tree(app, argv[0], &f, &t, &reader, err) < 0)
		return -1;
	if (!path)
		return write_tree(t, reader, sink_to_fd(STDOUT_FILENO, "standard output"), err);
	if (to_file(t, reader, path, &digest, &size, err) < 0)
		return -1;
	json_set(o, "file", json_text(&app->arena, path));
	json_set(o, "sha256", json_text(&app->arena, digest_format(&digest, text) + 7));
	json_set(o, "size", json_int(&app->arena, (int64_t)size));
	if (app->json)
		app_print_json(app, "export", o);
	else
		printf("%s  %s, %s\n", digest_format(&digest, text) + 7, path,
		       text_size(size, readable));
	return 0;
}

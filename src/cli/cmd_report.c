#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/image_file.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "pipeline/report_gather.h"

int cmd_report(struct app *app, int argc, char **argv, struct error *err);

#define PAGE_MAX (256u << 20) /* bytes; every list in it is bounded */

static int make_page(struct app *app, const char *path, struct buf *to, bool *ret_vouched,
		     struct error *err)
{
	CLEANUP_IMAGE_FILE struct image_file f = IMAGE_FILE_INIT;
	CLEANUP_VERIFY struct verify_result v = { 0 };
	struct verify_options o = { 0 };
	struct context *c;
	struct report r;

	o.keys = app_files(app, "key", &o.n_keys);
	o.signatures = app_files(app, "signature", &o.n_signatures);
	o.repacked = app_flag(app, "repacked");
	o.foreign = true;
	if (app_file_context(app, &c, err) < 0 || verify_run(c, path, &o, &v, err) < 0)
		return -1;
	if (image_file_open(app, path, &f, err) < 0 ||
	    report_gather(path, &v, f.image, f.disk, &app->arena, &r, err) < 0 ||
	    image_file_tree(app, path, &f, &r.side.tree, &r.side.reader, err) < 0 ||
	    report_write(&r, to, err) < 0)
		return -1;
	*ret_vouched = v.vouched;
	return 0;
}

static int save_page(const char *path, struct bytes page, struct error *err)
{
	CLEANUP_CLOSE int dirfd = -1;
	const char *name;

	if (file_open_parent(path, &dirfd, &name, err) < 0)
		return -1;
	return file_save(dirfd, name, page, err);
}

static int check_output(struct app *app, const char *path, struct error *err)
{
	if (path && strcmp(path, "-") != 0)
		return file_check_place(path, err);
	if (app->json)
		return err_set(err, ERR_USAGE,
			       "--json needs -o FILE: the page goes to standard output");
	if (path || !isatty(STDOUT_FILENO))
		return 0;
	(void)err_set(err, ERR_USAGE, "a page is not for a terminal");
	return err_hint(err, "name a file with -o report.html, or send it through a pipe");
}

int cmd_report(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_BUF struct buf page = BUF_INIT(PAGE_MAX);
	const char *path = app_value(app, "output");
	struct json *o = json_object(&app->arena);
	char text[DIGEST_TEXT_MAX];
	struct digest digest;
	bool vouched = false;

	(void)argc;
	if (check_output(app, path, err) < 0 || make_page(app, argv[0], &page, &vouched, err) < 0)
		return -1;
	if (!path || strcmp(path, "-") == 0) {
		struct sink *out = sink_to_fd(STDOUT_FILENO, "standard output");
		int r = sink_write(out, buf_bytes(&page), err);

		return sink_close(out, err) < 0 || r < 0 ? -1 : 0;
	}
	if (save_page(path, buf_bytes(&page), err) < 0)
		return -1;
	digest = hash_bytes(buf_bytes(&page));
	json_set(o, "file", json_text(&app->arena, path));
	json_set(o, "sha256", json_text(&app->arena, digest_format(&digest, text) + 7));
	json_set(o, "size", json_int(&app->arena, (int64_t)page.len));
	json_set(o, "vouched", json_bool(&app->arena, vouched));
	if (app->json)
		app_print_json(app, "report", o);
	else if (!app->quiet)
		fprintf(stderr, "%s: open it in a browser%s\n", path,
			vouched ? "" : "; nobody vouches for the image (no --key)");
	return 0;
}

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "cli/image_file.h"
#include "cli/show_sbom.h"
#include "io/file.h"
#include "io/workers.h"
#include "pipeline/output_hint.h"
#include "pipeline/sbom_find.h"

int cmd_sbom(struct app *app, int argc, char **argv, struct error *err);

struct made {
	enum sbom_format format;
	struct buf text;
	bool beside;	  /* by the build; else made now, from dpkg's database */
	const char *name; /* of the statements */
};

static int choose_format(const struct app *app, enum sbom_format *ret, struct error *err)
{
	static const struct {
		const char *name;
		enum sbom_format format;
	} names[] = { { "spdx", SBOM_SPDX },
		      { "spdx-json", SBOM_SPDX },
		      { "cyclonedx", SBOM_CYCLONEDX },
		      { "cyclonedx-json", SBOM_CYCLONEDX },
		      { "cdx", SBOM_CYCLONEDX } };
	const char *name = app_value(app, "format");

	*ret = app_flag(app, "list") ? SBOM_CYCLONEDX : SBOM_SPDX;
	if (!name)
		return 0;
	if (app_flag(app, "list"))
		return err_set(err, ERR_USAGE, "--list is a format of its own: leave --format out");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i].name) == 0) {
			*ret = names[i].format;
			return 0;
		}
	(void)err_set(err, ERR_USAGE, "there is no format '%s'", name);
	return err_hint(err, "--format is spdx or cyclonedx");
}

/* The tree is read as every command reads it: layers go through the stage. */
static int make_from_tree(struct app *app, const char *path, const struct identified *i,
			  struct made *m, struct error *err)
{
	CLEANUP_IMAGE_FILE struct image_file f = IMAGE_FILE_INIT;
	const struct content_reader *reader;
	const struct tree *tree;
	struct sbom s;

	if (i->kind == IDENTIFY_OTHER_DISK) {
		(void)err_set(
			err, ERR_UNSUPPORTED,
			"'%s' is a disk that only its statements tell about, and '%s' has none "
			"about it",
			path, m->name);
		return err_hint(err, "name the raw disk that it was made from");
	}
	if (image_file_open(app, path, &f, err) < 0 ||
	    image_file_tree(app, path, &f, &tree, &reader, err) < 0 ||
	    sbom_of_identified(i, tree, reader, &app->arena, &s, err) < 0)
		return -1;
	return m->format == SBOM_SPDX ? sbom_write_spdx(&s, &m->text, err)
				      : sbom_write_cyclonedx(&s, &m->text, err);
}

static int make(struct app *app, const char *path, struct made *m, struct error *err)
{
	CLEANUP_IDENTIFIED struct identified i = IDENTIFIED_INIT;
	enum sbom_found found;
	struct context *c;

	if (app_file_context(app, &c, err) < 0 ||
	    identify_file(path, false, workers_default(), &app->arena, &i, err) < 0 ||
	    sbom_find(path, &i.identity, m->format, &app->arena, &m->name, &found, &m->text, err) <
		    0)
		return -1;
	m->beside = found == SBOM_BESIDE;
	if (m->beside) {
		context_detail(c, "the document is from '%s'", m->name);
		return 0;
	}
	if (make_from_tree(app, path, &i, m, err) < 0)
		return -1;
	context_note(c,
		     "%s '%s': this is from dpkg's database in the image, without the packages' "
		     "digests and the recipe",
		     found == SBOM_NONE ? "there is no list in" : "another file is meant by",
		     m->name);
	return 0;
}

static int print_report(struct app *app, const char *path, const struct made *m)
{
	struct json *o = json_object(&app->arena);

	json_set(o, "file", json_text(&app->arena, path));
	json_set(o, "format",
		 json_text(&app->arena, m->format == SBOM_SPDX ? "spdx" : "cyclonedx"));
	json_set(o, "from", json_text(&app->arena, m->beside ? "statements" : "dpkg"));
	app_print_json(app, "sbom", o);
	return 0;
}

static int write_out(struct app *app, const struct made *m, struct error *err)
{
	const char *path = app_value(app, "output");
	CLEANUP_CLOSE int dirfd = -1;
	const char *name;

	if (!path || strcmp(path, "-") == 0) {
		fwrite(m->text.ptr, 1, m->text.len, stdout);
		return 0;
	}
	if (file_open_parent(path, &dirfd, &name, err) < 0)
		return -1;
	if (file_save(dirfd, name, buf_bytes(&m->text), err) < 0)
		return err_while(err, "writing '%s'", path);
	return app->json ? print_report(app, path, m) : 0;
}

static bool is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

int cmd_sbom(struct app *app, int argc, char **argv, struct error *err)
{
	struct made m = { .text = BUF_INIT(SIZE_MAX / 2) };
	const char *output = app_value(app, "output");
	int r;

	(void)argc;
	if (choose_format(app, &m.format, err) < 0)
		return -1;
	if (app_flag(app, "list") && output)
		return err_set(err, ERR_USAGE, "--list is for the screen: -o takes a document");
	if (!is_there(argv[0]) && !strchr(argv[0], '/') && !output_is_name(argv[0])) {
		(void)err_set(err, ERR_USAGE, "there is no file '%s'", argv[0]);
		return err_hint(err, "'ingot build %s' writes the documents beside each output",
				argv[0]);
	}
	if (output && strcmp(output, "-") != 0 && file_check_place(output, err) < 0)
		return -1;
	r = make(app, argv[0], &m, err);
	if (r == 0)
		r = app_flag(app, "list") ? show_sbom_list(app, buf_bytes(&m.text), err)
					  : write_out(app, &m, err);
	buf_release(&m.text);
	return r;
}

/*
 * recipe_tool - what src/recipe does, on the command line, for tests.
 *
 *   recipe_tool check RECIPE    as `ingot check`: nothing, or the error and its status
 *   recipe_tool format RECIPE   the canonical form
 *   recipe_tool digests RECIPE  digest and resolution digest
 *   recipe_tool schema | markdown
 *
 * The workspace is the current folder; RECIPE is recipes/NAME.yaml.
 */
#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "recipe/recipe.h"

static int print(struct buf *text)
{
	bool ok = fwrite(buf_cstr(text), 1, text->len, stdout) == text->len;

	buf_release(text);
	return ok ? 0 : 1;
}

static int with_recipe(const char *what, const char *path)
{
	struct error err = ERR_INIT;
	CLEANUP_RECIPE struct recipe *r = NULL;
	struct buf text = BUF_INIT(1u << 30);
	char hex[2][DIGEST_TEXT_MAX];
	int status;

	if (recipe_load(AT_FDCWD, path, &r, &err) < 0 ||
	    (strcmp(what, "check") == 0 && recipe_check_files(AT_FDCWD, r, &err) < 0)) {
		err_print(&err, stderr);
		status = err_exit_status(&err);
		err_release(&err);
		return status;
	}
	if (strcmp(what, "format") == 0)
		recipe_format(r, &text);
	if (strcmp(what, "digests") == 0)
		buf_printf(&text, "%s\n%s\n", digest_format(&r->digest, hex[0]),
			   digest_format(&r->resolution_digest, hex[1]));
	return print(&text);
}

int main(int argc, char **argv)
{
	struct buf text = BUF_INIT(1u << 24);

	if (argc == 3)
		return with_recipe(argv[1], argv[2]);
	if (argc == 2 && strcmp(argv[1], "schema") == 0)
		recipe_schema_json(&text);
	else if (argc == 2 && strcmp(argv[1], "markdown") == 0)
		recipe_schema_markdown(&text);
	else
		return 2;
	return print(&text);
}

#include <stdio.h>

#include "cli/app.h"

int cmd_schema(struct app *app, int argc, char **argv, struct error *err);

int cmd_schema(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(16u << 20);

	(void)app, (void)argc, (void)argv, (void)err;
	recipe_schema_json(&text);
	fwrite(text.ptr, 1, text.len, stdout);
	return 0;
}

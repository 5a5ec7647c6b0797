#include <stdio.h>

#include "cli/app.h"
#include "compress/compress.h"
#include "resolve/lock.h"

int cmd_version(struct app *app, int argc, char **argv, struct error *err);

int cmd_version(struct app *app, int argc, char **argv, struct error *err)
{
	struct arena *a = &app->arena;
	struct json *o;

	(void)argc, (void)argv, (void)err;
	if (!app->json) {
		printf("ingot %s\noutput format %d, lock format %d\n%s, parameters %d\n",
		       INGOT_VERSION, OUTPUT_FORMAT, LOCK_FORMAT, compress_versions(),
		       COMPRESS_VERSION);
		return 0;
	}
	o = json_object(a);
	json_set(o, "version", json_text(a, INGOT_VERSION));
	json_set(o, "output_format", json_int(a, OUTPUT_FORMAT));
	json_set(o, "lock_format", json_int(a, LOCK_FORMAT));
	json_set(o, "compressors", json_text(a, compress_versions()));
	app_print_json(app, "version", o);
	return 0;
}

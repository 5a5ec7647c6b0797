#include "cli/bundle_option.h"

#include "pipeline/bundle.h"

int bundle_option_import(struct app *app, struct error *err)
{
	CLEANUP_BUNDLE struct bundle *b = NULL;
	const char *path = app_value(app, "bundle");
	struct context *c;

	if (!path)
		return 0;
	if (app_context(app, &c, err) < 0 || bundle_open(path, &b, err) < 0 ||
	    context_need_stage(c, err) < 0)
		return -1;
	return bundle_import(b, c->stage, err);
}

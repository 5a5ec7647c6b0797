#pragma once

/* cli/why_image.h - `ingot why` of a finished image, and how a path is shown. */

#include "cli/app.h"
#include "pipeline/why.h"

/* Whether @name is a file that is no recipe. */
bool why_is_image(const char *name);

/* @what: a path or the name of a package. Causes are taken from beside @file. */
int why_image(struct app *app, const char *file, const char *what, struct error *err) MUST_CHECK;

void show_why_path(const struct why_path *w);
void show_why_path_json(struct app *app, const struct why_path *w);

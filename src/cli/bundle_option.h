#pragma once

/* cli/bundle_option.h - --bundle FILE of commands that need packages. */

#include "cli/app.h"

/* Brings what the stage lacks from the bundle that --bundle names, if it is given. */
int bundle_option_import(struct app *app, struct error *err) MUST_CHECK;

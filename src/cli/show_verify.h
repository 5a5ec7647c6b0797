#pragma once

/* cli/show_verify.h - what `ingot verify` found, for people and as JSON. */

#include "cli/app.h"
#include "pipeline/verify.h"

/* The table of checks alone; @quiet: those that failed. */
void show_verify_checks(const struct verify_result *r, bool quiet);

/* @failure: why verify_run() failed, or NULL. */
void show_verify_text(const struct verify_result *r, const char *path,
		      const struct error *failure, bool quiet);
struct json *show_verify_json(const struct verify_result *r, const char *path,
			      const struct error *failure, struct arena *a);

#pragma once

/* cli/show_sbom.h - a CycloneDX document as a table of packages. */

#include "cli/app.h"

int show_sbom_list(struct app *app, struct bytes document, struct error *err) MUST_CHECK;

#pragma once

/* cli/show_diff.h - how two trees differ, printed by `ingot diff`. */

#include "attest/tree_diff.h"
#include "cli/app.h"

struct json *show_diff_json(const struct tree_diff *d, struct arena *a);
void show_diff_text(const struct tree_diff *d, bool verbose);

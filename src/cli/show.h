#pragma once

/* cli/show.h - how a lock and an image are printed by `ingot show`. */

#include "cli/app.h"
#include "resolve/lock.h"

struct json *show_lock_json(const struct lock *l, struct arena *a);
void show_lock_text(const struct lock *l, bool verbose);

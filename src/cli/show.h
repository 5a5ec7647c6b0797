#pragma once

/* cli/show.h - how a lock and an image are printed by `ingot show`. */

#include "cli/app.h"
#include "image/oci_read.h"
#include "resolve/lock.h"

struct json *show_lock_json(const struct lock *l, struct arena *a);
void show_lock_text(const struct lock *l, bool verbose);

struct json *show_image_json(const struct oci_image *i, struct arena *a);
void show_image_text(const struct oci_image *i);

#pragma once

/* cli/show.h - how a lock, an image, a disk and a tree are printed by `ingot show`. */

#include "cli/app.h"
#include "image/disk_read.h"
#include "image/oci_read.h"
#include "pipeline/tree_file.h"
#include "resolve/lock.h"

struct json *show_lock_json(const struct lock *l, struct arena *a);
void show_lock_text(const struct lock *l, bool verbose);

struct json *show_image_json(const struct oci_image *i, struct arena *a);
void show_image_text(const struct oci_image *i);

/* Text or JSON. Errors: the UKI is not what it must be to be measured. */
int show_disk(struct app *app, const struct disk_image *d, struct error *err) MUST_CHECK;

/* The same of a tree: how many files, of which system. Errors: those of reading contents. */
int show_tree(struct app *app, const struct tree_file *t, struct error *err) MUST_CHECK;

#define _GNU_SOURCE
#include "unit/image/oci_fixture.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define EPOCH 1700000000

static void open_stage(struct fixture *f)
{
	struct error err = ERR_INIT;
	char path[80], key[80];

	snprintf(path, sizeof(path), "%s/stage", f->folder);
	snprintf(key, sizeof(key), "%s/key", f->folder);
	cr_assert_eq(stage_open(path, key, &f->stage, &err), 0, "%s", err.message);
}

void fixture_open(struct fixture *f)
{
	snprintf(f->folder, sizeof(f->folder), "/tmp/ingot-image-XXXXXX");
	cr_assert_not_null(mkdtemp(f->folder));
	open_stage(f);
}

void fixture_reopen(struct fixture *f)
{
	stage_close(f->stage);
	open_stage(f);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void fixture_close(struct fixture *f)
{
	stage_close(f->stage);
	nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int fixture_try(struct fixture *f, const struct image_spec *spec, struct arena *arena,
		struct buf *tar, struct oci_output *ret, struct error *err)
{
	struct oci_layer_input layers[200];
	struct recipe_target target = spec->target;
	struct recipe recipe = { .locale = str_of(spec->locale) };
	struct oci_input in = {
		.tree = spec->tree, .slice_of = spec->slices, .layers = layers,
		.n_layers = spec->n_layers, .recipe = &recipe, .target = &target, .epoch = EPOCH,
		.architecture = str_of(spec->architecture ? spec->architecture : "amd64"),
		.reference = str_of(spec->reference ? spec->reference : "web:1.4.0"),
	};
	struct sink *out = sink_to_buf(tar);
	int r;

	if (!target.compression)
		target.compression = COMPRESSION_NONE;
	for (uint32_t i = 0; i < spec->n_layers; i++)
		layers[i] = (struct oci_layer_input){ STR("packages: some"), i };
	r = oci_build(f->stage, &in, spec->n_threads ? spec->n_threads : 2, arena, out, ret, err);
	if (r < 0)
		out->failed = true;
	return sink_close(out, err) < 0 ? -1 : r;
}

void fixture_build(struct fixture *f, const struct image_spec *spec, struct arena *arena,
		   struct buf *tar, struct oci_output *ret)
{
	struct error err = ERR_INIT;

	cr_assert_eq(fixture_try(f, spec, arena, tar, ret, &err), 0, "%s", err.message);
}

struct tree *fixture_tree(const char *text, uint32_t **ret_slices)
{
	struct error err = ERR_INIT;
	struct tree *t = NULL;

	cr_assert_eq(tree_text_parse(str_of(text), &t, ret_slices, &err), 0, "%s", err.message);
	return t;
}

#include "attest/diff_images.h"

#include "attest/diff_content.h"
#include "attest/diff_json.h"
#include "attest/diff_layers.h"
#include "attest/diff_trees.h"
#include "base/buf.h"
#include "image/oci_envelope.h"

struct work {
	struct image_diff *d;
	const struct diff_images_side *a, *b;
	bool trees_differ, layers_differ;
};

static bool starts(struct str place, const char *prefix)
{
	return str_has_prefix(place, str_of(prefix));
}

/* ---- documents ---- */

static const char *index_follows(const void *context, struct str place)
{
	(void)context;
	if (str_has_suffix(place, STR(".digest")) || str_has_suffix(place, STR(".size")))
		return "the manifest";
	if (starts(place, "manifests.1.platform"))
		return "the config";
	return "";
}

static const char *manifest_follows(const void *context, struct str place)
{
	(void)context;
	if (starts(place, "layers"))
		return NULL;
	if (str_equal_cstr(place, "config.digest") || str_equal_cstr(place, "config.size"))
		return "the config";
	return "";
}

/* The times of history are `created`; its names are those of the layers. */
static const char *config_follows(const void *context, struct str place)
{
	const struct work *w = context;

	if (starts(place, "rootfs"))
		return w->layers_differ ? "the layers" : "";
	if (starts(place, "history") && str_has_suffix(place, STR(".created")))
		return "created";
	if (starts(place, "history") && w->layers_differ)
		return "the layers";
	return "";
}

static void compare_documents(const struct work *w)
{
	const struct oci_image *a = w->a->image, *b = w->b->image;

	if (!digest_equal(&a->index, &b->index))
		diff_json(w->d, "index", a->index_document, b->index_document,
			  &(struct diff_json_options){ DIFFERENCE_INDEX, index_follows, w });
	if (!digest_equal(&a->manifest, &b->manifest))
		diff_json(w->d, "manifest", a->manifest_document, b->manifest_document,
			  &(struct diff_json_options){ DIFFERENCE_MANIFEST, manifest_follows, w });
	if (!digest_equal(&a->image_id, &b->image_id))
		diff_json(w->d, "config", a->config, b->config,
			  &(struct diff_json_options){ DIFFERENCE_CONFIG, config_follows, w });
}

/* ---- the tar ---- */

static bool same_layers(const struct oci_image *a, const struct oci_image *b)
{
	if (a->n_layers != b->n_layers)
		return false;
	for (size_t i = 0; i < a->n_layers; i++)
		if (!digest_equal(&a->layers[i].blob, &b->layers[i].blob))
			return false;
	return true;
}

static void tell_range(const struct content_diff *c, struct buf *to)
{
	if (!c->n_ranges) {
		buf_printf(to, "%llu bytes more",
			   (unsigned long long)(c->size_a > c->size_b ? c->size_a - c->size_b
								      : c->size_b - c->size_a));
		return;
	}
	buf_printf(to, "%llu bytes, the first at %llu", (unsigned long long)c->n_differing,
		   (unsigned long long)c->ranges[0].start);
}

/* What holds the same files differs in names, order, headers or padding. */
static int compare_envelopes(const struct work *w, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 16);
	struct content_diff *c = arena_alloc(&w->d->arena, sizeof(*c));
	const struct window *a = &w->a->file, *b = &w->b->file;
	struct difference one = { .area = DIFFERENCE_FILE, .what = DIFFERENCE_BYTES };

	if (diff_sources(source_of_fd(a->fd, a->offset, a->size, a->name),
			 source_of_fd(b->fd, b->offset, b->size, b->name), &w->d->arena, c,
			 err) < 0)
		return -1;
	tell_range(c, &text);
	one.where = STR("tar > envelope");
	one.name = STR("of the tar around the same blobs");
	one.a = buf_str(&text);
	one.b = one.a;
	image_diff_add(w->d, &one)->detail = c;
	return 0;
}

/* ---- the whole ---- */

static int compare_trees(struct work *w, struct arena *arena, unsigned details, struct error *err)
{
	const struct diff_images_side *a = w->a, *b = w->b;
	uint32_t *of_a = diff_layers_of(a->layers, a->image->n_layers, arena);
	uint32_t *of_b = diff_layers_of(b->layers, b->image->n_layers, arena);
	const struct diff_trees_side in_a = { oci_tree(a->layers), a->reader, of_a };
	const struct diff_trees_side in_b = { oci_tree(b->layers), b->reader, of_b };
	const struct diff_trees_options o = {
		.area = DIFFERENCE_TREE, .place = "tree", .owners = true, .details = details
	};
	size_t before = w->d->n;

	if (diff_trees(w->d, &in_a, &in_b, &o, err) < 0)
		return -1;
	w->trees_differ = w->d->n > before;
	diff_layers(w->d, a, b, of_a, of_b, w->trees_differ);
	return 0;
}

int diff_images(struct image_diff *d, const struct diff_images_side *a,
		const struct diff_images_side *b, unsigned details, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct work w = { .d = d, .a = a, .b = b };

	w.layers_differ = !same_layers(a->image, b->image);
	compare_documents(&w);
	if (w.layers_differ && compare_trees(&w, &arena, details, err) < 0)
		return -1;
	if (digest_equal(&a->image->index, &b->image->index))
		return compare_envelopes(&w, err);
	return 0;
}

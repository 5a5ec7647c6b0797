#include "image/oci.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "image/oci_private.h"
#include "io/workers.h"

struct build {
	struct stage *stage;
	const struct oci_input *in;
	struct oci_layer *layers;
	size_t *order; /* of work: the largest layer first */
};

static bool is_layer(const struct oci_input *in, uint32_t slice)
{
	for (size_t i = 0; i < in->n_layers; i++)
		if (in->layers[i].slice == slice)
			return true;
	return false;
}

static bool needs_layer(const struct node *n)
{
	struct node *const *children;

	/* folders come with what is below them, the root always */
	return n->inode->kind != NODE_DIRECTORY || (n->parent && !tree_children(n, &children));
}

/*
 * Nothing may be lost: the slice of every name is a layer, and all names of an
 * inode lie in one, since a hard link can't reach into the layer below.
 */
static int check_slices(const struct oci_input *in, struct error *err)
{
	struct tree_iter it = tree_iter(in->tree, tree_root(in->tree));
	CLEANUP_FREE uint32_t *first = mem_array(tree_inode_count(in->tree), sizeof(*first));
	CLEANUP_BUF struct buf path = BUF_INIT(LIMIT_PATH_MAX * 2);
	const char *wrong = NULL;

	for (struct node *n; !wrong && (n = tree_next(&it));) {
		uint32_t slice = in->slice_of[n->serial], *seen = &first[n->inode->serial];

		if (slice == UINT32_MAX ? needs_layer(n) : n->parent && !is_layer(in, slice))
			wrong = "is in no layer";
		else if (n->inode->kind != NODE_DIRECTORY && *seen && *seen != slice + 1)
			wrong = "is a hard link to another layer";
		*seen = slice + 1;
		if (wrong)
			tree_path(n, &path);
	}
	return wrong ? err_set(err, ERR_BUG, "'/%s' %s", buf_cstr(&path), wrong) : 0;
}

struct weight {
	uint64_t size;
	size_t index;
};

static int heavier(const void *a, const void *b)
{
	const struct weight *x = a, *y = b;

	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Layers differ a hundredfold in size: the longest work must not begin last. */
static void order_by_size(const struct oci_input *in, size_t *order, size_t n)
{
	struct weight *weights = mem_array(n, sizeof(*weights));
	struct tree_iter it = tree_iter(in->tree, tree_root(in->tree));

	for (size_t i = 0; i < n; i++)
		weights[i].index = i;
	for (struct node *node; (node = tree_next(&it));)
		for (size_t i = 0; i < in->n_layers; i++)
			if (in->slice_of[node->serial] == in->layers[i].slice)
				weights[i].size += 512 + node->inode->content.size;
	qsort(weights, n, sizeof(*weights), heavier);
	for (size_t i = 0; i < n; i++)
		order[i] = weights[i].index;
	free(weights);
}

static int make_layer(void *context, size_t i, struct error *err)
{
	struct build *b = context;
	size_t layer = b->order[i];

	return oci_layer_make(b->stage, b->in, layer, &b->layers[layer], err);
}

static struct oci_blob blob_of(struct buf *text)
{
	return (struct oci_blob){ .digest = hash_bytes(buf_bytes(text)), .size = text->len,
				  .in_memory = true, .data = buf_bytes(text) };
}

/* containerd reads no larger documents (CVE-2023-25153). */
static int check_size(const char *what, const struct buf *text, struct error *err)
{
	if (text->len <= LIMIT_JSON_SIZE)
		return 0;
	err_set(err, ERR_LIMIT, "the image's %s has %zu bytes; container runtimes read %u", what,
		text->len, LIMIT_JSON_SIZE);
	return err_hint(err, "shorten labels, annotations or env of the target");
}

/* Writes the documents and the tar around finished layers. */
static int assemble(struct build *b, size_t n, struct sink *out, struct oci_output *ret,
		    struct error *err)
{
	CLEANUP_BUF struct buf config = BUF_INIT(SIZE_MAX / 2);
	CLEANUP_BUF struct buf manifest = BUF_INIT(SIZE_MAX / 2);
	CLEANUP_BUF struct buf index = BUF_INIT(LIMIT_JSON_SIZE);
	CLEANUP_BUF struct buf docker = BUF_INIT(LIMIT_JSON_SIZE);
	struct oci_blob blobs[LIMIT_LAYERS + 2];
	struct sink *hashed;
	int r;

	oci_config_json(b->in, b->layers, n, &config);
	blobs[0] = blob_of(&config);
	oci_manifest_json(b->in, b->layers, n, &blobs[0], &manifest);
	blobs[1] = blob_of(&manifest);
	oci_index_json(b->in, &blobs[1], &index);
	oci_docker_json(b->in, b->layers, n, &blobs[0], &docker);
	if (check_size("config", &config, err) < 0 || check_size("manifest", &manifest, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		blobs[2 + i] = (struct oci_blob){ .digest = b->layers[i].blob,
						  .size = b->layers[i].size };
	ret->image_id = blobs[0].digest;
	ret->manifest = blobs[1].digest;
	ret->index = hash_bytes(buf_bytes(&index));
	hashed = hash_sink(out, &ret->digest);
	r = oci_tar_write(b->stage, blobs, n + 2, buf_bytes(&index), buf_bytes(&docker), hashed,
			  err);
	ret->size = hashed->offset;
	if (r < 0)
		hashed->failed = true;
	return sink_close(hashed, err) < 0 ? -1 : r;
}

int oci_build(struct stage *stage, const struct oci_input *in, unsigned n_threads,
	      struct arena *arena, struct sink *out, struct oci_output *ret, struct error *err)
{
	size_t n = in->n_layers ? in->n_layers : 1; /* manifest.md: at least one */
	CLEANUP_FREE size_t *order = mem_array(n, sizeof(*order));
	struct build b = { .stage = stage, .in = in, .order = order };
	struct oci_output result = { 0 };
	struct str architecture, variant;

	if (n > LIMIT_LAYERS) {
		err_set(err, ERR_LAYER_BUDGET, "the image has %zu layers; container runtimes "
			"mount at most %u", n, LIMIT_LAYERS);
		return err_hint(err, "lower 'layers' in the recipe");
	}
	if (!oci_architecture(in->architecture, &architecture, &variant))
		return err_set(err, ERR_UNSUPPORTED,
			       "OCI has no name for the architecture '" STR_FMT "'",
			       STR_ARG(in->architecture));
	if (check_slices(in, err) < 0)
		return -1;
	b.layers = arena_array(arena, n, sizeof(*b.layers));
	order_by_size(in, order, n);
	if (workers_run(n_threads, n, make_layer, &b, err) < 0 ||
	    assemble(&b, n, out, &result, err) < 0)
		return -1;
	result.layers = b.layers;
	result.n_layers = n;
	*ret = result;
	return 0;
}

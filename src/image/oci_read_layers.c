/* The layers of an image: blobs, diff ids, and the tars inside. */
#include "image/oci_read.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "format/tar/tar.h"
#include "io/interrupt.h"
#include "io/workers.h"

#define COPY_SIZE (128u * 1024) /* bytes; what zstd decodes at once, and a cache holds it */

/* ---- what is read, hashed in blocks, and handed on in pieces ---- */

struct diff_source {
	struct source source;
	struct source *next; /* borrowed */
	struct hash *hash;
	uint64_t size;	/* bytes hashed so far */
	size_t at, len; /* what is left of @block */
	uint8_t block[COPY_SIZE];
};

static int fill(struct diff_source *s, struct error *err)
{
	size_t n = 0;

	if (interrupted())
		return err_set(err, ERR_INTERRUPTED, "interrupted while reading an image");
	if (source_read(s->next, s->block, COPY_SIZE, &n, err) < 0)
		return -1;
	hash_add(s->hash, (struct bytes){ s->block, n });
	s->size += n;
	s->at = 0;
	s->len = n;
	return 0;
}

static int diff_read(struct source *source, uint8_t *to, size_t size, size_t *ret_n,
		     struct error *err)
{
	struct diff_source *s = (struct diff_source *)source;

	if (s->at == s->len && fill(s, err) < 0)
		return -1;
	*ret_n = size < s->len - s->at ? size : s->len - s->at;
	memcpy(to, s->block + s->at, *ret_n);
	s->at += *ret_n;
	return 0;
}

static int diff_skip(struct source *source, size_t size, size_t *ret_n, struct error *err)
{
	struct diff_source *s = (struct diff_source *)source;

	if (s->at == s->len && fill(s, err) < 0)
		return -1;
	*ret_n = size < s->len - s->at ? size : s->len - s->at;
	s->at += *ret_n;
	return 0;
}

static void diff_close(struct source *source)
{
	struct diff_source *s = (struct diff_source *)source;

	hash_free(s->hash);
	free(s);
}

static struct diff_source *diff_source(struct source *next)
{
	static const struct source_ops ops = { .read = diff_read,
					       .close = diff_close,
					       .skip = diff_skip };
	struct diff_source *s = mem_alloc(sizeof(*s));

	s->source.ops = &ops;
	s->next = next;
	s->hash = hash_new();
	return s;
}

/* ---- one layer ---- */

struct reading {
	int fd;
	const char *name;
	enum oci_layer_form form;
	struct oci_image *image;
	size_t *order; /* the numbers of the layers, as they are taken */
};

/*
 * A bomb is a layer that grows beyond all reason (formats D1). Here it is only
 * hashed, so a gibibyte is always allowed: zeros compress very well.
 */
static uint64_t max_diff_size(uint64_t size)
{
	uint64_t max = size < LIMIT_DATA_SIZE / LIMIT_DATA_RATIO ? size * LIMIT_DATA_RATIO
								 : LIMIT_DATA_SIZE;

	return max < 1u << 30 ? 1u << 30 : max;
}

static int check_diff_id(const struct reading *r, const struct oci_image_layer *layer,
			 const char *what, const struct digest *digest, struct error *err)
{
	char want[DIGEST_TEXT_MAX], got[DIGEST_TEXT_MAX];

	if (digest_equal(digest, &layer->diff_id))
		return 0;
	return err_set(err, ERR_DIGEST, "'%s': %s: expected diff id %s, got %s", r->name, what,
		       digest_format(&layer->diff_id, want), digest_format(digest, got));
}

/* To the end: a wrong digest is told before a wrong form. */
static int read_diff(const struct reading *r, struct oci_image_layer *layer, const char *what,
		     struct diff_source *in, struct error *err)
{
	CLEANUP_ERR struct error form = ERR_INIT;
	struct digest digest;

	if (r->form != OCI_ANY_TAR && tar_check(&in->source, NULL, NULL, &form) < 0 &&
	    (in->next->failed || form.code == ERR_INTERRUPTED)) {
		(void)err_move(err, &form);
		return err_while(err, "verifying '%s'", r->name);
	}
	do
		if (fill(in, err) < 0)
			return err_while(err, "verifying '%s'", r->name);
	while (in->len);
	layer->diff_size = in->size;
	digest = hash_finish(in->hash);
	if (check_diff_id(r, layer, what, &digest, err) < 0)
		return -1;
	if (form.code)
		return err_set(err, ERR_UNACCOUNTED, "'%s': %s: %s", r->name, what, form.message);
	return 0;
}

/*
 * What can't be decoded is first of all not what the manifest names: that is told, and what
 * the decoder said is a detail. *err stands if the blob is the right one.
 */
static int judge_blob(const struct reading *r, const struct oci_image_layer *layer,
		      const char *what, struct error *err)
{
	CLEANUP_SOURCE struct source *in =
		hash_check_source(source_of_fd(r->fd, layer->offset, layer->size, r->name),
				  layer->size, &layer->blob, what);
	CLEANUP_ERR struct error decoder = ERR_INIT, blob = ERR_INIT;
	CLEANUP_FREE uint8_t *bytes = mem_alloc(COPY_SIZE);
	size_t n;

	if (err->code != ERR_FORMAT && err->code != ERR_LIMIT && err->code != ERR_UNACCOUNTED &&
	    !(err->code == ERR_DIGEST && r->form == OCI_OUR_TAR_ONLY))
		return -1;
	do
		if (source_read(in, bytes, COPY_SIZE, &n, &blob) < 0)
			break;
	while (n);
	if (blob.code != ERR_DIGEST)
		return -1;
	(void)err_move(&decoder, err);
	(void)err_move(err, &blob);
	if (decoder.code != ERR_DIGEST)
		(void)err_detail(err, "its decoder says: %s", decoder.message);
	return err_while(err, "verifying '%s'", r->name);
}

static int verify_layer(void *context, size_t i, struct error *err)
{
	const struct reading *r = context;
	struct oci_image_layer *layer = &r->image->layers[r->order[i]];
	CLEANUP_SOURCE struct source *in = NULL;
	struct diff_source *diff;
	char what[40];
	int status;

	snprintf(what, sizeof(what), "layer %zu", r->order[i] + 1);
	in = source_of_fd(r->fd, layer->offset, layer->size, r->name);
	if (r->form != OCI_OUR_TAR_ONLY)
		in = hash_check_source(in, layer->size, &layer->blob, what);
	in = (r->form != OCI_ANY_TAR ? decompress_one : decompress)(
		in, layer->format, max_diff_size(layer->size), what);
	diff = diff_source(in);
	status = read_diff(r, layer, what, diff, err);
	source_close(&diff->source);
	return status < 0 ? judge_blob(r, layer, what, err) : 0;
}

/* ---- all of them ---- */

struct numbered {
	uint64_t size;
	size_t number;
};

static int by_size(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

/* The largest first: else one thread has a large one left when the others have none. */
static size_t *order_by_size(const struct oci_image *image)
{
	CLEANUP_FREE struct numbered *list = mem_array(image->n_layers, sizeof(*list));
	size_t *order = mem_array(image->n_layers, sizeof(*order));

	for (size_t i = 0; i < image->n_layers; i++)
		list[i] = (struct numbered){ image->layers[i].size, i };
	qsort(list, image->n_layers, sizeof(*list), by_size);
	for (size_t i = 0; i < image->n_layers; i++)
		order[i] = list[i].number;
	return order;
}

int oci_read_layers(int fd, const char *name, unsigned n_threads, enum oci_layer_form form,
		    struct oci_image *image, struct error *err)
{
	CLEANUP_FREE size_t *order = order_by_size(image);
	struct reading r = { fd, name, form, image, order };

	return workers_run(n_threads, image->n_layers, verify_layer, &r, err);
}

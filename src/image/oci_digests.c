#include "image/oci_digests.h"

#include <stdlib.h>

#include "base/mem.h"
#include "image/oci_envelope.h"

/* Contents of a tar begin with a block of 512 bytes, one behind the other. */
static void take_parts(const struct oci_envelope *e, struct oci_digests *d)
{
	d->parts = mem_array(e->n, sizeof(*d->parts));
	for (size_t i = 0; i < e->n; i++)
		d->parts[i] = (struct hash_part){ .offset = e->files[i].offset,
						  .size = e->files[i].size };
	d->n = e->n;
}

int oci_digests_make(int fd, const char *name, struct oci_digests *ret, struct error *err)
{
	CLEANUP_SOURCE struct source *in = source_of_fd(fd, 0, UINT64_MAX, name);
	CLEANUP_ENVELOPE struct oci_envelope e = { 0 };
	CLEANUP_ERR struct error no_tar = ERR_INIT;
	struct oci_digests d = { 0 };

	if (oci_envelope_scan(fd, name, &e, &no_tar) == 0)
		take_parts(&e, &d);
	if (hash_parts(in, d.parts, d.n, &d.file, err) < 0) {
		oci_digests_release(&d);
		return err_while(err, "reading '%s'", name);
	}
	*ret = d;
	return 0;
}

void oci_digests_release(struct oci_digests *d)
{
	free(d->parts);
	*d = (struct oci_digests){ 0 };
}

static const struct hash_part *find(const struct oci_digests *d, uint64_t offset)
{
	size_t low = 0, high = d->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (d->parts[middle].offset == offset)
			return &d->parts[middle];
		if (d->parts[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int oci_check_blobs(const struct oci_digests *d, const char *name, const struct oci_image *image,
		    struct error *err)
{
	char want[DIGEST_TEXT_MAX], got[DIGEST_TEXT_MAX];

	for (size_t i = 0; i < image->n_layers; i++) {
		const struct oci_image_layer *layer = &image->layers[i];
		const struct hash_part *part = find(d, layer->offset);

		if (!part || part->size != layer->size)
			return err_set(err, ERR_DIGEST, "'%s': layer %zu is not where it was", name,
				       i + 1);
		if (digest_equal(&part->digest, &layer->blob))
			continue;
		(void)err_set(err, ERR_DIGEST, "layer %zu: expected %s, got %s", i + 1,
			      digest_format(&layer->blob, want),
			      digest_format(&part->digest, got));
		return err_while(err, "verifying '%s'", name);
	}
	return 0;
}

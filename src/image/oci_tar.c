#include "image/oci_private.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "format/tar/tar.h"

#define COPY_SIZE (1u << 20) /* bytes */

static int by_digest(const void *a, const void *b)
{
	return digest_compare(&((const struct oci_blob *)a)->digest,
			      &((const struct oci_blob *)b)->digest);
}

static int write_folder(const char *path, struct sink *out, struct error *err)
{
	struct tar_member m = { .path = str_of(path), .kind = NODE_DIRECTORY, .mode = 0755 };

	return tar_write_header(&m, out, err);
}

static int write_file_header(const char *path, uint64_t size, struct sink *out,
			     struct error *err)
{
	struct tar_member m = { .path = str_of(path), .kind = NODE_FILE, .mode = 0644,
				.size = size };

	return tar_write_header(&m, out, err);
}

static int write_file(const char *path, struct bytes data, struct sink *out, struct error *err)
{
	if (write_file_header(path, data.len, out, err) < 0 || sink_write(out, data, err) < 0)
		return -1;
	return sink_align(out, TAR_BLOCK_SIZE, err);
}

/* What a build made in this run was hashed then (oci_layer.c); all else is verified. */
static int copy_verified(struct stage *stage, const struct oci_blob *b, struct sink *out,
			 struct error *err)
{
	CLEANUP_SOURCE struct source *in = NULL;
	char name[DIGEST_TEXT_MAX];
	int r = stage_get(stage, &b->digest, &in, err);

	digest_format(&b->digest, name);
	if (r == STAGE_ABSENT)
		return err_set(err, ERR_IO, "the object %s has vanished from the stage", name);
	if (r < 0 || source_copy(in, out, err) < 0)
		return -1;
	if (in->offset != b->size)
		return err_set(err, ERR_DIGEST, "the object %s has %llu bytes, expected %llu", name,
			       (unsigned long long)in->offset, (unsigned long long)b->size);
	return 0;
}

static int copy_object(struct stage *stage, const struct oci_blob *b, struct sink *out,
		       struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_SOURCE struct source *in = NULL;
	CLEANUP_FREE uint8_t *block = NULL;
	char name[DIGEST_TEXT_MAX];
	uint64_t left = b->size;
	int r = stage_open_fd(stage, &b->digest, &fd, err);

	digest_format(&b->digest, name);
	if (r == STAGE_ABSENT)
		return err_set(err, ERR_IO, "layer %s has vanished from the stage", name);
	if (r < 0)
		return -1;
	in = source_of_fd(fd, 0, b->size, name);
	block = mem_alloc(COPY_SIZE);
	while (left) {
		size_t n = left < COPY_SIZE ? (size_t)left : COPY_SIZE;

		if (source_read_exactly(in, block, n, err) < 0 ||
		    sink_write(out, (struct bytes){ block, n }, err) < 0)
			return -1;
		left -= n;
	}
	return 0;
}

static int write_blob(struct stage *stage, const struct oci_blob *b, struct sink *out,
		      struct error *err)
{
	char hex[DIGEST_HEX_MAX], path[sizeof("blobs/sha256/") + DIGEST_HEX_MAX];

	snprintf(path, sizeof(path), "blobs/sha256/%s", digest_hex(&b->digest, hex));
	if (b->in_memory)
		return write_file(path, b->data, out, err);
	if (write_file_header(path, b->size, out, err) < 0 ||
	    (b->verify ? copy_verified : copy_object)(stage, b, out, err) < 0)
		return -1;
	return sink_align(out, TAR_BLOCK_SIZE, err);
}

int oci_tar_write(struct stage *stage, struct oci_blob *blobs, size_t n, struct bytes index,
		  struct bytes docker, struct sink *out, struct error *err)
{
	qsort(blobs, n, sizeof(*blobs), by_digest);
	if (write_folder("blobs", out, err) < 0 || write_folder("blobs/sha256", out, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (i && digest_equal(&blobs[i - 1].digest, &blobs[i].digest))
			continue; /* two equal layers share one blob */
		if (write_blob(stage, &blobs[i], out, err) < 0)
			return -1;
	}
	/* the exact bytes that every reader looks for: image-layout.md */
	if (write_file("index.json", index, out, err) < 0 ||
	    (docker.ptr && write_file("manifest.json", docker, out, err) < 0) ||
	    write_file("oci-layout",
		       str_bytes(STR("{\"imageLayoutVersion\":\"1.0.0\"}")), out, err) < 0)
		return -1;
	return tar_write_end(out, err);
}

/*
 * Any bytes around the blobs of an image: every byte is accounted for, or refused. The image
 * is as the tar says; if it says nothing sound, one of a single layer.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "image/oci_account.h"
#include "image/oci_digests.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct oci_image *plain_image(size_t size)
{
	struct oci_image *image = mem_alloc(sizeof(*image));

	image->size = size;
	image->architecture = STR("amd64");
	image->variant = image->os = image->created = image->tag = STR("");
	image->reference = STR("tiny:1");
	image->config = json_object(&image->arena);
	image->manifest_size = image->config_size = 2;
	image->n_layers = 1;
	image->layers = arena_array(&image->arena, 1, sizeof(*image->layers));
	image->layers[0] = (struct oci_image_layer){
		.size = size / 2,
		.format = COMPRESS_PLAIN,
		.media_type = STR("application/vnd.oci.image.layer.v1.tar"),
		.created_by = STR(""),
	};
	return image;
}

static void check(int r, const struct error *err)
{
	if ((r < 0) != (err->code != ERR_NONE))
		abort();
}

/* Digests in one pass over the file, as verify does it, or by the readers of the layers: alike. */
static void check_one_pass(int fd, struct oci_image *image, const struct error *layers)
{
	CLEANUP(oci_digests_release) struct oci_digests digests = { 0 };
	CLEANUP_ERR struct error err = ERR_INIT;

	check(oci_digests_make(fd, "fuzz.oci.tar", &digests, &err), &err);
	if (err.code)
		abort(); /* nobody changes the file */
	check(oci_read_layers(fd, "fuzz.oci.tar", 1, OCI_OUR_TAR_ONLY, image, &err), &err);
	if (!err.code)
		check(oci_check_blobs(&digests, "fuzz.oci.tar", image, &err), &err);
	if (err.code != layers->code)
		abort();
}

static bool account(int fd, struct oci_image *image, bool is_read)
{
	CLEANUP_ERR struct error tar = ERR_INIT, documents = ERR_INIT, layers = ERR_INIT;

	check(oci_account_tar(fd, "fuzz.oci.tar", image, &tar), &tar);
	check(oci_account_documents(fd, "fuzz.oci.tar", image, &documents), &documents);
	check(oci_read_layers(fd, "fuzz.oci.tar", 1, OCI_OUR_TAR, image, &layers), &layers);
	if (is_read)
		check_one_pass(fd, image, &layers);
	return !tar.code && !documents.code && !layers.code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_OCI_IMAGE struct oci_image *image = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	bool is_read;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	is_read = oci_read_documents(fd, "fuzz.oci.tar", &image, NULL, &err) == 0;
	if (!is_read)
		image = plain_image(size);
	if (account(fd, image, is_read)) {
		CLEANUP_ERR struct error longer = ERR_INIT;

		/* nothing may follow */
		if (write(fd, "", 1) != 1)
			abort();
		image->size++;
		if (oci_account_tar(fd, "fuzz.oci.tar", image, &longer) == 0)
			abort();
	}
	close(fd);
	return 0;
}

#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "crypto/hash.h"
#include "format/tar/tar.h"
#include "image/oci_digests.h"

/* A folder and a file of five bytes, as tar.md says. */
static void add_tar(struct buf *to)
{
	static const uint8_t rest[507 + 1024];
	const struct tar_member root = { .path = STR(""), .kind = NODE_DIRECTORY, .mode = 0755 };
	const struct tar_member file = {
		.path = STR("a"), .kind = NODE_FILE, .mode = 0644, .size = 5
	};
	struct sink *sink = sink_to_buf(to);
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(tar_write_header(&root, sink, &err), 0);
	cr_assert_eq(tar_write_header(&file, sink, &err), 0);
	cr_assert_eq(sink_write(sink, str_bytes(STR("hello")), &err), 0);
	cr_assert_eq(sink_write(sink, (struct bytes){ rest, sizeof(rest) }, &err), 0);
	cr_assert_eq(sink_close(sink, &err), 0);
}

/* Reads @tar as the one layer of an image, all of whose digests are right. */
static enum err_code code_of(const struct buf *tar, enum oci_layer_form form)
{
	struct oci_image_layer layer = { .format = COMPRESS_PLAIN, .size = tar->len };
	struct oci_image image = { .layers = &layer, .n_layers = 1 };
	CLEANUP_ERR struct error err = ERR_INIT;
	int fd = memfd_create("layer", MFD_CLOEXEC), r;

	cr_assert_eq(write(fd, tar->ptr, tar->len), (ssize_t)tar->len);
	layer.blob = layer.diff_id = hash_bytes(buf_bytes(tar));
	r = oci_read_layers(fd, "x.oci.tar", 1, form, &image, &err);
	close(fd);
	cr_assert_eq(r < 0, err.code != ERR_NONE);
	if (r == 0)
		cr_assert_eq(layer.diff_size, tar->len);
	return err.code;
}

Test(oci_layers, a_canonical_tar_is_accounted_for)
{
	CLEANUP_BUF struct buf tar = BUF_INIT(100000);

	add_tar(&tar);
	cr_assert_eq(code_of(&tar, OCI_OUR_TAR), ERR_NONE);
}

Test(oci_layers, what_hides_in_a_tar_is_found_though_its_digests_are_right)
{
	/* padding of the file; a user's name; behind the end */
	static const size_t places[] = { 1024 + 5, 512 + 265, 1024 + 512 + 1023 };

	for (size_t i = 0; i < 3; i++) {
		CLEANUP_BUF struct buf tar = BUF_INIT(100000);

		add_tar(&tar);
		tar.ptr[places[i]] ^= 1;
		cr_assert_eq(code_of(&tar, OCI_OUR_TAR), ERR_UNACCOUNTED, "%zu", places[i]);
		cr_assert_eq(code_of(&tar, OCI_ANY_TAR), ERR_NONE);
	}
}

Test(oci_layers, nothing_follows_the_end_of_a_tar)
{
	CLEANUP_BUF struct buf tar = BUF_INIT(100000);

	add_tar(&tar);
	buf_add(&tar, "", 1);
	cr_assert_eq(code_of(&tar, OCI_OUR_TAR), ERR_UNACCOUNTED);
	tar.len -= 2;
	cr_assert_eq(code_of(&tar, OCI_OUR_TAR), ERR_UNACCOUNTED);
}

Test(oci_layers, what_cannot_be_decoded_is_judged_by_its_digest_first)
{
	CLEANUP_BUF struct buf tar = BUF_INIT(100000);
	struct oci_image_layer layer = { .format = COMPRESS_ZSTD };
	struct oci_image image = { .layers = &layer, .n_layers = 1 };
	CLEANUP_ERR struct error right = ERR_INIT, wrong = ERR_INIT;
	int fd = memfd_create("layer", MFD_CLOEXEC);

	add_tar(&tar);
	cr_assert_eq(write(fd, tar.ptr, tar.len), (ssize_t)tar.len);
	layer.size = tar.len;
	layer.blob = hash_bytes(buf_bytes(&tar));
	cr_assert_lt(oci_read_layers(fd, "x.oci.tar", 1, OCI_OUR_TAR, &image, &right), 0);
	cr_assert_eq(right.code, ERR_UNACCOUNTED);
	layer.blob.bytes[0] ^= 1;
	cr_assert_lt(oci_read_layers(fd, "x.oci.tar", 1, OCI_OUR_TAR, &image, &wrong), 0);
	cr_assert_eq(wrong.code, ERR_DIGEST);
	close(fd);
}

/* A tar with one file, which is the layer of an image; *ret_fd has it. */
static void make_digests(const struct buf *layer, struct oci_digests *ret, uint64_t *ret_offset,
			 int *ret_fd)
{
	static const uint8_t end[1024];
	const struct tar_member file = {
		.path = STR("blob"), .kind = NODE_FILE, .mode = 0644, .size = layer->len
	};
	CLEANUP_BUF struct buf tar = BUF_INIT(200000);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct sink *sink = sink_to_buf(&tar);
	struct digest whole;

	cr_assert_eq(tar_write_header(&file, sink, &err), 0);
	cr_assert_eq(sink_write(sink, buf_bytes(layer), &err), 0);
	cr_assert_eq(sink_write(sink, (struct bytes){ end, sizeof(end) }, &err), 0);
	cr_assert_eq(sink_close(sink, &err), 0);
	*ret_offset = 512;
	*ret_fd = memfd_create("image", MFD_CLOEXEC);
	cr_assert_eq(write(*ret_fd, tar.ptr, tar.len), (ssize_t)tar.len);
	cr_assert_eq(oci_digests_make(*ret_fd, "x.oci.tar", ret, &err), 0, "%s", err.message);
	whole = hash_bytes(buf_bytes(&tar));
	cr_assert(digest_equal(&ret->file, &whole));
}

Test(oci_layers, blobs_are_checked_by_the_pass_over_the_file)
{
	CLEANUP_BUF struct buf tar = BUF_INIT(100000);
	CLEANUP(oci_digests_release) struct oci_digests digests = { 0 };
	struct oci_image_layer layer = { .format = COMPRESS_PLAIN };
	struct oci_image image = { .layers = &layer, .n_layers = 1 };
	CLEANUP_ERR struct error err = ERR_INIT, wrong = ERR_INIT, moved = ERR_INIT;
	int fd;

	add_tar(&tar);
	make_digests(&tar, &digests, &layer.offset, &fd);
	layer.size = tar.len;
	layer.blob = layer.diff_id = hash_bytes(buf_bytes(&tar));
	cr_assert_eq(oci_read_layers(fd, "x.oci.tar", 1, OCI_OUR_TAR_ONLY, &image, &err), 0);
	cr_assert_eq(oci_check_blobs(&digests, "x.oci.tar", &image, &err), 0);
	layer.blob.bytes[0] ^= 1;
	cr_assert_eq(oci_read_layers(fd, "x.oci.tar", 1, OCI_OUR_TAR_ONLY, &image, &err), 0);
	cr_assert_lt(oci_check_blobs(&digests, "x.oci.tar", &image, &wrong), 0);
	cr_assert_eq(wrong.code, ERR_DIGEST);
	layer.size--;
	cr_assert_lt(oci_check_blobs(&digests, "x.oci.tar", &image, &moved), 0);
	close(fd);
}

Test(oci_layers, a_wrong_blob_is_told_before_what_it_holds)
{
	CLEANUP_BUF struct buf tar = BUF_INIT(100000);
	struct oci_image_layer layer = { .format = COMPRESS_PLAIN };
	struct oci_image image = { .layers = &layer, .n_layers = 1 };
	CLEANUP_ERR struct error inside = ERR_INIT, blob = ERR_INIT;
	int fd = memfd_create("layer", MFD_CLOEXEC);

	add_tar(&tar);
	cr_assert_eq(write(fd, tar.ptr, tar.len), (ssize_t)tar.len);
	layer.size = tar.len;
	layer.blob = hash_bytes(buf_bytes(&tar)); /* the diff id is zeros */
	cr_assert_lt(oci_read_layers(fd, "x", 1, OCI_OUR_TAR_ONLY, &image, &inside), 0);
	cr_assert(strstr(inside.message, "expected diff id"));
	layer.blob.bytes[0] ^= 1;
	cr_assert_lt(oci_read_layers(fd, "x", 1, OCI_OUR_TAR_ONLY, &image, &blob), 0);
	cr_assert_eq(blob.code, ERR_DIGEST);
	cr_assert_not(strstr(blob.message, "diff id"));
	close(fd);
}

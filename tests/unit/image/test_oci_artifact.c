#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "crypto/hash.h"
#include "image/oci_artifact.h"
#include "tools/golden.h"
#include "unit/image/oci_fixture.h"

#define TYPE "application/vnd.example.files.v1"

static struct oci_artifact_file file(const char *name, const char *text)
{
	struct bytes data = str_bytes(str_of(text));

	return (struct oci_artifact_file){ .name = str_of(name),
					   .media_type = STR("text/plain"),
					   .digest = hash_bytes(data),
					   .size = data.len,
					   .in_memory = true,
					   .data = data };
}

/* Three files, two of one content, not in order. */
static void make(struct buf *tar, struct digest *manifest)
{
	struct oci_artifact_file files[] = { file("b", "two"), file("a/z", "one"),
					     file("c", "two") };
	struct oci_artifact_note note = { STR("example.key"), STR("value") };
	struct oci_artifact a = { .type = STR(TYPE),
				  .tag = STR("web:1"),
				  .notes = &note,
				  .n_notes = 1,
				  .files = files,
				  .n_files = 3 };
	CLEANUP_ERR struct error err = ERR_INIT;
	struct sink *out = sink_to_buf(tar);
	struct fixture f;

	fixture_open(&f);
	cr_assert_eq(oci_artifact_write(f.stage, &a, out, &err), 0, "%s", err.message);
	cr_assert_eq(sink_close(out, &err), 0);
	fixture_close(&f);
	*manifest = a.manifest;
}

static enum err_code read_it(struct bytes tar, struct arena *arena, struct oci_artifact *ret)
{
	CLEANUP_CLOSE int fd = memfd_create("artifact", MFD_CLOEXEC);
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert(write(fd, tar.ptr, tar.len) == (ssize_t)tar.len);
	if (oci_artifact_read(fd, "x.tar", STR(TYPE), arena, ret, &err) < 0)
		return err.code;
	cr_assert(oci_artifact_is_one(fd, STR(TYPE)));
	cr_assert_not(oci_artifact_is_one(fd, STR("another/type")));
	return ERR_NONE;
}

Test(oci_artifact, what_was_written_is_read_and_its_bytes_are_those_of_this_version)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 20);
	struct oci_artifact a = { 0 };
	struct digest manifest, all;
	const struct oci_artifact_file *f;

	make(&tar, &manifest);
	cr_assert_eq(read_it(buf_bytes(&tar), &arena, &a), ERR_NONE);
	cr_assert_eq(a.n_files, 3);
	cr_assert(digest_equal(&a.manifest, &manifest));
	cr_assert_not(a.is_foreign);
	cr_assert(str_equal_cstr(a.tag, "web:1") && str_equal_cstr(a.notes[0].value, "value"));
	f = oci_artifact_find(&a, STR("c"));
	cr_assert(f && memcmp(tar.ptr + f->offset, "two", 3) == 0);
	cr_assert_null(oci_artifact_find(&a, STR("d")));
	all = hash_bytes(buf_bytes(&tar));
	golden_check("artifact", "three-files", OCI_ARTIFACT_VERSION, &all);
}

Test(oci_artifact, no_file_that_is_cut_is_read)
{
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 20);
	struct digest manifest;

	make(&tar, &manifest);
	for (size_t n = 0; n < tar.len - 1024; n += 512) {
		CLEANUP_ARENA struct arena arena = ARENA_INIT;
		struct oci_artifact a = { 0 };

		cr_assert_neq(read_it((struct bytes){ tar.ptr, n }, &arena, &a), ERR_NONE, "%zu",
			      n);
	}
}

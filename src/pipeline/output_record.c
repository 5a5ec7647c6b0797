#include "pipeline/output_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "crypto/hash.h"
#include "image/disk_convert.h"

/*
 * The record's fields, each 8 bytes little-endian, or a digest, or an id: digest and size of
 * the file, what stat(2) said, then what is known of an image or of a disk.
 */
#define RECORD_STAT_FIELDS FILE_STAMP_SIZE /* those before it */
#define RECORD_COMMON (DIGEST_SIZE + 8 * (1 + RECORD_STAT_FIELDS))
#define RECORD_IMAGE (3 * DIGEST_SIZE + 8)
#define RECORD_DISK (4 * DIGEST_SIZE + 8 * 4 + BUILD_PARTITIONS * 32)
#define RECORD_MAX (RECORD_COMMON + RECORD_DISK)
/* In the key, since ingots of several versions may share a stage. */
#define RECORD_VERSION 2

enum disk_flag { DISK_IS_SIGNED = 1, DISK_HAS_VERITY = 2, DISK_HAS_BEFORE = 4 };

/* One record, read or written from its start to its end. */
struct cursor {
	uint8_t *at;
	bool writes;
};

static void pass_u64(struct cursor *c, uint64_t *v)
{
	if (c->writes)
		put_le64(c->at, *v);
	else
		*v = get_le64(c->at);
	c->at += 8;
}

static void pass_bytes(struct cursor *c, uint8_t *bytes, size_t n)
{
	memcpy(c->writes ? c->at : bytes, c->writes ? bytes : c->at, n);
	c->at += n;
}

static void pass_image(struct cursor *c, struct build_output *out)
{
	uint64_t n = out->n_layers;

	pass_bytes(c, out->image_id.bytes, DIGEST_SIZE);
	pass_bytes(c, out->manifest.bytes, DIGEST_SIZE);
	pass_bytes(c, out->index.bytes, DIGEST_SIZE);
	pass_u64(c, &n);
	if (!c->writes)
		out->n_layers = out->n_layers_reused = (uint32_t)n;
}

static void pass_disk(struct cursor *c, struct build_output *out)
{
	uint64_t flags = (out->is_signed ? DISK_IS_SIGNED : 0) |
			 (out->has_verity ? DISK_HAS_VERITY : 0) |
			 (out->has_before ? DISK_HAS_BEFORE : 0);

	pass_bytes(c, out->authenticode.bytes, DIGEST_SIZE);
	pass_bytes(c, out->signature.bytes, DIGEST_SIZE);
	pass_bytes(c, out->root_hash.bytes, DIGEST_SIZE);
	pass_bytes(c, out->before.bytes, DIGEST_SIZE);
	pass_u64(c, &flags);
	pass_u64(c, &out->disk_size);
	pass_u64(c, &out->root_used);
	pass_u64(c, &out->root_free);
	for (size_t i = 0; i < BUILD_PARTITIONS; i++) {
		pass_bytes(c, out->partitions[i].id.bytes, sizeof(out->partitions[i].id.bytes));
		pass_u64(c, &out->partitions[i].offset);
		pass_u64(c, &out->partitions[i].size);
	}
	out->is_signed = flags & DISK_IS_SIGNED;
	out->has_verity = flags & DISK_HAS_VERITY;
	out->has_before = flags & DISK_HAS_BEFORE;
}

static size_t record_size(const struct build_output *out)
{
	return RECORD_COMMON + (out->format.len ? RECORD_DISK : RECORD_IMAGE);
}

static void pass(struct cursor *c, struct build_output *out)
{
	pass_bytes(c, out->digest.bytes, DIGEST_SIZE);
	pass_u64(c, &out->size);
	for (size_t i = 0; i < RECORD_STAT_FIELDS; i++)
		pass_u64(c, &out->stamp.words[i]);
	if (out->format.len)
		pass_disk(c, out);
	else
		pass_image(c, out);
}

static uint32_t writer_version(const struct recipe_target *t, struct str format)
{
	enum disk_format converted;

	if (t->type == TARGET_OCI)
		return OCI_WRITER_VERSION;
	if (!disk_format_parse(format, &converted))
		return DISK_WRITER_VERSION;
	return DISK_WRITER_VERSION << 16 | (uint32_t)disk_format_version(converted);
}

struct digest output_record_key(const struct recipe *r, const struct digest *lock,
				const struct recipe_target *t, const struct build_output *out)
{
	struct hash *h = hash_new();
	struct digest key;

	hash_add_field(h, str_bytes(STR("output")));
	hash_add_u64(h, RECORD_VERSION);
	hash_add_u64(h, OUTPUT_FORMAT);
	hash_add_u64(h, COMPRESS_VERSION);
	hash_add_field(h, str_bytes(str_of(compress_versions())));
	hash_add_field(h, BYTES_OF(r->digest.bytes));
	hash_add_field(h, BYTES_OF(lock->bytes));
	hash_add_field(h, str_bytes(t->name));
	hash_add_field(h, str_bytes(out->architecture));
	hash_add_field(h, str_bytes(out->format));
	hash_add_u64(h, writer_version(t, out->format));
	key = hash_finish(h);
	hash_free(h);
	return key;
}

int output_record_get(struct stage *s, const struct digest *key, int outputs,
		      struct build_output *out, struct error *err)
{
	CLEANUP_BUF struct buf value = BUF_INIT(RECORD_MAX);
	CLEANUP_FREE char *name = mem_str(out->file);
	struct file_stamp now;
	struct build_output known = *out;
	struct stat st;
	int r = stage_result_get(s, "output", key, &value, err);

	if (r == STAGE_ABSENT || (r == 0 && value.len != record_size(out)))
		return 0;
	if (r < 0)
		return -1;
	if (fstatat(outputs, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	now = file_stamp_of(&st);
	pass(&(struct cursor){ .at = value.ptr }, &known);
	known.stamp.words[FILE_STAMP_SIZE] = known.size;
	if (!file_stamp_equal(&now, &known.stamp))
		return 0;
	known.up_to_date = true;
	*out = known;
	return 0;
}

int output_record_put(struct stage *s, const struct digest *key, int outputs,
		      struct build_output *out, struct str inputs, struct error *err)
{
	CLEANUP_FREE char *name = mem_str(out->file);
	uint8_t p[RECORD_MAX];
	struct stat st;

	if (fstatat(outputs, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "cannot find '%s' again", name);
	out->stamp = file_stamp_of(&st);
	pass(&(struct cursor){ .at = p, .writes = true }, out);
	return stage_result_put(s, "output", key, (struct bytes){ p, record_size(out) }, inputs,
				err);
}

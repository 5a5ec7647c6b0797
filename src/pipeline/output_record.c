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

/* The record's fields, each 8 bytes little-endian or a digest, in this order. */
#define RECORD_STAT_FIELDS 6
#define RECORD_SIZE (3 * DIGEST_SIZE + 8 * (2 + RECORD_STAT_FIELDS))

struct digest output_record_key(const struct recipe *r, const struct digest *lock,
				const struct recipe_target *t, struct str architecture)
{
	struct hash *h = hash_new();
	struct digest key;

	hash_add_field(h, str_bytes(STR("output")));
	hash_add_u64(h, OUTPUT_FORMAT);
	hash_add_u64(h, COMPRESS_VERSION);
	hash_add_field(h, str_bytes(str_of(compress_versions())));
	hash_add_field(h, BYTES_OF(r->digest.bytes));
	hash_add_field(h, BYTES_OF(lock->bytes));
	hash_add_field(h, str_bytes(t->name));
	hash_add_field(h, str_bytes(architecture));
	key = hash_finish(h);
	hash_free(h);
	return key;
}

static void stat_fields(const struct stat *st, uint64_t to[static RECORD_STAT_FIELDS])
{
	to[0] = (uint64_t)st->st_dev;
	to[1] = (uint64_t)st->st_ino;
	to[2] = (uint64_t)st->st_mtim.tv_sec;
	to[3] = (uint64_t)st->st_mtim.tv_nsec;
	to[4] = (uint64_t)st->st_ctim.tv_sec;
	to[5] = (uint64_t)st->st_ctim.tv_nsec;
}

int output_record_get(struct stage *s, const struct digest *key, int outputs,
		      struct build_output *out, struct error *err)
{
	CLEANUP_BUF struct buf value = BUF_INIT(RECORD_SIZE);
	CLEANUP_FREE char *name = mem_str(out->file);
	uint64_t now[RECORD_STAT_FIELDS];
	const uint8_t *p;
	struct stat st;
	int r = stage_result_get(s, "output", key, &value, err);

	if (r == STAGE_ABSENT || (r == 0 && value.len != RECORD_SIZE))
		return 0;
	if (r < 0)
		return -1;
	if (fstatat(outputs, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	p = value.ptr;
	stat_fields(&st, now);
	for (size_t i = 0; i < RECORD_STAT_FIELDS; i++)
		if (get_le64(p + 3 * DIGEST_SIZE + 8 * (2 + i)) != now[i])
			return 0;
	memcpy(out->digest.bytes, p, DIGEST_SIZE);
	memcpy(out->image_id.bytes, p + DIGEST_SIZE, DIGEST_SIZE);
	memcpy(out->manifest.bytes, p + 2 * DIGEST_SIZE, DIGEST_SIZE);
	out->size = get_le64(p + 3 * DIGEST_SIZE);
	out->n_layers = out->n_layers_reused = (uint32_t)get_le64(p + 3 * DIGEST_SIZE + 8);
	out->up_to_date = out->size == (uint64_t)st.st_size;
	return 0;
}

int output_record_put(struct stage *s, const struct digest *key, int outputs,
		      const struct build_output *out, struct str inputs, struct error *err)
{
	CLEANUP_FREE char *name = mem_str(out->file);
	uint64_t fields[RECORD_STAT_FIELDS];
	uint8_t p[RECORD_SIZE];
	struct stat st;

	if (fstatat(outputs, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "cannot find '%s' again", name);
	stat_fields(&st, fields);
	memcpy(p, out->digest.bytes, DIGEST_SIZE);
	memcpy(p + DIGEST_SIZE, out->image_id.bytes, DIGEST_SIZE);
	memcpy(p + 2 * DIGEST_SIZE, out->manifest.bytes, DIGEST_SIZE);
	put_le64(p + 3 * DIGEST_SIZE, out->size);
	put_le64(p + 3 * DIGEST_SIZE + 8, out->n_layers);
	for (size_t i = 0; i < RECORD_STAT_FIELDS; i++)
		put_le64(p + 3 * DIGEST_SIZE + 8 * (2 + i), fields[i]);
	return stage_result_put(s, "output", key, BYTES_OF(p), inputs, err);
}

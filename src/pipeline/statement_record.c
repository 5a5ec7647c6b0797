#include "pipeline/statement_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "attest/causes.h"
#include "attest/sbom.h"
#include "base/cleanup.h"
#include "base/endian.h"
#include "base/limits.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "format/dsse/dsse.h"
#include "io/file.h"
#include "pipeline/output_record.h"

/* Goes up when the same inputs give files that say something else. */
#define STATEMENTS_VERSION 1

/* Of each file: the digest of what it says, then numbers of stat(2), little-endian. */
#define STAT_FIELDS 7
#define FILE_RECORD (DIGEST_SIZE + 8 * STAT_FIELDS)
#define RECORD_SIZE (STATEMENT_FILES * FILE_RECORD)

#define TEXT_MAX (512u << 20) /* bytes of one file; a larger one is no statement of ours */

const char *const statement_endings[STATEMENT_FILES] = {
	[STATEMENT_SPDX] = ".spdx.json",      [STATEMENT_CYCLONEDX] = ".cdx.json",
	[STATEMENT_CAUSES] = ".causes.json",  [STATEMENT_INPUTS] = ".inputs.json",
	[STATEMENT_INTOTO] = ".intoto.jsonl",
};

char *statement_name(struct str stem, enum statement_file file)
{
	return mem_printf(STR_FMT "%s", STR_ARG(stem), statement_endings[file]);
}

size_t statement_envelopes(struct bytes text, struct arena *arena, struct dsse_envelope **ret)
{
	struct dsse_envelope *list = NULL;
	struct str rest = bytes_str(text), line;
	size_t n = 0, capacity = 0;

	while (rest.ptr && str_split(&rest, '\n', &line)) {
		CLEANUP_ERR struct error ignored = ERR_INIT;

		if (!line.len)
			continue;
		ARENA_GROW(arena, list, n, capacity);
		if (dsse_parse(str_bytes(line), "envelope", arena, &list[n++], &ignored) < 0)
			return 0;
	}
	*ret = list;
	return n;
}

bool statement_digest(enum statement_file file, struct bytes text, struct digest *ret)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct dsse_envelope *list;
	struct hash *h;
	size_t n;

	if (file != STATEMENT_INTOTO) {
		*ret = hash_bytes(text);
		return true;
	}
	n = statement_envelopes(text, &arena, &list);
	if (!n)
		return false;
	h = hash_new();
	for (size_t i = 0; i < n; i++) {
		hash_add_field(h, str_bytes(list[i].payload_type));
		hash_add_field(h, list[i].payload);
	}
	*ret = hash_finish(h);
	hash_free(h);
	return true;
}

/* Lines of the recipe are in the causes, so a comment more in it makes other files. */
static int add_recipe_texts(const struct building *b, struct hash *h, struct error *err)
{
	for (size_t i = 0; i < b->recipe->n_read_files; i++) {
		CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_RECIPE_SIZE + 1);
		CLEANUP_FREE char *path = mem_str(b->recipe->read_files[i]);
		int r = file_load(b->context->workspace.fd, path, &text, err);

		if (r < 0)
			return -1;
		hash_add_field(h, str_bytes(b->recipe->read_files[i]));
		hash_add_field(h, buf_bytes(&text));
	}
	return 0;
}

static void add_output(const struct building *b, const struct recipe_target *t,
		       const struct build_output *out, struct hash *h)
{
	struct digest key = output_record_key(b->recipe, &b->lock_digest, t, out);
	struct identity id = build_output_identity(out);

	hash_add_field(h, BYTES_OF(key.bytes));
	hash_add_field(h, str_bytes(out->file));
	for (int i = 0; i < IDENTITY_ROLE_COUNT; i++)
		hash_add_field(h, id.has[i] ? BYTES_OF(id.digest[i].bytes) : (struct bytes){ 0 });
	if (t->type == TARGET_DISK && out->is_signed)
		hash_add_field(h, BYTES_OF(out->signature.bytes));
}

int statement_record_key(const struct building *b, const struct recipe_target *t,
			 const struct build_output *outs, size_t n, struct digest *ret,
			 struct error *err)
{
	struct hash *h = hash_new();
	int r;

	hash_add_field(h, str_bytes(STR("statements")));
	hash_add_u64(h, STATEMENTS_VERSION);
	hash_add_u64(h, CAUSES_VERSION);
	hash_add_u64(h, SBOM_VERSION);
	hash_add_field(h, str_bytes(STR(INGOT_VERSION)));
	hash_add_field(h, str_bytes(b->context->machine.builder_id));
	for (size_t i = 0; i < n; i++)
		add_output(b, t, &outs[i], h);
	r = add_recipe_texts(b, h, err);
	*ret = hash_finish(h);
	hash_free(h);
	return r;
}

static void stat_fields(const struct stat *st, uint8_t *to)
{
	const uint64_t fields[STAT_FIELDS] = {
		(uint64_t)st->st_dev,	       (uint64_t)st->st_ino,
		(uint64_t)st->st_size,	       (uint64_t)st->st_mtim.tv_sec,
		(uint64_t)st->st_mtim.tv_nsec, (uint64_t)st->st_ctim.tv_sec,
		(uint64_t)st->st_ctim.tv_nsec,
	};

	for (size_t i = 0; i < STAT_FIELDS; i++)
		put_le64(to + 8 * i, fields[i]);
}

/* Whether the file still says what @record knows; *ret_other if its stat data is another. */
static int look(struct building *b, struct str stem, enum statement_file file,
		const uint8_t *record, bool *ret, bool *ret_other, struct error *err)
{
	CLEANUP_FREE char *name = statement_name(stem, file);
	CLEANUP_BUF struct buf text = BUF_INIT(TEXT_MAX);
	uint8_t now[8 * STAT_FIELDS];
	struct digest said;
	struct stat st;

	*ret = false;
	if (fstatat(b->outputs, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	stat_fields(&st, now);
	if (memcmp(now, record + DIGEST_SIZE, sizeof(now)) == 0) {
		*ret = true;
		return 0;
	}
	if ((uint64_t)st.st_size > TEXT_MAX)
		return 0;
	*ret_other = true;
	if (file_load(b->outputs, name, &text, err) < 0)
		return -1;
	*ret = statement_digest(file, buf_bytes(&text), &said) &&
	       memcmp(said.bytes, record, DIGEST_SIZE) == 0;
	return 0;
}

int statement_record_get(struct building *b, const struct digest *key, struct str stem, bool *ret,
			 struct error *err)
{
	CLEANUP_BUF struct buf value = BUF_INIT(RECORD_SIZE + 1);
	struct digest said[STATEMENT_FILES];
	bool other = false;
	int r = stage_result_get(b->context->stage, "statements", key, &value, err);

	*ret = false;
	if (r < 0)
		return -1;
	if (r == STAGE_ABSENT || value.len != RECORD_SIZE)
		return 0;
	for (int i = 0; i < STATEMENT_FILES; i++) {
		const uint8_t *record = value.ptr + (size_t)i * FILE_RECORD;

		memcpy(said[i].bytes, record, DIGEST_SIZE);
		if (look(b, stem, (enum statement_file)i, record, ret, &other, err) < 0)
			return -1;
		if (!*ret)
			return 0;
	}
	return other ? statement_record_put(b, key, stem, said, err) : 0;
}

int statement_record_put(struct building *b, const struct digest *key, struct str stem,
			 const struct digest said[static STATEMENT_FILES], struct error *err)
{
	CLEANUP_FREE char *inputs = mem_printf("statements beside " STR_FMT "\n", STR_ARG(stem));
	uint8_t value[RECORD_SIZE];

	for (int i = 0; i < STATEMENT_FILES; i++) {
		CLEANUP_FREE char *name = statement_name(stem, (enum statement_file)i);
		uint8_t *record = value + (size_t)i * FILE_RECORD;
		struct stat st;

		if (fstatat(b->outputs, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(err, errno, "cannot find '%s' again", name);
		memcpy(record, said[i].bytes, DIGEST_SIZE);
		stat_fields(&st, record + DIGEST_SIZE);
	}
	return stage_result_put(b->context->stage, "statements", key, BYTES_OF(value),
				str_of(inputs), err);
}

#include "image/oci_private.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"
#include "base/text.h"
#include "compress/compress.h"
#include "crypto/hash.h"
#include "format/json/json.h"
#include "format/tar/tar.h"
#include "io/interrupt.h"

#define READ_SIZE    (256u * 1024) /* bytes */

/* Reads through to the stage, but for a user who asked to stop. */
struct stoppable_reader {
	struct content_reader reader; /* first: it is cast */
	const struct content_reader *next;
};

struct job {
	struct stage *stage;
	const struct oci_input *in;
	uint32_t slice;
	struct tar_tree_options options;
};

static bool is_in_slice(void *context, const struct node *n)
{
	const struct job *j = context;

	return j->in->slice_of[n->serial] == j->slice;
}

static int open_content(const struct content_reader *reader, const struct content *content,
			struct source **ret, struct error *err)
{
	const struct stoppable_reader *r = (const struct stoppable_reader *)reader;

	if (interrupted())
		return err_set(err, ERR_INTERRUPTED, "interrupted while writing a layer");
	return content_open(r->next, content, ret, err);
}

static void add_u64(struct buf *b, uint64_t value)
{
	put_le64(buf_reserve(b, 8), value);
	b->len += 8;
}

static void add_field(struct buf *b, struct bytes field)
{
	add_u64(b, field.len);
	buf_add(b, field.ptr, field.len);
}

/* All that tar_write_header() looks at, and the content by its digest. */
static void describe(const struct tar_member *m, const struct content *content, struct buf *to)
{
	buf_reset(to);
	add_field(to, str_bytes(m->path));
	add_u64(to, (uint64_t)m->kind << 32 | (uint64_t)m->hard_link << 16 | m->mode);
	add_u64(to, (uint64_t)m->uid << 32 | m->gid);
	add_u64(to, (uint64_t)m->mtime);
	add_u64(to, m->size);
	add_u64(to, (uint64_t)m->major << 32 | m->minor);
	add_field(to, str_bytes(m->target));
	add_u64(to, m->n_xattrs);
	for (uint32_t i = 0; i < m->n_xattrs; i++) {
		add_field(to, str_bytes(m->xattrs[i].name));
		add_field(to, m->xattrs[i].value);
	}
	if (content && content->size)
		buf_add(to, content->digest.bytes, DIGEST_SIZE);
}

static const char *compression_name(enum compression c)
{
	return c == COMPRESSION_ZSTD ? "zstd" : c == COMPRESSION_GZIP ? "gzip" : "none";
}

static void describe_writers(const struct job *j, struct buf *to)
{
	enum compression c = j->in->target->compression;

	buf_printf(to, "tar writer %d\ncompression %s\n", TAR_WRITER_VERSION,
		   compression_name(c));
	if (c != COMPRESSION_NONE)
		buf_printf(to, "compression settings %d\ncompressors %s\n", COMPRESS_VERSION,
			   compress_versions());
}

/* The digest of everything that decides the layer's bytes; reads no content. */
static int compute_key(const struct job *j, struct digest *ret, struct buf *inputs,
		       struct error *err)
{
	CLEANUP_TAR_WALK struct tar_walk *walk = tar_walk_new(j->in->tree, &j->options);
	CLEANUP_BUF struct buf text = BUF_INIT(8u << 20);
	struct hash *h = hash_new();
	const struct content *content;
	struct tar_member m;
	uint64_t n = 0, size = 0;
	int r;

	describe_writers(j, inputs);
	hash_add_field(h, buf_bytes(inputs));
	while ((r = tar_walk_next(walk, &m, &content, err)) > 0) {
		describe(&m, content, &text);
		hash_add_field(h, buf_bytes(&text));
		n++;
		size += m.size;
	}
	*ret = hash_finish(h);
	hash_free(h);
	buf_printf(inputs, "members %llu\ncontent %llu bytes\n", (unsigned long long)n,
		   (unsigned long long)size);
	return r;
}

static void encode_result(const struct oci_layer *layer, struct buf *to)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	struct json *v = json_object(&a);
	char text[DIGEST_TEXT_MAX];

	json_set(v, "blob", json_text(&a, digest_format(&layer->blob, text)));
	json_set(v, "size", json_int(&a, (int64_t)layer->size));
	json_set(v, "diff_id", json_text(&a, digest_format(&layer->diff_id, text)));
	json_set(v, "diff_size", json_int(&a, (int64_t)layer->diff_size));
	json_write(v, to);
}

static const struct json *typed(const struct json *object, const char *name, enum json_kind kind)
{
	const struct json *v = json_get(object, name);

	return v && json_kind_of(v) == kind ? v : NULL;
}

/* The value is ours (it has a MAC), but perhaps of another version of ingot. */
static bool decode_result(struct bytes value, struct oci_layer *ret)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	const struct json *blob, *size, *diff_id, *diff_size;
	struct json *v;

	if (json_parse(value, "layer", &a, &v, &err) < 0 || json_kind_of(v) != JSON_OBJECT)
		return false;
	blob = typed(v, "blob", JSON_STRING);
	size = typed(v, "size", JSON_INT);
	diff_id = typed(v, "diff_id", JSON_STRING);
	diff_size = typed(v, "diff_size", JSON_INT);
	if (!blob || !size || !diff_id || !diff_size ||
	    digest_parse(json_as_str(blob), &ret->blob, &err) < 0 ||
	    digest_parse(json_as_str(diff_id), &ret->diff_id, &err) < 0)
		return false;
	ret->size = (uint64_t)json_as_int(size);
	ret->diff_size = (uint64_t)json_as_int(diff_size);
	return true;
}

/*
 * A blob goes into an image only after it was read and hashed in this run. One
 * that is gone or wrong is made again, so its failure is not reported.
 */
static bool blob_is_sound(struct stage *stage, const struct oci_layer *layer)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_SOURCE struct source *in = NULL;
	CLEANUP_FREE uint8_t *block = NULL;
	size_t n = 1;

	if (stage_get(stage, &layer->blob, &in, &err) != 0)
		return false;
	block = mem_alloc(READ_SIZE);
	while (n)
		if (source_read(in, block, READ_SIZE, &n, &err) < 0)
			return false;
	return in->offset == layer->size;
}

/* *ret_hit: whether the stage had it. */
static int find_result(const struct job *j, const struct digest *key, struct oci_layer *ret,
		       bool *ret_hit, struct error *err)
{
	CLEANUP_BUF struct buf value = BUF_INIT(64u << 10);
	int r = stage_result_get(j->stage, "layer", key, &value, err);

	if (r < 0)
		return -1;
	*ret_hit = r == 0 && decode_result(buf_bytes(&value), ret) &&
		   blob_is_sound(j->stage, ret);
	return 0;
}

/* Closes @s; after a failure elsewhere it must not finish its stream. */
static int close_sink(struct sink *s, int r, struct error *err)
{
	if (r < 0)
		s->failed = true;
	return sink_close(s, err) < 0 ? -1 : r;
}

static struct sink *compressor(const struct job *j, struct sink *blob, uint64_t size)
{
	switch (j->in->target->compression) {
	case COMPRESSION_ZSTD:
		return compress_zstd(blob, size);
	case COMPRESSION_GZIP:
		return compress_gzip(blob);
	case COMPRESSION_NONE:
		break;
	}
	return NULL;
}

static int write_layer(const struct job *j, struct sink *blob, struct oci_layer *ret,
		       struct error *err)
{
	struct sink *packed, *plain;
	uint64_t size = 0;
	int r;

	if (tar_tree_size(j->in->tree, &j->options, &size, err) < 0)
		return -1;
	packed = compressor(j, blob, size);
	plain = hash_sink(packed ? packed : blob, &ret->diff_id);
	r = tar_write_tree(j->in->tree, &j->options, plain, err);
	ret->diff_size = plain->offset;
	r = close_sink(plain, r, err);
	if (packed)
		r = close_sink(packed, r, err);
	return r;
}

static int make_blob(const struct job *j, struct oci_layer *ret, struct error *err)
{
	struct stage_draft *draft;

	if (stage_draft_open(j->stage, &draft, err) < 0)
		return -1;
	if (write_layer(j, stage_draft_sink(draft), ret, err) < 0) {
		stage_draft_drop(draft);
		return -1;
	}
	return stage_draft_commit(draft, NULL, &ret->blob, &ret->size, err);
}

static int make(const struct job *j, struct oci_layer *ret, struct error *err)
{
	CLEANUP_BUF struct buf inputs = BUF_INIT(4096);
	CLEANUP_BUF struct buf value = BUF_INIT(4096);
	struct digest key;

	if (compute_key(j, &key, &inputs, err) < 0 ||
	    find_result(j, &key, ret, &ret->was_hit, err) < 0)
		return -1;
	if (ret->was_hit)
		return 0;
	if (make_blob(j, ret, err) < 0)
		return -1;
	encode_result(ret, &value);
	return stage_result_put(j->stage, "layer", &key, buf_bytes(&value), buf_str(&inputs),
				err);
}

int oci_layer_make(struct stage *stage, const struct oci_input *in, size_t index,
		   struct oci_layer *ret, struct error *err)
{
	struct stoppable_reader reader = { .reader = { .open = open_content },
					   .next = stage_reader(stage) };
	struct job j = { .stage = stage, .in = in,
			 /* an empty tree still has a root, in one layer */
			 .slice = index < in->n_layers ? in->layers[index].slice : UINT32_MAX };

	j.options = (struct tar_tree_options){
		.epoch = in->epoch, .folder_mtime = TREE_FOLDER_MTIME, .includes = is_in_slice,
		.context = &j, .reader = &reader.reader,
	};
	*ret = (struct oci_layer){ 0 };
	if (make(&j, ret, err) < 0)
		return err_while(err, "making layer %zu", index + 1);
	return 0;
}

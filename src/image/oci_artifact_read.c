#include "image/oci_artifact_private.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "format/json/json.h"
#include "format/tar/tar.h"
#include "image/oci_envelope.h"
#include "io/source.h"

#define TYPE_MAX 255u /* bytes of a media type (RFC 6838) */

struct artifact_reader {
	int fd;
	const char *name;
	struct str type;
	struct arena *arena;
	struct oci_envelope envelope;
	struct oci_artifact *a;
	uint64_t manifest_size;
	struct error *err;
};

static int wrong(const struct artifact_reader *r, const char *what)
{
	return err_set(r->err, ERR_FORMAT, "'%s' is no sound " STR_FMT ": %s", r->name,
		       STR_ARG(r->type), what);
}

static int load(const struct artifact_reader *r, const struct oci_file *f, size_t max,
		struct buf *to)
{
	CLEANUP_SOURCE struct source *in = NULL;

	if (f->size > max)
		return err_set(r->err, ERR_LIMIT,
			       "'%s': a document of %llu bytes; the limit is %zu", r->name,
			       (unsigned long long)f->size, max);
	in = source_of_fd(r->fd, f->offset, f->size, r->name);
	return source_read_all(in, to, r->err);
}

static const struct oci_file *find_blob(const struct artifact_reader *r, const struct digest *d)
{
	char hex[DIGEST_HEX_MAX], path[sizeof("blobs/sha256/") + DIGEST_HEX_MAX];

	snprintf(path, sizeof(path), "blobs/sha256/%s", digest_hex(d, hex));
	return oci_envelope_find(&r->envelope, path);
}

/* ---- documents ---- */

static struct str text_of(const struct json *o, const char *name)
{
	const struct json *v = json_get(o, name);

	return v && json_kind_of(v) == JSON_STRING ? json_as_str(v) : (struct str){ "", 0 };
}

static bool read_descriptor(const struct artifact_reader *r, const struct json *v,
			    struct oci_artifact_file *ret)
{
	CLEANUP_ERR struct error ignored = ERR_INIT;
	const struct json *size;

	if (!v || json_kind_of(v) != JSON_OBJECT)
		return false;
	size = json_get(v, "size");
	if (!size || json_kind_of(size) != JSON_INT || json_as_int(size) < 0)
		return false;
	ret->size = (uint64_t)json_as_int(size);
	ret->media_type = arena_str(r->arena, text_of(v, "mediaType"));
	return ret->media_type.len && ret->media_type.len <= TYPE_MAX &&
	       digest_parse(text_of(v, "digest"), &ret->digest, &ignored) == 0;
}

static int read_index(struct artifact_reader *r)
{
	CLEANUP_ARENA struct arena scratch = ARENA_INIT;
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_JSON_SIZE);
	const struct oci_file *file = oci_envelope_find(&r->envelope, "index.json");
	struct oci_artifact_file manifest = { 0 };
	const struct json *list, *notes;
	struct json *index;

	if (!file)
		return wrong(r, "it has no index.json");
	if (load(r, file, LIMIT_JSON_SIZE, &text) < 0 ||
	    json_parse(buf_bytes(&text), "index.json", &scratch, &index, r->err) < 0)
		return -1;
	list = json_kind_of(index) == JSON_OBJECT ? json_get(index, "manifests") : NULL;
	if (!list || json_kind_of(list) != JSON_ARRAY || json_length(list) != 1 ||
	    !read_descriptor(r, json_item(list, 0), &manifest) ||
	    !str_equal_cstr(manifest.media_type, TYPE_MANIFEST))
		return wrong(r, "index.json does not name one manifest");
	notes = json_get(json_item(list, 0), "annotations");
	if (notes && json_kind_of(notes) == JSON_OBJECT)
		r->a->tag = arena_str(r->arena, text_of(notes, NOTE_REF_NAME));
	r->a->manifest = manifest.digest;
	r->manifest_size = manifest.size;
	return 0;
}

static int read_layers(struct artifact_reader *r, const struct json *layers)
{
	size_t n = json_length(layers);

	if (n > OCI_ARTIFACT_FILES_MAX)
		return err_set(r->err, ERR_LIMIT, "'%s' holds %zu files; the limit is %u", r->name,
			       n, OCI_ARTIFACT_FILES_MAX);
	r->a->files = arena_array(r->arena, n, sizeof(*r->a->files));
	r->a->n_files = n;
	for (size_t i = 0; i < n; i++) {
		struct oci_artifact_file *f = &r->a->files[i];
		const struct json *layer = json_item(layers, i), *notes;

		if (!read_descriptor(r, layer, f))
			return wrong(r, "a broken descriptor of a file");
		notes = json_get(layer, "annotations");
		if (!notes || json_kind_of(notes) != JSON_OBJECT)
			return wrong(r, "a file without a name");
		f->name = arena_str(r->arena, text_of(notes, NOTE_TITLE));
		if (!f->name.len)
			return wrong(r, "a file without a name");
		if (i && str_compare(r->a->files[i - 1].name, f->name) >= 0)
			return wrong(r, "its files are out of order, or one stands twice");
	}
	return 0;
}

static int read_notes(struct artifact_reader *r, const struct json *notes)
{
	size_t n = notes && json_kind_of(notes) == JSON_OBJECT ? json_length(notes) : 0;

	r->a->notes = arena_array(r->arena, n, sizeof(*r->a->notes));
	r->a->n_notes = n;
	for (size_t i = 0; i < n; i++) {
		const struct json *v = json_member(notes, i);

		if (json_kind_of(v) != JSON_STRING)
			return wrong(r, "an annotation that is no text");
		r->a->notes[i].key = arena_str(r->arena, json_member_name(notes, i));
		r->a->notes[i].value = arena_str(r->arena, json_as_str(v));
	}
	return 0;
}

static int parse_manifest(struct artifact_reader *r, struct bytes text)
{
	CLEANUP_ARENA struct arena scratch = ARENA_INIT;
	const struct json *layers;
	struct json *manifest;

	if (json_parse(text, "the manifest", &scratch, &manifest, r->err) < 0)
		return err_while(r->err, "reading '%s'", r->name);
	if (json_kind_of(manifest) != JSON_OBJECT)
		return wrong(r, "its manifest is no object");
	if (!str_equal(text_of(manifest, "artifactType"), r->type)) {
		struct str is = text_of(manifest, "artifactType");

		return err_set(r->err, ERR_FORMAT,
			       "'%s' is %s" STR_FMT ", no artifact of type " STR_FMT, r->name,
			       is.len ? "of type " : "an image", STR_ARG(is), STR_ARG(r->type));
	}
	layers = json_get(manifest, "layers");
	if (!layers || json_kind_of(layers) != JSON_ARRAY)
		return wrong(r, "its manifest names no files");
	r->a->type = arena_str(r->arena, r->type);
	return read_layers(r, layers) < 0 ? -1 : read_notes(r, json_get(manifest, "annotations"));
}

static int read_manifest(struct artifact_reader *r)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_JSON_SIZE);
	CLEANUP_BUF struct buf again = BUF_INIT(SIZE_MAX / 2);
	const struct oci_file *file = find_blob(r, &r->a->manifest);
	char want[DIGEST_TEXT_MAX], got[DIGEST_TEXT_MAX];
	struct digest digest;

	if (!file)
		return wrong(r, "the manifest that index.json names is missing");
	if (load(r, file, LIMIT_JSON_SIZE, &text) < 0)
		return -1;
	digest = hash_bytes(buf_bytes(&text));
	if (file->size != r->manifest_size || !digest_equal(&digest, &r->a->manifest))
		return err_set(r->err, ERR_DIGEST, "'%s': the manifest: expected %s, got %s",
			       r->name, digest_format(&r->a->manifest, want),
			       digest_format(&digest, got));
	if (parse_manifest(r, buf_bytes(&text)) < 0)
		return -1;
	artifact_manifest_json(r->a, &again);
	if (!bytes_equal(buf_bytes(&text), buf_bytes(&again)))
		return wrong(r, "its manifest is not written as ingot writes it");
	return 0;
}

/* ---- every file of the tar ---- */

static int missing(const struct artifact_reader *r, const struct oci_artifact_file *f)
{
	char text[DIGEST_TEXT_MAX];

	return err_set(r->err, ERR_FORMAT, "'%s' lacks '" STR_FMT "' (%s)", r->name,
		       STR_ARG(f->name), digest_format(&f->digest, text));
}

/* Two names may be of one content. */
static size_t count_blobs(const struct artifact_reader *r, const struct digest *empty)
{
	CLEANUP_STRTAB struct strtab seen = STRTAB_INIT;

	strtab_put(&seen, bytes_str(BYTES_OF(empty->bytes)), 0);
	strtab_put(&seen, bytes_str(BYTES_OF(r->a->manifest.bytes)), 0);
	for (size_t i = 0; i < r->a->n_files; i++)
		strtab_put(&seen, bytes_str(BYTES_OF(r->a->files[i].digest.bytes)), 0);
	return seen.n;
}

static int find_files(struct artifact_reader *r)
{
	struct digest empty = hash_bytes(str_bytes(STR(EMPTY_JSON)));
	size_t expected = count_blobs(r, &empty) + 2; /* index.json, oci-layout */

	if (!find_blob(r, &empty) || !oci_envelope_find(&r->envelope, "oci-layout"))
		return wrong(r, "its empty config or its oci-layout is missing");
	for (size_t i = 0; i < r->a->n_files; i++) {
		struct oci_artifact_file *f = &r->a->files[i];
		const struct oci_file *blob = find_blob(r, &f->digest);

		if (!blob)
			return missing(r, f);
		if (blob->size != f->size)
			return err_set(r->err, ERR_DIGEST,
				       "'%s': '" STR_FMT "': expected %llu bytes, got %llu",
				       r->name, STR_ARG(f->name), (unsigned long long)f->size,
				       (unsigned long long)blob->size);
		f->offset = blob->offset;
	}
	if (r->envelope.n != expected)
		return err_set(r->err, ERR_FORMAT,
			       "'%s' holds %zu files that its manifest does not name", r->name,
			       r->envelope.n - expected);
	return 0;
}

/* ---- whether the tar is ours, too ---- */

struct walk {
	const struct artifact_reader *r;
	uint64_t at;
	bool same;
};

static int compare(struct walk *w, struct bytes expected)
{
	CLEANUP_FREE uint8_t *got = mem_alloc(expected.len);
	CLEANUP_SOURCE struct source *in = NULL;

	if (w->at > w->r->envelope.size || expected.len > w->r->envelope.size - w->at) {
		w->same = false;
		return 0;
	}
	in = source_of_fd(w->r->fd, w->at, expected.len, w->r->name);
	if (source_read_exactly(in, got, expected.len, w->r->err) < 0)
		return -1;
	w->same = memcmp(got, expected.ptr, expected.len) == 0;
	w->at += expected.len;
	return 0;
}

/* @content: ptr NULL if it is verified elsewhere. */
static int compare_member(struct walk *w, const char *path, bool folder, uint64_t size,
			  struct bytes content)
{
	static const uint8_t zeros[TAR_BLOCK_SIZE];
	CLEANUP_BUF struct buf header = BUF_INIT(1u << 16);
	struct tar_member m = { .path = str_of(path),
				.kind = folder ? NODE_DIRECTORY : NODE_FILE,
				.mode = folder ? 0755 : 0644,
				.size = size };
	struct sink *to = sink_to_buf(&header);
	int r = tar_write_header(&m, to, w->r->err);

	if (sink_close(to, w->r->err) < 0 || r < 0 || compare(w, buf_bytes(&header)) < 0)
		return -1;
	if (!w->same)
		return 0;
	if (content.ptr && compare(w, content) < 0)
		return -1;
	if (!content.ptr)
		w->at += size;
	if (!w->same || size % TAR_BLOCK_SIZE == 0)
		return 0;
	return compare(w, (struct bytes){ zeros, TAR_BLOCK_SIZE - size % TAR_BLOCK_SIZE });
}

static int by_digest(const void *a, const void *b)
{
	return digest_compare(&((const struct oci_artifact_file *)a)->digest,
			      &((const struct oci_artifact_file *)b)->digest);
}

static int compare_blobs(struct walk *w, struct oci_artifact_file *list, size_t n)
{
	qsort(list, n, sizeof(*list), by_digest);
	for (size_t i = 0; i < n && w->same; i++) {
		char hex[DIGEST_HEX_MAX], path[sizeof("blobs/sha256/") + DIGEST_HEX_MAX];

		if (i && digest_equal(&list[i - 1].digest, &list[i].digest))
			continue;
		snprintf(path, sizeof(path), "blobs/sha256/%s", digest_hex(&list[i].digest, hex));
		if (compare_member(w, path, false, list[i].size, (struct bytes){ 0 }) < 0)
			return -1;
	}
	return 0;
}

static int compare_end(struct walk *w)
{
	static const uint8_t zeros[2 * TAR_BLOCK_SIZE];
	CLEANUP_BUF struct buf index = BUF_INIT(LIMIT_JSON_SIZE);

	artifact_index_json(w->r->a, w->r->manifest_size, &index);
	if (compare_member(w, "index.json", false, index.len, buf_bytes(&index)) < 0)
		return -1;
	if (w->same && compare_member(w, "oci-layout", false, strlen(LAYOUT_JSON),
				      str_bytes(STR(LAYOUT_JSON))) < 0)
		return -1;
	if (w->same && compare(w, BYTES_OF(zeros)) < 0)
		return -1;
	w->same = w->same && w->at == w->r->envelope.size;
	return 0;
}

static int is_foreign(const struct artifact_reader *r, bool *ret)
{
	struct walk w = { .r = r, .same = true };
	const struct bytes none = { 0 };
	size_t n = r->a->n_files;
	CLEANUP_FREE struct oci_artifact_file *list = mem_array(n + 2, sizeof(*list));

	if (n)
		memcpy(list, r->a->files, n * sizeof(*list));
	list[n] = (struct oci_artifact_file){ .digest = hash_bytes(str_bytes(STR(EMPTY_JSON))),
					      .size = strlen(EMPTY_JSON) };
	list[n + 1] =
		(struct oci_artifact_file){ .digest = r->a->manifest, .size = r->manifest_size };
	if (compare_member(&w, "blobs", true, 0, none) < 0 ||
	    (w.same && compare_member(&w, "blobs/sha256", true, 0, none) < 0) ||
	    (w.same && compare_blobs(&w, list, n + 2) < 0) || (w.same && compare_end(&w) < 0))
		return -1;
	*ret = !w.same;
	return 0;
}

/* ---- */

static int read_all(struct artifact_reader *r)
{
	if (oci_envelope_scan(r->fd, r->name, &r->envelope, r->err) < 0)
		return err_while(r->err, "reading an artifact of type " STR_FMT, STR_ARG(r->type));
	if (read_index(r) < 0 || read_manifest(r) < 0 || find_files(r) < 0)
		return -1;
	return is_foreign(r, &r->a->is_foreign);
}

int oci_artifact_read(int fd, const char *name, struct str type, struct arena *arena,
		      struct oci_artifact *ret, struct error *err)
{
	struct oci_artifact a = { 0 };
	struct artifact_reader r = {
		.fd = fd, .name = name, .type = type, .arena = arena, .a = &a, .err = err
	};
	int result = read_all(&r);

	oci_envelope_release(&r.envelope);
	if (result == 0)
		*ret = a;
	return result;
}

bool oci_artifact_is_one(int fd, struct str type)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error ignored = ERR_INIT;
	struct oci_artifact a = { 0 };
	struct artifact_reader r = {
		.fd = fd, .name = "", .type = type, .arena = &arena, .a = &a, .err = &ignored
	};
	bool is_one;

	if (oci_envelope_scan(fd, "", &r.envelope, &ignored) == 0 && read_index(&r) == 0)
		is_one = read_manifest(&r) == 0;
	else
		is_one = false;
	oci_envelope_release(&r.envelope);
	return is_one;
}

#include "image/oci_artifact_private.h"

#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "format/json/json.h"
#include "image/oci_private.h"

static int by_name(const void *a, const void *b)
{
	return str_compare(((const struct oci_artifact_file *)a)->name,
			   ((const struct oci_artifact_file *)b)->name);
}

const struct oci_artifact_file *oci_artifact_find(const struct oci_artifact *a, struct str name)
{
	struct oci_artifact_file wanted = { .name = name };

	return a->n_files ? bsearch(&wanted, a->files, a->n_files, sizeof(wanted), by_name) : NULL;
}

/* ---- documents ---- */

static struct json *descriptor(struct arena *arena, struct str type, const struct digest *d,
			       uint64_t size)
{
	struct json *o = json_object(arena);
	char text[DIGEST_TEXT_MAX];

	json_set(o, "mediaType", json_str(arena, type));
	json_set(o, "digest", json_text(arena, digest_format(d, text)));
	json_set(o, "size", json_int(arena, (int64_t)size));
	return o;
}

static struct digest digest_of_empty(void)
{
	return hash_bytes(str_bytes(STR(EMPTY_JSON)));
}

void artifact_manifest_json(const struct oci_artifact *a, struct buf *to)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct json *manifest = json_object(&arena), *layers = json_array(&arena);
	struct json *notes = json_object(&arena);
	struct digest empty = digest_of_empty();

	for (size_t i = 0; i < a->n_files; i++) {
		const struct oci_artifact_file *f = &a->files[i];
		struct json *layer = descriptor(&arena, f->media_type, &f->digest, f->size);
		struct json *title = json_object(&arena);

		json_set(title, NOTE_TITLE, json_str(&arena, f->name));
		json_set(layer, "annotations", title);
		json_add(layers, layer);
	}
	for (size_t i = 0; i < a->n_notes; i++)
		json_set_str(notes, a->notes[i].key, json_str(&arena, a->notes[i].value));
	json_set(manifest, "schemaVersion", json_int(&arena, 2));
	json_set(manifest, "mediaType", json_text(&arena, TYPE_MANIFEST));
	json_set(manifest, "artifactType", json_str(&arena, a->type));
	json_set(manifest, "config",
		 descriptor(&arena, STR(TYPE_EMPTY), &empty, strlen(EMPTY_JSON)));
	json_set(manifest, "layers", layers);
	if (a->n_notes)
		json_set(manifest, "annotations", notes);
	json_write(manifest, to);
}

void artifact_index_json(const struct oci_artifact *a, uint64_t size, struct buf *to)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct json *index = json_object(&arena), *notes = json_object(&arena);
	struct json *entry = descriptor(&arena, STR(TYPE_MANIFEST), &a->manifest, size);

	json_set(notes, NOTE_REF_NAME, json_str(&arena, a->tag));
	json_set(entry, "artifactType", json_str(&arena, a->type));
	json_set(entry, "annotations", notes);
	json_set(index, "schemaVersion", json_int(&arena, 2));
	json_set(index, "mediaType", json_text(&arena, TYPE_INDEX));
	json_set(index, "manifests", json_add(json_array(&arena), entry));
	json_write(index, to);
}

/* ---- the tar ---- */

static int check_count(const struct oci_artifact *a, struct error *err)
{
	if (a->n_files <= OCI_ARTIFACT_FILES_MAX)
		return 0;
	return err_set(err, ERR_LIMIT, "%zu files are more than one artifact can hold (%u)",
		       a->n_files, OCI_ARTIFACT_FILES_MAX);
}

int oci_artifact_write(struct stage *stage, struct oci_artifact *a, struct sink *out,
		       struct error *err)
{
	CLEANUP_BUF struct buf manifest = BUF_INIT(SIZE_MAX / 2);
	CLEANUP_BUF struct buf index = BUF_INIT(LIMIT_JSON_SIZE);
	CLEANUP_FREE struct oci_blob *blobs = NULL;
	size_t n = a->n_files;

	if (check_count(a, err) < 0)
		return -1;
	if (n)
		qsort(a->files, n, sizeof(*a->files), by_name);
	for (size_t i = 1; i < n; i++)
		assert(by_name(&a->files[i - 1], &a->files[i]) < 0);
	artifact_manifest_json(a, &manifest);
	if (manifest.len > LIMIT_JSON_SIZE)
		return err_set(err, ERR_LIMIT, "the manifest of %zu files has %zu bytes", n,
			       manifest.len);
	a->manifest = hash_bytes(buf_bytes(&manifest));
	artifact_index_json(a, manifest.len, &index);
	blobs = mem_array(n + 2, sizeof(*blobs));
	for (size_t i = 0; i < n; i++)
		blobs[i] = (struct oci_blob){ .digest = a->files[i].digest,
					      .size = a->files[i].size,
					      .in_memory = a->files[i].in_memory,
					      .data = a->files[i].data,
					      .verify = true };
	blobs[n] = (struct oci_blob){ .digest = digest_of_empty(),
				      .size = strlen(EMPTY_JSON),
				      .in_memory = true,
				      .data = str_bytes(STR(EMPTY_JSON)) };
	blobs[n + 1] = (struct oci_blob){ .digest = a->manifest,
					  .size = manifest.len,
					  .in_memory = true,
					  .data = buf_bytes(&manifest) };
	return oci_tar_write(stage, blobs, n + 2, buf_bytes(&index), (struct bytes){ 0 }, out, err);
}

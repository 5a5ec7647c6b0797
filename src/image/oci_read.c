#include "image/oci_read.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "image/oci_envelope.h"

struct reader {
	int fd;
	const char *name;
	struct oci_envelope envelope;
	struct oci_image *image;
	enum oci_part part; /* at which it is */
	struct error *err;
};

/* What descriptors of an object may call it: OCI's name, then Docker's. */
static const char *const index_types[] = { "application/vnd.oci.image.index.v1+json", NULL };
static const char *const manifest_types[] = {
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.docker.distribution.manifest.v2+json", NULL,
};
static const char *const config_types[] = {
	"application/vnd.oci.image.config.v1+json",
	"application/vnd.docker.container.image.v1+json", NULL,
};

static const struct {
	const char *type;
	enum compress_format format;
} layer_types[] = {
	{ "application/vnd.oci.image.layer.v1.tar", COMPRESS_PLAIN },
	{ "application/vnd.oci.image.layer.v1.tar+gzip", COMPRESS_GZIP },
	{ "application/vnd.oci.image.layer.v1.tar+zstd", COMPRESS_ZSTD },
	{ "application/vnd.docker.image.rootfs.diff.tar", COMPRESS_PLAIN },
	{ "application/vnd.docker.image.rootfs.diff.tar.gzip", COMPRESS_GZIP },
	{ "application/vnd.docker.image.rootfs.diff.tar.zstd", COMPRESS_ZSTD },
};

static bool is_one_of(struct str type, const char *const *types)
{
	for (; *types; types++)
		if (str_equal_cstr(type, *types))
			return true;
	return false;
}

static int wrong(const struct reader *r, const char *where, const char *what)
{
	return err_set(r->err, ERR_FORMAT, "'%s' is no sound image: %s: %s", r->name, where, what);
}

/* The member of that kind, or NULL; *ret_wrong if it is there with another kind. */
static const struct json *member(const struct json *object, const char *name,
				 enum json_kind kind)
{
	const struct json *v = json_get(object, name);

	return v && json_kind_of(v) == kind ? v : NULL;
}

static struct str text_member(const struct json *object, const char *name)
{
	const struct json *v = member(object, name, JSON_STRING);

	return v ? json_as_str(v) : STR("");
}

struct descriptor {
	struct str media_type;
	struct digest digest;
	uint64_t size;
	const struct json *json;
};

static int parse_descriptor(const struct reader *r, const char *where, const struct json *v,
			    struct descriptor *ret)
{
	const struct json *size;

	if (!v || json_kind_of(v) != JSON_OBJECT)
		return wrong(r, where, "a descriptor is missing");
	size = member(v, "size", JSON_INT);
	if (!size || json_as_int(size) < 0)
		return wrong(r, where, "a descriptor without a size");
	if (json_get(v, "urls"))
		return err_set(r->err, ERR_UNSUPPORTED, "'%s': %s lies at a URL, outside the image",
			       r->name, where);
	ret->media_type = text_member(v, "mediaType");
	ret->size = (uint64_t)json_as_int(size);
	ret->json = v;
	if (digest_parse(text_member(v, "digest"), &ret->digest, r->err) < 0)
		return err_while(r->err, "reading the descriptor of %s in '%s'", where, r->name);
	return 0;
}

/* Where the blob lies. The size is checked before anything of it is read. */
static int find_blob(const struct reader *r, const char *where, const struct descriptor *d,
		     uint64_t *ret_offset)
{
	char hex[DIGEST_HEX_MAX], path[sizeof("blobs/sha256/") + DIGEST_HEX_MAX];
	const struct oci_file *file;

	snprintf(path, sizeof(path), "blobs/sha256/%s", digest_hex(&d->digest, hex));
	file = oci_envelope_find(&r->envelope, path);
	if (!file)
		return err_set(r->err, ERR_FORMAT, "'%s' has no %s, which is %s", r->name, path,
			       where);
	if (file->size != d->size)
		return err_set(r->err, ERR_DIGEST, "'%s': %s: expected %llu bytes, got %llu",
			       r->name, where, (unsigned long long)d->size,
			       (unsigned long long)file->size);
	*ret_offset = file->offset;
	return 0;
}

/* Loads, hashes and parses an object of JSON. */
static int load_json(const struct reader *r, const char *where, uint64_t offset, uint64_t size,
		     const struct digest *expected, struct digest *ret_digest, struct json **ret)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_JSON_SIZE);
	CLEANUP_SOURCE struct source *in = NULL;
	char want[DIGEST_TEXT_MAX], got[DIGEST_TEXT_MAX];
	struct digest digest;

	if (size > LIMIT_JSON_SIZE)
		return err_set(r->err, ERR_LIMIT, "'%s': %s has %llu bytes; the limit is %u",
			       r->name, where, (unsigned long long)size, LIMIT_JSON_SIZE);
	in = source_of_fd(r->fd, offset, size, r->name);
	if (source_read_all(in, &text, r->err) < 0)
		return -1;
	digest = hash_bytes(buf_bytes(&text));
	if (expected && !digest_equal(&digest, expected))
		return err_set(r->err, ERR_DIGEST, "'%s': %s: expected %s, got %s", r->name, where,
			       digest_format(expected, want), digest_format(&digest, got));
	if (json_parse(buf_bytes(&text), where, &r->image->arena, ret, r->err) < 0)
		return err_while(r->err, "reading '%s'", r->name);
	if (json_kind_of(*ret) != JSON_OBJECT)
		return wrong(r, where, "not an object");
	*ret_digest = digest;
	return 0;
}

static int load_blob(const struct reader *r, const char *where, const struct descriptor *d,
		     struct json **ret)
{
	struct digest digest;
	uint64_t offset = 0;

	if (find_blob(r, where, d, &offset) < 0)
		return -1;
	return load_json(r, where, offset, d->size, &d->digest, &digest, ret);
}

/*
 * An index taken for a manifest, or the other way round, would show one image
 * to one tool and another to the next (CVE-2021-41190).
 */
static int check_kind(const struct reader *r, const char *where, const struct json *v,
		      const char *const *types, const char *must_not_have)
{
	const struct json *version = member(v, "schemaVersion", JSON_INT);
	const struct json *type = json_get(v, "mediaType");

	if (!version || json_as_int(version) != 2)
		return wrong(r, where, "schemaVersion is not 2");
	if (type && (json_kind_of(type) != JSON_STRING || !is_one_of(json_as_str(type), types)))
		return wrong(r, where, "the media type is of another kind of object");
	if (json_get(v, must_not_have))
		return wrong(r, where, "it is a manifest and an index at once");
	return 0;
}

/* Provenance that BuildKit puts beside an image: for a platform that there is not. */
static bool is_attestation(const struct json *descriptor)
{
	const struct json *platform = member(descriptor, "platform", JSON_OBJECT);

	return platform && str_equal_cstr(text_member(platform, "architecture"), "unknown");
}

static int refuse_many(const struct reader *r, size_t n)
{
	(void)err_set(r->err, ERR_UNSUPPORTED, "'%s' holds %zu images; one is expected", r->name,
		      n);
	return err_hint(r->err,
			"'skopeo copy --override-arch ARCH oci-archive:%s oci-archive:FILE' takes "
			"one out (where they have tags: oci-archive:%s:TAG)",
			r->name, r->name);
}

/* The one image, or index of one image, that @index names. */
static int choose_manifest(const struct reader *r, const char *where, const struct json *index,
			   struct descriptor *ret)
{
	const struct json *manifests = member(index, "manifests", JSON_ARRAY), *found = NULL;
	size_t n = 0;

	for (size_t i = 0; manifests && i < json_length(manifests); i++) {
		const struct json *one = json_item(manifests, i);

		if (json_kind_of(one) == JSON_OBJECT && is_attestation(one))
			continue;
		found = n++ ? found : one;
	}
	if (!n)
		return wrong(r, where, "it names no manifest");
	return n > 1 ? refuse_many(r, n) : parse_descriptor(r, "the manifest", found, ret);
}

static int read_index(const struct reader *r, struct descriptor *ret_manifest)
{
	const struct oci_file *file = oci_envelope_find(&r->envelope, "index.json");
	struct oci_image *image = r->image;
	struct descriptor outer = { .json = NULL };
	const struct json *annotations;
	struct json *index;

	if (!file) {
		wrong(r, "index.json", "it is missing");
		return err_hint(r->err, "an image is a tar with an OCI layout; what a tar of a file "
				       "system holds, 'ingot diff', ls, show, why and export tell");
	}
	if (load_json(r, "index.json", file->offset, file->size, NULL, &image->index, &index) < 0 ||
	    check_kind(r, "index.json", index, index_types, "layers") < 0)
		return -1;
	image->index_document = index;
	if (choose_manifest(r, "index.json", index, ret_manifest) < 0)
		return -1;
	/* BuildKit and Docker 25 put an index of one platform and its attestations in between. */
	if (is_one_of(ret_manifest->media_type, index_types)) {
		struct descriptor inner = *ret_manifest;

		if (load_blob(r, "the index of the image", &inner, &index) < 0 ||
		    check_kind(r, "the index of the image", index, index_types, "layers") < 0 ||
		    choose_manifest(r, "the index of the image", index, &inner) < 0)
			return -1;
		outer = *ret_manifest;
		*ret_manifest = inner;
	}
	if (!is_one_of(ret_manifest->media_type, manifest_types))
		return err_set(r->err, ERR_UNSUPPORTED,
			       "'%s': index.json names a '" STR_FMT "', not an image manifest",
			       r->name, STR_ARG(ret_manifest->media_type));
	annotations = member((outer.json ? outer : *ret_manifest).json, "annotations", JSON_OBJECT);
	if (annotations) {
		image->tag = text_member(annotations, "org.opencontainers.image.ref.name");
		image->reference = text_member(annotations, "io.containerd.image.name");
	}
	return 0;
}

static int read_layer_descriptor(const struct reader *r, const struct json *v,
				 struct oci_image_layer *ret)
{
	struct descriptor d;

	if (parse_descriptor(r, "a layer", v, &d) < 0 ||
	    find_blob(r, "a layer", &d, &ret->offset) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(layer_types) / sizeof(*layer_types); i++) {
		if (!str_equal_cstr(d.media_type, layer_types[i].type))
			continue;
		ret->blob = d.digest;
		ret->size = d.size;
		ret->media_type = d.media_type;
		ret->format = layer_types[i].format;
		return 0;
	}
	return err_set(r->err, ERR_UNSUPPORTED, "'%s' has a layer of type '" STR_FMT "'", r->name,
		       STR_ARG(d.media_type));
}

static int read_manifest(const struct reader *r, const struct descriptor *d,
			 struct descriptor *ret_config)
{
	struct oci_image *image = r->image;
	const struct json *layers;
	struct json *manifest;

	image->manifest = d->digest;
	image->manifest_size = d->size;
	if (load_blob(r, "the manifest", d, &manifest) < 0 ||
	    check_kind(r, "the manifest", manifest, manifest_types, "manifests") < 0 ||
	    parse_descriptor(r, "the config", json_get(manifest, "config"), ret_config) < 0)
		return -1;
	if (!is_one_of(ret_config->media_type, config_types)) {
		struct str type = text_member(manifest, "artifactType");

		return err_set(r->err, ERR_UNSUPPORTED,
			       "'%s' is an artifact of type '" STR_FMT "', not an image", r->name,
			       STR_ARG(type.len ? type : ret_config->media_type));
	}
	image->manifest_document = manifest;
	image->annotations = member(manifest, "annotations", JSON_OBJECT);
	layers = member(manifest, "layers", JSON_ARRAY);
	if (!layers || json_length(layers) == 0)
		return wrong(r, "the manifest", "it has no layers");
	if (json_length(layers) > LIMIT_LAYERS)
		return err_set(r->err, ERR_LIMIT, "'%s' has %zu layers; the limit is %u", r->name,
			       json_length(layers), LIMIT_LAYERS);
	image->n_layers = json_length(layers);
	image->layers = arena_array(&image->arena, image->n_layers, sizeof(*image->layers));
	for (size_t i = 0; i < image->n_layers; i++)
		if (read_layer_descriptor(r, json_item(layers, i), &image->layers[i]) < 0)
			return -1;
	return 0;
}

static int read_diff_ids(const struct reader *r, const struct json *config)
{
	const struct json *rootfs = member(config, "rootfs", JSON_OBJECT);
	const struct json *ids = rootfs ? member(rootfs, "diff_ids", JSON_ARRAY) : NULL;
	struct oci_image *image = r->image;

	if (!ids || !str_equal_cstr(text_member(rootfs, "type"), "layers"))
		return wrong(r, "the config", "it has no rootfs of layers");
	if (json_length(ids) != image->n_layers)
		return wrong(r, "the config", "it has another number of layers than the manifest");
	for (size_t i = 0; i < image->n_layers; i++) {
		const struct json *id = json_item(ids, i);

		if (json_kind_of(id) != JSON_STRING)
			return wrong(r, "the config", "a diff id is no text");
		if (digest_parse(json_as_str(id), &image->layers[i].diff_id, r->err) < 0)
			return err_while(r->err, "reading the config of '%s'", r->name);
	}
	return 0;
}

/* History is for people; where it is there it must fit the layers (config.md). */
static int read_history(const struct reader *r, const struct json *config)
{
	const struct json *history = json_get(config, "history");
	struct oci_image *image = r->image;
	size_t layer = 0;

	if (!history || json_kind_of(history) == JSON_NULL)
		return 0;
	if (json_kind_of(history) != JSON_ARRAY)
		return wrong(r, "the config", "history is no list");
	for (size_t i = 0; i < json_length(history); i++) {
		const struct json *entry = json_item(history, i), *empty;

		if (json_kind_of(entry) != JSON_OBJECT)
			return wrong(r, "the config", "an entry of history is no object");
		empty = member(entry, "empty_layer", JSON_BOOL);
		if (empty && json_as_bool(empty))
			continue;
		if (layer < image->n_layers)
			image->layers[layer].created_by = text_member(entry, "created_by");
		layer++;
	}
	if (layer != image->n_layers && json_length(history))
		return wrong(r, "the config", "history has another number of layers");
	return 0;
}

static int read_config(const struct reader *r, const struct descriptor *d)
{
	struct oci_image *image = r->image;
	struct json *config;

	image->image_id = d->digest;
	image->config_size = d->size;
	if (load_blob(r, "the config", d, &config) < 0 || read_diff_ids(r, config) < 0 ||
	    read_history(r, config) < 0)
		return -1;
	image->config = config;
	image->architecture = text_member(config, "architecture");
	image->variant = text_member(config, "variant");
	image->os = text_member(config, "os");
	image->created = text_member(config, "created");
	if (!image->architecture.len || !image->os.len)
		return wrong(r, "the config", "it names no architecture or no system");
	return 0;
}

static int check_layout(const struct reader *r)
{
	const struct oci_file *file = oci_envelope_find(&r->envelope, "oci-layout");
	struct digest digest;
	struct json *layout;

	if (!file && oci_envelope_find(&r->envelope, "manifest.json")) {
		(void)err_set(r->err, ERR_UNSUPPORTED,
			      "'%s' is an image as 'docker save' writes it, without an OCI layout",
			      r->name);
		return err_hint(r->err,
				"'skopeo copy docker-archive:%s oci-archive:FILE' makes one that "
				"can be read",
				r->name);
	}
	if (!file) {
		wrong(r, "oci-layout", "it is missing");
		return err_hint(r->err, "an image is a tar with an OCI layout; what a tar of a file "
				       "system holds, 'ingot diff', ls, show, why and export tell");
	}
	if (load_json(r, "oci-layout", file->offset, file->size, NULL, &digest, &layout) < 0)
		return -1;
	if (!str_equal_cstr(text_member(layout, "imageLayoutVersion"), "1.0.0"))
		return err_set(r->err, ERR_UNSUPPORTED,
			       "'%s' has OCI layout version '" STR_FMT "'; 1.0.0 is expected",
			       r->name, STR_ARG(text_member(layout, "imageLayoutVersion")));
	return 0;
}

static int read_documents(struct reader *r)
{
	struct descriptor manifest, config;

	r->part = OCI_PART_TAR;
	if (oci_envelope_scan(r->fd, r->name, &r->envelope, r->err) < 0)
		return -1;
	r->image->size = r->envelope.size;
	r->part = OCI_PART_LAYOUT;
	if (check_layout(r) < 0)
		return -1;
	r->part = OCI_PART_INDEX;
	if (read_index(r, &manifest) < 0)
		return -1;
	r->part = OCI_PART_MANIFEST;
	if (read_manifest(r, &manifest, &config) < 0)
		return -1;
	r->part = OCI_PART_CONFIG;
	return read_config(r, &config);
}

int oci_read_documents(int fd, const char *name, struct oci_image **ret, enum oci_part *ret_part,
		       struct error *err)
{
	struct oci_image *image = mem_alloc(sizeof(*image));
	struct reader r = { .fd = fd, .name = name, .image = image, .err = err };
	int status = read_documents(&r);

	oci_envelope_release(&r.envelope);
	if (ret_part)
		*ret_part = r.part;
	if (status < 0) {
		oci_image_free(image);
		return -1;
	}
	*ret = image;
	return 0;
}

int oci_read(int fd, const char *name, unsigned n_threads, struct oci_image **ret,
	     struct error *err)
{
	CLEANUP_OCI_IMAGE struct oci_image *image = NULL;

	if (oci_read_documents(fd, name, &image, NULL, err) < 0 ||
	    oci_read_layers(fd, name, n_threads, OCI_ANY_TAR, image, err) < 0)
		return -1;
	*ret = TAKE_PTR(image);
	return 0;
}

void oci_image_free(struct oci_image *image)
{
	if (!image)
		return;
	arena_release(&image->arena);
	free(image);
}

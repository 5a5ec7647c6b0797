#include "image/oci_private.h"

#include "base/text.h"
#include "format/json/json.h"

/* OCI image-spec 1.1, media-types.md */
#define TYPE_INDEX    "application/vnd.oci.image.index.v1+json"
#define TYPE_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define TYPE_CONFIG   "application/vnd.oci.image.config.v1+json"
#define TYPE_LAYER    "application/vnd.oci.image.layer.v1.tar"

/* What Debian's own images have: a shell without it finds nothing. */
#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* GOARCH and GOARM, as the images of Debian itself have them */
static const struct {
	const char *debian, *architecture, *variant;
} architectures[] = {
	{ "amd64", "amd64", "" },	{ "arm64", "arm64", "v8" },
	{ "armel", "arm", "v5" },	{ "armhf", "arm", "v7" },
	{ "i386", "386", "" },		{ "loong64", "loong64", "" },
	{ "mips64el", "mips64le", "" }, { "ppc64el", "ppc64le", "" },
	{ "riscv64", "riscv64", "" },	{ "s390x", "s390x", "" },
};
#define N_ARCHITECTURES (sizeof(architectures) / sizeof(*architectures))

bool oci_architecture(struct str debian, struct str *ret_architecture, struct str *ret_variant)
{
	for (size_t i = 0; i < N_ARCHITECTURES; i++) {
		if (!str_equal_cstr(debian, architectures[i].debian))
			continue;
		*ret_architecture = str_of(architectures[i].architecture);
		*ret_variant = str_of(architectures[i].variant);
		return true;
	}
	return false;
}

bool oci_architecture_debian(struct str architecture, struct str variant, struct str *ret)
{
	for (size_t i = 0; i < N_ARCHITECTURES; i++) {
		if (!str_equal_cstr(architecture, architectures[i].architecture) ||
		    !str_equal_cstr(variant, architectures[i].variant))
			continue;
		*ret = str_of(architectures[i].debian);
		return true;
	}
	return false;
}

/* The caller has checked that the architecture is known. */
static void set_platform(const struct oci_input *in, struct arena *a, struct json *object)
{
	struct str architecture = in->architecture, variant = STR("");

	(void)oci_architecture(in->architecture, &architecture, &variant);
	json_set(object, "architecture", json_str(a, architecture));
	json_set(object, "os", json_text(a, "linux"));
	if (variant.len)
		json_set(object, "variant", json_str(a, variant));
}

static struct json *digest_value(struct arena *a, const struct digest *d)
{
	char text[DIGEST_TEXT_MAX];

	return json_text(a, digest_format(d, text));
}

static struct json *texts(struct arena *a, const struct str *v, size_t n)
{
	struct json *array = json_array(a);

	for (size_t i = 0; i < n; i++)
		json_add(array, json_str(a, v[i]));
	return array;
}

static struct json *pairs(struct arena *a, const struct recipe_pair *v, size_t n)
{
	struct json *object = json_object(a);

	for (size_t i = 0; i < n; i++)
		json_set_str(object, v[i].key, json_str(a, v[i].value));
	return object;
}

static bool has_variable(const struct recipe_target *t, struct str prefix)
{
	for (size_t i = 0; i < t->n_env; i++)
		if (str_has_prefix(t->env[i], prefix))
			return true;
	return false;
}

/* What every process of the image sees; the recipe's own words win. */
static struct json *environment(struct arena *a, const struct recipe *r,
				const struct recipe_target *t)
{
	struct json *array = json_array(a);

	if (!has_variable(t, STR("PATH=")))
		json_add(array, json_text(a, DEFAULT_PATH));
	if (r->locale.len && !has_variable(t, STR("LANG=")))
		json_add(array, json_text(a, arena_printf(a, "LANG=" STR_FMT, STR_ARG(r->locale))));
	for (size_t i = 0; i < t->n_env; i++)
		json_add(array, json_str(a, t->env[i]));
	return array;
}

/* config.md: a set is a map to empty objects. The same name twice is one. */
static struct json *set_of(struct arena *a, const struct str *v, size_t n, bool ports)
{
	struct json *object = json_object(a);

	for (size_t i = 0; i < n; i++) {
		bool bare = ports && str_find_char(v[i], '/') == v[i].len;
		char *name = arena_printf(a, STR_FMT "%s", STR_ARG(v[i]), bare ? "/tcp" : "");

		if (!json_get(object, name))
			json_set(object, name, json_object(a));
	}
	return object;
}

static struct json *execution(struct arena *a, const struct recipe *r,
			      const struct recipe_target *t)
{
	struct json *c = json_object(a);

	if (t->has_entrypoint)
		json_set(c, "Entrypoint", texts(a, t->entrypoint, t->n_entrypoint));
	if (t->has_cmd)
		json_set(c, "Cmd", texts(a, t->cmd, t->n_cmd));
	json_set(c, "Env", environment(a, r, t));
	if (t->n_ports)
		json_set(c, "ExposedPorts", set_of(a, t->ports, t->n_ports, true));
	if (t->n_labels)
		json_set(c, "Labels", pairs(a, t->labels, t->n_labels));
	if (t->stop_signal.len)
		json_set(c, "StopSignal", json_str(a, t->stop_signal));
	if (t->user.len)
		json_set(c, "User", json_str(a, t->user));
	if (t->n_volumes)
		json_set(c, "Volumes", set_of(a, t->volumes, t->n_volumes, false));
	if (t->workdir.len)
		json_set(c, "WorkingDir", json_str(a, t->workdir));
	return c;
}

static struct json *history(const struct oci_input *in, struct arena *a, const char *created,
			    size_t n)
{
	struct json *array = json_array(a);

	for (size_t i = 0; i < n; i++) {
		struct str name = i < in->n_layers ? in->layers[i].name : STR("empty");
		struct json *entry = json_object(a);

		json_set(entry, "created", json_text(a, created));
		json_set(entry, "created_by",
			 json_text(a, arena_printf(a, "ingot " STR_FMT, STR_ARG(name))));
		json_add(array, entry);
	}
	return array;
}

void oci_config_json(const struct oci_input *in, const struct oci_layer *layers, size_t n,
		     struct buf *to)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	struct json *config = json_object(&a), *rootfs = json_object(&a), *ids = json_array(&a);
	char created[TEXT_TIME_MAX];

	text_time(in->epoch, created);
	for (size_t i = 0; i < n; i++)
		json_add(ids, digest_value(&a, &layers[i].diff_id));
	json_set(rootfs, "type", json_text(&a, "layers"));
	json_set(rootfs, "diff_ids", ids);
	json_set(config, "created", json_text(&a, created));
	set_platform(in, &a, config);
	json_set(config, "config", execution(&a, in->recipe, in->target));
	json_set(config, "history", history(in, &a, created, n));
	json_set(config, "rootfs", rootfs);
	json_write(config, to);
}

static struct json *descriptor(struct arena *a, const char *type, const struct digest *d,
			       uint64_t size)
{
	struct json *object = json_object(a);

	json_set(object, "mediaType", json_text(a, type));
	json_set(object, "digest", digest_value(a, d));
	json_set(object, "size", json_int(a, (int64_t)size));
	return object;
}

static const char *layer_type(enum compression compression)
{
	switch (compression) {
	case COMPRESSION_ZSTD:
		return TYPE_LAYER "+zstd";
	case COMPRESSION_GZIP:
		return TYPE_LAYER "+gzip";
	case COMPRESSION_NONE:
		break;
	}
	return TYPE_LAYER;
}

void oci_manifest_json(const struct oci_input *in, const struct oci_layer *layers, size_t n,
		       const struct oci_blob *config, struct buf *to)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	const struct recipe_target *t = in->target;
	struct json *manifest = json_object(&a), *list = json_array(&a);

	for (size_t i = 0; i < n; i++)
		json_add(list, descriptor(&a, layer_type(t->compression), &layers[i].blob,
					  layers[i].size));
	json_set(manifest, "schemaVersion", json_int(&a, 2));
	json_set(manifest, "mediaType", json_text(&a, TYPE_MANIFEST));
	json_set(manifest, "config", descriptor(&a, TYPE_CONFIG, &config->digest, config->size));
	json_set(manifest, "layers", list);
	if (t->n_annotations)
		json_set(manifest, "annotations", pairs(&a, t->annotations, t->n_annotations));
	json_write(manifest, to);
}

/* The first part names a registry if it looks like a host, as Docker reads names. */
static bool names_registry(struct str reference)
{
	size_t slash = str_find_char(reference, '/');
	struct str first = { reference.ptr, slash };

	return slash < reference.len &&
	       (str_find_char(first, '.') < slash || str_find_char(first, ':') < slash ||
		str_equal_cstr(first, "localhost"));
}

/*
 * "web:1.4.0" is tag "1.4.0" of "localhost/web"; without a tag it is "latest".
 * A name without a registry would be taken for Docker Hub's by one reader, be
 * local to the next, and be found by no name in a third (Docker on containerd).
 */
static struct str full_reference(struct str reference, struct arena *a, struct str *ret_tag)
{
	const char *prefix = names_registry(reference) ? "" : "localhost/";
	size_t colon = reference.len;

	while (colon > 0 && reference.ptr[colon - 1] != ':' && reference.ptr[colon - 1] != '/')
		colon--;
	if (colon > 0 && reference.ptr[colon - 1] == ':') {
		*ret_tag = (struct str){ reference.ptr + colon, reference.len - colon };
		return str_of(arena_printf(a, "%s" STR_FMT, prefix, STR_ARG(reference)));
	}
	*ret_tag = STR("latest");
	return str_of(arena_printf(a, "%s" STR_FMT ":latest", prefix, STR_ARG(reference)));
}

void oci_index_json(const struct oci_input *in, const struct oci_blob *manifest, struct buf *to)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	struct json *index = json_object(&a), *platform = json_object(&a);
	struct json *annotations = json_object(&a), *entry;
	struct str tag, full = full_reference(in->reference, &a, &tag);

	set_platform(in, &a, platform);
	/* the tag for OCI tools, the whole name for containerd and docker */
	json_set(annotations, "org.opencontainers.image.ref.name", json_str(&a, tag));
	json_set(annotations, "io.containerd.image.name", json_str(&a, full));
	entry = descriptor(&a, TYPE_MANIFEST, &manifest->digest, manifest->size);
	json_set(entry, "platform", platform);
	json_set(entry, "annotations", annotations);
	json_set(index, "schemaVersion", json_int(&a, 2));
	json_set(index, "mediaType", json_text(&a, TYPE_INDEX));
	json_set(index, "manifests", json_add(json_array(&a), entry));
	json_write(index, to);
}

static struct json *blob_path(struct arena *a, const struct digest *d)
{
	char hex[DIGEST_HEX_MAX];

	return json_text(a, arena_printf(a, "blobs/sha256/%s", digest_hex(d, hex)));
}

void oci_docker_json(const struct oci_input *in, const struct oci_layer *layers, size_t n,
		     const struct oci_blob *config, struct buf *to)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	struct json *item = json_object(&a), *list = json_array(&a), *tags = json_array(&a);
	struct str tag, full = full_reference(in->reference, &a, &tag);

	for (size_t i = 0; i < n; i++)
		json_add(list, blob_path(&a, &layers[i].blob));
	json_set(item, "Config", blob_path(&a, &config->digest));
	json_set(item, "Layers", list);
	json_set(item, "RepoTags", json_add(tags, json_str(&a, full)));
	json_write(json_add(json_array(&a), item), to);
}

/* The documents that lie beside the blobs, or name them, made again and compared. */
#include "image/oci_account_private.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "image/oci_envelope.h"
#include "io/window.h"

void oci_texts_release(struct oci_texts *t)
{
	buf_release(&t->index);
	buf_release(&t->docker);
	buf_release(&t->manifest);
}

static enum compression compression_of(const struct oci_image *image)
{
	struct str type = image->layers[0].media_type;

	if (str_has_suffix(type, STR("+zstd")))
		return COMPRESSION_ZSTD;
	return str_has_suffix(type, STR("+gzip")) ? COMPRESSION_GZIP : COMPRESSION_NONE;
}

static void take_annotations(const struct oci_image *image, struct arena *arena,
			     struct recipe_target *to)
{
	const struct json *all = image->annotations;
	struct recipe_pair *list;

	if (!all)
		return;
	to->n_annotations = json_length(all);
	list = arena_array(arena, to->n_annotations, sizeof(*list));
	for (size_t i = 0; i < to->n_annotations; i++) {
		const struct json *v = json_member(all, i);

		list[i].key = json_member_name(all, i);
		/* an annotation that is no text is found by the comparison */
		list[i].value = json_kind_of(v) == JSON_STRING ? json_as_str(v) : STR("");
	}
	to->annotations = list;
}

static struct oci_layer *take_layers(const struct oci_image *image, struct arena *arena)
{
	struct oci_layer *list = arena_array(arena, image->n_layers, sizeof(*list));

	for (size_t i = 0; i < image->n_layers; i++) {
		list[i].blob = image->layers[i].blob;
		list[i].diff_id = image->layers[i].diff_id;
		list[i].size = image->layers[i].size;
	}
	return list;
}

int oci_texts_make(const struct oci_image *image, struct oci_texts *ret, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct recipe_target target = { .compression = compression_of(image) };
	struct oci_input in = { .target = &target, .reference = image->reference };
	const struct oci_layer *layers = take_layers(image, &arena);
	const struct oci_blob config = { .digest = image->image_id, .size = image->config_size };
	const struct oci_blob manifest = { .digest = image->manifest,
					   .size = image->manifest_size };

	if (!oci_architecture_debian(image->architecture, image->variant, &in.architecture))
		return err_set(err, ERR_UNSUPPORTED,
			       "the image is for architecture '" STR_FMT "', which is none of "
			       "Debian's",
			       STR_ARG(image->architecture));
	take_annotations(image, &arena, &target);
	ret->index.max = ret->docker.max = ret->manifest.max = 4ull * LIMIT_JSON_SIZE;
	oci_index_json(&in, &manifest, &ret->index);
	oci_docker_json(&in, layers, image->n_layers, &config, &ret->docker);
	oci_manifest_json(&in, layers, image->n_layers, &config, &ret->manifest);
	return 0;
}

static void add_excerpt(struct buf *to, struct bytes text, size_t at)
{
	size_t from = at < 16 ? 0 : at - 16, n = text.len - from < 40 ? text.len - from : 40;

	text_add_safe(to, bytes_str((struct bytes){ text.ptr + from, n }));
}

/* @where in the file holds exactly @want. */
static int compare(const struct window *in, const char *what, const struct oci_file *where,
		   const struct buf *want, struct error *err)
{
	CLEANUP_BUF struct buf got = BUF_INIT(LIMIT_JSON_SIZE), excerpt = BUF_INIT(4096);
	size_t at = 0;

	if (!where)
		return err_set(err, ERR_UNACCOUNTED, "'%s' has no %s", in->name, what);
	if (where->size > LIMIT_JSON_SIZE)
		return err_set(err, ERR_LIMIT, "'%s': %s has %llu bytes", in->name, what,
			       (unsigned long long)where->size);
	if (window_read(in, where->offset, buf_reserve(&got, (size_t)where->size),
			(size_t)where->size, err) < 0)
		return -1;
	got.len = (size_t)where->size;
	while (at < got.len && at < want->len && got.ptr[at] == want->ptr[at])
		at++;
	if (at == got.len && at == want->len)
		return 0;
	buf_add_cstr(&excerpt, "expected '");
	add_excerpt(&excerpt, buf_bytes(want), at);
	buf_add_cstr(&excerpt, "', found '");
	add_excerpt(&excerpt, buf_bytes(&got), at);
	buf_add_cstr(&excerpt, "'");
	return err_set(err, ERR_UNACCOUNTED,
		       "'%s': byte %llu: %s is not what follows from the config and the layers: %s",
		       in->name, (unsigned long long)(where->offset + at), what,
		       buf_cstr(&excerpt));
}

static const struct oci_file *find_blob(const struct oci_envelope *e, const struct digest *d)
{
	char hex[DIGEST_HEX_MAX], path[sizeof("blobs/sha256/") + DIGEST_HEX_MAX];

	snprintf(path, sizeof(path), "blobs/sha256/%s", digest_hex(d, hex));
	return oci_envelope_find(e, path);
}

/* The manifest and the config: what a registry has of an image, besides layers. */
static int compare_blobs(const struct window *in, const struct oci_envelope *e,
			 const struct oci_image *image, const struct oci_texts *texts,
			 struct error *err)
{
	CLEANUP_BUF struct buf config = BUF_INIT(4ull * LIMIT_JSON_SIZE);

	json_write(image->config, &config);
	if (compare(in, "the manifest", find_blob(e, &image->manifest), &texts->manifest, err) < 0)
		return -1;
	return compare(in, "the config", find_blob(e, &image->image_id), &config, err);
}

int oci_account_documents(int fd, const char *name, const struct oci_image *image,
			  struct error *err)
{
	CLEANUP_ENVELOPE struct oci_envelope e = { 0 };
	CLEANUP_OCI_TEXTS struct oci_texts texts = { 0 };
	const struct window in = { fd, name, 0, image->size };
	CLEANUP_BUF struct buf layout = BUF_INIT(100);

	if (oci_texts_make(image, &texts, err) < 0 || oci_envelope_scan(fd, name, &e, err) < 0)
		return -1;
	buf_add_cstr(&layout, "{\"imageLayoutVersion\":\"1.0.0\"}");
	if (compare(&in, "oci-layout", oci_envelope_find(&e, "oci-layout"), &layout, err) < 0 ||
	    compare(&in, "index.json", oci_envelope_find(&e, "index.json"), &texts.index, err) <
		    0 ||
	    compare(&in, "manifest.json", oci_envelope_find(&e, "manifest.json"), &texts.docker,
		    err) < 0)
		return -1;
	return compare_blobs(&in, &e, image, &texts, err);
}

/* Each file that the image names; two equal layers are one. */
static size_t count_own_files(const struct oci_envelope *e, const struct oci_image *image,
			      bool has_docker)
{
	size_t n = (size_t)has_docker + 4; /* oci-layout, index.json, manifest, config */

	for (size_t i = 0; i < image->n_layers; i++) {
		const struct oci_file *file = find_blob(e, &image->layers[i].blob);
		bool again = false;

		for (size_t k = 0; k < i && !again; k++)
			again = find_blob(e, &image->layers[k].blob) == file;
		n += file && !again;
	}
	return n;
}

int oci_account_repacked(int fd, const char *name, const struct oci_image *image, struct error *err)
{
	CLEANUP_ENVELOPE struct oci_envelope e = { 0 };
	CLEANUP_OCI_TEXTS struct oci_texts texts = { 0 };
	const struct window in = { fd, name, 0, image->size };
	const struct oci_file *docker;
	size_t n;

	if (oci_texts_make(image, &texts, err) < 0 || oci_envelope_scan(fd, name, &e, err) < 0)
		return -1;
	/* Docker loads what it names, whatever index.json says. */
	docker = oci_envelope_find(&e, "manifest.json");
	if (docker && compare(&in, "manifest.json", docker, &texts.docker, err) < 0)
		return -1;
	n = count_own_files(&e, image, docker);
	if (e.n != n) {
		(void)err_set(err, ERR_UNACCOUNTED,
			      "'%s' holds %zu files, and its image is made of %zu", name, e.n, n);
		return err_hint(err, "is it of a layout that holds more? 'skopeo copy "
				     "--preserve-digests oci:LAYOUT:TAG oci-archive:FILE' takes one "
				     "image out of it");
	}
	return compare_blobs(&in, &e, image, &texts, err);
}

#include "attest/provenance.h"

static struct json *sha256(const struct digest *digest, struct arena *arena)
{
	char hex[DIGEST_HEX_MAX];

	return json_set(json_object(arena), "sha256", json_text(arena, digest_hex(digest, hex)));
}

/* An in-toto ResourceDescriptor. */
static struct json *descriptor(const struct provenance_input *in, struct arena *arena)
{
	struct json *o = json_object(arena);

	json_set(o, "digest", sha256(&in->sha256, arena));
	if (in->name.len)
		json_set(o, "name", json_str(arena, in->name));
	if (in->uri.len)
		json_set(o, "uri", json_str(arena, in->uri));
	if (in->kind.len)
		json_set(o, "annotations",
			 json_set(json_object(arena), "kind", json_str(arena, in->kind)));
	return o;
}

static struct json *descriptors(const struct provenance_input *list, size_t n, struct arena *arena)
{
	struct json *array = json_array(arena);

	for (size_t i = 0; i < n; i++)
		json_add(array, descriptor(&list[i], arena));
	return array;
}

static struct json *digest_text(const struct digest *digest, struct arena *arena)
{
	char text[DIGEST_TEXT_MAX];

	return json_text(arena, digest_format(digest, text));
}

static struct json *external(const struct provenance *p, struct arena *arena)
{
	struct json *o = json_object(arena);

	json_set(o, "architecture", json_str(arena, p->architecture));
	json_set(o, "lockDigest", digest_text(&p->lock_digest, arena));
	json_set(o, "recipe", json_str(arena, p->recipe));
	json_set(o, "recipeDigest", digest_text(&p->recipe_digest, arena));
	return json_set(o, "target", json_str(arena, p->target));
}

static struct json *internal(const struct provenance *p, struct arena *arena)
{
	struct json *o = json_object(arena), *formats = json_object(arena);

	for (size_t i = 0; i < p->n_formats; i++)
		json_set_str(formats, p->formats[i].name, json_int(arena, p->formats[i].version));
	if (p->compressors.len)
		json_set(o, "compressors", json_str(arena, p->compressors));
	json_set(o, "epoch", json_int(arena, p->epoch));
	json_set(o, "evaluator", json_int(arena, p->evaluator));
	json_set(o, "formats", formats);
	return json_set(o, "outputFormat", json_int(arena, p->output_format));
}

struct json *provenance_build_definition(const struct provenance *p, struct arena *arena)
{
	struct json *o = json_object(arena);

	json_set(o, "buildType", json_text(arena, PROVENANCE_BUILD_TYPE));
	json_set(o, "externalParameters", external(p, arena));
	json_set(o, "internalParameters", internal(p, arena));
	return json_set(o, "resolvedDependencies", descriptors(p->inputs, p->n_inputs, arena));
}

struct json *provenance_predicate(const struct provenance *p, struct arena *arena)
{
	struct json *builder = json_object(arena), *run = json_object(arena);

	json_set(builder, "id",
		 p->builder_id.len ? json_str(arena, p->builder_id)
				   : json_text(arena, PROVENANCE_BUILDER_UNNAMED));
	json_set(builder, "version",
		 json_set(json_object(arena), "ingot", json_str(arena, p->version)));
	json_set(run, "builder", builder);
	json_set(run, "byproducts", descriptors(p->byproducts, p->n_byproducts, arena));
	return json_set(json_set(json_object(arena), "buildDefinition",
				 provenance_build_definition(p, arena)),
			"runDetails", run);
}

#include <stdio.h>

#include "base/text.h"
#include "cli/show.h"

static struct json *layer_json(const struct oci_image_layer *l, struct arena *a)
{
	struct json *o = json_object(a);
	char text[DIGEST_TEXT_MAX];

	json_set(o, "digest", json_text(a, digest_format(&l->blob, text)));
	json_set(o, "diff_id", json_text(a, digest_format(&l->diff_id, text)));
	json_set(o, "size", json_int(a, (int64_t)l->size));
	json_set(o, "diff_size", json_int(a, (int64_t)l->diff_size));
	json_set(o, "media_type", json_str(a, l->media_type));
	json_set(o, "history", json_str(a, l->created_by));
	return o;
}

struct json *show_image_json(const struct oci_image *i, struct arena *a)
{
	struct json *o = json_object(a), *layers = json_array(a);
	char text[DIGEST_TEXT_MAX];

	json_set(o, "image_id", json_text(a, digest_format(&i->image_id, text)));
	json_set(o, "manifest", json_text(a, digest_format(&i->manifest, text)));
	json_set(o, "reference", json_str(a, i->reference));
	json_set(o, "architecture", json_str(a, i->architecture));
	if (i->variant.len)
		json_set(o, "variant", json_str(a, i->variant));
	json_set(o, "os", json_str(a, i->os));
	json_set(o, "size", json_int(a, (int64_t)i->size));
	for (size_t k = 0; k < i->n_layers; k++)
		json_add(layers, layer_json(&i->layers[k], a));
	json_set(o, "layers", layers);
	json_set(o, "config", json_copy(a, i->config));
	return o;
}

static void print_list(const char *name, const struct json *list)
{
	if (!list || json_kind_of(list) != JSON_ARRAY || !json_length(list))
		return;
	printf("%-12s", name);
	for (size_t i = 0; i < json_length(list); i++) {
		putchar(' ');
		if (json_kind_of(json_item(list, i)) == JSON_STRING)
			app_print_str(json_as_str(json_item(list, i)));
	}
	putchar('\n');
}

static void print_names(const char *name, const struct json *map)
{
	if (!map || json_kind_of(map) != JSON_OBJECT || !json_length(map))
		return;
	printf("%-12s", name);
	for (size_t i = 0; i < json_length(map); i++) {
		putchar(' ');
		app_print_str(json_member_name(map, i));
	}
	putchar('\n');
}

static void print_text(const char *name, const struct json *value)
{
	if (!value || json_kind_of(value) != JSON_STRING || !json_as_str(value).len)
		return;
	printf("%-12s ", name);
	app_print_str(json_as_str(value));
	putchar('\n');
}

static void print_config(const struct json *config)
{
	const struct json *c = json_get(config, "config");

	print_text("created", json_get(config, "created"));
	if (!c || json_kind_of(c) != JSON_OBJECT)
		return;
	print_list("entrypoint", json_get(c, "Entrypoint"));
	print_list("cmd", json_get(c, "Cmd"));
	print_list("env", json_get(c, "Env"));
	print_text("workdir", json_get(c, "WorkingDir"));
	print_text("user", json_get(c, "User"));
	print_names("ports", json_get(c, "ExposedPorts"));
	print_names("volumes", json_get(c, "Volumes"));
	print_text("stop signal", json_get(c, "StopSignal"));
}

void show_image_text(const struct oci_image *i)
{
	char text[DIGEST_TEXT_MAX], size[TEXT_SIZE_MAX];

	printf("%-12s ", "reference");
	app_print_str(i->reference);
	printf("\n%-12s %s\n", "image id", digest_format(&i->image_id, text));
	printf("%-12s %s\n", "manifest", digest_format(&i->manifest, text));
	printf("%-12s ", "platform");
	app_print_str(i->os);
	putchar('/');
	app_print_str(i->architecture);
	if (i->variant.len) {
		putchar('/');
		app_print_str(i->variant);
	}
	putchar('\n');
	print_config(i->config);
	printf("%-12s %s\n\n", "size", text_size(i->size, size));
	for (size_t k = 0; k < i->n_layers; k++) {
		const struct oci_image_layer *l = &i->layers[k];

		printf("%3zu  %9s  %.19s  ", k + 1, text_size(l->size, size),
		       digest_format(&l->blob, text));
		app_print_str(l->created_by);
		putchar('\n');
	}
}

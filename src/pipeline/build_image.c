/* An image for containers: the tree in slices, one tar. */
#include "pipeline/build_private.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/text.h"
#include "image/oci.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/workers.h"
#include "pipeline/statements.h"

int build_slice(const struct assembly *a, struct arena *arena, struct oci_input *ret,
		struct error *err)
{
	struct slice_layer *layers;
	struct oci_layer_input *list;
	uint32_t *slice_of;
	size_t n;

	if (compose_slice(a->output.tree, &a->input, arena, &slice_of, &layers, &n, err) < 0)
		return -1;
	list = arena_array(arena, n, sizeof(*list));
	for (size_t i = 0; i < n; i++)
		list[i] = (struct oci_layer_input){ layers[i].name, layers[i].slice };
	*ret = (struct oci_input){
		.tree = a->output.tree,
		.slice_of = slice_of,
		.layers = list,
		.n_layers = n,
		.recipe = a->input.recipe,
		.target = a->input.target,
		.architecture = a->input.architecture,
		.epoch = a->input.epoch,
		.reference = str_of(arena_printf(arena, STR_FMT ":" STR_FMT,
						 STR_ARG(a->input.recipe->name),
						 STR_ARG(a->input.recipe->version))),
	};
	/* Layers are written by several threads that read one tree. */
	tree_freeze(a->output.tree);
	return 0;
}

/* What reads the finished tree, at the same time. */
struct image_work {
	struct building *building;
	const struct package_set *set;
	const struct assembly *assembly;
	const struct oci_input *in;
	struct build_output *out;
	struct oci_output *image;
	struct statement_texts *texts;
};

static int write_image(const struct image_work *w, struct error *err)
{
	CLEANUP_DRAFT struct file_draft draft = FILE_DRAFT_INIT;
	CLEANUP_FREE char *name = mem_str(w->out->file);
	struct building *b = w->building;
	struct sink *sink;

	if (!b->options->discard && file_draft_open(&draft, b->outputs, name, 0666, err) < 0) {
		(void)err_while(err, "writing to '%s'", b->context->outputs_path);
		return err_hint(err, "'--outputs DIR' writes elsewhere");
	}
	sink = b->options->discard ? sink_to_nothing() : sink_to_fd(draft.fd, name);
	if (oci_build(b->context->stage, w->in, b->context->n_threads, &b->result->arena, sink,
		      w->image, err) < 0) {
		(void)!sink_close(sink, err);
		return err_while(err, "writing '%s'", name);
	}
	if (sink_close(sink, err) < 0 || build_publish(b, &draft, err) < 0)
		return err_while(err, "writing '%s'", name);
	return 0;
}

static int work_on_image(void *context, size_t i, struct error *err)
{
	const struct image_work *w = context;

	if (i == 0)
		return write_image(w, err);
	return statement_texts_make(w->building, w->in->target, w->set, w->assembly, w->in->layers,
				    w->in->n_layers, w->texts, err);
}

static bool is_same(const struct debian_first_boot *a, const struct debian_first_boot *b)
{
	return str_equal(a->package, b->package) && str_equal(a->what, b->what);
}

/* What containers must make at start, of all targets; each once. */
static void add_at_start(struct build_result *result, const struct debian_report *report)
{
	struct arena *arena = &result->arena;
	struct debian_first_boot *all =
		arena_array(arena, result->n_at_start + report->n_first_boot + 1, sizeof(*all));
	size_t n = result->n_at_start;

	if (n)
		memcpy(all, result->at_start, n * sizeof(*all));
	for (size_t i = 0; i < report->n_first_boot; i++) {
		const struct debian_first_boot *b = &report->first_boot[i];
		bool known = false;

		for (size_t k = 0; k < n && !known; k++)
			known = is_same(&all[k], b);
		if (!known)
			all[n++] = (struct debian_first_boot){
				.package = arena_str(arena, b->package),
				.what = arena_str(arena, b->what),
				.text = arena_str(arena, b->text),
				.command = arena_str(arena, b->command),
				.path = arena_str(arena, b->path),
			};
	}
	result->at_start = all;
	result->n_at_start = n;
}

static int keep_layers(struct building *b, const struct package_set *set,
		       const struct build_output *out, const struct oci_output *image,
		       struct error *err)
{
	CLEANUP_FREE struct digest *blobs = mem_array(image->n_layers + 1, sizeof(*blobs));

	for (size_t i = 0; i < image->n_layers; i++)
		blobs[i] = image->layers[i].blob;
	return build_keep(b, set, out, blobs, image->n_layers, err);
}

int build_image(struct building *b, const struct recipe_target *t, const struct package_set *set,
		struct build_output *out, struct statement_texts *texts, struct error *err)
{
	CLEANUP_ASSEMBLY struct assembly a = { 0 };
	struct oci_output image = { 0 };
	struct oci_input in;
	struct image_work work = { b, set, &a, &in, out, &image, texts };
	uint64_t start = clock_nanoseconds(), composed;

	if (assembly_make(b->context, b->recipe, t, b->lock, set, &b->inputs, &a, err) < 0)
		return -1;
	composed = clock_nanoseconds();
	add_at_start(b->result, &a.output.report);
	b->result->timings.compose += composed - start;
	if (build_slice(&a, &b->result->arena, &in, err) < 0 ||
	    workers_run(b->context->n_threads, b->options->discard ? 1 : 2, work_on_image, &work,
			err) < 0)
		return -1;
	out->digest = image.digest;
	out->size = image.size;
	out->image_id = image.image_id;
	out->manifest = image.manifest;
	out->index = image.index;
	out->n_layers = (uint32_t)image.n_layers;
	for (size_t i = 0; i < image.n_layers; i++) {
		char size[TEXT_SIZE_MAX], text[DIGEST_TEXT_MAX];

		out->n_layers_reused += image.layers[i].was_hit;
		context_detail(b->context, "layer %zu: %s, %s, %s", i + 1,
			       digest_format(&image.layers[i].blob, text),
			       text_size(image.layers[i].size, size),
			       image.layers[i].was_hit ? "reused" : "made");
	}
	out->nanoseconds = clock_nanoseconds() - start;
	b->result->timings.write += clock_nanoseconds() - composed;
	return keep_layers(b, set, out, &image, err);
}

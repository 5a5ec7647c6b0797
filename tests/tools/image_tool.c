/*
 * image_tool - trees of tests/tools/tree_text.h as archives, for scripts.
 *
 *   image_tool tar INPUT.tree > X.tar
 *   image_tool random-tar SEED N > X.tar
 *   image_tool check < X.tar                     tar_check(): members, one a line
 *   image_tool oci INPUT.tree zstd|gzip|none ARCH STAGE THREADS > X.oci.tar
 *   image_tool random-oci SEED N COMPRESSION ARCH STAGE THREADS > X.oci.tar
 *   image_tool pack zstd|gzip < X > Y            a file as one stream, as layers are packed
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "compress/compress.h"
#include "format/tar/tar.h"
#include "image/oci.h"
#include "io/file.h"
#include "tools/tree_text.h"

#define EPOCH 1700000000

static int load_tree(const char *path, struct tree **ret, uint32_t **ret_slices,
		     struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(64u << 20);
	int r = file_load(AT_FDCWD, path, &text, err);

	if (r)
		return r < 0 ? -1 : err_set(err, ERR_USAGE, "'%s' is missing", path);
	return tree_text_parse(buf_str(&text), ret, ret_slices, err);
}

/* Random trees are cut into four layers, hard links by their inode. */
static uint32_t *random_slices(struct tree *t)
{
	uint32_t *v = arena_array(tree_arena(t), tree_serial_count(t) + 1, sizeof(*v));
	struct tree_iter it = tree_iter(t, tree_root(t));

	for (struct node *n; (n = tree_next(&it));)
		v[n->serial] = n->inode->serial % 4;
	return v;
}

static int write_tar(const struct tree *t, struct error *err)
{
	struct tar_tree_options o = { .epoch = EPOCH };
	struct sink *out = sink_to_fd(STDOUT_FILENO, "standard output");
	int r = tar_write_tree(t, &o, out, err);

	if (r < 0)
		out->failed = true;
	return sink_close(out, err) < 0 ? -1 : r;
}

static int print_member(void *context, const struct tar_member *m, struct error *err)
{
	(void)context, (void)err;
	printf("%d %04o %u %u %lld %llu /" STR_FMT "%s" STR_FMT "\n",
	       m->hard_link ? 0 : (int)m->kind, m->mode, m->uid, m->gid, (long long)m->mtime,
	       (unsigned long long)m->size, STR_ARG(m->path), m->target.len ? " -> " : "",
	       STR_ARG(m->target));
	return 0;
}

static enum compression compression_of(const char *name)
{
	return strcmp(name, "zstd") == 0   ? COMPRESSION_ZSTD
	       : strcmp(name, "gzip") == 0 ? COMPRESSION_GZIP
					   : COMPRESSION_NONE;
}

static int write_image(struct tree *t, const uint32_t *slices, uint32_t n_slices, char **argv,
		       struct error *err)
{
	CLEANUP_STAGE struct stage *stage = NULL;
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_FREE char *key = NULL;
	struct oci_layer_input layers[8];
	struct str entrypoint[] = { STR("/bin/hello"), STR("\xc3\xa4 & <b>") };
	struct str ports[] = { STR("80"), STR("443/tcp"), STR("53/udp") };
	struct recipe_pair labels[] = { { .key = STR("a"), .value = STR("1") },
					{ .key = STR("b"), .value = STR("\"2\"") } };
	struct recipe_target target = {
		.name = STR("container"), .type = TARGET_OCI, .has_entrypoint = true,
		.entrypoint = entrypoint, .n_entrypoint = 2, .ports = ports, .n_ports = 3,
		.labels = labels, .n_labels = 2, .annotations = labels, .n_annotations = 2,
		.user = STR("0:0"), .workdir = STR("/"), .stop_signal = STR("SIGQUIT"),
		.compression = compression_of(argv[0]),
	};
	struct recipe recipe = { .locale = { NULL, 0 } };
	struct oci_input in = { .tree = t, .slice_of = slices, .layers = layers,
				.n_layers = n_slices, .recipe = &recipe, .target = &target,
				.architecture = str_of(argv[1]), .epoch = EPOCH,
				.reference = STR("web:1.4.0") };
	struct oci_output output;
	struct sink *out;
	char text[DIGEST_TEXT_MAX];
	int r;

	for (uint32_t i = 0; i < n_slices; i++)
		layers[i] = (struct oci_layer_input){ STR("packages: some"), i };
	if (asprintf(&key, "%s.key", argv[2]) < 0 ||
	    stage_open(argv[2], key, &stage, err) < 0)
		return -1;
	out = sink_to_fd(STDOUT_FILENO, "standard output");
	r = oci_build(stage, &in, (unsigned)strtoul(argv[3], NULL, 10), &arena, out, &output, err);
	if (r < 0)
		out->failed = true;
	if (sink_close(out, err) < 0 || r < 0)
		return -1;
	fprintf(stderr, "image %s\n", digest_format(&output.image_id, text));
	fprintf(stderr, "tar %s %llu\n", digest_format(&output.digest, text),
		(unsigned long long)output.size);
	for (size_t i = 0; i < output.n_layers; i++)
		fprintf(stderr, "layer %s %llu %llu %s\n",
			digest_format(&output.layers[i].blob, text),
			(unsigned long long)output.layers[i].size,
			(unsigned long long)output.layers[i].diff_size,
			output.layers[i].was_hit ? "hit" : "made");
	return 0;
}

static int pack(const char *format, struct error *err)
{
	CLEANUP_SOURCE struct source *in = source_of_fd(STDIN_FILENO, 0, UINT64_MAX, "input");
	struct sink *out = sink_to_fd(STDOUT_FILENO, "standard output");
	struct sink *s = strcmp(format, "gzip") == 0 ? compress_gzip(out)
						     : compress_zstd(out, UINT64_MAX);
	int r = source_copy(in, s, err);

	if (r < 0)
		s->failed = true;
	if (sink_close(s, err) < 0)
		r = -1;
	return sink_close(out, err) < 0 ? -1 : r;
}

static uint32_t slices_used(const struct tree *t, const uint32_t *slices)
{
	uint32_t n = 1;

	for (uint32_t i = 0; i < tree_serial_count(t); i++)
		if (slices[i] >= n)
			n = slices[i] + 1;
	return n;
}

static int run(int argc, char **argv, struct error *err)
{
	CLEANUP_TREE struct tree *t = NULL;
	uint32_t *slices = NULL;

	if (argc == 3 && strcmp(argv[1], "tar") == 0)
		return load_tree(argv[2], &t, NULL, err) < 0 ? -1 : write_tar(t, err);
	if (argc == 4 && strcmp(argv[1], "random-tar") == 0) {
		t = tree_random(strtoull(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10));
		return write_tar(t, err);
	}
	if (argc == 2 && strcmp(argv[1], "check") == 0) {
		CLEANUP_SOURCE struct source *in =
			source_of_fd(STDIN_FILENO, 0, UINT64_MAX, "input");

		return tar_check(in, print_member, NULL, err);
	}
	if (argc == 7 && strcmp(argv[1], "oci") == 0) {
		if (load_tree(argv[2], &t, &slices, err) < 0)
			return -1;
		return write_image(t, slices, slices_used(t, slices), argv + 3, err);
	}
	if (argc == 8 && strcmp(argv[1], "random-oci") == 0) {
		t = tree_random(strtoull(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10));
		return write_image(t, random_slices(t), 4, argv + 4, err);
	}
	if (argc == 3 && strcmp(argv[1], "pack") == 0)
		return pack(argv[2], err);
	return err_set(err, ERR_USAGE, "see the head of tests/tools/image_tool.c");
}

int main(int argc, char **argv)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	if (run(argc, argv, &err) == 0)
		return 0;
	err_print(&err, stderr);
	return err_exit_status(&err);
}

#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "io/interrupt.h"
#include "tools/golden.h"
#include "unit/image/oci_fixture.h"

static const char three_layers[] =
	"dir /etc 0755 0 0\nfile /etc/a 0644 0 0 0 aaa\nfile /etc/b 0644 0 0 0 bbb\n"
	"slice /etc/b 1\nfile /c 0600 5 5 7 {9000:c}\nslice /c 2\nlink /d /c\nslice /d 2";

/* The member @name of a tar of ours: its content. */
static struct str member(const struct buf *tar, const char *name)
{
	for (size_t at = 0; at + 512 <= tar->len;) {
		const char *header = (const char *)tar->ptr + at;
		size_t size = strtoul(header + 124, NULL, 8);

		if (strcmp(header, name) == 0)
			return (struct str){ header + 512, size };
		at += 512 + ((size + 511) & ~(size_t)511);
	}
	cr_assert_fail("no member %s", name);
	abort();
}

static struct str blob(const struct buf *tar, const struct digest *d)
{
	char hex[DIGEST_HEX_MAX], name[100];

	snprintf(name, sizeof(name), "blobs/sha256/%s", digest_hex(d, hex));
	return member(tar, name);
}

static struct fixture golden_fixture;

static struct digest digest_of(const char *name, const struct golden_case *c)
{
	struct recipe_target gzip = { .compression = COMPRESSION_GZIP };
	struct recipe_target zstd = { .compression = COMPRESSION_ZSTD };
	struct image_spec spec = { .tree = c->tree, .slices = c->slices };
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 24), packed = BUF_INIT(1u << 24);
	struct oci_output plain, other;

	spec.n_layers = strcmp(name, "no-layers") == 0 ? 0 : strcmp(name, "layers") == 0 ? 3 : 2;
	fixture_build(&golden_fixture, &spec, &arena, &tar, &plain);
	cr_assert_eq(plain.size, tar.len);
	/* the identity does not depend on the compressor */
	spec.target = gzip;
	fixture_build(&golden_fixture, &spec, &arena, &packed, &other);
	cr_assert(digest_equal(&plain.image_id, &other.image_id));
	spec.target = zstd;
	fixture_build(&golden_fixture, &spec, &arena, &packed, &other);
	cr_assert(digest_equal(&plain.image_id, &other.image_id));
	return plain.digest;
}

Test(oci, golden_cases_keep_their_bytes)
{
	fixture_open(&golden_fixture);
	cr_assert_geq(golden_run("oci", OCI_WRITER_VERSION, digest_of), 3);
	fixture_close(&golden_fixture);
}

Test(oci, digests_and_sizes_are_those_of_the_bytes)
{
	struct fixture f;
	uint32_t *slices;
	CLEANUP_TREE struct tree *t = fixture_tree(three_layers, &slices);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 24);
	struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 3 };
	struct oci_output out;
	struct digest d;

	fixture_open(&f);
	fixture_build(&f, &spec, &arena, &tar, &out);
	d = hash_bytes(buf_bytes(&tar));
	cr_assert(digest_equal(&d, &out.digest));
	cr_assert_eq(out.size, tar.len);
	cr_assert_eq(out.n_layers, 3);
	d = hash_bytes(str_bytes(blob(&tar, &out.image_id)));
	cr_assert(digest_equal(&d, &out.image_id));
	d = hash_bytes(str_bytes(blob(&tar, &out.manifest)));
	cr_assert(digest_equal(&d, &out.manifest));
	d = hash_bytes(str_bytes(member(&tar, "index.json")));
	cr_assert(digest_equal(&d, &out.index));
	for (size_t i = 0; i < 3; i++) {
		struct str b = blob(&tar, &out.layers[i].blob);

		d = hash_bytes(str_bytes(b));
		cr_assert(digest_equal(&d, &out.layers[i].blob));
		cr_assert(digest_equal(&d, &out.layers[i].diff_id)); /* not compressed */
		cr_assert_eq(b.len, out.layers[i].size);
		cr_assert_eq(b.len, out.layers[i].diff_size);
	}
	cr_assert(str_equal(member(&tar, "oci-layout"), STR("{\"imageLayoutVersion\":\"1.0.0\"}")));
	fixture_close(&f);
}

Test(oci, threads_and_a_warm_stage_change_no_byte)
{
	uint32_t *slices;
	CLEANUP_TREE struct tree *t = fixture_tree(three_layers, &slices);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf first = BUF_INIT(1u << 24);

	for (unsigned threads = 1; threads <= 8; threads *= 2) {
		struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 3,
					   .target = { .compression = COMPRESSION_ZSTD },
					   .n_threads = threads };
		CLEANUP_BUF struct buf cold = BUF_INIT(1u << 24), warm = BUF_INIT(1u << 24);
		struct oci_output out;
		struct fixture f;

		fixture_open(&f);
		fixture_build(&f, &spec, &arena, &cold, &out);
		for (size_t i = 0; i < 3; i++)
			cr_assert_not(out.layers[i].was_hit);
		fixture_reopen(&f);
		fixture_build(&f, &spec, &arena, &warm, &out);
		for (size_t i = 0; i < 3; i++)
			cr_assert(out.layers[i].was_hit);
		cr_assert(bytes_equal(buf_bytes(&cold), buf_bytes(&warm)));
		if (threads == 1)
			buf_add(&first, cold.ptr, cold.len);
		cr_assert(bytes_equal(buf_bytes(&first), buf_bytes(&cold)));
		fixture_close(&f);
	}
}

Test(oci, a_change_rewrites_the_layer_that_holds_it_and_no_other)
{
	struct fixture f;
	uint32_t *slices;
	CLEANUP_TREE struct tree *t = fixture_tree(three_layers, &slices);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 24);
	struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 3 };
	struct content c = content_of_bytes(str_bytes(STR("BBB")));
	struct oci_output before, after;

	fixture_open(&f);
	fixture_build(&f, &spec, &arena, &tar, &before);
	tree_set_content(tree_find(t, STR("etc/b")), &c, 0);
	fixture_build(&f, &spec, &arena, &tar, &after);
	cr_assert(after.layers[0].was_hit);
	cr_assert_not(after.layers[1].was_hit);
	cr_assert(after.layers[2].was_hit);
	cr_assert_not(digest_equal(&before.image_id, &after.image_id));
	/* a parent's attributes are in each layer that has it */
	tree_set_mode(tree_find(t, STR("etc")), 0700, 0);
	fixture_build(&f, &spec, &arena, &tar, &after);
	cr_assert_not(after.layers[0].was_hit);
	cr_assert_not(after.layers[1].was_hit);
	cr_assert(after.layers[2].was_hit);
	/* another compression is another blob */
	spec.target.compression = COMPRESSION_GZIP;
	fixture_build(&f, &spec, &arena, &tar, &after);
	cr_assert_not(after.layers[2].was_hit);
	fixture_close(&f);
}

/* A reader that must never be asked. */
Test(oci, a_hit_reads_no_content)
{
	struct fixture f;
	uint32_t *slices;
	CLEANUP_TREE struct tree *t = fixture_tree("file /a 0644 0 0 0", &slices);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 24);
	struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 1 };
	struct error err = ERR_INIT;
	struct digest object;
	struct content c;
	struct oci_output out;

	fixture_open(&f);
	cr_assert_eq(stage_put(f.stage, str_bytes(STR("content")), &object, &err), 0);
	c = content_of_bytes(str_bytes(STR("content")));
	c.where = CONTENT_OBJECT;
	c.object = &object;
	tree_set_content(tree_find(t, STR("a")), &c, 0);
	fixture_build(&f, &spec, &arena, &tar, &out);
	stage_quarantine(f.stage, &object);
	fixture_build(&f, &spec, &arena, &tar, &out);
	cr_assert(out.layers[0].was_hit);
	fixture_close(&f);
}

static void object_path(const struct fixture *f, const struct digest *d, char path[200])
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(d, hex);
	snprintf(path, 200, "%s/stage/objects/%.2s/%s", f->folder, hex, hex + 2);
}

Test(oci, a_poisoned_layer_is_made_again)
{
	struct fixture f;
	uint32_t *slices;
	CLEANUP_TREE struct tree *t = fixture_tree(three_layers, &slices);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf cold = BUF_INIT(1u << 24), again = BUF_INIT(1u << 24);
	struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 3 };
	struct oci_output out;
	char path[200];
	FILE *file;

	fixture_open(&f);
	fixture_build(&f, &spec, &arena, &cold, &out);
	object_path(&f, &out.layers[1].blob, path);
	cr_assert_eq(chmod(path, 0644), 0);
	file = fopen(path, "r+");
	cr_assert_not_null(file);
	cr_assert_eq(fseek(file, 700, SEEK_SET), 0);
	fputc('!', file);
	fclose(file);
	object_path(&f, &out.layers[2].blob, path);
	cr_assert_eq(unlink(path), 0);
	fixture_build(&f, &spec, &arena, &again, &out);
	cr_assert(out.layers[0].was_hit);
	cr_assert_not(out.layers[1].was_hit);
	cr_assert_not(out.layers[2].was_hit);
	cr_assert(bytes_equal(buf_bytes(&cold), buf_bytes(&again)));
	fixture_close(&f);
}

static void assert_holds(const struct buf *tar, const struct digest *document, const char *text)
{
	struct str d = blob(tar, document);

	cr_assert_not_null(memmem(d.ptr, d.len, text, strlen(text)), "%s not in " STR_FMT, text,
			   STR_ARG(d));
}

Test(oci, the_config_says_what_the_target_says)
{
	struct fixture f;
	uint32_t *slices;
	CLEANUP_TREE struct tree *t = fixture_tree("file /a 0644 0 0 0", &slices);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 24);
	struct str words[] = { STR("nginx"), STR("-g"), STR("daemon off;") };
	struct str env[] = { STR("B=2"), STR("A=1") };
	struct str ports[] = { STR("80"), STR("80/tcp"), STR("53/udp") };
	struct str volumes[] = { STR("/var/lib/app") };
	struct recipe_pair labels[] = { { .key = STR("k"), .value = STR("v") } };
	struct image_spec spec = {
		.tree = t, .slices = slices, .n_layers = 1, .architecture = "armhf",
		.target = { .has_entrypoint = true, .entrypoint = words, .n_entrypoint = 3,
			    .has_cmd = true, .env = env, .n_env = 2, .ports = ports, .n_ports = 3,
			    .volumes = volumes, .n_volumes = 1, .labels = labels, .n_labels = 1,
			    .annotations = labels, .n_annotations = 1, .user = STR("app"),
			    .workdir = STR("/srv"), .stop_signal = STR("SIGQUIT") },
	};
	struct oci_output out;

	fixture_open(&f);
	fixture_build(&f, &spec, &arena, &tar, &out);
	assert_holds(&tar, &out.image_id, "{\"architecture\":\"arm\",\"config\":{\"Cmd\":[],"
		"\"Entrypoint\":[\"nginx\",\"-g\",\"daemon off;\"],\"Env\":[\"PATH=/usr/local/sbin:"
		"/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\"B=2\",\"A=1\"],\"ExposedPorts\":"
		"{\"53/udp\":{},\"80/tcp\":{}},\"Labels\":{\"k\":\"v\"},\"StopSignal\":\"SIGQUIT\","
		"\"User\":\"app\",\"Volumes\":{\"/var/lib/app\":{}},\"WorkingDir\":\"/srv\"},"
		"\"created\":\"2023-11-14T22:13:20Z\",\"history\":[{\"created\":"
		"\"2023-11-14T22:13:20Z\",\"created_by\":\"ingot packages: some\"}],\"os\":\"linux\","
		"\"rootfs\":{\"diff_ids\":[\"sha256:");
	assert_holds(&tar, &out.image_id, "\"type\":\"layers\"},\"variant\":\"v7\"}");
	assert_holds(&tar, &out.manifest, "{\"annotations\":{\"k\":\"v\"},\"config\":{\"digest\":");
	assert_holds(&tar, &out.manifest, "\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\"");
	/* a PATH of the recipe stands alone; an absent entrypoint is no empty one */
	spec.target = (struct recipe_target){ .env = (struct str[]){ STR("PATH=/bin") }, .n_env = 1 };
	buf_reset(&tar);
	fixture_build(&f, &spec, &arena, &tar, &out);
	assert_holds(&tar, &out.image_id, "\"config\":{\"Env\":[\"PATH=/bin\"]}");
	fixture_close(&f);
}

Test(oci, the_locale_of_the_recipe_is_the_processes_unless_the_target_says_other)
{
	struct fixture f;
	uint32_t *slices;
	CLEANUP_TREE struct tree *t = fixture_tree("file /a 0644 0 0 0", &slices);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 24);
	struct str env[] = { STR("PATH=/bin"), STR("LANG=de_DE.UTF-8") };
	struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 1, .locale = "C.UTF-8",
				   .target = { .env = env, .n_env = 1 } };
	struct oci_output out;

	fixture_open(&f);
	fixture_build(&f, &spec, &arena, &tar, &out);
	assert_holds(&tar, &out.image_id, "\"Env\":[\"LANG=C.UTF-8\",\"PATH=/bin\"]");
	spec.target.n_env = 2;
	buf_reset(&tar);
	fixture_build(&f, &spec, &arena, &tar, &out);
	assert_holds(&tar, &out.image_id, "\"Env\":[\"PATH=/bin\",\"LANG=de_DE.UTF-8\"]");
	fixture_close(&f);
}

Test(oci, the_reference_names_the_image_for_every_reader)
{
	struct fixture f;
	uint32_t *slices;
	CLEANUP_TREE struct tree *t = fixture_tree("file /a 0644 0 0 0", &slices);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	static const struct {
		const char *reference, *name, *tag;
	} cases[] = {
		{ "web:1.4.0", "localhost/web:1.4.0", "1.4.0" },
		{ "web", "localhost/web:latest", "latest" },
		{ "team/web:1", "localhost/team/web:1", "1" },
		{ "localhost/web:1", "localhost/web:1", "1" },
		{ "registry.example/web:1", "registry.example/web:1", "1" },
		{ "host:5000/web", "host:5000/web:latest", "latest" },
		{ "host:5000/team/web:1", "host:5000/team/web:1", "1" },
	};

	fixture_open(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP_BUF struct buf tar = BUF_INIT(1u << 24);
		struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 1,
					   .reference = cases[i].reference };
		struct oci_output out;
		char expected[300];
		struct str index;

		fixture_build(&f, &spec, &arena, &tar, &out);
		snprintf(expected, sizeof(expected),
			 "\"annotations\":{\"io.containerd.image.name\":\"%s\","
			 "\"org.opencontainers.image.ref.name\":\"%s\"}", cases[i].name,
			 cases[i].tag);
		index = member(&tar, "index.json");
		cr_assert_not_null(memmem(index.ptr, index.len, expected, strlen(expected)));
		snprintf(expected, sizeof(expected), "\"RepoTags\":[\"%s\"]", cases[i].name);
		index = member(&tar, "manifest.json");
		cr_assert_not_null(memmem(index.ptr, index.len, expected, strlen(expected)));
	}
	fixture_close(&f);
}

Test(oci, architectures_have_the_names_that_registries_use)
{
	struct str architecture, variant;

	cr_assert(oci_architecture(STR("ppc64el"), &architecture, &variant));
	cr_assert(str_equal(architecture, STR("ppc64le")) && variant.len == 0);
	cr_assert(oci_architecture(STR("armhf"), &architecture, &variant));
	cr_assert(str_equal(architecture, STR("arm")) && str_equal(variant, STR("v7")));
	cr_assert(oci_architecture(STR("i386"), &architecture, &variant));
	cr_assert(str_equal(architecture, STR("386")));
	cr_assert_not(oci_architecture(STR("vax"), &architecture, &variant));
}

static enum err_code code_of(struct fixture *f, const struct image_spec *spec)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 24);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct oci_output out;

	cr_assert_eq(fixture_try(f, spec, &arena, &tar, &out, &err), -1);
	return err.code;
}

Test(oci, what_can_not_be_an_image_is_refused)
{
	struct fixture f;
	uint32_t *slices;
	CLEANUP_TREE struct tree *t = fixture_tree(three_layers, &slices);
	struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 2 };

	fixture_open(&f);
	cr_assert_eq(code_of(&f, &spec), ERR_BUG); /* slice 2 would be dropped */
	spec.n_layers = LIMIT_LAYERS + 1;
	cr_assert_eq(code_of(&f, &spec), ERR_LAYER_BUDGET);
	spec.n_layers = 3;
	spec.architecture = "vax";
	cr_assert_eq(code_of(&f, &spec), ERR_UNSUPPORTED);
	fixture_close(&f);
}

Test(oci, documents_that_no_runtime_reads_are_refused)
{
	struct fixture f;
	uint32_t *slices;
	CLEANUP_TREE struct tree *t = fixture_tree("file /a 0644 0 0 0", &slices);
	CLEANUP_FREE char *text = calloc(1, LIMIT_JSON_SIZE);
	struct recipe_pair label = { .key = STR("k"), .value = { text, LIMIT_JSON_SIZE } };
	struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 1,
				   .target = { .labels = &label, .n_labels = 1 } };

	memset(text, 'x', LIMIT_JSON_SIZE);
	fixture_open(&f);
	cr_assert_eq(code_of(&f, &spec), ERR_LIMIT);
	fixture_close(&f);
}

Test(oci, hard_links_are_never_torn_apart)
{
	struct fixture f;
	uint32_t *slices;
	CLEANUP_TREE struct tree *t = fixture_tree(three_layers, &slices);
	struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 3 };

	fixture_open(&f);
	slices[tree_find(t, STR("d"))->serial] = 1; /* its other name is in 2 */
	cr_assert_eq(code_of(&f, &spec), ERR_BUG);
	fixture_close(&f);
}

Test(oci, a_full_disk_is_one_error_at_any_byte)
{
	struct fixture f;
	uint32_t *slices;
	CLEANUP_TREE struct tree *t = fixture_tree(three_layers, &slices);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf whole = BUF_INIT(1u << 24);
	struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 3 };
	struct oci_output out;

	fixture_open(&f);
	fixture_build(&f, &spec, &arena, &whole, &out);
	for (size_t room = 0; room < whole.len; room += 3001) {
		CLEANUP_BUF struct buf part = BUF_INIT(room);
		CLEANUP_ERR struct error err = ERR_INIT;

		cr_assert_eq(fixture_try(&f, &spec, &arena, &part, &out, &err), -1);
		cr_assert_eq(err.code, ERR_LIMIT);
	}
	fixture_close(&f);
}

Test(oci, a_user_who_stops_the_build_does_not_wait_for_the_layer)
{
	struct fixture f;
	uint32_t *slices;
	CLEANUP_TREE struct tree *t = fixture_tree("file /a 0644 0 0 0", &slices);
	struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 1 };
	struct error err = ERR_INIT;
	struct digest object;
	struct content c;

	fixture_open(&f);
	cr_assert_eq(stage_put(f.stage, str_bytes(STR("content")), &object, &err), 0);
	c = content_of_bytes(str_bytes(STR("content")));
	c.where = CONTENT_OBJECT;
	c.object = &object;
	tree_set_content(tree_find(t, STR("a")), &c, 0);
	interrupt_set(2);
	cr_assert_eq(code_of(&f, &spec), ERR_INTERRUPTED);
	interrupt_set(0);
	fixture_close(&f);
}

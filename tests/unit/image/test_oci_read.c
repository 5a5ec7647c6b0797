#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "format/tar/tar.h"
#include "image/image_export.h"
#include "image/oci_read.h"
#include "unit/image/oci_fixture.h"

#define EPOCH 1700000000

static int memory_file(const struct buf *data)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	for (size_t at = 0; at < data->len;) {
		ssize_t n = write(fd, data->ptr + at, data->len - at);

		cr_assert_gt(n, 0);
		at += (size_t)n;
	}
	return fd;
}

static enum err_code read_image(const struct buf *tar, struct oci_image **ret, char **message)
{
	CLEANUP_CLOSE int fd = memory_file(tar);
	CLEANUP_OCI_IMAGE struct oci_image *image = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	int r = oci_read(fd, "x.oci.tar", 2, &image, &err);

	cr_assert_eq(r < 0, err.code != ERR_NONE);
	cr_assert_eq(r < 0, image == NULL);
	if (message)
		*message = err.message ? strdup(err.message) : NULL;
	if (ret)
		*ret = TAKE_PTR(image);
	return err.code;
}

/* ---- our own images ---- */

/* Devices are written, but not read back: no recipe can ask for one. */
static struct tree *random_tree(uint64_t seed, unsigned n)
{
	struct tree *t = tree_random(seed, n);
	bool again = true;

	while (again) {
		struct tree_iter it = tree_iter(t, tree_root(t));

		again = false;
		for (struct node *node; !again && (node = tree_next(&it));) {
			again = node->inode->kind == NODE_CHAR || node->inode->kind == NODE_BLOCK;
			if (again)
				tree_remove(t, node, 0);
		}
	}
	return t;
}

Test(oci_read, an_image_of_ours_is_read_back_as_it_was)
{
	struct fixture f;

	fixture_open(&f);
	for (uint64_t seed = 1; seed <= 6; seed++) {
		CLEANUP_TREE struct tree *t = random_tree(seed, 100);
		CLEANUP_FREE uint32_t *slices = mem_array(tree_serial_count(t), sizeof(*slices));
		CLEANUP_ARENA struct arena arena = ARENA_INIT;
		CLEANUP_BUF struct buf tar = BUF_INIT(1u << 24);
		CLEANUP_CLOSE int fd = -1;
		CLEANUP_OCI_IMAGE struct oci_image *image = NULL;
		CLEANUP_OCI_TREE struct oci_tree *flat = NULL;
		struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 3,
					   .target = { .compression = (enum compression)(seed % 3 + 1) } };
		struct tree_iter it = tree_iter(t, tree_root(t));
		struct error err = ERR_INIT;
		struct oci_output out;
		struct digest before, after;

		for (struct node *n; (n = tree_next(&it));)
			slices[n->serial] = n->inode->serial % 3;
		fixture_build(&f, &spec, &arena, &tar, &out);
		fd = memory_file(&tar);
		cr_assert_eq(oci_read(fd, "x", 2, &image, &err), 0, "%s", err.message);
		cr_assert(digest_equal(&image->image_id, &out.image_id));
		cr_assert(digest_equal(&image->manifest, &out.manifest));
		cr_assert(digest_equal(&image->index, &out.index));
		cr_assert_eq(image->n_layers, 3);
		cr_assert_eq(image->layers[2].diff_size, out.layers[2].diff_size);
		cr_assert(str_equal_cstr(image->layers[0].created_by, "ingot packages: some"));
		cr_assert(str_equal_cstr(image->tag, "1.4.0"));
		cr_assert(str_equal_cstr(image->reference, "localhost/web:1.4.0"));
		cr_assert(str_equal_cstr(image->architecture, "amd64"));
		cr_assert_eq(oci_read_tree(f.stage, fd, image, &flat, &err), 0, "%s", err.message);
		before = tree_digest(t, EPOCH);
		after = tree_digest(oci_tree(flat), EPOCH);
		cr_assert(digest_equal(&before, &after), "seed %d", (int)seed);
	}
	fixture_close(&f);
}

Test(oci_read, export_gives_the_tar_of_the_whole_tree)
{
	struct fixture f;
	CLEANUP_TREE struct tree *t = random_tree(9, 60);
	CLEANUP_FREE uint32_t *slices = mem_array(tree_serial_count(t), sizeof(*slices));
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 24), direct = BUF_INIT(1u << 24);
	CLEANUP_BUF struct buf exported = BUF_INIT(1u << 24);
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_OCI_IMAGE struct oci_image *image = NULL;
	CLEANUP_OCI_TREE struct oci_tree *flat = NULL;
	struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 1 };
	struct tar_tree_options o = { .epoch = EPOCH };
	struct error err = ERR_INIT;
	struct oci_output out;
	struct sink *s;

	fixture_open(&f);
	fixture_build(&f, &spec, &arena, &tar, &out);
	fd = memory_file(&tar);
	cr_assert_eq(oci_read(fd, "x", 2, &image, &err), 0);
	cr_assert_eq(oci_read_tree(f.stage, fd, image, &flat, &err), 0);
	s = sink_to_buf(&exported);
	cr_assert_eq(image_export(oci_tree(flat), stage_reader(f.stage), s, &err), 0);
	cr_assert_eq(sink_close(s, &err), 0);
	s = sink_to_buf(&direct);
	cr_assert_eq(tar_write_tree(t, &o, s, &err), 0);
	cr_assert_eq(sink_close(s, &err), 0);
	cr_assert(bytes_equal(buf_bytes(&direct), buf_bytes(&exported)));
	fixture_close(&f);
}

Test(oci_read, every_changed_byte_of_a_blob_is_seen)
{
	struct fixture f;
	uint32_t *slices;
	CLEANUP_TREE struct tree *t = fixture_tree("file /a 0644 0 0 0 hello", &slices);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf tar = BUF_INIT(1u << 24);
	struct image_spec spec = { .tree = t, .slices = slices, .n_layers = 1,
				   .target = { .compression = COMPRESSION_ZSTD } };
	struct oci_output out;

	fixture_open(&f);
	fixture_build(&f, &spec, &arena, &tar, &out);
	for (size_t at = 1024; strncmp((char *)tar.ptr + at, "blobs/", 6) == 0;) {
		size_t size = strtoul((char *)tar.ptr + at + 124, NULL, 8);

		for (size_t i = 0; i < size; i++) {
			tar.ptr[at + 512 + i] ^= 0x20;
			cr_assert_neq(read_image(&tar, NULL, NULL), ERR_NONE);
			tar.ptr[at + 512 + i] ^= 0x20;
		}
		at += 512 + ((size + 511) & ~(size_t)511);
	}
	for (size_t n = 0; n < tar.len - 1024; n += 256) {
		struct buf part = tar;

		part.len = n;
		cr_assert_neq(read_image(&part, NULL, NULL), ERR_NONE, "%zu bytes", n);
	}
	fixture_close(&f);
}

/* ---- images made by hand ---- */

struct craft {
	struct buf layers[3];
	size_t n_layers;
	struct buf tar;
	const char *index_extra, *manifest_extra, *config_extra; /* members, with a comma */
	const char *layer_type, *manifest_type;
	const char *layout;
	const char *second_manifest;
	bool wrong_diff_id, wrong_size, no_blob;
};

#define CRAFT_INIT { .layers = { BUF_INIT(1u << 20), BUF_INIT(1u << 20), BUF_INIT(1u << 20) }, \
		     .n_layers = 1, .tar = BUF_INIT(1u << 22) }

static void craft_release(struct craft *c)
{
	for (size_t i = 0; i < 3; i++)
		buf_release(&c->layers[i]);
	buf_release(&c->tar);
}
#define CLEANUP_CRAFT CLEANUP(craft_release)

static void add_member(struct buf *tar, const struct tar_member *m, struct str content)
{
	struct error err = ERR_INIT;
	CLEANUP_BUF struct buf part = BUF_INIT(1u << 20);
	struct sink *out = sink_to_buf(&part);

	cr_assert_eq(tar_write_header(m, out, &err), 0);
	cr_assert_eq(sink_write(out, str_bytes(content), &err), 0);
	cr_assert_eq(sink_align(out, 512, &err), 0);
	cr_assert_eq(sink_close(out, &err), 0);
	buf_add(tar, part.ptr, part.len);
}

static void add_file(struct buf *tar, const char *path, struct str content)
{
	struct tar_member m = { .path = str_of(path), .kind = NODE_FILE, .mode = 0644,
				.size = content.len };

	add_member(tar, &m, content);
}

static void add_dir(struct buf *tar, const char *path, uint16_t mode)
{
	struct tar_member m = { .path = str_of(path), .kind = NODE_DIRECTORY, .mode = mode };

	add_member(tar, &m, STR(""));
}

static void add_link(struct buf *tar, const char *path, const char *target, bool hard)
{
	struct tar_member m = { .path = str_of(path), .kind = hard ? NODE_FILE : NODE_SYMLINK,
				.hard_link = hard, .mode = 0777, .target = str_of(target) };

	add_member(tar, &m, STR(""));
}

static void add_blob(struct craft *c, const struct buf *data, char digest[DIGEST_TEXT_MAX])
{
	struct digest d = hash_bytes(buf_bytes(data));
	char path[100];

	digest_format(&d, digest);
	snprintf(path, sizeof(path), "blobs/sha256/%s", digest + 7);
	if (!c->no_blob)
		add_file(&c->tar, path, buf_str(data));
}

static const char *or(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

static enum err_code craft(struct craft *c, struct oci_image **ret, char **message)
{
	CLEANUP_BUF struct buf config = BUF_INIT(65536), manifest = BUF_INIT(65536);
	CLEANUP_BUF struct buf index = BUF_INIT(65536), diff_ids = BUF_INIT(1000);
	CLEANUP_BUF struct buf list = BUF_INIT(65536);
	char d[DIGEST_TEXT_MAX], config_digest[DIGEST_TEXT_MAX];

	buf_reset(&c->tar);
	for (size_t i = 0; i < c->n_layers; i++) {
		buf_add_zeros(&c->layers[i], 1024);
		add_blob(c, &c->layers[i], d);
		buf_printf(&list, "%s{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu}",
			   i ? "," : "",
			   or(c->layer_type, "application/vnd.oci.image.layer.v1.tar"), d,
			   c->layers[i].len + c->wrong_size);
		buf_printf(&diff_ids, "%s\"%s%s\"", i ? "," : "",
			   c->wrong_diff_id ? "sha256:00" : "", c->wrong_diff_id ? d + 9 : d);
	}
	buf_printf(&config, "{\"architecture\":\"amd64\",\"os\":\"linux\",%s\"rootfs\":{\"type\":"
		   "\"layers\",\"diff_ids\":[%s]}}", or(c->config_extra, ""), buf_cstr(&diff_ids));
	add_blob(c, &config, config_digest);
	buf_printf(&manifest, "{\"schemaVersion\":2,%s\"config\":{\"mediaType\":"
		   "\"application/vnd.oci.image.config.v1+json\",\"digest\":\"%s\",\"size\":%zu},"
		   "\"layers\":[%s]}", or(c->manifest_extra, ""), config_digest, config.len,
		   buf_cstr(&list));
	add_blob(c, &manifest, d);
	buf_printf(&index, "{\"schemaVersion\":2,%s\"manifests\":[{\"mediaType\":\"%s\","
		   "\"digest\":\"%s\",\"size\":%zu}%s]}", or(c->index_extra, ""),
		   or(c->manifest_type, "application/vnd.oci.image.manifest.v1+json"), d,
		   manifest.len, or(c->second_manifest, ""));
	add_file(&c->tar, "./index.json", buf_str(&index));
	add_file(&c->tar, "oci-layout",
		 str_of(or(c->layout, "{\"imageLayoutVersion\":\"1.0.0\"}")));
	buf_add_zeros(&c->tar, 1024);
	return read_image(&c->tar, ret, message);
}

static void assert_refused(struct craft *c, enum err_code code, const char *why)
{
	CLEANUP_FREE char *message = NULL;

	cr_assert_eq(craft(c, NULL, &message), code, "%s: %s", why, message);
	cr_assert_not_null(strstr(message, why), "%s: %s", why, message);
	craft_release(c);
}

Test(oci_read, images_of_other_tools_are_read)
{
	CLEANUP_CRAFT struct craft c = CRAFT_INIT;
	CLEANUP_OCI_IMAGE struct oci_image *image = NULL;
	CLEANUP_FREE char *message = NULL;

	c.layer_type = "application/vnd.docker.image.rootfs.diff.tar";
	c.manifest_type = "application/vnd.docker.distribution.manifest.v2+json";
	c.config_extra = "\"history\":[{\"created_by\":\"a\"},{\"created_by\":\"b\","
			 "\"empty_layer\":true}],\"variant\":\"v3\",";
	add_dir(&c.layers[0], "etc", 0755);
	cr_assert_eq(craft(&c, &image, &message), ERR_NONE, "%s", message);
	cr_assert(str_equal_cstr(image->layers[0].created_by, "a"));
	cr_assert(str_equal_cstr(image->variant, "v3"));
}

Test(oci_read, what_contradicts_itself_is_refused)
{
	struct craft c = CRAFT_INIT;

	c.wrong_diff_id = true;
	assert_refused(&c, ERR_DIGEST, "expected diff id");
	c = (struct craft)CRAFT_INIT;
	c.wrong_size = true;
	assert_refused(&c, ERR_DIGEST, "expected 1025 bytes, got 1024");
	c = (struct craft)CRAFT_INIT;
	c.no_blob = true;
	assert_refused(&c, ERR_FORMAT, "which is the manifest");
	c = (struct craft)CRAFT_INIT;
	c.index_extra = "\"layers\":[],";
	assert_refused(&c, ERR_FORMAT, "it is a manifest and an index at once");
	c = (struct craft)CRAFT_INIT;
	c.manifest_extra = "\"manifests\":[],";
	assert_refused(&c, ERR_FORMAT, "it is a manifest and an index at once");
	c = (struct craft)CRAFT_INIT;
	c.manifest_extra = "\"mediaType\":\"application/vnd.oci.image.index.v1+json\",";
	assert_refused(&c, ERR_FORMAT, "the media type is of another kind");
	c = (struct craft)CRAFT_INIT;
	c.config_extra = "\"history\":[{},{}],";
	assert_refused(&c, ERR_FORMAT, "history has another number of layers");
	c = (struct craft)CRAFT_INIT;
	c.config_extra = "\"os\":\"linux\",";
	assert_refused(&c, ERR_FORMAT, "stands twice");
	c = (struct craft)CRAFT_INIT;
	c.n_layers = 0;
	assert_refused(&c, ERR_FORMAT, "it has no layers");
}

Test(oci_read, what_ingot_does_not_read_is_named)
{
	struct craft c = CRAFT_INIT;

	c.layer_type = "application/vnd.oci.image.layer.nondistributable.v1.tar";
	assert_refused(&c, ERR_UNSUPPORTED, "nondistributable");
	c = (struct craft)CRAFT_INIT;
	c.manifest_type = "application/vnd.oci.artifact.manifest.v1+json";
	assert_refused(&c, ERR_UNSUPPORTED, "not an image manifest");
	c = (struct craft)CRAFT_INIT;
	c.manifest_type = "application/vnd.oci.image.index.v1+json";
	assert_refused(&c, ERR_FORMAT, "it is a manifest and an index at once");
	c = (struct craft)CRAFT_INIT;
	c.layout = "{\"imageLayoutVersion\":\"2.0.0\"}";
	assert_refused(&c, ERR_UNSUPPORTED, "2.0.0");
	c = (struct craft)CRAFT_INIT;
	c.second_manifest = ",{}";
	assert_refused(&c, ERR_UNSUPPORTED, "holds 2 images");
	c = (struct craft)CRAFT_INIT;
	c.layer_type = "application/vnd.oci.image.layer.v1.tar\",\"urls\":[\"x\"],\"y\":\"";
	assert_refused(&c, ERR_UNSUPPORTED, "lies at a URL");
}

Test(oci_read, a_layer_that_is_not_of_its_type_is_refused)
{
	struct craft c = CRAFT_INIT;

	c.layer_type = "application/vnd.oci.image.layer.v1.tar+gzip";
	assert_refused(&c, ERR_FORMAT, "broken gzip stream");
}

Test(oci_read, what_is_no_image_is_refused)
{
	static const char text[] = "hello, world";
	struct buf tar = BUF_INIT(100000);

	cr_assert_eq(read_image(&tar, NULL, NULL), ERR_FORMAT);
	add_file(&tar, "index.json", STR("{}"));
	buf_add_zeros(&tar, 1024);
	cr_assert_eq(read_image(&tar, NULL, NULL), ERR_FORMAT);
	buf_reset(&tar);
	add_file(&tar, "index.json", STR("{}"));
	add_file(&tar, "./index.json", STR("{}"));
	buf_add_zeros(&tar, 1024);
	cr_assert_eq(read_image(&tar, NULL, NULL), ERR_FORMAT);
	buf_reset(&tar);
	for (int i = 0; i < 100; i++)
		buf_add_cstr(&tar, text);
	cr_assert_eq(read_image(&tar, NULL, NULL), ERR_FORMAT);
	buf_release(&tar);
}

/* ---- applying layers ---- */

static enum err_code flatten(struct craft *c, char **ret_paths, char **message)
{
	struct fixture f;
	enum err_code code;
	struct oci_image *image = NULL;

	fixture_open(&f);
	code = craft(c, &image, message);
	cr_assert_eq(code, ERR_NONE, "%s", *message);
	{
		CLEANUP_CLOSE int fd = memory_file(&c->tar);
		CLEANUP_OCI_TREE struct oci_tree *flat = NULL;
		CLEANUP_ERR struct error err = ERR_INIT;
		CLEANUP_BUF struct buf paths = BUF_INIT(10000);

		if (oci_read_tree(f.stage, fd, image, &flat, &err) == 0) {
			struct tree_iter it =
				tree_iter(oci_tree(flat), tree_root(oci_tree(flat)));

			for (struct node *n; (n = tree_next(&it));) {
				tree_path(n, &paths);
				buf_printf(&paths, ":%o;", n->inode->mode);
			}
		}
		code = err.code;
		*message = err.message ? strdup(err.message) : NULL;
		*ret_paths = buf_take(&paths);
	}
	oci_image_free(image);
	fixture_close(&f);
	return code;
}

static void assert_tree(struct craft *c, const char *expected)
{
	CLEANUP_FREE char *paths = NULL, *message = NULL;

	cr_assert_eq(flatten(c, &paths, &message), ERR_NONE, "%s", message);
	cr_assert_str_eq(paths, expected);
	craft_release(c);
}

static void assert_not_a_tree(struct craft *c, enum err_code code, const char *why)
{
	CLEANUP_FREE char *paths = NULL, *message = NULL;

	cr_assert_eq(flatten(c, &paths, &message), code, "%s: %s", why, message);
	cr_assert_not_null(strstr(message, why), "%s: %s", why, message);
	craft_release(c);
}

Test(oci_flatten, whiteouts_remove_what_lower_layers_hold)
{
	struct craft c = CRAFT_INIT;

	c.n_layers = 2;
	add_dir(&c.layers[0], "d", 0755);
	add_file(&c.layers[0], "d/a", STR("1"));
	add_file(&c.layers[0], "d/b", STR("2"));
	add_dir(&c.layers[0], "e", 0755);
	add_file(&c.layers[0], "e/f", STR("3"));
	/* a whiteout stands after what its own layer brings under that name */
	add_file(&c.layers[1], "d/a", STR("new"));
	add_file(&c.layers[1], "d/.wh.a", STR(""));
	add_file(&c.layers[1], "d/.wh.b", STR(""));
	add_file(&c.layers[1], ".wh.e", STR(""));
	add_file(&c.layers[1], ".wh.never-there", STR(""));
	add_file(&c.layers[1], "no/such/.wh.folder", STR(""));
	assert_tree(&c, ":755;d:755;d/a:644;");
}

Test(oci_flatten, an_opaque_folder_hides_everything_below_it)
{
	struct craft c = CRAFT_INIT;

	c.n_layers = 2;
	add_dir(&c.layers[0], "d", 0755);
	add_dir(&c.layers[0], "d/s", 0755);
	add_file(&c.layers[0], "d/s/a", STR("1"));
	add_file(&c.layers[0], "d/b", STR("2"));
	add_dir(&c.layers[1], "d", 0700);
	add_file(&c.layers[1], "d/c", STR("3"));
	add_file(&c.layers[1], "d/.wh..wh..opq", STR(""));
	assert_tree(&c, ":755;d:700;d/c:644;");
}

Test(oci_flatten, a_layer_may_change_what_a_name_is)
{
	struct craft c = CRAFT_INIT;

	c.n_layers = 2;
	add_dir(&c.layers[0], "d", 0755);
	add_file(&c.layers[0], "d/a", STR("1"));
	add_file(&c.layers[0], "f", STR("2"));
	add_dir(&c.layers[0], "kept", 0755);
	add_file(&c.layers[0], "kept/k", STR("3"));
	add_file(&c.layers[1], "d", STR("a file now"));
	add_dir(&c.layers[1], "f", 0711);
	add_dir(&c.layers[1], "kept", 0700);
	add_dir(&c.layers[1], "", 0700);
	assert_tree(&c, ":700;d:644;f:711;kept:700;kept/k:644;");
}

Test(oci_flatten, missing_parents_are_made)
{
	struct craft c = CRAFT_INIT;

	add_file(&c.layers[0], "a/b/c", STR("1"));
	assert_tree(&c, ":755;a:755;a/b:755;a/b/c:644;");
}

Test(oci_flatten, a_hard_link_may_name_a_file_of_a_lower_layer)
{
	struct craft c = CRAFT_INIT;

	c.n_layers = 2;
	add_file(&c.layers[0], "a", STR("x"));
	add_link(&c.layers[1], "b", "a", true);
	assert_tree(&c, ":755;a:644;b:644;");
}

Test(oci_flatten, a_path_through_a_link_of_a_lower_layer_lies_where_it_leads)
{
	struct craft c = CRAFT_INIT;

	c.n_layers = 2;
	add_dir(&c.layers[0], "usr", 0755);
	add_dir(&c.layers[0], "usr/lib", 0750);
	add_link(&c.layers[0], "lib", "usr/lib", false);
	add_file(&c.layers[1], "lib/x", STR("x"));
	assert_tree(&c, ":755;lib:777;usr:755;usr/lib:750;usr/lib/x:644;");
	c = (struct craft)CRAFT_INIT;
	c.n_layers = 2;
	add_link(&c.layers[0], "lib", "../../..", false); /* no farther than the root */
	add_file(&c.layers[1], "lib/x", STR("x"));
	assert_tree(&c, ":755;lib:777;x:644;");
}

Test(oci_flatten, a_loop_of_links_is_no_folder)
{
	struct craft c = CRAFT_INIT;

	add_link(&c.layers[0], "a", "b", false);
	add_link(&c.layers[0], "b", "a", false);
	add_file(&c.layers[0], "a/x", STR("x"));
	assert_not_a_tree(&c, ERR_FORMAT, "'/a/x' lies in something that is no folder");
}

Test(oci_flatten, hostile_layers_are_refused)
{
	struct craft c = CRAFT_INIT;

	add_link(&c.layers[0], "d", "etc", false);
	add_file(&c.layers[0], "d/passwd", STR("x"));
	assert_not_a_tree(&c, ERR_FORMAT, "");
	c = (struct craft)CRAFT_INIT;
	add_file(&c.layers[0], "a", STR("x"));
	add_file(&c.layers[0], "a/b", STR("x"));
	assert_not_a_tree(&c, ERR_FORMAT, "which is no folder");
	c = (struct craft)CRAFT_INIT;
	add_file(&c.layers[0], ".wh.", STR(""));
	assert_not_a_tree(&c, ERR_FORMAT, "is no valid whiteout");
	c = (struct craft)CRAFT_INIT;
	add_file(&c.layers[0], ".wh..", STR(""));
	assert_not_a_tree(&c, ERR_FORMAT, "is no valid whiteout");
	c = (struct craft)CRAFT_INIT;
	add_file(&c.layers[0], ".wh...", STR(""));
	assert_not_a_tree(&c, ERR_FORMAT, "is no valid whiteout");
	c = (struct craft)CRAFT_INIT;
	add_dir(&c.layers[0], ".wh.x", 0755);
	assert_not_a_tree(&c, ERR_FORMAT, "is a whiteout that is no empty file");
	c = (struct craft)CRAFT_INIT;
	c.n_layers = 2;
	add_dir(&c.layers[0], "d", 0755);
	add_link(&c.layers[1], "e", "d", true);
	assert_not_a_tree(&c, ERR_FORMAT, "");
	c = (struct craft)CRAFT_INIT;
	add_link(&c.layers[0], "e", "nothing", true);
	assert_not_a_tree(&c, ERR_FORMAT, "");
	c = (struct craft)CRAFT_INIT;
	add_link(&c.layers[0], "e", "e", true);
	assert_not_a_tree(&c, ERR_FORMAT, "");
	c = (struct craft)CRAFT_INIT;
	add_file(&c.layers[0], "../escape", STR("x"));
	assert_not_a_tree(&c, ERR_FORMAT, "");
	c = (struct craft)CRAFT_INIT;
	add_file(&c.layers[0], "twice", STR("x"));
	add_file(&c.layers[0], "twice", STR("y"));
	assert_not_a_tree(&c, ERR_FORMAT, "");
	c = (struct craft)CRAFT_INIT;
	c.n_layers = 2;
	add_link(&c.layers[0], "d", "etc", false);
	add_file(&c.layers[1], "d/passwd", STR("x"));
	assert_not_a_tree(&c, ERR_FORMAT, "'/d/passwd' lies in something that is no folder");
	c = (struct craft)CRAFT_INIT;
	add_link(&c.layers[0], "", "etc", false);
	assert_not_a_tree(&c, ERR_FORMAT, "");
}

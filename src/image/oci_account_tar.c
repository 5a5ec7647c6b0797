/* The tar around the blobs, made again and compared. */
#include "image/oci_account_private.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/tar/tar.h"
#include "io/window.h"

#define BLOCK TAR_BLOCK_SIZE

#define LAYOUT_SIZE (sizeof("{\"imageLayoutVersion\":\"1.0.0\"}") - 1)

struct member {
	char path[sizeof("blobs/sha256/") + DIGEST_HEX_MAX];
	bool is_folder;
	uint64_t size;
};

struct accounting {
	struct window in;
	uint64_t at;
	struct member *members; /* as they must follow each other */
	size_t n, next;
};

static int unaccounted(const struct accounting *a, uint64_t at, struct error *err, const char *what)
{
	return err_set(err, ERR_UNACCOUNTED, "'%s': byte %llu: %s", a->in.name,
		       (unsigned long long)at, what);
}

/* ---- what must be there ---- */

static void add(struct accounting *a, const char *path, bool is_folder, uint64_t size)
{
	struct member *m = &a->members[a->n++];

	snprintf(m->path, sizeof(m->path), "%s", path);
	m->is_folder = is_folder;
	m->size = size;
}

static void add_blob(struct accounting *a, const struct digest *d, uint64_t size)
{
	char hex[DIGEST_HEX_MAX], path[sizeof(a->members->path)];

	snprintf(path, sizeof(path), "blobs/sha256/%s", digest_hex(d, hex));
	add(a, path, false, size);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->path, ((const struct member *)b)->path);
}

/* Blobs in the order of their names; two equal layers share one. */
static void add_blobs(struct accounting *a, const struct oci_image *image)
{
	size_t first = a->n, kept = first;

	add_blob(a, &image->manifest, image->manifest_size);
	add_blob(a, &image->image_id, image->config_size);
	for (size_t i = 0; i < image->n_layers; i++)
		add_blob(a, &image->layers[i].blob, image->layers[i].size);
	qsort(a->members + first, a->n - first, sizeof(*a->members), by_path);
	for (size_t i = first; i < a->n; i++)
		if (kept == first || strcmp(a->members[kept - 1].path, a->members[i].path) != 0)
			a->members[kept++] = a->members[i];
	a->n = kept;
}

static void list_members(struct accounting *a, const struct oci_image *image,
			 const struct oci_texts *t)
{
	a->members = mem_array(image->n_layers + 7, sizeof(*a->members));
	add(a, "blobs", true, 0);
	add(a, "blobs/sha256", true, 0);
	add_blobs(a, image);
	add(a, "index.json", false, t->index.len);
	add(a, "manifest.json", false, t->docker.len);
	add(a, "oci-layout", false, LAYOUT_SIZE);
}

/* ---- what is there instead ---- */

static const struct {
	const char *name;
	unsigned start, end;
} fields[] = {
	/* POSIX.1-2017 pax(1), "ustar Interchange Format" */
	{ "name", 0, 100 },	    { "mode", 100, 108 },    { "uid", 108, 116 },
	{ "gid", 116, 124 },	    { "size", 124, 136 },    { "mtime", 136, 148 },
	{ "checksum", 148, 156 },   { "type", 156, 157 },    { "link name", 157, 257 },
	{ "magic", 257, 263 },	    { "version", 263, 265 }, { "user name", 265, 297 },
	{ "group name", 297, 329 }, { "major", 329, 337 },   { "minor", 337, 345 },
	{ "prefix", 345, 500 },	    { "padding", 500, 512 },
};

#define SUM_START 148u
#define SUM_END 156u

/* The checksum follows from the rest: it is the reason only if nothing else differs. */
static size_t first_difference(const uint8_t *a, const uint8_t *b)
{
	size_t i = 0, sum = SUM_START;

	while (i < BLOCK && (a[i] == b[i] || (i >= SUM_START && i < SUM_END)))
		i++;
	while (i == BLOCK && a[sum] == b[sum])
		sum++;
	return i == BLOCK ? sum : i;
}

static bool has_path(const struct accounting *a, size_t i, struct str path)
{
	return str_equal_cstr(path, a->members[i].path) ||
	       (a->members[i].is_folder && path.len && path.ptr[path.len - 1] == '/' &&
		str_equal_cstr((struct str){ path.ptr, path.len - 1 }, a->members[i].path));
}

/* A member by another name: one that nothing names, or one at the wrong place. */
static int refuse_member(const struct accounting *a, struct str found, struct error *err)
{
	CLEANUP_BUF struct buf safe = BUF_INIT(2000);
	const char *fate = "nothing in the image names it";

	text_add_safe(&safe, found);
	for (size_t i = 0; i < a->n; i++)
		if (has_path(a, i, found))
			fate = i < a->next ? "it stands there twice" : "its place is later";
	return err_set(err, ERR_UNACCOUNTED,
		       "'%s': byte %llu: expected member '%s', found '%s': %s", a->in.name,
		       (unsigned long long)a->at, a->members[a->next].path, buf_cstr(&safe), fate);
}

static int refuse_header(const struct accounting *a, const uint8_t *want, const uint8_t *got,
			 struct error *err)
{
	const struct member *m = &a->members[a->next];
	size_t at = first_difference(want, got), f = 0;
	struct str found = { (const char *)got, strnlen((const char *)got, 100) };

	if (got[156] == 'x' || got[156] == 'g' || got[156] == 'L' || got[156] == 'K')
		return unaccounted(a, a->at, err, "an extended header, which this tar has none of");
	if (got[156] == 'S')
		return unaccounted(a, a->at, err, "a sparse file");
	if (!has_path(a, a->next, found) && found.len)
		return refuse_member(a, found, err);
	while (at >= fields[f].end)
		f++;
	return err_set(err, ERR_UNACCOUNTED,
		       "'%s': byte %llu: the %s of member '%s' is not as it must be: "
		       "expected byte %02x, found %02x",
		       a->in.name, (unsigned long long)(a->at + at), fields[f].name, m->path,
		       want[at], got[at]);
}

/* ---- side by side ---- */

static int check_header(const struct accounting *a, struct error *err)
{
	const struct member *m = &a->members[a->next];
	const struct tar_member header = {
		.path = str_of(m->path),
		.kind = m->is_folder ? NODE_DIRECTORY : NODE_FILE,
		.mode = m->is_folder ? 0755 : 0644,
		.size = m->size,
	};
	CLEANUP_BUF struct buf want = BUF_INIT(64u << 10);
	struct sink *sink = sink_to_buf(&want);
	uint8_t got[BLOCK];

	if (tar_write_header(&header, sink, err) < 0)
		sink->failed = true;
	if (sink_close(sink, err) < 0)
		return -1;
	if (want.len != BLOCK) /* 8 GiB and more need an extended header */
		return err_set(err, ERR_UNSUPPORTED, "'%s': member '%s' has %llu bytes", a->in.name,
			       m->path, (unsigned long long)m->size);
	if (a->in.size - a->at < BLOCK)
		return unaccounted(a, a->at, err, "the tar ends too early");
	if (window_read(&a->in, a->at, got, BLOCK, err) < 0)
		return -1;
	if (memcmp(want.ptr, got, BLOCK) != 0)
		return refuse_header(a, want.ptr, got, err);
	return 0;
}

static int check_zeros(const struct accounting *a, uint64_t at, uint64_t n, const char *what,
		       struct error *err)
{
	uint8_t block[2 * BLOCK];

	if (at > a->in.size || a->in.size - at < n)
		return unaccounted(a, a->in.size, err, "the tar ends too early");
	if (window_read(&a->in, at, block, (size_t)n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (block[i])
			return unaccounted(a, at + i, err, what);
	return 0;
}

static int check_member(struct accounting *a, struct error *err)
{
	const struct member *m = &a->members[a->next];
	uint64_t end = a->at + BLOCK + m->size, padding = (BLOCK - m->size % BLOCK) % BLOCK;

	if (check_header(a, err) < 0 ||
	    check_zeros(a, end, padding, "the padding behind a member is not zero", err) < 0)
		return -1;
	a->at = end + padding;
	a->next++;
	return 0;
}

/* Two blocks of zeros, and nothing more. */
static int check_end(const struct accounting *a, struct error *err)
{
	uint8_t got[BLOCK];

	if (a->in.size - a->at >= BLOCK) {
		if (window_read(&a->in, a->at, got, BLOCK, err) < 0)
			return -1;
		if (got[0] && memcmp(got + 257, "ustar", 5) == 0) {
			CLEANUP_BUF struct buf safe = BUF_INIT(2000);

			text_add_safe(&safe, (struct str){ (const char *)got,
							   strnlen((const char *)got, 100) });
			return err_set(
				err, ERR_UNACCOUNTED,
				"'%s': byte %llu: expected the end of the tar, found member "
				"'%s': nothing in the image names it, or it stands there twice",
				a->in.name, (unsigned long long)a->at, buf_cstr(&safe));
		}
	}
	if (check_zeros(a, a->at, 2 * BLOCK, "the end mark is not zero", err) < 0)
		return -1;
	if (a->in.size != a->at + 2 * BLOCK)
		return err_set(err, ERR_UNACCOUNTED, "'%s': byte %llu: %llu bytes follow the end",
			       a->in.name, (unsigned long long)(a->at + 2 * BLOCK),
			       (unsigned long long)(a->in.size - a->at - 2 * BLOCK));
	return 0;
}

static int check_all(struct accounting *a, struct error *err)
{
	while (a->next < a->n)
		if (check_member(a, err) < 0)
			return -1;
	return check_end(a, err);
}

int oci_account_tar(int fd, const char *name, const struct oci_image *image, struct error *err)
{
	CLEANUP_OCI_TEXTS struct oci_texts texts = { 0 };
	struct accounting a = { .in = { fd, name, 0, image->size } };
	int r;

	if (oci_texts_make(image, &texts, err) < 0)
		return -1;
	list_members(&a, image, &texts);
	r = check_all(&a, err);
	free(a.members);
	return r;
}

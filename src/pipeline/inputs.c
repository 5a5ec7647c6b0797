#include "pipeline/inputs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "pipeline/keyring.h"

static int by_path(const void *a, const void *b)
{
	const struct lock_input *x = a, *y = b;
	int r = str_compare(x->path, y->path);

	return r ? r : str_compare(x->kind, y->kind);
}

/* One file may be named by several entries: it is one input. */
static size_t unique(struct lock_input *list, size_t n)
{
	size_t k = 0;

	if (n)
		qsort(list, n, sizeof(*list), by_path);
	for (size_t i = 0; i < n; i++)
		if (k == 0 || by_path(&list[k - 1], &list[i]) != 0)
			list[k++] = list[i];
	return k;
}

static int hash_file(struct context *c, struct str path, struct lock_input *ret, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_SOURCE struct source *from = NULL;
	CLEANUP_FREE char *name = mem_str(path);
	struct sink *out;

	if (recipe_input_open(c->workspace.fd, path, &fd, err) < 0)
		return -1;
	from = source_of_fd(fd, 0, UINT64_MAX, name);
	out = hash_sink(NULL, &ret->digest);
	if (source_copy(from, out, err) < 0) {
		(void)!sink_close(out, err);
		return -1;
	}
	ret->path = path;
	ret->size = from->offset;
	return sink_close(out, err);
}

static struct lock_input of_scanned(const struct recipe_input *i)
{
	struct lock_input l = { .path = i->path,
				.digest = i->digest,
				.size = i->size,
				.executable = i->executable,
				.target = i->target };

	l.kind = i->is_directory ? STR("folder") : i->is_symlink ? STR("link") : STR("file");
	return l;
}

static int scan_files(struct context *c, const struct recipe *r, struct arena *arena,
		      struct inputs *in, size_t *ret_total, struct error *err)
{
	in->of_file = arena_array(arena, r->n_files, sizeof(*in->of_file));
	in->n_of_file = arena_array(arena, r->n_files, sizeof(*in->n_of_file));
	for (size_t i = 0; i < r->n_files; i++) {
		if (r->files[i].kind != RECIPE_FILE_FROM)
			continue;
		if (recipe_files_scan(c->workspace.fd, r, &r->files[i], arena, &in->of_file[i],
				      &in->n_of_file[i], err) < 0)
			return -1;
		*ret_total += in->n_of_file[i];
	}
	return 0;
}

static int add_keyring(struct context *c, const struct recipe_source *s, struct arena *arena,
		       struct lock_input *ret, bool *ret_found, struct error *err)
{
	CLEANUP_FREE char *path = keyring_path(s);
	CLEANUP_FREE char *full = mem_printf("recipes/%s", path);

	*ret_found = faccessat(c->workspace.fd, full, F_OK, 0) == 0;
	if (!*ret_found)
		return 0;
	ret->kind = STR("keyring");
	return hash_file(c, arena_str(arena, str_of(path)), ret, err);
}

int inputs_scan(struct context *c, const struct recipe *r, struct arena *arena, struct inputs *ret,
		struct error *err)
{
	struct inputs in = { 0 };
	size_t total = r->n_files + r->n_certificates + r->n_sources;
	bool found;

	if (scan_files(c, r, arena, &in, &total, err) < 0)
		return -1;
	in.list = arena_array(arena, total, sizeof(*in.list));
	in.certificates = arena_array(arena, r->n_certificates, sizeof(*in.certificates));
	for (size_t i = 0; i < r->n_files; i++) {
		const struct recipe_file *f = &r->files[i];

		for (size_t k = 0; k < in.n_of_file[i]; k++)
			in.list[in.n++] = of_scanned(&in.of_file[i][k]);
		if (f->kind == RECIPE_FILE_ARCHIVE)
			in.list[in.n++] = (struct lock_input){ .path = f->archive_name,
							       .digest = f->archive_digest,
							       .kind = STR("archive") };
	}
	for (size_t i = 0; i < r->n_certificates; i++) {
		in.certificates[i].kind = STR("certificate");
		if (hash_file(c, r->certificates[i], &in.certificates[i], err) < 0)
			return -1;
		in.list[in.n++] = in.certificates[i];
	}
	for (size_t i = 0; i < r->n_sources; i++) {
		if (add_keyring(c, &r->sources[i], arena, &in.list[in.n], &found, err) < 0)
			return -1;
		in.n += found;
	}
	in.n = unique(in.list, in.n);
	*ret = in;
	return 0;
}

static bool input_equal(const struct lock_input *a, const struct lock_input *b)
{
	return by_path(a, b) == 0 && digest_equal(&a->digest, &b->digest) && a->size == b->size &&
	       a->executable == b->executable && str_equal(a->target, b->target);
}

bool inputs_equal(const struct lock_input *a, size_t n, const struct lock_input *b, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!input_equal(&a[i], &b[i]))
			return false;
	return true;
}

/* Copies a file of the workspace into the stage; it must still be what was scanned. */
static int stage_file(struct context *c, struct str path, const struct digest *digest,
		      uint64_t size, struct arena *arena, struct content *ret, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_SOURCE struct source *from = NULL;
	CLEANUP_FREE char *name = mem_str(path);
	struct digest *object = arena_alloc(arena, sizeof(*object)), got;

	*object = *digest;
	if (size == 0) {
		*ret = (struct content){ .digest = *digest, .where = CONTENT_EMPTY };
		return 0;
	}
	*ret = (struct content){
		.digest = *digest, .size = size, .where = CONTENT_OBJECT, .object = object
	};
	if (stage_has(c->stage, digest))
		return 0;
	if (recipe_input_open(c->workspace.fd, path, &fd, err) < 0)
		return -1;
	from = source_of_fd(fd, 0, UINT64_MAX, name);
	if (stage_put_source(c->stage, from, digest, &got, NULL, err) < 0)
		return err_while(err, "reading 'recipes/%s'", name);
	return 0;
}

/* An archive is looked for by digest in the stage, then by name beside the recipe. */
static int find_archive(struct context *c, const struct recipe_file *f, struct error *err)
{
	static const char *const folders[] = { "archives/", "files/", "" };

	if (stage_has(c->stage, &f->archive_digest))
		return 0;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		CLEANUP_FREE char *path =
			mem_printf("%s" STR_FMT, folders[i], STR_ARG(f->archive_name));
		CLEANUP_FREE char *full = mem_printf("recipes/%s", path);
		CLEANUP_CLOSE int fd = -1;
		CLEANUP_SOURCE struct source *from = NULL;
		struct digest got;

		if (faccessat(c->workspace.fd, full, F_OK, 0) < 0)
			continue;
		if (recipe_input_open(c->workspace.fd, str_of(path), &fd, err) < 0)
			return -1;
		from = source_of_fd(fd, 0, UINT64_MAX, full);
		if (stage_put_source(c->stage, from, &f->archive_digest, &got, NULL, err) < 0)
			return err_while(err, "reading the archive '%s'", full);
		return 0;
	}
	(void)err_at(err, ERR_FETCH_GONE, f->pos,
		     "the archive '" STR_FMT "' is neither in the stage "
		     "nor beside the recipe",
		     STR_ARG(f->archive_name));
	return err_hint(err, "put it at recipes/archives/" STR_FMT, STR_ARG(f->archive_name));
}

void pack_list_release(struct pack_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		pack_free(l->packs[i]);
	free(l->packs);
	*l = (struct pack_list){ 0 };
}

static int stage_archive(struct context *c, const struct recipe_file *f, struct pack_list *packs,
			 const struct pack **ret, struct error *err)
{
	CLEANUP_FREE char *name = mem_str(f->archive_name);
	struct pack *p;

	if (!pack_is_decoded(c->stage, PACK_TAR, &f->archive_digest) && find_archive(c, f, err) < 0)
		return -1;
	if (pack_open(c->stage, PACK_TAR, &f->archive_digest, name, &p, NULL, err) < 0)
		return err_while(err, "unpacking the archive '%s'", name);
	MEM_GROW(packs->packs, packs->n, packs->capacity);
	packs->packs[packs->n++] = p;
	*ret = p;
	return 0;
}

static int stage_from(struct context *c, const struct inputs *in, size_t i, struct arena *arena,
		      struct compose_file *ret, struct error *err)
{
	struct content *contents = arena_array(arena, in->n_of_file[i], sizeof(*contents));

	for (size_t k = 0; k < in->n_of_file[i]; k++) {
		const struct recipe_input *input = &in->of_file[i][k];

		if (!input->is_directory && !input->is_symlink &&
		    stage_file(c, input->path, &input->digest, input->size, arena, &contents[k],
			       err) < 0)
			return -1;
	}
	ret->inputs = in->of_file[i];
	ret->n_inputs = in->n_of_file[i];
	ret->contents = contents;
	return 0;
}

int inputs_stage(struct context *c, const struct recipe *r, const struct inputs *in,
		 struct arena *arena, struct pack_list *packs, struct compose_file **ret_files,
		 struct content **ret_certificates, struct error *err)
{
	struct compose_file *files = arena_array(arena, r->n_files, sizeof(*files));
	struct content *certificates = arena_array(arena, r->n_certificates, sizeof(*certificates));

	for (size_t i = 0; i < r->n_files; i++) {
		files[i].file = &r->files[i];
		if (r->files[i].kind == RECIPE_FILE_FROM &&
		    stage_from(c, in, i, arena, &files[i], err) < 0)
			return -1;
		if (r->files[i].kind == RECIPE_FILE_ARCHIVE &&
		    stage_archive(c, &r->files[i], packs, &files[i].archive, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < r->n_certificates; i++)
		if (stage_file(c, r->certificates[i], &in->certificates[i].digest,
			       in->certificates[i].size, arena, &certificates[i], err) < 0)
			return -1;
	*ret_files = files;
	*ret_certificates = certificates;
	return 0;
}

int inputs_put(struct context *c, const struct recipe *r, const struct inputs *in,
	       struct arena *arena, struct error *err)
{
	struct content ignored;

	for (size_t i = 0; i < in->n; i++) {
		const struct lock_input *l = &in->list[i];
		struct digest got;

		if (str_equal(l->kind, STR("folder")) || str_equal(l->kind, STR("link")) ||
		    str_equal(l->kind, STR("archive")))
			continue;
		if (stage_file(c, l->path, &l->digest, l->size, arena, &ignored, err) < 0)
			return -1;
		if (l->size == 0 && stage_put(c->stage, (struct bytes){ 0 }, &got, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < r->n_files; i++)
		if (r->files[i].kind == RECIPE_FILE_ARCHIVE &&
		    find_archive(c, &r->files[i], err) < 0)
			return -1;
	return 0;
}

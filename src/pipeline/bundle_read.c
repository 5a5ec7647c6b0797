#include "pipeline/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "io/interrupt.h"

static struct str note_of(const struct bundle *b, const char *key)
{
	for (size_t i = 0; i < b->files.n_notes; i++)
		if (str_equal_cstr(b->files.notes[i].key, key))
			return b->files.notes[i].value;
	return (struct str){ "", 0 };
}

static bool is_component(struct str name)
{
	return name.len && name.len <= LIMIT_NAME_MAX && !str_equal(name, STR(".")) &&
	       !str_equal(name, STR(".."));
}

/* Relative, with nothing in it that leads elsewhere or drives a terminal. */
static bool is_safe_name(struct str name)
{
	struct str rest = name, component;

	if (!name.len || name.len > LIMIT_PATH_MAX || !text_is_utf8(name))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.ptr[i] < 0x20 || name.ptr[i] == 0x7f)
			return false;
	while (str_split(&rest, '/', &component))
		if (!is_component(component))
			return false;
	return true;
}

static int bad_name(const struct bundle *b, struct str name, struct error *err)
{
	CLEANUP_BUF struct buf safe = BUF_INIT(8 * LIMIT_PATH_MAX);

	text_add_safe(&safe, (struct str){ name.ptr, name.len < 200 ? name.len : 200 });
	return err_set(err, ERR_FORMAT, "'%s' holds a file by a name that is not allowed: '%s'",
		       b->name, buf_cstr(&safe));
}

static int check_names(const struct bundle *b, struct error *err)
{
	for (size_t i = 0; i < b->files.n_files; i++)
		if (!is_safe_name(b->files.files[i].name))
			return bad_name(b, b->files.files[i].name, err);
	if (!is_safe_name(b->recipe) || !str_has_prefix(b->recipe, STR("recipes/")) ||
	    !str_has_suffix(b->recipe, STR(".yaml")))
		return bad_name(b, b->recipe, err);
	return 0;
}

static int read_bundle(struct bundle *b, struct error *err)
{
	struct stat st;

	if (fstat(b->fd, &st) < 0)
		return err_sys(err, errno, "cannot examine '%s'", b->name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "'%s' is no file", b->name);
	if (oci_artifact_read(b->fd, b->name, STR(BUNDLE_TYPE), &b->arena, &b->files, err) < 0)
		return -1;
	b->recipe = note_of(b, "vnd.ingot.bundle.recipe");
	b->has_evidence = str_equal(note_of(b, "vnd.ingot.bundle.evidence"), STR("complete"));
	return check_names(b, err);
}

int bundle_open(const char *path, struct bundle **ret, struct error *err)
{
	struct bundle *b = mem_alloc(sizeof(*b));

	b->fd = -1;
	b->name = mem_strdup(path);
	if (file_open_regular(AT_FDCWD, path, false, &b->fd, err) < 0 || read_bundle(b, err) < 0) {
		bundle_close(b);
		if (err->sys == ENOENT)
			(void)err_hint(err, "'ingot bundle RECIPE -o FILE' makes one");
		if (err->code == ERR_FORMAT)
			(void)err_hint(err, "is it a bundle, and all of it? 'ingot bundle RECIPE -o FILE' "
				      "makes one");
		return err_while(err, "reading the bundle '%s'", path);
	}
	*ret = b;
	return 0;
}

void bundle_close(struct bundle *b)
{
	if (!b)
		return;
	if (b->fd >= 0)
		close(b->fd);
	arena_release(&b->arena);
	free(b->name);
	free(b);
}

static struct source *open_file(const struct bundle *b, const struct oci_artifact_file *f)
{
	CLEANUP_FREE char *what =
		mem_printf("'" STR_FMT "' of the bundle '%s'", STR_ARG(f->name), b->name);
	struct source *raw = source_of_fd(b->fd, f->offset, f->size, b->name);

	return hash_check_source(raw, f->size, &f->digest, what);
}

int bundle_load(const struct bundle *b, const struct oci_artifact_file *f, struct buf *to,
		struct error *err)
{
	CLEANUP_SOURCE struct source *in = NULL;

	if (f->size > to->max - to->len)
		return err_set(err, ERR_LIMIT,
			       "'" STR_FMT "' of the bundle '%s' has %llu bytes; "
			       "the limit is %zu",
			       STR_ARG(f->name), b->name, (unsigned long long)f->size,
			       to->max - to->len);
	in = open_file(b, f);
	return source_read_all(in, to, err);
}

void bundle_lend(const struct bundle *b, struct stage *s)
{
	size_t n = b->files.n_files;
	CLEANUP_FREE struct stage_part *parts = mem_array(n ? n : 1, sizeof(*parts));

	for (size_t i = 0; i < n; i++)
		parts[i] = (struct stage_part){ b->files.files[i].digest, b->files.files[i].offset,
						b->files.files[i].size };
	stage_lend(s, b->fd, b->name, parts, n);
}

/* What is beside a recipe comes from the workspace; sources are for people. */
static bool is_for_stage(const struct oci_artifact_file *f)
{
	switch (bundle_kind_of(f)) {
	case BUNDLE_PACKAGE:
	case BUNDLE_ARCHIVE:
	case BUNDLE_EFFECTS:
		return true;
	case BUNDLE_EVIDENCE: /* as a lock names it: the other form is made of that */
		return !str_has_suffix(f->name, STR(".zst"));
	default:
		return false;
	}
}

int bundle_import(const struct bundle *b, struct stage *s, struct error *err)
{
	for (size_t i = 0; i < b->files.n_files; i++) {
		const struct oci_artifact_file *f = &b->files.files[i];
		CLEANUP_SOURCE struct source *in = NULL;
		struct digest got;

		if (!is_for_stage(f) || stage_has(s, &f->digest))
			continue;
		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		in = open_file(b, f);
		if (stage_put_source(s, in, &f->digest, &got, NULL, err) < 0)
			return err_while(err, "taking '" STR_FMT "' from the bundle '%s'",
					 STR_ARG(f->name), b->name);
	}
	return 0;
}

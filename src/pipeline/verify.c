#define _GNU_SOURCE
#include "pipeline/verify_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/file_stamp.h"
#include "io/workers.h"
#include "pipeline/bundle.h"
#include "pipeline/output_hint.h"

/* ---- what is told ---- */

void verify_add(struct verify_result *r, const char *name, enum verify_state state, const char *fmt,
		...)
{
	CLEANUP_FREE char *text = NULL;
	struct verify_check *more;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	more = arena_array(&r->arena, r->n_checks + 1, sizeof(*more)); /* there are few */
	if (r->n_checks)
		memcpy(more, r->checks, r->n_checks * sizeof(*more));
	more[r->n_checks] =
		(struct verify_check){ name, state, arena_str(&r->arena, str_of(text)) };
	r->checks = more;
	r->n_checks++;
}

int verify_failed(struct verify_result *told, const char *name, const struct error *err)
{
	verify_add(told, name, VERIFY_FAILED, "%s", err->message ? err->message : "failed");
	return -1;
}

void verify_release(struct verify_result *r)
{
	arena_release(&r->arena);
	*r = (struct verify_result){ 0 };
}

/* ---- the file ---- */

static int open_file(struct verifying *v, struct error *err)
{
	const char *slash = strrchr(v->path, '/');
	CLEANUP_FREE char *folder =
		slash ? mem_str((struct str){ v->path, (size_t)(slash - v->path) + 1 })
		      : mem_strdup(".");
	struct stat st;

	if (strcmp(v->path, "-") == 0) {
		(void)err_set(err, ERR_USAGE, "standard input can't be verified");
		return err_hint(err, "it is read more than once, and its signatures lie beside it: "
				     "write it to a file");
	}
	v->base = slash ? slash + 1 : v->path;
	if (file_open_regular(AT_FDCWD, v->path, false, &v->fd, err) < 0)
		return output_hint(v->path, err);
	if (fstat(v->fd, &st) < 0)
		return err_sys(err, errno, "cannot read '%s'", v->path);
	v->size = (uint64_t)st.st_size;
	v->kind = identify_kind_of(v->fd);
	v->r->identity.file = arena_str(&v->r->arena, str_of(v->base));
	return file_open_folder(AT_FDCWD, folder, &v->folder, err) < 0 ? -1 : 0;
}

/*
 * A file that changes while it is read was verified as something that it never was. Its mtime
 * can be set back by whoever writes to it, its ctime can't.
 */
static int check_unchanged(const struct verifying *v, const struct stat *before, struct error *err)
{
	const struct file_stamp was = file_stamp_of(before);
	struct file_stamp now, there;
	struct stat st;

	if (fstat(v->fd, &st) == 0) {
		now = file_stamp_of(&st);
		if (stat(v->path, &st) == 0) {
			there = file_stamp_of(&st);
			if (file_stamp_equal(&now, &was) && file_stamp_equal(&there, &was))
				return 0;
		}
	}
	return err_set(err, ERR_IO, "'%s' was changed while it was verified", v->path);
}

/* ---- the steps ---- */

/* An image is digests in digests: those of its blobs in the same pass. */
static int hash_file(struct verifying *v, struct digest *ret, struct error *err)
{
	if (v->kind != IDENTIFY_OCI)
		return identify_digest(v->fd, v->path, ret, err);
	if (oci_digests_make(v->fd, v->path, &v->digests, err) < 0)
		return -1;
	*ret = v->digests.file;
	return 0;
}

static int run_part(void *context, size_t i, struct error *err)
{
	struct verifying *v = context;
	struct verify_part *part = &v->parts[i];
	struct error *failure = &part->failure;
	int r = 0;

	(void)err; /* each keeps its own: all are told */
	switch (i) {
	case VERIFY_HASH:
		r = hash_file(v, &part->told.identity.digest[IDENTITY_FILE], failure);
		part->told.identity.has[IDENTITY_FILE] = r == 0;
		break;
	case VERIFY_CONTENT:
		r = verify_content(v, part, failure);
		break;
	case VERIFY_STATEMENTS:
		r = verify_read_statements(v, part, failure);
		break;
	}
	(void)r;
	return 0;
}

static void take_told(struct verifying *v, const struct verify_part *part)
{
	for (size_t i = 0; i < part->told.n_checks; i++) {
		const struct verify_check *c = &part->told.checks[i];

		verify_add(v->r, c->name, c->state, STR_FMT, STR_ARG(c->text));
	}
	for (size_t role = 0; role < IDENTITY_ROLE_COUNT; role++) {
		if (!part->told.identity.has[role])
			continue;
		v->r->identity.has[role] = true;
		v->r->identity.digest[role] = part->told.identity.digest[role];
	}
	if (part->told.architecture.len)
		v->r->architecture = arena_str(&v->r->arena, part->told.architecture);
	if (part->told.kind.len)
		v->r->kind = arena_str(&v->r->arena, part->told.kind);
}

static int run_parts(struct verifying *v, struct error *err)
{
	char hex[DIGEST_TEXT_MAX];

	if (workers_run(v->c->n_threads, VERIFY_PARTS, run_part, v, err) < 0)
		return -1;
	if (v->parts[VERIFY_HASH].failure.code)
		return err_move(err, &v->parts[VERIFY_HASH].failure);
	take_told(v, &v->parts[VERIFY_HASH]);
	verify_add(v->r, "file", VERIFY_OK, "%s",
		   digest_format(&v->r->identity.digest[IDENTITY_FILE], hex));
	verify_blobs(v, &v->parts[VERIFY_CONTENT]);
	take_told(v, &v->parts[VERIFY_CONTENT]);
	return 0;
}

/* The signatures first; then, if they are of this file, what is wrong inside. */
static int judge(struct verifying *v, struct error *err)
{
	struct error *inside = &v->parts[VERIFY_CONTENT].failure;

	if (verify_match_signatures(v, inside->code ? inside : NULL, err) < 0)
		return -1;
	if (inside->code)
		return err_move(err, inside);
	take_told(v, &v->parts[VERIFY_STATEMENTS]);
	if (v->parts[VERIFY_STATEMENTS].failure.code)
		return err_move(err, &v->parts[VERIFY_STATEMENTS].failure);
	return verify_match_statements(v, err) < 0 ? -1 : verify_match_log(v, err);
}

static int run(struct verifying *v, struct error *err)
{
	struct stat before;

	if (open_file(v, err) < 0)
		return -1;
	if (fstat(v->fd, &before) < 0)
		return err_set(err, ERR_IO, "cannot read '%s'", v->path);
	if (v->kind == IDENTIFY_OCI && oci_artifact_is_one(v->fd, STR(BUNDLE_TYPE))) {
		(void)err_set(err, ERR_UNSUPPORTED, "'%s' is a bundle of inputs, and no output",
			      v->path);
		return err_hint(err, "it says how an image came to be: 'ingot verify IMAGE "
				     "--rebuild --bundle %s'",
				v->path);
	}
	if (v->kind == IDENTIFY_UNKNOWN) {
		(void)err_set(err, ERR_FORMAT, "'%s' is no container image and no disk", v->path);
		(void)output_hint(v->path, err);
		return verify_failed(v->r, "file", err);
	}
	if (verify_load_keys(v, err) < 0 || verify_load_log(v, err) < 0 ||
	    verify_find_signatures(v, err) < 0 ||
	    run_parts(v, err) < 0 || judge(v, err) < 0)
		return -1;
	return check_unchanged(v, &before, err);
}

static void release(struct verifying *v)
{
	for (size_t i = 0; i < VERIFY_PARTS; i++) {
		verify_release(&v->parts[i].told);
		err_release(&v->parts[i].failure);
	}
	verify_release_keys(v);
	oci_digests_release(&v->digests);
	oci_image_free(v->image);
	verify_release_log(v);
	if (v->fd >= 0)
		close(v->fd);
	if (v->folder >= 0)
		close(v->folder);
}

int verify_run(struct context *c, const char *path, const struct verify_options *o,
	       struct verify_result *ret, struct error *err)
{
	struct verifying v = { .c = c, .path = path, .o = o, .r = ret, .fd = -1, .folder = -1 };
	int r;

	*ret = (struct verify_result){ 0 };
	r = run(&v, err);
	release(&v);
	if (r < 0)
		ret->vouched = false;
	return r;
}

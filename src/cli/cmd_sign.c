#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "cli/app.h"
#include "cli/progress.h"
#include "cli/signer_option.h"
#include "format/sigstore/sigstore.h"
#include "image/oci_account.h"
#include "io/file.h"
#include "io/workers.h"
#include "pipeline/identify.h"
#include "pipeline/outputs_lock.h"
#include "pipeline/signing.h"
#include "pipeline/statements.h"
#include "pipeline/unevaluated.h"

int cmd_sign(struct app *app, int argc, char **argv, struct error *err);

struct signed_file {
	const char *path;
	struct str folder; /* "outputs", "." */
	struct identity identity;
	struct file_stamp stamp;
	enum identify_kind kind;
	struct str reference; /* of an image: "localhost/web:1.4.0", or "" */
	struct str *files;    /* that were written for it, with the folder */
	size_t n_files;
	bool has_statements;
};

struct signing {
	struct app *app;
	struct signer signer;
	struct public_key *key;
	struct signed_file *files;
	size_t n;
};

/* ---- what is signed ---- */

static struct str folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return STR(".");
	return slash == path ? STR("/") : (struct str){ path, (size_t)(slash - path) };
}

/* What `verify` would refuse is not signed. */
static int account(const struct identified *i, const char *path, struct error *err)
{
	if (!i->image || (oci_account_tar(i->fd, path, i->image, err) == 0 &&
			  oci_account_documents(i->fd, path, i->image, err) == 0))
		return 0;
	return err_hint(err, "sign the file that 'ingot build' wrote: a signature holds for the "
			     "image wherever it is copied to");
}

static int read_file(struct signing *s, struct signed_file *f, const char *path, struct error *err)
{
	CLEANUP_IDENTIFIED struct identified i = IDENTIFIED_INIT;
	struct arena *a = &s->app->arena;

	if (identify_file(path, /* unsigned_too= */ true, workers_default(), a, &i, err) < 0 ||
	    account(&i, path, err) < 0)
		return -1;
	if (i.disk &&
	    unevaluated_in_tree(i.disk->tree, block_files_reader(i.disk->files), path, err) < 0)
		return -1;
	*f = (struct signed_file){
		.path = path,
		.folder = folder_of(path),
		.identity = i.identity,
		.stamp = i.stamp,
		.kind = i.kind,
	};
	if (i.image)
		f->reference =
			arena_str(a, i.image->reference.len ? i.image->reference : i.image->tag);
	else if (app_flag(s->app, "legacy"))
		return err_set(err, ERR_USAGE,
			       "--legacy is for container images, and '%s' is a disk", path);
	return 0;
}

/* ---- signatures ---- */

static void add_file(struct signing *s, struct signed_file *f, struct str name)
{
	struct arena *a = &s->app->arena;
	struct str *list = arena_array(a, f->n_files + 1, sizeof(*list));
	bool here = str_equal(f->folder, STR("."));

	if (f->n_files)
		memcpy(list, f->files, f->n_files * sizeof(*list));
	list[f->n_files++] = here ? arena_str(a, name)
				  : str_of(arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(f->folder),
							str_equal(f->folder, STR("/")) ? "" : "/",
							STR_ARG(name)));
	f->files = list;
}

static int open_folder(const struct signed_file *f, int *ret, struct error *err)
{
	CLEANUP_FREE char *folder = mem_str(f->folder);
	int r = file_open_folder(AT_FDCWD, folder, ret, err);

	return r == FILE_ABSENT ? err_set(err, ERR_IO, "'%s' has gone", folder) : r;
}

static int sign_one(struct signing *s, struct signed_file *f, struct error *err)
{
	CLEANUP_CLOSE int folder = -1;
	CLEANUP_FREE char *stem = mem_str(statement_stem(f->identity.file));
	const char *const stems[] = { stem };
	const struct observer observer = progress_observer(s->app->progress);
	struct signing_order order = { .outputs = &f->identity,
				       .stamps = &f->stamp,
				       .stems = stems,
				       .n = 1,
				       .signer = &s->signer,
				       .observer = &observer };
	struct signing_result done;

	if (open_folder(f, &folder, err) < 0)
		return err_while(err, "signing '%s'", f->path);
	order.folder = folder;
	if (signing_outputs(&order, &s->app->arena, &done, err) < 0)
		return err_while(err, "signing '%s'", f->path);
	for (size_t i = 0; i < done.n_files; i++)
		add_file(s, f, done.files[i]);
	f->has_statements = done.n_files > 1;
	return 0;
}

/* cosign's SIGNATURE_SPEC.md: the payload, and the base64 of a signature over its bytes. */
static int sign_legacy(struct signing *s, struct signed_file *f, struct error *err)
{
	struct arena *a = &s->app->arena;
	CLEANUP_BUF struct buf payload = BUF_INIT(1u << 20), signature = BUF_INIT(1u << 16);
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 17);
	CLEANUP_PUBLIC_KEY struct public_key *key = NULL;
	CLEANUP_FREE char *file = mem_str(f->identity.file);
	const struct observer observer = progress_observer(s->app->progress);
	char *names[2] = {
		arena_printf(a, STR_FMT ".cosign.json", STR_ARG(f->identity.file)),
		arena_printf(a, STR_FMT ".cosign.sig", STR_ARG(f->identity.file)),
	};
	CLEANUP_CLOSE int folder = -1;
	struct bytes message;

	cosign_payload_write(f->reference, &f->identity.digest[IDENTITY_MANIFEST], &payload);
	message = buf_bytes(&payload);
	if (signer_sign(&s->signer, &message, 1, &signature, &key, err) < 0 ||
	    open_folder(f, &folder, err) < 0)
		return err_while(err, "signing '%s'", f->path);
	base64_encode(buf_bytes(&signature), &text);
	buf_add_char(&text, '\n');
	if (outputs_lock(folder, &observer, err) < 0 ||
	    file_stamp_check(folder, file, &f->stamp, err) < 0 ||
	    file_save(folder, names[0], message, err) < 0 ||
	    file_save(folder, names[1], buf_bytes(&text), err) < 0)
		return -1;
	add_file(s, f, str_of(names[0]));
	add_file(s, f, str_of(names[1]));
	return 0;
}

/* ---- what is said ---- */

static struct json *file_json(struct arena *a, const struct signed_file *f)
{
	struct json *o = json_object(a), *digests = json_object(a), *files = json_array(a);
	char hex[DIGEST_HEX_MAX];

	for (size_t i = 0; i < IDENTITY_ROLE_COUNT; i++)
		if (f->identity.has[i])
			json_set(digests, identity_role_names[i],
				 json_text(a, digest_hex(&f->identity.digest[i], hex)));
	for (size_t i = 0; i < f->n_files; i++)
		json_add(files, json_text(a, arena_strdup(a, f->files[i])));
	json_set(o, "file", json_text(a, f->path));
	json_set(o, "digests", digests);
	json_set(o, "written", files);
	return o;
}

static void print_json(const struct signing *s)
{
	struct arena *a = &s->app->arena;
	struct json *top = json_object(a), *files = json_array(a);
	char hex[DIGEST_HEX_MAX];

	for (size_t i = 0; i < s->n; i++)
		json_add(files, file_json(a, &s->files[i]));
	json_set(top, "files", files);
	json_set(top, "key_id", json_text(a, digest_hex(public_key_id(s->key), hex)));
	json_set(top, "key_type", json_text(a, key_type_name(public_key_type(s->key))));
	app_print_json(s->app, "sign", top);
}

static void print(const struct signing *s)
{
	char hex[DIGEST_HEX_MAX];

	for (size_t i = 0; i < s->n; i++) {
		const struct signed_file *f = &s->files[i];

		printf("%s\n", f->path);
		for (size_t k = 0; k < f->n_files; k++) {
			printf("  signed    ");
			app_print_str(f->files[k]);
			putchar('\n');
		}
	}
	printf("key id      %s (%s)\n", digest_hex(public_key_id(s->key), hex),
	       key_type_name(public_key_type(s->key)));
}

static void note(const struct signing *s, const char *text)
{
	struct observer o = progress_observer(s->app->progress);

	o.note(o.context, text);
}

static void print_notes(const struct signing *s)
{
	struct arena *a = &s->app->arena;

	for (size_t i = 0; i < s->n; i++) {
		const struct signed_file *f = &s->files[i];

		if (!f->has_statements)
			note(s, arena_printf(a,
					     "there are no statements beside '%s': the file alone "
					     "is signed",
					     f->path));
		if (f->kind == IDENTIFY_OTHER_DISK)
			note(s, arena_printf(a,
					     "of '%s' the file's own digest is signed: what is "
					     "inside was not looked at",
					     f->path));
	}
}

/* ---- */

static int sign_all(struct signing *s, struct error *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (sign_one(s, &s->files[i], err) < 0 ||
		    (app_flag(s->app, "legacy") && sign_legacy(s, &s->files[i], err) < 0))
			return -1;
	return 0;
}

/* The key of 'ingot init' is not taken unasked: a release is not to be signed by mistake. */
static int no_signer(struct app *app, struct error *err)
{
	CLEANUP_ERR struct error none = ERR_INIT;
	struct context *c;
	const char *own;

	(void)err_set(err, ERR_USAGE, "who signs? --key FILE or --signer exec:CMD is needed");
	if (app_machine_context(app, &c, &none) == 0 && c->machine.user_folder) {
		own = arena_printf(&app->arena, "%s/developer.pem", c->machine.user_folder);
		if (faccessat(AT_FDCWD, own, F_OK, 0) == 0)
			return err_hint(err, "'--key %s' signs as a developer; 'ingot keygen -o "
					     "NAME' makes a key for releases", own);
	}
	return err_hint(err, "'ingot keygen -o NAME' makes a key");
}

static int run(struct signing *s, char **paths, struct error *err)
{
	if (signer_option(s->app, "key", &s->signer, &s->key, err) < 0)
		return -1;
	if (!s->key)
		return no_signer(s->app, err);
	/* All are read before one is signed. */
	for (size_t i = 0; i < s->n; i++)
		if (read_file(s, &s->files[i], paths[i], err) < 0)
			return -1;
	return sign_all(s, err);
}

int cmd_sign(struct app *app, int argc, char **argv, struct error *err)
{
	struct signing s = { .app = app, .n = (size_t)argc };
	int r;

	s.files = arena_array(&app->arena, s.n, sizeof(*s.files));
	r = run(&s, argv, err);
	if (r == 0) {
		(app->json ? print_json : print)(&s);
		fflush(stdout);
		print_notes(&s);
	}
	signer_option_wipe(&s.signer);
	public_key_free(s.key);
	return r;
}

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "cli/app.h"
#include "cli/signer_option.h"
#include "io/file.h"
#include "pipeline/log.h"

#define PROOF_MAX (1u << 20) /* bytes */

int cmd_log(struct app *app, int argc, char **argv, struct error *err);

static struct json *head_json(struct app *app, const struct log_head *h)
{
	struct arena *a = &app->arena;
	struct json *o = json_object(a);
	CLEANUP_BUF struct buf root = BUF_INIT(64);

	base64_encode(BYTES_OF(h->root.bytes), &root);
	json_set(o, "origin", json_text(a, h->origin));
	json_set(o, "size", json_int(a, (int64_t)h->size));
	json_set(o, "root", json_str(a, buf_str(&root)));
	return o;
}

static void print_head(const struct log_head *h)
{
	CLEANUP_BUF struct buf root = BUF_INIT(64);

	base64_encode(BYTES_OF(h->root.bytes), &root);
	printf("log   %s\nsize  %" PRIu64 "\nroot  %s\n", h->origin, h->size, buf_cstr(&root));
}

/* ---- append ---- */

static void print_added(struct app *app, char **files, int n, const struct log_added *added,
			const struct log_head *head)
{
	struct arena *a = &app->arena;
	struct json *o = head_json(app, head), *list = json_array(a);

	for (int i = 0; i < n; i++) {
		struct json *row = json_object(a);

		json_set(row, "file", json_text(a, files[i]));
		json_set(row, "index", json_int(a, (int64_t)added[i].index));
		json_set(row, "new", json_bool(a, !added[i].was_there));
		json_add(list, row);
		if (!app->json)
			printf("%-6s %6" PRIu64 "  %s\n", added[i].was_there ? "kept" : "added",
			       added[i].index, files[i]);
	}
	json_set(o, "entries", list);
	if (app->json)
		app_print_json(app, "log-append", o);
	else
		print_head(head);
}

static int append(struct app *app, const char *folder, char **files, int n, struct error *err)
{
	CLEANUP_SIGNER struct signer signer = { 0 };
	CLEANUP_PUBLIC_KEY struct public_key *key = NULL;
	CLEANUP_LOG_HEAD struct log_head head = { 0 };
	CLEANUP_FREE struct log_added *added = mem_array((size_t)n, sizeof(*added));
	struct log_appending a = {
		.folder = folder,
		.origin = app_value(app, "origin"),
		.files = (const char *const *)files,
		.n_files = (size_t)n,
		.signer = &signer,
	};

	if (n == 0)
		return err_set(err, ERR_USAGE, "'ingot log append DIR FILE...' needs files");
	if (signer_option(app, "key", &signer, &key, err) < 0)
		return -1;
	if (!key) {
		err_set(err, ERR_USAGE, "who signs the log? give --key FILE or --signer exec:CMD");
		return err_hint(err, "'ingot keygen -o log' makes log.pem");
	}
	a.key = key;
	if (log_append(&a, added, &head, err) < 0)
		return -1;
	print_added(app, files, n, added, &head);
	return 0;
}

/* ---- prove ---- */

static int write_proof(struct bytes proof, const char *path, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	const char *name;

	if (file_open_parent(path, &fd, &name, err) < 0)
		return -1;
	return file_save(fd, name, proof, err);
}

static int prove(struct app *app, const char *folder, const char *file, struct error *err)
{
	CLEANUP_BUF struct buf proof = BUF_INIT(PROOF_MAX);
	const char *path = app_value(app, "output");
	struct json *o = json_object(&app->arena);
	uint64_t index = 0;

	path = path ? path : arena_printf(&app->arena, "%s.tlog-proof", file);
	if (log_prove(folder, file, &proof, &index, err) < 0)
		return -1;
	if (strcmp(path, "-") == 0)
		return fwrite(proof.ptr, 1, proof.len, stdout) == proof.len
			       ? 0
			       : err_sys(err, EIO, "cannot write the proof");
	if (write_proof(buf_bytes(&proof), path, err) < 0)
		return -1;
	json_set(o, "proof", json_text(&app->arena, path));
	json_set(o, "index", json_int(&app->arena, (int64_t)index));
	if (app->json)
		app_print_json(app, "log-prove", o);
	else
		printf("entry %" PRIu64 "  %s\n", index, path);
	if (!app->json && !app->quiet)
		fprintf(stderr, "next: 'ingot log verify %s --proof %s --key LOG.pub', anywhere\n",
			file, path);
	return 0;
}

/* ---- verify ---- */

static int verify_folder(struct app *app, const char *folder, const struct log_verifying *v,
			 struct error *err)
{
	CLEANUP_LOG_HEAD struct log_head head = { 0 };
	uint64_t since = 0;
	struct json *o;
	struct stat st;

	if (log_verify(folder, v, &head, &since, err) < 0)
		return stat(folder, &st) == 0 && S_ISREG(st.st_mode)
			       ? err_hint(err, "of a file, --proof shows that it is in a log")
			       : -1;
	o = head_json(app, &head);
	if (v->since)
		json_set(o, "since", json_int(&app->arena, (int64_t)since));
	if (app->json)
		return app_print_json(app, "log-verify", o), 0;
	print_head(&head);
	printf("every entry, every tile and the signature fit\n");
	if (v->since)
		printf("and the first %" PRIu64 " entries are those of %s\n", since, v->since);
	return 0;
}

static int verify_file(struct app *app, const char *file, const struct log_verifying *v,
		       struct error *err)
{
	CLEANUP_LOG_HEAD struct log_head head = { 0 };
	uint64_t index = 0;
	struct json *o;

	if (v->since)
		return err_set(err, ERR_USAGE, "--since is for a whole log, and not for a proof");
	if (log_verify_proof(file, app_value(app, "proof"), v, &head, &index, err) < 0)
		return -1;
	o = head_json(app, &head);
	json_set(o, "index", json_int(&app->arena, (int64_t)index));
	if (app->json)
		return app_print_json(app, "log-verify", o), 0;
	print_head(&head);
	printf("%s is entry %" PRIu64 "\n", file, index);
	return 0;
}

static int verify(struct app *app, const char *what, struct error *err)
{
	CLEANUP_PUBLIC_KEY struct public_key *key = NULL;
	CLEANUP_FREE char *name = NULL;
	struct log_verifying v = { .since = app_value(app, "since") };
	const char *path = app_value(app, "key");

	if (!path)
		return err_set(err, ERR_USAGE, "whose log is it? give --key LOG.pub");
	if (log_key_load(path, &key, &name, err) < 0)
		return -1;
	v.key = key;
	v.origin = app_value(app, "origin") ? app_value(app, "origin") : name;
	return app_value(app, "proof") ? verify_file(app, what, &v, err)
				       : verify_folder(app, what, &v, err);
}

int cmd_log(struct app *app, int argc, char **argv, struct error *err)
{
	if (strcmp(argv[0], "append") == 0)
		return append(app, argv[1], argv + 2, argc - 2, err);
	if (strcmp(argv[0], "prove") == 0 && argc == 3)
		return prove(app, argv[1], argv[2], err);
	if (strcmp(argv[0], "verify") == 0 && argc == 2)
		return verify(app, argv[1], err);
	return err_set(err, ERR_USAGE,
		       "'ingot log' takes: append DIR FILE..., prove DIR FILE, verify DIR, or "
		       "verify FILE --proof PROOF");
}

#include "pipeline/secure_boot.h"

#include <fcntl.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "crypto/authenticode.h"
#include "io/file.h"
#include "io/source.h"

#define CERTIFICATE_MAX LIMIT_RECIPE_SIZE

struct request {
	struct context *context;
	const struct secure_boot_options *options;
	const struct digest *authenticode;
	char *folder;	      /* "recipes/web.signatures" */
	char *name;	      /* of the file in it */
	struct buf of_recipe; /* certificate; empty: the recipe names none */
	struct buf of_options;
};

static void request_release(struct request *q)
{
	free(q->folder);
	free(q->name);
	buf_release(&q->of_recipe);
	buf_release(&q->of_options);
}

static struct request request_of(struct context *c, const struct recipe *r,
				 const struct secure_boot_options *options,
				 const struct digest *authenticode)
{
	char hex[DIGEST_HEX_MAX];
	struct str stem = r->path;

	if (str_has_suffix(stem, STR(".yaml")))
		stem.len -= strlen(".yaml");
	return (struct request){
		.context = c,
		.options = options,
		.authenticode = authenticode,
		.folder = mem_printf(STR_FMT ".signatures", STR_ARG(stem)),
		.name = mem_printf("%s.p7s", digest_hex(authenticode, hex)),
		.of_recipe = BUF_INIT(CERTIFICATE_MAX),
		.of_options = BUF_INIT(CERTIFICATE_MAX),
	};
}

/* ---- certificates ---- */

static int load_of_recipe(struct request *q, const struct recipe_target *t, struct error *err)
{
	CLEANUP_FREE char *name = mem_str(t->secure_boot_certificate);
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_SOURCE struct source *from = NULL;
	struct sink *to;
	int r;

	if (t->secure_boot_certificate.len == 0)
		return 0;
	if (recipe_input_open(q->context->workspace.fd, t->secure_boot_certificate, &fd, err) < 0)
		return err_place(err, t->pos);
	from = source_of_fd(fd, 0, CERTIFICATE_MAX, name);
	to = sink_to_buf(&q->of_recipe);
	r = source_copy(from, to, err);
	if (r < 0)
		to->failed = true;
	if (sink_close(to, err) < 0 || r < 0)
		return err_while(err, "reading 'recipes/%s'", name);
	return 0;
}

static int load_of_options(struct request *q, struct error *err)
{
	const char *path = q->options->certificate;
	int r;

	if (!path)
		return 0;
	r = file_load(AT_FDCWD, path, &q->of_options, err);
	if (r == FILE_ABSENT)
		return err_set(err, ERR_KEY, "there is no certificate '%s'", path);
	return r;
}

/* ptr NULL: any. */
static struct bytes wanted_certificate(const struct request *q)
{
	return buf_bytes(q->of_options.len ? &q->of_options : &q->of_recipe);
}

/* ---- the stored signature ---- */

static int check(const struct request *q, struct bytes p7s, struct bytes certificate,
		 struct error *err)
{
	return authenticode_check(q->authenticode, p7s, certificate, /* ret_subject= */ NULL, err);
}

/* Also that of the recipe, where the command line names another. */
static int check_all(const struct request *q, struct bytes p7s, struct error *err)
{
	if (check(q, p7s, wanted_certificate(q), err) < 0)
		return -1;
	if (!q->of_options.len || !q->of_recipe.len)
		return 0;
	if (check(q, p7s, buf_bytes(&q->of_recipe), err) < 0)
		return err_while(err, "checking it by the certificate that the recipe names");
	return 0;
}

static int find_stored(const struct request *q, struct buf *ret, bool *ret_found, struct error *err)
{
	CLEANUP_FREE char *path = mem_printf("%s/%s", q->folder, q->name);
	CLEANUP_ERR struct error stale = ERR_INIT;
	struct error *said = q->options->key ? &stale : err;
	int r = file_load(q->context->workspace.fd, path, ret, err);

	if (r != 0)
		return r < 0 ? -1 : 0;
	*ret_found = check_all(q, buf_bytes(ret), said) == 0;
	if (*ret_found)
		return 0;
	buf_reset(ret);
	if (q->options->key)
		return 0; /* there will be another */
	(void)err_while(err, "reading '%s'", path);
	return err_hint(err, "sign again with --secure-boot-key and --secure-boot-cert, or remove "
			     "the file for a disk without a signature");
}

static int store(const struct request *q, struct bytes p7s, struct error *err)
{
	CLEANUP_CLOSE int folder = -1;
	int workspace = q->context->workspace.fd;

	if (file_make_folders(workspace, q->folder, err) < 0)
		return -1;
	if (file_open_folder(workspace, q->folder, &folder, err))
		return err->code ? -1 : err_set(err, ERR_IO, "'%s' is gone", q->folder);
	return file_save(folder, q->name, p7s, err);
}

/* ---- signing ---- */

static int sign(const struct request *q, int64_t epoch, struct buf *ret, struct error *err)
{
	const struct secure_boot_options *o = q->options;
	struct key_source key = { o->key, o->passphrase, o->passphrase_path };
	struct bytes certificate = wanted_certificate(q);

	if (!certificate.ptr) {
		(void)err_set(err, ERR_USAGE, "--secure-boot-key needs the key's certificate");
		return err_hint(err, "give --secure-boot-cert FILE, or 'secure_boot: {certificate: "
				     "keys/db.pem}' in the recipe");
	}
	if (authenticode_sign_by(q->authenticode, &key, certificate, epoch, ret, err) < 0)
		return -1;
	if (check_all(q, buf_bytes(ret), err) < 0)
		return -1;
	if (store(q, buf_bytes(ret), err) == 0) {
		context_note(q->context, "signed for Secure Boot: commit '%s/%s'", q->folder,
			     q->name);
		return 0;
	}
	(void)err_while(err, "storing the signature '%s/%s'", q->folder, q->name);
	return err_hint(err, "signing writes beside the recipe: that folder must be writable");
}

static int find_or_sign(struct request *q, const struct recipe_target *target, int64_t epoch,
			struct buf *ret, bool *ret_found, struct error *err)
{
	if (load_of_recipe(q, target, err) < 0 || load_of_options(q, err) < 0 ||
	    find_stored(q, ret, ret_found, err) < 0)
		return -1;
	if (*ret_found)
		return 0;
	if (q->options->key) {
		if (sign(q, epoch, ret, err) < 0)
			return -1;
		*ret_found = true;
		return 0;
	}
	/* Nobody who asks for no Secure Boot need hear of it. */
	if (!q->of_recipe.len && !q->of_options.len)
		return 0;
	context_note(q->context,
		     "the disk of target '" STR_FMT "' is not signed for Secure Boot: there is no "
		     "'%s/%s'",
		     STR_ARG(target->name), q->folder, q->name);
	return 0;
}

int secure_boot_signature(struct context *c, const struct recipe *r,
			  const struct recipe_target *target,
			  const struct secure_boot_options *options,
			  const struct digest *authenticode, int64_t epoch, struct buf *ret_p7s,
			  bool *ret_found, struct error *err)
{
	CLEANUP(request_release)
	struct request q = request_of(c, r, options, authenticode);

	*ret_found = false;
	return find_or_sign(&q, target, epoch, ret_p7s, ret_found, err);
}

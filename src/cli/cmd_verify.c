#include "cli/show_verify.h"
#include "cli/verify_rebuild.h"
#include "pipeline/verify_log.h"

int cmd_verify(struct app *app, int argc, char **argv, struct error *err);

static int read_role(const struct app *app, const char **ret, struct error *err)
{
	static const char *const roles[] = { "release", "developer", "rebuilder" };
	const char *text = app_value(app, "role");

	*ret = text;
	for (size_t i = 0; text && i < sizeof(roles) / sizeof(*roles); i++)
		if (strcmp(text, roles[i]) == 0)
			return 0;
	return text ? err_set(err, ERR_USAGE,
			      "there is no role '%s': release, developer or rebuilder", text)
		    : 0;
}

static void show(struct app *app, const struct verify_result *r, const char *path,
		 const struct error *failure)
{
	if (app->json)
		app_print_json(app, "verify", show_verify_json(r, path, failure, &app->arena));
	else
		show_verify_text(r, path, failure);
}

/* Signatures that are there and don't count are told in the table above. */
static int refuse_unvouched(const struct app *app, const struct verify_options *o,
			    const char *path, struct error *err)
{
	if (o->n_keys || app->context.machine.n_trust)
		return err_set(err, ERR_UNVOUCHED, "no key that counts has signed '%s'", path);
	(void)err_set(err, ERR_UNVOUCHED, "nobody vouches for '%s': no key was given", path);
	return err_hint(err, "give the public key of who should have signed it: --key PUB; or list "
			     "it under 'trust:' in '%s'", app->context.machine.config_path);
}

/* --proof: the signature is in a log, too. Without a signature that counts it says nothing. */
static int check_log(struct app *app, const char *path, const struct verify_options *o,
		     struct verify_result *r, struct error *err)
{
	const struct verify_log_options log = {
		.proof = app_value(app, "proof"),
		.key = app_value(app, "log-key"),
		.origin = app_value(app, "log-origin"),
	};

	return log.proof && r->n_signers ? verify_log(path, o, &log, r, err) : 0;
}

static int check_log_options(const struct app *app, struct error *err)
{
	bool proof = app_value(app, "proof"), key = app_value(app, "log-key");

	if (proof != key || (!proof && app_value(app, "log-origin")))
		return err_set(err, ERR_USAGE, "--proof and --log-key belong together");
	if (proof && (app_flag(app, "rebuild") || app_value(app, "threshold")))
		return err_set(err, ERR_USAGE, "--proof does not go with --rebuild and "
					       "--threshold: verify it by itself");
	return 0;
}

int cmd_verify(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_VERIFY struct verify_result r = { 0 };
	struct verify_options o = { 0 };
	struct context *c;

	(void)argc;
	o.keys = app_values(app, "key", &o.n_keys);
	o.signatures = app_values(app, "signature", &o.n_signatures);
	o.repacked = app_flag(app, "repacked");
	if (read_role(app, &o.role, err) < 0 || check_log_options(app, err) < 0 ||
	    app_machine_context(app, &c, err) < 0)
		return -1;
	if (app_flag(app, "rebuild"))
		return verify_by_rebuild(app, argv[0], &o, err);
	if (app_flag(app, "threshold"))
		return verify_by_threshold(app, argv[0], &o, err);
	if (verify_run(c, argv[0], &o, &r, err) < 0 ||
	    check_log(app, argv[0], &o, &r, err) < 0) {
		if (r.n_checks)
			show(app, &r, argv[0], err);
		return -1;
	}
	show(app, &r, argv[0], NULL);
	return r.vouched ? 0 : refuse_unvouched(app, &o, argv[0], err);
}

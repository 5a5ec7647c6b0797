#include "cli/show_verify.h"
#include "cli/verify_rebuild.h"

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
		show_verify_text(r, path, failure, app->quiet);
}

/* Whether the configuration knows a key that could have counted: `init` lists a developer's. */
static bool trusts_somebody(const struct machine *m, const char *role)
{
	for (size_t i = 0; i < m->n_trust; i++)
		if (str_equal_cstr(m->trust[i].role, role ? role : "release"))
			return true;
	return false;
}

static const char *told(const struct verify_result *r, const char *name, enum verify_state state,
			struct arena *arena)
{
	for (size_t i = 0; i < r->n_checks; i++)
		if (strcmp(r->checks[i].name, name) == 0 && r->checks[i].state == state)
			return arena_strdup(arena, r->checks[i].text);
	return NULL;
}

/* Keys were given, or are trusted: why none of them counts. */
static int refuse_signers(struct app *app, const struct verify_options *o,
			  const struct verify_result *r, const char *path, struct error *err)
{
	const char *why = told(r, "policy", VERIFY_NOTE, &app->arena);

	if (told(r, "signature", VERIFY_NONE, &app->arena)) {
		(void)err_set(err, ERR_UNVOUCHED, "nobody has signed '%s'", path);
		return err_hint(err, "who publishes it gives out '%s.sigstore.json', too: lay it "
				     "beside, or name it by --signature", path);
	}
	(void)err_set(err, ERR_UNVOUCHED, "no key that counts has signed '%s'", path);
	if (why) {
		(void)err_detail(err, "%s", why);
		return err_hint(err, "'trust:' in '%s' says which key is for what; '--role ROLE' asks "
				     "for keys of another role", app->context.machine.config_path);
	}
	if (!r->stranger.len)
		return err_hint(err, "the lines 'signature' and 'identity' say what is there instead");
	(void)err_detail(err, "its signature names key " STR_FMT ", which is none of those of %s",
			 STR_ARG(r->stranger), o->n_keys ? "--key" : "'trust:'");
	return err_hint(err, "ask who publishes it for one that is signed by the right key; if you "
			     "trust this key, name its public half: --key PUB");
}

static int refuse_unvouched(struct app *app, const struct verify_options *o,
			    const struct verify_result *r, const char *path, struct error *err)
{
	if (verify_is_developers(r)) {
		(void)err_set(err, ERR_UNVOUCHED, "nobody but a developer vouches for '%s'", path);
		return err_hint(err, "'--role developer' accepts it. A release is signed by another "
				     "key: 'ingot sign %s --key RELEASE.pem'",
				path);
	}
	if (o->n_keys || r->n_others || trusts_somebody(&app->context.machine, o->role))
		return refuse_signers(app, o, r, path, err);
	(void)err_set(err, ERR_UNVOUCHED, "nobody vouches for '%s': no key was given", path);
	return err_hint(err, "give the public key of who should have signed it: --key PUB; or list "
			     "it under 'trust:' in '%s'", app->context.machine.config_path);
}

static int read_log(const struct app *app, struct verify_log_options *ret, struct error *err)
{
	ret->proof = app_value(app, "proof");
	ret->key = app_value(app, "log-key");
	ret->origin = app_value(app, "log-origin");
	if (!ret->proof == !ret->key && (ret->proof || !ret->origin))
		return 0;
	return err_set(err, ERR_USAGE, "--proof and --log-key belong together");
}

/* An option that says nothing here is a check that somebody believes was made. */
static int check_options(const struct app *app, struct error *err)
{
	static const char *const options[][2] = {
		{ "bundle", "rebuild" },   { "keyring", "rebuild" },  { "target", "rebuild" },
		{ "arch", "rebuild" },	   { "sign-key", "rebuild" }, { "signer", "rebuild" },
		{ "output", "rebuild" },   { "verdict", "threshold" },
		{ "allow-dissent", "threshold" },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (app_flag(app, options[i][0]) && !app_flag(app, options[i][1]))
			return err_set(err, ERR_USAGE, "--%s belongs to --%s, which is not there",
				       options[i][0], options[i][1]);
	if (!app_flag(app, "rebuild") || !app_flag(app, "threshold"))
		return 0;
	(void)err_set(err, ERR_USAGE, "--rebuild and --threshold are two questions");
	return err_hint(err, "one by one: '--rebuild --sign-key' writes a verdict, '--threshold N' "
			     "counts them");
}

int cmd_verify(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_VERIFY struct verify_result r = { 0 };
	struct verify_options o = { 0 };
	struct context *c;

	(void)argc;
	o.keys = app_files(app, "key", &o.n_keys);
	o.signatures = app_files(app, "signature", &o.n_signatures);
	o.repacked = app_flag(app, "repacked");
	if (check_options(app, err) < 0 || read_role(app, &o.role, err) < 0 ||
	    read_log(app, &o.log, err) < 0 || app_machine_context(app, &c, err) < 0)
		return -1;
	if (app_flag(app, "rebuild"))
		return verify_by_rebuild(app, argv[0], &o, err);
	if (app_flag(app, "threshold"))
		return verify_by_threshold(app, argv[0], &o, err);
	if (verify_run(c, argv[0], &o, &r, err) < 0) {
		if (err->code == ERR_DIGEST)
			(void)err_hint(err, "fetch the file and what lies beside it again: if it stays "
					    "so, somebody has changed it");
		if (r.n_checks)
			show(app, &r, argv[0], err);
		return -1;
	}
	show(app, &r, argv[0], NULL);
	return r.vouched ? 0 : refuse_unvouched(app, &o, &r, argv[0], err);
}

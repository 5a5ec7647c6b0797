/* systemd-tmpfiles (252, 257). */
#include "debian/conf_line.h"
#include "debian/service_commands.h"
#include "debian/tmpfiles.h"

#define STATUS_BAD_LINE 65 /* EX_DATAERR */
#define STATUS_FAILED 73   /* EX_CANTCREAT */

enum option {
	OPT_CREATE = 1,
	OPT_REMOVE,
	OPT_BOOT,
	OPT_PREFIX,
	OPT_EXCLUDE,
	OPT_NOTHING,
	OPT_ROOT,
	OPT_E
};

static const struct shell_option options[] = {
	{ 0, "create", OPTION_NO_VALUE, OPT_CREATE },
	{ 0, "remove", OPTION_NO_VALUE, OPT_REMOVE },
	{ 0, "boot", OPTION_NO_VALUE, OPT_BOOT },
	{ 0, "prefix", OPTION_VALUE, OPT_PREFIX },
	{ 0, "exclude-prefix", OPTION_VALUE, OPT_EXCLUDE },
	{ 'E', NULL, OPTION_NO_VALUE, OPT_E },
	{ 0, "root", OPTION_VALUE, OPT_ROOT },
	{ 0, "no-pager", OPTION_NO_VALUE, OPT_NOTHING },
	{ 0, "graceful", OPTION_NO_VALUE, OPT_NOTHING + 100 },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

static void add_e(struct tmpfiles *t)
{
	static const char *const paths[] = { "/dev", "/proc", "/run", "/sys" };

	for (size_t i = 0; i < 4; i++)
		t->exclude[t->n_exclude++] = str_of(paths[i]);
}

/* False: another root. */
static bool take_options(struct tmpfiles *t, const struct shell_arguments *a)
{
	t->prefixes = arena_array(t->d->arena, a->n_options + 1, sizeof(*t->prefixes));
	t->exclude = arena_array(t->d->arena, 4 * a->n_options + 1, sizeof(*t->exclude));
	for (size_t i = 0; i < a->n_options; i++) {
		const struct shell_taken *o = &a->options[i];

		switch (o->id) {
		case OPT_CREATE:
			t->create = true;
			break;
		case OPT_REMOVE:
			t->remove = true;
			break;
		case OPT_BOOT:
			t->boot = true;
			break;
		case OPT_PREFIX:
			t->prefixes[t->n_prefixes++] = o->value;
			break;
		case OPT_EXCLUDE:
			t->exclude[t->n_exclude++] = o->value;
			break;
		case OPT_E:
			add_e(t);
			break;
		case OPT_NOTHING:
			break;
		case OPT_ROOT:
			if (!service_is_root(o->value))
				return false;
			break;
		default:
			return false;
		}
	}
	return t->create || t->remove;
}

/* *ret_missing: a file that was named is not there, which ends the program. */
static int read_files(struct shell_call *c, struct tmpfiles *t, const struct shell_arguments *a,
		      struct str *ret_missing, const char **reason, struct error *err)
{
	struct str *files;
	size_t n;
	int r = conf_choose(t->d, "tmpfiles.d", a->operands, a->n_operands, &files, &n, ret_missing,
			    err);

	if (r)
		return r;
	for (size_t i = 0; i < n && !r; i++) {
		struct str text = STR("");

		if (files[i].len)
			r = files_read(&t->files, files[i], &text, err);
		else
			text = shell_input_all(c->in);
		if (r < 0)
			return -1;
		r = tmpfiles_read(t, text, reason);
	}
	return r;
}

int command_systemd_tmpfiles(struct shell_call *c, struct error *err)
{
	struct tmpfiles t = { .d = debian_of(c),
			      .files = service_files(c),
			      .systemd = service_systemd(c) };
	struct str missing = STR("");
	const char *reason = "";
	struct shell_arguments a;
	int status = 0, r = shell_options(c, options, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	if (service_elsewhere(c) || !t.systemd || !take_options(&t, &a))
		return shell_refuse(c, err, "only --create and --remove in the image's own root");
	if (accounts_open(t.d, &t.accounts, err) < 0)
		return -1;
	r = read_files(c, &t, &a, &missing, &reason, err);
	if (missing.len)
		return shell_fail(c, 1, "Failed to read '" STR_FMT "': No such file or directory",
				  STR_ARG(missing));
	if (!r)
		r = tmpfiles_run(&t, &reason, err);
	if (r)
		return r < 0 ? -1 : shell_refuse(c, err, "%s", reason);
	if (t.bad_line)
		return STATUS_BAD_LINE;
	return t.failed ? STATUS_FAILED : 0;
}

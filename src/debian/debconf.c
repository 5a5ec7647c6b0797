/*
 * debconf's frontend: confmodule, sourced by a script, starts it with the script's own
 * name. It loads the templates, runs the config script, and then the script once more from
 * its first line, and answers what they say on their standard output.
 */
#include "debian/debconf.h"

#include "debian/install.h"

#define PROGRAM "/usr/share/debconf/frontend"
#define SCRIPT_TEMPLATES "/usr/share/debconf/templates/"

struct frontend {
	struct shell_call *c;
	struct debconf *db;
	const struct str *argv; /* of the script */
	size_t argc;
	bool itself; /* the maintainer script, not a program that it calls */
};

static int load(struct debconf *db, struct str text, struct str owner, struct error *err)
{
	const char *fault = NULL;

	if (debconf_load(db, text, owner, &fault))
		return err_set(err, ERR_FORMAT, "the debconf templates of '" STR_FMT "': %s",
			       STR_ARG(owner), fault);
	return 0;
}

static bool is_script(const struct frontend *f, const char *name)
{
	return f->itself && str_equal_cstr(f->c->world->script, name);
}

/*
 * A program has its templates beside itself or below /usr/share/debconf. It is nobody's, but
 * while a preinst runs the package that is unpacked is taken for its own.
 */
static int load_of_program(struct frontend *f, struct error *err)
{
	struct debconf *db = f->db;
	struct str name = f->argv[0], text;
	const char *paths[2];

	db->owner = STR("");
	if (str_equal_cstr(f->c->world->script, "preinst")) {
		db->owner = f->c->world->package;
		return 0;
	}
	paths[0] = arena_printf(db->d->arena, STR_FMT ".templates", STR_ARG(name));
	for (size_t i = name.len; i > 0; i--)
		if (name.ptr[i - 1] == '/') {
			name = (struct str){ name.ptr + i, name.len - i };
			break;
		}
	paths[1] = arena_printf(db->d->arena, SCRIPT_TEMPLATES STR_FMT ".templates", STR_ARG(name));
	for (size_t i = 0; i < 2; i++) {
		int r = debian_read(db->d, str_of(paths[i]), &text, err);

		if (r != DEBIAN_ABSENT)
			return r < 0 ? -1 : load(db, text, db->owner, err);
	}
	return 0;
}

static int load_templates(struct frontend *f, struct error *err)
{
	const struct pack_control *templates;

	if (!f->itself)
		return load_of_program(f, err);
	f->db->owner = f->c->world->package;
	templates = pack_control(f->db->d->running->package->pack, STR("templates"));
	return templates ? load(f->db, bytes_str(templates->data), f->db->owner, err) : 0;
}

/* In a conversation of its own, with what the script was called with as its second word. */
static int run_config(struct frontend *f, int *ret_status, struct error *err)
{
	const struct str arguments[] = { STR("configure"), f->argc > 2 ? f->argv[2] : STR("") };
	struct unpacked *u = f->db->d->running;
	struct debian_talk talk = { .answer = debconf_answer };

	*ret_status = 0;
	if ((!is_script(f, "preinst") && !is_script(f, "postinst")) ||
	    !pack_control(u->package->pack, STR("config")))
		return 0;
	if (!str_equal_cstr(shell_folder(f->c->shell), "/") || shell_umask(f->c->shell) != 022) {
		*ret_status = shell_refuse(f->c, err, "debconf in another folder or umask");
		return *ret_status < 0 ? -1 : 0;
	}
	talk.n_environment = shell_environment(f->c->shell, &talk.environment);
	if (debian_run_member(f->db->d, u, "config", arguments, 2, &talk, ret_status, err) < 0)
		return err_while(err, "evaluating the config script");
	debconf_finish(f->db);
	return 0;
}

/* Settings that would make another frontend of it. */
static bool is_as_usual(struct shell_call *c)
{
	static const char *const others[] = {
		"DEBCONF_DEBUG",      "DEBCONF_FORCE_DIALOG", "DEBCONF_NOWARNINGS",
		"DEBCONF_PACKAGE",    "DEBCONF_PIPE",	      "DEBCONF_READFD",
		"DEBCONF_SYSTEMRC",   "DEBCONF_DB_FALLBACK",  "DEBCONF_DB_OVERRIDE",
		"DEBCONF_DB_REPLACE", "DEBCONF_TERSE",	      "DEBIAN_PRIORITY",
	};
	struct str value;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (shell_variable(c->shell, str_of(others[i]), &value))
			return false;
	return shell_variable(c->shell, STR("DEBIAN_FRONTEND"), &value) &&
	       str_equal_cstr(value, "noninteractive") &&
	       shell_variable(c->shell, STR("DEBCONF_NONINTERACTIVE_SEEN"), &value) &&
	       str_equal_cstr(value, "true");
}

static int run_frontend(struct frontend *f, struct error *err)
{
	int status;

	if (load_templates(f, err) < 0 || run_config(f, &status, err) < 0)
		return -1;
	if (status > 0)
		return status;
	status = shell_converse(f->c, f->argv, f->argc, f->itself, debconf_answer, err);
	debconf_finish(f->db);
	return status;
}

int command_frontend(struct shell_call *c, struct error *err)
{
	struct debconf *db = debconf_of(debian_of(c));
	struct frontend f = { c, db, c->argv + 1, c->argc - 1, false };
	int status;

	if (!str_equal_cstr(c->argv[0], PROGRAM) || !f.argc || !is_as_usual(c))
		return shell_refuse(c, err, "no model of this use");
	if (!db->d->running || db->talking)
		return shell_refuse(c, err, "debconf is at work already");
	f.itself = !shell_is_child(c->shell) && str_equal(f.argv[0], c->world->script);
	shell_export_variable(c->shell, STR("DEBIAN_HAS_FRONTEND"), STR("1"));
	db->talking = true;
	status = run_frontend(&f, err);
	db->talking = false;
	return status;
}

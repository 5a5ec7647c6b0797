/*
 * Who talks to debconf: what sourcing confmodule does to a script. The real library
 * starts the script once more under its frontend, which loads the templates and runs
 * the config script first; here the script goes on where it is.
 */
#include "debian/debconf.h"

#include "debian/install.h"

#define SCRIPT_TEMPLATES "/usr/share/debconf/templates/"

static bool is_same_script(const struct debconf *db, const struct world *w)
{
	return db->world == w && str_equal(db->script, w->script) && db->d->running &&
	       str_equal(db->owner, db->d->running->package->name) && w->steps >= db->steps;
}

static void begin(struct debconf *db, const struct world *w)
{
	debconf_finish(db);
	db->world = w;
	db->script = w->script;
	db->owner = w->package;
	db->steps = w->steps;
}

static int load(struct debconf *db, struct str text, struct str owner, struct error *err)
{
	const char *fault = NULL;

	if (debconf_load(db, text, owner, &fault))
		return err_set(err, ERR_FORMAT, "the debconf templates of '" STR_FMT "': %s",
			       STR_ARG(owner), fault);
	return 0;
}

/* A program of its own (ucf) has its templates below /usr/share/debconf. */
static int load_of_program(struct debconf *db, struct str name, struct error *err)
{
	struct str text;
	char *path;
	int r;

	for (size_t i = name.len; i > 0; i--)
		if (name.ptr[i - 1] == '/') {
			name = (struct str){ name.ptr + i, name.len - i };
			break;
		}
	path = arena_printf(db->d->arena, SCRIPT_TEMPLATES STR_FMT ".templates", STR_ARG(name));
	r = debian_read(db->d, str_of(path), &text, err);
	return r ? (r < 0 ? -1 : 0) : load(db, text, name, err);
}

static bool has_config(const struct world *w)
{
	return str_equal_cstr(w->script, "preinst") || str_equal_cstr(w->script, "postinst");
}

/* The config script speaks first, in a conversation of its own. */
static int run_config(struct debconf *db, const struct world *w, struct error *err)
{
	const struct str arguments[] = { STR("configure"), STR("") };
	struct unpacked *u = db->d->running;
	int status = 0;

	if (!has_config(w) || w->trigger.len || !pack_control(u->package->pack, STR("config")))
		return 0;
	if (debian_run_member(db->d, u, "config", arguments, 2, &status, err) < 0)
		return err_while(err, "evaluating the config script");
	return 0;
}

int debconf_start(struct shell *sh, struct debian *d, struct error *err)
{
	struct debconf *db = debconf_of(d);
	const struct world *w = shell_world(sh);
	struct str frontend = STR("");
	const struct pack_control *templates;

	if (!d->running)
		return err_set(err, ERR_UNSUPPORTED, "debconf is asked outside of a package");
	if (shell_variable(sh, STR("DEBIAN_HAS_FRONTEND"), &frontend) && frontend.len &&
	    is_same_script(db, w))
		return 0;
	templates = pack_control(d->running->package->pack, STR("templates"));
	if (!shell_is_child(sh) && templates &&
	    load(db, bytes_str(templates->data), w->package, err) < 0)
		return -1;
	if (shell_is_child(sh) && load_of_program(db, shell_name(sh), err) < 0)
		return -1;
	if (!shell_is_child(sh) && !str_equal_cstr(w->script, "config") &&
	    run_config(db, w, err) < 0)
		return -1;
	begin(db, w);
	shell_export_variable(sh, STR("PERL_DL_NONLAZY"), STR("1"));
	shell_export_variable(sh, STR("DEBIAN_HAS_FRONTEND"), STR("1"));
	shell_export_variable(sh, STR("DEBCONF_REDIR"), STR("1"));
	return 0;
}

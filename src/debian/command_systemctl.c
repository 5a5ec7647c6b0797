/*
 * systemctl in a chroot (252, 257): what concerns unit files is done; what needs the
 * running manager says "Running in chroot, ignoring command" and ends with 0.
 */
#include "debian/service_commands.h"

#define NAMES_MAX 256u

enum option {
	OPT_QUIET = 1,
	OPT_NOW,
	OPT_SYSTEM,
	OPT_USER,
	OPT_GLOBAL,
	OPT_ROOT,
	OPT_FORCE,
	OPT_RUNTIME,
	OPT_PRESET_MODE,
	OPT_WITHOUT_EFFECT,
	OPT_VERSION,
};

static const struct shell_option options[] = {
	{ 'q', "quiet", OPTION_NO_VALUE, OPT_QUIET },
	{ 0, "now", OPTION_NO_VALUE, OPT_NOW },
	{ 0, "system", OPTION_NO_VALUE, OPT_SYSTEM },
	{ 0, "user", OPTION_NO_VALUE, OPT_USER },
	{ 0, "global", OPTION_NO_VALUE, OPT_GLOBAL },
	{ 0, "root", OPTION_VALUE, OPT_ROOT },
	{ 'f', "force", OPTION_NO_VALUE, OPT_FORCE },
	{ 0, "runtime", OPTION_NO_VALUE, OPT_RUNTIME },
	{ 0, "preset-mode", OPTION_VALUE, OPT_PRESET_MODE },
	{ 0, "version", OPTION_NO_VALUE, OPT_VERSION },
	{ 0, "no-reload", OPTION_NO_VALUE, OPT_WITHOUT_EFFECT },
	{ 0, "no-block", OPTION_NO_VALUE, OPT_WITHOUT_EFFECT },
	{ 0, "no-pager", OPTION_NO_VALUE, OPT_WITHOUT_EFFECT },
	{ 0, "no-wall", OPTION_NO_VALUE, OPT_WITHOUT_EFFECT },
	{ 0, "no-warn", OPTION_NO_VALUE, OPT_WITHOUT_EFFECT },
	{ 0, "no-ask-password", OPTION_NO_VALUE, OPT_WITHOUT_EFFECT },
	{ 0, "no-legend", OPTION_NO_VALUE, OPT_WITHOUT_EFFECT },
	{ 0, "wait", OPTION_NO_VALUE, OPT_WITHOUT_EFFECT },
	{ 0, "value", OPTION_NO_VALUE, OPT_WITHOUT_EFFECT },
	{ 0, "plain", OPTION_NO_VALUE, OPT_WITHOUT_EFFECT },
	{ 'a', "all", OPTION_NO_VALUE, OPT_WITHOUT_EFFECT },
	{ 'l', "full", OPTION_NO_VALUE, OPT_WITHOUT_EFFECT },
	{ 'p', "property", OPTION_VALUE, OPT_WITHOUT_EFFECT },
	{ 'P', NULL, OPTION_VALUE, OPT_WITHOUT_EFFECT },
	{ 't', "type", OPTION_VALUE, OPT_WITHOUT_EFFECT },
	{ 0, "state", OPTION_VALUE, OPT_WITHOUT_EFFECT },
	{ 's', "signal", OPTION_VALUE, OPT_WITHOUT_EFFECT },
	{ 0, "kill-who", OPTION_VALUE, OPT_WITHOUT_EFFECT },
	{ 0, "kill-whom", OPTION_VALUE, OPT_WITHOUT_EFFECT },
	{ 0, "job-mode", OPTION_VALUE, OPT_WITHOUT_EFFECT },
	{ 'n', "lines", OPTION_VALUE, OPT_WITHOUT_EFFECT },
	{ 'o', "output", OPTION_VALUE, OPT_WITHOUT_EFFECT },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

struct systemctl {
	struct shell_call *c;
	struct unit_root root;
	struct str *names; /* the operands behind the verb, completed */
	size_t n;
	bool quiet, now, user, global, elsewhere, force, runtime;
	struct str preset_mode;
};

typedef int verb_run(struct systemctl *s, struct error *err);

static int refuse_unit(struct systemctl *s, struct str name, struct error *err)
{
	return shell_refuse(s->c, err, "what unit '" STR_FMT "' says in [Install]", STR_ARG(name));
}

static int outcome(struct systemctl *s, const char *verb, struct str name, int o, struct error *err)
{
	if (o < 0)
		return -1;
	if (o == UNIT_NOT_MODELLED)
		return refuse_unit(s, name, err);
	if (o)
		unit_outcome_print(&s->root, verb, name, (enum unit_outcome)o);
	return o ? 1 : 0;
}

/* ---- init scripts that stand beside units ---- */

static bool has_script(struct systemctl *s, struct str unit, struct str *ret_name)
{
	size_t end = strlen(".service");

	if (s->user || !str_has_suffix(unit, STR(".service")))
		return false;
	*ret_name = (struct str){ unit.ptr, unit.len - end };
	return files_find(&s->root.files,
			  str_of(arena_printf(s->root.files.arena, "/etc/init.d/" STR_FMT,
					      STR_ARG(*ret_name))),
			  true) != NULL;
}

/* systemd-sysv-install enable|disable NAME. */
static int sync_script(struct systemctl *s, struct str name, bool enable, struct error *err)
{
	struct unit_root *r = &s->root;
	int status;

	if (!files_is_executable(&r->files, "/usr/sbin/update-rc.d"))
		return shell_refuse(s->c, err, "an init script without update-rc.d");
	status = rc_links(s->c, name, RC_DEFAULTS, NULL, 0, err);
	if (!status)
		status = rc_links(s->c, name, enable ? RC_ENABLE : RC_DISABLE, NULL, 0, err);
	return status;
}

/* Takes names that have only an init script out of s->names. */
static int sync_scripts(struct systemctl *s, bool enable, struct error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct unit_file u;
		struct str name;
		int o, r;

		if (has_script(s, s->names[i], &name)) {
			o = unit_load(&s->root, s->names[i], true, &u, err);
			if (o < 0)
				return -1;
			r = sync_script(s, name, enable, err);
			if (r)
				return r;
			if (o == UNIT_NOT_FOUND)
				continue;
		}
		s->names[kept++] = s->names[i];
	}
	s->n = kept;
	return 0;
}

static int do_now(struct systemctl *s)
{
	if (!s->now)
		return 0;
	buf_add_cstr(s->c->err, "--now cannot be used when systemd is not running or in "
				"conjunction with --root=/--global, refusing.\n");
	return 1;
}

static int make_enabled(struct systemctl *s, const char *verb, struct error *err)
{
	struct unit_links links;
	int o = unit_links_of(&s->root, s->names, s->n, false, &links, err);

	if (!o)
		o = unit_links_make(&s->root, &links, s->force);
	if (!o && links.left_out && (s->root.systemd >= 257 || !links.n))
		return 1;
	return outcome(s, verb, links.culprit, o, err);
}

static int verb_enable(struct systemctl *s, struct error *err)
{
	int r = sync_scripts(s, true, err);

	if (!r && s->n)
		r = make_enabled(s, "enable", err);
	return r ? r : do_now(s);
}

static int make_disabled(struct systemctl *s, struct error *err)
{
	size_t removed = 0;

	return outcome(s, "disable", s->n ? s->names[0] : STR(""),
		       unit_disable(&s->root, s->names, s->n, &removed, err), err);
}

static int verb_disable(struct systemctl *s, struct error *err)
{
	int r = sync_scripts(s, false, err);

	if (!r && s->n)
		r = make_disabled(s, err);
	return r ? r : do_now(s);
}

static int verb_reenable(struct systemctl *s, struct error *err)
{
	int r = make_disabled(s, err);

	if (!r)
		r = make_enabled(s, "reenable", err);
	return r ? r : do_now(s);
}

static int preset_one(struct systemctl *s, struct str name, struct error *err)
{
	bool only_enable = str_equal_cstr(s->preset_mode, "enable-only");
	bool only_disable = str_equal_cstr(s->preset_mode, "disable-only");
	struct unit_links links;
	struct unit_file u;
	size_t removed;
	int o = unit_load(&s->root, name, true, &u, err), preset;

	if (o)
		return outcome(s, "preset", name, o, err);
	if (!str_equal(u.name, name))
		return 0; /* an alias: the unit itself has its own line */
	preset = unit_preset(&s->root, name, err);
	if (preset < 0)
		return -1;
	if (preset == PRESET_UNKNOWN)
		return shell_refuse(s->c, err, "a preset with instances for " STR_FMT,
				    STR_ARG(name));
	if (!preset)
		return only_enable ? 0
				   : outcome(s, "preset", name,
					     unit_disable(&s->root, &name, 1, &removed, err), err);
	if (only_disable)
		return 0;
	o = unit_links_of(&s->root, &name, 1, true, &links, err);
	if (!o)
		o = unit_links_make(&s->root, &links, s->force);
	return outcome(s, "preset", links.culprit, o, err);
}

static int verb_preset(struct systemctl *s, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < s->n && !r; i++)
		r = preset_one(s, s->names[i], err);
	return r ? r : do_now(s);
}

static int verb_mask(struct systemctl *s, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < s->n && !r; i++)
		r = outcome(s, "mask", s->names[i],
			    unit_name_kind(s->names[i]) == UNIT_NAME_BAD
				    ? UNIT_BAD_NAME
				    : unit_mask(&s->root, s->names[i], s->force),
			    err);
	return r ? r : do_now(s);
}

static int verb_unmask(struct systemctl *s, struct error *err)
{
	(void)err;
	for (size_t i = 0; i < s->n; i++)
		unit_unmask(&s->root, s->names[i]);
	return do_now(s);
}

/* As `ls /etc/rc[S5].d/S??NAME`. */
static bool script_is_enabled(struct systemctl *s, struct str name)
{
	static const char *const folders[] = { "/etc/rc5.d", "/etc/rcS.d" };

	for (size_t i = 0; i < 2; i++) {
		struct node *dir = files_find(&s->root.files, str_of(folders[i]), true);
		struct node *const *children = NULL;
		size_t n = dir && dir->inode->kind == NODE_DIRECTORY ? tree_children(dir, &children)
								     : 0;

		for (size_t k = 0; k < n; k++)
			if (children[k]->name.len == name.len + 3 &&
			    children[k]->name.ptr[0] == 'S' &&
			    str_has_suffix(children[k]->name, name))
				return true;
	}
	return false;
}

static bool counts_as_enabled(const char *state)
{
	static const char *const states[] = { "enabled", "enabled-runtime", "static",
					      "alias",	 "indirect",	    "generated" };

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(state, states[i]) == 0)
			return true;
	return false;
}

/* 0, 1 to end with failure, or -1. */
static int state_of(struct systemctl *s, struct str name, const char **ret, struct error *err)
{
	struct str script;
	int o = unit_state(&s->root, name, ret, err);

	if (o == UNIT_NOT_FOUND && has_script(s, name, &script)) {
		*ret = script_is_enabled(s, script) ? "enabled" : "disabled";
		return 0;
	}
	if (o == UNIT_NOT_FOUND && s->root.systemd >= 257) {
		*ret = "not-found";
		return 0;
	}
	if (o == UNIT_NOT_FOUND) {
		buf_printf(s->c->err,
			   "Failed to get unit file state for " STR_FMT
			   ": No such file or directory\n",
			   STR_ARG(name));
		return 1;
	}
	if (o > 0)
		return shell_refuse(s->c, err, "the state of " STR_FMT, STR_ARG(name)) < 0 ? -1 : 1;
	return o;
}

static int verb_is_enabled(struct systemctl *s, struct error *err)
{
	bool enabled = false, missing = false;

	for (size_t i = 0; i < s->n; i++) {
		const char *state = NULL;
		int r = state_of(s, s->names[i], &state, err);

		if (r)
			return r;
		enabled |= counts_as_enabled(state);
		missing |= str_equal(str_of(state), STR("not-found"));
		if (!s->quiet)
			buf_printf(s->c->out, "%s\n", state);
	}
	if (enabled)
		return 0;
	return missing ? 4 : 1;
}

static int verb_get_default(struct systemctl *s, struct error *err)
{
	struct unit_file u;
	int o = unit_load(&s->root, STR("default.target"), true, &u, err);

	if (o < 0)
		return -1;
	if (o) {
		buf_add_cstr(s->c->err,
			     "Failed to get default target: No such file or directory\n");
		return 1;
	}
	buf_printf(s->c->out, STR_FMT "\n", STR_ARG(u.name));
	return 0;
}

static int verb_set_default(struct systemctl *s, struct error *err)
{
	struct str name = s->names[0];
	struct unit_link link = { .path = STR("/etc/systemd/system/default.target") };
	struct unit_links one = { .links = &link, .n = 1 };
	struct unit_file u;
	int o;

	if (!unit_name_suffix(name).len || str_has_suffix(name, STR(".service")))
		return shell_refuse(s->c, err, "not a target: " STR_FMT, STR_ARG(name));
	o = unit_load(&s->root, name, true, &u, err);
	if (o)
		return outcome(s, "set default", name, o, err);
	link.target = u.path;
	return outcome(s, "set default", name, unit_links_make(&s->root, &one, true), err);
}

static int verb_is_system_running(struct systemctl *s, struct error *err)
{
	(void)err;
	if (!s->quiet)
		buf_add_cstr(s->c->out, "offline\n");
	return 1;
}

/* add-wants TARGET UNIT..., add-requires TARGET UNIT... */
static int add_dependency(struct systemctl *s, const char *suffix, struct error *err)
{
	struct unit_file u;
	int o = unit_load(&s->root, s->names[0], true, &u, err);

	if (o)
		return outcome(s, "add dependency on", s->names[0], o, err);
	for (size_t i = 1; i < s->n; i++) {
		struct unit_link link;
		struct unit_links one = { .links = &link, .n = 1 };

		o = unit_load(&s->root, s->names[i], true, &u, err);
		if (!o && u.mode == UNIT_MASK)
			o = UNIT_IS_MASKED;
		if (o)
			return outcome(s, "add dependency on", s->names[i], o, err);
		link = (struct unit_link){ str_of(arena_printf(
						   s->root.files.arena, "%s/" STR_FMT "%s/" STR_FMT,
						   unit_config_folder(&s->root),
						   STR_ARG(s->names[0]), suffix, STR_ARG(u.name))),
					   u.path, false };
		o = unit_links_make(&s->root, &one, true);
		if (o)
			return outcome(s, "add dependency on", s->names[i], o, err);
	}
	return 0;
}

static int verb_add_wants(struct systemctl *s, struct error *err)
{
	return add_dependency(s, ".wants", err);
}

static int verb_add_requires(struct systemctl *s, struct error *err)
{
	return add_dependency(s, ".requires", err);
}

/* ---- the table ---- */

static const struct verb {
	const char *name;
	size_t min;    /* operands */
	verb_run *run; /* NULL: ignored in a chroot */
} verbs[] = {
	{ "add-requires", 2, verb_add_requires },
	{ "add-wants", 2, verb_add_wants },
	{ "cancel", 0, NULL },
	{ "cat", 1, NULL },
	{ "condreload", 0, NULL },
	{ "condrestart", 0, NULL },
	{ "condstop", 0, NULL },
	{ "daemon-reexec", 0, NULL },
	{ "daemon-reload", 0, NULL },
	{ "default", 0, NULL },
	{ "disable", 1, verb_disable },
	{ "enable", 1, verb_enable },
	{ "force-reload", 0, NULL },
	{ "get-default", 0, verb_get_default },
	{ "halt", 0, NULL },
	{ "import-environment", 0, NULL },
	{ "is-active", 1, NULL },
	{ "is-enabled", 1, verb_is_enabled },
	{ "is-failed", 0, NULL },
	{ "is-system-running", 0, verb_is_system_running },
	{ "isolate", 1, NULL },
	{ "kill", 1, NULL },
	{ "list-dependencies", 0, NULL },
	{ "list-jobs", 0, NULL },
	{ "list-sockets", 0, NULL },
	{ "list-timers", 0, NULL },
	{ "list-units", 0, NULL },
	{ "mask", 1, verb_mask },
	{ "poweroff", 0, NULL },
	{ "preset", 1, verb_preset },
	{ "reboot", 0, NULL },
	{ "reenable", 1, verb_reenable },
	{ "reload", 1, NULL },
	{ "reload-or-restart", 1, NULL },
	{ "reload-or-try-restart", 1, NULL },
	{ "reset-failed", 0, NULL },
	{ "restart", 1, NULL },
	{ "set-default", 1, verb_set_default },
	{ "set-environment", 1, NULL },
	{ "set-property", 2, NULL },
	{ "show", 0, NULL },
	{ "show-environment", 0, NULL },
	{ "start", 1, NULL },
	{ "status", 0, NULL },
	{ "stop", 1, NULL },
	{ "try-reload-or-restart", 1, NULL },
	{ "try-restart", 1, NULL },
	{ "unmask", 1, verb_unmask },
	{ "unset-environment", 1, NULL },
};

static void take_options(struct systemctl *s, const struct shell_arguments *a)
{
	for (size_t i = 0; i < a->n_options; i++) {
		const struct shell_taken *o = &a->options[i];

		switch (o->id) {
		case OPT_QUIET:
			s->quiet = true;
			break;
		case OPT_NOW:
			s->now = true;
			break;
		case OPT_SYSTEM:
			s->user = s->global = false;
			break;
		case OPT_USER:
			s->user = true;
			break;
		case OPT_GLOBAL:
			s->user = s->global = true;
			break;
		case OPT_ROOT:
			s->elsewhere |= !service_is_root(o->value);
			break;
		case OPT_FORCE:
			s->force = true;
			break;
		case OPT_RUNTIME:
			s->runtime = true;
			break;
		case OPT_PRESET_MODE:
			s->preset_mode = o->value;
			break;
		default:
			break;
		}
	}
}

static int run_verb(struct systemctl *s, const struct verb *v, struct error *err)
{
	if (s->n < v->min) {
		buf_add_cstr(s->c->err, "Too few arguments.\n");
		return 1;
	}
	if (!v->run) {
		buf_printf(s->c->err, "Running in chroot, ignoring command '%s'\n", v->name);
		return 0;
	}
	if (s->user && !s->global)
		return shell_refuse(s->c, err, "unit files of one user");
	if (s->runtime)
		return shell_refuse(s->c, err, "--runtime: /run is not part of an image");
	for (size_t i = 0; i < s->n; i++) {
		if (s->names[i].len && s->names[i].ptr[0] == '/')
			return shell_refuse(s->c, err, "a unit by its path");
		s->names[i] = unit_name_complete(s->root.files.arena, s->names[i]);
	}
	return v->run(s, err);
}

static bool mode_is_known(struct str mode)
{
	return !mode.len || str_equal_cstr(mode, "full") || str_equal_cstr(mode, "enable-only") ||
	       str_equal_cstr(mode, "disable-only");
}

int command_systemctl(struct shell_call *c, struct error *err)
{
	struct systemctl s = { .c = c, .preset_mode = STR("") };
	struct shell_arguments a;
	int status = 0, r = shell_options(c, options, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	take_options(&s, &a);
	s.root = service_root(c, s.user);
	if (!s.root.systemd)
		return shell_refuse(c, err, "no package says which systemd this is");
	if (s.elsewhere || service_elsewhere(c))
		return shell_refuse(c, err, "another root");
	if (!a.n_operands || !mode_is_known(s.preset_mode))
		return shell_refuse(c, err, "a verb is missing, or a mode of presets is unknown");
	if (s.quiet)
		s.root.messages = NULL;
	if (a.n_operands > NAMES_MAX)
		return shell_refuse(c, err, "more than %u units", NAMES_MAX);
	s.n = a.n_operands - 1;
	s.names = arena_array(c->world->arena, s.n + 1, sizeof(*s.names));
	for (size_t i = 0; i < s.n; i++)
		s.names[i] = a.operands[i + 1];
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (str_equal_cstr(a.operands[0], verbs[i].name))
			return run_verb(&s, &verbs[i], err);
	return shell_refuse(c, err, "systemctl " STR_FMT, STR_ARG(a.operands[0]));
}

int service_preset(struct shell_call *c, const struct unit_root *r, struct str unit,
		   struct error *err)
{
	struct systemctl s = { .c = c,
			       .root = *r,
			       .user = r->user,
			       .global = r->user,
			       .preset_mode = STR("enable-only") };

	if (!r->systemd)
		return shell_refuse(c, err, "no package says which systemd this is");
	return preset_one(&s, unit_name_complete(r->files.arena, unit), err);
}

int service_toggle(struct shell_call *c, const struct unit_root *r, const struct str *names,
		   size_t n, bool enable, struct error *err)
{
	struct str *completed = arena_array(r->files.arena, n + 1, sizeof(*completed));
	struct systemctl s = { .c = c, .root = *r, .names = completed, .n = n };

	if (!r->systemd)
		return shell_refuse(c, err, "no package says which systemd this is");
	for (size_t i = 0; i < n; i++)
		completed[i] = unit_name_complete(r->files.arena, names[i]);
	return enable ? make_enabled(&s, "enable", err) : make_disabled(&s, err);
}

/*
 * Commands that ask a running system for something. In the chroot where a bootstrap
 * configures packages none is running, a policy-rc.d forbids to start services, and
 * start-stop-daemon is one that does nothing.
 */
#include "debian/service_commands.h"

static bool asks_about_itself(const struct shell_call *c)
{
	for (size_t i = 1; i < c->argc; i++)
		if (str_equal_cstr(c->argv[i], "--version") ||
		    str_equal_cstr(c->argv[i], "--help") || str_equal_cstr(c->argv[i], "-h"))
			return true;
	return false;
}

int command_no_bus(struct shell_call *c, struct error *err)
{
	if (asks_about_itself(c))
		return shell_refuse(c, err, "what it says about itself");
	buf_add_cstr(c->err, "Failed to connect to bus: No such file or directory\n");
	return 1;
}

int command_no_system(struct shell_call *c, struct error *err)
{
	return shell_refuse(c, err, "it would stop the machine");
}

int command_rc_service(struct shell_call *c, struct error *err)
{
	return shell_refuse(c, err, "OpenRC is not modelled");
}

int command_systemd_notify(struct shell_call *c, struct error *err)
{
	if (asks_about_itself(c))
		return shell_refuse(c, err, "what it says about itself");
	return 1;
}

int command_runlevel(struct shell_call *c, struct error *err)
{
	(void)err;
	buf_add_cstr(c->out, "unknown\n");
	return 1;
}

/* systemd's telinit and init, called by name. */
int command_telinit(struct shell_call *c, struct error *err)
{
	if (!service_systemd(c) || c->argc != 2 || c->argv[1].ptr[0] == '-')
		return shell_refuse(c, err, "only systemd's with one word is modelled");
	buf_add_cstr(c->err, "Running in chroot, ignoring request.\n");
	return 0;
}

/* The world of an image is no virtual machine and no container, but it is a chroot. */
int command_systemd_detect_virt(struct shell_call *c, struct error *err)
{
	bool quiet = false, chroot = false;

	for (size_t i = 1; i < c->argc; i++) {
		struct str a = c->argv[i];

		if (str_equal_cstr(a, "-q") || str_equal_cstr(a, "--quiet"))
			quiet = true;
		else if (str_equal_cstr(a, "-r") || str_equal_cstr(a, "--chroot"))
			chroot = true;
		else if (!str_equal_cstr(a, "-c") && !str_equal_cstr(a, "--container") &&
			 !str_equal_cstr(a, "-v") && !str_equal_cstr(a, "--vm"))
			return shell_refuse(c, err, "no such option: " STR_FMT, STR_ARG(a));
	}
	if (chroot)
		return 0;
	if (!quiet)
		buf_add_cstr(c->out, "none\n");
	return 1;
}

int command_udevadm(struct shell_call *c, struct error *err)
{
	static const char *const requests[] = { "control", "trigger", "settle" };

	if (c->argc == 2 &&
	    (str_equal_cstr(c->argv[1], "--version") || str_equal_cstr(c->argv[1], "version")) &&
	    service_systemd(c)) {
		buf_printf(c->out, "%u\n", service_systemd(c));
		return 0;
	}
	for (size_t i = 0; c->argc > 1 && i < 3; i++) {
		if (!str_equal_cstr(c->argv[1], requests[i]) || asks_about_itself(c))
			continue;
		buf_add_cstr(c->err, "Running in chroot, ignoring request.\n");
		return 0;
	}
	return shell_refuse(c, err, "only control, trigger and settle are modelled");
}

/* Options are those of the running of daemons: none runs. */
int command_start_stop_daemon(struct shell_call *c, struct error *err)
{
	if (asks_about_itself(c))
		return shell_refuse(c, err, "what it says about itself");
	buf_add_cstr(c->err, "\nWarning: Fake start-stop-daemon called, doing nothing\n");
	return 0;
}

static int denied(struct shell_call *c, struct str name, struct str action)
{
	buf_printf(c->err, "invoke-rc.d: policy-rc.d denied execution of " STR_FMT ".\n",
		   STR_ARG(action));
	(void)name;
	return 0;
}

/* invoke-rc.d [OPTION]... NAME ACTION: the policy says no. */
int command_invoke_rc(struct shell_call *c, struct error *err)
{
	struct str words[2] = { STR(""), STR("") };
	bool query = false, disclose = false;
	size_t n = 0;

	if (service_elsewhere(c))
		return shell_refuse(c, err, "DPKG_ROOT");
	for (size_t i = 1; i < c->argc; i++) {
		struct str a = c->argv[i];

		if (n == 2)
			break; /* the script's own */
		if (str_equal_cstr(a, "--query"))
			query = true;
		else if (str_equal_cstr(a, "--disclose-deny"))
			disclose = true;
		else if (str_has_prefix(a, STR("--")) && !str_equal_cstr(a, "--quiet") &&
			 !str_equal_cstr(a, "--skip-systemd-native") &&
			 !str_equal_cstr(a, "--no-fallback") && !str_equal_cstr(a, "--try-anyway"))
			return shell_refuse(c, err, "no such option: " STR_FMT, STR_ARG(a));
		else if (!str_has_prefix(a, STR("--")))
			words[n++] = a;
	}
	if (n < 2) {
		buf_add_cstr(c->err, "invoke-rc.d: syntax error: missing required parameter\n");
		return 103;
	}
	(void)denied(c, words[0], words[1]);
	if (query || disclose)
		return 101;
	return str_equal_cstr(words[1], "status") ? 4 : 0;
}

/* deb-systemd-invoke ACTION UNIT...: the policy says no; that is a success. */
int command_deb_systemd_invoke(struct shell_call *c, struct error *err)
{
	size_t units = 0;

	if (service_elsewhere(c))
		return shell_refuse(c, err, "DPKG_ROOT");
	for (size_t i = 1; i < c->argc; i++)
		units += c->argv[i].len && c->argv[i].ptr[0] != '-';
	if (units > 1) {
		buf_add_cstr(c->err, "/usr/sbin/policy-rc.d returned 101, not running\n");
		return 0;
	}
	if (units == 1 && (str_equal_cstr(c->argv[c->argc - 1], "daemon-reload") ||
			   str_equal_cstr(c->argv[c->argc - 1], "daemon-reexec")))
		return 0;
	return shell_refuse(c, err, "no unit is named");
}

/* service NAME ACTION: without systemd running it calls the init script. */
int command_service(struct shell_call *c, struct error *err)
{
	struct tree_files f = service_files(c);
	struct str *argv = arena_array(f.arena, c->argc + 1, sizeof(*argv));
	char *path;

	if (c->argc < 3 || c->argv[1].ptr[0] == '-' || c->argv[2].ptr[0] == '-')
		return shell_refuse(c, err, "only NAME ACTION is modelled");
	path = arena_printf(f.arena, "/etc/init.d/" STR_FMT, STR_ARG(c->argv[1]));
	if (!files_is_executable(&f, path)) {
		buf_printf(c->err, STR_FMT ": unrecognized service\n", STR_ARG(c->argv[1]));
		return 1;
	}
	argv[0] = str_of(path);
	for (size_t i = 2; i < c->argc; i++)
		argv[i - 1] = c->argv[i];
	return shell_spawn(c, argv, c->argc - 1, NULL, NULL, NULL, err);
}

/* ---- systemd-escape ---- */

static void escape(struct str text, bool path, struct buf *to)
{
	static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ:_.";

	for (size_t i = 0; i < text.len; i++) {
		char ch = text.ptr[i];

		if (ch == '/')
			buf_add_char(to, '-');
		else if (strchr(plain, ch) && !(ch == '.' && i == 0))
			buf_add_char(to, ch);
		else
			buf_printf(to, "\\x%02x", (unsigned)(unsigned char)ch);
	}
	(void)path;
}

/* A path without slashes at its ends and without double ones; "/" is "-". */
static struct str simple_path(struct arena *arena, struct str path)
{
	CLEANUP_BUF struct buf b = BUF_INIT(COMMAND_LINE_MAX);
	struct str part;

	while (str_split(&path, '/', &part)) {
		if (!part.len || str_equal_cstr(part, "."))
			continue;
		if (b.len)
			buf_add_char(&b, '/');
		buf_add_str(&b, part);
	}
	return b.len ? arena_str(arena, buf_str(&b)) : STR("/");
}

int command_systemd_escape(struct shell_call *c, struct error *err)
{
	struct str template = STR(""), suffix = STR("");
	bool path = false;
	size_t at = 1, start;

	for (; at < c->argc && c->argv[at].len && c->argv[at].ptr[0] == '-'; at++) {
		struct str a = c->argv[at];

		if (str_equal_cstr(a, "-p") || str_equal_cstr(a, "--path"))
			path = true;
		else if (str_has_prefix(a, STR("--template=")))
			template = (struct str){ a.ptr + 11, a.len - 11 };
		else if (str_has_prefix(a, STR("--suffix=")))
			suffix = (struct str){ a.ptr + 9, a.len - 9 };
		else
			return shell_refuse(c, err, "no such option: " STR_FMT, STR_ARG(a));
	}
	start = at;
	if (at == c->argc || (template.len && suffix.len))
		return shell_refuse(c, err, "nothing to escape, or two forms at once");
	for (; at < c->argc; at++) {
		CLEANUP_BUF struct buf b = BUF_INIT(COMMAND_LINE_MAX * 4);
		struct str word = path ? simple_path(c->world->arena, c->argv[at]) : c->argv[at];

		if (word.len > COMMAND_LINE_MAX / 2)
			return shell_refuse(c, err, "a word that is too long");
		escape(word, path, &b);
		if (at > start)
			buf_add_char(c->out, ' ');
		if (template.len)
			buf_add_str(c->out,
				    unit_name_of_instance(c->world->arena, template, buf_str(&b)));
		else
			buf_printf(c->out, STR_FMT "%s" STR_FMT, STR_ARG(buf_str(&b)),
				   suffix.len ? "." : "", STR_ARG(suffix));
	}
	buf_add_char(c->out, '\n');
	return 0;
}

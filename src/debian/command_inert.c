/*
 * Commands that change nothing in the tree of a chroot: they talk to the kernel, to a
 * process or to a device, and in the closed world none is there. Each row says how it
 * ends; a use of which that is not certain is refused.
 */
#include "debian/server_commands.h"

/* With status 0 and without a word, whatever the arguments are. */
static int run_nothing(struct shell_call *c, struct error *err)
{
	(void)c;
	(void)err;
	return 0;
}

/* There is no kernel to take a module, and no process that uses a file. */
static int run_fails(struct shell_call *c, struct error *err)
{
	(void)c;
	(void)err;
	return 1;
}

static int run_getenforce(struct shell_call *c, struct error *err)
{
	if (c->argc != 1)
		return shell_refuse(c, err, "it takes no argument");
	buf_add_cstr(c->out, "Disabled\n");
	return 0;
}

/* The root of a bootstrap's chroot is a folder, on which nothing is mounted. */
static int run_findmnt(struct shell_call *c, struct error *err)
{
	if (c->argc != 2 || !str_equal_cstr(c->argv[1], "/"))
		return shell_refuse(c, err, "only of / is modelled");
	return 1;
}

/* Nothing listens: only the head of the list is printed. */
static int run_ss(struct shell_call *c, struct error *err)
{
	if (c->argc < 2 || !str_equal_cstr(c->argv[1], "-nlt"))
		return shell_refuse(c, err, "only -nlt with a filter is modelled");
	buf_add_cstr(c->out, "State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n");
	return 0;
}

const struct shell_command debian_inert_commands[] = {
	{ "chronyd", command_chronyd, 0 },
	{ "df", command_df, 0 },
	{ "exim4", command_exim, 0 },
	{ "findmnt", run_findmnt, 0 },
	{ "fuser", run_fails, 0 },
	{ "getenforce", run_getenforce, 0 },
	{ "insmod", run_fails, 0 },
	{ "machine-secret", command_machine_secret_file, SHELL_COMMAND_VIRTUAL },
	{ "modprobe", run_fails, 0 },
	{ "named-checkconf", command_named_checkconf, 0 },
	{ "newaliases", command_newaliases, 0 },
	{ "postconf", command_postconf, 0 },
	{ "restorecon", run_nothing, 0 }, /* without SELinux it does nothing */
	{ "rmmod", run_fails, 0 },
	{ "saslpasswd2", command_saslpasswd, 0 },
	{ "squid", command_squid, 0 },
	{ "ss", run_ss, 0 },
	{ NULL, NULL, 0 },
};

/*
 * Commands that change nothing in the tree of a chroot: they talk to the kernel, to a
 * daemon or to a device, and none is there. Each row says how they end.
 */
#include "debian/commands.h"

/* With status 0 and without a word, whatever the arguments are. */
static int run_nothing(struct shell_call *c, struct error *err)
{
	(void)c;
	(void)err;
	return 0;
}

const struct shell_command debian_inert_commands[] = {
	{ "restorecon", run_nothing, 0 }, /* without SELinux it does nothing */
	{ NULL, NULL, 0 },
};

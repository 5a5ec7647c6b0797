/* Operations `enable` and `rc`: by the models of the commands that they are named after. */
#include "debian/effects.h"
#include "debian/service_commands.h"

/* A refusal has no script here: it is an error. What the command only complains of is not. */
static int call(const struct effect_context *e, shell_command_run *run, const struct str *argv,
		size_t argc, struct error *err)
{
	CLEANUP_BUF struct buf out = BUF_INIT(COMMAND_LINE_MAX), said = BUF_INIT(COMMAND_LINE_MAX);
	struct shell_input in = { .data = STR("") };
	struct debian *d = e->d;
	struct world w = {
		.tree = d->tree,
		.reader = d->options->reader,
		.arena = d->arena,
		.epoch = d->options->epoch,
		.architecture = d->options->architecture,
		.package = e->u->package->name,
		.context = d,
	};
	struct shell_call c = {
		.world = &w,
		.argv = argv,
		.argc = argc,
		.in = &in,
		.out = &out,
		.err = &said,
		.cause = e->cause,
	};

	return run(&c, err) < 0 ? -1 : 0;
}

/* enable UNIT: nothing without the unit */
int effect_enable(const struct effect_context *c, const struct str *word, size_t n,
		  struct error *err)
{
	const struct str argv[] = { STR("deb-systemd-helper"), STR("enable"), word[0] };

	(void)n;
	return call(c, command_deb_systemd_helper, argv, 3, err);
}

/* rc NAME: nothing without the init script */
int effect_rc(const struct effect_context *c, const struct str *word, size_t n, struct error *err)
{
	const struct str argv[] = { STR("update-rc.d"), word[0], STR("defaults") };

	(void)n;
	return call(c, command_update_rc, argv, 3, err);
}

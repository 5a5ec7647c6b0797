/* The closed table of what scripts may call, and what commands may ask for besides the tree. */
#include "debian/commands.h"

#include "debian/firstboot.h"

/* One row for each file that has commands. A name is in one table only. */
static const struct shell_command *const tables[] = {
	debian_account_commands,
	debian_debconf_commands,
	debian_dpkg_commands,
	debian_generator_commands,
	debian_inert_commands,
	debian_service_commands,
	shell_file_commands,
	shell_text_commands,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct shell_command *debian_command(struct str name)
{
	for (size_t i = 0; i < COUNT(tables); i++)
		for (const struct shell_command *c = tables[i]; c->name; c++)
			if (str_equal_cstr(name, c->name))
				return c;
	return NULL;
}

void debian_want(struct debian *d, const char *generator, struct str argument, cause_id cause)
{
	for (size_t i = 0; i < d->n_wanted; i++)
		if (str_equal_cstr(d->wanted[i].generator, generator) &&
		    str_equal(d->wanted[i].argument, argument))
			return;
	ARENA_GROW(d->arena, d->wanted, d->n_wanted, d->wanted_capacity);
	d->wanted[d->n_wanted++] = (struct debian_wanted){
		arena_str(d->arena, str_of(generator)), arena_str(d->arena, argument), cause
	};
}

void debian_first_boot(struct debian *d, struct str what, cause_id cause)
{
	struct str package = d->running ? d->running->package->name : STR("");
	struct first_boot b;

	for (size_t i = 0; i < d->n_at_first_boot; i++)
		if (str_equal(d->at_first_boot[i].package, package) &&
		    str_equal(d->at_first_boot[i].what, what))
			return;
	what = arena_str(d->arena, what);
	b = first_boot_of(d->arena, what);
	ARENA_GROW(d->arena, d->at_first_boot, d->n_at_first_boot, d->at_first_boot_capacity);
	d->at_first_boot[d->n_at_first_boot++] = (struct debian_first_boot){
		.package = package,
		.what = what,
		.text = str_of(b.text),
		.command = str_of(b.command ? b.command : ""),
		.path = str_of(b.condition ? b.condition : ""),
		.cause = cause,
	};
}

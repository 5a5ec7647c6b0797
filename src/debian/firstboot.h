#pragma once

/*
 * debian/firstboot.h - what can't be in an image because each machine must have its own:
 * keys, ids, data of a program that is made by running it.
 *
 * Spec: design.md, section 6.5; debian.md 5.11, 6; debian-13.md 3.9. A command that
 * would make such a thing takes its name down by debian_first_boot() and makes nothing.
 * For a container the list is for people; a disk gets a one-shot unit. So do packages that
 * a recipe leaves to dpkg on the machine.
 */

#include "debian/commands.h"

/* Names for debian_first_boot(). */
#define FIRST_BOOT_SSH_HOST_KEYS "ssh-host-keys"
#define FIRST_BOOT_SNAKEOIL "snakeoil-certificate"
#define FIRST_BOOT_RNDC_KEY "rndc-key"
#define FIRST_BOOT_MACHINE_ID "machine-id"
#define FIRST_BOOT_POSTGRESQL "postgresql-cluster"
#define FIRST_BOOT_MARIADB "mariadb-database"
#define FIRST_BOOT_ISCSI "iscsi-initiator-name"
#define FIRST_BOOT_ALIASES "mail-aliases"
#define FIRST_BOOT_SASLDB "sasl-database"
#define FIRST_BOOT_PACKAGES "packages" /* those that the recipe leaves unpacked */

struct first_boot {
	const char *name;
	const char *text;      /* for people: "host keys of sshd" */
	const char *command;   /* what makes it, as a shell has it; NULL: see first_boot_of() */
	const char *condition; /* the file that is there afterwards */
	const char *before;    /* the unit that needs it */
};

/*
 * The same with a file that scripts may look for: it is there, @mode, root and @gid, until
 * the tree is finished (world_later), and then only if the recipe has not brought its own.
 */
int first_boot_file(struct shell_call *c, const char *what, const char *path, uint16_t mode,
		    uint32_t gid, struct error *err) MUST_CHECK;
/* Generator "first-boot": takes such a file out. */
int first_boot_take_out(struct debian *d, struct str path, cause_id cause,
			struct error *err) MUST_CHECK;

/*
 * What is known of @what. No command: it is text for people, or the system makes it by
 * itself.
 */
struct first_boot first_boot_of(struct arena *arena, struct str what);

/* "postgresql-cluster VERSION NAME": its parts, views into @what. */
bool first_boot_cluster(struct str what, struct str *ret_version, struct str *ret_name);

/*
 * For a disk with systemd: the one-shot unit (or drop-in) that makes @what if it is not
 * there, wanted by and before the unit that needs it, enabled as systemctl would. Nothing
 * for what has no command.
 */
int first_boot_write(struct debian *d, struct str what, cause_id cause,
		     struct error *err) MUST_CHECK;

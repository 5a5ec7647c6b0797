#pragma once

/*
 * debian/server_commands.h - commands that servers bring and their own scripts call.
 * Private to debian/; rows are in debian_inert_commands[].
 */

#include "debian/commands.h"

/* A file replaced by a new one of the same name: root:root. 0 or a refusal's status. */
int server_write(struct shell_call *c, const char *path, struct str text, uint16_t mode,
		 struct error *err) MUST_CHECK;

shell_command_run command_postconf, command_newaliases;			   /* command_postfix.c */
shell_command_run command_chronyd, command_squid, command_named_checkconf; /* command_servers.c */
shell_command_run command_exim, command_saslpasswd, command_df, command_machine_secret_file;

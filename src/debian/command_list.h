#pragma once

/*
 * debian/command_list.h - commands whose table rows and functions lie in different
 * files. Private to debian/.
 */

#include "debian/commands.h"

shell_command_run command_dpkg, command_dpkg_query;
shell_command_run command_dpkg_divert, command_dpkg_statoverride, command_dpkg_trigger;
shell_command_run command_dpkg_realpath, command_dpkg_vendor, command_dpkg_architecture;
shell_command_run command_update_alternatives, command_pam_auth_update;

shell_command_run command_locale, command_update_locale, command_perl, command_ucfq,
	command_pam_getenv;

shell_command_run command_adduser, command_addgroup, command_deluser, command_delgroup;
shell_command_run command_useradd, command_usermod, command_userdel;
shell_command_run command_groupadd, command_groupmod, command_groupdel;
shell_command_run command_gpasswd, command_passwd, command_chsh;
shell_command_run command_pwconv, command_grpconv, command_pwck, command_grpck;

/* Writes a file whole, as a program does that renames a new one into place: a new
 * inode, root:root, time of the epoch; missing parents are made. */
int debian_store(struct debian *d, struct str path, struct str text, uint16_t mode, cause_id cause,
		 struct error *err) MUST_CHECK;

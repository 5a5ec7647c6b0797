/* Rows of dpkg's family and of accounts. Sorted by name. */
#include "debian/command_list.h"

const struct shell_command debian_dpkg_commands[] = {
	{ "dpkg", command_dpkg, 0 },
	{ "dpkg-architecture", command_dpkg_architecture, 0 },
	{ "dpkg-divert", command_dpkg_divert, 0 },
	{ "dpkg-query", command_dpkg_query, 0 },
	{ "dpkg-realpath", command_dpkg_realpath, 0 },
	{ "dpkg-statoverride", command_dpkg_statoverride, 0 },
	{ "dpkg-trigger", command_dpkg_trigger, 0 },
	{ "dpkg-vendor", command_dpkg_vendor, 0 },
	{ "locale", command_locale, 0 },
	{ "pam-auth-update", command_pam_auth_update, 0 },
	{ "pam_getenv", command_pam_getenv, 0 },
	{ "perl", command_perl, 0 },
	{ "ucfq", command_ucfq, 0 },
	{ "update-alternatives", command_update_alternatives, 0 },
	{ "update-locale", command_update_locale, 0 },
	{ NULL, NULL, 0 },
};

const struct shell_command debian_account_commands[] = {
	{ "addgroup", command_addgroup, 0 }, { "adduser", command_adduser, 0 },
	{ "chsh", command_chsh, 0 },	     { "delgroup", command_delgroup, 0 },
	{ "deluser", command_deluser, 0 },   { "gpasswd", command_gpasswd, 0 },
	{ "groupadd", command_groupadd, 0 }, { "groupdel", command_groupdel, 0 },
	{ "groupmod", command_groupmod, 0 }, { "grpck", command_grpck, 0 },
	{ "grpconv", command_grpconv, 0 },   { "passwd", command_passwd, 0 },
	{ "pwck", command_pwck, 0 },	     { "pwconv", command_pwconv, 0 },
	{ "useradd", command_useradd, 0 },   { "userdel", command_userdel, 0 },
	{ "usermod", command_usermod, 0 },   { NULL, NULL, 0 },
};

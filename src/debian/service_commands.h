#pragma once

/*
 * debian/service_commands.h - what the commands of services share. Private to debian/.
 */

#include "debian/commands.h"
#include "debian/units.h"

#define COMMAND_LINE_MAX (1u << 16) /* bytes of a message */

struct tree_files service_files(const struct shell_call *c);

/*
 * The version of the systemd that the image's programs come from (252, 257), 0 if no
 * package says it.
 */
unsigned service_systemd(const struct shell_call *c);
struct unit_root service_root(const struct shell_call *c, bool user);

/* An exported variable that asks for another root, which is not modelled. */
bool service_elsewhere(const struct shell_call *c);

/* --root=PATH: "" and "/" are the tree itself. */
static inline bool service_is_root(struct str path)
{
	return path.len == 0 || str_equal(path, STR("/"));
}

/* systemctl preset --preset-mode=enable-only UNIT: its exit status, or -1. */
int service_preset(struct shell_call *c, const struct unit_root *r, struct str unit,
		   struct error *err) MUST_CHECK;
/* systemctl --root=/ --quiet enable|disable NAME without init scripts: status or -1. */
int service_toggle(struct shell_call *c, const struct unit_root *r, const struct str *names,
		   size_t n, bool enable, struct error *err) MUST_CHECK;

enum rc_action { RC_DEFAULTS, RC_DEFAULTS_DISABLED, RC_REMOVE, RC_ENABLE, RC_DISABLE };
/* The links of an init script in /etc/rc?.d. Return: exit status or -1. */
int rc_links(struct shell_call *c, struct str name, enum rc_action action, const struct str *levels,
	     size_t n_levels, struct error *err) MUST_CHECK;

shell_command_run command_deb_systemd_helper, command_deb_systemd_invoke;
shell_command_run command_systemctl, command_update_rc, command_invoke_rc, command_service;
shell_command_run command_systemd_sysusers, command_systemd_tmpfiles;
shell_command_run command_systemd_machine_id_setup, command_systemd_escape;
shell_command_run command_start_stop_daemon, command_systemd_detect_virt;
shell_command_run command_udevadm, command_no_bus, command_no_system, command_telinit;
shell_command_run command_systemd_notify, command_runlevel, command_rc_service;
shell_command_run command_ssh_keygen, command_make_ssl_cert, command_dbus_uuidgen;
shell_command_run command_pg_checksystem, command_pg_conftool, command_pg_createcluster;
shell_command_run command_pg_lsclusters, command_pg_updatedicts;
shell_command_run command_update_binfmts, command_vgcfgbackup;
shell_command_run command_sshd, command_rndc_confgen, command_machine_secret;

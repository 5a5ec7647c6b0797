/* The table of what scripts call for services, users' and files' declarations. */
#include "debian/service_commands.h"

struct tree_files service_files(const struct shell_call *c)
{
	const struct world *w = c->world;

	return (struct tree_files){ w->tree, w->reader, w->arena, w->epoch, c->cause };
}

bool service_elsewhere(const struct shell_call *c)
{
	struct str root;

	return c->shell && shell_exported(c->shell, STR("DPKG_ROOT"), &root) && root.len;
}

static unsigned leading_number(struct str version)
{
	unsigned n = 0;

	for (size_t i = 0; i < version.len && n < 10000; i++) {
		if (version.ptr[i] < '0' || version.ptr[i] > '9')
			break;
		n = 10 * n + (unsigned)(version.ptr[i] - '0');
	}
	return n;
}

unsigned service_systemd(const struct shell_call *c)
{
	static const char *const packages[] = { "systemd", "systemd-standalone-sysusers",
						"systemd-standalone-tmpfiles", "udev",
						"libsystemd0" };
	const struct debian *d = debian_of(c);

	for (size_t i = 0; i < sizeof(packages) / sizeof(*packages); i++) {
		const struct unpacked *u = debian_find(d, str_of(packages[i]));

		if (u && leading_number(u->package->version))
			return leading_number(u->package->version);
	}
	return 0;
}

struct unit_root service_root(const struct shell_call *c, bool user)
{
	return (struct unit_root){ .files = service_files(c),
				   .systemd = service_systemd(c),
				   .user = user,
				   .messages = c->err };
}

const struct shell_command debian_service_commands[] = {
	{ "busctl", command_no_bus, 0 },
	{ "dbus-send", command_no_bus, 0 },
	{ "dbus-uuidgen", command_dbus_uuidgen, 0 },
	{ "deb-systemd-helper", command_deb_systemd_helper, 0 },
	{ "deb-systemd-invoke", command_deb_systemd_invoke, 0 },
	{ "gdbus", command_no_bus, 0 },
	{ "halt", command_no_system, 0 },
	{ "hostnamectl", command_no_bus, 0 },
	{ "init", command_telinit, 0 },
	{ "invoke-rc.d", command_invoke_rc, 0 },
	{ "localectl", command_no_bus, 0 },
	{ "loginctl", command_no_bus, 0 },
	{ "make-ssl-cert", command_make_ssl_cert, 0 },
	{ "mariadb-install-db", command_machine_secret, 0 },
	{ "mysql_install_db", command_machine_secret, 0 },
	{ "pg_checksystem", command_pg_checksystem, 0 },
	{ "pg_conftool", command_pg_conftool, 0 },
	{ "pg_createcluster", command_pg_createcluster, 0 },
	{ "pg_lsclusters", command_pg_lsclusters, 0 },
	{ "pg_updatedicts", command_pg_updatedicts, 0 },
	{ "poweroff", command_no_system, 0 },
	{ "rc-service", command_rc_service, 0 },
	{ "rc-update", command_rc_service, 0 },
	{ "reboot", command_no_system, 0 },
	{ "rndc-confgen", command_rndc_confgen, 0 },
	{ "runlevel", command_runlevel, 0 },
	{ "service", command_service, 0 },
	{ "shutdown", command_no_system, 0 },
	{ "ssh-keygen", command_ssh_keygen, 0 },
	{ "sshd", command_sshd, 0 },
	{ "start-stop-daemon", command_start_stop_daemon, 0 },
	{ "systemctl", command_systemctl, 0 },
	{ "systemd-detect-virt", command_systemd_detect_virt, 0 },
	{ "systemd-escape", command_systemd_escape, 0 },
	{ "systemd-machine-id-setup", command_systemd_machine_id_setup, 0 },
	{ "systemd-notify", command_systemd_notify, 0 },
	{ "systemd-run", command_no_bus, 0 },
	{ "systemd-sysusers", command_systemd_sysusers, 0 },
	{ "systemd-tmpfiles", command_systemd_tmpfiles, 0 },
	{ "telinit", command_telinit, 0 },
	{ "timedatectl", command_no_bus, 0 },
	{ "udevadm", command_udevadm, 0 },
	{ "update-binfmts", command_update_binfmts, 0 },
	{ "update-rc.d", command_update_rc, 0 },
	{ "vgcfgbackup", command_vgcfgbackup, 0 },
	{ NULL, NULL, 0 },
};

/* Commands that make what each machine must have of its own: taken down, not made. */
#include "debian/firstboot.h"
#include "debian/service_commands.h"

static bool has_word(const struct shell_call *c, const char *word)
{
	for (size_t i = 1; i < c->argc; i++)
		if (str_equal_cstr(c->argv[i], word))
			return true;
	return false;
}

static struct str word_after(const struct shell_call *c, const char *option)
{
	for (size_t i = 1; i + 1 < c->argc; i++)
		if (str_equal_cstr(c->argv[i], option))
			return c->argv[i + 1];
	return STR("");
}

/* Keys of the host only; other keys are the recipe's business. */
int command_ssh_keygen(struct shell_call *c, struct error *err)
{
	struct str file = word_after(c, "-f");
	bool host = str_has_prefix(file, STR("/etc/ssh/ssh_host_"));

	if (c->argc == 2 && has_word(c, "-A"))
		host = true;
	if (!host)
		return shell_refuse(c, err, "a key that is not the host's");
	if (has_word(c, "-l") &&
	    !files_find(&(struct tree_files){ .tree = c->world->tree }, file, true))
		return 0; /* the fingerprint of a key that the machine will have */
	if (has_word(c, "-l"))
		return shell_refuse(c, err, "the fingerprint of a key in the image");
	if (c->argc != 2 && (!has_word(c, "-N") || !word_after(c, "-t").len))
		return shell_refuse(c, err, "ssh-keygen for a host key with other options");
	debian_first_boot(debian_of(c), STR(FIRST_BOOT_SSH_HOST_KEYS), c->cause);
	return 0;
}

/*
 * sshd -G for openssh-server's own script, which wants to know the files of the host's
 * keys: HostKey lines of the configuration, or the three that are built in.
 */
int command_sshd(struct shell_call *c, struct error *err)
{
	struct tree_files f = service_files(c);
	struct str text = STR(""), line;
	struct node *more = files_find(&f, STR("/etc/ssh/sshd_config.d"), true);
	struct node *const *children;
	bool any = false;

	if (more && more->inode->kind == NODE_DIRECTORY && tree_children(more, &children))
		return shell_refuse(c, err, "a configuration in several files");
	if (c->argc != 2 || !has_word(c, "-G") ||
	    !str_equal_cstr(c->world->package, "openssh-server"))
		return shell_refuse(c, err, "only -G for openssh-server is modelled");
	if (files_read(&f, STR("/etc/ssh/sshd_config"), &text, err) < 0)
		return -1;
	while (text.len && str_split(&text, '\n', &line)) {
		line = str_trim(line);
		if (str_has_prefix(line, STR("Include")) || str_has_prefix(line, STR("#")))
			continue; /* nothing is there to include */
		if (!str_has_prefix(line, STR("HostKey ")))
			continue;
		buf_printf(c->out, "hostkey %.*s\n", (int)(line.len - 8), line.ptr + 8);
		any = true;
	}
	if (!any)
		buf_add_cstr(c->out, "hostkey /etc/ssh/ssh_host_rsa_key\n"
				     "hostkey /etc/ssh/ssh_host_ecdsa_key\n"
				     "hostkey /etc/ssh/ssh_host_ed25519_key\n");
	return 0;
}

/* vgcfgbackup: a chroot has no volume groups, but their locks have a folder. */
int command_vgcfgbackup(struct shell_call *c, struct error *err)
{
	static const struct inode folder = { .kind = NODE_DIRECTORY, .mode = 0700 };
	struct tree_files f = service_files(c);

	if (c->argc != 1)
		return shell_refuse(c, err, "only without an operand");
	if (!files_find(&f, STR("/run/lock/lvm"), true) &&
	    !files_put(&f, STR("/run/lock/lvm"), folder))
		return shell_refuse(c, err, "/run/lock is no folder");
	return 0;
}

/* make-ssl-cert [-f|--force-overwrite] generate-default-snakeoil */
int command_make_ssl_cert(struct shell_call *c, struct error *err)
{
	uint32_t gid = 0;

	if (!has_word(c, "generate-default-snakeoil"))
		return shell_refuse(c, err, "a certificate by a template");
	for (size_t i = 1; i < c->argc; i++)
		if (c->argv[i].ptr[0] == '-' && !str_equal_cstr(c->argv[i], "--force-overwrite") &&
		    !str_equal_cstr(c->argv[i], "-f"))
			return shell_refuse(c, err, "no such option: " STR_FMT,
					    STR_ARG(c->argv[i]));
	if (!world_group(c->shell, STR("ssl-cert"), &gid))
		return shell_refuse(c, err, "there is no group ssl-cert");
	if (first_boot_file(c, FIRST_BOOT_SNAKEOIL, "/etc/ssl/certs/ssl-cert-snakeoil.pem", 0644,
			    0, err) < 0)
		return -1;
	return first_boot_file(c, FIRST_BOOT_SNAKEOIL, "/etc/ssl/private/ssl-cert-snakeoil.key",
			       0640, gid, err);
}

int command_rndc_confgen(struct shell_call *c, struct error *err)
{
	if (!has_word(c, "-a"))
		return shell_refuse(c, err, "a key that is printed");
	return first_boot_file(c, FIRST_BOOT_RNDC_KEY, "/etc/bind/rndc.key", 0600, 0, err);
}

/* --ensure: the bootstrap removes /var/lib/dbus/machine-id again, as it is a machine's. */
int command_dbus_uuidgen(struct shell_call *c, struct error *err)
{
	if (c->argc != 2 || !(str_equal_cstr(c->argv[1], "--ensure") ||
			      str_equal_cstr(c->argv[1], "--ensure=/etc/machine-id") ||
			      str_equal_cstr(c->argv[1], "--ensure=/var/lib/dbus/machine-id")))
		return shell_refuse(c, err, "an id that is printed");
	debian_first_boot(debian_of(c), STR(FIRST_BOOT_MACHINE_ID), c->cause);
	return 0;
}

/* mariadb-install-db: its folder stays empty until the machine starts. */
int command_machine_secret(struct shell_call *c, struct error *err)
{
	(void)err;
	debian_first_boot(debian_of(c), STR(FIRST_BOOT_MARIADB), c->cause);
	return 0;
}

/* /etc/machine-id is there and empty: systemd makes one at each boot that finds it so. */
int command_systemd_machine_id_setup(struct shell_call *c, struct error *err)
{
	struct tree_files f = service_files(c);

	for (size_t i = 1; i < c->argc; i++)
		if (!str_equal_cstr(c->argv[i], "--root=/"))
			return shell_refuse(c, err, "no such option: " STR_FMT,
					    STR_ARG(c->argv[i]));
	if (!files_find(&f, STR("/etc/machine-id"), true) &&
	    !files_write(&f, STR("/etc/machine-id"), STR(""), 0644))
		return shell_refuse(c, err, "/etc is no folder");
	return 0;
}

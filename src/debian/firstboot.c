#include "debian/firstboot.h"

#include "debian/tree_files.h"

#define UNIT_FOLDER "/etc/systemd/system/"
#define UNIT_MAX    4096u

static const struct first_boot table[] = {
	{ FIRST_BOOT_SSH_HOST_KEYS, "host keys of sshd", "/usr/bin/ssh-keygen -A",
	  "/etc/ssh/ssh_host_ed25519_key", "ssh.service" },
	{ FIRST_BOOT_SNAKEOIL, "self-signed certificate of the machine",
	  /* It starts debconf, which tries one frontend after the other: 12 s. */
	  "/usr/bin/env DEBIAN_FRONTEND=noninteractive "
	  "/usr/sbin/make-ssl-cert generate-default-snakeoil",
	  "/etc/ssl/private/ssl-cert-snakeoil.key", "basic.target" },
	{ FIRST_BOOT_RNDC_KEY, "key of rndc",
	  "/bin/sh -c '/usr/sbin/rndc-confgen -r /dev/urandom -a && "
	  "chown bind:bind /etc/bind/rndc.key && chmod 0640 /etc/bind/rndc.key'",
	  "/etc/bind/rndc.key", "named.service" },
	{ FIRST_BOOT_MACHINE_ID, "id of the machine", NULL, NULL, NULL },
	{ FIRST_BOOT_POSTGRESQL, "cluster of PostgreSQL (pg_createcluster VERSION main)", NULL,
	  NULL, NULL }, /* "postgresql-cluster VERSION NAME" has all: for_cluster() */
	{ FIRST_BOOT_MARIADB, "system tables of MariaDB",
	  "/usr/bin/mariadb-install-db --rpm --cross-bootstrap --user=mysql "
	  "--disable-log-bin --skip-test-db",
	  "/var/lib/mysql/mysql", "mariadb.service" },
	{ FIRST_BOOT_ALIASES, "database of mail aliases", "/usr/bin/newaliases",
	  "/etc/aliases.db", "postfix.service" },
	{ FIRST_BOOT_SASLDB, "empty database of SASL users",
	  "/bin/sh -c 'echo ! | saslpasswd2 -c no:such:user && saslpasswd2 -d no:such:user && "
	  "chown root:sasl /etc/sasldb2 && chmod 0660 /etc/sasldb2'",
	  "/etc/sasldb2", "basic.target" },
	{ "varnish-secret", "secret of varnishadm",
	  "/bin/sh -c 'install -m 0600 /proc/sys/kernel/random/uuid /etc/varnish/secret'",
	  "/etc/varnish/secret", "varnish.service" },
	/* One unit for all of them: dpkg has one lock. Later ones are the administrator's. */
	{ FIRST_BOOT_PACKAGES, "packages that dpkg configures here",
	  "/bin/sh -c 'export HOME=/root DEBIAN_FRONTEND=noninteractive; "
	  "dpkg --configure --pending && : >/var/lib/misc/ingot-configured'",
	  "/var/lib/misc/ingot-configured", "multi-user.target" },
	{ FIRST_BOOT_ISCSI, "name of the iSCSI initiator",
	  "/bin/sh -c 'printf \"InitiatorName=%s\\n\" \"$(/sbin/iscsi-iname)\" "
	  ">/etc/iscsi/initiatorname.iscsi && chmod 0600 /etc/iscsi/initiatorname.iscsi'",
	  "/etc/iscsi/initiatorname.iscsi", "iscsid.service" },
};

int first_boot_file(struct shell_call *c, const char *what, const char *path, uint16_t mode,
		    uint32_t gid, struct error *err)
{
	struct debian *d = debian_of(c);
	struct tree_files f = { d->tree, d->options->reader, d->arena, d->options->epoch,
				c->cause };
	struct node *node;

	debian_first_boot(d, str_of(what), c->cause);
	if (files_find(&f, str_of(path), true))
		return 0;
	node = files_write(&f, str_of(path), world_later, mode);
	if (!node)
		return err_set(err, ERR_FORMAT, "no folder for %s in the image", path);
	tree_set_owner(node, 0, gid, c->cause);
	tree_set_mode(node, mode, c->cause);
	debian_want(d, "first-boot", str_of(path), c->cause);
	return 0;
}

int first_boot_take_out(struct debian *d, struct str path, cause_id cause, struct error *err)
{
	struct tree_files f = { d->tree, d->options->reader, d->arena, d->options->epoch, cause };
	struct node *node = files_find(&f, path, false);
	struct str text;
	int r = node ? files_read(&f, path, &text, err) : FILES_ABSENT;

	if (r)
		return r < 0 ? -1 : 0;
	if (str_equal(text, world_later))
		tree_remove(d->tree, node, cause);
	return 0;
}

bool first_boot_cluster(struct str what, struct str *ret_version, struct str *ret_name)
{
	static const char prefix[] = FIRST_BOOT_POSTGRESQL " ";
	size_t n = sizeof(prefix) - 1;

	if (!str_has_prefix(what, str_of(prefix)))
		return false;
	what = (struct str){ what.ptr + n, what.len - n };
	n = str_find_char(what, ' ');
	if (!n || n + 1 >= what.len)
		return false;
	*ret_version = (struct str){ what.ptr, n };
	*ret_name = (struct str){ what.ptr + n + 1, what.len - n - 1 };
	return true;
}

/* The locale is what the package's own script would take where none is configured. */
static struct first_boot for_cluster(struct arena *arena, struct str version, struct str name)
{
	return (struct first_boot){
		.name = arena_printf(arena, "%s-" STR_FMT "-" STR_FMT, FIRST_BOOT_POSTGRESQL,
				     STR_ARG(version), STR_ARG(name)),
		.text = "cluster of PostgreSQL",
		.command = arena_printf(arena,
					"/bin/sh -c 'export LANG=\"${LANG:-C.UTF-8}\"; exec "
					"/usr/bin/pg_createcluster --start " STR_FMT " " STR_FMT
					"'",
					STR_ARG(version), STR_ARG(name)),
		.condition = arena_printf(arena,
					  "/etc/postgresql/" STR_FMT "/" STR_FMT "/postgresql.conf",
					  STR_ARG(version), STR_ARG(name)),
		.before = "postgresql.service",
	};
}

struct first_boot first_boot_of(struct arena *arena, struct str what)
{
	struct str version, name;

	if (first_boot_cluster(what, &version, &name))
		return for_cluster(arena, version, name);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (str_equal_cstr(what, table[i].name))
			return table[i];
	return (struct first_boot){ .text = arena_strdup(arena, what) };
}

/* Debian 13 ships a unit, but for a machine without an id: its condition is replaced. */
static bool write_drop_in(const struct tree_files *f, const struct first_boot *b)
{
	static const char path[] = UNIT_FOLDER "sshd-keygen.service.d/ingot.conf";

	if (strcmp(b->name, FIRST_BOOT_SSH_HOST_KEYS) != 0 ||
	    !files_find(f, STR("/usr/lib/systemd/system/sshd-keygen.service"), true))
		return false;
	return files_write(
		       f, STR(path),
		       str_of(arena_printf(f->arena,
					   "[Unit]\nConditionFirstBoot=\nConditionPathExists=!%s\n",
					   b->condition)),
		       0644) != NULL;
}

/* systemd replaces $ and % where a shell shall see them. */
static void add_escaped(struct buf *to, const char *command)
{
	for (; *command; command++) {
		if (*command == '$' || *command == '%')
			buf_add_char(to, *command);
		buf_add_char(to, *command);
	}
}

/* The unit that needs it if the image has it, else what every boot reaches. */
static const char *wanted_by(const struct tree_files *f, const char *unit)
{
	char *path = arena_printf(f->arena, "/usr/lib/systemd/system/%s", unit);
	char *own = arena_printf(f->arena, UNIT_FOLDER "%s", unit);

	return files_find(f, str_of(path), true) || files_find(f, str_of(own), true)
		       ? unit
		       : "multi-user.target";
}

static void add_unit(struct buf *to, const struct first_boot *b, const char *before)
{
	bool early = strcmp(before, "basic.target") == 0;

	buf_printf(to, "[Unit]\nDescription=First boot: %s\n", b->text);
	/* By default a service comes after basic.target. */
	if (early)
		buf_add_cstr(to, "DefaultDependencies=no\nAfter=local-fs.target\n"
				 "Conflicts=shutdown.target\n");
	buf_printf(to, "Before=%s%s\nConditionPathExists=!%s\n\n", before,
		   early ? " shutdown.target" : "", b->condition);
	buf_add_cstr(to, "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=");
	add_escaped(to, b->command);
	buf_printf(to, "\n\n[Install]\nWantedBy=%s\n", before);
}

static bool write_unit(const struct tree_files *f, const struct first_boot *b)
{
	CLEANUP_BUF struct buf text = BUF_INIT(UNIT_MAX);
	const char *before = wanted_by(f, b->before);
	char *path = arena_printf(f->arena, UNIT_FOLDER "ingot-%s.service", b->name);
	char *link = arena_printf(f->arena, UNIT_FOLDER "%s.wants/ingot-%s.service", before,
				  b->name);

	add_unit(&text, b, before);
	return files_write(f, str_of(path), arena_str(f->arena, buf_str(&text)), 0644) &&
	       files_link(f, str_of(link), str_of(path));
}

int first_boot_write(struct debian *d, struct str what, cause_id cause, struct error *err)
{
	struct tree_files f = { d->tree, d->options->reader, d->arena, d->options->epoch, cause };
	struct first_boot b = first_boot_of(d->arena, what);

	if (!b.command || !files_is_executable(&f, "/usr/lib/systemd/systemd"))
		return 0;
	if (!write_drop_in(&f, &b) && !write_unit(&f, &b))
		return err_set(err, ERR_FORMAT, "/etc/systemd/system is no folder in the image");
	return 0;
}

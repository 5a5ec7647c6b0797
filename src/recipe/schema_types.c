#define _GNU_SOURCE
#include "recipe/schema_types.h"

#include <string.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/text.h"
#include "recipe/recipe.h"
#include "recipe/recipe_package.h"
#include "recipe/recipe_path.h"

#define WORDS(...) (const char *const[]){ __VA_ARGS__, NULL }

static void bind_choice(const struct schema_type *t, const struct ydoc_node *n, void *to)
{
	unsigned value = 0;

	for (unsigned i = 0; t->choices[i]; i++)
		if (str_equal_cstr(n->text, t->choices[i]))
			value = i + 1;
	memcpy(to, &value, sizeof(value));
}

/* --- what a recipe is ---------------------------------------------------------- */

const struct schema_type type_schema_version = {
	.kind = SCHEMA_INT, .what = "the number 1", .low = 1, .high = 1,
	.hint = "this ingot reads schema version 1: write 'ingot: 1'",
};

const struct schema_type type_name = {
	.kind = SCHEMA_TEXT, .what = "a name for a recipe", .first = "a-z0-9",
	.rest = "a-z0-9._-", .min = 1, .max = 100,
	.hint = "lower-case letters, digits, '.', '_' and '-'; it becomes part of file names",
};

const struct schema_type type_version = {
	.kind = SCHEMA_TEXT, .what = "a version", .first = "A-Za-z0-9_",
	.rest = "A-Za-z0-9._-", .min = 1, .max = 128, .number = true,
	.hint = "letters, digits, '.', '_' and '-'; it becomes the tag of an image",
};

const struct schema_type type_key_name = {
	.kind = SCHEMA_TEXT, .what = "a name", .first = "a-z0-9", .rest = "a-z0-9._-",
	.min = 1, .max = 63, .hint = "lower-case letters, digits, '.', '_' and '-'",
};

const struct schema_type type_target_name = {
	.kind = SCHEMA_TEXT, .what = "a name for a target", .first = "a-z0-9",
	.rest = "a-z0-9._-", .min = 1, .max = 63,
	.hint = "lower-case letters, digits, '.', '_' and '-'; it becomes part of file names",
};

const struct schema_type type_bool = { .kind = SCHEMA_BOOL, .what = "true or false" };

static int check_true(const struct schema_type *t, const struct schema_place *where,
		      struct ydoc_node *n, struct error *err)
{
	(void)t;
	if (str_equal_cstr(n->text, "true"))
		return 0;
	(void)err_at(err, ERR_RECIPE_VALUE, n->pos, "'%s' can only be true", where->name);
	return err_hint(err, "remove the entry instead");
}

const struct schema_type type_true = {
	.kind = SCHEMA_BOOL, .what = "true", .check = check_true,
};

const struct schema_type type_free_text = {
	.kind = SCHEMA_TEXT, .what = "a text", .max = 65536, .lines = true, .number = true,
};

const struct schema_type type_line = {
	.kind = SCHEMA_TEXT, .what = "a text of one line", .min = 1,
	.hint = "it can't be empty",
};

/* --- where packages come from --------------------------------------------------- */

const struct schema_type type_architecture = {
	.kind = SCHEMA_TEXT, .what = "an architecture of Debian",
	.choices = WORDS("amd64", "arm64", "armel", "armhf", "i386", "mips64el", "ppc64el",
			 "riscv64", "s390x"),
	.aliases = WORDS("x86_64", "amd64", "x86-64", "amd64", "x64", "amd64", "aarch64", "arm64",
			 "armv7", "armhf", "armv7l", "armhf", "arm", "armhf", "x86", "i386",
			 "i686", "i386", "386", "i386", "ppc64le", "ppc64el", "powerpc64le",
			 "ppc64el"),
};

static int check_archive_word(const struct schema_type *t, const struct schema_place *where,
			      struct ydoc_node *n, struct error *err)
{
	struct str s = n->text;

	(void)where;
	if (s.ptr[s.len - 1] == '/' || memmem(s.ptr, s.len, "..", 2) ||
	    memmem(s.ptr, s.len, "//", 2))
		return schema_refuse(t, n, err);
	return 0;
}

const struct schema_type type_suite = {
	.kind = SCHEMA_TEXT, .what = "a suite of an archive", .first = "A-Za-z0-9",
	.rest = "A-Za-z0-9._/+-", .min = 1, .max = 128, .check = check_archive_word,
	.hint = "as below dists/ in the archive: trixie, trixie-updates, trixie-security",
};

const struct schema_type type_component = {
	.kind = SCHEMA_TEXT, .what = "a component of an archive", .first = "A-Za-z0-9",
	.rest = "A-Za-z0-9._/+-", .min = 1, .max = 128, .check = check_archive_word,
	.hint = "as in the archive's Release: main, contrib, non-free-firmware",
};

const struct schema_type type_keyring = {
	.kind = SCHEMA_TEXT, .what = "the name of a keyring", .first = "A-Za-z0-9",
	.rest = "A-Za-z0-9._+-", .min = 1, .max = 128,
	.hint = "the name alone: 'debian-archive-keyring' is recipes/keys/debian-archive-keyring.pgp",
};

static int check_snapshot(const struct schema_type *t, const struct schema_place *where,
			  struct ydoc_node *n, struct error *err)
{
	int64_t time;

	(void)where;
	if (n->text.len != 16 || !text_parse_time(n->text, &time))
		return schema_refuse(t, n, err);
	return 0;
}

const struct schema_type type_snapshot = {
	.kind = SCHEMA_TEXT, .what = "the time of a snapshot", .check = check_snapshot,
	.pattern = "^[0-9]{8}T[0-9]{6}Z$", .hint = "UTC without punctuation: 20260901T000000Z",
};

const struct schema_type type_package = {
	.kind = SCHEMA_TEXT, .what = "a package", .min = 1, .check = package_check,
	.bind = package_bind,
	.pattern = "^-?[a-z0-9][a-z0-9+.-]+( *\\( *(<<|<=|=|>=|>>) *[0-9][A-Za-z0-9.+~:-]* *\\))?$",
	.hint = "a name, or a name and a version as in \"nginx (>= 1.22)\"",
};

const struct schema_type type_package_name = {
	.kind = SCHEMA_TEXT, .what = "the name of a package", .first = "a-z0-9",
	.rest = "a-z0-9+.-", .min = 2, .max = 128,
	.hint = "a name alone, without version",
};

/* --- digests and times ------------------------------------------------------------ */

static int check_sha256(const struct schema_type *t, const struct schema_place *where,
			struct ydoc_node *n, struct error *err)
{
	struct digest d;

	(void)where;
	if (str_has_prefix(n->text, STR("sha256:")))
		n->text = (struct str){ n->text.ptr + 7, n->text.len - 7 };
	return digest_parse_hex(n->text, &d) ? 0 : schema_refuse(t, n, err);
}

static void bind_sha256(const struct ydoc_node *n, struct arena *arena, void *to)
{
	(void)arena;
	(void)digest_parse_hex(n->text, to);
}

const struct schema_type type_sha256 = {
	.kind = SCHEMA_TEXT, .what = "a SHA-256 digest", .check = check_sha256,
	.bind = bind_sha256, .pattern = "^(sha256:)?[0-9a-f]{64}$",
	.hint = "64 lower-case hex digits, as sha256sum prints them",
};

static int check_time(const struct schema_type *t, const struct schema_place *where,
		      struct ydoc_node *n, struct error *err)
{
	int64_t time;
	char text[TEXT_TIME_MAX];

	if (!text_parse_time(n->text, &time) || time > 253402300799)
		return schema_refuse(t, n, err);
	n->text = str_of(arena_printf(where->arena, "%s", text_time(time, text)));
	return 0;
}

static void bind_time(const struct ydoc_node *n, struct arena *arena, void *to)
{
	(void)arena;
	(void)text_parse_time(n->text, to);
}

const struct schema_type type_time = {
	.kind = SCHEMA_TEXT, .what = "a time", .check = check_time, .bind = bind_time,
	.pattern = "^([0-9]{8}T[0-9]{6}Z|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)$",
	.hint = "in UTC: \"2026-09-01T00:00:00Z\"",
};

/* --- accounts ----------------------------------------------------------------------- */

const struct schema_type type_account = {
	.kind = SCHEMA_TEXT, .what = "a name for a user or group", .first = "a-z_",
	.rest = "a-z0-9_-", .min = 1, .max = 32,
	.hint = "lower-case letters, digits, '_' and '-', a letter or '_' first, 32 at most",
};

static int check_id(const struct schema_type *t, const struct schema_place *where,
		    struct ydoc_node *n, struct error *err)
{
	(void)t;
	if (!str_equal_cstr(n->text, "65534") && !str_equal_cstr(n->text, "65535"))
		return 0;
	(void)err_at(err, ERR_RECIPE_VALUE, n->pos, "'%s' can't be " STR_FMT, where->name,
		     STR_ARG(n->text));
	return err_hint(err, "65534 is nobody's, 65535 stands for no id at all");
}

const struct schema_type type_id = {
	.kind = SCHEMA_INT, .what = "a number of a user or group", .low = 1, .high = 4294967293,
	.check = check_id,
};

static int check_gecos(const struct schema_type *t, const struct schema_place *where,
		       struct ydoc_node *n, struct error *err)
{
	(void)where;
	return memchr(n->text.ptr, ':', n->text.len) ? schema_refuse(t, n, err) : 0;
}

const struct schema_type type_gecos = {
	.kind = SCHEMA_TEXT, .what = "a comment for /etc/passwd", .max = 256,
	.check = check_gecos, .pattern = "^[^:]*$", .hint = "one line without ':'",
};

static int check_authorized_key(const struct schema_type *t, const struct schema_place *where,
				struct ydoc_node *n, struct error *err)
{
	static const char *const kinds[] = { "ssh-ed25519 ", "ssh-rsa ", "ecdsa-sha2-nistp256 ",
		"ecdsa-sha2-nistp384 ", "ecdsa-sha2-nistp521 ", "sk-ssh-ed25519@openssh.com ",
		"sk-ecdsa-sha2-nistp256@openssh.com " };

	(void)where;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (memmem(n->text.ptr, n->text.len, kinds[i], strlen(kinds[i])))
			return 0;
	return schema_refuse(t, n, err);
}

const struct schema_type type_authorized_key = {
	.kind = SCHEMA_TEXT, .what = "a public key of SSH", .min = 1, .max = 16384,
	.check = check_authorized_key,
	.hint = "one line of an authorized_keys file, such as \"ssh-ed25519 AAAA... name\"",
};

static bool is_owner(struct str s)
{
	uint64_t id;

	if (s.len && s.ptr[0] >= '0' && s.ptr[0] <= '9')
		return str_parse_u64(s, &id) && id <= 4294967294 &&
		       (s.len == 1 || s.ptr[0] != '0');
	return s.len && s.len <= 32 && schema_in_classes(s, "a-z_", "a-z0-9_-");
}

static int check_owner(const struct schema_type *t, const struct schema_place *where,
		       struct ydoc_node *n, struct error *err)
{
	(void)where;
	return is_owner(n->text) ? 0 : schema_refuse(t, n, err);
}

const struct schema_type type_owner = {
	.kind = SCHEMA_TEXT, .what = "a user or group", .check = check_owner,
	.pattern = "^([a-z_][a-z0-9_-]{0,31}|0|[1-9][0-9]{0,9})$",
	.hint = "a name such as www-data, or a number in quotes",
};

static int check_container_user(const struct schema_type *t, const struct schema_place *where,
				struct ydoc_node *n, struct error *err)
{
	struct str rest = n->text, user, group;

	(void)where;
	if (!str_split(&rest, ':', &user) || !is_owner(user))
		return schema_refuse(t, n, err);
	if (rest.ptr && (!str_split(&rest, ':', &group) || rest.ptr || !is_owner(group)))
		return schema_refuse(t, n, err);
	return 0;
}

const struct schema_type type_container_user = {
	.kind = SCHEMA_TEXT, .what = "a user to run as", .check = check_container_user,
	.pattern = "^[a-z0-9_][a-z0-9_-]*(:[a-z0-9_][a-z0-9_-]*)?$",
	.hint = "USER or USER:GROUP, names or numbers, in quotes: \"www-data\", \"990:990\"",
};

/* --- services and the machine --------------------------------------------------------- */

const struct schema_type type_service = {
	.kind = SCHEMA_TEXT, .what = "the name of a service", .first = "A-Za-z0-9_",
	.rest = "A-Za-z0-9_.@:-", .min = 1, .max = 200, .hint = "as systemd's unit, without '.service'",
};

const struct schema_type type_port = {
	.kind = SCHEMA_INT, .what = "a port", .low = 1, .high = 65535,
};

const struct schema_type type_url_path = {
	.kind = SCHEMA_TEXT, .what = "a path of a URL", .first = "/",
	.rest = "A-Za-z0-9._~!$&'()*+,;=:@%/?-", .min = 1, .max = 1024, .hint = "it starts with '/'",
};

static int check_hostname(const struct schema_type *t, const struct schema_place *where,
			  struct ydoc_node *n, struct error *err)
{
	struct str rest = n->text, label;

	(void)where;
	while (str_split(&rest, '.', &label))
		if (label.len == 0 || label.len > 63 || label.ptr[0] == '-' ||
		    label.ptr[label.len - 1] == '-')
			return schema_refuse(t, n, err);
	return 0;
}

const struct schema_type type_hostname = {
	.kind = SCHEMA_TEXT, .what = "a host name", .first = "A-Za-z0-9", .rest = "A-Za-z0-9.-",
	.min = 1, .max = 64, .check = check_hostname,
	.hint = "letters, digits, '-' and '.' (RFC 1123), 64 bytes at most",
};

static int check_timezone(const struct schema_type *t, const struct schema_place *where,
			  struct ydoc_node *n, struct error *err)
{
	(void)where;
	return path_is_clean(n->text) ? 0 : schema_refuse(t, n, err);
}

const struct schema_type type_timezone = {
	.kind = SCHEMA_TEXT, .what = "a time zone", .first = "A-Za-z", .rest = "A-Za-z0-9_+/-",
	.min = 1, .max = 64, .check = check_timezone,
	.hint = "a name below /usr/share/zoneinfo, such as Europe/Berlin or Etc/UTC",
};

static int check_locale(const struct schema_type *t, const struct schema_place *where,
			struct ydoc_node *n, struct error *err)
{
	struct str s = n->text;
	size_t end = str_find_char(s, '.'), i = 0;

	(void)where;
	while (i < end && ((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') ||
			   (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')))
		i++;
	if (i < end && s.ptr[i] == '_')
		i += i + 2 < end && schema_in_classes((struct str){ s.ptr + i + 1, 2 }, "A-Z", "A-Z")
			     ? 3 : 0;
	if (i != end || end == 0 || (end < s.len && end + 1 == s.len))
		return schema_refuse(t, n, err);
	return 0;
}

const struct schema_type type_locale = {
	.kind = SCHEMA_TEXT, .what = "a locale", .first = "A-Za-z", .rest = "A-Za-z0-9_.@-",
	.min = 1, .max = 64, .check = check_locale,
	.pattern = "^[A-Za-z]+(_[A-Z]{2})?(\\.[A-Za-z0-9@-]+)?$",
	.hint = "language, country and encoding, such as C.UTF-8 or de_DE.UTF-8",
};

static int check_debconf_key(const struct schema_type *t, const struct schema_place *where,
			     struct ydoc_node *n, struct error *err)
{
	(void)where;
	return memchr(n->text.ptr, '/', n->text.len) ? 0 : schema_refuse(t, n, err);
}

const struct schema_type type_debconf_key = {
	.kind = SCHEMA_TEXT, .what = "a debconf question", .first = "a-z0-9",
	.rest = "A-Za-z0-9+./_-", .min = 3, .max = 255, .check = check_debconf_key,
	.pattern = "^[a-z0-9][A-Za-z0-9+._-]*/[A-Za-z0-9+./_-]*$",
	.hint = "PACKAGE/NAME, as 'debconf-show PACKAGE' lists them",
};

/* --- answers to scripts ------------------------------------------------------------------- */

const struct schema_type type_script = {
	.kind = SCHEMA_TEXT, .what = "a maintainer script",
	.choices = WORDS("preinst", "postinst"),
};

static void bind_answer(const struct ydoc_node *n, struct arena *arena, void *to)
{
	(void)arena;
	bind_choice(&type_answer, n, to);
}

const struct schema_type type_answer = {
	.kind = SCHEMA_TEXT, .what = "an answer", .bind = bind_answer,
	.choices = WORDS("skip-command", "fail-command", "effects", "skip", "first-boot"),
};

/* --- targets -------------------------------------------------------------------------------- */

static void bind_target(const struct ydoc_node *n, struct arena *arena, void *to)
{
	(void)arena;
	bind_choice(&type_target, n, to);
}

const struct schema_type type_target = {
	.kind = SCHEMA_TEXT, .what = "a type of target", .bind = bind_target,
	.choices = WORDS("oci", "disk"),
};

static void bind_compression(const struct ydoc_node *n, struct arena *arena, void *to)
{
	(void)arena;
	bind_choice(&type_compression, n, to);
}

const struct schema_type type_compression = {
	.kind = SCHEMA_TEXT, .what = "a compression of layers", .bind = bind_compression,
	.choices = WORDS("none", "gzip", "zstd"),
};

const struct schema_type type_layers = {
	.kind = SCHEMA_INT, .what = "a number of layers", .low = 1, .high = LIMIT_LAYERS,
};

const struct schema_type type_argument = {
	.kind = SCHEMA_TEXT, .what = "an argument", .max = 65536, .lines = true, .number = true,
};

struct str environment_identity(struct str text)
{
	return (struct str){ text.ptr, str_find_char(text, '=') };
}

static int check_environment(const struct schema_type *t, const struct schema_place *where,
			     struct ydoc_node *n, struct error *err)
{
	struct str name = environment_identity(n->text);

	(void)where;
	if (name.len == 0 || name.len == n->text.len ||
	    !schema_in_classes(name, "A-Za-z_", "A-Za-z0-9_"))
		return schema_refuse(t, n, err);
	return 0;
}

const struct schema_type type_environment = {
	.kind = SCHEMA_TEXT, .what = "a variable of the environment", .max = 65536, .lines = true,
	.check = check_environment, .pattern = "^[A-Za-z_][A-Za-z0-9_]*=",
	.hint = "write NAME=value",
};

/* "80" and "80/tcp" are one port: the canonical form names the protocol. */
static int check_container_port(const struct schema_type *t, const struct schema_place *where,
				struct ydoc_node *n, struct error *err)
{
	size_t slash = str_find_char(n->text, '/');
	struct str number = { n->text.ptr, slash }, protocol = STR("tcp");
	uint64_t port;

	if (slash < n->text.len)
		protocol = (struct str){ n->text.ptr + slash + 1, n->text.len - slash - 1 };
	if (!str_parse_u64(number, &port) || port < 1 || port > 65535 || number.ptr[0] == '0' ||
	    !(str_equal_cstr(protocol, "tcp") || str_equal_cstr(protocol, "udp")))
		return schema_refuse(t, n, err);
	n->text = str_of(arena_printf(where->arena, STR_FMT "/" STR_FMT, STR_ARG(number),
				      STR_ARG(protocol)));
	return 0;
}

const struct schema_type type_container_port = {
	.kind = SCHEMA_TEXT, .what = "a port", .check = check_container_port, .number = true,
	.pattern = "^[1-9][0-9]{0,4}(/(tcp|udp))?$",
	.hint = "a number from 1 to 65535, alone or with its protocol: 80, 53/udp",
};

const struct schema_type type_label = {
	.kind = SCHEMA_TEXT, .what = "a key for a label", .first = "A-Za-z0-9",
	.rest = "A-Za-z0-9._/-", .min = 1, .max = 255,
	.hint = "letters, digits, '.', '_', '/' and '-', such as org.opencontainers.image.source",
};

const struct schema_type type_signal = {
	.kind = SCHEMA_TEXT, .what = "a signal",
	.choices = WORDS("SIGHUP", "SIGINT", "SIGQUIT", "SIGABRT", "SIGKILL", "SIGUSR1", "SIGUSR2",
			 "SIGPIPE", "SIGALRM", "SIGTERM", "SIGCONT", "SIGWINCH", "SIGPWR",
			 "SIGRTMIN+3", "SIGRTMIN+4", "SIGRTMIN+5"),
};

const struct schema_type type_disk_format = {
	.kind = SCHEMA_TEXT, .what = "a format of disks",
	.choices = WORDS("raw", "qcow2", "vmdk", "vhd", "gce", "ova"),
};

static void bind_root(const struct ydoc_node *n, struct arena *arena, void *to)
{
	(void)arena;
	bind_choice(&type_root, n, to);
}

const struct schema_type type_root = {
	.kind = SCHEMA_TEXT, .what = "a file system for the root", .bind = bind_root,
	.choices = WORDS("ext4", "erofs"),
};

/* Bytes of "4G"; 0 of "auto"; UINT64_MAX if it is neither. */
static uint64_t size_of_text(struct str s)
{
	static const char units[] = "KMGT";
	const char *unit = s.len ? strchr(units, s.ptr[s.len - 1]) : NULL;
	uint64_t value;

	if (str_equal_cstr(s, "auto"))
		return 0;
	if (!unit || !str_parse_u64((struct str){ s.ptr, s.len - 1 }, &value) || value == 0 ||
	    s.ptr[0] == '0' || value > 1u << 20)
		return UINT64_MAX;
	return value << (10 * (unit - units + 1));
}

static int check_size(const struct schema_type *t, const struct schema_place *where,
		      struct ydoc_node *n, struct error *err)
{
	uint64_t size = size_of_text(n->text);

	(void)where;
	return size > LIMIT_FILE_SIZE ? schema_refuse(t, n, err) : 0;
}

static void bind_size(const struct ydoc_node *n, struct arena *arena, void *to)
{
	uint64_t size = size_of_text(n->text);

	(void)arena;
	memcpy(to, &size, sizeof(size));
}

const struct schema_type type_size = {
	.kind = SCHEMA_TEXT, .what = "a size", .check = check_size, .bind = bind_size,
	.pattern = "^(auto|[1-9][0-9]{0,6}[KMGT])$", .hint = "auto, or a number with K, M, G or T: 4G",
};

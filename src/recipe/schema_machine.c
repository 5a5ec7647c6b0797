/* The types of accounts, services and the machine. */
#define _GNU_SOURCE
#include "recipe/schema_types.h"

#include <string.h>

#include "recipe/recipe_path.h"

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

/* The types of answers to scripts, and of targets. */
#include "recipe/schema_types.h"

#include <string.h>

#include "base/limits.h"

static void bind_choice(const struct schema_type *t, const struct ydoc_node *n, void *to)
{
	unsigned value = 0;

	for (unsigned i = 0; t->choices[i]; i++)
		if (str_equal_cstr(n->text, t->choices[i]))
			value = i + 1;
	memcpy(to, &value, sizeof(value));
}

/* --- answers to scripts ------------------------------------------------------------------- */

const struct schema_type type_script = {
	.kind = SCHEMA_TEXT, .what = "a maintainer script",
	.choices = SCHEMA_WORDS("preinst", "postinst", "config"),
};

static void bind_answer(const struct ydoc_node *n, struct arena *arena, void *to)
{
	(void)arena;
	bind_choice(&type_answer, n, to);
}

const struct schema_type type_answer = {
	.kind = SCHEMA_TEXT, .what = "an answer", .bind = bind_answer,
	.choices = SCHEMA_WORDS("skip-command", "fail-command", "effects", "skip", "first-boot"),
};

/* --- targets -------------------------------------------------------------------------------- */

static void bind_target(const struct ydoc_node *n, struct arena *arena, void *to)
{
	(void)arena;
	bind_choice(&type_target, n, to);
}

const struct schema_type type_target = {
	.kind = SCHEMA_TEXT, .what = "a type of target", .bind = bind_target,
	.choices = SCHEMA_WORDS("oci", "disk"),
};

static void bind_compression(const struct ydoc_node *n, struct arena *arena, void *to)
{
	(void)arena;
	bind_choice(&type_compression, n, to);
}

const struct schema_type type_compression = {
	.kind = SCHEMA_TEXT, .what = "a compression of layers", .bind = bind_compression,
	.choices = SCHEMA_WORDS("none", "gzip", "zstd"),
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
	.choices = SCHEMA_WORDS("SIGHUP", "SIGINT", "SIGQUIT", "SIGABRT", "SIGKILL", "SIGUSR1", "SIGUSR2",
			 "SIGPIPE", "SIGALRM", "SIGTERM", "SIGCONT", "SIGWINCH", "SIGPWR",
			 "SIGRTMIN+3", "SIGRTMIN+4", "SIGRTMIN+5"),
};

const struct schema_type type_disk_format = {
	.kind = SCHEMA_TEXT, .what = "a format of disks",
	.choices = SCHEMA_WORDS("raw", "qcow2", "vmdk", "vhd", "gce", "ova"),
};

static void bind_root(const struct ydoc_node *n, struct arena *arena, void *to)
{
	(void)arena;
	bind_choice(&type_root, n, to);
}

const struct schema_type type_root = {
	.kind = SCHEMA_TEXT, .what = "a file system for the root", .bind = bind_root,
	.choices = SCHEMA_WORDS("ext4", "erofs"),
};

static void bind_root_compression(const struct ydoc_node *n, struct arena *arena, void *to)
{
	(void)arena;
	bind_choice(&type_root_compression, n, to);
}

const struct schema_type type_root_compression = {
	.kind = SCHEMA_TEXT, .what = "a compression of files", .bind = bind_root_compression,
	.choices = SCHEMA_WORDS("none", "lz4"),
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

/* The small programs beside dpkg: triggers, real paths, vendor, architecture; apt's. */
#include "debian/command_list.h"

#define USAGE_STATUS 2

/* ---- dpkg-trigger ---- */

enum { CHECK_SUPPORTED = 1, BY_PACKAGE, AWAIT, NO_AWAIT, NO_ACT };

static const struct shell_option trigger_options[] = {
	{ 0, "check-supported", OPTION_NO_VALUE, CHECK_SUPPORTED },
	{ 0, "by-package", OPTION_VALUE, BY_PACKAGE },
	{ 0, "await", OPTION_NO_VALUE, AWAIT },
	{ 0, "no-await", OPTION_NO_VALUE, NO_AWAIT },
	{ 0, "no-act", OPTION_NO_VALUE, NO_ACT },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

int command_dpkg_trigger(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	bool act = true;
	int status, r = shell_options(c, trigger_options, true, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		if (a.options[i].id == CHECK_SUPPORTED)
			return a.n_operands ? USAGE_STATUS : 0;
		act &= a.options[i].id != NO_ACT;
	}
	if (a.n_operands != 1 || !a.operands[0].len)
		return shell_fail(c, USAGE_STATUS,
				  "dpkg-trigger: error: takes one argument, the trigger name");
	for (size_t i = 0; i < a.operands[0].len; i++)
		if ((uint8_t)a.operands[0].ptr[i] <= ' ' || (uint8_t)a.operands[0].ptr[i] >= 127)
			return shell_fail(c, USAGE_STATUS,
					  "dpkg-trigger: error: invalid trigger name");
	if (act && debian_trigger(debian_of(c), a.operands[0], err) < 0)
		return -1;
	return 0;
}

/* ---- dpkg-realpath: a path without links, inside the root ---- */

static void add_real_path(struct shell_call *c, struct node *dir, struct str name)
{
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 16);

	tree_path(dir, &path);
	buf_printf(c->out, "/" STR_FMT "%s" STR_FMT "\n", STR_ARG(buf_str(&path)),
		   path.len && name.len ? "/" : "", STR_ARG(name));
}

/* A part that is not there has no links: its parent decides. */
int command_dpkg_realpath(struct shell_call *c, struct error *err)
{
	struct str path = c->argc == 2 ? c->argv[1] : STR("");
	struct str name = STR("");
	struct node *node, *dir;

	if (c->argc == 4 && str_equal_cstr(c->argv[1], "--root") &&
	    (!c->argv[2].len || str_equal_cstr(c->argv[2], "/")))
		path = c->argv[3];
	if (c->argc == 3 && str_equal_cstr(c->argv[1], "-z"))
		return shell_refuse(c, err, "no model of -z");
	if (!path.len || *path.ptr != '/')
		return shell_refuse(c, err, "no model of these arguments");
	node = tree_resolve(c->world->tree, path, true);
	if (node) {
		add_real_path(c, node, STR(""));
		return 0;
	}
	dir = tree_resolve_parent(c->world->tree, path, &name);
	if (!dir || tree_child(c->world->tree, dir, name) || !tree_is_name(name))
		return shell_refuse(c, err, "no model of a path that is not there: '" STR_FMT "'",
				    STR_ARG(path));
	add_real_path(c, dir, name);
	return 0;
}

/* ---- dpkg-vendor ---- */

static bool same_letters(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if ((a.ptr[i] | 0x20) != (b.ptr[i] | 0x20))
			return false;
	return true;
}

int command_dpkg_vendor(struct shell_call *c, struct error *err)
{
	struct str text = STR(""), line, vendor = STR("");
	int r = debian_read(debian_of(c), STR("/etc/dpkg/origins/default"), &text, err);

	if (r < 0)
		return -1;
	while (!r && text.len && str_split(&text, '\n', &line))
		if (str_has_prefix(line, STR("Vendor:")))
			vendor = str_trim((struct str){ line.ptr + 7, line.len - 7 });
	if (!vendor.len || !same_letters(vendor, STR("debian")))
		return shell_refuse(c, err, "no model of this vendor");
	if (c->argc == 3 && str_equal_cstr(c->argv[1], "--query") &&
	    same_letters(c->argv[2], STR("vendor"))) {
		buf_printf(c->out, STR_FMT "\n", STR_ARG(vendor));
		return 0;
	}
	if (c->argc == 3 &&
	    (str_equal_cstr(c->argv[1], "--is") || str_equal_cstr(c->argv[1], "--derives-from"))) {
		bool same = same_letters(c->argv[2], vendor);

		if (!same && str_equal_cstr(c->argv[1], "--derives-from"))
			return 1;
		return !same;
	}
	return shell_refuse(c, err, "no model of these arguments");
}

/* ---- dpkg-architecture: what one word asks about the image's own architecture ---- */

static const struct {
	const char *architecture, *cpu, *bits, *multiarch;
} machines[] = {
	{ "amd64", "x86_64", "64", "x86_64-linux-gnu" },
	{ "arm64", "aarch64", "64", "aarch64-linux-gnu" },
	{ "i386", "i686", "32", "i386-linux-gnu" },
	{ "armhf", "arm", "32", "arm-linux-gnueabihf" },
	{ "ppc64el", "powerpc64le", "64", "powerpc64le-linux-gnu" },
	{ "riscv64", "riscv64", "64", "riscv64-linux-gnu" },
	{ "s390x", "s390x", "64", "s390x-linux-gnu" },
};

int command_dpkg_architecture(struct shell_call *c, struct error *err)
{
	struct str word = c->argc > 1 ? c->argv[1] : STR("");

	if (c->argc == 3 && (str_equal_cstr(word, "-q") || str_equal_cstr(word, "--query")))
		word = c->argv[2];
	else if (c->argc == 2 && str_has_prefix(word, STR("-q")))
		word = (struct str){ word.ptr + 2, word.len - 2 };
	else
		return shell_refuse(c, err, "no model of these arguments");
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		const char *value = NULL;

		if (!str_equal_cstr(c->world->architecture, machines[i].architecture))
			continue;
		if (str_has_suffix(word, STR("_ARCH")))
			value = machines[i].architecture;
		else if (str_has_suffix(word, STR("_MULTIARCH")))
			value = machines[i].multiarch;
		else if (str_has_suffix(word, STR("_ARCH_BITS")))
			value = machines[i].bits;
		else if (str_has_suffix(word, STR("_GNU_CPU")))
			value = machines[i].cpu;
		if (!value || !str_has_prefix(word, STR("DEB_")))
			break;
		buf_printf(c->out, "%s\n", value);
		return 0;
	}
	return shell_refuse(c, err, "no model of '" STR_FMT "'", STR_ARG(word));
}

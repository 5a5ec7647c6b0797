/* id, whoami, groups, getent: from the account files of the tree. */
#include "shell/file_tool.h"
#include "shell/tool_files.h"
#include "shell/world_accounts.h"

enum { ID_USER = 1, ID_GROUP, ID_GROUPS, ID_NAME, ID_REAL, ID_ZERO };

static const struct shell_option id_options[] = {
	{ 'u', "user", OPTION_NO_VALUE, ID_USER },
	{ 'g', "group", OPTION_NO_VALUE, ID_GROUP },
	{ 'G', "groups", OPTION_NO_VALUE, ID_GROUPS },
	{ 'n', "name", OPTION_NO_VALUE, ID_NAME },
	{ 'r', "real", OPTION_NO_VALUE, ID_REAL },
	{ 'z', "zero", OPTION_NO_VALUE, ID_ZERO },
	{ 0 },
};

static void add_id(struct shell_call *c, uint32_t id, bool group, bool name)
{
	struct str text;

	if (name &&
	    (group ? world_group_name(c->shell, id, &text) : world_user_name(c->shell, id, &text)))
		buf_add_str(c->out, text);
	else
		buf_printf(c->out, "%u", id);
}

static void add_pair(struct shell_call *c, const char *before, uint32_t id, bool group)
{
	struct str text;

	buf_printf(c->out, "%s%u", before, id);
	if (group ? world_group_name(c->shell, id, &text) : world_user_name(c->shell, id, &text))
		buf_printf(c->out, "(" STR_FMT ")", STR_ARG(text));
}

static int print_all(struct shell_call *c, struct str user, uint32_t uid, uint32_t gid)
{
	uint32_t *groups;
	size_t n = world_groups(c->shell, user, gid, &groups);

	add_pair(c, "uid=", uid, false);
	add_pair(c, " gid=", gid, true);
	for (size_t i = 0; i < n; i++)
		add_pair(c, i ? "," : " groups=", groups[i], true);
	buf_add_char(c->out, '\n');
	return 0;
}

int tool_id(struct shell_call *c, struct error *err)
{
	uint32_t uid = 0, gid = 0, *groups;
	struct shell_arguments a;
	struct str user = STR("root");
	bool name = false;
	int what = 0, status = 0, result = shell_options(c, id_options, false, &a, &status, err);
	size_t n;

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		int id = a.options[i].id;

		if (id == ID_ZERO || (id <= ID_GROUPS && what && what != id))
			return shell_refuse(c, err, "these options");
		if (id <= ID_GROUPS)
			what = id;
		name |= id == ID_NAME;
	}
	if (a.n_operands > 1)
		return shell_refuse(c, err, "more than one user");
	if (a.n_operands) {
		user = a.operands[0];
		if (!world_user(c->shell, user, &uid, &gid)) {
			if (!world_user_or_id(c->shell, user, &uid, &gid) || gid == UINT32_MAX ||
			    !world_user_name(c->shell, uid, &user))
				return file_complain(c, "", user, "no such user");
		}
	} else if (!what || what == ID_GROUPS) {
		return shell_refuse(c, err, "the groups of the process");
	} else if (c->world->identity) {
		uid = c->world->identity->uid;
		gid = c->world->identity->gid;
	}
	if (!what)
		return name ? file_usage(c,
					 "printing only names or real IDs requires -u, -g, or -G")
			    : print_all(c, user, uid, gid);
	if (what != ID_GROUPS) {
		add_id(c, what == ID_USER ? uid : gid, what == ID_GROUP, name);
		buf_add_char(c->out, '\n');
		return 0;
	}
	n = world_groups(c->shell, user, gid, &groups);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_char(c->out, ' ');
		add_id(c, groups[i], true, name);
	}
	buf_add_char(c->out, '\n');
	return 0;
}

int tool_whoami(struct shell_call *c, struct error *err)
{
	if (c->argc > 1)
		return shell_refuse(c, err, "operands");
	add_id(c, c->world->identity ? c->world->identity->uid : 0, false, true);
	buf_add_char(c->out, '\n');
	return 0;
}

int tool_groups(struct shell_call *c, struct error *err)
{
	int status = 0;

	if (c->argc < 2 || c->argv[1].ptr[0] == '-')
		return shell_refuse(c, err, "the groups of the process");
	for (size_t i = 1; i < c->argc; i++) {
		uint32_t uid, gid, *groups;
		size_t n;

		if (!world_user(c->shell, c->argv[i], &uid, &gid)) {
			status = file_complain(c, "", c->argv[i], "no such user");
			continue;
		}
		buf_printf(c->out, STR_FMT " :", STR_ARG(c->argv[i]));
		n = world_groups(c->shell, c->argv[i], gid, &groups);
		for (size_t k = 0; k < n; k++) {
			buf_add_char(c->out, ' ');
			add_id(c, groups[k], true, true);
		}
		buf_add_char(c->out, '\n');
	}
	return status;
}

static bool is_number(struct str key)
{
	uint64_t value;

	return key.len && str_parse_u64(key, &value);
}

int tool_getent(struct shell_call *c, struct error *err)
{
	static const struct {
		const char *name, *file;
		bool ids;
		unsigned fields;
	} databases[] = { { "passwd", "/etc/passwd", true, 7 },
			  { "group", "/etc/group", true, 4 },
			  { "shadow", "/etc/shadow", false, 9 },
			  { "gshadow", "/etc/gshadow", false, 4 } };
	size_t d = 0;
	int status = 0;

	while (d < 4 && (c->argc < 2 || !str_equal_cstr(c->argv[1], databases[d].name)))
		d++;
	if (d == 4)
		return shell_refuse(c, err, "this database or option");
	for (size_t i = 2; i < c->argc; i++) {
		struct str line, key = c->argv[i];
		unsigned field = databases[d].ids && is_number(key) ? 2 : 0;

		if (key.len && key.ptr[0] == '-')
			return shell_refuse(c, err, "option " STR_FMT, STR_ARG(key));
		if (world_account_line(c->shell, databases[d].file, field, key, &line))
			buf_printf(c->out, STR_FMT "\n", STR_ARG(line));
		else
			status = 2;
	}
	if (c->argc == 2) {
		struct str text, line;
		int outcome = world_read(c->shell, str_of(databases[d].file), &text, err);

		if (outcome)
			return outcome < 0 ? -1 : 0;
		while (str_split(&text, '\n', &line))
			if (line.len && line.ptr[0] != '#')
				buf_printf(c->out, STR_FMT "\n", STR_ARG(line));
	}
	return status;
}

/*
 * Account files are read as they are at each look: a few kilobytes that world_read()
 * has in memory, and a script may change them with any command.
 */
#include "shell/world_accounts.h"

#include "shell/command.h"

struct str world_account_field(struct str line, unsigned field)
{
	struct str value = STR("");

	for (unsigned i = 0; i <= field; i++)
		if (!str_split(&line, ':', &value))
			return STR("");
	return value;
}

static bool read_file(struct shell *sh, const char *file, struct str *ret)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	return world_read(sh, str_of(file), ret, &err) == 0;
}

bool world_account_line(struct shell *sh, const char *file, unsigned field, struct str value,
			struct str *ret)
{
	struct str text, line;

	if (!value.len || !read_file(sh, file, &text))
		return false;
	while (str_split(&text, '\n', &line))
		if (line.len && line.ptr[0] != '#' &&
		    str_equal(world_account_field(line, field), value)) {
			*ret = line;
			return true;
		}
	return false;
}

static bool parse_id(struct str text, uint32_t *ret)
{
	uint64_t value;

	if (!text.len || !str_parse_u64(text, &value) || value >= UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

bool world_user(struct shell *sh, struct str name, uint32_t *ret_uid, uint32_t *ret_gid)
{
	struct str line;

	return world_account_line(sh, "/etc/passwd", 0, name, &line) &&
	       parse_id(world_account_field(line, 2), ret_uid) &&
	       parse_id(world_account_field(line, 3), ret_gid);
}

bool world_group(struct shell *sh, struct str name, uint32_t *ret_gid)
{
	struct str line;

	return world_account_line(sh, "/etc/group", 0, name, &line) &&
	       parse_id(world_account_field(line, 2), ret_gid);
}

static bool name_of(struct shell *sh, const char *file, uint32_t id, struct str *ret)
{
	char number[16];
	struct str line;

	snprintf(number, sizeof(number), "%u", id);
	if (!world_account_line(sh, file, 2, str_of(number), &line))
		return false;
	*ret = world_account_field(line, 0);
	return true;
}

bool world_user_name(struct shell *sh, uint32_t uid, struct str *ret)
{
	return name_of(sh, "/etc/passwd", uid, ret);
}

bool world_group_name(struct shell *sh, uint32_t gid, struct str *ret)
{
	return name_of(sh, "/etc/group", gid, ret);
}

bool world_user_or_id(struct shell *sh, struct str text, uint32_t *ret_uid, uint32_t *ret_gid)
{
	struct str name;

	if (text.len && text.ptr[0] == '+') {
		text.ptr++;
		text.len--;
	} else if (world_user(sh, text, ret_uid, ret_gid)) {
		return true;
	}
	if (!parse_id(text, ret_uid))
		return false;
	*ret_gid = UINT32_MAX;
	if (world_user_name(sh, *ret_uid, &name))
		(void)world_user(sh, name, &(uint32_t){ 0 }, ret_gid);
	return true;
}

bool world_group_or_id(struct shell *sh, struct str text, uint32_t *ret_gid)
{
	if (text.len && text.ptr[0] == '+') {
		text.ptr++;
		text.len--;
	} else if (world_group(sh, text, ret_gid)) {
		return true;
	}
	return parse_id(text, ret_gid);
}

static bool is_member(struct str line, struct str name)
{
	struct str members = world_account_field(line, 3), member;

	while (str_split(&members, ',', &member))
		if (str_equal(member, name))
			return true;
	return false;
}

size_t world_groups(struct shell *sh, struct str name, uint32_t gid, uint32_t **ret)
{
	struct str text = STR(""), line;
	uint32_t *list;
	size_t n = 1;

	if (!read_file(sh, "/etc/group", &text))
		text = STR("");
	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n';
	list = arena_array(shell_world(sh)->arena, n + 2, sizeof(*list));
	list[0] = gid;
	n = 1;
	while (str_split(&text, '\n', &line)) {
		uint32_t id;

		if (is_member(line, name) && parse_id(world_account_field(line, 2), &id) &&
		    id != gid)
			list[n++] = id;
	}
	*ret = list;
	return n;
}

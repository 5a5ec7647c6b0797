/*
 * setcap, getcap. A file's capabilities are the attribute security.capability as libcap
 * writes it: revision 2, little-endian (linux/capability.h, vfs_cap_data).
 */
#include "base/capability.h"
#include "base/endian.h"
#include "shell/file_tool.h"
#include "shell/tool_files.h"

#define CAPABILITY_REVISION 0x02000000u
#define CAPABILITY_EFFECTIVE 0x000001u
#define CAPABILITY_SIZE 20

struct capabilities {
	uint64_t effective, permitted, inheritable;
};

static bool find_capability(struct str name, uint64_t *ret)
{
	if (!str_has_prefix(name, STR("cap_")))
		return false;
	name = (struct str){ name.ptr + 4, name.len - 4 };
	for (size_t i = 0; i < CAPABILITIES; i++)
		if (str_equal_cstr(name, capability_names[i])) {
			*ret |= 1ull << i;
			return true;
		}
	return false;
}

/* "cap_a,cap_b=ep", "cap_a+ep": clauses between blanks. False: not modelled. */
static bool parse_clause(struct str text, struct capabilities *caps)
{
	uint64_t set = 0;
	size_t n = 0;
	char op = 0;
	struct str list, word;

	while (n < text.len && !memchr("=+-", text.ptr[n], 3))
		n++;
	list = (struct str){ text.ptr, n };
	if (!n || n == text.len)
		return false;
	while (str_split(&list, ',', &word))
		if (!find_capability(word, &set))
			return false;
	for (size_t i = n; i < text.len; i++) {
		uint64_t *which;

		if (memchr("=+-", text.ptr[i], 3)) {
			op = text.ptr[i];
			if (op == '=') {
				caps->effective &= ~set;
				caps->permitted &= ~set;
				caps->inheritable &= ~set;
			}
			continue;
		}
		which = text.ptr[i] == 'e'   ? &caps->effective
			: text.ptr[i] == 'p' ? &caps->permitted
			: text.ptr[i] == 'i' ? &caps->inheritable
					     : NULL;

		if (!which)
			return false;
		*which = op == '-' ? *which & ~set : *which | set;
	}
	return true;
}

static bool parse(struct str text, struct capabilities *ret)
{
	struct str word;
	bool any = false;

	*ret = (struct capabilities){ 0 };
	while (str_split(&text, ' ', &word)) {
		if (!word.len)
			continue;
		any = true;
		if (!parse_clause(word, ret))
			return false;
	}
	/* The effective set of a file is all or nothing. */
	return any && (!ret->effective || ret->effective == (ret->permitted | ret->inheritable));
}

static int set_one(struct shell_call *c, struct str text, struct str path, struct error *err)
{
	struct world_place at;
	struct capabilities caps;
	uint8_t value[CAPABILITY_SIZE];
	int outcome = file_place(c, path, true, &at);

	if (outcome == WORLD_SPECIAL)
		return shell_refuse(c, err, STR_FMT, STR_ARG(path));
	if (outcome || !at.node)
		return file_failed(c, "Failed to set capabilities on file", path,
				   outcome ? outcome : WORLD_ABSENT);
	if (!node_is(at.node, NODE_FILE) || world_find(c->shell, path, false) != at.node)
		return file_complain(c, "Invalid file for capability operation", path, "");
	if (str_equal_cstr(text, "-r"))
		return shell_refuse(c, err, "-r");
	if (!parse(text, &caps))
		return shell_refuse(c, err, "capabilities '" STR_FMT "'", STR_ARG(text));
	put_le32(value, CAPABILITY_REVISION | (caps.effective ? CAPABILITY_EFFECTIVE : 0));
	put_le32(value + 4, (uint32_t)caps.permitted);
	put_le32(value + 8, (uint32_t)caps.inheritable);
	put_le32(value + 12, (uint32_t)(caps.permitted >> 32));
	put_le32(value + 16, (uint32_t)(caps.inheritable >> 32));
	tree_set_xattr(c->world->tree, at.node, STR("security.capability"),
		       (struct bytes){ value, sizeof(value) }, c->cause);
	return 0;
}

int tool_setcap(struct shell_call *c, struct error *err)
{
	size_t at = 1;

	if (at < c->argc && str_equal_cstr(c->argv[at], "-q"))
		at++;
	if (at == c->argc || (c->argc - at) % 2)
		return shell_refuse(c, err, "operands");
	for (; at < c->argc; at += 2) {
		int status = set_one(c, c->argv[at], c->argv[at + 1], err);

		if (status)
			return status;
	}
	return 0;
}

/* Only of files that have none, or one set of capabilities as "=ep" or the like. */
int tool_getcap(struct shell_call *c, struct error *err)
{
	for (size_t i = 1; i < c->argc; i++) {
		struct node *node = world_find(c->shell, c->argv[i], true);

		if (c->argv[i].len && c->argv[i].ptr[0] == '-')
			return shell_refuse(c, err, "option " STR_FMT, STR_ARG(c->argv[i]));
		if (!node) {
			buf_printf(c->err, STR_FMT " (No such file or directory)\n",
				   STR_ARG(c->argv[i]));
			return 1;
		}
		for (uint32_t k = 0; k < node->inode->n_xattrs; k++) {
			const struct xattr *x = &node->inode->xattrs[k];
			uint64_t permitted, inheritable;
			bool first = true, effective;

			if (!str_equal_cstr(x->name, "security.capability"))
				continue;
			if (x->value.len != CAPABILITY_SIZE)
				return shell_refuse(c, err, "this revision");
			effective = get_le32(x->value.ptr) & CAPABILITY_EFFECTIVE;
			permitted = get_le32(x->value.ptr + 4) |
				    (uint64_t)get_le32(x->value.ptr + 12) << 32;
			inheritable = get_le32(x->value.ptr + 8) |
				      (uint64_t)get_le32(x->value.ptr + 16) << 32;
			if (!permitted || (inheritable && inheritable != permitted))
				return shell_refuse(c, err, "mixed sets");
			buf_printf(c->out, STR_FMT " ", STR_ARG(c->argv[i]));
			for (size_t b = 0; b < CAPABILITIES; b++)
				if (permitted >> b & 1) {
					buf_printf(c->out, "%scap_%s", first ? "" : ",",
						   capability_names[b]);
					first = false;
				}
			buf_printf(c->out, "=%s%s%s\n", effective ? "e" : "",
				   inheritable ? "i" : "", "p");
		}
	}
	return 0;
}

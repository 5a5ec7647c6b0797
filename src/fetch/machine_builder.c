#include "fetch/machine_private.h"

#define BUILDER_ID_MAX 2048u /* bytes; nobody reads a longer one */

static bool is_scheme_char(char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.');
}

bool machine_is_builder_id(struct str id)
{
	size_t colon = str_find_char(id, ':');

	if (colon == 0 || colon + 1 >= id.len || id.len > BUILDER_ID_MAX)
		return false;
	for (size_t i = 0; i < colon; i++)
		if (!is_scheme_char(id.ptr[i], i == 0))
			return false;
	for (size_t i = colon + 1; i < id.len; i++)
		if (id.ptr[i] <= ' ' || id.ptr[i] >= 0x7f || strchr("<>\"{}|\\^`", id.ptr[i]))
			return false;
	return true;
}

int machine_read_builder(struct machine *m, const struct ydoc_node *node, struct error *err)
{
	static const char *const keys[] = { "id" };
	const struct ydoc_node *id;

	if (config_want_kind(node, YDOC_MAP, "builder", err) < 0)
		return -1;
	for (size_t i = 0; i < node->n_pairs; i++)
		if (!str_equal_cstr(node->pairs[i].key, "id"))
			return config_unknown_key(&node->pairs[i], keys, 1, err);
	id = ydoc_get(node, "id");
	if (!id)
		return err_at(err, ERR_USAGE, node->pos, "'builder' needs an 'id'");
	if (config_want_kind(id, YDOC_SCALAR, "id", err) < 0)
		return -1;
	if (!machine_is_builder_id(id->text)) {
		err_at(err, ERR_USAGE, id->pos, "'id' is no URI: '" STR_FMT "'", STR_ARG(id->text));
		return err_hint(err, "as in https://builders.example.com/images/1");
	}
	m->builder_id = id->text;
	return 0;
}

#include "resolve/lock_node.h"

#include "base/text.h"

static bool is_one_of(struct str key, const char *const *keys)
{
	for (; *keys; keys++)
		if (str_equal_cstr(key, *keys))
			return true;
	return false;
}

int lock_node_map(const struct ydoc_node *map, const char *const *keys, struct error *err)
{
	if (map->kind != YDOC_MAP)
		return err_at(err, ERR_LOCK_SYNTAX, map->pos, "a mapping is expected here");
	for (size_t i = 0; i < map->n_pairs; i++)
		if (!is_one_of(map->pairs[i].key, keys))
			return err_at(err, ERR_LOCK_SYNTAX, map->pairs[i].key_pos,
				      "unknown key '" STR_FMT "'", STR_ARG(map->pairs[i].key));
	return 0;
}

int lock_node_find(const struct ydoc_node *map, const char *key, enum ydoc_kind kind,
		   const struct ydoc_node **ret, struct error *err)
{
	static const char *const kinds[] = {
		[YDOC_SCALAR] = "a single value",
		[YDOC_LIST] = "a list",
		[YDOC_MAP] = "a mapping",
	};
	const struct ydoc_node *node = ydoc_get(map, key);

	if (node && node->kind != kind)
		return err_at(err, ERR_LOCK_SYNTAX, node->pos, "'%s' is not %s", key, kinds[kind]);
	*ret = node;
	return 0;
}

int lock_node_get(const struct ydoc_node *map, const char *key, enum ydoc_kind kind,
		  const struct ydoc_node **ret, struct error *err)
{
	if (lock_node_find(map, key, kind, ret, err) < 0)
		return -1;
	if (!*ret)
		return err_at(err, ERR_LOCK_SYNTAX, map->pos, "the key '%s' is missing", key);
	return 0;
}

int lock_node_str(const struct ydoc_node *map, const char *key, struct str *ret,
		  struct error *err)
{
	const struct ydoc_node *node = NULL;

	if (lock_node_get(map, key, YDOC_SCALAR, &node, err) < 0)
		return -1;
	*ret = node->text;
	return 0;
}

int lock_node_str_or(const struct ydoc_node *map, const char *key, struct str otherwise,
		     struct str *ret, struct error *err)
{
	const struct ydoc_node *node = NULL;

	if (lock_node_find(map, key, YDOC_SCALAR, &node, err) < 0)
		return -1;
	*ret = node ? node->text : otherwise;
	return 0;
}

static int to_number(const struct ydoc_node *node, const char *key, uint64_t max, uint64_t *ret,
		     struct error *err)
{
	uint64_t value;

	if (!str_parse_u64(node->text, &value) || value > max)
		return err_at(err, ERR_LOCK_SYNTAX, node->pos,
			      "'%s' is not a number up to %llu: '" STR_FMT "'", key,
			      (unsigned long long)max, STR_ARG(node->text));
	*ret = value;
	return 0;
}

int lock_node_u64(const struct ydoc_node *map, const char *key, uint64_t max, uint64_t *ret,
		  struct error *err)
{
	const struct ydoc_node *node = NULL;

	if (lock_node_get(map, key, YDOC_SCALAR, &node, err) < 0)
		return -1;
	return to_number(node, key, max, ret, err);
}

int lock_node_u32_or(const struct ydoc_node *map, const char *key, uint32_t otherwise,
		     uint32_t *ret, struct error *err)
{
	const struct ydoc_node *node = NULL;
	uint64_t value = otherwise;

	if (lock_node_find(map, key, YDOC_SCALAR, &node, err) < 0)
		return -1;
	if (node && to_number(node, key, UINT32_MAX, &value, err) < 0)
		return -1;
	*ret = (uint32_t)value;
	return 0;
}

int lock_node_true(const struct ydoc_node *map, const char *key, bool *ret, struct error *err)
{
	const struct ydoc_node *node = NULL;

	if (lock_node_find(map, key, YDOC_SCALAR, &node, err) < 0)
		return -1;
	if (node && !str_equal_cstr(node->text, "true"))
		return err_at(err, ERR_LOCK_SYNTAX, node->pos, "'%s' is 'true' or absent", key);
	*ret = node != NULL;
	return 0;
}

int lock_node_time(const struct ydoc_node *map, const char *key, int64_t *ret,
		   struct error *err)
{
	const struct ydoc_node *node = NULL;

	if (lock_node_get(map, key, YDOC_SCALAR, &node, err) < 0)
		return -1;
	if (!text_parse_time(node->text, ret))
		return err_at(err, ERR_LOCK_SYNTAX, node->pos, "'%s' is not a time: '" STR_FMT "'",
			      key, STR_ARG(node->text));
	return 0;
}

static int bad_digest(const struct ydoc_node *node, const char *key, struct error *err)
{
	return err_at(err, ERR_LOCK_SYNTAX, node->pos, "'%s' is not a SHA-256: '" STR_FMT "'", key,
		      STR_ARG(node->text));
}

int lock_node_digest(const struct ydoc_node *map, const char *key, struct digest *ret,
		     struct error *err)
{
	CLEANUP_ERR struct error ignored = ERR_INIT; /* it doesn't know the place */
	const struct ydoc_node *node = NULL;

	if (lock_node_get(map, key, YDOC_SCALAR, &node, err) < 0)
		return -1;
	return digest_parse(node->text, ret, &ignored) < 0 ? bad_digest(node, key, err) : 0;
}

int lock_node_sha256(const struct ydoc_node *map, struct digest *ret, struct error *err)
{
	const struct ydoc_node *node = NULL;

	if (lock_node_get(map, "sha256", YDOC_SCALAR, &node, err) < 0)
		return -1;
	return digest_parse_hex(node->text, ret) ? 0 : bad_digest(node, "sha256", err);
}

int lock_node_strs(const struct ydoc_node *map, const char *key, struct arena *arena,
		   struct str **ret, size_t *ret_n, struct error *err)
{
	const struct ydoc_node *node = NULL;
	struct str *items;

	if (lock_node_find(map, key, YDOC_LIST, &node, err) < 0)
		return -1;
	*ret_n = node ? node->n_items : 0;
	items = arena_array(arena, *ret_n, sizeof(*items));
	for (size_t i = 0; i < *ret_n; i++) {
		if (node->items[i]->kind != YDOC_SCALAR)
			return err_at(err, ERR_LOCK_SYNTAX, node->items[i]->pos,
				      "an item of '%s' is not a single value", key);
		items[i] = node->items[i]->text;
	}
	*ret = items;
	return 0;
}

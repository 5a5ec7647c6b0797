#include "pack/pack_path.h"

#include "tree/tree.h"

int path_normalise(struct str raw, const char *what, char to[static LIMIT_PATH_MAX + 1],
		   struct str *ret, struct error *err)
{
	struct str rest = raw, name;
	size_t len = 0;

	if (!raw.len)
		return err_set(err, ERR_FORMAT, "%s: a member has no name", what);
	if (raw.ptr[0] == '/')
		return err_set(err, ERR_FORMAT, "%s: the name '" STR_FMT "' is absolute", what,
			       STR_ARG(raw));
	if (raw.len > LIMIT_PATH_MAX)
		return err_set(err, ERR_LIMIT, "%s: a name of %zu bytes, %u are allowed ('%.60s...')",
			       what, raw.len, LIMIT_PATH_MAX, raw.ptr);
	while (str_split(&rest, '/', &name)) {
		if (!name.len || str_equal_cstr(name, "."))
			continue;
		if (str_equal_cstr(name, ".."))
			return err_set(err, ERR_FORMAT, "%s: the name '" STR_FMT "' holds '..'",
				       what, STR_ARG(raw));
		if (name.len > LIMIT_NAME_MAX)
			return err_set(err, ERR_LIMIT, "%s: a component of %zu bytes in '%.60s...', "
				       "%u are allowed", what, name.len, raw.ptr, LIMIT_NAME_MAX);
		if (len)
			to[len++] = '/';
		memcpy(to + len, name.ptr, name.len);
		len += name.len;
	}
	to[len] = 0;
	*ret = (struct str){ to, len };
	return 0;
}

bool path_is_normal(struct str path)
{
	struct str rest = path, name;

	if (!path.len)
		return true;
	if (path.len > LIMIT_PATH_MAX)
		return false;
	while (str_split(&rest, '/', &name))
		if (!tree_is_name(name))
			return false;
	return true;
}

#include <strings.h>

#include "pack/pack.h"

/* deb-control(5): fields of the first stanza; continuation lines begin blank. */
static bool find_field(struct str text, const char *field, struct str *ret, bool *ret_twice)
{
	size_t n = strlen(field);
	struct str line;
	bool found = false;

	*ret_twice = false;
	while (str_split(&text, '\n', &line)) {
		if (!str_trim(line).len)
			break;
		if (line.len <= n || line.ptr[n] != ':' || strncasecmp(line.ptr, field, n) != 0)
			continue;
		*ret_twice = found;
		found = true;
		*ret = str_trim((struct str){ line.ptr + n + 1, line.len - n - 1 });
	}
	return found;
}

static int check_field(const struct pack_control *control, const char *field, struct str name,
		       struct str want, struct error *err)
{
	struct str got;
	bool twice;

	if (!find_field(bytes_str(control->data), field, &got, &twice))
		return err_set(err, ERR_FORMAT, "package '" STR_FMT "': its control file has no "
			       "field '%s'", STR_ARG(name), field);
	if (twice)
		return err_set(err, ERR_FORMAT, "package '" STR_FMT "': its control file has the "
			       "field '%s' twice", STR_ARG(name), field);
	if (!str_equal(got, want))
		return err_set(err, ERR_FORMAT, "package '" STR_FMT "': its control file says %s '"
			       STR_FMT "', expected '" STR_FMT "'", STR_ARG(name), field,
			       STR_ARG(got), STR_ARG(want));
	return 0;
}

int pack_check_identity(const struct pack *p, struct str name, struct str version,
			struct str architecture, struct error *err)
{
	const struct pack_control *control = pack_control(p, STR("control"));

	if (!control)
		return err_set(err, ERR_FORMAT, "package '" STR_FMT "' has no control file",
			       STR_ARG(name));
	if (check_field(control, "Package", name, name, err) < 0 ||
	    check_field(control, "Version", name, version, err) < 0)
		return -1;
	return check_field(control, "Architecture", name, architecture, err);
}

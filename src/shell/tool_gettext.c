/*
 * gettext, ngettext, envsubst: in the C locale a message is its own translation.
 */
#include "shell/charclass.h"
#include "shell/text_tool.h"

static const struct shell_option gettext_options[] = {
	{ 'd', "domain", OPTION_VALUE, 'd' },
	{ 'n', NULL, OPTION_NO_VALUE, 'n' },
	{ 's', NULL, OPTION_NO_VALUE, 's' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

int run_gettext(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	bool shows = false, no_newline = false;
	int status = 0, found = shell_options(c, gettext_options, true, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		shows |= a.options[i].id == 's';
		no_newline |= a.options[i].id == 'n';
	}
	if (!shows) {
		if (a.n_operands < 1 || a.n_operands > 2)
			return shell_fail(c, 1, "missing or extra argument");
		return text_put(c, a.operands[a.n_operands - 1], err);
	}
	for (size_t i = 0; i < a.n_operands; i++) {
		if ((i > 0 && text_put(c, STR(" "), err) < 0) ||
		    text_put(c, a.operands[i], err) < 0)
			return -1;
	}
	return no_newline ? 0 : text_put(c, STR("\n"), err);
}

int run_ngettext(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	uint64_t n = 0;
	int status = 0, found = shell_options(c, gettext_options, true, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	if (a.n_options > 0 && a.options[0].id != 'd')
		return shell_refuse(c, err, "this option");
	if (a.n_operands < 3 || a.n_operands > 4 ||
	    !str_parse_u64(a.operands[a.n_operands - 1], &n))
		return shell_refuse(c, err, "these arguments");
	return text_put(c, a.operands[a.n_operands - (n == 1 ? 3 : 2)], err);
}

/* "$NAME" or "${NAME}" at text[*at] == '$'; moves *at behind it. */
static bool read_reference(struct str text, size_t *at, struct str *ret)
{
	size_t i = *at + 1, from = 0;
	bool brace = i < text.len && text.ptr[i] == '{';

	i += brace;
	from = i;
	while (i < text.len && charclass_has(CHARCLASS_WORD, (unsigned char)text.ptr[i]) &&
	       !(i == from && charclass_has(CHARCLASS_DIGIT, (unsigned char)text.ptr[i])))
		i++;
	if (i == from || (brace && (i >= text.len || text.ptr[i] != '}')))
		return false;
	*ret = (struct str){ text.ptr + from, i - from };
	*at = i + brace;
	return true;
}

/* Whether @name is among those that @format names. */
static bool is_named(struct str format, struct str name)
{
	struct str other;

	for (size_t i = 0; i < format.len;) {
		if (format.ptr[i] != '$' || !read_reference(format, &i, &other)) {
			i++;
			continue;
		}
		if (str_equal(other, name))
			return true;
	}
	return false;
}

static int put_variables(struct shell_call *c, struct str format, struct error *err)
{
	struct str name;

	for (size_t i = 0; i < format.len;) {
		if (format.ptr[i] != '$' || !read_reference(format, &i, &name)) {
			i++;
			continue;
		}
		if (text_put_line(c, name, '\n', err) < 0)
			return -1;
	}
	return 0;
}

int run_envsubst(struct shell_call *c, struct error *err)
{
	static const struct shell_option options[] = {
		{ 'v', "variables", OPTION_NO_VALUE, 'v' },
		{ 0, NULL, OPTION_NO_VALUE, 0 },
	};
	struct shell_arguments a;
	struct str text, name, value;
	int status = 0, found = shell_options(c, options, true, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	if (a.n_operands > 1 || (a.n_options > 0 && a.n_operands == 0))
		return shell_fail(c, 1, "missing or extra argument");
	if (a.n_options > 0)
		return put_variables(c, a.operands[0], err);
	text = shell_input_all(c->in);
	for (size_t i = 0; i < text.len;) {
		size_t from = i;

		if (text.ptr[i] != '$' || !read_reference(text, &i, &name) ||
		    (a.n_operands && !is_named(a.operands[0], name))) {
			i = i > from ? i : from + 1;
			if (text_put(c, (struct str){ text.ptr + from, i - from }, err) < 0)
				return -1;
			continue;
		}
		if (shell_exported(c->shell, name, &value) && text_put(c, value, err) < 0)
			return -1;
	}
	return 0;
}

/* debconf's programs beside its frontend. */
#include "debian/debconf.h"

static bool is_space(char c)
{
	return c && strchr(" \t\n\r\f\v", c);
}

static int command_escape(struct shell_call *c, struct error *err)
{
	struct str in = shell_input_all(c->in);
	bool back = c->argc == 2 && str_equal_cstr(c->argv[1], "-u");

	if (!back && (c->argc != 2 || !str_equal_cstr(c->argv[1], "-e")))
		return shell_refuse(c, err, "no model of these arguments");
	for (size_t i = 0; i < in.len; i++) {
		char ch = in.ptr[i];

		if (back && ch == '\\' && i + 1 < in.len &&
		    (in.ptr[i + 1] == 'n' || in.ptr[i + 1] == '\\')) {
			i++;
			buf_add_char(c->out, in.ptr[i] == 'n' ? '\n' : '\\');
		} else if (!back && (ch == '\\' || ch == '\n')) {
			buf_add_cstr(c->out, ch == '\n' ? "\\n" : "\\\\");
		} else {
			buf_add_char(c->out, ch);
		}
	}
	return 0;
}

/* "OWNER QUESTION TYPE VALUE" a line: the answer counts as seen. */
static int command_set_selections(struct shell_call *c, struct error *err)
{
	struct debconf *db = debconf_of(debian_of(c));
	struct str text = shell_input_all(c->in), line;

	if (c->argc != 1)
		return shell_refuse(c, err, "no model of these arguments");
	while (text.len && str_split(&text, '\n', &line)) {
		struct str word[3] = { { 0 } }, rest = str_trim(line);
		struct debconf_question *q;
		size_t k = 0;

		if (!rest.len || *rest.ptr == '#')
			continue;
		for (; k < 3 && rest.len; k++) {
			size_t end = 0;

			while (end < rest.len && !is_space(rest.ptr[end]))
				end++;
			word[k] = (struct str){ rest.ptr, end };
			rest = str_trim((struct str){ rest.ptr + end, rest.len - end });
		}
		q = k == 3 ? debconf_find(db, word[1]) : NULL;
		if (!q)
			return shell_refuse(c, err, "no model of a selection of '" STR_FMT "'",
					    STR_ARG(word[1]));
		if (str_equal_cstr(word[2], "seen")) {
			debconf_set_flag(db, q, STR("seen"), rest);
			continue;
		}
		debconf_set_value(db, q, rest);
		debconf_set_flag(db, q, STR("seen"), STR("true"));
	}
	return 0;
}

const struct shell_command debian_debconf_commands[] = {
	{ "debconf-escape", command_escape, 0 },
	{ "debconf-set-selections", command_set_selections, 0 },
	{ "frontend", command_frontend, 0 },
	{ NULL, NULL, 0 },
};

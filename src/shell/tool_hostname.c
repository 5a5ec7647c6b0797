/*
 * hostname(1), and the machine's name for others. The world is a machine without a
 * network: its name is what its host says (the recipe's), else what /etc/hostname says,
 * else "localhost", as systemd has it; names are looked up in /etc/hosts alone.
 */
#include "shell/file_tool.h"
#include "shell/tool_files.h"

struct str tool_host_name(struct shell_call *c, struct error *err)
{
	struct str text, line;

	if (c->world->host_name.len)
		return c->world->host_name;
	if (world_read(c->shell, STR("/etc/hostname"), &text, err))
		return STR("localhost");
	while (str_split(&text, '\n', &line)) {
		line = str_trim(line);
		if (line.len && line.ptr[0] != '#')
			return line;
	}
	return STR("localhost");
}

static bool next_word(struct str *line, struct str *ret)
{
	size_t n = 0;

	*line = str_trim(*line);
	while (n < line->len && line->ptr[n] != ' ' && line->ptr[n] != '\t')
		n++;
	*ret = (struct str){ line->ptr, n };
	*line = (struct str){ line->ptr + n, line->len - n };
	return n > 0;
}

/* The first name of the line of /etc/hosts that has @name; 0: not there, 2: several. */
static int canonical(struct shell_call *c, struct str name, struct str *ret, struct error *err)
{
	struct str text, line, address, first, word;
	int found = 0, outcome = world_read(c->shell, STR("/etc/hosts"), &text, err);

	if (outcome)
		return outcome < 0 ? -1 : 0;
	while (str_split(&text, '\n', &line)) {
		line.len = str_find_char(line, '#');
		if (!next_word(&line, &address) || !next_word(&line, &first))
			continue;
		for (word = first; word.len; next_word(&line, &word)) {
			if (!str_equal(word, name))
				continue;
			if (found && !str_equal(*ret, first))
				return 2;
			*ret = first;
			found = 1;
			break;
		}
	}
	return found;
}

enum { NAME_SHORT = 1, NAME_LONG, NAME_DOMAIN };

static const struct shell_option options[] = {
	{ 's', "short", OPTION_NO_VALUE, NAME_SHORT },
	{ 'f', "fqdn", OPTION_NO_VALUE, NAME_LONG },
	{ 'f', "long", OPTION_NO_VALUE, NAME_LONG },
	{ 'd', "domain", OPTION_NO_VALUE, NAME_DOMAIN },
	{ 0 },
};

static int print_long(struct shell_call *c, struct str name, bool domain, struct error *err)
{
	struct str full = name;
	int r = canonical(c, name, &full, err);

	if (r < 0)
		return -1;
	if (r == 2)
		return shell_refuse(c, err, "/etc/hosts has several names for " STR_FMT,
				    STR_ARG(name));
	/* A recipe's name gets its line in /etc/hosts when the tree is composed. */
	if (!r && !c->world->host_name.len)
		return shell_fail(c, 1, "hostname: Name or service not known");
	if (domain) {
		size_t dot = str_find_char(full, '.');

		if (dot == full.len)
			return 0;
		full = (struct str){ full.ptr + dot + 1, full.len - dot - 1 };
	}
	buf_printf(c->out, STR_FMT "\n", STR_ARG(full));
	return 0;
}

int tool_hostname(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	int status = 0, r = shell_options(c, options, false, &a, &status, err);
	struct str name = tool_host_name(c, err);

	if (r)
		return r < 0 ? -1 : status;
	if (a.n_operands || a.n_options > 1)
		return shell_refuse(c, err, "more than one option, or a new name");
	if (a.n_options && a.options[0].id != NAME_SHORT)
		return print_long(c, name, a.options[0].id == NAME_DOMAIN, err);
	if (a.n_options)
		name.len = str_find_char(name, '.');
	buf_printf(c->out, STR_FMT "\n", STR_ARG(name));
	return 0;
}

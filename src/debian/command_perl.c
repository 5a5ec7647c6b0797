/* perl: programs of one line that shell scripts have, by their exact text. */
#include "debian/command_list.h"

/* "\Q$_\E\n", printed with another newline by -l. */
static void quote_line(struct shell_call *c, struct str line)
{
	for (size_t i = 0; i < line.len; i++) {
		char ch = line.ptr[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
		      (ch >= '0' && ch <= '9') || ch == '_'))
			buf_add_char(c->out, '\\');
		buf_add_char(c->out, ch);
	}
	buf_add_cstr(c->out, "\n\n");
}

static int quote(struct shell_call *c)
{
	struct str line;
	bool newline;

	while (shell_input_line(c->in, &line, &newline))
		quote_line(c, line);
	return 0;
}

static int nothing(struct shell_call *c)
{
	(void)c;
	return 0;
}

int command_perl(struct shell_call *c, struct error *err)
{
	static const struct {
		const char *option, *program;
		int (*run)(struct shell_call *c);
	} known[] = {
		{ "-e", "", nothing },
		{ "-nle", "print \"\\Q$_\\E\\n\"", quote },
	};

	for (size_t i = 0; c->argc == 3 && i < sizeof(known) / sizeof(known[0]); i++)
		if (str_equal_cstr(c->argv[1], known[i].option) &&
		    str_equal_cstr(c->argv[2], known[i].program))
			return known[i].run(c);
	return shell_refuse(c, err, "no model of this program");
}

#define _GNU_SOURCE
/* What commands may ask of the shell that calls them (command.h). */
#include "shell/evaluate.h"

#include <stdarg.h>
#include <stdio.h>

struct world *shell_world(const struct shell *sh)
{
	return sh->world;
}

uint16_t shell_umask(const struct shell *sh)
{
	return sh->state.umask;
}

struct str shell_folder(const struct shell *sh)
{
	return sh->state.folder;
}

struct str shell_name(const struct shell *sh)
{
	return sh->name;
}

bool shell_is_child(const struct shell *sh)
{
	return sh->parent != NULL;
}

void shell_export_variable(struct shell *sh, struct str name, struct str value)
{
	variable_set(sh, name, value);
	variable_flags(sh, variable_make(sh, name), VARIABLE_EXPORT, 0);
}

/* One cause a line: scripts change many things at one place. */
cause_id shell_cause(const struct shell *sh)
{
	struct session *s = sh->session;
	const struct world *w = sh->world;
	char *what;

	if (s->cause_line == s->outer_line && s->cause)
		return s->cause;
	if (w->trigger.len) {
		s->cause = tree_cause_intern(w->tree, (struct cause){ CAUSE_TRIGGER, w->package,
								      w->trigger });
	} else {
		what = mem_printf(STR_FMT ":%u", STR_ARG(w->script), s->outer_line);
		s->cause = tree_cause_intern(w->tree, (struct cause){ CAUSE_SCRIPT, w->package,
								      str_of(what) });
		free(what);
	}
	s->cause_line = s->outer_line;
	return s->cause;
}

int shell_fail(struct shell_call *c, int status, const char *fmt, ...)
{
	va_list args;
	char *text = NULL;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		return status;
	buf_add(c->err, text, (size_t)n);
	if (!n || text[n - 1] != '\n')
		buf_add_char(c->err, '\n');
	free(text);
	return status;
}

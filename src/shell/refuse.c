/* Refusals and messages: what ends a script, and what it says. */
#define _GNU_SOURCE
#include "shell/evaluate.h"

#include <stdarg.h>
#include <stdio.h>

static struct str source_line(struct str text, unsigned line)
{
	size_t at = 0;
	struct str rest;

	for (unsigned i = 1; i < line && at < text.len; at++)
		i += text.ptr[at] == '\n';
	if (!line || at >= text.len)
		return STR("");
	rest = (struct str){ text.ptr + at, text.len - at };
	rest.len = str_find_char(rest, '\n');
	return str_trim(rest);
}

int shell_refuse_kind(struct shell *sh, enum refusal_kind kind, int *ret_status,
		      struct error *err, struct str reason)
{
	struct refusal r = {
		.kind = kind,
		.script = sh->source->name,
		.line = sh->line,
		.text = source_line(sh->source->text, sh->line),
		.command = sh->command_text.ptr ? sh->command_text : STR(""),
		.reason = reason,
		.outer_line = sh->session->outer_line,
	};

	*ret_status = kind == REFUSAL_FAILED ? sh->status : 1;
	/* The host may look at the tree. */
	if (streams_flush(sh->session, sh, err))
		return -1;
	return sh->world->host->refuse(sh->world, &r, ret_status, err);
}

int shell_abandon(struct shell *sh, enum refusal_kind kind, struct error *err, const char *fmt,
		  ...)
{
	va_list args;
	char *text = NULL;
	int n, r, status;

	if (sh->unwind == UNWIND_ABANDON)
		return STOPPED;
	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	r = shell_refuse_kind(sh, kind, &status, err,
			      n < 0 ? STR("") : (struct str){ text, (size_t)n });
	if (n >= 0)
		free(text);
	if (r < 0)
		return -1;
	sh->unwind = UNWIND_ABANDON;
	sh->session->abandoned = true;
	sh->status = status;
	return STOPPED;
}

int shell_refuse(struct shell_call *c, struct error *err, const char *fmt, ...)
{
	va_list args;
	char *text = NULL;
	int n, r, status;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (!c->shell) {
		r = err_set(err, ERR_FORMAT, STR_FMT ": %s", STR_ARG(c->argv[0]), n < 0 ? "" : text);
		free(text);
		return r;
	}
	r = shell_refuse_kind(c->shell, REFUSAL_USAGE, &status, err,
			      n < 0 ? STR("") : (struct str){ text, (size_t)n });
	if (n >= 0)
		free(text);
	return r < 0 ? -1 : status;
}

static void message(struct shell *sh, const char *fmt, va_list args)
{
	struct buf *to = stream_buffer(sh, 2);
	char *text = NULL;
	int n = vasprintf(&text, fmt, args);

	buf_printf(to, STR_FMT ": ", STR_ARG(sh->name));
	buf_printf(to, sh->bash ? "line %u: " : "%u: ", sh->line);
	if (n >= 0) {
		buf_add(to, text, (size_t)n);
		free(text);
	}
	buf_add_char(to, '\n');
	if (sh->state.fd[2] && sh->state.fd[2]->kind == STREAM_FILE && !sh->state.fd[2]->dirty) {
		sh->state.fd[2]->dirty = true;
		sh->state.fd[2]->next_dirty = sh->session->dirty;
		sh->session->dirty = sh->state.fd[2];
	}
	if (!sh->state.fd[2])
		buf_reset(&sh->session->closed); /* nobody hears it */
}

void shell_message(struct shell *sh, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(sh, fmt, args);
	va_end(args);
}

int shell_die(struct shell *sh, int status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(sh, fmt, args);
	va_end(args);
	if (sh->unwind != UNWIND_ABANDON)
		sh->unwind = UNWIND_EXIT;
	sh->status = status;
	return STOPPED;
}

int builtin_error(struct shell_call *c, int status, const char *fmt, ...)
{
	va_list args;
	char *text = NULL;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	shell_message(c->shell, STR_FMT ": %s", STR_ARG(c->argv[0]), n < 0 ? "" : text);
	if (n >= 0)
		free(text);
	c->shell->builtin_failed = true;
	return status;
}

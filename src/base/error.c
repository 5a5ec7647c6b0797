#define _GNU_SOURCE
#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/exhausted.h"
#include "base/mem.h"
#include "base/text.h"

const struct err_info err_table[] = {
#define ERR_CODE(number, name, title, text) { ERR_##name, #name, title, text },
#include "base/errcodes.def"
#undef ERR_CODE
	{ ERR_NONE, NULL, NULL, NULL },
};

static char *format(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		mem_exhausted();
	return text;
}

void err_release(struct error *err)
{
	free(err->file);
	free(err->message);
	free(err->detail);
	free(err->body);
	free(err->hint);
	for (unsigned i = 0; i < err->n_context; i++)
		free(err->context[i]);
	*err = (struct error)ERR_INIT;
}

int err_move(struct error *to, struct error *from)
{
	assert(to->code == ERR_NONE);
	*to = *from;
	*from = (struct error)ERR_INIT;
	return -1;
}

int err_place(struct error *err, struct src_pos pos)
{
	if (err->pos.file || !pos.file)
		return -1;
	err->file = mem_strdup(pos.file);
	err->pos = (struct src_pos){ err->file, pos.line, pos.column };
	return -1;
}

static void set(struct error *err, enum err_code code, int sys, struct src_pos pos,
		const char *fmt, va_list args)
{
	assert(err->code == ERR_NONE); /* a failure was dropped on the floor */
	err->code = code;
	err->sys = sys;
	(void)err_place(err, pos);
	err->message = format(fmt, args);
}

int err_set(struct error *err, enum err_code code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set(err, code, 0, (struct src_pos){ 0 }, fmt, args);
	va_end(args);
	return -1;
}

int err_at(struct error *err, enum err_code code, struct src_pos pos, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set(err, code, 0, pos, fmt, args);
	va_end(args);
	return -1;
}

int err_sys(struct error *err, int sys, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	/* Only the signals of io/interrupt.h end a call so: it failed at nothing. */
	set(err, sys == EINTR ? ERR_INTERRUPTED : ERR_IO, sys, (struct src_pos){ 0 }, fmt, args);
	va_end(args);
	return -1;
}

int err_while(struct error *err, const char *fmt, ...)
{
	va_list args;

	assert(err->code != ERR_NONE);
	if (err->n_context == ERR_CONTEXT_MAX)
		return -1;
	va_start(args, fmt);
	err->context[err->n_context++] = format(fmt, args);
	va_end(args);
	return -1;
}

int err_hint(struct error *err, const char *fmt, ...)
{
	va_list args;

	if (err->hint)
		return -1;
	va_start(args, fmt);
	err->hint = format(fmt, args);
	va_end(args);
	return -1;
}

int err_detail(struct error *err, const char *fmt, ...)
{
	va_list args;

	if (err->detail)
		return -1;
	va_start(args, fmt);
	err->detail = format(fmt, args);
	va_end(args);
	return -1;
}

int err_body(struct error *err, const char *text)
{
	if (!err->body)
		err->body = mem_strdup(text);
	return -1;
}

int err_exit_status(const struct error *err)
{
	return (int)err->code / 100;
}

const struct err_info *err_info_find(unsigned number)
{
	for (const struct err_info *i = err_table; i->code != ERR_NONE; i++)
		if ((unsigned)i->code == number)
			return i;
	return NULL;
}

/* Text from outside may hold escape sequences: text_print_safe() defuses it. */
static void print_lines(FILE *out, const char *prefix, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		fputs(prefix, out);
		text_print_safe(out, text, len);
		fputc('\n', out);
		text += len + (text[len] == '\n');
	}
}

void err_print(const struct error *err, FILE *out)
{
	fprintf(out, "error[E%04u]: ", (unsigned)err->code);
	text_print_safe(out, err->message, strlen(err->message));
	if (err->sys)
		fprintf(out, ": %s", strerrordesc_np(err->sys));
	fputc('\n', out);
	if (err->pos.file && err->pos.line)
		fprintf(out, "  --> %s:%u:%u\n", err->pos.file, err->pos.line, err->pos.column);
	else if (err->pos.file)
		fprintf(out, "  --> %s\n", err->pos.file);
	if (err->body)
		print_lines(out, "", err->body);
	if (err->detail)
		print_lines(out, "   | ", err->detail);
	for (unsigned i = 0; i < err->n_context; i++)
		print_lines(out, "  while ", err->context[i]);
	if (err->hint)
		print_lines(out, "  help: ", err->hint);
}

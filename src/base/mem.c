#define _GNU_SOURCE
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/exhausted.h"

/* Nothing of ours is asked for it: there is no memory. */
void mem_exhausted(void)
{
	static const char text[] = "error[E1201]: there is not enough memory\n"
				   "  help: -j 1 needs the least; a limit may be set (ulimit -v, "
				   "a container's)\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(12);
}

static void *check(void *p)
{
	if (!p)
		mem_exhausted();
	return p;
}

void *mem_alloc(size_t size)
{
	return check(calloc(1, size ? size : 1));
}

void *mem_array(size_t n, size_t size)
{
	return check(calloc(n ? n : 1, size ? size : 1));
}

void *mem_resize(void *p, size_t n, size_t size)
{
	return check(reallocarray(p, n ? n : 1, size ? size : 1));
}

char *mem_strdup(const char *text)
{
	return check(strdup(text));
}

char *mem_str(struct str s)
{
	char *copy = mem_alloc(s.len + 1);

	if (s.len)
		memcpy(copy, s.ptr, s.len);
	return copy;
}

char *mem_printf(const char *fmt, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		mem_exhausted();
	return text;
}

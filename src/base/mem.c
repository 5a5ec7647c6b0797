#define _GNU_SOURCE
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void *check(void *p)
{
	if (!p)
		abort();
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
		abort();
	return text;
}

#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void buf_release(struct buf *b)
{
	free(b->ptr);
	b->ptr = NULL;
	b->len = b->capacity = 0;
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->ptr)
		b->ptr[0] = 0;
}

uint8_t *buf_reserve(struct buf *b, size_t len)
{
	size_t need;

	assert(len <= b->max && b->len <= b->max - len);
	need = b->len + len + 1;
	if (need > b->capacity) {
		size_t capacity = b->capacity ? b->capacity : 64;

		while (capacity < need)
			capacity *= 2;
		b->ptr = mem_resize(b->ptr, capacity, 1);
		b->capacity = capacity;
	}
	return b->ptr + b->len;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	uint8_t *end = buf_reserve(b, len);

	if (len)
		memcpy(end, data, len);
	b->len += len;
	b->ptr[b->len] = 0;
}

void buf_add_str(struct buf *b, struct str s)
{
	buf_add(b, s.ptr, s.len);
}

void buf_add_cstr(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_add_zeros(struct buf *b, size_t n)
{
	memset(buf_reserve(b, n), 0, n);
	b->len += n;
	b->ptr[b->len] = 0;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	assert(n >= 0);
	buf_reserve(b, (size_t)n);
	va_start(args, fmt);
	vsnprintf((char *)b->ptr + b->len, (size_t)n + 1, fmt, args);
	va_end(args);
	b->len += (size_t)n;
}

const char *buf_cstr(struct buf *b)
{
	buf_reserve(b, 0);
	b->ptr[b->len] = 0;
	return (const char *)b->ptr;
}

char *buf_take(struct buf *b)
{
	char *text;

	(void)buf_cstr(b);
	text = (char *)b->ptr;
	b->ptr = NULL;
	b->len = b->capacity = 0;
	return text;
}

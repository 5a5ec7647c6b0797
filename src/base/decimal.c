#include "base/decimal.h"

#include <stdlib.h>
#include <string.h>

bool decimal_double_bits(struct str text, uint64_t *ret)
{
	char copy[DECIMAL_TEXT_MAX + 1], *end;
	double d;

	if (!text.len || text.len > DECIMAL_TEXT_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!text.ptr[i] || !strchr("0123456789+-.eE", text.ptr[i]))
			return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	d = strtod(copy, &end);
	memcpy(ret, &d, sizeof(d));
	return !*end;
}

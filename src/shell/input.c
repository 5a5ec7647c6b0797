#include "shell/command.h"

#include <assert.h>

struct str shell_input_all(struct shell_input *in)
{
	struct str rest = { NULL, 0 };

	assert(in->at <= in->data.len);
	if (in->at < in->data.len)
		rest = (struct str){ in->data.ptr + in->at, in->data.len - in->at };
	in->at = in->data.len;
	return rest;
}

bool shell_input_line(struct shell_input *in, struct str *ret, bool *ret_newline)
{
	struct str rest = { NULL, 0 };
	size_t n = 0;

	assert(in->at <= in->data.len);
	if (in->at == in->data.len)
		return false;
	rest = (struct str){ in->data.ptr + in->at, in->data.len - in->at };
	n = str_find_char(rest, '\n');
	*ret = (struct str){ rest.ptr, n };
	*ret_newline = n < rest.len;
	in->at += n + (n < rest.len);
	return true;
}

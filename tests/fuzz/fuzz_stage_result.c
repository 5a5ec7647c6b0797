/* Any bytes as the file of a keyed result: what is taken from it lies in it. */

#include <stdlib.h>

#include "stage/stage_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result_view v;
	const uint8_t *inputs;

	if (!result_parse((struct bytes){ data, size }, &v))
		return 0;
	inputs = (const uint8_t *)v.inputs.ptr;
	if (inputs < data || inputs + v.inputs.len != v.value.ptr ||
	    v.value.ptr + v.value.len != data + size ||
	    v.signed_part.ptr + v.signed_part.len != data + size)
		abort();
	return 0;
}

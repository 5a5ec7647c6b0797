/* Any bytes as JSON: refused, or its canonical form is a fixed point. */
#include <stdlib.h>

#include "base/limits.h"
#include "format/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A byte of text can take six in canonical form: "\u001f". */
#define CANONICAL_MAX (6u * LIMIT_JSON_SIZE)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf first = BUF_INIT(CANONICAL_MAX);
	CLEANUP_BUF struct buf second = BUF_INIT(CANONICAL_MAX);
	CLEANUP_BUF struct buf pretty = BUF_INIT(LIMIT_JSON_DEPTH * CANONICAL_MAX);
	CLEANUP_ERR struct error err = ERR_INIT;
	struct json *v;

	if (json_parse((struct bytes){ data, size }, "fuzz.json", &arena, &v, &err) < 0)
		return err.code == ERR_NONE ? abort(), 0 : 0;
	json_write(v, &first);
	json_write_pretty(v, &pretty);
	if (json_parse(buf_bytes(&first), "first", &arena, &v, &err) < 0)
		abort();
	json_write(v, &second);
	if (!bytes_equal(buf_bytes(&first), buf_bytes(&second)))
		abort();
	if (json_parse(buf_bytes(&pretty), "pretty", &arena, &v, &err) < 0)
		abort();
	buf_reset(&second);
	json_write(v, &second);
	if (!bytes_equal(buf_bytes(&first), buf_bytes(&second)))
		abort();
	return 0;
}

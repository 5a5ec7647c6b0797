#include "tree/reader.h"

#include <assert.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define COPY_SIZE (128u * 1024) /* bytes */

int content_open(const struct content_reader *reader, const struct content *content,
		 struct source **ret, struct error *err)
{
	if (content->where == CONTENT_OBJECT) {
		assert(reader);
		return reader->open(reader, content, ret, err);
	}
	*ret = source_of_bytes((struct bytes){ content->data,
		content->where == CONTENT_MEMORY ? (size_t)content->size : 0 });
	return 0;
}

int content_load(const struct content_reader *reader, const struct content *content,
		 struct buf *to, struct error *err)
{
	CLEANUP_SOURCE struct source *in = NULL;

	if (content->size > to->max - to->len)
		return err_set(err, ERR_LIMIT, "content of %llu bytes where %zu are allowed",
			       (unsigned long long)content->size, to->max);
	if (content_open(reader, content, &in, err) < 0)
		return -1;
	return source_read_all(in, to, err);
}

int content_copy(const struct content_reader *reader, const struct content *content,
		 struct sink *out, struct error *err)
{
	CLEANUP_SOURCE struct source *in = NULL;
	CLEANUP_FREE uint8_t *block = NULL;
	uint64_t left = content->size;
	/* one more than there is: a longer content shows itself */
	size_t n = 0, room = left < COPY_SIZE ? (size_t)left + 1 : COPY_SIZE;

	if (content_open(reader, content, &in, err) < 0)
		return -1;
	block = mem_alloc(room);
	for (;;) {
		if (source_read(in, block, room, &n, err) < 0)
			return -1;
		if (n == 0)
			break;
		if (n > left)
			return err_set(err, ERR_DIGEST, "the content is longer than %llu bytes",
				       (unsigned long long)content->size);
		if (sink_write(out, (struct bytes){ block, n }, err) < 0)
			return -1;
		left -= n;
	}
	if (left)
		return err_set(err, ERR_DIGEST, "the content is shorter than %llu bytes",
			       (unsigned long long)content->size);
	return 0;
}

#include "tree/reader.h"

#include <assert.h>

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

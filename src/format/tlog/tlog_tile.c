#include "format/tlog/tlog_tile.h"

#include <assert.h>
#include <stdio.h>

/* "x001/x234/067": three digits an element, all but the last behind an x. */
static size_t put_index(char *to, size_t size, uint64_t index)
{
	unsigned parts[7], n = 0;
	size_t len = 0;

	do {
		parts[n++] = (unsigned)(index % 1000);
		index /= 1000;
	} while (index);
	while (n-- > 0)
		len += (size_t)snprintf(to + len, size - len, n ? "x%03u/" : "%03u", parts[n]);
	return len;
}

char *tlog_tile_path(int level, uint64_t index, unsigned width,
		     char text[static TLOG_TILE_PATH_MAX])
{
	const size_t size = TLOG_TILE_PATH_MAX;
	size_t len;

	assert(width >= 1 && width <= TLOG_TILE_WIDTH && level >= TLOG_ENTRIES && level < 64);
	if (level == TLOG_ENTRIES)
		len = (size_t)snprintf(text, size, "tile/entries/");
	else
		len = (size_t)snprintf(text, size, "tile/%d/", level);
	len += put_index(text + len, size - len, index);
	if (width < TLOG_TILE_WIDTH)
		(void)snprintf(text + len, size - len, ".p/%u", width);
	return text;
}

void tlog_bundle_add(struct buf *to, struct bytes entry)
{
	assert(entry.len <= TLOG_ENTRY_MAX);
	buf_add_char(to, (char)(entry.len >> 8));
	buf_add_char(to, (char)(entry.len & 0xff));
	buf_add(to, entry.ptr, entry.len);
}

bool tlog_bundle_next(struct bytes *rest, struct bytes *ret)
{
	size_t len;

	if (rest->len < 2)
		return false;
	len = (size_t)rest->ptr[0] << 8 | rest->ptr[1];
	if (len > rest->len - 2)
		return false;
	*ret = (struct bytes){ rest->ptr + 2, len };
	*rest = (struct bytes){ rest->ptr + 2 + len, rest->len - 2 - len };
	return true;
}

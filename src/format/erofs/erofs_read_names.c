/*
 * Names in a folder: struct erofs_dirent of erofs_fs.h. Each block has its entries first and
 * their names behind them; all names of the folder are in order.
 */
#include "format/erofs/erofs_reader.h"

#include "base/endian.h"
#include "base/limits.h"

#define DIRENT_SIZE 12u

/* Entry @k of a block; the last name ends with the block or with zeros. */
static int name_at(struct bytes block, unsigned k, unsigned n, uint64_t inode, struct str *ret,
		   struct error *err)
{
	const uint8_t *e = block.ptr + k * DIRENT_SIZE;
	size_t start = get_le16(e + 8), end = k + 1 < n ? get_le16(e + DIRENT_SIZE + 8) : block.len;

	if (start < n * DIRENT_SIZE || end > block.len || start >= end)
		return erofs_wrong(err, inode, "has a name from byte %zu to %zu of its block",
				   start, end);
	*ret = (struct str){ (const char *)block.ptr + start, end - start };
	if (k + 1 == n)
		ret->len = str_find_char(*ret, 0);
	if (!bytes_are_zero(block.ptr + start + ret->len, end - start - ret->len))
		return erofs_wrong(err, inode, "has bytes after the names of a block");
	if (k == 0 && start != n * DIRENT_SIZE)
		return erofs_wrong(err, inode, "has bytes before the names of a block");
	return 0;
}

static bool is_dots(struct str name)
{
	return str_equal_cstr(name, ".") || str_equal_cstr(name, "..");
}

static int check_name(struct str name, struct str last, uint64_t inode, struct error *err)
{
	if (!tree_is_name(name) && !is_dots(name))
		return erofs_wrong(err, inode, "has a name that is none");
	if (last.ptr && str_compare(last, name) >= 0)
		return erofs_wrong(err, inode, "has a name out of order, or twice");
	return 0;
}

/* *at counts 12 bytes an entry in the block that it is in. */
int erofs_next_name(struct bytes folder, size_t *at, uint64_t inode, struct str last,
		    struct erofs_name *ret, struct error *err)
{
	size_t start = *at - *at % EROFS_BLOCK, left = folder.len - start;
	unsigned first, n, k = (unsigned)((*at - start) / DIRENT_SIZE);
	struct bytes block;
	const uint8_t *e;

	if (*at >= folder.len)
		return 0;
	block = (struct bytes){ folder.ptr + start, left < EROFS_BLOCK ? left : EROFS_BLOCK };
	if (block.len < DIRENT_SIZE)
		return erofs_wrong(err, inode, "has %zu bytes in a block of names", block.len);
	first = get_le16(block.ptr + 8);
	n = first / DIRENT_SIZE;
	if (n == 0 || first % DIRENT_SIZE || first >= block.len)
		return erofs_wrong(err, inode, "has a block whose names start at byte %u", first);
	e = block.ptr + k * DIRENT_SIZE;
	if (name_at(block, k, n, inode, &ret->name, err) < 0 ||
	    check_name(ret->name, last, inode, err) < 0)
		return -1;
	if (e[11])
		return erofs_wrong(err, inode, "has reserved bytes that are not zero");
	ret->inode = get_le64(e);
	ret->type = e[10];
	*at = k + 1 < n ? *at + DIRENT_SIZE : start + EROFS_BLOCK;
	return 1;
}

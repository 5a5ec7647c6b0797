#include <assert.h>

#include "format/tar/tar_encode.h"

int tar_write_header(const struct tar_member *m, struct sink *out, struct error *err)
{
	CLEANUP_BUF struct buf blocks = BUF_INIT(TAR_HEADER_MAX);

	if (tar_encode_header(m, &blocks, err) < 0)
		return err_while(err, "writing '/" STR_FMT "'", STR_ARG(m->path));
	return sink_write(out, buf_bytes(&blocks), err);
}

int tar_write_end(struct sink *out, struct error *err)
{
	return sink_hole(out, 2 * TAR_BLOCK_SIZE, err);
}

uint64_t tar_header_size(const struct tar_member *m)
{
	CLEANUP_BUF struct buf blocks = BUF_INIT(TAR_HEADER_MAX);
	CLEANUP_ERR struct error err = ERR_INIT;

	if (tar_encode_header(m, &blocks, &err) < 0)
		return 0;
	return blocks.len;
}

int tar_write_tree(const struct tree *t, const struct tar_tree_options *o, struct sink *out,
		   struct error *err)
{
	CLEANUP_TAR_WALK struct tar_walk *walk = tar_walk_new(t, o);
	CLEANUP_BUF struct buf blocks = BUF_INIT(TAR_HEADER_MAX);
	const struct content *content;
	struct tar_member m;
	int r;

	assert(out->offset % TAR_BLOCK_SIZE == 0);
	while ((r = tar_walk_next(walk, &m, &content, err)) > 0) {
		buf_reset(&blocks);
		if (tar_encode_header(&m, &blocks, err) < 0)
			return err_while(err, "writing '/" STR_FMT "'", STR_ARG(m.path));
		if (sink_write(out, buf_bytes(&blocks), err) < 0)
			return -1;
		if (m.size == 0)
			continue;
		if (content_copy(o->reader, content, out, err) < 0 ||
		    sink_align(out, TAR_BLOCK_SIZE, err) < 0)
			return err_while(err, "writing '/" STR_FMT "'", STR_ARG(m.path));
	}
	return r < 0 ? -1 : tar_write_end(out, err);
}

int tar_tree_size(const struct tree *t, const struct tar_tree_options *o, uint64_t *ret,
		  struct error *err)
{
	CLEANUP_TAR_WALK struct tar_walk *walk = tar_walk_new(t, o);
	CLEANUP_BUF struct buf blocks = BUF_INIT(TAR_HEADER_MAX);
	uint64_t size = 2 * TAR_BLOCK_SIZE;
	struct tar_member m;
	int r;

	while ((r = tar_walk_next(walk, &m, NULL, err)) > 0) {
		buf_reset(&blocks);
		if (tar_encode_header(&m, &blocks, err) < 0)
			return err_while(err, "writing '/" STR_FMT "'", STR_ARG(m.path));
		size += blocks.len;
		size += (m.size + TAR_BLOCK_SIZE - 1) & ~(uint64_t)(TAR_BLOCK_SIZE - 1);
	}
	if (r < 0)
		return -1;
	*ret = size;
	return 0;
}

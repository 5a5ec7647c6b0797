#include "image/image_export.h"

#include "format/tar/tar.h"

int image_export(const struct tree *t, const struct content_reader *reader, struct sink *out,
		 struct error *err)
{
	struct tar_tree_options o = { .epoch = INT64_MAX,
				      .folder_mtime = TREE_FOLDER_MTIME,
				      .reader = reader };

	return tar_write_tree(t, &o, out, err);
}

#include "io/file_stamp.h"

#include <string.h>

struct file_stamp file_stamp_of(const struct stat *st)
{
	return (struct file_stamp){ {
		[FILE_STAMP_DEVICE] = (uint64_t)st->st_dev,
		[FILE_STAMP_INODE] = (uint64_t)st->st_ino,
		[FILE_STAMP_MTIME] = (uint64_t)st->st_mtim.tv_sec,
		[FILE_STAMP_MTIME_NSEC] = (uint64_t)st->st_mtim.tv_nsec,
		[FILE_STAMP_CTIME] = (uint64_t)st->st_ctim.tv_sec,
		[FILE_STAMP_CTIME_NSEC] = (uint64_t)st->st_ctim.tv_nsec,
		[FILE_STAMP_SIZE] = (uint64_t)st->st_size,
	} };
}

bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b)
{
	return memcmp(a->words, b->words, sizeof(a->words)) == 0;
}

int file_stamp_check(int dirfd, const char *name, const struct file_stamp *was, struct error *err)
{
	struct file_stamp now;
	struct stat st;

	if (fstatat(dirfd, name, &st, 0) == 0) {
		now = file_stamp_of(&st);
		if (file_stamp_equal(&now, was))
			return 0;
	}
	(void)err_set(err, ERR_DIGEST, "'%s' has changed since it was read", name);
	return err_hint(err,
			"somebody else builds or writes there: run it again when that is done");
}

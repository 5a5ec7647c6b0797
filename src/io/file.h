#pragma once

/*
 * io/file.h - files and folders of the host.
 *
 * Every name is relative to a directory descriptor. Untrusted names (what a
 * recipe says) go through file_open_beneath() only.
 */

#include <stdint.h>
#include <sys/stat.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"

/* AT_FDCWD is a valid @dirfd everywhere. FILE_ABSENT: no such file or folder. */
#define FILE_ABSENT 1

/*
 * Opens @path for reading. With @absent_ok a missing file is FILE_ABSENT and
 * *ret_fd stays as it is; else it is ERR_IO. *ret_fd is owned (close).
 */
int file_open(int dirfd, const char *path, bool absent_ok, int *ret_fd,
	      struct error *err) MUST_CHECK;

/*
 * The folder that holds @path, a user's name of a file: *ret_fd is owned, *ret_name is what
 * @path calls the file in it. ERR_IO,
 * ERR_USAGE it ends with a slash.
 */
int file_open_parent(const char *path, int *ret_fd, const char **ret_name,
		     struct error *err) MUST_CHECK;

/* Whether a file could be written as @path: to be known before the work. ERR_IO, ERR_USAGE. */
int file_check_place(const char *path, struct error *err) MUST_CHECK;

/*
 * As file_open(), for a name from a recipe: resolution never leaves @dirfd
 * and follows no symbolic link at all (openat2 RESOLVE_BENEATH |
 * RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS; formats D1). @flags: O_PATH,
 * O_DIRECTORY, O_NOFOLLOW or 0. Returns 0, FILE_ABSENT, or -1; a link or an
 * escape is ERR_RECIPE_PATH.
 */
int file_open_beneath(int dirfd, const char *path, int flags, int *ret_fd,
		      struct error *err) MUST_CHECK;

/*
 * As file_open(), of a regular file only: what others have laid there may be a FIFO, which must
 * not keep us waiting. Anything else is ERR_USAGE.
 */
int file_open_regular(int dirfd, const char *path, bool absent_ok, int *ret_fd,
		      struct error *err) MUST_CHECK;

/* Whole contents into @to; ERR_LIMIT above to->max. FILE_ABSENT if missing. */
int file_load(int dirfd, const char *path, struct buf *to, struct error *err) MUST_CHECK;
/* The same of file_open_regular(). */
int file_load_regular(int dirfd, const char *path, struct buf *to, struct error *err) MUST_CHECK;

/* Whether the @n bytes at @offset (8 at most) are those of @magic; what can't be read has none. */
bool file_has_at(int fd, off_t offset, const char *magic, size_t n);

/* Makes @path and its parents (0777 less the umask). Existing ones are fine. */
int file_make_folders(int dirfd, const char *path, struct error *err) MUST_CHECK;
/* The same for what is nobody else's business: 0700, of new ones only. */
int file_make_private_folders(int dirfd, const char *path, struct error *err) MUST_CHECK;

/* Opens a folder, O_PATH-less, for use as a dirfd. FILE_ABSENT if missing. */
int file_open_folder(int dirfd, const char *path, int *ret_fd, struct error *err) MUST_CHECK;

/*
 * A file that appears under its name complete or not at all: written without
 * a name (O_TMPFILE, or a hidden temporary name where the file system has no
 * O_TMPFILE), synced, then linked or renamed over @name.
 */
struct file_draft {
	int fd;    /* -1: not open */
	int dirfd; /* borrowed */
	char *name;
	char *temporary; /* NULL with O_TMPFILE */
};

#define FILE_DRAFT_INIT { .fd = -1 }

/* @name is a plain name inside @dirfd (borrowed until done). */
int file_draft_open(struct file_draft *d, int dirfd, const char *name, mode_t mode,
		    struct error *err) MUST_CHECK;

/* fdatasync, give it its name (replacing what is there), fsync the folder. */
int file_draft_publish(struct file_draft *d, struct error *err) MUST_CHECK;

/* The same, but nothing is replaced: FILE_PRESENT if there is such a name already. */
#define FILE_PRESENT 2
int file_draft_publish_new(struct file_draft *d, struct error *err) MUST_CHECK;

/* Drops an unpublished draft; harmless after publishing. */
void file_draft_release(struct file_draft *d);
#define CLEANUP_DRAFT CLEANUP(file_draft_release)

/* Writes @data as @name by a draft. Mode 0644 less the umask. */
int file_save(int dirfd, const char *name, struct bytes data, struct error *err) MUST_CHECK;

/* Names in a folder, sorted bytewise, without "." and "..". */
struct file_names {
	char **names;
	size_t n;
};

/* FILE_ABSENT if missing. */
int file_list(int dirfd, const char *path, struct file_names *ret, struct error *err) MUST_CHECK;
void file_names_release(struct file_names *n);
#define CLEANUP_NAMES CLEANUP(file_names_release)

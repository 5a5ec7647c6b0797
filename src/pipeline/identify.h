#pragma once

/*
 * pipeline/identify.h - the digests by which an output on disk is known.
 *
 * Spec: attest/identity.h. Of an image and of a raw disk every byte is read and verified; of
 * a disk in another format only the file's own digest is known.
 */

#include "attest/identity.h"
#include "image/disk_read.h"
#include "image/oci_read.h"
#include "io/file_stamp.h"

enum identify_kind {
	IDENTIFY_OCI = 1,
	IDENTIFY_DISK, /* raw */
	IDENTIFY_OTHER_DISK, /* qcow2, vmdk, ... */
	IDENTIFY_UNKNOWN,
};

/* By its first bytes (and its last, of a VHD), not by its name. @fd: a regular file. */
enum identify_kind identify_kind_of(int fd);

struct identified {
	struct identity identity;  /* .file in the arena that was given */
	enum identify_kind kind;
	uint64_t size;             /* bytes */
	int fd;                    /* of the file */
	struct file_stamp stamp;   /* of it, before it was read */
	struct oci_image *image;   /* IDENTIFY_OCI; owned */
	struct disk_image *disk;   /* IDENTIFY_DISK; owned */
};

#define IDENTIFIED_INIT                                                                            \
	{                                                                                          \
		.fd = -1                                                                           \
	}
void identified_release(struct identified *i);
#define CLEANUP_IDENTIFIED CLEANUP(identified_release)

/*
 * identify_file() - reads, verifies and names @path
 * @unsigned_too: of a signed disk also IDENTITY_UNSIGNED, which takes as long as its hash;
 *                false: only for looking, and disks of other tools are read, too
 * @ret:          identified_release()
 *
 * Errors: ERR_USAGE not a file; those of oci_read() and disk_read(); ERR_FORMAT neither.
 */
int identify_file(const char *path, bool unsigned_too, unsigned n_threads, struct arena *arena,
		  struct identified *ret, struct error *err) MUST_CHECK;

/* The parts: what was read already is told to @to; the file's digest and name are not. */
void identify_image(const struct oci_image *image, struct identity *to);
int identify_disk(const struct disk_image *d, int fd, const char *name, bool unsigned_too,
		  struct identity *to, struct error *err) MUST_CHECK;
int identify_digest(int fd, const char *name, struct digest *ret, struct error *err) MUST_CHECK;

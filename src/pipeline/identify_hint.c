#include "pipeline/identify_hint.h"

#include <string.h>
#include <unistd.h>

#include "base/endian.h"
#include "io/file.h"

#define MBR_SIZE 512u

enum remedy { CONVERT, MOUNT, UNPACK_XZ, UNPACK_ZSTD, UNPACK_GZIP };

static const struct {
	const char *name;
	off_t offset;
	const char *magic;
	size_t len;
	enum remedy remedy;
} kinds[] = {
	{ "a disk in the format qcow2", 0, "QFI\xfb", 4, CONVERT },
	{ "a disk in the format VMDK", 0, "KDMV", 4, CONVERT },
	{ "a disk in the format VHDX", 0, "vhdxfile", 8, CONVERT },
	{ "a disk in the format VDI", 64, "\x7f\x10\xda\xbe", 4, CONVERT },
	{ "compressed by xz", 0, "\xfd\x37zXZ\0", 6, UNPACK_XZ },
	{ "compressed by zstd", 0, "\x28\xb5\x2f\xfd", 4, UNPACK_ZSTD },
	{ "compressed by gzip", 0, "\x1f\x8b\x08", 3, UNPACK_GZIP },
	{ "an ext4 file system without a partition table", 1080, "\x53\xef", 2, MOUNT },
	{ "an EROFS file system without a partition table", 1024, "\xe2\xe1\xf5\xe0", 4, MOUNT },
	{ "a btrfs file system", 65600, "_BHRfS_M", 8, MOUNT },
	{ "an XFS file system", 0, "XFSB", 4, MOUNT },
	{ "a SquashFS file system", 0, "hsqs", 4, MOUNT },
	{ "a CD image (ISO 9660)", 32769, "CD001", 5, MOUNT },
};

static int tell_remedy(const char *path, enum remedy remedy, struct error *err)
{
	switch (remedy) {
	case CONVERT:
		return err_hint(err,
				"'qemu-img convert -O raw %s FILE' makes the raw disk, which "
				"can be looked into",
				path);
	case MOUNT:
		return err_hint(err, "mount it and make a tar of its files, which 'ingot diff', ls "
				     "and show read: 'tar --xattrs --numeric-owner -C MOUNTED -cf "
				     "FILE .'");
	case UNPACK_XZ:
		return err_hint(err, "'xz -dk %s' unpacks it", path);
	case UNPACK_ZSTD:
		return err_hint(err, "'zstd -d %s' unpacks it", path);
	case UNPACK_GZIP:
		return err_hint(err, "'gzip -dk %s' unpacks it", path);
	}
	return -1;
}

/*
 * Partitions in the master boot record and no GPT. The boot sector of a file system ends in the
 * same two bytes, so the records must look like records.
 */
static bool is_mbr_disk(int fd)
{
	uint8_t mbr[MBR_SIZE];
	unsigned n = 0;

	if (pread(fd, mbr, sizeof(mbr), 0) != (ssize_t)sizeof(mbr) || mbr[510] != 0x55 ||
	    mbr[511] != 0xaa)
		return false;
	for (const uint8_t *record = mbr + 446; record < mbr + 510; record += 16) {
		if (record[0] & 0x7f || record[4] == 0xee)
			return false;
		n += record[4] && get_le32(record + 8) && get_le32(record + 12);
	}
	return n > 0;
}

bool identify_is_other(int fd, const char *path, struct error *err)
{
	off_t end = lseek(fd, 0, SEEK_END);

	if (file_has_at(fd, 512, "EFI PART", 8) || file_has_at(fd, 257, "ustar", 5))
		return false;
	if (end >= 512 && file_has_at(fd, end - 512, "conectix", 8)) {
		(void)err_set(err, ERR_UNSUPPORTED, "'%s' is a disk in the format VHD", path);
		(void)tell_remedy(path, CONVERT, err);
		return true;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!file_has_at(fd, kinds[i].offset, kinds[i].magic, kinds[i].len))
			continue;
		(void)err_set(err, ERR_UNSUPPORTED, "'%s' is %s, and can't be looked into", path,
			      kinds[i].name);
		(void)tell_remedy(path, kinds[i].remedy, err);
		return true;
	}
	if (!is_mbr_disk(fd))
		return false;
	(void)err_set(err, ERR_UNSUPPORTED,
		      "'%s' is a disk whose partitions are in an MBR; only a GPT is read",
		      path);
	(void)err_hint(err, "'sgdisk -g COPY' makes a GPT of it in a copy of the file ('truncate "
			    "-s +1M COPY' first, if there is no room for it at the end)");
	return true;
}

#include "image/disk_convert.h"

#include <assert.h>

#include "base/cleanup.h"
#include "base/endian.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "crypto/hash.h"
#include "format/gce/gce.h"
#include "format/gpt/gpt.h"
#include "format/qcow2/qcow2.h"
#include "format/vhd/vhd.h"
#include "format/vmdk/vmdk.h"
#include "image/disk_ova.h"

#define BLOCK_SIZE 65536u /* what zeros are left out by; all formats have it */
#define ALIGNMENT (1u << 20)
#define NAME_LIMIT 200u /* bytes, so that endings fit into 255 */

/* Bytes of a stream that zlib compresses change with its parameters, too. */
#define PACKED(version) ((version)*1000 + COMPRESS_VERSION)

static const struct {
	const char *name, *ending;
	int version;
} formats[] = {
	[DISK_QCOW2] = { "qcow2", ".qcow2", QCOW2_WRITER_VERSION },
	[DISK_VMDK] = { "vmdk", ".vmdk", VMDK_SPARSE_VERSION },
	[DISK_VHD] = { "vhd", ".vhd", VHD_WRITER_VERSION },
	[DISK_GCE] = { "gce", ".gce.tar.gz", PACKED(GCE_WRITER_VERSION) },
	[DISK_OVA] = { "ova", ".ova", PACKED(OVA_WRITER_VERSION * 100 + VMDK_STREAM_VERSION) },
};

static_assert(BLOCK_SIZE == QCOW2_CLUSTER && BLOCK_SIZE == VMDK_GRAIN, "one map for all");

bool disk_format_parse(struct str text, enum disk_format *ret)
{
	for (size_t i = DISK_QCOW2; i < sizeof(formats) / sizeof(*formats); i++) {
		if (!str_equal_cstr(text, formats[i].name))
			continue;
		*ret = (enum disk_format)i;
		return true;
	}
	return false;
}

const char *disk_format_ending(enum disk_format f)
{
	return formats[f].ending;
}

int disk_format_version(enum disk_format f)
{
	return formats[f].version;
}

/* It goes into file names, XML and descriptors as it is. */
static bool is_plain(struct str name)
{
	if (name.len == 0 || name.len > NAME_LIMIT)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    !(c && strchr("._+~-", c)))
			return false;
	}
	return true;
}

static struct digest derive(const struct digest *seed, const char *role)
{
	return hash_hmac((struct bytes){ seed->bytes, sizeof(seed->bytes) },
			 str_bytes(str_of(role)));
}

/* ffffffff and the value below it mean that there is none. */
static uint32_t cid_of(const struct digest *seed)
{
	struct digest d = derive(seed, "vmdk-cid");

	return get_be32(d.bytes) & 0x7fffffff;
}

static int write_vhd(const struct block_map *map, const struct disk_convert_options *o,
		     struct sink *out, struct error *err)
{
	struct digest d = derive(&o->seed, "vhd-id");
	struct guid id = guid_of_bytes(d.bytes);

	return vhd_write(map, id.bytes, out, err);
}

static int write_vmdk(const struct block_map *map, const struct disk_convert_options *o,
		      struct sink *out, struct error *err)
{
	CLEANUP_FREE char *name = mem_printf(STR_FMT ".vmdk", STR_ARG(o->name));
	struct vmdk_options vmdk = { str_of(name), cid_of(&o->seed), o->threads };

	return vmdk_write_sparse(map, &vmdk, out, err);
}

static int write_ova(const struct block_map *map, const struct disk_convert_options *o,
		     struct sink *out, struct error *err)
{
	struct ova_options ova = { o->name, cid_of(&o->seed), o->threads };

	return ova_write(map, &ova, out, err);
}

static int write_format(enum disk_format f, const struct block_map *map,
			const struct disk_convert_options *o, struct sink *out, struct error *err)
{
	switch (f) {
	case DISK_QCOW2:
		return qcow2_write(map, out, err);
	case DISK_VMDK:
		return write_vmdk(map, o, out, err);
	case DISK_VHD:
		return write_vhd(map, o, out, err);
	case DISK_GCE:
		return gce_write(map, out, err);
	case DISK_OVA:
		return write_ova(map, o, out, err);
	}
	return err_set(err, ERR_BUG, "no such format of a disk: %d", (int)f);
}

int disk_convert(enum disk_format f, const struct window *raw, const struct disk_convert_options *o,
		 struct sink *out, struct error *err)
{
	CLEANUP_BLOCK_MAP struct block_map map = { 0 };

	if (raw->size == 0 || raw->size % ALIGNMENT)
		return err_set(err, ERR_UNSUPPORTED,
			       "'%s' has %llu bytes, which is no multiple of 1 MiB", raw->name,
			       (unsigned long long)raw->size);
	if (!is_plain(o->name))
		return err_set(err, ERR_UNSUPPORTED, "a disk can't be named '" STR_FMT "'",
			       STR_ARG(o->name));
	if (block_map_make(raw, BLOCK_SIZE, &map, err) < 0 ||
	    write_format(f, &map, o, out, err) < 0)
		return err_while(err, "writing '" STR_FMT "%s'", STR_ARG(o->name),
				 disk_format_ending(f));
	return 0;
}

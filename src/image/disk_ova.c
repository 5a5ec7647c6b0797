#include "image/disk_ova.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "format/tar/tar.h"

#define TEXT_MAX (64u << 10) /* bytes of the descriptor */

static int write_file_header(const char *name, uint64_t size, struct sink *out, struct error *err)
{
	struct tar_member m = {
		.path = str_of(name), .kind = NODE_FILE, .mode = 0644, .size = size
	};

	return tar_write_header(&m, out, err);
}

static int write_file(const char *name, const struct buf *data, struct sink *out, struct error *err)
{
	if (write_file_header(name, data->len, out, err) < 0 ||
	    sink_write(out, buf_bytes(data), err) < 0)
		return -1;
	return sink_align(out, TAR_BLOCK_SIZE, err);
}

/* What stands in front of the disk says how long it is and what it hashes to. */
static int measure(const struct block_map *map, const struct vmdk_options *o, uint64_t *ret_size,
		   struct digest *ret, struct error *err)
{
	struct sink *out = hash_sink(NULL, ret);
	int r = vmdk_write_stream(map, o, out, err);

	*ret_size = out->offset;
	if (r < 0)
		out->failed = true;
	return sink_close(out, err) < 0 ? -1 : r;
}

/* DSP0243, 5.1: "SHA256(name)= hex", a line each. */
static void add_digest(struct buf *to, const char *name, const struct digest *d)
{
	char hex[DIGEST_HEX_MAX];

	buf_printf(to, "SHA256(%s)= %s\n", name, digest_hex(d, hex));
}

int ova_write(const struct block_map *map, const struct ova_options *o, struct sink *out,
	      struct error *err)
{
	CLEANUP_FREE char *disk = mem_printf(STR_FMT ".vmdk", STR_ARG(o->name));
	CLEANUP_FREE char *ovf = mem_printf(STR_FMT ".ovf", STR_ARG(o->name));
	CLEANUP_FREE char *mf = mem_printf(STR_FMT ".mf", STR_ARG(o->name));
	CLEANUP_BUF struct buf text = BUF_INIT(TEXT_MAX), digests = BUF_INIT(TEXT_MAX);
	struct vmdk_options vmdk = { str_of(disk), o->cid, o->threads };
	struct digest digest = { { 0 } }, of_text;
	uint64_t size = 0;

	if (measure(map, &vmdk, &size, &digest, err) < 0)
		return -1;
	ovf_write(o->name, size, map->window.size, &text);
	of_text = hash_bytes(buf_bytes(&text));
	add_digest(&digests, ovf, &of_text);
	add_digest(&digests, disk, &digest);
	/* 5.3: the descriptor is first; the manifest may follow it at once */
	if (write_file(ovf, &text, out, err) < 0 || write_file(mf, &digests, out, err) < 0 ||
	    write_file_header(disk, size, out, err) < 0 ||
	    vmdk_write_stream(map, &vmdk, out, err) < 0 || sink_align(out, TAR_BLOCK_SIZE, err) < 0)
		return -1;
	return tar_write_end(out, err);
}

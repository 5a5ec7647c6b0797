#pragma once

/* pack/pack_private.h - what the files of pack/ share. */

#include "base/buf.h"
#include "base/limits.h"
#include "base/strtab.h"
#include "crypto/hash.h"
#include "pack/pack.h"
#include "pack/tar_in.h"

/* Digits of MD5 of nothing. */
#define MD5_EMPTY "d41d8cd98f00b204e9800998ecf8427e"

/* Bytes that @size compressed bytes may become; small ones may be of any ratio. */
static inline uint64_t decompressed_max(uint64_t size, uint64_t limit)
{
	uint64_t max = size > limit / LIMIT_DATA_RATIO ? limit : size * LIMIT_DATA_RATIO;

	return max < 1u << 20 ? 1u << 20 : max;
}

/* Collects the members of one archive and writes their contents out. */
struct pack_builder {
	struct pack *pack;
	struct sink *out;       /* borrowed: contents, one after the other */
	const char *what;       /* borrowed: "nginx.deb: data.tar.xz" */
	struct strtab paths;    /* path to index in pack->members */
	size_t capacity;
	uint64_t index_size;    /* bytes: bounded by LIMIT_PACK_INDEX */
	struct hash *hash;
};

void builder_init(struct pack_builder *b, struct pack *pack, struct sink *out,
		  const char *what);
void builder_release(struct pack_builder *b);
#define CLEANUP_BUILDER CLEANUP(builder_release)

/* All members of the tar archive @in (borrowed). */
int builder_read_tar(struct pack_builder *b, struct source *in, struct error *err) MUST_CHECK;

/*
 * pack_deb.c: a .deb from @in (borrowed), to its end. With @out NULL only
 * control.tar, and what follows it is left unread.
 */
int deb_read(struct source *in, const char *what, struct sink *out, struct pack *pack,
	     struct error *err) MUST_CHECK;

/* The index of a pack as bytes, and back (docs/formats/pack.md). */
void pack_encode(const struct pack *p, struct buf *to);
int pack_decode(struct bytes data, struct pack *p, struct error *err) MUST_CHECK;

/* Above what pack_encode() can write. */
#define PACK_ENCODED_MAX (LIMIT_PACK_INDEX + LIMIT_CONTROL_SIZE + (1u << 20))

/* Flags of a member; the lower three bits are its enum node_kind. */
enum {
	MEMBER_KIND = 7,
	MEMBER_HARD_LINK = 1 << 3,
	MEMBER_SAME_OWNER = 1 << 4, /* user, group and ids as the member before */
	MEMBER_SAME_MTIME = 1 << 5,
	MEMBER_SAME_MODE = 1 << 6,
	MEMBER_HAS_XATTRS = 1 << 7,
};

/* What "as the member before" means; all zero before the first. */
struct member_before {
	struct str path, user, group;
	uint32_t uid, gid;
	int64_t mtime;
	uint16_t mode;
};

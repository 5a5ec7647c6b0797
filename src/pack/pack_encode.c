/* A pack's index as bytes: docs/formats/pack.md. */
#include <assert.h>

#include "base/hex.h"
#include "base/limits.h"
#include "pack/pack_private.h"

static void put_number(struct buf *to, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		buf_add_char(to, (char)(n | 0x80));
	buf_add_char(to, (char)n);
}

static void put_bytes(struct buf *to, const void *data, size_t len)
{
	put_number(to, len);
	buf_add(to, data, len);
}

static void put_str(struct buf *to, struct str s)
{
	put_bytes(to, s.ptr, s.len);
}

static uint64_t zigzag(int64_t n)
{
	return (uint64_t)n << 1 ^ (n < 0 ? UINT64_MAX : 0);
}

static void put_path(struct buf *to, struct str path, struct str before)
{
	size_t n = 0;

	while (n < path.len && n < before.len && path.ptr[n] == before.ptr[n])
		n++;
	put_number(to, n);
	put_bytes(to, path.ptr + n, path.len - n);
}

static void put_content(struct buf *to, const struct pack *p, const struct pack_member *m,
			uint64_t *offset)
{
	uint8_t md5[16];
	bool known;

	put_number(to, m->content.size);
	if (!m->content.size)
		return;
	assert(m->content.offset == *offset); /* one after the other: not written */
	*offset += m->content.size;
	buf_add(to, m->content.digest.bytes, DIGEST_SIZE);
	if (p->kind != PACK_DEB)
		return;
	known = hex_parse(m->md5, md5, sizeof(md5));
	assert(known); /* every file of a .deb has one */
	buf_add(to, md5, sizeof(md5));
}

static void put_kind(struct buf *to, const struct pack *p, const struct pack_member *m,
		     uint64_t *offset)
{
	switch (m->kind) {
	case NODE_FILE:
		put_content(to, p, m, offset);
		break;
	case NODE_SYMLINK:
		put_str(to, m->target);
		break;
	case NODE_CHAR:
	case NODE_BLOCK:
		put_number(to, m->major);
		put_number(to, m->minor);
		break;
	case NODE_DIRECTORY:
	case NODE_FIFO:
		break;
	}
}

static unsigned flags_of(const struct pack_member *m, const struct member_before *before)
{
	unsigned flags = m->kind;

	if (m->hard_link)
		return flags | MEMBER_HARD_LINK;
	if (m->uid == before->uid && m->gid == before->gid && str_equal(m->user, before->user) &&
	    str_equal(m->group, before->group))
		flags |= MEMBER_SAME_OWNER;
	if (m->mtime == before->mtime)
		flags |= MEMBER_SAME_MTIME;
	if (m->mode == before->mode)
		flags |= MEMBER_SAME_MODE;
	return m->n_xattrs ? flags | MEMBER_HAS_XATTRS : flags;
}

static void put_member(struct buf *to, const struct pack *p, const struct pack_member *m,
		       struct member_before *before, uint64_t *offset)
{
	unsigned flags = flags_of(m, before);

	buf_add_char(to, (char)flags);
	put_path(to, m->path, before->path);
	before->path = m->path;
	if (m->hard_link) {
		put_str(to, m->target);
		return;
	}
	if (!(flags & MEMBER_SAME_OWNER)) {
		put_number(to, m->uid);
		put_number(to, m->gid);
		put_str(to, m->user);
		put_str(to, m->group);
	}
	if (!(flags & MEMBER_SAME_MTIME))
		put_number(to, zigzag(m->mtime));
	if (!(flags & MEMBER_SAME_MODE))
		put_number(to, m->mode);
	put_kind(to, p, m, offset);
	if (m->n_xattrs)
		put_number(to, m->n_xattrs);
	for (uint32_t i = 0; i < m->n_xattrs; i++) {
		put_str(to, m->xattrs[i].name);
		put_bytes(to, m->xattrs[i].value.ptr, m->xattrs[i].value.len);
	}
	*before = (struct member_before){ .path = m->path, .user = m->user, .group = m->group,
					  .uid = m->uid, .gid = m->gid, .mtime = m->mtime,
					  .mode = m->mode };
}

void pack_encode(const struct pack *p, struct buf *to)
{
	struct member_before before = { .path = STR("") };
	uint64_t offset = 0;

	buf_add(to, "ingotpk\n", 8);
	put_number(to, PACK_VERSION);
	put_number(to, p->kind);
	buf_add(to, p->source.bytes, DIGEST_SIZE);
	buf_add(to, p->object.bytes, DIGEST_SIZE);
	put_number(to, p->n_controls);
	for (size_t i = 0; i < p->n_controls; i++) {
		put_str(to, p->controls[i].name);
		put_number(to, p->controls[i].mode);
		put_bytes(to, p->controls[i].data.ptr, p->controls[i].data.len);
	}
	put_number(to, p->n_members);
	for (size_t i = 0; i < p->n_members; i++)
		put_member(to, p, &p->members[i], &before, &offset);
}

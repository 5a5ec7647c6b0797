/*
 * The index back from bytes. It carries a MAC, and is read as if it did not:
 * every length is checked before it is used, every number has one form only.
 */
#include "base/hex.h"
#include "base/limits.h"
#include "base/mem.h"
#include "pack/pack_path.h"
#include "pack/pack_private.h"

#define MEMBER_SIZE_MIN 3u /* bytes: flags, shared, rest */

struct input {
	const uint8_t *at, *end;
	bool bad; /* sticky: everything reads as zero then */
};

static size_t left_in(const struct input *in)
{
	return (size_t)(in->end - in->at);
}

static uint64_t get_number(struct input *in, uint64_t max)
{
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
		uint8_t c = *in->at++;

		if (shift == 63 && c > 1)
			break;
		n |= (uint64_t)(c & 0x7f) << shift;
		if (c & 0x80)
			continue;
		if ((shift && !c) || n > max)
			break;
		return n;
	}
	in->bad = true;
	return 0;
}

static const uint8_t *get_raw(struct input *in, size_t len)
{
	static const uint8_t zeros[DIGEST_SIZE];
	const uint8_t *p = in->at;

	if (in->bad || len > left_in(in)) {
		in->bad = true;
		return zeros;
	}
	in->at += len;
	return p;
}

/* A copy in the arena, NUL-terminated. */
static struct bytes get_bytes(struct input *in, size_t max, struct arena *arena)
{
	size_t len = (size_t)get_number(in, max);

	if (in->bad || len > left_in(in)) {
		in->bad = true;
		return (struct bytes){ (const uint8_t *)"", 0 };
	}
	return str_bytes(arena_str(arena, (struct str){ (const char *)get_raw(in, len), len }));
}

static struct str get_str(struct input *in, size_t max, struct arena *arena)
{
	struct str s = bytes_str(get_bytes(in, max, arena));

	if (memchr(s.ptr, 0, s.len))
		in->bad = true;
	return s;
}

static void get_path(struct input *in, struct str before, struct arena *arena, struct str *ret)
{
	size_t shared = (size_t)get_number(in, before.len);
	size_t rest = (size_t)get_number(in, LIMIT_PATH_MAX);
	const uint8_t *from = in->at;
	char *path;

	*ret = STR("");
	if (in->bad || rest > left_in(in)) {
		in->bad = true;
		return;
	}
	if (shared < before.len && rest && before.ptr[shared] == (char)*from)
		in->bad = true; /* more is shared */
	path = arena_alloc(arena, shared + rest + 1);
	memcpy(path, before.ptr, shared);
	memcpy(path + shared, get_raw(in, rest), in->bad ? 0 : rest);
	*ret = (struct str){ path, shared + rest };
	if (!path_is_normal(*ret))
		in->bad = true;
}

static void get_content(struct input *in, struct pack *p, struct pack_member *m,
			uint64_t *offset)
{
	char *md5;

	m->content = content_empty;
	m->md5 = p->kind == PACK_DEB ? STR(MD5_EMPTY) : STR("");
	m->content.size = get_number(in, LIMIT_FILE_SIZE);
	if (!m->content.size)
		return;
	m->content.where = CONTENT_OBJECT;
	m->content.object = &p->object;
	m->content.offset = *offset;
	*offset += m->content.size; /* 4e6 files of 16 TiB fit */
	memcpy(m->content.digest.bytes, get_raw(in, DIGEST_SIZE), DIGEST_SIZE);
	if (p->kind != PACK_DEB)
		return;
	md5 = arena_alloc(&p->arena, MD5_HEX_MAX);
	hex_format((struct bytes){ get_raw(in, 16), 16 }, md5);
	m->md5 = str_of(md5);
}

static void get_kind(struct input *in, struct pack *p, struct pack_member *m, uint64_t *offset)
{
	switch (m->kind) {
	case NODE_FILE:
		get_content(in, p, m, offset);
		break;
	case NODE_SYMLINK:
		m->target = get_str(in, LIMIT_PATH_MAX, &p->arena);
		if (!m->target.len)
			in->bad = true;
		break;
	case NODE_CHAR:
	case NODE_BLOCK:
		m->major = (uint32_t)get_number(in, UINT32_MAX);
		m->minor = (uint32_t)get_number(in, UINT32_MAX);
		break;
	case NODE_DIRECTORY:
	case NODE_FIFO:
		break;
	default:
		in->bad = true;
	}
}

static void get_xattrs(struct input *in, struct pack *p, struct pack_member *m)
{
	uint32_t n = (uint32_t)get_number(in, LIMIT_XATTRS);

	if (!n)
		in->bad = true;
	m->xattrs = arena_array(&p->arena, n, sizeof(*m->xattrs));
	m->n_xattrs = n;
	for (uint32_t i = 0; i < n; i++) {
		m->xattrs[i].name = get_str(in, LIMIT_NAME_MAX, &p->arena);
		m->xattrs[i].value = get_bytes(in, LIMIT_XATTR_SIZE, &p->arena);
		if (i && str_compare(m->xattrs[i - 1].name, m->xattrs[i].name) >= 0)
			in->bad = true;
	}
}

static void get_owner(struct input *in, struct pack *p, struct pack_member *m,
		      const struct member_before *before)
{
	m->uid = (uint32_t)get_number(in, UINT32_MAX - 1);
	m->gid = (uint32_t)get_number(in, UINT32_MAX - 1);
	m->user = get_str(in, LIMIT_NAME_MAX, &p->arena);
	m->group = get_str(in, LIMIT_NAME_MAX, &p->arena);
	if (m->uid == before->uid && m->gid == before->gid && str_equal(m->user, before->user) &&
	    str_equal(m->group, before->group))
		in->bad = true; /* there is a flag for that */
}

static void get_attributes(struct input *in, unsigned flags, struct pack *p,
			   struct pack_member *m, const struct member_before *before)
{
	m->uid = before->uid;
	m->gid = before->gid;
	m->user = before->user;
	m->group = before->group;
	m->mtime = before->mtime;
	m->mode = before->mode;
	if (!(flags & MEMBER_SAME_OWNER))
		get_owner(in, p, m, before);
	if (!(flags & MEMBER_SAME_MTIME)) {
		uint64_t n = get_number(in, UINT64_MAX);

		m->mtime = (int64_t)(n >> 1 ^ (n & 1 ? UINT64_MAX : 0));
		if (m->mtime == before->mtime)
			in->bad = true;
	}
	if (!(flags & MEMBER_SAME_MODE)) {
		m->mode = (uint16_t)get_number(in, 07777);
		if (m->mode == before->mode)
			in->bad = true;
	}
}

static void get_member(struct input *in, struct pack *p, struct pack_member *m,
		       struct member_before *before, uint64_t *offset)
{
	unsigned flags = *get_raw(in, 1);

	m->kind = flags & MEMBER_KIND;
	m->hard_link = flags & MEMBER_HARD_LINK;
	m->user = m->group = m->target = m->md5 = STR("");
	get_path(in, before->path, &p->arena, &m->path);
	before->path = m->path;
	if (m->hard_link) {
		m->target = get_str(in, LIMIT_PATH_MAX, &p->arena);
		if (flags != (NODE_FILE | MEMBER_HARD_LINK) || !m->target.len ||
		    !path_is_normal(m->target))
			in->bad = true;
		return;
	}
	get_attributes(in, flags, p, m, before);
	get_kind(in, p, m, offset);
	if (flags & MEMBER_HAS_XATTRS)
		get_xattrs(in, p, m);
	*before = (struct member_before){ .path = m->path, .user = m->user, .group = m->group,
					  .uid = m->uid, .gid = m->gid, .mtime = m->mtime,
					  .mode = m->mode };
}

static void get_controls(struct input *in, struct pack *p)
{
	size_t n = (size_t)get_number(in, left_in(in) / MEMBER_SIZE_MIN);

	p->controls = mem_array(n, sizeof(*p->controls));
	p->n_controls = n;
	for (size_t i = 0; i < n && !in->bad; i++) {
		p->controls[i].name = get_str(in, LIMIT_NAME_MAX, &p->arena);
		p->controls[i].mode = (uint16_t)get_number(in, 07777);
		p->controls[i].data = get_bytes(in, LIMIT_CONTROL_SIZE, &p->arena);
		if (!tree_is_name(p->controls[i].name))
			in->bad = true;
	}
}

static void get_members(struct input *in, struct pack *p)
{
	struct member_before before = { .path = STR(""), .user = STR(""), .group = STR("") };
	uint64_t max = left_in(in) / MEMBER_SIZE_MIN, offset = 0;
	size_t n = (size_t)get_number(in, max < LIMIT_TREE_NODES ? max : LIMIT_TREE_NODES);

	p->members = mem_array(n, sizeof(*p->members));
	p->n_members = n;
	for (size_t i = 0; i < n && !in->bad; i++)
		get_member(in, p, &p->members[i], &before, &offset);
}

int pack_decode(struct bytes data, struct pack *p, struct error *err)
{
	struct input in = { data.ptr, data.ptr + data.len, data.len < 8 };

	if (in.bad || memcmp(get_raw(&in, 8), "ingotpk\n", 8) != 0 ||
	    get_number(&in, UINT64_MAX) != PACK_VERSION)
		return err_set(err, ERR_FORMAT, "not the index of a pack of version %d",
			       PACK_VERSION);
	p->kind = (enum pack_kind)get_number(&in, PACK_LAYER);
	memcpy(p->source.bytes, get_raw(&in, DIGEST_SIZE), DIGEST_SIZE);
	memcpy(p->object.bytes, get_raw(&in, DIGEST_SIZE), DIGEST_SIZE);
	get_controls(&in, p);
	get_members(&in, p);
	if (in.bad || !p->kind || in.at != in.end)
		return err_set(err, ERR_FORMAT, "the index of a pack is malformed at byte %zu",
			       data.len - left_in(&in));
	return 0;
}

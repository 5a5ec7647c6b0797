#include "debian/replay.h"

#include <limits.h>

#include "base/limits.h"
#include "debian/unpack.h"

struct replay {
	struct debian *d;
	struct effects_reader reader;
	struct effects_line line;
	struct strtab missing;      /* digests that no content of the object has */
	struct content *packaged;   /* by number in @missing; size 0: not found */
};

static int bad(const struct replay *p, struct error *err, const char *what)
{
	return effects_bad(&p->line, err, "%s", what);
}

/* ---- contents that packages have ---- */

static int wanted_digest(const struct replay *p, struct digest *ret, struct error *err)
{
	size_t at = p->line.kind == EFFECTS_FILE ? 6 : 2;

	if (!digest_parse_hex(p->line.word[at], ret))
		return bad(p, err, "no digest");
	return 0;
}

static struct str key_of(const struct digest *digest)
{
	return (struct str){ (const char *)digest->bytes, DIGEST_SIZE };
}

static int collect_missing(struct replay *p, struct error *err)
{
	struct effects_reader copy = p->reader;
	struct digest digest;
	int end;

	while ((end = effects_next(&p->reader, &p->line, err)) == 0) {
		if (p->line.kind != EFFECTS_FILE && p->line.kind != EFFECTS_CONTENT)
			continue;
		if (wanted_digest(p, &digest, err) < 0)
			return -1;
		if (!effects_content(&p->reader, &digest))
			strtab_intern(&p->missing, key_of(&digest), NULL);
	}
	p->reader = copy;
	return end < 0 ? -1 : 0;
}

static void find_packaged(struct replay *p)
{
	struct debian *d = p->d;
	uint32_t at;

	p->packaged = arena_array(d->arena, p->missing.n + 1, sizeof(*p->packaged));
	for (size_t i = 0; i < d->n_packages && p->missing.n; i++) {
		const struct pack *pack = d->packages[i].package->pack;

		for (size_t k = 0; k < pack->n_members; k++) {
			const struct pack_member *m = &pack->members[k];

			if (m->kind == NODE_FILE && !m->hard_link && m->content.size &&
			    strtab_find(&p->missing, key_of(&m->content.digest), &at))
				p->packaged[at] = m->content;
		}
	}
}

/* The content that @size and @digest (two words) name. */
static int content_for(const struct replay *p, const struct str *word, struct content *ret,
		       struct error *err)
{
	const struct content *found;
	struct digest digest;
	uint64_t size;
	uint32_t at;

	if (!str_parse_u64(word[0], &size) || !digest_parse_hex(word[1], &digest))
		return bad(p, err, "a content has no size or digest");
	found = size ? effects_content(&p->reader, &digest) : &content_empty;
	if (!found && strtab_find(&p->missing, key_of(&digest), &at) && p->packaged[at].size)
		found = &p->packaged[at];
	if (!found || found->size != size || !digest_equal(&found->digest, &digest))
		return bad(p, err, "no package and no content of the object has these bytes");
	*ret = *found;
	return 0;
}

/* ---- words ---- */

static bool number(struct str word, uint32_t *ret)
{
	uint64_t value;

	if (!str_parse_u64(word, &value) || value > UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

static bool take_mode(struct str word, uint16_t *ret)
{
	uint16_t mode = 0;

	if (word.len != 4)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (word.ptr[i] < '0' || word.ptr[i] > '7')
			return false;
		mode = (uint16_t)(mode << 3 | (word.ptr[i] - '0'));
	}
	*ret = mode;
	return true;
}

static bool take_time(const struct replay *p, struct str word, int64_t *ret)
{
	bool negative = word.len > 1 && *word.ptr == '-';
	uint64_t value;

	if (str_equal_cstr(word, EFFECTS_NOW)) {
		*ret = p->d->options->epoch;
		return true;
	}
	if (negative) {
		word.ptr++;
		word.len--;
	}
	if (!str_parse_u64(word, &value) || value > INT64_MAX)
		return false;
	*ret = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

static int take_cause(const struct replay *p, struct str word, cause_id *ret, struct error *err)
{
	struct cause cause;

	if (!effects_cause_parse(word, p->reader.package, p->d->arena, &cause))
		return bad(p, err, "no cause");
	*ret = tree_cause_intern(p->d->tree, cause);
	return 0;
}

/* The piece up to a ',' that no backslash escapes. */
static bool next_cause(struct str *rest, struct str *ret)
{
	size_t i = 0;

	if (!rest->ptr)
		return false;
	while (i < rest->len && rest->ptr[i] != ',')
		i += rest->ptr[i] == '\\' ? 2 : 1;
	if (i >= rest->len) {
		*ret = *rest;
		rest->ptr = NULL;
		return true;
	}
	*ret = (struct str){ rest->ptr, i };
	*rest = (struct str){ rest->ptr + i + 1, rest->len - i - 1 };
	return true;
}

/* One cause for all, or four: existence, content, owner, xattrs. */
static int take_causes(const struct replay *p, struct str word,
		       cause_id ret[1 + CAUSE_OF_COUNT], struct error *err)
{
	struct str rest = word, piece;
	size_t n = 0;

	while (next_cause(&rest, &piece)) {
		if (n == 1 + CAUSE_OF_COUNT)
			return bad(p, err, "too many causes");
		if (take_cause(p, piece, &ret[n++], err) < 0)
			return -1;
	}
	if (n != 1 && n != 1 + CAUSE_OF_COUNT)
		return bad(p, err, "causes are one or four");
	for (; n < 1 + CAUSE_OF_COUNT; n++)
		ret[n] = ret[0];
	return 0;
}

/* Absolute and canonical: no empty, "." or ".." component. Without its slash. */
static int take_path(const struct replay *p, struct str word, struct str *ret, struct error *err)
{
	struct str rest, name;

	if (!word.len || *word.ptr != '/' || word.len > LIMIT_PATH_MAX)
		return bad(p, err, "no absolute path");
	*ret = (struct str){ word.ptr + 1, word.len - 1 };
	rest = *ret;
	while (ret->len && str_split(&rest, '/', &name))
		if (!tree_is_name(name))
			return bad(p, err, "no canonical path");
	return 0;
}

static int find_node(const struct replay *p, struct node **ret, struct error *err)
{
	struct str path;

	if (take_path(p, p->line.word[0], &path, err) < 0)
		return -1;
	*ret = tree_find(p->d->tree, path);
	return *ret ? 0 : bad(p, err, "there is nothing at this path");
}

/* Where something new goes: its folder and name, free for @kind. */
static int find_place(const struct replay *p, enum node_kind kind, struct node **ret_dir,
		      struct str *ret_name, struct error *err)
{
	struct str path, parent;
	struct node *old;
	size_t n;

	if (take_path(p, p->line.word[0], &path, err) < 0)
		return -1;
	for (n = path.len; n && path.ptr[n - 1] != '/'; n--)
		;
	parent = (struct str){ path.ptr, n ? n - 1 : 0 };
	*ret_name = (struct str){ path.ptr + n, path.len - n };
	*ret_dir = tree_find(p->d->tree, parent);
	if (!*ret_dir || (*ret_dir)->inode->kind != NODE_DIRECTORY || !ret_name->len)
		return bad(p, err, "there is no folder for it");
	old = tree_child(p->d->tree, *ret_dir, *ret_name);
	if (old && (old->inode->kind == NODE_DIRECTORY || kind == NODE_DIRECTORY))
		return bad(p, err, "a folder would replace something, or something a folder");
	return 0;
}

/* ---- operations ---- */

static bool take_owner(const struct str *word, struct inode *to)
{
	return number(word[0], &to->uid) && number(word[1], &to->gid);
}

static int put(const struct replay *p, const struct inode *inode, struct str causes,
	       struct error *err)
{
	cause_id cause[1 + CAUSE_OF_COUNT];
	struct node *dir, *node;
	struct str name;

	if (find_place(p, inode->kind, &dir, &name, err) < 0 ||
	    take_causes(p, causes, cause, err) < 0)
		return -1;
	node = tree_put(p->d->tree, dir, name, inode, cause[0]);
	tree_set_causes(node, cause[0], cause + 1);
	return 0;
}

static int put_file(const struct replay *p, struct error *err)
{
	const struct str *w = p->line.word;
	struct inode i = { .kind = NODE_FILE };

	if (!take_mode(w[1], &i.mode) || !take_owner(w + 2, &i) || !take_time(p, w[4], &i.mtime))
		return bad(p, err, "malformed attributes");
	if (content_for(p, w + 5, &i.content, err) < 0)
		return -1;
	return put(p, &i, w[7], err);
}

static int put_folder(const struct replay *p, struct error *err)
{
	const struct str *w = p->line.word;
	struct inode i = { .kind = NODE_DIRECTORY };

	if (!take_mode(w[1], &i.mode) || !take_owner(w + 2, &i) || !take_time(p, w[4], &i.mtime))
		return bad(p, err, "malformed attributes");
	return put(p, &i, w[5], err);
}

static int put_link(const struct replay *p, struct error *err)
{
	const struct str *w = p->line.word;
	struct inode i = { .kind = NODE_SYMLINK, .mode = 0777, .target = w[1] };

	if (!w[1].len || w[1].len >= LIMIT_PATH_MAX || memchr(w[1].ptr, 0, w[1].len) ||
	    !take_owner(w + 2, &i) || !take_time(p, w[4], &i.mtime))
		return bad(p, err, "malformed attributes");
	return put(p, &i, w[5], err);
}

static int put_special(const struct replay *p, struct error *err)
{
	const struct str *w = p->line.word;
	struct inode i = { .kind = NODE_FIFO };

	if (str_equal_cstr(w[1], "char"))
		i.kind = NODE_CHAR;
	else if (str_equal_cstr(w[1], "block"))
		i.kind = NODE_BLOCK;
	else if (!str_equal_cstr(w[1], "fifo"))
		return bad(p, err, "no such kind of file");
	if (!number(w[2], &i.major) || !number(w[3], &i.minor) || !take_mode(w[4], &i.mode) ||
	    !take_owner(w + 5, &i) || !take_time(p, w[7], &i.mtime))
		return bad(p, err, "malformed attributes");
	return put(p, &i, w[8], err);
}

static int put_hard_link(const struct replay *p, struct error *err)
{
	struct node *dir, *target;
	struct str name, path;
	cause_id cause = 0;

	if (find_place(p, NODE_FILE, &dir, &name, err) < 0 ||
	    take_path(p, p->line.word[1], &path, err) < 0 ||
	    take_cause(p, p->line.word[2], &cause, err) < 0)
		return -1;
	target = tree_find(p->d->tree, path);
	if (!target || target->inode->kind == NODE_DIRECTORY)
		return bad(p, err, "no file to link to");
	(void)tree_link(p->d->tree, dir, name, target, cause);
	return 0;
}

static int do_remove(const struct replay *p, struct error *err)
{
	struct node *node;
	cause_id cause = 0;

	if (find_node(p, &node, err) < 0 || take_cause(p, p->line.word[1], &cause, err) < 0)
		return -1;
	if (!node->parent)
		return bad(p, err, "the root can't be removed");
	tree_remove(p->d->tree, node, cause);
	return 0;
}

static int set_mode(const struct replay *p, struct error *err)
{
	struct node *node;
	uint16_t mode = 0;
	cause_id cause = 0;

	if (find_node(p, &node, err) < 0 || take_cause(p, p->line.word[2], &cause, err) < 0)
		return -1;
	if (!take_mode(p->line.word[1], &mode))
		return bad(p, err, "no mode");
	tree_set_mode(node, mode, cause);
	return 0;
}

static int set_owner(const struct replay *p, struct error *err)
{
	struct inode i = { 0 };
	struct node *node;
	cause_id cause = 0;

	if (find_node(p, &node, err) < 0 || take_cause(p, p->line.word[3], &cause, err) < 0)
		return -1;
	if (!take_owner(p->line.word + 1, &i))
		return bad(p, err, "no owner");
	tree_set_owner(node, i.uid, i.gid, cause);
	return 0;
}

static int set_content(const struct replay *p, struct error *err)
{
	struct content content;
	struct node *node;
	cause_id cause = 0;

	if (find_node(p, &node, err) < 0 || take_cause(p, p->line.word[3], &cause, err) < 0 ||
	    content_for(p, p->line.word + 1, &content, err) < 0)
		return -1;
	if (node->inode->kind != NODE_FILE)
		return bad(p, err, "this path is no file");
	tree_set_content(node, &content, cause);
	return 0;
}

static int set_mtime(const struct replay *p, struct error *err)
{
	struct node *node;
	int64_t mtime;

	if (find_node(p, &node, err) < 0)
		return -1;
	if (!take_time(p, p->line.word[1], &mtime))
		return bad(p, err, "no time");
	tree_set_mtime(node, mtime);
	return 0;
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int set_xattr(const struct replay *p, struct error *err)
{
	struct str name = p->line.word[1], hex = p->line.word[2];
	uint8_t *value;
	struct node *node;
	cause_id cause = 0;

	if (find_node(p, &node, err) < 0 || take_cause(p, p->line.word[3], &cause, err) < 0)
		return -1;
	if (!name.len || name.len > LIMIT_NAME_MAX || memchr(name.ptr, 0, name.len) ||
	    hex.len % 2 || hex.len / 2 > LIMIT_XATTR_SIZE ||
	    node->inode->n_xattrs >= LIMIT_XATTRS)
		return bad(p, err, "no xattr");
	value = arena_alloc(p->d->arena, hex.len / 2 + 1);
	for (size_t i = 0; i < hex.len; i += 2) {
		int high = nibble(hex.ptr[i]), low = nibble(hex.ptr[i + 1]);

		if (high < 0 || low < 0)
			return bad(p, err, "no xattr");
		value[i / 2] = (uint8_t)(high << 4 | low);
	}
	tree_set_xattr(p->d->tree, node, name,
		       (struct bytes){ hex.len ? value : NULL, hex.len / 2 }, cause);
	return 0;
}

/* ---- steps ---- */

static int find_package(const struct replay *p, struct unpacked **ret, struct error *err)
{
	*ret = debian_find(p->d, p->line.word[0]);
	return *ret ? 0 : bad(p, err, "the image has no package of this name");
}

static int do_extract(const struct replay *p, struct error *err)
{
	struct unpacked *u;

	if (find_package(p, &u, err) < 0)
		return -1;
	return unpack_extract(p->d, u, err);
}

static int do_unpack(const struct replay *p, struct error *err)
{
	struct unpacked *u;

	if (find_package(p, &u, err) < 0)
		return -1;
	if (u->state != PACKAGE_NOT_INSTALLED)
		return bad(p, err, "a package is unpacked twice");
	u->state = PACKAGE_INSTALLED;
	return unpack_package(p->d, u, err);
}

static int do_left(const struct replay *p, struct error *err)
{
	struct unpacked *u;

	if (find_package(p, &u, err) < 0)
		return -1;
	u->first_boot = true;
	u->state = PACKAGE_UNPACKED;
	return 0;
}

static int do_want(const struct replay *p, struct error *err)
{
	cause_id cause = 0;

	if (take_cause(p, p->line.word[2], &cause, err) < 0)
		return -1;
	debian_want(p->d, arena_strdup(p->d->arena, p->line.word[0]), p->line.word[1], cause);
	return 0;
}

static int do_first_boot(const struct replay *p, struct error *err)
{
	cause_id cause = 0;

	if (take_cause(p, p->line.word[1], &cause, err) < 0)
		return -1;
	p->d->running = debian_find(p->d, p->reader.package);
	debian_first_boot(p->d, p->line.word[0], cause);
	p->d->running = NULL;
	return 0;
}

static int do_script(const struct replay *p, struct error *err)
{
	struct unpacked *u;

	return find_package(p, &u, err);
}

static int (*const actions[])(const struct replay *p, struct error *err) = {
	[EFFECTS_EXTRACT] = do_extract,
	[EFFECTS_UNPACK] = do_unpack,
	[EFFECTS_SCRIPT] = do_script,
	[EFFECTS_FOLDER] = put_folder,
	[EFFECTS_FILE] = put_file,
	[EFFECTS_LINK] = put_link,
	[EFFECTS_HARD_LINK] = put_hard_link,
	[EFFECTS_SPECIAL] = put_special,
	[EFFECTS_REMOVE] = do_remove,
	[EFFECTS_MODE] = set_mode,
	[EFFECTS_OWNER] = set_owner,
	[EFFECTS_CONTENT] = set_content,
	[EFFECTS_MTIME] = set_mtime,
	[EFFECTS_XATTR] = set_xattr,
	[EFFECTS_WANT] = do_want,
	[EFFECTS_FIRST_BOOT] = do_first_boot,
	[EFFECTS_LEFT] = do_left,
};

static int apply(struct replay *p, struct error *err)
{
	int end;

	while ((end = effects_next(&p->reader, &p->line, err)) == 0)
		if (actions[p->line.kind](p, err) < 0)
			return -1;
	if (end < 0)
		return -1;
	for (size_t i = 0; i < p->d->n_packages; i++)
		if (p->d->packages[i].state == PACKAGE_NOT_INSTALLED)
			return err_set(err, ERR_FORMAT,
				       "effects object: it does not unpack '" STR_FMT "'",
				       STR_ARG(p->d->packages[i].package->name));
	return 0;
}

int debian_replay(struct debian *d, struct bytes object, struct error *err)
{
	struct replay p = { .d = d, .missing = STRTAB_INIT };
	int r = effects_open(object, d->arena, &p.reader, err);

	if (r == 0)
		r = collect_missing(&p, err);
	if (r == 0) {
		find_packaged(&p);
		r = apply(&p, err);
	}
	strtab_release(&p.missing);
	return r;
}

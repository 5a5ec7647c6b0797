#include "format/tlog/tlog_tree.h"

#include <assert.h>

#include "crypto/hash.h"

struct digest tlog_leaf(struct bytes entry)
{
	struct hash *h = hash_new();
	struct digest d;

	hash_add(h, (struct bytes){ (const uint8_t *)"\0", 1 });
	hash_add(h, entry);
	d = hash_finish(h);
	hash_free(h);
	return d;
}

struct digest tlog_node(const struct digest *left, const struct digest *right)
{
	uint8_t text[1 + 2 * DIGEST_SIZE] = { 1 };

	memcpy(text + 1, left->bytes, DIGEST_SIZE);
	memcpy(text + 1 + DIGEST_SIZE, right->bytes, DIGEST_SIZE);
	return hash_bytes(BYTES_OF(text));
}

/* Complete subtrees wait in stack[level] until their neighbour comes. */
struct digest tlog_root(const struct digest *leaves, uint64_t n)
{
	struct digest stack[64], root;
	bool is_set = false;

	if (n == 0)
		return hash_bytes((struct bytes){ 0 });
	for (uint64_t i = 0; i < n; i++) {
		struct digest d = leaves[i];
		unsigned level = 0;

		for (; i >> level & 1; level++)
			d = tlog_node(&stack[level], &d);
		stack[level] = d;
	}
	for (unsigned level = 0; level < 64; level++) {
		if (!(n >> level & 1))
			continue;
		root = is_set ? tlog_node(&stack[level], &root) : stack[level];
		is_set = true;
	}
	return root;
}

/* The largest power of two below @n, which is at least 2. */
static uint64_t split_of(uint64_t n)
{
	return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

static void add(struct tlog_path *path, const struct digest *leaves, uint64_t n)
{
	assert(path->n < TLOG_PATH_MAX);
	path->hashes[path->n++] = tlog_root(leaves, n);
}

/* They are found from the root down. */
static void reverse(struct tlog_path *path)
{
	for (size_t i = 0; i < path->n / 2; i++) {
		struct digest d = path->hashes[i];

		path->hashes[i] = path->hashes[path->n - 1 - i];
		path->hashes[path->n - 1 - i] = d;
	}
}

/* RFC 6962, section 2.1.1: PATH(m, D[n]) */
void tlog_inclusion(const struct digest *leaves, uint64_t n, uint64_t index, struct tlog_path *ret)
{
	assert(index < n);
	ret->n = 0;
	while (n > 1) {
		uint64_t k = split_of(n);

		if (index < k) {
			add(ret, leaves + k, n - k);
			n = k;
		} else {
			add(ret, leaves, k);
			leaves += k;
			index -= k;
			n -= k;
		}
	}
	reverse(ret);
}

/* RFC 6962, section 2.1.2: SUBPROOF(m, D[n], b) */
void tlog_consistency(const struct digest *leaves, uint64_t n, uint64_t old, struct tlog_path *ret)
{
	bool is_whole = true; /* the old tree itself, whose root is known */

	assert(old > 0 && old <= n);
	ret->n = 0;
	while (old != n) {
		uint64_t k = split_of(n);

		if (old <= k) {
			add(ret, leaves + k, n - k);
			n = k;
		} else {
			add(ret, leaves, k);
			leaves += k;
			old -= k;
			n -= k;
			is_whole = false;
		}
	}
	if (!is_whole)
		add(ret, leaves, n);
	reverse(ret);
}

/* RFC 9162, section 2.1.3.2 */
bool tlog_inclusion_fits(const struct digest *leaf, uint64_t index, uint64_t n,
			 const struct tlog_path *path, const struct digest *root)
{
	struct digest r = *leaf;
	uint64_t fn = index, sn = n - 1;

	if (index >= n)
		return false;
	for (size_t i = 0; i < path->n; i++) {
		const struct digest *p = &path->hashes[i];

		if (sn == 0)
			return false;
		if ((fn & 1) || fn == sn) {
			r = tlog_node(p, &r);
			while (!(fn & 1) && fn) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			r = tlog_node(&r, p);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && digest_equal(&r, root);
}

/* RFC 9162, section 2.1.4.2 */
bool tlog_consistency_fits(uint64_t old, uint64_t n, const struct tlog_path *path,
			   const struct digest *old_root, const struct digest *root)
{
	bool is_power = (old & (old - 1)) == 0;
	uint64_t fn = old - 1, sn = n - 1;
	struct digest fr, sr;
	size_t i = is_power ? 0 : 1;

	if (old == 0 || old > n)
		return false;
	if (old == n)
		return path->n == 0 && digest_equal(old_root, root);
	if (path->n < i + (is_power ? 1 : 0))
		return false;
	for (; fn & 1; fn >>= 1)
		sn >>= 1;
	fr = sr = is_power ? *old_root : path->hashes[0];
	for (; i < path->n; i++) {
		const struct digest *c = &path->hashes[i];

		if (sn == 0)
			return false;
		if ((fn & 1) || fn == sn) {
			fr = tlog_node(c, &fr);
			sr = tlog_node(c, &sr);
			while (!(fn & 1) && fn) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			sr = tlog_node(&sr, c);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && digest_equal(&fr, old_root) && digest_equal(&sr, root);
}

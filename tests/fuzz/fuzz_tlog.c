/* Any bytes as proof, checkpoint, verifier key or entry bundle: refused, or read alike again. */
#include <stdlib.h>

#include "format/tlog/tlog_proof.h"
#include "format/tlog/tlog_tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_proof(struct bytes text, const struct public_key *key)
{
	CLEANUP_ERR struct error err = ERR_INIT, refused = ERR_INIT;
	CLEANUP_BUF struct buf again = BUF_INIT(4 * TLOG_PROOF_MAX);
	struct tlog_proof p = { 0 }, q = { 0 };
	struct str note;

	if (tlog_proof_read(text, "proof", &p, &err) < 0)
		return;
	/* whatever is said of a tree, its answer comes soon; SHA-256 is not broken here */
	if (tlog_inclusion_fits(&p.checkpoint.root, p.index, p.checkpoint.size, &p.path,
				&p.checkpoint.root) &&
	    p.checkpoint.size != 1)
		abort();
	if (tlog_consistency_fits(p.index, p.checkpoint.size, &p.path, &p.checkpoint.root,
				  &p.checkpoint.root) &&
	    p.index != p.checkpoint.size)
		abort();
	/* nobody has the private half of the key */
	if (tlog_proof_verify(&p, text, key, NULL, &refused) == 0)
		abort();
	note = (struct str){ (const char *)p.checkpoint.text.ptr,
			     (size_t)(text.ptr + text.len - p.checkpoint.text.ptr) };
	tlog_proof_write(p.index, &p.path, str_bytes(note), &again);
	if (tlog_proof_read(buf_bytes(&again), "again", &q, &err) < 0 || q.index != p.index ||
	    q.path.n != p.path.n)
		abort();
}

static void read_key(struct bytes text)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_PUBLIC_KEY struct public_key *k = NULL, *again = NULL;
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 24);
	struct str name;

	if (text.len > 4096 || tlog_vkey_read(bytes_str(text), &name, &k, &err) < 0)
		return;
	tlog_vkey_write(name, k, &out);
	if (tlog_vkey_read(buf_str(&out), &name, &again, &err) < 0)
		abort();
}

static void read_bundle(struct bytes rest)
{
	struct bytes entry;

	while (tlog_bundle_next(&rest, &entry))
		if (entry.len > TLOG_ENTRY_MAX)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* RFC 8032, section 7.1, TEST 3 */
	static const uint8_t raw[32] = {
		0xfc, 0x51, 0xcd, 0x8e, 0x62, 0x18, 0xa1, 0xa3, 0x8d, 0xa4, 0x7e,
		0xd0, 0x02, 0x30, 0xf0, 0x58, 0x08, 0x16, 0xed, 0x13, 0xba, 0x33,
		0x03, 0xac, 0x5d, 0xeb, 0x91, 0x15, 0x48, 0x90, 0x80, 0x25,
	};
	CLEANUP_PUBLIC_KEY struct public_key *key = NULL;
	CLEANUP_ERR struct error err = ERR_INIT, ignored = ERR_INIT;
	struct tlog_checkpoint c = { 0 };
	struct bytes text = { data, size };

	if (public_key_from_ed25519(BYTES_OF(raw), &key, &err) < 0)
		abort();
	if (tlog_checkpoint_read(text, "checkpoint", &c, &err) == 0 &&
	    tlog_checkpoint_verify(&c, key, &ignored) == 0)
		abort();
	read_proof(text, key);
	read_key(text);
	read_bundle(text);
	return 0;
}

#pragma once

/*
 * pipeline/developer_key.h - a key of one's own, for what one tries out.
 *
 * Spec: design.md, sections 1 and 11; docs/keys.md. FOLDER/developer.pem (Ed25519, 0600, not
 * encrypted) and developer.pub. It is worth what `trust:` says of it: role developer.
 */

#include "base/arena.h"
#include "base/error.h"
#include "crypto/public_key.h"

struct developer_key {
	char *private_path, *public_path; /* in the arena */
	bool present, made;               /* made: by this call */
	struct public_key *key;           /* owned; NULL: there is none that could be used */
	const char *problem;              /* of one that is present, or why none could be made */
};

/*
 * The key in @folder, which is there; if there is none, and @make, a new one. Not being able to
 * is no error but a problem; ERR_INTERRUPTED is one. Call it while no other thread runs, and
 * one at a time.
 */
int developer_key_open(const char *folder, bool make, struct arena *arena,
		       struct developer_key *ret, struct error *err) MUST_CHECK;
/* What *why says, in one line. */
const char *developer_key_problem(const struct error *why, struct arena *arena);
void developer_key_release(struct developer_key *k);

#pragma once

/*
 * format/tlog/tlog_proof.h - that an entry is in a log, checked without the log.
 *
 * Spec:    c2sp.org/tlog-proof (v1).
 * Units:   entries, counted from 0.
 * Bytes:   lines of text: index, inclusion path in base64, an empty line, the checkpoint.
 * Depends: base/, crypto/, format/tlog/.
 */

#include "format/tlog/tlog_checkpoint.h"
#include "format/tlog/tlog_tree.h"

#define TLOG_PROOF_MAX (TLOG_CHECKPOINT_MAX + 65536) /* bytes */

struct tlog_proof {
	uint64_t index;
	struct tlog_path path;
	struct tlog_checkpoint checkpoint;
};

void tlog_proof_write(uint64_t index, const struct tlog_path *path, struct bytes checkpoint,
		      struct buf *to);

/* Borrows from @text. A line "extra" is passed over: nothing vouches for it. ERR_FORMAT. */
int tlog_proof_read(struct bytes text, const char *name, struct tlog_proof *ret,
		    struct error *err) MUST_CHECK;

/*
 * Whether @entry is in the log that @key signs. @origin: the log that it must be; NULL: any
 * that is signed by @key. ERR_SIGNATURE says what does not fit.
 */
int tlog_proof_verify(const struct tlog_proof *p, struct bytes entry, const struct public_key *key,
		      const char *origin, struct error *err) MUST_CHECK;

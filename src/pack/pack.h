#pragma once

/*
 * pack/pack.h - an archive, decoded once.
 *
 * Spec:   design.md, sections 2 and 7; formats C3 (.deb), A3 (tar).
 *         docs/formats/pack.md has the encoding.
 *
 * A pack is an index of an archive's members in archive order plus one stage
 * object with their contents, one after the other. The index is a keyed result
 * ("pack"): its key is the archive's digest, its kind and PACK_VERSION. Every
 * content has a digest of its own, which is checked when it is read.
 *
 * Names are normalised: no leading "./", no trailing "/", no "." or empty
 * component. Absolute names, ".." and NUL are ERR_FORMAT (formats D1). The root
 * member ("./") has name "". A path occurs once; a folder that an archive
 * repeats with equal attributes is kept once.
 *
 * Below a path that is a symbolic link of the same archive other members may
 * lie: what that means is the composer's business.
 */

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "stage/stage.h"
#include "tree/tree.h"

#define PACK_VERSION 1

struct pack_member {
	struct str path;
	enum node_kind kind;
	bool hard_link;        /* @target is the path of an earlier member; no attributes */
	uint16_t mode;
	uint32_t uid, gid;
	struct str user, group; /* names in the archive, may be empty; dpkg prefers them */
	int64_t mtime;          /* seconds, as in the archive */
	uint32_t major, minor;
	struct str target;     /* of symbolic links verbatim, of hard links a path */
	struct content content;
	struct str md5;        /* 32 hex digits of a file in a .deb's data.tar, else "" */
	struct xattr *xattrs;  /* sorted by name */
	uint32_t n_xattrs;
};

/* A member of control.tar: "control", "postinst", "md5sums", "triggers", ... */
struct pack_control {
	struct str name;
	uint16_t mode;
	struct bytes data; /* small: LIMIT_CONTROL_SIZE for all of them */
};

/*
 * PACK_LAYER: a layer of an image, of any tool's, that is only looked at. Device nodes, every
 * extended attribute and hard links to what a lower layer holds are kept as they are; a folder
 * that is repeated has the attributes of its first entry.
 */
enum pack_kind { PACK_DEB = 1, PACK_TAR, PACK_LAYER };

struct pack {
	struct arena arena; /* strings and xattrs of all below lie here */
	enum pack_kind kind;
	struct digest source; /* of the archive */
	struct digest object; /* of the stage object that holds all contents */
	struct pack_member *members; /* in archive order */
	size_t n_members;
	struct pack_control *controls; /* in archive order; PACK_DEB only */
	size_t n_controls;
};

void pack_free(struct pack *p); /* NULL is allowed */
static inline void cleanup_pack(struct pack **p)
{
	pack_free(*p);
}
#define CLEANUP_PACK CLEANUP(cleanup_pack)

/* NULL if there is no such member of control.tar. */
const struct pack_control *pack_control(const struct pack *p, struct str name);

/*
 * pack_open() - the pack of an archive that lies in the stage
 * @archive:  digest of the .deb or tarball (a stage object)
 * @what:     its name, for messages ("nginx_1.26.3-3_amd64.deb")
 * @was_hit:  set to whether it was decoded before (may be NULL)
 *
 * Decodes the archive if the stage has no pack of it yet. Thread-safe for
 * different archives.
 *
 * Errors: ERR_DIGEST, ERR_FORMAT (malformed), ERR_LIMIT (bomb), ERR_UNSUPPORTED
 *         (refused by rule: sparse files, sockets, device nodes in a .deb, ...).
 */
int pack_open(struct stage *s, enum pack_kind kind, const struct digest *archive,
	      const char *what, struct pack **ret, bool *was_hit,
	      struct error *err) MUST_CHECK;

/* Only whether pack_open() would not have to decode. */
bool pack_is_decoded(struct stage *s, enum pack_kind kind, const struct digest *archive);

/*
 * The control file's Package, Version and Architecture must be these: else
 * ERR_FORMAT with both values.
 */
int pack_check_identity(const struct pack *p, struct str name, struct str version,
			struct str architecture, struct error *err) MUST_CHECK;

/*
 * Only control.tar of a .deb in the stage (for `lock`, which needs no data).
 * *ret has no members.
 */
int pack_open_control(struct stage *s, const struct digest *archive, const char *what,
		      struct pack **ret, struct error *err) MUST_CHECK;

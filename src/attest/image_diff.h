#pragma once

/*
 * attest/image_diff.h - a list of differences, and what each comes from. Pure.
 *
 * Spec: design.md, sections 9 and 11; docs/diff.md. Places are told from the outside in,
 * "layers/7 > usr/bin/nginx". A difference that another one brings with it (a digest, an id,
 * a checksum, a size) is derived: it says what it follows from, and is no finding.
 */

#include "attest/content_diff.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"

enum difference_what {
	DIFFERENCE_PRESENCE = 1, /* only one has it: the other's text has ptr NULL */
	DIFFERENCE_KIND,
	DIFFERENCE_CONTENT,
	DIFFERENCE_TARGET, /* of a symbolic link */
	DIFFERENCE_MODE,
	DIFFERENCE_OWNER,
	DIFFERENCE_MTIME,
	DIFFERENCE_XATTR,
	DIFFERENCE_LINKS, /* which names are one file */
	DIFFERENCE_LAYER, /* which layer holds it */
	DIFFERENCE_ORDER,
	DIFFERENCE_VALUE,
	DIFFERENCE_SIZE,
	DIFFERENCE_COMPRESSION, /* the compressed form only */
	DIFFERENCE_BYTES,	/* bytes that no reader looks at, or that none could tell apart */
	DIFFERENCE_WHAT_COUNT,
};
extern const char *const difference_names[DIFFERENCE_WHAT_COUNT]; /* "presence", ... */

/* Where a difference is, coarsely: what explains it depends on that. */
enum difference_area {
	DIFFERENCE_FILE = 1, /* the whole file, or the tar around an image */
	DIFFERENCE_INDEX,
	DIFFERENCE_MANIFEST,
	DIFFERENCE_CONFIG,
	DIFFERENCE_LAYERS,
	DIFFERENCE_TABLE, /* of partitions */
	DIFFERENCE_ESP,
	DIFFERENCE_UKI,
	DIFFERENCE_INITRD, /* its tree */
	DIFFERENCE_ROOT,   /* facts of the root file system */
	DIFFERENCE_VERITY,
	DIFFERENCE_TREE,
	DIFFERENCE_LOCK,
	DIFFERENCE_BUNDLE,
	DIFFERENCE_AREA_COUNT,
};
extern const char *const difference_areas[DIFFERENCE_AREA_COUNT]; /* "file", "index", ... */

enum difference_cause_kind {
	DIFFERENCE_UNEXPLAINED = 0, /* nobody asked, or there is nothing to tell by */
	DIFFERENCE_BY_PACKAGE,
	DIFFERENCE_BY_RECIPE, /* a key of the recipe */
	DIFFERENCE_BY_INPUT,  /* a local file, an archive, a certificate */
	DIFFERENCE_BY_LOCK,   /* what the lock decided: an id, the slices, the epoch */
	DIFFERENCE_BY_FORMAT, /* a version of a format, of a writer, of the evaluator */
	DIFFERENCE_BY_COMPRESSOR,
	DIFFERENCE_BY_SIGNATURE, /* a Secure Boot signature that one has */
	DIFFERENCE_BY_SEVERAL,	 /* made from several things that changed, all listed */
	DIFFERENCE_BY_TAMPERING, /* nothing that either was built from accounts for it */
	DIFFERENCE_BY_ORIGIN,	 /* one side's causes are known: what that side has it from */
	DIFFERENCE_CAUSE_KIND_COUNT,
};
extern const char *const difference_cause_kinds[DIFFERENCE_CAUSE_KIND_COUNT];

struct difference_cause {
	enum difference_cause_kind kind;
	struct str name;      /* "openssl", "targets.container.entrypoint", "files/site.conf" */
	struct str a, b;      /* version or value; ptr NULL: that side has none */
	struct str at;	      /* "recipes/web.lock:57", "recipes/web.yaml:38", or "" */
	struct str text;      /* all of it in a line: "openssl 3.0.19-1 -> 3.0.20-1 (...)" */
	const struct str *names; /* DIFFERENCE_BY_SEVERAL: of each; NULL: who knows which */
	size_t n_names;
	bool comes_along;     /* a package that another one asked for, not the recipe */
	struct str changelog; /* of the versions between, or "" */
	size_t n;	      /* differences that it brings, derived ones not counted */
	size_t n_paths;	      /* of these, paths of trees */
};

#define DIFFERENCE_NO_CAUSE UINT32_MAX

struct difference {
	enum difference_area area;
	enum difference_what what;
	struct str where;   /* "partition root > ext4 > uuid" */
	struct str path;    /* in its tree, without leading slash; else ptr NULL */
	struct str name;    /* what of it: of an xattr, a key, a record; or "" */
	struct str a, b;    /* for people, one line; ptr NULL: that side has nothing there */
	struct str layer;   /* which layer holds the path: "layers/7"; or "" */
	struct str package; /* that dpkg's database says the path is of; or "" */
	struct str follows; /* derived: "the layers"; else "" */
	uint32_t cause;	    /* index of causes, or DIFFERENCE_NO_CAUSE */
	const struct content_diff *detail; /* of two files' contents, or NULL */
};

struct image_diff {
	struct arena arena;
	struct str kind_a, kind_b; /* "oci", "disk", "lock", "bundle", "tree" */
	bool identical;		   /* the same bytes: nothing else was looked at */
	bool equal;		   /* of a tree: other bytes, but the same tree */
	bool is_damaged;	   /* one could not be looked into: told by range of bytes */
	struct difference *list;   /* outside in; paths in canonical order */
	size_t n, capacity;
	size_t n_derived;		 /* of these */
	struct difference_cause *causes; /* by how much they bring */
	size_t n_causes;
	bool has_causes_a, has_causes_b; /* a causes file was beside it */
	struct str *notes;		 /* for people: "no causes file beside A: ..." */
	size_t n_notes, notes_capacity;
};

void image_diff_release(struct image_diff *d);
#define CLEANUP_IMAGE_DIFF CLEANUP(image_diff_release)

/* One more, its texts copied. Valid until the next one. */
struct difference *image_diff_add(struct image_diff *d, const struct difference *one);
/* It is derived after all: it follows from @what. */
void image_diff_follows(struct image_diff *d, struct difference *one, struct str what);
void image_diff_note(struct image_diff *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Differences that are no consequence of another one. */
size_t image_diff_findings(const struct image_diff *d);

/* One line, without the place: "mode 0644 -> 0755", "only in A: file, 0644". */
void difference_text(const struct difference *d, struct buf *to);

#pragma once

/*
 * pipeline/build.h - what `ingot build` and `ingot plan` do.
 *
 * Spec: design.md, sections 5 and 7. Finished targets are published even if
 * another fails; the status is the first failure's.
 */

#include "attest/identity.h"
#include "base/arena.h"
#include "image/disk.h"
#include "image/oci.h"
#include "io/file_stamp.h"
#include "pipeline/context.h"
#include "pipeline/locking.h"
#include "pipeline/secure_boot.h"
#include "pipeline/signing.h"

struct build_options {
	const char *const *targets; /* --target: names; none: all */
	size_t n_targets;
	const char *const *architectures; /* --arch: Debian names; none: all of the recipe */
	size_t n_architectures;
	bool locked; /* never write the lock: stale is ERR_LOCK_STALE */
	bool other_compressors; /* with locked: those of the lock need not be ours */
	bool discard; /* outputs are hashed and kept nowhere: to see what they would be */
	struct secure_boot_options secure_boot; /* of disks */
	const struct signer *signer; /* signs all outputs and statements; NULL: nobody does */
};

struct build_partition {
	struct guid id;
	uint64_t offset, size; /* bytes */
};

/* In their order on disk; the last is there with verity only. */
#define BUILD_PARTITIONS 3
extern const char *const build_partition_names[BUILD_PARTITIONS];

struct build_output {
	struct str file; /* name below outputs/ */
	struct str target, architecture;
	struct str format;    /* of a disk: "raw", "qcow2", ...; "" of an image */
	struct digest digest; /* of the file */
	uint64_t size;
	union {
		struct {
			struct digest image_id, manifest, index;
			uint32_t n_layers, n_layers_reused;
		};
		struct {
			uint64_t disk_size; /* bytes, as a machine sees it */
			uint64_t root_used, root_free;
			struct digest authenticode; /* of the UKI */
			struct digest signature;    /* of its PKCS#7, if it is signed */
			struct digest root_hash;    /* of verity */
			struct digest before; /* of the raw disk before it was signed */
			bool is_signed, has_verity;
			bool has_before;      /* of a raw disk that is signed */
			struct build_partition partitions[BUILD_PARTITIONS];
		};
	};
	bool up_to_date;      /* the file was there already */
	struct file_stamp stamp; /* when it was seen last; unset if it was not kept */
	uint64_t nanoseconds; /* for this output, after packs were there */
};

/* What lies beside the outputs of one target and architecture (pipeline/statements.h). */
struct build_statements {
	struct str stem; /* "web-1.4.0-container-amd64" */
	bool up_to_date; /* they were there already */
};

struct build_timings {
	uint64_t lock, fetch_and_decode, compose, write, statements, total; /* nanoseconds */
	uint64_t lap[LAP_COUNT]; /* parts of composing; also of a lock that is refreshed */
};

struct build_result {
	struct arena arena;
	struct build_output *outputs;
	size_t n_outputs;
	struct build_statements *statements; /* in the order of outputs */
	size_t n_statements;
	struct debian_first_boot *at_start; /* what containers must make; causes are unset */
	size_t n_at_start;
	uint64_t bytes_fetched;
	size_t n_decoded;
	bool relocked;
	struct build_timings timings;
	struct signing_result signing; /* n_files 0: nothing was signed */
};

/* *ret is filled in as far as it came even on failure; build_release(). */
int build_run(struct context *c, const struct recipe *r, const struct build_options *o,
	      struct build_result *ret, struct error *err) MUST_CHECK;
void build_release(struct build_result *b);
#define CLEANUP_BUILD CLEANUP(build_release)

/* One file for an image, one for each format of a disk. */
size_t build_n_outputs(const struct recipe_target *t);

/*
 * What is known of output @i of @t before it is built: its names. The file is
 * "web-1.4.0-container-amd64.oci.tar". In @arena.
 */
struct build_output build_output_of(const struct recipe *r, const struct recipe_target *t,
				    struct str architecture, size_t i, struct arena *arena);

/* The digests by which @out is known; its name is a view. */
struct identity build_output_identity(const struct build_output *out);

/* Whether @o asks for this target and architecture. */
bool build_wants(const struct build_options *o, struct str target, struct str architecture);

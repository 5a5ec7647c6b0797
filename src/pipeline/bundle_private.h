#pragma once

/* pipeline/bundle_private.h - what the files that make a bundle share. Private. */

#include "base/strtab.h"
#include "pipeline/bundle.h"
#include "pipeline/inputs.h"
#include "resolve/lock.h"

struct bundling {
	struct context *context;
	const struct recipe *recipe;
	const struct bundle_options *options;
	struct arena arena;
	struct lock *lock;
	struct inputs inputs;
	struct oci_artifact_file *files; /* heap */
	size_t n, capacity;
	struct strtab names; /* of files that are listed, to their index */
	bool has_evidence;
	const char *clash; /* a name that two contents want, or NULL */
};

/* A name stands for one content; a second one is told at the end (clash). */
void bundling_add_object(struct bundling *b, const char *name, enum bundle_kind kind,
			 const struct digest *d, uint64_t size);
void bundling_add_bytes(struct bundling *b, const char *name, enum bundle_kind kind,
			struct bytes data); /* copied */

bool bundling_wants(const struct bundling *b, struct str architecture);

/* InRelease and indexes of all suites; what is nowhere is told, and no failure. */
int bundling_evidence(struct bundling *b, struct error *err) MUST_CHECK;
/* The source packages of all that is bundled, by the Sources index. */
int bundling_sources(struct bundling *b, struct error *err) MUST_CHECK;

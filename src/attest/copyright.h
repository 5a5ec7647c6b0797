#pragma once

/*
 * attest/copyright.h - the licences that a debian/copyright names. Pure.
 *
 * Spec: "Machine-readable debian/copyright file" 1.0 (DEP-5); SPDX 2.3, annexes B and D;
 * docs/sbom.md, "Licences". What is read is what the file declares; no text is compared
 * with known licences. Any bytes are accepted: what is no DEP-5, or is above a limit, has no
 * licence.
 */

#include "base/arena.h"
#include "base/bytes.h"

#define COPYRIGHT_SIZE_MAX (16u << 20)	  /* bytes; Debian's longest has 3 MiB */
#define COPYRIGHT_TEXTS_MAX 1024u	  /* licences without a name in SPDX's list, of one file */
#define COPYRIGHT_LICENCE_MAX (64u << 10) /* bytes of the expression; gcc's has 1 KiB */
#define COPYRIGHT_TEXT_MAX (64u << 10)	  /* bytes of one licence's text; the rest is cut */

/* A licence that SPDX's list has no name for. */
struct copyright_text {
	struct str id;	 /* "LicenseRef-public-domain-1a2b3c4d" */
	struct str name; /* as in the file */
	struct str text; /* UTF-8, or "" if the file has none */
};

struct copyright {
	struct str licence; /* an SPDX expression; "" if the file is not machine-readable */
	struct copyright_text *texts; /* each id once, in order of appearance */
	size_t n_texts;
};

/* *ret in @arena. */
void copyright_read(struct bytes text, struct arena *arena, struct copyright *ret);

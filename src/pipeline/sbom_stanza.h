#pragma once

/* pipeline/sbom_stanza.h - what a stanza of dpkg's says of a package; os-release. */

#include "attest/sbom.h"
#include "tree/reader.h"

#define SBOM_STATUS_MAX (256u << 20)   /* bytes; 200,000 packages */
#define SBOM_COPYRIGHT_MAX (16u << 20) /* bytes of one file; longer ones are not read */

/*
 * Takes one stanza of dpkg's status, or a control member, off *rest into @ret, which views into
 * it: 1; 0 at the end; -1 ERR_FORMAT. *ret_installed: by its Status, if it has one.
 * Depends and Pre-Depends are joined in @arena.
 */
struct deb822_reader;
int sbom_stanza_next(struct deb822_reader *reader, struct arena *arena, struct sbom_package *ret,
		     bool *ret_installed, struct error *err) MUST_CHECK;

/* "debian-13" and so on, of /usr/lib/os-release and /etc/debian_version. */
int sbom_system(const struct tree *tree, const struct content_reader *reader, struct arena *arena,
		struct sbom *ret, struct error *err) MUST_CHECK;

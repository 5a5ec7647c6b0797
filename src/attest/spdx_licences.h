#pragma once

/*
 * attest/spdx_licences.h - names of Debian's copyright files to ids of SPDX's list. Pure.
 *
 * Spec: DEP-5, "Short name"; SPDX License List 3.25. tests/oracle/sbom.sh compares the
 * tables with the list itself.
 */

#include "base/arena.h"
#include "base/bytes.h"

#define SPDX_LICENCE_LIST "3.25"

/*
 * The expression for one short name: "Expat" is "MIT", "GPL-2+" is "GPL-2.0-or-later". "" if
 * the list has no such licence. In @arena or static.
 */
struct str spdx_licence(struct str name, struct arena *arena);

/* The id of an exception ("Bison" or "Bison-exception-2.2"), or "". */
struct str spdx_exception(struct str name);

/* Whether @id is exactly a licence of the list that the tables have. */
bool spdx_is_licence(struct str id);

/* All ids that the tables can give; ended by NULL. For tests. */
extern const char *const spdx_licence_ids[];
extern const char *const spdx_exception_ids[];

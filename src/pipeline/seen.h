#pragma once

/*
 * pipeline/seen.h - the newest Release of each archive that this user has seen.
 *
 * Spec: design.md, section 5; formats B7 (rollback): a Release older than one
 * seen before is refused, whatever lock it is for.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"

struct seen;

/* From file @state_path/seen; a missing file or folder (NULL) is an empty state. */
int seen_load(const char *state_path, struct seen **ret, struct error *err) MUST_CHECK;
void seen_free(struct seen *s);

/* Date of the newest Release of @archive ("Debian trixie-security"), or 0. */
int64_t seen_date(const struct seen *s, struct str archive);
void seen_set(struct seen *s, struct str archive, int64_t date);

/* Writes it back, if there is a folder. */
int seen_save(const struct seen *s, struct error *err) MUST_CHECK;

#pragma once

/* attest/causes_private.h - what the writer and the reader of causes share. Private. */

#include "attest/causes.h"
#include "base/text.h"

#define CAUSES_TYPE_PREFIX "urn:ingot:causes:v"
#define CAUSES_TYPE CAUSES_TYPE_PREFIX "1"

#define CAUSES_SIZE_MAX (256u << 20) /* bytes; 4,000,000 rows of common names */
#define CAUSES_TABLE_MAX (1u << 20)  /* causes, keys, packages, facts: each */
#define CAUSES_PATHS_MAX (1u << 30)  /* bytes of all paths, spelled out */

/* By enum cause_kind. */
#define CAUSE_KIND_COUNT (CAUSE_RULE + 1)
extern const char *const cause_kind_names[CAUSE_KIND_COUNT];

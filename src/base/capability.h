#pragma once

/* base/capability.h - the names of capabilities(7), by their number (linux/capability.h). */

#define CAPABILITIES 41
extern const char *const capability_names[CAPABILITIES]; /* "chown": without "cap_" */

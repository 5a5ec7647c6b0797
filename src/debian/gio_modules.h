#pragma once

/*
 * debian/gio_modules.h - what GIO's modules extend. Private to debian/.
 */

#include "debian/debian_state.h"

bool gio_is_module(struct str name);

/* "gio-tls-backend", or NULL for a module that is not known. */
const char *gio_module_points(struct str name);

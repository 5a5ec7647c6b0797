#pragma once

/*
 * debian/conf_files.h - files of several folders by name, as systemd's tools take
 * them: sorted by name, and of one name only the one in the first folder.
 * Private to debian/.
 */

#include "debian/debian_state.h"

struct conf_file {
	struct str name; /* "20-pci.hwdb" */
	struct str path; /* of the name in its real folder, absolute */
};

/* Regular files (and links to them or to /dev/null) whose names end with @suffix. */
void conf_files_list(struct debian *d, const char *const *folders, size_t n, struct str suffix,
		     struct conf_file **ret, size_t *ret_n);

#include "memory_folder.h"

#include <stdlib.h>
#include <string.h>

void memory_folder(char path[static MEMORY_FOLDER_MAX])
{
	static const char *const templates[] = { "/dev/shm/ingot-fuzz-XXXXXX",
						 "/tmp/ingot-fuzz-XXXXXX" };

	for (size_t i = 0; i < sizeof(templates) / sizeof(*templates); i++) {
		strcpy(path, templates[i]);
		if (mkdtemp(path))
			return;
	}
	abort();
}

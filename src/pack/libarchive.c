#include "pack/libarchive.h"

#include "io/library.h"

struct libarchive libarchive;

LIBRARY_NOTE(libarchive_note, "[{\"feature\":\"unpack\",\"description\":\"Unpack packages\","
			      "\"priority\":\"required\",\"soname\":[\"libarchive.so.13\"]}]");

#define NAME(name) "archive_" #name,

int libarchive_load(struct error *err)
{
	static const char *const names[] = { ARCHIVE_FUNCTIONS(NAME) };
	static struct library library = {
		.soname = "libarchive.so.13",
		.needed_to = "unpack packages",
		.names = names,
		.n = sizeof(names) / sizeof(*names),
		.functions = &libarchive,
	};

	_Static_assert(sizeof(libarchive) == sizeof(names), "a name for each pointer");
	return library_load(&library, err);
}

#include "resolve/librnp.h"

#include "io/library.h"

struct librnp librnp;

LIBRARY_NOTE(librnp_note,
	     "[{\"feature\":\"openpgp\",\"description\":\"Check signatures of archives\","
	     "\"priority\":\"required\",\"soname\":[\"librnp.so.0\"]}]");

#define NAME(name) "rnp_" #name,

int librnp_load(struct error *err)
{
	static const char *const names[] = { RNP_FUNCTIONS(NAME) };
	static struct library library = {
		.soname = "librnp.so.0",
		.needed_to = "check OpenPGP signatures",
		.names = names,
		.n = sizeof(names) / sizeof(*names),
		.functions = &librnp,
	};

	_Static_assert(sizeof(librnp) == sizeof(names), "a name for each pointer");
	return library_load(&library, err);
}

#pragma once

/*
 * io/library.h - a shared library that only some commands need, loaded when they do.
 *
 * libcurl alone brings thirty others along: looking at a file should not wait for those. A door
 * to such a library is a struct of pointers to functions, named once in a list:
 *
 *     #define YAML_FUNCTIONS(F) F(parser_parse) F(parser_delete)
 *     struct libyaml { YAML_FUNCTIONS(YAML_POINTER) };
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"

struct library {
	const char *soname;	  /* "libcurl.so.4" */
	const char *needed_to;	  /* "download" */
	const char *const *names; /* of the functions, in the order of @functions */
	size_t n;
	void *functions; /* a struct of @n pointers to functions */
	bool loaded;	 /* private */
};

/*
 * Loads it and fills in its functions, once; from any thread. It stays until the process
 * ends. ERR_NO_PROGRAM if it is not there or lacks a function.
 */
int library_load(struct library *l, struct error *err) MUST_CHECK;

/*
 * A note in the binary that tells packagers and image builders of a library that no DT_NEEDED
 * names. Spec: UAPI Group, "ELF dlopen() metadata for ELF files"; @text is JSON. Type and
 * owner are the specification's.
 */
#define LIBRARY_NOTE(name, text)                                                                   \
	static const struct {                                                                      \
		uint32_t owner_size, text_size, type;                                              \
		char owner[sizeof("FDO")];                                                         \
		_Alignas(uint32_t) char json[sizeof(text)];                                        \
	} name __attribute__((used, section(".note.dlopen"), aligned(4))) = {                      \
		sizeof("FDO"), sizeof(text), 0x407c0c0a, "FDO", text                               \
	}

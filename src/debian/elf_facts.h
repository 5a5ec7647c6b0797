#pragma once

/*
 * debian/elf_facts.h - what the headers of many libraries say, by content.
 *
 * Reading every library of an image for ld.so.cache costs more than the rest of
 * composing it: the facts are remembered through the content reader, under a key
 * of all the contents and ELF_FACTS_VERSION. Private to debian/.
 */

#include "debian/elf.h"

#define ELF_FACTS_VERSION 1 /* of the encoding and of what elf_read() finds */

struct elf_fact {
	struct digest digest; /* of the content */
	bool is_library;
	struct elf_library library;
};

/*
 * Facts of @contents, which are sorted in place: *ret is sorted by digest, each
 * once, in @arena.
 */
int elf_facts_learn(const struct content_reader *reader, struct content *contents, size_t n,
		    struct arena *arena, struct elf_fact **ret, size_t *ret_n,
		    struct error *err) MUST_CHECK;

/* NULL if @digest is not among them. */
const struct elf_fact *elf_facts_find(const struct elf_fact *facts, size_t n,
				      const struct digest *digest);

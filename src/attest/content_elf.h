#pragma once

/*
 * attest/content_elf.h - two ELF files, section by section. The door to libelf.
 *
 * Spec: System V gABI, chapters 4 and 5. Private to content_diff().
 */

#include "attest/content_diff.h"

#define CONTENT_ELF 1
#define CONTENT_ELF_ANSWER_MAX (128u << 10) /* bytes */

/*
 * CONTENT_ELF: both are ELF files that can be read; kind, ranges and text of *ret are set. 0:
 * they are not, and *ret is as it was. libelf works in a child: one that dies is 0, too.
 */
int content_elf(struct bytes a, struct bytes b, struct arena *arena, struct content_diff *ret,
		struct error *err) MUST_CHECK;

/*
 * What the child does: the answer for content_elf_take(), or nothing if one is no ELF file.
 * Here for the fuzz driver.
 */
void content_elf_tell(struct bytes a, struct bytes b, struct buf *to);

/* False if @answer is not one. */
bool content_elf_take(struct str answer, struct arena *arena, struct content_diff *ret);

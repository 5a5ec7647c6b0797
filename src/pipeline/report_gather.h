#pragma once

/*
 * pipeline/report_gather.h - what a report tells besides the tree: from verification, and from the
 * files beside an output.
 *
 * Statements that lie beside are told as they are; what `verify` found of them stands in the
 * checks.
 */

#include "attest/report.h"
#include "pipeline/verify.h"

/*
 * Fills in all of *ret but the tree, in @arena. @verified: of the same file, and must live as
 * long. Of @image and @disk one is NULL; borrowed. Errors: ERR_IO, ERR_LIMIT. A statement that
 * can't be read is told so, and not used.
 */
int report_gather(const char *path, const struct verify_result *verified,
		  const struct oci_image *image, const struct disk_image *disk,
		  struct arena *arena, struct report *ret, struct error *err) MUST_CHECK;

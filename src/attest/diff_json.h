#pragma once

/* attest/diff_json.h - two JSON documents, member by member. Pure. */

#include "attest/image_diff.h"
#include "format/json/json.h"

struct diff_json_options {
	enum difference_area area;
	/*
	 * What a difference at @place ("config.Labels.x", "layers") follows from: "" it is a
	 * root; NULL: it is told elsewhere, or by the caller, and is left out.
	 */
	const char *(*follows)(const void *context, struct str place);
	const void *context;
};

/* Objects are gone into; lists are one value, told as JSON. @where: "config". */
void diff_json(struct image_diff *d, const char *where, const struct json *a, const struct json *b,
	       const struct diff_json_options *o);

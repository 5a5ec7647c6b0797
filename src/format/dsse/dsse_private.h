#pragma once

/*
 * format/dsse/dsse_private.h - an envelope as JSON: alone on its line, or in a bundle.
 *
 * Spec:    as dsse.h.
 * Units:   none.
 * Bytes:   as dsse.h.
 * Depends: dsse, json.
 */

#include "format/dsse/dsse.h"
#include "format/json/json.h"

/* @v: the object of the envelope. *ret in @arena. */
int dsse_from_json(const struct json *v, const char *name, struct arena *arena,
		   struct dsse_envelope *ret, struct error *err) MUST_CHECK;

/* A member of kind @kind, or ERR_FORMAT that names it. */
int dsse_member(const struct json *object, const char *member, enum json_kind kind,
		const char *name, const struct json **ret, struct error *err) MUST_CHECK;

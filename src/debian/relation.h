#pragma once

/*
 * debian/relation.h - dependency fields of a control member.
 *
 * Spec: Debian Policy 7.1. Everything is a view into the field's text.
 */

#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"

/* One alternative: "name:arch (op version)". */
struct relation {
	struct str name;          /* without the qualifier */
	struct str qualifier;     /* "any", "amd64" or "" */
	struct str op, version;   /* "" if any version will do */
};

/*
 * relation_next() - takes the next alternative off *rest
 * @ret_last: it is the last alternative of its group
 *
 * Return: true with *ret set; false at the end.
 */
bool relation_next(struct str *rest, struct relation *ret, bool *ret_last);

/* Whether @version is in @r's range. */
bool relation_satisfied(const struct relation *r, struct str version);

/* As dpkg writes it: "a (>= 1) | b:any, c". */
void relation_format(struct str field, struct buf *to);

#pragma once

/*
 * debian/jks.h - Java's keystore of trusted certificates (type JKS, version 2).
 *
 * Spec: docs/formats/jks.md. Private to debian/.
 */

#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"

struct jks_entry {
	struct str alias; /* lower case, UTF-8 without NUL */
	int64_t time;     /* milliseconds since the epoch */
	struct bytes der;
};

struct jks {
	struct arena *arena; /* aliases and certificates lie in it, or where they came from */
	struct jks_entry *entries; /* sorted by alias */
	size_t n, capacity;
};

/* Views go into @data. ERR_UNSUPPORTED: other entries than trusted certificates, or
 * another password. */
int jks_decode(struct bytes data, struct str password, struct arena *arena, struct jks *ret,
	       struct error *err) MUST_CHECK;
void jks_encode(const struct jks *k, struct str password, struct buf *to);

/* Replaces an entry of the same alias. */
void jks_set(struct jks *k, struct jks_entry entry);
void jks_remove(struct jks *k, struct str alias);

/* As Java's toLowerCase(Locale.ENGLISH); false: letters that are not modelled. */
bool jks_alias(struct arena *arena, struct str name, struct str *ret) MUST_CHECK;

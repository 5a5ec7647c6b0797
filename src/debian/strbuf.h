#pragma once

/*
 * debian/strbuf.h - systemd's store of strings, in which one that another ends
 * with takes no room. Layout and offsets depend on the order of adding: that is
 * what makes hwdb.bin and the journal's catalog byte-identical.
 *
 * Spec: docs/formats/hwdb.md. Private to debian/.
 */

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

struct strbuf_node;
struct strbuf_recent;

struct strbuf {
	struct buf bytes; /* starts with the NUL that "" is */
	struct arena *arena;
	struct strbuf_node *top;
	struct strbuf_recent *recent;
};

/* strbuf_release() frees the bytes only. */
void strbuf_init(struct strbuf *s, struct arena *arena, size_t max);
void strbuf_release(struct strbuf *s);
#define CLEANUP_STRBUF CLEANUP(strbuf_release)

/* The offset of @text, which has no NUL inside. UINT32_MAX: above the maximum. */
uint32_t strbuf_add(struct strbuf *s, struct str text);

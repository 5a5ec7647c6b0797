#pragma once

/* Archives for tests, good and bad ones, and a stage to decode them in. */

#include "base/buf.h"
#include "pack/pack.h"

/* One tar member. Zero means: 0644, root, a regular file, no content. */
struct tar_spec {
	const char *name; /* at most 100 bytes */
	char type;        /* 0: '0' */
	const char *link;
	struct bytes data;
	unsigned mode, uid, gid;
	int64_t mtime;
	unsigned major, minor;
	const char *size; /* raw text of the size field instead of data.len */
	bool v7;          /* no ustar magic */
};

#define ARCHIVE_MAX (64u << 20)

void tar_add(struct buf *tar, const struct tar_spec *spec);
/* A pax header with one record for the next member. */
void tar_add_pax(struct buf *tar, char type, const char *key, struct bytes value);
void tar_end(struct buf *tar); /* two zero blocks */

void ar_start(struct buf *ar);
void ar_add(struct buf *ar, const char *name, struct bytes data);

/* A .deb with a small control.tar and this data.tar, both not compressed. */
void deb_of(struct buf *deb, struct bytes data_tar);
void control_of(struct buf *tar, const char *control);

/* A fresh stage in a folder of its own, and what came of decoding in it. */
struct trial {
	struct stage *stage;
	char folder[64];
	struct error err;
	struct pack *pack; /* NULL if it failed */
	bool was_hit;
};

void trial_open(struct trial *t);
/* Puts the archive into the stage and opens its pack; may be repeated. */
void trial_decode(struct trial *t, enum pack_kind kind, struct bytes archive);
/* Also asserts that after a failure nothing but the archive is in the stage. */
void trial_close(struct trial *t);

/* Decodes and expects ERR_@code with @text in the message or its contexts. */
void expect_refused(enum pack_kind kind, struct bytes archive, enum err_code code,
		    const char *text);
/* The same for a .deb with this data.tar. */
void expect_data_refused(const struct buf *data_tar, enum err_code code, const char *text);

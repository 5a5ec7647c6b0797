#pragma once

/* unit/stage/stage_fixture.h - a stage in a folder of its own, gone with the test. */

#include "base/cleanup.h"
#include "base/mem.h"
#include "stage/stage.h"

struct fixture {
	char *folder; /* made for this test */
	char *path;   /* the stage in it */
	char *key;
	struct stage *stage;
};

struct fixture fixture_open(void);
/* In memory, where the host has a place for that: syncs cost nothing. */
struct fixture fixture_open_fast(void);
void fixture_close(struct fixture *f); /* closes the stage, removes the folder */
void fixture_reopen(struct fixture *f);
#define CLEANUP_FIXTURE CLEANUP(fixture_close)

struct digest put_text(struct stage *s, const char *text);

/* The path of an object's file. Owned. */
char *object_path(const struct fixture *f, const struct digest *d);
char *result_path(const struct fixture *f, const char *kind, const struct digest *key);

/* Inverts the byte at @offset of a file that is read-only. */
void flip_byte(const char *path, long offset);

/* Files in objects/, results/ and quarantine/ of the stage. */
unsigned count_files(const struct fixture *f, const char *part);

/* Asserts a failure with this code and a message that holds @text; clears *err. */
void expect_error(int r, struct error *err, enum err_code code, const char *text);
/* Asserts success; prints the error if there was one. */
void expect_ok(int r, struct error *err);

struct stage_fsck_report fsck_of(struct stage *s, bool repair);

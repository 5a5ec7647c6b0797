#pragma once

/* unit/fetch/fetch_fixture.h - a stage, a server that lies (tests/tools/liar.py), and items. */

#include <sys/types.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "fetch/fetch.h"

struct fixture {
	char *folder; /* gone with the test */
	char *root;   /* what the server serves */
	char *stage_path;
	struct stage *stage;
	pid_t server;
	int server_stdin; /* the server ends with it */
	unsigned port;
	struct arena arena; /* of items */
	struct fetch_options options;
};

/* @rules: see liar.py. */
struct fixture fixture_open(const char *rules);
/* The same over https, with a certificate that nobody trusts; may skip the test. */
struct fixture fixture_open_tls(const char *rules);
void fixture_close(struct fixture *f);
#define CLEANUP_FIXTURE CLEANUP(fixture_close)

/* Writes the file @name that the server serves: @size bytes that depend on @seed. */
void serve_file(struct fixture *f, const char *name, size_t size, unsigned seed);

/*
 * An item for the file @name, at these paths of the server. A path that has a
 * scheme is taken as it is; @PORT@ in it is replaced.
 */
struct fetch_item item_of(struct fixture *f, const char *name, const char *const *paths,
			  size_t n_paths);
#define ITEM(f, name, ...)                                                         \
	item_of((f), (name), (const char *const[]){ __VA_ARGS__ },                 \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* Asserts success; prints the error if there was one. */
void expect_ok(int r, const struct error *err);

void expect_fetched(struct fixture *f, struct fetch_item *item);

/*
 * Asserts that fetching fails with @code and a detail that holds @detail, that
 * the item is not in the stage, and that nothing at all is left in it.
 */
void expect_refused(struct fixture *f, struct fetch_item *item, enum err_code code,
		    const char *detail);

/* The server's log. */
void expect_log(const struct fixture *f, const char *expected);
unsigned count_in_log(const struct fixture *f, const char *text);

unsigned objects_in_stage(const struct fixture *f);

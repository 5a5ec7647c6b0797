#pragma once

/*
 * Packages written down in a test, installed into a tree.
 *
 * Members are lines: "d PATH", "f PATH TEXT", "l PATH TARGET", "h PATH FIRST"; folders
 * are 0755, files 0644, all root:root, mtime 1000.
 */

#include "debian/debian.h"

#define FIXTURE_PACKAGES 16

struct deb_fixture {
	struct arena arena;
	struct debian_package packages[FIXTURE_PACKAGES];
	size_t n;
	struct tree *tree;
	struct debian_options options;
	struct debian_report report;
};

void fixture_init(struct deb_fixture *f);
void fixture_release(struct deb_fixture *f);
#define CLEANUP_FIXTURE CLEANUP(fixture_release)

/* @fields: further lines of the control member, each ended by a newline. */
struct debian_package *fixture_add(struct deb_fixture *f, const char *name, const char *fields,
				   const char *members);
/* Another member of control.tar. */
void fixture_control(struct deb_fixture *f, struct debian_package *p, const char *name,
		     const char *text);

int fixture_install(struct deb_fixture *f, struct error *err) MUST_CHECK;
/* The same, and the test fails if it does. */
void fixture_must_install(struct deb_fixture *f);

/* Text of a file of the tree, "-> TARGET" of a link, "" if absent; never NULL. */
const char *fixture_text(struct deb_fixture *f, const char *path);
bool fixture_has(const struct deb_fixture *f, const char *path);

#pragma once

/*
 * A small world for tests of compose/: packages, a recipe and a lock in memory.
 * No stage: all contents are CONTENT_MEMORY.
 */

#include <criterion/criterion.h>

#include "compose/compose.h"

#define WORLD_PACKAGES 16
#define WORLD_FILES    32
#define WORLD_MEMBERS  64

struct world {
	struct arena arena;
	struct recipe recipe;
	struct recipe_target target;
	struct lock *lock;
	struct pack packs[WORLD_PACKAGES];
	struct debian_package packages[WORLD_PACKAGES];
	size_t n_packages;
	struct recipe_file files[WORLD_FILES];
	struct compose_file compose_files[WORLD_FILES];
	size_t n_files;
	struct recipe_user users[8];
	size_t n_users;
	struct recipe_group groups[8];
	size_t n_groups;
	struct recipe_service services[8];
	size_t n_services;
	struct str certificates[4];
	struct src_pos certificate_pos[4];
	struct content certificate_contents[4];
	size_t n_certificates;
	struct compose_input in;
	struct compose_output out;
	struct error err;
};

/* "base-files" (13.8 unless told) and "base-passwd" are there: accounts, folders, no more. */
void world_init(struct world *w);
void world_init_release(struct world *w, const char *base_files_version);
void world_release(struct world *w);

/* A package of source @source; kept, not essential. */
struct pack *world_package(struct world *w, const char *name, const char *version,
			   const char *source);
struct debian_package *world_find(struct world *w, const char *name);
struct lock_package *world_lock_package(struct world *w, const char *name);

struct pack_member *pack_file(struct world *w, struct pack *p, const char *path, const char *text,
			      unsigned mode);
struct pack_member *pack_folder(struct world *w, struct pack *p, const char *path, unsigned mode);
struct pack_member *pack_link(struct world *w, struct pack *p, const char *path,
			      const char *target);
struct pack_member *pack_hard_link(struct world *w, struct pack *p, const char *path,
				   const char *target);

/* A pack that is no package. */
struct pack *world_archive(struct world *w);

/* Entries of `files:`; line n is the n-th of them (from 1). Keep paths sorted. */
struct recipe_file *world_file(struct world *w, const char *path, enum recipe_file_kind kind);
struct recipe_file *world_text(struct world *w, const char *path, const char *text);
void world_input(struct world *w, const char *below, const char *text, bool executable);
void world_input_folder(struct world *w, const char *below);
void world_input_link(struct world *w, const char *below, const char *target);

/* User n has line 100 + n (from 1). Ids are automatic, no home. */
struct recipe_user *world_user(struct world *w, const char *name);
struct recipe_group *world_group(struct world *w, const char *name, uint32_t gid);
struct recipe_service *world_service(struct world *w, const char *name);
void world_certificate(struct world *w, const char *path, const char *text);

int world_compose(struct world *w);   /* into w->out; a second call replaces the first's */
void world_must_compose(struct world *w);
void world_must_fail(struct world *w, enum err_code code, unsigned line, const char *words);

const struct node *world_node(const struct world *w, const char *path);
const char *world_content(struct world *w, const char *path); /* "(absent)" */
const char *world_target(struct world *w, const char *path);  /* of a link; "(absent)" */
bool world_has(const struct world *w, const char *path);
const struct cause *world_cause(const struct world *w, const char *path);
bool world_has_line(struct world *w, const char *path, const char *line);

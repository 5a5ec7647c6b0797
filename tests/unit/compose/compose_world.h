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

struct scene {
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
void scene_init(struct scene *w);
void scene_init_release(struct scene *w, const char *base_files_version);
void scene_release(struct scene *w);

/* A package of source @source; kept, not essential. */
struct pack *scene_package(struct scene *w, const char *name, const char *version,
			   const char *source);
struct debian_package *scene_find(struct scene *w, const char *name);
struct lock_package *scene_lock_package(struct scene *w, const char *name);

struct pack_member *pack_file(struct scene *w, struct pack *p, const char *path, const char *text,
			      unsigned mode);
struct pack_member *pack_folder(struct scene *w, struct pack *p, const char *path, unsigned mode);
struct pack_member *pack_link(struct scene *w, struct pack *p, const char *path,
			      const char *target);
struct pack_member *pack_hard_link(struct scene *w, struct pack *p, const char *path,
				   const char *target);

/* A pack that is no package. */
struct pack *scene_archive(struct scene *w);

/* Entries of `files:`; line n is the n-th of them (from 1). Keep paths sorted. */
struct recipe_file *scene_file(struct scene *w, const char *path, enum recipe_file_kind kind);
struct recipe_file *scene_text(struct scene *w, const char *path, const char *text);
void scene_input(struct scene *w, const char *below, const char *text, bool executable);
void scene_input_folder(struct scene *w, const char *below);
void scene_input_link(struct scene *w, const char *below, const char *target);

/* User n has line 100 + n (from 1). Ids are automatic, no home. */
struct recipe_user *scene_user(struct scene *w, const char *name);
struct recipe_group *scene_group(struct scene *w, const char *name, uint32_t gid);
struct recipe_service *scene_service(struct scene *w, const char *name);
void scene_certificate(struct scene *w, const char *path, const char *text);

int scene_compose(struct scene *w);   /* into w->out; a second call replaces the first's */
void scene_must_compose(struct scene *w);
void scene_must_fail(struct scene *w, enum err_code code, unsigned line, const char *words);

const struct node *scene_node(const struct scene *w, const char *path);
const char *scene_content(struct scene *w, const char *path); /* "(absent)" */
const char *scene_target(struct scene *w, const char *path);  /* of a link; "(absent)" */
bool scene_has(const struct scene *w, const char *path);
const struct cause *scene_cause(const struct scene *w, const char *path);
bool scene_has_line(struct scene *w, const char *path, const char *line);

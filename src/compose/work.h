#pragma once

/*
 * compose/work.h - what the steps of compose() share. Private to this room.
 *
 * Each step is one file and one function; they run in the order of compose.h
 * on one tree. Every change has the cause of the recipe's line that asked for
 * it, so that compose_slice() can put it into the recipe's layer.
 */

#include "compose/compose.h"
#include "debian/accounts.h"

struct work {
	const struct compose_input *in;
	struct arena *arena;
	struct tree *tree;
	struct accounts *accounts;  /* of the packages, then of the recipe too */
	const struct lock_id *ids;  /* the recipe's explicit ids, then the lock's others */
	size_t n_ids;
	const struct lock_id *reserved; /* the recipe's explicit ids only */
	size_t n_reserved;
	cause_id certificates, libraries; /* the recipe's first change to either, or 0 */
	unsigned release;           /* Debian's major number; UINT_MAX: unknown, newest rules */
};

/* Who asks for a change, and where an error about it is reported. */
struct place {
	struct src_pos pos;
	cause_id cause;
	bool closed; /* links with this very cause are not followed: they came from an archive */
	uint32_t uid, gid; /* of parent folders that must be made; root but inside an archive */
};

struct place work_place(const struct work *w, struct src_pos pos);
cause_id work_rule(const struct work *w, const char *name);

/*
 * The folder @path by the image's own links, made with its missing parents as
 * 0755 and @at's owner. ERR_RECIPE_CONFLICT at the recipe's line if a component is
 * no folder; ERR_UNSUPPORTED if it is a link that @at->closed forbids.
 */
int work_folder(struct work *w, const struct place *at, struct str path, struct node **ret,
		struct error *err) MUST_CHECK;

/* The folder in which @path lies, as work_folder(); *ret_name views into @path. */
int work_parent(struct work *w, const struct place *at, struct str path,
		struct node **ret_dir, struct str *ret_name, struct error *err) MUST_CHECK;

/*
 * A file, link or other non-folder at @path: replaces any non-folder.
 * ERR_RECIPE_CONFLICT if there is a folder.
 */
int work_put(struct work *w, const struct place *at, struct str path,
	     const struct inode *attributes, struct node **ret /* or NULL */,
	     struct error *err) MUST_CHECK;

/*
 * A folder at @path (a link to a folder counts as that folder). One that is
 * there keeps its attributes; *ret_is_new says which. ERR_RECIPE_CONFLICT if
 * there is something else.
 */
int work_put_folder(struct work *w, const struct place *at, struct str path,
		    const struct inode *attributes, struct node **ret, bool *ret_is_new,
		    struct error *err) MUST_CHECK;

/*
 * Notes that the recipe changes @n (or is about to remove it), for the files that
 * are made from the whole tree.
 */
void work_touch(struct work *w, const struct node *n, cause_id cause);

/* A file with bytes that lie in an arena which outlives the tree. */
struct inode work_file_of(const struct work *w, struct bytes data, uint16_t mode);
struct inode work_link_of(const struct work *w, struct str target);
struct inode work_folder_of(const struct work *w, uint16_t mode);

/* "a/b"; either may be empty. In the arena. */
struct str work_join(const struct work *w, struct str a, struct str b);

/* Whether the recipe itself has made what is at @path (links in parents followed). */
bool work_is_recipes(const struct work *w, struct str path, struct str *ret_where);

/* ERR_RECIPE_CONFLICT if `files:` has already written @path, which @key implies. */
int work_claim(const struct work *w, const char *key, struct src_pos pos, struct str path,
	       struct error *err) MUST_CHECK;

bool work_has_file(const struct work *w, const char *path);

/* The whole content of a node that is a file; in the arena. */
int work_load(const struct work *w, const struct node *node, size_t max, struct bytes *ret,
	      struct error *err) MUST_CHECK;

/* A numeric id or a name of the composed accounts. */
int work_owner(const struct work *w, struct str name, struct src_pos pos, uint32_t *ret,
	       struct error *err) MUST_CHECK;
int work_group(const struct work *w, struct str name, struct src_pos pos, uint32_t *ret,
	       struct error *err) MUST_CHECK;

/* ---- the steps ---- */

int compose_users(struct work *w, struct error *err) MUST_CHECK;
int compose_files(struct work *w, struct error *err) MUST_CHECK;
int compose_timezone(struct work *w, struct error *err) MUST_CHECK;
int compose_locale(struct work *w, struct error *err) MUST_CHECK;
int compose_hostname(struct work *w, struct error *err) MUST_CHECK;
int compose_mount_points(struct work *w, struct error *err) MUST_CHECK;
int compose_certificates(struct work *w, struct error *err) MUST_CHECK;
int compose_services(struct work *w, struct error *err) MUST_CHECK;
int compose_disk(struct work *w, struct error *err) MUST_CHECK; /* nothing for a container */

int compose_finish(struct work *w, const struct debian_options *options,
		   const struct debian_report *report,
		   struct error *err) MUST_CHECK;

/* `essential: false`: what is left of packages that are not kept (design 4). */
int compose_drop(struct work *w, struct error *err) MUST_CHECK;

/* ---- shared by two steps ---- */

/* An entry's owner, group and mode, as far as it gives them. */
struct entry_attributes {
	uint32_t uid, gid; /* 0 where not given */
	bool has_owner, has_group;
	uint16_t mode;     /* or RECIPE_MODE_DEFAULT */
};

/* The mode of a folder that holds files of mode @mode: x wherever r is. */
uint16_t entry_folder_mode(const struct entry_attributes *a);

int compose_archive(struct work *w, const struct compose_file *f, const struct place *at,
		    const struct entry_attributes *a, struct error *err) MUST_CHECK;

/* The home of a recipe's user, with skel and authorized_keys. */
int compose_home(struct work *w, const struct recipe_user *u, struct str home, uint32_t uid,
		 uint32_t gid, struct error *err) MUST_CHECK;

/* A person's ranges in /etc/subuid and /etc/subgid, where the image has these files. */
int compose_subordinate_ids(struct work *w, const struct recipe_user *u,
			    struct error *err) MUST_CHECK;

/* Links of a unit as `systemctl enable` makes them; or without them. */
int systemd_enable(struct work *w, const struct recipe_service *s, struct error *err) MUST_CHECK;
int systemd_disable(struct work *w, const struct recipe_service *s, struct error *err) MUST_CHECK;

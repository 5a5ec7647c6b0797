#pragma once

/*
 * recipe/recipe.h - a composed and checked recipe, as typed values.
 *
 * Spec:    design.md, section 4; docs/recipe.md is generated from the schema
 *          table (recipe/schema.h), as is `ingot schema`.
 *
 * recipe_load() reads NAME.yaml and its includes, composes them by the rules of
 * the schema table, checks everything that can be checked without the network
 * and fills in defaults. What it returns is const and lies in its arena.
 *
 * Every `pos` points at the YAML that said it, in the file that said it; file
 * names in it are relative to the workspace ("recipes/web.yaml").
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"

struct ydoc_node;

struct recipe_source {
	struct str name;
	struct src_pos pos;
	const struct str *suites;     /* "trixie", "trixie-updates", ... in recipe order */
	size_t n_suites;
	const struct str *components;
	size_t n_components;
	struct str keyring;           /* recipes/keys/KEYRING.pgp */
	struct str snapshot;          /* "20260901T000000Z" or "" */
};

enum relation { REL_ANY = 0, REL_LT, REL_LE, REL_EQ, REL_GE, REL_GT };

struct recipe_package {
	struct str name;
	enum relation relation;
	struct str version; /* "" with REL_ANY */
	struct src_pos pos;
};

enum recipe_file_kind {
	RECIPE_FILE_FROM = 1, /* a file or a whole folder beside the recipe */
	RECIPE_FILE_CONTENT,
	RECIPE_FILE_ARCHIVE,
	RECIPE_FILE_SYMLINK,
	RECIPE_FILE_DIRECTORY,
	RECIPE_FILE_REMOVE,
};

#define RECIPE_MODE_DEFAULT 0xffff

struct recipe_file {
	struct str path;             /* without leading slash */
	struct src_pos pos;
	enum recipe_file_kind kind;
	struct str from;             /* FROM: relative to the recipes folder */
	struct src_pos from_pos;
	struct bytes content;        /* CONTENT */
	struct str target;           /* SYMLINK */
	struct str archive_name;     /* ARCHIVE: file name, for finding it */
	struct digest archive_digest;
	uint32_t strip;              /* ARCHIVE: leading components to drop */
	struct str owner, group;     /* names or decimal ids; "" is root */
	uint16_t mode;               /* 07777, or RECIPE_MODE_DEFAULT */
};

/* One file, link or folder that a `from:` names, found by recipe_files_scan(). */
struct recipe_input {
	struct str path;     /* relative to the recipes folder, as opened */
	struct str below;    /* path below the `from:` folder; "" for itself, file or folder */
	bool is_directory, is_symlink, executable;
	struct str target;   /* symlink */
	struct digest digest;/* of a file's content */
	uint64_t size;
};

#define RECIPE_ID_AUTO UINT32_MAX

struct recipe_group {
	struct str name;
	uint32_t gid; /* or RECIPE_ID_AUTO */
	struct src_pos pos;
};

struct recipe_user {
	struct str name;
	uint32_t uid;            /* or RECIPE_ID_AUTO */
	uint32_t gid;            /* of the group of the same name; or RECIPE_ID_AUTO */
	struct str gecos;
	struct str home;         /* absolute; "" : /nonexistent, not made */
	struct str shell;
	bool system;             /* id range 100-999 (default) or 1000-59999 */
	const struct str *groups; /* supplementary */
	size_t n_groups;
	const struct str *authorized_keys;
	size_t n_authorized_keys;
	struct src_pos pos;
};

struct recipe_service {
	struct str name; /* without .service */
	bool enable;
	uint32_t port;        /* 0: none */
	struct str check_http; /* path, or "" */
	struct src_pos pos;
};

enum script_answer {
	SCRIPT_SKIP_COMMAND = 1,
	SCRIPT_FAIL_COMMAND,
	SCRIPT_EFFECTS,
	SCRIPT_SKIP,
	SCRIPT_FIRST_BOOT,
};

struct recipe_script {
	struct str package, script; /* "postinst" */
	struct digest sha256;       /* of the script that the answer was given for */
	struct str command;
	enum script_answer answer;
	const struct str *effects;  /* lines in the catalogue's language */
	size_t n_effects;
	struct str reason;
	struct src_pos pos;
};

struct recipe_pair {
	struct str key, value;
	struct src_pos pos;
};

enum target_type { TARGET_OCI = 1, TARGET_DISK };
enum compression { COMPRESSION_NONE = 1, COMPRESSION_GZIP, COMPRESSION_ZSTD };
enum root_type { ROOT_EXT4 = 1, ROOT_EROFS };
enum root_compression { ROOT_UNCOMPRESSED = 1, ROOT_LZ4 };

struct recipe_target {
	struct str name;
	enum target_type type;
	struct src_pos pos;
	const struct recipe_package *packages; /* added for this target */
	size_t n_packages;
	const struct str *without;             /* packages that this target drops */
	size_t n_without;
	/* TARGET_OCI. `has_` because an empty list is not an absent one. */
	const struct str *entrypoint, *cmd, *env, *ports, *volumes;
	size_t n_entrypoint, n_cmd, n_env, n_ports, n_volumes;
	bool has_entrypoint, has_cmd;
	struct str user, workdir, stop_signal; /* "" absent */
	const struct recipe_pair *labels, *annotations; /* sorted by key */
	size_t n_labels, n_annotations;
	uint32_t layers;                       /* budget; default 12 */
	enum compression compression;
	/* TARGET_DISK. */
	const struct str *formats, *cmdline;
	size_t n_formats, n_cmdline;
	enum root_type root_type;
	uint64_t root_size;                    /* bytes; 0: auto */
	struct src_pos root_size_pos;          /* file NULL: not said */
	bool root_grow, root_verity;
	enum root_compression root_compression;
	struct str secure_boot_certificate;    /* relative to the recipes folder, or "" */
};

struct recipe {
	struct arena arena;
	struct str path;      /* "recipes/web.yaml", relative to the workspace */
	struct str name, version;
	const struct str *architectures; /* Debian names: amd64, arm64, ... */
	size_t n_architectures;
	const struct recipe_source *sources;
	size_t n_sources;
	const struct recipe_package *packages; /* sorted by name */
	size_t n_packages;
	bool recommends, essential;
	const struct str *exclude; /* globs in order, "!" re-includes */
	size_t n_exclude;
	const struct recipe_file *files;       /* sorted by path */
	size_t n_files;
	const struct recipe_group *groups;     /* sorted by name */
	size_t n_groups;
	const struct recipe_user *users;       /* sorted by name */
	size_t n_users;
	const struct recipe_service *services; /* sorted by name */
	size_t n_services;
	struct str hostname, timezone, locale; /* "" absent */
	struct src_pos hostname_pos, timezone_pos, locale_pos;
	const struct str *certificates;        /* relative to the recipes folder, sorted */
	const struct src_pos *certificate_pos; /* one for each of certificates */
	size_t n_certificates;
	const struct recipe_pair *debconf;     /* sorted by key */
	size_t n_debconf;
	const struct recipe_script *scripts;
	size_t n_scripts;
	const struct recipe_target *targets;   /* sorted by name */
	size_t n_targets;
	int64_t epoch;                         /* -1: from the lock */
	const struct str *read_files;          /* the recipe and its includes, as read */
	size_t n_read_files;
	struct digest digest;            /* of the canonical form: everything that counts */
	struct digest resolution_digest; /* of the keys that decide packages (design 5) */
	const struct ydoc_node *document; /* composed and canonical: what recipe_format() writes */
};

/**
 * recipe_load() - read, compose and check a recipe
 * @workspace: open folder that holds recipes/ (borrowed)
 * @path:      relative to it: "recipes/web.yaml"
 * @ret:       owned, recipe_free(); untouched on failure
 *
 * Errors: ERR_RECIPE_*, ERR_NO_RECIPE, ERR_LIMIT, ERR_IO. The first problem in
 * file order is reported.
 */
int recipe_load(int workspace, const char *path, struct recipe **ret,
		struct error *err) MUST_CHECK;
void recipe_free(struct recipe *r);
static inline void cleanup_recipe(struct recipe **r)
{
	recipe_free(*r);
}
#define CLEANUP_RECIPE CLEANUP(cleanup_recipe)

/*
 * The files behind @file (kind FROM): itself and, if it is a folder, everything
 * below, in canonical order, hashed. Links are never followed; devices, sockets,
 * private keys and names that .gitignore files of the workspace ignore are
 * ERR_RECIPE_FILE. *ret lies in @arena.
 */
int recipe_files_scan(int workspace, const struct recipe *r, const struct recipe_file *file,
		      struct arena *arena, struct recipe_input **ret, size_t *ret_n,
		      struct error *err) MUST_CHECK;

/*
 * Looks at everything that the recipe's `from:` and `certificates:` name, as
 * recipe_files_scan() would, without hashing: for `ingot check`.
 */
int recipe_check_files(int workspace, const struct recipe *r, struct error *err) MUST_CHECK;

/* Opens an input (relative to recipes/) for reading; links are refused. Owned. */
int recipe_input_open(int workspace, struct str path, int *ret_fd,
		      struct error *err) MUST_CHECK;

/* The canonical YAML of the composed recipe, without defaults. */
struct buf;
void recipe_format(const struct recipe *r, struct buf *to);

/* JSON Schema 2020-12 of a recipe file, from the schema table. */
void recipe_schema_json(struct buf *to);

/* docs/recipe.md, from the schema table. */
void recipe_schema_markdown(struct buf *to);

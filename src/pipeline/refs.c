#include "pipeline/refs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "io/file.h"

#define SHORT_DIGEST 6 /* bytes: a workspace has few recipes, a user few workspaces */
#define SHORT_TEXT (2 * SHORT_DIGEST)
#define FOLDER_DEPTH 16 /* of recipes/ */

static void short_digest(const char *text, char ret[static SHORT_TEXT + 1])
{
	struct digest d = hash_bytes(str_bytes(str_of(text)));

	hex_format((struct bytes){ d.bytes, SHORT_DIGEST }, ret);
}

/* "KIND-W-R" for the recipe whose lock is at @lock_path in the workspace. Owned. */
static char *name_of(const struct context *c, const char *kind, const char *lock_path)
{
	char workspace[SHORT_TEXT + 1], recipe[SHORT_TEXT + 1];

	short_digest(c->workspace.path, workspace);
	short_digest(lock_path, recipe);
	return mem_printf("%s-%s-%s", kind, workspace, recipe);
}

char *refs_lock_name(const struct context *c, const struct recipe *r)
{
	CLEANUP_FREE char *recipe = mem_str(r->path);
	CLEANUP_FREE char *lock = workspace_lock_path(recipe);

	return name_of(c, "lock", lock);
}

char *refs_build_name(const struct context *c, const struct recipe *r, struct str target,
		      struct str architecture)
{
	CLEANUP_FREE char *recipe = mem_str(r->path);
	CLEANUP_FREE char *lock = workspace_lock_path(recipe);
	CLEANUP_FREE char *stem = name_of(c, "build", lock);

	return mem_printf("%s-" STR_FMT "-" STR_FMT, stem, STR_ARG(target), STR_ARG(architecture));
}

struct stems {
	char **stems; /* "W-R" of every lock there is */
	size_t n, capacity;
};

/* Every lock below @folder of the workspace; links to folders are not followed. */
static int find_locks(const struct context *c, const char *folder, unsigned depth,
		      struct stems *found, struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };

	if (depth == 0 || file_list(c->workspace.fd, folder, &names, err) != 0)
		return err->code ? -1 : 0;
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP_FREE char *path = mem_printf("%s/%s", folder, names.names[i]);
		struct stat st;

		if (fstatat(c->workspace.fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && find_locks(c, path, depth - 1, found, err) < 0)
			return -1;
		if (!S_ISREG(st.st_mode) || !str_has_suffix(str_of(path), STR(".lock")))
			continue;
		MEM_GROW(found->stems, found->n, found->capacity);
		found->stems[found->n++] = name_of(c, "", path);
	}
	return 0;
}

/* Of this workspace, but of no lock that is there. */
static bool is_stale(const char *name, const char *workspace, const struct stems *found)
{
	const char *stem = strchr(name, '-');

	if (!stem || strncmp(stem + 1, workspace, SHORT_TEXT) != 0)
		return false;
	for (size_t i = 0; i < found->n; i++)
		if (strncmp(stem, found->stems[i], strlen(found->stems[i])) == 0)
			return false;
	return true;
}

static int drop(struct context *c, const struct stems *found, size_t *ret_dropped,
		struct error *err)
{
	CLEANUP_NAMES struct file_names refs = { 0 };
	char workspace[SHORT_TEXT + 1];

	short_digest(c->workspace.path, workspace);
	if (stage_ref_names(c->stage, &refs, err) < 0)
		return -1;
	for (size_t i = 0; i < refs.n; i++) {
		if (!is_stale(refs.names[i], workspace, found))
			continue;
		if (stage_ref_drop(c->stage, refs.names[i], err) < 0)
			return -1;
		++*ret_dropped;
	}
	return 0;
}

int refs_drop_stale(struct context *c, size_t *ret_dropped, struct error *err)
{
	struct stems found = { 0 };
	int r;

	*ret_dropped = 0;
	if (!c->workspace.path)
		return 0;
	r = find_locks(c, "recipes", FOLDER_DEPTH, &found, err);
	if (r == 0)
		r = drop(c, &found, ret_dropped, err);
	for (size_t i = 0; i < found.n; i++)
		free(found.stems[i]);
	free(found.stems);
	return r;
}

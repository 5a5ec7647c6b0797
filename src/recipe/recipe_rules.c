#include "recipe/recipe_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/strtab.h"

/* --- one entry -------------------------------------------------------------------- */

static int refuse_beside(const struct ydoc_node *n, const char *key, const char *kind,
			 struct error *err)
{
	for (size_t i = 0; i < n->n_pairs; i++) {
		if (!str_equal_cstr(n->pairs[i].key, key))
			continue;
		(void)err_at(err, ERR_RECIPE_CONFLICT, n->pairs[i].key_pos,
			     "'%s' means nothing beside '%s'", key, kind);
		return err_hint(err, "remove '%s'", key);
	}
	return 0;
}

static int check_file(const struct ydoc_node *n, struct error *err)
{
	const struct ydoc_node *path = ydoc_get(n, "path");

	if (ydoc_get(n, "symlink") && refuse_beside(n, "mode", "symlink", err) < 0)
		return -1;
	if (ydoc_get(n, "remove") && (refuse_beside(n, "mode", "remove", err) < 0 ||
				      refuse_beside(n, "owner", "remove", err) < 0 ||
				      refuse_beside(n, "group", "remove", err) < 0))
		return -1;
	if (path->text.len > 1 || ydoc_get(n, "from") || ydoc_get(n, "archive"))
		return 0;
	(void)err_at(err, ERR_RECIPE_PATH, path->pos, "path '/' is the image's root");
	return err_hint(err, "only a folder by 'from:' or an archive can go there");
}

/* What each answer needs, and what means nothing beside it. */
static int check_script(const struct ydoc_node *n, struct error *err)
{
	struct str answer = ydoc_get(n, "do")->text;
	bool of_command = str_has_suffix(answer, STR("-command"));
	bool of_effects = str_equal_cstr(answer, "effects");
	char *kind = NULL;
	int r = 0;

	if (of_command && !ydoc_get(n, "command")) {
		(void)err_at(err, ERR_RECIPE_MISSING, n->pos,
			     "'do: " STR_FMT "' needs the 'command' that it answers",
			     STR_ARG(answer));
		return err_hint(err, "add 'command:' as 'ingot lock' prints it, or 'do: skip' for "
				     "the whole script");
	}
	if (of_effects && !ydoc_get(n, "effects")) {
		(void)err_at(err, ERR_RECIPE_MISSING, n->pos, "'do: effects' lists no 'effects'");
		return err_hint(err, "add 'effects:' with one line for each, or 'do: skip'");
	}
	kind = mem_printf("do: " STR_FMT, STR_ARG(answer));
	if (!of_command && !of_effects)
		r = refuse_beside(n, "command", kind, err);
	if (r == 0 && !of_effects)
		r = refuse_beside(n, "effects", kind, err);
	free(kind);
	if (r < 0 || !str_equal_cstr(answer, "first-boot") ||
	    str_equal_cstr(ydoc_get(n, "script")->text, "postinst"))
		return r;
	(void)err_at(err, ERR_RECIPE_CONFLICT, ydoc_get(n, "do")->pos,
		     "'first-boot' leaves a postinst to the machine, and nothing else");
	return err_hint(err, "answer the postinst so, or choose another answer");
}

static int check_service(const struct ydoc_node *n, struct error *err)
{
	if (!ydoc_get(n, "check") || ydoc_get(n, "port"))
		return 0;
	(void)err_at(err, ERR_RECIPE_MISSING, ydoc_get(n, "check")->pos,
		     "'check' needs the 'port' that it asks");
	return err_hint(err, "add 'port: 80'");
}

int rules_check_entry(const struct schema_type *t, const struct ydoc_node *n, struct error *err)
{
	if (schema_field(t, STR("symlink")))
		return check_file(n, err);
	if (schema_field(t, STR("enable")))
		return check_service(n, err);
	if (schema_field(t, STR("do")))
		return check_script(n, err);
	return 0;
}

/* --- the whole recipe ----------------------------------------------------------------- */

static int check_sources(const struct recipe *r, struct error *err)
{
	bool needed = r->essential || r->n_packages;

	for (size_t i = 0; i < r->n_targets; i++)
		needed = needed || r->targets[i].n_packages;
	if (!needed || r->n_sources)
		return 0;
	(void)err_at(err, ERR_RECIPE_MISSING, (struct src_pos){ r->document->pos.file, 1, 1 },
		     "packages are asked for, but there are no 'sources'");
	return err_hint(err, "add 'sources:' with an archive; 'essential: false' and no packages "
			     "make an image of files only");
}

static int check_targets(const struct recipe *r, struct error *err)
{
	if (r->n_targets == 0) {
		(void)err_at(err, ERR_RECIPE_MISSING, ydoc_get(r->document, "targets")->pos,
			     "there are no targets");
		return err_hint(err, "add one: 'targets: {container: {type: oci}}'");
	}
	if (r->n_architectures)
		return 0;
	(void)err_at(err, ERR_RECIPE_MISSING, ydoc_get(r->document, "architectures")->pos,
		     "there are no architectures");
	return err_hint(err, "add one: 'architectures: [amd64]'");
}

static int refuse_id(struct src_pos pos, const char *what, uint32_t id, struct str name,
		     struct error *err)
{
	(void)err_at(err, ERR_RECIPE_CONFLICT, pos, "%s %u is already that of '" STR_FMT "'", what,
		     id, STR_ARG(name));
	return err_hint(err, "give each its own number, or none: the lock then chooses");
}

/* The one that has @id already, or the number of @i is noted. */
static bool id_taken(struct strtab *seen, uint32_t id, uint32_t i, uint32_t *ret)
{
	char text[16];
	struct str key = { text, (size_t)snprintf(text, sizeof(text), "%u", id) };

	if (strtab_find(seen, key, ret))
		return true;
	(void)strtab_put(seen, key, i);
	return false;
}

static int check_uids(const struct recipe *r, struct error *err)
{
	CLEANUP_STRTAB struct strtab seen = STRTAB_INIT;
	uint32_t first;

	for (uint32_t i = 0; i < r->n_users; i++)
		if (r->users[i].uid != RECIPE_ID_AUTO &&
		    id_taken(&seen, r->users[i].uid, i, &first))
			return refuse_id(r->users[i].pos, "uid", r->users[i].uid,
					 r->users[first].name, err);
	return 0;
}

/* Groups by `groups:`, and each user's own, which has the user's name. */
static size_t collect_groups(const struct recipe *r, struct recipe_group *all)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_groups; i++)
		if (r->groups[i].gid != RECIPE_ID_AUTO)
			all[n++] = r->groups[i];
	for (size_t i = 0; i < r->n_users; i++)
		if (r->users[i].gid != RECIPE_ID_AUTO)
			all[n++] = (struct recipe_group){ r->users[i].name, r->users[i].gid,
							  r->users[i].pos };
	return n;
}

static int check_gids(const struct recipe *r, struct error *err)
{
	CLEANUP_STRTAB struct strtab by_id = STRTAB_INIT, by_name = STRTAB_INIT;
	CLEANUP_FREE struct recipe_group *all =
		mem_array(r->n_groups + r->n_users + 1, sizeof(*all));
	size_t n = collect_groups(r, all);
	uint32_t first;

	for (uint32_t i = 0; i < n; i++) {
		if (id_taken(&by_id, all[i].gid, i, &first) &&
		    !str_equal(all[first].name, all[i].name))
			return refuse_id(all[i].pos, "gid", all[i].gid, all[first].name, err);
		if (!strtab_find(&by_name, all[i].name, &first)) {
			(void)strtab_put(&by_name, all[i].name, i);
			continue;
		}
		if (all[first].gid == all[i].gid)
			continue;
		(void)err_at(err, ERR_RECIPE_CONFLICT, all[i].pos,
			     "group '" STR_FMT "' has two numbers, %u and %u",
			     STR_ARG(all[i].name), all[first].gid, all[i].gid);
		return err_hint(err, "give the number in one place only");
	}
	return 0;
}

/* The first entry whose path is not before @prefix; n_files if there is none. */
static size_t first_from(const struct recipe *r, struct str prefix)
{
	size_t low = 0, high = r->n_files;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (str_compare(r->files[middle].path, prefix) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Nothing can lie below a file. Paths that come from packages are compose's. */
static int check_paths(const struct recipe *r, struct error *err)
{
	for (size_t i = 0; i < r->n_files; i++) {
		const struct recipe_file *file = &r->files[i], *below;
		CLEANUP_FREE char *prefix = NULL;
		size_t at;

		if (file->kind != RECIPE_FILE_CONTENT)
			continue;
		prefix = mem_printf(STR_FMT "/", STR_ARG(file->path));
		at = first_from(r, str_of(prefix));
		below = &r->files[at];
		if (at == r->n_files || !str_has_prefix(below->path, str_of(prefix)))
			continue;
		(void)err_at(err, ERR_RECIPE_CONFLICT, below->pos,
			     "'/" STR_FMT "' lies below '/" STR_FMT "', which is a file",
			     STR_ARG(below->path), STR_ARG(file->path));
		(void)err_detail(err, "the file is at %s:%u:%u", file->pos.file, file->pos.line,
				 file->pos.column);
		return err_hint(err, "change one of the two paths");
	}
	return 0;
}

int rules_check_recipe(const struct recipe *r, struct error *err)
{
	if (check_targets(r, err) < 0 || check_sources(r, err) < 0 || check_uids(r, err) < 0)
		return -1;
	if (check_gids(r, err) < 0 || check_paths(r, err) < 0)
		return -1;
	return rules_check_disks(r, err);
}

#include "recipe/recipe_rules.h"

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

static int check_script(const struct ydoc_node *n, struct error *err)
{
	const struct ydoc_node *answer = ydoc_get(n, "do");
	bool of_command = !str_equal_cstr(answer->text, "skip") &&
			  !str_equal_cstr(answer->text, "first-boot");
	bool of_effects = str_equal_cstr(answer->text, "effects");

	if (of_command && !ydoc_get(n, "command")) {
		(void)err_at(err, ERR_RECIPE_MISSING, n->pos,
			     "'do: " STR_FMT "' needs the 'command' that it answers",
			     STR_ARG(answer->text));
		return err_hint(err, "add 'command:' with the words of the script, or 'do: skip' "
				     "for the whole script");
	}
	if (!of_command && ydoc_get(n, "command"))
		return refuse_beside(n, "command", str_equal_cstr(answer->text, "skip") ?
				     "do: skip" : "do: first-boot", err);
	if (of_effects && !ydoc_get(n, "effects")) {
		(void)err_at(err, ERR_RECIPE_MISSING, n->pos, "'do: effects' lists no 'effects'");
		return err_hint(err, "add 'effects:' with one line for each, or 'do: skip-command'");
	}
	if (!of_effects && ydoc_get(n, "effects"))
		return refuse_beside(n, "effects", "another answer than 'do: effects'", err);
	return 0;
}

int rules_check_entry(const struct schema_type *t, const struct ydoc_node *n, struct error *err)
{
	if (schema_field(t, STR("symlink")))
		return check_file(n, err);
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

static int check_uids(const struct recipe *r, struct error *err)
{
	for (size_t i = 0; i < r->n_users; i++)
		for (size_t j = 0; j < i; j++)
			if (r->users[i].uid != RECIPE_ID_AUTO &&
			    r->users[i].uid == r->users[j].uid)
				return refuse_id(r->users[i].pos, "uid", r->users[i].uid,
						 r->users[j].name, err);
	return 0;
}

/* Groups by `groups:`, and each user's own, which has the user's name. */
static int check_gids(const struct recipe *r, struct error *err)
{
	size_t n = 0;
	CLEANUP_FREE struct recipe_group *all =
		mem_array(r->n_groups + r->n_users + 1, sizeof(*all));

	for (size_t i = 0; i < r->n_groups; i++)
		all[n++] = r->groups[i];
	for (size_t i = 0; i < r->n_users; i++)
		all[n++] = (struct recipe_group){ r->users[i].name, r->users[i].gid,
						  r->users[i].pos };
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i && all[i].gid != RECIPE_ID_AUTO; j++) {
			bool same = str_equal(all[i].name, all[j].name);

			if (!same && all[i].gid == all[j].gid)
				return refuse_id(all[i].pos, "gid", all[i].gid, all[j].name, err);
			if (!same || all[j].gid == RECIPE_ID_AUTO || all[i].gid == all[j].gid)
				continue;
			(void)err_at(err, ERR_RECIPE_CONFLICT, all[i].pos,
				     "group '" STR_FMT "' has two numbers, %u and %u",
				     STR_ARG(all[i].name), all[j].gid, all[i].gid);
			return err_hint(err, "give the number in one place only");
		}
	}
	return 0;
}

/* Nothing can lie below a file. Paths that come from packages are compose's. */
static int check_paths(const struct recipe *r, struct error *err)
{
	CLEANUP_STRTAB struct strtab files = STRTAB_INIT;

	for (size_t i = 0; i < r->n_files; i++)
		if (r->files[i].kind == RECIPE_FILE_CONTENT)
			(void)strtab_put(&files, r->files[i].path, (uint32_t)i);
	for (size_t i = 0; i < r->n_files; i++) {
		struct str path = r->files[i].path;

		for (size_t len = 1; len < path.len; len++) {
			uint32_t above;

			if (path.ptr[len] != '/' ||
			    !strtab_find(&files, (struct str){ path.ptr, len }, &above))
				continue;
			(void)err_at(err, ERR_RECIPE_CONFLICT, r->files[i].pos,
				     "'/" STR_FMT "' lies below '/" STR_FMT "', which is a file",
				     STR_ARG(path), STR_ARG(r->files[above].path));
			(void)err_detail(err, "the file is at %s:%u:%u",
					 r->files[above].pos.file, r->files[above].pos.line,
					 r->files[above].pos.column);
			return err_hint(err, "change one of the two paths");
		}
	}
	return 0;
}

int rules_check_recipe(const struct recipe *r, struct error *err)
{
	if (check_targets(r, err) < 0 || check_sources(r, err) < 0 || check_uids(r, err) < 0)
		return -1;
	return check_gids(r, err) < 0 || check_paths(r, err) < 0 ? -1 : 0;
}

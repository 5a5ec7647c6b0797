/*
 * Reading a lock. A lock is written by ingot and reviewed by people, so only
 * the canonical text is accepted: after reading, the lock is written again and
 * compared. What a reviewer saw is then all that there is.
 */

#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "resolve/deb822.h"
#include "resolve/lock.h"
#include "resolve/lock_node.h"

#define KEYS(...) ((const char *const[]){ __VA_ARGS__, NULL })

typedef int item_fn(struct lock *l, const struct ydoc_node *node, void *ret, struct error *err);

/* A list of items of @size bytes each, in the lock's arena. Absent: empty. */
static int parse_list(struct lock *l, const struct ydoc_node *map, const char *key,
		      item_fn *parse, size_t size, void **ret, size_t *ret_n,
		      struct error *err)
{
	const struct ydoc_node *list = NULL;
	char *items;

	if (lock_node_find(map, key, YDOC_LIST, &list, err) < 0)
		return -1;
	*ret_n = list ? list->n_items : 0;
	items = arena_array(&l->arena, *ret_n, size);
	for (size_t i = 0; i < *ret_n; i++)
		if (parse(l, list->items[i], items + i * size, err) < 0)
			return -1;
	*ret = items;
	return 0;
}

static int out_of_order(const struct ydoc_node *node, const char *what, struct error *err)
{
	return err_at(err, ERR_LOCK_SYNTAX, node->pos, "%s is out of order or stands twice", what);
}

/* A path that is joined to an address or a folder: it must not climb. */
static int check_path(const struct ydoc_node *map, struct str path, bool ascii,
		      struct error *err)
{
	struct str rest = path, part;
	bool good = path.len > 0 && path.len <= LIMIT_PATH_MAX && (!ascii || is_archive_path(path));

	while (good && str_split(&rest, '/', &part))
		good = part.len && !str_equal_cstr(part, ".") && !str_equal_cstr(part, "..");
	if (!good)
		return err_at(err, ERR_LOCK_SYNTAX, map->pos, "'" STR_FMT "' is not a relative path",
			      STR_ARG(path));
	return 0;
}

/* ---- resolution ---- */

static int parse_index(struct lock *l, const struct ydoc_node *node, void *ret,
		       struct error *err)
{
	struct lock_index *index = ret;

	(void)l;
	if (lock_node_map(node, KEYS("path", "size", "sha256"), err) < 0 ||
	    lock_node_str(node, "path", &index->path, err) < 0 ||
	    check_path(node, index->path, /* ascii= */ true, err) < 0 ||
	    lock_node_u64(node, "size", LIMIT_INDEX_SIZE, &index->size, err) < 0)
		return -1;
	return lock_node_sha256(node, &index->digest, err);
}

static int parse_suite(struct lock *l, const struct ydoc_node *node, void *ret,
		       struct error *err)
{
	struct lock_suite *s = ret;
	void *indexes;

	if (lock_node_map(node,
			  KEYS("source", "suite", "origin", "label", "codename", "date",
			       "snapshot", "inrelease", "size", "signed-by", "indexes"),
			  err) < 0 ||
	    lock_node_str(node, "source", &s->source, err) < 0 ||
	    lock_node_str(node, "suite", &s->suite, err) < 0 ||
	    lock_node_str(node, "origin", &s->origin, err) < 0 ||
	    lock_node_str(node, "label", &s->label, err) < 0 ||
	    lock_node_str(node, "codename", &s->codename, err) < 0 ||
	    lock_node_time(node, "date", &s->date, err) < 0 ||
	    lock_node_str_or(node, "snapshot", STR(""), &s->snapshot, err) < 0 ||
	    lock_node_digest(node, "inrelease", &s->inrelease, err) < 0 ||
	    lock_node_u64(node, "size", LIMIT_RELEASE_SIZE, &s->inrelease_size, err) < 0 ||
	    lock_node_strs(node, "signed-by", &l->arena, &s->signed_by, &s->n_signed_by, err) < 0 ||
	    parse_list(l, node, "indexes", parse_index, sizeof(struct lock_index), &indexes,
		       &s->n_indexes, err) < 0)
		return -1;
	s->indexes = indexes;
	for (size_t i = 1; i < s->n_indexes; i++)
		if (str_compare(s->indexes[i - 1].path, s->indexes[i].path) >= 0)
			return out_of_order(node, "an index", err);
	for (size_t i = 1; i < s->n_signed_by; i++)
		if (str_compare(s->signed_by[i - 1], s->signed_by[i]) >= 0)
			return out_of_order(node, "a fingerprint", err);
	return 0;
}

/* A text that is none of these two is found by writing it again. */
static int parse_boot(const struct ydoc_node *node, struct lock_package *p, struct error *err)
{
	struct str text;

	if (lock_node_str_or(node, "boot", STR(""), &text, err) < 0)
		return -1;
	p->boot_only = str_equal(text, STR("only"));
	p->boot = p->boot_only || str_equal(text, STR("too"));
	if (p->boot_only && p->n_targets)
		return err_at(err, ERR_LOCK_SYNTAX, node->pos,
			      "what only boots has no targets");
	return 0;
}

static int parse_package(struct lock *l, const struct lock_architecture *a,
			 const struct ydoc_node *node, struct lock_package *p,
			 struct error *err)
{
	struct str archive = l->n_suites ? l->suites[0].source : STR("");

	if (lock_node_map(node,
			  KEYS("name", "version", "architecture", "source", "source-version",
			       "why", "targets", "boot", "essential", "slice", "from", "suite", "path",
			       "size", "sha256"),
			  err) < 0 ||
	    lock_node_str(node, "name", &p->name, err) < 0 ||
	    lock_node_str(node, "version", &p->version, err) < 0 ||
	    lock_node_str_or(node, "architecture", a->name, &p->architecture, err) < 0 ||
	    lock_node_str_or(node, "source", p->name, &p->source, err) < 0 ||
	    lock_node_str_or(node, "source-version", p->version, &p->source_version, err) < 0 ||
	    lock_node_str(node, "why", &p->why, err) < 0 ||
	    lock_node_strs(node, "targets", &l->arena, &p->targets, &p->n_targets, err) < 0 ||
	    parse_boot(node, p, err) < 0 ||
	    lock_node_true(node, "essential", &p->essential, err) < 0 ||
	    lock_node_u32_or(node, "slice", 0, &p->slice, err) < 0 ||
	    lock_node_str_or(node, "from", archive, &p->archive, err) < 0 ||
	    lock_node_str(node, "suite", &p->suite, err) < 0 ||
	    lock_node_str(node, "path", &p->path, err) < 0 ||
	    check_path(node, p->path, /* ascii= */ true, err) < 0 ||
	    lock_node_u64(node, "size", LIMIT_DEB_SIZE, &p->size, err) < 0 ||
	    lock_node_sha256(node, &p->digest, err) < 0)
		return -1;
	if (!package_name_ok(p->name) || !package_version_ok(p->version))
		return err_at(err, ERR_LOCK_SYNTAX, node->pos,
			      "'" STR_FMT "' '" STR_FMT "' is not a package and its version",
			      STR_ARG(p->name), STR_ARG(p->version));
	if (p->slice && p->slice >= l->n_slices)
		return err_at(err, ERR_LOCK_SYNTAX, node->pos, "there is no slice %u", p->slice);
	for (size_t i = 1; i < p->n_targets; i++)
		if (str_compare(p->targets[i - 1], p->targets[i]) >= 0)
			return out_of_order(node, "a target", err);
	return 0;
}

static int parse_architecture(struct lock *l, const struct ydoc_pair *pair,
			      struct lock_architecture *a, struct error *err)
{
	const struct ydoc_node *list = pair->value;

	a->name = pair->key;
	if (list->kind != YDOC_LIST)
		return err_at(err, ERR_LOCK_SYNTAX, list->pos, "the packages of '" STR_FMT
			      "' are not a list", STR_ARG(a->name));
	a->n_packages = list->n_items;
	a->packages = arena_array(&l->arena, a->n_packages, sizeof(*a->packages));
	for (size_t i = 0; i < a->n_packages; i++) {
		if (parse_package(l, a, list->items[i], &a->packages[i], err) < 0)
			return -1;
		if (i && str_compare(a->packages[i - 1].name, a->packages[i].name) >= 0)
			return out_of_order(list->items[i], "a package", err);
	}
	return 0;
}

static int parse_resolution(struct lock *l, const struct ydoc_node *root, struct error *err)
{
	const struct ydoc_node *packages = NULL;
	void *suites;

	if (lock_node_digest(root, "resolution", &l->resolution, err) < 0 ||
	    parse_list(l, root, "suites", parse_suite, sizeof(struct lock_suite), &suites,
		       &l->n_suites, err) < 0 ||
	    lock_node_strs(root, "slices", &l->arena, &l->slices, &l->n_slices, err) < 0 ||
	    lock_node_find(root, "packages", YDOC_MAP, &packages, err) < 0)
		return -1;
	l->suites = suites;
	l->n_architectures = packages ? packages->n_pairs : 0;
	l->architectures = arena_array(&l->arena, l->n_architectures, sizeof(*l->architectures));
	for (size_t i = 0; i < l->n_architectures; i++)
		if (parse_architecture(l, &packages->pairs[i], &l->architectures[i], err) < 0)
			return -1;
	return 0;
}

/* ---- inputs ---- */

static int parse_input(struct lock *l, const struct ydoc_node *node, void *ret,
		       struct error *err)
{
	struct lock_input *in = ret;

	(void)l;
	if (lock_node_map(node, KEYS("path", "kind", "executable", "target", "size", "sha256"),
			  err) < 0 ||
	    lock_node_str(node, "path", &in->path, err) < 0 ||
	    check_path(node, in->path, /* ascii= */ false, err) < 0 ||
	    lock_node_str(node, "kind", &in->kind, err) < 0 ||
	    lock_node_true(node, "executable", &in->executable, err) < 0)
		return -1;
	if (str_equal_cstr(in->kind, "link"))
		return lock_node_str(node, "target", &in->target, err);
	if (str_equal_cstr(in->kind, "folder"))
		return 0;
	if (lock_node_u64(node, "size", LIMIT_FILE_SIZE, &in->size, err) < 0)
		return -1;
	return lock_node_sha256(node, &in->digest, err);
}

static int parse_answer(struct lock *l, const struct ydoc_node *node, void *ret,
			struct error *err)
{
	struct lock_answer *a = ret;

	(void)l;
	if (lock_node_map(node, KEYS("package", "script", "sha256", "command", "do", "reason"),
			  err) < 0 ||
	    lock_node_str(node, "package", &a->package, err) < 0 ||
	    lock_node_str(node, "script", &a->script, err) < 0 ||
	    lock_node_sha256(node, &a->digest, err) < 0 ||
	    lock_node_str_or(node, "command", STR(""), &a->command, err) < 0 ||
	    lock_node_str(node, "do", &a->answer, err) < 0)
		return -1;
	return lock_node_str(node, "reason", &a->reason, err);
}

static int parse_effects(struct lock *l, const struct ydoc_node *node, void *ret,
			 struct error *err)
{
	struct lock_effects *e = ret;

	(void)l;
	if (lock_node_map(node, KEYS("architecture", "target", "sha256"), err) < 0 ||
	    lock_node_str(node, "architecture", &e->architecture, err) < 0 ||
	    lock_node_str(node, "target", &e->target, err) < 0)
		return -1;
	return lock_node_sha256(node, &e->digest, err);
}

static int parse_package_effects(struct lock *l, const struct ydoc_node *node, void *ret,
				 struct error *err)
{
	struct lock_package_effects *p = ret;

	(void)l;
	if (lock_node_map(node, KEYS("architecture", "target", "package", "digest"), err) < 0 ||
	    lock_node_str(node, "architecture", &p->architecture, err) < 0 ||
	    lock_node_str(node, "target", &p->target, err) < 0 ||
	    lock_node_str(node, "package", &p->package, err) < 0)
		return -1;
	return lock_node_str(node, "digest", &p->digest, err);
}

static int parse_id_kind(struct lock *l, const struct ydoc_node *ids, const char *key,
			 enum lock_id_kind kind, struct error *err)
{
	const struct ydoc_node *map = NULL;

	if (lock_node_find(ids, key, YDOC_MAP, &map, err) < 0)
		return -1;
	for (size_t i = 0; map && i < map->n_pairs; i++) {
		const struct ydoc_node *value = map->pairs[i].value;
		uint64_t id;

		if (value->kind != YDOC_SCALAR || !str_parse_u64(value->text, &id) ||
		    id >= UINT32_MAX)
			return err_at(err, ERR_LOCK_SYNTAX, value->pos, "this is not an id");
		if (i && str_compare(map->pairs[i - 1].key, map->pairs[i].key) >= 0)
			return out_of_order(value, "a name", err);
		l->ids[l->n_ids++] = (struct lock_id){ kind, map->pairs[i].key, (uint32_t)id };
	}
	return 0;
}

static int parse_ids(struct lock *l, const struct ydoc_node *root, struct error *err)
{
	const struct ydoc_node *ids = NULL, *users = NULL, *groups = NULL;

	if (lock_node_find(root, "ids", YDOC_MAP, &ids, err) < 0 || !ids)
		return err->code ? -1 : 0;
	if (lock_node_map(ids, KEYS("users", "groups"), err) < 0 ||
	    lock_node_find(ids, "users", YDOC_MAP, &users, err) < 0 ||
	    lock_node_find(ids, "groups", YDOC_MAP, &groups, err) < 0)
		return -1;
	l->ids = arena_array(&l->arena,
			     (users ? users->n_pairs : 0) + (groups ? groups->n_pairs : 0),
			     sizeof(*l->ids));
	if (parse_id_kind(l, ids, "users", LOCK_ID_USER, err) < 0)
		return -1;
	return parse_id_kind(l, ids, "groups", LOCK_ID_GROUP, err);
}

static int order_of(struct str a, struct str b, struct str c, struct str d)
{
	int order = str_compare(a, b);

	return order ? order : str_compare(c, d);
}

static int check_answers(const struct lock *l, const struct ydoc_node *root, struct error *err)
{
	for (size_t i = 1; i < l->n_answers; i++) {
		const struct lock_answer *a = &l->answers[i - 1], *b = &l->answers[i];
		int order = order_of(a->package, b->package, a->script, b->script);

		if (order > 0 || (order == 0 && str_compare(a->command, b->command) >= 0))
			return out_of_order(ydoc_get(root, "answers")->items[i], "an answer", err);
	}
	return 0;
}

static int check_effects(const struct lock *l, const struct ydoc_node *root, struct error *err)
{
	for (size_t i = 1; i < l->n_effects; i++) {
		const struct lock_effects *a = &l->effects[i - 1], *b = &l->effects[i];

		if (order_of(a->architecture, b->architecture, a->target, b->target) >= 0)
			return out_of_order(ydoc_get(root, "effects")->items[i], "a target", err);
	}
	for (size_t i = 1; i < l->n_package_effects; i++) {
		const struct lock_package_effects *a = &l->package_effects[i - 1];
		const struct lock_package_effects *b = &l->package_effects[i];
		int order = order_of(a->architecture, b->architecture, a->target, b->target);

		if (order > 0 || (order == 0 && str_compare(a->package, b->package) >= 0))
			return out_of_order(ydoc_get(root, "package-effects")->items[i],
					    "a package", err);
	}
	return 0;
}

/* What scripts do, and what the recipe says of those that can't be evaluated. */
static int parse_scripts(struct lock *l, const struct ydoc_node *root, struct error *err)
{
	void *answers, *effects, *packages;

	if (parse_list(l, root, "answers", parse_answer, sizeof(struct lock_answer), &answers,
		       &l->n_answers, err) < 0 ||
	    parse_list(l, root, "effects", parse_effects, sizeof(struct lock_effects), &effects,
		       &l->n_effects, err) < 0 ||
	    parse_list(l, root, "package-effects", parse_package_effects,
		       sizeof(struct lock_package_effects), &packages, &l->n_package_effects,
		       err) < 0)
		return -1;
	l->answers = answers;
	l->effects = effects;
	l->package_effects = packages;
	return check_answers(l, root, err) < 0 ? -1 : check_effects(l, root, err);
}

static int parse_inputs(struct lock *l, const struct ydoc_node *root, struct error *err)
{
	void *inputs;
	uint64_t evaluator;

	if (lock_node_digest(root, "recipe-digest", &l->inputs_recipe, err) < 0 ||
	    lock_node_time(root, "epoch", &l->epoch, err) < 0 ||
	    lock_node_u64(root, "evaluator", UINT32_MAX, &evaluator, err) < 0 ||
	    lock_node_str(root, "compressors", &l->compressors, err) < 0 ||
	    parse_list(l, root, "inputs", parse_input, sizeof(struct lock_input), &inputs,
		       &l->n_inputs, err) < 0 ||
	    parse_ids(l, root, err) < 0 || parse_scripts(l, root, err) < 0)
		return -1;
	l->evaluator = (uint32_t)evaluator;
	l->inputs = inputs;
	for (size_t i = 1; i < l->n_inputs; i++)
		if (str_compare(l->inputs[i - 1].path, l->inputs[i].path) >= 0)
			return out_of_order(ydoc_get(root, "inputs")->items[i], "an input", err);
	return 0;
}

/* ---- the whole ---- */

/* Before anything else is looked at: another format has other keys. */
static int check_formats(struct lock *l, const struct ydoc_node *root, struct error *err)
{
	uint64_t lock, output;

	if (root->kind != YDOC_MAP)
		return err_at(err, ERR_LOCK_SYNTAX, root->pos, "a lock is a mapping");
	if (lock_node_u64(root, "lock", UINT32_MAX, &lock, err) < 0)
		return -1;
	if (lock != LOCK_FORMAT) {
		err_at(err, ERR_LOCK_FORMAT, ydoc_get(root, "lock")->pos,
		       "this lock is of format %llu; this ingot reads format %u",
		       (unsigned long long)lock, LOCK_FORMAT);
		return err_hint(err, "use the ingot that wrote it, or lock again");
	}
	if (lock_node_u64(root, "output", UINT32_MAX, &output, err) < 0)
		return -1;
	if (output != OUTPUT_FORMAT) {
		err_at(err, ERR_LOCK_FORMAT, ydoc_get(root, "output")->pos,
		       "this lock is for output format %llu; this ingot writes output format %u",
		       (unsigned long long)output, OUTPUT_FORMAT);
		return err_hint(err, "use the ingot that wrote it, or lock again");
	}
	l->output_format = (uint32_t)output;
	return 0;
}

static int parse_root(struct lock *l, const struct ydoc_node *root, struct error *err)
{
	if (check_formats(l, root, err) < 0 ||
	    lock_node_map(root,
			  KEYS("lock", "output", "recipe", "resolution", "suites", "slices",
			       "packages", "recipe-digest", "epoch", "evaluator", "compressors",
			       "inputs", "ids", "answers", "effects", "package-effects"),
			  err) < 0 ||
	    lock_node_str(root, "recipe", &l->recipe, err) < 0 ||
	    parse_resolution(l, root, err) < 0)
		return -1;
	return parse_inputs(l, root, err);
}

/* git's markers, with a hint of their own: it is what most often goes wrong. */
static int check_conflict(struct bytes text, const char *name, struct error *err)
{
	struct str rest = bytes_str(text), line;

	for (uint32_t n = 1; str_split(&rest, '\n', &line); n++) {
		if (!str_has_prefix(line, STR("<<<<<<< ")) &&
		    !str_has_prefix(line, STR(">>>>>>> ")) && !str_equal_cstr(line, "======="))
			continue;
		err_at(err, ERR_LOCK_SYNTAX, (struct src_pos){ name, n, 1 },
		       "the lock holds a merge conflict");
		return err_hint(err, "merge the recipe first, take either side of the lock "
				     "('git checkout --ours' or '--theirs'), then run 'ingot lock'");
	}
	return 0;
}

/* Fails at the first place where @text is not what ingot would write. */
static int check_canonical(const struct lock *l, struct bytes text, const char *name,
			   struct error *err)
{
	CLEANUP_BUF struct buf again = BUF_INIT(8u * LIMIT_LOCK_SIZE);
	struct src_pos pos = { name, 1, 1 };
	size_t i = 0;

	lock_format(l, &again);
	if (bytes_equal(buf_bytes(&again), text))
		return 0;
	for (; i < text.len && i < again.len && text.ptr[i] == again.ptr[i]; i++) {
		pos.column++;
		if (text.ptr[i] == '\n') {
			pos.line++;
			pos.column = 1;
		}
	}
	err_at(err, ERR_LOCK_SYNTAX, pos, "the lock is not as ingot writes it");
	return err_hint(err, "it was edited by hand: restore it from git; or delete it and run 'ingot lock', which pins every version anew");
}

static int parse(struct lock *l, struct bytes text, const char *name, struct error *err)
{
	struct ydoc_node *root;

	if (check_conflict(text, name, err) < 0)
		return -1;
	if (ydoc_parse(text, name, LIMIT_LOCK_SIZE, &l->arena, &root, err) < 0) {
		if (err->code != ERR_LIMIT)
			err->code = ERR_LOCK_SYNTAX; /* not a recipe: another exit status */
		return -1;
	}
	if (parse_root(l, root, err) < 0)
		return -1;
	return check_canonical(l, text, name, err);
}

int lock_parse(struct bytes text, const char *name, struct lock **ret, struct error *err)
{
	CLEANUP_LOCK struct lock *l = lock_new();

	if (parse(l, text, name, err) < 0)
		return err_hint(err, "restore the lock from git, or run 'ingot lock' again");
	*ret = TAKE_PTR(l);
	return 0;
}

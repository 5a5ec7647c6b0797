#include "pipeline/explain_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/diff_changes.h"
#include "attest/diff_disks.h"
#include "attest/diff_explain.h"
#include "attest/diff_images.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "io/interrupt.h"
#include "io/window.h"
#include "pipeline/explain_private.h"

#define DETAILS_MAX 200u /* contents that are looked into: more nobody reads */
#define PIECE (1u << 20)

/* ---- the same bytes ---- */

static bool is_same_file(const struct explain_side *a, const struct explain_side *b)
{
	struct stat x, y;

	return fstat(a->fd, &x) == 0 && fstat(b->fd, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

static int same_bytes(const struct explain_side *a, const struct explain_side *b, bool *ret,
		      struct error *err)
{
	CLEANUP_FREE uint8_t *x = mem_alloc(PIECE), *y = mem_alloc(PIECE);
	const struct window in_a = { a->fd, a->path, 0, a->size };
	const struct window in_b = { b->fd, b->path, 0, b->size };

	*ret = is_same_file(a, b);
	if (*ret || a->size != b->size)
		return 0;
	for (uint64_t at = 0; at < a->size; at += PIECE) {
		size_t n = a->size - at < PIECE ? (size_t)(a->size - at) : PIECE;

		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted while comparing");
		if (window_read(&in_a, at, x, n, err) < 0 || window_read(&in_b, at, y, n, err) < 0)
			return -1;
		if (memcmp(x, y, n) != 0)
			return 0;
	}
	*ret = true;
	return 0;
}

/* ---- what differs ---- */

static int compare(struct context *c, const struct explain_side *a, const struct explain_side *b,
		   const struct explain_options *o, struct image_diff *d, struct error *err)
{
	const struct window in_a = { a->fd, a->path, 0, a->size };
	const struct window in_b = { b->fd, b->path, 0, b->size };
	unsigned details = o->details ? DETAILS_MAX : 0;

	if (a->kind == EXPLAIN_TREE || b->kind == EXPLAIN_TREE)
		return explain_trees(c, a, b, details, d, err);
	switch (a->kind) {
	case EXPLAIN_OCI: {
		const struct diff_images_side x = { a->image, a->layers,
						    explain_side_reader(c, a), in_a };
		const struct diff_images_side y = { b->image, b->layers,
						    explain_side_reader(c, b), in_b };

		return diff_images(d, &x, &y, details, err);
	}
	case EXPLAIN_DISK: {
		const struct diff_disks_side x = { a->disk, in_a }, y = { b->disk, in_b };

		return diff_disks(d, &x, &y, details, err);
	}
	case EXPLAIN_LOCK:
		return explain_locks(c, a->lock, b->lock, buf_bytes(&a->text), buf_bytes(&b->text),
				     d, err);
	case EXPLAIN_BUNDLE:
		return explain_bundles(c, a->bundle, b->bundle, d, err);
	case EXPLAIN_TREE:
		break;
	}
	return err_set(err, ERR_BUG, "two files of no kind");
}

/* ---- why ---- */

static void note_missing(const struct explain_side *a, const struct explain_side *b,
			 struct image_diff *d)
{
	const char *which = a->has_causes ? "B" : "A", *known = a->has_causes ? "A" : "B";
	const struct explain_side *without = a->has_causes ? b : a;
	bool has_tree = a->kind == EXPLAIN_TREE || b->kind == EXPLAIN_TREE;

	if (a->has_causes && b->has_causes)
		return;
	if (!a->has_causes && !b->has_causes && has_tree)
		image_diff_note(d, "no causes are known (a tree has none of its own): only "
				   "packages are named, by dpkg's database in both");
	else if (a->has_causes != b->has_causes && without->kind == EXPLAIN_TREE)
		image_diff_note(d,
				"%s is a tree, which has no causes of its own: each difference is "
				"told with what %s has it from",
				which, known);
	else if (!a->has_causes && !b->has_causes)
		image_diff_note(d, "no causes file (STEM.causes.json) beside A and B: only packages "
				   "are named, by dpkg's database in the images");
	else
		image_diff_note(d,
				"no causes file (STEM.causes.json) beside %s: each difference is "
				"told with what %s has it from",
				which, known);
}

/* A causes file is believed: whose it is, its provenance says. */
static void note_statements(const struct explain_side *s, const char *side, struct image_diff *d)
{
	struct explain_said said;

	explain_side_said(s, &said);
	if (said.of_another)
		image_diff_note(d,
				"%s is not what the statements beside it are about: it was changed "
				"after its build",
				side);
	if (!s->has_causes)
		return;
	if (s->kind == EXPLAIN_TREE)
		image_diff_note(d,
				"the causes file of %s is believed: no statement is about a tree",
				side);
	else if (!said.any)
		image_diff_note(d,
				"nothing says that the causes file of %s is its own: there is "
				"no STEM.intoto.jsonl beside it",
				side);
	else if (said.names_others && !said.names_causes)
		image_diff_note(d,
				"the causes file of %s is not the one that its provenance "
				"names: what it says may be of another build, or made up",
				side);
	else if (!said.names_causes)
		image_diff_note(d, "no provenance beside %s names its causes file", side);
	else if (!said.of_it && !said.of_another)
		image_diff_note(d,
				"the causes file of %s is that of another file: its provenance "
				"is not about %s",
				side, side);
}

static int explain(struct context *c, struct explain_side *a, struct explain_side *b,
		   const struct explain_options *o, struct image_diff *d, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct diff_changes changes = { 0 };
	const struct diff_explain_input in = { &changes, explain_side_tree(a),
					       explain_side_tree(b), explain_side_reader(c, a),
					       explain_side_reader(c, b) };

	if (explain_side_causes(a, o->causes_a, err) < 0 ||
	    explain_side_causes(b, o->causes_b, err) < 0)
		return -1;
	d->has_causes_a = a->has_causes;
	d->has_causes_b = b->has_causes;
	if (a->has_causes && b->has_causes)
		diff_changes_of_causes(&a->causes, &b->causes, &arena, &changes);
	else if (in.tree_a && in.tree_b &&
		 diff_changes_of_trees(in.tree_a, in.reader_a, in.tree_b, in.reader_b, &arena,
				       &changes, err) < 0)
		return -1;
	if (a->has_causes != b->has_causes)
		diff_changes_add_origins(&changes, a->has_causes ? &a->causes : &b->causes,
					 a->has_causes, &arena);
	note_missing(a, b, d);
	diff_explain(d, &in);
	note_statements(a, "A", d);
	note_statements(b, "B", d);
	return 0;
}

static bool holds_tree(const struct explain_side *s)
{
	return s->kind == EXPLAIN_OCI || s->kind == EXPLAIN_DISK || s->kind == EXPLAIN_TREE;
}

static int check_kinds(const struct explain_side *a, const struct explain_side *b,
		       struct error *err)
{
	bool one_is_tree = a->kind == EXPLAIN_TREE || b->kind == EXPLAIN_TREE;

	if (a->kind == b->kind || (one_is_tree && holds_tree(a) && holds_tree(b)))
		return 0;
	(void)err_set(err, ERR_USAGE, "'%s' is of kind '%s', '%s' of kind '%s'", a->path,
		      explain_kind_names[a->kind], b->path, explain_kind_names[b->kind]);
	return err_hint(err, "compare images, disks and trees with each other, two locks or two "
			     "bundles");
}

int explain_files(struct context *c, const char *path_a, const char *path_b,
		  const struct explain_options *o, struct image_diff *ret, struct error *err)
{
	CLEANUP_EXPLAIN_SIDE struct explain_side a = EXPLAIN_SIDE_INIT, b = EXPLAIN_SIDE_INIT;

	*ret = (struct image_diff){ 0 };
	if (strcmp(path_a, "-") == 0 && strcmp(path_b, "-") == 0)
		return err_set(err, ERR_USAGE, "only one of the two can be standard input");
	if (explain_side_open(c, path_a, &a, err) < 0 ||
	    explain_side_open(c, path_b, &b, err) < 0 ||
	    check_kinds(&a, &b, err) < 0)
		return -1;
	ret->kind_a = str_of(explain_kind_names[a.kind]);
	ret->kind_b = str_of(explain_kind_names[b.kind]);
	if (same_bytes(&a, &b, &ret->identical, err) < 0)
		return -1;
	if (ret->identical)
		return 0;
	if (explain_side_read(c, &a, err) < 0 || explain_side_read(c, &b, err) < 0 ||
	    compare(c, &a, &b, o, ret, err) < 0)
		return -1;
	return o->explain && holds_tree(&a) && !ret->equal ? explain(c, &a, &b, o, ret, err) : 0;
}

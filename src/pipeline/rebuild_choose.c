/* Which target, architecture and format a file is. */
#include "pipeline/rebuild_private.h"

#include "base/cleanup.h"
#include "base/mem.h"

struct candidate {
	size_t target, format;
	struct str architecture;
};

static struct str base_name(const char *path)
{
	struct str text = str_of(path);
	size_t at = text.len;

	while (at && text.ptr[at - 1] != '/')
		at--;
	return (struct str){ text.ptr + at, text.len - at };
}

static bool is_asked_for(const struct rebuilding *b, struct str target, struct str architecture)
{
	return (!b->options->target || str_equal_cstr(target, b->options->target)) &&
	       (!b->options->architecture ||
		str_equal_cstr(architecture, b->options->architecture));
}

/* What verify_run() calls it: "oci", "disk" (raw), "qcow2", ... */
static bool is_of_kind(const struct verify_result *v, const struct build_output *o)
{
	if (!o->format.len)
		return str_equal(v->kind, STR("oci"));
	return str_equal(v->kind, o->format) ||
	       (str_equal(o->format, STR("raw")) && str_equal(v->kind, STR("disk")));
}

static bool fits(const struct rebuilding *b, bool verified, const struct build_output *o)
{
	const struct verify_result *v = &b->r->verify;

	if (!is_asked_for(b, o->target, o->architecture))
		return false;
	if (!verified)
		return str_equal(o->file, base_name(b->path));
	return is_of_kind(v, o) &&
	       (!v->architecture.len || str_equal(v->architecture, o->architecture));
}

/* All that fit; the last one in @ret. */
static size_t find(const struct rebuilding *b, bool verified, struct arena *arena,
		   struct candidate *ret, struct buf *list)
{
	size_t n = 0;

	for (size_t i = 0; i < b->lock->n_architectures; i++)
		for (size_t k = 0; k < b->recipe->n_targets; k++)
			for (size_t f = 0; f < build_n_outputs(&b->recipe->targets[k]); f++) {
				struct build_output o =
					build_output_of(b->recipe, &b->recipe->targets[k],
							b->lock->architectures[i].name, f, arena);

				if (!fits(b, verified, &o))
					continue;
				*ret = (struct candidate){ k, f, o.architecture };
				buf_printf(list, "%s" STR_FMT " for " STR_FMT, n++ ? ", " : "",
					   STR_ARG(o.target), STR_ARG(o.architecture));
			}
	return n;
}

static void choose(struct rebuilding *b, const struct candidate *c)
{
	struct arena *arena = &b->r->arena;
	struct recipe_target *t = (struct recipe_target *)&b->recipe->targets[c->target];

	b->target = t;
	b->format = t->type == TARGET_OCI ? STR("") : t->formats[c->format];
	b->architecture = c->architecture;
	/* the recipe is ours alone: of its formats only this one is built */
	if (t->type == TARGET_DISK) {
		t->formats += c->format;
		t->n_formats = 1;
	}
	b->r->target = arena_str(arena, t->name);
	b->r->architecture = arena_str(arena, c->architecture);
	b->r->format = b->format.len ? arena_str(arena, b->format) : STR("oci");
}

/* The wrong bundle looks the same as a renamed file: said before all that then differs. */
static void tell_choice(struct rebuilding *b)
{
	struct str base = base_name(b->path);

	verify_add(&b->r->verify, "bundle", VERIFY_NOTE,
		   "it is of " STR_FMT ", which makes no '" STR_FMT "': taken for its target "
		   STR_FMT ", " STR_FMT,
		   STR_ARG(b->bundle->recipe), STR_ARG(base), STR_ARG(b->r->target),
		   STR_ARG(b->r->architecture));
}

int rebuild_choose(struct rebuilding *b, bool verified, bool *ret_known, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_BUF struct buf list = BUF_INIT(1u << 20);
	struct candidate c = { 0 };
	size_t n = find(b, verified, &arena, &c, &list);

	*ret_known = n == 1;
	if (n == 1) {
		choose(b, &c);
		if (verified)
			tell_choice(b);
		return 0;
	}
	if (!verified)
		return 0;
	if (n == 0) {
		(void)err_set(err, ERR_USAGE,
			      "no target of '" STR_FMT
			      "' in '%s' makes a file of this kind (" STR_FMT "%s" STR_FMT ")",
			      STR_ARG(b->bundle->recipe), b->bundle->name,
			      STR_ARG(b->r->verify.kind), b->r->verify.architecture.len ? ", " : "",
			      STR_ARG(b->r->verify.architecture));
		return err_hint(err,
				"is it the bundle of another recipe, or of another architecture?");
	}
	(void)err_set(err, ERR_USAGE, "'%s' may be more than one target: %s", b->path,
		      buf_cstr(&list));
	return err_hint(err, "say which by --target (and --arch)");
}

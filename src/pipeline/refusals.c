#include "pipeline/refusals.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "pipeline/script_diff.h"
#include "ydoc/ydoc.h"

#define TEXT_MAX (64u << 20) /* bytes of all that is told */
#define DIFF_LINES 40u       /* of a script that has changed */

struct refusals *refusals_new(const struct recipe *r)
{
	struct refusals *f = mem_alloc(sizeof(*f));

	f->answer_used = arena_array(&f->arena, r->n_scripts + 1, sizeof(bool));
	return f;
}

void refusals_free(struct refusals *f)
{
	if (!f)
		return;
	arena_release(&f->arena);
	free(f);
}

/* ---- taking down ---- */

static bool is_of_same_script(const struct debian_refusal *a, const struct debian_refusal *b)
{
	return str_equal(a->package, b->package) && str_equal(a->member, b->member) &&
	       digest_equal(&a->digest, &b->digest);
}

static bool is_same(const struct debian_refusal *a, const struct debian_refusal *b)
{
	return is_of_same_script(a, b) && a->line == b->line && str_equal(a->script, b->script) &&
	       str_equal(a->command, b->command) && str_equal(a->reason, b->reason);
}

static struct debian_refusal copy(struct arena *arena, const struct debian_refusal *from)
{
	struct debian_refusal r = *from;
	struct str *const strings[] = { &r.package, &r.version, &r.architecture, &r.member,
					&r.trigger, &r.script,	&r.text,	 &r.command,
					&r.reason };

	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
		*strings[i] = arena_str(arena, *strings[i]);
	return r;
}

static struct refusal_row *find_or_add(struct refusals *f, const struct debian_refusal *r)
{
	struct refusal_row *row;

	for (size_t i = 0; i < f->n; i++)
		if (is_same(&f->rows[i].refusal, r))
			return &f->rows[i];
	ARENA_GROW(&f->arena, f->rows, f->n, f->capacity);
	row = &f->rows[f->n++];
	*row = (struct refusal_row){ .refusal = copy(&f->arena, r) };
	return row;
}

static void add_name(struct arena *arena, struct str **list, size_t *n, struct str name)
{
	struct str *wider;

	for (size_t i = 0; i < *n; i++)
		if (str_equal((*list)[i], name))
			return;
	wider = arena_array(arena, *n + 1, sizeof(*wider));
	for (size_t i = 0; i < *n; i++)
		wider[i] = (*list)[i];
	wider[(*n)++] = arena_str(arena, name);
	*list = wider;
}

/* An answer of the recipe for the same thing in another text of the script. */
static void mark_stale(struct refusals *f, const struct recipe *r, struct refusal_row *row)
{
	const struct debian_refusal *x = &row->refusal;

	for (size_t i = 0; i < r->n_scripts && !row->is_stale; i++) {
		const struct recipe_script *s = &r->scripts[i];

		if (!str_equal(s->package, x->package) || !str_equal(s->script, x->member) ||
		    digest_equal(&s->sha256, &x->digest) ||
		    (s->command.len && !str_equal(s->command, x->command)))
			continue;
		row->is_stale = true;
		row->stale_digest = s->sha256;
		row->stale_pos = s->pos;
		row->stale_pos.file = arena_strdup(&f->arena, str_of(s->pos.file));
	}
}

static int keep_text(struct context *c, const struct package_set *set, struct str package,
		     struct str script, struct error *err)
{
	struct digest digest;

	for (size_t i = 0; i < set->locked->n_packages; i++) {
		const struct pack_control *control;

		if (!str_equal(set->locked->packages[i].name, package))
			continue;
		control = pack_control(set->packs[i], script);
		return control ? stage_put(c->stage, control->data, &digest, err) : 0;
	}
	return 0;
}

int refusals_add(struct refusals *f, struct context *c, const struct recipe *r,
		 const struct debian_report *report, struct str target,
		 const struct package_set *set, struct error *err)
{
	for (size_t i = 0; i < report->n_refusals; i++) {
		struct refusal_row *row = find_or_add(f, &report->refusals[i]);

		if (!row->n_targets &&
		    keep_text(c, set, row->refusal.package, row->refusal.member, err) < 0)
			return -1;
		add_name(&f->arena, &row->targets, &row->n_targets, target);
		add_name(&f->arena, &row->architectures, &row->n_architectures,
			 set->locked->name);
	}
	for (size_t i = 0; report->answer_used && i < r->n_scripts; i++) {
		if (!report->answer_used[i] || f->answer_used[i])
			continue;
		f->answer_used[i] = true;
		if (keep_text(c, set, r->scripts[i].package, r->scripts[i].script, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- answers ---- */

/* What is refused in another text of the script of answer @i is told there. */
static bool is_stale_answer(const struct refusals *f, const struct recipe_script *s)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct debian_refusal *x = &f->rows[i].refusal;

		if (str_equal(x->package, s->package) && str_equal(x->member, s->script) &&
		    !digest_equal(&x->digest, &s->sha256))
			return true;
	}
	return false;
}

/* A recipe may hold answers for several releases of a script. */
static bool has_sibling(const struct refusals *f, const struct recipe *r, size_t i)
{
	const struct recipe_script *a = &r->scripts[i];

	for (size_t k = 0; k < r->n_scripts; k++) {
		const struct recipe_script *b = &r->scripts[k];

		if (f->answer_used[k] && str_equal(a->package, b->package) &&
		    str_equal(a->script, b->script) && !digest_equal(&a->sha256, &b->sha256))
			return true;
	}
	return false;
}

void refusals_note_unused(const struct refusals *f, struct context *c, const struct recipe *r)
{
	for (size_t i = 0; i < r->n_scripts; i++) {
		const struct recipe_script *s = &r->scripts[i];

		if (f->answer_used[i] || has_sibling(f, r, i) || is_stale_answer(f, s))
			continue;
		context_note(c, "%s:%u: nothing asks for this answer for the " STR_FMT
			     " of '" STR_FMT "'%s" STR_FMT, s->pos.file, s->pos.line,
			     STR_ARG(s->script), STR_ARG(s->package), s->command.len ? ": " : "",
			     STR_ARG(s->command));
	}
}

int answers_check(const struct recipe *r, struct error *err)
{
	for (size_t i = 0; i < r->n_scripts; i++) {
		const struct recipe_script *s = &r->scripts[i];

		for (size_t k = 0; k < s->n_effects; k++) {
			if (debian_check_effect(s->effects[k], err) == 0)
				continue;
			(void)err_while(err, "reading '" STR_FMT "'", STR_ARG(s->effects[k]));
			return err_place(err, s->pos);
		}
	}
	return 0;
}

/* ---- telling ---- */

static void add_list(struct buf *to, const struct str *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(to, "%s" STR_FMT, i ? ", " : "", STR_ARG(names[i]));
}

/* Where it was met, unless that is everywhere. */
static void add_where(const struct refusal_row *row, const struct recipe *r, struct buf *to)
{
	if (row->n_targets < r->n_targets) {
		buf_add_cstr(to, ", in target ");
		add_list(to, row->targets, row->n_targets);
	}
	if (row->n_architectures < r->n_architectures) {
		buf_add_cstr(to, ", on ");
		add_list(to, row->architectures, row->n_architectures);
	}
}

static void add_thing(const struct refusal_row *row, const struct recipe *r, struct buf *to)
{
	const struct debian_refusal *x = &row->refusal;

	buf_printf(to, "  --> " STR_FMT "_" STR_FMT "_" STR_FMT ".deb: " STR_FMT ":%u",
		   STR_ARG(x->package), STR_ARG(x->version), STR_ARG(x->architecture),
		   STR_ARG(x->member), x->outer_line);
	if (!str_equal(x->script, x->member))
		buf_printf(to, ", " STR_FMT ":%u", STR_ARG(x->script), x->line);
	if (x->trigger.len)
		buf_printf(to, ", for trigger " STR_FMT, STR_ARG(x->trigger));
	add_where(row, r, to);
	buf_add_char(to, '\n');
	if (x->text.len)
		buf_printf(to, "   | %2u |   " STR_FMT "\n", x->line, STR_ARG(x->text));
	if (x->command.len && !str_equal(x->command, x->text))
		buf_printf(to, "   |    =   " STR_FMT "\n", STR_ARG(x->command));
	buf_printf(to, "   = " STR_FMT "\n", STR_ARG(x->reason));
}

/* What the recipe's answer was given for, beside what the script says now. */
static int add_stale(const struct refusal_row *row, struct context *c, struct buf *to,
		     struct error *err)
{
	CLEANUP_BUF struct buf before = BUF_INIT(TEXT_MAX), after = BUF_INIT(TEXT_MAX);
	char hex[DIGEST_HEX_MAX];
	int old, new;

	buf_printf(to, "   = the answer at %s:%u is for another text of this script: the sha256 is "
		       "now\n     %s", row->stale_pos.file, row->stale_pos.line,
		   digest_hex(&row->refusal.digest, hex));
	old = stage_load(c->stage, &row->stale_digest, &before, err);
	new = old < 0 ? -1 : stage_load(c->stage, &row->refusal.digest, &after, err);
	if (new < 0)
		return -1;
	if (old == STAGE_ABSENT || new == STAGE_ABSENT) {
		buf_add_char(to, '\n');
		return 0;
	}
	buf_add_cstr(to, "; what has changed:\n");
	script_diff(buf_str(&before), buf_str(&after), "     | ", DIFF_LINES, to);
	return 0;
}

static void add_whole_script(const struct debian_refusal *x, struct context *c, struct buf *to)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(&x->digest, hex);
	buf_printf(to, "  the whole script: %s/objects/%.2s/%s\n", stage_path(c->stage), hex,
		   hex + 2);
}

static bool is_script_told(const struct refusals *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_of_same_script(&f->rows[k].refusal, &f->rows[i].refusal))
			return true;
	return false;
}

/* Script by script, whatever the order in which things were met. */
static int tell_all(const struct refusals *f, struct context *c, const struct recipe *r,
		    struct buf *to, struct error *err)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct debian_refusal *x = &f->rows[i].refusal;

		if (is_script_told(f, i))
			continue;
		if (f->n > 1)
			buf_printf(to, STR_FMT " of '" STR_FMT "' " STR_FMT "\n",
				   STR_ARG(x->member), STR_ARG(x->package), STR_ARG(x->version));
		for (size_t k = i; k < f->n; k++)
			if (is_of_same_script(&f->rows[k].refusal, x))
				add_thing(&f->rows[k], r, to);
		if (f->rows[i].is_stale && add_stale(&f->rows[i], c, to, err) < 0)
			return -1;
		add_whole_script(x, c, to);
	}
	return 0;
}

/* ---- the block for the recipe ---- */

/* Whether the whole script of row @i must be answered: single commands aren't enough. */
static bool needs_whole(const struct refusals *f, size_t i)
{
	for (size_t k = 0; k < f->n; k++)
		if (is_of_same_script(&f->rows[k].refusal, &f->rows[i].refusal) &&
		    !f->rows[k].refusal.of_command)
			return true;
	return false;
}

static bool is_command_listed(const struct refusals *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_of_same_script(&f->rows[k].refusal, &f->rows[i].refusal) &&
		    str_equal(f->rows[k].refusal.command, f->rows[i].refusal.command))
			return true;
	return false;
}

static void add_comment(const struct refusal_row *row, struct buf *to)
{
	const struct debian_refusal *x = &row->refusal;

	buf_printf(to, "  # " STR_FMT ":%u: ", STR_ARG(x->member), x->outer_line);
	text_add_safe(to, x->reason);
	buf_add_char(to, '\n');
}

static void add_entry(const struct refusal_row *row, bool whole, struct buf *to)
{
	const struct debian_refusal *x = &row->refusal;
	char hex[DIGEST_HEX_MAX];

	if (row->is_stale)
		buf_printf(to, "  # in the place of %s:%u\n", row->stale_pos.file,
			   row->stale_pos.line);
	buf_add_cstr(to, "  - {package: ");
	ydoc_add_scalar(to, x->package);
	buf_add_cstr(to, ", script: ");
	ydoc_add_scalar(to, x->member);
	buf_printf(to, ", sha256: %s", digest_hex(&x->digest, hex));
	if (!whole) {
		buf_add_cstr(to, ", command: ");
		ydoc_add_scalar(to, x->command);
	}
	buf_printf(to, ", do: %s, reason: \"\"}\n", whole ? "skip" : "skip-command");
}

static void add_whole_entry(const struct refusals *f, size_t i, struct buf *to)
{
	for (size_t k = i; k < f->n; k++)
		if (is_of_same_script(&f->rows[k].refusal, &f->rows[i].refusal))
			add_comment(&f->rows[k], to);
	add_entry(&f->rows[i], true, to);
}

/* Entries of a recipe that has a list already go to its end. */
static bool has_list(const struct recipe *r)
{
	for (size_t i = 0; i < r->n_scripts; i++)
		if (str_equal_cstr(r->path, r->scripts[i].pos.file))
			return true;
	return false;
}

static void make_block(struct refusals *f, const struct recipe *r)
{
	CLEANUP_BUF struct buf to = BUF_INIT(TEXT_MAX);

	if (!has_list(r))
		buf_add_cstr(&to, "scripts:\n");
	for (size_t i = 0; i < f->n; i++) {
		if (needs_whole(f, i)) {
			if (!is_script_told(f, i))
				add_whole_entry(f, i, &to);
		} else if (!is_command_listed(f, i)) {
			add_comment(&f->rows[i], &to);
			add_entry(&f->rows[i], false, &to);
		}
	}
	f->block = arena_strdup(&f->arena, buf_str(&to));
}

static int set_message(const struct refusals *f, struct error *err)
{
	const struct debian_refusal *x = &f->rows[0].refusal;
	size_t n_scripts = 0;

	for (size_t i = 0; i < f->n; i++)
		n_scripts += !is_script_told(f, i);
	if (n_scripts > 1)
		return err_set(err, ERR_SCRIPT,
			       "%zu maintainer scripts do %zu things that ingot does not model",
			       n_scripts, f->n);
	if (f->n > 1)
		return err_set(err, ERR_SCRIPT, STR_FMT " of '" STR_FMT "' " STR_FMT
			       " does %zu things that ingot does not model", STR_ARG(x->member),
			       STR_ARG(x->package), STR_ARG(x->version), f->n);
	return err_set(err, ERR_SCRIPT, STR_FMT " of '" STR_FMT "' " STR_FMT " %s",
		       STR_ARG(x->member), STR_ARG(x->package), STR_ARG(x->version),
		       x->of_command ? "runs a command that ingot does not model"
				     : "can't be evaluated");
}

int refusals_fail(struct refusals **taken, struct context *c, const struct recipe *r,
		  struct error *err)
{
	CLEANUP_BUF struct buf list = BUF_INIT(TEXT_MAX);
	struct refusals *f = *taken;

	if (!f->n)
		return 0;
	for (size_t i = 0; i < f->n; i++)
		mark_stale(f, r, &f->rows[i]);
	if (tell_all(f, c, r, &list, err) < 0)
		return -1;
	make_block(f, r);
	refusals_free(c->refused);
	c->refused = TAKE_PTR(*taken);
	(void)set_message(f, err);
	(void)err_body(err, buf_cstr(&list));
	return err_hint(err, "read each script, then answer it under 'scripts:' of " STR_FMT
			     ": the lines for that are below, but for the reasons; 'ingot explain "
			     "E1004' has the other answers", STR_ARG(r->path));
}

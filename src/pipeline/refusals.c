#include "pipeline/refusals.h"

#include "base/limits.h"
#include "ydoc/ydoc.h"

#define TEXT_MAX (64u << 20) /* bytes of all that is told */

void refusals_init(struct refusals *f, const struct recipe *r, struct arena *arena)
{
	*f = (struct refusals){ .arena = arena };
	f->answer_used = arena_array(arena, r->n_scripts + 1, sizeof(bool));
}

static bool is_same(const struct debian_refusal *a, const struct debian_refusal *b)
{
	return str_equal(a->package, b->package) && str_equal(a->member, b->member) &&
	       digest_equal(&a->digest, &b->digest) && a->line == b->line &&
	       str_equal(a->script, b->script) && str_equal(a->command, b->command) &&
	       str_equal(a->reason, b->reason);
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

static void add_one(struct refusals *f, const struct debian_refusal *r, struct str target,
		    struct str architecture)
{
	for (size_t i = 0; i < f->n; i++)
		if (is_same(&f->list[i].refusal, r))
			return;
	if (f->n == f->capacity) {
		size_t wider = f->capacity ? 2 * f->capacity : 16;
		struct refusal_place *grown = arena_array(f->arena, wider, sizeof(*grown));

		for (size_t i = 0; i < f->n; i++)
			grown[i] = f->list[i];
		f->list = grown;
		f->capacity = wider;
	}
	f->list[f->n++] = (struct refusal_place){ copy(f->arena, r), arena_str(f->arena, target),
						  arena_str(f->arena, architecture) };
}

void refusals_add(struct refusals *f, const struct recipe *r, const struct debian_report *report,
		  struct str target, struct str architecture)
{
	for (size_t i = 0; i < report->n_refusals; i++)
		add_one(f, &report->refusals[i], target, architecture);
	for (size_t i = 0; report->answer_used && i < r->n_scripts; i++)
		f->answer_used[i] |= report->answer_used[i];
}

/* A refusal of the script that @s is for, but with another text. */
static const struct debian_refusal *find_changed(const struct refusals *f,
						 const struct recipe_script *s)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct debian_refusal *r = &f->list[i].refusal;

		if (str_equal(r->package, s->package) && str_equal(r->member, s->script) &&
		    !digest_equal(&r->digest, &s->sha256))
			return r;
	}
	return NULL;
}

int refusals_check_answers(const struct refusals *f, struct context *c, const struct recipe *r,
			   struct error *err)
{
	for (size_t i = 0; i < r->n_scripts; i++) {
		const struct recipe_script *s = &r->scripts[i];
		const struct debian_refusal *changed = find_changed(f, s);
		char hex[DIGEST_HEX_MAX];

		if (f->answer_used[i])
			continue;
		if (!changed) {
			context_note(c, "%s:%u: nothing asks for the answer for the " STR_FMT
				     " of '" STR_FMT "'", s->pos.file, s->pos.line,
				     STR_ARG(s->script), STR_ARG(s->package));
			continue;
		}
		(void)err_at(err, ERR_SCRIPT, s->pos,
			     "the answer is for another " STR_FMT " of '" STR_FMT
			     "': that of " STR_FMT " has the sha256 %s",
			     STR_ARG(s->script), STR_ARG(s->package), STR_ARG(changed->version),
			     digest_hex(&changed->digest, hex));
		return err_hint(err, "read what has changed in the script, then set the new sha256");
	}
	return 0;
}

static void tell(const struct refusal_place *p, const struct recipe *r, struct buf *to)
{
	const struct debian_refusal *f = &p->refusal;

	buf_printf(to, "'" STR_FMT "' " STR_FMT ": " STR_FMT "\n", STR_ARG(f->package),
		   STR_ARG(f->version), STR_ARG(f->reason));
	buf_printf(to, "  --> " STR_FMT "_" STR_FMT "_" STR_FMT ".deb: " STR_FMT ":%u",
		   STR_ARG(f->package), STR_ARG(f->version), STR_ARG(f->architecture),
		   STR_ARG(f->member), f->outer_line);
	if (!str_equal(f->script, f->member))
		buf_printf(to, ", " STR_FMT ":%u", STR_ARG(f->script), f->line);
	if (f->trigger.len)
		buf_printf(to, ", for trigger " STR_FMT, STR_ARG(f->trigger));
	buf_add_char(to, '\n');
	if (f->text.len)
		buf_printf(to, "   | %2u |   " STR_FMT "\n", f->line, STR_ARG(f->text));
	if (f->command.len && !str_equal(f->command, f->text))
		buf_printf(to, "   |    = " STR_FMT "\n", STR_ARG(f->command));
	buf_printf(to, "  while composing target '" STR_FMT "' for " STR_FMT " of " STR_FMT "\n",
		   STR_ARG(p->target), STR_ARG(p->architecture), STR_ARG(r->path));
}

static bool is_listed_before(const struct refusals *all, size_t i)
{
	const struct debian_refusal *b = &all->list[i].refusal;

	for (size_t k = 0; k < i; k++) {
		const struct debian_refusal *a = &all->list[k].refusal;

		if (str_equal(a->package, b->package) && str_equal(a->member, b->member) &&
		    digest_equal(&a->digest, &b->digest) &&
		    a->of_command == b->of_command &&
		    (!b->of_command || str_equal(a->command, b->command)))
			return true;
	}
	return false;
}

static void add_entry(const struct debian_refusal *f, struct buf *to)
{
	char hex[DIGEST_HEX_MAX];

	buf_add_cstr(to, "  - {package: ");
	ydoc_add_scalar(to, f->package);
	buf_add_cstr(to, ", script: ");
	ydoc_add_scalar(to, f->member);
	buf_printf(to, ", sha256: %s", digest_hex(&f->digest, hex));
	if (f->of_command) {
		buf_add_cstr(to, ", command: ");
		ydoc_add_scalar(to, f->command);
	}
	buf_printf(to, ", do: %s, reason: \"\"}\n", f->of_command ? "skip-command" : "skip");
}

int refusals_fail(const struct refusals *f, struct context *c, const struct recipe *r,
		  struct error *err)
{
	CLEANUP_BUF struct buf list = BUF_INIT(TEXT_MAX), block = BUF_INIT(TEXT_MAX);

	if (!f->n)
		return 0;
	buf_add_cstr(&block, "scripts:\n");
	for (size_t i = 0; i < f->n; i++) {
		tell(&f->list[i], r, &list);
		if (!is_listed_before(f, i))
			add_entry(&f->list[i].refusal, &block);
	}
	if (c->observer.paste)
		c->observer.paste(c->observer.context, buf_cstr(&block));
	(void)err_set(err, ERR_SCRIPT,
		      "maintainer scripts do %zu thing%s that ingot can't evaluate", f->n,
		      f->n == 1 ? "" : "s");
	(void)err_detail(err, "%s", buf_cstr(&list));
	return err_hint(err, "read the scripts, then answer each under 'scripts:' of the recipe, with "
			     "a reason; see 'ingot explain E1004'");
}

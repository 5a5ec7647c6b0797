#include "resolve/explain.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#define LINES_MAX    (64u << 10) /* bytes of all lines of one message */
#define LONGER_MIN   3		 /* letters from which on names that begin so are listed */
#define LISTED_MAX   8		 /* candidates or providers that are spelled out */

/* "1.2-3 (trixie)" */
static void add_version(const struct solve_input *input, const struct package *p, struct buf *to)
{
	buf_add_str(to, p->version);
	if (p->origin < input->n_origins)
		buf_printf(to, " (" STR_FMT ")", STR_ARG(input->origins[p->origin]));
}

static void add_member(const struct universe *u, const struct solve_input *input, uint32_t m,
		       struct buf *to)
{
	buf_add_str(to, u->members[m].package->name);
	buf_add_char(to, ' ');
	add_version(input, u->members[m].package, to);
}

static void add_candidates(const struct universe *u, const struct solve_input *input,
			   uint32_t name, struct buf *to)
{
	const struct name_entry *entry = &u->names[name];

	for (uint32_t i = 0; i < entry->n && i < LISTED_MAX; i++) {
		buf_add_cstr(to, i ? ", " : "");
		add_version(input, u->members[entry->first + i].package, to);
	}
	if (entry->n > LISTED_MAX)
		buf_printf(to, " and %u more", entry->n - LISTED_MAX);
}

static void add_providers(const struct universe *u, uint32_t name, struct buf *to)
{
	const struct name_entry *entry = &u->names[name];
	uint32_t listed = 0, last = UINT32_MAX;

	for (uint32_t i = 0; i < entry->n_providers; i++) {
		uint32_t by = u->members[entry->providers[i]].name;

		if (by == last || by == name)
			continue;
		last = by;
		if (listed++ >= LISTED_MAX)
			continue;
		buf_add_cstr(to, listed > 1 ? ", " : "");
		buf_add_str(to, u->names[by].text);
	}
	if (listed > LISTED_MAX)
		buf_printf(to, " and %u more", listed - LISTED_MAX);
}

/* ---- a request that no candidate meets ---- */

static const char *nearest_name(const struct universe *u, struct str word)
{
	const char **names = mem_array(u->n_names + 1u, sizeof(*names));
	const char *found;
	size_t n = 0;

	/* In order of members, so by name: ties don't depend on the hash table. */
	for (uint32_t i = 0; i < u->n; i++)
		if (i == 0 || u->members[i].name != u->members[i - 1].name)
			names[n++] = u->names[u->members[i].name].text.ptr;
	found = text_suggest(word, names, n);
	free(names);
	return found;
}

/* Names that begin with @word, as "python3-django" does with "python3-d". */
static uint32_t add_longer_names(const struct universe *u, struct str word, struct buf *to)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < u->n; i++) {
		struct str name = u->members[i].package->name;

		if (!str_has_prefix(name, word) ||
		    (i > 0 && u->members[i].name == u->members[i - 1].name))
			continue;
		if (n++ < LISTED_MAX) {
			buf_add_cstr(to, n > 1 ? ", " : "");
			buf_add_str(to, name);
		}
	}
	if (n > LISTED_MAX)
		buf_printf(to, " and %u more", n - LISTED_MAX);
	return n;
}

static int no_package(const struct universe *u, const struct solve_input *input,
		      const struct solve_request *r, struct error *err)
{
	CLEANUP_BUF struct buf longer = BUF_INIT(LINES_MAX);
	const char *near = nearest_name(u, r->name);

	err_at(err, ERR_NO_PACKAGE, r->pos, "no package named '" STR_FMT "' for " STR_FMT,
	       STR_ARG(r->name), STR_ARG(input->architecture));
	if (near && text_distance(r->name, str_of(near), 1) <= 1)
		return err_hint(err, "did you mean '%s'?", near);
	if (r->name.len >= LONGER_MIN && add_longer_names(u, r->name, &longer))
		return err_hint(err, "packages whose names begin so: %s", buf_cstr(&longer));
	if (near)
		return err_hint(err, "did you mean '%s'?", near);
	return err_hint(err, "is it in another suite or component than the recipe's 'sources' name?");
}

static int only_virtual(const struct universe *u, const struct solve_request *r, uint32_t name,
			struct error *err)
{
	CLEANUP_BUF struct buf list = BUF_INIT(LINES_MAX);

	add_providers(u, name, &list);
	err_at(err, ERR_NO_PACKAGE, r->pos,
	       "'" STR_FMT "' is not a package but a name that several packages provide",
	       STR_ARG(r->name));
	return err_hint(err, "ask for one of them: %s", buf_cstr(&list));
}

static int no_version(const struct universe *u, const struct solve_input *input,
		      const struct solve_request *r, const struct atom *want, struct error *err)
{
	CLEANUP_BUF struct buf list = BUF_INIT(LINES_MAX), wanted = BUF_INIT(LINES_MAX);

	universe_add_atom(u, &wanted, want);
	add_candidates(u, input, want->name, &list);
	err_at(err, ERR_NO_VERSION, r->pos, "there is no '%s' for " STR_FMT,
	       buf_cstr(&wanted), STR_ARG(input->architecture));
	err_detail(err, "candidates: %s", buf_cstr(&list));
	return err_hint(err, "change the version in the recipe, or add a suite that has it");
}

/* Of a name that only others provide: by how many names of packages. */
static uint32_t count_providers(const struct universe *u, uint32_t name)
{
	const struct name_entry *entry = &u->names[name];
	uint32_t n = 0, last = UINT32_MAX;

	for (uint32_t i = 0; i < entry->n_providers; i++) {
		n += u->members[entry->providers[i]].name != last;
		last = u->members[entry->providers[i]].name;
	}
	return n;
}

int explain_request(const struct universe *u, const struct solve_input *input,
		    const struct solve_request *request, const struct atom *want,
		    struct error *err)
{
	const struct name_entry *entry = &u->names[want->name];
	uint32_t m;

	if (entry->n == 0 && entry->n_providers == 0)
		return no_package(u, input, request, err);
	if (entry->n == 0 && count_providers(u, want->name) > 1)
		return only_virtual(u, request, want->name, err);
	for (uint32_t i = 0; universe_candidate(u, want, &i, &m);)
		if (universe_meets(u, m, want))
			return 0;
	return no_version(u, input, request, want, err);
}

/* ---- requests that can't hold together ---- */

struct story {
	const struct universe *u;
	const struct solve_input *input;
	const struct solve_request *requests;
	const struct atom *wants;
	size_t n_wants;
	const struct sat_reason *reasons;
	size_t n_reasons;
	bool *involved;     /* of each member: part of the problem */
	uint32_t *parent;   /* of each involved member: who needs it */
	uint32_t *root;     /* of each involved member: the request it goes back to */
	uint32_t *queue, n; /* involved members in order of distance from requests */
};

#define NOBODY UINT32_MAX

static void involve(struct story *s, uint32_t m, uint32_t parent, uint32_t root)
{
	if (!s->involved[m] || s->root[m] != NOBODY)
		return;
	s->parent[m] = parent;
	s->root[m] = root;
	s->queue[s->n++] = m;
}

static void trace(struct story *s)
{
	uint32_t other;

	for (size_t w = 0; w < s->n_wants; w++)
		for (uint32_t i = 0; universe_candidate(s->u, &s->wants[w], &i, &other);)
			if (universe_meets(s->u, other, &s->wants[w]))
				involve(s, other, NOBODY, (uint32_t)w);
	for (uint32_t q = 0; q < s->n; q++) {
		const struct member *m = &s->u->members[s->queue[q]];

		for (uint32_t k = 0; k < m->n_needs; k++)
			for (uint32_t a = 0; a < m->needs[k].n && !m->needs[k].weak; a++)
				for (uint32_t i = 0; universe_candidate(
					     s->u, &m->needs[k].atoms[a], &i, &other);)
					involve(s, other, s->queue[q], s->root[s->queue[q]]);
	}
}

/* The clause of @from that @to satisfies. */
static const struct clause *clause_between(const struct story *s, uint32_t from, uint32_t to)
{
	const struct member *m = &s->u->members[from];

	for (uint32_t k = 0; k < m->n_needs; k++)
		for (uint32_t a = 0; a < m->needs[k].n; a++)
			if (universe_satisfies(s->u, to, &m->needs[k].atoms[a]))
				return &m->needs[k];
	return NULL;
}

/* "the recipe asks for a", "a 1 needs b", ...: down to @m, one line each. */
static void tell_chain(const struct story *s, uint32_t m, struct buf *to)
{
	uint32_t path[64], n = 0;

	for (uint32_t at = m; at != NOBODY && n < 64; at = s->parent[at])
		path[n++] = at;
	buf_add_cstr(to, to->len ? "\n" : "");
	if (str_equal_cstr(s->requests[s->root[m]].why, "essential"))
		buf_add_cstr(to, "every system needs ");
	else
		buf_add_cstr(to, "the recipe asks for ");
	universe_add_atom(s->u, to, &s->wants[s->root[m]]);
	for (; n > 1; n--) {
		const struct clause *c = clause_between(s, path[n - 1], path[n - 2]);

		buf_add_char(to, '\n');
		add_member(s->u, s->input, path[n - 1], to);
		buf_add_cstr(to, " needs ");
		if (c)
			universe_add_clause(s->u, to, c);
	}
}

static void tell_missing(const struct story *s, const struct clause *c, struct buf *to)
{
	for (uint32_t a = 0; a < c->n; a++) {
		uint32_t name = c->atoms[a].name;
		const struct name_entry *entry = &s->u->names[name];

		buf_add_char(to, '\n');
		buf_add_str(to, entry->text);
		if (entry->n) {
			buf_add_cstr(to, ": candidates are ");
			add_candidates(s->u, s->input, name, to);
		} else if (entry->n_providers) {
			buf_add_cstr(to, ": provided by ");
			add_providers(s->u, name, to);
			buf_add_cstr(to, ", but not so");
		} else {
			buf_add_cstr(to, ": no suite of the recipe has it");
		}
	}
}

static bool has_candidate(const struct story *s, const struct clause *c)
{
	uint32_t m;

	for (uint32_t a = 0; a < c->n; a++) {
		uint32_t i = 0;

		if (universe_candidate(s->u, &c->atoms[a], &i, &m))
			return true;
	}
	return false;
}

static void tell_needs(const struct story *s, uint32_t m, struct buf *to)
{
	const struct member *member = &s->u->members[m];

	for (uint32_t k = 0; k < member->n_needs; k++) {
		if (member->needs[k].weak || has_candidate(s, &member->needs[k]))
			continue;
		tell_chain(s, m, to);
		buf_add_char(to, '\n');
		add_member(s->u, s->input, m, to);
		buf_add_cstr(to, " needs ");
		universe_add_clause(s->u, to, &member->needs[k]);
		tell_missing(s, &member->needs[k], to);
		return;
	}
}

static void tell_conflict(const struct story *s, const struct sat_reason *r, struct buf *to)
{
	tell_chain(s, r->source, to);
	tell_chain(s, r->target, to);
	buf_add_char(to, '\n');
	add_member(s->u, s->input, r->source, to);
	buf_add_cstr(to, r->kind == SAT_CONFLICTS ? " conflicts with " : " can't stand beside ");
	add_member(s->u, s->input, r->target, to);
}

static bool is_traced(const struct story *s, uint32_t m)
{
	return m != SAT_NONE && s->root[m] != NOBODY;
}

/* The one of two requests to look at: the later one, but one that the recipe wrote. */
static uint32_t later_request(const struct story *s, uint32_t a, uint32_t b)
{
	uint32_t late = a > b ? a : b, early = a > b ? b : a;

	return s->requests[late].pos.file || !s->requests[early].pos.file ? late : early;
}

/*
 * What lacks something is told before what conflicts: where both are among the
 * reasons, the conflict is with an alternative that was tried instead.
 */
static void tell(const struct story *s, uint32_t *culprit, struct buf *to)
{
	for (size_t i = 0; i < s->n_reasons; i++) {
		const struct sat_reason *r = &s->reasons[i];

		if (r->kind == SAT_NEEDS && r->missing && is_traced(s, r->source)) {
			tell_needs(s, r->source, to);
			*culprit = s->root[r->source];
			break;
		}
	}
	for (size_t i = 0; i < s->n_reasons; i++) {
		const struct sat_reason *r = &s->reasons[i];

		if ((r->kind != SAT_CONFLICTS && r->kind != SAT_ONE_VERSION) ||
		    !is_traced(s, r->source) || !is_traced(s, r->target))
			continue;
		tell_conflict(s, r, to);
		if (*culprit == NOBODY)
			*culprit = later_request(s, s->root[r->source], s->root[r->target]);
		break;
	}
}

static void open_story(struct story *s)
{
	const struct universe *u = s->u;

	s->involved = mem_array(u->n + 1u, sizeof(bool));
	s->parent = mem_array(u->n + 1u, sizeof(uint32_t));
	s->root = mem_array(u->n + 1u, sizeof(uint32_t));
	s->queue = mem_array(u->n + 1u, sizeof(uint32_t));
	for (uint32_t i = 0; i < u->n; i++)
		s->parent[i] = s->root[i] = NOBODY;
	for (size_t i = 0; i < s->n_reasons; i++) {
		if (s->reasons[i].source != SAT_NONE)
			s->involved[s->reasons[i].source] = true;
		if (s->reasons[i].target != SAT_NONE)
			s->involved[s->reasons[i].target] = true;
	}
}

static void close_story(struct story *s)
{
	free(s->involved);
	free(s->parent);
	free(s->root);
	free(s->queue);
}

int explain_reasons(const struct universe *u, const struct solve_input *input,
		    const struct solve_request *requests, const struct atom *wants,
		    size_t n_wants, const struct sat_reason *reasons, size_t n_reasons,
		    struct error *err)
{
	CLEANUP_BUF struct buf lines = BUF_INIT(SIZE_MAX / 8);
	uint32_t culprit = NOBODY;
	struct story s = {
		.u = u, .input = input, .requests = requests, .wants = wants,
		.n_wants = n_wants, .reasons = reasons, .n_reasons = n_reasons,
	};

	open_story(&s);
	trace(&s);
	tell(&s, &culprit, &lines);
	close_story(&s);
	if (culprit == NOBODY)
		err_set(err, ERR_UNSATISFIABLE, "the packages can't be installed together");
	else
		err_at(err, ERR_UNSATISFIABLE, requests[culprit].pos,
		       "'" STR_FMT "' can't be installed", STR_ARG(requests[culprit].name));
	if (lines.len)
		err_detail(err, "%s", buf_cstr(&lines));
	return err_hint(err, "drop or replace one of the packages, or add the suite that has "
			     "what is missing");
}

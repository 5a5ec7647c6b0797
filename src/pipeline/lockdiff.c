#include "pipeline/lockdiff.h"

#include "base/text.h"

static const struct lock_architecture none;

static void add_note(struct lockdiff *d, struct arena *arena, const char *text)
{
	d->notes[d->n_notes++] = arena_str(arena, str_of(text));
}

static uint64_t total_size(const struct lock *l)
{
	uint64_t size = 0;

	for (size_t i = 0; l && i < l->n_architectures; i++)
		for (size_t k = 0; k < l->architectures[i].n_packages; k++)
			size += l->architectures[i].packages[k].size;
	return size;
}

static void diff_packages(struct lockdiff *d, const struct lock_architecture *a,
			  const struct lock_architecture *b)
{
	size_t i = 0, k = 0;

	while (i < a->n_packages || k < b->n_packages) {
		const struct lock_package *x = i < a->n_packages ? &a->packages[i] : NULL;
		const struct lock_package *y = k < b->n_packages ? &b->packages[k] : NULL;
		int r = !x ? 1 : !y ? -1 : str_compare(x->name, y->name);

		i += r <= 0;
		k += r >= 0;
		if (r == 0 && digest_equal(&x->digest, &y->digest))
			continue;
		d->packages[d->n_packages++] = (struct lockdiff_package){
			b->name.len ? b->name : a->name,
			r <= 0 ? x : NULL,
			r >= 0 ? y : NULL,
		};
	}
}

static size_t count_packages(const struct lock *l)
{
	size_t n = 0;

	for (size_t i = 0; l && i < l->n_architectures; i++)
		n += l->architectures[i].n_packages;
	return n;
}

static void diff_suites(struct lockdiff *d, const struct lock *a, const struct lock *b,
			struct arena *arena)
{
	for (size_t i = 0; i < b->n_suites; i++)
		for (size_t k = 0; k < a->n_suites; k++) {
			char before[TEXT_TIME_MAX], after[TEXT_TIME_MAX];
			const struct lock_suite *x = &a->suites[k], *y = &b->suites[i];

			if (!str_equal(x->suite, y->suite) || !str_equal(x->source, y->source) ||
			    x->date == y->date)
				continue;
			add_note(d, arena,
				 arena_printf(arena, "suite " STR_FMT ": %s -> %s",
					      STR_ARG(y->suite), text_time(x->date, before),
					      text_time(y->date, after)));
		}
}

static void diff_inputs(struct lockdiff *d, const struct lock *a, const struct lock *b,
			struct arena *arena)
{
	size_t i = 0, k = 0;

	while (i < a->n_inputs || k < b->n_inputs) {
		const struct lock_input *x = i < a->n_inputs ? &a->inputs[i] : NULL;
		const struct lock_input *y = k < b->n_inputs ? &b->inputs[k] : NULL;
		int r = !x ? 1 : !y ? -1 : str_compare(x->path, y->path);
		struct str path = r <= 0 ? x->path : y->path;

		i += r <= 0;
		k += r >= 0;
		if (r == 0 && digest_equal(&x->digest, &y->digest) &&
		    x->executable == y->executable && str_equal(x->target, y->target))
			continue;
		add_note(d, arena,
			 arena_printf(arena, "input recipes/" STR_FMT ": %s", STR_ARG(path),
				      r < 0   ? "removed"
				      : r > 0 ? "added"
					      : "changed"));
	}
}

static void diff_ids(struct lockdiff *d, const struct lock *a, const struct lock *b,
		     struct arena *arena)
{
	for (size_t i = 0; i < b->n_ids; i++) {
		const struct lock_id *y = &b->ids[i], *x = NULL;

		for (size_t k = 0; k < a->n_ids && !x; k++)
			if (a->ids[k].kind == y->kind && str_equal(a->ids[k].name, y->name))
				x = &a->ids[k];
		if (x && x->id == y->id)
			continue;
		add_note(d, arena,
			 arena_printf(arena, "%s " STR_FMT ": id %u%s",
				      y->kind == LOCK_ID_USER ? "user" : "group", STR_ARG(y->name),
				      y->id, x ? " (moved)" : " (new)"));
	}
}

int lockdiff_make(struct context *c, const struct lock *before, const struct lock *after,
		  struct arena *arena, struct lockdiff *ret, struct error *err)
{
	static const struct lock empty;
	const struct lock *a = before ? before : &empty;
	struct lockdiff d = { .size_before = (int64_t)total_size(before),
			      .size_after = (int64_t)total_size(after) };

	d.packages =
		arena_array(arena, count_packages(a) + count_packages(after), sizeof(*d.packages));
	d.notes = arena_array(arena,
			      a->n_suites + after->n_suites + a->n_inputs + after->n_inputs +
				      after->n_ids + 2,
			      sizeof(*d.notes));
	for (size_t i = 0; i < after->n_architectures; i++) {
		const struct lock_architecture *old =
			lock_architecture(a, after->architectures[i].name);

		diff_packages(&d, old ? old : &none, &after->architectures[i]);
	}
	for (size_t i = 0; i < a->n_architectures; i++)
		if (!lock_architecture(after, a->architectures[i].name))
			diff_packages(&d, &a->architectures[i], &none);
	diff_suites(&d, a, after, arena);
	diff_inputs(&d, a, after, arena);
	diff_ids(&d, a, after, arena);
	if (a->epoch != after->epoch) {
		char time[TEXT_TIME_MAX];

		add_note(&d, arena,
			 arena_printf(arena, "epoch: %s", text_time(after->epoch, time)));
	}
	if (lockdiff_compare_effects(c, a, after, arena, &d, err) < 0)
		return -1;
	*ret = d;
	return 0;
}

static const char *verb(const struct lockdiff_package *p)
{
	return !p->before ? "added" : !p->after ? "removed" : "changed";
}

static void add_size_change(const struct lockdiff *d, struct buf *to)
{
	char size[TEXT_SIZE_MAX];
	int64_t change = d->size_after - d->size_before;

	buf_printf(to, "%zu package%s differ%s, %s%s to download\n", d->n_packages,
		   d->n_packages == 1 ? "" : "s", d->n_packages == 1 ? "s" : "",
		   change < 0 ? "-" : "+",
		   text_size((uint64_t)(change < 0 ? -change : change), size));
}

static bool has_same_lines(const struct str *a, size_t n, const struct str *b, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!str_equal(a[i], b[i]))
			return false;
	return true;
}

/* Targets and architectures with the same change share one paragraph. */
static bool is_same_change(const struct lockdiff_effects *a, const struct lockdiff_effects *b)
{
	return str_equal(a->package, b->package) && a->known == b->known &&
	       has_same_lines(a->removed, a->n_removed, b->removed, b->n_removed) &&
	       has_same_lines(a->added, a->n_added, b->added, b->n_added);
}

static bool is_told_before(const struct lockdiff *d, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_same_change(&d->effects[k], &d->effects[i]))
			return true;
	return false;
}

static void add_change(const struct lockdiff *d, size_t i, struct buf *to)
{
	const struct lockdiff_effects *e = &d->effects[i];
	const char *before = ": ";

	buf_printf(to, "effects  " STR_FMT, STR_ARG(e->package));
	for (size_t k = i; k < d->n_effects; k++) {
		if (!is_same_change(&d->effects[k], e))
			continue;
		buf_printf(to, "%s" STR_FMT " " STR_FMT, before, STR_ARG(d->effects[k].target),
			   STR_ARG(d->effects[k].architecture));
		before = ", ";
	}
	buf_printf(to, "%s\n", e->known ? "" : " (what changed is not in the stage)");
	for (size_t k = 0; k < e->n_removed; k++)
		buf_printf(to, "- " STR_FMT "\n", STR_ARG(e->removed[k]));
	for (size_t k = 0; k < e->n_added; k++)
		buf_printf(to, "+ " STR_FMT "\n", STR_ARG(e->added[k]));
}

static void add_effects_text(const struct lockdiff *d, struct buf *to)
{
	for (size_t i = 0; i < d->n_effects; i++)
		if (!is_told_before(d, i))
			add_change(d, i, to);
}

void lockdiff_text(const struct lockdiff *d, struct buf *to)
{
	for (size_t i = 0; i < d->n_packages; i++) {
		const struct lockdiff_package *p = &d->packages[i];
		const struct lock_package *any = p->after ? p->after : p->before;

		buf_printf(to, "%-8s " STR_FMT ":" STR_FMT " ", verb(p), STR_ARG(any->name),
			   STR_ARG(p->architecture));
		if (p->before)
			buf_printf(to, STR_FMT, STR_ARG(p->before->version));
		if (p->before && p->after)
			buf_add_cstr(to, " -> ");
		if (p->after)
			buf_printf(to, STR_FMT " (" STR_FMT ")", STR_ARG(p->after->version),
				   STR_ARG(p->after->why));
		buf_add_char(to, '\n');
	}
	for (size_t i = 0; i < d->n_notes; i++)
		buf_printf(to, STR_FMT "\n", STR_ARG(d->notes[i]));
	add_effects_text(d, to);
	if (d->n_packages)
		add_size_change(d, to);
}

static void add_effects_markdown(const struct lockdiff *d, struct buf *to)
{
	if (!d->n_effects)
		return;
	buf_add_cstr(to, "\n```diff\n");
	add_effects_text(d, to);
	buf_add_cstr(to, "```\n");
}

void lockdiff_markdown(const struct lockdiff *d, struct buf *to)
{
	if (d->n_packages) {
		buf_add_cstr(
			to,
			"| | package | arch | before | after | why |\n|---|---|---|---|---|---|\n");
		for (size_t i = 0; i < d->n_packages; i++) {
			const struct lockdiff_package *p = &d->packages[i];
			const struct lock_package *any = p->after ? p->after : p->before;

			buf_printf(to, "| %s | %.*s | %.*s | %.*s | %.*s | %.*s |\n", verb(p),
				   STR_ARG(any->name), STR_ARG(p->architecture),
				   STR_ARG(p->before ? p->before->version : STR("")),
				   STR_ARG(p->after ? p->after->version : STR("")),
				   STR_ARG(p->after ? p->after->why : STR("")));
		}
		buf_add_char(to, '\n');
		add_size_change(d, to);
	}
	for (size_t i = 0; i < d->n_notes; i++)
		buf_printf(to, "- " STR_FMT "\n", STR_ARG(d->notes[i]));
	add_effects_markdown(d, to);
}

static struct json *lines_json(const struct str *lines, size_t n, struct arena *arena)
{
	struct json *list = json_array(arena);

	for (size_t i = 0; i < n; i++)
		json_add(list, json_str(arena, lines[i]));
	return list;
}

static struct json *effects_json(const struct lockdiff *d, struct arena *arena)
{
	struct json *list = json_array(arena);

	for (size_t i = 0; i < d->n_effects; i++) {
		const struct lockdiff_effects *e = &d->effects[i];
		struct json *row = json_object(arena);

		json_set(row, "architecture", json_str(arena, e->architecture));
		json_set(row, "target", json_str(arena, e->target));
		json_set(row, "package", json_str(arena, e->package));
		json_set(row, "known", json_bool(arena, e->known));
		json_set(row, "removed", lines_json(e->removed, e->n_removed, arena));
		json_set(row, "added", lines_json(e->added, e->n_added, arena));
		json_add(list, row);
	}
	return list;
}

struct json *lockdiff_json(const struct lockdiff *d, struct arena *arena)
{
	struct json *top = json_object(arena), *packages = json_array(arena);
	struct json *notes = json_array(arena);

	for (size_t i = 0; i < d->n_packages; i++) {
		const struct lockdiff_package *p = &d->packages[i];
		const struct lock_package *any = p->after ? p->after : p->before;
		struct json *row = json_object(arena);

		json_set(row, "change", json_text(arena, verb(p)));
		json_set(row, "name", json_str(arena, any->name));
		json_set(row, "architecture", json_str(arena, p->architecture));
		if (p->before)
			json_set(row, "before", json_str(arena, p->before->version));
		if (p->after) {
			json_set(row, "after", json_str(arena, p->after->version));
			json_set(row, "why", json_str(arena, p->after->why));
		}
		json_add(packages, row);
	}
	for (size_t i = 0; i < d->n_notes; i++)
		json_add(notes, json_str(arena, d->notes[i]));
	json_set(top, "packages", packages);
	json_set(top, "notes", notes);
	json_set(top, "effects", effects_json(d, arena));
	json_set(top, "size_before", json_int(arena, d->size_before));
	json_set(top, "size_after", json_int(arena, d->size_after));
	return top;
}

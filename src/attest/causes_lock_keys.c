#define _GNU_SOURCE
/* The lock's part: what is no package. Lines are found by the text that the lock's writer wrote. */
#include "attest/causes_keys_private.h"
#include "base/limits.h"
#include "base/text.h"
#include "ydoc/ydoc.h"

struct lock_text {
	struct causes_list keys;
	struct str path;
	struct str *lines;
	size_t n;
};

static void split(struct lock_text *l, struct str text)
{
	struct str rest = text, line;
	size_t capacity = 0;

	while (rest.ptr && str_split(&rest, '\n', &line)) {
		ARENA_GROW(l->keys.arena, l->lines, l->n, capacity);
		l->lines[l->n++] = line;
	}
}

/* The number of the line that starts with @start, at or after line @from; 0: there is none. */
static size_t line_of(const struct lock_text *l, struct str start, size_t from)
{
	for (size_t i = from ? from - 1 : 0; i < l->n; i++)
		if (str_has_prefix(l->lines[i], start))
			return i + 1;
	return 0;
}

static struct str place(struct arena *arena, struct str path, size_t line)
{
	return line ? str_of(arena_printf(arena, STR_FMT ":%zu", STR_ARG(path), line)) : path;
}

static void add(struct lock_text *l, const char *key, struct str value, size_t line)
{
	causes_list_add(&l->keys, str_of(key), value, place(l->keys.arena, l->path, line));
}

/* The name as the lock's writer quotes it. */
static struct str quoted(struct arena *arena, struct str name)
{
	CLEANUP_BUF struct buf text = BUF_INIT(8 * LIMIT_LOCK_SIZE);

	ydoc_add_scalar(&text, name);
	return arena_str(arena, buf_str(&text));
}

static void add_suites(struct lock_text *l, const struct lock *lock)
{
	struct arena *arena = l->keys.arena;
	size_t at = line_of(l, STR("suites:"), 1);

	for (size_t i = 0; i < lock->n_suites; i++) {
		const struct lock_suite *s = &lock->suites[i];
		char time[TEXT_TIME_MAX];
		struct str start = str_of(arena_printf(arena, "    suite: " STR_FMT,
						       STR_ARG(quoted(arena, s->suite))));

		at = line_of(l, start, at + 1);
		add(l, arena_printf(arena, "lock.suites." STR_FMT ".date", STR_ARG(s->suite)),
		    str_of(text_time(s->date, time)), at);
	}
}

static void add_slices(struct lock_text *l, const struct lock *lock)
{
	CLEANUP_BUF struct buf text = BUF_INIT(2 * LIMIT_LOCK_SIZE);

	for (size_t i = 0; i < lock->n_slices; i++)
		buf_printf(&text, "%s" STR_FMT, i ? ", " : "", STR_ARG(lock->slices[i]));
	add(l, "lock.slices", buf_str(&text), line_of(l, STR("slices:"), 1));
}

/* Which slice a package is in. Packages stand in the order of the list. */
static void add_slice_of(struct lock_text *l, const struct lock *lock,
			 const struct lock_architecture *a)
{
	struct arena *arena = l->keys.arena;
	size_t at = line_of(l, str_of(arena_printf(arena, "  " STR_FMT ":", STR_ARG(a->name))),
			    line_of(l, STR("packages:"), 1));

	for (size_t i = 0; i < a->n_packages; i++) {
		const struct lock_package *p = &a->packages[i];
		struct str start = str_of(arena_printf(arena, "    - {name: " STR_FMT ",",
						       STR_ARG(quoted(arena, p->name))));
		size_t line = line_of(l, start, at);

		if (p->boot_only || p->slice >= lock->n_slices)
			continue;
		at = line ? line : at;
		add(l,
		    arena_printf(arena, "lock.slice." STR_FMT "." STR_FMT, STR_ARG(a->name),
				 STR_ARG(p->name)),
		    lock->slices[p->slice], line);
	}
}

static void add_ids(struct lock_text *l, const struct lock *lock)
{
	static const char *const kinds[] = { [LOCK_ID_USER] = "users", [LOCK_ID_GROUP] = "groups" };
	struct arena *arena = l->keys.arena;
	size_t ids = line_of(l, STR("ids:"), 1);

	for (size_t i = 0; i < lock->n_ids; i++) {
		const struct lock_id *id = &lock->ids[i];
		const char *kind = kinds[id->kind];
		size_t list = line_of(l, str_of(arena_printf(arena, "  %s:", kind)), ids);
		struct str start = str_of(
			arena_printf(arena, "    " STR_FMT ": ", STR_ARG(quoted(arena, id->name))));

		add(l, arena_printf(arena, "lock.ids.%s." STR_FMT, kind, STR_ARG(id->name)),
		    str_of(arena_printf(arena, "%u", id->id)), line_of(l, start, list));
	}
}

static void add_inputs(struct lock_text *l, const struct lock *lock)
{
	struct arena *arena = l->keys.arena;
	size_t inputs = line_of(l, STR("inputs:"), 1);

	for (size_t i = 0; i < lock->n_inputs; i++) {
		const struct lock_input *in = &lock->inputs[i];
		struct str start = str_of(arena_printf(arena, "  - {path: " STR_FMT ",",
						       STR_ARG(quoted(arena, in->path))));
		char digest[DIGEST_TEXT_MAX];

		add(l, arena_printf(arena, "lock.inputs." STR_FMT, STR_ARG(in->path)),
		    str_of(arena_printf(arena, "%s%s" STR_FMT, digest_format(&in->digest, digest),
					in->executable ? " executable" : "", STR_ARG(in->target))),
		    line_of(l, start, inputs));
	}
}

static void add_effects(struct lock_text *l, const struct lock *lock)
{
	struct arena *arena = l->keys.arena;
	size_t effects = line_of(l, STR("package-effects:"), 1);

	for (size_t i = 0; i < lock->n_package_effects; i++) {
		const struct lock_package_effects *e = &lock->package_effects[i];
		struct str start = str_of(arena_printf(
			arena,
			"  - {architecture: " STR_FMT ", target: " STR_FMT ", package: " STR_FMT
			",",
			STR_ARG(quoted(arena, e->architecture)), STR_ARG(quoted(arena, e->target)),
			STR_ARG(quoted(arena, e->package))));

		add(l,
		    arena_printf(arena, "lock.effects." STR_FMT "." STR_FMT "." STR_FMT,
				 STR_ARG(e->architecture), STR_ARG(e->target), STR_ARG(e->package)),
		    e->digest, line_of(l, start, effects));
	}
}

size_t causes_lock_keys(const struct lock *lock, struct str path, struct bytes text,
			struct arena *arena, struct causes_key **ret)
{
	struct lock_text l = { .keys = { .arena = arena }, .path = path };
	char time[TEXT_TIME_MAX];

	split(&l, bytes_str(text));
	add_suites(&l, lock);
	add_slices(&l, lock);
	for (size_t i = 0; i < lock->n_architectures; i++)
		add_slice_of(&l, lock, &lock->architectures[i]);
	add_ids(&l, lock);
	add_inputs(&l, lock);
	add_effects(&l, lock);
	add(&l, "lock.epoch", str_of(text_time(lock->epoch, time)), line_of(&l, STR("epoch:"), 1));
	add(&l, "lock.evaluator", str_of(arena_printf(arena, "%u", lock->evaluator)),
	    line_of(&l, STR("evaluator:"), 1));
	add(&l, "lock.compressors", lock->compressors, line_of(&l, STR("compressors:"), 1));
	add(&l, "lock.output", str_of(arena_printf(arena, "%u", lock->output_format)),
	    line_of(&l, STR("output:"), 1));
	return causes_list_end(&l.keys, ret);
}

/* Once for each package: no list of lines is made for it. */
struct str causes_lock_line(struct bytes text, struct str path, struct str architecture,
			    struct str name, struct arena *arena)
{
	struct str section =
		str_of(arena_printf(arena, "\n  " STR_FMT ":\n", STR_ARG(architecture)));
	struct str start = str_of(
		arena_printf(arena, "\n    - {name: " STR_FMT ",", STR_ARG(quoted(arena, name))));
	const char *at = bytes_str(text).ptr, *end = at + text.len;
	size_t line = 2; /* of what follows the first line end */

	at = text.len ? memmem(at, text.len, "\npackages:\n", 11) : NULL;
	at = at ? memmem(at, (size_t)(end - at), section.ptr, section.len) : NULL;
	at = at ? memmem(at, (size_t)(end - at), start.ptr, start.len) : NULL;
	if (!at)
		return path;
	for (const char *p = bytes_str(text).ptr; (p = memchr(p, '\n', (size_t)(at - p))); p++)
		line++;
	return place(arena, path, line);
}

/*
 * Writing a lock. One line a package, so that a diff has one line a package;
 * what says the same as a default is left out; docs/formats/lock.md has the
 * table. The parser compares its input with what is written here, so this file
 * alone decides what is canonical.
 */

#include "base/text.h"
#include "resolve/lock.h"
#include "ydoc/ydoc.h"

/* "key: value" items of a flow mapping, with commas between them. */
static void flow_key(struct buf *to, const char *key)
{
	if (to->ptr[to->len - 1] != '{')
		buf_add_cstr(to, ", ");
	buf_add_cstr(to, key);
	buf_add_cstr(to, ": ");
}

static void flow_str(struct buf *to, const char *key, struct str value)
{
	flow_key(to, key);
	ydoc_add_scalar(to, value);
}

static void flow_u64(struct buf *to, const char *key, uint64_t value)
{
	flow_key(to, key);
	buf_printf(to, "%llu", (unsigned long long)value);
}

static void flow_digest(struct buf *to, const struct digest *digest)
{
	char hex[DIGEST_HEX_MAX];

	flow_key(to, "sha256");
	buf_add_cstr(to, digest_hex(digest, hex));
}

static void flow_true(struct buf *to, const char *key)
{
	flow_key(to, key);
	buf_add_cstr(to, "true");
}

static void flow_list(struct buf *to, const char *key, const struct str *items, size_t n)
{
	flow_key(to, key);
	buf_add_char(to, '[');
	for (size_t i = 0; i < n; i++) {
		buf_add_cstr(to, i ? ", " : "");
		ydoc_add_scalar(to, items[i]);
	}
	buf_add_char(to, ']');
}

/* "INDENT key: value" on a line of its own. */
static void line_str(struct buf *to, const char *key, struct str value)
{
	buf_add_cstr(to, key);
	buf_add_cstr(to, ": ");
	ydoc_add_scalar(to, value);
	buf_add_char(to, '\n');
}

static void line_u64(struct buf *to, const char *key, uint64_t value)
{
	buf_printf(to, "%s: %llu\n", key, (unsigned long long)value);
}

static void line_digest(struct buf *to, const char *key, const struct digest *digest)
{
	char text[DIGEST_TEXT_MAX];

	buf_printf(to, "%s: %s\n", key, digest_format(digest, text));
}

static void line_time(struct buf *to, const char *key, int64_t time)
{
	char text[TEXT_TIME_MAX];

	buf_printf(to, "%s: %s\n", key, text_time(time, text));
}

static void add_suite(const struct lock_suite *s, struct buf *to)
{
	line_str(to, "  - source", s->source);
	line_str(to, "    suite", s->suite);
	line_str(to, "    origin", s->origin);
	line_str(to, "    label", s->label);
	line_str(to, "    codename", s->codename);
	line_time(to, "    date", s->date);
	if (s->snapshot.len)
		line_str(to, "    snapshot", s->snapshot);
	line_digest(to, "    inrelease", &s->inrelease);
	line_u64(to, "    size", s->inrelease_size);
	buf_add_cstr(to, "    signed-by:\n");
	for (size_t i = 0; i < s->n_signed_by; i++) {
		buf_add_cstr(to, "      - ");
		ydoc_add_scalar(to, s->signed_by[i]);
		buf_add_char(to, '\n');
	}
	buf_add_cstr(to, "    indexes:\n");
	for (size_t i = 0; i < s->n_indexes; i++) {
		buf_add_cstr(to, "      - {");
		flow_str(to, "path", s->indexes[i].path);
		flow_u64(to, "size", s->indexes[i].size);
		flow_digest(to, &s->indexes[i].digest);
		buf_add_cstr(to, "}\n");
	}
}

static void add_package(const struct lock *l, const struct lock_architecture *a,
			const struct lock_package *p, struct buf *to)
{
	buf_add_cstr(to, "    - {");
	flow_str(to, "name", p->name);
	flow_str(to, "version", p->version);
	if (!str_equal(p->architecture, a->name))
		flow_str(to, "architecture", p->architecture);
	if (!str_equal(p->source, p->name))
		flow_str(to, "source", p->source);
	if (!str_equal(p->source_version, p->version))
		flow_str(to, "source-version", p->source_version);
	flow_str(to, "why", p->why);
	if (p->n_targets)
		flow_list(to, "targets", p->targets, p->n_targets);
	if (p->boot)
		flow_str(to, "boot", p->boot_only ? STR("only") : STR("too"));
	if (p->essential)
		flow_true(to, "essential");
	if (p->slice)
		flow_u64(to, "slice", p->slice);
	if (l->n_suites == 0 || !str_equal(p->archive, l->suites[0].source))
		flow_str(to, "from", p->archive);
	flow_str(to, "suite", p->suite);
	flow_str(to, "path", p->path);
	flow_u64(to, "size", p->size);
	flow_digest(to, &p->digest);
	buf_add_cstr(to, "}\n");
}

static void add_resolution(const struct lock *l, struct buf *to)
{
	buf_add_cstr(to, "\n# which packages, and from where\n");
	line_digest(to, "resolution", &l->resolution);
	if (l->n_suites)
		buf_add_cstr(to, "suites:\n");
	for (size_t i = 0; i < l->n_suites; i++)
		add_suite(&l->suites[i], to);
	if (l->n_slices)
		buf_add_cstr(to, "slices:\n");
	for (size_t i = 0; i < l->n_slices; i++) {
		buf_add_cstr(to, "  - ");
		ydoc_add_scalar(to, l->slices[i]);
		buf_add_char(to, '\n');
	}
	if (l->n_architectures)
		buf_add_cstr(to, "packages:\n");
	for (size_t i = 0; i < l->n_architectures; i++) {
		const struct lock_architecture *a = &l->architectures[i];

		buf_add_cstr(to, "  ");
		ydoc_add_scalar(to, a->name);
		buf_add_cstr(to, a->n_packages ? ":\n" : ": []\n");
		for (size_t k = 0; k < a->n_packages; k++)
			add_package(l, a, &a->packages[k], to);
	}
}

static void add_input(const struct lock_input *in, struct buf *to)
{
	bool link = str_equal_cstr(in->kind, "link");

	buf_add_cstr(to, "  - {");
	flow_str(to, "path", in->path);
	flow_str(to, "kind", in->kind);
	if (in->executable)
		flow_true(to, "executable");
	if (link)
		flow_str(to, "target", in->target);
	if (!link && !str_equal_cstr(in->kind, "folder")) {
		flow_u64(to, "size", in->size);
		flow_digest(to, &in->digest);
	}
	buf_add_cstr(to, "}\n");
}

static void add_ids(const struct lock *l, enum lock_id_kind kind, const char *title,
		    struct buf *to)
{
	bool any = false;

	for (size_t i = 0; i < l->n_ids; i++) {
		if (l->ids[i].kind != kind)
			continue;
		if (!any)
			buf_printf(to, "  %s:\n", title);
		any = true;
		buf_add_cstr(to, "    ");
		ydoc_add_scalar(to, l->ids[i].name);
		buf_printf(to, ": %u\n", l->ids[i].id);
	}
}

static void add_answer(const struct lock_answer *a, struct buf *to)
{
	buf_add_cstr(to, "  - {");
	flow_str(to, "package", a->package);
	flow_str(to, "script", a->script);
	flow_digest(to, &a->digest);
	if (a->command.len)
		flow_str(to, "command", a->command);
	flow_str(to, "do", a->answer);
	flow_str(to, "reason", a->reason);
	buf_add_cstr(to, "}\n");
}

static void add_effects(const struct lock *l, struct buf *to)
{
	if (l->n_effects)
		buf_add_cstr(to, "effects:\n");
	for (size_t i = 0; i < l->n_effects; i++) {
		buf_add_cstr(to, "  - {");
		flow_str(to, "architecture", l->effects[i].architecture);
		flow_str(to, "target", l->effects[i].target);
		flow_digest(to, &l->effects[i].digest);
		buf_add_cstr(to, "}\n");
	}
	if (l->n_package_effects)
		buf_add_cstr(to, "package-effects:\n");
	for (size_t i = 0; i < l->n_package_effects; i++) {
		const struct lock_package_effects *p = &l->package_effects[i];

		buf_add_cstr(to, "  - {");
		flow_str(to, "architecture", p->architecture);
		flow_str(to, "target", p->target);
		flow_str(to, "package", p->package);
		flow_str(to, "digest", p->digest);
		buf_add_cstr(to, "}\n");
	}
}

static void add_inputs(const struct lock *l, struct buf *to)
{
	buf_add_cstr(to, "\n# everything else that goes into the outputs\n");
	line_digest(to, "recipe-digest", &l->inputs_recipe);
	line_time(to, "epoch", l->epoch);
	line_u64(to, "evaluator", l->evaluator);
	line_str(to, "compressors", l->compressors);
	if (l->n_inputs)
		buf_add_cstr(to, "inputs:\n");
	for (size_t i = 0; i < l->n_inputs; i++)
		add_input(&l->inputs[i], to);
	if (l->n_ids)
		buf_add_cstr(to, "ids:\n");
	add_ids(l, LOCK_ID_USER, "users", to);
	add_ids(l, LOCK_ID_GROUP, "groups", to);
	if (l->n_answers)
		buf_add_cstr(to, "answers:\n");
	for (size_t i = 0; i < l->n_answers; i++)
		add_answer(&l->answers[i], to);
	add_effects(l, to);
}

void lock_format(const struct lock *l, struct buf *to)
{
	buf_add_cstr(to, "# written by ingot lock; review it like code\n");
	line_u64(to, "lock", LOCK_FORMAT);
	line_u64(to, "output", l->output_format);
	line_str(to, "recipe", l->recipe);
	add_resolution(l, to);
	add_inputs(l, to);
}

#include "cli/show.h"

#include <stdio.h>

#include "base/text.h"

static struct json *digest_json(struct arena *a, const struct digest *d)
{
	char text[DIGEST_HEX_MAX];

	return json_text(a, digest_hex(d, text));
}

static struct json *strings_json(struct arena *a, const struct str *list, size_t n)
{
	struct json *array = json_array(a);

	for (size_t i = 0; i < n; i++)
		json_add(array, json_str(a, list[i]));
	return array;
}

static struct json *package_json(const struct lock_package *p, struct arena *a)
{
	struct json *o = json_object(a);

	json_set(o, "name", json_str(a, p->name));
	json_set(o, "version", json_str(a, p->version));
	json_set(o, "architecture", json_str(a, p->architecture));
	json_set(o, "source", json_str(a, p->source));
	json_set(o, "source_version", json_str(a, p->source_version));
	json_set(o, "archive", json_str(a, p->archive));
	json_set(o, "suite", json_str(a, p->suite));
	json_set(o, "path", json_str(a, p->path));
	json_set(o, "sha256", digest_json(a, &p->digest));
	json_set(o, "size", json_int(a, (int64_t)p->size));
	json_set(o, "why", json_str(a, p->why));
	if (p->n_targets)
		json_set(o, "targets", strings_json(a, p->targets, p->n_targets));
	if (p->boot)
		json_set(o, "boot", json_text(a, p->boot_only ? "only" : "too"));
	return o;
}

static struct json *suite_json(const struct lock_suite *s, struct arena *a)
{
	struct json *o = json_object(a), *indexes = json_array(a);
	char time[TEXT_TIME_MAX];

	json_set(o, "source", json_str(a, s->source));
	json_set(o, "suite", json_str(a, s->suite));
	json_set(o, "origin", json_str(a, s->origin));
	json_set(o, "label", json_str(a, s->label));
	json_set(o, "codename", json_str(a, s->codename));
	json_set(o, "date", json_text(a, text_time(s->date, time)));
	if (s->snapshot.len)
		json_set(o, "snapshot", json_str(a, s->snapshot));
	json_set(o, "inrelease", digest_json(a, &s->inrelease));
	json_set(o, "signed_by", strings_json(a, s->signed_by, s->n_signed_by));
	for (size_t i = 0; i < s->n_indexes; i++) {
		struct json *row = json_object(a);

		json_set(row, "path", json_str(a, s->indexes[i].path));
		json_set(row, "sha256", digest_json(a, &s->indexes[i].digest));
		json_set(row, "size", json_int(a, (int64_t)s->indexes[i].size));
		json_add(indexes, row);
	}
	json_set(o, "indexes", indexes);
	return o;
}

static struct json *effects_json(const struct lock *l, struct arena *a)
{
	struct json *array = json_array(a);

	for (size_t i = 0; i < l->n_effects; i++) {
		struct json *row = json_object(a);

		json_set(row, "architecture", json_str(a, l->effects[i].architecture));
		json_set(row, "target", json_str(a, l->effects[i].target));
		json_set(row, "sha256", digest_json(a, &l->effects[i].digest));
		json_add(array, row);
	}
	return array;
}

static struct json *answers_json(const struct lock *l, struct arena *a)
{
	struct json *array = json_array(a);

	for (size_t i = 0; i < l->n_answers; i++) {
		const struct lock_answer *s = &l->answers[i];
		struct json *row = json_object(a);

		json_set(row, "package", json_str(a, s->package));
		json_set(row, "script", json_str(a, s->script));
		json_set(row, "sha256", digest_json(a, &s->digest));
		json_set(row, "command", json_str(a, s->command));
		json_set(row, "do", json_str(a, s->answer));
		json_set(row, "reason", json_str(a, s->reason));
		json_add(array, row);
	}
	return array;
}

static struct json *inputs_json(const struct lock *l, struct arena *a)
{
	struct json *array = json_array(a);

	for (size_t i = 0; i < l->n_inputs; i++) {
		const struct lock_input *in = &l->inputs[i];
		struct json *row = json_object(a);

		json_set(row, "path", json_str(a, in->path));
		json_set(row, "kind", json_str(a, in->kind));
		json_set(row, "sha256", digest_json(a, &in->digest));
		json_set(row, "size", json_int(a, (int64_t)in->size));
		json_add(array, row);
	}
	return array;
}

static struct json *ids_json(const struct lock *l, enum lock_id_kind kind, struct arena *a)
{
	struct json *o = json_object(a);

	for (size_t i = 0; i < l->n_ids; i++)
		if (l->ids[i].kind == kind)
			json_set_str(o, l->ids[i].name, json_int(a, l->ids[i].id));
	return o;
}

struct json *show_lock_json(const struct lock *l, struct arena *a)
{
	struct json *top = json_object(a), *packages = json_object(a), *suites = json_array(a);
	char time[TEXT_TIME_MAX];

	for (size_t i = 0; i < l->n_architectures; i++) {
		struct json *list = json_array(a);

		for (size_t k = 0; k < l->architectures[i].n_packages; k++)
			json_add(list, package_json(&l->architectures[i].packages[k], a));
		json_set_str(packages, l->architectures[i].name, list);
	}
	for (size_t i = 0; i < l->n_suites; i++)
		json_add(suites, suite_json(&l->suites[i], a));
	json_set(top, "recipe", json_str(a, l->recipe));
	json_set(top, "packages", packages);
	json_set(top, "suites", suites);
	json_set(top, "inputs", inputs_json(l, a));
	json_set(top, "users", ids_json(l, LOCK_ID_USER, a));
	json_set(top, "groups", ids_json(l, LOCK_ID_GROUP, a));
	json_set(top, "effects", effects_json(l, a));
	json_set(top, "answers", answers_json(l, a));
	json_set(top, "evaluator", json_int(a, l->evaluator));
	json_set(top, "output_format", json_int(a, l->output_format));
	json_set(top, "compressors", json_str(a, l->compressors));
	json_set(top, "epoch", json_text(a, text_time(l->epoch, time)));
	return top;
}

static void print_packages(const struct lock_architecture *a)
{
	uint64_t size = 0;
	char text[TEXT_SIZE_MAX];

	for (size_t i = 0; i < a->n_packages; i++) {
		const struct lock_package *p = &a->packages[i];

		printf("  %-32.*s %-28.*s %9s  %.*s\n", STR_ARG(p->name), STR_ARG(p->version),
		       text_size(p->size, text), STR_ARG(p->why));
		size += p->size;
	}
	printf("  %zu packages for %.*s, %s\n", a->n_packages, STR_ARG(a->name),
	       text_size(size, text));
}

void show_lock_text(const struct lock *l, bool verbose)
{
	char time[TEXT_TIME_MAX];

	printf("lock of '" STR_FMT "', epoch %s, output format %u\n\n", STR_ARG(l->recipe),
	       text_time(l->epoch, time), l->output_format);
	for (size_t i = 0; i < l->n_suites; i++) {
		const struct lock_suite *s = &l->suites[i];

		printf(STR_FMT " of " STR_FMT ", %s, signed by", STR_ARG(s->suite),
		       STR_ARG(s->origin), text_time(s->date, time));
		for (size_t k = 0; k < s->n_signed_by; k++)
			printf(" " STR_FMT, STR_ARG(s->signed_by[k]));
		putchar('\n');
	}
	for (size_t i = 0; i < l->n_architectures; i++) {
		putchar('\n');
		print_packages(&l->architectures[i]);
	}
	if (l->n_inputs)
		putchar('\n');
	for (size_t i = 0; i < l->n_inputs; i++) {
		char hex[DIGEST_HEX_MAX];

		printf("%-12.*s " STR_FMT "  %.12s\n", STR_ARG(l->inputs[i].kind),
		       STR_ARG(l->inputs[i].path), digest_hex(&l->inputs[i].digest, hex));
	}
	if (l->n_answers)
		printf("\n%zu answer%s for maintainer scripts%s\n", l->n_answers,
		       l->n_answers == 1 ? "" : "s", verbose ? ":" : " (-v lists them)");
	for (size_t i = 0; verbose && i < l->n_answers; i++)
		printf("  " STR_FMT "." STR_FMT ": " STR_FMT " (" STR_FMT ")\n",
		       STR_ARG(l->answers[i].package), STR_ARG(l->answers[i].script),
		       STR_ARG(l->answers[i].answer), STR_ARG(l->answers[i].reason));
}

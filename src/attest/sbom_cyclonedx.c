/*
 * CycloneDX 1.6 as JSON. Components are what is installed; the source package of each is its
 * ancestor (pedigree), so that scanners count no package twice. docs/sbom.md has the fields.
 */

#include <stdlib.h>

#include "attest/sbom_private.h"
#include "attest/spdx_licences.h"
#include "base/hex.h"
#include "base/text.h"

struct cyclonedx {
	struct sbom_index x;
	struct json *components;
	struct str image, system; /* references; system.len 0: not known */
};

static struct json *component(struct cyclonedx *d, const char *type, struct str ref,
			      struct str name, struct str version)
{
	struct json *o = json_object(d->x.arena);

	json_set(o, "type", json_text(d->x.arena, type));
	if (ref.len)
		json_set(o, "bom-ref", json_str(d->x.arena, ref));
	sbom_set(&d->x, o, "name", name);
	if (version.len)
		sbom_set(&d->x, o, "version", version);
	return o;
}

static struct json *hash(struct arena *a, const char *algorithm, const char *hex)
{
	struct json *o = json_object(a);

	json_set(o, "alg", json_text(a, algorithm));
	json_set(o, "content", json_text(a, hex));
	return o;
}

static void set_sha256(struct cyclonedx *d, struct json *o, const struct digest *digest)
{
	char hex[DIGEST_HEX_MAX];

	json_set(o, "hashes",
		 json_add(json_array(d->x.arena),
			  hash(d->x.arena, "SHA-256", digest_hex(digest, hex))));
}

static void add_property(struct cyclonedx *d, struct json *list, const char *name, struct str value)
{
	struct json *o = json_object(d->x.arena);

	json_set(o, "name", json_text(d->x.arena, name));
	sbom_set(&d->x, o, "value", value);
	json_add(list, o);
}

static void add_digest(struct cyclonedx *d, struct json *list, const char *name,
		       const struct digest *digest)
{
	char text[DIGEST_TEXT_MAX];

	add_property(d, list, name, str_of(digest_format(digest, text)));
}

static void set_organisation(struct cyclonedx *d, struct json *o, struct str name)
{
	struct json *who = json_object(d->x.arena);

	if (!name.len)
		return;
	sbom_set(&d->x, who, "name", name);
	json_set(o, "supplier", who);
}

/* One id, one name, or an expression: the three that the schema has. */
static void set_licence(struct cyclonedx *d, struct json *o, const struct copyright *c)
{
	struct arena *a = d->x.arena;
	struct json *choice = json_object(a), *licence = json_object(a);

	if (!c->licence.len)
		return;
	if (spdx_is_licence(c->licence)) {
		json_set(licence, "id", json_str(a, c->licence));
	} else if (c->n_texts == 1 && str_equal(c->licence, c->texts[0].id)) {
		sbom_set(&d->x, licence, "name", c->texts[0].name);
	} else {
		json_set(choice, "expression", json_str(a, c->licence));
		licence = choice;
	}
	json_set(licence, "acknowledgement", json_text(a, "declared"));
	if (licence != choice)
		json_set(choice, "license", licence);
	json_set(o, "licenses", json_add(json_array(a), choice));
}

static void set_homepage(struct cyclonedx *d, struct json *o, struct str homepage)
{
	struct arena *a = d->x.arena;
	struct json *ref = json_object(a);

	if (!homepage.len)
		return;
	json_set(ref, "type", json_text(a, "website"));
	sbom_set(&d->x, ref, "url", homepage);
	json_set(o, "externalReferences", json_add(json_array(a), ref));
}

static struct json *pedigree(struct cyclonedx *d, const struct sbom_source *s)
{
	struct arena *a = d->x.arena;
	struct json *o = json_object(a),
		    *source = component(d, "library", STR(""), s->name, s->version);

	json_set(source, "purl", json_str(a, s->purl));
	json_set(o, "ancestors", json_add(json_array(a), source));
	return o;
}

static struct json *package_properties(struct cyclonedx *d, size_t i)
{
	const struct sbom_package *p = &d->x.sbom->packages[i];
	struct arena *a = d->x.arena;
	struct json *list = json_array(a);

	/* What one scanner writes and reads; others find the same in the purl. */
	add_property(d, list, "aquasecurity:trivy:SrcName", p->source);
	add_property(d, list, "aquasecurity:trivy:SrcVersion", p->source_version);
	if (p->boot_only)
		add_property(d, list, "ingot:boot-only", STR("true"));
	if (p->size)
		add_property(d, list, "ingot:size",
			     str_of(arena_printf(a, "%llu", (unsigned long long)p->size)));
	add_property(d, list, "ingot:source",
		     str_of(arena_printf(a, STR_FMT " " STR_FMT, STR_ARG(p->source),
					 STR_ARG(p->source_version))));
	return list;
}

static void add_binary(struct cyclonedx *d, size_t i)
{
	const struct sbom_package *p = &d->x.sbom->packages[i];
	const struct sbom_facts *f = &d->x.facts[i];
	struct json *o = component(d, "library", f->purl, p->name, p->version);
	bool is_group;

	json_set(o, "purl", json_str(d->x.arena, f->purl));
	set_organisation(d, o,
			 str_trim(p->supplier).len
				 ? sbom_contact(p->supplier, d->x.arena, &is_group)
				 : p->origin);
	if (p->summary.len)
		sbom_set(&d->x, o, "description", p->summary);
	if (p->has_digest)
		set_sha256(d, o, &p->digest);
	set_licence(d, o, &f->copyright);
	set_homepage(d, o, p->homepage);
	json_set(o, "pedigree", pedigree(d, &d->x.sources[f->source]));
	json_set(o, "properties", package_properties(d, i));
	json_add(d->components, o);
}

static struct str file_reference(struct cyclonedx *d, const struct sbom_file *f)
{
	return text_utf8(str_of(arena_printf(d->x.arena, "file:" STR_FMT, STR_ARG(f->path))),
			 d->x.arena);
}

static void add_file(struct cyclonedx *d, const struct sbom_file *f)
{
	struct arena *a = d->x.arena;
	struct json *o = component(d, "file", file_reference(d, f), f->path, STR("")),
		    *sums = json_array(a), *properties = json_array(a);
	char hex[DIGEST_HEX_MAX], sha1[2 * sizeof(f->sha1) + 1];

	if (!sbom_is_archive(f))
		json_add(sums, hash(a, "SHA-1", hex_format(BYTES_OF(f->sha1), sha1)));
	json_add(sums, hash(a, "SHA-256", digest_hex(&f->sha256, hex)));
	json_set(o, "hashes", sums);
	add_property(d, properties, "ingot:kind", f->kind);
	json_set(o, "properties", properties);
	json_add(d->components, o);
}

static void add_system(struct cyclonedx *d)
{
	const struct sbom *s = d->x.sbom;
	struct str id, version;
	struct json *o;

	if (!s->distribution.len)
		return;
	sbom_distribution(s, &id, &version);
	d->system =
		text_utf8(str_of(arena_printf(d->x.arena, "os:" STR_FMT, STR_ARG(s->distribution))),
			  d->x.arena);
	o = component(d, "operating-system", d->system, id, version);
	if (s->os_name.len)
		sbom_set(&d->x, o, "description", s->os_name);
	set_organisation(d, o,
			 s->n_packages && s->packages[0].origin.len ? s->packages[0].origin : id);
	json_add(d->components, o);
}

static struct json *image(struct cyclonedx *d)
{
	const struct sbom *s = d->x.sbom;
	struct json *list = json_array(d->x.arena),
		    *o = component(d, s->is_disk ? "application" : "container", d->image, s->name,
				   s->version);

	if (s->description.len)
		sbom_set(&d->x, o, "description", s->description);
	set_organisation(d, o, s->supplier);
	if (s->architecture.len)
		add_property(d, list, "ingot:architecture", s->architecture);
	if (s->has_recipe) {
		add_digest(d, list, "ingot:lock", &s->lock);
		add_property(d, list, "ingot:recipe", s->recipe_path);
		add_digest(d, list, "ingot:recipe-digest", &s->recipe);
	}
	if (s->target.len)
		add_property(d, list, "ingot:target", s->target);
	json_set(o, "properties", list);
	return o;
}

static struct json *metadata(struct cyclonedx *d)
{
	const struct sbom *s = d->x.sbom;
	struct arena *a = d->x.arena;
	struct json *o = json_object(a), *tools = json_object(a), *phase = json_object(a);
	char timestamp[TEXT_TIME_MAX];

	json_set(tools, "components",
		 json_add(json_array(a),
			  component(d, "application", STR(""), STR("ingot"), s->tool_version)));
	json_set(phase, "phase", json_text(a, s->has_recipe ? "build" : "post-build"));
	json_set(o, "component", image(d));
	json_set(o, "lifecycles", json_add(json_array(a), phase));
	set_organisation(d, o, s->supplier);
	json_set(o, "timestamp", json_text(a, text_time(s->epoch, timestamp)));
	json_set(o, "tools", tools);
	return o;
}

struct dependency {
	struct str ref;
	struct str *on;
	size_t n;
};

static int compare_refs(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	return str_compare(*x, *y);
}

static int compare_dependencies(const void *a, const void *b)
{
	const struct dependency *x = a, *y = b;

	return str_compare(x->ref, y->ref);
}

/* Marks @i and all that it depends on; each is looked at once. */
static void reach(const struct cyclonedx *d, size_t i, bool *reached, size_t *stack)
{
	size_t n = 0;

	if (reached[i])
		return;
	reached[i] = true;
	stack[n++] = i;
	while (n) {
		const struct sbom_facts *f = &d->x.facts[stack[--n]];

		for (size_t k = 0; k < f->n_depends; k++)
			if (!reached[f->depends[k]]) {
				reached[f->depends[k]] = true;
				stack[n++] = f->depends[k];
			}
	}
}

/* What is asked for, and then, in order of name, what nothing else has led to. */
static struct dependency of_image(struct cyclonedx *d)
{
	const struct sbom *s = d->x.sbom;
	struct arena *a = d->x.arena;
	struct dependency r = { .ref = d->image };
	bool *reached = arena_array(a, s->n_packages + 1, sizeof(*reached));
	size_t *stack = arena_array(a, s->n_packages + 1, sizeof(*stack));

	r.on = arena_array(a, s->n_packages + s->n_files + 1, sizeof(*r.on));
	for (size_t i = 0; i < s->n_packages; i++)
		if (s->packages[i].asked) {
			r.on[r.n++] = d->x.facts[i].purl;
			reach(d, i, reached, stack);
		}
	for (size_t i = 0; i < s->n_packages; i++)
		if (!reached[i]) {
			r.on[r.n++] = d->x.facts[i].purl;
			reach(d, i, reached, stack);
		}
	for (size_t i = 0; i < s->n_files; i++)
		r.on[r.n++] = file_reference(d, &s->files[i]);
	if (d->system.len)
		r.on[r.n++] = d->system;
	return r;
}

static struct dependency of_package(struct cyclonedx *d, size_t i)
{
	const struct sbom_facts *f = &d->x.facts[i];
	struct dependency r = { .ref = f->purl };

	r.on = arena_array(d->x.arena, f->n_depends + 1, sizeof(*r.on));
	for (size_t k = 0; k < f->n_depends; k++)
		r.on[r.n++] = d->x.facts[f->depends[k]].purl;
	return r;
}

static struct json *dependency_json(struct arena *a, const struct dependency *dependency)
{
	struct json *o = json_object(a), *list = json_array(a);

	if (dependency->n)
		qsort(dependency->on, dependency->n, sizeof(*dependency->on), compare_refs);
	for (size_t i = 0; i < dependency->n; i++)
		json_add(list, json_str(a, dependency->on[i]));
	json_set(o, "ref", json_str(a, dependency->ref));
	if (dependency->n)
		json_set(o, "dependsOn", list);
	return o;
}

static struct json *dependencies(struct cyclonedx *d)
{
	const struct sbom *s = d->x.sbom;
	struct arena *a = d->x.arena;
	struct dependency *all = arena_array(a, s->n_packages + s->n_files + 2, sizeof(*all));
	struct json *list = json_array(a);
	size_t n = 0;

	all[n++] = of_image(d);
	for (size_t i = 0; i < s->n_packages; i++)
		all[n++] = of_package(d, i);
	for (size_t i = 0; i < s->n_files; i++)
		all[n++] = (struct dependency){ .ref = file_reference(d, &s->files[i]) };
	if (d->system.len)
		all[n++] = (struct dependency){ .ref = d->system };
	qsort(all, n, sizeof(*all), compare_dependencies);
	for (size_t i = 0; i < n; i++)
		json_add(list, dependency_json(a, &all[i]));
	return list;
}

int sbom_write_cyclonedx(const struct sbom *s, struct buf *to, struct error *err)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	struct cyclonedx d = { .components = json_array(&a) };
	struct json *o = json_object(&a);

	sbom_index_make(s, &a, &d.x);
	d.image = text_utf8(str_of(arena_printf(&a, "image:" STR_FMT, STR_ARG(sbom_title(s, &a)))),
			    &a);
	add_system(&d);
	for (size_t i = 0; i < s->n_files; i++)
		add_file(&d, &s->files[i]);
	for (size_t i = 0; i < s->n_packages; i++)
		add_binary(&d, i);
	json_set(o, "bomFormat", json_text(&a, "CycloneDX"));
	json_set(o, "specVersion", json_text(&a, "1.6"));
	json_set(o, "serialNumber", json_str(&a, sbom_uuid(s, "cyclonedx", &a)));
	json_set(o, "version", json_int(&a, 1));
	json_set(o, "metadata", metadata(&d));
	json_set(o, "components", d.components);
	json_set(o, "dependencies", dependencies(&d));
	return sbom_finish(o, to, err);
}

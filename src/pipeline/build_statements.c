#include "pipeline/statements.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "format/dsse/dsse.h"
#include "io/file.h"
#include "io/workers.h"
#include "pipeline/sbom_input.h"
#include "pipeline/statement_parts.h"
#include "pipeline/statement_record.h"

#define TEXT_MAX (512u << 20) /* bytes of a file that is there already */

struct str statement_stem(struct str output_file)
{
	static const char *const endings[] = { ".oci.tar", ".gce.tar.gz", ".raw", ".qcow2",
					       ".vmdk",	   ".vhd",	  ".ova" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (str_has_suffix(output_file, str_of(endings[i])))
			return (struct str){ output_file.ptr,
					     output_file.len - strlen(endings[i]) };
	return output_file;
}

char *statement_beside(const char *path, enum statement_file which)
{
	const char *slash = strrchr(path, '/');
	struct str name = str_of(slash ? slash + 1 : path), stem = statement_stem(name);

	return mem_printf(STR_FMT STR_FMT "%s", (int)(name.ptr - path), path, STR_ARG(stem),
			  statement_endings[which]);
}

void statement_texts_release(struct statement_texts *s)
{
	buf_release(&s->spdx);
	buf_release(&s->cyclonedx);
	buf_release(&s->causes);
	arena_release(&s->arena);
}

/* ---- envelopes ---- */

struct envelopes {
	struct arena arena;
	struct intoto_subject *subjects;
	size_t n_subjects;
	struct buf text;	     /* of STEM.intoto.jsonl */
	struct dsse_envelope *there; /* what the file holds now */
	size_t n_there;
};

static void envelopes_release(struct envelopes *e)
{
	buf_release(&e->text);
	arena_release(&e->arena);
}

/* All outputs of the target: they say the same of one tree. */
static void list_subjects(struct envelopes *e, const struct build_output *outs, size_t n)
{
	e->subjects = arena_array(&e->arena, n * IDENTITY_ROLE_COUNT, sizeof(*e->subjects));
	for (size_t i = 0; i < n; i++) {
		struct identity id = build_output_identity(&outs[i]);
		struct intoto_subject *list;
		size_t n_list = identity_subjects(&id, &e->arena, &list);

		memcpy(e->subjects + e->n_subjects, list, n_list * sizeof(*list));
		e->n_subjects += n_list;
	}
}

/* The signatures that the same payload has now. */
static void keep_signatures(const struct envelopes *e, struct dsse_envelope *to)
{
	for (size_t i = 0; i < e->n_there; i++)
		if (str_equal(e->there[i].payload_type, to->payload_type) &&
		    bytes_equal(e->there[i].payload, to->payload)) {
			to->signatures = e->there[i].signatures;
			to->n_signatures = e->there[i].n_signatures;
			return;
		}
}

static void add_envelope(struct envelopes *e, const char *type, const struct json *predicate,
			 struct str text)
{
	CLEANUP_BUF struct buf payload = BUF_INIT(SIZE_MAX / 2);
	struct intoto_statement s = { .subjects = e->subjects,
				      .n_subjects = e->n_subjects,
				      .predicate_type = str_of(type),
				      .predicate = predicate };
	struct dsse_envelope envelope = { .payload_type = STR(INTOTO_PAYLOAD_TYPE) };

	intoto_write_text(&s, str_trim(text), &e->arena, &payload);
	envelope.payload = buf_bytes(&payload);
	keep_signatures(e, &envelope);
	dsse_write(&envelope, &e->text);
	buf_add_char(&e->text, '\n');
}

/* ---- files ---- */

/* A file that says it already keeps its time. */
static int save(struct building *b, struct str stem, enum statement_file file,
		const struct buf *text, struct digest *ret_said, struct error *err)
{
	CLEANUP_FREE char *name = statement_name(stem, file);
	CLEANUP_BUF struct buf old = BUF_INIT(TEXT_MAX);
	CLEANUP_ERR struct error ignored = ERR_INIT;

	(void)!statement_digest(file, buf_bytes(text), ret_said);
	if (file_load(b->outputs, name, &old, &ignored) == 0 &&
	    bytes_equal(buf_bytes(&old), buf_bytes(text)))
		return 0;
	if (file_save(b->outputs, name, buf_bytes(text), err) < 0)
		return err_while(err, "writing '%s'", name);
	return 0;
}

struct writing {
	struct building *building;
	struct str stem;
	const struct buf *texts[STATEMENT_FILES];
	struct digest said[STATEMENT_FILES];
};

static int save_one(void *context, size_t i, struct error *err)
{
	struct writing *w = context;

	return save(w->building, w->stem, (enum statement_file)i, w->texts[i], &w->said[i], err);
}

/* The envelopes come last: who finds them finds the others. Each file is synced by itself. */
static int save_all(struct writing *w, struct error *err)
{
	if (workers_run(STATEMENT_INTOTO, STATEMENT_INTOTO, save_one, w, err) < 0)
		return -1;
	return save_one(w, STATEMENT_INTOTO, err);
}

static void list_byproducts(const struct writing *w, struct arena *arena, struct provenance *p)
{
	p->byproducts = arena_array(arena, STATEMENT_INTOTO, sizeof(*p->byproducts));
	for (int i = 0; i < STATEMENT_INTOTO; i++)
		p->byproducts[i] = (struct provenance_input){
			.name = str_of(arena_printf(arena, STR_FMT "%s", STR_ARG(w->stem),
						    statement_endings[i])),
			.sha256 = hash_bytes(buf_bytes(w->texts[i])),
		};
	p->n_byproducts = STATEMENT_INTOTO;
}

static void load_envelopes(const struct building *b, struct str stem, struct envelopes *e,
			   struct buf *text)
{
	CLEANUP_FREE char *name = statement_name(stem, STATEMENT_INTOTO);
	CLEANUP_ERR struct error ignored = ERR_INIT;

	if (file_load(b->outputs, name, text, &ignored) == 0)
		e->n_there = statement_envelopes(buf_bytes(text), &e->arena, &e->there);
}

int statements_write(struct building *b, const struct recipe_target *t,
		     const struct build_output *outs, size_t n, const struct statement_texts *from,
		     struct error *err)
{
	CLEANUP(envelopes_release)
	struct envelopes e = { .text = BUF_INIT(SIZE_MAX / 2) };
	CLEANUP_BUF struct buf inputs = BUF_INIT(SIZE_MAX / 2);
	CLEANUP_BUF struct buf old = BUF_INIT(TEXT_MAX);
	struct str stem = statement_stem(outs->file);
	struct writing w = { .building = b,
			     .stem = stem,
			     .texts = { &from->spdx, &from->cyclonedx, &from->causes, &inputs,
					&e.text } };
	struct provenance p;
	struct digest key;

	if (statement_record_key(b, t, outs, n, &key, err) < 0 ||
	    statement_provenance(b, t, outs, from->distribution, &e.arena, &p, err) < 0)
		return -1;
	json_write(provenance_build_definition(&p, &e.arena), &inputs);
	buf_add_char(&inputs, '\n');
	list_byproducts(&w, &e.arena, &p);
	list_subjects(&e, outs, n);
	load_envelopes(b, stem, &e, &old);
	add_envelope(&e, PREDICATE_SLSA_PROVENANCE, provenance_predicate(&p, &e.arena), STR(""));
	add_envelope(&e, PREDICATE_SPDX, NULL, buf_str(&from->spdx));
	add_envelope(&e, PREDICATE_CYCLONEDX, NULL, buf_str(&from->cyclonedx));
	if (save_all(&w, err) < 0)
		return -1;
	return statement_record_put(b, &key, stem, w.said, err);
}

int statements_are_there(struct building *b, const struct recipe_target *t,
			 const struct build_output *outs, size_t n, bool *ret, struct error *err)
{
	struct digest key;

	if (statement_record_key(b, t, outs, n, &key, err) < 0)
		return -1;
	return statement_record_get(b, &key, statement_stem(outs->file), ret, err);
}

static int make_sboms(const struct building *b, const struct package_set *set,
		      const struct assembly *a, struct statement_texts *to, struct error *err)
{
	struct sbom s = { 0 };

	if (sbom_of_assembly(b->context, b->recipe, b->lock, &b->lock_digest, set, a, &to->arena,
			     &s, err) < 0 ||
	    sbom_write_spdx(&s, &to->spdx, err) < 0 ||
	    sbom_write_cyclonedx(&s, &to->cyclonedx, err) < 0)
		return -1;
	to->distribution = arena_str(&to->arena, s.distribution);
	return 0;
}

int statement_texts_make(const struct building *b, const struct recipe_target *t,
			 const struct package_set *set, const struct assembly *a,
			 const struct oci_layer_input *layers, size_t n_layers,
			 struct statement_texts *to, struct error *err)
{
	if (make_sboms(b, set, a, to, err) < 0)
		return err_while(err, "listing what is inside");
	statement_causes(b, t, set->locked->name, a->output.tree, layers, n_layers, &to->causes);
	to->made = true;
	return 0;
}

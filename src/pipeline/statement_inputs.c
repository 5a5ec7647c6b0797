#include <fcntl.h>
#include <unistd.h>

#include "attest/sbom.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "pipeline/keyring.h"
#include "pipeline/statement_parts.h"

#define CERTIFICATE_MAX (1u << 20) /* bytes */

struct input_list {
	struct arena *arena;
	struct provenance_input *list;
	size_t n, capacity;
};

static void add(struct input_list *l, const char *kind, const char *uri, struct str name,
		const struct digest *digest)
{
	ARENA_GROW(l->arena, l->list, l->n, l->capacity);
	l->list[l->n++] = (struct provenance_input){
		.uri = str_of(uri), .name = name, .sha256 = *digest, .kind = str_of(kind)
	};
}

static struct str last_component(struct str path)
{
	size_t at = path.len;

	while (at && path.ptr[at - 1] != '/')
		at--;
	return (struct str){ path.ptr + at, path.len - at };
}

static void add_packages(struct input_list *l, const struct lock_architecture *a,
			 const struct recipe_target *t, struct str distribution)
{
	for (size_t i = 0; i < a->n_packages; i++) {
		const struct lock_package *p = &a->packages[i];
		CLEANUP_BUF struct buf purl = BUF_INIT(1u << 20);

		if (!statement_has_package(t, p))
			continue;
		sbom_purl(p->name, p->version, p->architecture, distribution, &purl);
		add(l, "package", arena_strdup(l->arena, buf_str(&purl)), last_component(p->path),
		    &p->digest);
	}
}

static void add_evidence(struct input_list *l, const struct lock *lock)
{
	for (size_t i = 0; i < lock->n_suites; i++) {
		const struct lock_suite *s = &lock->suites[i];

		add(l, "evidence",
		    arena_printf(l->arena, "dists/" STR_FMT "/InRelease", STR_ARG(s->suite)),
		    STR("InRelease"), &s->inrelease);
		for (size_t k = 0; k < s->n_indexes; k++)
			add(l, "evidence",
			    arena_printf(l->arena, "dists/" STR_FMT "/" STR_FMT, STR_ARG(s->suite),
					 STR_ARG(s->indexes[k].path)),
			    last_component(s->indexes[k].path), &s->indexes[k].digest);
	}
}

/* What the recipe names. A folder and a link have no bytes; where an archive is, nobody says. */
static void add_inputs(struct input_list *l, const struct lock_input *inputs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct lock_input *in = &inputs[i];
		bool archive = str_equal(in->kind, STR("archive"));

		if (str_equal(in->kind, STR("folder")) || str_equal(in->kind, STR("link")))
			continue;
		add(l, arena_strdup(l->arena, in->kind),
		    archive ? "" : arena_printf(l->arena, "recipes/" STR_FMT, STR_ARG(in->path)),
		    last_component(in->path), &in->digest);
	}
}

static int add_certificate(struct input_list *l, const struct building *b, struct str path,
			   struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(CERTIFICATE_MAX);
	char *uri = arena_printf(l->arena, "recipes/" STR_FMT, STR_ARG(path));
	struct digest digest;
	int r = file_load(b->context->workspace.fd, uri, &text, err);

	if (r)
		return r < 0 ? -1 : err_set(err, ERR_RECIPE_FILE, "there is no '%s'", uri);
	digest = hash_bytes(buf_bytes(&text));
	add(l, "certificate", uri, last_component(path), &digest);
	return 0;
}

/* What signed the disk: the same detached signature makes the same disk anywhere. */
static int add_signature(struct input_list *l, const struct building *b,
			 const struct recipe_target *t, const struct build_output *out,
			 struct error *err)
{
	struct str stem = b->recipe->path;
	char hex[DIGEST_HEX_MAX];
	char *uri;

	if (t->type != TARGET_DISK || !out->is_signed)
		return 0;
	if (str_has_suffix(stem, STR(".yaml")))
		stem.len -= 5;
	uri = arena_printf(l->arena, STR_FMT ".signatures/%s.p7s", STR_ARG(stem),
			   digest_hex(&out->authenticode, hex));
	add(l, "signature", uri, last_component(str_of(uri)), &out->signature);
	return t->secure_boot_certificate.len
		       ? add_certificate(l, b, t->secure_boot_certificate, err)
		       : 0;
}

int statement_provenance(const struct building *b, const struct recipe_target *t,
			 const struct build_output *outs, struct str distribution,
			 struct arena *arena, struct provenance *ret, struct error *err)
{
	const struct digest *effects = lock_effects(b->lock, outs->architecture, t->name);
	struct input_list l = { .arena = arena };

	add_packages(&l, lock_architecture(b->lock, outs->architecture), t, distribution);
	add_evidence(&l, b->lock);
	add_inputs(&l, b->inputs.list, b->inputs.n);
	if (effects)
		add(&l, "effects", "",
		    str_of(arena_printf(arena, "effects-" STR_FMT "-" STR_FMT, STR_ARG(t->name),
					STR_ARG(outs->architecture))),
		    effects);
	if (add_signature(&l, b, t, outs, err) < 0)
		return -1;
	*ret = (struct provenance){
		.recipe = b->recipe->path,
		.target = t->name,
		.architecture = outs->architecture,
		.recipe_digest = b->recipe->digest,
		.lock_digest = b->lock_digest,
		.epoch = b->lock->epoch,
		.output_format = OUTPUT_FORMAT,
		.evaluator = b->lock->evaluator,
		.compressors =
			statement_is_compressed(t) ? str_of(compress_versions()) : STR(""),
		.inputs = l.list,
		.n_inputs = l.n,
		.builder_id = b->context->machine.builder_id,
		.version = STR(INGOT_VERSION),
	};
	ret->n_formats = statement_formats(t, arena, &ret->formats);
	return 0;
}

/* Everything that a lock names, and what is beside it, in one file. */
#include "pipeline/bundle_private.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "pipeline/assemble.h"
#include "pipeline/effects_store.h"
#include "pipeline/locking.h"

#define SIGNATURE_MAX (1u << 20) /* bytes; a PKCS#7 of Debian's has 2,000 */
#define CERTIFICATE_MAX (1u << 20)
#define SIGNATURE_NAME (2 * DIGEST_SIZE + 4) /* "<64 hex>.p7s" */

const char *const bundle_kind_names[BUNDLE_KIND_COUNT] = {
	[BUNDLE_RECIPE] = "recipe",	  [BUNDLE_LOCK] = "lock",
	[BUNDLE_FILE] = "file",		  [BUNDLE_KEYRING] = "keyring",
	[BUNDLE_SIGNATURE] = "signature", [BUNDLE_ARCHIVE] = "archive",
	[BUNDLE_PACKAGE] = "package",	  [BUNDLE_EFFECTS] = "effects",
	[BUNDLE_EVIDENCE] = "evidence",	  [BUNDLE_SOURCE] = "source",
};

/* ---- the list ---- */

static struct oci_artifact_file *add(struct bundling *b, const char *name, enum bundle_kind kind,
				     const struct digest *d, uint64_t size)
{
	struct oci_artifact_file *f;
	uint32_t at;

	if (strtab_find(&b->names, str_of(name), &at)) {
		if (!digest_equal(&b->files[at].digest, d))
			b->clash = b->files[at].name.ptr;
		return &b->files[at];
	}
	MEM_GROW(b->files, b->n, b->capacity);
	strtab_put(&b->names, str_of(name), (uint32_t)b->n);
	f = &b->files[b->n++];
	*f = (struct oci_artifact_file){
		.name = arena_str(&b->arena, str_of(name)),
		.media_type = str_of(arena_printf(&b->arena, "application/vnd.ingot.bundle.%s",
						  bundle_kind_names[kind])),
		.digest = *d,
		.size = size,
	};
	return f;
}

void bundling_add_object(struct bundling *b, const char *name, enum bundle_kind kind,
			 const struct digest *d, uint64_t size)
{
	add(b, name, kind, d, size);
}

void bundling_add_bytes(struct bundling *b, const char *name, enum bundle_kind kind,
			struct bytes data)
{
	struct digest d = hash_bytes(data);
	struct oci_artifact_file *f = add(b, name, kind, &d, data.len);

	f->in_memory = true;
	f->data = arena_bytes(&b->arena, data);
}

bool bundling_wants(const struct bundling *b, struct str architecture)
{
	const struct bundle_options *o = b->options;

	for (size_t i = 0; i < o->n_architectures; i++)
		if (str_equal_cstr(architecture, o->architectures[i]))
			return true;
	return o->n_architectures == 0;
}

/* ---- beside the recipe ---- */

static int add_text(struct bundling *b, const char *path, enum bundle_kind kind, size_t max,
		    struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(max);
	int r = file_load(b->context->workspace.fd, path, &text, err);

	if (r == FILE_ABSENT)
		return err_set(err, ERR_RECIPE_FILE, "'%s' has gone", path);
	if (r < 0)
		return -1;
	bundling_add_bytes(b, path, kind, buf_bytes(&text));
	return 0;
}

static int add_recipes(struct bundling *b, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(LIMIT_LOCK_SIZE);
	CLEANUP_FREE char *recipe = mem_str(b->recipe->path);
	CLEANUP_FREE char *lock = workspace_lock_path(recipe);

	for (size_t i = 0; i < b->recipe->n_read_files; i++) {
		CLEANUP_FREE char *path = mem_str(b->recipe->read_files[i]);

		if (add_text(b, path, BUNDLE_RECIPE, LIMIT_RECIPE_SIZE, err) < 0)
			return -1;
	}
	lock_format(b->lock, &text);
	bundling_add_bytes(b, lock, BUNDLE_LOCK, buf_bytes(&text));
	return 0;
}

static int add_inputs(struct bundling *b, struct error *err)
{
	if (inputs_put(b->context, b->recipe, &b->inputs, &b->arena, err) < 0)
		return -1;
	for (size_t i = 0; i < b->inputs.n; i++) {
		const struct lock_input *in = &b->inputs.list[i];
		bool is_archive = str_equal(in->kind, STR("archive"));
		bool is_keyring = str_equal(in->kind, STR("keyring"));
		uint64_t size = in->size;
		char hex[DIGEST_HEX_MAX];
		const char *name = arena_printf(&b->arena, "recipes/" STR_FMT, STR_ARG(in->path));

		if (str_equal(in->kind, STR("folder")) || str_equal(in->kind, STR("link")))
			continue; /* the lock says all of them */
		if (is_archive)	  /* two may have one name */
			name = arena_printf(&b->arena, "archives/%.16s/" STR_FMT,
					    digest_hex(&in->digest, hex), STR_ARG(in->path));
		if (is_archive && stage_size(b->context->stage, &in->digest, &size, err))
			return err->code ? -1 : err_set(err, ERR_IO, "'%s' has gone", name);
		bundling_add_object(b, name,
				    is_archive	 ? BUNDLE_ARCHIVE
				    : is_keyring ? BUNDLE_KEYRING
						 : BUNDLE_FILE,
				    &in->digest, size);
	}
	return 0;
}

static bool is_signature_name(const char *name)
{
	struct str text = str_of(name);
	struct digest d;

	return text.len == SIGNATURE_NAME && str_has_suffix(text, STR(".p7s")) &&
	       digest_parse_hex((struct str){ name, 2 * DIGEST_SIZE }, &d);
}

static int add_signatures(struct bundling *b, struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };
	struct str stem = b->recipe->path;
	CLEANUP_FREE char *folder = NULL;

	if (str_has_suffix(stem, STR(".yaml")))
		stem.len -= strlen(".yaml");
	folder = mem_printf(STR_FMT ".signatures", STR_ARG(stem));
	if (file_list(b->context->workspace.fd, folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP_FREE char *path = mem_printf("%s/%s", folder, names.names[i]);

		if (is_signature_name(names.names[i]) &&
		    add_text(b, path, BUNDLE_SIGNATURE, SIGNATURE_MAX, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < b->recipe->n_targets; i++) {
		struct str certificate = b->recipe->targets[i].secure_boot_certificate;
		CLEANUP_FREE char *path = mem_printf("recipes/" STR_FMT, STR_ARG(certificate));

		if (certificate.len && add_text(b, path, BUNDLE_FILE, CERTIFICATE_MAX, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- what the lock names ---- */

static int add_packages(struct bundling *b, const struct lock_architecture *a, struct error *err)
{
	uint64_t fetched;

	if (package_set_fetch(b->context, b->lock, a->name, true, &fetched, err) < 0)
		return -1;
	for (size_t i = 0; i < a->n_packages; i++) {
		const struct lock_package *p = &a->packages[i];

		bundling_add_object(b,
				    arena_printf(&b->arena, "packages/" STR_FMT "/" STR_FMT,
						 STR_ARG(p->archive), STR_ARG(p->path)),
				    BUNDLE_PACKAGE, &p->digest, p->size);
	}
	return 0;
}

static const struct recipe_target *find_target(const struct recipe *r, struct str name)
{
	for (size_t i = 0; i < r->n_targets; i++)
		if (str_equal(r->targets[i].name, name))
			return &r->targets[i];
	return NULL;
}

/* The stage has lost the object: made again it is the same, or the lock doesn't fit. */
static int evaluate(struct bundling *b, const struct lock_effects *e, struct error *err)
{
	const struct recipe_target *t = find_target(b->recipe, e->target);
	CLEANUP_PACKAGE_SET struct package_set set = { 0 };
	CLEANUP_ASSEMBLY struct assembly assembly = { 0 };

	if (!t)
		return err_set(err, ERR_LOCK_STALE,
			       "the lock has effects of a target '" STR_FMT
			       "' that the recipe has not",
			       STR_ARG(e->target));
	if (package_set_open(b->context, b->lock, e->architecture, &set, err) < 0)
		return -1;
	return assembly_make(b->context, b->recipe, t, b->lock, &set, &b->inputs, &assembly, err);
}

static int add_effects(struct bundling *b, struct error *err)
{
	for (size_t i = 0; i < b->lock->n_effects; i++) {
		const struct lock_effects *e = &b->lock->effects[i];
		uint64_t size = 0;

		if (!bundling_wants(b, e->architecture))
			continue;
		if (!stage_has(b->context->stage, &e->digest) && evaluate(b, e, err) < 0)
			return -1;
		if (stage_size(b->context->stage, &e->digest, &size, err))
			return err->code ? -1 : err_set(err, ERR_IO, "an effects object has gone");
		bundling_add_object(b,
				    arena_printf(&b->arena, "effects/" STR_FMT "/" STR_FMT,
						 STR_ARG(e->architecture), STR_ARG(e->target)),
				    BUNDLE_EFFECTS, &e->digest, size);
	}
	return 0;
}

/* ---- */

static int check_names(const struct bundling *b, struct error *err)
{
	for (size_t i = 0; i < b->options->n_architectures; i++)
		if (!lock_architecture(b->lock, str_of(b->options->architectures[i])))
			return err_set(err, ERR_USAGE, "the lock has no architecture '%s'",
				       b->options->architectures[i]);
	return 0;
}

static int settle_lock(struct bundling *b, struct error *err)
{
	CLEANUP_BUF struct buf reasons = BUF_INIT(LIMIT_LOCK_SIZE);

	if (lock_load(b->context, b->recipe, &b->lock, err) < 0 ||
	    inputs_scan(b->context, b->recipe, &b->arena, &b->inputs, err) < 0)
		return -1;
	if (lock_fit(b->lock, b->recipe, &b->inputs, &reasons) == LOCK_FITS)
		return check_names(b, err);
	(void)err_set(err, ERR_LOCK_STALE, "the lock does not fit '" STR_FMT "'",
		      STR_ARG(b->recipe->path));
	(void)err_detail(err, "%s", buf_cstr(&reasons));
	return err_hint(err,
			"run 'ingot lock " STR_FMT "', review what it changes and bundle again",
			STR_ARG(b->recipe->name));
}

static int collect(struct bundling *b, struct error *err)
{
	if (settle_lock(b, err) < 0 || context_need_stage(b->context, err) < 0 ||
	    add_recipes(b, err) < 0 || add_inputs(b, err) < 0 || add_signatures(b, err) < 0)
		return -1;
	for (size_t i = 0; i < b->lock->n_architectures; i++)
		if (bundling_wants(b, b->lock->architectures[i].name) &&
		    add_packages(b, &b->lock->architectures[i], err) < 0)
			return -1;
	if (add_effects(b, err) < 0 || bundling_evidence(b, err) < 0)
		return -1;
	return b->options->sources ? bundling_sources(b, err) : 0;
}

static void add_note(struct oci_artifact *a, const char *key, struct str value)
{
	a->notes[a->n_notes++] = (struct oci_artifact_note){ str_of(key), value };
}

static void describe(struct bundling *b, struct oci_artifact *a)
{
	CLEANUP_BUF struct buf list = BUF_INIT(LIMIT_RECIPE_SIZE);
	struct digest lock = lock_digest(b->lock);
	char text[DIGEST_TEXT_MAX];

	for (size_t i = 0; i < b->lock->n_architectures; i++)
		if (bundling_wants(b, b->lock->architectures[i].name))
			buf_printf(&list, "%s" STR_FMT, list.len ? "," : "",
				   STR_ARG(b->lock->architectures[i].name));
	a->type = STR(BUNDLE_TYPE);
	a->tag = str_of(arena_printf(&b->arena, STR_FMT "-bundle", STR_ARG(b->recipe->version)));
	a->notes = arena_array(&b->arena, 8, sizeof(*a->notes));
	add_note(a, "vnd.ingot.bundle.recipe", b->recipe->path);
	add_note(a, "vnd.ingot.bundle.lock",
		 arena_str(&b->arena, str_of(digest_format(&lock, text))));
	add_note(a, "vnd.ingot.bundle.architectures", arena_str(&b->arena, buf_str(&list)));
	add_note(a, "vnd.ingot.bundle.evidence", b->has_evidence ? STR("complete") : STR("none"));
	add_note(a, "vnd.ingot.bundle.sources",
		 b->options->sources ? STR("complete") : STR("none"));
	add_note(a, "org.opencontainers.image.title",
		 str_of(arena_printf(&b->arena, STR_FMT ".bundle", STR_ARG(b->recipe->name))));
	add_note(a, "org.opencontainers.image.version", b->recipe->version);
	a->files = b->files;
	a->n_files = b->n;
}

/* "application/vnd.ingot.bundle.package" */
enum bundle_kind bundle_kind_of(const struct oci_artifact_file *f)
{
	struct str prefix = STR("application/vnd.ingot.bundle.");
	struct str rest = { f->media_type.ptr + prefix.len, 0 };

	if (!str_has_prefix(f->media_type, prefix))
		return 0;
	rest.len = f->media_type.len - prefix.len;
	for (enum bundle_kind k = BUNDLE_RECIPE; k < BUNDLE_KIND_COUNT; k++)
		if (str_equal_cstr(rest, bundle_kind_names[k]))
			return k;
	return 0;
}

static int write_all(struct bundling *b, struct sink *out, struct bundle_result *ret,
		     struct error *err)
{
	struct oci_artifact a = { 0 };

	*ret = (struct bundle_result){ 0 };
	if (collect(b, err) < 0)
		return -1;
	if (b->clash)
		return err_set(err, ERR_UNSUPPORTED, "two inputs would be named '%s'", b->clash);
	describe(b, &a);
	if (oci_artifact_write(b->context->stage, &a, out, err) < 0)
		return -1;
	ret->manifest = a.manifest;
	ret->n_files = a.n_files;
	ret->has_evidence = b->has_evidence;
	for (size_t i = 0; i < a.n_files; i++)
		ret->n_of_kind[bundle_kind_of(&a.files[i])]++;
	return 0;
}

int bundle_write(struct context *c, const struct recipe *r, const struct bundle_options *o,
		 struct sink *out, struct bundle_result *ret, struct error *err)
{
	struct bundling b = { .context = c, .recipe = r, .options = o };
	int result = write_all(&b, out, ret, err);

	lock_free(b.lock);
	strtab_release(&b.names);
	free(b.files);
	arena_release(&b.arena);
	return result < 0 ? err_while(err, "bundling '" STR_FMT "'", STR_ARG(r->path)) : 0;
}

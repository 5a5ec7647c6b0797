/*
 * SPDX 2.3 as JSON. Who scans such documents wants an operating system as a package with
 * that purpose, purls, and "built package from: NAME VERSION" as sourceInfo; who checks them for
 * the NTIA's minimum wants supplier and version of every package. docs/sbom.md has the fields.
 */

#include <stdlib.h>

#include "attest/sbom_private.h"
#include "attest/spdx_licences.h"
#include "base/hex.h"
#include "base/strtab.h"
#include "base/text.h"

#define TEXTS_MAX (8u << 20) /* bytes of all licences' texts; what is above is left out */
/* One scanner takes ids that begin otherwise for libraries, which must have a purl. */
#define IMAGE "SPDXRef-Application-Image"
#define SYSTEM "SPDXRef-OperatingSystem"
#define RECIPE "SPDXRef-Application-Recipe"
#define LOCK "SPDXRef-Application-Lock"

struct spdx {
	struct sbom_index x;
	struct json *packages, *relationships, *files;
	struct str *package_ids, *source_ids;
};

/* Letters, digits, '.' and '-' are all that an id may hold; 'X' starts what stands for others. */
static void add_id(struct buf *to, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
			     c == '-' || (c >= 'A' && c <= 'W');

		if (plain)
			buf_add_char(to, c);
		else
			buf_printf(to, "X%02X", (uint8_t)c);
	}
}

/* "SPDXRef-KIND-A" or "SPDXRef-KIND-A-X-B"; no two pairs give one id. */
static struct str make_id(struct spdx *d, const char *kind, struct str a, struct str b)
{
	CLEANUP_BUF struct buf id = BUF_INIT(SIZE_MAX / 8);

	buf_printf(&id, "SPDXRef-%s-", kind);
	add_id(&id, a);
	if (b.len) {
		buf_add_cstr(&id, "-X-");
		add_id(&id, b);
	}
	return arena_str(d->x.arena, buf_str(&id));
}

static struct json *checksum(struct arena *a, const char *algorithm, const char *hex)
{
	struct json *o = json_object(a);

	json_set(o, "algorithm", json_text(a, algorithm));
	json_set(o, "checksumValue", json_text(a, hex));
	return o;
}

static void set_sha256(struct spdx *d, struct json *package, const struct digest *digest)
{
	struct json *list = json_array(d->x.arena);
	char hex[DIGEST_HEX_MAX];

	json_add(list, checksum(d->x.arena, "SHA256", digest_hex(digest, hex)));
	json_set(package, "checksums", list);
}

static void relate(struct spdx *d, struct str from, const char *type, struct str to)
{
	struct arena *a = d->x.arena;
	struct json *o = json_object(a);

	json_set(o, "spdxElementId", json_str(a, from));
	json_set(o, "relationshipType", json_text(a, type));
	json_set(o, "relatedSpdxElement", json_str(a, to));
	json_add(d->relationships, o);
}

/* What every package has: the schema, or the validators, ask for it. */
static struct json *add_package(struct spdx *d, struct str id, struct str name, struct str version,
				const char *purpose)
{
	struct arena *a = d->x.arena;
	struct json *o = json_object(a);

	json_set(o, "SPDXID", json_str(a, id));
	sbom_set(&d->x, o, "name", name);
	if (version.len)
		sbom_set(&d->x, o, "versionInfo", version);
	if (purpose)
		json_set(o, "primaryPackagePurpose", json_text(a, purpose));
	json_set(o, "downloadLocation", json_text(a, "NOASSERTION"));
	json_set(o, "filesAnalyzed", json_bool(a, false));
	json_set(o, "licenseConcluded", json_text(a, "NOASSERTION"));
	json_set(o, "copyrightText", json_text(a, "NOASSERTION"));
	json_add(d->packages, o);
	return o;
}

static void set_organisation(struct spdx *d, struct json *package, struct str name)
{
	struct arena *a = d->x.arena;

	sbom_set(&d->x, package, "supplier",
		 name.len ? str_of(arena_printf(a, "Organization: " STR_FMT, STR_ARG(name)))
			  : STR("NOASSERTION"));
}

static void set_supplier(struct spdx *d, struct json *package, const struct sbom_package *p)
{
	bool is_group;
	struct str who;

	if (!str_trim(p->supplier).len) {
		set_organisation(d, package, p->origin);
		return;
	}
	who = sbom_contact(p->supplier, d->x.arena, &is_group);
	sbom_set(&d->x, package, "supplier",
		 str_of(arena_printf(d->x.arena, "%s: " STR_FMT,
				     is_group ? "Organization" : "Person", STR_ARG(who))));
}

static void set_purl(struct spdx *d, struct json *package, struct str purl)
{
	struct arena *a = d->x.arena;
	struct json *list = json_array(a), *o = json_object(a);

	json_set(o, "referenceCategory", json_text(a, "PACKAGE-MANAGER"));
	json_set(o, "referenceType", json_text(a, "purl"));
	json_set(o, "referenceLocator", json_str(a, purl));
	json_set(package, "externalRefs", json_add(list, o));
}

static void set_licence(struct spdx *d, struct json *package, const struct copyright *c)
{
	json_set(package, "licenseDeclared",
		 json_str(d->x.arena, c->licence.len ? c->licence : STR("NOASSERTION")));
}

static void add_image(struct spdx *d)
{
	const struct sbom *s = d->x.sbom;
	struct json *o =
		add_package(d, STR(IMAGE), s->name, s->version, s->is_disk ? "OTHER" : "CONTAINER");
	struct copyright none = { .licence = STR("") };

	set_organisation(d, o, s->supplier);
	set_licence(d, o, &none);
	if (s->description.len)
		sbom_set(&d->x, o, "description", s->description);
	if (s->target.len)
		sbom_set(&d->x, o, "comment",
			 str_of(arena_printf(d->x.arena, "target '" STR_FMT "' for " STR_FMT,
					     STR_ARG(s->target), STR_ARG(s->architecture))));
	relate(d, STR("SPDXRef-DOCUMENT"), "DESCRIBES", STR(IMAGE));
}

static void add_system(struct spdx *d)
{
	const struct sbom *s = d->x.sbom;
	struct copyright none = { .licence = STR("") };
	struct str id, version;
	struct json *o;

	if (!s->distribution.len)
		return;
	sbom_distribution(s, &id, &version);
	o = add_package(d, STR(SYSTEM), id, version, "OPERATING_SYSTEM");
	set_organisation(d, o,
			 s->n_packages && s->packages[0].origin.len ? s->packages[0].origin : id);
	set_licence(d, o, &none);
	if (s->os_name.len)
		sbom_set(&d->x, o, "summary", s->os_name);
	relate(d, STR(IMAGE), "CONTAINS", STR(SYSTEM));
}

static void add_text_of_recipe(struct spdx *d, struct str id, struct str name,
			       const struct digest *digest, const char *comment)
{
	const struct sbom *s = d->x.sbom;
	struct copyright none = { .licence = STR("") };
	struct json *o = add_package(d, id, name, s->version, "SOURCE");

	set_organisation(d, o, s->supplier);
	set_licence(d, o, &none);
	set_sha256(d, o, digest);
	json_set(o, "comment", json_text(d->x.arena, comment));
	relate(d, STR(IMAGE), "GENERATED_FROM", id);
}

static void add_recipe(struct spdx *d)
{
	const struct sbom *s = d->x.sbom;

	if (!s->has_recipe)
		return;
	add_text_of_recipe(d, STR(RECIPE), s->recipe_path, &s->recipe,
			   "the recipe with all that it includes; the digest is that of its "
			   "canonical form");
	add_text_of_recipe(d, STR(LOCK),
			   str_of(arena_printf(d->x.arena, STR_FMT ".lock", STR_ARG(s->name))),
			   &s->lock, "the lock: every input by digest");
}

/* It is unpacked: what the image holds is made from it. */
static void add_archive(struct spdx *d, const struct sbom_file *f)
{
	struct str id = make_id(d, "Application-Archive", f->path, STR(""));
	struct copyright none = { .licence = STR("") };
	struct json *o = add_package(d, id, f->path, d->x.sbom->version, "ARCHIVE");

	set_organisation(d, o, d->x.sbom->supplier);
	set_licence(d, o, &none);
	set_sha256(d, o, &f->sha256);
	relate(d, STR(IMAGE), "GENERATED_FROM", id);
}

static void add_file(struct spdx *d, const struct sbom_file *f)
{
	struct arena *a = d->x.arena;
	struct str id = make_id(d, "File", f->path, STR(""));
	struct json *o = json_object(a), *sums = json_array(a);
	char hex[DIGEST_HEX_MAX], sha1[2 * sizeof(f->sha1) + 1];

	json_add(sums, checksum(a, "SHA1", hex_format(BYTES_OF(f->sha1), sha1)));
	json_add(sums, checksum(a, "SHA256", digest_hex(&f->sha256, hex)));
	json_set(o, "SPDXID", json_str(a, id));
	sbom_set(&d->x, o, "fileName", str_of(arena_printf(a, "./" STR_FMT, STR_ARG(f->path))));
	json_set(o, "checksums", sums);
	json_set(o, "licenseConcluded", json_text(a, "NOASSERTION"));
	json_set(o, "copyrightText", json_text(a, "NOASSERTION"));
	sbom_set(&d->x, o, "comment",
		 str_of(arena_printf(a, STR_FMT " of the recipe", STR_ARG(f->kind))));
	json_add(d->files, o);
	/* Not CONTAINS: a package whose files were not analysed "shall not contain any files". */
	relate(d, STR(IMAGE), "GENERATED_FROM", id);
}

static void add_binary(struct spdx *d, size_t i)
{
	const struct sbom_package *p = &d->x.sbom->packages[i];
	const struct sbom_facts *f = &d->x.facts[i];
	struct arena *a = d->x.arena;
	struct json *o = add_package(d, d->package_ids[i], p->name, p->version, NULL);

	set_supplier(d, o, p);
	set_licence(d, o, &f->copyright);
	set_purl(d, o, f->purl);
	if (p->has_digest)
		set_sha256(d, o, &p->digest);
	if (p->homepage.len)
		sbom_set(&d->x, o, "homepage", p->homepage);
	if (p->summary.len)
		sbom_set(&d->x, o, "summary", p->summary);
	sbom_set(&d->x, o, "sourceInfo",
		 str_of(arena_printf(a, "built package from: " STR_FMT " " STR_FMT,
				     STR_ARG(p->source), STR_ARG(p->source_version))));
	if (p->boot_only)
		json_set(o, "comment",
			 json_text(a, "only what boots the disk is made from it: it is not in the "
				      "root file system"));
	relate(d, STR(IMAGE), "CONTAINS", d->package_ids[i]);
}

static void add_source(struct spdx *d, size_t i)
{
	const struct sbom_source *s = &d->x.sources[i];
	const struct sbom_package *p = s->package;
	size_t at = (size_t)(p - d->x.sbom->packages);
	struct json *o = add_package(d, d->source_ids[i], s->name, s->version, "SOURCE");

	set_supplier(d, o, p);
	set_licence(d, o, &d->x.facts[at].copyright);
	set_purl(d, o, s->purl);
	if (p->homepage.len)
		sbom_set(&d->x, o, "homepage", p->homepage);
}

static void relate_package(struct spdx *d, size_t i)
{
	const struct sbom_facts *f = &d->x.facts[i];

	relate(d, d->package_ids[i], "GENERATED_FROM", d->source_ids[f->source]);
	for (size_t k = 0; k < f->n_depends; k++)
		relate(d, d->package_ids[i], "DEPENDS_ON", d->package_ids[f->depends[k]]);
}

static void make_ids(struct spdx *d)
{
	const struct sbom *s = d->x.sbom;

	d->package_ids = arena_array(d->x.arena, s->n_packages + 1, sizeof(struct str));
	d->source_ids = arena_array(d->x.arena, d->x.n_sources + 1, sizeof(struct str));
	for (size_t i = 0; i < s->n_packages; i++)
		d->package_ids[i] =
			make_id(d, "Package", s->packages[i].name, s->packages[i].architecture);
	for (size_t i = 0; i < d->x.n_sources; i++)
		d->source_ids[i] =
			make_id(d, "Source", d->x.sources[i].name, d->x.sources[i].version);
}

static int compare_texts(const void *a, const void *b)
{
	const struct copyright_text *x = a, *y = b;

	return str_compare(x->id, y->id);
}

/* Each id once; of equal ids the first package's stands. */
static struct copyright_text *collect_texts(struct spdx *d, size_t *ret_n)
{
	CLEANUP_STRTAB struct strtab ids = STRTAB_INIT;
	struct copyright_text *list = NULL;
	size_t n = 0, capacity = 0;

	for (size_t i = 0; i < d->x.sbom->n_packages; i++) {
		const struct copyright *c = &d->x.facts[i].copyright;

		for (size_t k = 0; k < c->n_texts; k++) {
			uint32_t known = ids.n;

			if (strtab_intern(&ids, c->texts[k].id, NULL) < known)
				continue;
			ARENA_GROW(d->x.arena, list, n, capacity);
			list[n++] = c->texts[k];
		}
	}
	if (n)
		qsort(list, n, sizeof(*list), compare_texts);
	*ret_n = n;
	return list;
}

static struct json *extracted(struct spdx *d)
{
	struct arena *a = d->x.arena;
	struct json *all = json_array(a);
	size_t n, size = 0;
	struct copyright_text *list = collect_texts(d, &n);

	for (size_t i = 0; i < n; i++) {
		struct json *o = json_object(a);
		struct str text = list[i].text;

		size += text.len;
		if (!text.len)
			text = STR("The copyright file has no text for this licence.");
		else if (size > TEXTS_MAX)
			text = STR("See /usr/share/doc/PACKAGE/copyright.");
		json_set(o, "licenseId", json_str(a, list[i].id));
		sbom_set(&d->x, o, "name", list[i].name);
		sbom_set(&d->x, o, "extractedText", text);
		json_add(all, o);
	}
	return all;
}

static struct json *creation(struct spdx *d)
{
	const struct sbom *s = d->x.sbom;
	struct arena *a = d->x.arena;
	struct json *o = json_object(a), *creators = json_array(a);
	char created[TEXT_TIME_MAX];

	if (s->supplier.len)
		json_add(creators, sbom_text(&d->x, str_of(arena_printf(a, "Organization: " STR_FMT,
									STR_ARG(s->supplier)))));
	json_add(creators, sbom_text(&d->x, str_of(arena_printf(a, "Tool: ingot-" STR_FMT,
								STR_ARG(s->tool_version)))));
	json_set(o, "created", json_text(a, text_time(s->epoch, created)));
	json_set(o, "creators", creators);
	json_set(o, "licenseListVersion", json_text(a, SPDX_LICENCE_LIST));
	return o;
}

static void add_all(struct spdx *d)
{
	const struct sbom *s = d->x.sbom;

	make_ids(d);
	add_image(d);
	add_system(d);
	add_recipe(d);
	for (size_t i = 0; i < s->n_files; i++)
		if (sbom_is_archive(&s->files[i]))
			add_archive(d, &s->files[i]);
		else
			add_file(d, &s->files[i]);
	for (size_t i = 0; i < s->n_packages; i++)
		add_binary(d, i);
	for (size_t i = 0; i < d->x.n_sources; i++)
		add_source(d, i);
	for (size_t i = 0; i < s->n_packages; i++)
		relate_package(d, i);
}

int sbom_write_spdx(const struct sbom *s, struct buf *to, struct error *err)
{
	CLEANUP_ARENA struct arena a = ARENA_INIT;
	struct spdx d = { .packages = json_array(&a),
			  .relationships = json_array(&a),
			  .files = json_array(&a) };
	struct json *o = json_object(&a), *texts;

	sbom_index_make(s, &a, &d.x);
	add_all(&d);
	texts = extracted(&d);
	json_set(o, "spdxVersion", json_text(&a, "SPDX-2.3"));
	json_set(o, "dataLicense", json_text(&a, "CC0-1.0"));
	json_set(o, "SPDXID", json_text(&a, "SPDXRef-DOCUMENT"));
	sbom_set(&d.x, o, "name", sbom_title(s, &a));
	json_set(o, "documentNamespace", json_str(&a, sbom_uuid(s, "spdx", &a)));
	json_set(o, "creationInfo", creation(&d));
	json_set(o, "packages", d.packages);
	if (json_length(d.files))
		json_set(o, "files", d.files);
	json_set(o, "relationships", d.relationships);
	if (json_length(texts))
		json_set(o, "hasExtractedLicensingInfos", texts);
	return sbom_finish(o, to, err);
}

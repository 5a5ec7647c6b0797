#include "pipeline/report_gather.h"

#include <sys/stat.h>

#include "base/cleanup.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "pipeline/statements.h"

#define BESIDE_MAX (512u << 20) /* bytes of one file: causes of 4 million paths */
#define BESIDE_N 64u		/* files; signatures may be many */
#define SPDX_VALUES (8u << 20)

struct gathering {
	struct arena *arena;
	struct report *r;
	int folder;
	struct str stem;
	struct causes causes;
};

/* ---- files beside ---- */

static const struct {
	const char *ending, *what;
} kinds[] = {
	{ ".spdx.json", "SPDX 2.3" },
	{ ".cdx.json", "CycloneDX 1.6" },
	{ ".causes.json", "causes of each path" },
	{ ".inputs.json", "inputs of the build" },
	{ ".intoto.jsonl", "signed statements" },
};

/* What @name is to the output, or NULL. */
static const char *kind_of(const struct gathering *g, struct str name)
{
	struct str rest;

	if (str_has_prefix(name, g->r->file) && name.len > g->r->file.len &&
	    str_has_suffix(name, STR(".sigstore.json"))) {
		rest = (struct str){ name.ptr + g->r->file.len, name.len - g->r->file.len };
		return str_has_prefix(rest, STR(".verdict.")) ? "signed verdict of a rebuild"
		       : rest.ptr[0] == '.'		      ? "signature"
							      : NULL;
	}
	if (!str_has_prefix(name, g->stem))
		return NULL;
	rest = (struct str){ name.ptr + g->stem.len, name.len - g->stem.len };
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (str_equal_cstr(rest, kinds[i].ending))
			return kinds[i].what;
	return NULL;
}

/* Both are kept in the arena: they view into the text. */
static bool use(struct gathering *g, struct str name, struct bytes text)
{
	const struct json_limits limits = { BESIDE_MAX, SPDX_VALUES };
	CLEANUP_ERR struct error odd = ERR_INIT;
	struct json *spdx;

	if (str_has_suffix(name, STR(".spdx.json"))) {
		if (json_parse_limited(text, "SPDX", &limits, g->arena, &spdx, &odd) < 0)
			return false;
		g->r->spdx = spdx;
	}
	if (str_has_suffix(name, STR(".causes.json"))) {
		if (causes_read(text, "causes", g->arena, &g->causes, &odd) < 0)
			return false;
		g->r->causes = &g->causes;
	}
	return true;
}

static int add_beside(struct gathering *g, const char *name, const char *what, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(BESIDE_MAX);
	struct report_beside *b = &g->r->beside[g->r->n_beside];
	struct bytes data;
	int r = file_load_regular(g->folder, name, &text, err);

	if (r)
		return r < 0 ? -1 : 0; /* gone since */
	data = arena_bytes(g->arena, buf_bytes(&text));
	*b = (struct report_beside){
		.file = arena_str(g->arena, str_of(name)),
		.what = str_of(what),
		.size = data.len,
		.digest = hash_bytes(data),
	};
	if (!use(g, b->file, data))
		b->what = str_of(arena_printf(g->arena, "%s: can't be read", what));
	g->r->n_beside++;
	return 0;
}

static int find_beside(struct gathering *g, struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };
	struct report *r = g->r;

	r->beside = arena_array(g->arena, BESIDE_N, sizeof(*r->beside));
	if (file_list(g->folder, ".", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n && r->n_beside < BESIDE_N; i++) {
		const char *what = kind_of(g, str_of(names.names[i]));

		if (what && add_beside(g, names.names[i], what, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- from the verification ---- */

static struct str digest_text(struct arena *arena, const struct digest *d)
{
	char text[DIGEST_TEXT_MAX];

	return str_of(arena_strdup(arena, str_of(digest_format(d, text))));
}

static void take_identity(struct gathering *g, const struct identity *i)
{
	static const char *const names[IDENTITY_ROLE_COUNT] = {
		[IDENTITY_FILE] = "file",
		[IDENTITY_CONFIG] = "image id (config)",
		[IDENTITY_MANIFEST] = "manifest",
		[IDENTITY_INDEX] = "index",
		[IDENTITY_ROOT_HASH] = "root hash (dm-verity)",
		[IDENTITY_UNSIGNED] = "before Secure Boot signed it",
	};
	struct report *r = g->r;

	r->digests = arena_array(g->arena, IDENTITY_ROLE_COUNT, sizeof(*r->digests));
	for (int role = 0; role < IDENTITY_ROLE_COUNT; role++)
		if (i->has[role])
			r->digests[r->n_digests++] =
				(struct report_fact){ str_of(names[role]),
						      digest_text(g->arena, &i->digest[role]) };
}

static void take_checks(struct gathering *g, const struct verify_result *v)
{
	static const enum report_state states[] = {
		[VERIFY_OK] = REPORT_OK,
		[VERIFY_FAILED] = REPORT_FAILED,
		[VERIFY_NOTE] = REPORT_NOTE,
		[VERIFY_NONE] = REPORT_NONE,
	};
	struct report *r = g->r;

	r->checks = arena_array(g->arena, v->n_checks, sizeof(*r->checks));
	for (size_t i = 0; i < v->n_checks; i++)
		r->checks[r->n_checks++] =
			(struct report_check){ str_of(v->checks[i].name), v->checks[i].text,
					       states[v->checks[i].state] };
	r->vouched = v->vouched;
	r->developers = verify_is_developers(v);
	r->signers = arena_array(g->arena, v->n_signers, sizeof(*r->signers));
	for (size_t i = 0; i < v->n_signers; i++) {
		const struct verify_signer *s = &v->signers[i];

		r->signers[r->n_signers++] =
			str_of(arena_printf(g->arena, STR_FMT "%s" STR_FMT ", key " STR_FMT,
					    STR_ARG(s->role), s->role.len ? " key " : "",
					    STR_ARG(s->key_path), STR_ARG(s->key_id)));
	}
}

/* ---- its name ---- */

static struct str key_value(const struct report *r, const char *key)
{
	const struct causes_key *k = r->causes ? causes_key(r->causes, str_of(key)) : NULL;
	struct str v = k ? k->value : STR("");

	/* Text that looks like a number is quoted. */
	if (v.len >= 2 && v.ptr[0] == '"' && v.ptr[v.len - 1] == '"')
		v = (struct str){ v.ptr + 1, v.len - 2 };
	return v;
}

/* "web:1.4.0" of "localhost/web:1.4.0". */
static void name_of_reference(struct report *r, struct str reference)
{
	size_t colon;

	for (size_t i = reference.len; i-- > 0;)
		if (reference.ptr[i] == '/') {
			reference = (struct str){ reference.ptr + i + 1, reference.len - i - 1 };
			break;
		}
	colon = str_find_char(reference, ':');
	if (!colon)
		return;
	r->name = (struct str){ reference.ptr, colon };
	if (colon < reference.len)
		r->version = (struct str){ reference.ptr + colon + 1, reference.len - colon - 1 };
}

static void find_name(struct gathering *g)
{
	struct report *r = g->r;

	r->name = g->stem;
	r->version = STR("");
	if (key_value(r, "name").len) {
		r->name = key_value(r, "name");
		r->version = key_value(r, "version");
	} else if (r->image && r->image->reference.len) {
		name_of_reference(r, r->image->reference);
	} else if (r->image && str_find_char(r->image->tag, '/') < r->image->tag.len) {
		name_of_reference(r, r->image->tag); /* podman: the whole reference */
	}
	r->kind = r->image ? STR("Container image") : STR("Disk image");
}

static int gather(struct gathering *g, const char *path, const struct verify_result *v,
		  struct error *err)
{
	struct report *r = g->r;
	struct stat st;

	if (find_beside(g, err) < 0)
		return -1;
	if (stat(path, &st) == 0)
		r->size = (uint64_t)st.st_size;
	take_identity(g, &v->identity);
	take_checks(g, v);
	find_name(g);
	r->architecture = v->architecture.len ? v->architecture
			  : r->image	      ? r->image->architecture
					      : r->disk->uki.machine;
	return 0;
}

int report_gather(const char *path, const struct verify_result *verified,
		  const struct oci_image *image, const struct disk_image *disk, struct arena *arena,
		  struct report *ret, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	const char *name;
	/* Causes are kept as long as the report. */
	struct gathering *g = arena_alloc(arena, sizeof(*g));

	*ret = (struct report){ .image = image, .disk = disk };
	if (file_open_parent(path, &fd, &name, err) < 0)
		return -1;
	ret->file = arena_str(arena, str_of(name));
	*g = (struct gathering){
		.arena = arena, .r = ret, .folder = fd, .stem = statement_stem(ret->file)
	};
	return gather(g, path, verified, err);
}

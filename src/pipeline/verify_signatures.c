/* FILE.sigstore.json and its likes: found, parsed, checked, and matched to the file. */
#define _GNU_SOURCE
#include "pipeline/verify_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "format/sigstore/sigstore.h"
#include "io/file.h"

#define SIGNATURES_MAX 64u
#define SIGNATURE_SIZE_MAX (1u << 20) /* bytes; ours have 2 KiB */
#define ENDING ".sigstore.json"
#define HEX_IN_NAME 16u

int verify_load(int folder, const char *name, bool follow, size_t max, struct buf *to,
		struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_SOURCE struct source *in = NULL;
	struct stat st;

	/* a FIFO must not keep us waiting */
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
	if (fd < 0 && (errno == ENOENT || errno == ENAMETOOLONG)) /* beside a name of 255 bytes */
		return FILE_ABSENT;
	if (fd < 0 && errno == ELOOP) {
		(void)err_set(err, ERR_SIGNATURE, "'%s' is a symbolic link", name);
		return err_hint(err, "links beside an output are not followed; name the file "
				     "by --signature");
	}
	if (fd < 0)
		return err_sys(err, errno, "cannot open '%s'", name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_SIGNATURE, "'%s' is no file", name);
	if ((uint64_t)st.st_size > max)
		return err_set(err, ERR_LIMIT, "'%s' has %llu bytes; the limit is %zu", name,
			       (unsigned long long)st.st_size, max);
	in = source_of_fd(fd, 0, (uint64_t)st.st_size, name);
	return source_read_all(in, to, err);
}

static bool is_hex(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
			return false;
	return true;
}

/* FILE.sigstore.json, FILE.<16 hex digits>.sigstore.json; verdicts are others. */
static bool is_signature_of(struct str name, struct str file)
{
	struct str middle;

	if (!str_has_prefix(name, file) || !str_has_suffix(name, STR(ENDING)) ||
	    name.len < file.len + sizeof(ENDING) - 1)
		return false;
	middle = (struct str){ name.ptr + file.len, name.len - file.len - sizeof(ENDING) + 1 };
	return middle.len == 0 || (middle.len == 1 + HEX_IN_NAME && middle.ptr[0] == '.' &&
				   is_hex((struct str){ middle.ptr + 1, HEX_IN_NAME }));
}

static int parse(struct verifying *v, struct bytes text, const char *name,
		 struct verify_bundle *ret, struct error *err)
{
	struct arena *arena = &v->r->arena;

	ret->file = arena_str(arena, str_of(name));
	if (sigstore_bundle_parse(text, name, arena, &ret->envelope, err) < 0)
		return -1;
	if (!str_equal_cstr(ret->envelope.payload_type, INTOTO_PAYLOAD_TYPE))
		return err_set(err, ERR_FORMAT,
			       "'%s' is a signature of '" STR_FMT "', not of an in-toto statement",
			       name, STR_ARG(ret->envelope.payload_type));
	/* signature first, then what was signed: nothing else is looked at */
	if (verify_envelope(v, &ret->envelope, name, &ret->key, err) < 0)
		return -1;
	return intoto_parse(ret->envelope.payload, name, arena, &ret->statement, err);
}

static void tell(struct verifying *v, const struct verify_bundle *b)
{
	struct str keyid = b->envelope.signatures[0].keyid;

	if (keyid.len > 16)
		keyid.len = 16;
	if (b->key)
		verify_add(v->r, "signature", VERIFY_OK, STR_FMT ": by %s%s" STR_FMT,
			   STR_ARG(b->file), verify_key_text(b->key, &v->r->arena),
			   b->key->role.len ? ", role " : "", STR_ARG(b->key->role));
	else
		verify_add(v->r, "signature", VERIFY_NOTE,
			   STR_FMT ": by key " STR_FMT ", which is not known here: not counted",
			   STR_ARG(b->file), STR_ARG(keyid));
	if (!b->key && !v->r->stranger.len)
		v->r->stranger = arena_str(&v->r->arena, keyid);
}

static int load(struct verifying *v, int folder, const char *name, bool follow, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SIGNATURE_SIZE_MAX + 1);
	struct verify_bundle *b = &v->bundles[v->n_bundles];
	int r;

	if (v->n_bundles == SIGNATURES_MAX) {
		(void)err_set(err, ERR_LIMIT, "more than %u signatures of '%s'", SIGNATURES_MAX,
			      v->path);
		return verify_failed(v->r, "signature", err);
	}
	r = verify_load(folder, name, follow, SIGNATURE_SIZE_MAX, &text, err);
	if (r == FILE_ABSENT)
		(void)err_set(err, ERR_IO, "there is no signature '%s'", name);
	if (r != 0 || parse(v, buf_bytes(&text), name, b, err) < 0) {
		if (err->code == ERR_IO || err->code == ERR_FORMAT || err->code == ERR_LIMIT)
			(void)err_hint(err, "a signature is a file FILE.sigstore.json, as 'ingot "
					    "sign FILE' writes it");
		return verify_failed(v->r, "signature", err);
	}
	if (v->log)
		b->text = arena_bytes(&v->r->arena, buf_bytes(&text));
	tell(v, b);
	v->n_bundles++;
	return 0;
}

static int load_beside(struct verifying *v, struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };
	int r = file_list(v->folder, ".", &names, err);

	if (r != 0)
		return r < 0 ? -1 : 0;
	for (size_t i = 0; i < names.n; i++)
		if (is_signature_of(str_of(names.names[i]), str_of(v->base)) &&
		    load(v, v->folder, names.names[i], false, err) < 0)
			return -1;
	return 0;
}

int verify_find_signatures(struct verifying *v, struct error *err)
{
	v->bundles = arena_array(&v->r->arena, SIGNATURES_MAX + 1, sizeof(*v->bundles));
	for (size_t i = 0; i < v->o->n_signatures; i++)
		if (load(v, AT_FDCWD, v->o->signatures[i], true, err) < 0)
			return -1;
	if (!v->o->n_signatures && load_beside(v, err) < 0)
		return -1;
	if (!v->n_bundles)
		verify_add(v->r, "signature", VERIFY_NONE, "there is no signature of '%s'",
			   v->base);
	return 0;
}

/* ---- is it of this file? ---- */

/* The name under which it was signed, of the subject that is this file. */
static struct str signed_name(const struct verifying *v, const struct verify_bundle *b)
{
	enum identity_role role, weak;

	for (size_t i = 0; i < b->statement.n_subjects; i++) {
		const struct intoto_subject *s = &b->statement.subjects[i];

		if (identity_match(&v->r->identity, s, 1, &weak) == IDENTITY_ALL ||
		    identity_match(&v->r->identity, s, 1, &weak) == IDENTITY_STRONG)
			return identity_subject_name(s->name, &role);
	}
	return identity_subject_name(b->statement.subjects[0].name, &role);
}

/* Which digest is another: the file's own if the signature has one, else the first. */
static int refuse(const struct verifying *v, const struct verify_bundle *b,
		  const struct error *inside, struct error *err)
{
	const struct identity *i = &v->r->identity;
	char want[DIGEST_TEXT_MAX] = "", got[DIGEST_TEXT_MAX] = "";
	const char *role_name = NULL;

	for (size_t s = 0; s < b->statement.n_subjects; s++) {
		const struct intoto_subject *subject = &b->statement.subjects[s];
		enum identity_role role;

		(void)identity_subject_name(subject->name, &role);
		if (!i->has[role] || digest_equal(&i->digest[role], &subject->sha256) ||
		    (role_name && role != IDENTITY_CONFIG))
			continue;
		digest_format(&subject->sha256, want);
		digest_format(&i->digest[role], got);
		role_name = identity_role_names[role];
	}
	(void)err_set(err, ERR_DIGEST,
		      "'%s' is not what %s signed in '" STR_FMT "': %s: expected %s, got %s",
		      v->path, verify_key_text(b->key, &v->r->arena), STR_ARG(b->file),
		      role_name ? role_name : "no digest is its own", want[0] ? want : "another",
		      got[0] ? got : "none");
	if (inside && inside->message)
		(void)err_detail(err, "%s", inside->message);
	return verify_failed(v->r, "identity", err);
}

/* Each key once. @list has room for all bundles. */
static void add_signer(struct verifying *v, const struct verify_bundle *b,
		       struct verify_signer *list, size_t *n)
{
	char id[DIGEST_HEX_MAX];
	struct str hex = str_of(digest_hex(public_key_id(b->key->key), id));

	for (size_t i = 0; i < *n; i++)
		if (str_equal(list[i].key_id, hex))
			return;
	list[(*n)++] = (struct verify_signer){
		.file = b->file,
		.key_id = arena_str(&v->r->arena, hex),
		.key_path = b->key->path,
		.role = b->key->role,
	};
}

bool verify_is_developers(const struct verify_result *r)
{
	for (size_t i = 0; i < r->n_others; i++)
		if (!str_equal(r->others[i].role, STR("developer")))
			return false;
	return !r->vouched && r->n_others;
}

/* Keys of --key count as they are; those of `trust:` by role and name. */
static bool may_vouch(struct verifying *v, const struct verify_bundle *b, struct str name)
{
	const struct verify_key *k = b->key;
	const char *text = verify_key_text(k, &v->r->arena);

	if (k->role.len && !str_equal_cstr(k->role, v->o->role ? v->o->role : "release")) {
		verify_add(v->r, "policy", VERIFY_NOTE,
			   "%s has role " STR_FMT ", and %s is asked for: not counted", text,
			   STR_ARG(k->role), v->o->role ? v->o->role : "release");
		return false;
	}
	if (!verify_key_covers(k, name)) {
		verify_add(v->r, "policy", VERIFY_NOTE,
			   "%s is not trusted for '" STR_FMT "': not counted", text, STR_ARG(name));
		return false;
	}
	if (!verify_key_covers_now(k, str_of(v->base))) {
		verify_add(v->r, "policy", VERIFY_NOTE,
			   "%s is not trusted for '%s', as the file is called now: not counted",
			   text, v->base);
		return false;
	}
	return true;
}

static bool has_equal(const struct verifying *v, const struct verify_bundle *b,
		      enum identity_role role)
{
	for (size_t i = 0; i < b->statement.n_subjects; i++)
		if (v->r->identity.has[role] &&
		    digest_equal(&b->statement.subjects[i].sha256, &v->r->identity.digest[role]))
			return true;
	return false;
}

/* The content is the signed one; what lies around it is not, and so not covered. */
static void tell_weak(struct verifying *v, const struct verify_bundle *b)
{
	const char *text = "its manifest is another: the layers were compressed by another "
			   "compressor. Annotations, name and tag are not covered by the signature";

	if (!v->r->identity.has[IDENTITY_CONFIG])
		text = "but for the Secure Boot signature, which is not covered";
	else if (has_equal(v, b, IDENTITY_INDEX))
		text = "the tar around it is another";
	else if (has_equal(v, b, IDENTITY_MANIFEST))
		text = "its index is another: name and tag are not covered by the signature";
	verify_add(v->r, "identity", VERIFY_NOTE, "the content is what was signed; %s", text);
}

static int match_one(struct verifying *v, struct verify_bundle *b, const struct error *inside,
		     struct error *err)
{
	enum identity_role weak = IDENTITY_FILE;
	enum identity_match match;
	char hex[DIGEST_HEX_MAX];
	struct str name;

	if (!str_equal_cstr(b->statement.predicate_type, PREDICATE_SIGN)) {
		verify_add(v->r, "identity", VERIFY_NOTE,
			   STR_FMT " is no signature of an output but '" STR_FMT "': not counted",
			   STR_ARG(b->file), STR_ARG(b->statement.predicate_type));
		return 0;
	}
	match = identity_match(&v->r->identity, b->statement.subjects, b->statement.n_subjects,
			       &weak);
	if (match != IDENTITY_ALL && match != IDENTITY_STRONG)
		return refuse(v, b, inside, err);
	/* What fails inside is told; that a document has the right digest is no comfort then. */
	if (inside && match == IDENTITY_STRONG)
		return 0;
	name = signed_name(v, b);
	verify_add(v->r, "identity", VERIFY_OK, "signed as '" STR_FMT "', by key %.16s",
		   STR_ARG(name), digest_hex(public_key_id(b->key->key), hex));
	if (match == IDENTITY_STRONG)
		tell_weak(v, b);
	b->counts = may_vouch(v, b, name);
	if (!b->counts)
		add_signer(v, b, v->r->others, &v->r->n_others);
	else
		add_signer(v, b, v->r->signers, &v->r->n_signers);
	v->r->vouched = v->r->n_signers != 0;
	return 0;
}

int verify_match_signatures(struct verifying *v, const struct error *inside, struct error *err)
{
	v->r->signers = arena_array(&v->r->arena, v->n_bundles + 1, sizeof(*v->r->signers));
	v->r->others = arena_array(&v->r->arena, v->n_bundles + 1, sizeof(*v->r->others));
	for (size_t i = 0; i < v->n_bundles; i++)
		if (v->bundles[i].key && match_one(v, &v->bundles[i], inside, err) < 0)
			return -1;
	return 0;
}

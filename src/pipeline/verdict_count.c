/*
 * How many rebuilders agree. What counts is the key, by its id, never a file's name or the hint
 * in it; what is not signed by a key that counts is not even read.
 */
#include "pipeline/verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "format/sigstore/sigstore.h"
#include "io/file.h"
#include "pipeline/verify_private.h"

/* What a verdict is about: recipe, lock and target give one output. Without lock: of none. */
struct verdict_inputs {
	struct str lock, recipe, target;
};

struct reading {
	struct verdict_row row;
	size_t key; /* of those that count */
	bool passed;
	enum identity_match match;
	struct verdict_inputs inputs;
	struct digest said; /* the first strong digest that it names */
};

struct counting {
	const struct identity *of;
	const struct verdict_options *options;
	struct verifying keys; /* only its keys are used */
	struct arena *arena;
	struct reading *list;
	size_t n, capacity;
	size_t *same; /* of each key: the first one of that id */
};

/* ---- one file ---- */

static struct str text_of(const struct json *o, const char *name)
{
	const struct json *v = o && json_kind_of(o) == JSON_OBJECT ? json_get(o, name) : NULL;

	return v && json_kind_of(v) == JSON_STRING ? json_as_str(v) : (struct str){ "", 0 };
}

static void read_inputs(const struct json *predicate, struct verdict_inputs *ret)
{
	const struct json *list = json_get(predicate, "configuration");

	*ret = (struct verdict_inputs){ 0 };
	if (!list || json_kind_of(list) != JSON_ARRAY)
		return;
	for (size_t i = 0; i < json_length(list); i++) {
		const struct json *one = json_item(list, i);
		struct str name = text_of(one, "name");
		const struct json *digest =
			json_kind_of(one) == JSON_OBJECT ? json_get(one, "digest") : NULL;

		if (str_equal(name, STR("lock")))
			ret->lock = text_of(digest, "sha256");
		else if (str_equal(name, STR("recipe")))
			ret->recipe = text_of(digest, "sha256");
		else if (str_equal(name, STR("target")))
			ret->target = text_of(one, "uri");
	}
}

static int malformed(struct reading *r, struct arena *arena, const char *why)
{
	r->row.says = VERDICT_MALFORMED;
	r->row.text = str_of(arena_printf(arena, "%s", why));
	return 0;
}

static struct digest strong_of(const struct intoto_statement *s)
{
	for (size_t i = 0; i < s->n_subjects; i++) {
		enum identity_role role;

		(void)identity_subject_name(s->subjects[i].name, &role);
		if (role == IDENTITY_CONFIG)
			return s->subjects[i].sha256;
	}
	return s->n_subjects ? s->subjects[0].sha256 : (struct digest){ 0 };
}

static int read_statement(struct counting *c, const struct dsse_envelope *e, struct reading *r)
{
	CLEANUP_ERR struct error why = ERR_INIT;
	struct intoto_statement s;
	enum identity_role weak;
	struct str result;

	if (!str_equal_cstr(e->payload_type, INTOTO_PAYLOAD_TYPE))
		return malformed(r, c->arena, "it is no in-toto statement");
	if (intoto_parse(e->payload, "the verdict", c->arena, &s, &why) < 0)
		return malformed(r, c->arena, why.message);
	result = text_of(s.predicate, "result");
	r->passed = str_equal(result, STR("PASSED"));
	if (!str_equal_cstr(s.predicate_type, PREDICATE_TEST_RESULT) ||
	    (!r->passed && !str_equal(result, STR("FAILED"))))
		return malformed(r, c->arena, "it is no verdict of a rebuild");
	r->match = identity_match(c->of, s.subjects, s.n_subjects, &weak);
	r->said = strong_of(&s);
	read_inputs(s.predicate, &r->inputs);
	return 0;
}

/* All that are given count; of those of the configuration, rebuilders'. */
static bool is_rebuilder(const struct verify_key *k)
{
	return !k->trust || str_equal(k->role, STR("rebuilder"));
}

/* By which key that counts; SIZE_MAX: none. */
static size_t find_signer(const struct counting *c, const struct dsse_envelope *e)
{
	for (size_t i = 0; i < c->keys.n_keys; i++) {
		const struct public_key *key = c->keys.keys[i].key;
		bool valid = false;

		if (is_rebuilder(&c->keys.keys[i]) &&
		    verify_key_covers(&c->keys.keys[i], c->of->file) &&
		    dsse_verify(e, &key, 1, &valid, NULL) == 1)
			return c->same[i];
	}
	return SIZE_MAX;
}

static int read_verdict(struct counting *c, int folder, const char *name, const char *shown,
			struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DSSE_ENVELOPE_MAX);
	CLEANUP_ERR struct error why = ERR_INIT;
	struct reading r = { .row.file = arena_str(c->arena, str_of(shown)), .key = SIZE_MAX };
	struct dsse_envelope e;
	char hex[DIGEST_HEX_MAX];

	if (c->n == VERDICT_FILES_MAX)
		return err_set(err, ERR_LIMIT, "there are more than %u verdicts",
			       VERDICT_FILES_MAX);
	if (verify_load(folder, name, true, DSSE_ENVELOPE_MAX, &text, &why) != 0) {
		malformed(&r, c->arena, why.code ? why.message : "it has gone");
	} else if (sigstore_bundle_parse(arena_bytes(c->arena, buf_bytes(&text)), shown, c->arena,
					 &e, &why) < 0) {
		malformed(&r, c->arena, why.message);
	} else if ((r.key = find_signer(c, &e)) == SIZE_MAX) {
		r.row.says = VERDICT_UNSIGNED;
		r.row.text = STR("signed by no key that counts here");
	} else {
		const struct verify_key *k = &c->keys.keys[r.key];

		r.row.key_id = arena_str(c->arena, str_of(digest_hex(public_key_id(k->key), hex)));
		r.row.key_path = arena_str(c->arena, k->path);
		(void)!read_statement(c, &e, &r);
	}
	MEM_GROW(c->list, c->n, c->capacity);
	c->list[c->n++] = r;
	return 0;
}

/* ---- which files ---- */

static bool is_verdict_name(const char *name, const char *prefix)
{
	struct str text = str_of(name);

	return str_has_suffix(text, STR(VERDICT_ENDING)) && str_has_prefix(text, str_of(prefix));
}

static int read_folder(struct counting *c, const char *path, const char *prefix, struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };
	CLEANUP_CLOSE int fd = -1;

	if (file_open_folder(AT_FDCWD, path, &fd, err))
		return err->code ? -1 : err_set(err, ERR_IO, "there is no folder '%s'", path);
	if (file_list(fd, ".", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP_FREE char *shown = strcmp(path, ".") == 0
						   ? mem_strdup(names.names[i])
						   : mem_printf("%s/%s", path, names.names[i]);

		if (is_verdict_name(names.names[i], prefix) &&
		    read_verdict(c, fd, names.names[i], shown, err) < 0)
			return -1;
	}
	return 0;
}

static int read_beside(struct counting *c, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	CLEANUP_FREE char *folder = !slash ? mem_strdup(".")
				    : slash == path
					    ? mem_strdup("/")
					    : mem_str((struct str){ path, (size_t)(slash - path) });
	CLEANUP_FREE char *prefix = mem_printf("%s" VERDICT_INFIX, slash ? slash + 1 : path);

	return read_folder(c, folder, prefix, err);
}

static int read_given(struct counting *c, const char *path, struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		(void)err_sys(err, errno, "cannot find the verdict '%s'", path);
		return err_hint(err, VERDICT_HOW);
	}
	return S_ISDIR(st.st_mode) ? read_folder(c, path, "", err)
				   : read_verdict(c, AT_FDCWD, path, path, err);
}

/* ---- what they say ---- */

static bool same_inputs(const struct verdict_inputs *a, const struct verdict_inputs *b)
{
	return a->lock.len && str_equal(a->lock, b->lock) && str_equal(a->recipe, b->recipe) &&
	       str_equal(a->target, b->target);
}

static bool agrees(const struct reading *r)
{
	return r->passed && (r->match == IDENTITY_ALL || r->match == IDENTITY_STRONG);
}

/* Whether somebody says that the inputs of @r give this very file. */
static bool contradicts(const struct counting *c, const struct reading *r)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].key != SIZE_MAX && !c->list[i].row.says && agrees(&c->list[i]) &&
		    same_inputs(&c->list[i].inputs, &r->inputs))
			return true;
	return false;
}

static bool somebody_agrees(const struct counting *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].key != SIZE_MAX && !c->list[i].row.says && agrees(&c->list[i]))
			return true;
	return false;
}

static void judge(const struct counting *c, const struct reading *r, struct verdict_row *to)
{
	char text[DIGEST_TEXT_MAX];

	*to = r->row;
	if (to->says)
		return;
	if (agrees(r)) {
		to->says = VERDICT_AGREES;
		to->text = r->match == IDENTITY_ALL ? STR("its inputs give it, to the last bit")
						    : STR("its inputs give the same content");
	} else if (!r->passed && (r->match == IDENTITY_ALL || r->match == IDENTITY_STRONG)) {
		to->says = VERDICT_DISSENTS;
		to->text = contradicts(c, r) || !somebody_agrees(c)
				   ? STR("its inputs do NOT give it")
				   : STR("its inputs do NOT give it, but they are others than those "
					 "by which somebody agrees");
	} else if (r->passed && contradicts(c, r)) {
		to->says = VERDICT_DISSENTS;
		to->text = str_of(arena_printf(c->arena, "the same inputs give %s",
					       digest_format(&r->said, text)));
	} else {
		to->says = VERDICT_IS_OF_ELSE;
		to->text = STR("it is about another file");
	}
}

/* ---- of the same inputs ---- */

/* How many distinct keys agree by the inputs of @r. */
static size_t count_agreeing(const struct counting *c, const struct verdict_row *rows,
			     const struct reading *r, const bool *dissent)
{
	CLEANUP_FREE bool *seen = mem_array(c->keys.n_keys + 1, sizeof(*seen));
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		size_t key = c->list[i].key;

		if (rows[i].says != VERDICT_AGREES || dissent[key] || seen[key] ||
		    !same_inputs(&c->list[i].inputs, &r->inputs))
			continue;
		seen[key] = true;
		n++;
	}
	return n;
}

/*
 * Who agrees on the output, but made it of another lock or recipe, confirms something else: of
 * forged inputs everybody gets the forged output. The most that agree on both count together.
 */
static void count_same_inputs(const struct counting *c, const bool *dissent,
			      struct verdict_count *ret)
{
	const struct reading *best = NULL;

	for (size_t i = 0; i < ret->n; i++) {
		size_t n;

		if (ret->rows[i].says != VERDICT_AGREES)
			continue;
		n = count_agreeing(c, ret->rows, &c->list[i], dissent);
		if (!best || n > ret->n_agree) {
			best = &c->list[i];
			ret->n_agree = n;
		}
	}
	for (size_t i = 0; i < ret->n; i++) {
		const struct verdict_inputs *in = &c->list[i].inputs;

		if (ret->rows[i].says != VERDICT_AGREES || same_inputs(in, &best->inputs))
			continue;
		ret->rows[i].says = VERDICT_IS_OF_ELSE;
		ret->rows[i].text = in->lock.len ? STR("other inputs give it, too: not counted "
						       "with the rest")
						 : STR("it does not say of which inputs it is");
	}
}

static void count(const struct counting *c, struct verdict_count *ret)
{
	size_t n_keys = c->keys.n_keys;
	CLEANUP_FREE bool *dissent = mem_array(n_keys + 1, sizeof(*dissent));

	ret->rows = arena_array(c->arena, c->n, sizeof(*ret->rows));
	ret->n = c->n;
	for (size_t i = 0; i < c->n; i++) {
		judge(c, &c->list[i], &ret->rows[i]);
		if (ret->rows[i].says == VERDICT_DISSENTS)
			dissent[c->list[i].key] = true;
	}
	count_same_inputs(c, dissent, ret);
	for (size_t i = 0; i < n_keys; i++) {
		ret->n_keys += c->same[i] == i && is_rebuilder(&c->keys.keys[i]);
		ret->n_dissent += dissent[i];
	}
}

/* One key under two names is one key. */
static void find_same_keys(struct counting *c)
{
	c->same = mem_array(c->keys.n_keys + 1, sizeof(*c->same));
	for (size_t i = 0; i < c->keys.n_keys; i++) {
		c->same[i] = i;
		for (size_t k = 0; k < i && c->same[i] == i; k++)
			if (is_rebuilder(&c->keys.keys[k]) &&
			    digest_equal(public_key_id(c->keys.keys[k].key),
					 public_key_id(c->keys.keys[i].key)))
				c->same[i] = k;
	}
}

static int check_threshold(const struct counting *c, struct error *err)
{
	size_t n = 0;

	for (size_t i = 0; i < c->keys.n_keys; i++)
		n += c->same[i] == i && is_rebuilder(&c->keys.keys[i]);
	if (n == 0) {
		(void)err_set(err, ERR_USAGE, "--threshold needs keys of rebuilders");
		return err_hint(err, "give them by --key PUB, or list them under 'trust:' with "
				     "'role: rebuilder' in the machine's configuration");
	}
	if (n < c->options->threshold) {
		(void)err_set(err, ERR_USAGE,
			      "%u rebuilders are demanded, and only %zu key%s of rebuilders %s known",
			      c->options->threshold, n, n == 1 ? "" : "s", n == 1 ? "is" : "are");
		return err_hint(err, "name the others by --key PUB: a key counts once");
	}
	return 0;
}

static int run(struct counting *c, const char *path, struct verdict_count *ret, struct error *err)
{
	const struct verdict_options *o = c->options;

	if (verify_load_keys(&c->keys, err) < 0)
		return -1;
	find_same_keys(c);
	if (check_threshold(c, err) < 0)
		return -1;
	for (size_t i = 0; i < o->n_files; i++)
		if (read_given(c, o->files[i], err) < 0)
			return -1;
	if (o->n_files == 0 && read_beside(c, path, err) < 0)
		return -1;
	count(c, ret);
	return 0;
}

int verdict_count(struct context *context, const char *path, const struct identity *of,
		  const struct verdict_options *o, struct verdict_count *ret, struct error *err)
{
	CLEANUP_VERIFY struct verify_result unused = { 0 };
	const struct verify_options keys = { .keys = o->keys,
					     .n_keys = o->n_keys,
					     .role = "rebuilder" };
	struct counting c = { .of = of, .options = o, .arena = &ret->arena };
	int r;

	*ret = (struct verdict_count){ 0 };
	c.keys = (struct verifying){
		.c = context, .path = path, .o = &keys, .r = &unused, .fd = -1, .folder = -1
	};
	r = run(&c, path, ret, err);
	verify_release_keys(&c.keys);
	free(c.same);
	free(c.list);
	return r;
}

void verdict_count_release(struct verdict_count *v)
{
	arena_release(&v->arena);
	*v = (struct verdict_count){ 0 };
}

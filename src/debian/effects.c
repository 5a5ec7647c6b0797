#include "debian/effects.h"

#include "crypto/hash.h"
#include "debian/catalogue.h"

/* The GNU triplets that name multiarch folders (Debian's tupletable). */
static const struct {
	const char *architecture, *triplet;
} triplets[] = {
	{ "amd64", "x86_64-linux-gnu" },    { "arm64", "aarch64-linux-gnu" },
	{ "armhf", "arm-linux-gnueabihf" }, { "i386", "i386-linux-gnu" },
	{ "ppc64el", "powerpc64le-linux-gnu" }, { "s390x", "s390x-linux-gnu" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TRIPLET STR("@TRIPLET@")

static struct str triplet_of(struct str architecture)
{
	for (size_t i = 0; i < COUNT(triplets); i++)
		if (str_equal_cstr(architecture, triplets[i].architecture))
			return str_of(triplets[i].triplet);
	return architecture;
}

static struct str expand(const struct effect_context *c, struct str word)
{
	struct str triplet = triplet_of(c->d->options->architecture);

	for (size_t i = 0; i + TRIPLET.len <= word.len; i++)
		if (memcmp(word.ptr + i, TRIPLET.ptr, TRIPLET.len) == 0)
			return str_of(arena_printf(
				c->d->arena, "%.*s" STR_FMT "%.*s", (int)i, word.ptr,
				STR_ARG(triplet), (int)(word.len - i - TRIPLET.len),
				word.ptr + i + TRIPLET.len));
	return word;
}

/* "..." with \n, \t, \" and \\ in it. @s begins behind the first quote. */
static bool take_quoted(struct arena *arena, struct str *s, struct str *ret)
{
	char *to = arena_alloc(arena, s->len + 1);
	size_t n = 0, i = 0;

	for (; i < s->len && s->ptr[i] != '"'; i++) {
		char c = s->ptr[i];

		if (c == '\\' && i + 1 < s->len) {
			c = s->ptr[++i];
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		to[n++] = c;
	}
	if (i == s->len)
		return false;
	s->ptr += i + 1;
	s->len -= i + 1;
	*ret = (struct str){ to, n };
	return true;
}

static struct str take_plain(struct str *s)
{
	struct str word = { s->ptr, str_find_char(*s, ' ') };

	s->ptr += word.len;
	s->len -= word.len;
	return word;
}

static int split_words(const struct effect_context *c, struct str line, struct effect_words *ret,
		       struct error *err)
{
	struct str rest = str_trim(line);

	ret->n = 0;
	for (; rest.len; rest = str_trim(rest)) {
		if (ret->n == EFFECT_WORDS_MAX)
			return err_set(err, ERR_LIMIT, "more than %u words", EFFECT_WORDS_MAX);
		if (*rest.ptr == '"') {
			rest.ptr++;
			rest.len--;
			if (!take_quoted(c->d->arena, &rest, &ret->word[ret->n++]))
				return err_set(err, ERR_FORMAT, "a quote is not closed");
		} else {
			ret->word[ret->n++] = expand(c, take_plain(&rest));
		}
	}
	return 0;
}

/*
 * `when CONDITION ARGUMENT ...`: takes conditions off the front. Returns whether
 * all hold, or -1.
 */
static int conditions(const struct effect_context *c, const struct str **word, size_t *n,
		      struct error *err)
{
	bool holds = true;

	while (*n && str_equal_cstr((*word)[0], "when")) {
		if (*n < 4)
			return err_set(err, ERR_FORMAT, "'when' without a condition");
		if (str_equal_cstr((*word)[1], "present"))
			holds &= tree_resolve(c->d->tree, (*word)[2], true) != NULL;
		else if (str_equal_cstr((*word)[1], "absent"))
			holds &= tree_resolve(c->d->tree, (*word)[2], true) == NULL;
		else if (str_equal_cstr((*word)[1], "installed"))
			holds &= debian_find(c->d, (*word)[2]) != NULL;
		else
			return err_set(err, ERR_FORMAT, "no condition '" STR_FMT "'",
				       STR_ARG((*word)[1]));
		*word += 3;
		*n -= 3;
	}
	return holds;
}

static int run_line(const struct effect_context *c, struct str line, bool diversions,
		    struct error *err)
{
	const struct effect_operation *operation;
	struct effect_words words;
	const struct str *word = words.word;
	int holds;

	if (split_words(c, line, &words, err) < 0)
		return -1;
	if (words.n == 0)
		return 0;
	holds = conditions(c, &word, &words.n, err);
	if (holds <= 0)
		return holds;
	if (words.n && str_equal_cstr(word[0], "divert") != diversions)
		return 0;
	operation = words.n ? effect_find(word[0]) : NULL;
	if (!operation)
		return err_set(err, ERR_FORMAT, "no operation '" STR_FMT "'",
			       STR_ARG(words.n ? word[0] : STR("")));
	if (words.n - 1 < operation->min || words.n - 1 > operation->max)
		return err_set(err, ERR_FORMAT, "'%s' with %zu words", operation->name,
			       words.n - 1);
	return operation->run(c, word + 1, words.n - 1, err);
}

static int run_lines(const struct effect_context *c, struct str operations, bool diversions,
		     struct error *err)
{
	struct str line;

	while (str_split(&operations, '\n', &line))
		if (run_line(c, line, diversions, err) < 0)
			return err_while(err, "applying '" STR_FMT "'", STR_ARG(line));
	return 0;
}

int effect_run(const struct effect_context *c, struct str operations, struct error *err)
{
	return run_lines(c, operations, false, err);
}

int effect_run_diversions(const struct effect_context *c, struct str operations,
			  struct error *err)
{
	return run_lines(c, operations, true, err);
}

static void report(struct debian *d, const struct unpacked *u, struct str script,
		   const struct digest *digest)
{
	ARENA_GROW(d->arena, d->unevaluated, d->n_unevaluated, d->unevaluated_capacity);
	d->unevaluated[d->n_unevaluated++] =
		(struct debian_script){ u->package->name, script, *digest };
}

enum pass { DIVERSIONS, EFFECTS };

static int run_script(struct debian *d, const struct unpacked *u, const char *script,
		      enum pass pass, struct error *err)
{
	const struct pack_control *control = pack_control(u->package->pack, str_of(script));
	struct effect_context c = { .d = d, .u = u };
	const struct catalogue_entry *entry;
	struct digest digest;
	int r;

	if (!control)
		return 0;
	digest = hash_bytes(control->data);
	entry = catalogue_find(u->package->name, str_of(script), &digest);
	if (!entry) {
		if (pass == EFFECTS && debian_script_matters(u->package->pack, str_of(script)))
			report(d, u, str_of(script), &digest);
		return 0;
	}
	c.script = bytes_str(control->data);
	c.cause = tree_cause_intern(d->tree, (struct cause){ CAUSE_SCRIPT, u->package->name,
							     str_of(script) });
	if (pass == DIVERSIONS)
		r = effect_run_diversions(&c, str_of(entry->operations), err);
	else
		r = effect_run(&c, str_of(entry->operations), err);
	if (r < 0)
		return err_while(err, "doing what the %s of '" STR_FMT "' does", script,
				 STR_ARG(u->package->name));
	return 0;
}

static int run_scripts(struct debian *d, const char *script, enum pass pass, struct error *err)
{
	for (size_t i = 0; i < d->n_packages; i++)
		if (run_script(d, &d->packages[i], script, pass, err) < 0)
			return -1;
	return 0;
}

int debian_collect_diversions(struct debian *d, struct error *err)
{
	return run_scripts(d, "preinst", DIVERSIONS, err);
}

static int finish(struct debian *d, struct error *err)
{
	cause_id cause = debian_rule(d, "accounts");

	if (alternatives_write(d, err) < 0)
		return err_while(err, "writing alternatives");
	if (d->shells && shells_update(d, err) < 0)
		return err_while(err, "updating /etc/shells");
	if (d->pam && pam_update(d, err) < 0)
		return err_while(err, "updating /etc/pam.d");
	if (d->accounts && accounts_store(d->accounts, d->tree, cause, err) < 0)
		return err_while(err, "writing accounts");
	return 0;
}

int debian_effects(struct debian *d, struct error *err)
{
	if (run_scripts(d, "preinst", EFFECTS, err) < 0 ||
	    run_scripts(d, "postinst", EFFECTS, err) < 0)
		return -1;
	return finish(d, err);
}

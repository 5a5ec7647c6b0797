#include "debian/effects.h"

#include "base/cleanup.h"
#include "debian/commands.h"

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

static bool is_condition(struct str kind)
{
	return str_equal_cstr(kind, "present") || str_equal_cstr(kind, "absent") ||
	       str_equal_cstr(kind, "installed");
}

/* `present PATH`, `absent PATH` or `installed PACKAGE`: whether it holds, or -1. */
static int condition(const struct effect_context *c, struct str kind, struct str argument,
		     struct error *err)
{
	if (str_equal_cstr(kind, "present"))
		return tree_resolve(c->d->tree, argument, true) != NULL;
	if (str_equal_cstr(kind, "absent"))
		return tree_resolve(c->d->tree, argument, true) == NULL;
	if (str_equal_cstr(kind, "installed"))
		return debian_find(c->d, argument) != NULL;
	return err_set(err, ERR_FORMAT, "no condition '" STR_FMT "'", STR_ARG(kind));
}

/*
 * `when CONDITION ARGUMENT ...`: takes conditions off the front. Returns whether
 * all hold, or -1.
 */
static int conditions(const struct effect_context *c, const struct str **word, size_t *n,
		      struct error *err)
{
	int all = 1;

	while (*n && str_equal_cstr((*word)[0], "when")) {
		int holds;

		if (*n < 4)
			return err_set(err, ERR_FORMAT, "'when' without a condition");
		holds = condition(c, (*word)[1], (*word)[2], err);
		if (holds < 0)
			return -1;
		all &= holds;
		*word += 3;
		*n -= 3;
	}
	return all;
}

int effect_applies(const struct effect_context *c, struct str operations, struct error *err)
{
	struct effect_words words;
	struct str line;

	while (str_split(&operations, '\n', &line)) {
		int holds;

		if (!str_has_prefix(line, STR("only ")))
			continue;
		if (split_words(c, line, &words, err) < 0)
			return -1;
		if (words.n != 3)
			return err_set(err, ERR_FORMAT, "'only' takes one condition");
		holds = condition(c, words.word[1], words.word[2], err);
		if (holds <= 0)
			return holds;
	}
	return 1;
}

/* The operation of @word[0], with as many words as it takes. */
static int find_operation(const struct str *word, size_t n, const struct effect_operation **ret,
			  struct error *err)
{
	const struct effect_operation *o = n ? effect_find(word[0]) : NULL;
	uint16_t mode;

	if (!o)
		return err_set(err, ERR_FORMAT, "no operation '" STR_FMT "'",
			       STR_ARG(n ? word[0] : STR("")));
	if (n - 1 < o->min || n - 1 > o->max)
		return err_set(err, ERR_FORMAT, "'%s' with %zu words", o->name, n - 1);
	*ret = o;
	return o->mode && o->mode < n ? effect_mode(word[o->mode], &mode, err) : 0;
}

static int run_line(const struct effect_context *c, struct str line, struct error *err)
{
	const struct effect_operation *operation;
	struct effect_words words;
	const struct str *word = words.word;
	int holds;

	if (split_words(c, line, &words, err) < 0)
		return -1;
	if (words.n == 0 || *words.word[0].ptr == '#' || str_equal_cstr(words.word[0], "only"))
		return 0;
	holds = conditions(c, &word, &words.n, err);
	if (holds <= 0)
		return holds;
	if (find_operation(word, words.n, &operation, err) < 0)
		return -1;
	return operation->run(c, word + 1, words.n - 1, err);
}

static int check_line(const struct effect_context *c, struct str line, struct error *err)
{
	const struct effect_operation *operation;
	struct effect_words words;
	const struct str *word = words.word;
	size_t n;

	if (split_words(c, line, &words, err) < 0)
		return -1;
	for (n = words.n; n && str_equal_cstr(word[0], "when"); word += 3, n -= 3)
		if (n < 4 || !is_condition(word[1]))
			return err_set(err, ERR_FORMAT, "'when' without a condition");
	return find_operation(word, n, &operation, err);
}

int debian_check_effect(struct str line, struct error *err)
{
	CLEANUP_ARENA struct arena scratch = ARENA_INIT;
	const struct debian_options options = { .architecture = STR("amd64") };
	struct debian d = { .arena = &scratch, .options = &options };
	const struct effect_context c = { .d = &d };

	if (check_line(&c, line, err) == 0)
		return 0;
	err->code = ERR_RECIPE_VALUE; /* a text of the recipe, no file from outside */
	return err_hint(err, "docs/effects.md lists the operations and their words, such as "
			     "'directory /var/lib/foo 0750 foo foo'");
}

/* What operations have left in memory goes into the tree. */
static int settle(const struct effect_context *c, struct error *err)
{
	struct debian *d = c->d;

	if (d->shells && shells_update(d, err) < 0)
		return err_while(err, "updating /etc/shells");
	if (d->pam && pam_update(d, err) < 0)
		return err_while(err, "updating /etc/pam.d");
	if (d->accounts && accounts_commit(d, d->accounts, c->cause, err) < 0)
		return err_while(err, "writing accounts");
	d->shells = d->pam = false;
	d->accounts = NULL;
	return 0;
}

int effect_run_all(const struct effect_context *c, struct str operations, struct error *err)
{
	struct str line;

	c->d->accounts = NULL;
	while (str_split(&operations, '\n', &line))
		if (run_line(c, line, err) < 0 || settle(c, err) < 0)
			return err_while(err, "applying '" STR_FMT "'", STR_ARG(line));
	return 0;
}

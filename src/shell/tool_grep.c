/* grep, egrep, fgrep: their options. The search is in grep_search.c. */
#include "shell/grep.h"

enum { OPTION_INCLUDE = 256, OPTION_EXCLUDE, OPTION_EXCLUDE_DIR, OPTION_COLOR, OPTION_NO_IGNORE };

static const struct shell_option grep_options[] = {
	{ 'E', "extended-regexp", OPTION_NO_VALUE, 'E' },
	{ 'F', "fixed-strings", OPTION_NO_VALUE, 'F' },
	{ 'G', "basic-regexp", OPTION_NO_VALUE, 'G' },
	{ 'e', "regexp", OPTION_VALUE, 'e' },
	{ 'f', "file", OPTION_VALUE, 'f' },
	{ 'i', "ignore-case", OPTION_NO_VALUE, 'i' },
	{ 'y', NULL, OPTION_NO_VALUE, 'i' },
	{ 0, "no-ignore-case", OPTION_NO_VALUE, OPTION_NO_IGNORE },
	{ 'v', "invert-match", OPTION_NO_VALUE, 'v' },
	{ 'w', "word-regexp", OPTION_NO_VALUE, 'w' },
	{ 'x', "line-regexp", OPTION_NO_VALUE, 'x' },
	{ 'c', "count", OPTION_NO_VALUE, 'c' },
	{ 'l', "files-with-matches", OPTION_NO_VALUE, 'l' },
	{ 'L', "files-without-match", OPTION_NO_VALUE, 'L' },
	{ 'm', "max-count", OPTION_VALUE, 'm' },
	{ 'o', "only-matching", OPTION_NO_VALUE, 'o' },
	{ 'q', "quiet", OPTION_NO_VALUE, 'q' },
	{ 0, "silent", OPTION_NO_VALUE, 'q' },
	{ 's', "no-messages", OPTION_NO_VALUE, 's' },
	{ 'n', "line-number", OPTION_NO_VALUE, 'n' },
	{ 'H', "with-filename", OPTION_NO_VALUE, 'H' },
	{ 'h', "no-filename", OPTION_NO_VALUE, 'h' },
	{ 'a', "text", OPTION_NO_VALUE, 'a' },
	{ 'z', "null-data", OPTION_NO_VALUE, 'z' },
	{ 'r', "recursive", OPTION_NO_VALUE, 'r' },
	{ 'R', "dereference-recursive", OPTION_NO_VALUE, 'R' },
	{ 'A', "after-context", OPTION_VALUE, 'A' },
	{ 'B', "before-context", OPTION_VALUE, 'B' },
	{ 'C', "context", OPTION_VALUE, 'C' },
	{ 0, "line-buffered", OPTION_NO_VALUE, 0 },
	{ 'U', "binary", OPTION_NO_VALUE, 'U' },
	{ 0, "include", OPTION_VALUE, OPTION_INCLUDE },
	{ 0, "exclude", OPTION_VALUE, OPTION_EXCLUDE },
	{ 0, "exclude-dir", OPTION_VALUE, OPTION_EXCLUDE_DIR },
	{ 0, "color", OPTION_MAYBE_VALUE, OPTION_COLOR },
	{ 0, "colour", OPTION_MAYBE_VALUE, OPTION_COLOR },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

static bool add_patterns(struct grep *g, struct str text)
{
	struct str piece;

	while (str_split(&text, '\n', &piece)) {
		if (g->n == sizeof(g->patterns) / sizeof(g->patterns[0]))
			return false;
		g->patterns[g->n++] = piece;
	}
	return true;
}

static bool add_glob(struct str *list, size_t *n, struct str glob)
{
	if (*n == 16)
		return false;
	list[(*n)++] = glob;
	return true;
}

static bool take_value(struct grep *g, const struct shell_taken *o)
{
	uint64_t n = 0;

	switch (o->id) {
	case 'e':
		return add_patterns(g, o->value);
	case OPTION_INCLUDE:
		return add_glob(g->includes, &g->n_includes, o->value);
	case OPTION_EXCLUDE:
		return add_glob(g->excludes, &g->n_excludes, o->value);
	case OPTION_EXCLUDE_DIR:
		return add_glob(g->exclude_folders, &g->n_exclude_folders, o->value);
	case OPTION_COLOR:
		return !o->value.ptr || !str_equal(o->value, STR("always"));
	default:
		break;
	}
	if (!str_parse_u64(o->value, &n))
		return false;
	if (o->id == 'm')
		g->max = n;
	if (o->id == 'A' || o->id == 'C')
		g->after = n;
	if (o->id == 'B' || o->id == 'C')
		g->before = n;
	g->separated |= o->id != 'm';
	return true;
}

static void take_flag(struct grep *g, int id)
{
	switch (id) {
	case 'E':
		g->kind = GREP_EXTENDED;
		break;
	case 'F':
		g->kind = GREP_FIXED;
		break;
	case 'G':
		g->kind = GREP_BASIC;
		break;
	case OPTION_NO_IGNORE:
		g->icase = false;
		break;
	case 'H':
	case 'h':
		g->names = id == 'H';
		break;
	case 'z':
		g->end = '\0';
		break;
	case 'R':
		g->follow = true;
		break;
	case 'l':
		g->with_files = true;
		g->without_files = false;
		break;
	case 'L':
		g->without_files = true;
		g->with_files = false;
		break;
	default:
		break;
	}
	g->recursive |= id == 'r' || id == 'R';
	g->icase |= id == 'i';
	g->invert |= id == 'v';
	g->word |= id == 'w';
	g->line |= id == 'x';
	g->count |= id == 'c';
	g->only |= id == 'o';
	g->quiet |= id == 'q';
	g->silent |= id == 's';
	g->numbers |= id == 'n';
	g->text |= id == 'a';
}

static bool has_letters_beyond_ascii(const struct grep *g, struct str s)
{
	return g->icase && !text_is_ascii(s);
}

static void quote_fixed(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (text_has_char(STR(".[]*^$\\"), s.ptr[i]))
			buf_add_char(b, '\\');
		buf_add_char(b, s.ptr[i]);
	}
}

/* NULL, or why a pattern can't be used. */
static const char *compile(struct grep *g)
{
	unsigned flags = (g->kind == GREP_EXTENDED ? REGEX_EXTENDED | REGEX_GREP : 0) |
			 (g->icase ? REGEX_ICASE : 0) | (g->line ? REGEX_WHOLE : 0);
	const char *reason = NULL;

	for (size_t i = 0; i < g->n; i++) {
		struct buf quoted CLEANUP_BUF = BUF_INIT(2 * (size_t)LIMIT_SHELL_FILE);
		struct str pattern = g->patterns[i];

		if (pattern.len > LIMIT_SHELL_FILE || has_letters_beyond_ascii(g, pattern))
			return "upper and lower case beyond ASCII";
		if (g->kind == GREP_FIXED) {
			quote_fixed(&quoted, pattern);
			pattern = buf_str(&quoted);
		}
		g->regexes[i] = regex_compile(g->arena, pattern, flags, &reason);
		if (!g->regexes[i])
			return reason;
	}
	return NULL;
}

static int read_pattern_file(struct grep *g, struct shell_call *c, struct str name,
			     struct error *err)
{
	struct str text;
	int found = text_read(c, name, g->silent, &text, err);

	if (found)
		return found;
	if (text.len > 0 && text.ptr[text.len - 1] == '\n')
		text.len--;
	else if (text.len == 0)
		return 0;
	return add_patterns(g, text) ? 0 : 2;
}

/* 0, 1 with *ret_status, -1. */
static int read_options(struct grep *g, struct shell_call *c, struct shell_arguments *a,
			int *ret_status, struct error *err)
{
	struct shell_call call = text_old_number(c, 'C');
	int found = shell_options(&call, grep_options, false, a, ret_status, err);
	bool given = false;

	for (size_t i = 0; !found && i < a->n_options; i++) {
		const struct shell_taken *o = &a->options[i];
		int read = 0;

		given |= o->id == 'e' || o->id == 'f';
		if (o->id == 'f')
			read = read_pattern_file(g, c, o->value, err);
		else if ((o->value.ptr || o->id == OPTION_COLOR) && !take_value(g, o))
			read = 2;
		else
			take_flag(g, o->id);
		if (read) {
			*ret_status =
				read == 2 ? shell_refuse(c, err, "a value of its options") : 2;
			return read < 0 || *ret_status < 0 ? -1 : 1;
		}
	}
	if (found || given)
		return found;
	if (a->n_operands == 0) {
		*ret_status = shell_fail(c, 2, "no pattern");
		return 1;
	}
	if (!add_patterns(g, a->operands[0])) {
		*ret_status = shell_refuse(c, err, "too many patterns");
		return *ret_status < 0 ? -1 : 1;
	}
	a->operands++;
	a->n_operands--;
	return 0;
}

static int search_all(struct grep *g, struct shell_call *c, const struct shell_arguments *a,
		      struct error *err)
{
	const char *reason = NULL;
	int found = 0;

	if (a->n_operands == 0)
		found = g->recursive ? grep_search_below(g, c, STR(""), &reason, err)
				     : grep_search_name(g, c, STR("-"), g->names > 0, &reason, err);
	for (size_t i = 0; !found && i < a->n_operands; i++) {
		if (g->recursive && !str_equal(a->operands[i], STR("-"))) {
			struct node *node = world_find(c->shell, a->operands[i], true);

			if (node && node->inode->kind == NODE_FILE && g->names < 0 &&
			    a->n_operands > 1)
				return shell_refuse(c, err, "-r with files");
			found = grep_search_below(g, c, a->operands[i], &reason, err);
			continue;
		}
		if (g->n_includes + g->n_excludes > 0)
			return shell_refuse(c, err, "--include without -r");
		found = grep_search_name(g, c, a->operands[i],
					 g->names > 0 || (g->names < 0 && a->n_operands > 1),
					 &reason, err);
	}
	if (found < 0)
		return -1;
	if (found > 0)
		return shell_refuse(c, err, "%s", reason);
	if (g->trouble && !(g->quiet && g->matched))
		return 2;
	return !g->matched;
}

static int run(struct shell_call *c, enum grep_kind kind, struct error *err)
{
	struct arena arena CLEANUP_ARENA = ARENA_INIT;
	struct grep *g = arena_alloc(&arena, sizeof(*g));
	struct shell_arguments a;
	const char *reason = NULL;
	int status = 0, found = 0;

	*g = (struct grep){
		.kind = kind, .end = '\n', .names = -1, .max = UINT64_MAX, .arena = &arena
	};
	found = read_options(g, c, &a, &status, err);
	if (found)
		return found < 0 ? -1 : status;
	if (g->max == 0)
		return 1;
	if (g->quiet)
		g->with_files = g->without_files = false;
	reason = compile(g);
	if (reason)
		return shell_refuse(c, err, "regular expression: %s", reason);
	status = search_all(g, c, &a, err);
	(void)shell_charge(c->shell, g->cost);
	return status;
}

int run_grep(struct shell_call *c, struct error *err)
{
	return run(c, GREP_BASIC, err);
}

int run_egrep(struct shell_call *c, struct error *err)
{
	return run(c, GREP_EXTENDED, err);
}

int run_fgrep(struct shell_call *c, struct error *err)
{
	return run(c, GREP_FIXED, err);
}

/*
 * The search of grep: lines of texts, matches in lines, and what is printed.
 *
 * Several patterns are several programs, of which the leftmost-longest match is
 * taken. A file with a NUL byte is binary: its NULs end lines as newlines do, and
 * what would be printed of it is refused.
 */
#include "base/text.h"
#include "shell/charclass.h"
#include "shell/grep.h"

static bool is_word_at(struct str line, size_t at)
{
	return at < line.len && charclass_has(CHARCLASS_WORD, (unsigned char)line.ptr[at]);
}

/*
 * The match of one pattern from @from on. With -w it must stand between what are
 * no words: a shorter one at the same place is tried, then later ones.
 */
static enum regex_answer find_one(struct grep *g, struct regex *re, struct str line, size_t from,
				  struct regex_span *ret)
{
	while (from <= line.len) {
		enum regex_answer answer = regex_search(re, line, from, ret, 1);

		g->cost += regex_steps(re);
		if (answer != REGEX_MATCH || !g->word)
			return answer;
		for (size_t end = ret->to;;) {
			struct regex_span shorter;
			struct str head = { line.ptr, 0 };

			if (!(ret->from > 0 && is_word_at(line, ret->from - 1)) &&
			    !is_word_at(line, end)) {
				ret->to = end;
				return REGEX_MATCH;
			}
			if (end <= ret->from)
				break;
			head.len = end - 1;
			answer = regex_search(re, head, ret->from, &shorter, 1);
			g->cost += regex_steps(re);
			if (answer == REGEX_GAVE_UP)
				return answer;
			if (answer != REGEX_MATCH || shorter.from != ret->from)
				break;
			end = shorter.to;
		}
		from = ret->from + 1;
	}
	return REGEX_NO_MATCH;
}

static enum regex_answer find(struct grep *g, struct str line, size_t from, struct regex_span *ret,
			      const char **ret_reason)
{
	enum regex_answer found = REGEX_NO_MATCH;

	for (size_t i = 0; i < g->n; i++) {
		struct regex_span span;
		enum regex_answer answer = find_one(g, g->regexes[i], line, from, &span);

		if (answer == REGEX_GAVE_UP) {
			*ret_reason = regex_reason(g->regexes[i]);
			return answer;
		}
		if (answer == REGEX_NO_MATCH)
			continue;
		if (found == REGEX_NO_MATCH || span.from < ret->from ||
		    (span.from == ret->from && span.to > ret->to))
			*ret = span;
		found = REGEX_MATCH;
	}
	return found;
}

struct grep_file {
	struct shell_call *c;
	struct str name;
	bool binary, named;
	struct str *lines;
	size_t n, next; /* @next: first line that isn't shown yet */
	uint64_t matches;
	size_t context_to; /* lines before it are context behind a match */
};

static int put_prefix(struct grep *g, const struct grep_file *f, size_t line, char mark,
		      struct error *err)
{
	if (f->named &&
	    (text_put(f->c, f->name, err) < 0 || text_put(f->c, (struct str){ &mark, 1 }, err) < 0))
		return -1;
	return g->numbers ? text_printf(f->c, err, "%zu%c", line + 1, mark) : 0;
}

static int put_line(struct grep *g, struct grep_file *f, size_t line, char mark, struct error *err)
{
	if (put_prefix(g, f, line, mark, err) < 0)
		return -1;
	return text_put_line(f->c, f->lines[line], g->end, err);
}

static int put_only(struct grep *g, struct grep_file *f, size_t line, const char **ret_reason,
		    struct error *err)
{
	struct str text = f->lines[line];
	struct regex_span span;

	for (size_t at = 0; at <= text.len;) {
		enum regex_answer answer = find(g, text, at, &span, ret_reason);

		if (answer != REGEX_MATCH)
			return answer == REGEX_GAVE_UP ? 1 : 0;
		at = span.to;
		if (span.to == span.from) {
			at = span.from +
			     (span.from < text.len ? regex_character(text, span.from) : 1);
			continue;
		}
		if (put_prefix(g, f, line, ':', err) < 0 ||
		    text_put_line(f->c, (struct str){ text.ptr + span.from, span.to - span.from },
				  g->end, err) < 0)
			return -1;
	}
	return 0;
}

/* A selected line with what -B shows before it. 0, 1 with a reason, -1. */
static int show(struct grep *g, struct grep_file *f, size_t line, const char **ret_reason,
		struct error *err)
{
	size_t from = line > g->before ? line - (size_t)g->before : 0;

	if (f->binary || !text_is_utf8(f->lines[line])) {
		*ret_reason = "lines of a binary file";
		if (!g->text)
			return 1;
	}
	if (g->only)
		return g->invert ? 0 : put_only(g, f, line, ret_reason, err);
	if (from < f->next)
		from = f->next;
	if (g->separated && g->before + g->after > 0 && g->shown && from > f->next &&
	    text_put(f->c, STR("--\n"), err) < 0)
		return -1;
	if (g->separated && g->shown && f->next == 0 && from == 0 && g->before + g->after > 0 &&
	    text_put(f->c, STR("--\n"), err) < 0)
		return -1;
	for (size_t i = from; i < line; i++) {
		if (put_line(g, f, i, '-', err) < 0)
			return -1;
	}
	if (put_line(g, f, line, ':', err) < 0)
		return -1;
	f->next = line + 1;
	g->shown = true;
	return 0;
}

static int search_lines(struct grep *g, struct grep_file *f, const char **ret_reason,
			struct error *err)
{
	bool prints = !g->quiet && !g->count && !g->with_files && !g->without_files;
	uint64_t left = 0;

	for (size_t i = 0; i < f->n; i++) {
		struct regex_span span;
		enum regex_answer answer = REGEX_NO_MATCH;
		int shown = 0;

		if (f->matches < g->max)
			answer = find(g, f->lines[i], 0, &span, ret_reason);
		else if (left == 0)
			break;
		if (answer == REGEX_GAVE_UP)
			return 1;
		if (f->matches < g->max && (answer == REGEX_MATCH) != g->invert) {
			f->matches++;
			g->matched = true;
			left = g->after;
			if (prints)
				shown = show(g, f, i, ret_reason, err);
			else if (!g->count)
				break;
		} else if (prints && left > 0 && !g->only) {
			left--;
			shown = put_line(g, f, i, '-', err);
			f->next = i + 1;
		}
		if (shown)
			return shown;
	}
	return 0;
}

static int put_summary(struct grep *g, struct grep_file *f, struct error *err)
{
	if (g->count && !g->with_files && !g->without_files) {
		if (f->named &&
		    (text_put(f->c, f->name, err) < 0 || text_put(f->c, STR(":"), err) < 0))
			return -1;
		if (text_printf(f->c, err, "%llu\n", (unsigned long long)f->matches) < 0)
			return -1;
	}
	if ((g->with_files && f->matches > 0) || (g->without_files && f->matches == 0))
		return text_put_line(f->c, f->name, '\n', err);
	return 0;
}

/* NUL ends lines of a binary file, too. */
static struct str without_nul(struct grep *g, struct str text)
{
	char *copy = arena_strdup(g->arena, text);

	memcpy(copy, text.ptr, text.len);
	for (size_t i = 0; i < text.len; i++) {
		if (copy[i] == '\0')
			copy[i] = '\n';
	}
	return (struct str){ copy, text.len };
}

/* 0, 1 with a reason, -1. */
static int search_text(struct grep *g, struct shell_call *c, struct str name, struct str text,
		       bool named, const char **ret_reason, struct error *err)
{
	struct grep_file f = { .c = c, .name = name, .named = named };
	int found = 0;

	f.binary = !g->text && g->end == '\n' && text_has_char(text, '\0');
	if (f.binary && (g->count || g->max != UINT64_MAX)) {
		*ret_reason = "counting lines of a binary file";
		return 1;
	}
	f.n = text_lines(g->arena, f.binary ? without_nul(g, text) : text, g->end, &f.lines);
	found = search_lines(g, &f, ret_reason, err);
	if (found)
		return found;
	return g->quiet ? 0 : put_summary(g, &f, err);
}

int grep_search_name(struct grep *g, struct shell_call *c, struct str name, bool named,
		     const char **ret_reason, struct error *err)
{
	struct str text, shown = name;
	bool is_input = str_equal(name, STR("-"));
	int found = text_read(c, name, g->silent, &text, err);

	if (found < 0)
		return -1;
	if (found > 0) {
		g->trouble = true;
		return 0;
	}
	if (is_input)
		shown = STR("(standard input)");
	return search_text(g, c, shown, text, named, ret_reason, err);
}

static bool is_listed(const struct str *globs, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++) {
		if (pattern_match(globs[i], name, PATTERN_CARET))
			return true;
	}
	return false;
}

static struct str last_name(struct str path)
{
	size_t i = path.len;

	while (i > 0 && path.ptr[i - 1] != '/')
		i--;
	return (struct str){ path.ptr + i, path.len - i };
}

static bool takes_file(const struct grep *g, struct str path)
{
	struct str name = last_name(path);

	if (is_listed(g->excludes, g->n_excludes, name))
		return false;
	return g->n_includes == 0 || is_listed(g->includes, g->n_includes, name);
}

/*
 * Files below a folder. grep takes them as the file system has them, so that what it
 * prints about several of them has no order here.
 */
static int search_folder(struct grep *g, struct shell_call *c, struct node *folder, struct str path,
			 unsigned depth, const char **ret_reason, struct error *err)
{
	struct node *const *children = NULL;
	size_t n = tree_children(folder, &children);

	(void)shell_charge(c->shell, 64 * (uint64_t)n);
	*ret_reason = "folders too deep in each other";
	if (depth > LIMIT_SHELL_DEPTH)
		return 1;
	for (size_t i = 0; i < n; i++) {
		struct str name = children[i]->name;
		bool slash = path.len > 0 && path.ptr[path.len - 1] != '/';
		struct str inner =
			str_of(arena_printf(c->world->arena, STR_FMT "%s" STR_FMT, STR_ARG(path),
					    slash ? "/" : "", STR_ARG(name)));
		enum node_kind kind = children[i]->inode->kind;
		size_t before = c->out->len;
		int found = 0;

		*ret_reason = "links followed below a folder";
		if (kind == NODE_SYMLINK && g->follow)
			return 1;
		if (kind == NODE_DIRECTORY &&
		    !is_listed(g->exclude_folders, g->n_exclude_folders, name))
			found = search_folder(g, c, children[i], inner, depth + 1, ret_reason, err);
		else if (kind == NODE_FILE && takes_file(g, inner))
			found = grep_search_name(g, c, inner, g->names != 0, ret_reason, err);
		if (found)
			return found;
		if (kind == NODE_FILE && c->out->len > before && ++g->n_printed > 1) {
			*ret_reason = "several files below a folder, in no known order";
			return 1;
		}
	}
	return 0;
}

int grep_search_below(struct grep *g, struct shell_call *c, struct str name,
		      const char **ret_reason, struct error *err)
{
	struct node *node = world_find(c->shell, name.len > 0 ? name : STR("."), true);

	if (!node || node->inode->kind != NODE_DIRECTORY)
		return grep_search_name(g, c, name, g->names > 0, ret_reason, err);
	return search_folder(g, c, node, name, 0, ret_reason, err);
}

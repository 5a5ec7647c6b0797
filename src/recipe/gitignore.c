#include "recipe/gitignore.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/strtab.h"
#include "io/file.h"
#include "io/source.h"

#define GITIGNORE_MAX (1u << 20) /* bytes of one file */

struct rule {
	struct str pattern, written;
	uint32_t line;
	bool negated, folders_only, anchored;
};

struct file {
	struct str name;
	struct rule *rules;
	size_t n;
};

struct gitignore {
	int workspace;
	struct arena arena;
	struct file *files;
	size_t n, capacity;
	struct strtab by_folder; /* "" or "a/b/" to number in files */
};

struct gitignore *gitignore_new(int workspace)
{
	struct gitignore *g = mem_alloc(sizeof(*g));

	g->workspace = workspace;
	return g;
}

void gitignore_free(struct gitignore *g)
{
	if (!g)
		return;
	free(g->files);
	strtab_release(&g->by_folder);
	arena_release(&g->arena);
	free(g);
}

/* Trailing blanks don't count unless the last is escaped; nor does a CR. */
static struct str trim_line(struct str line)
{
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	while (line.len && line.ptr[line.len - 1] == ' ' &&
	       !(line.len > 1 && line.ptr[line.len - 2] == '\\'))
		line.len--;
	return line;
}

static bool parse_rule(struct str line, struct rule *ret)
{
	struct str p = trim_line(line);

	*ret = (struct rule){ .written = p };
	if (p.len == 0 || p.ptr[0] == '#')
		return false;
	if (p.ptr[0] == '!') {
		ret->negated = true;
		p = (struct str){ p.ptr + 1, p.len - 1 };
	}
	if (p.len && p.ptr[p.len - 1] == '/') {
		ret->folders_only = true;
		p.len--;
	}
	ret->anchored = str_find_char(p, '/') < p.len;
	if (p.len && p.ptr[0] == '/')
		p = (struct str){ p.ptr + 1, p.len - 1 };
	ret->pattern = p;
	return p.len > 0;
}

static void parse_file(struct gitignore *g, struct str text, struct file *f)
{
	struct str rest = text, line;
	size_t capacity = 0;
	uint32_t number = 0;
	struct rule *rules = NULL;

	while (str_split(&rest, '\n', &line)) {
		MEM_GROW(rules, f->n, capacity);
		number++;
		if (!parse_rule(line, &rules[f->n]))
			continue;
		rules[f->n++].line = number;
	}
	f->rules = arena_array(&g->arena, f->n, sizeof(*rules));
	if (f->n)
		memcpy(f->rules, rules, f->n * sizeof(*rules));
	free(rules);
}

static int load(struct gitignore *g, struct str folder, struct file *f, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(GITIGNORE_MAX);
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_SOURCE struct source *source = NULL;
	int r;

	f->name = str_of(arena_printf(&g->arena, STR_FMT ".gitignore", STR_ARG(folder)));
	r = file_open_beneath(g->workspace, f->name.ptr, 0, &fd, err);
	if (r == FILE_ABSENT)
		return 0;
	if (r < 0)
		return err_while(err, "reading '%s'", f->name.ptr);
	source = source_of_fd(fd, 0, UINT64_MAX, f->name.ptr);
	if (source_read_all(source, &text, err) < 0)
		return err_while(err, "reading '%s'", f->name.ptr);
	parse_file(g, arena_str(&g->arena, buf_str(&text)), f);
	return 0;
}

static int file_of(struct gitignore *g, struct str folder, const struct file **ret,
		   struct error *err)
{
	uint32_t i;

	if (!strtab_find(&g->by_folder, folder, &i)) {
		MEM_GROW(g->files, g->n, g->capacity);
		g->files[g->n] = (struct file){ 0 };
		if (load(g, folder, &g->files[g->n], err) < 0)
			return -1;
		i = (uint32_t)g->n++;
		(void)strtab_put(&g->by_folder, folder, i);
	}
	*ret = &g->files[i];
	return 0;
}

static bool rule_matches(const struct rule *r, struct str below, struct str base, bool is_directory)
{
	return (!r->folders_only || is_directory) &&
	       gitignore_match(r->pattern, r->anchored ? below : base);
}

int gitignore_check(struct gitignore *g, struct str path, bool is_directory,
		    struct gitignore_rule *ret, struct error *err)
{
	size_t end = path.len;
	struct str base = path;

	for (size_t i = 0; i < path.len; i++)
		if (path.ptr[i] == '/')
			base = (struct str){ path.ptr + i + 1, path.len - i - 1 };
	if (str_equal_cstr(base, ".git")) {
		*ret = (struct gitignore_rule){ .file = STR(""), .pattern = STR(".git") };
		return GITIGNORE_IGNORED;
	}
	/* From the folder of the path up: the nearest file that says anything decides. */
	for (;;) {
		const struct file *f;

		while (end && path.ptr[end - 1] != '/')
			end--;
		if (file_of(g, (struct str){ path.ptr, end }, &f, err) < 0)
			return -1;
		for (size_t i = f->n; i-- > 0;) {
			const struct rule *r = &f->rules[i];

			if (!rule_matches(r, (struct str){ path.ptr + end, path.len - end }, base,
					  is_directory))
				continue;
			*ret = (struct gitignore_rule){ f->name, r->line, r->written };
			return r->negated ? 0 : GITIGNORE_IGNORED;
		}
		if (end == 0)
			return 0;
		end--;
	}
}

/* ucfq: what ucf knows of configuration files. */
#include <stdlib.h>

#include "debian/command_list.h"

#define STATE "/var/lib/ucf/"

static const struct shell_option options[] = {
	{ 'w', "with-colons", OPTION_NO_VALUE, 'w' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

/* "WORD BLANKS WORD": the last line whose second word is @file. */
static int find_first_word(struct shell_call *c, const char *name, struct str file, struct str *ret,
			   struct error *err)
{
	char *path = arena_printf(c->world->arena, STATE "%s", name);
	struct str text = STR(""), line;
	int r = world_read(c->shell, str_of(path), &text, err);

	*ret = STR("");
	if (r)
		return r < 0 ? -1 : 0;
	while (text.len && str_split(&text, '\n', &line)) {
		size_t n = 0;
		struct str second;

		while (n < line.len && line.ptr[n] != ' ' && line.ptr[n] != '\t')
			n++;
		second = str_trim((struct str){ line.ptr + n, line.len - n });
		if (n && str_equal(second, file))
			*ret = (struct str){ line.ptr, n };
	}
	return 0;
}

/* "Yes", "No", or "" where ucf has no digest. */
static int modified(struct shell_call *c, struct str file, struct str *ret, struct error *err)
{
	const struct str argv[] = { STR("/usr/bin/md5sum"), file };
	CLEANUP_BUF struct buf out = BUF_INIT((size_t)1 << 20);
	struct str digest;
	int status;

	*ret = STR("");
	if (find_first_word(c, "hashfile", file, &digest, err) < 0)
		return -1;
	if (!digest.len)
		return 0;
	status = shell_spawn(c, argv, 2, NULL, &out, NULL, err);
	if (status < 0)
		return -1;
	*ret = str_has_prefix(buf_str(&out), digest) && digest.len == 32 ? STR("No") : STR("Yes");
	return status;
}

static int report(struct shell_call *c, struct str file, struct error *err)
{
	struct node *node = world_find(c->shell, file, true);
	struct str package, changed = STR(""), name = file;
	CLEANUP_BUF struct buf path = BUF_INIT((size_t)1 << 16);
	int status = 0;

	if (find_first_word(c, "registry", file, &package, err) < 0)
		return -1;
	if (node) {
		tree_path(node, &path);
		status = modified(c, file, &changed, err);
		name = arena_str(c->world->arena, buf_str(&path));
	}
	if (status)
		return status;
	buf_printf(c->out, "%s" STR_FMT ":" STR_FMT ":%s:" STR_FMT "\n",
		   name.len && *name.ptr == '/' ? "" : "/", STR_ARG(name), STR_ARG(package),
		   node ? "Yes" : "", STR_ARG(changed));
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

int command_ucfq(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct str *files;
	int status = 0, r = shell_options(c, options, false, &a, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	files = arena_array(c->world->arena, a.n_operands + 1, sizeof(*files));
	for (size_t i = 0; i < a.n_operands; i++) {
		if (!a.operands[i].len || *a.operands[i].ptr != '/' || !a.n_options)
			return shell_refuse(c, err, "no model of packages, or of the table");
		files[i] = a.operands[i];
	}
	if (a.n_operands)
		qsort(files, a.n_operands, sizeof(*files), by_name);
	for (size_t i = 0; i < a.n_operands && !status; i++)
		if (!i || !str_equal(files[i], files[i - 1]))
			status = report(c, files[i], err);
	return status;
}

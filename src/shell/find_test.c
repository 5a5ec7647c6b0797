/* The value of an expression for one file, and what its actions do. */
#include "shell/find.h"

#include "shell/evaluate.h"
#include "shell/timestamp.h"

#define EXEC_WORDS_MAX 5000 /* less than any kernel's limit; then the command runs again */

static char type_letter(const struct node *node)
{
	return ".dflpcb"[node->inode->kind];
}

static struct str fold(struct find *f, struct str text)
{
	char *copy = arena_strdup(f->c->world->arena, text);

	for (size_t i = 0; i < text.len; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] - 'A' + 'a');
	return (struct str){ copy, text.len };
}

static bool match(struct find *f, const struct find_node *n, struct str text)
{
	if (n->fold)
		return pattern_match(fold(f, n->text), fold(f, text), PATTERN_CARET);
	return pattern_match(n->text, text, PATTERN_CARET);
}

static bool compare(const struct find_node *n, uint64_t value)
{
	return n->compare == '+'   ? value > n->number
	       : n->compare == '-' ? value < n->number
				   : value == n->number;
}

static uint64_t size_of(const struct node *node)
{
	return node_is(node, NODE_FILE)	     ? node->inode->content.size
	       : node_is(node, NODE_SYMLINK) ? node->inode->target.len
					     : 0;
}

static bool test_perm(const struct find_node *n, const struct node *node)
{
	uint16_t mode = node->inode->mode;
	uint16_t wanted = node_is(node, NODE_DIRECTORY) ? n->folder_mode : n->mode;

	switch (n->compare) {
	case '-':
		return (mode & wanted) == wanted;
	case '/':
		return !wanted || mode & wanted;
	}
	return mode == wanted;
}

static bool test_type(struct find *f, const struct find_node *n)
{
	const struct node *node = f->node;

	if (n->kind == FIND_XTYPE) {
		/* The other view: through links where -type looks at them. */
		struct world_place at;
		int outcome = world_walk(f->c->shell, f->path, f->follow != 'L', &at);

		if (outcome == WORLD_LOOP) {
			f->status = file_failed(f->c, "", f->path, outcome);
			return false;
		}
		if (at.node)
			node = at.node;
	}
	return memchr(n->text.ptr, type_letter(node), n->text.len) != NULL;
}

static bool is_empty(const struct node *node)
{
	struct node *const *list;

	if (node_is(node, NODE_FILE))
		return !node->inode->content.size;
	return node_is(node, NODE_DIRECTORY) && !tree_children(node, &list);
}

static int test_newer(struct find *f, const struct find_node *n, struct error *err)
{
	if (node_is(f->node, NODE_DIRECTORY))
		return shell_refuse(f->c, err, "-newer asks for the time of a folder");
	if (f->node->inode->mtime >= f->c->world->epoch && n->time >= f->c->world->epoch)
		return shell_refuse(f->c, err, "-newer between files of one build");
	return f->node->inode->mtime > n->time;
}

static int test_regex(struct find *f, const struct find_node *n, struct error *err)
{
	enum regex_answer answer = regex_search(n->regex, f->path, 0, NULL, 0);

	(void)shell_charge(f->c->shell, regex_steps(n->regex));
	switch (answer) {
	case REGEX_NO_MATCH:
		return 0;
	case REGEX_MATCH:
		return 1;
	case REGEX_GAVE_UP:
		break;
	}
	return shell_refuse(f->c, err, "-regex: %s", regex_reason(n->regex)) < 0 ? -1 : 0;
}

/* A word of -exec with every "{}" replaced. */
static struct str fill_in(struct find *f, struct str word, struct str path)
{
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 24);

	for (size_t i = 0; i < word.len; i++) {
		if (word.ptr[i] == '{' && i + 1 < word.len && word.ptr[i + 1] == '}') {
			buf_add_str(&out, path);
			i++;
		} else {
			buf_add_char(&out, word.ptr[i]);
		}
	}
	return arena_str(f->c->world->arena, buf_str(&out));
}

static int exec_one(struct find *f, const struct find_node *n, struct error *err)
{
	struct shell *sh = f->c->shell;
	struct str *argv = arena_array(f->c->world->arena, n->argc + 1, sizeof(*argv));
	struct shell_input empty = { STR(""), 0 };
	struct str path = f->path;
	struct subshell saved;
	int status;

	if (n->in_folder)
		path = str_equal_cstr(path, "/") ? path
						 : file_join(f->c, STR("."), file_base(path));
	for (size_t i = 0; i < n->argc; i++)
		argv[i] = fill_in(f, n->argv[i], path);
	if (!n->in_folder) {
		status = shell_spawn(f->c, argv, n->argc, &empty, NULL, NULL, err);
		return status < 0 ? -1 : status == 0;
	}
	subshell_begin(sh, &saved);
	sh->state.folder = world_path(sh, file_folder(f->path));
	status = shell_spawn(f->c, argv, n->argc, &empty, NULL, NULL, err);
	subshell_end(sh, &saved);
	return status < 0 ? -1 : status == 0;
}

static int exec_found(struct find *f, struct find_node *n, struct error *err)
{
	struct str *argv = arena_array(f->c->world->arena, n->argc + n->n_found + 1, sizeof(*argv));
	struct shell_input empty = { STR(""), 0 };
	int status;

	if (!n->n_found)
		return 0;
	for (size_t i = 0; i < n->argc; i++)
		argv[i] = n->argv[i];
	memcpy(argv + n->argc, n->found, n->n_found * sizeof(*argv));
	status = shell_spawn(f->c, argv, n->argc + n->n_found, &empty, NULL, NULL, err);
	n->n_found = 0;
	if (status > 0)
		f->status = 1;
	return status < 0 ? -1 : 0;
}

static int collect(struct find *f, struct find_node *n, struct error *err)
{
	if (n->n_found == n->found_capacity) {
		size_t wider = n->found_capacity ? 2 * n->found_capacity : 16;
		struct str *grown = arena_array(f->c->world->arena, wider, sizeof(*grown));

		if (n->n_found)
			memcpy(grown, n->found, n->n_found * sizeof(*grown));
		n->found = grown;
		n->found_capacity = wider;
	}
	n->found[n->n_found++] = f->path;
	if (n->n_found == EXEC_WORDS_MAX && exec_found(f, n, err) < 0)
		return -1;
	return 1;
}

int find_finish(struct find *f, struct error *err)
{
	for (size_t i = 0; i < f->n_all_exec; i++)
		if (exec_found(f, f->all_exec[i], err) < 0)
			return -1;
	return 0;
}

static int delete_file(struct find *f, struct error *err)
{
	struct node *const *list;
	struct world_place at;
	int outcome;

	if (str_equal_cstr(f->path, "."))
		return 1;
	outcome = file_place(f->c, f->path, false, &at);
	if (outcome == WORLD_SPECIAL || (!outcome && (!at.node || !at.dir)))
		return shell_refuse(f->c, err, "-delete of " STR_FMT, STR_ARG(f->path));
	if (!outcome && node_is(at.node, NODE_DIRECTORY) && tree_children(at.node, &list))
		outcome = WORLD_NOT_EMPTY;
	if (outcome) {
		f->status = file_failed(f->c, "cannot delete", f->path, outcome);
		return 0;
	}
	tree_remove(f->c->world->tree, at.node, f->c->cause);
	return 1;
}

static int run_action(struct find *f, struct find_node *n, struct error *err)
{
	switch (n->kind) {
	case FIND_PRINT:
	case FIND_PRINT0:
		buf_add_str(f->c->out, f->path);
		buf_add_char(f->c->out, n->kind == FIND_PRINT ? '\n' : 0);
		return 1;
	case FIND_PRINTF:
		if (find_format(f, n->text))
			return shell_refuse(f->c, err, "-printf '" STR_FMT "'", STR_ARG(n->text)) <
					       0
				       ? -1
				       : 1;
		return 1;
	case FIND_EXEC:
		return exec_one(f, n, err);
	case FIND_EXEC_ALL:
		return collect(f, n, err);
	case FIND_DELETE:
		return delete_file(f, err);
	case FIND_PRUNE:
		f->prune = true;
		return 1;
	case FIND_QUIT:
		f->quit = true;
		return 1;
	default:
		return 0;
	}
}

static int run_test(struct find *f, struct find_node *n, struct error *err)
{
	const struct inode *inode = f->node->inode;
	struct str name;

	switch (n->kind) {
	case FIND_TRUE:
	case FIND_READABLE:
		return 1;
	case FIND_FALSE:
		return 0;
	case FIND_EXECUTABLE:
		return node_is(f->node, NODE_DIRECTORY) || inode->mode & 0111;
	case FIND_NAME:
		return match(f, n, file_base(f->path));
	case FIND_PATH:
		return match(f, n, f->path);
	case FIND_REGEX:
		return test_regex(f, n, err);
	case FIND_LNAME:
		return node_is(f->node, NODE_SYMLINK) && match(f, n, inode->target);
	case FIND_TYPE:
	case FIND_XTYPE:
		return test_type(f, n);
	case FIND_EMPTY:
		return is_empty(f->node);
	case FIND_USER:
		return compare(n, inode->uid);
	case FIND_GROUP:
		return compare(n, inode->gid);
	case FIND_NO_USER:
		return !world_user_name(f->c->shell, inode->uid, &name);
	case FIND_NO_GROUP:
		return !world_group_name(f->c->shell, inode->gid, &name);
	case FIND_LINKS:
		if (node_is(f->node, NODE_DIRECTORY))
			return shell_refuse(f->c, err, "-links of a folder");
		return compare(n, inode->links);
	case FIND_SIZE:
		if (node_is(f->node, NODE_DIRECTORY))
			return shell_refuse(f->c, err, "-size of a folder");
		return compare(n, (size_of(f->node) + n->unit - 1) / n->unit);
	case FIND_PERM:
		return test_perm(n, f->node);
	case FIND_NEWER:
		return test_newer(f, n, err);
	case FIND_SAME:
		return inode == n->inode;
	default:
		return run_action(f, n, err);
	}
}

int find_test(struct find *f, struct find_node *n, struct error *err)
{
	int value;

	switch (n->kind) {
	case FIND_NOT:
		value = find_test(f, n->left, err);
		return value < 0 ? -1 : !value;
	case FIND_AND:
		value = find_test(f, n->left, err);
		return value <= 0 || f->quit ? value : find_test(f, n->right, err);
	case FIND_OR:
		value = find_test(f, n->left, err);
		return value || f->quit ? value : find_test(f, n->right, err);
	case FIND_LIST:
		value = find_test(f, n->left, err);
		return value < 0 || f->quit ? value : find_test(f, n->right, err);
	default:
		return run_test(f, n, err);
	}
}

/* ---- -printf ---- */

static bool add_time(const struct node *node, char letter, struct buf *out)
{
	char format[3] = { '%', letter, 0 };

	if (node_is(node, NODE_DIRECTORY))
		return false;
	if (letter == '@') {
		buf_printf(out, "%lld.0000000000", (long long)node->inode->mtime);
		return true;
	}
	return memchr("YmdFHMjy", letter, 8) &&
	       timestamp_format(str_of(format), node->inode->mtime, out);
}

static void add_account(struct find *f, bool group, struct buf *out)
{
	uint32_t id = group ? f->node->inode->gid : f->node->inode->uid;
	struct str name;

	if (group ? world_group_name(f->c->shell, id, &name)
		  : world_user_name(f->c->shell, id, &name))
		buf_add_str(out, name);
	else
		buf_printf(out, "%u", id);
}

/* One directive; *at is moved on by those of two letters. */
static bool add_directive(struct find *f, struct str format, size_t *at, struct buf *out)
{
	const struct inode *inode = f->node->inode;
	char mode[10];
	size_t skip;

	switch (format.ptr[*at]) {
	case '%':
		buf_add_char(out, '%');
		return true;
	case 'p':
		buf_add_str(out, f->path);
		return true;
	case 'f':
		buf_add_str(out, file_base(f->path));
		return true;
	case 'h':
		buf_add_str(out, memchr(f->path.ptr, '/', f->path.len) ? file_folder(f->path)
								       : STR("."));
		return true;
	case 'H':
		buf_add_str(out, f->start);
		return true;
	case 'P':
		skip = f->start.len;
		while (skip < f->path.len && f->path.ptr[skip] == '/')
			skip++;
		buf_add_str(out, (struct str){ f->path.ptr + skip, f->path.len - skip });
		return true;
	case 'd':
		buf_printf(out, "%llu", (unsigned long long)f->depth);
		return true;
	case 'm':
		buf_printf(out, "%o", inode->mode);
		return true;
	case 'M':
		mode_format(inode->mode, mode);
		buf_printf(out, "%c%s", ".d-lpcb"[inode->kind], mode);
		return true;
	case 'u':
	case 'g':
		add_account(f, format.ptr[*at] == 'g', out);
		return true;
	case 'U':
	case 'G':
		buf_printf(out, "%u", format.ptr[*at] == 'U' ? inode->uid : inode->gid);
		return true;
	case 's':
		buf_printf(out, "%llu", (unsigned long long)size_of(f->node));
		return !node_is(f->node, NODE_DIRECTORY);
	case 'n':
		buf_printf(out, "%u", inode->links);
		return !node_is(f->node, NODE_DIRECTORY);
	case 'l':
		if (node_is(f->node, NODE_SYMLINK))
			buf_add_str(out, inode->target);
		return true;
	case 'y':
		buf_add_char(out, type_letter(f->node));
		return true;
	case 'T':
		return ++*at < format.len && add_time(f->node, format.ptr[*at], out);
	}
	return false;
}

int find_format(struct find *f, struct str format)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 24);

	for (size_t i = 0; i < format.len; i++) {
		if (format.ptr[i] == '\\') {
			if (!file_escape(format, &i, "abfnrtv\\", "\a\b\f\n\r\t\v\\", &text))
				return 1;
		} else if (format.ptr[i] == '%') {
			if (++i == format.len || !add_directive(f, format, &i, &text))
				return 1;
		} else {
			buf_add_char(&text, format.ptr[i]);
		}
	}
	buf_add_str(f->c->out, buf_str(&text));
	return 0;
}

/* Words of a command line to an expression: ',' binds least, then -o, -a, '!'. */
#include "shell/find.h"

#include <assert.h>

#include "shell/world_accounts.h"

#define NESTING_MAX 100

struct parser {
	struct find *f;
	size_t at;
	unsigned depth;
	unsigned regex_flags;
	bool emacs; /* the default -regextype */
	int status; /* of a refusal or message that ends it */
	struct error *err;
};

/* All return NULL with p->status (or -1) set when they can't go on. */
static struct find_node *parse_or(struct parser *p);

static struct find_node *new_node(struct parser *p, enum find_kind kind)
{
	struct find_node *n = arena_alloc(p->f->c->world->arena, sizeof(*n));

	n->kind = kind;
	return n;
}

static struct find_node *refuse(struct parser *p, const char *what, struct str word)
{
	p->status = shell_refuse(p->f->c, p->err, "%s " STR_FMT, what, STR_ARG(word));
	if (!p->status)
		p->status = 256; /* skipped: find ends with 0 */
	return NULL;
}

static struct find_node *complain(struct parser *p, const char *what, struct str word)
{
	p->status = file_complain(p->f->c, what, word, "");
	return NULL;
}

static bool more(const struct parser *p)
{
	return p->at < p->f->c->argc;
}

static struct str peek(const struct parser *p)
{
	return more(p) ? p->f->c->argv[p->at] : STR("");
}

static bool is_word(const struct parser *p, const char *a, const char *b)
{
	return more(p) && (str_equal_cstr(peek(p), a) || str_equal_cstr(peek(p), b));
}

/* The words of -exec up to ";" or "+". */
static struct find_node *parse_exec(struct parser *p, bool in_folder)
{
	struct shell_call *c = p->f->c;
	struct find_node *n = new_node(p, FIND_EXEC);
	size_t first = p->at;

	n->in_folder = in_folder;
	p->f->has_action = true;
	for (; more(p); p->at++) {
		bool plus = str_equal_cstr(peek(p), "+") && p->at > first &&
			    str_equal_cstr(c->argv[p->at - 1], "{}");

		if (!plus && !str_equal_cstr(peek(p), ";"))
			continue;
		n->argv = c->argv + first;
		n->argc = p->at++ - first;
		if (plus) {
			n->kind = FIND_EXEC_ALL;
			n->argc--;
			if (in_folder || p->f->n_all_exec == 8)
				return refuse(p, "-execdir with", STR("+"));
			p->f->all_exec[p->f->n_all_exec++] = n;
		}
		return n->argc ? n : complain(p, "missing argument to", STR("-exec"));
	}
	return complain(p, "missing argument to", STR("-exec"));
}

/* "+N", "-N", "N" with an optional unit. */
static bool parse_number(struct find_node *n, struct str text)
{
	n->compare = '=';
	if (text.len && (text.ptr[0] == '+' || text.ptr[0] == '-')) {
		n->compare = text.ptr[0];
		text = (struct str){ text.ptr + 1, text.len - 1 };
	}
	return text.len && str_parse_u64(text, &n->number);
}

static bool parse_size(struct find_node *n, struct str text)
{
	static const char units[] = "cwbkMG";
	static const uint64_t bytes[] = { 1, 2, 512, 1024, 1 << 20, 1 << 30 };
	const char *unit = text.len ? strchr(units, text.ptr[text.len - 1]) : NULL;

	n->unit = 512;
	if (unit && *unit) {
		n->unit = bytes[unit - units];
		text.len--;
	}
	return parse_number(n, text);
}

static bool parse_perm(struct find_node *n, struct str text)
{
	struct mode_change change;

	n->compare = '=';
	if (text.len && (text.ptr[0] == '-' || text.ptr[0] == '/')) {
		n->compare = text.ptr[0];
		text = (struct str){ text.ptr + 1, text.len - 1 };
	}
	if (!mode_parse(text, &change))
		return false;
	n->mode = mode_apply(&change, 0, false, 0);
	n->folder_mode = mode_apply(&change, 0, true, 0);
	/* A number means all bits, of folders too. */
	if (text.len && text.ptr[0] >= '0' && text.ptr[0] <= '7')
		n->folder_mode = n->mode;
	return true;
}

static struct find_node *parse_regex(struct parser *p, struct str text, bool fold)
{
	struct arena *arena = p->f->c->world->arena;
	struct find_node *n = new_node(p, FIND_REGEX);
	CLEANUP_BUF struct buf pattern = BUF_INIT(1u << 20);
	const char *reason = NULL;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '\\' && i + 1 < text.len) {
			if (p->emacs && text.ptr[i + 1] == '{')
				return refuse(p, "-regex", text);
			buf_add_char(&pattern, c);
			buf_add_char(&pattern, text.ptr[++i]);
			continue;
		}
		if (p->emacs && c == '[') { /* a backslash in it would mean itself, too */
			const char *end = i + 2 < text.len
						  ? memchr(text.ptr + i + 2, ']', text.len - i - 2)
						  : NULL;

			if (!end || memchr(text.ptr + i, '\\', (size_t)(end - text.ptr) - i) ||
			    memchr(text.ptr + i + 1, '[', (size_t)(end - text.ptr) - i))
				return refuse(p, "this bracket in -regex", text);
			buf_add(&pattern, text.ptr + i, (size_t)(end - text.ptr) - i + 1);
			i = (size_t)(end - text.ptr);
			continue;
		}
		if (p->emacs && (c == '+' || c == '?'))
			buf_add_char(&pattern, '\\');
		buf_add_char(&pattern, c);
	}
	n->regex = regex_compile(arena, arena_str(arena, buf_str(&pattern)),
				 p->regex_flags | REGEX_WHOLE | (fold ? REGEX_ICASE : 0u), &reason);
	return n->regex ? n : refuse(p, reason ? reason : "-regex", text);
}

static struct find_node *parse_account(struct parser *p, bool group, struct str text)
{
	struct find_node *n = new_node(p, group ? FIND_GROUP : FIND_USER);
	uint32_t id, other;

	n->compare = '=';
	if (group ? !world_group_or_id(p->f->c->shell, text, &id)
		  : !world_user_or_id(p->f->c->shell, text, &id, &other))
		return complain(p, "is not the name of a known account:", text);
	n->number = id;
	return n;
}

static struct find_node *parse_file(struct parser *p, enum find_kind kind, struct str text)
{
	struct find_node *n = new_node(p, kind);
	struct node *file = world_find(p->f->c->shell, text, p->f->follow != 'P');

	if (!file)
		return complain(p, "", text);
	if (world_is_outside(file) || (kind == FIND_NEWER && node_is(file, NODE_DIRECTORY)))
		return refuse(p, "-newer or -samefile of", text);
	n->inode = file->inode;
	n->time = file->inode->mtime;
	return n;
}

/* Options that count for the whole command; they are true. */
static struct find_node *parse_global(struct parser *p, struct str word, bool *ret_known)
{
	struct find *f = p->f;
	uint64_t *depth = NULL;
	struct find_node *n = new_node(p, FIND_TRUE);

	*ret_known = true;
	if (str_equal_cstr(word, "-maxdepth"))
		depth = &f->max_depth;
	else if (str_equal_cstr(word, "-mindepth"))
		depth = &f->min_depth;
	if (depth) {
		if (!more(p) || !str_parse_u64(peek(p), depth))
			return complain(p, "a depth is wanted after", word);
		p->at++;
		return n;
	}
	if (str_equal_cstr(word, "-depth") || str_equal_cstr(word, "-d")) {
		f->depth_first = true;
		return n;
	}
	if (str_equal_cstr(word, "-follow")) {
		f->follow = 'L';
		return n;
	}
	if (str_equal_cstr(word, "-regextype")) {
		struct str type = peek(p);

		p->at += more(p);
		p->emacs = false;
		p->regex_flags = REGEX_EXTENDED;
		if (str_equal_cstr(type, "posix-basic") || str_equal_cstr(type, "sed") ||
		    str_equal_cstr(type, "grep"))
			p->regex_flags = 0;
		else if (!str_equal_cstr(type, "posix-extended") &&
			 !str_equal_cstr(type, "egrep") && !str_equal_cstr(type, "posix-egrep"))
			return refuse(p, "-regextype", type);
		return n;
	}
	if (str_equal_cstr(word, "-xdev") || str_equal_cstr(word, "-mount") ||
	    str_equal_cstr(word, "-noleaf") || str_equal_cstr(word, "-nowarn") ||
	    str_equal_cstr(word, "-warn") || str_equal_cstr(word, "-ignore_readdir_race") ||
	    str_equal_cstr(word, "-noignore_readdir_race"))
		return n;
	*ret_known = false;
	return NULL;
}

static const struct {
	const char *word;
	enum find_kind kind;
	bool action;
} plain_words[] = {
	{ "-true", FIND_TRUE, false },	       { "-false", FIND_FALSE, false },
	{ "-empty", FIND_EMPTY, false },       { "-nouser", FIND_NO_USER, false },
	{ "-nogroup", FIND_NO_GROUP, false },  { "-readable", FIND_READABLE, false },
	{ "-writable", FIND_READABLE, false }, { "-executable", FIND_EXECUTABLE, false },
	{ "-print", FIND_PRINT, true },	       { "-print0", FIND_PRINT0, true },
	{ "-delete", FIND_DELETE, true },      { "-prune", FIND_PRUNE, false },
	{ "-quit", FIND_QUIT, false },
};

static const struct {
	const char *word;
	enum find_kind kind;
	bool fold;
} text_words[] = {
	{ "-name", FIND_NAME, false },	   { "-iname", FIND_NAME, true },
	{ "-path", FIND_PATH, false },	   { "-wholename", FIND_PATH, false },
	{ "-ipath", FIND_PATH, true },	   { "-iwholename", FIND_PATH, true },
	{ "-lname", FIND_LNAME, false },   { "-ilname", FIND_LNAME, true },
	{ "-type", FIND_TYPE, false },	   { "-xtype", FIND_XTYPE, false },
	{ "-printf", FIND_PRINTF, false },
};

static struct find_node *parse_text(struct parser *p, enum find_kind kind, bool fold,
				    struct str text)
{
	struct find_node *n = new_node(p, kind);

	n->text = text;
	n->fold = fold;
	for (size_t i = 0; fold && i < text.len; i++)
		if ((uint8_t)text.ptr[i] >= 128)
			return refuse(p, "letters beyond ASCII in", text);
	if (kind == FIND_PRINTF)
		p->f->has_action = true;
	if (kind == FIND_TYPE || kind == FIND_XTYPE)
		for (size_t i = 0; i < text.len; i++)
			if (!memchr("fdlpcbs", text.ptr[i], 7) && text.ptr[i] != ',')
				return complain(p, "unknown argument to -type:", text);
	return n;
}

/* Tests with a value of their own form. */
static struct find_node *parse_valued(struct parser *p, struct str word, struct str value)
{
	struct find_node *n;
	bool ok = true;

	if (str_equal_cstr(word, "-regex") || str_equal_cstr(word, "-iregex"))
		return parse_regex(p, value, word.ptr[1] == 'i');
	if (str_equal_cstr(word, "-user") || str_equal_cstr(word, "-group"))
		return parse_account(p, word.ptr[1] == 'g', value);
	if (str_equal_cstr(word, "-newer") || str_equal_cstr(word, "-samefile"))
		return parse_file(p, word.ptr[1] == 'n' ? FIND_NEWER : FIND_SAME, value);
	n = new_node(p, FIND_LINKS);
	if (str_equal_cstr(word, "-uid") || str_equal_cstr(word, "-gid")) {
		n->kind = word.ptr[1] == 'u' ? FIND_USER : FIND_GROUP;
		ok = parse_number(n, value);
	} else if (str_equal_cstr(word, "-links")) {
		ok = parse_number(n, value);
	} else if (str_equal_cstr(word, "-size")) {
		n->kind = FIND_SIZE;
		ok = parse_size(n, value);
	} else if (str_equal_cstr(word, "-perm")) {
		n->kind = FIND_PERM;
		ok = parse_perm(n, value);
	} else {
		return refuse(p, "the word", word);
	}
	return ok ? n : complain(p, "invalid argument:", value);
}

static struct find_node *parse_primary(struct parser *p)
{
	struct str word = peek(p);
	struct find_node *n;
	bool known;

	p->at++;
	if (str_equal_cstr(word, "(")) {
		if (p->depth++ == NESTING_MAX)
			return refuse(p, "nesting of", word);
		n = parse_or(p);
		p->depth--;
		if (n && !is_word(p, ")", ")"))
			return complain(p, "no ')' for", word);
		p->at++;
		return n;
	}
	if (str_equal_cstr(word, "-exec") || str_equal_cstr(word, "-execdir"))
		return parse_exec(p, word.len > 5);
	for (size_t i = 0; i < sizeof(plain_words) / sizeof(*plain_words); i++)
		if (str_equal_cstr(word, plain_words[i].word)) {
			p->f->has_action |= plain_words[i].action;
			p->f->depth_first |= plain_words[i].kind == FIND_DELETE;
			return new_node(p, plain_words[i].kind);
		}
	n = parse_global(p, word, &known);
	if (known)
		return n;
	if (!more(p))
		return refuse(p, "the word", word);
	for (size_t i = 0; i < sizeof(text_words) / sizeof(*text_words); i++)
		if (str_equal_cstr(word, text_words[i].word))
			return parse_text(p, text_words[i].kind, text_words[i].fold,
					  p->f->c->argv[p->at++]);
	return parse_valued(p, word, p->f->c->argv[p->at++]);
}

static struct find_node *parse_not(struct parser *p)
{
	bool negated = false;
	struct find_node *n, *not ;

	while (is_word(p, "!", "-not")) {
		negated = !negated;
		p->at++;
	}
	if (!more(p) || is_word(p, ")", ","))
		return complain(p, "an expression is missing before", peek(p));
	n = parse_primary(p);
	if (!n || !negated)
		return n;
	not = new_node(p, FIND_NOT);
	not ->left = n;
	return not ;
}

static struct find_node *join(struct parser *p, enum find_kind kind, struct find_node *left,
			      struct find_node *right)
{
	struct find_node *n = new_node(p, kind);

	n->left = left;
	n->right = right;
	return n;
}

static struct find_node *parse_and(struct parser *p)
{
	struct find_node *left = parse_not(p), *right;

	while (left && more(p) && !is_word(p, ")", ",") && !is_word(p, "-o", "-or")) {
		if (is_word(p, "-a", "-and"))
			p->at++;
		right = parse_not(p);
		left = right ? join(p, FIND_AND, left, right) : NULL;
	}
	return left;
}

static struct find_node *parse_either(struct parser *p)
{
	struct find_node *left = parse_and(p), *right;

	while (left && is_word(p, "-o", "-or")) {
		p->at++;
		right = parse_and(p);
		left = right ? join(p, FIND_OR, left, right) : NULL;
	}
	return left;
}

static struct find_node *parse_or(struct parser *p)
{
	struct find_node *left = parse_either(p), *right;

	while (left && is_word(p, ",", ",")) {
		p->at++;
		right = parse_either(p);
		left = right ? join(p, FIND_LIST, left, right) : NULL;
	}
	return left;
}

int find_parse(struct find *f, size_t at, struct find_node **ret, int *ret_status,
	       struct error *err)
{
	struct parser p = { .f = f, .at = at, .emacs = true, .err = err };

	*ret = NULL;
	if (at < f->c->argc) {
		*ret = parse_or(&p);
		if (*ret && more(&p))
			*ret = complain(&p, "unexpected", peek(&p));
		if (!*ret) {
			*ret_status = p.status == 256 ? 0 : p.status;
			return p.status < 0 ? -1 : 1;
		}
	}
	if (!f->has_action)
		*ret = *ret ? join(&p, FIND_AND, *ret, new_node(&p, FIND_PRINT))
			    : new_node(&p, FIND_PRINT);
	return 0;
}

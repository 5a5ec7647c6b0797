/* test and [, over the tree. XCU 4, test; -a, -o and parentheses as dash has them. */
#include "shell/evaluate.h"

#include "base/limits.h"

struct test {
	struct shell_call *c;
	const struct str *args;
	size_t n, at;
	unsigned depth;
	struct error *err;
	bool stop;   /* an error or a refusal: @status is the answer */
	int status;
};

static int bad(struct test *t, const char *what, struct str which)
{
	if (!t->stop) {
		shell_message(t->c->shell, STR_FMT ": " STR_FMT "%s", STR_ARG(t->c->argv[0]),
			      STR_ARG(which), what);
		t->stop = true;
		t->status = 2;
	}
	return 0;
}

static bool integer(struct test *t, struct str text, int64_t *ret)
{
	struct str s = str_trim(text);
	bool negative = s.len && s.ptr[0] == '-';
	uint64_t value = 0;

	if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
		s.ptr++;
		s.len--;
	}
	if (!s.len || !str_parse_u64(s, &value) || value > INT64_MAX) {
		bad(t, t->c->shell->bash ? ": integer expression expected" : "", text);
		return false;
	}
	*ret = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

static bool kind_is(const struct node *node, enum node_kind kind)
{
	return node && node->inode->kind == kind;
}

int test_unary(struct shell_call *c, char op, struct str operand, struct error *err)
{
	struct shell *sh = c->shell;
	const struct node *node = NULL;
	uint64_t fd;

	if (op == 'n')
		return operand.len != 0;
	if (op == 'z')
		return operand.len == 0;
	if (op == 't')
		return str_parse_u64(operand, &fd) ? 0 : 0; /* there is no terminal */
	if (streams_flush(sh->session, sh, err))
		return -1;
	node = world_find(sh, operand, op != 'h' && op != 'L');
	switch (op) {
	case 'e':
		return node != NULL;
	case 'f':
		return kind_is(node, NODE_FILE);
	case 'd':
		return kind_is(node, NODE_DIRECTORY);
	case 'h':
	case 'L':
		return kind_is(node, NODE_SYMLINK);
	case 'p':
		return kind_is(node, NODE_FIFO);
	case 'b':
		return kind_is(node, NODE_BLOCK);
	case 'c':
		return kind_is(node, NODE_CHAR);
	case 'S':
		return 0; /* a tree has no sockets */
	case 's':
		if (node && node->inode->kind == NODE_DIRECTORY)
			return 1;
		return node && node->inode->kind == NODE_FILE && node->inode->content.size != 0;
	case 'r':
	case 'w':
		return node != NULL; /* root may */
	case 'x':
		return node && (node->inode->kind == NODE_DIRECTORY || (node->inode->mode & 0111));
	case 'u':
		return node && (node->inode->mode & 04000);
	case 'g':
		return node && (node->inode->mode & 02000);
	case 'k':
		return node && (node->inode->mode & 01000);
	case 'O':
		return node &&
		       node->inode->uid == (sh->world->identity ? sh->world->identity->uid : 0);
	case 'G':
		return node &&
		       node->inode->gid == (sh->world->identity ? sh->world->identity->gid : 0);
	default:
		return 0;
	}
}

int test_binary_files(struct shell_call *c, struct str op, struct str a, struct str b)
{
	const struct node *x = world_find(c->shell, a, true), *y = world_find(c->shell, b, true);

	if (str_equal_cstr(op, "-ef"))
		return x && y && x->inode == y->inode;
	if (str_equal_cstr(op, "-nt"))
		return x && (!y ? c->shell->bash : x->inode->mtime > y->inode->mtime);
	return y && (!x ? c->shell->bash : x->inode->mtime < y->inode->mtime);
}

static bool is_unary(const struct shell *sh, struct str s)
{
	return s.len == 2 && s.ptr[0] == '-' &&
	       strchr(sh->bash ? "abcdefghknoprstuvwxzGLNORS" : "bcdefghknprstuwxzGLOS",
		      s.ptr[1]);
}

static const char *const binary_ops[] = { "=",	 "!=",	"<",   ">",   "-eq", "-ne", "-gt", "-ge",
					  "-lt", "-le", "-nt", "-ot", "-ef", "==" };

static bool is_binary(const struct shell *sh, struct str s)
{
	size_t n = sizeof(binary_ops) / sizeof(*binary_ops) - !sh->bash;

	for (size_t i = 0; i < n; i++)
		if (str_equal_cstr(s, binary_ops[i]))
			return true;
	return false;
}

/* Hardware is what no image has; a network is what any machine may have, or not. */
static bool is_of_network(struct str path)
{
	return str_has_prefix(path, STR("/proc/net/")) ||
	       str_has_prefix(path, STR("/sys/class/net/"));
}

static int unary(struct test *t, struct str op, struct str operand)
{
	int r;

	if (is_of_network(operand) && !strchr("nzt", op.ptr[1])) {
		t->stop = true;
		t->status = shell_refuse(t->c, t->err, "what networks a machine has");
		return 0;
	}

	if (t->c->shell->bash && strchr("aovNR", op.ptr[1])) {
		t->stop = true;
		t->status = shell_refuse(t->c, t->err, "test " STR_FMT, STR_ARG(op));
		return 0;
	}
	if (t->c->world->identity && strchr("rwx", op.ptr[1])) {
		t->stop = true;
		t->status = shell_refuse(t->c, t->err, "what another user may do");
		return 0;
	}
	r = test_unary(t->c, op.ptr[1], operand, t->err);
	if (r < 0) {
		t->stop = true;
		t->status = -1;
	}
	return r > 0;
}

static int binary(struct test *t, struct str a, struct str op, struct str b)
{
	int64_t x, y;

	if (str_equal_cstr(op, "=") || str_equal_cstr(op, "=="))
		return str_equal(a, b);
	if (str_equal_cstr(op, "!="))
		return !str_equal(a, b);
	if (str_equal_cstr(op, "<"))
		return str_compare(a, b) < 0;
	if (str_equal_cstr(op, ">"))
		return str_compare(a, b) > 0;
	if (op.ptr[1] == 'n' && op.ptr[2] == 't')
		return test_binary_files(t->c, op, a, b);
	if (str_equal_cstr(op, "-ot") || str_equal_cstr(op, "-ef"))
		return test_binary_files(t->c, op, a, b);
	if (!integer(t, a, &x) || !integer(t, b, &y))
		return 0;
	switch (op.ptr[1] * 256 + op.ptr[2]) {
	case 'e' * 256 + 'q':
		return x == y;
	case 'n' * 256 + 'e':
		return x != y;
	case 'g' * 256 + 't':
		return x > y;
	case 'g' * 256 + 'e':
		return x >= y;
	case 'l' * 256 + 't':
		return x < y;
	default:
		return x <= y;
	}
}

/* ---- the grammar for more than four arguments ---- */

static int or_expression(struct test *t);

static bool here(const struct test *t, const char *word)
{
	return t->at < t->n && str_equal_cstr(t->args[t->at], word);
}

static int primary(struct test *t)
{
	struct shell *sh = t->c->shell;
	struct str word;

	if (t->at >= t->n)
		return bad(t, "argument expected", STR(""));
	word = t->args[t->at];
	if (here(t, "(") &&
	    !(t->at + 2 < t->n && is_binary(sh, t->args[t->at + 1]))) {
		int r;

		t->at++;
		if (here(t, ")")) { /* "()" in dash: false */
			t->at++;
			return 0;
		}
		r = or_expression(t);
		if (!here(t, ")"))
			return bad(t, "closing paren expected", STR(""));
		t->at++;
		return r;
	}
	if (t->at + 2 < t->n && is_binary(sh, t->args[t->at + 1])) {
		t->at += 3;
		return binary(t, word, t->args[t->at - 2], t->args[t->at - 1]);
	}
	if (is_unary(sh, word) && t->at + 1 < t->n) {
		t->at += 2;
		return unary(t, word, t->args[t->at - 1]);
	}
	t->at++;
	return word.len != 0;
}

static int not_expression(struct test *t)
{
	bool negate = false;

	while (here(t, "!") &&
	       !(t->at + 2 < t->n && is_binary(t->c->shell, t->args[t->at + 1]) &&
		 t->n - t->at == 3) &&
	       t->at + 1 < t->n) {
		negate = !negate;
		t->at++;
	}
	return negate != (primary(t) != 0);
}

static int and_expression(struct test *t)
{
	int r = not_expression(t);

	while (!t->stop && here(t, "-a")) {
		t->at++;
		r &= not_expression(t);
	}
	return r;
}

static int or_expression(struct test *t)
{
	int r;

	if (++t->depth > LIMIT_SHELL_DEPTH)
		return bad(t, "it nests too deeply", STR(""));
	r = and_expression(t);
	while (!t->stop && here(t, "-o")) {
		t->at++;
		r |= and_expression(t);
	}
	t->depth--;
	return r;
}

/* ---- POSIX's rules by the number of arguments ---- */

static int by_count(struct test *t, const struct str *a, size_t n)
{
	struct shell *sh = t->c->shell;

	switch (n) {
	case 0:
		return 0;
	case 1:
		return a[0].len != 0;
	case 2:
		if (str_equal_cstr(a[0], "!"))
			return !a[1].len;
		if (is_unary(sh, a[0]))
			return unary(t, a[0], a[1]);
		return bad(t, sh->bash ? ": unary operator expected" : ": unexpected operator",
			   a[0]);
	case 3:
		if (is_binary(sh, a[1]))
			return binary(t, a[0], a[1], a[2]);
		if (str_equal_cstr(a[1], "-a"))
			return a[0].len && a[2].len;
		if (str_equal_cstr(a[1], "-o"))
			return a[0].len || a[2].len;
		if (str_equal_cstr(a[0], "!"))
			return !by_count(t, a + 1, 2);
		if (str_equal_cstr(a[0], "(") && str_equal_cstr(a[2], ")"))
			return a[1].len != 0;
		return bad(t, sh->bash ? ": binary operator expected" : ": unexpected operator",
			   a[1]);
	case 4:
		if (str_equal_cstr(a[0], "!"))
			return !by_count(t, a + 1, 3);
		if (str_equal_cstr(a[0], "(") && str_equal_cstr(a[3], ")"))
			return by_count(t, a + 1, 2);
		break;
	default:
		break;
	}
	t->args = a;
	t->n = n;
	t->at = 0;
	n = (size_t)or_expression(t);
	if (!t->stop && t->at < t->n)
		return bad(t, ": unexpected operator", t->args[t->at]);
	return (int)n;
}

int test_evaluate(struct shell_call *c, const struct str *args, size_t n, struct error *err)
{
	struct test t = { .c = c, .err = err };
	int r = by_count(&t, args, n);

	return t.stop ? t.status : !r;
}

int builtin_test(struct shell_call *c, struct error *err)
{
	size_t n = c->argc - 1;

	if (str_equal_cstr(c->argv[0], "[")) {
		if (!n || !str_equal_cstr(c->argv[n], "]")) {
			shell_message(c->shell, "[: missing ]");
			return 2;
		}
		n--;
	}
	return test_evaluate(c, c->argv + 1, n, err);
}

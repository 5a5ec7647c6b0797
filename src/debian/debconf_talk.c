/*
 * What debconf's frontend answers: a line from a script is a command with words, and
 * gets one line back, a number and perhaps a text.
 */
#include <stdarg.h>

#include "debian/debconf.h"

#define REPLY_MAX (1u << 20)
#define WORDS_MAX 4096u

enum code { OK = 0, ESCAPED = 1, BAD_PARAMETERS = 10, SYNTAX = 20, SKIPPED = 30 };

struct talk {
	struct shell_call *c;
	struct error *err;
	struct debconf *db;
	struct str *word; /* after the command */
	size_t n;
	struct buf *text; /* of the reply; unset: none */
	bool no_text;
};

static int PRINTF_LIKE(3, 4) reply(struct talk *t, int code, const char *fmt, ...)
{
	char text[4096];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_add_cstr(t->text, text);
	return code;
}

/* A status without a text. */
static int plain(struct talk *t, int code)
{
	t->no_text = true;
	return code;
}

static int wrong_count(struct talk *t)
{
	return reply(t, SYNTAX, "Incorrect number of arguments");
}

static struct debconf_question *question(struct talk *t, int *ret_code)
{
	struct debconf_question *q = debconf_find(t->db, t->word[0]);

	if (!q)
		*ret_code = reply(t, BAD_PARAMETERS, STR_FMT " doesn't exist", STR_ARG(t->word[0]));
	return q;
}

static struct str joined(const struct talk *t, size_t from)
{
	CLEANUP_BUF struct buf text = BUF_INIT(REPLY_MAX);

	for (size_t i = from; i < t->n; i++) {
		if (i > from)
			buf_add_char(&text, ' ');
		buf_add_str(&text, t->word[i]);
	}
	return arena_str(t->db->d->arena, buf_str(&text));
}

static int value_reply(struct talk *t, struct str value)
{
	buf_add_str(t->text, value);
	return OK;
}

/* A value that may have lines: escaped for who can take that. */
static int lines_reply(struct talk *t, struct str value)
{
	if (!t->db->escape)
		return value_reply(t, value);
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] == '\n' || value.ptr[i] == '\\')
			buf_add_char(t->text, '\\');
		buf_add_char(t->text, value.ptr[i] == '\n' ? 'n' : value.ptr[i]);
	}
	return ESCAPED;
}

static int do_get(struct talk *t)
{
	struct debconf_question *q;
	struct str value;
	int code = 0;

	if (t->n != 1)
		return wrong_count(t);
	q = question(t, &code);
	if (!q)
		return code;
	value = debconf_value(q);
	return value.ptr ? lines_reply(t, value) : value_reply(t, STR(""));
}

static int do_set(struct talk *t)
{
	struct debconf_question *q;
	int code = 0;

	if (t->n < 1)
		return wrong_count(t);
	q = question(t, &code);
	if (!q)
		return code;
	debconf_set_value(t->db, q, joined(t, 1));
	return reply(t, OK, "value set");
}

static int do_reset(struct talk *t)
{
	struct debconf_question *q;
	int code = 0;

	if (t->n != 1)
		return wrong_count(t);
	q = question(t, &code);
	if (!q)
		return code;
	debconf_set_value(t->db, q, debconf_field(q->template, STR("default"), false));
	debconf_set_flag(t->db, q, STR("seen"), STR("false"));
	return plain(t, OK);
}

static int priority_of(struct str word)
{
	static const char *const names[] = { "low", "medium", "high", "critical" };

	for (int i = 0; i < 4; i++)
		if (str_equal_cstr(word, names[i]))
			return i;
	return -1;
}

/* debconf/priority is "high" unless the recipe says otherwise; nobody sees a question. */
static int do_input(struct talk *t)
{
	struct debconf_question *q;
	int priority, threshold = 2;
	bool visible = true;
	struct debconf_question *p = debconf_find(t->db, STR("debconf/priority"));

	if (t->n != 2)
		return wrong_count(t);
	q = debconf_find(t->db, t->word[1]);
	if (!q)
		return reply(t, BAD_PARAMETERS, "\"" STR_FMT "\" doesn't exist",
			     STR_ARG(t->word[1]));
	priority = priority_of(t->word[0]);
	if (priority < 0)
		return reply(t, SYNTAX, "\"" STR_FMT "\" is not a valid priority",
			     STR_ARG(t->word[0]));
	if (p && p->value.ptr && priority_of(p->value) >= 0)
		threshold = priority_of(p->value);
	if (!str_equal_cstr(q->template->type, "error"))
		visible = priority >= threshold &&
			  !str_equal_cstr(debconf_flag(q, STR("seen")), "true");
	for (size_t i = 0; i < t->db->n_elements; i++)
		if (t->db->elements[i].question == q)
			return reply(t, SKIPPED, "question skipped");
	ARENA_GROW(t->db->d->arena, t->db->elements, t->db->n_elements, t->db->elements_capacity);
	t->db->elements[t->db->n_elements++] = (struct debconf_element){ q, visible };
	return reply(t, SKIPPED, "question skipped");
}

static int do_go(struct talk *t)
{
	if (t->n)
		return wrong_count(t);
	debconf_go(t->db);
	return reply(t, OK, "ok");
}

static int do_clear(struct talk *t)
{
	if (t->n)
		return wrong_count(t);
	t->db->n_elements = 0;
	return plain(t, OK);
}

static int do_version(struct talk *t)
{
	uint64_t version = 2;
	struct str word = t->n ? t->word[0] : STR("2.0");

	if (t->n > 1)
		return wrong_count(t);
	word.len = str_find_char(word, '.');
	if (!str_parse_u64(word, &version))
		version = 0;
	if (version != 2)
		return reply(t, SKIPPED, "Version too %s (" STR_FMT ")",
			     version < 2 ? "low" : "high", STR_ARG(t->word[0]));
	return reply(t, OK, "2.0");
}

static int do_capb(struct talk *t)
{
	t->db->escape = false;
	for (size_t i = 0; i < t->n; i++)
		t->db->escape |= str_equal_cstr(t->word[i], "escape");
	return reply(t, OK, "multiselect escape "); /* the last: none of the frontend */
}

static int do_title(struct talk *t)
{
	return plain(t, OK);
}

static int show(struct talk *t)
{
	if (debconf_find(t->db, t->word[0]))
		return plain(t, OK);
	return reply(t, BAD_PARAMETERS, "\"" STR_FMT "\" doesn't exist", STR_ARG(t->word[0]));
}

static int do_settitle(struct talk *t)
{
	return t->n == 1 ? show(t) : wrong_count(t);
}

static int do_info(struct talk *t)
{
	if (t->n > 1)
		return wrong_count(t);
	return t->n ? show(t) : plain(t, OK);
}

static int do_fget(struct talk *t)
{
	struct debconf_question *q;
	int code = 0;

	if (t->n != 2)
		return wrong_count(t);
	q = question(t, &code);
	return q ? value_reply(t, debconf_flag(q, t->word[1])) : code;
}

static int do_fset(struct talk *t)
{
	struct debconf_question *q;
	int code = 0;

	if (t->n < 3)
		return wrong_count(t);
	q = question(t, &code);
	if (!q)
		return code;
	for (size_t i = 0; str_equal_cstr(t->word[1], "seen") && i < t->db->n_seen; i++)
		if (t->db->seen[i] == q)
			t->db->seen[i--] = t->db->seen[--t->db->n_seen];
	debconf_set_flag(t->db, q, t->word[1], joined(t, 2));
	return value_reply(t, debconf_flag(q, t->word[1]));
}

static int do_subst(struct talk *t)
{
	struct debconf_question *q;
	int code = 0;

	if (t->n < 2)
		return wrong_count(t);
	q = question(t, &code);
	if (!q)
		return code;
	debconf_set_variable(t->db, q, t->word[1], joined(t, 2));
	return plain(t, OK);
}

static int do_register(struct talk *t)
{
	struct debconf_question *of;

	if (t->n != 2)
		return wrong_count(t);
	of = debconf_find(t->db, t->word[0]);
	if (!of)
		return reply(t, BAD_PARAMETERS, "No such template, \"" STR_FMT "\"",
			     STR_ARG(t->word[0]));
	debconf_own(t->db, of->template, t->word[1], t->db->owner)->template =
		debconf_template(t->db, t->word[0]) ? debconf_template(t->db, t->word[0])
						    : of->template;
	return plain(t, OK);
}

static int do_unregister(struct talk *t)
{
	struct debconf_question *q;
	int code = 0;

	if (t->n != 1)
		return wrong_count(t);
	q = question(t, &code);
	if (!q)
		return code;
	for (size_t i = 0; i < t->db->n_elements; i++)
		if (t->db->elements[i].question == q)
			return reply(t, BAD_PARAMETERS,
				     STR_FMT " is busy, cannot unregister right now",
				     STR_ARG(t->word[0]));
	debconf_disown(t->db, q, t->db->owner);
	return plain(t, OK);
}

static int do_purge(struct talk *t)
{
	struct debconf_question *next;

	if (t->n)
		return wrong_count(t);
	for (struct debconf_question *q = t->db->questions; q; q = next) {
		next = q->next;
		debconf_disown(t->db, q, t->db->owner);
	}
	return plain(t, OK);
}

static struct str lowered(struct talk *t, struct str text)
{
	char *copy = arena_strdup(t->db->d->arena, text);

	for (size_t i = 0; i < text.len; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] | 0x20);
	return (struct str){ copy, text.len };
}

/* Texts that people read have the question's variables put in. */
static int do_metaget(struct talk *t)
{
	struct debconf_question *q;
	struct str field, value;
	int code = 0;

	if (t->n != 2)
		return wrong_count(t);
	q = question(t, &code);
	if (!q)
		return code;
	field = lowered(t, t->word[1]);
	if (str_equal_cstr(field, "value")) {
		value = debconf_value(q);
		return lines_reply(t, value.ptr ? value : STR(""));
	}
	if (str_equal_cstr(field, "name"))
		return lines_reply(t, q->name);
	if (str_equal_cstr(field, "template"))
		return lines_reply(t, q->template->name);
	value = debconf_field(q->template, field, false);
	if (str_has_prefix(field, STR("description")) || str_has_prefix(field, STR("choices")) ||
	    str_has_prefix(field, STR("extended_description")))
		value = debconf_expand(t->db, q, value);
	return lines_reply(t, value);
}

/* Of a bar: two whole numbers that are in order. */
static bool is_range(struct talk *t, int *ret_code)
{
	uint64_t from, to;

	if (!str_parse_u64(t->word[1], &from) || !str_parse_u64(t->word[2], &to))
		*ret_code = shell_refuse(t->c, t->err, "the ends of a progress bar");
	else if (from > to)
		*ret_code = reply(t, SYNTAX, "min (" STR_FMT ") > max (" STR_FMT ")",
				  STR_ARG(t->word[1]), STR_ARG(t->word[2]));
	else
		return true;
	return false;
}

static int do_progress(struct talk *t)
{
	static const struct {
		const char *word;
		size_t n;
		size_t question; /* its place, or 0 */
	} parts[] = { { "start", 4, 3 },
		      { "set", 2, 0 },
		      { "step", 2, 0 },
		      { "info", 2, 1 },
		      { "stop", 1, 0 } };
	struct str part = t->n ? lowered(t, t->word[0]) : STR("");
	int code = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!str_equal_cstr(part, parts[i].word))
			continue;
		if (t->n != parts[i].n)
			return wrong_count(t);
		if (i == 0 && !is_range(t, &code))
			return code;
		if (parts[i].question && !debconf_find(t->db, t->word[parts[i].question]))
			return reply(t, BAD_PARAMETERS, STR_FMT " doesn't exist",
				     STR_ARG(t->word[parts[i].question]));
		return reply(t, OK, "OK");
	}
	return t->n ? reply(t, SYNTAX, "Unknown subcommand") : wrong_count(t);
}

/* The templates of a file, for an owner of their own. */
static int do_load(struct talk *t)
{
	struct str text = STR("");
	const char *fault = NULL;
	int r;

	if (t->n < 1 || t->n > 2)
		return wrong_count(t);
	r = world_read(t->c->shell, t->word[0], &text, t->err);
	if (r < 0)
		return -1;
	if (r)
		return reply(t, BAD_PARAMETERS, "failed to open " STR_FMT ": %s",
			     STR_ARG(t->word[0]), world_outcome_text((enum world_outcome)r));
	if (debconf_load(t->db, text, t->n == 2 ? t->word[1] : t->db->owner, &fault))
		return shell_refuse(t->c, t->err, "the templates are malformed: %s", fault);
	return plain(t, OK);
}

static int do_exist(struct talk *t)
{
	if (t->n != 1)
		return wrong_count(t);
	return reply(t, OK, debconf_find(t->db, t->word[0]) ? "true" : "false");
}

static int do_nothing_known(struct talk *t)
{
	return shell_refuse(t->c, t->err, "no model of this command of debconf");
}

/* ---- lines ---- */

static const struct {
	const char *name;
	int (*run)(struct talk *t);
} commands[] = {
	{ "beginblock", do_title },
	{ "capb", do_capb },
	{ "clear", do_clear },
	{ "data", do_nothing_known },
	{ "endblock", do_title },
	{ "exist", do_exist },
	{ "fget", do_fget },
	{ "fset", do_fset },
	{ "get", do_get },
	{ "go", do_go },
	{ "info", do_info },
	{ "input", do_input },
	{ "metaget", do_metaget },
	{ "progress", do_progress },
	{ "purge", do_purge },
	{ "register", do_register },
	{ "reset", do_reset },
	{ "set", do_set },
	{ "settitle", do_settitle },
	{ "subst", do_subst },
	{ "title", do_title },
	{ "unregister", do_unregister },
	{ "version", do_version },
	{ "visible", do_nothing_known },
	{ "x_loadtemplatefile", do_load },
};

static bool is_space(char c)
{
	return c && strchr(" \t\n\r\f\v", c);
}

/* As the frontend takes the line apart; with `escape` "\n" and "\\x" are unescaped. */
static void split(struct talk *t, struct str line)
{
	CLEANUP_BUF struct buf word = BUF_INIT(REPLY_MAX);
	bool escape = t->db->escape, in_word = false;

	t->word = arena_array(t->db->d->arena, WORDS_MAX, sizeof(*t->word));
	for (size_t i = 0; i <= line.len && t->n < WORDS_MAX; i++) {
		if (i == line.len || is_space(line.ptr[i])) {
			if (in_word)
				t->word[t->n++] = arena_str(t->db->d->arena, buf_str(&word));
			buf_reset(&word);
			in_word = false;
			continue;
		}
		in_word = true;
		if (escape && line.ptr[i] == '\\' && i + 1 < line.len) {
			i++;
			buf_add_char(&word, line.ptr[i] == 'n' ? '\n' : line.ptr[i]);
		} else {
			buf_add_char(&word, line.ptr[i]);
		}
	}
}

static int run_command(struct talk *t, struct str line)
{
	struct str name;

	if (!t->n)
		return reply(t, SYNTAX, "Bad line \"" STR_FMT "\" received from confmodule.",
			     STR_ARG(line));
	name = lowered(t, t->word[0]);
	t->word++;
	t->n--;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (str_equal_cstr(name, commands[i].name))
			return commands[i].run(t);
	return reply(t, SYNTAX,
		     "Unsupported command \"" STR_FMT "\" (full line was \"" STR_FMT
		     "\") received from confmodule.",
		     STR_ARG(name), STR_ARG(line));
}

int debconf_answer(struct shell_call *c, struct str line, struct buf *answers, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(REPLY_MAX);
	struct talk t = { .c = c, .err = err, .db = debconf_of(debian_of(c)), .text = &text };
	struct str told;
	int code;

	if (t.db->stopped || line.len > REPLY_MAX / 8) {
		code = shell_refuse(c, err,
				    t.db->stopped ? "debconf is asked after db_stop"
						  : "so long a line to debconf");
		return code < 0 ? -1 : 0;
	}
	split(&t, line);
	if (t.n == 1 && str_equal_cstr(lowered(&t, t.word[0]), "stop")) {
		t.db->stopped = true;
		return 0;
	}
	code = run_command(&t, line);
	if (code < 0)
		return -1;
	told = buf_str(&text);
	told.len = str_find_char(told, '\n');
	buf_printf(answers, "%d%s" STR_FMT "\n", code, t.no_text ? "" : " ", STR_ARG(told));
	return 0;
}

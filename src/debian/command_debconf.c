/*
 * The functions of debconf's confmodule: a command for each, which answers as the
 * frontend does. The words are joined and taken apart at blanks on the way there; the
 * first word of the reply is the status, the rest goes to $RET.
 */
#include <stdarg.h>

#include "debian/debconf.h"

#define REPLY_MAX (1u << 20)
#define WORDS_MAX 4096u

enum reply { OK = 0, ESCAPED = 1, BAD_PARAMETERS = 10, SYNTAX = 20, SKIPPED = 30 };

struct talk {
	struct shell_call *c;
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

/* A status without a text: $RET is the number itself. */
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
	/* Without the capability only the first line gets through. */
	if (!t->db->escape)
		value.len = str_find_char(value, '\n');
	buf_add_str(t->text, value);
	return OK;
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
	return value_reply(t, value.ptr ? value : STR(""));
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
	return reply(t, OK, "multiselect escape");
}

static int do_title(struct talk *t)
{
	return plain(t, OK);
}

static int do_settitle(struct talk *t)
{
	int code = 0;

	if (t->n != 1)
		return wrong_count(t);
	return question(t, &code) ? plain(t, OK) : code;
}

static int do_info(struct talk *t)
{
	int code = 0;

	if (t->n > 1)
		return wrong_count(t);
	return !t->n || question(t, &code) ? plain(t, OK) : code;
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
		return value_reply(t, value.ptr ? value : STR(""));
	}
	if (str_equal_cstr(field, "name"))
		return value_reply(t, q->name);
	if (str_equal_cstr(field, "template"))
		return value_reply(t, q->template->name);
	value = debconf_field(q->template, field, false);
	if (str_has_prefix(field, STR("description")) || str_has_prefix(field, STR("choices")) ||
	    str_has_prefix(field, STR("extended_description")))
		value = debconf_expand(t->db, q, value);
	return value_reply(t, value);
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

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!str_equal_cstr(part, parts[i].word))
			continue;
		if (t->n != parts[i].n)
			return wrong_count(t);
		if (parts[i].question && !debconf_find(t->db, t->word[parts[i].question]))
			return reply(t, BAD_PARAMETERS, STR_FMT " doesn't exist",
				     STR_ARG(t->word[parts[i].question]));
		return reply(t, OK, "OK");
	}
	return t->n ? reply(t, SYNTAX, "Unknown subcommand") : wrong_count(t);
}

/* ---- the way to the frontend ---- */

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

static int converse(struct shell_call *c, int (*command)(struct talk *), struct error *err)
{
	CLEANUP_BUF struct buf line = BUF_INIT(REPLY_MAX), text = BUF_INIT(REPLY_MAX);
	struct talk t = { .c = c, .db = debconf_of(debian_of(c)), .text = &text };
	struct str frontend = STR("");
	char number[16];
	int code;

	if (!shell_variable(c->shell, STR("DEBIAN_HAS_FRONTEND"), &frontend) || !frontend.len)
		return shell_fail(c, 127, STR_FMT ": not found", STR_ARG(c->argv[0]));
	if (t.db->stopped)
		return shell_refuse(c, err, "debconf is asked after db_stop");
	t.db->steps = c->world->steps;
	for (size_t i = 1; i < c->argc; i++) {
		if (memchr(c->argv[i].ptr, '\n', c->argv[i].len))
			return shell_refuse(c, err, "no model of a line break in a question");
		if (line.len + c->argv[i].len + 2 > REPLY_MAX / 2)
			return shell_refuse(c, err, "no model of so long a line");
		buf_printf(&line, "%s" STR_FMT, i > 1 ? " " : "", STR_ARG(c->argv[i]));
	}
	split(&t, buf_str(&line));
	code = command(&t);
	(void)snprintf(number, sizeof(number), "%d", code);
	if (t.no_text)
		buf_add_cstr(&text, number);
	/* ${line#[! ][ ]}: a number of two digits stays in front. */
	shell_set_variable(c->shell, STR("RET"),
			   code < 10 ? buf_str(&text)
				     : str_of(arena_printf(t.db->d->arena, "%d " STR_FMT, code,
							   STR_ARG(buf_str(&text)))));
	return code;
}

#define DEBCONF_COMMAND(name)                                                                      \
	static int command_##name(struct shell_call *c, struct error *err)                         \
	{                                                                                          \
		return converse(c, do_##name, err);                                                \
	}
DEBCONF_COMMAND(get)
DEBCONF_COMMAND(set)
DEBCONF_COMMAND(reset)
DEBCONF_COMMAND(input)
DEBCONF_COMMAND(go)
DEBCONF_COMMAND(clear)
DEBCONF_COMMAND(version)
DEBCONF_COMMAND(capb)
DEBCONF_COMMAND(title)
DEBCONF_COMMAND(settitle)
DEBCONF_COMMAND(info)
DEBCONF_COMMAND(fget)
DEBCONF_COMMAND(fset)
DEBCONF_COMMAND(subst)
DEBCONF_COMMAND(register)
DEBCONF_COMMAND(unregister)
DEBCONF_COMMAND(purge)
DEBCONF_COMMAND(metaget)
DEBCONF_COMMAND(progress)

static int command_stop(struct shell_call *c, struct error *err)
{
	struct str frontend = STR("");

	(void)err;
	if (!shell_variable(c->shell, STR("DEBIAN_HAS_FRONTEND"), &frontend) || !frontend.len)
		return shell_fail(c, 127, "db_stop: not found");
	debconf_of(debian_of(c))->stopped = true;
	return 0;
}

static int command_load_templates(struct shell_call *c, struct error *err)
{
	struct debconf *db = debconf_of(debian_of(c));
	struct str frontend = STR(""), text = STR("");
	const char *fault = NULL;
	int r;

	if (!shell_variable(c->shell, STR("DEBIAN_HAS_FRONTEND"), &frontend) || !frontend.len)
		return shell_fail(c, 127, "db_x_loadtemplatefile: not found");
	if (c->argc < 2 || c->argc > 3 || db->stopped)
		return shell_refuse(c, err, "no model of these arguments");
	r = world_read(c->shell, c->argv[1], &text, err);
	if (r < 0)
		return -1;
	if (r)
		return BAD_PARAMETERS;
	if (debconf_load(db, text, c->argc == 3 ? c->argv[2] : db->owner, &fault))
		return shell_refuse(c, err, "the templates are malformed: %s", fault);
	shell_set_variable(c->shell, STR("RET"), STR("0"));
	return 0;
}

static int command_escape(struct shell_call *c, struct error *err)
{
	struct str in = shell_input_all(c->in);
	bool back = c->argc == 2 && str_equal_cstr(c->argv[1], "-u");

	if (!back && (c->argc != 2 || !str_equal_cstr(c->argv[1], "-e")))
		return shell_refuse(c, err, "no model of these arguments");
	for (size_t i = 0; i < in.len; i++) {
		char ch = in.ptr[i];

		if (back && ch == '\\' && i + 1 < in.len &&
		    (in.ptr[i + 1] == 'n' || in.ptr[i + 1] == '\\')) {
			i++;
			buf_add_char(c->out, in.ptr[i] == 'n' ? '\n' : '\\');
		} else if (!back && (ch == '\\' || ch == '\n')) {
			buf_add_cstr(c->out, ch == '\n' ? "\\n" : "\\\\");
		} else {
			buf_add_char(c->out, ch);
		}
	}
	return 0;
}

/* "OWNER QUESTION TYPE VALUE" a line: the answer counts as seen. */
static int command_set_selections(struct shell_call *c, struct error *err)
{
	struct debconf *db = debconf_of(debian_of(c));
	struct str text = shell_input_all(c->in), line;

	if (c->argc != 1)
		return shell_refuse(c, err, "no model of these arguments");
	while (text.len && str_split(&text, '\n', &line)) {
		struct str word[3] = { { 0 } }, rest = str_trim(line);
		struct debconf_question *q;
		size_t k = 0;

		if (!rest.len || *rest.ptr == '#')
			continue;
		for (; k < 3 && rest.len; k++) {
			size_t end = 0;

			while (end < rest.len && !is_space(rest.ptr[end]))
				end++;
			word[k] = (struct str){ rest.ptr, end };
			rest = str_trim((struct str){ rest.ptr + end, rest.len - end });
		}
		q = k == 3 ? debconf_find(db, word[1]) : NULL;
		if (!q)
			return shell_refuse(c, err, "no model of a selection of '" STR_FMT "'",
					    STR_ARG(word[1]));
		if (str_equal_cstr(word[2], "seen")) {
			debconf_set_flag(db, q, STR("seen"), rest);
			continue;
		}
		debconf_set_value(db, q, rest);
		debconf_set_flag(db, q, STR("seen"), STR("true"));
	}
	return 0;
}

const struct shell_command debian_debconf_commands[] = {
	{ "db_beginblock", command_title, SHELL_COMMAND_VIRTUAL },
	{ "db_capb", command_capb, SHELL_COMMAND_VIRTUAL },
	{ "db_clear", command_clear, SHELL_COMMAND_VIRTUAL },
	{ "db_endblock", command_title, SHELL_COMMAND_VIRTUAL },
	{ "db_fget", command_fget, SHELL_COMMAND_VIRTUAL },
	{ "db_fset", command_fset, SHELL_COMMAND_VIRTUAL },
	{ "db_get", command_get, SHELL_COMMAND_VIRTUAL },
	{ "db_go", command_go, SHELL_COMMAND_VIRTUAL },
	{ "db_info", command_info, SHELL_COMMAND_VIRTUAL },
	{ "db_input", command_input, SHELL_COMMAND_VIRTUAL },
	{ "db_metaget", command_metaget, SHELL_COMMAND_VIRTUAL },
	{ "db_progress", command_progress, SHELL_COMMAND_VIRTUAL },
	{ "db_purge", command_purge, SHELL_COMMAND_VIRTUAL },
	{ "db_register", command_register, SHELL_COMMAND_VIRTUAL },
	{ "db_reset", command_reset, SHELL_COMMAND_VIRTUAL },
	{ "db_set", command_set, SHELL_COMMAND_VIRTUAL },
	{ "db_settitle", command_settitle, SHELL_COMMAND_VIRTUAL },
	{ "db_stop", command_stop, SHELL_COMMAND_VIRTUAL },
	{ "db_subst", command_subst, SHELL_COMMAND_VIRTUAL },
	{ "db_text", command_input, SHELL_COMMAND_VIRTUAL },
	{ "db_title", command_title, SHELL_COMMAND_VIRTUAL },
	{ "db_unregister", command_unregister, SHELL_COMMAND_VIRTUAL },
	{ "db_version", command_version, SHELL_COMMAND_VIRTUAL },
	{ "db_x_loadtemplatefile", command_load_templates, SHELL_COMMAND_VIRTUAL },
	{ "debconf-escape", command_escape, 0 },
	{ "debconf-set-selections", command_set_selections, 0 },
	{ NULL, NULL, 0 },
};

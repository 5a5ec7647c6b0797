/* debconf's templates and questions. */
#include "debian/debconf.h"

#define EXPAND_MAX (1u << 20) /* bytes of an expanded text */

struct debconf *debconf_of(struct debian *d)
{
	if (!d->debconf) {
		d->debconf = arena_alloc(d->arena, sizeof(*d->debconf));
		d->debconf->d = d;
	}
	return d->debconf;
}

struct debconf_question *debconf_find(const struct debconf *db, struct str name)
{
	for (struct debconf_question *q = db->questions; q; q = q->next)
		if (str_equal(q->name, name))
			return q;
	return NULL;
}

struct debconf_template *debconf_template(const struct debconf *db, struct str name)
{
	for (struct debconf_template *t = db->templates; t; t = t->next)
		if (str_equal(t->name, name))
			return t;
	return NULL;
}

static struct str *find_field(struct debconf_field *list, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(list[i].name, name))
			return &list[i].value;
	return NULL;
}

void debconf_set_flag(struct debconf *db, struct debconf_question *q, struct str flag,
		      struct str value)
{
	struct str *old;

	if (str_equal_cstr(flag, "isdefault")) { /* the old name of its opposite */
		flag = STR("seen");
		value = str_equal_cstr(value, "true") ? STR("false") : STR("true");
	}
	old = find_field(q->flags, q->n_flags, flag);
	if (!old) {
		ARENA_GROW(db->d->arena, q->flags, q->n_flags, q->flags_capacity);
		q->flags[q->n_flags].name = arena_str(db->d->arena, flag);
		old = &q->flags[q->n_flags++].value;
	}
	*old = arena_str(db->d->arena, value);
}

struct str debconf_flag(const struct debconf_question *q, struct str flag)
{
	const struct str *value = find_field(q->flags, q->n_flags, flag);

	if (str_equal_cstr(flag, "isdefault"))
		return str_equal_cstr(debconf_flag(q, STR("seen")), "true") ? STR("false") :
									      STR("true");
	return value ? *value : STR("false");
}

void debconf_set_variable(struct debconf *db, struct debconf_question *q, struct str name,
			  struct str value)
{
	struct str *old = find_field(q->variables, q->n_variables, name);

	if (!old) {
		ARENA_GROW(db->d->arena, q->variables, q->n_variables, q->variables_capacity);
		q->variables[q->n_variables].name = arena_str(db->d->arena, name);
		old = &q->variables[q->n_variables++].value;
	}
	*old = arena_str(db->d->arena, value);
}

/* The recipe's answer, as debconf-set-selections would have put it there. */
static void preseed(struct debconf *db, struct debconf_question *q)
{
	const struct debian_options *o = db->d->options;

	for (size_t i = 0; i < o->n_debconf; i++)
		if (str_equal(o->debconf[i].question, q->name)) {
			q->value = o->debconf[i].value;
			debconf_set_flag(db, q, STR("seen"), STR("true"));
		}
}

struct debconf_question *debconf_own(struct debconf *db, struct debconf_template *t,
				     struct str name, struct str owner)
{
	struct debconf_question *q = debconf_find(db, name);

	if (!q) {
		q = arena_alloc(db->d->arena, sizeof(*q));
		q->name = arena_str(db->d->arena, name);
		q->template = t;
		q->value = (struct str){ NULL, 0 };
		q->next = db->questions;
		db->questions = q;
		preseed(db, q);
	}
	for (size_t i = 0; i < q->n_owners; i++)
		if (str_equal(q->owners[i], owner))
			return q;
	ARENA_GROW(db->d->arena, q->owners, q->n_owners, q->owners_capacity);
	q->owners[q->n_owners++] = arena_str(db->d->arena, owner);
	return q;
}

/* A question that nobody owns is gone. */
void debconf_disown(struct debconf *db, struct debconf_question *q, struct str owner)
{
	size_t n = 0;

	for (size_t i = 0; i < q->n_owners; i++)
		if (!str_equal(q->owners[i], owner))
			q->owners[n++] = q->owners[i];
	q->n_owners = n;
	if (n)
		return;
	for (struct debconf_question **at = &db->questions; *at; at = &(*at)->next)
		if (*at == q) {
			*at = q->next;
			return;
		}
}

static bool has_field(const struct debconf_template *t, struct str name, struct str *ret)
{
	const struct str *value = find_field(t->fields, t->n_fields, name);

	if (value)
		*ret = *value;
	return value != NULL;
}

/* "NAME-en.utf-8" and the like. */
static bool has_encoded(const struct debconf_template *t, struct str prefix, struct str *ret)
{
	for (size_t i = 0; i < t->n_fields; i++)
		if (str_has_prefix(t->fields[i].name, prefix) &&
		    t->fields[i].name.len > prefix.len + 1 &&
		    t->fields[i].name.ptr[prefix.len] == '.') {
			*ret = t->fields[i].value;
			return true;
		}
	return false;
}

struct str debconf_field(const struct debconf_template *t, struct str name, bool plain)
{
	char text[256];
	struct str value = STR("");
	int n = snprintf(text, sizeof(text), STR_FMT "%s", STR_ARG(name), plain ? "-c" : "-en");
	struct str translated = { text, n > 0 && (size_t)n < sizeof(text) ? (size_t)n : 0 };

	if (has_field(t, translated, &value) || (!plain && has_encoded(t, translated, &value)) ||
	    has_field(t, name, &value))
		return value;
	name.len = str_find_char(name, '-');
	(void)has_field(t, name, &value);
	return value;
}

struct str debconf_value(const struct debconf_question *q)
{
	return q->value.ptr ? q->value : debconf_field(q->template, STR("default"), false);
}

void debconf_set_value(struct debconf *db, struct debconf_question *q, struct str value)
{
	q->value = arena_str(db->d->arena, value.ptr ? value : STR(""));
}

struct str debconf_expand(struct debconf *db, const struct debconf_question *q, struct str text)
{
	CLEANUP_BUF struct buf out = BUF_INIT(EXPAND_MAX);

	for (size_t i = 0; i < text.len; i++) {
		struct str rest = { text.ptr + i, text.len - i }, name;
		bool escaped = str_has_prefix(rest, STR("\\${"));
		size_t close = str_find_char(rest, '}');
		const struct str *value;

		if ((!escaped && !str_has_prefix(rest, STR("${"))) || close == rest.len) {
			buf_add_char(&out, text.ptr[i]);
			continue;
		}
		name = (struct str){ rest.ptr + 2 + escaped, close - 2 - escaped };
		value = find_field(q->variables, q->n_variables, name);
		if (escaped)
			buf_printf(&out, "${" STR_FMT "}", STR_ARG(name));
		else if (value && out.len + value->len < EXPAND_MAX / 2)
			buf_add_str(&out, *value);
		i += close;
	}
	return arena_str(db->d->arena, buf_str(&out));
}

/* ---- reading templates ---- */

struct template_reader {
	struct debconf *db;
	struct debconf_template *t; /* of this stanza; its name may still be missing */
	struct str field, value;
	struct buf extended;
	const char *fault;
};

static struct str lower(struct debconf *db, struct str text)
{
	char *copy = arena_strdup(db->d->arena, text);

	for (size_t i = 0; i < text.len; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] | 0x20);
	return (struct str){ copy, text.len };
}

static void put_field(struct template_reader *r, struct str name, struct str value)
{
	struct debconf_template *t = r->t;

	if (find_field(t->fields, t->n_fields, name)) {
		r->fault = "a field stands twice";
		return;
	}
	ARENA_GROW(r->db->d->arena, t->fields, t->n_fields, t->capacity);
	t->fields[t->n_fields++] = (struct debconf_field){ name, value };
}

static void save_field(struct template_reader *r)
{
	struct str extended = buf_str(&r->extended);

	while (extended.len && extended.ptr[extended.len - 1] == '\n')
		extended.len--;
	if (r->field.len) {
		put_field(r, r->field, r->value);
		if (extended.len)
			put_field(r,
				  str_of(arena_printf(r->db->d->arena, "extended_" STR_FMT,
						      STR_ARG(r->field))),
				  arena_str(r->db->d->arena, extended));
	}
	r->field = STR("");
	buf_reset(&r->extended);
}

static bool is_field_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-_@.", c));
}

static struct str right_trimmed(struct str text)
{
	while (text.len && strchr(" \t\r\f\v\n", text.ptr[text.len - 1]))
		text.len--;
	return text;
}

/* A line that goes on: wrapped text, " ." a paragraph, two blanks: as it stands. */
static void continue_field(struct template_reader *r, struct str line)
{
	struct str bit = { line.ptr + 1, line.len - 1 };
	struct str have = buf_str(&r->extended);
	bool joined = !have.len || have.ptr[have.len - 1] == '\n' || have.ptr[have.len - 1] == ' ';

	if (str_equal_cstr(bit, ".")) {
		buf_add_cstr(&r->extended, "\n\n");
	} else if (bit.len && (*bit.ptr == ' ' || *bit.ptr == '\t')) {
		if (!joined)
			buf_add_char(&r->extended, '\n');
		buf_add_str(&r->extended, right_trimmed(bit));
		buf_add_char(&r->extended, '\n');
	} else {
		if (!joined)
			buf_add_char(&r->extended, ' ');
		buf_add_str(&r->extended, right_trimmed(bit));
	}
}

static void read_line(struct template_reader *r, struct str line)
{
	size_t end = 0;

	while (end < line.len && is_field_char(line.ptr[end]))
		end++;
	if (end < line.len && line.ptr[end] == ':') {
		save_field(r);
		r->field = lower(r->db, (struct str){ line.ptr, end });
		r->value = right_trimmed((struct str){ line.ptr + end + 1, line.len - end - 1 });
		if (r->value.len && (*r->value.ptr == ' ' || *r->value.ptr == '\t'))
			r->value = (struct str){ r->value.ptr + 1, r->value.len - 1 };
	} else if (line.len && (*line.ptr == ' ' || *line.ptr == '\t')) {
		continue_field(r, line);
	} else {
		r->fault = "a line is no field";
	}
}

/* A template that is there already takes the new fields; its questions stay. */
static void end_stanza(struct template_reader *r, struct str owner)
{
	struct debconf_template *t = r->t, *old;
	struct str name = STR("");

	save_field(r);
	if (!t->n_fields)
		return;
	if (!has_field(t, STR("template"), &name) || !has_field(t, STR("type"), &t->type)) {
		r->fault = "a template has no name or no type";
		return;
	}
	t->name = name;
	old = debconf_template(r->db, name);
	if (old) {
		t->next = old->next;
		*old = *t;
		t = old;
	} else {
		t->next = r->db->templates;
		r->db->templates = t;
	}
	(void)debconf_own(r->db, t, name, owner);
}

int debconf_load(struct debconf *db, struct str text, struct str owner, const char **ret_fault)
{
	struct template_reader r = { .db = db, .extended = BUF_INIT(EXPAND_MAX) };
	struct str rest = arena_str(db->d->arena, text), line;

	r.t = arena_alloc(db->d->arena, sizeof(*r.t));
	while (!r.fault && rest.ptr && rest.len && str_split(&rest, '\n', &line)) {
		if (line.len) {
			read_line(&r, line);
			continue;
		}
		end_stanza(&r, owner);
		r.t = arena_alloc(db->d->arena, sizeof(*r.t));
	}
	if (!r.fault)
		end_stanza(&r, owner);
	buf_release(&r.extended);
	*ret_fault = r.fault;
	return r.fault != NULL;
}

/* ---- the frontend ---- */

/* Whether @value is one of "a, b\, c, d". */
static bool is_choice(struct debconf *db, struct str choices, struct str value,
		      struct str *ret_first)
{
	CLEANUP_BUF struct buf item = BUF_INIT(EXPAND_MAX);
	bool found = false, first = true;

	for (size_t i = 0; i <= choices.len; i++) {
		bool comma = i + 1 < choices.len && choices.ptr[i] == ',' &&
			     strchr(" \t\n", choices.ptr[i + 1]);

		if (i < choices.len && choices.ptr[i] == '\\' && i + 1 < choices.len &&
		    strchr(", ", choices.ptr[i + 1])) {
			buf_add_char(&item, choices.ptr[++i]);
			continue;
		}
		if (i < choices.len && !comma) {
			buf_add_char(&item, choices.ptr[i]);
			continue;
		}
		if (i < choices.len || item.len) {
			found |= str_equal(buf_str(&item), value);
			if (first)
				*ret_first = arena_str(db->d->arena, buf_str(&item));
			first = false;
		}
		buf_reset(&item);
		while (comma && i + 1 < choices.len && strchr(" \t\n", choices.ptr[i + 1]))
			i++;
	}
	return found;
}

static struct str shown_value(struct debconf *db, const struct debconf_question *q)
{
	struct str type = q->template->type, value = debconf_value(q), first = STR("");

	if (!value.ptr)
		value = STR("");
	if (str_equal_cstr(type, "text") || str_equal_cstr(type, "error"))
		return STR("");
	if (!str_equal_cstr(type, "select"))
		return value;
	if (is_choice(db, debconf_expand(db, q, debconf_field(q->template, STR("choices"), true)),
		      value, &first))
		return value;
	return first;
}

void debconf_go(struct debconf *db)
{
	for (size_t i = 0; i < db->n_elements; i++) {
		struct debconf_question *q = db->elements[i].question;

		debconf_set_value(db, q, shown_value(db, q));
		if (!db->elements[i].mark_seen)
			continue;
		ARENA_GROW(db->d->arena, db->seen, db->n_seen, db->seen_capacity);
		db->seen[db->n_seen++] = q;
	}
	db->n_elements = 0;
}

void debconf_finish(struct debconf *db)
{
	for (size_t i = 0; i < db->n_seen; i++)
		if (debconf_find(db, db->seen[i]->name) == db->seen[i])
			debconf_set_flag(db, db->seen[i], STR("seen"), STR("true"));
	db->n_seen = 0;
	db->n_elements = 0;
	db->escape = false;
	db->stopped = false;
}

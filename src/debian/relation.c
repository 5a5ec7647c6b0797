#include "debian/relation.h"

#include "resolve/archive.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct str *s)
{
	while (s->len && is_blank(*s->ptr)) {
		s->ptr++;
		s->len--;
	}
}

static struct str take_until(struct str *s, const char *stops)
{
	struct str taken = { s->ptr, 0 };

	while (s->len && !is_blank(*s->ptr) && !strchr(stops, *s->ptr)) {
		s->ptr++;
		s->len--;
		taken.len++;
	}
	return taken;
}

static bool take(struct str *s, char c)
{
	if (!s->len || *s->ptr != c)
		return false;
	s->ptr++;
	s->len--;
	return true;
}

static struct str take_operator(struct str *s)
{
	struct str op = { s->ptr, 0 };

	while (s->len && strchr("<=>", *s->ptr)) {
		s->ptr++;
		s->len--;
		op.len++;
	}
	return op;
}

bool relation_next(struct str *rest, struct relation *ret, bool *ret_last)
{
	*ret = (struct relation){ .qualifier = STR(""), .op = STR(""), .version = STR("") };
	do
		skip_blanks(rest);
	while (take(rest, ','));
	if (!rest->len)
		return false;
	ret->name = take_until(rest, ":(,|");
	if (take(rest, ':'))
		ret->qualifier = take_until(rest, "(,|");
	skip_blanks(rest);
	if (take(rest, '(')) {
		skip_blanks(rest);
		ret->op = take_operator(rest);
		skip_blanks(rest);
		ret->version = take_until(rest, ")");
		skip_blanks(rest);
		(void)take(rest, ')');
		skip_blanks(rest);
	}
	*ret_last = !take(rest, '|');
	if (*ret_last && rest->len && *rest->ptr != ',')
		rest->len = 0; /* not a relation: control files are checked when packed */
	return ret->name.len != 0;
}

bool relation_satisfied(const struct relation *r, struct str version)
{
	int order;

	if (!r->op.len)
		return true;
	order = version_compare(version, r->version);
	if (str_equal_cstr(r->op, "<<"))
		return order < 0;
	if (str_equal_cstr(r->op, "<=") || str_equal_cstr(r->op, "<"))
		return order <= 0;
	if (str_equal_cstr(r->op, ">>"))
		return order > 0;
	if (str_equal_cstr(r->op, ">=") || str_equal_cstr(r->op, ">"))
		return order >= 0;
	return order == 0;
}

void relation_format(struct str field, struct buf *to)
{
	const char *separator = "";
	struct relation r;
	bool last;

	while (relation_next(&field, &r, &last)) {
		buf_add_cstr(to, separator);
		buf_add_str(to, r.name);
		if (r.qualifier.len)
			buf_printf(to, ":" STR_FMT, STR_ARG(r.qualifier));
		if (r.op.len)
			buf_printf(to, " (" STR_FMT " " STR_FMT ")", STR_ARG(r.op),
				   STR_ARG(r.version));
		separator = last ? ", " : " | ";
	}
}

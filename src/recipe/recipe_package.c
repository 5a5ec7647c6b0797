#include "recipe/recipe_package.h"

#include <string.h>

#define NAME_FIRST "a-z0-9"
#define NAME_REST "a-z0-9+.-"
#define VERSION_REST "A-Za-z0-9.+~:-"

static const struct {
	const char *text;
	enum relation relation;
} relations[] = {
	{ "<<", REL_LT }, { "<=", REL_LE }, { ">=", REL_GE }, { ">>", REL_GT }, { "=", REL_EQ },
};

const char *relation_text(enum relation r)
{
	for (size_t i = 0; i < sizeof(relations) / sizeof(*relations); i++)
		if (relations[i].relation == r)
			return relations[i].text;
	return "";
}

static bool is_name(struct str s)
{
	return s.len >= 2 && s.len <= 128 && schema_in_classes(s, NAME_FIRST, NAME_REST);
}

/* [epoch:]upstream[-revision]; upstream starts with a digit. */
static bool is_version(struct str s)
{
	size_t colon = str_find_char(s, ':');

	if (s.len == 0 || s.len > 256 || !schema_in_classes(s, "0-9", VERSION_REST))
		return false;
	if (colon == s.len)
		return true;
	return schema_in_classes((struct str){ s.ptr, colon }, "0-9", "0-9") &&
	       colon + 1 < s.len && s.ptr[colon + 1] >= '0' && s.ptr[colon + 1] <= '9';
}

/* What people write who know apt, pip or control files. */
static const char *advise_on_name(struct str name)
{
	if (memchr(name.ptr, '|', name.len))
		return "alternatives can't be asked for: name the package that you want";
	if (memchr(name.ptr, ':', name.len))
		return "a package of another architecture can't be asked for: leave ':ARCH' out";
	if (memchr(name.ptr, '=', name.len) || memchr(name.ptr, '<', name.len) ||
	    memchr(name.ptr, '>', name.len))
		return "a version is asked for as in \"nginx (>= 1.22)\"";
	if (memchr(name.ptr, ' ', name.len) || memchr(name.ptr, ',', name.len))
		return "one entry names one package";
	return "a name has two or more of a-z, 0-9, '+', '-' and '.', and starts with a letter "
	       "or digit";
}

static const char *parse_relation(struct str text, struct recipe_package *ret)
{
	size_t len = 0;

	while (len < text.len && strchr("<>=!~", text.ptr[len]))
		len++;
	ret->relation = REL_ANY;
	for (size_t i = 0; i < sizeof(relations) / sizeof(*relations); i++)
		if (str_equal_cstr((struct str){ text.ptr, len }, relations[i].text))
			ret->relation = relations[i].relation;
	if (ret->relation == REL_ANY)
		return "relations are <<, <=, =, >= and >>, as in \"nginx (>= 1.22)\"";
	ret->version = str_trim((struct str){ text.ptr + len, text.len - len });
	if (!is_version(ret->version))
		return "a version starts with a digit and has letters, digits and . + ~ : - only, "
		       "as in \"nginx (>= 1.22.1-9)\"";
	return NULL;
}

const char *package_parse(struct str text, struct recipe_package *ret)
{
	size_t open = str_find_char(text, '(');
	struct str name = str_trim((struct str){ text.ptr, open });

	if (!is_name(name))
		return advise_on_name(name);
	*ret = (struct recipe_package){ .name = name, .version = STR("") };
	if (open == text.len)
		return NULL;
	if (text.ptr[text.len - 1] != ')')
		return "a version is asked for in one pair of brackets: \"nginx (>= 1.22)\"";
	return parse_relation(str_trim((struct str){ text.ptr + open + 1, text.len - open - 2 }),
			      ret);
}

int package_check(const struct schema_type *t, const struct schema_place *where,
		  struct ydoc_node *n, struct error *err)
{
	bool drop = n->text.len && n->text.ptr[0] == '-';
	struct str text = { n->text.ptr + drop, n->text.len - drop };
	struct recipe_package p;
	const char *wrong = package_parse(text, &p);

	if (!wrong && drop && p.relation != REL_ANY)
		wrong = "'-name' drops a package that an include asks for, whatever its version";
	if (wrong) {
		(void)err_at(err, ERR_RECIPE_VALUE, n->pos, "'" STR_FMT "' is not %s",
			     STR_ARG(n->text), t->what);
		return err_hint(err, "%s", wrong);
	}
	if (p.relation != REL_ANY)
		n->text = str_of(arena_printf(where->arena, STR_FMT " (%s " STR_FMT ")",
					      STR_ARG(p.name), relation_text(p.relation),
					      STR_ARG(p.version)));
	else if (!drop)
		n->text = p.name;
	return 0;
}

void package_bind(const struct ydoc_node *n, struct arena *arena, void *to)
{
	struct recipe_package *p = to;

	(void)arena;
	if (package_parse(n->text, p))
		*p = (struct recipe_package){ .name = n->text };
	p->pos = n->pos;
}

struct str package_identity(struct str text)
{
	size_t drop = text.len && text.ptr[0] == '-';
	size_t end = str_find_char(text, ' ');

	return (struct str){ text.ptr + drop, end - drop };
}

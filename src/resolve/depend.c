#include "resolve/depend.h"

#include "base/buf.h"
#include "resolve/deb822.h"

/* "<" and ">" are old spellings of "<=" and ">=" (Policy 7.1). */
static const struct {
	struct str text;
	enum depend_op op;
} operators[] = {
	{ { "<<", 2 }, OP_LT }, { { "<=", 2 }, OP_LE }, { { "=", 1 }, OP_EQ },
	{ { ">=", 2 }, OP_GE }, { { ">>", 2 }, OP_GT }, { { "<", 1 }, OP_LE },
	{ { ">", 1 }, OP_GE },
};

#define N_OPERATORS (sizeof(operators) / sizeof(operators[0]))

static bool parse_version(struct str text, struct depend_text *ret)
{
	text = str_trim(text);
	if (!str_has_suffix(text, STR(")")))
		return false;
	text.len--;
	text = str_trim(text);
	for (size_t i = 0; i < N_OPERATORS; i++) {
		struct str op = operators[i].text;

		if (!str_has_prefix(text, op))
			continue;
		ret->op = operators[i].op;
		ret->version = str_trim((struct str){ text.ptr + op.len, text.len - op.len });
		return package_version_ok(ret->version);
	}
	return false;
}

bool depend_parse(struct str text, struct depend_text *ret)
{
	size_t open = str_find_char(text, '('), colon;
	struct str name = str_trim((struct str){ text.ptr, open });

	*ret = (struct depend_text){ .name = name };
	colon = str_find_char(name, ':');
	if (colon < name.len) {
		ret->name.len = colon;
		ret->qualifier = (struct str){ name.ptr + colon + 1, name.len - colon - 1 };
		if (!package_architecture_ok(ret->qualifier))
			return false;
	}
	if (!package_name_ok(ret->name))
		return false;
	if (open == text.len)
		return true;
	return parse_version((struct str){ text.ptr + open + 1, text.len - open - 1 }, ret);
}

void depend_add(struct buf *to, enum depend_op op, struct str version)
{
	static const char *const texts[] = {
		[OP_LT] = "<<", [OP_LE] = "<=", [OP_EQ] = "=", [OP_GE] = ">=", [OP_GT] = ">>",
	};

	if (op != OP_ANY)
		buf_printf(to, " (%s " STR_FMT ")", texts[op], STR_ARG(version));
}

bool depend_holds(struct str version, enum depend_op op, struct str wanted)
{
	int order = op == OP_ANY ? 0 : version_compare(version, wanted);

	switch (op) {
	case OP_LT:
		return order < 0;
	case OP_LE:
		return order <= 0;
	case OP_EQ:
		return order == 0;
	case OP_GE:
		return order >= 0;
	case OP_GT:
		return order > 0;
	case OP_ANY:
		break;
	}
	return true;
}

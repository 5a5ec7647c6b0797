/* Patterns as the shell that is evaluated has them: dash by bytes, bash by characters. */
#include "base/limits.h"
#include "shell/evaluate.h"

/* What stands for one character, or for one of a set. */
static bool counts_characters(struct str pattern)
{
	for (size_t i = 0; i < pattern.len; i++) {
		if (pattern.ptr[i] == '\\')
			i++;
		else if (pattern.ptr[i] == '?' || pattern.ptr[i] == '[')
			return true;
	}
	return false;
}

/* "@(a|b)" and its like: a '(' that is not quoted behind one of these. */
static bool is_extended(struct str pattern)
{
	for (size_t i = 0; i + 1 < pattern.len; i++) {
		if (pattern.ptr[i] == '\\')
			i++;
		else if (strchr("@?*+!", pattern.ptr[i]) && pattern.ptr[i + 1] == '(')
			return true;
	}
	return false;
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 128)
			return false;
	return true;
}

int shell_match(struct shell *sh, struct str pattern, struct str text, unsigned flags, bool *ret,
		struct error *err)
{
	bool extended = flags & MATCH_EXTENDED || sh->state.flags & FLAG_EXTGLOB;
	uint64_t cost = 0;

	*ret = false;
	flags &= ~MATCH_EXTENDED;
	if (sh->bash) {
		flags |= PATTERN_CARET;
		if (extended && is_extended(pattern))
			return shell_abandon(sh, REFUSAL_CONSTRUCT, err, "an extended pattern");
		if (counts_characters(pattern) && (!is_ascii(text) || !is_ascii(pattern)))
			return shell_abandon(sh, REFUSAL_CONSTRUCT, err,
					     "a pattern and a text that is not ASCII");
	}
	*ret = pattern_match_costs(pattern, text, flags, &cost);
	/* Who takes off the longest match asks for each length: it must end in between. */
	if (shell_charge(sh, cost))
		return shell_abandon(sh, REFUSAL_LIMIT, err, "more than %u steps",
				     LIMIT_SHELL_STEPS);
	return 0;
}

/* Bracket expressions of regular expressions, and the sets of \w and \s. */
#include "base/mem.h"
#include "shell/regex_private.h"

static void add_bit(struct regex_set *set, uint32_t c)
{
	set->bits[c / 64] |= (uint64_t)1 << (c % 64);
}

static void add_class(struct regex_set *set, enum charclass class)
{
	if (set->icase && (class == CHARCLASS_UPPER || class == CHARCLASS_LOWER))
		class = CHARCLASS_ALPHA;
	for (uint32_t c = 0; c < 128; c++) {
		if (charclass_has(class, (unsigned char)c))
			add_bit(set, c);
	}
	set->classes |= 1u << class;
}

static bool add_range(struct regex *re, struct regex_set *set, uint32_t low, uint32_t high)
{
	uint32_t limit = set->bytes ? 256 : 128;

	for (uint32_t c = low; c <= high && c < limit; c++) {
		add_bit(set, c);
		if (set->icase) {
			add_bit(set, c < 128 ? ascii_lower((unsigned char)c) : c);
			add_bit(set, c < 128 ? ascii_upper((unsigned char)c) : c);
		}
	}
	if (high < limit)
		return true;
	/* Cases beyond ASCII need tables. */
	if (set->icase)
		return false;
	struct regex_range *more = arena_array(re->arena, set->n_ranges + 1, sizeof(*more));
	if (set->n_ranges > 0)
		memcpy(more, set->ranges, set->n_ranges * sizeof(*more));
	more[set->n_ranges++] = (struct regex_range){ low < 128 ? 128 : low, high };
	set->ranges = more;
	return true;
}

/* "[:name:]" at *at. 1: taken, 0: none, -1: no such class. */
static int read_class(struct str p, size_t *at, struct regex_set *set)
{
	size_t from = *at + 2, i = from;
	enum charclass class = CHARCLASS_NONE;

	if (from >= p.len || p.ptr[*at] != '[' || p.ptr[*at + 1] != ':')
		return 0;
	while (i + 1 < p.len && !(p.ptr[i] == ':' && p.ptr[i + 1] == ']'))
		i++;
	if (i + 1 >= p.len)
		return -1;
	class = charclass_find((struct str){ p.ptr + from, i - from });
	if (class == CHARCLASS_NONE)
		return -1;
	add_class(set, class);
	*at = i + 2;
	return 1;
}

/* A character of the set, "[.x.]" or "[=x=]", or an escape where there are such. */
static bool read_member(struct regex *re, struct str p, size_t *at, uint32_t *ret)
{
	size_t len = 1;
	bool named = p.ptr[*at] == '[' && *at + 1 < p.len &&
		     (p.ptr[*at + 1] == '.' || p.ptr[*at + 1] == '=');
	char mark = named ? p.ptr[*at + 1] : '\0';

	if (named)
		*at += 2;
	if (*at >= p.len)
		return false;
	if (p.ptr[*at] == '\\' && re->flags & (REGEX_SED | REGEX_AWK) && *at + 1 < p.len) {
		size_t next = *at + 1;

		if (regex_escape(p, &next, re->flags, ret)) {
			*at = next;
			return true;
		}
		if (re->flags & REGEX_AWK)
			(*at)++;
	}
	*ret = regex_decode(re, p, *at, &len);
	*at += len;
	if (*ret >= REGEX_INVALID_BASE)
		return false;
	if (!named)
		return true;
	if (*at + 1 >= p.len || p.ptr[*at] != mark || p.ptr[*at + 1] != ']')
		return false;
	*at += 2;
	return true;
}

static bool read_members(struct regex *re, struct str p, size_t *at, struct regex_set *set,
			 const char **ret_reason)
{
	size_t first = *at;

	while (*at < p.len && (p.ptr[*at] != ']' || *at == first)) {
		uint32_t low = 0, high = 0;
		int class = read_class(p, at, set);

		*ret_reason = "character class that is not known";
		if (class < 0)
			return false;
		if (class > 0)
			continue;
		*ret_reason = "bracket expression that is not known";
		if (!read_member(re, p, at, &low))
			return false;
		high = low;
		if (*at + 1 < p.len && p.ptr[*at] == '-' && p.ptr[*at + 1] != ']') {
			(*at)++;
			if (!read_member(re, p, at, &high) || high < low)
				return false;
		}
		*ret_reason = "upper and lower case beyond ASCII";
		if (!add_range(re, set, low, high))
			return false;
	}
	*ret_reason = "unmatched [";
	return *at < p.len;
}

const struct regex_set *regex_parse_set(struct regex *re, struct str pattern, size_t *at,
					const char **ret_reason)
{
	struct regex_set *set = arena_alloc(re->arena, sizeof(*set));

	set->icase = re->flags & REGEX_ICASE;
	set->bytes = re->flags & REGEX_BYTES;
	if (*at < pattern.len && pattern.ptr[*at] == '^') {
		set->negated = true;
		(*at)++;
	}
	if (!read_members(re, pattern, at, set, ret_reason))
		return NULL;
	(*at)++;
	return set;
}

const struct regex_set *regex_class_set(struct regex *re, enum charclass class, bool negated)
{
	struct regex_set *set = arena_alloc(re->arena, sizeof(*set));

	set->bytes = re->flags & REGEX_BYTES;
	set->negated = negated;
	add_class(set, class);
	return set;
}

static enum charclass_answer has_wide(const struct regex_set *set, uint32_t c)
{
	enum charclass_answer answer = CHARCLASS_NO;

	for (size_t i = 0; i < set->n_ranges; i++) {
		if (c >= set->ranges[i].low && c <= set->ranges[i].high)
			return CHARCLASS_YES;
	}
	for (unsigned class = 1; class <= CHARCLASS_WORD; class ++) {
		enum charclass_answer one = CHARCLASS_NO;

		if (set->classes & 1u << class)
			one = charclass_has_wide((enum charclass) class, c);
		if (one == CHARCLASS_YES)
			return one;
		if (one == CHARCLASS_UNKNOWN)
			answer = one;
	}
	return answer;
}

enum charclass_answer regex_set_has(const struct regex_set *set, uint32_t c)
{
	enum charclass_answer has = CHARCLASS_NO;

	if (c >= REGEX_INVALID_BASE)
		return CHARCLASS_NO; /* no character: not even a negated set has it */
	if (c < (set->bytes ? 256u : 128u))
		has = set->bits[c / 64] >> (c % 64) & 1 ? CHARCLASS_YES : CHARCLASS_NO;
	else
		has = has_wide(set, c);
	if (has == CHARCLASS_UNKNOWN || !set->negated)
		return has;
	return has == CHARCLASS_YES ? CHARCLASS_NO : CHARCLASS_YES;
}

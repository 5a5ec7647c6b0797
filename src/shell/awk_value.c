/* Values of awk, its arrays and its regular expressions. */
#include "base/mem.h"
#include "shell/awk.h"
#include "shell/charclass.h"

#include <stdio.h>
#include <stdlib.h>

struct awk_value awk_number(double n)
{
	return (struct awk_value){ .number = n, .flags = AWK_NUMBER };
}

struct awk_value awk_string(struct str s)
{
	return (struct awk_value){ .text = s, .flags = AWK_STRING };
}

struct awk_value awk_input(struct str s)
{
	return (struct awk_value){ .text = s, .flags = AWK_STRING | AWK_MAYBE_NUMBER };
}

static size_t skip_digits(struct str s, size_t i)
{
	while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9')
		i++;
	return i;
}

/* The number that @s begins with; *ret_end: behind it (0: there is none). */
static double prefix_number(struct awk *w, struct str s, size_t *ret_end)
{
	char text[128] = "";
	size_t from = 0, i = 0, digits = 0;

	while (from < s.len && charclass_has(CHARCLASS_SPACE, (unsigned char)s.ptr[from]))
		from++;
	i = from + (from < s.len && (s.ptr[from] == '-' || s.ptr[from] == '+'));
	if (i + 1 < s.len && s.ptr[i] == '0' && (s.ptr[i + 1] | 32) == 'x')
		awk_refuse(w, "a hexadecimal number");
	digits = skip_digits(s, i) - i;
	i += digits;
	if (i < s.len && s.ptr[i] == '.') {
		size_t end = skip_digits(s, i + 1);

		digits += end - i - 1;
		i = end;
	}
	*ret_end = 0;
	if (digits == 0)
		return 0;
	if (i < s.len && (s.ptr[i] | 32) == 'e') {
		size_t k = i + 1 + (i + 1 < s.len && (s.ptr[i + 1] == '-' || s.ptr[i + 1] == '+'));

		if (skip_digits(s, k) > k)
			i = skip_digits(s, k);
	}
	if (i - from >= sizeof(text))
		awk_refuse(w, "a number with very many digits");
	memcpy(text, s.ptr + from, i - from);
	*ret_end = i;
	return strtod(text, NULL);
}

bool awk_looks_numeric(struct awk *w, struct str s, double *ret)
{
	size_t end = 0;

	*ret = prefix_number(w, s, &end);
	if (end == 0)
		return false;
	while (end < s.len && charclass_has(CHARCLASS_SPACE, (unsigned char)s.ptr[end]))
		end++;
	return end == s.len;
}

double awk_to_number(struct awk *w, const struct awk_value *v)
{
	size_t end = 0;

	if (v->flags & AWK_NUMBER)
		return v->number;
	return v->text.len > 0 ? prefix_number(w, v->text, &end) : 0;
}

static struct str number_text(struct awk *w, double n, enum awk_special format)
{
	struct awk_value v = awk_number(n);

	if (n != n || n - n != 0)
		awk_refuse(w, "a number that is none");
	/* Above it Debian 12's mawk writes 1e+10, Debian 13's 10000000000. */
	if (n > 2147483646.0 || n < -2147483646.0)
		awk_refuse(w, "a computed number above 31 bits as text");
	if (n == (double)(long long)n)
		return str_of(arena_printf(&w->arena, "%lld", (long long)n));
	return awk_format(w, awk_special_text(w, format), &v, 1);
}

struct str awk_to_string(struct awk *w, const struct awk_value *v)
{
	if (v->flags & AWK_STRING)
		return v->text;
	return v->flags & AWK_NUMBER ? number_text(w, v->number, V_CONVFMT) : STR("");
}

struct str awk_to_output(struct awk *w, const struct awk_value *v)
{
	if (v->flags & AWK_STRING)
		return v->text;
	return v->flags & AWK_NUMBER ? number_text(w, v->number, V_OFMT) : STR("");
}

bool awk_to_bool(struct awk *w, const struct awk_value *v)
{
	double n = 0;

	if (v->flags & AWK_NUMBER)
		return v->number != 0;
	if (v->flags & AWK_MAYBE_NUMBER && awk_looks_numeric(w, v->text, &n))
		return n != 0;
	return v->text.len > 0;
}

/* A number, as comparisons see it. */
static bool is_numeric(struct awk *w, const struct awk_value *v, double *ret)
{
	*ret = v->number;
	if (v->flags & AWK_NUMBER || v->flags == 0)
		return true;
	return v->flags & AWK_MAYBE_NUMBER && awk_looks_numeric(w, v->text, ret);
}

int awk_compare(struct awk *w, const struct awk_value *a, const struct awk_value *b)
{
	double x = 0, y = 0;

	if (is_numeric(w, a, &x) && is_numeric(w, b, &y))
		return x < y ? -1 : x > y;
	return str_compare(awk_to_string(w, a), awk_to_string(w, b));
}

struct str awk_concat(struct awk *w, struct str a, struct str b)
{
	char *text = NULL;

	if (w->arena.used > AWK_MEMORY_MAX || a.len + b.len > LIMIT_SHELL_OUTPUT)
		awk_refuse(w, "too much memory");
	text = arena_alloc(&w->arena, a.len + b.len + 1);
	if (a.len > 0)
		memcpy(text, a.ptr, a.len);
	if (b.len > 0)
		memcpy(text + a.len, b.ptr, b.len);
	return (struct str){ text, a.len + b.len };
}

/* ---- arrays ---- */

struct awk_array *awk_new_array(struct awk *w)
{
	struct awk_array *a = arena_alloc(&w->arena, sizeof(*a));

	a->next = w->arrays;
	w->arrays = a;
	return a;
}

static void grow(struct awk *w, struct awk_array *a)
{
	uint32_t capacity = a->capacity ? 2 * a->capacity : 16;
	struct awk_cell *cells = arena_array(&w->arena, capacity, sizeof(*cells));
	bool *present = arena_array(&w->arena, capacity, sizeof(*present));
	struct str *keys = arena_array(&w->arena, capacity, sizeof(*keys));

	if (w->arena.used > AWK_MEMORY_MAX)
		awk_refuse(w, "too much memory");
	for (uint32_t i = 0; i < a->n; i++) {
		cells[i] = a->cells[i];
		present[i] = a->present[i];
		keys[i] = a->keys[i];
	}
	a->cells = cells;
	a->present = present;
	a->keys = keys;
	a->capacity = capacity;
}

struct awk_cell *awk_element(struct awk *w, struct awk_array *a, struct str key, bool make)
{
	uint32_t i = 0;

	if (!strtab_find(&a->names, key, &i)) {
		if (!make)
			return NULL;
		i = strtab_intern(&a->names, key, &key);
		if (i == a->capacity)
			grow(w, a);
		a->keys[i] = key;
		a->n = i + 1;
	}
	if (!a->present[i]) {
		if (!make)
			return NULL;
		a->present[i] = true;
		a->cells[i] = (struct awk_cell){ .kind = CELL_UNSET };
		a->n_present++;
	}
	return &a->cells[i];
}

void awk_delete(struct awk_array *a, struct str key)
{
	uint32_t i = 0;

	if (!strtab_find(&a->names, key, &i) || !a->present[i])
		return;
	a->present[i] = false;
	a->n_present--;
}

void awk_clear(struct awk_array *a)
{
	for (uint32_t i = 0; i < a->n; i++)
		a->present[i] = false;
	a->n_present = 0;
}

/* ---- regular expressions ---- */

struct regex *awk_regex(struct awk *w, struct str pattern)
{
	const char *reason = NULL;
	struct regex *re = NULL;
	unsigned place = 0;

	for (unsigned i = 0; i < w->n_cache; i++) {
		if (str_equal(w->cache[i].pattern, pattern))
			return w->cache[i].regex;
	}
	if (w->arena.used > AWK_MEMORY_MAX)
		awk_refuse(w, "too much memory");
	re = regex_compile(&w->arena, pattern, REGEX_EXTENDED | REGEX_BYTES | REGEX_AWK, &reason);
	if (!re)
		awk_refuse(w, reason);
	place = w->n_cache < sizeof(w->cache) / sizeof(w->cache[0]) ? w->n_cache++ : 0;
	w->cache[place].pattern = arena_str(&w->arena, pattern);
	w->cache[place].regex = re;
	return re;
}

bool awk_search(struct awk *w, struct regex *re, struct str text, size_t from,
		struct regex_span *span)
{
	enum regex_answer answer = REGEX_NO_MATCH;

	w->steps += (text.len - from) / 16;
	if (w->steps > AWK_STEPS_MAX)
		awk_refuse(w, "too many steps");
	answer = regex_search(re, text.ptr ? text : STR(""), from, span, 1);
	(void)shell_charge(w->c->shell, regex_steps(re));
	if (answer == REGEX_GAVE_UP)
		awk_refuse(w, regex_reason(re));
	return answer == REGEX_MATCH;
}

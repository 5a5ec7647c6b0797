/* Documents are at most LIMIT_JSON_DEPTH deep: json_parse() has seen to that. */
#include "attest/diff_json.h"

#define VALUE_MAX 200u /* bytes of a value in a line */

struct work {
	struct image_diff *d;
	const struct diff_json_options *o;
	const char *where;
};

static void compare(const struct work *w, struct str place, const struct json *a,
		    const struct json *b);

static struct str told(const struct json *v, struct arena *arena)
{
	CLEANUP_BUF struct buf text = BUF_INIT(64u << 20);

	if (!v)
		return (struct str){ NULL, 0 };
	if (json_kind_of(v) == JSON_STRING)
		buf_add_str(&text, json_as_str(v));
	else
		json_write(v, &text);
	if (text.len > VALUE_MAX) {
		text.len = VALUE_MAX;
		buf_add_cstr(&text, "...");
	}
	return arena_str(arena, buf_str(&text));
}

static bool equal(const struct json *a, const struct json *b)
{
	CLEANUP_BUF struct buf x = BUF_INIT(64u << 20), y = BUF_INIT(64u << 20);

	if (!a || !b)
		return a == b;
	json_write(a, &x);
	json_write(b, &y);
	return bytes_equal(buf_bytes(&x), buf_bytes(&y));
}

/* The same items in another order. */
static bool is_reordered(const struct json *a, const struct json *b)
{
	size_t n = json_length(a);

	if (json_length(b) != n || n > 1000)
		return false;
	for (size_t i = 0; i < n; i++) {
		size_t in_a = 0, in_b = 0;

		for (size_t k = 0; k < n; k++) {
			in_a += equal(json_item(a, k), json_item(a, i));
			in_b += equal(json_item(b, k), json_item(a, i));
		}
		if (in_a != in_b)
			return false;
	}
	return true;
}

static void add(const struct work *w, struct str place, const struct json *a, const struct json *b)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	const char *follows = w->o->follows ? w->o->follows(w->o->context, place) : "";
	bool lists = a && b && json_kind_of(a) == JSON_ARRAY && json_kind_of(b) == JSON_ARRAY;

	if (!follows)
		return;
	image_diff_add(w->d, &(struct difference){
				     .area = w->o->area,
				     .what = !a || !b			   ? DIFFERENCE_PRESENCE
					     : lists && is_reordered(a, b) ? DIFFERENCE_ORDER
									   : DIFFERENCE_VALUE,
				     .where = str_of(arena_printf(&arena, "%s > " STR_FMT, w->where,
								  STR_ARG(place))),
				     .name = STR(""),
				     .path = place,
				     .a = told(a, &arena),
				     .b = told(b, &arena),
				     .follows = str_of(follows),
			     });
}

static struct str join(struct arena *arena, struct str place, struct str name)
{
	return str_of(arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(place),
				   place.len ? "." : "", STR_ARG(name)));
}

/* Both are sorted by name: they were parsed. */
static void compare_objects(const struct work *w, struct str place, const struct json *a,
			    const struct json *b)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	size_t i = 0, k = 0, n = json_length(a), m = json_length(b);

	while (i < n || k < m) {
		struct str x = i < n ? json_member_name(a, i) : STR("");
		struct str y = k < m ? json_member_name(b, k) : STR("");
		int order = i == n ? 1 : k == m ? -1 : str_compare(x, y);

		compare(w, join(&arena, place, order <= 0 ? x : y),
			order <= 0 ? json_member(a, i) : NULL,
			order >= 0 ? json_member(b, k) : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

static bool are_objects(const struct json *a, const struct json *b)
{
	return a && b && json_kind_of(a) == JSON_OBJECT && json_kind_of(b) == JSON_OBJECT;
}

/* Lists of objects (manifests of an index) are gone into by number. */
static bool compare_items(const struct work *w, struct str place, const struct json *a,
			  const struct json *b)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;

	if (!a || !b || json_kind_of(a) != JSON_ARRAY || json_kind_of(b) != JSON_ARRAY ||
	    json_length(a) != json_length(b) || !json_length(a))
		return false;
	for (size_t i = 0; i < json_length(a); i++)
		if (!are_objects(json_item(a, i), json_item(b, i)))
			return false;
	for (size_t i = 0; i < json_length(a); i++)
		compare(w, join(&arena, place, str_of(arena_printf(&arena, "%zu", i + 1))),
			json_item(a, i), json_item(b, i));
	return true;
}

static void compare(const struct work *w, struct str place, const struct json *a,
		    const struct json *b)
{
	if (equal(a, b) || compare_items(w, place, a, b))
		return;
	if (are_objects(a, b))
		compare_objects(w, place, a, b);
	else
		add(w, place, a, b);
}

void diff_json(struct image_diff *d, const char *where, const struct json *a, const struct json *b,
	       const struct diff_json_options *o)
{
	const struct work w = { d, o, where };

	compare(&w, STR(""), a, b);
}

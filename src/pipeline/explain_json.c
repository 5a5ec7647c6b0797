#include "base/text.h"
#include "format/json/json.h"
#include "pipeline/explain_files.h"

#include "base/buf.h"

/* Names of files are bytes, JSON is UTF-8. */
static struct json *safe(struct arena *a, struct str s)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SIZE_MAX / 8);

	if (text_is_utf8(s))
		return json_str(a, s);
	text_add_safe(&text, s);
	return json_str(a, buf_str(&text));
}

static void set(struct json *o, const char *name, struct str value, struct arena *a)
{
	if (value.ptr && value.len)
		json_set(o, name, safe(a, value));
}

static void set_side(struct json *o, const char *name, struct str value, struct arena *a)
{
	if (value.ptr)
		json_set(o, name, safe(a, value));
}

static struct json *detail_json(const struct content_diff *c, struct arena *a)
{
	static const char *const kinds[] = { "", "bytes", "text", "elf" };
	struct json *o = json_object(a), *ranges = json_array(a);

	json_set(o, "kind", json_text(a, kinds[c->kind]));
	json_set(o, "bytes_differing", json_int(a, (int64_t)c->n_differing));
	for (size_t i = 0; i < c->n_ranges; i++) {
		struct json *r = json_object(a);

		json_set(r, "start", json_int(a, (int64_t)c->ranges[i].start));
		json_set(r, "end", json_int(a, (int64_t)c->ranges[i].end));
		set(r, "what", c->ranges[i].what, a);
		json_add(ranges, r);
	}
	json_set(o, "ranges", ranges);
	json_set(o, "ranges_all", json_int(a, (int64_t)c->n_ranges_all));
	if (c->kind == CONTENT_DIFF_TEXT)
		json_set(o, "text", safe(a, c->text));
	return o;
}

static struct json *difference_json(const struct difference *d, struct arena *a)
{
	struct json *o = json_object(a);

	json_set(o, "area", json_text(a, difference_areas[d->area]));
	json_set(o, "what", json_text(a, difference_names[d->what]));
	json_set(o, "where", safe(a, d->where));
	if (d->path.ptr)
		json_set(o, "path", safe(a, d->path));
	set(o, "name", d->name, a);
	set_side(o, "a", d->a, a);
	set_side(o, "b", d->b, a);
	set(o, "layer", d->layer, a);
	set(o, "package", d->package, a);
	set(o, "follows", d->follows, a);
	if (d->cause != DIFFERENCE_NO_CAUSE)
		json_set(o, "cause", json_int(a, d->cause));
	if (d->detail)
		json_set(o, "detail", detail_json(d->detail, a));
	return o;
}

static struct json *cause_json(const struct difference_cause *c, struct arena *a)
{
	struct json *o = json_object(a), *names = json_array(a);

	json_set(o, "kind", json_text(a, difference_cause_kinds[c->kind]));
	set(o, "name", c->name, a);
	for (size_t i = 0; i < c->n_names; i++)
		json_add(names, safe(a, c->names[i]));
	if (c->n_names)
		json_set(o, "names", names);
	set_side(o, "a", c->a, a);
	set_side(o, "b", c->b, a);
	set(o, "at", c->at, a);
	json_set(o, "text", safe(a, c->text));
	set(o, "changelog", c->changelog, a);
	json_set(o, "differences", json_int(a, (int64_t)c->n));
	json_set(o, "paths", json_int(a, (int64_t)c->n_paths));
	return o;
}

struct json *explain_json(const struct image_diff *d, struct arena *a)
{
	struct json *o = json_object(a), *list = json_array(a), *causes = json_array(a);
	struct json *notes = json_array(a);

	json_set(o, "kind_a", safe(a, d->kind_a));
	json_set(o, "kind_b", safe(a, d->kind_b));
	json_set(o, "identical", json_bool(a, d->identical));
	if (d->equal)
		json_set(o, "equal", json_bool(a, true));
	json_set(o, "findings", json_int(a, (int64_t)image_diff_findings(d)));
	json_set(o, "derived", json_int(a, (int64_t)d->n_derived));
	json_set(o, "has_causes_a", json_bool(a, d->has_causes_a));
	json_set(o, "has_causes_b", json_bool(a, d->has_causes_b));
	for (size_t i = 0; i < d->n_notes; i++)
		json_add(notes, safe(a, d->notes[i]));
	for (size_t i = 0; i < d->n_causes; i++)
		json_add(causes, cause_json(&d->causes[i], a));
	for (size_t i = 0; i < d->n; i++)
		json_add(list, difference_json(&d->list[i], a));
	json_set(o, "notes", notes);
	json_set(o, "causes", causes);
	json_set(o, "differences", list);
	return o;
}

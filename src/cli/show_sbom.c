#include "cli/show_sbom.h"

#include <stdio.h>
#include <string.h>

struct row {
	struct str name, version, architecture, source, licence;
};

static struct str text_of(const struct json *object, const char *name)
{
	const struct json *v = object ? json_get(object, name) : NULL;

	return v && json_kind_of(v) == JSON_STRING ? json_as_str(v) : STR("");
}

static const struct json *list_of(const struct json *object, const char *name)
{
	const struct json *v = json_get(object, name);

	return v && json_kind_of(v) == JSON_ARRAY ? v : NULL;
}

static const struct json *first_object(const struct json *list)
{
	const struct json *v = list && json_length(list) ? json_item(list, 0) : NULL;

	return v && json_kind_of(v) == JSON_OBJECT ? v : NULL;
}

static struct str licence_of(const struct json *component)
{
	const struct json *choice = first_object(list_of(component, "licenses")), *licence;
	struct str text = text_of(choice, "expression");

	if (!choice || text.len)
		return text;
	licence = json_get(choice, "license");
	if (!licence || json_kind_of(licence) != JSON_OBJECT)
		return STR("");
	text = text_of(licence, "id");
	return text.len ? text : text_of(licence, "name");
}

/* Advisories are about source packages: the first ancestor is the one. */
static struct str source_of(const struct json *component)
{
	const struct json *pedigree = json_get(component, "pedigree");

	if (!pedigree || json_kind_of(pedigree) != JSON_OBJECT)
		return STR("");
	return text_of(first_object(list_of(pedigree, "ancestors")), "name");
}

/* "amd64" of "pkg:deb/debian/nginx@1.26?arch=amd64&distro=debian-13". */
static struct str architecture_of(struct str purl)
{
	static const struct str key = { "arch=", 5 };
	struct str piece, rest = purl;
	size_t n = str_find_char(purl, '?');

	if (n == purl.len)
		return STR("");
	rest = (struct str){ purl.ptr + n + 1, purl.len - n - 1 };
	while (rest.ptr && str_split(&rest, '&', &piece))
		if (str_has_prefix(piece, key))
			return (struct str){ piece.ptr + key.len, piece.len - key.len };
	return STR("");
}

static bool read_row(const struct json *component, struct row *ret)
{
	struct str purl;

	if (json_kind_of(component) != JSON_OBJECT)
		return false;
	purl = text_of(component, "purl");
	*ret = (struct row){ .name = text_of(component, "name"),
			     .version = text_of(component, "version"),
			     .architecture = architecture_of(purl),
			     .source = source_of(component),
			     .licence = licence_of(component) };
	return str_has_prefix(purl, STR("pkg:deb/"));
}

static struct json *row_json(struct arena *a, const struct row *r)
{
	struct json *o = json_object(a);

	json_set(o, "name", json_str(a, r->name));
	json_set(o, "version", json_str(a, r->version));
	json_set(o, "architecture", json_str(a, r->architecture));
	json_set(o, "source", json_str(a, r->source));
	json_set(o, "licence", r->licence.len ? json_str(a, r->licence) : json_null(a));
	return o;
}

static void pad(struct str text, size_t width)
{
	app_print_str(text);
	printf("%*s", (int)(width > text.len ? width - text.len : 0) + 2, "");
}

static void print_rows(const struct row *rows, size_t n)
{
	size_t name = strlen("PACKAGE"), version = strlen("VERSION"), none = 0;
	size_t source = strlen("SOURCE");

	for (size_t i = 0; i < n; i++) {
		name = rows[i].name.len > name ? rows[i].name.len : name;
		version = rows[i].version.len > version ? rows[i].version.len : version;
		source = rows[i].source.len > source ? rows[i].source.len : source;
	}
	pad(STR("PACKAGE"), name);
	pad(STR("VERSION"), version);
	pad(STR("SOURCE"), source);
	printf("LICENCE\n");
	for (size_t i = 0; i < n; i++) {
		pad(rows[i].name, name);
		pad(rows[i].version, version);
		pad(rows[i].source, source);
		app_print_str(rows[i].licence.len ? rows[i].licence : STR("not known"));
		printf("\n");
		none += !rows[i].licence.len;
	}
	printf("\n%zu packages, %zu without a machine-readable licence\n", n, none);
}

int show_sbom_list(struct app *app, struct bytes document, struct error *err)
{
	struct arena *a = &app->arena;
	struct json *o = json_object(a), *list = json_array(a), *parsed;
	const struct json *components;
	struct row *rows;
	size_t n = 0;

	if (json_parse(document, "the list of what is inside", a, &parsed, err) < 0)
		return -1;
	components = json_kind_of(parsed) == JSON_OBJECT ? list_of(parsed, "components") : NULL;
	if (!components)
		return err_set(err, ERR_FORMAT, "the list of what is inside has no components");
	rows = arena_array(a, json_length(components) + 1, sizeof(*rows));
	for (size_t i = 0; i < json_length(components); i++)
		n += read_row(json_item(components, i), &rows[n]);
	if (!app->json) {
		print_rows(rows, n);
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		json_add(list, row_json(a, &rows[i]));
	json_set(o, "packages", list);
	app_print_json(app, "sbom-list", o);
	return 0;
}

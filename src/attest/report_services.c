/*
 * Units that are enabled: the links that `systemctl enable` makes. Ports from the service
 * definitions for Consul that a recipe's 'services:' give.
 */
#include "attest/report_find.h"
#include "base/cleanup.h"

#define UNITS "etc/systemd/system"
#define DEFINITIONS "etc/consul.d"
#define OWN_UNIT "ingot-"

static struct str text_of(const struct json *object, const char *name)
{
	const struct json *v = json_get(object, name);

	return v && json_kind_of(v) == JSON_STRING ? json_as_str(v) : STR("");
}

/* "http://127.0.0.1:80/" of the first check. */
static struct str check_of(const struct json *service)
{
	const struct json *checks = json_get(service, "checks");
	const struct json *first;

	if (!checks || json_kind_of(checks) != JSON_ARRAY || !json_length(checks))
		return STR("");
	first = json_item(checks, 0);
	if (json_kind_of(first) != JSON_OBJECT)
		return STR("");
	return text_of(first, "http").len ? text_of(first, "http") : text_of(first, "tcp");
}

/* A definition of somebody else's may be of any form: then there is no port to tell. */
static int read_definition(const struct report *r, struct report_findings *f, const struct node *n,
			   struct report_service *ret, struct error *err)
{
	CLEANUP_ERR struct error odd = ERR_INIT;
	const struct json *service, *port;
	struct json *top;
	struct str text;

	if (report_load(r, f, arena_printf(f->arena, DEFINITIONS "/" STR_FMT, STR_ARG(n->name)),
			&text, err) < 0)
		return -1;
	if (json_parse(str_bytes(text), "a service definition", f->arena, &top, &odd) < 0 ||
	    json_kind_of(top) != JSON_OBJECT)
		return 0;
	service = json_get(top, "service");
	if (!service || json_kind_of(service) != JSON_OBJECT)
		return 0;
	port = json_get(service, "port");
	if (port && json_kind_of(port) == JSON_INT)
		ret->port = str_of(arena_printf(f->arena, "%lld", (long long)json_as_int(port)));
	ret->check = check_of(service);
	ret->unit = text_of(service, "name");
	return 0;
}

static void add_service(struct report_findings *f, const struct report_service *s, size_t *capacity)
{
	if (f->n_services == REPORT_ROWS_MAX)
		return;
	ARENA_GROW(f->arena, f->services, f->n_services, *capacity);
	f->services[f->n_services++] = *s;
}

static bool is_of_unit(struct str unit, struct str service)
{
	return str_has_prefix(unit, service) &&
	       str_equal_cstr((struct str){ unit.ptr + service.len, unit.len - service.len },
			      ".service");
}

static int add_definitions(const struct report *r, struct report_findings *f, size_t *capacity,
			   struct error *err)
{
	const struct node *folder = tree_find(r->side.tree, STR(DEFINITIONS));
	size_t n = 0, n_units = f->n_services;
	struct node *const *files;

	if (folder && folder->inode->kind == NODE_DIRECTORY)
		n = tree_children(folder, &files);
	for (size_t i = 0; i < n; i++) {
		struct report_service d = {
			.unit = STR(""), .wanted_by = STR(""), .port = STR(""), .check = STR("")
		};
		bool known = false;

		if (!str_has_suffix(files[i]->name, STR(".json")))
			continue;
		if (read_definition(r, f, files[i], &d, err) < 0)
			return -1;
		for (size_t k = 0; d.unit.len && k < n_units; k++) {
			struct report_service *s = &f->services[k];

			if (!is_of_unit(s->unit, d.unit))
				continue;
			s->port = d.port;
			s->check = d.check;
			known = true;
		}
		if (!known && d.unit.len)
			add_service(f, &d, capacity);
	}
	return 0;
}

static struct report_service *find_unit(const struct report_findings *f, struct str unit)
{
	for (size_t i = 0; i < f->n_services; i++)
		if (str_equal(f->services[i].unit, unit))
			return &f->services[i];
	return NULL;
}

static void add_unit(struct report_findings *f, struct str unit, struct str by, size_t *capacity)
{
	struct report_service *known = find_unit(f, unit);
	struct report_service s = {
		.unit = unit, .wanted_by = by, .port = STR(""), .check = STR("")
	};

	s.first_boot = str_has_prefix(unit, STR(OWN_UNIT));
	if (known)
		known->wanted_by = str_of(arena_printf(f->arena, STR_FMT ", " STR_FMT,
						       STR_ARG(known->wanted_by), STR_ARG(by)));
	else
		add_service(f, &s, capacity);
}

/* "multi-user.target.wants". */
static void add_units(struct report_findings *f, const struct node *folder, size_t *capacity)
{
	struct node *const *links;
	struct str by = folder->name;
	size_t n = tree_children(folder, &links);

	by.len -= str_has_suffix(by, STR(".wants")) ? strlen(".wants") : strlen(".requires");
	for (size_t i = 0; i < n; i++)
		if (links[i]->inode->kind == NODE_SYMLINK || links[i]->inode->kind == NODE_FILE)
			add_unit(f, links[i]->name, by, capacity);
}

static void find_units(const struct report *r, struct report_findings *f, size_t *capacity)
{
	const struct node *folder = tree_find(r->side.tree, STR(UNITS));
	struct node *const *children;
	size_t n = 0;

	if (folder && folder->inode->kind == NODE_DIRECTORY)
		n = tree_children(folder, &children);
	for (size_t i = 0; i < n; i++)
		if (children[i]->inode->kind == NODE_DIRECTORY &&
		    (str_has_suffix(children[i]->name, STR(".wants")) ||
		     str_has_suffix(children[i]->name, STR(".requires"))))
			add_units(f, children[i], capacity);
}

static void add_first_boot(struct report_findings *f, struct str name, struct str text,
			   size_t *capacity)
{
	ARENA_GROW(f->arena, f->first_boot, f->n_first_boot, *capacity);
	f->first_boot[f->n_first_boot++] = (struct report_fact){ name, text };
}

/* "host keys of sshd" of "Description=First boot: host keys of sshd". */
static int describe(const struct report *r, struct report_findings *f, struct str unit,
		    struct str *ret, struct error *err)
{
	static const struct str prefixes[] = { { "Description=", 12 }, { "First boot: ", 12 } };
	struct str text, line;

	*ret = STR("");
	if (report_load(r, f, arena_printf(f->arena, UNITS "/" STR_FMT, STR_ARG(unit)), &text,
			err) < 0)
		return -1;
	while (str_split(&text, '\n', &line)) {
		if (!str_has_prefix(line, prefixes[0]))
			continue;
		for (int i = 0; i < 2; i++)
			if (str_has_prefix(line, prefixes[i]))
				line = (struct str){ line.ptr + prefixes[i].len,
						     line.len - prefixes[i].len };
		*ret = line;
	}
	return 0;
}

static int find_first_boot(const struct report *r, struct report_findings *f, struct error *err)
{
	const struct node *id = tree_find(r->side.tree, STR("etc/machine-id"));
	size_t capacity = 0;

	for (size_t i = 0; i < f->n_services; i++) {
		struct str text;

		if (!f->services[i].first_boot)
			continue;
		if (describe(r, f, f->services[i].unit, &text, err) < 0)
			return -1;
		add_first_boot(f, f->services[i].unit, text, &capacity);
	}
	/* Debian's own unit, to which a build adds a condition of its own. */
	if (tree_find(r->side.tree, STR(UNITS "/sshd-keygen.service.d/ingot.conf")))
		add_first_boot(f, STR("sshd-keygen.service"), STR("host keys of sshd"), &capacity);
	/* machine-id(5): empty or "uninitialized" means that the machine makes it. */
	if (id && id->inode->kind == NODE_FILE && id->inode->content.size < 32)
		add_first_boot(f, STR("/etc/machine-id"), STR("id of the machine"), &capacity);
	return 0;
}

int report_find_services(const struct report *r, struct report_findings *f, struct error *err)
{
	size_t capacity = 0;

	find_units(r, f, &capacity);
	return add_definitions(r, f, &capacity, err) < 0 || find_first_boot(r, f, err) < 0 ? -1 : 0;
}

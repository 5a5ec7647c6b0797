/*
 * The recipe's services: links for systemd where the image has it, and a
 * definition for a Consul agent where a port is given.
 *
 * Spec: debian.md 5.5, debian-13.md 3.4; the definition is Consul's "service"
 * configuration file, docs/layers.md.
 */

#include "compose/work.h"
#include "format/json/json.h"

#define DEFINITION_MAX 65536u /* bytes */

/* With a path: an HTTP check of it; else whether the port takes connections. */
static struct json *check(struct arena *a, const struct recipe_service *s)
{
	struct json *c = json_object(a);

	if (s->check_http.len > 0)
		json_set(c, "http", json_text(a, arena_printf(a, "http://127.0.0.1:%u" STR_FMT,
							      s->port, STR_ARG(s->check_http))));
	else
		json_set(c, "tcp", json_text(a, arena_printf(a, "127.0.0.1:%u", s->port)));
	json_set(c, "interval", json_text(a, "10s"));
	json_set(c, "timeout", json_text(a, "2s"));
	return c;
}

static struct json *definition(struct arena *a, const struct recipe_service *s)
{
	struct json *service = json_object(a), *checks = json_array(a), *top = json_object(a);

	json_add(checks, check(a, s));
	json_set(service, "name", json_str(a, s->name));
	json_set(service, "port", json_int(a, s->port));
	json_set(service, "checks", checks);
	return json_set(top, "service", service);
}

static int put_definition(struct work *w, const struct recipe_service *s, struct error *err)
{
	const char *path = arena_printf(w->arena, "etc/consul.d/" STR_FMT ".json",
					STR_ARG(s->name));
	CLEANUP_BUF struct buf text = BUF_INIT(DEFINITION_MAX);
	struct place at = work_place(w, s->pos);
	struct inode i;

	if (work_claim(w, "port", s->pos, str_of(path), err) < 0)
		return -1;
	json_write_pretty(definition(w->arena, s), &text);
	i = work_file_of(w, arena_bytes(tree_arena(w->tree), buf_bytes(&text)), 0644);
	return work_put(w, &at, str_of(path), &i, NULL, err);
}

int compose_services(struct work *w, struct error *err)
{
	const struct recipe *r = w->in->recipe;

	for (size_t i = 0; i < r->n_services; i++) {
		const struct recipe_service *s = &r->services[i];

		if (s->enable && systemd_enable(w, s, err) < 0)
			return -1;
		if (!s->enable && systemd_disable(w, s, err) < 0)
			return -1;
		if (s->port != 0 && put_definition(w, s, err) < 0)
			return -1;
	}
	return 0;
}

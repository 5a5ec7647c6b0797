/* What this machine is told about itself: config.yaml and INGOT_* variables. */
#define _GNU_SOURCE
#include "fetch/machine_private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/text.h"
#include "fetch/fetch_url.h"
#include "io/file.h"
#include "ydoc/ydoc.h"

#define CONFIG_SIZE_MAX (1u << 20) /* bytes */

typedef const char *environment_fn(const char *name);

struct loading {
	struct machine *machine;
	struct mirror_list mirrors;
	environment_fn *environment;
};

/* An empty variable is as good as none. */
static const char *variable(environment_fn *environment, const char *name)
{
	const char *value = environment(name);

	return value && *value ? value : NULL;
}

/* ---- mirrors ---- */

void mirror_add(struct mirror_list *l, struct str suite, struct str url, struct str where,
		enum machine_source source)
{
	CLEANUP_FREE char *text = mem_str(url);

	/* apt's "file:/srv/debian" */
	if (str_has_prefix(url, STR("file:/")) && !str_has_prefix(url, STR("file://"))) {
		free(text);
		text = mem_printf("file://" STR_FMT, (int)url.len - 5, url.ptr + 5);
		url = str_of(text);
	}
	if (url_scheme(text) == URL_OTHER)
		return; /* cdrom:, mirror+file:, tor+http:, ... */
	while (url.len && url.ptr[url.len - 1] == '/')
		url.len--;
	MEM_GROW(l->v, l->n, l->capacity);
	l->v[l->n++] = (struct machine_mirror){ arena_str(l->arena, suite),
						arena_str(l->arena, url), where, source };
}

static bool is_url(struct str text)
{
	CLEANUP_FREE char *url = mem_str(text);

	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
			return false;
	return url_scheme(url) != URL_OTHER && strstr(url, "://") != NULL;
}

/* "URL" or "SUITE=URL": a suite's name has no colon, a URL has one first. */
static int add_from_variable(struct loading *l, struct str word, struct error *err)
{
	size_t equals = str_find_char(word, '='), colon = str_find_char(word, ':');
	struct str suite = { "", 0 };

	if (equals < colon) {
		suite = (struct str){ word.ptr, equals };
		word = (struct str){ word.ptr + equals + 1, word.len - equals - 1 };
	}
	if (!is_url(word)) {
		err_set(err, ERR_USAGE, "INGOT_MIRROR holds '" STR_FMT "', which is no URL",
			STR_ARG(word));
		return err_hint(err, "write URL or SUITE=URL, with http, https or file, several "
				     "separated by blanks");
	}
	mirror_add(&l->mirrors, suite, word, STR("INGOT_MIRROR"), MACHINE_FROM_ENVIRONMENT);
	return 0;
}

static int load_variable_mirrors(struct loading *l, struct error *err)
{
	struct str rest = str_of(variable(l->environment, "INGOT_MIRROR")), word;

	while (rest.ptr && str_split(&rest, ' ', &word))
		if (word.len && add_from_variable(l, word, err) < 0)
			return -1;
	return 0;
}

/* ---- config.yaml ---- */

static const char *const config_keys[] = { "builder", "mirrors", "snapshot", "stage", "trust" };
static const char *const mirror_keys[] = { "suite", "url" };

int config_unknown_key(const struct ydoc_pair *p, const char *const *keys, size_t n,
		       struct error *err)
{
	const char *near = text_suggest(p->key, keys, n);
	CLEANUP_BUF struct buf all = BUF_INIT(4096);

	err_at(err, ERR_USAGE, p->key_pos, "unknown key '" STR_FMT "'", STR_ARG(p->key));
	if (near)
		return err_hint(err, "did you mean '%s'?", near);
	for (size_t i = 0; i < n; i++)
		buf_printf(&all, "%s'%s'", i ? ", " : "", keys[i]);
	return err_hint(err, "known are %s", buf_cstr(&all));
}

int config_want_kind(const struct ydoc_node *node, enum ydoc_kind kind, const char *what,
		     struct error *err)
{
	static const char *const names[] = { [YDOC_SCALAR] = "a text", [YDOC_LIST] = "a list",
					     [YDOC_MAP] = "a mapping" };

	if (node->kind == kind)
		return 0;
	return err_at(err, ERR_USAGE, node->pos, "'%s' must be %s, not %s", what, names[kind],
		      names[node->kind]);
}

static int want_url(const struct ydoc_node *node, const char *what, struct error *err)
{
	if (config_want_kind(node, YDOC_SCALAR, what, err) < 0)
		return -1;
	if (is_url(node->text))
		return 0;
	err_at(err, ERR_USAGE, node->pos, "'%s' is no URL: '" STR_FMT "'", what,
	       STR_ARG(node->text));
	return err_hint(err, "it begins with http://, https:// or file://");
}

static int read_mirror(struct loading *l, const struct ydoc_node *node, struct error *err)
{
	const struct ydoc_node *suite, *url;
	struct str where;

	if (config_want_kind(node, YDOC_MAP, "mirrors", err) < 0)
		return -1;
	for (size_t i = 0; i < node->n_pairs; i++)
		if (!str_equal_cstr(node->pairs[i].key, "suite") &&
		    !str_equal_cstr(node->pairs[i].key, "url"))
			return config_unknown_key(&node->pairs[i], mirror_keys, 2, err);
	suite = ydoc_get(node, "suite");
	url = ydoc_get(node, "url");
	if (!url)
		return err_at(err, ERR_USAGE, node->pos, "a mirror needs a 'url'");
	if (want_url(url, "url", err) < 0 ||
	    (suite && config_want_kind(suite, YDOC_SCALAR, "suite", err) < 0))
		return -1;
	where = str_of(arena_printf(l->mirrors.arena, "%s:%u", node->pos.file, node->pos.line));
	mirror_add(&l->mirrors, suite ? suite->text : STR(""), url->text, where,
		   MACHINE_FROM_CONFIG);
	return 0;
}

static int read_mirrors(struct loading *l, const struct ydoc_node *node, struct error *err)
{
	if (config_want_kind(node, YDOC_LIST, "mirrors", err) < 0)
		return -1;
	for (size_t i = 0; i < node->n_items; i++)
		if (read_mirror(l, node->items[i], err) < 0)
			return -1;
	return 0;
}

static int read_stage(struct loading *l, const struct ydoc_node *node, struct error *err)
{
	const char *home = variable(l->environment, "HOME");

	if (config_want_kind(node, YDOC_SCALAR, "stage", err) < 0)
		return -1;
	if (str_has_prefix(node->text, STR("~/")) && home) {
		l->machine->stage = str_of(arena_printf(&l->machine->arena, "%s" STR_FMT, home,
							(int)node->text.len - 1,
							node->text.ptr + 1));
		return 0;
	}
	if (!str_has_prefix(node->text, STR("/"))) {
		err_at(err, ERR_USAGE, node->pos, "'stage' is no absolute path: '" STR_FMT "'",
		       STR_ARG(node->text));
		return err_hint(err, "begin it with '/' or '~/'; without the key, each workspace "
				     "has a stage of its own");
	}
	l->machine->stage = node->text;
	return 0;
}

static int read_pair(struct loading *l, const struct ydoc_pair *p, struct error *err)
{
	if (str_equal_cstr(p->key, "builder"))
		return machine_read_builder(l->machine, p->value, err);
	if (str_equal_cstr(p->key, "mirrors"))
		return read_mirrors(l, p->value, err);
	if (str_equal_cstr(p->key, "stage"))
		return read_stage(l, p->value, err);
	if (str_equal_cstr(p->key, "trust"))
		return machine_read_trust(l->machine, p->value, variable(l->environment, "HOME"),
					  err);
	if (!str_equal_cstr(p->key, "snapshot"))
		return config_unknown_key(p, config_keys,
					  sizeof(config_keys) / sizeof(*config_keys), err);
	if (want_url(p->value, "snapshot", err) < 0)
		return -1;
	l->machine->snapshot_template = p->value->text;
	return 0;
}

static int read_config(struct loading *l, struct bytes text, struct error *err)
{
	struct ydoc_node *doc;

	if (ydoc_parse(text, l->machine->config_path, CONFIG_SIZE_MAX, &l->machine->arena, &doc,
		       err) < 0) {
		err->code = ERR_USAGE; /* it is no recipe */
		return -1;
	}
	if (doc->kind != YDOC_MAP)
		return err_at(err, ERR_USAGE, doc->pos, "the configuration is no mapping");
	for (size_t i = 0; i < doc->n_pairs; i++)
		if (read_pair(l, &doc->pairs[i], err) < 0)
			return -1;
	return 0;
}

static char *user_folder(struct arena *arena, environment_fn *environment)
{
	const char *folder = variable(environment, "XDG_CONFIG_HOME");
	const char *home = variable(environment, "HOME");

	/* the XDG specification says to ignore relative ones */
	if (folder && folder[0] == '/')
		return arena_printf(arena, "%s/ingot", folder);
	return home ? arena_printf(arena, "%s/.config/ingot", home) : NULL;
}

static int load_config(struct loading *l, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(CONFIG_SIZE_MAX);
	const char *named = variable(l->environment, "INGOT_CONFIG");
	struct machine *m = l->machine;
	int r;

	m->user_folder = user_folder(&m->arena, l->environment);
	m->config_path = named ? arena_strdup(&m->arena, str_of(named))
			       : arena_printf(&m->arena, "%s/config.yaml",
					      m->user_folder ? m->user_folder : MACHINE_FOLDER);
	r = file_load(AT_FDCWD, m->config_path, &text, err);
	if (r < 0)
		return -1;
	if (r == FILE_ABSENT && named) {
		err_set(err, ERR_USAGE, "there is no '%s'", named);
		return err_hint(err, "INGOT_CONFIG names it: correct or unset the variable");
	}
	return r == FILE_ABSENT ? 0 : read_config(l, buf_bytes(&text), err);
}

/* ---- all of it ---- */

static int load_variables(struct loading *l, struct error *err)
{
	const char *stage = variable(l->environment, "INGOT_STAGE");
	const char *snapshot = variable(l->environment, "INGOT_SNAPSHOT");
	const char *builder = variable(l->environment, "INGOT_BUILDER_ID");
	struct machine *m = l->machine;

	if (builder && !machine_is_builder_id(str_of(builder)))
		return err_set(err, ERR_USAGE, "INGOT_BUILDER_ID is no URI: '%s'", builder);
	if (builder)
		m->builder_id = arena_str(&m->arena, str_of(builder));

	if (stage)
		m->stage = arena_str(&m->arena, str_of(stage));
	if (!snapshot)
		return 0;
	if (!is_url(str_of(snapshot)))
		return err_set(err, ERR_USAGE, "INGOT_SNAPSHOT is no URL: '%s'", snapshot);
	m->snapshot_template = arena_str(&m->arena, str_of(snapshot));
	return 0;
}

int machine_load(struct machine *ret, const char *(*environment)(const char *name),
		 const char *apt_root, struct error *err)
{
	struct machine m = { .arena = ARENA_INIT };
	struct loading l = { &m, { .arena = &m.arena }, environment };
	int r = 0;

	m.snapshot_template = m.stage = m.builder_id = STR("");
	if (load_variable_mirrors(&l, err) < 0 || load_config(&l, err) < 0 ||
	    load_variables(&l, err) < 0 || apt_sources_load(apt_root, &l.mirrors, err) < 0)
		r = -1;
	if (r == 0) {
		m.n_mirrors = l.mirrors.n;
		m.mirrors = arena_array(&m.arena, l.mirrors.n, sizeof(*m.mirrors));
		if (l.mirrors.n)
			memcpy(m.mirrors, l.mirrors.v, l.mirrors.n * sizeof(*m.mirrors));
		*ret = m;
	} else {
		arena_release(&m.arena);
	}
	free(l.mirrors.v);
	return r;
}

void machine_release(struct machine *m)
{
	arena_release(&m->arena);
	*m = (struct machine){ 0 };
}

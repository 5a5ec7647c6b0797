/* `trust:` of config.yaml: whose signature says what. */
#include "fetch/machine_private.h"

#include "base/text.h"

static const char *const trust_keys[] = { "key", "role", "names" };
static const char *const roles[] = { "release", "developer", "rebuilder" };

/* "~/" is the user's home, as in 'stage:'. */
static int read_key(struct machine *m, const struct ydoc_node *node, const char *home,
		    struct str *ret, struct error *err)
{
	if (config_want_kind(node, YDOC_SCALAR, "key", err) < 0)
		return -1;
	if (str_has_prefix(node->text, STR("~/")) && home) {
		*ret = str_of(arena_printf(&m->arena, "%s" STR_FMT, home, (int)node->text.len - 1,
					   node->text.ptr + 1));
		return 0;
	}
	if (!str_has_prefix(node->text, STR("/"))) {
		(void)err_at(err, ERR_USAGE, node->pos, "'key' is no absolute path: '" STR_FMT "'",
			     STR_ARG(node->text));
		return err_hint(err, "name a public key (NAME.pub of 'ingot keygen'), beginning "
				     "with '/' or '~/'");
	}
	*ret = node->text;
	return 0;
}

static int read_role(const struct ydoc_node *node, struct str *ret, struct error *err)
{
	if (config_want_kind(node, YDOC_SCALAR, "role", err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
		if (!str_equal_cstr(node->text, roles[i]))
			continue;
		*ret = node->text;
		return 0;
	}
	(void)err_at(err, ERR_USAGE, node->pos, "'" STR_FMT "' is no role", STR_ARG(node->text));
	return err_hint(err, "known are 'release', 'developer' and 'rebuilder'");
}

static int read_names(struct machine *m, const struct ydoc_node *node, struct machine_trust *ret,
		      struct error *err)
{
	if (config_want_kind(node, YDOC_LIST, "names", err) < 0)
		return -1;
	if (node->n_items == 0) {
		(void)err_at(err, ERR_USAGE, node->pos,
			     "'names' is empty: the key would count for "
			     "nothing");
		return err_hint(err,
				"leave it out for all names, or name recipes: [web, \"db-*\"]");
	}
	ret->names = arena_array(&m->arena, node->n_items, sizeof(*ret->names));
	for (size_t i = 0; i < node->n_items; i++) {
		if (config_want_kind(node->items[i], YDOC_SCALAR, "names", err) < 0)
			return -1;
		ret->names[ret->n_names++] = node->items[i]->text;
	}
	return 0;
}

static int read_one(struct machine *m, const struct ydoc_node *node, const char *home,
		    struct machine_trust *ret, struct error *err)
{
	if (config_want_kind(node, YDOC_MAP, "trust", err) < 0)
		return -1;
	ret->role = STR("release");
	ret->key = STR("");
	for (size_t i = 0; i < node->n_pairs; i++) {
		const struct ydoc_pair *p = &node->pairs[i];
		int r;

		if (str_equal_cstr(p->key, "key"))
			r = read_key(m, p->value, home, &ret->key, err);
		else if (str_equal_cstr(p->key, "role"))
			r = read_role(p->value, &ret->role, err);
		else if (str_equal_cstr(p->key, "names"))
			r = read_names(m, p->value, ret, err);
		else
			r = config_unknown_key(p, trust_keys, 3, err);
		if (r < 0)
			return -1;
	}
	if (!ret->key.len)
		return err_at(err, ERR_USAGE, node->pos, "an entry of 'trust' needs a 'key'");
	return 0;
}

int machine_read_trust(struct machine *m, const struct ydoc_node *node, const char *home,
		       struct error *err)
{
	if (config_want_kind(node, YDOC_LIST, "trust", err) < 0)
		return -1;
	m->trust = arena_array(&m->arena, node->n_items, sizeof(*m->trust));
	for (size_t i = 0; i < node->n_items; i++)
		if (read_one(m, node->items[i], home, &m->trust[m->n_trust++], err) < 0)
			return -1;
	return 0;
}

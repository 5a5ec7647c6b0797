/*
 * Triggers as dpkg has them: packages are interested in names and in paths below
 * a folder; an activation pends only for those that are configured, for the others
 * the coming `postinst configure` does the same work.
 */
#include "debian/commands.h"

static struct str next_word(struct str *rest)
{
	struct str word;

	*rest = str_trim(*rest);
	word = (struct str){ rest->ptr, 0 };
	while (word.len < rest->len && rest->ptr[word.len] != ' ' && rest->ptr[word.len] != '\t')
		word.len++;
	rest->ptr += word.len;
	rest->len -= word.len;
	return word;
}

static void add_interest(struct debian *d, uint32_t package, struct str line)
{
	struct str rest = { line.ptr, str_find_char(line, '#') };
	struct str directive = next_word(&rest), name = next_word(&rest);

	if (!str_has_prefix(directive, STR("interest")) || !name.len)
		return;
	while (name.len > 1 && *name.ptr == '/' && name.ptr[name.len - 1] == '/')
		name.len--;
	ARENA_GROW(d->arena, d->interests, d->n_interests, d->interests_capacity);
	d->interests[d->n_interests++] = (struct interest){
		name, package, str_equal_cstr(directive, "interest-noawait")
	};
}

void debian_read_interests(struct debian *d)
{
	for (size_t i = 0; i < d->n_packages; i++) {
		const struct pack_control *c =
			pack_control(d->packages[i].package->pack, STR("triggers"));
		struct str rest = c ? bytes_str(c->data) : (struct str){ NULL, 0 }, line;

		while (str_split(&rest, '\n', &line))
			add_interest(d, (uint32_t)i, line);
	}
}

static void pend(struct debian *d, struct unpacked *u, struct str name)
{
	if (u->state != PACKAGE_INSTALLED)
		return;
	for (size_t i = 0; i < u->n_pending; i++)
		if (str_equal(u->pending[i], name))
			return;
	ARENA_GROW(d->arena, u->pending, u->n_pending, u->pending_capacity);
	u->pending[u->n_pending++] = arena_str(d->arena, name);
}

int debian_trigger(struct debian *d, struct str name, struct error *err)
{
	(void)err;
	for (size_t i = 0; i < d->n_interests; i++)
		if (str_equal(d->interests[i].name, name))
			pend(d, &d->packages[d->interests[i].package], d->interests[i].name);
	return 0;
}

/* Whether @path, without a leading slash, is @top ("/usr/share/mime") or lies below it. */
static bool is_within(struct str path, struct str top)
{
	size_t n = top.len - 1;

	return path.len >= n && memcmp(path.ptr, top.ptr + 1, n) == 0 &&
	       (path.len == n || path.ptr[n] == '/');
}

void debian_trigger_path(struct debian *d, struct str path)
{
	for (size_t i = 0; i < d->n_interests; i++) {
		const struct interest *in = &d->interests[i];

		if (in->name.len > 1 && *in->name.ptr == '/' && is_within(path, in->name))
			pend(d, &d->packages[in->package], in->name);
	}
}

/* Profiles in /usr/share/pam-configs: "Field: value" and indented lines. */
#include <stdlib.h>

#include "debian/pam_private.h"

#define PROFILE_DIR STR("/usr/share/pam-configs")

static struct str *field_of(struct pam_profile *p, struct str key)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_equal(p->key[i], key))
			return &p->value[i];
	if (p->n == PAM_PROFILE_KEYS)
		return NULL;
	p->key[p->n] = key;
	p->value[p->n] = STR("");
	return &p->value[p->n++];
}

bool pam_has(const struct pam_profile *p, const char *key)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_equal_cstr(p->key[i], key))
			return true;
	return false;
}

struct str pam_value(const struct pam_profile *p, const char *key, const char *suffix)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < p->n; i++)
		if (p->key[i].len == len + strlen(suffix) && memcmp(p->key[i].ptr, key, len) == 0 &&
		    memcmp(p->key[i].ptr + len, suffix, strlen(suffix)) == 0)
			return p->value[i];
	return STR("");
}

struct pam_profile *pam_find(const struct pam_profiles *all, struct str name)
{
	for (size_t i = 0; i < all->n; i++)
		if (str_equal(all->list[i].name, name))
			return &all->list[i];
	return NULL;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* "Field:" and a blank (the end of the line is one): the first implementation's "-Final". */
static bool begins_field(struct str line, struct str *key, struct str *value)
{
	size_t end = 0;

	while (end < line.len && !is_space(line.ptr[end]))
		end++;
	if (end < 2 || line.ptr[end - 1] != ':')
		return false;
	*key = (struct str){ line.ptr, end - 1 };
	if (str_has_suffix(*key, STR("-Final")))
		key->len -= 6;
	while (end < line.len && is_space(line.ptr[end]))
		end++;
	*value = (struct str){ line.ptr + end, line.len - end };
	return true;
}

static bool add_line(struct debian *d, struct pam_profile *p, struct str **field, struct str line)
{
	struct str key, value, text = str_trim(line);

	if (begins_field(line, &key, &value)) {
		*field = field_of(p, key);
		if (*field)
			**field = value;
		return *field != NULL;
	}
	if (!*field)
		return !text.len;
	if (text.len && !str_equal_cstr(text, "0"))
		**field = str_of(arena_printf(d->arena, STR_FMT "%s" STR_FMT, STR_ARG(**field),
					      (*field)->len ? "\n" : "", STR_ARG(text)));
	for (size_t i = 0; i + 9 <= (*field)->len; i++)
		p->disabled |= memcmp((*field)->ptr + i, "pam_tally", 9) == 0;
	return true;
}

static void copy_field(struct pam_profile *p, const char *from, const char *to)
{
	struct str *field;

	if (!pam_has(p, from))
		return;
	field = field_of(p, str_of(to));
	if (field)
		*field = pam_value(p, from, "");
}

/* Sessions without a terminal use the fields of sessions, unless the profile says no. */
static void complete(struct pam_profile *p, bool literal)
{
	static const char key[] = "Session-Interactive-Only";

	if (pam_has(p, key) && !(literal && !str_equal_cstr(pam_value(p, key, ""), "yes")))
		return;
	copy_field(p, "Session-Type", "Session-noninteractive-Type");
	copy_field(p, "Session", "Session-noninteractive");
	copy_field(p, "Session-Initial", "Session-noninteractive-Initial");
}

static int read_profile(struct debian *d, struct str name, bool literal, struct pam_profile *p,
			const char **ret_fault, struct error *err)
{
	char *path = arena_printf(d->arena, "/usr/share/pam-configs/" STR_FMT, STR_ARG(name));
	struct str text = STR(""), line, *field = NULL;
	struct str priority;
	uint64_t value = 0;

	*p = (struct pam_profile){ .name = name };
	if (debian_read(d, str_of(path), &text, err) < 0)
		return -1;
	while (text.len && str_split(&text, '\n', &line))
		if (!add_line(d, p, &field, line)) {
			*ret_fault = "a profile is malformed";
			return 1;
		}
	priority = str_trim(pam_value(p, "Priority", ""));
	if (!str_parse_u64(priority, &value) || value > INT32_MAX) {
		*ret_fault = "a profile has no priority";
		return 1;
	}
	p->priority = (int64_t)value;
	complete(p, literal);
	return 0;
}

static int compare_profiles(const void *x, const void *y)
{
	const struct pam_profile *a = x, *b = y;

	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	return -str_compare(a->name, b->name);
}

static bool is_left_out(struct str name, const struct str *without, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(without[i], name))
			return true;
	return str_has_suffix(name, STR("~")) ||
	       (name.len > 2 && *name.ptr == '#' && name.ptr[name.len - 1] == '#');
}

int pam_read_profiles(struct debian *d, bool literal, const struct str *without, size_t n_without,
		      struct pam_profiles *ret, const char **ret_fault, struct error *err)
{
	struct node *dir = tree_resolve(d->tree, PROFILE_DIR, true);
	struct node *const *child = NULL;
	size_t n = 0;

	if (dir && dir->inode->kind == NODE_DIRECTORY)
		n = tree_children(dir, &child);
	*ret = (struct pam_profiles){ arena_array(d->arena, n + 1, sizeof(*ret->list)), 0 };
	for (size_t i = 0; i < n; i++) {
		int r;

		if (is_left_out(child[i]->name, without, n_without))
			continue;
		r = read_profile(d, child[i]->name, literal, &ret->list[ret->n], ret_fault, err);
		if (r)
			return r;
		ret->n += !ret->list[ret->n].disabled;
	}
	if (ret->n)
		qsort(ret->list, ret->n, sizeof(*ret->list), compare_profiles);
	return 0;
}

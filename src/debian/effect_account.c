#include "debian/effects.h"

#define SYSTEM_FIRST 100u /* adduser.conf: FIRST_SYSTEM_UID, LAST_SYSTEM_UID */
#define SYSTEM_LAST  999u
#define NOGROUP      65534u

int debian_accounts(struct debian *d, struct accounts **ret, struct error *err)
{
	const struct debian_options *o = d->options;

	if (!d->accounts) {
		if (accounts_load(d->tree, o->reader, o->epoch / 86400, d->arena, &d->accounts,
				  err) < 0)
			return -1;
		accounts_set_ids(d->accounts, o->reserved, o->n_reserved);
		accounts_set_ids(d->accounts, o->ids, o->n_ids);
	}
	*ret = d->accounts;
	return 0;
}

static bool parse_number(struct str text, uint32_t *ret)
{
	uint64_t value;

	if (!str_parse_u64(text, &value) || value >= UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

int effect_uid(struct debian *d, struct str name, uint32_t *ret, struct error *err)
{
	struct accounts *a;
	uint32_t gid;

	if (parse_number(name, ret))
		return 0;
	if (str_equal_cstr(name, "root")) {
		*ret = 0;
		return 0;
	}
	if (debian_accounts(d, &a, err) < 0)
		return -1;
	if (!accounts_find_user(a, name, ret, &gid))
		return err_set(err, ERR_FORMAT, "no user '" STR_FMT "'", STR_ARG(name));
	return 0;
}

int effect_gid(struct debian *d, struct str name, uint32_t *ret, struct error *err)
{
	struct accounts *a;

	if (parse_number(name, ret))
		return 0;
	if (str_equal_cstr(name, "root")) {
		*ret = 0;
		return 0;
	}
	if (debian_accounts(d, &a, err) < 0)
		return -1;
	if (!accounts_find_group(a, name, ret))
		return err_set(err, ERR_FORMAT, "no group '" STR_FMT "'", STR_ARG(name));
	return 0;
}

static int add_group(struct accounts *a, struct str name, uint32_t *ret, struct error *err)
{
	struct account_request r = { name, UINT32_MAX, false, SYSTEM_FIRST, SYSTEM_LAST };

	return accounts_add_group(a, &r, ret, err);
}

/* group NAME */
int effect_group(const struct effect_context *c, const struct str *word, size_t n,
		 struct error *err)
{
	struct accounts *a;
	uint32_t gid;

	(void)n;
	if (debian_accounts(c->d, &a, err) < 0)
		return -1;
	return add_group(a, word[0], &gid, err);
}

static struct str option(const struct str *word, size_t n, const char *key, const char *otherwise)
{
	size_t len = strlen(key);

	for (size_t i = 1; i < n; i++)
		if (word[i].len > len && word[i].ptr[len] == '=' &&
		    memcmp(word[i].ptr, key, len) == 0)
			return (struct str){ word[i].ptr + len + 1, word[i].len - len - 1 };
	return str_of(otherwise);
}

/* user NAME [group=own|GROUP] [home=PATH] [shell=PATH] [gecos=TEXT]: as adduser --system */
int effect_user(const struct effect_context *c, const struct str *word, size_t n,
		struct error *err)
{
	struct str group = option(word, n, "group", "");
	struct account_user u = {
		.request = { word[0], UINT32_MAX, false, SYSTEM_FIRST, SYSTEM_LAST },
		.gid = NOGROUP,
		.gecos = option(word, n, "gecos", ""),
		.home = option(word, n, "home", "/nonexistent"),
		.shell = option(word, n, "shell", "/usr/sbin/nologin"),
		.shadow = STR("!"),
	};
	struct accounts *a;
	uint32_t uid;

	if (debian_accounts(c->d, &a, err) < 0)
		return -1;
	if (str_equal_cstr(group, "own")) {
		if (add_group(a, word[0], &u.gid, err) < 0)
			return -1;
	} else if (group.len && effect_gid(c->d, group, &u.gid, err) < 0) {
		return -1;
	}
	return accounts_add_user(a, &u, &uid, err);
}

/* member GROUP USER */
int effect_member(const struct effect_context *c, const struct str *word, size_t n,
		  struct error *err)
{
	struct accounts *a;

	(void)n;
	if (debian_accounts(c->d, &a, err) < 0)
		return -1;
	return accounts_add_member(a, word[0], word[1], err);
}

/* shadow: as shadowconfig on */
int effect_shadow(const struct effect_context *c, const struct str *word, size_t n,
		  struct error *err)
{
	struct accounts *a;

	(void)word;
	(void)n;
	if (debian_accounts(c->d, &a, err) < 0)
		return -1;
	accounts_shadow(a);
	return 0;
}

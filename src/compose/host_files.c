/*
 * Time zone, locale, host name, and what a container's runtime mounts over.
 * Spec: debian.md 5.13, debian-13.md 3.6; docs/layers.md.
 */

#include "compose/work.h"

static int put_text(struct work *w, const struct place *at, const char *path, const char *text,
		    struct error *err)
{
	struct bytes data = arena_bytes(tree_arena(w->tree), str_bytes(str_of(text)));
	struct inode i = work_file_of(w, data, 0644);

	return work_put(w, at, str_of(path), &i, NULL, err);
}

static int put_link(struct work *w, const struct place *at, const char *path, const char *target,
		    struct error *err)
{
	struct inode i = work_link_of(w, str_of(target));

	return work_put(w, at, str_of(path), &i, NULL, err);
}

/* "Europe/Berlin" and nothing that climbs out of the folder. */
static bool is_relative_path(struct str path)
{
	struct str rest = path, name;

	while (str_split(&rest, '/', &name)) {
		if (!tree_is_name(name))
			return false;
	}
	return path.len > 0;
}

static int no_zone(const struct work *w, struct error *err)
{
	const struct recipe *r = w->in->recipe;

	if (!tree_resolve(w->tree, STR("usr/share/zoneinfo"), true)) {
		err_at(err, ERR_RECIPE_VALUE, r->timezone_pos,
		       "the time zone '" STR_FMT "' needs the package 'tzdata', which the image "
		       "does not have", STR_ARG(r->timezone));
		return err_hint(err, "add 'tzdata' to 'packages:'");
	}
	err_at(err, ERR_RECIPE_VALUE, r->timezone_pos, "no time zone '" STR_FMT "' in the image",
	       STR_ARG(r->timezone));
	return err_hint(err, "zones are named as 'Europe/Berlin'; since Debian 13 old names such as "
			"'US/Eastern' are in the package 'tzdata-legacy'");
}

int compose_timezone(struct work *w, struct error *err)
{
	const struct recipe *r = w->in->recipe;
	struct place at = work_place(w, r->timezone_pos);
	char *zone;

	if (r->timezone.len == 0)
		return 0;
	zone = arena_printf(w->arena, "usr/share/zoneinfo/" STR_FMT, STR_ARG(r->timezone));
	if (!is_relative_path(r->timezone) || !work_has_file(w, zone))
		return no_zone(w, err);
	if (work_claim(w, "timezone", r->timezone_pos, STR("etc/localtime"), err) < 0)
		return -1;
	if (put_link(w, &at, "etc/localtime", arena_printf(w->arena, "/%s", zone), err) < 0)
		return -1;
	/* tzdata of Debian 13 writes it only where it is already. */
	if (w->release > 12 && !tree_resolve(w->tree, STR("etc/timezone"), false))
		return 0;
	if (work_claim(w, "timezone", r->timezone_pos, STR("etc/timezone"), err) < 0)
		return -1;
	return put_text(w, &at, "etc/timezone",
			arena_printf(w->arena, STR_FMT "\n", STR_ARG(r->timezone)), err);
}

/* glibc's own spelling of the codeset: "de_DE.UTF-8@x" is in the folder "de_DE.utf8@x". */
static char *locale_folder(const struct work *w, struct str locale)
{
	size_t dot = str_find_char(locale, '.'), at = str_find_char(locale, '@'), to;
	char *name = arena_printf(w->arena, "usr/lib/locale/" STR_FMT, STR_ARG(locale));

	if (dot >= at)
		return name;
	to = sizeof("usr/lib/locale/") - 1 + dot + 1;
	for (size_t i = dot + 1; i < locale.len; i++) {
		char c = locale.ptr[i];

		if (i < at && c == '-')
			continue;
		if (i < at && c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		name[to++] = c;
	}
	name[to] = '\0';
	return name;
}

static bool has_locale(const struct work *w, struct str locale)
{
	static const char *const builtin[] = { "C", "POSIX", "C.UTF-8", "C.utf8" };

	for (size_t i = 0; i < sizeof(builtin) / sizeof(*builtin); i++) {
		if (str_equal_cstr(locale, builtin[i]))
			return true;
	}
	if (!is_relative_path(locale) || str_find_char(locale, '/') < locale.len)
		return false;
	return work_has_file(w, "usr/lib/locale/locale-archive") ||
	       tree_resolve(w->tree, str_of(locale_folder(w, locale)), true);
}

static int put_locale(struct work *w, const struct place *at, const char *text, struct error *err)
{
	/* Debian 12 reads the one, 13 the other and has a link for who reads the first. */
	if (w->release <= 12)
		return put_text(w, at, "etc/default/locale", text, err);
	if (put_text(w, at, "etc/locale.conf", text, err) < 0)
		return -1;
	return put_link(w, at, "etc/default/locale", "../locale.conf", err);
}

int compose_locale(struct work *w, struct error *err)
{
	const struct recipe *r = w->in->recipe;
	struct place at = work_place(w, r->locale_pos);

	if (r->locale.len == 0)
		return 0;
	if (!has_locale(w, r->locale)) {
		err_at(err, ERR_RECIPE_VALUE, r->locale_pos, "no locale '" STR_FMT "' in the image",
		       STR_ARG(r->locale));
		return err_hint(err, "C.UTF-8 is always there; others are in the package 'locales-all'");
	}
	if (work_claim(w, "locale", r->locale_pos, STR("etc/locale.conf"), err) < 0 ||
	    work_claim(w, "locale", r->locale_pos, STR("etc/default/locale"), err) < 0)
		return -1;
	return put_locale(w, &at, arena_printf(w->arena, "LANG=" STR_FMT "\n", STR_ARG(r->locale)),
			  err);
}

/* As debian-installer writes it: a host must find its own name without a network. */
static const char hosts[] = "127.0.0.1\tlocalhost\n"
			    "127.0.1.1\t%.*s\n"
			    "\n"
			    "# The following lines are desirable for IPv6 capable hosts\n"
			    "::1     localhost ip6-localhost ip6-loopback\n"
			    "ff02::1 ip6-allnodes\n"
			    "ff02::2 ip6-allrouters\n";

int compose_hostname(struct work *w, struct error *err)
{
	const struct recipe *r = w->in->recipe;
	struct place at = work_place(w, r->hostname_pos);
	struct str where;

	if (r->hostname.len == 0)
		return 0;
	if (work_claim(w, "hostname", r->hostname_pos, STR("etc/hostname"), err) < 0)
		return -1;
	if (put_text(w, &at, "etc/hostname",
		     arena_printf(w->arena, STR_FMT "\n", STR_ARG(r->hostname)), err) < 0)
		return -1;
	if (w->in->target->type != TARGET_DISK || work_is_recipes(w, STR("etc/hosts"), &where))
		return 0;
	return put_text(w, &at, "etc/hosts", arena_printf(w->arena, hosts, STR_ARG(r->hostname)),
			err);
}

/* Whether `files:` has removed it: then the recipe wants it gone. */
static bool is_removed_by_recipe(const struct work *w, const char *path)
{
	const struct node *n = tree_find_removed(w->tree, str_of(path));

	return n && n->removed && tree_cause(w->tree, n->cause)->kind == CAUSE_RECIPE;
}

static int put_mount_points(struct work *w, struct error *err)
{
	static const char *const paths[] = { "etc/hostname", "etc/hosts", "etc/resolv.conf" };
	struct place at = { .cause = work_rule(w, "mount-points") };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		if (tree_resolve(w->tree, str_of(paths[i]), /* follow_last= */ false) ||
		    is_removed_by_recipe(w, paths[i]))
			continue;
		if (put_text(w, &at, paths[i], "", err) < 0)
			return -1;
	}
	return 0;
}

/* apt's gpgv and many a server run as a user of their own and need it (debian.md 5.13). */
static int put_tmp(struct work *w, struct error *err)
{
	struct place at = { .cause = work_rule(w, "tmp") };
	struct inode folder = work_folder_of(w, 01777);
	const struct cause *owner;
	struct node *tmp;
	struct str where;
	bool is_new;

	if (work_is_recipes(w, STR("tmp"), &where) || is_removed_by_recipe(w, "tmp"))
		return 0;
	if (work_put_folder(w, &at, STR("tmp"), &folder, &tmp, &is_new, err) < 0)
		return -1;
	owner = tree_cause(w->tree, tmp->inode->cause[CAUSE_OWNER]);
	if (tmp->inode->mode != 01777 && owner->kind != CAUSE_RECIPE)
		tree_set_mode(tmp, 01777, at.cause);
	return 0;
}

int compose_mount_points(struct work *w, struct error *err)
{
	if (w->in->target->type == TARGET_OCI && put_mount_points(w, err) < 0)
		return -1;
	return put_tmp(w, err);
}

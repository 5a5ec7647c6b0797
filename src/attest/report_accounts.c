/* passwd(5), shadow(5), group(5): who could log in. */
#include "attest/report_find.h"

#define FIELDS 9

static size_t split_fields(struct str line, struct str fields[static FIELDS])
{
	size_t n = 0;

	for (size_t i = 0; i < FIELDS; i++)
		fields[i] = STR("");
	while (n < FIELDS && str_split(&line, ':', &fields[n]))
		n++;
	return n;
}

static struct str shadow_of(struct str shadow, struct str name)
{
	struct str line, fields[FIELDS];

	while (str_split(&shadow, '\n', &line))
		if (split_fields(line, fields) > 1 && str_equal(fields[0], name))
			return fields[1];
	return STR("!");
}

/* crypt(5): what starts with either is the hash of nothing. */
static enum report_password password_state(struct str password)
{
	if (!password.len)
		return PASSWORD_EMPTY;
	return password.ptr[0] == '!' || password.ptr[0] == '*' ? PASSWORD_LOCKED : PASSWORD_SET;
}

static size_t count_keys(struct str text)
{
	struct str line;
	size_t n = 0;

	while (str_split(&text, '\n', &line)) {
		line = str_trim(line);
		n += line.len && line.ptr[0] != '#';
	}
	return n;
}

static bool is_shell(struct str shell)
{
	return !str_has_suffix(shell, STR("/nologin")) && !str_has_suffix(shell, STR("/false")) &&
	       !str_has_suffix(shell, STR("/sync"));
}

static int add_user(const struct report *r, struct report_findings *f, struct str fields[FIELDS],
		    struct str shadow, size_t *capacity, struct error *err)
{
	struct report_user u = { .name = fields[0],
				 .uid = fields[2],
				 .gid = fields[3],
				 .home = fields[5],
				 .shell = fields[6] };
	struct str keys;

	u.password = password_state(str_equal_cstr(fields[1], "x") ? shadow_of(shadow, u.name)
								   : fields[1]);
	if (u.home.len &&
	    report_load(r, f,
			arena_printf(f->arena, STR_FMT "/.ssh/authorized_keys", STR_ARG(u.home)),
			&keys, err) < 0)
		return -1;
	u.n_keys = u.home.len ? count_keys(keys) : 0;
	u.may_login = is_shell(u.shell) && (u.password != PASSWORD_LOCKED || u.n_keys);
	f->n_logins += u.may_login;
	ARENA_GROW(f->arena, f->users, f->n_users, *capacity);
	f->users[f->n_users++] = u;
	return 0;
}

static int find_users(const struct report *r, struct report_findings *f, struct error *err)
{
	struct str passwd, shadow, line, fields[FIELDS];
	size_t capacity = 0;

	if (report_load(r, f, "/etc/passwd", &passwd, err) < 0 ||
	    report_load(r, f, "/etc/shadow", &shadow, err) < 0)
		return -1;
	/* Each looks through shadow(5): that is bounded, too. */
	while (f->n_users < REPORT_ROWS_MAX && str_split(&passwd, '\n', &line))
		if (split_fields(line, fields) >= 7 &&
		    add_user(r, f, fields, shadow, &capacity, err) < 0)
			return -1;
	return 0;
}

static int find_groups(const struct report *r, struct report_findings *f, struct error *err)
{
	struct str group, line, fields[FIELDS];
	size_t capacity = 0;

	if (report_load(r, f, "/etc/group", &group, err) < 0)
		return -1;
	while (f->n_groups_of_users < REPORT_ROWS_MAX && str_split(&group, '\n', &line)) {
		char *name;

		if (split_fields(line, fields) < 4)
			continue;
		name = arena_printf(f->arena, STR_FMT " (" STR_FMT ")", STR_ARG(fields[0]),
				    STR_ARG(fields[2]));
		ARENA_GROW(f->arena, f->groups_of_users, f->n_groups_of_users, capacity);
		f->groups_of_users[f->n_groups_of_users++] =
			(struct report_fact){ str_of(name), fields[3] };
	}
	return 0;
}

int report_find_accounts(const struct report *r, struct report_findings *f, struct error *err)
{
	return find_users(r, f, err) < 0 || find_groups(r, f, err) < 0 ? -1 : 0;
}

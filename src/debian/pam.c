/*
 * pam-auth-update (debian.md 5.12): the common files of /etc/pam.d from the
 * profiles in /usr/share/pam-configs that are on by default.
 */
#include <stdlib.h>

#include "debian/effects.h"

#define PAM_MAX      (4u << 20) /* bytes of one common file */
#define PROFILE_DIR  "usr/share/pam-configs/"
#define PROFILE_KEYS 24u

struct profile {
	struct str name;
	struct str key[PROFILE_KEYS], value[PROFILE_KEYS]; /* value: lines, each trimmed */
	size_t n;
	bool on;
	int64_t priority;
};

struct profiles {
	struct profile *list; /* by priority, highest first, then by name */
	size_t n;
};

/* The files, and the fields of a profile that fill them. */
static const struct {
	const char *file, *field, *type;
} commons[] = {
	{ "auth", "Auth", "auth" },
	{ "account", "Account", "account" },
	{ "password", "Password", "password" },
	{ "session", "Session", "session" },
	{ "session-noninteractive", "Session", "session" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct str profile_value(const struct profile *p, const char *key)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_equal_cstr(p->key[i], key))
			return p->value[i];
	return STR("");
}

static struct str profile_field(struct debian *d, const struct profile *p, const char *field,
				const char *suffix)
{
	return profile_value(p, arena_printf(d->arena, "%s%s", field, suffix));
}

static void profile_line(struct debian *d, struct profile *p, struct str line)
{
	size_t colon = str_find_char(line, ':');
	struct str value = str_trim(line);
	struct str *last = p->n ? &p->value[p->n - 1] : NULL;

	if (!value.len)
		return;
	if (*line.ptr == ' ' || *line.ptr == '\t') {
		if (last)
			*last = str_of(arena_printf(d->arena, STR_FMT "%s" STR_FMT, STR_ARG(*last),
						    last->len ? "\n" : "", STR_ARG(value)));
		return;
	}
	if (colon == line.len || p->n == PROFILE_KEYS)
		return;
	p->key[p->n] = (struct str){ line.ptr, colon };
	p->value[p->n++] = str_trim((struct str){ line.ptr + colon + 1, line.len - colon - 1 });
}

static int read_profile(struct debian *d, struct str name, struct profile *ret,
			struct error *err)
{
	char *path = arena_printf(d->arena, PROFILE_DIR STR_FMT, STR_ARG(name));
	struct str text, line;
	uint64_t priority = 0;
	int r = debian_read(d, str_of(path), &text, err);

	*ret = (struct profile){ .name = name };
	if (r)
		return r < 0 ? -1 : 0;
	while (str_split(&text, '\n', &line))
		if (line.len)
			profile_line(d, ret, line);
	if (str_parse_u64(profile_value(ret, "Priority"), &priority) && priority <= INT32_MAX)
		ret->priority = (int64_t)priority;
	ret->on = str_equal_cstr(profile_value(ret, "Default"), "yes");
	return 0;
}

static int compare_profiles(const void *x, const void *y)
{
	const struct profile *a = x, *b = y;

	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	return str_compare(a->name, b->name);
}

static int read_profiles(struct debian *d, struct profiles *ret, struct error *err)
{
	struct node *dir = tree_resolve(d->tree, STR(PROFILE_DIR), true);
	struct node *const *child;
	size_t n = 0;

	if (dir && dir->inode->kind == NODE_DIRECTORY)
		n = tree_children(dir, &child);
	ret->list = arena_array(d->arena, n + 1, sizeof(*ret->list));
	for (ret->n = 0; ret->n < n; ret->n++)
		if (read_profile(d, child[ret->n]->name, &ret->list[ret->n], err) < 0)
			return -1;
	qsort(ret->list, n, sizeof(*ret->list), compare_profiles);
	return 0;
}

struct common {
	struct debian *d;
	const struct profiles *profiles;
	size_t which;       /* index into commons */
	struct buf *to;     /* the file of /etc/pam.d */
	struct buf *state;  /* that of /var/lib/pam */
};

static bool takes_part(const struct common *c, const struct profile *p, const char *block)
{
	const char *field = commons[c->which].field;

	if (!p->on || !str_equal_cstr(profile_field(c->d, p, field, "-Type"), block))
		return false;
	return strcmp(commons[c->which].file, "session-noninteractive") != 0 ||
	       !str_equal_cstr(profile_value(p, "Session-Interactive-Only"), "yes");
}

static struct str module_lines(const struct common *c, const struct profile *p, bool first)
{
	const char *field = commons[c->which].field;
	struct str initial = profile_field(c->d, p, field, "-Initial");

	return first && initial.len ? initial : profile_field(c->d, p, field, "");
}

static size_t count_lines(struct str text)
{
	size_t n = 0;
	struct str line;

	while (str_split(&text, '\n', &line))
		n++;
	return n;
}

/* Length of "CONTROL MODULE" at the front of a line: [..] may hold blanks. */
static size_t module_end(struct str line)
{
	size_t i = 0;

	if (line.len && *line.ptr == '[')
		i = str_find_char(line, ']');
	while (i < line.len && line.ptr[i] != ' ' && line.ptr[i] != '\t')
		i++;
	while (i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\t'))
		i++;
	while (i < line.len && line.ptr[i] != ' ' && line.ptr[i] != '\t')
		i++;
	return i;
}

/* "[success=end ...]": `end` becomes the number of lines that are left. */
static struct str with_jump(struct debian *d, struct str line, int64_t left)
{
	static const struct str word = { "=end", 4 };
	size_t close = str_find_char(line, ']');

	if (!line.len || *line.ptr != '[')
		return line;
	for (size_t i = 0; i + word.len < close + 1 && close < line.len; i++)
		if (memcmp(line.ptr + i, word.ptr, word.len) == 0 &&
		    strchr(" \t]", line.ptr[i + word.len]))
			return str_of(arena_printf(d->arena, "%.*s=%lld%.*s", (int)i, line.ptr,
						   (long long)left,
						   (int)(line.len - i - word.len),
						   line.ptr + i + word.len));
	return line;
}

static void add_module(const struct common *c, struct str line, int64_t left)
{
	struct str text = with_jump(c->d, line, left);
	size_t end = module_end(text);
	struct str arguments = str_trim((struct str){ text.ptr + end, text.len - end });

	buf_printf(c->to, "%s\t%.*s " STR_FMT "\n", commons[c->which].type, (int)end, text.ptr,
		   STR_ARG(arguments));
}

static void add_profile(const struct common *c, const struct profile *p, bool first,
			int64_t *left)
{
	struct str lines = module_lines(c, p, first), line;

	buf_printf(c->state, "Module: " STR_FMT "\n" STR_FMT "\n", STR_ARG(p->name),
		   STR_ARG(lines));
	while (str_split(&lines, '\n', &line))
		add_module(c, line, (*left)--);
}

static void add_block(const struct common *c, const char *block)
{
	bool primary = strcmp(block, "Primary") == 0, first = true;
	int64_t left = primary ? 0 : -1;

	for (size_t i = 0; i < c->profiles->n; i++)
		if (takes_part(c, &c->profiles->list[i], block)) {
			left += (int64_t)count_lines(module_lines(c, &c->profiles->list[i], first));
			first = false;
		}
	if (primary && first) {
		buf_printf(c->to, "%s\t[default=1]\t\t\tpam_permit.so\n", commons[c->which].type);
		buf_add_cstr(c->state, "Module: null\n[default=1]\t\t\tpam_permit.so\n");
	}
	first = true;
	for (size_t i = 0; i < c->profiles->n; i++)
		if (takes_part(c, &c->profiles->list[i], block)) {
			add_profile(c, &c->profiles->list[i], first, &left);
			first = false;
		}
}

static bool begins(struct str line, const char *text)
{
	return str_has_prefix(line, str_of(text));
}

static void fill_template(const struct common *c, struct str text)
{
	enum { BEFORE, IN_PRIMARY, BETWEEN, IN_ADDITIONAL, AFTER } state = BEFORE;
	struct str line;

	text.len -= text.len && text.ptr[text.len - 1] == '\n';
	while (str_split(&text, '\n', &line)) {
		if (state == IN_PRIMARY && begins(line, "# here's the fallback if no module"))
			state = BETWEEN;
		else if (state == IN_ADDITIONAL && begins(line, "# end of pam-auth-update config"))
			state = AFTER;
		if (state == IN_PRIMARY || state == IN_ADDITIONAL)
			continue;
		buf_printf(c->to, STR_FMT "\n", STR_ARG(line));
		if (state == BEFORE && begins(line, "# here are the per-package modules (the "
						    "\"Primary\" block)")) {
			add_block(c, "Primary");
			state = IN_PRIMARY;
		} else if (state == BETWEEN && begins(line, "# and here are more per-package "
							    "modules (the \"Additional\" block)")) {
			add_block(c, "Additional");
			state = IN_ADDITIONAL;
		}
	}
}

static int write_common(struct debian *d, const struct profiles *profiles, size_t which,
			cause_id cause, struct error *err)
{
	CLEANUP_BUF struct buf to = BUF_INIT(PAM_MAX), state = BUF_INIT(PAM_MAX);
	const struct common c = { d, profiles, which, &to, &state };
	const char *file = commons[which].file;
	char *from = arena_printf(d->arena, "usr/share/pam/common-%s", file);
	struct str text;
	int r = debian_read(d, str_of(from), &text, err);

	if (r)
		return r < 0 ? -1 : 0;
	if (text.len > PAM_MAX / 4)
		return err_set(err, ERR_LIMIT, "'/%s' is larger than %u bytes", from, PAM_MAX / 4);
	fill_template(&c, text);
	if (tree_write_file(d->tree, str_of(arena_printf(d->arena, "etc/pam.d/common-%s", file)),
			    buf_bytes(&to), 0644, cause, NULL, err) < 0)
		return -1;
	return tree_write_file(d->tree, str_of(arena_printf(d->arena, "var/lib/pam/%s", file)),
			       buf_bytes(&state), 0644, cause, NULL, err);
}

int pam_update(struct debian *d, struct error *err)
{
	cause_id cause = tree_cause_intern(d->tree, (struct cause){ CAUSE_SCRIPT,
								    STR("libpam-runtime"),
								    STR("postinst") });
	CLEANUP_BUF struct buf seen = BUF_INIT(PAM_MAX);
	struct profiles profiles;

	if (read_profiles(d, &profiles, err) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(commons); i++)
		if (write_common(d, &profiles, i, cause, err) < 0)
			return -1;
	for (size_t i = 0; i < profiles.n; i++)
		buf_printf(&seen, STR_FMT "\n", STR_ARG(profiles.list[i].name));
	return tree_write_file(d->tree, STR("var/lib/pam/seen"), buf_bytes(&seen), 0644, cause,
			       NULL, err);
}

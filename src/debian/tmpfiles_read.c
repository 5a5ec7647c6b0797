/* The lines of tmpfiles.d(5). */
#include "debian/conf_line.h"
#include "debian/tmpfiles.h"

#include "base/limits.h"

#define FIELDS 6u /* type, path, mode, user, group, age */

bool tmp_is_pattern(char type)
{
	return strchr("wexXrRzZmtThHaA", type) != NULL;
}

static bool owns(char type)
{
	return strchr("fFdDvqQpLcbCwexXrR", type) != NULL;
}

static bool is_dash(struct str s)
{
	return !s.len || str_equal_cstr(s, "-");
}

/* The letters behind the type. False: the program would not take the line. */
static bool take_modifiers(const struct tmpfiles *t, struct str word, struct tmp_item *i,
			   bool *ret_boot, bool *ret_skip)
{
	for (size_t k = 1; k < word.len; k++) {
		switch (word.ptr[k]) {
		case '!':
			*ret_boot = true;
			break;
		case '-':
			break; /* its failure is none */
		case '+':
			i->plus = true;
			break;
		case '=':
			i->replace = true;
			break;
		case '^':
			*ret_skip = true; /* of a credential: there is none */
			break;
		case '$':
			if (t->systemd < 256)
				return false;
			break;
		case '?':
			if (t->systemd < 256)
				return false;
			i->if_target = true;
			break;
		default:
			return false; /* '~' is checked by the caller */
		}
	}
	return true;
}

static bool is_below(struct str path, struct str top)
{
	return str_has_prefix(path, top) &&
	       (path.len == top.len || top.len == 1 || path.ptr[top.len] == '/');
}

static bool is_wanted(const struct tmpfiles *t, struct str path)
{
	bool in = t->n_prefixes == 0;

	for (size_t i = 0; i < t->n_prefixes; i++)
		in |= is_below(path, t->prefixes[i]);
	for (size_t i = 0; i < t->n_exclude; i++)
		in &= !is_below(path, t->exclude[i]);
	return in && !is_below(path, STR("/proc")) && !is_below(path, STR("/sys")) &&
	       !is_below(path, STR("/dev"));
}

/* "/a//b/./c/" to "/a/b/c". False for a path with "..", or that is not absolute. */
static bool simplify(struct arena *arena, struct str path, struct str *ret)
{
	CLEANUP_BUF struct buf b = BUF_INIT(LIMIT_PATH_MAX * 4u);
	struct str part;

	if (!path.len || *path.ptr != '/' || path.len > LIMIT_PATH_MAX)
		return false;
	while (str_split(&path, '/', &part)) {
		if (!part.len || str_equal_cstr(part, "."))
			continue;
		if (str_equal_cstr(part, ".."))
			return false;
		buf_add_char(&b, '/');
		buf_add_str(&b, part);
	}
	*ret = b.len ? arena_str(arena, buf_str(&b)) : STR("/");
	return true;
}

static bool take_mode(struct str text, struct tmp_item *i)
{
	unsigned mode = 0;

	if (is_dash(text))
		return true;
	for (; text.len && strchr("~:", *text.ptr); text.ptr++, text.len--) {
		i->mask |= *text.ptr == '~';
		i->mode_new_only |= *text.ptr == ':';
	}
	if (!text.len || text.len > 5)
		return false;
	for (size_t k = 0; k < text.len; k++) {
		if (text.ptr[k] < '0' || text.ptr[k] > '7')
			return false;
		mode = 8 * mode + (unsigned)(text.ptr[k] - '0');
	}
	i->has_mode = mode <= 07777;
	i->mode = (uint16_t)mode;
	return i->has_mode;
}

static bool parse_id(struct str text, uint32_t *ret)
{
	uint64_t v;

	if (!str_parse_u64(text, &v) || v >= UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static bool take_user(struct tmpfiles *t, struct str text, struct tmp_item *i)
{
	uint32_t gid;

	if (is_dash(text))
		return true;
	if (*text.ptr == ':') {
		i->uid_new_only = true;
		text = (struct str){ text.ptr + 1, text.len - 1 };
	}
	i->has_uid = true;
	if (str_equal_cstr(text, "root") || parse_id(text, &i->uid))
		return true;
	return accounts_find_user(t->accounts, text, &i->uid, &gid);
}

static bool take_group(struct tmpfiles *t, struct str text, struct tmp_item *i)
{
	if (is_dash(text))
		return true;
	if (*text.ptr == ':') {
		i->gid_new_only = true;
		text = (struct str){ text.ptr + 1, text.len - 1 };
	}
	i->has_gid = true;
	if (str_equal_cstr(text, "root") || parse_id(text, &i->gid))
		return true;
	return accounts_find_group(t->accounts, text, &i->gid);
}

/* Return: 0, 1 with *ret_reason. *ret_good: the program would take it. */
static int take_argument(struct tmpfiles *t, struct str rest, struct tmp_item *i, bool *ret_good,
			 const char **ret_reason)
{
	struct str raw = str_trim(rest);

	*ret_good = true;
	if (!is_dash(raw)) {
		i->has_argument = true;
		if (!conf_unescape(t->d->arena, raw, &i->argument)) {
			*ret_good = false;
			return 0;
		}
		switch (conf_expand(t->d, i->argument, &i->argument)) {
		case CONF_EXPANDED:
			break;
		case CONF_BAD:
			*ret_good = false;
			return 0;
		case CONF_OF_THE_MACHINE:
			*ret_reason = "an argument that only a machine knows";
			return 1;
		}
	}
	if (strchr("LC", i->type) && !i->has_argument) {
		i->has_argument = true;
		i->argument = str_of(
			arena_printf(t->d->arena, "/usr/share/factory" STR_FMT, STR_ARG(i->path)));
	}
	if ((i->type == 'w' && !i->has_argument) || (i->type == 'C' && (*i->argument.ptr != '/')) ||
	    (strchr("cbaA", i->type) && !i->has_argument))
		*ret_good = false;
	return 0;
}

/* As item_compatible() of the program: two lines that own one path must agree. */
static bool is_duplicate(const struct tmpfiles *t, const struct tmp_item *i)
{
	for (size_t k = 0; k < t->n; k++) {
		const struct tmp_item *o = &t->items[k];

		if (!str_equal(o->path, i->path) || !owns(o->type) || !owns(i->type) ||
		    tmp_is_pattern(o->type) != tmp_is_pattern(i->type))
			continue;
		if (o->type != i->type || o->has_uid != i->has_uid || o->uid != i->uid ||
		    o->has_gid != i->has_gid || o->gid != i->gid || o->has_mode != i->has_mode ||
		    o->mode != i->mode || !str_equal(o->argument, i->argument))
			return true;
	}
	return false;
}

static int take_line(struct tmpfiles *t, struct str *w, struct str rest, const char **ret_reason)
{
	struct tmp_item i = { .type = w[0].ptr[0], .argument = { "", 0 } };
	bool boot = false, skip = false, good = true;
	enum conf_expansion e;

	if (str_find_char(w[0], '~') < w[0].len) {
		*ret_reason = "an argument in base64 (~)";
		return 1;
	}
	if (!w[0].len || !strchr("fFwdDevqQpLcbCxXrRzZmtThHaA", i.type) ||
	    !take_modifiers(t, w[0], &i, &boot, &skip)) {
		t->bad_line = true;
		return 0;
	}
	if ((boot && !t->boot) || skip || strchr("xXhH", i.type))
		return 0;
	e = conf_expand(t->d, w[1], &w[1]);
	if (e == CONF_OF_THE_MACHINE &&
	    (tmp_is_pattern(i.type) || is_below(w[1], STR("/run")) || is_below(w[1], STR("/tmp"))))
		return 0; /* nothing of the name can be there, or stay */
	if (e == CONF_OF_THE_MACHINE) {
		*ret_reason = "a path that only a machine knows";
		return 1;
	}
	if (e == CONF_BAD || !simplify(t->d->arena, w[1], &i.path) || !take_mode(w[2], &i)) {
		t->bad_line = true;
		return 0;
	}
	if (!is_wanted(t, i.path))
		return 0;
	if (take_argument(t, rest, &i, &good, ret_reason))
		return 1;
	if (!good || !take_user(t, w[3], &i) || !take_group(t, w[4], &i)) {
		t->bad_line = true;
		return 0;
	}
	if (is_duplicate(t, &i))
		return 0;
	ARENA_GROW(t->d->arena, t->items, t->n, t->capacity);
	t->items[t->n++] = i;
	return 0;
}

int tmpfiles_read(struct tmpfiles *t, struct str text, const char **ret_reason)
{
	struct str line;

	while (str_split(&text, '\n', &line)) {
		struct str w[FIELDS] = { { "", 0 }, { "", 0 }, { "", 0 },
					 { "", 0 }, { "", 0 }, { "", 0 } };
		size_t n = 0;
		int r = 1;

		line = str_trim(line);
		if (!line.len || *line.ptr == '#' || *line.ptr == ';')
			continue;
		while (n < FIELDS && (r = conf_word(t->d->arena, &line, &w[n])) == 1)
			n++;
		if (r < 0 || n < 2) {
			t->bad_line = true;
			continue;
		}
		if (take_line(t, w, line, ret_reason))
			return 1;
	}
	return 0;
}

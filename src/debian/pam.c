/*
 * pam-auth-update (debian.md 5.12): the common files of /etc/pam.d from profiles. Each
 * run compares them with what the run before has written, so that a line that somebody
 * else put there stops it; options that somebody changed in them have no model.
 */
#include "debian/command_list.h"
#include "debian/effects.h"
#include "debian/pam_private.h"
#include "resolve/archive.h"

#define PAM_MAX (4u << 20) /* bytes of one common file */
#define WORDS_MAX 64u
#define OLD_SUFFIX ".pam-old"

static const struct {
	const char *file, *field, *type;
} commons[] = {
	{ "auth", "Auth", "auth" },
	{ "account", "Account", "account" },
	{ "password", "Password", "password" },
	{ "session", "Session", "session" },
	{ "session-noninteractive", "Session-noninteractive", "session" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct pam_run {
	struct debian *d;
	cause_id cause;
	bool force;
	struct str enable[WORDS_MAX], disable[WORDS_MAX], without[WORDS_MAX];
	size_t n_enable, n_disable, n_without;
	struct pam_profiles all;
	const char *fault; /* what has no model */
	bool declined;	   /* local modifications: nothing is written */
};

static bool begins(struct str line, const char *text)
{
	return str_has_prefix(line, str_of(text));
}

static const char primary_begin[] = "# here are the per-package modules (the \"Primary\" block)";
static const char primary_end[] = "# here's the fallback if no module succeeds";
static const char additional_begin[] =
	"# and here are more per-package modules (the \"Additional\" block)";
static const char additional_end[] = "# end of pam-auth-update config";

static struct str common_path(const struct pam_run *p, const char *dir, size_t which)
{
	return str_of(arena_printf(p->d->arena, "%s%s", dir, commons[which].file));
}

/* ---- lines of modules ---- */

/* "CONTROL MODULE" at the front of a line: the control may be [..] with blanks in it. */
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

/* "end" becomes the number of lines that are left. */
static struct str with_jumps(struct debian *d, struct str text, int64_t left)
{
	CLEANUP_BUF struct buf out = BUF_INIT(PAM_MAX);

	for (size_t i = 0; i < text.len; i++) {
		if (i + 3 <= text.len && memcmp(text.ptr + i, "end", 3) == 0) {
			buf_printf(&out, "%lld", (long long)left);
			i += 2;
		} else {
			buf_add_char(&out, text.ptr[i]);
		}
	}
	return arena_str(d->arena, buf_str(&out));
}

static void add_module(const struct pam_run *p, size_t which, struct str line, int64_t left,
		       struct buf *to)
{
	size_t end = module_end(line);
	struct str rest = str_trim((struct str){ line.ptr + end, line.len - end });
	struct str module = with_jumps(p->d, (struct str){ line.ptr, end }, left);

	buf_printf(to, "%s\t" STR_FMT " ", commons[which].type, STR_ARG(module));
	for (size_t i = 0; i < rest.len; i++) {
		bool blank = rest.ptr[i] == ' ' || rest.ptr[i] == '\t';

		if (!blank)
			buf_add_char(to, rest.ptr[i]);
		else if (rest.ptr[i - 1] != ' ' && rest.ptr[i - 1] != '\t')
			buf_add_char(to, ' ');
	}
	buf_add_char(to, '\n');
}

static struct str module_lines(const struct pam_profile *p, size_t which, bool first)
{
	struct str initial = pam_value(p, commons[which].field, "-Initial");

	return first && initial.len ? initial : pam_value(p, commons[which].field, "");
}

static bool takes_part(const struct pam_profile *p, size_t which, const char *block)
{
	return p->enabled && str_equal_cstr(pam_value(p, commons[which].field, "-Type"), block);
}

static size_t count_lines(struct str text)
{
	struct str line;
	size_t n = 0;

	while (text.len && str_split(&text, '\n', &line))
		n++;
	return n;
}

static void add_block(const struct pam_run *p, size_t which, const char *block, struct buf *to)
{
	bool primary = strcmp(block, "Primary") == 0, first = true;
	int64_t left = primary ? 0 : -1;

	for (size_t i = 0; i < p->all.n; i++)
		if (takes_part(&p->all.list[i], which, block)) {
			left += (int64_t)count_lines(module_lines(&p->all.list[i], which, first));
			first = false;
		}
	if (primary && left == 0)
		buf_printf(to, "%s\t[default=1]\t\t\tpam_permit.so\n", commons[which].type);
	first = true;
	for (size_t i = 0; i < p->all.n; i++) {
		struct str lines, line;

		if (!takes_part(&p->all.list[i], which, block))
			continue;
		lines = module_lines(&p->all.list[i], which, first);
		first = false;
		while (lines.len && str_split(&lines, '\n', &line))
			add_module(p, which, line, left--, to);
	}
}

/* What the next run compares with. A profile without a type counts as neither. */
static void add_state(const struct pam_run *p, size_t which, struct buf *to)
{
	static const char *const other[] = { "Additional", "Primary" };

	for (size_t k = 0; k < 2; k++) {
		size_t n = 0;

		for (size_t i = 0; i < p->all.n; i++) {
			const struct pam_profile *one = &p->all.list[i];
			struct str type = pam_value(one, commons[which].field, "-Type"), lines;

			if (!one->enabled || !type.len || str_equal_cstr(type, other[k]))
				continue;
			lines = module_lines(one, which, n++ == 0);
			if (lines.len)
				buf_printf(to, "Module: " STR_FMT "\n" STR_FMT "\n",
					   STR_ARG(one->name), STR_ARG(lines));
		}
		if (k == 0 && n == 0)
			buf_add_cstr(to, "Module: null\n[default=1]\t\t\tpam_permit.so\n");
	}
}

/* ---- comparing with what was written before ---- */

/* Without numbers in [..] and, in saved lines, without "end" there. */
static struct str without_jumps(struct debian *d, struct str line, bool saved)
{
	CLEANUP_BUF struct buf out = BUF_INIT(PAM_MAX);
	size_t open = str_find_char(line, '['), close = 0, i = 0;

	for (size_t k = 0; k < line.len; k++)
		if (line.ptr[k] == ']')
			close = k;
	for (i = open; i < close && !(line.ptr[i] >= '0' && line.ptr[i] <= '9'); i++)
		;
	if (i < close) { /* the first number in the brackets */
		buf_add(&out, line.ptr, i);
		while (i < close && line.ptr[i] >= '0' && line.ptr[i] <= '9')
			i++;
		buf_add(&out, line.ptr + i, line.len - i);
		line = arena_str(d->arena, buf_str(&out));
		buf_reset(&out);
	}
	close = 0;
	for (size_t k = 0; k < line.len; k++)
		if (line.ptr[k] == ']')
			close = k;
	for (i = close; saved && i > open + 2; i--)
		if (memcmp(line.ptr + i - 3, "end", 3) == 0) { /* the last "end" */
			buf_add(&out, line.ptr, i - 3);
			buf_add(&out, line.ptr + i, line.len - i);
			return arena_str(d->arena, buf_str(&out));
		}
	return line;
}

static bool same_options(struct str a, struct str b)
{
	a = str_trim(a);
	b = str_trim(b);
	while (a.len && b.len) {
		size_t n = 0, m = 0;

		while (n < a.len && a.ptr[n] != ' ' && a.ptr[n] != '\t')
			n++;
		while (m < b.len && b.ptr[m] != ' ' && b.ptr[m] != '\t')
			m++;
		if (n != m || memcmp(a.ptr, b.ptr, n) != 0)
			return false;
		a = str_trim((struct str){ a.ptr + n, a.len - n });
		b = str_trim((struct str){ b.ptr + m, b.len - m });
	}
	return !a.len && !b.len;
}

/* One line of the file: the saved lines up to its own are used up. False: not found. */
static bool match_line(struct pam_run *p, struct str *saved, struct str *module, struct str line)
{
	struct str want = without_jumps(p->d, line, false), one;

	while (saved->len && str_split(saved, '\n', &one)) {
		size_t end;
		struct pam_profile *profile;

		if (!one.len)
			continue;
		if (begins(one, "Module: ")) {
			*module = (struct str){ one.ptr + 8, one.len - 8 };
			continue;
		}
		one = without_jumps(p->d, one, true);
		end = module_end(one);
		if (want.len < end || memcmp(want.ptr, one.ptr, end) != 0)
			continue;
		if (!same_options((struct str){ one.ptr + end, one.len - end },
				  (struct str){ want.ptr + end, want.len - end }))
			p->fault = "options in /etc/pam.d were changed";
		profile = pam_find(&p->all, *module);
		if (profile)
			profile->enabled = true;
		return true;
	}
	return false;
}

/* 1: as it was written; 0: something else; -1. */
static int compare_common(struct pam_run *p, size_t which, struct error *err)
{
	enum { BEFORE, IN_PRIMARY, BETWEEN, IN_ADDITIONAL, AFTER } at = BEFORE;
	struct str saved, current, line, module = STR("");
	size_t type = strlen(commons[which].type);
	int r = debian_read(p->d, common_path(p, "/var/lib/pam/", which), &saved, err);

	if (!r)
		r = debian_read(p->d, common_path(p, "/etc/pam.d/common-", which), &current, err);
	if (r)
		return r < 0 ? -1 : 0;
	while (at != AFTER && current.len && str_split(&current, '\n', &line)) {
		if (at == BEFORE || at == BETWEEN) {
			if (begins(line, at == BEFORE ? primary_begin : additional_begin))
				at++;
			continue;
		}
		if (begins(line, at == IN_PRIMARY ? primary_end : additional_end)) {
			at++;
			continue;
		}
		if (begins(line, commons[which].type) && line.len > type &&
		    (line.ptr[type] == ' ' || line.ptr[type] == '\t'))
			line = str_trim((struct str){ line.ptr + type, line.len - type });
		if (!match_line(p, &saved, &module, line))
			return 0;
	}
	return at >= IN_ADDITIONAL;
}

/* ---- choosing ---- */

static bool is_word(const struct str *list, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(list[i], name))
			return true;
	return false;
}

static int read_seen(struct pam_run *p, struct error *err)
{
	struct str text = STR(""), line;
	struct pam_profile *one;

	if (debian_read(p->d, STR("/var/lib/pam/seen"), &text, err) < 0)
		return -1;
	while (text.len && str_split(&text, '\n', &line)) {
		one = pam_find(&p->all, line);
		if (one)
			one->seen = true;
	}
	return 0;
}

static size_t count_enabled(const struct pam_run *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->all.n; i++)
		n += p->all.list[i].enabled;
	return n;
}

static bool conflicts(const struct pam_profile *a, const struct pam_profile *b)
{
	struct str list = pam_value(a, "Conflicts", ""), name;

	while (list.len && str_split(&list, ',', &name))
		if (str_equal(str_trim(name), b->name))
			return true;
	return false;
}

/* The recipe's answer to "which profiles" holds where nothing was written before. */
static void preseeded(struct pam_run *p)
{
	const struct debian_options *o = p->d->options;

	for (size_t i = 0; i < o->n_debconf; i++) {
		struct str list = o->debconf[i].value, name;

		if (!str_equal_cstr(o->debconf[i].question, "libpam-runtime/profiles"))
			continue;
		while (list.len && str_split(&list, ',', &name)) {
			struct pam_profile *one = pam_find(&p->all, str_trim(name));

			if (one)
				one->enabled = true;
		}
	}
}

static void choose(struct pam_run *p)
{
	bool none;

	for (size_t i = 0; i < p->all.n; i++) {
		struct pam_profile *one = &p->all.list[i];

		one->enabled |= is_word(p->enable, p->n_enable, one->name);
		if (is_word(p->disable, p->n_disable, one->name)) {
			one->enabled = false;
			one->seen = true;
		}
	}
	none = count_enabled(p) == 0; /* an empty set is an error: all defaults again */
	for (size_t i = 0; i < p->all.n; i++) {
		struct pam_profile *one = &p->all.list[i];

		one->seen &= !none;
		one->enabled |= !one->seen && str_equal_cstr(pam_value(one, "Default", ""), "yes");
	}
	for (size_t i = 0; i < p->all.n; i++)
		for (size_t k = p->all.n; p->all.list[i].enabled && k > 0; k--)
			if (conflicts(&p->all.list[i], &p->all.list[k - 1]))
				p->all.list[k - 1].enabled = false;
	if (!count_enabled(p))
		p->fault = "no profile would be left";
}

/* ---- writing ---- */

/* The template with both blocks filled in; false if a marker is missing. */
static bool fill(const struct pam_run *p, size_t which, struct str text, struct buf *to)
{
	enum { BEFORE, IN_PRIMARY, BETWEEN, IN_ADDITIONAL, AFTER } at = BEFORE;
	struct str line;

	text.len -= text.len && text.ptr[text.len - 1] == '\n';
	while (text.ptr && str_split(&text, '\n', &line)) {
		if ((at == IN_PRIMARY && begins(line, primary_end)) ||
		    (at == IN_ADDITIONAL && begins(line, additional_end)))
			at++;
		else if (at == IN_PRIMARY || at == IN_ADDITIONAL)
			continue;
		buf_printf(to, STR_FMT "\n", STR_ARG(line));
		if ((at == BEFORE && begins(line, primary_begin)) ||
		    (at == BETWEEN && begins(line, additional_begin))) {
			add_block(p, which, at == BEFORE ? "Primary" : "Additional", to);
			at++;
		}
	}
	return at == AFTER;
}

/*
 * The text around the blocks is the file's own where there is one. The program takes
 * the package's text for it if it knows its digest: both must be the same here.
 */
static int common_text(struct pam_run *p, size_t which, struct buf *to, struct error *err)
{
	CLEANUP_BUF struct buf own = BUF_INIT(PAM_MAX);
	struct str stock = STR(""), current = STR("");
	int r = debian_read(p->d, common_path(p, "/usr/share/pam/common-", which), &stock, err);
	int s;

	if (r < 0)
		return -1;
	s = debian_read(p->d, common_path(p, "/etc/pam.d/common-", which), &current, err);
	if (s < 0)
		return -1;
	if (stock.len > PAM_MAX / 4 || current.len > PAM_MAX / 4)
		return err_set(err, ERR_LIMIT, "a file of /etc/pam.d is larger than %u bytes",
			       PAM_MAX / 4);
	if ((s && !p->force) || r || !fill(p, which, stock, to)) {
		p->fault = "the common files of /etc/pam.d are missing";
		return 0;
	}
	if (!s && (!fill(p, which, current, &own) || !str_equal(buf_str(&own), buf_str(to))))
		p->fault = "a common file of /etc/pam.d was changed";
	return 0;
}

static int keep_old(struct pam_run *p, struct str path, struct error *err)
{
	struct node *node = tree_resolve(p->d->tree, path, true);
	struct str text;
	int r = debian_read(p->d, path, &text, err);

	if (r || !p->force || !node)
		return r < 0 ? -1 : 0;
	return debian_store(p->d,
			    str_of(arena_printf(p->d->arena, STR_FMT OLD_SUFFIX, STR_ARG(path))),
			    text, node->inode->mode, p->cause, err);
}

static int write_commons(struct pam_run *p, struct error *err)
{
	struct str text[COUNT(commons)];

	for (size_t i = 0; i < COUNT(commons); i++) {
		CLEANUP_BUF struct buf to = BUF_INIT(PAM_MAX);

		if (common_text(p, i, &to, err) < 0)
			return -1;
		if (p->fault)
			return 0;
		text[i] = arena_str(p->d->arena, buf_str(&to));
	}
	for (size_t i = 0; i < COUNT(commons); i++) {
		CLEANUP_BUF struct buf state = BUF_INIT(PAM_MAX);
		struct str path = common_path(p, "/etc/pam.d/common-", i);

		add_state(p, i, &state);
		if (keep_old(p, path, err) < 0 ||
		    debian_store(p->d, path, text[i], 0644, p->cause, err) < 0 ||
		    debian_store(p->d, common_path(p, "/var/lib/pam/", i), buf_str(&state), 0644,
				 p->cause, err) < 0)
			return -1;
	}
	return 0;
}

static int write_seen(struct pam_run *p, struct error *err)
{
	CLEANUP_BUF struct buf seen = BUF_INIT(PAM_MAX);

	for (size_t i = 0; i < p->all.n; i++)
		buf_printf(&seen, STR_FMT "\n", STR_ARG(p->all.list[i].name));
	return debian_store(p->d, STR("/var/lib/pam/seen"), buf_str(&seen), 0644, p->cause, err);
}

static int run_pam(struct pam_run *p, struct error *err)
{
	const struct unpacked *package = debian_find(p->d, STR("libpam-runtime"));
	bool literal = package && version_compare(package->package->version, STR("1.5.3")) >= 0;
	int same = 1,
	    r = pam_read_profiles(p->d, literal, p->without, p->n_without, &p->all, &p->fault, err);

	if (r)
		return r < 0 ? -1 : 0;
	for (size_t i = 0; i < COUNT(commons) && same > 0; i++)
		same = compare_common(p, i, err);
	if (same < 0)
		return -1;
	if (!same) {
		for (size_t i = 0; i < p->all.n; i++)
			p->all.list[i].enabled = false;
		p->fault = NULL;
		preseeded(p);
	}
	p->declined = !same && !p->force;
	if (p->declined || read_seen(p, err) < 0)
		return p->declined ? 0 : -1;
	choose(p);
	if (p->fault || write_commons(p, err) < 0)
		return p->fault ? 0 : -1;
	return p->fault ? 0 : write_seen(p, err);
}

/* ---- the program, and the catalogue's word for it ---- */

static size_t take_words(struct shell_call *c, size_t i, struct str *list, size_t *n)
{
	while (i + 1 < c->argc && !begins(c->argv[i + 1], "--") && *n < WORDS_MAX)
		list[(*n)++] = c->argv[++i];
	return i;
}

int command_pam_auth_update(struct shell_call *c, struct error *err)
{
	struct pam_run p = { .d = debian_of(c), .cause = c->cause };

	for (size_t i = 1; i < c->argc; i++) {
		struct str word = c->argv[i];

		if (str_equal_cstr(word, "--force"))
			p.force = true;
		else if (str_equal_cstr(word, "--enable"))
			i = take_words(c, i, p.enable, &p.n_enable);
		else if (str_equal_cstr(word, "--disable"))
			i = take_words(c, i, p.disable, &p.n_disable);
		else if (str_equal_cstr(word, "--remove"))
			i = take_words(c, i, p.without, &p.n_without);
		else if (str_equal_cstr(word, "--root") && i + 1 < c->argc &&
			 (!c->argv[i + 1].len || str_equal_cstr(c->argv[i + 1], "/")))
			i++;
		else if (!str_equal_cstr(word, "--package"))
			return shell_refuse(c, err, "no model of '" STR_FMT "'", STR_ARG(word));
	}
	if (run_pam(&p, err) < 0)
		return -1;
	if (p.fault)
		return shell_refuse(c, err, "%s", p.fault);
	if (p.declined)
		buf_add_cstr(c->err, "\npam-auth-update: Local modifications to "
				     "/etc/pam.d/common-*, not updating.\npam-auth-update: Run "
				     "pam-auth-update --force to override.\n\n");
	return 0;
}

int pam_update(struct debian *d, struct error *err)
{
	struct pam_run p = {
		.d = d,
		.cause = tree_cause_intern(
			d->tree,
			(struct cause){ CAUSE_SCRIPT, STR("libpam-runtime"), STR("postinst") }),
		.force = true,
	};

	if (run_pam(&p, err) < 0)
		return -1;
	return p.fault ? err_set(err, ERR_FORMAT, "pam-auth-update: %s", p.fault) : 0;
}

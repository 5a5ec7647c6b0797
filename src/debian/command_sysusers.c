/* systemd-sysusers (252, 257). */
#include "debian/conf_line.h"
#include "debian/service_commands.h"
#include "debian/sysusers.h"

struct request {
	struct str *names;
	size_t n;
	bool in_line;	    /* operands are lines */
	struct str replace; /* the file that they stand for, or "" */
	struct str missing; /* a name without a file: nothing is done then */
};

/* Return: 0, 1 with the status of a refusal, -1. */
static int take_arguments(struct shell_call *c, struct request *q, int *ret_status,
			  struct error *err)
{
	q->names = arena_array(c->world->arena, c->argc + 1, sizeof(*q->names));
	for (size_t i = 1; i < c->argc; i++) {
		struct str a = c->argv[i];

		if (str_equal_cstr(a, "--inline")) {
			q->in_line = true;
		} else if (str_has_prefix(a, STR("--replace="))) {
			q->replace = (struct str){ a.ptr + 10, a.len - 10 };
		} else if (str_equal_cstr(a, "--root=/") || str_equal_cstr(a, "--no-pager")) {
			continue;
		} else if (a.len > 1 && a.ptr[0] == '-') {
			*ret_status = shell_refuse(c, err, "no such option: " STR_FMT, STR_ARG(a));
			return *ret_status < 0 ? -1 : 1;
		} else {
			q->names[q->n++] = a;
		}
	}
	return 0;
}

static int read_one(struct shell_call *c, struct sysusers *s, struct str path, const char **reason,
		    struct error *err)
{
	struct tree_files f = service_files(c);
	struct str text;
	int r = path.len ? files_read(&f, path, &text, err) : 0;

	if (r < 0)
		return -1;
	if (!path.len)
		text = shell_input_all(c->in);
	return r ? 0 : sysusers_read(s, text, reason);
}

/* --replace=PATH: all files, but those given in the place of PATH. */
static bool is_replaced(struct str path, struct str replace)
{
	return replace.len && str_equal(path_last(path), path_last(replace));
}

static int read_all(struct shell_call *c, struct sysusers *s, struct request *q,
		    const char **reason, struct error *err)
{
	struct debian *d = debian_of(c);
	struct str *named = NULL, *all = NULL, missing = STR("");
	size_t n_named = 0, n_all = 0;
	int r = 0;
	bool done = false;

	if (q->in_line)
		for (size_t i = 0; i < q->n && !r; i++)
			r = sysusers_read(s, q->names[i], reason);
	if (q->in_line)
		return r;
	if (conf_choose(d, "sysusers.d", q->names, q->n, &named, &n_named, &missing, err)) {
		q->missing = missing;
		return 0;
	}
	if (q->replace.len &&
	    conf_choose(d, "sysusers.d", NULL, 0, &all, &n_all, &missing, err) < 0)
		return -1;
	for (size_t i = 0; i < n_all && !r; i++) {
		if (!done && str_compare(path_last(all[i]), path_last(q->replace)) >= 0) {
			for (size_t k = 0; k < n_named && !r; k++)
				r = read_one(c, s, named[k], reason, err);
			done = true;
		}
		if (!r && !is_replaced(all[i], q->replace))
			r = read_one(c, s, all[i], reason, err);
	}
	for (size_t k = 0; !done && k < n_named && !r; k++)
		r = read_one(c, s, named[k], reason, err);
	return r;
}

/* A shadow file that the program makes is nobody's to read: mode 0. */
static void close_shadow(struct tree_files *f, const char *path, bool was_there)
{
	struct node *n = files_find(f, str_of(path), true);

	if (!n || was_there)
		return;
	tree_set_mode(n, 0, f->cause);
	tree_set_owner(n, 0, 0, f->cause);
}

static int apply(struct shell_call *c, struct sysusers *s, struct error *err)
{
	struct tree_files f = service_files(c);
	struct debian *d = debian_of(c);
	bool shadow = files_find(&f, STR("/etc/shadow"), true) != NULL;
	bool gshadow = files_find(&f, STR("/etc/gshadow"), true) != NULL;
	struct accounts *a;

	if (accounts_open(d, &a, err) < 0 || sysusers_apply(s, a, err) < 0 ||
	    accounts_commit(d, a, c->cause, err) < 0)
		return -1;
	close_shadow(&f, "/etc/shadow", shadow);
	close_shadow(&f, "/etc/gshadow", gshadow);
	return 0;
}

int command_systemd_sysusers(struct shell_call *c, struct error *err)
{
	struct debian *d = debian_of(c);
	unsigned version = service_systemd(c);
	struct request q = { .replace = STR(""), .missing = STR("") };
	const char *reason = "";
	struct sysusers *s;
	int status = 0, r = take_arguments(c, &q, &status, err);

	if (r)
		return r < 0 ? -1 : status;
	if (service_elsewhere(c) || !version)
		return shell_refuse(c, err, "DPKG_ROOT, or no package that says the version");
	s = sysusers_new(d, version);
	r = read_all(c, s, &q, &reason, err);
	if (r)
		return r < 0 ? -1 : shell_refuse(c, err, "%s", reason);
	if (q.missing.len)
		return shell_fail(c, 1, "Failed to open '" STR_FMT "': No such file or directory",
				  STR_ARG(q.missing));
	if ((q.n || q.in_line) && sysusers_has_bad_line(s))
		return 1;
	return apply(c, s, err);
}

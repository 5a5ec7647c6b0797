/*
 * oracle_compose [--effects FILE] [--refusals] [--rows FOLDER] STAGE ARCHITECTURE EPOCH
 *                OUT PACKAGE.deb... - packages to a tree without a recipe: for the
 * comparison with what dpkg makes of the same files. OUT is a tar, or with --rows the
 * tree as text (tree_rows.h). What can't be evaluated is a line
 * "refused PACKAGE SCRIPT LINE: REASON: TEXT" on standard error; the rest goes on,
 * and the status is 10. --effects writes the effects object; --refusals only lists.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "debian/debian.h"
#include "debian/relation.h"
#include "format/tar/tar.h"
#include "resolve/deb822.h"
#include "stage/stage.h"
#include "tree_rows.h"

static int load(struct stage *s, const char *path, struct debian_package *ret, struct error *err)
{
	CLEANUP_SOURCE struct source *source = NULL;
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	const struct pack_control *control;
	struct deb822_reader reader;
	struct stanza_field field;
	struct digest digest;
	struct pack *pack;
	int r;

	if (fd < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	source = source_of_fd(fd, 0, UINT64_MAX, path);
	if (stage_put_source(s, source, NULL, &digest, NULL, err) < 0 ||
	    pack_open(s, PACK_DEB, &digest, path, &pack, NULL, err) < 0)
		return -1;
	*ret = (struct debian_package){ .pack = pack, .kept = true, .automatic = true };
	control = pack_control(pack, STR("control"));
	if (!control || deb822_open(&reader, control->data, "control", err) < 0)
		return -1;
	while ((r = deb822_next(&reader, &field, err)) == DEB822_FIELD) {
		if (deb822_is(field.name, STR("Package")))
			ret->name = field.value;
		else if (deb822_is(field.name, STR("Version")))
			ret->version = field.value;
		else if (deb822_is(field.name, STR("Architecture")))
			ret->architecture = field.value;
		else if (deb822_is(field.name, STR("Essential")))
			ret->essential = true;
	}
	return r < 0 ? -1 : 0;
}

static struct str field(const struct debian_package *p, const char *name)
{
	const struct pack_control *control = pack_control(p->pack, STR("control"));
	struct error err = ERR_INIT;
	struct deb822_reader reader;
	struct stanza_field f;

	if (deb822_open(&reader, control->data, "control", &err) < 0)
		return STR("");
	while (deb822_next(&reader, &f, &err) == DEB822_FIELD)
		if (deb822_is(f.name, str_of(name)))
			return f.value;
	return STR("");
}

static bool is_or_provides(const struct debian_package *p, struct str provides, struct str name)
{
	struct str value = provides;
	struct relation r;
	bool last;

	if (str_equal(p->name, name))
		return true;
	while (relation_next(&value, &r, &last))
		if (str_equal(r.name, name))
			return true;
	return false;
}

/* All that could be meant, as the lock marks them. Whether something is new. */
static bool mark(struct debian_package *packages, const struct str *provides, size_t n,
		 struct str name)
{
	bool more = false;

	for (size_t i = 0; i < n; i++)
		if (!packages[i].essential && is_or_provides(&packages[i], provides[i], name))
			more = packages[i].essential = true;
	return more;
}

/* mmdebstrap installs in its first step: Essential packages, apt, all that they need. */
static void close_essential(struct debian_package *packages, size_t n)
{
	static const char *const fields[] = { "Pre-Depends", "Depends" };
	struct str *provides = mem_array(n, sizeof(*provides));
	bool more;

	for (size_t i = 0; i < n; i++)
		provides[i] = field(&packages[i], "Provides");
	mark(packages, provides, n, STR("apt"));
	do {
		more = false;
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; packages[i].essential && k < 2; k++) {
				struct str value = field(&packages[i], fields[k]);
				struct relation r;
				bool last;

				while (relation_next(&value, &r, &last))
					more |= mark(packages, provides, n, r.name);
			}
	} while (more);
	free(provides);
}

static int write_tar(const struct tree *t, const struct debian_options *o, const char *path,
		     struct error *err)
{
	const struct tar_tree_options tar = { o->epoch, o->epoch, NULL, NULL, o->reader };
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct sink *out;
	int r;

	if (fd < 0)
		return err_sys(err, errno, "cannot write '%s'", path);
	out = sink_to_fd(fd, path);
	r = tar_write_tree(t, &tar, out, err);
	return sink_close(out, err) < 0 ? -1 : r;
}

struct arguments {
	const char *effects, *rows, *stage, *architecture, *epoch, *out;
	bool only_refusals;
	char **files;
	size_t n;
};

static void report(const struct debian_report *r)
{
	for (size_t i = 0; i < r->n_refusals; i++) {
		const struct debian_refusal *f = &r->refusals[i];

		fprintf(stderr, "refused " STR_FMT " " STR_FMT, STR_ARG(f->package),
			STR_ARG(f->member));
		if (!str_equal(f->script, f->member))
			fprintf(stderr, "(" STR_FMT ")", STR_ARG(f->script));
		fprintf(stderr, " %u: " STR_FMT ": " STR_FMT "\n", f->line, STR_ARG(f->reason),
			STR_ARG(f->command.len ? f->command : f->text));
	}
	for (size_t i = 0; i < r->n_first_boot; i++)
		printf("first boot: " STR_FMT ": " STR_FMT "\n",
		       STR_ARG(r->first_boot[i].package), STR_ARG(r->first_boot[i].what));
	for (size_t i = 0; i < r->n_wanted; i++)
		printf("wanted: " STR_FMT " " STR_FMT "\n", STR_ARG(r->wanted[i].generator),
		       STR_ARG(r->wanted[i].argument));
	printf("scripts: %zu evaluated, %zu by catalogue, %zu refusals\n",
	       r->coverage.evaluated, r->coverage.catalogue, r->n_refusals);
}

static int write_effects(const struct debian_report *r, const char *path, struct error *err)
{
	FILE *f = path ? fopen(path, "w") : NULL;

	if (!path)
		return 0;
	if (!f || fwrite(r->effects.ptr, 1, r->effects.len, f) != r->effects.len || fclose(f))
		return err_sys(err, errno, "cannot write '%s'", path);
	return 0;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int write_tree(const struct tree *t, const struct arguments *a,
		      const struct debian_options *o, struct error *err)
{
	if (a->rows)
		return tree_rows_write(t, o->reader, a->out, a->rows, err);
	return write_tar(t, o, a->out, err);
}

static int install(struct tree *t, const struct arguments *a, const struct debian_package *packages,
		   struct debian_options *o, struct arena *arena, struct error *err)
{
	CLEANUP_TREE struct tree *again = tree_new();
	struct debian_report r, second;
	double start = seconds(), evaluated;

	if (debian_install(t, packages, a->n, o, arena, &r, err) < 0)
		return -1;
	evaluated = seconds();
	o->effects = r.effects;
	if (debian_install(again, packages, a->n, o, arena, &second, err) < 0)
		return -1;
	printf("evaluation %.1f ms, replay %.1f ms, effects %zu bytes\n",
	       1e3 * (evaluated - start), 1e3 * (seconds() - evaluated), r.effects.len);
	report(&r);
	if (write_effects(&r, a->effects, err) < 0)
		return -1;
	if (!a->only_refusals &&
	    (debian_finish(t, packages, a->n, o, &r, arena, err) < 0 ||
	     write_tree(t, a, o, err) < 0))
		return -1;
	return r.n_refusals ? 10 : 0;
}

/* PRESEED: lines "QUESTION VALUE", as a recipe's answers. */
static void read_preseeds(struct debian_options *o, struct debian_preseed *to, size_t max)
{
	struct str rest = str_of(getenv("PRESEED") ? getenv("PRESEED") : ""), line;

	while (o->n_debconf < max && rest.len && str_split(&rest, '\n', &line)) {
		size_t n = str_find_char(line, ' ');

		to[o->n_debconf].question = (struct str){ line.ptr, n };
		to[o->n_debconf++].value =
			n < line.len ? (struct str){ line.ptr + n + 1, line.len - n - 1 } : STR("");
	}
	o->debconf = to;
}

static int compose(const struct arguments *a, struct debian_package *packages, struct error *err)
{
	CLEANUP_STAGE struct stage *s = NULL;
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_TREE struct tree *t = tree_new();
	struct debian_options o = { .architecture = str_of(a->architecture) };
	const char *patterns = getenv("EXCLUDE"); /* a test's own knob */
	struct debian_preseed preseeds[16];
	struct str rest = str_of(patterns), *exclude = mem_array(64, sizeof(*exclude));
	CLEANUP_FREE char *key = mem_printf("%s.key", a->stage);
	uint64_t epoch;
	int r;

	if (!str_parse_u64(str_of(a->epoch), &epoch) || stage_open(a->stage, key, &s, err) < 0)
		return -1;
	while (o.n_exclude < 64 && str_split(&rest, ' ', &exclude[o.n_exclude]))
		o.n_exclude++;
	o.exclude = exclude;
	read_preseeds(&o, preseeds, sizeof(preseeds) / sizeof(preseeds[0]));
	o.epoch = (int64_t)epoch;
	o.reader = stage_reader(s);
	for (size_t i = 0; i < a->n; i++)
		if (load(s, a->files[i], &packages[i], err) < 0)
			return -1;
	close_essential(packages, a->n);
	r = install(t, a, packages, &o, &arena, err);
	for (size_t i = 0; i < a->n; i++)
		pack_free((struct pack *)(uintptr_t)packages[i].pack);
	free(exclude);
	return r;
}

int main(int argc, char **argv)
{
	struct error err = ERR_INIT;
	struct arguments a = { 0 };
	struct debian_package *packages;
	int status, at = 1;

	for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
		if (strcmp(argv[at], "--refusals") == 0)
			a.only_refusals = true;
		else if (strcmp(argv[at], "--effects") == 0 && at + 1 < argc)
			a.effects = argv[++at];
		else if (strcmp(argv[at], "--rows") == 0 && at + 1 < argc)
			a.rows = argv[++at];
		else
			return 2;
	}
	if (argc - at < 5)
		return 2;
	a.stage = argv[at];
	a.architecture = argv[at + 1];
	a.epoch = argv[at + 2];
	a.out = argv[at + 3];
	a.files = argv + at + 4;
	a.n = (size_t)(argc - at - 4);
	packages = mem_array(a.n, sizeof(*packages));
	status = compose(&a, packages, &err);
	if (status < 0) {
		err_print(&err, stderr);
		status = err_exit_status(&err);
	}
	err_release(&err);
	free(packages);
	return status;
}

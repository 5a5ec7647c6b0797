/*
 * oracle_compose STAGE ARCHITECTURE EPOCH OUT.tar PACKAGE.deb... - packages to a tree
 * without a recipe: for the comparison with what dpkg makes of the same files.
 * Prints the scripts that were not evaluated.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "debian/debian.h"
#include "format/tar/tar.h"
#include "resolve/deb822.h"
#include "stage/stage.h"

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

static void report(const struct debian_report *r)
{
	char hex[DIGEST_HEX_MAX];

	for (size_t i = 0; i < r->n_unevaluated; i++)
		printf("not evaluated: " STR_FMT " " STR_FMT " %s\n",
		       STR_ARG(r->unevaluated[i].package), STR_ARG(r->unevaluated[i].script),
		       digest_hex(&r->unevaluated[i].digest, hex));
	for (size_t i = 0; i < r->n_notes; i++)
		printf("note: " STR_FMT "\n", STR_ARG(r->notes[i]));
}

static int compose(char **argv, struct debian_package *packages, size_t n, struct error *err)
{
	CLEANUP_STAGE struct stage *s = NULL;
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_TREE struct tree *t = tree_new();
	struct debian_options o = { .architecture = str_of(argv[2]) };
	const char *patterns = getenv("EXCLUDE"); /* a test's own knob */
	struct str rest = str_of(patterns), *exclude = mem_array(64, sizeof(*exclude));
	struct debian_report r;
	uint64_t epoch;

	if (!str_parse_u64(str_of(argv[3]), &epoch) ||
	    stage_open(argv[1], NULL, &s, err) < 0)
		return -1;
	while (o.n_exclude < 64 && str_split(&rest, ' ', &exclude[o.n_exclude]))
		o.n_exclude++;
	o.exclude = exclude;
	o.epoch = (int64_t)epoch;
	o.reader = stage_reader(s);
	for (size_t i = 0; i < n; i++)
		if (load(s, argv[5 + i], &packages[i], err) < 0)
			return -1;
	if (debian_install(t, packages, n, &o, &arena, &r, err) < 0 ||
	    debian_finish(t, packages, n, &o, &arena, err) < 0 ||
	    write_tar(t, &o, argv[4], err) < 0)
		return -1;
	report(&r);
	for (size_t i = 0; i < n; i++)
		pack_free((struct pack *)(uintptr_t)packages[i].pack);
	free(exclude);
	return 0;
}

int main(int argc, char **argv)
{
	struct error err = ERR_INIT;
	struct debian_package *packages;
	int status = 0;

	if (argc < 6)
		return 2;
	packages = mem_array((size_t)argc, sizeof(*packages));
	if (compose(argv, packages, (size_t)argc - 5, &err) < 0) {
		err_print(&err, stderr);
		status = err_exit_status(&err);
	}
	err_release(&err);
	free(packages);
	return status;
}

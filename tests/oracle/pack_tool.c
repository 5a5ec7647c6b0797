/*
 * oracle_pack [-t N] STAGE KIND FILE... - puts each archive into a stage, decodes it and
 * prints its members, one line each, for comparison with what others read:
 * path, kind, mode, uid, gid, mtime, size, target, sha256, md5, user, group,
 * xattrs; separated by tabs; bytes that are not printable as \xNN. The contents
 * are read back from the stage and hashed again. -t N: on N threads, printing times only.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "io/file.h"
#include "io/workers.h"
#include "pack/pack.h"

static void put(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] > ' ' && s.ptr[i] < 0x7f && s.ptr[i] != '\\')
			putchar(s.ptr[i]);
		else
			printf("\\x%02x", s.ptr[i]);
	putchar('\t');
}

static void put_str(struct str s)
{
	put(str_bytes(s));
}

static int put_digest(struct stage *s, const struct content *content, struct error *err)
{
	CLEANUP_SOURCE struct source *in = NULL;
	struct sink *nothing = sink_to_nothing();
	char hex[DIGEST_HEX_MAX];
	int r = content_open(stage_reader(s), content, &in, err);

	if (r == 0)
		r = source_copy(in, nothing, err);
	printf("%s\t", digest_hex(&content->digest, hex));
	return sink_close(nothing, err) < 0 ? -1 : r;
}

static int print_member(struct stage *s, const struct pack_member *m, struct error *err)
{
	static const char letters[] = "?dflpcb";

	put_str(m->path);
	printf("%c\t%o\t%u\t%u\t%lld\t", m->hard_link ? 'h' : letters[m->kind], m->mode, m->uid,
	       m->gid, (long long)m->mtime);
	printf("%llu\t", (unsigned long long)m->content.size);
	put_str(m->target);
	if (m->kind != NODE_FILE || m->hard_link)
		printf("\t");
	else if (put_digest(s, &m->content, err) < 0)
		return -1;
	put_str(m->md5);
	put_str(m->user);
	put_str(m->group);
	for (uint32_t i = 0; i < m->n_xattrs; i++) {
		put_str(m->xattrs[i].name);
		put(m->xattrs[i].value);
	}
	putchar('\n');
	return 0;
}

static int add_file(struct stage *s, const char *path, struct digest *ret, struct error *err)
{
	CLEANUP_SOURCE struct source *in = NULL;
	CLEANUP_CLOSE int fd = -1;

	if (file_open(AT_FDCWD, path, false, &fd, err) < 0)
		return -1;
	in = source_of_fd(fd, 0, UINT64_MAX, path);
	return stage_put_source(s, in, NULL, ret, NULL, err);
}

struct work {
	struct stage *stage;
	enum pack_kind kind;
	char **files;
	struct digest *digests;
};

static int decode_one(void *context, size_t i, struct error *err)
{
	struct work *w = context;
	CLEANUP_PACK struct pack *p = NULL;
	const char *name = strrchr(w->files[i], '/');

	return pack_open(w->stage, w->kind, &w->digests[i], name ? name + 1 : w->files[i], &p,
			 NULL, err);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int print_packs(struct work *w, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP_PACK struct pack *p = NULL;
		CLEANUP_PACK struct pack *again = NULL;
		bool hit = false;

		if (pack_open(w->stage, w->kind, &w->digests[i], w->files[i], &p, NULL, err) < 0 ||
		    pack_open(w->stage, w->kind, &w->digests[i], w->files[i], &again, &hit, err) < 0)
			return -1;
		if (!hit || again->n_members != p->n_members)
			return err_set(err, ERR_BUG, "the pack was not kept");
		for (size_t k = 0; k < again->n_controls; k++)
			printf("control %s %o %zu\n", again->controls[k].name.ptr,
			       again->controls[k].mode, again->controls[k].data.len);
		for (size_t k = 0; k < again->n_members; k++)
			if (print_member(w->stage, &again->members[k], err) < 0)
				return -1;
	}
	return 0;
}

static int run(int argc, char **argv, struct error *err)
{
	unsigned threads = 0;
	CLEANUP_STAGE struct stage *s = NULL;
	CLEANUP_FREE char *key = NULL;
	CLEANUP_FREE struct digest *digests = NULL;
	struct work w;
	size_t n;

	if (argc > 2 && strcmp(argv[1], "-t") == 0) {
		threads = (unsigned)strtoul(argv[2], NULL, 10);
		argc -= 2;
		argv += 2;
	}
	if (argc < 4)
		return err_set(err, ERR_USAGE, "oracle_pack [-t N] STAGE deb|tar FILE...");
	key = mem_printf("%s.key", argv[1]);
	if (stage_open(argv[1], key, &s, err) < 0)
		return -1;
	n = (size_t)argc - 3;
	digests = mem_array(n, sizeof(*digests));
	w = (struct work){ s, strcmp(argv[2], "deb") == 0 ? PACK_DEB : PACK_TAR, argv + 3,
			   digests };
	for (size_t i = 0; i < n; i++)
		if (add_file(s, w.files[i], &w.digests[i], err) < 0)
			return -1;
	for (int round = 0; threads && round < 2; round++) {
		double start = seconds();

		if (workers_run(threads, n, decode_one, &w, err) < 0)
			return -1;
		printf("%s: %zu archives on %u threads: %.3f s\n", round ? "hits" : "decoding", n,
		       threads, seconds() - start);
	}
	return threads ? 0 : print_packs(&w, n, err);
}

int main(int argc, char **argv)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	if (run(argc, argv, &err) == 0)
		return 0;
	err_print(&err, stderr);
	return err_exit_status(&err);
}

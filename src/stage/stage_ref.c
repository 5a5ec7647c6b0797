/*
 * Refs: what gc keeps. A text of one digest a line, sorted, and a last line
 * with the SHA-256 of all lines before it, so that a torn ref is never taken
 * for a short one.
 */
#define _GNU_SOURCE
#include "stage/stage_private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"

#define REF_MODE 0644

void digest_list_release(struct digest_list *l)
{
	free(l->v);
	*l = (struct digest_list){ 0 };
}

void digest_list_add(struct digest_list *l, const struct digest *d)
{
	MEM_GROW(l->v, l->n, l->capacity);
	l->v[l->n++] = *d;
}

static int by_digest(const void *a, const void *b)
{
	return digest_compare(a, b);
}

void digest_list_sort(struct digest_list *l)
{
	size_t n = 0;

	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_digest);
	for (size_t i = 0; i < l->n; i++)
		if (n == 0 || !digest_equal(&l->v[n - 1], &l->v[i]))
			l->v[n++] = l->v[i];
	l->n = n;
}

bool digest_list_has(const struct digest_list *l, const struct digest *d)
{
	return l->n && bsearch(d, l->v, l->n, sizeof(*l->v), by_digest) != NULL;
}

static void encode(const struct digest_list *list, struct buf *to)
{
	char text[DIGEST_TEXT_MAX];
	struct digest self;

	for (size_t i = 0; i < list->n; i++) {
		buf_add_cstr(to, digest_format(&list->v[i], text));
		buf_add_char(to, '\n');
	}
	self = hash_bytes(buf_bytes(to));
	buf_printf(to, "end %s\n", digest_format(&self, text));
}

/* Synced, then named: after a power failure there is the old ref or this one. */
static int publish_ref(struct stage *s, const char *name, struct bytes text, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	char *temporary = NULL;
	struct sink *out;
	int sys = 0;

	if (scratch_open(s, REF_MODE, &fd, &temporary, err) < 0)
		return -1;
	out = sink_to_fd(fd, "a ref in the stage");
	(void)!sink_write(out, text, err); /* sticky: close tells */
	if (sink_close(out, err) < 0) {
		scratch_drop(s, &temporary);
		return -1;
	}
	if (fdatasync(fd) < 0)
		sys = errno;
	if (!sys)
		sys = scratch_link(s, fd, &temporary, s->refs_fd, name, true);
	if (!sys && fsync(s->refs_fd) < 0)
		sys = errno;
	scratch_drop(s, &temporary);
	return sys ? err_sys(err, sys, "cannot write '%s/refs/%s'", s->path, name) : 0;
}

/* A build with nothing to do should not wait for the disk. */
static bool is_already(struct stage *s, const char *name, struct bytes text)
{
	CLEANUP_ERR struct error ignored = ERR_INIT;
	CLEANUP_BUF struct buf old = BUF_INIT(STAGE_REF_MAX);

	return file_load(s->refs_fd, name, &old, &ignored) == 0 &&
	       bytes_equal(buf_bytes(&old), text);
}

int stage_ref_set(struct stage *s, const char *name, const struct digest *objects, size_t n,
		  struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(STAGE_REF_MAX);
	struct digest_list list = { 0 };
	int r;

	assert(is_ref_name(name));
	if (s->is_scratch)
		return 0; /* nobody collects there */
	if (n > STAGE_REF_MAX / DIGEST_TEXT_MAX - 2)
		return err_set(err, ERR_LIMIT, "the ref '%s' would name %zu objects", name, n);
	for (size_t i = 0; i < n; i++)
		digest_list_add(&list, &objects[i]);
	digest_list_sort(&list);
	encode(&list, &text);
	if (is_already(s, name, buf_bytes(&text))) {
		digest_list_release(&list);
		return 0;
	}
	r = sync_named(s, &list, err);
	digest_list_release(&list);
	if (r < 0)
		return err_while(err, "setting the ref '%s'", name);
	return publish_ref(s, name, buf_bytes(&text), err);
}

int stage_ref_names(struct stage *s, struct file_names *ret, struct error *err)
{
	struct file_names all = { 0 };
	size_t n = 0;

	if (file_list(s->refs_fd, ".", &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		if (is_ref_name(all.names[i]))
			all.names[n++] = all.names[i];
		else
			free(all.names[i]); /* fsck's business */
	}
	all.n = n;
	*ret = all;
	return 0;
}

int stage_ref_drop(struct stage *s, const char *name, struct error *err)
{
	assert(is_ref_name(name));
	if (unlinkat(s->refs_fd, name, 0) == 0)
		return 0;
	if (errno == ENOENT)
		return STAGE_ABSENT;
	return err_sys(err, errno, "cannot remove '%s/refs/%s'", s->path, name);
}

static bool decode(struct str text, struct digest_list *list)
{
	CLEANUP_ERR struct error ignored = ERR_INIT;
	struct str rest = text, line;
	struct digest d, self;

	while (str_split(&rest, '\n', &line)) {
		if (!str_has_prefix(line, STR("end "))) {
			if (digest_parse(line, &d, &ignored) < 0)
				return false;
			digest_list_add(list, &d);
			continue;
		}
		self = hash_bytes((struct bytes){ (const uint8_t *)text.ptr,
						  (size_t)(line.ptr - text.ptr) });
		line = (struct str){ line.ptr + 4, line.len - 4 };
		return digest_parse(line, &d, &ignored) == 0 && digest_equal(&d, &self) &&
		       rest.len == 0 && rest.ptr != NULL;
	}
	return false;
}

int ref_load(struct stage *s, const char *name, struct digest_list *list, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(STAGE_REF_MAX);
	int r = file_load(s->refs_fd, name, &text, err);

	if (r)
		return r == FILE_ABSENT ? STAGE_ABSENT : -1;
	if (decode(buf_str(&text), list))
		return 0;
	err_set(err, ERR_DIGEST, "the ref '%s/refs/%s' is damaged", s->path, name);
	return err_hint(err, "'ingot lock' or 'ingot build' writes it again; 'ingot stage fsck "
			     "--repair' removes it");
}

int stage_ref_get(struct stage *s, const char *name, struct digest **ret, size_t *ret_n,
		  struct error *err)
{
	struct digest_list list = { 0 };
	int r;

	assert(is_ref_name(name));
	r = ref_load(s, name, &list, err);
	if (r) {
		digest_list_release(&list);
		return r;
	}
	*ret = list.v;
	*ret_n = list.n;
	return 0;
}

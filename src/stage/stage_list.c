/* What is in the stage, for people: ls, usage, explain. */
#define _GNU_SOURCE
#include "stage/stage_private.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

static int count(void *context, struct stage *s, const char *kind, const char *shard,
		 const char *name, const struct digest *d, const struct stat *st,
		 struct error *err)
{
	struct stage_usage *u = context;

	(void)s, (void)shard, (void)name, (void)err;
	if (!d)
		return 0;
	if (strcmp(kind, "object") == 0) {
		u->n_objects++;
		u->object_bytes += (uint64_t)st->st_size;
	} else {
		u->n_results++;
		u->result_bytes += (uint64_t)st->st_size;
	}
	return 0;
}

int stage_usage(struct stage *s, struct stage_usage *ret, struct error *err)
{
	CLEANUP_NAMES struct file_names bad = { 0 };
	struct stage_usage u = { 0 };

	if (walk_objects(s, count, &u, err) < 0 || walk_results(s, NULL, count, &u, err) < 0 ||
	    file_list(s->quarantine_fd, ".", &bad, err) < 0)
		return -1;
	u.n_quarantined = bad.n;
	*ret = u;
	return 0;
}

struct listing {
	void (*each)(void *context, const struct stage_entry *e);
	void *context;
};

static int list_one(void *context, struct stage *s, const char *kind, const char *shard,
		    const char *name, const struct digest *d, const struct stat *st,
		    struct error *err)
{
	struct listing *l = context;
	struct stage_entry e = { .kind = kind, .size = (uint64_t)st->st_size };

	(void)s, (void)shard, (void)name, (void)err;
	if (!d)
		return 0;
	digest_hex(d, e.name);
	l->each(l->context, &e);
	return 0;
}

int stage_list(struct stage *s, void (*each)(void *context, const struct stage_entry *e),
	       void *context, struct error *err)
{
	CLEANUP_NAMES struct file_names kinds = { 0 };
	struct listing l = { each, context };
	bool objects_done = false;
	size_t i = 0;

	if (file_list(s->results_fd, ".", &kinds, err) < 0)
		return -1;
	while (i < kinds.n || !objects_done) {
		if (!objects_done && (i == kinds.n || strcmp(kinds.names[i], "object") > 0)) {
			objects_done = true;
			if (walk_objects(s, list_one, &l, err) < 0)
				return -1;
			continue;
		}
		if (is_kind_name(kinds.names[i]) &&
		    walk_results(s, kinds.names[i], list_one, &l, err) < 0)
			return -1;
		i++;
	}
	return 0;
}

struct lookup {
	struct str prefix;
	unsigned n;
	char *kind; /* of the first match */
	char hex[DIGEST_HEX_MAX];
};

static int look(void *context, struct stage *s, const char *kind, const char *shard,
		const char *name, const struct digest *d, const struct stat *st,
		struct error *err)
{
	struct lookup *l = context;

	(void)s, (void)shard, (void)st, (void)err;
	if (!d || !str_has_prefix(str_of(name), l->prefix))
		return 0;
	if (l->n++ == 0) {
		l->kind = mem_strdup(kind);
		digest_hex(d, l->hex);
	}
	return 0;
}

int stage_explain(struct stage *s, struct str key_prefix, struct buf *ret, struct error *err)
{
	CLEANUP_BUF struct buf file = BUF_INIT(STAGE_RESULT_MAX);
	struct lookup l = { .prefix = key_prefix };
	CLEANUP_FREE char *kind = NULL;
	struct result_view v;
	int r = walk_results(s, NULL, look, &l, err);

	kind = l.kind;
	if (r < 0)
		return -1;
	if (l.n == 0)
		return STAGE_ABSENT;
	if (l.n > 1) {
		err_set(err, ERR_USAGE, "'" STR_FMT "' begins the keys of %u results",
			STR_ARG(key_prefix), l.n);
		return err_hint(err, "give more digits; 'ingot stage ls' lists all keys");
	}
	r = result_load(s, kind, l.hex, false, &file, err);
	if (r)
		return r;
	if (!result_parse(buf_bytes(&file), &v))
		return STAGE_ABSENT;
	if (v.inputs.len > ret->max - ret->len)
		return err_set(err, ERR_LIMIT, "the inputs of '%s' take %zu bytes", l.hex,
			       v.inputs.len);
	buf_add_str(ret, v.inputs);
	return 0;
}

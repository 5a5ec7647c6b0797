#include "pack/pack.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "pack/pack_private.h"

#define RESULT_KIND "pack"

void pack_free(struct pack *p)
{
	if (!p)
		return;
	free(p->members);
	free(p->controls);
	arena_release(&p->arena);
	free(p);
}

const struct pack_control *pack_control(const struct pack *p, struct str name)
{
	for (size_t i = 0; i < p->n_controls; i++)
		if (str_equal(p->controls[i].name, name))
			return &p->controls[i];
	return NULL;
}

static const char *kind_name(enum pack_kind kind)
{
	static const char *const names[] = { "", "deb", "tar", "layer" };

	return names[kind];
}

static struct digest key_of(enum pack_kind kind, const struct digest *archive)
{
	struct hash *h = hash_new();
	struct digest key;

	hash_add_field(h, str_bytes(STR("ingot pack")));
	hash_add_u64(h, PACK_VERSION);
	hash_add_field(h, str_bytes(str_of(kind_name(kind))));
	hash_add_field(h, (struct bytes){ archive->bytes, DIGEST_SIZE });
	key = hash_finish(h);
	hash_free(h);
	return key;
}

static struct pack *pack_new(enum pack_kind kind, const struct digest *archive)
{
	struct pack *p = mem_alloc(sizeof(*p));

	p->kind = kind;
	p->source = *archive;
	return p;
}

/* An index that can't be used is none: the archive is decoded again. */
static int load_index(struct stage *s, enum pack_kind kind, const struct digest *archive,
		      struct pack **ret, struct error *err)
{
	CLEANUP_BUF struct buf index = BUF_INIT(PACK_ENCODED_MAX);
	CLEANUP_ERR struct error ignored = ERR_INIT;
	CLEANUP_PACK struct pack *p = NULL;
	struct digest key = key_of(kind, archive);
	int r = stage_result_get(s, RESULT_KIND, &key, &index, err);

	if (r)
		return r;
	p = pack_new(kind, archive);
	if (pack_decode(buf_bytes(&index), p, &ignored) < 0 || p->kind != kind ||
	    !digest_equal(&p->source, archive) || !stage_has(s, &p->object))
		return STAGE_ABSENT;
	*ret = TAKE_PTR(p);
	return 0;
}

static int save_index(struct stage *s, const struct pack *p, const char *what,
		      struct error *err)
{
	CLEANUP_BUF struct buf index = BUF_INIT(PACK_ENCODED_MAX), inputs = BUF_INIT(1u << 16);
	struct digest key = key_of(p->kind, &p->source);
	char digest[DIGEST_TEXT_MAX];

	pack_encode(p, &index);
	buf_printf(&inputs, "archive %.1000s\ndigest %s\nkind %s\npack version %d\n", what,
		   digest_format(&p->source, digest), kind_name(p->kind), PACK_VERSION);
	return stage_result_put(s, RESULT_KIND, &key, buf_bytes(&index), buf_str(&inputs), err);
}

static int get_archive(struct stage *s, const struct digest *archive, const char *what,
		       struct source **ret, struct error *err)
{
	int r = stage_get(s, archive, ret, err);

	return r == STAGE_ABSENT ? err_set(err, ERR_OFFLINE, "'%s' is not in the stage", what) : r;
}

/* No decoder sees a byte before all of them are known to be right. */
static int verify_archive(struct stage *s, const struct digest *archive, const char *what,
			  uint64_t *ret_size, struct error *err)
{
	CLEANUP_SOURCE struct source *in = NULL;
	struct sink *nothing = sink_to_nothing();
	int r = get_archive(s, archive, what, &in, err);

	if (r == 0)
		r = source_copy(in, nothing, err);
	*ret_size = nothing->offset;
	if (sink_close(nothing, err) < 0)
		r = -1;
	return r < 0 && err->code == ERR_DIGEST ? err_while(err, "verifying '%s'", what) : r;
}

static int read_tar(struct source *in, uint64_t size, const char *what, struct sink *out,
		    struct pack *p, struct error *err)
{
	CLEANUP_SOURCE struct source *plain =
		decompress(in, COMPRESS_AUTO, decompressed_max(size, LIMIT_DATA_SIZE), what);
	CLEANUP_BUILDER struct pack_builder builder;

	builder_init(&builder, p, out, what);
	return builder_read_tar(&builder, plain, err);
}

static int read_archive(struct stage *s, struct pack *p, const char *what, struct sink *out,
			struct error *err)
{
	struct source *in;
	uint64_t size;
	int r;

	if (verify_archive(s, &p->source, what, &size, err) < 0 ||
	    get_archive(s, &p->source, what, &in, err) < 0)
		return -1;
	if (p->kind != PACK_DEB)
		return read_tar(in, size, what, out, p, err); /* takes it */
	r = deb_read(in, what, out, p, err);
	source_close(in);
	return r;
}

static int decode(struct stage *s, struct pack *p, const char *what, struct error *err)
{
	struct stage_draft *draft;

	if (stage_draft_open(s, &draft, err) < 0)
		return -1;
	if (read_archive(s, p, what, stage_draft_sink(draft), err) < 0) {
		stage_draft_drop(draft);
		return -1;
	}
	if (stage_draft_commit(draft, NULL, &p->object, NULL, err) < 0)
		return -1;
	return save_index(s, p, what, err);
}

int pack_open(struct stage *s, enum pack_kind kind, const struct digest *archive,
	      const char *what, struct pack **ret, bool *was_hit, struct error *err)
{
	CLEANUP_PACK struct pack *p = NULL;
	int r = load_index(s, kind, archive, &p, err);

	if (r < 0)
		return -1;
	if (r == STAGE_ABSENT) {
		p = pack_new(kind, archive);
		if (decode(s, p, what, err) < 0)
			return -1;
	}
	if (was_hit)
		*was_hit = r == 0;
	*ret = TAKE_PTR(p);
	return 0;
}

bool pack_is_decoded(struct stage *s, enum pack_kind kind, const struct digest *archive)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_PACK struct pack *p = NULL;

	return load_index(s, kind, archive, &p, &err) == 0;
}

int pack_open_control(struct stage *s, const struct digest *archive, const char *what,
		      struct pack **ret, struct error *err)
{
	CLEANUP_PACK struct pack *p = NULL;
	CLEANUP_SOURCE struct source *in = NULL;
	uint64_t size;
	int r = load_index(s, PACK_DEB, archive, &p, err);

	if (r < 0)
		return -1;
	if (r == STAGE_ABSENT) {
		p = pack_new(PACK_DEB, archive);
		if (verify_archive(s, archive, what, &size, err) < 0 ||
		    get_archive(s, archive, what, &in, err) < 0 ||
		    deb_read(in, what, NULL, p, err) < 0)
			return -1;
	}
	p->n_members = 0;
	*ret = TAKE_PTR(p);
	return 0;
}

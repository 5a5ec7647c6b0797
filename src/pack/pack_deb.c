/* The three members of a .deb (deb(5), formats C3). */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/mem.h"
#include "compress/compress.h"
#include "pack/ar.h"
#include "pack/pack_private.h"

#define VERSION_MAX   16u        /* bytes of debian-binary; it is "2.0\n" */
#define CONTROLS_MAX  1000u      /* members of control.tar; real ones have ten */

/* What is due next; members whose name begins with '_' may be anywhere. */
enum stage_of_deb { DUE_VERSION, DUE_CONTROL, DUE_DATA, DUE_END };

static int read_version(struct ar_reader *ar, struct error *err)
{
	CLEANUP_SOURCE struct source *in = ar_content(ar);
	CLEANUP_BUF struct buf text = BUF_INIT(VERSION_MAX);
	struct str left, minor;
	uint64_t number;

	if (source_read_all(in, &text, err) < 0)
		return err_while(err, "reading 'debian-binary' of '%s'", ar->what);
	left = buf_str(&text);
	if (str_has_prefix(left, STR("2.")) && left.ptr[left.len - 1] == '\n') {
		minor = (struct str){ left.ptr + 2, left.len - 3 };
		if (str_parse_u64(minor, &number))
			return 0;
	}
	return err_set(err, ERR_UNSUPPORTED, "'%s' is not a .deb of format 2: 'debian-binary' is '"
		       STR_FMT "'", ar->what, STR_ARG(str_trim(left)));
}

/* "control.tar.xz" for base "control.tar"; false if the name is another one. */
static bool has_base(const char *name, const char *base, enum compress_format *ret)
{
	static const struct {
		const char *suffix;
		enum compress_format format;
	} formats[] = {
		{ "", COMPRESS_PLAIN },	     { ".gz", COMPRESS_GZIP }, { ".xz", COMPRESS_XZ },
		{ ".zst", COMPRESS_ZSTD },   { ".bz2", COMPRESS_AUTO }, { ".lzma", COMPRESS_AUTO },
	};
	size_t n = strlen(base);

	if (strncmp(name, base, n) != 0)
		return false;
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(name + n, formats[i].suffix) == 0) {
			*ret = formats[i].format;
			return true;
		}
	return false;
}

static int read_control_member(struct tar_in *tar, const struct tar_entry *e, const char *what,
			       struct pack_control *ret, struct pack *p, uint64_t *left,
			       struct error *err)
{
	struct str name = e->name;
	struct bytes piece;
	uint8_t *to;
	int r;

	if (str_has_prefix(name, STR("./")))
		name = (struct str){ name.ptr + 2, name.len - 2 };
	if (e->kind != NODE_FILE || e->hard_link || !tree_is_name(name))
		return err_set(err, ERR_FORMAT, "%s: member '" STR_FMT
			       "' is not a file at its top", what, STR_ARG(e->name));
	for (size_t i = 0; i < p->n_controls; i++)
		if (str_equal(p->controls[i].name, name))
			return err_set(err, ERR_FORMAT, "%s: member '" STR_FMT "' occurs twice",
				       what, STR_ARG(name));
	if (e->size > *left) /* before memory is taken for it */
		return err_set(err, ERR_LIMIT, "%s: more than %u bytes", what, LIMIT_CONTROL_SIZE);
	*left -= e->size;
	to = arena_alloc(&p->arena, (size_t)e->size + 1);
	*ret = (struct pack_control){ .name = arena_str(&p->arena, name), .mode = e->mode,
				      .data = { to, (size_t)e->size } };
	for (uint64_t n = 0; (r = tar_in_read(tar, &piece, err)) > 0; n += piece.len) {
		if (piece.len > e->size - n)
			return err_set(err, ERR_FORMAT, "%s: member '" STR_FMT "' is too long",
				       what, STR_ARG(name));
		memcpy(to + n, piece.ptr, piece.len);
	}
	return r;
}

static bool is_root(const struct tar_entry *e)
{
	return e->kind == NODE_DIRECTORY && !e->hard_link &&
	       (str_equal_cstr(e->name, "./") || str_equal_cstr(e->name, "."));
}

static int read_controls(struct source *in, const char *what, struct pack *p, struct error *err)
{
	CLEANUP_TAR_IN struct tar_in *tar = NULL;
	uint64_t left = LIMIT_CONTROL_SIZE;
	struct tar_entry e;
	size_t capacity = 0;
	int r;

	if (tar_in_open(in, what, &tar, err) < 0)
		return -1;
	while ((r = tar_in_next(tar, &e, err)) > 0) {
		if (is_root(&e))
			continue;
		if (p->n_controls == CONTROLS_MAX)
			return err_set(err, ERR_LIMIT, "%s: more than %u members", what,
				       CONTROLS_MAX);
		MEM_GROW(p->controls, p->n_controls, capacity);
		if (read_control_member(tar, &e, what, &p->controls[p->n_controls], p, &left,
					err) < 0)
			return -1;
		p->n_controls++;
	}
	if (r == 0 && !pack_control(p, STR("control")))
		return err_set(err, ERR_FORMAT, "%s: no member 'control'", what);
	return r;
}

static int read_data(struct source *in, const char *what, struct sink *out, struct pack *p,
		     struct error *err)
{
	CLEANUP_BUILDER struct pack_builder builder;

	builder_init(&builder, p, out, what);
	return builder_read_tar(&builder, in, err);
}

static int read_archive(struct ar_reader *ar, enum compress_format format, uint64_t size,
			struct sink *out, bool is_data, struct pack *p, struct error *err)
{
	CLEANUP_FREE char *what = mem_printf("%s: %s", ar->what, ar->name);
	uint64_t max = decompressed_max(size, is_data ? LIMIT_DATA_SIZE : LIMIT_CONTROL_SIZE);
	CLEANUP_SOURCE struct source *in = NULL;

	if (format == COMPRESS_AUTO)
		return err_set(err, ERR_UNSUPPORTED, "%s: this compression is not supported", what);
	in = decompress(ar_content(ar), format, max, what);
	return is_data ? read_data(in, what, out, p, err) : read_controls(in, what, p, err);
}

static int unexpected(struct ar_reader *ar, enum stage_of_deb due, struct error *err)
{
	static const char *const names[] = { "debian-binary", "control.tar", "data.tar",
					     "the end" };

	return err_set(err, ERR_FORMAT, "'%s': ar member '%s' where %s is due", ar->what,
		       ar->name, names[due]);
}

int deb_read(struct source *in, const char *what, struct sink *out, struct pack *p,
	     struct error *err)
{
	enum stage_of_deb due = DUE_VERSION;
	enum compress_format format;
	struct ar_reader ar;
	uint64_t size;
	int r;

	if (ar_begin(&ar, in, what, err) < 0)
		return -1;
	while ((r = ar_next(&ar, &size, err)) > 0) {
		if (ar.name[0] == '_' && due != DUE_VERSION)
			continue;
		if (due == DUE_VERSION && strcmp(ar.name, "debian-binary") == 0)
			r = read_version(&ar, err);
		else if (due == DUE_CONTROL && has_base(ar.name, "control.tar", &format))
			r = read_archive(&ar, format, size, NULL, false, p, err);
		else if (due == DUE_DATA && has_base(ar.name, "data.tar", &format))
			r = read_archive(&ar, format, size, out, true, p, err);
		else
			r = unexpected(&ar, due, err);
		if (r < 0)
			return -1;
		due++;
		if (due == DUE_DATA && !out)
			return 0;
	}
	if (r == 0 && due != DUE_END)
		return err_set(err, ERR_FORMAT, "'%s' has no %s", what,
			       due == DUE_VERSION ? "debian-binary" :
			       due == DUE_CONTROL ? "control.tar" : "data.tar");
	return r;
}

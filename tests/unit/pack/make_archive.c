#define _GNU_SOURCE
#include "unit/pack/make_archive.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "io/file.h"

static void put_checksum(uint8_t *h)
{
	unsigned sum = 0;
	char text[16];

	memset(h + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += h[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(h + 148, text, 7);
}

static void put_octal(uint8_t *to, size_t len, uint64_t n)
{
	char text[32];

	snprintf(text, sizeof(text), "%0*llo", (int)len - 1, (unsigned long long)n);
	memcpy(to, text, len);
}

void tar_add(struct buf *tar, const struct tar_spec *s)
{
	uint8_t h[512] = { 0 };

	cr_assert_leq(strlen(s->name), 100);
	memcpy(h, s->name, strlen(s->name));
	put_octal(h + 100, 8, s->mode ? s->mode : s->type == '5' ? 0755 : 0644);
	put_octal(h + 108, 8, s->uid);
	put_octal(h + 116, 8, s->gid);
	put_octal(h + 124, 12, s->data.len);
	if (s->size)
		memcpy(h + 124, s->size, 12);
	put_octal(h + 136, 12, (uint64_t)s->mtime);
	h[156] = (uint8_t)(s->type ? s->type : '0');
	if (s->link)
		memcpy(h + 157, s->link, strlen(s->link));
	if (!s->v7) {
		memcpy(h + 257, "ustar\00000", 8);
		put_octal(h + 329, 8, s->major);
		put_octal(h + 337, 8, s->minor);
	}
	put_checksum(h);
	buf_add(tar, h, sizeof(h));
	buf_add(tar, s->data.ptr, s->data.len);
	buf_add_zeros(tar, (512 - s->data.len % 512) % 512);
}

void tar_add_pax(struct buf *tar, char type, const char *key, struct bytes value)
{
	struct buf record = BUF_INIT(ARCHIVE_MAX);
	size_t len = strlen(key) + value.len + 3, digits = 1;
	char text[32];

	while ((size_t)snprintf(text, sizeof(text), "%zu", len + digits) != digits)
		digits++;
	buf_printf(&record, "%zu %s=", len + digits, key);
	buf_add(&record, value.ptr, value.len);
	buf_add_char(&record, '\n');
	tar_add(tar, &(struct tar_spec){ .name = "pax", .type = type, .data = buf_bytes(&record) });
	buf_release(&record);
}

void tar_end(struct buf *tar)
{
	buf_add_zeros(tar, 1024);
}

void ar_start(struct buf *ar)
{
	buf_add_cstr(ar, "!<arch>\n");
}

void ar_add(struct buf *ar, const char *name, struct bytes data)
{
	buf_printf(ar, "%-16s%-12d%-6d%-6d%-8o%-10zu`\n", name, 0, 0, 0, 0100644u, data.len);
	buf_add(ar, data.ptr, data.len);
	if (data.len & 1)
		buf_add_char(ar, '\n');
}

void control_of(struct buf *tar, const char *control)
{
	tar_add(tar, &(struct tar_spec){ .name = "./", .type = '5' });
	tar_add(tar, &(struct tar_spec){ .name = "./control",
					 .data = str_bytes(str_of(control)) });
	tar_end(tar);
}

void deb_of(struct buf *deb, struct bytes data_tar)
{
	struct buf control = BUF_INIT(ARCHIVE_MAX);

	control_of(&control, "Package: sample\nVersion: 1.0-1\nArchitecture: all\n");
	ar_start(deb);
	ar_add(deb, "debian-binary", str_bytes(STR("2.0\n")));
	ar_add(deb, "control.tar", buf_bytes(&control));
	ar_add(deb, "data.tar", data_tar);
	buf_release(&control);
}

static const char *root(void)
{
	const char *tmp = getenv("TMPDIR");

	return tmp && strlen(tmp) < 30 ? tmp : "/tmp";
}

void trial_open(struct trial *t)
{
	CLEANUP_FREE char *path = NULL;
	char key[100];

	*t = (struct trial){ .err = ERR_INIT };
	snprintf(t->folder, sizeof(t->folder), "%s/ingot-pack.XXXXXX", root());
	cr_assert(mkdtemp(t->folder));
	cr_assert_gt(asprintf(&path, "%s/stage", t->folder), 0);
	snprintf(key, sizeof(key), "%s/key", t->folder);
	cr_assert_eq(stage_open(path, key, &t->stage, &t->err), 0, "%s", t->err.message);
}

void trial_decode(struct trial *t, enum pack_kind kind, struct bytes archive)
{
	struct digest digest;

	pack_free(t->pack);
	t->pack = NULL;
	err_release(&t->err);
	cr_assert_eq(stage_put(t->stage, archive, &digest, &t->err), 0);
	if (pack_open(t->stage, kind, &digest, "sample.deb", &t->pack, &t->was_hit, &t->err) < 0)
		cr_assert_neq(t->err.code, ERR_NONE);
}

static void expect_nothing_left(struct trial *t)
{
	struct error err = ERR_INIT;
	struct stage_usage usage;
	struct file_names names = { 0 };
	char path[100];

	cr_assert_eq(stage_usage(t->stage, &usage, &err), 0);
	cr_assert_eq(usage.n_objects, 1, "objects were left behind");
	cr_assert_eq(usage.n_results, 0);
	cr_assert_eq(usage.n_quarantined, 0);
	snprintf(path, sizeof(path), "%s/stage/tmp", t->folder);
	cr_assert_eq(file_list(AT_FDCWD, path, &names, &err), 0);
	cr_assert_eq(names.n, 0, "temporary files were left behind");
	file_names_release(&names);
}

void trial_close(struct trial *t)
{
	char command[100];

	if (!t->pack)
		expect_nothing_left(t);
	pack_free(t->pack);
	stage_close(t->stage);
	err_release(&t->err);
	snprintf(command, sizeof(command), "rm -rf '%s'", t->folder);
	cr_assert_eq(system(command), 0);
}

static bool mentions(const struct error *err, const char *text)
{
	if (strstr(err->message, text))
		return true;
	for (unsigned i = 0; i < err->n_context; i++)
		if (strstr(err->context[i], text))
			return true;
	return false;
}

void expect_refused(enum pack_kind kind, struct bytes archive, enum err_code code,
		    const char *text)
{
	struct trial t;

	trial_open(&t);
	trial_decode(&t, kind, archive);
	cr_assert_null(t.pack, "was taken, but should be refused with '%s'", text);
	cr_assert_eq(t.err.code, code, "E%d: %s (expected '%s')", t.err.code, t.err.message, text);
	cr_assert(mentions(&t.err, text), "'%s' does not say '%s'", t.err.message, text);
	cr_assert(mentions(&t.err, "sample.deb"), "'%s' does not say where", t.err.message);
	trial_close(&t);
}

void expect_data_refused(const struct buf *data_tar, enum err_code code, const char *text)
{
	struct buf deb = BUF_INIT(ARCHIVE_MAX);

	deb_of(&deb, buf_bytes(data_tar));
	expect_refused(PACK_DEB, buf_bytes(&deb), code, text);
	buf_release(&deb);
}

#include <criterion/criterion.h>
#include <strings.h>

#include "base/cleanup.h"
#include "crypto/hash.h"
#include "format/fat/fat.h"
#include "unit/format/window_fixture.h"

#define MIB (1u << 20)
#define EPOCH 1700000000

static const char kernel[] = "the kernel, as it were";

/* Names of both kinds, an empty file, one of several clusters, and more than fit one. */
static void make(struct buf *to)
{
	static char names[40][32];
	static uint8_t large[5000];
	struct fat_file files[44] = {
		{ STR("EFI/BOOT/BOOTX64.EFI"), { (const uint8_t *)kernel, sizeof(kernel) } },
		{ STR("EFI/a rather long name.efi"), { large, sizeof(large) } },
		{ STR("EFI/lower.txt"), { large, 512 } },
		{ STR("EMPTY"), { large, 0 } },
	};
	struct fat_options o = { .volume_id = 0x12345678, .label = STR("ESP"), .epoch = EPOCH };
	CLEANUP_FAT_PLAN struct fat_plan *plan = NULL;
	struct error err = ERR_INIT;
	struct sink *out = sink_to_buf(to);

	memset(large, 'x', sizeof(large));
	for (unsigned i = 0; i < 40; i++) {
		snprintf(names[i], sizeof(names[i]), "many/file number %u", i);
		files[4 + i] = (struct fat_file){ str_of(names[i]), { large, i } };
	}
	cr_assert_eq(fat_plan(files, 44, &o, &plan, &err), 0, "%s", err.message);
	cr_assert_eq(fat_write(plan, out, &err), 0);
	cr_assert_eq(sink_close(out, &err), 0);
}

static const struct fat_entry *find(const struct fat_volume *v, const char *path)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->entries[i].path.len == strlen(path) &&
		    strncasecmp(v->entries[i].path.ptr, path, strlen(path)) == 0)
			return &v->entries[i];
	return NULL;
}

Test(fat_read, what_was_written_is_read)
{
	CLEANUP_BUF struct buf image = BUF_INIT(256 * MIB), data = BUF_INIT(MIB);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct error err = ERR_INIT;
	struct fat_volume v;
	struct window w;

	make(&image);
	w = window_of(buf_bytes(&image));
	cr_assert_eq(fat_read(&w, &arena, &v, &err), 0, "%s", err.message);
	cr_assert_eq(v.volume_id, 0x12345678);
	cr_assert_str_eq(v.label, "ESP");
	cr_assert_eq(v.size, image.len);
	cr_assert_eq(v.n, 44 + 3);
	for (size_t i = 1; i < v.n; i++)
		cr_assert_lt(str_compare(v.entries[i - 1].path, v.entries[i].path), 0);
	cr_assert_eq(find(&v, "EFI/a rather long name.efi")->size, 5000);
	cr_assert_eq(find(&v, "EMPTY")->size, 0);
	cr_assert_eq(find(&v, "many/file number 39")->size, 39);
	cr_assert(find(&v, "many")->is_folder);
	cr_assert_eq(find(&v, "EMPTY")->mtime, EPOCH);
	cr_assert_eq(fat_load(&w, &v, find(&v, "EFI/BOOT/BOOTX64.EFI"), &data, &err), 0);
	cr_assert_eq(data.len, sizeof(kernel));
	cr_assert(memcmp(data.ptr, kernel, sizeof(kernel)) == 0);
	data.max = data.len + 4999;
	cr_assert_eq(fat_load(&w, &v, find(&v, "EFI/a rather long name.efi"), &data, &err), -1);
	cr_assert_eq(err.code, ERR_LIMIT);
	err_release(&err);
	close(w.fd);
}

/* Either refused, or what boots is not found, or it is what it was. */
static bool is_found(const struct window *w)
{
	CLEANUP_BUF struct buf data = BUF_INIT(MIB);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	const struct fat_entry *e;
	struct fat_volume v;

	if (fat_read(w, &arena, &v, &err) < 0)
		return true;
	e = find(&v, "EFI/BOOT/BOOTX64.EFI");
	if (!e)
		return true;
	cr_assert_eq(fat_load(w, &v, e, &data, &err), 0, "%s", err.message);
	cr_assert_eq(data.len, sizeof(kernel));
	cr_assert(memcmp(data.ptr, kernel, sizeof(kernel)) == 0);
	return false;
}

static unsigned flip(const struct window *w, const struct buf *image, size_t from, size_t to,
		     size_t step)
{
	unsigned silent = 0;

	for (size_t at = from; at < to; at += step) {
		window_set(w, at, (uint8_t)(image->ptr[at] ^ 1u << (at / step % 8)));
		silent += !is_found(w);
		window_set(w, at, image->ptr[at]);
	}
	return silent;
}

Test(fat_read, a_flipped_bit_in_what_describes_the_volume_is_found, .timeout = 300)
{
	CLEANUP_BUF struct buf image = BUF_INIT(256 * MIB);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct error err = ERR_INIT;
	struct fat_volume v;
	struct window w;

	make(&image);
	w = window_of(buf_bytes(&image));
	cr_assert_eq(fat_read(&w, &arena, &v, &err), 0);
	cr_assert_eq(flip(&w, &image, 0, 90, 1), 0); /* boot sector */
	cr_assert_eq(flip(&w, &image, 90, 512, 13), 0);
	cr_assert_eq(flip(&w, &image, 512, 1000, 11), 0); /* FSInfo, without its hints */
	cr_assert_eq(flip(&w, &image, 3 * 512, 32 * 512, 251), 0);
	cr_assert_eq(flip(&w, &image, 32 * 512, 32 * 512 + 400, 3), 0);		 /* first FAT */
	cr_assert_eq(flip(&w, &image, 32 * 512 + 400, v.data_offset, 20011), 0); /* both */
	/* Folders: flags and times say nothing about what boots. */
	cr_expect_lt(flip(&w, &image, v.data_offset, v.data_offset + 1024, 5), 100);
	close(w.fd);
}

Test(fat_read, a_volume_that_was_cut_is_refused)
{
	CLEANUP_BUF struct buf image = BUF_INIT(256 * MIB);
	struct window w;

	make(&image);
	w = window_of(buf_bytes(&image));
	w.size -= 1;
	cr_assert(is_found(&w));
	for (w.size = 0; w.size < 40 * 512; w.size += 500)
		cr_assert(is_found(&w));
	close(w.fd);
}

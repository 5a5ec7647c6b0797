#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "format/verity/verity.h"
#include "unit/format/window_fixture.h"

#define BLOCK VERITY_BLOCK_SIZE

struct device {
	struct buf data, hash;
	struct digest root;
};

static struct device make(size_t blocks, struct str salt)
{
	struct device d = { BUF_INIT(64u << 20), BUF_INIT(1u << 20), { { 0 } } };
	struct verity_options o = { .uuid = { 1, 2, 3 }, .salt = str_bytes(salt) };
	CLEANUP_VERITY struct verity *v = verity_new(&o);
	struct error err = ERR_INIT;
	struct sink *out = verity_sink(v, NULL);

	for (size_t i = 0; i < blocks * BLOCK; i++)
		buf_add_char(&d.data, (char)(i * i / 4099));
	cr_assert_eq(sink_write(out, buf_bytes(&d.data), &err), 0);
	cr_assert_eq(sink_close(out, &err), 0);
	d.root = verity_root(v);
	out = sink_to_buf(&d.hash);
	cr_assert_eq(verity_write(v, out, &err), 0);
	cr_assert_eq(sink_close(out, &err), 0);
	return d;
}

static enum err_code check(const struct window *data, const struct window *hash,
			   const struct digest *root)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	int r = verity_check(data, hash, root, &err);

	cr_assert_eq(r, err.code ? -1 : 0);
	return err.code;
}

Test(verity_check, trees_of_all_heights_are_right)
{
	static const size_t blocks[] = { 1, 2, 127, 128, 129, 300 };

	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		struct device d = make(blocks[i], i % 2 ? STR("") : STR("salt of a root"));
		struct window data = window_of(buf_bytes(&d.data));
		struct window hash = window_of(buf_bytes(&d.hash));

		cr_assert_eq(check(&data, &hash, &d.root), ERR_NONE, "%zu blocks", blocks[i]);
		d.root.bytes[31] ^= 1;
		cr_assert_eq(check(&data, &hash, &d.root), ERR_DIGEST);
		close(data.fd);
		close(hash.fd);
		buf_release(&d.data);
		buf_release(&d.hash);
	}
}

/* But for the id, which is in no hash. */
Test(verity_check, a_flipped_bit_is_found_wherever_it_is, .timeout = 120)
{
	struct device d = make(130, STR("salt"));
	struct window data = window_of(buf_bytes(&d.data)), hash = window_of(buf_bytes(&d.hash));

	for (size_t at = 0; at < d.data.len; at += 9973) {
		window_set(&data, at, (uint8_t)(d.data.ptr[at] ^ 1u << at % 8));
		cr_assert_eq(check(&data, &hash, &d.root), ERR_DIGEST, "data at %zu", at);
		window_set(&data, at, d.data.ptr[at]);
	}
	for (size_t at = 0; at < d.hash.len; at += at < 400 ? 1 : 97) {
		if (at >= 16 && at < 32)
			continue;
		window_set(&hash, at, (uint8_t)(d.hash.ptr[at] ^ 1u << at % 8));
		cr_assert_neq(check(&data, &hash, &d.root), ERR_NONE, "hash at %zu", at);
		window_set(&hash, at, d.hash.ptr[at]);
	}
	cr_assert_eq(check(&data, &hash, &d.root), ERR_NONE);
	close(data.fd);
	close(hash.fd);
	buf_release(&d.data);
	buf_release(&d.hash);
}

Test(verity_check, devices_of_another_size_are_refused)
{
	struct device d = make(130, STR(""));
	struct window data = window_of(buf_bytes(&d.data)), hash = window_of(buf_bytes(&d.hash));

	data.size -= BLOCK;
	cr_assert_eq(check(&data, &hash, &d.root), ERR_FORMAT);
	data.size += BLOCK;
	for (; hash.size >= BLOCK; hash.size -= BLOCK)
		if (hash.size < d.hash.len)
			cr_assert_eq(check(&data, &hash, &d.root), ERR_FORMAT);
	close(data.fd);
	close(hash.fd);
	buf_release(&d.data);
	buf_release(&d.hash);
}

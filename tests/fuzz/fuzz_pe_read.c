/*
 * Any bytes as a PE file: refused, or what is said of it lies inside; its hash is the same
 * with a signature, and the signature is read as it was attached. As a stub it is refused
 * or makes a file that is read again with the sections that went in.
 */
#include <stdlib.h>

#include "format/pe/pe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool good)
{
	if (!good)
		abort();
}

static void check_inside(struct bytes all, struct bytes part)
{
	need(part.ptr >= all.ptr && part.len <= all.len &&
	     (size_t)(part.ptr - all.ptr) <= all.len - part.len);
}

static void try_signature(struct bytes file)
{
	static const uint8_t pkcs7[] = "signature";
	struct error err = ERR_INIT;
	struct arena arena = ARENA_INIT;
	struct buf copy = BUF_INIT(1u << 24);
	struct digest before, after;
	struct pe_file f;

	buf_add(&copy, file.ptr, file.len);
	if (pe_authenticode(file, &before, &err) == 0 &&
	    pe_attach(&copy, BYTES_OF(pkcs7), &err) == 0) {
		need(pe_authenticode(buf_bytes(&copy), &after, &err) == 0);
		need(digest_equal(&before, &after));
		need(pe_read(buf_bytes(&copy), &arena, &f, &err) == 0);
		need(bytes_equal(f.signature, BYTES_OF(pkcs7)));
	}
	err_release(&err);
	arena_release(&arena);
	buf_release(&copy);
}

static void try_stub(struct bytes stub)
{
	const struct pe_section sections[] = { { STR(".linux"), str_bytes(STR("kernel")) },
					       { STR(".cmdline"), str_bytes(STR("quiet")) } };
	struct error err = ERR_INIT;
	struct arena arena = ARENA_INIT;
	struct buf uki = BUF_INIT(1u << 24);
	struct pe_file f;

	if (uki_build(stub, sections, 2, &uki, &err) == 0) {
		need(pe_read(buf_bytes(&uki), &arena, &f, &err) == 0);
		for (size_t i = 0; i < 2; i++) {
			const struct pe_section *s = pe_section_of(&f, sections[i].name);

			need(s && bytes_equal(s->data, sections[i].data));
		}
	}
	err_release(&err);
	arena_release(&arena);
	buf_release(&uki);
}

static void try_read(struct bytes file)
{
	struct uki_measurement m[UKI_MEASUREMENTS];
	struct error err = ERR_INIT;
	struct arena arena = ARENA_INIT;
	struct pe_file f;
	size_t n;

	if (pe_read(file, &arena, &f, &err) == 0) {
		uint64_t zeros = 0;

		for (size_t i = 0; i < f.n_sections; i++) {
			check_inside(file, f.sections[i].data);
			need(f.sections[i].name.len <= 8);
			zeros += f.zeros[i];
		}
		if (f.signature.ptr)
			check_inside(file, f.signature);
		if (zeros < 1u << 20) /* hashing more takes its time */
			(void)!uki_measure(&f, m, &n, &err);
	}
	err_release(&err);
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes file = { data, size };

	if (size > 1u << 20)
		return 0;
	try_read(file);
	try_signature(file);
	try_stub(file);
	return 0;
}

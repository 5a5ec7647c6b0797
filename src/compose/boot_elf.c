/*
 * What a program needs from the dynamic loader. Spec: System V gABI chapters 4 and 5,
 * ELF-64, little-endian: all that Debian boots by UEFI.
 */
#include "base/endian.h"
#include "compose/boot_private.h"

#define SEGMENT_SIZE 56u
#define NEEDED_MAX 256u

enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3 };
enum { DT_NULL = 0, DT_NEEDED = 1, DT_STRTAB = 5 };

struct elf_image {
	struct bytes file;
	uint64_t table; /* offset of the program headers */
	unsigned n;
};

struct part {
	uint32_t type;
	uint64_t offset, address, size;
};

static struct part part_at(const struct elf_image *e, unsigned i)
{
	const uint8_t *p = e->file.ptr + e->table + (size_t)i * SEGMENT_SIZE;

	return (struct part){
		.type = get_le32(p),
		.offset = get_le64(p + 8),
		.address = get_le64(p + 16),
		.size = get_le64(p + 32),
	};
}

static bool is_inside(const struct elf_image *e, uint64_t offset, uint64_t size)
{
	return offset <= e->file.len && size <= e->file.len - offset;
}

static bool open_image(struct bytes file, struct elf_image *e)
{
	const uint8_t *h = file.ptr;

	*e = (struct elf_image){ .file = file };
	/* ELFCLASS64, ELFDATA2LSB; ET_EXEC or ET_DYN */
	if (file.len < 64 || memcmp(h, "\177ELF\2\1", 6) != 0 ||
	    (get_le16(h + 16) != 2 && get_le16(h + 16) != 3))
		return false;
	e->table = get_le64(h + 32);
	e->n = get_le16(h + 56);
	return get_le16(h + 54) == SEGMENT_SIZE &&
	       is_inside(e, e->table, (uint64_t)e->n * SEGMENT_SIZE);
}

static bool find_part(const struct elf_image *e, uint32_t type, struct part *ret)
{
	for (unsigned i = 0; i < e->n; i++) {
		*ret = part_at(e, i);
		if (ret->type == type)
			return is_inside(e, ret->offset, ret->size);
	}
	return false;
}

static bool to_offset(const struct elf_image *e, uint64_t address, uint64_t *ret)
{
	for (unsigned i = 0; i < e->n; i++) {
		struct part p = part_at(e, i);

		if (p.type == PT_LOAD && address >= p.address && address - p.address < p.size) {
			*ret = p.offset + (address - p.address);
			return true;
		}
	}
	return false;
}

/* Up to its NUL; false if the file ends before. */
static bool text_at(const struct elf_image *e, uint64_t offset, struct arena *arena,
		    struct str *ret)
{
	const uint8_t *start, *end;

	if (!is_inside(e, offset, 1))
		return false;
	start = e->file.ptr + offset;
	end = memchr(start, 0, e->file.len - (size_t)offset);
	if (!end)
		return false;
	*ret = arena_str(arena, (struct str){ (const char *)start, (size_t)(end - start) });
	return true;
}

static bool read_dynamic(const struct elf_image *e, const struct part *dynamic, struct arena *arena,
			 struct elf_needs *ret)
{
	const uint8_t *p = e->file.ptr + dynamic->offset;
	uint64_t strings = 0, names[NEEDED_MAX], base = 0;
	size_t n = 0;

	for (uint64_t i = 0; i + 16 <= dynamic->size; i += 16) {
		uint64_t tag = get_le64(p + i), value = get_le64(p + i + 8);

		if (tag == DT_NULL)
			break;
		if (tag == DT_STRTAB)
			strings = value;
		else if (tag == DT_NEEDED && n == NEEDED_MAX)
			return false;
		else if (tag == DT_NEEDED)
			names[n++] = value;
	}
	ret->libraries = arena_array(arena, n + 1, sizeof(*ret->libraries));
	ret->n_libraries = n;
	if (n && !to_offset(e, strings, &base))
		return false;
	for (size_t i = 0; i < n; i++)
		if (names[i] > e->file.len ||
		    !text_at(e, base + names[i], arena, &ret->libraries[i]))
			return false;
	return true;
}

int elf_needs_read(struct bytes file, const char *name, struct arena *arena, struct elf_needs *ret,
		   struct error *err)
{
	struct elf_image e;
	struct part part;

	*ret = (struct elf_needs){ .interpreter = STR("") };
	if (!open_image(file, &e))
		return err_set(err, ERR_FORMAT, "'%s' is no 64-bit ELF program", name);
	ret->machine = get_le16(file.ptr + 18);
	if (find_part(&e, PT_INTERP, &part) && !text_at(&e, part.offset, arena, &ret->interpreter))
		return err_set(err, ERR_FORMAT, "the loader of '%s' has a broken name", name);
	/* A static program has no such part. */
	if (find_part(&e, PT_DYNAMIC, &part) && !read_dynamic(&e, &part, arena, ret))
		return err_set(err, ERR_FORMAT, "the list of libraries of '%s' is broken", name);
	return 0;
}

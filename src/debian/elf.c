/*
 * A library is read once from its start to its end, so that its digest is
 * checked, and headers and dynamic section are kept on the way: it may be larger
 * than the memory budget. Strings lie before what points at them and near the
 * start; they are read in a short pass of their own after that.
 */
#include "debian/elf.h"

#include "base/endian.h"

#define ELF_PAGE        4096u
#define ELF_DYNAMIC_MAX 65536u /* bytes; real ones have under 1000 */
#define ELF_NAME_MAX    256u
#define ELF_NEEDED_MAX  64u /* DT_NEEDED entries that are looked at */

struct elf {
	const struct content_reader *reader;
	const struct content *content;
	bool is_64, big;
	uint64_t phoff;
	uint16_t phentsize, phnum;
	uint8_t head[ELF_PAGE]; /* the file's first bytes */
	size_t n_head;
};

/* Up to @size bytes; fewer only at the end of the source. */
static int read_some(struct source *s, uint8_t *to, size_t size, size_t *ret_n,
		     struct error *err)
{
	size_t n = 0;

	for (*ret_n = 0; *ret_n < size; *ret_n += n) {
		if (source_read(s, to + *ret_n, size - *ret_n, &n, err) < 0)
			return -1;
		if (!n)
			break;
	}
	return 0;
}

/* Passes over everything below @offset; UINT64_MAX: to the end. */
static int pass_over(struct source *s, uint64_t offset, struct error *err)
{
	uint8_t skipped[65536];

	while (s->offset < offset) {
		uint64_t left = offset - s->offset;
		size_t n;

		if (source_read(s, skipped, left < sizeof(skipped) ? (size_t)left : sizeof(skipped),
				&n, err) < 0)
			return -1;
		if (!n)
			break;
	}
	return 0;
}

static int read_at(const struct elf *e, uint64_t offset, uint8_t *to, size_t size, size_t *ret_n,
		   struct error *err)
{
	CLEANUP_SOURCE struct source *s = NULL;

	*ret_n = 0;
	if (content_open(e->reader, e->content, &s, err) < 0 || pass_over(s, offset, err) < 0)
		return -1;
	return s->offset < offset ? 0 : read_some(s, to, size, ret_n, err);
}

static uint16_t get16(const struct elf *e, const uint8_t *p)
{
	return (uint16_t)(e->big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static uint32_t get32(const struct elf *e, const uint8_t *p)
{
	return e->big ? get_be32(p) : get_le32(p);
}

static uint64_t get64(const struct elf *e, const uint8_t *p)
{
	return e->big ? (uint64_t)get_be32(p) << 32 | get_be32(p + 4) : get_le64(p);
}

static uint64_t get_word(const struct elf *e, const uint8_t *p)
{
	return e->is_64 ? get64(e, p) : get32(e, p);
}

/* Fields of the file header, gABI figure 4-3; false: not a shared object. */
static bool parse_header(struct elf *e, struct elf_library *ret)
{
	const uint8_t *h = e->head;

	if (e->n_head < 64 || memcmp(h, "\177ELF", 4) != 0 || h[4] < 1 || h[4] > 2 || h[5] < 1 ||
	    h[5] > 2)
		return false;
	e->is_64 = h[4] == 2;
	e->big = h[5] == 2;
	if (get16(e, h + 16) != 3) /* ET_DYN */
		return false;
	*ret = (struct elf_library){
		.machine = get16(e, h + 18),
		.is_64 = e->is_64,
		.flags = get32(e, h + (e->is_64 ? 48 : 36)),
		.soname = STR(""),
	};
	e->phoff = get_word(e, h + (e->is_64 ? 32 : 28));
	e->phentsize = get16(e, h + (e->is_64 ? 54 : 42));
	e->phnum = get16(e, h + (e->is_64 ? 56 : 44));
	return e->phentsize >= (e->is_64 ? 56 : 32) && e->phoff <= e->n_head &&
	       (uint64_t)e->phentsize * e->phnum <= e->n_head - e->phoff;
}

struct segment {
	uint32_t type;
	uint64_t offset, address, size;
};

/* gABI figure 5-1. */
static struct segment segment_at(const struct elf *e, unsigned i)
{
	const uint8_t *p = e->head + e->phoff + (size_t)i * e->phentsize;
	unsigned word = e->is_64 ? 8 : 4;

	return (struct segment){
		.type = get32(e, p),
		.offset = get_word(e, p + word),
		.address = get_word(e, p + 2 * word),
		.size = get_word(e, p + 4 * word),
	};
}

static bool find_dynamic(const struct elf *e, struct segment *ret)
{
	for (unsigned i = 0; i < e->phnum; i++) {
		*ret = segment_at(e, i);
		if (ret->type == 2) /* PT_DYNAMIC */
			return true;
	}
	return false;
}

static bool to_offset(const struct elf *e, uint64_t address, uint64_t *ret)
{
	for (unsigned i = 0; i < e->phnum; i++) {
		struct segment s = segment_at(e, i);

		if (s.type == 1 && address >= s.address && address - s.address < s.size) {
			*ret = s.offset + (address - s.address);
			return true;
		}
	}
	return false;
}

/* DT_SONAME's place in the file; false if there is none. */
static bool find_soname(const struct elf *e, const uint8_t *dynamic, size_t n, uint64_t *ret)
{
	size_t word = e->is_64 ? 8 : 4;
	uint64_t strtab = 0, name = 0;
	bool has_strtab = false, has_name = false;

	for (size_t i = 0; i + 2 * word <= n; i += 2 * word) {
		uint64_t tag = get_word(e, dynamic + i), value = get_word(e, dynamic + i + word);

		if (tag == 0) /* DT_NULL */
			break;
		if (tag == 5) { /* DT_STRTAB */
			strtab = value;
			has_strtab = true;
		} else if (tag == 14) { /* DT_SONAME */
			name = value;
			has_name = true;
		}
	}
	if (!has_strtab || !has_name || !to_offset(e, strtab, ret) || name > UINT32_MAX)
		return false;
	*ret += name;
	return true;
}

static int read_name(const struct elf *e, uint64_t offset, struct arena *arena, struct str *ret,
		     struct error *err)
{
	uint8_t text[ELF_NAME_MAX];
	size_t n;

	if (read_at(e, offset, text, sizeof(text), &n, err) < 0)
		return -1;
	if (!n || !memchr(text, 0, n))
		return ELF_NOT_A_LIBRARY;
	*ret = arena_str(arena, str_of((const char *)text));
	return 0;
}

static bool is_one_of(struct str name, const char *a, const char *b)
{
	return str_equal_cstr(name, a) || str_equal_cstr(name, b);
}

/* Whether DT_NEEDED has one of the two libraries that tell the C library. */
static int needs_libc(const struct elf *e, const struct buf *dynamic, struct arena *arena,
		      bool *ret, struct error *err)
{
	uint64_t tag, value, strtab = 0, names[ELF_NEEDED_MAX];
	struct str name = STR("");
	size_t n = 0;

	for (size_t i = 0; i + 8 <= dynamic->len; i += 8) {
		tag = get32(e, dynamic->ptr + i);
		value = get32(e, dynamic->ptr + i + 4);
		if (tag == 0)
			break;
		if (tag == 5)
			strtab = value;
		else if (tag == 1 && n < ELF_NEEDED_MAX) /* DT_NEEDED */
			names[n++] = value;
	}
	for (size_t i = 0; i < n && !*ret; i++) {
		uint64_t offset;
		int r;

		if (!to_offset(e, strtab, &offset))
			return 0;
		r = read_name(e, offset + names[i], arena, &name, err);
		if (r)
			return r < 0 ? -1 : 0;
		*ret = is_one_of(name, "libc.so.6", "libm.so.6");
	}
	return 0;
}

static int has_interpreter(const struct elf *e, struct arena *arena, bool *ret, struct error *err)
{
	struct str name = STR("");

	for (unsigned i = 0; i < e->phnum; i++) {
		struct segment s = segment_at(e, i);
		int r;

		if (s.type != 3) /* PT_INTERP */
			continue;
		r = read_name(e, s.offset, arena, &name, err);
		if (r)
			return r < 0 ? -1 : 0;
		*ret |= str_equal_cstr(name, "/lib/ld-linux.so.2");
	}
	return 0;
}

static int find_libc(const struct elf *e, const struct buf *dynamic, struct arena *arena,
		     bool *ret, struct error *err)
{
	*ret = false;
	if (e->is_64)
		return 0;
	if (has_interpreter(e, arena, ret, err) < 0)
		return -1;
	return *ret ? 0 : needs_libc(e, dynamic, arena, ret, err);
}

/* The dynamic section, from what follows in @s or from the head that was read. */
static int read_dynamic(struct elf *e, struct source *s, const struct segment *at,
			struct buf *to, struct error *err)
{
	size_t before = 0, n;

	if (at->offset < e->n_head) {
		before = e->n_head - (size_t)at->offset;
		before = before < at->size ? before : (size_t)at->size;
		buf_add(to, e->head + at->offset, before);
	} else if (pass_over(s, at->offset, err) < 0) {
		return -1;
	}
	if (read_some(s, buf_reserve(to, at->size - before), at->size - before, &n, err) < 0)
		return -1;
	to->len += n;
	return 0;
}

static int read_once(struct elf *e, struct elf_library *ret, struct buf *dynamic,
		     struct error *err)
{
	CLEANUP_SOURCE struct source *s = NULL;
	struct segment segment = { 0 };
	bool found;

	if (content_open(e->reader, e->content, &s, err) < 0 ||
	    read_some(s, e->head, sizeof(e->head), &e->n_head, err) < 0)
		return -1;
	found = parse_header(e, ret) && find_dynamic(e, &segment) &&
		segment.size <= ELF_DYNAMIC_MAX && segment.offset <= e->content->size;
	if (found && read_dynamic(e, s, &segment, dynamic, err) < 0)
		return -1;
	if (pass_over(s, UINT64_MAX, err) < 0)
		return -1;
	return found && dynamic->len == segment.size ? 0 : ELF_NOT_A_LIBRARY;
}

int elf_read(const struct content_reader *reader, const struct content *content,
	     struct arena *arena, struct elf_library *ret, struct error *err)
{
	struct elf e = { .reader = reader, .content = content };
	CLEANUP_BUF struct buf dynamic = BUF_INIT(ELF_DYNAMIC_MAX);
	struct elf_library library;
	uint64_t offset;
	int r = read_once(&e, &library, &dynamic, err);

	if (r)
		return r;
	if (find_libc(&e, &dynamic, arena, &library.names_libc, err) < 0)
		return -1;
	if (find_soname(&e, dynamic.ptr, dynamic.len, &offset))
		r = read_name(&e, offset, arena, &library.soname, err);
	if (r == 0)
		*ret = library;
	return r;
}

#pragma once

/*
 * format/gpt/gpt.h - the partition table of a disk.
 *
 * Spec:    UEFI 2.10, chapter 5 (GPT, protective MBR); types from the Discoverable
 *          Partitions Specification (formats A7; docs/formats/gpt.md).
 * Units:   bytes; sectors are 512 bytes, partitions start at multiples of 1 MiB.
 * Bytes:   little-endian; ids mixed-endian (UEFI 2.10, appendix A).
 * Depends: base/, io/. No files, no clock; ids come in.
 */

#include "base/attr.h"
#include "base/error.h"
#include "io/sink.h"
#include "io/window.h"

#define GPT_WRITER_VERSION 1
#define GPT_SECTOR         512u
#define GPT_ALIGNMENT      (1u << 20)
#define GPT_MAX_PARTITIONS 128u

/* In the order in which it is printed: 4f68bce3-e8cd-... is 4f 68 bc e3 e8 cd ... */
struct guid {
	uint8_t bytes[16];
};
#define GUID_TEXT_MAX 37
char *guid_format(const struct guid *g, char text[static GUID_TEXT_MAX]); /* lower case */
bool guid_parse(struct str text, struct guid *ret);
/* Version 4, variant 1 (RFC 9562) in 16 bytes that were derived from something. */
struct guid guid_of_bytes(const uint8_t bytes[static 16]);

enum gpt_role { GPT_ESP, GPT_ROOT, GPT_ROOT_VERITY, GPT_ROLE_COUNT };
/* Of the Discoverable Partitions Specification; false if there is none. */
bool gpt_type(enum gpt_role role, struct str debian_architecture, struct guid *ret);

#define GPT_READ_ONLY (1ull << 60)
#define GPT_NO_AUTO   (1ull << 63)
#define GPT_GROW_FS   (1ull << 59)

struct gpt_partition {
	struct guid type, id;
	struct str name;     /* ASCII, at most 36 bytes */
	uint64_t size;       /* bytes; a multiple of a sector */
	uint64_t attributes;
	uint64_t offset;     /* bytes; set by gpt_plan() and gpt_read() */
};

struct gpt {
	struct guid id;
	struct gpt_partition *partitions; /* in order on disk */
	size_t n;
	uint64_t size;                    /* of the disk: set by gpt_plan() and gpt_read() */
};

/*
 * Places the partitions one after the other. ERR_LIMIT above 128, ERR_UNSUPPORTED if two
 * ids are the same (never made random instead).
 */
int gpt_plan(struct gpt *g, struct error *err) MUST_CHECK;

/* From byte 0 to where the first partition starts; the end of the disk after the last. */
int gpt_write_head(const struct gpt *g, struct sink *out, struct error *err) MUST_CHECK;
int gpt_write_tail(const struct gpt *g, struct sink *out, struct error *err) MUST_CHECK;

/*
 * Reads and checks protective MBR, both headers and tables against each other and the
 * size of the disk, and that nothing overlaps: written by itself from the specification.
 * g->partitions lies in @arena. ERR_FORMAT.
 */
struct arena;
int gpt_read(const struct window *disk, struct arena *arena, struct gpt *ret,
	     struct error *err) MUST_CHECK;

/*
 * The same of a disk that another tool made: boot code and further records in the MBR, a table of
 * fewer entries, reserved attributes and any names are fine ('?' for what is not ASCII), and of
 * the two copies only the first is read. Its checksums must be right and its partitions apart.
 */
int gpt_read_any(const struct window *disk, struct arena *arena, struct gpt *ret,
		 struct error *err) MUST_CHECK;

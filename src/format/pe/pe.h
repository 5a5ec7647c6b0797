#pragma once

/*
 * format/pe/pe.h - unified kernel images: PE files of sections, their hash, signature and
 * measurement.
 *
 * Spec:    UAPI.5 Unified Kernel Image; Microsoft PE/COFF; Windows Authenticode Portable
 *          Executable Signature Format (formats A8; docs/formats/uki.md).
 * Units:   bytes. A UKI is made in memory: it is at most LIMIT_UKI_SIZE bytes.
 * Bytes:   little-endian.
 * Depends: base/, crypto/hash.h. No files, no clock.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"

#define UKI_WRITER_VERSION 1

struct pe_section {
	struct str name;   /* ".cmdline"; at most 8 bytes */
	struct bytes data; /* exactly the bytes that count (VirtualSize), if the file has them */
};

/*
 * @stub with @sections added in the order that UAPI.5 gives, whatever order they come in.
 * Errors: ERR_FORMAT the stub is no PE32+ file or already has the section; ERR_LIMIT no
 * room for the headers, with the numbers.
 */
int uki_build(struct bytes stub, const struct pe_section *sections, size_t n, struct buf *to,
	      struct error *err) MUST_CHECK;

/* SHA-256 that Authenticode signs; a signature in the file does not count. ERR_FORMAT. */
int pe_authenticode(struct bytes file, struct digest *ret, struct error *err) MUST_CHECK;

/*
 * Adds a PKCS#7 SignedData (DER) to an unsigned file and sets the checksum. ERR_FORMAT if
 * there is a signature already.
 */
int pe_attach(struct buf *file, struct bytes pkcs7, struct error *err) MUST_CHECK;

/* Takes it off again: what pe_attach() was given, if uki_build() had made it. ERR_FORMAT. */
int pe_detach(struct buf *file, struct error *err) MUST_CHECK;

/*
 * The checksum in the headers: right in a signed file, where it is over the signature too; none
 * in an unsigned one, as uki_build() and pe_detach() leave it. ERR_DIGEST, ERR_FORMAT.
 */
int pe_check_sum(struct bytes file, struct error *err) MUST_CHECK;

struct pe_file {
	struct str machine;            /* "amd64", "arm64", ... or "" */
	const struct pe_section *sections; /* in order of the file */
	size_t n_sections;
	const uint32_t *zeros;         /* of each: bytes 0 that follow its data in memory */
	const uint32_t *slack;         /* of each: bytes that follow its data in the file */
	struct bytes signature;        /* PKCS#7, or ptr NULL */
};

/*
 * Takes a PE file apart, checking every offset: sections don't overlap, nothing lies
 * outside. Views into @file; lists in @arena. ERR_FORMAT.
 */
int pe_read(struct bytes file, struct arena *arena, struct pe_file *ret,
	    struct error *err) MUST_CHECK;
const struct pe_section *pe_section_of(const struct pe_file *f, struct str name); /* or NULL */

/*
 * What systemd-stub will have extended PCR 11 to (SHA-256 bank) before the kernel starts,
 * and after each phase that systemd-pcrphase adds later ("enter-initrd" only with systemd
 * in the initrd: ours has none). The list of measured sections depends on the version of
 * the stub, which its code names. Errors: ERR_FORMAT no UKI; ERR_UNSUPPORTED a stub of
 * another version than Debian 12's and 13's, or sections among which the stub chooses.
 */
struct uki_measurement {
	const char *phase;    /* "" before the kernel, "sysinit", "sysinit:ready", ... */
	struct digest pcr11;
};
#define UKI_MEASUREMENTS 4
int uki_measure(const struct pe_file *f, struct uki_measurement ret[static UKI_MEASUREMENTS],
		size_t *ret_n, struct error *err) MUST_CHECK;

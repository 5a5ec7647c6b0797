#pragma once

/*
 * format/pe/uki_sections.h - the sections of a unified kernel image.
 *
 * Spec:    UAPI.5, "UKI Components", whose order is that of measurement; what each version
 *          of systemd-stub knows: docs/formats/uki.md, "Measurement".
 * Units:   versions of systemd-stub.
 * Bytes:   none here.
 * Depends: nothing.
 */

#define UKI_SECTION_COUNT 11

struct uki_section_kind {
	const char *name;
	unsigned since; /* of the two versions that are known the first that measures it; 0: none */
};

/* In the order of UAPI.5; the first is ".linux". */
extern const struct uki_section_kind uki_sections[UKI_SECTION_COUNT];

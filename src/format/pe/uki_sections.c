#include "format/pe/uki_sections.h"

const struct uki_section_kind uki_sections[UKI_SECTION_COUNT] = {
	{ ".linux", 252 }, { ".osrel", 252 },  { ".cmdline", 252 }, { ".initrd", 252 },
	{ ".ucode", 257 }, { ".splash", 252 }, { ".dtb", 252 },	    { ".uname", 257 },
	{ ".sbat", 257 },  { ".pcrsig", 0 },   { ".pcrpkey", 252 },
};

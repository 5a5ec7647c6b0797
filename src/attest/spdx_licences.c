/*
 * Debian's short names are SPDX's in many cases, whatever their letters' case; what has another
 * name stands in a table, and GNU's licences are spelled by rule. A name is only mapped where
 * it means one text: "BSD", "GPL" without a version or "public-domain" do not.
 */

#include "attest/spdx_licences.h"

#include <stdio.h>

const char *const spdx_licence_ids[] = {
	"0BSD",
	"AAL",
	"AFL-1.1",
	"AFL-1.2",
	"AFL-2.0",
	"AFL-2.1",
	"AFL-3.0",
	"AGPL-1.0-only",
	"AGPL-1.0-or-later",
	"AGPL-3.0-only",
	"AGPL-3.0-or-later",
	"APSL-2.0",
	"Adobe-2006",
	"Adobe-Glyph",
	"Adobe-Utopia",
	"Afmparse",
	"Apache-1.0",
	"Apache-1.1",
	"Apache-2.0",
	"Artistic-1.0-Perl",
	"Artistic-2.0",
	"BSD-1-Clause",
	"BSD-2-Clause",
	"BSD-2-Clause-Patent",
	"BSD-2-Clause-Views",
	"BSD-3-Clause",
	"BSD-3-Clause-Attribution",
	"BSD-3-Clause-Clear",
	"BSD-3-Clause-HP",
	"BSD-3-Clause-LBNL",
	"BSD-3-Clause-Modification",
	"BSD-3-Clause-Open-MPI",
	"BSD-4-Clause",
	"BSD-4-Clause-Shortened",
	"BSD-4-Clause-UC",
	"BSD-Protection",
	"BSD-Source-Code",
	"BSL-1.0",
	"Barr",
	"Beerware",
	"BitTorrent-1.1",
	"Bitstream-Charter",
	"Bitstream-Vera",
	"BlueOak-1.0.0",
	"Boehm-GC",
	"CC-BY-1.0",
	"CC-BY-2.0",
	"CC-BY-2.5",
	"CC-BY-3.0",
	"CC-BY-3.0-US",
	"CC-BY-4.0",
	"CC-BY-NC-3.0",
	"CC-BY-NC-4.0",
	"CC-BY-NC-ND-3.0",
	"CC-BY-NC-ND-4.0",
	"CC-BY-NC-SA-3.0",
	"CC-BY-NC-SA-4.0",
	"CC-BY-ND-3.0",
	"CC-BY-ND-4.0",
	"CC-BY-SA-1.0",
	"CC-BY-SA-2.0",
	"CC-BY-SA-2.5",
	"CC-BY-SA-3.0",
	"CC-BY-SA-4.0",
	"CC-PDDC",
	"CC0-1.0",
	"CDDL-1.0",
	"CDDL-1.1",
	"CECILL-1.0",
	"CECILL-1.1",
	"CECILL-2.0",
	"CECILL-2.1",
	"CECILL-B",
	"CECILL-C",
	"CMU-Mach",
	"CNRI-Python",
	"CPL-1.0",
	"ClArtistic",
	"Cronyx",
	"Cube",
	"DOC",
	"ECL-2.0",
	"EFL-1.0",
	"EFL-2.0",
	"EPL-1.0",
	"EPL-2.0",
	"EUPL-1.1",
	"EUPL-1.2",
	"FSFAP",
	"FSFUL",
	"FSFULLR",
	"FSFULLRWD",
	"FTL",
	"Fair",
	"FreeBSD-DOC",
	"GD",
	"GFDL-1.1-invariants-only",
	"GFDL-1.1-invariants-or-later",
	"GFDL-1.1-no-invariants-only",
	"GFDL-1.1-no-invariants-or-later",
	"GFDL-1.1-only",
	"GFDL-1.1-or-later",
	"GFDL-1.2-invariants-only",
	"GFDL-1.2-invariants-or-later",
	"GFDL-1.2-no-invariants-only",
	"GFDL-1.2-no-invariants-or-later",
	"GFDL-1.2-only",
	"GFDL-1.2-or-later",
	"GFDL-1.3-invariants-only",
	"GFDL-1.3-invariants-or-later",
	"GFDL-1.3-no-invariants-only",
	"GFDL-1.3-no-invariants-or-later",
	"GFDL-1.3-only",
	"GFDL-1.3-or-later",
	"GPL-1.0-only",
	"GPL-1.0-or-later",
	"GPL-2.0-only",
	"GPL-2.0-or-later",
	"GPL-3.0-only",
	"GPL-3.0-or-later",
	"Giftware",
	"HPND",
	"HPND-sell-variant",
	"ICU",
	"IJG",
	"IPL-1.0",
	"ISC",
	"ISC-Veillard",
	"ImageMagick",
	"Imlib2",
	"Info-ZIP",
	"Inner-Net-2.0",
	"Intel",
	"JSON",
	"JasPer-2.0",
	"Kastrup",
	"Kazlib",
	"Knuth-CTAN",
	"LGPL-2.0-only",
	"LGPL-2.0-or-later",
	"LGPL-2.1-only",
	"LGPL-2.1-or-later",
	"LGPL-3.0-only",
	"LGPL-3.0-or-later",
	"LPPL-1.0",
	"LPPL-1.1",
	"LPPL-1.2",
	"LPPL-1.3a",
	"LPPL-1.3c",
	"Latex2e",
	"Leptonica",
	"Libpng",
	"Linux-OpenIB",
	"MIT",
	"MIT-0",
	"MIT-CMU",
	"MIT-Modern-Variant",
	"MIT-advertising",
	"MIT-enna",
	"MIT-feh",
	"MIT-open-group",
	"MITNFA",
	"MPL-1.0",
	"MPL-1.1",
	"MPL-2.0",
	"MPL-2.0-no-copyleft-exception",
	"MS-PL",
	"MS-RL",
	"MirOS",
	"MulanPSL-2.0",
	"Multics",
	"NAIST-2003",
	"NCSA",
	"NGPL",
	"NIST-PD",
	"NIST-PD-fallback",
	"NLPL",
	"NPL-1.1",
	"NTP",
	"NTP-0",
	"NetCDF",
	"Noweb",
	"ODbL-1.0",
	"OFL-1.0",
	"OFL-1.1",
	"OFL-1.1-RFN",
	"OFL-1.1-no-RFN",
	"OLDAP-2.8",
	"OML",
	"OPL-1.0",
	"OSL-1.0",
	"OSL-1.1",
	"OSL-2.0",
	"OSL-2.1",
	"OSL-3.0",
	"OpenSSL",
	"PDDL-1.0",
	"PHP-3.0",
	"PHP-3.01",
	"PSF-2.0",
	"PostgreSQL",
	"Python-2.0",
	"Python-2.0.1",
	"QPL-1.0",
	"Qhull",
	"RSA-MD",
	"Ruby",
	"SGI-B-1.0",
	"SGI-B-1.1",
	"SGI-B-2.0",
	"SISSL",
	"SMLNJ",
	"SSH-OpenSSH",
	"SSH-short",
	"SWL",
	"Saxpath",
	"Sendmail",
	"Sleepycat",
	"Spencer-86",
	"Spencer-94",
	"Spencer-99",
	"SunPro",
	"TCL",
	"TCP-wrappers",
	"TU-Berlin-1.0",
	"TU-Berlin-2.0",
	"UCAR",
	"UCL-1.0",
	"UPL-1.0",
	"Unicode-3.0",
	"Unicode-DFS-2015",
	"Unicode-DFS-2016",
	"Unicode-TOU",
	"UnixCrypt",
	"Unlicense",
	"VOSTROM",
	"Vim",
	"W3C",
	"W3C-19980720",
	"W3C-20150513",
	"WTFPL",
	"X11",
	"XFree86-1.1",
	"Xnet",
	"YPL-1.1",
	"ZPL-1.1",
	"ZPL-2.0",
	"ZPL-2.1",
	"Zlib",
	"blessing",
	"bzip2-1.0.6",
	"copyleft-next-0.3.0",
	"curl",
	"gSOAP-1.3b",
	"gnuplot",
	"libpng-2.0",
	"libselinux-1.0",
	"libtiff",
	"mpich2",
	"pkgconf",
	"psutils",
	"snprintf",
	"w3m",
	"zlib-acknowledgement",
	NULL,
};

const char *const spdx_exception_ids[] = {
	"Autoconf-exception-2.0",
	"Autoconf-exception-3.0",
	"Autoconf-exception-generic",
	"Autoconf-exception-generic-3.0",
	"Autoconf-exception-macro",
	"Bison-exception-1.24",
	"Bison-exception-2.2",
	"Classpath-exception-2.0",
	"Font-exception-2.0",
	"GCC-exception-2.0",
	"GCC-exception-3.1",
	"GPL-CC-1.0",
	"LGPL-3.0-linking-exception",
	"LLVM-exception",
	"Libtool-exception",
	"Linux-syscall-note",
	"OCaml-LGPL-linking-exception",
	"Qt-GPL-exception-1.0",
	"Qt-LGPL-exception-1.1",
	"Swift-exception",
	"Texinfo-exception",
	"Universal-FOSS-exception-1.0",
	"WxWindows-exception-3.1",
	"cryptsetup-OpenSSL-exception",
	"openvpn-openssl-exception",
	"stunnel-exception",
	"u-boot-exception-2.0",
	"vsftpd-openssl-exception",
	"x11vnc-openssl-exception",
	NULL,
};

static const struct {
	const char *name, *expression; /* @name in lower case */
} aliases[] = {
	/* Of Debian's /usr/share/common-licenses/Artistic, which these files refer to. */
	{ "artistic", "Artistic-1.0-Perl" },
	{ "artistic-1", "Artistic-1.0-Perl" },
	{ "boost-1.0", "BSL-1.0" },
	{ "bsd-0-clause", "0BSD" },
	{ "cc0", "CC0-1.0" },
	{ "expat", "MIT" },
	{ "ftl-1.0", "FTL" },
	{ "llvm", "NCSA" },
	{ "perl", "Artistic-1.0-Perl OR GPL-1.0-or-later" },
	{ "psf-2", "PSF-2.0" },
	{ "sil-1.1", "OFL-1.1" },
	{ "sil-ofl-1.1", "OFL-1.1" },
	{ "the unlicense", "Unlicense" },
	{ "wtfpl-2", "WTFPL" },
	{ "wtfpl-2.0", "WTFPL" },
};

static const struct {
	const char *name, *id; /* @name in lower case, without "exception" */
} exception_aliases[] = {
	{ "bison", "Bison-exception-2.2" },
	{ "classpath", "Classpath-exception-2.0" },
	{ "font", "Font-exception-2.0" },
	{ "gcc runtime library", "GCC-exception-3.1" },
	{ "gcc-runtime", "GCC-exception-3.1" },
	{ "libtool", "Libtool-exception" },
	{ "linux-syscall-note", "Linux-syscall-note" },
	{ "llvm", "LLVM-exception" },
	{ "texinfo", "Texinfo-exception" },
	{ "u-boot", "u-boot-exception-2.0" },
};

/* GNU's: which versions there are, and how SPDX writes the family. */
static const struct {
	const char *name, *before, *after; /* "gfdl-niv": "GFDL-", "-no-invariants" */
	const char *versions;
} families[] = {
	{ "agpl", "AGPL-", "", "1.0 3.0" },
	{ "gfdl", "GFDL-", "", "1.1 1.2 1.3" },
	{ "gfdl-niv", "GFDL-", "-no-invariants", "1.1 1.2 1.3" },
	{ "gpl", "GPL-", "", "1.0 2.0 3.0" },
	{ "lgpl", "LGPL-", "", "2.0 2.1 3.0" },
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.ptr[i]) != lower(b.ptr[i]))
			return false;
	return true;
}

static struct str find(const char *const *table, struct str name)
{
	for (; *table; table++)
		if (same(str_of(*table), name))
			return str_of(*table);
	return STR("");
}

bool spdx_is_licence(struct str id)
{
	return str_equal(find(spdx_licence_ids, id), id) && id.len;
}

static bool take(struct str *s, struct str prefix)
{
	if (s->len < prefix.len || !same((struct str){ s->ptr, prefix.len }, prefix))
		return false;
	*s = (struct str){ s->ptr + prefix.len, s->len - prefix.len };
	return true;
}

/* "2", "2.0", "2+", "2-only", "2.1-or-later": the version, and whether a later one may do. */
static bool parse_version(struct str text, struct str *version, bool *later)
{
	size_t n = 0;

	while (n < text.len && ((text.ptr[n] >= '0' && text.ptr[n] <= '9') || text.ptr[n] == '.'))
		n++;
	*version = (struct str){ text.ptr, n };
	text = (struct str){ text.ptr + n, text.len - n };
	*later = same(text, STR("+")) || same(text, STR("-or-later"));
	return (n == 1 || n == 3) && (*later || !text.len || same(text, STR("-only")));
}

/* "GPL-2+", "GPL-2.0-or-later", "GPLv2+". */
static struct str gnu(struct str name, struct arena *arena)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		struct str rest = name, version;
		char text[8];
		bool later;

		if (!take(&rest, str_of(families[i].name)))
			continue;
		(void)take(&rest, STR("-"));
		(void)take(&rest, STR("v"));
		if (!parse_version(rest, &version, &later))
			continue;
		snprintf(text, sizeof(text), STR_FMT "%s", STR_ARG(version),
			 version.len == 1 ? ".0" : "");
		if (!strstr(families[i].versions, text))
			continue;
		return str_of(arena_printf(arena, "%s%s%s-%s", families[i].before, text,
					   families[i].after, later ? "or-later" : "only"));
	}
	return STR("");
}

/* The list's own name, "Apache-2" for "Apache-2.0", "BSD 3-clause" with a blank. */
static struct str listed(struct str name, struct arena *arena)
{
	struct str id = find(spdx_licence_ids, name);
	char *dashed;

	if (id.len)
		return id;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (same(str_of(aliases[i].name), name))
			return str_of(aliases[i].expression);
	id = find(spdx_licence_ids, str_of(arena_printf(arena, STR_FMT ".0", STR_ARG(name))));
	if (id.len || str_find_char(name, ' ') == name.len)
		return id;
	dashed = arena_strdup(arena, name);
	for (char *c = dashed; *c; c++)
		if (*c == ' ')
			*c = '-';
	return find(spdx_licence_ids, str_of(dashed));
}

struct str spdx_licence(struct str name, struct arena *arena)
{
	struct str id = STR("");

	if (!name.len || name.len > 64)
		return id;
	id = gnu(name, arena);
	if (!id.len)
		id = listed(name, arena);
	if (id.len || name.ptr[name.len - 1] != '+')
		return id;
	/* "MPL-1.1+": SPDX has an operator for it (annex D). */
	id = listed((struct str){ name.ptr, name.len - 1 }, arena);
	if (id.len && str_find_char(id, ' ') == id.len)
		return str_of(arena_printf(arena, STR_FMT "+", STR_ARG(id)));
	return STR("");
}

struct str spdx_exception(struct str name)
{
	struct str id = find(spdx_exception_ids, name);

	for (size_t i = 0; !id.len && i < sizeof(exception_aliases) / sizeof(*exception_aliases);
	     i++)
		if (same(str_of(exception_aliases[i].name), name))
			id = str_of(exception_aliases[i].id);
	return id;
}

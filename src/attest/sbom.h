#pragma once

/*
 * attest/sbom.h - what is inside: SPDX 2.3 and CycloneDX 1.6. Pure.
 *
 * Spec: SPDX 2.3, CycloneDX 1.6, purl; formats B3; docs/statements.md. The same inputs give
 * the same bytes: times are the epoch, ids are derived from @seed.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"

#define SBOM_VERSION 1 /* of the documents' bytes */

struct sbom_package {
	struct str name, version, architecture; /* of the binary package */
	struct str source, source_version;
	bool has_digest;
	struct digest digest;    /* of the .deb */
	uint64_t size;           /* of the .deb, bytes; 0: unknown */
	struct str origin;       /* "Debian": who signed the archive; "" unknown */
	struct str supplier;     /* Maintainer of dpkg's status; "" unknown */
	struct str homepage;     /* "" unknown */
	struct str summary;      /* first line of the description; "" unknown */
	struct str depends;      /* Depends and Pre-Depends of dpkg's status, comma list */
	struct str provides;     /* Provides of dpkg's status; "" none */
	struct bytes copyright;  /* debian/copyright as in the package; len 0: not known */
	bool boot_only;          /* in the initrd or the UKI, not in the tree */
	bool asked;              /* by the recipe, not only by another package */
};

struct sbom_file { /* of the recipe: a local file, an archive, a certificate */
	struct str path;         /* "recipes/files/site.conf" */
	struct str kind;         /* "file", "certificate", "archive" */
	struct digest sha256;
	uint8_t sha1[20];        /* SPDX's `files` can't do without it; not of an archive */
	uint64_t size;
};

struct sbom {
	struct str name, version;       /* of the recipe */
	struct str target, architecture;/* Debian name */
	bool is_disk;                   /* a disk, not an image for containers */
	struct str supplier;            /* of the image; "" unknown: who built it is not known */
	struct str description;         /* of the image; "" none */
	struct str distribution;        /* "debian-12", for purls; "" unknown */
	struct str os_name;             /* PRETTY_NAME of os-release; "" unknown */
	struct str os_version;          /* "12.5" of /etc/debian_version; "" as in distribution */
	bool has_recipe;                /* else @recipe and @lock are not known */
	struct digest seed;             /* tree digest, or config/disk digest */
	struct digest recipe, lock;
	struct str recipe_path;
	int64_t epoch;
	struct str tool_version;
	struct sbom_package *packages;  /* sorted by name, then architecture */
	size_t n_packages;
	struct sbom_file *files;        /* sorted by path */
	size_t n_files;
};

/*
 * "pkg:deb/debian/NAME@VERSION?arch=amd64&distro=debian-12", appended. The namespace is what
 * stands before '-' in @distribution ("debian" if it is ""). A source package has
 * architecture "source".
 */
void sbom_purl(struct str name, struct str version, struct str architecture,
	       struct str distribution, struct buf *to);

/* Compact canonical JSON and a line end. ERR_LIMIT above LIMIT_JSON_SIZE. */
int sbom_write_spdx(const struct sbom *s, struct buf *to, struct error *err) MUST_CHECK;
int sbom_write_cyclonedx(const struct sbom *s, struct buf *to, struct error *err) MUST_CHECK;

/*
 * The licences of a machine-readable debian/copyright (DEP-5) as one SPDX expression, with
 * LicenseRef- for what SPDX's list has no name for; "" if it is not machine-readable. In
 * @arena.
 */
struct str copyright_licence(struct bytes copyright, struct arena *arena);

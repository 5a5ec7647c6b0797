/* docs/formats/uki.md, "Measurement". */
#include "crypto/hash.h"
#include "format/pe/pe.h"
#include "format/pe/uki_sections.h"

/* TPM2_PCR_Extend in the bank of SHA-256. */
static void extend(struct digest *pcr, const struct digest *event)
{
	uint8_t both[2 * DIGEST_SIZE];

	memcpy(both, pcr->bytes, DIGEST_SIZE);
	memcpy(both + DIGEST_SIZE, event->bytes, DIGEST_SIZE);
	*pcr = hash_bytes(BYTES_OF(both));
}

static void extend_by(struct digest *pcr, struct bytes data)
{
	struct digest event = hash_bytes(data);

	extend(pcr, &event);
}

/* "systemd-stub NNN" in UTF-16: what the stub tells the system of itself (LoaderInfo). */
static unsigned version_at(const uint8_t *p, size_t len)
{
	static const char name[] = "systemd-stub ";
	unsigned version = 0;
	size_t i = 0;

	for (; name[i]; i++)
		if (len < 2 * i + 2 || p[2 * i] != name[i] || p[2 * i + 1])
			return 0;
	for (size_t digits = 0; digits < 4 && len >= 2 * i + 2; digits++, i++) {
		if (p[2 * i] < '0' || p[2 * i] > '9' || p[2 * i + 1])
			break;
		version = 10 * version + (unsigned)(p[2 * i] - '0');
	}
	return version;
}

static bool is_of_uki(struct str name)
{
	for (size_t i = 0; i < UKI_SECTION_COUNT; i++)
		if (str_equal_cstr(name, uki_sections[i].name))
			return true;
	return false;
}

/* 0: none is named. Only the stub's own sections count: a kernel may name another. */
static unsigned stub_version(const struct pe_file *f)
{
	for (size_t i = 0; i < f->n_sections; i++) {
		struct bytes data = f->sections[i].data;
		const uint8_t *p = data.ptr, *end = data.ptr + data.len;

		if (is_of_uki(f->sections[i].name))
			continue;
		while (p < end && (p = memchr(p, 's', (size_t)(end - p)))) {
			unsigned version = version_at(p, (size_t)(end - p));

			if (version)
				return version;
			p++;
		}
	}
	return 0;
}

/* The stub chooses among these by the machine it runs on. */
static int check_sections(const struct pe_file *f, struct error *err)
{
	static const char *const chosen[] = { ".profile", ".dtbauto", ".hwids", ".efifw" };

	for (size_t i = 0; i < sizeof(chosen) / sizeof(*chosen); i++)
		if (pe_section_of(f, str_of(chosen[i])))
			return err_set(err, ERR_UNSUPPORTED,
				       "what is measured of section '%s' depends on the machine",
				       chosen[i]);
	if (!pe_section_of(f, STR(".linux")))
		return err_set(err, ERR_FORMAT, "no unified kernel image: it has no '.linux'");
	return 0;
}

/* What the stub sees in memory: the file's bytes and zeros. */
static struct digest hash_section(const struct pe_file *f, const struct pe_section *s)
{
	static const uint8_t zeros[4096];
	size_t left = f->zeros[s - f->sections];
	struct hash *hash = hash_new();
	struct digest d;

	hash_add(hash, s->data);
	while (left) {
		size_t n = left < sizeof(zeros) ? left : sizeof(zeros);

		hash_add(hash, (struct bytes){ zeros, n });
		left -= n;
	}
	d = hash_finish(hash);
	hash_free(hash);
	return d;
}

static void measure_sections(const struct pe_file *f, unsigned version, struct digest *pcr)
{
	for (size_t i = 0; i < UKI_SECTION_COUNT; i++) {
		const char *name = uki_sections[i].name;
		const struct pe_section *s = pe_section_of(f, str_of(name));
		struct digest content;

		if (!s || !uki_sections[i].since || version < uki_sections[i].since)
			continue;
		extend_by(pcr, (struct bytes){ (const uint8_t *)name, strlen(name) + 1 });
		content = hash_section(f, s);
		extend(pcr, &content);
	}
}

int uki_measure(const struct pe_file *f, struct uki_measurement ret[static UKI_MEASUREMENTS],
		size_t *ret_n, struct error *err)
{
	static const struct {
		const char *path, *word;
	} phases[UKI_MEASUREMENTS] = {
		{ "", NULL },
		{ "sysinit", "sysinit" },
		{ "sysinit:ready", "ready" },
		{ "sysinit:ready:shutdown", "shutdown" },
	};
	struct digest pcr = { { 0 } };
	unsigned version;

	if (check_sections(f, err) < 0)
		return -1;
	version = stub_version(f);
	if (version != 252 && version != 257)
		return err_set(err, ERR_UNSUPPORTED,
			       "it is not known what a stub of version %u measures", version);
	measure_sections(f, version, &pcr);
	for (size_t i = 0; i < UKI_MEASUREMENTS; i++) {
		if (phases[i].word)
			extend_by(&pcr, str_bytes(str_of(phases[i].word)));
		ret[i] = (struct uki_measurement){ phases[i].path, pcr };
	}
	*ret_n = UKI_MEASUREMENTS;
	return 0;
}

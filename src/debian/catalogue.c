#include "debian/catalogue.h"

#define EFFECT(package, script, digests, operations) { package, script, digests, operations },
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct catalogue_entry entries[] = {
#include "debian/catalogue.def"
};

static bool lists(const char *digests, const char *hex)
{
	for (const char *at = digests; *at; at++) {
		if (strncmp(at, hex, DIGEST_HEX_MAX - 1) == 0)
			return true;
		at = strchr(at, ' ');
		if (!at)
			return false;
	}
	return false;
}

const struct catalogue_entry *catalogue_find(struct str package, struct str script,
					     const struct digest *digest)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(digest, hex);
	for (size_t i = 0; i < COUNT(entries); i++)
		if (str_equal_cstr(package, entries[i].package) &&
		    str_equal_cstr(script, entries[i].script) && lists(entries[i].digests, hex))
			return &entries[i];
	return NULL;
}

const struct catalogue_entry *catalogue_all(size_t *ret_n)
{
	*ret_n = COUNT(entries);
	return entries;
}

bool catalogue_knows(struct str package, struct str script)
{
	for (size_t i = 0; i < COUNT(entries); i++)
		if (str_equal_cstr(package, entries[i].package) &&
		    str_equal_cstr(script, entries[i].script))
			return true;
	return false;
}

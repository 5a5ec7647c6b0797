/* The first byte chooses: hardware database, catalog, keystore or kernel module. */
#include "debian/catalog.h"
#include "debian/depmod_module.h"
#include "debian/hwdb.h"
#include "debian/jks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 27);
	struct str text = { (const char *)data + 1, size - 1 };
	const struct hwdb_source hwdb = { STR("/a.hwdb"), text };
	const struct catalog_source catalog = { STR("/a.de.catalog"), text };
	struct module_facts facts;
	struct jks jks;
	int r;

	if (size < 1)
		return 0;
	switch (*data % 4) {
	case 0:
		r = hwdb_compile(&hwdb, 1, 257, &arena, &out, &err);
		break;
	case 1:
		r = catalog_compile(&catalog, 1, &arena, &out, &err);
		break;
	case 2:
		r = jks_decode(str_bytes(text), STR("changeit"), &arena, &jks, &err);
		break;
	default:
		r = module_facts_read(str_bytes(text), STR("a.ko"), &arena, &facts, &err);
	}
	(void)r; /* either is fine */
	return 0;
}

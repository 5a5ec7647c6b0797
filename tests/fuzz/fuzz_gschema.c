/* Schemas of GSettings from packages: any text has an end, whatever is in it. */
#include <stddef.h>
#include <stdint.h>

#include "debian/gschema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text before the first NUL is a schema list, what follows an override. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_BUF struct buf out = BUF_INIT(GSCHEMA_OUT_MAX);
	struct str text = { (const char *)data, size }, override;
	struct arena arena = ARENA_INIT;
	struct gschemas g;

	override = text;
	text.len = str_find_char(text, '\0');
	override = (struct str){ text.ptr + text.len, size - text.len };
	if (override.len)
		override = (struct str){ override.ptr + 1, override.len - 1 };
	gschemas_init(&g, &arena);
	if (!gschemas_add(&g, text) && !gschemas_override(&g, override))
		(void)!gschemas_compile(&g, &out);
	arena_release(&arena);
	return 0;
}

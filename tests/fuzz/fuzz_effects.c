/* Any bytes as an effects object over a small tree: refused with a place, or applied. */

#include <stdlib.h>

#include "debian/debian.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char control[] = "Package: p\nVersion: 1\nArchitecture: all\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pack_member members[] = {
		{ .path = STR("d"), .kind = NODE_DIRECTORY, .mode = 0755 },
		{ .path = STR("d/f"), .kind = NODE_FILE, .mode = 0644,
		  .content = content_of_bytes(str_bytes(STR("f"))) },
		{ .path = STR("d/h"), .hard_link = true, .target = STR("d/f") },
	};
	struct pack_control controls[] = {
		{ STR("control"), 0644, { (const uint8_t *)control, sizeof(control) - 1 } },
	};
	const struct pack pack = { .members = members, .n_members = 3,
				   .controls = controls, .n_controls = 1 };
	const struct debian_package package = { .name = STR("p"), .version = STR("1"),
						.architecture = STR("all"), .kept = true,
						.pack = &pack };
	const struct debian_options options = { .architecture = STR("amd64"),
						.effects = { data, size } };
	struct tree *t = tree_new();
	struct arena arena = ARENA_INIT;
	struct error err = ERR_INIT;
	struct debian_report report;

	if (data && size &&
	    debian_install(t, &package, 1, &options, &arena, &report, &err) < 0 &&
	    err.code != ERR_FORMAT && err.code != ERR_LIMIT && err.code != ERR_FILE_CONFLICT)
		abort();
	err_release(&err);
	arena_release(&arena);
	tree_free(t);
	return 0;
}

#include "pipeline/build.h"

static void set(struct identity *to, enum identity_role role, const struct digest *digest)
{
	to->has[role] = true;
	to->digest[role] = *digest;
}

struct identity build_output_identity(const struct build_output *out)
{
	struct identity i = { .file = out->file };

	set(&i, IDENTITY_FILE, &out->digest);
	if (!out->format.len) {
		set(&i, IDENTITY_CONFIG, &out->image_id);
		set(&i, IDENTITY_MANIFEST, &out->manifest);
		set(&i, IDENTITY_INDEX, &out->index);
		return i;
	}
	if (out->has_verity)
		set(&i, IDENTITY_ROOT_HASH, &out->root_hash);
	if (out->has_before)
		set(&i, IDENTITY_UNSIGNED, &out->before);
	return i;
}

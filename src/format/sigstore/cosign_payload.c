#include "base/digest.h"
#include "format/json/json.h"
#include "format/sigstore/sigstore.h"

/* SIGNATURE_SPEC.md, "Payload": simple signing, with members in this very order. */
void cosign_payload_write(struct str reference, const struct digest *manifest, struct buf *to)
{
	char text[DIGEST_TEXT_MAX];

	buf_add_cstr(to, "{\"critical\":{\"identity\":{\"docker-reference\":");
	json_write_str(reference, to);
	buf_printf(to, "},\"image\":{\"docker-manifest-digest\":\"%s\"},",
		   digest_format(manifest, text));
	buf_add_cstr(to, "\"type\":\"cosign container image signature\"},\"optional\":null}");
}

/* Signatures of a file that lies there no more: another was built in its place. */
#include "pipeline/signing_private.h"

#include <errno.h>
#include <unistd.h>

#include "base/hex.h"
#include "format/sigstore/sigstore.h"
#include "io/file.h"

#define SHORT_ID 8 /* bytes of a key's id in a name */

/* FILE.sigstore.json or FILE.<16 hex>.sigstore.json; a verdict is no signature. */
static bool is_signature_of(struct str name, struct str file)
{
	struct str ending = STR(SIGNING_ENDING), middle;
	uint8_t id[SHORT_ID];

	if (!str_has_prefix(name, file) || !str_has_suffix(name, ending) ||
	    name.len < file.len + ending.len)
		return false;
	middle = (struct str){ name.ptr + file.len, name.len - file.len - ending.len };
	return middle.len == 0 ||
	       (middle.len == 1 + 2 * SHORT_ID && middle.ptr[0] == '.' &&
		hex_parse((struct str){ middle.ptr + 1, 2 * SHORT_ID }, id, sizeof(id)));
}

/* What is not a signature of ours stays, whatever its name. */
static bool is_about_another(int folder, const char *name, const struct identity *output)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SIGNING_BUNDLE_MAX);
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error unread = ERR_INIT;
	struct intoto_statement s = { 0 };
	struct dsse_envelope e = { 0 };
	enum identity_role weak;
	enum identity_match match;

	if (file_load(folder, name, &text, &unread) != 0 ||
	    sigstore_bundle_parse(buf_bytes(&text), name, &arena, &e, &unread) < 0 ||
	    intoto_parse(e.payload, name, &arena, &s, &unread) < 0)
		return false;
	match = identity_match(output, s.subjects, s.n_subjects, &weak);
	return match == IDENTITY_NONE || match == IDENTITY_CONFLICT;
}

int signing_drop_stale(const struct context *c, int folder, const struct identity *output,
		       struct error *err)
{
	CLEANUP_NAMES struct file_names all = { 0 };

	if (file_list(folder, ".", &all, err) != 0)
		return err->code ? -1 : 0;
	for (size_t i = 0; i < all.n; i++) {
		const char *name = all.names[i];

		if (!is_signature_of(str_of(name), output->file) ||
		    !is_about_another(folder, name, output))
			continue;
		if (unlinkat(folder, name, 0) < 0)
			return err_sys(err, errno, "cannot remove '%s'", name);
		context_note(c,
			     "removed '%s': it was about the '" STR_FMT "' that lay there before",
			     name, STR_ARG(output->file));
	}
	return 0;
}

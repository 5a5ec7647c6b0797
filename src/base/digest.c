#include "base/digest.h"

#include <string.h>

#include "base/error.h"
#include "base/hex.h"

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

int digest_compare(const struct digest *a, const struct digest *b)
{
	int r = memcmp(a->bytes, b->bytes, DIGEST_SIZE);

	return (r > 0) - (r < 0);
}

char *digest_format(const struct digest *d, char text[static DIGEST_TEXT_MAX])
{
	memcpy(text, "sha256:", 7);
	hex_format(BYTES_OF(d->bytes), text + 7);
	return text;
}

char *digest_hex(const struct digest *d, char text[static DIGEST_HEX_MAX])
{
	return hex_format(BYTES_OF(d->bytes), text);
}

bool digest_parse_hex(struct str text, struct digest *ret)
{
	return hex_parse(text, ret->bytes, DIGEST_SIZE);
}

int digest_parse(struct str text, struct digest *ret, struct error *err)
{
	struct digest d;

	if (!str_has_prefix(text, STR("sha256:")))
		return err_set(err, ERR_FORMAT, "'" STR_FMT "' is not a sha256 digest",
			       STR_ARG(text));
	if (!hex_parse((struct str){ text.ptr + 7, text.len - 7 }, d.bytes, DIGEST_SIZE))
		return err_set(err, ERR_FORMAT,
			       "'" STR_FMT "' is not 'sha256:' and 64 lower-case hex digits",
			       STR_ARG(text));
	*ret = d;
	return 0;
}

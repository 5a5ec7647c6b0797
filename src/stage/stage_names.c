#include "stage/stage_private.h"

#include <string.h>

char *object_name(const struct digest *d, char text[static OBJECT_NAME_MAX])
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(d, hex);
	text[0] = hex[0];
	text[1] = hex[1];
	text[2] = '/';
	memcpy(text + 3, hex + 2, DIGEST_HEX_MAX - 2);
	return text;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool is_shard_name(const char *name)
{
	return is_hex(name[0]) && is_hex(name[1]) && name[2] == 0;
}

bool object_name_parse(const char *shard, const char *rest, struct digest *ret)
{
	char hex[DIGEST_HEX_MAX];

	if (!is_shard_name(shard) || strlen(rest) != DIGEST_HEX_MAX - 3)
		return false;
	memcpy(hex, shard, 2);
	memcpy(hex + 2, rest, DIGEST_HEX_MAX - 2);
	return digest_parse_hex(str_of(hex), ret);
}

bool is_kind_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz");

	return n > 0 && n <= 32 && name[n] == 0;
}

bool is_ref_name(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				"0123456789._-");

	return n > 0 && n <= 200 && name[n] == 0 && name[0] != '.';
}

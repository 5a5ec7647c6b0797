#include "format/gpt/gpt.h"

#include "base/hex.h"

char *guid_format(const struct guid *g, char text[static GUID_TEXT_MAX])
{
	static const size_t parts[] = { 4, 2, 2, 2, 6 };
	size_t from = 0;
	char *to = text;

	for (size_t i = 0; i < 5; i++) {
		if (i)
			*to++ = '-';
		hex_format((struct bytes){ g->bytes + from, parts[i] }, to);
		to += 2 * parts[i];
		from += parts[i];
	}
	return text;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Either case: the kernel's root=PARTUUID= and firmware take both. */
bool guid_parse(struct str text, struct guid *ret)
{
	struct guid g = { { 0 } };
	size_t n = 0;

	if (text.len != GUID_TEXT_MAX - 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int value = digit(text.ptr[i]);

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text.ptr[i] != '-')
				return false;
			continue;
		}
		if (value < 0)
			return false;
		g.bytes[n / 2] = (uint8_t)(g.bytes[n / 2] << 4 | value);
		n++;
	}
	*ret = g;
	return true;
}

struct guid guid_of_bytes(const uint8_t bytes[static 16])
{
	struct guid g;

	memcpy(g.bytes, bytes, sizeof(g.bytes));
	g.bytes[6] = (uint8_t)((g.bytes[6] & 0x0f) | 0x40); /* RFC 9562, section 4.2 */
	g.bytes[8] = (uint8_t)((g.bytes[8] & 0x3f) | 0x80); /* section 4.1 */
	return g;
}

/* Discoverable Partitions Specification, "Defined Partition Type UUIDs". */
static const struct {
	const char *architecture, *root, *verity;
} types[] = {
	{ "amd64", "4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5" },
	{ "arm64", "b921b045-1df0-41c3-af44-4c6f280d3fae", "df3300ce-d69f-4c92-978c-9bfb0f38d820" },
	{ "armhf", "69dad710-2ce4-4e3c-b16c-21a1d49abed3", "7386cdf2-203c-47a9-a498-f2ecce45a2d6" },
	{ "i386", "44479540-f297-41b2-9af7-d131d5f0458a", "d13c5d3b-b5d1-422a-b29f-9454fdc89d76" },
	{ "loong64", "77055800-792c-4f94-b39a-98c91b762bb6",
	  "f3393b22-e9af-4613-a948-9d3bfbd0c535" },
	{ "riscv64", "72ec70a6-cf74-40e6-bd49-4bda08e8f224",
	  "b6ed5582-440b-4209-b8da-5ff7c419ea3d" },
};

bool gpt_type(enum gpt_role role, struct str debian_architecture, struct guid *ret)
{
	if (role == GPT_ESP)
		return guid_parse(STR("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"), ret);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (str_equal_cstr(debian_architecture, types[i].architecture))
			return guid_parse(
				str_of(role == GPT_ROOT ? types[i].root : types[i].verity), ret);
	return false;
}

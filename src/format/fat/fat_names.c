#include "format/fat/fat_private.h"

#include <stdio.h>

/*
 * Short names, FAT 1.03, "Short Directory Entries" and "The Basis-Name Generation
 * Algorithm". A name that is a short one already has no other; all others get a long name
 * and an alias: in upper case where that is a short name and free, else with a number.
 */

#define BASE_LEN 8u
#define EXT_LEN 3u

static bool is_in(char c, const char *set)
{
	return c && strchr(set, c);
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_short_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || is_in(c, "$%'-_@~`!(){}^#&");
}

bool fat_is_name(struct str name)
{
	if (name.len == 0 || name.len > FAT_NAME_MAX || is_in(name.ptr[name.len - 1], ". "))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] < 0x20 || name.ptr[i] > 0x7e || is_in(name.ptr[i], "\"*/:<>?\\|"))
			return false;
	return true;
}

/* @from's letters into @field, as many as fit; false if one was lost or changed. */
static bool fill(char *field, size_t size, struct str from)
{
	bool exact = from.len <= size;
	size_t n = 0;

	memset(field, ' ', size);
	for (size_t i = 0; i < from.len && n < size; i++) {
		char c = upper(from.ptr[i]);

		if (is_in(c, " .")) {
			exact = false;
			continue;
		}
		exact = exact && is_short_letter(c);
		field[n++] = is_short_letter(c) ? c : '_';
	}
	return exact;
}

static size_t last_dot(struct str name)
{
	size_t i = name.len;

	while (i && name.ptr[i - 1] != '.')
		i--;
	return i ? i - 1 : name.len;
}

/* True if @ret, in whatever case, is all that @name says. */
static bool basis_of(struct str name, char ret[static FAT_SHORT_LEN])
{
	size_t dot, first;
	bool exact = true;

	while (is_in(*name.ptr, ". ")) { /* ends: the last letter is neither */
		name.ptr++;
		name.len--;
		exact = false;
	}
	dot = last_dot(name);
	first = str_find_char(name, '.');
	exact = fill(ret, BASE_LEN, (struct str){ name.ptr, first }) && exact && first == dot;
	if (dot == name.len)
		return fill(ret + BASE_LEN, EXT_LEN, STR("")) && exact;
	return fill(ret + BASE_LEN, EXT_LEN,
		    (struct str){ name.ptr + dot + 1, name.len - dot - 1 }) &&
	       exact;
}

static bool is_upper(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (upper(name.ptr[i]) != name.ptr[i])
			return false;
	return true;
}

/* Key of a short name, or (with @mark '~') of the counter of a basis. */
#define KEY_LEN (1 + sizeof(uint32_t) + FAT_SHORT_LEN)

static struct str key_of(char mark, const struct fat_node *folder, const char *short_name,
			 char text[static KEY_LEN])
{
	text[0] = mark;
	memcpy(text + 1, &folder->number, sizeof(folder->number));
	memcpy(text + 1 + sizeof(folder->number), short_name, FAT_SHORT_LEN);
	return (struct str){ text, KEY_LEN };
}

/* False if another name of the folder has it. */
static bool take(const struct fat_node *folder, const char *short_name, struct strtab *taken)
{
	char text[KEY_LEN];
	struct str key = key_of(' ', folder, short_name, text);
	uint32_t other;

	if (strtab_find(taken, key, &other))
		return false;
	strtab_put(taken, key, 0);
	return true;
}

static void put_number(const char *basis, uint32_t number, char *ret)
{
	char tail[BASE_LEN + 1];
	size_t len = (size_t)snprintf(tail, sizeof(tail), "~%u", number % 1000000), at = 0;

	memcpy(ret, basis, FAT_SHORT_LEN);
	while (at < BASE_LEN - len && ret[at] != ' ')
		at++;
	memcpy(ret + at, tail, len);
}

/* A folder has fewer entries than there are numbers. */
static void take_number(struct fat_node *n, const char *basis, struct strtab *taken)
{
	char text[KEY_LEN];
	struct str key = key_of('~', n->parent, basis, text);
	uint32_t number = 0;

	if (!strtab_find(taken, key, &number))
		number = 0;
	do
		put_number(basis, ++number, n->short_name);
	while (!take(n->parent, n->short_name, taken));
	strtab_put(taken, key, number);
}

void fat_name_children(struct fat_node *folder, struct strtab *taken)
{
	char basis[FAT_SHORT_LEN];

	/* names that have no choice come first */
	for (struct fat_node *n = folder->children; n; n = n->next) {
		n->has_long = !basis_of(n->name, n->short_name) || !is_upper(n->name);
		if (!n->has_long)
			take(folder, n->short_name, taken); /* paths differ: it is free */
	}
	for (struct fat_node *n = folder->children; n; n = n->next) {
		if (!n->has_long)
			continue;
		if (basis_of(n->name, basis) && take(folder, basis, taken))
			memcpy(n->short_name, basis, sizeof(basis));
		else
			take_number(n, basis, taken);
	}
}

uint32_t fat_entries_of(const struct fat_node *n)
{
	return 1 +
	       (n->has_long ? ((uint32_t)n->name.len + FAT_LONG_UNITS - 1) / FAT_LONG_UNITS : 0);
}

uint8_t fat_checksum(const char short_name[static FAT_SHORT_LEN])
{
	unsigned sum = 0;

	for (size_t i = 0; i < FAT_SHORT_LEN; i++)
		sum = (((sum & 1) << 7 | sum >> 1) + (unsigned char)short_name[i]) & 0xff;
	return (uint8_t)sum;
}

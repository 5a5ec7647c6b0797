/*
 * Names in a folder: FAT32 File System Specification 1.03, "FAT Directory Structure",
 * "FAT Long Directory Entries". Only ASCII: firmware agrees on nothing else.
 */
#include "format/fat/fat_reader.h"

#include "base/endian.h"

#define LONG_NAME 0x0f
#define LAST_LONG 0x40
#define UNITS 13u	/* of a long entry */
#define MAX_LONG 20u	/* entries of one name */
#define LOWER_NAME 0x08 /* what later systems keep in NTRes for a name without a long one */
#define LOWER_SUFFIX 0x10

struct long_name {
	unsigned n, left; /* entries in all; still to come */
	uint8_t checksum;
	uint16_t units[MAX_LONG * UNITS];
};

static int wrong(struct str path, const char *what, struct error *err)
{
	return err_set(err, ERR_FORMAT, "the folder '/" STR_FMT "' of the FAT32 volume has %s",
		       STR_ARG(path), what);
}

/* "Organization and Association of Short & Long Directory Entries". */
static uint8_t checksum_of(const uint8_t short_name[static 11])
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < 11; i++)
		sum = (uint8_t)((sum & 1 ? 0x80 : 0) + (sum >> 1) + short_name[i]);
	return sum;
}

static void get_units(const uint8_t *e, uint16_t *to)
{
	static const uint8_t at[UNITS] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };

	for (unsigned i = 0; i < UNITS; i++)
		to[i] = get_le16(e + at[i]);
}

/* The last part comes first. */
static int add_long(const uint8_t *e, struct long_name *l, struct str path, struct error *err)
{
	unsigned number = e[0] & ~(unsigned)LAST_LONG;

	if (e[0] & LAST_LONG) {
		if (l->n || number == 0 || number > MAX_LONG)
			return wrong(path, "a long name that starts wrongly", err);
		l->n = l->left = number;
		l->checksum = e[13];
	}
	if (l->left == 0 || number != l->left || e[13] != l->checksum || e[12] || get_le16(e + 26))
		return wrong(path, "a long name whose parts don't fit", err);
	get_units(e, l->units + (number - 1) * UNITS);
	l->left--;
	return 0;
}

/* Ends with 0 and then ffff, unless it fills its entries. */
static int finish_long(const struct long_name *l, struct str path, struct fat_name *ret,
		       struct error *err)
{
	unsigned n = l->n * UNITS, len = 0;

	while (len < n && l->units[len])
		len++;
	for (unsigned i = len + 1; i < n; i++)
		if (l->units[i] != 0xffff)
			return wrong(path, "a long name that goes on after its end", err);
	if (len == 0 || len > 255 || (len + UNITS - 1) / UNITS != l->n)
		return wrong(path, "a long name of the wrong length", err);
	for (unsigned i = 0; i < len; i++) {
		uint16_t unit = l->units[i];

		if (unit < 0x20 || unit > 0x7e || strchr("\"*/:<>?\\|", unit))
			return wrong(path, "a long name that is not of plain characters", err);
		ret->text[i] = (char)unit;
	}
	if (ret->text[len - 1] == '.' || ret->text[len - 1] == ' ')
		return wrong(path, "a long name that ends with a dot or blank", err);
	ret->len = len;
	ret->text[len] = 0;
	return 0;
}

static bool is_short_char(uint8_t c)
{
	return c > 0x20 && c < 0x7f && !(c >= 'a' && c <= 'z') && !strchr("\"*+,./:;<=>?[\\]|", c);
}

/* @n bytes, filled up with blanks. Returns their number without, or -1. */
static int short_part(const uint8_t *from, size_t n, bool lower, char *to)
{
	size_t len = n;

	while (len && from[len - 1] == ' ')
		len--;
	for (size_t i = 0; i < len; i++) {
		if (!is_short_char(from[i]))
			return -1;
		to[i] = (char)(lower && from[i] >= 'A' && from[i] <= 'Z' ? from[i] + 32 : from[i]);
	}
	to[len] = 0;
	return (int)len;
}

static int short_name(const uint8_t *e, bool lower_name, bool lower_suffix, char ret[static 13])
{
	char suffix[4];
	int n = short_part(e, 8, lower_name, ret), m = short_part(e + 8, 3, lower_suffix, suffix);

	if (n <= 0 || m < 0)
		return -1;
	if (m) {
		ret[n] = '.';
		memcpy(ret + n + 1, suffix, (size_t)m + 1);
	}
	return 0;
}

/* "." and ".." stand for themselves, the label is no name at all. */
static int set_short(const uint8_t *e, struct fat_name *ret, struct str path, struct error *err)
{
	if (memcmp(e, ".          ", 11) == 0 || memcmp(e, "..         ", 11) == 0) {
		memcpy(ret->alias, "..", 3);
		ret->alias[e[1] == '.' ? 2 : 1] = 0;
	} else if (ret->attributes & FAT_LABEL) {
		memcpy(ret->alias, e, 11);
		ret->alias[11] = 0;
	} else if (short_name(e, false, false, ret->alias) < 0) {
		return wrong(path, "a short name with characters that FAT does not allow", err);
	}
	return 0;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
	static const uint16_t before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int64_t past = month > 2 ? year : year - 1; /* whose leap day is over */

	return 365 * (year - 1970) + (past / 4 - past / 100 + past / 400) - 477 +
	       before[month - 1] + day - 1;
}

/* "Date and Time Formats". */
static bool decode_time(uint16_t date, uint16_t time, int64_t *ret)
{
	unsigned day = date & 31, month = date >> 5 & 15, second = time & 31;
	unsigned minute = time >> 5 & 63, hour = time >> 11;

	if (day == 0 || month == 0 || month > 12 || second > 29 || minute > 59 || hour > 23)
		return false;
	*ret = days_of(1980 + (date >> 9), month, day) * 86400 + hour * 3600 + minute * 60 +
	       second * 2;
	return true;
}

static int set_times(const uint8_t *e, struct fat_name *ret, struct str path, struct error *err)
{
	int64_t ignored;

	if (!decode_time(get_le16(e + 24), get_le16(e + 22), &ret->mtime) || e[13] > 199)
		return wrong(path, "an impossible time of writing", err);
	/* Creation and access may be left out: then they are 0. */
	if ((get_le16(e + 16) && !decode_time(get_le16(e + 16), get_le16(e + 14), &ignored)) ||
	    (get_le16(e + 18) && !decode_time(get_le16(e + 18), 0, &ignored)))
		return wrong(path, "an impossible time of creation or access", err);
	return 0;
}

static int set_name(const uint8_t *e, const struct long_name *l, struct str path,
		    struct fat_name *ret, struct error *err)
{
	ret->attributes = e[11];
	ret->first_cluster = (uint32_t)get_le16(e + 20) << 16 | get_le16(e + 26);
	ret->size = get_le32(e + 28);
	if (e[11] & 0xc0 || e[12] & ~(LOWER_NAME | LOWER_SUFFIX) || (l->n && e[12]))
		return wrong(path, "an entry with reserved bits", err);
	if (set_short(e, ret, path, err) < 0 || set_times(e, ret, path, err) < 0)
		return -1;
	if (l->n) {
		if (l->left || l->checksum != checksum_of(e))
			return wrong(path, "a long name that is of no short one", err);
		return finish_long(l, path, ret, err);
	}
	memcpy(ret->text, ret->alias, sizeof(ret->alias));
	if (e[12] && short_name(e, e[12] & LOWER_NAME, e[12] & LOWER_SUFFIX, ret->text) < 0)
		return wrong(path, "an entry with reserved bits", err);
	ret->len = strlen(ret->text);
	return 0;
}

int fat_read_name(struct bytes folder, size_t *at, struct str path, struct fat_name *ret,
		  struct error *err)
{
	struct long_name l = { 0 };

	*ret = (struct fat_name){ 0 };
	for (; *at < folder.len; *at += FAT_ENTRY_SIZE) {
		const uint8_t *e = folder.ptr + *at;

		if (e[0] == 0)
			break;
		if (e[0] == 0xe5)
			return wrong(path, "a deleted entry", err);
		if ((e[11] & 0x3f) != LONG_NAME) {
			*at += FAT_ENTRY_SIZE;
			return set_name(e, &l, path, ret, err) < 0 ? -1 : 1;
		}
		if (e[11] != LONG_NAME)
			return wrong(path, "an entry with reserved bits", err);
		if (add_long(e, &l, path, err) < 0)
			return -1;
	}
	if (l.n)
		return wrong(path, "a long name without a short one", err);
	if (!bytes_are_zero(folder.ptr + *at, folder.len - *at))
		return wrong(path, "bytes after its end", err);
	return 0;
}

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"

/*
 * Length of the well-formed UTF-8 sequence at @p (RFC 3629, section 4), with
 * its code point in *ret, or 0.
 */
static size_t utf8_decode(const uint8_t *p, size_t len, uint32_t *ret)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	uint32_t c;

	if (n == 1) {
		*ret = p[0];
		return 1;
	}
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > len)
		return 0;
	c = p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

/* How many bytes from @at on are certainly ASCII: by eights, which is most of most texts. */
static size_t ascii_run(struct str text, size_t at)
{
	size_t from = at;
	uint64_t eight;

	for (; text.len - at >= sizeof(eight); at += sizeof(eight)) {
		memcpy(&eight, text.ptr + at, sizeof(eight));
		if (eight & 0x8080808080808080u)
			break;
	}
	return at - from;
}

bool text_is_utf8(struct str text)
{
	uint32_t c;

	for (size_t i = 0, n; i < text.len; i += n) {
		n = ascii_run(text, i);
		if (n)
			continue;
		n = utf8_decode((const uint8_t *)text.ptr + i, text.len - i, &c);
		if (n == 0)
			return false;
	}
	return true;
}

struct str text_utf8(struct str text, struct arena *arena)
{
	CLEANUP_BUF struct buf to = BUF_INIT(SIZE_MAX / 8);

	if (text_is_utf8(text) && str_find_char(text, 0) == text.len)
		return text;
	for (size_t i = 0, n; i < text.len; i += n) {
		uint32_t c = 0;

		n = utf8_decode((const uint8_t *)text.ptr + i, text.len - i, &c);
		if (n && c)
			buf_add(&to, text.ptr + i, n);
		else
			buf_add_cstr(&to, "\xef\xbf\xbd");
		n += !n;
	}
	return arena_str(arena, buf_str(&to));
}

/* C0, DEL, C1 and what reorders text: Unicode 15, section 23.2. */
static bool is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c ||
	       (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

void text_add_safe(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len;) {
		const uint8_t *p = (const uint8_t *)text.ptr + i;
		uint32_t c = 0;
		size_t n = utf8_decode(p, text.len - i, &c);

		if (n && !is_unsafe(c)) {
			buf_add(out, p, n);
		} else {
			n = n ? n : 1;
			for (size_t k = 0; k < n; k++)
				buf_printf(out, "\\x%02x", p[k]);
		}
		i += n;
	}
}

void text_print_safe(FILE *out, const char *text, size_t len)
{
	CLEANUP_BUF struct buf safe = BUF_INIT(SIZE_MAX / 8);

	text_add_safe(&safe, (struct str){ text, len });
	if (safe.len)
		fwrite(safe.ptr, 1, safe.len, out);
}

unsigned text_distance(struct str a, struct str b, unsigned limit)
{
	size_t width = b.len + 1;
	unsigned *rows, d;

	if ((a.len > b.len ? a.len - b.len : b.len - a.len) > limit || a.len > 200 || b.len > 200)
		return limit + 1;
	rows = mem_array((a.len + 1) * width, sizeof(*rows));
	for (size_t i = 0; i <= a.len; i++) {
		for (size_t j = 0; j <= b.len; j++) {
			size_t at = i * width + j;

			if (i == 0 || j == 0) {
				rows[at] = (unsigned)(i + j);
				continue;
			}
			d = rows[at - width] + 1;
			if (rows[at - 1] + 1 < d)
				d = rows[at - 1] + 1;
			if (rows[at - width - 1] + (a.ptr[i - 1] != b.ptr[j - 1]) < d)
				d = rows[at - width - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
			if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] &&
			    a.ptr[i - 2] == b.ptr[j - 1] && rows[at - 2 * width - 2] + 1 < d)
				d = rows[at - 2 * width - 2] + 1;
			rows[at] = d;
		}
	}
	d = rows[a.len * width + b.len];
	free(rows);
	return d <= limit ? d : limit + 1;
}

const char *text_suggest(struct str word, const char *const *words, size_t n)
{
	unsigned limit = word.len < 4 ? 1 : word.len < 8 ? 2 : 3;
	const char *best = NULL;

	for (size_t i = 0; i < n; i++) {
		unsigned d = text_distance(word, str_of(words[i]), limit);

		if (d <= limit) {
			best = words[i];
			if (d == 0)
				break;
			limit = d - 1;
		}
	}
	return best;
}

char *text_size(uint64_t size, char text[static TEXT_SIZE_MAX])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned unit = 0;
	uint64_t rest = 0;

	while (size >= 1024) {
		rest = size % 1024;
		size /= 1024;
		unit++;
	}
	if (unit == 0 || size >= 100)
		snprintf(text, TEXT_SIZE_MAX, "%u %s", (unsigned)size, units[unit]);
	else
		snprintf(text, TEXT_SIZE_MAX, "%u.%u %s", (unsigned)size,
			 (unsigned)(rest * 10 / 1024), units[unit]);
	return text;
}

/* Days since 1970-01-01 of a proleptic Gregorian date. */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

char *text_time(int64_t time, char ret[static TEXT_TIME_MAX])
{
	int64_t days = time / 86400, secs = time % 86400;
	int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	int64_t d = doy - (153 * mp + 2) / 5 + 1, m = mp < 10 ? mp + 3 : mp - 9;
	int64_t y = yoe + era * 400 + (m <= 2);

	snprintf(ret, TEXT_TIME_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)y, (int)m, (int)d,
		 (int)(secs / 3600), (int)(secs / 60 % 60), (int)(secs % 60));
	return ret;
}

static bool digits(struct str s, size_t at, size_t n, int64_t *ret)
{
	uint64_t value;

	if (at + n > s.len || !str_parse_u64((struct str){ s.ptr + at, n }, &value))
		return false;
	*ret = (int64_t)value;
	return true;
}

static bool seconds_of(int64_t y, int64_t mo, int64_t d, int64_t h, int64_t mi, int64_t s,
		       int64_t *ret)
{
	if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || s > 60)
		return false;
	*ret = days_of(y, mo, d) * 86400 + h * 3600 + mi * 60 + s;
	return true;
}

bool text_parse_rfc1123(struct str text, int64_t *ret)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t y, mo = 0, d, h, mi, s;
	char padded[40];

	text = str_trim(text);
	/* "Sat,  5 Sep" and "Sat, 5 Sep" occur: give the day two digits. */
	if (text.len < 28 || text.len >= sizeof(padded) || text.ptr[3] != ',')
		return false;
	if (text.ptr[6] == ' ') {
		snprintf(padded, sizeof(padded), "%.5s0" STR_FMT, text.ptr,
			 (int)text.len - 5, text.ptr + 5);
		text = str_of(padded);
	} else if (text.ptr[5] == ' ') {
		snprintf(padded, sizeof(padded), STR_FMT, STR_ARG(text));
		padded[5] = '0';
		text = str_of(padded);
	}
	for (int64_t i = 0; i < 12; i++)
		if (text.len >= 11 && memcmp(text.ptr + 8, months + 3 * i, 3) == 0)
			mo = i + 1;
	if (!str_has_suffix(text, STR("UTC")) && !str_has_suffix(text, STR("GMT")) &&
	    !str_has_suffix(text, STR("+0000")))
		return false;
	return digits(text, 5, 2, &d) && digits(text, 12, 4, &y) && digits(text, 17, 2, &h) &&
	       digits(text, 20, 2, &mi) && digits(text, 23, 2, &s) &&
	       seconds_of(y, mo, d, h, mi, s, ret);
}

bool text_parse_time(struct str t, int64_t *ret)
{
	int64_t y, mo, d, h, mi, s;

	if (t.len == 16 && t.ptr[8] == 'T' && t.ptr[15] == 'Z')
		return digits(t, 0, 4, &y) && digits(t, 4, 2, &mo) && digits(t, 6, 2, &d) &&
		       digits(t, 9, 2, &h) && digits(t, 11, 2, &mi) && digits(t, 13, 2, &s) &&
		       seconds_of(y, mo, d, h, mi, s, ret);
	if (t.len == 20 && t.ptr[4] == '-' && t.ptr[7] == '-' && t.ptr[10] == 'T' &&
	    t.ptr[13] == ':' && t.ptr[16] == ':' && t.ptr[19] == 'Z')
		return digits(t, 0, 4, &y) && digits(t, 5, 2, &mo) && digits(t, 8, 2, &d) &&
		       digits(t, 11, 2, &h) && digits(t, 14, 2, &mi) && digits(t, 17, 2, &s) &&
		       seconds_of(y, mo, d, h, mi, s, ret);
	return false;
}

#include "shell/timestamp.h"

#include <stdio.h>

static const char *const days[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
				    "Thursday", "Friday", "Saturday" };
static const char *const months[] = { "January", "February", "March",     "April",
				      "May",     "June",     "July",      "August",
				      "September", "October", "November", "December" };

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days from 1970-01-01; years begin in March, so that the leap day is the last. */
static int64_t day_number(int64_t year, int month, int day)
{
	int64_t y = year - (month <= 2), era = floor_div(y, 400), in_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + day_of_year - 719468;
}

struct timestamp timestamp_of(int64_t time)
{
	int64_t day = floor_div(time, 86400), left = time - day * 86400;
	int64_t z = day + 719468, era = floor_div(z, 146097), doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	struct timestamp t = { .year = yoe + era * 400 };

	t.day = (int)(doy - (153 * mp + 2) / 5 + 1);
	t.month = (int)(mp < 10 ? mp + 3 : mp - 9);
	t.year += t.month <= 2;
	t.hour = (int)(left / 3600);
	t.minute = (int)(left / 60 % 60);
	t.second = (int)(left % 60);
	t.weekday = (int)((day % 7 + 11) % 7);
	t.yearday = (int)(day - day_number(t.year, 1, 1));
	return t;
}

int64_t timestamp_time(int64_t year, int month, int day, int hour, int minute, int second)
{
	return day_number(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
}

/* Exactly @n digits off the start. */
static bool take_digits(struct str *text, size_t n, int *ret)
{
	int value = 0;

	if (text->len < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text->ptr[i] < '0' || text->ptr[i] > '9')
			return false;
		value = 10 * value + (text->ptr[i] - '0');
	}
	*text = (struct str){ text->ptr + n, text->len - n };
	*ret = value;
	return true;
}

static bool take_char(struct str *text, char c)
{
	if (!text->len || text->ptr[0] != c)
		return false;
	*text = (struct str){ text->ptr + 1, text->len - 1 };
	return true;
}

static bool is_date(int year, int month, int day, int hour, int minute, int second)
{
	return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 23 &&
	       minute <= 59 && second <= 60 &&
	       timestamp_of(timestamp_time(year, month, day, 0, 0, 0)).day == day;
}

/* "Sun Nov 22 13:25:00 UTC 2026" */
static bool parse_printed(struct str text, int64_t *ret)
{
	int month = 0, day, hour, minute, second, year;

	for (int i = 0; i < 7; i++)
		if (text.len > 4 && str_has_prefix(text, (struct str){ days[i], 3 }) &&
		    text.ptr[3] == ' ')
			month = -1;
	if (!month)
		return false;
	text = (struct str){ text.ptr + 4, text.len - 4 };
	for (int i = 0; i < 12; i++)
		if (str_has_prefix(text, (struct str){ months[i], 3 }))
			month = i + 1;
	if (month < 1)
		return false;
	text = (struct str){ text.ptr + 3, text.len - 3 };
	if (!take_char(&text, ' '))
		return false;
	if (!(take_char(&text, ' ') ? take_digits(&text, 1, &day) : take_digits(&text, 2, &day)) ||
	    !take_char(&text, ' ') || !take_digits(&text, 2, &hour) || !take_char(&text, ':') ||
	    !take_digits(&text, 2, &minute) || !take_char(&text, ':') ||
	    !take_digits(&text, 2, &second) || !str_has_prefix(text, STR(" UTC ")))
		return false;
	text = (struct str){ text.ptr + 5, text.len - 5 };
	if (!take_digits(&text, 4, &year) || text.len ||
	    !is_date(year, month, day, hour, minute, second))
		return false;
	*ret = timestamp_time(year, month, day, hour, minute, second);
	return true;
}

static bool parse_iso(struct str text, int64_t *ret)
{
	int year, month, day, hour = 0, minute = 0, second = 0;
	bool dashes;

	if (!take_digits(&text, 4, &year))
		return false;
	dashes = take_char(&text, '-');
	if (!take_digits(&text, 2, &month) || (dashes && !take_char(&text, '-')) ||
	    !take_digits(&text, 2, &day))
		return false;
	if (text.len && dashes && (take_char(&text, 'T') || take_char(&text, ' '))) {
		if (!take_digits(&text, 2, &hour) || !take_char(&text, ':') ||
		    !take_digits(&text, 2, &minute))
			return false;
		if (take_char(&text, ':') && !take_digits(&text, 2, &second))
			return false;
	}
	if (!str_equal_cstr(text, "") && !str_equal_cstr(text, "Z") &&
	    !str_equal_cstr(text, " UTC") && !str_equal_cstr(text, " +0000"))
		return false;
	if (!is_date(year, month, day, hour, minute, second))
		return false;
	*ret = timestamp_time(year, month, day, hour, minute, second);
	return true;
}

bool timestamp_parse(struct str text, int64_t now, int64_t *ret)
{
	uint64_t value;
	bool minus;

	text = str_trim(text);
	if (str_equal_cstr(text, "now") || str_equal_cstr(text, "today")) {
		*ret = now;
		return true;
	}
	if (take_char(&text, '@')) {
		minus = take_char(&text, '-');
		if (!text.len || !str_parse_u64(text, &value) || value > 1ull << 40)
			return false;
		*ret = minus ? -(int64_t)value : (int64_t)value;
		return true;
	}
	return parse_iso(text, ret) || parse_printed(text, ret);
}

bool timestamp_parse_touch(struct str text, int64_t *ret)
{
	size_t dot = str_find_char(text, '.');
	int year, month, day, hour, minute, second = 0;
	struct str rest = { text.ptr + dot, text.len - dot };

	text.len = dot;
	if (dot == 12) {
		if (!take_digits(&text, 4, &year))
			return false;
	} else if (dot == 10) {
		if (!take_digits(&text, 2, &year))
			return false;
		year += year < 69 ? 2000 : 1900;
	} else {
		return false;
	}
	if (!take_digits(&text, 2, &month) || !take_digits(&text, 2, &day) ||
	    !take_digits(&text, 2, &hour) || !take_digits(&text, 2, &minute))
		return false;
	if (rest.len && (!take_char(&rest, '.') || !take_digits(&rest, 2, &second) || rest.len))
		return false;
	if (!is_date(year, month, day, hour, minute, second))
		return false;
	*ret = timestamp_time(year, month, day, hour, minute, second);
	return true;
}

struct spelling {
	char pad; /* '0', ' ', or 0: none */
	bool flagged, upper;
};

static void add_number(struct buf *out, int64_t value, int width, char pad, struct spelling s)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%lld", (long long)value);

	if (s.flagged)
		pad = s.pad;
	for (; pad && n < width; n++)
		buf_add_char(out, pad);
	buf_add_cstr(out, digits);
}

static void add_name(struct buf *out, const char *name, size_t len, struct spelling s)
{
	for (size_t i = 0; name[i] && i < len; i++)
		buf_add_char(out, s.upper && name[i] >= 'a' && name[i] <= 'z'
					  ? (char)(name[i] - 'a' + 'A') : name[i]);
}

/* ISO 8601 week and its year. */
static int iso_week(const struct timestamp *t, int64_t *ret_year)
{
	int monday = (t->weekday + 6) % 7;
	int64_t thursday = day_number(t->year, t->month, t->day) - monday + 3;
	struct timestamp of = timestamp_of(thursday * 86400);

	*ret_year = of.year;
	return of.yearday / 7 + 1;
}

static bool format_whole(char c, int64_t time, struct buf *out);

static bool format_one(char c, int64_t time, struct spelling s, struct buf *out)
{
	struct timestamp t = timestamp_of(time);
	int64_t year;
	int week = iso_week(&t, &year), hour12 = t.hour % 12 ? t.hour % 12 : 12;

	switch (c) {
	case '%': buf_add_char(out, '%'); return true;
	case 'n': buf_add_char(out, '\n'); return true;
	case 't': buf_add_char(out, '\t'); return true;
	case 'a': add_name(out, days[t.weekday], 3, s); return true;
	case 'A': add_name(out, days[t.weekday], 9, s); return true;
	case 'b':
	case 'h': add_name(out, months[t.month - 1], 3, s); return true;
	case 'B': add_name(out, months[t.month - 1], 9, s); return true;
	case 'C': add_number(out, t.year / 100, 2, '0', s); return true;
	case 'd': add_number(out, t.day, 2, '0', s); return true;
	case 'e': add_number(out, t.day, 2, ' ', s); return true;
	case 'g': add_number(out, year % 100, 2, '0', s); return true;
	case 'G': add_number(out, year, 4, '0', s); return true;
	case 'H': add_number(out, t.hour, 2, '0', s); return true;
	case 'I': add_number(out, hour12, 2, '0', s); return true;
	case 'j': add_number(out, t.yearday + 1, 3, '0', s); return true;
	case 'k': add_number(out, t.hour, 2, ' ', s); return true;
	case 'l': add_number(out, hour12, 2, ' ', s); return true;
	case 'm': add_number(out, t.month, 2, '0', s); return true;
	case 'M': add_number(out, t.minute, 2, '0', s); return true;
	case 'N': add_number(out, 0, 9, '0', s); return true;
	case 'p': buf_add_cstr(out, t.hour < 12 ? "AM" : "PM"); return true;
	case 'P': buf_add_cstr(out, t.hour < 12 ? "am" : "pm"); return true;
	case 's': add_number(out, time, 1, '0', s); return true;
	case 'S': add_number(out, t.second, 2, '0', s); return true;
	case 'u': add_number(out, t.weekday ? t.weekday : 7, 1, '0', s); return true;
	case 'U': add_number(out, (t.yearday + 7 - t.weekday) / 7, 2, '0', s); return true;
	case 'V': add_number(out, week, 2, '0', s); return true;
	case 'w': add_number(out, t.weekday, 1, '0', s); return true;
	case 'W':
		add_number(out, (t.yearday + 7 - (t.weekday + 6) % 7) / 7, 2, '0', s);
		return true;
	case 'y': add_number(out, t.year % 100, 2, '0', s); return true;
	case 'Y': add_number(out, t.year, 4, '0', s); return true;
	case 'z': buf_add_cstr(out, "+0000"); return true;
	case 'Z': buf_add_cstr(out, "UTC"); return true;
	}
	return !s.flagged && !s.upper && format_whole(c, time, out);
}

static bool format_whole(char c, int64_t time, struct buf *out)
{
	static const struct {
		char c;
		const char *format;
	} table[] = { { 'c', "%a %b %e %H:%M:%S %Y" }, { 'D', "%m/%d/%y" }, { 'F', "%Y-%m-%d" },
		      { 'r', "%I:%M:%S %p" },          { 'R', "%H:%M" },    { 'T', "%H:%M:%S" },
		      { 'x', "%m/%d/%y" },             { 'X', "%H:%M:%S" } };

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].c == c)
			return timestamp_format(str_of(table[i].format), time, out);
	return false;
}

bool timestamp_format(struct str format, int64_t time, struct buf *out)
{
	for (size_t i = 0; i < format.len; i++) {
		struct spelling s = { 0 };

		if (format.ptr[i] != '%') {
			buf_add_char(out, format.ptr[i]);
			continue;
		}
		for (i++; i < format.len; i++) {
			char c = format.ptr[i];

			if (c == '^')
				s.upper = true;
			else if (c == '-' || c == '_' || c == '0')
				s = (struct spelling){ c == '-' ? 0 : c == '_' ? ' ' : '0', true,
						       s.upper };
			else
				break;
		}
		if (i == format.len || !format_one(format.ptr[i], time, s, out))
			return false;
	}
	return true;
}

/* date: the clock stands at the epoch. */
#include "shell/file_tool.h"
#include "shell/relative.h"
#include "shell/timestamp.h"
#include "shell/tool_files.h"
#include "shell/zone.h"

enum { DATE_DATE = 1, DATE_UTC, DATE_MAIL, DATE_ISO, DATE_3339, DATE_REFERENCE };

static const struct shell_option date_options[] = {
	{ 'd', "date", OPTION_VALUE, DATE_DATE },
	{ 'u', "utc", OPTION_NO_VALUE, DATE_UTC },
	{ 0, "universal", OPTION_NO_VALUE, DATE_UTC },
	{ 'R', "rfc-email", OPTION_NO_VALUE, DATE_MAIL },
	{ 'I', "iso-8601", OPTION_MAYBE_VALUE, DATE_ISO },
	{ 0, "rfc-3339", OPTION_VALUE, DATE_3339 },
	{ 'r', "reference", OPTION_VALUE, DATE_REFERENCE },
	{ 0 },
};

/* What TZ and /etc/localtime say: UTC is their default. */
static bool is_utc(struct shell_call *c)
{
	struct str zone, base;

	if (shell_exported(c->shell, STR("TZ"), &zone))
		return !zone.len || str_equal_cstr(zone, "UTC") || str_equal_cstr(zone, "UTC0") ||
		       str_equal_cstr(zone, "Etc/UTC");
	if (canonical_path(c->shell, STR("/etc/localtime"), CANONICAL_MISSING, false, &zone) ||
	    !world_find(c->shell, zone, true))
		return true; /* without that file it is UTC */
	base = file_base(zone);
	return str_equal_cstr(base, "UTC") || str_equal_cstr(base, "UCT") ||
	       str_equal_cstr(base, "Universal") || str_equal_cstr(base, "Zulu");
}

static const char *iso_format(struct str how)
{
	if (!how.ptr || str_equal_cstr(how, "date"))
		return "%Y-%m-%d";
	if (str_equal_cstr(how, "hours"))
		return "%Y-%m-%dT%H+00:00";
	if (str_equal_cstr(how, "minutes"))
		return "%Y-%m-%dT%H:%M+00:00";
	return str_equal_cstr(how, "seconds") ? "%Y-%m-%dT%H:%M:%S+00:00" : NULL;
}

/* False: a value that is not modelled. */
static bool take_option(struct shell_call *c, const struct shell_taken *o, int64_t *time,
			const char **format, bool *utc)
{
	struct node *node;

	switch (o->id) {
	case DATE_DATE:
		return timestamp_parse(o->value, c->world->epoch, time);
	case DATE_UTC:
		return *utc = true;
	case DATE_MAIL:
		*format = "%a, %d %b %Y %H:%M:%S +0000";
		return true;
	case DATE_ISO:
		*format = iso_format(o->value);
		return *format != NULL;
	case DATE_3339:
		*format = str_equal_cstr(o->value, "date") ? "%Y-%m-%d" : "%Y-%m-%d %H:%M:%S+00:00";
		return str_equal_cstr(o->value, "date") || str_equal_cstr(o->value, "seconds");
	case DATE_REFERENCE:
		node = world_find(c->shell, o->value, true);
		*time = node ? node->inode->mtime : 0;
		return node && !node_is(node, NODE_DIRECTORY) && !world_is_outside(node);
	}
	return false;
}

/* The file of the zone that is not UTC. 0, 1: there is none. */
static int zone_file(struct shell_call *c, struct str *ret, struct error *err)
{
	struct str zone, path = STR("/etc/localtime");

	if (shell_exported(c->shell, STR("TZ"), &zone)) {
		size_t colon = zone.len && *zone.ptr == ':';

		zone = (struct str){ zone.ptr + colon, zone.len - colon };
		path = str_of(arena_printf(c->world->arena, "%s" STR_FMT,
					   zone.len && *zone.ptr == '/' ? "" :
									  "/usr/share/zoneinfo/",
					   STR_ARG(zone)));
	}
	return world_read(c->shell, path, ret, err);
}

/* "%Z" of @format is the zone's name; other words that need it are not modelled. */
static bool in_zone(struct shell_call *c, struct str *format, struct str name)
{
	CLEANUP_BUF struct buf out = BUF_INIT((size_t)1 << 40);

	for (size_t i = 0; i < format->len; i++) {
		char next = i + 1 < format->len ? format->ptr[i + 1] : 0;

		if (format->ptr[i] == '%' && next == 'Z') {
			buf_add_str(&out, name);
			i++;
			continue;
		}
		buf_add_char(&out, format->ptr[i]);
		if (format->ptr[i] != '%')
			continue;
		if (!next || !strchr("aAbBdeFHIjklmMnpPSTuwyY%", next))
			return false;
		buf_add_char(&out, next);
		i++;
	}
	*format = arena_str(c->world->arena, buf_str(&out));
	return true;
}

static bool names_utc(struct str date)
{
	for (size_t i = 0; i + 3 <= date.len; i++)
		if (memcmp(date.ptr + i, "UTC", 3) == 0)
			return true;
	return false;
}

/* What a time is called where it is not UTC. 0, 1 refused with *ret_status, -1. */
static int to_zone(struct shell_call *c, const struct shell_arguments *a, struct str *format,
		   int64_t *time, int *ret_status, struct error *err)
{
	struct str file = STR(""), name = STR("");
	int32_t offset = 0;
	bool known = true;
	int r;

	for (size_t i = 0; i < a->n_options; i++) {
		struct str value = a->options[i].value;

		/* A date that names no zone is the zone's own. */
		known &= a->options[i].id == DATE_REFERENCE ||
			 (a->options[i].id == DATE_DATE && value.len &&
			  (*value.ptr == '@' || names_utc(value)));
	}
	r = known ? zone_file(c, &file, err) : 1;
	if (r < 0)
		return -1;
	if (r || !zone_at(file, *time, &offset, &name) || !in_zone(c, format, name)) {
		*ret_status = shell_refuse(c, err, "a zone other than UTC");
		return *ret_status < 0 ? -1 : 1;
	}
	*time += offset;
	return 0;
}

int tool_date(struct shell_call *c, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	const char *format = "%a %b %e %H:%M:%S %Z %Y";
	struct shell_arguments a;
	int64_t time = c->world->epoch;
	bool utc = false;
	int status = 0, result = shell_options(c, date_options, false, &a, &status, err);
	struct str given;

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++)
		if (!take_option(c, &a.options[i], &time, &format, &utc))
			return shell_refuse(c, err, "date '" STR_FMT "'",
					    STR_ARG(a.options[i].value));
	given = str_of(format);
	if (a.n_operands) {
		if (a.n_operands > 1 || !a.operands[0].len || a.operands[0].ptr[0] != '+')
			return shell_refuse(c, err, "setting the clock");
		given = (struct str){ a.operands[0].ptr + 1, a.operands[0].len - 1 };
	}
	if (!utc && !str_equal_cstr(given, "%s") && !is_utc(c)) {
		result = to_zone(c, &a, &given, &time, &status, err);
		if (result)
			return result < 0 ? -1 : status;
	}
	if (!timestamp_format(given, time, &text))
		return shell_refuse(c, err, "format '" STR_FMT "'", STR_ARG(given));
	buf_add_str(c->out, buf_str(&text));
	buf_add_char(c->out, '\n');
	return 0;
}

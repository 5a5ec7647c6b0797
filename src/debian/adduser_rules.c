/*
 * What adduser and addgroup may do and how they say it: statuses and messages of both
 * versions, /etc/adduser.conf, names.
 */
#include <stdarg.h>

#include "debian/adduser_private.h"

#define NAME_MAX_LEN 32u

static const int modern_status[STATUS_COUNT] = {
	[OBJECT_EXISTS] = 11, [NO_OBJECT] = 12, [WRONG_OBJECT] = 13,
	[ID_IN_USE] = 21,     [NO_ID] = 22,	[BAD_NAME_STATUS] = 31,
	[BAD_HOME] = 32,      [BAD_CALL] = 51,	[EXCLUSIVE] = 53,
};

/* 3.134 dies with 1 of everything. */
int adduser_status(const struct add *x, enum status_of which)
{
	return x->modern ? modern_status[which] : 1;
}

const char *adduser_program(const struct add *x)
{
	return x->group_program ? "addgroup" : "adduser";
}

void adduser_say(const struct add *x, const char *fmt, ...)
{
	char text[4096];
	va_list args;

	if (x->quiet || x->modern)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_add_cstr(x->c->out, text);
}

/* ---- configuration ---- */

static const char *const known_keys[] = {
	"DSHELL",    "FIRST_SYSTEM_UID", "LAST_SYSTEM_UID", "FIRST_SYSTEM_GID", "LAST_SYSTEM_GID",
	"FIRST_UID", "LAST_UID",	 "FIRST_GID",	    "LAST_GID",		"DHOME",
	"DIR_MODE",  "SYS_DIR_MODE",
};

/* Anything else that is set may change what is made. */
int adduser_check_config(const struct add *x, struct error *err)
{
	struct str rest = x->config.text, line;

	while (rest.len && str_split(&rest, '\n', &line)) {
		struct str key = str_trim(line);
		bool known = !key.len || *key.ptr == '#';

		key.len = str_find_char(key, '=');
		key = str_trim(key);
		for (size_t i = 0; i < sizeof(known_keys) / sizeof(known_keys[0]) && !known; i++)
			known = str_equal_cstr(key, known_keys[i]);
		if (!known)
			return shell_refuse(x->c, err,
					    "no model of '" STR_FMT "' in /etc/adduser.conf",
					    STR_ARG(line));
	}
	return 0;
}

uint32_t adduser_configured(const struct add *x, uint32_t given, const char *key,
			    uint32_t otherwise)
{
	uint32_t value = otherwise;

	if (given != UINT32_MAX && given)
		return given;
	(void)settings_number(&x->config, key, otherwise, &value);
	return value;
}

bool adduser_is_system_id(const struct add *x, uint32_t id, bool group)
{
	return id >= adduser_configured(x, UINT32_MAX,
					group ? "FIRST_SYSTEM_GID" : "FIRST_SYSTEM_UID", 100) &&
	       id <= adduser_configured(x, UINT32_MAX,
					group ? "LAST_SYSTEM_GID" : "LAST_SYSTEM_UID", 999);
}

uint16_t adduser_folder_mode(const struct add *x)
{
	struct str text = x->system ? STR("0755") : STR("0700");
	unsigned mode = 0;

	(void)settings_find(&x->config, x->system ? "SYS_DIR_MODE" : "DIR_MODE", &text);
	for (size_t i = 0; i < text.len; i++)
		mode = 8 * mode + (unsigned)(text.ptr[i] - '0');
	return (uint16_t)(mode & 07777);
}

/* ---- names ---- */

static bool is_letter(char c, bool capital)
{
	return (c >= 'a' && c <= 'z') || (capital && c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_usual_name(const struct add *x, struct str name)
{
	if (name.len > 1 && name.ptr[name.len - 1] == '$')
		name.len--;
	if (!name.len || (!is_letter(*name.ptr, x->modern) && !(x->system && *name.ptr == '_')))
		return false;
	for (size_t i = 1; i < name.len; i++)
		if (!is_letter(name.ptr[i], x->modern) && !is_digit(name.ptr[i]) &&
		    name.ptr[i] != '_' && name.ptr[i] != '-')
			return false;
	return true;
}

/* What IEEE Std 1003.1-2001 allows: with --force-badname. */
static bool is_portable_name(struct str name)
{
	bool digits = true;

	if (name.len > 1 && name.ptr[name.len - 1] == '$')
		name.len--;
	if (!name.len || *name.ptr == '-')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		digits &= is_digit(name.ptr[i]);
		if (!is_letter(name.ptr[i], true) && !is_digit(name.ptr[i]) &&
		    !strchr("_.-", name.ptr[i]))
			return false;
	}
	return !digits;
}

int adduser_check_name(const struct add *x, struct error *err)
{
	if (x->name.len <= NAME_MAX_LEN && is_usual_name(x, x->name))
		return 0;
	if (x->name.len <= NAME_MAX_LEN && is_portable_name(x->name) && x->name_level) {
		adduser_say(x, "Allowing use of questionable username.\n");
		return 0;
	}
	return shell_refuse(x->c, err, "no model of the name '" STR_FMT "'", STR_ARG(x->name));
}

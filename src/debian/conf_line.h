#pragma once

/*
 * debian/conf_line.h - words and specifiers of systemd's *.d files.
 * Spec: sysusers.d(5), tmpfiles.d(5). Private to debian/.
 */

#include "debian/debian_state.h"

/*
 * The next word of *rest: blanks separate, quotes hold together and go, a backslash is
 * C's. 0 at the end, 1 with *ret, -1 for a bad escape or a quote without its end.
 */
int conf_word(struct arena *arena, struct str *rest, struct str *ret);

/* C escapes only ("\n", "\x41", "\101"). False if there is a bad one. */
bool conf_unescape(struct arena *arena, struct str text, struct str *ret);

enum conf_expansion {
	CONF_EXPANDED,
	CONF_OF_THE_MACHINE, /* %m %b %H %l %v: nobody knows in an image */
	CONF_BAD,
};
/* %% %a %A %B %M %o %w %W %g %G %u %U %h %T %V %t %S %C %L */
enum conf_expansion conf_expand(struct debian *d, struct str text, struct str *ret);

/*
 * The files to read for @names (all if @n is 0): "x.conf" is looked for in
 * /etc, /run, /usr/local/lib and /usr/lib/@kind, "/x" is a path. Those of @replace are
 * in its stead. *ret are absolute paths; "" stands for standard input ("-").
 * Return: 0, 1: *ret_missing is not there, or -1.
 */
int conf_choose(struct debian *d, const char *kind, const struct str *names, size_t n,
		struct str **ret, size_t *ret_n, struct str *ret_missing,
		struct error *err) MUST_CHECK;

#pragma once

/*
 * shell/mode.h - modes as chmod(1), mkdir(1), install(1) and find(1) read them.
 *
 * Spec: POSIX.1-2017, chmod, "Extended description"; GNU's rules for set-id bits of
 * folders and for '+', '=' and octal digits.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define MODE_CLAUSES_MAX 32

struct mode_clause {
	char op; /* '=', '+', '-' */
	enum { MODE_PLAIN, MODE_X_IF_ANY, MODE_COPY } flag;
	uint16_t affected, value, mentioned;
};

struct mode_change {
	struct mode_clause clauses[MODE_CLAUSES_MAX];
	unsigned n;
};

/* False: not a mode (or more than MODE_CLAUSES_MAX clauses). */
bool mode_parse(struct str text, struct mode_change *ret);

uint16_t mode_apply(const struct mode_change *change, uint16_t mode, bool folder, uint16_t umask);

/* *ret_bits: those that the change speaks of; others stay as they are. */
uint16_t mode_adjust(const struct mode_change *change, uint16_t mode, bool folder, uint16_t umask,
		     uint16_t *ret_bits);

/* "rwsr-xr-t", with a NUL. */
void mode_format(uint16_t mode, char ret[static 10]);

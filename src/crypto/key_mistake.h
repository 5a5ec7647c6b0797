#pragma once

/*
 * crypto/key_mistake.h - what people give for a key of ours, and the command that makes one of it.
 *
 * Certificates, the other half, keys of OpenSSH, OpenPGP and minisign, DER, PKCS #12.
 */

#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"

enum key_half { KEY_HALF_PUBLIC, KEY_HALF_PRIVATE };

/* 0 if @text, of file @name, may be the @wanted half; else ERR_KEY says what it is. */
int key_mistake(struct bytes text, const char *name, enum key_half wanted,
		struct error *err) MUST_CHECK;

/* Whether @head, the first bytes of a file, are of something that need not be secret. */
bool key_is_no_secret(struct bytes head);

/* There is no file @name: perhaps with an ending. Returns -1. */
int key_absent(const char *name, enum key_half wanted, struct error *err);

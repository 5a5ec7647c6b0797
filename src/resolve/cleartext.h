#pragma once

/*
 * resolve/cleartext.h - the framing of a cleartext-signed message.
 *
 * Spec: RFC 4880, section 7. OpenPGP implementations tolerate text around the
 * signed part and unknown headers, which attackers have used to smuggle fields
 * into Release files. What is accepted here is what archives write, no more.
 */

#include "base/attr.h"
#include "base/bytes.h"
#include "base/error.h"

/*
 * Errors: ERR_SIGNATURE unless @message is exactly one cleartext-signed
 * message: the BEGIN line, "Hash:" headers only, an empty line, text whose lines
 * that start with '-' are dash-escaped, one armoured signature, its END line,
 * nothing after it.
 */
int cleartext_check(struct bytes message, struct error *err) MUST_CHECK;

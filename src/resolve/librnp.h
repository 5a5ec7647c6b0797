#pragma once

/* resolve/librnp.h - librnp, loaded when a signed index or a keyring is read; for openpgp.c. */

#include <rnp/rnp.h>
#include <rnp/rnp_err.h>

#include "base/attr.h"
#include "base/error.h"

#define RNP_FUNCTIONS(F)                                                                           \
	F(buffer_destroy)                                                                          \
	F(ffi_create)                                                                              \
	F(ffi_destroy)                                                                             \
	F(get_public_key_count)                                                                    \
	F(identifier_iterator_create)                                                              \
	F(identifier_iterator_destroy)                                                             \
	F(identifier_iterator_next)                                                                \
	F(import_keys)                                                                             \
	F(input_destroy)                                                                           \
	F(input_from_memory)                                                                       \
	F(key_get_fprint)                                                                          \
	F(key_get_primary_fprint)                                                                  \
	F(key_handle_destroy)                                                                      \
	F(key_is_primary)                                                                          \
	F(locate_key)                                                                              \
	F(op_verify_create)                                                                        \
	F(op_verify_destroy)                                                                       \
	F(op_verify_execute)                                                                       \
	F(op_verify_get_signature_at)                                                              \
	F(op_verify_get_signature_count)                                                           \
	F(op_verify_signature_get_handle)                                                          \
	F(op_verify_signature_get_hash)                                                            \
	F(op_verify_signature_get_key)                                                             \
	F(op_verify_signature_get_status)                                                          \
	F(output_destroy)                                                                          \
	F(output_memory_get_buf)                                                                   \
	F(output_to_memory)                                                                        \
	F(result_to_string)                                                                        \
	F(set_timestamp)                                                                           \
	F(signature_get_keyid)                                                                     \
	F(signature_handle_destroy)

#define RNP_POINTER(name) __typeof__(rnp_##name) *name;
struct librnp {
	RNP_FUNCTIONS(RNP_POINTER)
};

/* Filled in by librnp_load(): nothing of it may be called before that has succeeded. */
extern struct librnp librnp;
int librnp_load(struct error *err) MUST_CHECK; /* ERR_NO_PROGRAM */

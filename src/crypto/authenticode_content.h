#pragma once

/*
 * crypto/authenticode_content.h - what an Authenticode signature is over.
 *
 * Spec: Windows Authenticode Portable Executable Signature Format, "SpcIndirectDataContent".
 */

#include <stdint.h>

#include "base/digest.h"

#define SPC_INDIRECT_DATA "1.3.6.1.4.1.311.2.1.4"

#define SPC_CONTENT_SIZE   106 /* DER */
#define SPC_CONTENT_HEADER 2   /* tag and length, which the message digest leaves out */

/* SpcIndirectDataContent of a PE file with the digest @pe. */
void authenticode_content(const struct digest *pe, uint8_t ret[static SPC_CONTENT_SIZE]);

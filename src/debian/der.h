#pragma once

/*
 * debian/der.h - a reader of DER (ITU-T X.690), as far as certificates need it.
 * Private to debian/.
 */

#include "base/buf.h"
#include "base/bytes.h"

struct der_item {
	uint8_t tag;
	struct bytes value; /* content octets */
	struct bytes whole; /* with tag and length */
};

/* Takes the next item off *rest. False at the end, or if it is malformed. */
bool der_next(struct bytes *rest, struct der_item *ret);

/* An item of @tag with @value. */
void der_add(struct buf *to, uint8_t tag, struct bytes value);

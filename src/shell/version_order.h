#pragma once

/* shell/version_order.h - the order of `sort -V` and `ls -v` (gnulib's filevercmp). */

#include "base/bytes.h"

int version_order(struct str a, struct str b); /* <0, 0, >0 */

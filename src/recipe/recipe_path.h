#pragma once

/* recipe/recipe_path.h - paths in the image and beside the recipe. Pure. */

#include "base/bytes.h"

/* Relative, no ".", "..", empty component, none over 255 bytes, no control characters. */
bool path_is_clean(struct str path);

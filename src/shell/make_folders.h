#pragma once

/* shell/make_folders.h - a folder with those that it lies in, as `mkdir -p`. */

#include "shell/file_tool.h"

struct make_folders {
	uint16_t mode, parents_mode;
	bool parents_only;   /* the last name is not made */
	const char *verbose; /* what to say of each that is made, or NULL */
};

/* Return: exit status, or -1. What is there already is left as it is. */
int make_folders(struct shell_call *c, struct str path, const struct make_folders *how,
		 struct error *err);

#define _GNU_SOURCE
#include "pipeline/run_scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "io/interrupt.h"

int run_scratch_make(struct run_scratch *s, const char *parent, struct error *err)
{
	char *path = mem_printf("%s/ingot-run.XXXXXX", parent);

	if (!mkdtemp(path)) {
		int sys = errno;

		free(path);
		(void)err_sys(err, sys, "cannot make a folder in '%s'", parent);
		return err_hint(err, "set TMPDIR to a folder that can be written");
	}
	s->path = path;
	interrupt_on_pipe();
	return 0;
}

/* Folders without a w bit are opened before what is in them goes. */
static int open_folder(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)where;
	if (type == FTW_D)
		(void)!chmod(path, 0700);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	(void)!remove(path);
	return 0;
}

void run_scratch_release(struct run_scratch *s)
{
	if (!s->path)
		return;
	/* Never through a link, never into another mount. */
	(void)!nftw(s->path, open_folder, 32, FTW_PHYS | FTW_MOUNT);
	(void)!nftw(s->path, remove_one, 32, FTW_PHYS | FTW_MOUNT | FTW_DEPTH);
	free(s->path);
	s->path = NULL;
}

#define _GNU_SOURCE
#include "io/program.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "io/interrupt.h"

extern char **environ;

char *program_find(const char *name, const char *search)
{
	struct str rest = str_of(search ? search : "/usr/local/bin:/usr/bin:/bin"), folder;

	while (str_split(&rest, ':', &folder)) {
		char *path = mem_printf(STR_FMT "/%s", STR_ARG(folder), name);
		struct stat st;

		/* An empty entry would be the current folder: never. */
		if (folder.len && folder.ptr[0] == '/' && stat(path, &st) == 0 &&
		    S_ISREG(st.st_mode) && access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

static int wait_for(pid_t pid, int *ret_status, struct error *err)
{
	bool told = false;
	int status = 0;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_sys(err, errno, "cannot wait for a program");
		if (interrupted() && !told) {
			(void)kill(pid, SIGTERM);
			told = true;
		}
	}
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

int program_run(const char *const *argv, int *ret_status, struct error *err)
{
	pid_t pid;
	int r = posix_spawn(&pid, argv[0], NULL, NULL, (char *const *)argv, environ);

	if (r)
		return err_sys(err, r, "cannot start '%s'", argv[0]);
	return wait_for(pid, ret_status, err);
}

#include <criterion/criterion.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exhausted.h"

/* By a status of its own, with words, and without a core. */
Test(mem, a_lack_of_memory_is_told)
{
	char said[256] = "";
	int fds[2], status = 0;
	pid_t child;

	cr_assert_eq(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		dup2(fds[1], STDERR_FILENO);
		mem_exhausted();
	}
	close(fds[1]);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 12);
	cr_assert_gt(read(fds[0], said, sizeof(said) - 1), 0);
	cr_assert_not_null(strstr(said, "error[E1201]: there is not enough memory"));
	close(fds[0]);
}

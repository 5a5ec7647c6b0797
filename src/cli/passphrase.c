#define _GNU_SOURCE
#include "cli/passphrase.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define PASSPHRASE_MAX 1024

/* Up to the end of the line; what is behind it is for the next reader. */
static size_t read_line(int fd, char *to, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && read(fd, to + n, 1) == 1 && to[n] != '\n')
		n++;
	to[n] = 0;
	return n;
}

char *passphrase_ask(const char *question)
{
	CLEANUP_CLOSE int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	char text[PASSPHRASE_MAX];
	struct termios before, silent;
	char *answer = NULL;

	if (fd < 0 || tcgetattr(fd, &before) < 0)
		return NULL;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= ECHONL;
	if (tcsetattr(fd, TCSAFLUSH, &silent) < 0)
		return NULL;
	if (dprintf(fd, "%s", question) > 0 && read_line(fd, text, sizeof(text)))
		answer = mem_strdup(text);
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	explicit_bzero(text, sizeof(text));
	return answer;
}

void passphrase_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

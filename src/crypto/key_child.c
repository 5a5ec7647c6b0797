#define _GNU_SOURCE
#include "crypto/key_child.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "io/child.h"
#include "io/file.h"

#define KEY_FILE_MAX 65536 /* bytes; a key of 16384 bits has 13 KiB */

struct work {
	const struct key_source *source;
	key_task *task;
	const void *what;
};

static void wipe(struct buf *b)
{
	if (b->ptr)
		OPENSSL_cleanse(b->ptr, b->capacity);
}

/* One block from the start: growing would leave copies. Out of swap where that is allowed. */
static int load(const char *path, const char *what, struct buf *to, struct error *err)
{
	int r;

	(void)mlock(buf_reserve(to, KEY_FILE_MAX), KEY_FILE_MAX);
	r = file_load(AT_FDCWD, path, to, err);
	if (r == FILE_ABSENT)
		return err_set(err, ERR_KEY, "there is no %s '%s'", what, path);
	return r;
}

static int load_passphrase(const struct key_source *source, struct buf *to, const char **ret,
			   struct error *err)
{
	char *end;

	*ret = source->passphrase;
	if (!source->passphrase_path)
		return 0;
	if (load(source->passphrase_path, "file with a passphrase", to, err) < 0)
		return -1;
	*ret = buf_cstr(to);
	end = memchr(to->ptr, '\n', to->len);
	if (end)
		*end = '\0';
	return 0;
}

static int work_with_key(const void *what, struct buf *to, struct error *err)
{
	const struct work *w = what;
	struct buf key = BUF_INIT(KEY_FILE_MAX), passphrase = BUF_INIT(KEY_FILE_MAX);
	const char *text = NULL;
	int r = -1;

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* no debugger, no core file */
	if (load(w->source->path, "private key", &key, err) == 0 &&
	    load_passphrase(w->source, &passphrase, &text, err) == 0)
		r = w->task(buf_bytes(&key), text, w->what, to, err);
	wipe(&key);
	wipe(&passphrase);
	return r;
}

int key_child_run(const struct key_source *source, key_task *task, const void *what, struct buf *to,
		  struct error *err)
{
	static const struct child_options options = {
		.name = "the process that holds the private key",
		.failure = ERR_KEY,
		.answer_max = KEY_ANSWER_MAX,
	};
	struct work w = { source, task, what };

	return child_run(work_with_key, &w, &options, to, err);
}

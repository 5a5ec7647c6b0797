#include "pipeline/keyring.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/file.h"

char *keyring_path(const struct recipe_source *source)
{
	return mem_printf("keys/" STR_FMT ".pgp", STR_ARG(source->keyring));
}

/* Debian 13 names them .pgp, Debian 12 .gpg. */
int keyring_host(const struct recipe_source *source, struct buf *ret, char **ret_path,
		 struct error *err)
{
	static const char *const endings[] = { "pgp", "gpg" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		CLEANUP_FREE char *path = mem_printf("/usr/share/keyrings/" STR_FMT ".%s",
						     STR_ARG(source->keyring), endings[i]);
		int r = file_load(AT_FDCWD, path, ret, err);

		if (r != FILE_ABSENT) {
			*ret_path = TAKE_PTR(path);
			return r;
		}
	}
	(void)err_at(err, ERR_RECIPE_FILE, source->pos, "there is no keyring '" STR_FMT "'",
		     STR_ARG(source->keyring));
	return err_hint(err,
			"put it at recipes/keys/" STR_FMT ".pgp, or install the package that "
			"has it under /usr/share/keyrings",
			STR_ARG(source->keyring));
}

static int save_copy(const struct context *c, const char *path, struct bytes data,
		     struct error *err)
{
	CLEANUP_CLOSE int fd = -1;

	if (file_make_folders(c->workspace.fd, "recipes/keys", err) < 0)
		return -1;
	if (file_open_folder(c->workspace.fd, "recipes/keys", &fd, err))
		return err->code ? -1 : err_set(err, ERR_IO, "recipes/keys is gone");
	return file_save(fd, path + strlen("keys/"), data, err);
}

int keyring_load(const struct context *c, const struct recipe_source *source, bool copy,
		 struct buf *ret, struct error *err)
{
	CLEANUP_FREE char *path = keyring_path(source);
	CLEANUP_FREE char *full = mem_printf("recipes/%s", path);
	CLEANUP_FREE char *host = NULL;
	int r = file_load(c->workspace.fd, full, ret, err);

	if (r != FILE_ABSENT)
		return r;
	if (keyring_host(source, ret, &host, err) < 0)
		return -1;
	if (!copy)
		return 0;
	if (save_copy(c, path, buf_bytes(ret), err) < 0)
		return err_while(err, "copying the keyring '%s' to '%s'", host, full);
	context_note(c, "copied the keyring '%s' to '%s': review and commit it", host, full);
	return 0;
}

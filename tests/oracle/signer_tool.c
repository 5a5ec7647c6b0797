/*
 * signer_tool key KEY.pem PASSPHRASE_FILE|- MESSAGE SIGNATURE   signs the file MESSAGE
 * signer_tool exec CMD - MESSAGE SIGNATURE                      the same by a command
 * signer_tool verify KEY.pub - MESSAGE SIGNATURE                verifies
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/signer.h"
#include "io/file.h"

static int save(const char *path, struct bytes data, struct error *err)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(data.ptr, 1, data.len, f) != data.len || fclose(f) != 0)
		return err_set(err, ERR_IO, "can't write '%s'", path);
	return 0;
}

static int sign(const struct signer *s, struct bytes message, const char *to, struct error *err)
{
	CLEANUP_PUBLIC_KEY struct public_key *key = NULL;
	CLEANUP_BUF struct buf signature = BUF_INIT(65536);

	if (signer_sign(s, &message, 1, &signature, &key, err) < 0)
		return -1;
	return save(to, buf_bytes(&signature), err);
}

static int verify(const char *path, struct bytes message, const char *from, struct error *err)
{
	CLEANUP_PUBLIC_KEY struct public_key *key = NULL;
	CLEANUP_BUF struct buf signature = BUF_INIT(65536);

	if (public_key_load(path, &key, err) < 0)
		return -1;
	if (file_load(AT_FDCWD, from, &signature, err) != 0)
		return err->code ? -1 : err_set(err, ERR_IO, "no '%s'", from);
	return signature_verify(key, message, buf_bytes(&signature), err);
}

static int run(char **arguments, struct error *err)
{
	CLEANUP_BUF struct buf message = BUF_INIT(64u << 20);
	const char *passphrase = strcmp(arguments[2], "-") == 0 ? NULL : arguments[2];
	struct signer s = { 0 };

	if (file_load(AT_FDCWD, arguments[3], &message, err) != 0)
		return err->code ? -1 : err_set(err, ERR_IO, "no '%s'", arguments[3]);
	if (strcmp(arguments[0], "verify") == 0)
		return verify(arguments[1], buf_bytes(&message), arguments[4], err);
	if (strcmp(arguments[0], "exec") == 0)
		s.command = arguments[1];
	else
		s.key = (struct key_source){ .path = arguments[1], .passphrase_path = passphrase };
	return sign(&s, buf_bytes(&message), arguments[4], err);
}

int main(int argc, char **argv)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	if (argc != 6) {
		fprintf(stderr,
			"usage: signer_tool key|exec|verify WHO PASSPHRASE MESSAGE SIGNATURE\n");
		return 2;
	}
	if (run(argv + 1, &err) == 0)
		return 0;
	err_print(&err, stderr);
	return err_exit_status(&err);
}

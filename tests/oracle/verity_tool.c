/* The hash tree of dm-verity, for tests/oracle/verity.sh: verity_tool DATA HASH UUID SALT */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "format/verity/verity.h"
#include "io/source.h"

static int die(struct error *err)
{
	err_print(err, stderr);
	err_release(err);
	return 1;
}

/* Fills @s from one of the two and closes it; the first error is the one that counts. */
static int fill(struct sink *s, struct source *in, const struct verity *v, struct error *err)
{
	CLEANUP_ERR struct error second = ERR_INIT;
	int r = in ? source_copy(in, s, err) : verity_write(v, s, err);

	return sink_close(s, r < 0 ? &second : err) < 0 ? -1 : r;
}

static int hash_file(struct verity *v, const char *path, struct error *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP_SOURCE struct source *in = NULL;

	if (fd < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	in = source_of_fd(fd, 0, UINT64_MAX, path);
	return fill(verity_sink(v, NULL), in, NULL, err);
}

static int write_file(const struct verity *v, const char *path, struct error *err)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return err_sys(err, errno, "cannot make '%s'", path);
	return fill(sink_to_fd(fd, path), NULL, v, err);
}

/* Hex digits with dashes between them; false if there are more than @size bytes. */
static bool parse_hex(const char *text, uint8_t *to, size_t size, size_t *ret_n)
{
	size_t n = 0;

	for (const char *p = text; *p && strcmp(text, "-") != 0;) {
		unsigned byte = 0;

		if (*p == '-') {
			p++;
			continue;
		}
		if (n == size || sscanf(p, "%2x", &byte) != 1 || !p[1])
			return false;
		to[n++] = (uint8_t)byte;
		p += 2;
	}
	*ret_n = n;
	return true;
}

int main(int argc, char **argv)
{
	struct error err = ERR_INIT;
	struct verity_options o = { .salt = { NULL, 0 } };
	CLEANUP_VERITY struct verity *v = NULL;
	uint8_t salt[256];
	char text[DIGEST_HEX_MAX];
	struct digest root;
	size_t n = 0;

	if (argc != 5 || !parse_hex(argv[3], o.uuid, sizeof(o.uuid), &n) || n != 16 ||
	    !parse_hex(argv[4], salt, sizeof(salt), &n)) {
		fprintf(stderr, "usage: verity_tool DATA HASH UUID SALT|-\n");
		return 2;
	}
	o.salt = (struct bytes){ salt, n };
	v = verity_new(&o);
	if (hash_file(v, argv[1], &err) < 0 || write_file(v, argv[2], &err) < 0)
		return die(&err);
	root = verity_root(v);
	puts(digest_hex(&root, text));
	return 0;
}

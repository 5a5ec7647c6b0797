/*
 * oracle_schemas OUT FILE...: gschemas.compiled of schemas (*.xml) and then overrides, in
 * the order that is given. Status 10: refused, with the reason.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "debian/gschema.h"

static struct str read_file(struct arena *arena, const char *path)
{
	char *data = arena_alloc(arena, GSCHEMA_FILE_MAX + 1);
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, data, GSCHEMA_FILE_MAX);

	if (n < 0) {
		perror(path);
		exit(2);
	}
	return (struct str){ data, (size_t)n };
}

int main(int argc, char **argv)
{
	CLEANUP_BUF struct buf bytes = BUF_INIT(GSCHEMA_OUT_MAX);
	struct arena arena = ARENA_INIT;
	struct gschemas g;
	int status = 0;
	FILE *out;

	gschemas_init(&g, &arena);
	for (int i = 2; !status && i < argc; i++) {
		struct str text = read_file(&arena, argv[i]);

		status = str_has_suffix(str_of(argv[i]), STR(".xml")) ? gschemas_add(&g, text)
								      : gschemas_override(&g, text);
		if (status)
			printf("%s:%u: %s\n", argv[i], g.line, g.reason);
	}
	if (!status && gschemas_compile(&g, &bytes)) {
		printf("%s\n", g.reason);
		status = 1;
	}
	if (status) {
		arena_release(&arena);
		return 10;
	}
	out = fopen(argv[1], "wb");
	if (!out || fwrite(bytes.ptr, 1, bytes.len, out) != bytes.len || fclose(out)) {
		perror(argv[1]);
		return 2;
	}
	arena_release(&arena);
	return 0;
}

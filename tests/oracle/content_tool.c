/*
 * content_tool - what content_diff() says of two files, for tests/oracle/content-diff.sh.
 *
 *   content_tool diff A B            kind, counts, ranges, text
 *   content_tool changelog FILE OLD NEW
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/content_diff.h"
#include "base/cleanup.h"

static struct buf read_file(const char *path)
{
	struct buf b = BUF_INIT(1u << 30);
	CLEANUP_FCLOSE FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		perror(path);
		exit(2);
	}
	while ((n = fread(buf_reserve(&b, 1u << 16), 1, 1u << 16, f)))
		b.len += n;
	return b;
}

static int diff(const char *path_a, const char *path_b)
{
	static const char *const kinds[] = { "", "bytes", "text", "elf" };
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf a = read_file(path_a), b = read_file(path_b);
	struct content_diff d;

	if (content_diff(buf_bytes(&a), buf_bytes(&b), &arena, &d, &err) < 0) {
		err_print(&err, stderr);
		return 1;
	}
	printf("%s %" PRIu64 " %" PRIu64 " differing %" PRIu64 " ranges %zu -%zu +%zu%s\n",
	       kinds[d.kind], d.size_a, d.size_b, d.n_differing, d.n_ranges_all, d.n_lines_removed,
	       d.n_lines_added, d.text_is_cut ? " cut" : "");
	for (size_t i = 0; d.kind != CONTENT_DIFF_TEXT && i < d.n_ranges; i++)
		printf("%" PRIu64 "-%" PRIu64 " " STR_FMT "\n", d.ranges[i].start, d.ranges[i].end,
		       STR_ARG(d.ranges[i].what));
	fwrite(d.text.ptr, 1, d.text.len, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "diff") == 0)
		return diff(argv[2], argv[3]);
	if (argc == 5 && strcmp(argv[1], "changelog") == 0) {
		CLEANUP_BUF struct buf text = read_file(argv[2]);
		struct str s = changelog_between(buf_str(&text), str_of(argv[3]), str_of(argv[4]));

		fwrite(s.ptr, 1, s.len, stdout);
		return 0;
	}
	fprintf(stderr, "usage: content_tool diff A B | changelog FILE OLD NEW\n");
	return 2;
}

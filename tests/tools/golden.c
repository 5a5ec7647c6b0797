#include "tools/golden.h"

#include <criterion/criterion.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/file.h"
#include "tools/tree_text.h"

static void load(const char *path, struct buf *to, bool absent_ok)
{
	struct error err = ERR_INIT;
	int r = file_load(AT_FDCWD, path, to, &err);

	cr_assert(r == 0 || (absent_ok && r == FILE_ABSENT), "%s: %s", path,
		  r < 0 ? err.message : "missing");
}

static void save(const char *dir, const char *name, const char *text)
{
	CLEANUP_CLOSE int fd = -1;
	struct error err = ERR_INIT;

	cr_assert_eq(file_open_folder(AT_FDCWD, dir, &fd, &err), 0);
	cr_assert_eq(file_save(fd, name, str_bytes(str_of(text)), &err), 0);
}

static void compare(const char *dir, const char *name, const char *got, int version)
{
	CLEANUP_FREE char *expect_path = mem_printf("%s/expect.sha256", dir);
	CLEANUP_FREE char *version_path = mem_printf("%s/version", dir);
	CLEANUP_BUF struct buf expect = BUF_INIT(1000), said = BUF_INIT(1000);
	CLEANUP_FREE char *now = mem_printf("%d\n", version);
	CLEANUP_FREE char *line = mem_printf("%s\n", got);

	if (getenv("INGOT_GOLDEN_UPDATE")) {
		save(dir, "expect.sha256", line);
		save(dir, "version", now);
		return;
	}
	load(expect_path, &expect, true);
	load(version_path, &said, true);
	cr_assert_str_eq(buf_cstr(&said), now,
			 "%s: made by writer version %s; make the golden cases again with "
			 "INGOT_GOLDEN_UPDATE=1", name, buf_cstr(&said));
	cr_assert_str_eq(buf_cstr(&expect), line,
			 "%s: the bytes changed (%s): raise the writer's version, or undo it",
			 name, got);
}

unsigned golden_run(const char *format, int version,
		    struct digest (*digest_of)(const char *name, const struct golden_case *c))
{
	CLEANUP_FREE char *folder = mem_printf("%s/golden/%s", TEST_DATA, format);
	CLEANUP_NAMES struct file_names cases = { 0 };
	struct error err = ERR_INIT;

	cr_assert_eq(file_list(AT_FDCWD, folder, &cases, &err), 0);
	for (size_t i = 0; i < cases.n; i++) {
		CLEANUP_FREE char *dir = mem_printf("%s/%s", folder, cases.names[i]);
		CLEANUP_FREE char *input = mem_printf("%s/input.tree", dir);
		CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
		struct golden_case c = { 0 };
		char got[DIGEST_TEXT_MAX];
		struct digest digest;

		load(input, &text, false);
		cr_assert_eq(tree_text_parse(buf_str(&text), &c.tree, &c.slices, &err), 0,
			     "%s: %s", cases.names[i], err.message);
		digest = digest_of(cases.names[i], &c);
		compare(dir, cases.names[i], digest_format(&digest, got), version);
		tree_free(c.tree);
	}
	return (unsigned)cases.n;
}

void golden_check(const char *format, const char *name, int version,
		  const struct digest *digest)
{
	CLEANUP_FREE char *dir = mem_printf("%s/golden/%s/%s", TEST_DATA, format, name);
	char got[DIGEST_TEXT_MAX];

	compare(dir, name, digest_format(digest, got), version);
}

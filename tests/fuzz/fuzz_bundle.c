/*
 * Any files in a bundle that is whole: every digest fits, and who made it chose all names, kinds
 * and contents. Pieces are separated by a byte 0: the recipe's name, then for each file its
 * kind (a letter) and name, and its content. What it unpacks to is below the given folder, and
 * of what its files say.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "io/sink.h"
#include "memory_folder.h"
#include "pipeline/bundle.h"

#define FILES_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[MEMORY_FOLDER_MAX];
static char bundle_path[sizeof(folder) + 16], inside_path[sizeof(folder) + 16];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static void empty(void)
{
	(void)nftw(inside_path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void leave(void)
{
	empty();
	unlink(bundle_path);
	/* only what we made was in it: nothing was written beside */
	if (rmdir(folder) < 0)
		abort();
}

static void set_up(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	memory_folder(folder);
	if (atexit(leave) != 0)
		abort();
	snprintf(bundle_path, sizeof(bundle_path), "%s/bundle", folder);
	snprintf(inside_path, sizeof(inside_path), "%s/inside", folder);
}

/* ---- the bundle ---- */

static bool is_new(const struct oci_artifact *a, struct str name)
{
	for (size_t i = 0; i < a->n_files; i++)
		if (str_equal(a->files[i].name, name))
			return false;
	return true;
}

static void add(struct oci_artifact *a, struct arena *arena, struct str name, struct str content)
{
	unsigned kind = ((unsigned char)name.ptr[0] - 'a' + 256u) % (BUNDLE_KIND_COUNT - 1) + 1;
	struct str rest = { name.ptr + 1, name.len - 1 };

	if (a->n_files == FILES_MAX || !text_is_utf8(rest) || !is_new(a, rest))
		return;
	a->files[a->n_files++] = (struct oci_artifact_file){
		.name = rest,
		.media_type = str_of(arena_printf(arena, "application/vnd.ingot.bundle.%s",
						  bundle_kind_names[kind])),
		.digest = hash_bytes(str_bytes(content)),
		.size = content.len,
		.in_memory = true,
		.data = str_bytes(content),
	};
}

static bool compose(struct str all, struct arena *arena)
{
	struct oci_artifact_file files[FILES_MAX];
	struct oci_artifact_note note = { .key = STR("vnd.ingot.bundle.recipe") };
	struct oci_artifact a = { .type = STR(BUNDLE_TYPE),
				  .tag = STR("fuzz:1"),
				  .notes = &note,
				  .n_notes = 1,
				  .files = files };
	CLEANUP_ERR struct error err = ERR_INIT;
	struct sink *out;
	struct str name, content;
	int r, fd;

	if (!str_split(&all, '\0', &note.value) || !text_is_utf8(note.value))
		return false;
	while (str_split(&all, '\0', &name) && str_split(&all, '\0', &content))
		if (name.len)
			add(&a, arena, name, content);
	/* anew: a file that is cut and filled again is waited for by some file systems */
	(void)unlink(bundle_path);
	fd = open(bundle_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		abort();
	out = sink_to_fd(fd, bundle_path);
	r = oci_artifact_write(NULL, &a, out, &err);
	out->failed |= r < 0;
	r = sink_close(out, &err) < 0 ? -1 : r;
	close(fd);
	return r == 0;
}

/* ---- and what becomes of it ---- */

static void check_unpacked(const struct bundle *b, int at)
{
	for (size_t i = 0; i < b->files.n_files; i++) {
		const struct oci_artifact_file *f = &b->files.files[i];
		char path[5000];
		struct stat st;

		if (bundle_kind_of(f) != BUNDLE_FILE)
			continue;
		snprintf(path, sizeof(path), STR_FMT, STR_ARG(f->name));
		if (fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
		    (uint64_t)st.st_size != f->size)
			abort();
	}
}

static void unpack(const struct bundle *b)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_CLOSE int at = -1;
	int r;

	if (mkdir(inside_path, 0700) < 0)
		abort();
	at = open(inside_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = bundle_unpack(b, at, &err);
	if ((r < 0) != (err.code != ERR_NONE))
		abort();
	if (r == 0)
		check_unpacked(b, at);
	empty();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_BUNDLE struct bundle *b = NULL;
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_ARENA struct arena arena = ARENA_INIT;

	set_up();
	if (!compose((struct str){ (const char *)data, size }, &arena))
		return 0;
	if (bundle_open(bundle_path, &b, &err) < 0) {
		/* what we have written is only refused for the names in it */
		if (err.code != ERR_FORMAT && err.code != ERR_LIMIT)
			abort();
		return 0;
	}
	unpack(b);
	return 0;
}

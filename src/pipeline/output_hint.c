#include "pipeline/output_hint.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"
#include "pipeline/identify_hint.h"

#define NAMES_MAX 4096 /* of a folder, to look for a near one */
#define HEAD_SIZE 512  /* bytes: what a file is, is told by those */

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* ---- there is no such file ---- */

static int hint_near(const char *path, struct error *err)
{
	const char *base = base_of(path), *near;
	CLEANUP_FREE char *folder =
		base == path ? mem_strdup(".") : mem_str((struct str){ path, (size_t)(base - path) });
	CLEANUP_NAMES struct file_names names = { 0 };
	CLEANUP_ERR struct error unreadable = ERR_INIT;

	if (!*base || file_list(AT_FDCWD, folder, &names, &unreadable) != 0 || names.n > NAMES_MAX)
		return -1;
	near = text_suggest(str_of(base), (const char *const *)names.names, names.n);
	if (!near)
		return -1;
	(void)err_hint(err, "did you mean '%.*s%s'?", (int)(base - path), path, near);
	return 0;
}

static int hint_absent(const char *path, struct error *err)
{
	CLEANUP_FREE char *there = mem_printf("outputs/%s", base_of(path));

	if (strchr(path, ':'))
		return err_hint(err, "is it an image in a registry? 'skopeo copy "
				     "--preserve-digests %s%s oci-archive:FILE' brings it "
				     "here; verify FILE with --repacked",
				str_has_prefix(str_of(path), STR("docker://")) ? "" : "docker://",
				path);
	if (is_there(there))
		return err_hint(err, "did you mean '%s'?", there);
	if (hint_near(path, err) == 0)
		return -1;
	return err_hint(err, "'ingot build' writes outputs/NAME-VERSION-TARGET-ARCH.oci.tar or .raw, "
			     "and prints the names");
}

static int hint_folder(const char *path, struct error *err)
{
	CLEANUP_FREE char *layout = mem_printf("%s/oci-layout", path);

	if (is_there(layout))
		return err_hint(err, "of an OCI layout make a file ('tar -C %s -cf FILE .') and "
				     "verify it with --repacked",
				path);
	return err_hint(err, "it is a folder: name a file in it");
}

/* ---- it is something else ---- */

/* What lies beside an output, by how its name ends. */
static const char *const beside[] = { ".sigstore.json", ".spdx.json",	".cdx.json",
				      ".causes.json",	".inputs.json", ".intoto.jsonl" };

/* "FILE.0123456789abcdef" of a second key's signature. */
static struct str without_key(struct str name)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	while (n < 16 && n < name.len && strchr(digits, name.ptr[name.len - 1 - n]))
		n++;
	if (n == 16 && name.len > 17 && name.ptr[name.len - 17] == '.')
		name.len -= 17;
	return name;
}

static int hint_beside(struct str stem, struct error *err)
{
	static const char *const endings[] = { "", ".oci.tar", ".raw" };
	CLEANUP_FREE char *text = NULL;

	stem = without_key(stem);
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		free(text);
		text = mem_printf(STR_FMT "%s", STR_ARG(stem), endings[i]);
		if (is_there(text))
			return err_hint(err, "it is about an output: name that, '%s'", text);
	}
	return err_hint(err, "it is about an output, " STR_FMT "...: name that", STR_ARG(stem));
}

static bool begins(struct bytes head, const char *magic, size_t n)
{
	return head.len >= n && memcmp(head.ptr, magic, n) == 0;
}

static int hint_content(const char *path, int fd, struct bytes head, struct error *err)
{
	CLEANUP_ERR struct error other = ERR_INIT;
	struct str name = str_of(path);

	for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++)
		if (str_has_suffix(name, str_of(beside[i])))
			return hint_beside((struct str){ name.ptr, name.len - strlen(beside[i]) },
					   err);
	if (str_has_suffix(name, STR(".lock")))
		return err_hint(err, "it is a lock: 'ingot show %s' and 'ingot diff' read it", path);
	if (begins(head, "ingot:", 6) || str_has_suffix(name, STR(".yaml")))
		return err_hint(err, "it is a recipe: 'ingot build %s' makes outputs of it", path);
	if (begins(head, "-----BEGIN ", 11))
		return err_hint(err, "it is a key or a certificate: name the output, and a public "
				     "key behind --key");
	if (begins(head, "!<arch>\n", 8))
		return err_hint(err, "it is a package: 'dpkg-deb --contents %s' lists it", path);
	if (begins(head, "\x28\xb5\x2f\xfd", 4) || begins(head, "\xfd\x37zXZ", 5))
		return err_hint(err, "it is compressed: unpack it first (unzstd, unxz)");
	if (identify_is_other(fd, path, &other))
		return err_hint(err, "%s", other.hint);
	return err_hint(err, "an image is a tar with an OCI layout (.oci.tar), a disk begins with a "
			     "partition table (.raw)");
}

static int hint_file(const char *path, struct error *err)
{
	CLEANUP_ERR struct error gone = ERR_INIT;
	CLEANUP_CLOSE int fd = -1;
	uint8_t head[HEAD_SIZE];
	ssize_t n;

	if (file_open_regular(AT_FDCWD, path, true, &fd, &gone) != 0)
		return -1;
	n = pread(fd, head, sizeof(head), 0);
	if (n < 0)
		return -1;
	if (n == 0)
		return err_hint(err, "it is empty: was it copied to the end?");
	if (n == HEAD_SIZE && memcmp(head + 257, "ustar", 5) == 0) /* POSIX: a tar */
		return -1;
	return hint_content(path, fd, (struct bytes){ head, (size_t)n }, err);
}

int output_hint(const char *path, struct error *err)
{
	struct stat st;

	if (err->hint || strcmp(path, "-") == 0)
		return -1;
	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? hint_absent(path, err) : -1;
	if (S_ISDIR(st.st_mode))
		return hint_folder(path, err);
	if (!S_ISREG(st.st_mode))
		return err_hint(err, "it is read more than once: write it to a file");
	return err->code == ERR_FORMAT ? hint_file(path, err) : -1;
}

bool output_is_name(const char *path)
{
	static const char *const endings[] = { ".tar", ".raw",	".qcow2", ".vmdk", ".vhd",
					       ".ova", ".json", ".bundle" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (str_has_suffix(str_of(path), str_of(endings[i])))
			return true;
	return false;
}

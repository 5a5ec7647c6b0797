#include "pipeline/key_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/sink.h"

static int exists(const char *name, const char *ending, struct error *err)
{
	err_set(err, ERR_KEY, "there is already a file '%s%s'", name, ending);
	return err_hint(err, "keys are never overwritten: take another name, or move it away");
}

static int check_one(const char *name, const char *ending, struct error *err)
{
	CLEANUP_FREE char *path = mem_printf("%s%s", name, ending);

	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? exists(name, ending, err)
									 : 0;
}

int key_files_check(const char *name, bool with_private, struct error *err)
{
	if (with_private && check_one(name, ".pem", err) < 0)
		return -1;
	return check_one(name, ".pub", err);
}

static int write_draft(struct file_draft *d, struct bytes data, mode_t mode, struct error *err)
{
	struct sink *out = sink_to_fd(d->fd, d->name);

	if (sink_write(out, data, err) < 0) {
		(void)!sink_close(out, err);
		return -1;
	}
	if (sink_close(out, err) < 0)
		return -1;
	if (fchmod(d->fd, mode) < 0)
		return err_sys(err, errno, "cannot set the mode of '%s'", d->name);
	return 0;
}

static int draft(struct file_draft *d, int folder, const char *name, struct bytes data, mode_t mode,
		 struct error *err)
{
	if (file_draft_open(d, folder, name, mode, err) < 0)
		return -1;
	return write_draft(d, data, mode, err);
}

static int publish(struct file_draft *d, const char *name, const char *ending, struct error *err)
{
	int r = file_draft_publish_new(d, err);

	return r == FILE_PRESENT ? exists(name, ending, err) : r;
}

int key_files_create(const char *name, struct bytes private_pem, struct bytes public_pem,
		     struct error *err)
{
	CLEANUP_DRAFT struct file_draft private = FILE_DRAFT_INIT, public = FILE_DRAFT_INIT;
	CLEANUP_FREE char *pem = NULL, *pub = NULL;
	CLEANUP_CLOSE int folder = -1;
	const char *base;

	if (file_open_parent(name, &folder, &base, err) < 0)
		return -1;
	pem = mem_printf("%s.pem", base);
	pub = mem_printf("%s.pub", base);
	if (draft(&public, folder, pub, public_pem, 0644, err) < 0)
		return -1;
	if (private_pem.len && draft(&private, folder, pem, private_pem, 0600, err) < 0)
		return -1;
	if (publish(&public, name, ".pub", err) < 0)
		return -1;
	if (private_pem.len && publish(&private, name, ".pem", err) < 0) {
		(void)unlinkat(folder, pub, 0);
		return -1;
	}
	return 0;
}

#include <fcntl.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "format/tlog/tlog_proof.h"
#include "io/file.h"
#include "pipeline/log_private.h"

int log_prove(const char *folder, const char *file, struct buf *to, uint64_t *ret_index,
	      struct error *err)
{
	CLEANUP_LOG struct log_folder f = { .fd = -1 };
	CLEANUP_BUF struct buf entry = BUF_INIT(TLOG_ENTRY_MAX);
	struct tlog_path path = { 0 };
	struct digest leaf;

	if (log_load_entry(file, &entry, err) < 0 || log_open(&f, folder, false, err) < 0)
		return -1;
	leaf = tlog_leaf(buf_bytes(&entry));
	if (!log_find_leaf(&f, &leaf, ret_index)) {
		err_set(err, ERR_POLICY, "'%s' is not in the log '%s'", file, folder);
		return err_hint(err, "'ingot log append %s %s --key KEY' puts it there", folder,
				file);
	}
	tlog_inclusion(f.leaves, f.n, *ret_index, &path);
	tlog_proof_write(*ret_index, &path, buf_bytes(&f.note), to);
	return 0;
}

int log_key_load(const char *path, struct public_key **ret, char **ret_origin, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(TLOG_CHECKPOINT_MAX);
	struct str name;
	int r = file_load(AT_FDCWD, path, &text, err);

	*ret_origin = NULL;
	if (r)
		return r < 0 ? -1 : err_set(err, ERR_KEY, "there is no public key '%s'", path);
	/* PEM has its plus signs in later lines, and begins with a dash; DER with 0x30. */
	if (!text.len || text.ptr[0] == '-' || text.ptr[0] == 0x30 ||
	    str_find_char(buf_str(&text), '+') == text.len)
		return public_key_parse(buf_bytes(&text), path, ret, err);
	if (tlog_vkey_read(buf_str(&text), &name, ret, err) < 0)
		return err_while(err, "reading '%s'", path);
	*ret_origin = mem_str(name);
	return 0;
}

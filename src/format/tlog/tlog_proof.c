#include "format/tlog/tlog_proof.h"

#include <inttypes.h>

#include "base/base64.h"

static const char first_line[] = "c2sp.org/tlog-proof@v1";

void tlog_proof_write(uint64_t index, const struct tlog_path *path, struct bytes checkpoint,
		      struct buf *to)
{
	buf_printf(to, "%s\nindex %" PRIu64 "\n", first_line, index);
	for (size_t i = 0; i < path->n; i++) {
		base64_encode(BYTES_OF(path->hashes[i].bytes), to);
		buf_add_char(to, '\n');
	}
	buf_add_char(to, '\n');
	buf_add(to, checkpoint.ptr, checkpoint.len);
}

static int malformed(const char *name, const char *why, struct error *err)
{
	(void)err_set(err, ERR_FORMAT, "'%s' is no proof of a log: %s", name, why);
	return err_hint(err, "'ingot log prove DIR FILE' writes FILE.tlog-proof");
}

static bool is_base64(struct str text)
{
	CLEANUP_BUF struct buf raw = BUF_INIT(TLOG_PROOF_MAX);

	return base64_decode(text, /* url_safe= */ false, &raw);
}

static bool take_hash(struct str line, struct tlog_path *path)
{
	CLEANUP_BUF struct buf raw = BUF_INIT(TLOG_PROOF_MAX);

	if (path->n == TLOG_PATH_MAX || !base64_decode(line, /* url_safe= */ false, &raw) ||
	    raw.len != DIGEST_SIZE)
		return false;
	memcpy(path->hashes[path->n++].bytes, raw.ptr, DIGEST_SIZE);
	return true;
}

static bool take_index(struct str line, uint64_t *ret)
{
	struct str number = { line.ptr + 6, line.len - 6 };

	return (number.len == 1 || (number.len && number.ptr[0] != '0')) &&
	       str_parse_u64(number, ret);
}

static int read_head(struct str *rest, const char *name, struct tlog_proof *p, struct error *err)
{
	struct str line = { 0 };

	if (!str_split(rest, '\n', &line) || !str_equal(line, str_of(first_line)))
		return malformed(name, "the first line is not c2sp.org/tlog-proof@v1", err);
	(void)str_split(rest, '\n', &line);
	if (str_has_prefix(line, STR("extra "))) {
		if (!is_base64((struct str){ line.ptr + 6, line.len - 6 }))
			return malformed(name, "what is 'extra' is not base64", err);
		(void)str_split(rest, '\n', &line);
	}
	if (!str_has_prefix(line, STR("index ")) || !take_index(line, &p->index))
		return malformed(name, "there is no index", err);
	while (str_split(rest, '\n', &line) && line.len)
		if (!take_hash(line, &p->path))
			return malformed(name, "a line is no hash in base64, or there are too many",
					 err);
	return rest->ptr ? 0 : malformed(name, "there is no checkpoint in it", err);
}

int tlog_proof_read(struct bytes text, const char *name, struct tlog_proof *ret, struct error *err)
{
	struct tlog_proof p = { 0 };
	struct str rest = bytes_str(text);

	if (text.len > TLOG_PROOF_MAX)
		return malformed(name, "it is too long", err);
	if (read_head(&rest, name, &p, err) < 0 ||
	    tlog_checkpoint_read(str_bytes(rest), name, &p.checkpoint, err) < 0)
		return -1;
	*ret = p;
	return 0;
}

int tlog_proof_verify(const struct tlog_proof *p, struct bytes entry, const struct public_key *key,
		      const char *origin, struct error *err)
{
	struct digest leaf = tlog_leaf(entry);

	if (origin && !str_equal_cstr(p->checkpoint.origin, origin))
		return err_set(err, ERR_SIGNATURE,
			       "the proof is of the log '" STR_FMT "', and not of '%s'",
			       STR_ARG(p->checkpoint.origin), origin);
	if (tlog_checkpoint_verify(&p->checkpoint, key, err) < 0)
		return -1;
	if (tlog_inclusion_fits(&leaf, p->index, p->checkpoint.size, &p->path, &p->checkpoint.root))
		return 0;
	return err_set(err, ERR_SIGNATURE,
		       "the file is not entry %" PRIu64 " of the log '" STR_FMT "'", p->index,
		       STR_ARG(p->checkpoint.origin));
}

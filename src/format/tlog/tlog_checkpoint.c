#include "format/tlog/tlog_checkpoint.h"

#include <inttypes.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/hex.h"
#include "base/text.h"
#include "crypto/hash.h"

#define KEY_ID 4	     /* bytes */
#define TYPE_ED25519 0x01    /* signed-note, "Signature types" */
#define DASH "\xe2\x80\x94 " /* U+2014 and a blank */

int tlog_origin_check(struct str origin, struct error *err)
{
	if (!origin.len || origin.len > TLOG_ORIGIN_MAX)
		return err_set(err, ERR_FORMAT, "a log's origin has 1 to %d bytes",
			       TLOG_ORIGIN_MAX);
	for (size_t i = 0; i < origin.len; i++)
		if ((unsigned char)origin.ptr[i] <= ' ' || origin.ptr[i] == '+' ||
		    (unsigned char)origin.ptr[i] >= 0x7f) {
			(void)err_set(err, ERR_FORMAT,
				      "a log's origin is of ASCII, without blanks and '+'");
			return err_hint(err, "name it like a URL without its scheme: "
					     "example.com/images");
		}
	return 0;
}

void tlog_checkpoint_write(struct str origin, uint64_t size, const struct digest *root,
			   struct buf *to)
{
	buf_printf(to, STR_FMT "\n%" PRIu64 "\n", STR_ARG(origin), size);
	base64_encode(BYTES_OF(root->bytes), to);
	buf_add_char(to, '\n');
}

/* SHA-256(name || 0x0A || 0x01 || key)[:4] */
static void key_id_of(struct str name, const struct public_key *key, uint8_t ret[KEY_ID])
{
	CLEANUP_BUF struct buf text = BUF_INIT(TLOG_CHECKPOINT_MAX);
	struct bytes raw = public_key_ed25519(key);
	struct digest d;

	buf_add_str(&text, name);
	buf_add_char(&text, '\n');
	buf_add_char(&text, TYPE_ED25519);
	buf_add(&text, raw.ptr, raw.len);
	d = hash_bytes(buf_bytes(&text));
	memcpy(ret, d.bytes, KEY_ID);
}

void tlog_checkpoint_add_signature(struct str origin, const struct public_key *key,
				   struct bytes signature, struct buf *to)
{
	CLEANUP_BUF struct buf blob = BUF_INIT(TLOG_CHECKPOINT_MAX);
	uint8_t id[KEY_ID];

	key_id_of(origin, key, id);
	buf_add(&blob, id, sizeof(id));
	buf_add(&blob, signature.ptr, signature.len);
	buf_printf(to, "\n" DASH STR_FMT " ", STR_ARG(origin));
	base64_encode(buf_bytes(&blob), to);
	buf_add_char(to, '\n');
}

/* ---- reading ---- */

static int malformed(const char *name, const char *why, struct error *err)
{
	return err_set(err, ERR_FORMAT, "'%s' is no checkpoint: %s", name, why);
}

/* The last empty line parts text and signatures. */
static int part(struct bytes note, const char *name, struct tlog_checkpoint *c, struct error *err)
{
	struct str all = bytes_str(note);

	if (note.len > TLOG_CHECKPOINT_MAX)
		return malformed(name, "it is too long", err);
	if (!text_is_utf8(all))
		return malformed(name, "it is not UTF-8", err);
	for (size_t i = 0; i < note.len; i++)
		if (note.ptr[i] < ' ' && note.ptr[i] != '\n')
			return malformed(name, "there are control characters in it", err);
	if (!str_has_suffix(all, STR("\n")))
		return malformed(name, "it does not end with a line end", err);
	for (size_t i = note.len - 1; i > 1; i--)
		if (all.ptr[i - 1] == '\n' && all.ptr[i - 2] == '\n') {
			c->text = (struct bytes){ note.ptr, i - 1 };
			c->signatures = (struct str){ all.ptr + i, all.len - i };
			return 0;
		}
	return malformed(name, "there are no signatures behind an empty line", err);
}

static bool read_number(struct str text, uint64_t *ret)
{
	return (text.len == 1 || (text.len && text.ptr[0] != '0')) && str_parse_u64(text, ret);
}

static bool read_hash(struct str text, struct digest *ret)
{
	CLEANUP_BUF struct buf raw = BUF_INIT(TLOG_CHECKPOINT_MAX);

	if (text.len > 44 || !base64_decode(text, /* url_safe= */ false, &raw) ||
	    raw.len != DIGEST_SIZE)
		return false;
	memcpy(ret->bytes, raw.ptr, DIGEST_SIZE);
	return true;
}

static int read_text(const char *name, struct tlog_checkpoint *c, struct error *err)
{
	struct str rest = bytes_str(c->text), line;

	rest.len--; /* its line end */
	if (!str_split(&rest, '\n', &c->origin) || !c->origin.len)
		return malformed(name, "there is no origin", err);
	if (!str_split(&rest, '\n', &line) || !read_number(line, &c->size))
		return malformed(name, "the second line is no size", err);
	if (!str_split(&rest, '\n', &line) || !read_hash(line, &c->root))
		return malformed(name, "the third line is no hash in base64", err);
	while (str_split(&rest, '\n', &line))
		if (!line.len)
			return malformed(name, "there is an empty line in it", err);
	return 0;
}

int tlog_checkpoint_read(struct bytes note, const char *name, struct tlog_checkpoint *ret,
			 struct error *err)
{
	struct tlog_checkpoint c = { 0 };
	struct str lines, line;

	if (part(note, name, &c, err) < 0 || read_text(name, &c, err) < 0)
		return -1;
	lines = (struct str){ c.signatures.ptr, c.signatures.len ? c.signatures.len - 1 : 0 };
	if (!lines.len)
		return malformed(name, "there is no signature", err);
	while (str_split(&lines, '\n', &line))
		if (!str_has_prefix(line, STR(DASH)))
			return malformed(name, "a signature's line does not begin with a dash",
					 err);
	*ret = c;
	return 0;
}

/* "NAME BASE64"; false: by somebody else, which is no error. */
static bool is_by(struct str line, struct str name, const uint8_t id[KEY_ID], struct buf *to)
{
	size_t blank = str_find_char(line, ' ');

	buf_reset(to);
	return blank < line.len && str_equal((struct str){ line.ptr, blank }, name) &&
	       base64_decode((struct str){ line.ptr + blank + 1, line.len - blank - 1 }, false,
			     to) &&
	       to->len > KEY_ID && memcmp(to->ptr, id, KEY_ID) == 0;
}

int tlog_checkpoint_verify(const struct tlog_checkpoint *c, const struct public_key *key,
			   struct error *err)
{
	CLEANUP_BUF struct buf blob = BUF_INIT(TLOG_CHECKPOINT_MAX);
	struct str lines = c->signatures, line;
	const size_t dash = strlen(DASH);
	uint8_t id[KEY_ID];

	if (public_key_type(key) != KEY_ED25519)
		return err_set(err, ERR_KEY, "a log's key is Ed25519, and not %s",
			       key_type_name(public_key_type(key)));
	key_id_of(c->origin, key, id);
	while (str_split(&lines, '\n', &line)) {
		if (line.len <= dash ||
		    !is_by((struct str){ line.ptr + dash, line.len - dash }, c->origin, id, &blob))
			continue;
		if (signature_verify(key, c->text,
				     (struct bytes){ blob.ptr + KEY_ID, blob.len - KEY_ID },
				     err) < 0)
			return err_while(err, "checking the checkpoint of '" STR_FMT "'",
					 STR_ARG(c->origin));
		return 0;
	}
	return err_set(err, ERR_SIGNATURE,
		       "the checkpoint of '" STR_FMT "' is not signed by this key",
		       STR_ARG(c->origin));
}

/* ---- verifier keys ---- */

void tlog_vkey_write(struct str name, const struct public_key *key, struct buf *to)
{
	uint8_t id[KEY_ID], text[1 + 32] = { TYPE_ED25519 };
	char hex[2 * KEY_ID + 1];

	key_id_of(name, key, id);
	memcpy(text + 1, public_key_ed25519(key).ptr, 32);
	buf_printf(to, STR_FMT "+%s+", STR_ARG(name), hex_format(BYTES_OF(id), hex));
	base64_encode(BYTES_OF(text), to);
}

int tlog_vkey_read(struct str text, struct str *ret_name, struct public_key **ret,
		   struct error *err)
{
	CLEANUP_BUF struct buf raw = BUF_INIT(TLOG_CHECKPOINT_MAX);
	CLEANUP_PUBLIC_KEY struct public_key *k = NULL;
	uint8_t id[KEY_ID], want[KEY_ID];
	struct str rest = str_trim(text), name, hex;

	if (!str_split(&rest, '+', &name) || !str_split(&rest, '+', &hex) || !rest.ptr ||
	    !hex_parse(hex, id, hex.len == 2 * KEY_ID ? KEY_ID : 0) || hex.len != 2 * KEY_ID ||
	    rest.len > 64 || !base64_decode(rest, false, &raw) || raw.len != 33 ||
	    raw.ptr[0] != TYPE_ED25519)
		return err_set(err, ERR_KEY, "no verifier key of a log: NAME+HASH+BASE64, Ed25519");
	if (public_key_from_ed25519((struct bytes){ raw.ptr + 1, 32 }, &k, err) < 0)
		return -1;
	key_id_of(name, k, want);
	if (memcmp(id, want, KEY_ID) != 0)
		return err_set(err, ERR_KEY, "the verifier key's hash does not fit its name");
	*ret_name = name;
	*ret = TAKE_PTR(k);
	return 0;
}

#include "resolve/cleartext.h"

#include "base/limits.h"

#define BEGIN_MESSAGE   "-----BEGIN PGP SIGNED MESSAGE-----"
#define BEGIN_SIGNATURE "-----BEGIN PGP SIGNATURE-----"
#define END_SIGNATURE   "-----END PGP SIGNATURE-----"

struct reader {
	struct str rest;
	uint32_t line;
};

static int fail(const struct reader *r, struct error *err, const char *what)
{
	err_set(err, ERR_SIGNATURE, "not a clean signed message: line %u %s", r->line, what);
	return err_hint(err, "nothing of it was used; the mirror may be altering files");
}

/* False at the end of the message or where a line is not ended by a newline. */
static bool next_line(struct reader *r, struct str *ret)
{
	size_t n = str_find_char(r->rest, '\n');

	if (n == r->rest.len)
		return false;
	*ret = (struct str){ r->rest.ptr, n };
	r->rest = (struct str){ r->rest.ptr + n + 1, r->rest.len - n - 1 };
	r->line++;
	return true;
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* "Hash: SHA256" or "Hash: SHA256, SHA512" */
static bool is_hash_header(struct str line)
{
	if (!str_has_prefix(line, STR("Hash: ")) || line.len == 6)
		return false;
	for (size_t i = 6; i < line.len; i++)
		if (!is_alnum(line.ptr[i]) && !strchr("-, ", line.ptr[i]))
			return false;
	return true;
}

static int check_head(struct reader *r, struct error *err)
{
	struct str line;

	if (!next_line(r, &line) || !str_equal_cstr(line, BEGIN_MESSAGE)) {
		err_set(err, ERR_SIGNATURE, "it is not signed: it doesn't start with '%s'",
			BEGIN_MESSAGE);
		return err_hint(err, "nothing of it was used; the mirror may be serving "
				     "something else than the archive");
	}
	for (;;) {
		if (!next_line(r, &line))
			return fail(r, err, "is the last, in the middle of the headers");
		if (line.len == 0)
			return 0;
		if (!is_hash_header(line))
			return fail(r, err, "is a header other than 'Hash'");
	}
}

static int check_text(struct reader *r, struct error *err)
{
	struct str line;

	for (;;) {
		if (!next_line(r, &line))
			return fail(r, err, "is the last, without a signature after it");
		if (str_equal_cstr(line, BEGIN_SIGNATURE))
			return 0;
		if (line.len && *line.ptr == '-' && !str_has_prefix(line, STR("- ")))
			return fail(r, err, "starts with a dash that is not escaped");
	}
}

static bool is_base64(struct str line)
{
	for (size_t i = 0; i < line.len; i++)
		if (!is_alnum(line.ptr[i]) && !strchr("+/=", line.ptr[i]))
			return false;
	return line.len > 0 && line.len <= 76;
}

/* "Version: ..." and "Comment: ..." are not signed and not used. */
static bool is_armor_header(struct str line)
{
	return str_has_prefix(line, STR("Version: ")) || str_has_prefix(line, STR("Comment: "));
}

static int check_signature(struct reader *r, struct error *err)
{
	struct str line;
	bool body = false;

	for (;;) {
		if (!next_line(r, &line)) {
			/* The END line may be the end of the file, too. */
			if (!body || !str_equal_cstr(r->rest, END_SIGNATURE))
				return fail(r, err, "is the last, in the middle of the signature");
			return 0;
		}
		if (body && str_equal_cstr(line, END_SIGNATURE))
			break;
		if (!body && line.len == 0)
			body = true;
		else if (body ? !is_base64(line) : !is_armor_header(line))
			return fail(r, err, "does not belong into a signature");
	}
	if (r->rest.len) {
		r->line++;
		return fail(r, err, "follows the end of the signature");
	}
	return 0;
}

int cleartext_check(struct bytes message, struct error *err)
{
	struct reader r = { .rest = bytes_str(message) };

	if (message.len > LIMIT_RELEASE_SIZE)
		return err_set(err, ERR_LIMIT, "a signed message is larger than %u bytes",
			       LIMIT_RELEASE_SIZE);
	if (message.len && memchr(message.ptr, 0, message.len))
		return err_set(err, ERR_SIGNATURE, "a signed message holds a NUL byte");
	if (check_head(&r, err) < 0 || check_text(&r, err) < 0)
		return -1;
	return check_signature(&r, err);
}

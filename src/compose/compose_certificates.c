/*
 * The recipe's certificates, put where update-ca-certificates(8) looks for
 * local ones; debian_finish() makes links and the bundle. Hashed links hold one
 * certificate a file, so a file with several is split.
 */

#include <stdlib.h>

#include "base/mem.h"
#include "compose/work.h"

#define CERTIFICATE_FILE_MAX (1u << 20) /* bytes; a chain of some hundred */
#define FOLDER "usr/local/share/ca-certificates"

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END   "-----END CERTIFICATE-----"

struct certificate {
	struct str path; /* as in the recipe */
	struct src_pos pos;
	struct str text;
};

/* Offset of @word in @text from @from on, or text.len. */
static size_t find_word(struct str text, const char *word, size_t from)
{
	size_t len = strlen(word);

	for (size_t i = from; i + len <= text.len; i++) {
		if (text.ptr[i] == word[0] && memcmp(text.ptr + i, word, len) == 0)
			return i;
	}
	return text.len;
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 7468 bodies; false on any character that is not base64. @to has room for all. */
static bool decode(struct str body, uint8_t *to, size_t *ret_len)
{
	uint32_t bits = 0;
	unsigned n_bits = 0, padding = 0;
	size_t len = 0;

	for (size_t i = 0; i < body.len; i++) {
		char c = body.ptr[i];
		int digit = base64_digit(c);

		if (c == '\n' || c == '\r' || c == ' ' || c == '\t')
			continue;
		if (c == '=' && ++padding <= 2)
			continue;
		if (digit < 0 || padding > 0)
			return false;
		bits = (bits << 6 | (uint32_t)digit) & 0xffffff;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			to[len++] = (uint8_t)(bits >> n_bits);
		}
	}
	*ret_len = len;
	return true;
}

/* Whether @der is exactly one DER SEQUENCE (X.690, 8.1), as a certificate is. */
static bool is_sequence(const uint8_t *der, size_t len)
{
	size_t n_length, length = 0;

	if (len < 2 || der[0] != 0x30)
		return false;
	if (der[1] < 0x80)
		return len == 2u + der[1];
	n_length = der[1] & 0x7f;
	if (n_length == 0 || n_length > 4 || len < 2 + n_length)
		return false;
	for (size_t i = 0; i < n_length; i++)
		length = length << 8 | der[2 + i];
	return len == 2 + n_length + length;
}

static bool is_certificate(struct str body)
{
	uint8_t *der = mem_alloc(body.len + 1);
	size_t len;
	bool is = decode(body, der, &len) && is_sequence(der, len);

	free(der);
	return is;
}

static int refuse(const struct certificate *c, const char *why, const char *hint,
		  struct error *err)
{
	err_at(err, ERR_RECIPE_FILE, c->pos, "'" STR_FMT "' %s", STR_ARG(c->path), why);
	return err_hint(err, "%s", hint);
}

/* "keys/corporate-ca.pem" is "corporate-ca". */
static struct str base_name(struct str path)
{
	static const char *const suffixes[] = { ".pem", ".crt", ".cer" };
	struct str rest = path, name = path;

	while (str_split(&rest, '/', &name))
		;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		if (str_has_suffix(name, str_of(suffixes[i])) && name.len > 4)
			return (struct str){ name.ptr, name.len - 4 };
	}
	return name;
}

static int put_one(struct work *w, const struct certificate *c, struct str block, unsigned number,
		   struct error *err)
{
	struct place at = work_place(w, c->pos);
	struct str name = base_name(c->path), where;
	const char *path = number == 1
		? arena_printf(w->arena, FOLDER "/" STR_FMT ".crt", STR_ARG(name))
		: arena_printf(w->arena, FOLDER "/" STR_FMT "-%u.crt", STR_ARG(name), number);
	const char *text = arena_printf(tree_arena(w->tree), STR_FMT "\n", STR_ARG(block));
	struct inode i = work_file_of(w, str_bytes(str_of(text)), 0644);

	if (work_is_recipes(w, str_of(path), &where)) {
		err_at(err, ERR_RECIPE_CONFLICT, c->pos,
		       "'" STR_FMT "' becomes '/%s', which " STR_FMT " makes too",
		       STR_ARG(c->path), path, STR_ARG(where));
		return err_hint(err, "give one of the two files another name");
	}
	return work_put(w, &at, str_of(path), &i, NULL, err);
}

static int put_file(struct work *w, const struct certificate *c, struct error *err)
{
	size_t at = 0, begin, end;
	unsigned number = 0;

	if (find_word(c->text, "PRIVATE KEY-----", 0) < c->text.len)
		return refuse(c, "holds a private key, which must never be in an image",
			      "keep only the 'BEGIN CERTIFICATE' blocks; and treat the key as lost, "
			      "if it was ever committed", err);
	while ((begin = find_word(c->text, BEGIN, at)) < c->text.len) {
		size_t body = begin + sizeof(BEGIN) - 1;

		end = find_word(c->text, END, body);
		if (end == c->text.len ||
		    !is_certificate((struct str){ c->text.ptr + body, end - body }))
			return refuse(c, "holds a certificate that is damaged",
				      "export it again as PEM", err);
		at = end + sizeof(END) - 1;
		if (put_one(w, c, (struct str){ c->text.ptr + begin, at - begin }, ++number,
			    err) < 0)
			return -1;
	}
	if (number == 0)
		return refuse(c, "is not a certificate in PEM form",
			      "a PEM file has a line '" BEGIN "'; a DER file is converted with "
			      "'openssl x509 -inform der -in FILE -out FILE.pem'", err);
	return 0;
}

static int load(const struct work *w, size_t i, struct certificate *ret, struct error *err)
{
	const struct recipe *r = w->in->recipe;
	const struct content *content = &w->in->certificates[i];
	CLEANUP_BUF struct buf b = BUF_INIT(CERTIFICATE_FILE_MAX);

	*ret = (struct certificate){ .path = r->certificates[i] };
	if (r->certificate_pos)
		ret->pos = r->certificate_pos[i];
	if (content->size > CERTIFICATE_FILE_MAX)
		return refuse(ret, "is too large for a certificate (1 MiB)",
			      "check that it is the right file", err);
	if (content_load(w->in->reader, content, &b, err) < 0)
		return err_while(err, "reading certificate '" STR_FMT "'", STR_ARG(ret->path));
	ret->text = arena_str(w->arena, buf_str(&b));
	return 0;
}

static bool has_package(const struct work *w, const char *name)
{
	for (size_t i = 0; i < w->in->n_packages; i++) {
		if (str_equal_cstr(w->in->packages[i].name, name))
			return true;
	}
	return false;
}

int compose_certificates(struct work *w, struct error *err)
{
	const struct recipe *r = w->in->recipe;

	for (size_t i = 0; i < r->n_certificates; i++) {
		struct certificate c;

		if (load(w, i, &c, err) < 0)
			return -1;
		if (!has_package(w, "ca-certificates")) {
			err_at(err, ERR_RECIPE_VALUE, c.pos,
			       "'certificates' needs the package 'ca-certificates', which the image "
			       "does not have");
			return err_hint(err, "add 'ca-certificates' to 'packages:'");
		}
		if (put_file(w, &c, err) < 0)
			return -1;
	}
	return 0;
}

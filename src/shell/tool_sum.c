/* md5sum and its family, cksum. */
#include "crypto/hash.h"
#include "shell/charclass.h"
#include "shell/text_tool.h"

enum { OPTION_STATUS = 256, OPTION_STRICT, OPTION_MISSING };

static const struct shell_option sum_options[] = {
	{ 'b', "binary", OPTION_NO_VALUE, 'b' },
	{ 't', "text", OPTION_NO_VALUE, 't' },
	{ 'c', "check", OPTION_NO_VALUE, 'c' },
	{ 'w', "warn", OPTION_NO_VALUE, 'w' },
	{ 0, "quiet", OPTION_NO_VALUE, 'q' },
	{ 0, "status", OPTION_NO_VALUE, OPTION_STATUS },
	{ 0, "strict", OPTION_NO_VALUE, OPTION_STRICT },
	{ 0, "ignore-missing", OPTION_NO_VALUE, OPTION_MISSING },
	{ 'z', "zero", OPTION_NO_VALUE, 'z' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

struct sums {
	enum hash_kind kind;
	bool binary, check, quiet, silent, strict, ignore_missing;
	char end;
	unsigned n_good, n_bad, n_unreadable, n_malformed;
};

static int put_sum(struct shell_call *c, const struct sums *s, struct str name, struct str data,
		   struct error *err)
{
	char hex[HASH_HEX_MAX];

	if (text_has_char(name, '\\') || text_has_char(name, '\n'))
		return shell_refuse(c, err, "a name with a backslash or newline");
	hash_hex(s->kind, str_bytes(data), hex);
	if (text_put(c, str_of(hex), err) < 0 ||
	    text_put(c, s->binary ? STR(" *") : STR("  "), err) < 0)
		return -1;
	return text_put_line(c, name, s->end, err);
}

/* "HEX  NAME" or "HEX *NAME". */
static bool split_line(struct str line, size_t digits, struct str *ret_hex, struct str *ret_name)
{
	while (line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
		line = (struct str){ line.ptr + 1, line.len - 1 };
	if (line.len < digits + 3 || line.ptr[digits] != ' ' ||
	    (line.ptr[digits + 1] != ' ' && line.ptr[digits + 1] != '*'))
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (!charclass_has(CHARCLASS_XDIGIT, (unsigned char)line.ptr[i]))
			return false;
	}
	*ret_hex = (struct str){ line.ptr, digits };
	*ret_name = (struct str){ line.ptr + digits + 2, line.len - digits - 2 };
	return true;
}

static bool same_hex(struct str a, const char *b)
{
	for (size_t i = 0; i < a.len; i++) {
		if (ascii_lower((unsigned char)a.ptr[i]) != (unsigned char)b[i])
			return false;
	}
	return true;
}

static int check_line(struct shell_call *c, struct sums *s, struct str line, struct error *err)
{
	char hex[HASH_HEX_MAX];
	struct str expected, name, data;
	const char *verdict = NULL;
	int found = 0;

	hash_hex(s->kind, (struct bytes){ NULL, 0 }, hex);
	if (!split_line(line, strlen(hex), &expected, &name)) {
		s->n_malformed++;
		return 0;
	}
	if (s->ignore_missing && !world_find(c->shell, name, true))
		return 0;
	found = text_read(c, name, false, &data, err);
	if (found < 0)
		return -1;
	if (found > 0) {
		s->n_unreadable++;
		verdict = ": FAILED open or read\n";
	} else if (same_hex(expected, hash_hex(s->kind, str_bytes(data), hex))) {
		s->n_good++;
		verdict = s->quiet ? NULL : ": OK\n";
	} else {
		s->n_bad++;
		verdict = ": FAILED\n";
	}
	if (s->silent || !verdict)
		return 0;
	if (text_put(c, name, err) < 0)
		return -1;
	return text_put(c, str_of(verdict), err);
}

static int check_file(struct shell_call *c, struct sums *s, struct str text, struct error *err)
{
	struct str rest = text, line;
	bool ended = false;

	s->n_good = s->n_bad = s->n_unreadable = s->n_malformed = 0;
	while (text_line(&rest, '\n', &line, &ended)) {
		if (line.len > 0 && line.ptr[0] == '#')
			continue;
		if (str_has_prefix(line, STR("\\")) || text_has_char(line, '('))
			return shell_refuse(c, err, "this line of sums");
		if (check_line(c, s, line, err) < 0)
			return -1;
	}
	if (s->n_good + s->n_bad + s->n_unreadable == 0)
		return 1;
	return s->n_bad + s->n_unreadable > 0 || (s->strict && s->n_malformed > 0);
}

static int run_sum(struct shell_call *c, enum hash_kind kind, struct error *err)
{
	struct shell_arguments a;
	struct sums s = { .kind = kind, .end = '\n' };
	int status = 0, found = shell_options(c, sum_options, false, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		int id = a.options[i].id;

		if (id == 'b' || id == 't')
			s.binary = id == 'b';
		s.check |= id == 'c';
		s.quiet |= id == 'q';
		s.silent |= id == OPTION_STATUS;
		s.strict |= id == OPTION_STRICT;
		s.ignore_missing |= id == OPTION_MISSING;
		if (id == 'z')
			s.end = '\0';
	}
	for (size_t i = 0; i < (a.n_operands ? a.n_operands : 1); i++) {
		struct str name = a.n_operands ? a.operands[i] : STR("-"), data;

		found = text_read(c, name, false, &data, err);
		if (found < 0)
			return -1;
		if (found == 0)
			found = s.check ? check_file(c, &s, data, err)
					: put_sum(c, &s, name, data, err);
		if (found < 0)
			return -1;
		status |= found;
	}
	return status;
}

int run_md5sum(struct shell_call *c, struct error *err)
{
	return run_sum(c, HASH_MD5, err);
}

int run_sha1sum(struct shell_call *c, struct error *err)
{
	return run_sum(c, HASH_SHA1, err);
}

int run_sha224sum(struct shell_call *c, struct error *err)
{
	return run_sum(c, HASH_SHA224, err);
}

int run_sha256sum(struct shell_call *c, struct error *err)
{
	return run_sum(c, HASH_SHA256, err);
}

int run_sha384sum(struct shell_call *c, struct error *err)
{
	return run_sum(c, HASH_SHA384, err);
}

int run_sha512sum(struct shell_call *c, struct error *err)
{
	return run_sum(c, HASH_SHA512, err);
}

/* The CRC of POSIX' cksum: bytes, then their number, lowest byte first. */
static uint32_t posix_crc(struct str data)
{
	uint32_t crc = 0;
	size_t n = data.len;

	for (size_t i = 0; i < data.len || n > 0; i++) {
		unsigned char b = i < data.len ? (unsigned char)data.ptr[i] : (unsigned char)n;

		if (i >= data.len)
			n >>= 8;
		crc ^= (uint32_t)b << 24;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x80000000u ? crc << 1 ^ 0x04c11db7u : crc << 1;
	}
	return ~crc;
}

int run_cksum(struct shell_call *c, struct error *err)
{
	static const struct shell_option none[] = { { 0, NULL, OPTION_NO_VALUE, 0 } };
	struct shell_arguments a;
	int status = 0, found = shell_options(c, none, false, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	for (size_t i = 0; i < (a.n_operands ? a.n_operands : 1); i++) {
		struct str name = a.n_operands ? a.operands[i] : STR("-"), data;

		found = text_read(c, name, false, &data, err);
		if (found < 0)
			return -1;
		status |= found;
		if (found)
			continue;
		if (text_printf(c, err, "%u %zu", posix_crc(data), data.len) < 0)
			return -1;
		if (a.n_operands && (text_put(c, STR(" "), err) < 0 || text_put(c, name, err) < 0))
			return -1;
		if (text_put(c, STR("\n"), err) < 0)
			return -1;
	}
	return status;
}

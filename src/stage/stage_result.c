/*
 * Keyed results: "these inputs gave that". They can't be verified by content,
 * so each carries a MAC by the user's key over everything in it, kind and key
 * included; without a right one it is as if it were not there.
 *
 *   mac <64 hex>\n
 *   ingot-result 1 <kind> <64 hex key> <length of inputs> <length of value>\n
 *   <inputs><value>
 */
#define _GNU_SOURCE
#include "stage/stage_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"

#define MAC_LINE_SIZE (4 + 2 * DIGEST_SIZE + 1) /* "mac " hex "\n" */
#define RESULT_MODE   0444

static bool take_word(struct str *rest, struct str *ret)
{
	return str_split(rest, ' ', ret) && ret->len > 0;
}

/* "ingot-result 1 kind key n_inputs n_value" */
static bool parse_head(struct str line, struct result_view *v, uint64_t *n_inputs,
		       uint64_t *n_value)
{
	struct str word[6];

	for (unsigned i = 0; i < 6; i++)
		if (!take_word(&line, &word[i]))
			return false;
	v->kind = word[2];
	return line.ptr == NULL && str_equal_cstr(word[0], "ingot-result") &&
	       str_equal_cstr(word[1], "1") && digest_parse_hex(word[3], &v->key) &&
	       str_parse_u64(word[4], n_inputs) && str_parse_u64(word[5], n_value);
}

bool result_parse(struct bytes file, struct result_view *ret)
{
	struct result_view v;
	struct str text, line;
	uint64_t n_inputs, n_value, head;

	if (file.len < MAC_LINE_SIZE || memcmp(file.ptr, "mac ", 4) != 0 ||
	    file.ptr[MAC_LINE_SIZE - 1] != '\n' ||
	    !digest_parse_hex((struct str){ (const char *)file.ptr + 4, 2 * DIGEST_SIZE }, &v.mac))
		return false;
	v.signed_part = (struct bytes){ file.ptr + MAC_LINE_SIZE, file.len - MAC_LINE_SIZE };
	text = bytes_str(v.signed_part);
	line = (struct str){ text.ptr, str_find_char(text, '\n') };
	if (line.len == text.len || line.len > 256 ||
	    !parse_head(line, &v, &n_inputs, &n_value))
		return false;
	head = line.len + 1;
	if (n_inputs > text.len - head || n_value != text.len - head - n_inputs)
		return false;
	v.inputs = (struct str){ text.ptr + head, (size_t)n_inputs };
	v.value = (struct bytes){ v.signed_part.ptr + head + n_inputs, (size_t)n_value };
	*ret = v;
	return true;
}

static char *result_name(const char *kind, const char *hex)
{
	return mem_printf("%s/%s", kind, hex);
}

static int load_fd(struct stage *s, int fd, const char *name, struct buf *ret, struct error *err)
{
	struct stat st;
	bool is_short;

	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot examine '%s/results/%s'", s->path, name);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > STAGE_RESULT_MAX)
		return STAGE_ABSENT;
	if (object_pread(fd, 0, buf_reserve(ret, (size_t)st.st_size), (size_t)st.st_size,
			 &is_short, err) < 0)
		return err_while(err, "reading '%s/results/%s'", s->path, name);
	if (is_short)
		return STAGE_ABSENT;
	ret->len += (size_t)st.st_size;
	return 0;
}

int result_load(struct stage *s, const char *kind, const char *hex, bool used, struct buf *ret,
		struct error *err)
{
	CLEANUP_FREE char *name = result_name(kind, hex);
	CLEANUP_CLOSE int fd = -1;

	fd = openat(s->results_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == EACCES || errno == ELOOP))
		return STAGE_ABSENT; /* nobody's, or another user's */
	if (fd < 0)
		return err_sys(err, errno, "cannot open '%s/results/%s'", s->path, name);
	if (used)
		(void)!futimens(fd, NULL); /* for gc; no matter if it is not ours */
	return load_fd(s, fd, name, ret, err);
}

/* Constant time: a MAC is compared, and the writer may be somebody else. */
static bool same_mac(const struct digest *a, const struct digest *b)
{
	unsigned difference = 0;

	for (unsigned i = 0; i < DIGEST_SIZE; i++)
		difference |= a->bytes[i] ^ b->bytes[i];
	return difference == 0;
}

int stage_result_get(struct stage *s, const char *kind, const struct digest *key,
		     struct buf *value, struct error *err)
{
	CLEANUP_BUF struct buf file = BUF_INIT(STAGE_RESULT_MAX);
	char hex[DIGEST_HEX_MAX];
	struct result_view v;
	struct digest mac;
	int r;

	assert(is_kind_name(kind));
	if (!s->has_key)
		return STAGE_ABSENT;
	r = result_load(s, kind, digest_hex(key, hex), true, &file, err);
	if (r)
		return r;
	if (!result_parse(buf_bytes(&file), &v) || !str_equal_cstr(v.kind, kind) ||
	    !digest_equal(&v.key, key))
		return STAGE_ABSENT;
	mac = hash_hmac(BYTES_OF(s->key), v.signed_part);
	if (!same_mac(&mac, &v.mac))
		return STAGE_ABSENT;
	if (v.value.len > value->max - value->len)
		return err_set(err, ERR_LIMIT, "the kept %s has %zu bytes, more than %zu", kind,
			       v.value.len, value->max - value->len);
	buf_add(value, v.value.ptr, v.value.len);
	return 0;
}

static void encode(struct stage *s, const char *kind, const char *key_hex, struct bytes value,
		   struct str inputs, struct buf *to)
{
	char hex[DIGEST_HEX_MAX];
	struct digest mac;

	buf_reserve(to, MAC_LINE_SIZE + 256 + inputs.len + value.len);
	buf_printf(to, "mac %064d\n", 0);
	assert(to->len == MAC_LINE_SIZE);
	buf_printf(to, "ingot-result 1 %s %s %zu %zu\n", kind, key_hex, inputs.len, value.len);
	buf_add_str(to, inputs);
	buf_add(to, value.ptr, value.len);
	mac = hash_hmac(BYTES_OF(s->key), (struct bytes){ to->ptr + MAC_LINE_SIZE,
							  to->len - MAC_LINE_SIZE });
	memcpy(to->ptr + 4, digest_hex(&mac, hex), 2 * DIGEST_SIZE);
}

static int write_result(struct stage *s, int fd, char **temporary, const char *name,
			struct bytes data, struct error *err)
{
	struct sink *out = sink_to_fd(fd, "a result in the stage");
	int sys;

	(void)!sink_write(out, data, err); /* sticky: close tells */
	if (sink_close(out, err) < 0)
		return -1;
	sys = scratch_link(s, fd, temporary, s->results_fd, name, true);
	return sys ? err_sys(err, sys, "cannot publish '%s/results/%s'", s->path, name) : 0;
}

int stage_result_put(struct stage *s, const char *kind, const struct digest *key,
		     struct bytes value, struct str inputs, struct error *err)
{
	CLEANUP_BUF struct buf file = BUF_INIT(STAGE_RESULT_MAX);
	char hex[DIGEST_HEX_MAX];
	CLEANUP_FREE char *name = result_name(kind, digest_hex(key, hex));
	char *temporary = NULL;
	CLEANUP_CLOSE int fd = -1;
	int r;

	assert(is_kind_name(kind) && inputs.len < STAGE_RESULT_MAX / 4);
	if (!s->has_key || value.len > STAGE_RESULT_MAX / 2)
		return 0;
	encode(s, kind, hex, value, inputs, &file);
	if (mkdirat(s->results_fd, kind, 0777) < 0 && errno != EEXIST)
		return err_sys(err, errno, "cannot make '%s/results/%s'", s->path, kind);
	if (scratch_open(s, RESULT_MODE, &fd, &temporary, err) < 0)
		return -1;
	r = write_result(s, fd, &temporary, name, buf_bytes(&file), err);
	scratch_drop(s, &temporary);
	return r;
}

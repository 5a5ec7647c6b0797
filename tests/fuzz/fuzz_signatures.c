/*
 * Any statements as signatures of a file, each by one of two keys (signed_text.h): one of --key,
 * one that the configuration trusts for "web" only. Between two statements is a byte 0. Only
 * who has signed an output's digest vouches for it, and whose name is not the one of the key is
 * refused.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "memory_folder.h"
#include "pipeline/verify_private.h"
#include "signed_text.h"

#define SIGNATURES_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[MEMORY_FOLDER_MAX];
static char paths[SIGNATURES_MAX][64];
static const char *path_list[SIGNATURES_MAX];

static void leave(void)
{
	for (size_t i = 0; i < SIGNATURES_MAX; i++)
		unlink(paths[i]);
	rmdir(folder);
}

static void set_up(void)
{
	if (folder[0])
		return;
	memory_folder(folder);
	if (atexit(leave) != 0)
		abort();
	for (size_t i = 0; i < SIGNATURES_MAX; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%zu.sigstore.json", folder, i);
		path_list[i] = paths[i];
	}
}

static void save(const char *path, struct bytes data)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, data.ptr, data.len) != (ssize_t)data.len)
		abort();
}

/* Whether a statement of a key that counts is one of an output with the digest of this one. */
static bool is_of_this(struct bytes payload)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct identity of = signed_image();
	struct intoto_statement s;

	if (intoto_parse(payload, "fuzz", &arena, &s, &err) < 0 ||
	    !str_equal_cstr(s.predicate_type, PREDICATE_SIGN))
		return false;
	for (size_t i = 0; i < s.n_subjects; i++)
		for (uint8_t role = IDENTITY_FILE; role <= IDENTITY_INDEX; role++)
			if (digest_equal(&s.subjects[i].sha256, &of.digest[role]))
				return true;
	return false;
}

struct given {
	size_t n;
	bool may[SIGNED_KEYS]; /* vouch */
};

static struct given save_all(struct str all)
{
	struct given g = { 0 };
	struct str piece;

	while (g.n < SIGNATURES_MAX && all.len && str_split(&all, '\0', &piece)) {
		CLEANUP_BUF struct buf text = BUF_INIT(2 * piece.len + 4096);
		struct bytes payload = { (const uint8_t *)piece.ptr + 1, piece.len - 1 };
		size_t key;

		if (!piece.len)
			continue;
		key = signed_text(str_bytes(piece), &text);
		save(paths[g.n++], buf_bytes(&text));
		if (key < SIGNED_KEYS && is_of_this(payload))
			g.may[key] = true;
	}
	return g;
}

static void check(const struct verify_result *r, const struct given *g)
{
	char id[DIGEST_HEX_MAX];
	bool has[SIGNED_KEYS] = { false };

	if (r->vouched != (r->n_signers != 0))
		abort();
	for (size_t i = 0; i < r->n_signers; i++)
		for (size_t k = 0; k < SIGNED_KEYS; k++) {
			digest_hex(public_key_id(signed_key(k)), id);
			if (!str_equal_cstr(r->signers[i].key_id, id))
				continue;
			if (has[k] || !g->may[k])
				abort();
			has[k] = true;
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str name = STR("web");
	const struct machine_trust trust = { .names = &name, .n_names = 1 };
	struct verify_key keys[SIGNED_KEYS] = {
		{ .path = STR("a.pub"), .role = STR("") },
		{ .path = STR("b.pub"), .role = STR("release"), .trust = &trust }
	};
	CLEANUP_VERIFY struct verify_result told = { 0 };
	struct verify_options o = { .signatures = path_list };
	struct verifying v = { .path = SIGNED_FILE,
			       .base = SIGNED_FILE,
			       .o = &o,
			       .r = &told,
			       .fd = -1,
			       .folder = -1,
			       .keys = keys,
			       .n_keys = SIGNED_KEYS };
	CLEANUP_ERR struct error err = ERR_INIT;
	struct given g;
	int r;

	set_up();
	for (size_t i = 0; i < SIGNED_KEYS; i++)
		keys[i].key = (struct public_key *)signed_key(i);
	g = save_all((struct str){ (const char *)data, size });
	if (!g.n)
		return 0;
	o.n_signatures = g.n;
	told.identity = signed_image();
	r = verify_find_signatures(&v, &err);
	if (r == 0)
		r = verify_match_signatures(&v, NULL, &err);
	if ((r < 0) != (err.code != ERR_NONE))
		abort();
	if (r == 0)
		check(&told, &g);
	return 0;
}

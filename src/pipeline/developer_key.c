#include "pipeline/developer_key.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "crypto/signer.h"
#include "pipeline/key_files.h"

static bool is_there(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

const char *developer_key_problem(const struct error *why, struct arena *arena)
{
	return arena_printf(arena, "%s%s%s%s%s", why->message, why->sys ? ": " : "",
			    why->sys ? strerror(why->sys) : "", why->hint ? ": " : "",
			    why->hint ? why->hint : "");
}

/* What *why says becomes the problem, unless the user wants an end. */
static int problem(struct developer_key *k, struct error *why, struct arena *arena,
		   struct error *err)
{
	if (why->code == ERR_INTERRUPTED)
		return err_move(err, why);
	k->problem = developer_key_problem(why, arena);
	return 0;
}

static int make_files(const char *name, struct developer_key *k, struct error *why)
{
	CLEANUP(key_wipe) struct buf private = BUF_INIT(KEY_ANSWER_MAX);
	CLEANUP_BUF struct buf public = BUF_INIT(KEY_ANSWER_MAX);
	CLEANUP_PUBLIC_KEY struct public_key *key = NULL;

	if (key_generate(KEY_ED25519, NULL, &private, &public, why) < 0 ||
	    public_key_parse(buf_bytes(&public), k->public_path, &key, why) < 0 ||
	    key_files_create(name, buf_bytes(&private), buf_bytes(&public), why) < 0)
		return -1;
	k->key = TAKE_PTR(key);
	return 0;
}

/* Whether it could sign: an encrypted one can, for who knows the passphrase. */
static int try_files(struct developer_key *k, struct error *why)
{
	const struct signer s = { .key.path = k->private_path };
	CLEANUP_PUBLIC_KEY struct public_key *public = NULL, *own = NULL;

	if (public_key_load(k->public_path, &public, why) < 0)
		return -1;
	if (signer_public_key(&s, &own, why) < 0) {
		if (why->code != ERR_PASSPHRASE)
			return -1;
		err_release(why);
	} else if (!digest_equal(public_key_id(own), public_key_id(public))) {
		return err_set(why, ERR_KEY, "'%s' and '%s' are not halves of one key",
			       k->private_path, k->public_path);
	}
	k->key = TAKE_PTR(public);
	return 0;
}

static int look_at(struct developer_key *k, bool private, bool public, struct error *why)
{
	if (private && public)
		return try_files(k, why);
	(void)err_set(why, ERR_KEY, "'%s' is there without '%s'",
		      private ? k->private_path : k->public_path,
		      private ? k->public_path : k->private_path);
	if (private)
		return err_hint(why, "'openssl pkey -in %s -pubout -out %s' makes it",
				k->private_path, k->public_path);
	return err_hint(why, "remove it, and 'ingot init' makes a new key");
}

int developer_key_open(const char *folder, bool make, struct arena *arena,
		       struct developer_key *ret, struct error *err)
{
	CLEANUP_ERR struct error why = ERR_INIT;
	char *name = arena_printf(arena, "%s/developer", folder);
	struct developer_key k = {
		.private_path = arena_printf(arena, "%s.pem", name),
		.public_path = arena_printf(arena, "%s.pub", name),
	};
	bool private = is_there(k.private_path), public = is_there(k.public_path);
	int r = 0;

	k.present = private || public;
	if (k.present)
		r = look_at(&k, private, public, &why);
	else if (make)
		r = make_files(name, &k, &why);
	k.made = make && !k.present && r == 0;
	if (r < 0 && problem(&k, &why, arena, err) < 0)
		return -1;
	*ret = k;
	return 0;
}

void developer_key_release(struct developer_key *k)
{
	public_key_free(k->key);
	*k = (struct developer_key){ 0 };
}

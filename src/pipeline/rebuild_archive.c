/*
 * Whose keys the archive's are. A bundle brings its keyring along: that it fits says nothing of
 * who made it. So each key is named, and looked for among those that this machine has.
 */
#include "pipeline/rebuild_private.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/file.h"
#include "pipeline/keyring.h"
#include "pipeline/locked_release.h"

/* ---- what this machine has ---- */

static bool holds(const struct str *list, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(list[i], s))
			return true;
	return false;
}

static bool holds_all(const struct str *list, size_t n, const struct lock_suite *s)
{
	for (size_t i = 0; i < s->n_signed_by; i++)
		if (!holds(list, n, s->signed_by[i]))
			return false;
	return true;
}

/* *ret_path NULL: this machine has no keyring of that name. */
static int look_up(const struct rebuilding *b, const struct lock_suite *s, char **ret_path,
		   bool *ret_known, struct error *err)
{
	const struct recipe_source *source = locked_source(b->recipe, s);
	CLEANUP_BUF struct buf keyring = BUF_INIT(KEYRING_SIZE_MAX);
	CLEANUP_ERR struct error ignored = ERR_INIT;
	CLEANUP_FREE char *path = NULL;
	struct str *list = NULL;
	size_t n = 0;

	*ret_path = NULL;
	*ret_known = false;
	if (!source || keyring_host(source, &keyring, &path, &ignored) != 0)
		return 0;
	if (openpgp_fingerprints(buf_bytes(&keyring), &b->r->arena, &list, &n, err) < 0)
		return err_while(err, "reading '%s'", path);
	*ret_known = holds_all(list, n, s);
	*ret_path = TAKE_PTR(path);
	return 0;
}

/* ---- what is told ---- */

static const char *signers_text(const struct rebuilding *b, const struct lock_suite *s)
{
	const char *text = "";

	for (size_t i = 0; i < s->n_signed_by; i++)
		text = arena_printf(&b->r->arena, "%s%s" STR_FMT, text, i ? ", " : "",
				    STR_ARG(s->signed_by[i]));
	return text;
}

static int tell_suite(struct rebuilding *b, const struct lock_suite *s, struct error *err)
{
	const char *given = b->options->keyring, *where;
	CLEANUP_FREE char *path = NULL;
	bool known = false;

	if (!given && look_up(b, s, &path, &known, err) < 0)
		return -1;
	/* Keys that one has need not be compared, and so not be printed. */
	if (given || known) {
		verify_add(&b->r->verify, REBUILD_ARCHIVE_CHECK, VERIFY_OK,
			   STR_FMT " is signed by %zu key%s of '%s'", STR_ARG(s->suite),
			   s->n_signed_by, s->n_signed_by == 1 ? "" : "s", given ? given : path);
		return 0;
	}
	if (path)
		where = arena_printf(&b->r->arena, "which '%s' of this machine does NOT hold",
				     path);
	else
		where = "of the bundle's own keyring: compare it with what the archive says, or "
			"give --keyring";
	verify_add(&b->r->verify, REBUILD_ARCHIVE_CHECK, VERIFY_NOTE,
		   STR_FMT " is signed by the key %s, %s", STR_ARG(s->suite), signers_text(b, s),
		   where);
	return 0;
}

int rebuild_archive_tell(struct rebuilding *b, struct error *err)
{
	for (size_t i = 0; i < b->lock->n_suites; i++)
		if (tell_suite(b, &b->lock->suites[i], err) < 0)
			return -1;
	return 0;
}

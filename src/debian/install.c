/*
 * The order of an installation, as mmdebstrap's variant "apt" has it: the Essential
 * set is laid out by tar, then installed by one run of dpkg; the rest by another.
 */
#include "debian/install.h"

#include "debian/relation.h"
#include "debian/unpack.h"

#define TRIGGER_ROUNDS 64u /* of one run; Debian's packages need three */

/* The packages of one run of dpkg: those that are Essential, or the others. */
struct run {
	struct debian *d;
	bool essential;
	bool *needed; /* by index of d->packages: scratch of configure_needed() */
};

static bool is_of(const struct run *r, const struct unpacked *u)
{
	return u->package->essential == r->essential;
}

static int extract_all(struct debian *d, struct error *err)
{
	for (size_t i = 0; i < d->n_packages; i++) {
		struct unpacked *u = &d->packages[i];

		if (!u->package->essential)
			continue;
		journal_step(d->run->journal, EFFECTS_EXTRACT, u->package->name);
		if (unpack_extract(d, u, err) < 0)
			return -1;
	}
	return 0;
}

static int configure(struct debian *d, struct unpacked *u, struct error *err)
{
	const struct str arguments[] = { STR("configure"), STR("") };

	if (u->state != PACKAGE_UNPACKED || u->first_boot)
		return 0;
	u->state = PACKAGE_HALF_CONFIGURED;
	if (debian_run_script(d, u, "postinst", arguments, 2, STR(""), err) < 0)
		return -1;
	u->state = u->first_boot ? PACKAGE_UNPACKED : PACKAGE_INSTALLED;
	return 0;
}

/* Marks what @field of package @i names. Whether something is new. */
static bool mark_needs(struct run *r, size_t i, const char *field)
{
	struct str value = unpacked_field(&r->d->packages[i], str_of(field));
	struct relation relation;
	bool last, more = false;

	while (relation_next(&value, &relation, &last)) {
		struct unpacked *u = debian_find(r->d, relation.name);
		size_t at = u ? (size_t)(u - r->d->packages) : 0;

		if (!u || r->needed[at] || u->state != PACKAGE_UNPACKED)
			continue;
		r->needed[at] = true;
		more = true;
	}
	return more;
}

/* What @u pre-depends on is configured, with all that it needs for that. */
static int configure_needed(struct run *r, struct unpacked *u, struct error *err)
{
	struct debian *d = r->d;
	bool more;

	memset(r->needed, 0, d->n_packages * sizeof(*r->needed));
	if (!mark_needs(r, (size_t)(u - d->packages), "Pre-Depends"))
		return 0;
	do {
		more = false;
		for (size_t i = d->n_packages; i-- > 0;) {
			if (!r->needed[i])
				continue;
			more |= mark_needs(r, i, "Pre-Depends");
			more |= mark_needs(r, i, "Depends");
		}
	} while (more);
	for (size_t i = 0; i < d->n_packages; i++)
		if (r->needed[i] && configure(d, &d->packages[i], err) < 0)
			return -1;
	return 0;
}

static int unpack_one(struct run *r, struct unpacked *u, struct error *err)
{
	const struct str arguments[] = { STR("install") };
	struct debian *d = r->d;

	if (!r->essential && configure_needed(r, u, err) < 0)
		return -1;
	u->state = PACKAGE_HALF_INSTALLED;
	if (debian_run_script(d, u, "preinst", arguments, 1, STR(""), err) < 0)
		return -1;
	journal_step(d->run->journal, EFFECTS_UNPACK, u->package->name);
	if (unpack_package(d, u, err) < 0)
		return -1;
	u->state = PACKAGE_UNPACKED;
	return 0;
}

/* `postinst triggered "NAME NAME"`: the newest activation first, as dpkg keeps them. */
static int run_triggers_of(struct debian *d, struct unpacked *u, struct error *err)
{
	CLEANUP_BUF struct buf names = BUF_INIT(1 << 20);
	struct str arguments[2] = { STR("triggered") };

	while (u->n_pending) {
		if (names.len)
			buf_add_char(&names, ' ');
		buf_add_str(&names, u->pending[--u->n_pending]);
	}
	arguments[1] = arena_str(d->arena, buf_str(&names));
	u->state = PACKAGE_HALF_CONFIGURED;
	if (debian_run_script(d, u, "postinst", arguments, 2, arguments[1], err) < 0)
		return -1;
	u->state = PACKAGE_INSTALLED;
	return 0;
}

static int run_triggers(struct debian *d, struct error *err)
{
	for (unsigned round = 0; round < TRIGGER_ROUNDS; round++) {
		bool any = false;

		for (size_t i = 0; i < d->n_packages; i++) {
			if (!d->packages[i].n_pending)
				continue;
			any = true;
			if (run_triggers_of(d, &d->packages[i], err) < 0)
				return -1;
		}
		if (!any)
			return 0;
	}
	return err_set(err, ERR_LIMIT, "triggers activate each other for more than %u rounds",
		       TRIGGER_ROUNDS);
}

static int run_dpkg(struct run *r, struct error *err)
{
	struct debian *d = r->d;

	for (size_t i = 0; i < d->n_packages; i++)
		if (is_of(r, &d->packages[i]) && unpack_one(r, &d->packages[i], err) < 0)
			return -1;
	for (size_t i = 0; i < d->n_packages; i++)
		if (is_of(r, &d->packages[i]) && configure(d, &d->packages[i], err) < 0)
			return -1;
	return run_triggers(d, err);
}

/*
 * What mmdebstrap keeps in its chroot while scripts run, and some look at: a script that
 * forbids to start services, and a resolv.conf, here of a machine without a network. It
 * is in the tree for scripts only: no script makes it.
 */
static const struct {
	const char *folder, *path, *text;
	uint16_t mode;
} chroot_files[] = {
	{ "usr/sbin", "usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0755 },
	{ "etc", "etc/resolv.conf", "# no network\n", 0644 },
};

#define N_CHROOT_FILES (sizeof(chroot_files) / sizeof(chroot_files[0]))

static int begin_chroot(struct debian *d, struct error *err)
{
	for (size_t i = 0; i < N_CHROOT_FILES; i++) {
		struct str path = str_of(chroot_files[i].path);

		/* A folder for it would stay. */
		if (!tree_resolve(d->tree, str_of(chroot_files[i].folder), true))
			continue;
		if (!tree_resolve(d->tree, path, false) &&
		    tree_write_file(d->tree, path, str_bytes(str_of(chroot_files[i].text)),
				    chroot_files[i].mode, debian_rule(d, "chroot"), NULL, err) < 0)
			return -1;
	}
	return 0;
}

/* Nothing of it is left, unless a package has brought one of its own. */
static void end_chroot(struct debian *d)
{
	cause_id cause = debian_rule(d, "chroot");

	for (size_t i = 0; i < N_CHROOT_FILES; i++) {
		struct node *node = tree_resolve(d->tree, str_of(chroot_files[i].path), false);

		if (node && node->inode->cause[CAUSE_CONTENT] == cause)
			tree_remove(d->tree, node, cause);
	}
}

static int evaluate(struct debian *d, struct bytes *ret, struct error *err)
{
	bool *needed = arena_array(d->arena, d->n_packages + 1, sizeof(*needed));
	struct run essential = { d, true, needed }, rest = { d, false, needed };

	debian_read_interests(d);
	if (unpack_merge_usr(d, err) < 0)
		return err_while(err, "merging /usr");
	if (extract_all(d, err) < 0 || begin_chroot(d, err) < 0 ||
	    run_dpkg(&essential, err) < 0 || run_dpkg(&rest, err) < 0)
		return -1;
	end_chroot(d);
	return effects_finish(&d->run->writer, d->options->reader, ret, err);
}

int debian_evaluate(struct debian *d, struct bytes *ret, struct error *err)
{
	struct debian_run *run = d->run = arena_alloc(d->arena, sizeof(*run));
	int r;

	effects_writer_init(&run->writer, d->arena);
	run->journal = journal_new(d, &run->writer);
	run->cache = world_cache_new(d->arena);
	run->answer_used = arena_array(d->arena, d->options->n_answers + 1, sizeof(bool));
	r = evaluate(d, ret, err);
	journal_release(run->journal);
	effects_writer_release(&run->writer);
	return r;
}

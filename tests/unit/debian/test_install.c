#include <criterion/criterion.h>

#include "crypto/hash.h"
#include "deb_fixture.h"
#include "debian/effects_object.h"

/* What lies in usr/bin can be run. */
static struct debian_package *executable(struct debian_package *p)
{
	for (size_t i = 0; i < p->pack->n_members; i++)
		if (str_has_prefix(p->pack->members[i].path, STR("usr/bin/")))
			p->pack->members[i].mode = 0755;
	return p;
}

/* Tools that scripts call must be in the tree: the fixture ships them. */
static struct debian_package *add_tools(struct deb_fixture *f)
{
	return executable(
		fixture_add(f, "tools", "",
			    "f usr/bin/mkdir x\nf usr/bin/ln x\nf usr/bin/rm x\nf usr/bin/mv x\n"
			    "f usr/bin/chmod x\nf usr/bin/chown x\nf usr/bin/cp x\n"
			    "f usr/bin/touch x\nf usr/bin/dpkg-trigger x\nf usr/bin/ldconfig x\n"));
}

/* Whether the object has a line that begins with @text. */
static bool has_line(const struct deb_fixture *f, const char *text)
{
	struct str rest = bytes_str(f->report.effects), line;

	while (str_split(&rest, '\n', &line))
		if (str_has_prefix(line, str_of(text)))
			return true;
	return false;
}

static void postinst(struct deb_fixture *f, struct debian_package *p, const char *body)
{
	fixture_control(f, p, "postinst", arena_printf(&f->arena, "#!/bin/sh\nset -e\n%s", body));
}

/* Lays @f's packages out again from the object alone. */
static struct tree *replay(struct deb_fixture *f, struct debian_report *report)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct debian_options o = f->options;
	struct tree *t = tree_new();

	o.effects = f->report.effects;
	cr_assert_eq(debian_install(t, f->packages, f->n, &o, &f->arena, report, &err), 0, "%s",
		     err.message);
	return t;
}

static bool same_cause(const struct tree *a, cause_id x, const struct tree *b, cause_id y)
{
	const struct cause *p = tree_cause(a, x), *q = tree_cause(b, y);

	return p->kind == q->kind && str_equal(p->who, q->who) && str_equal(p->what, q->what);
}

static void check_same(const struct tree *a, const struct tree *b)
{
	struct digest x = tree_digest(a, 86400), y = tree_digest(b, 86400);
	struct tree_iter i = tree_iter(a, tree_root(a)), k = tree_iter(b, tree_root(b));
	struct node *m, *n;

	cr_assert(digest_equal(&x, &y));
	while ((m = tree_next(&i)) && (n = tree_next(&k))) {
		cr_assert(same_cause(a, m->cause, b, n->cause), "%.*s", STR_ARG(m->name));
		for (int c = 0; c < CAUSE_OF_COUNT; c++)
			cr_assert(same_cause(a, m->inode->cause[c], b, n->inode->cause[c]),
				  "%.*s %d", STR_ARG(m->name), c);
	}
}

Test(install, effects_are_the_net_difference_with_the_line_that_made_it)
{
	CLEANUP_FIXTURE struct deb_fixture f;
	struct debian_package *p;

	fixture_init(&f);
	add_tools(&f);
	p = fixture_add(&f, "a", "", "d srv\nf srv/x one\nf srv/y two\n");
	postinst(&f, p,
		 "mkdir /srv/new\necho hello > /srv/new/f\nln /srv/new/f /srv/new/g\n"
		 "touch /srv/gone\nrm /srv/gone\nchmod 600 /srv/x\nrm /srv/y\n"
		 "cp /srv/x /srv/copy\nln -s x /srv/link\n");
	fixture_must_install(&f);
	cr_assert_eq(f.report.n_refusals, 0, "%.*s", STR_ARG(f.report.refusals[0].reason));
	cr_assert(has_line(&f, "script a postinst configure %"));
	cr_assert(has_line(&f, "folder /srv/new 0755 0 0 now postinst:3"));
	cr_assert(has_line(&f, "file /srv/new/f 0644 0 0 now 6 "));
	cr_assert(has_line(&f, "hardlink /srv/new/g /srv/new/f postinst:5"));
	cr_assert(has_line(&f, "mode /srv/x 0600 postinst:8"));
	cr_assert(has_line(&f, "remove /srv/y postinst:9"));
	cr_assert(has_line(&f, "link /srv/link x 0 0 now postinst:11"));
	cr_assert_not(has_line(&f, "file /srv/gone"));
	cr_assert_not(has_line(&f, "remove /srv/gone"));
	cr_assert_str_eq(fixture_text(&f, "srv/new/g"), "hello\n");
	cr_assert_not(fixture_has(&f, "srv/y"));
}

Test(install, replaying_gives_the_same_tree_to_the_last_cause)
{
	CLEANUP_FIXTURE struct deb_fixture f;
	struct debian_report again;
	struct debian_package *p;
	struct tree *t;

	fixture_init(&f);
	add_tools(&f);
	p = fixture_add(&f, "a", "",
			"d srv\nf srv/x one\nd srv/d\nf srv/d/1 1\nf srv/d/2 2\n"
			"h srv/h srv/x\n");
	postinst(&f, p,
		 "mv /srv/d /srv/e\nchmod 640 /srv/h\necho more >> /srv/x\nmv /srv/e/1 /srv/one\n"
		 "rm -rf /srv/e\nmkdir /srv/e\necho z > /srv/e/2\nchown 5:6 /srv\n");
	fixture_must_install(&f);
	cr_assert_eq(f.report.n_refusals, 0);
	t = replay(&f, &again);
	check_same(f.tree, t);
	cr_assert_eq(tree_find(t, STR("srv/x"))->inode, tree_find(t, STR("srv/h"))->inode);
	cr_assert_eq(tree_find(t, STR("srv"))->inode->uid, 5);
	cr_assert(bytes_equal(again.effects, f.report.effects));
	tree_free(t);
}

Test(install, a_trigger_is_told_to_whoever_is_configured_and_interested)
{
	CLEANUP_FIXTURE struct deb_fixture f;
	struct debian_package *p;

	fixture_init(&f);
	add_tools(&f)->essential = true;
	p = fixture_add(&f, "early", "", "");
	p->essential = true;
	fixture_control(&f, p, "triggers", "interest-noawait /usr/share/things\ninterest named\n");
	postinst(&f, p, "if [ \"$1\" = triggered ]; then echo \"$2\" > /told; fi\n");
	p = fixture_add(&f, "late", "Depends: early\n",
			"d usr/share/things\nf usr/share/things/x 1\n");
	postinst(&f, p, "dpkg-trigger named\n");
	fixture_must_install(&f);
	cr_assert_eq(f.report.n_refusals, 0);
	cr_assert_str_eq(fixture_text(&f, "told"), "named /usr/share/things\n");
}

Test(install, a_refused_command_is_named_with_its_line_and_the_rest_goes_on)
{
	CLEANUP_FIXTURE struct deb_fixture f;
	struct debian_package *p;

	fixture_init(&f);
	add_tools(&f);
	p = executable(fixture_add(&f, "a", "", "f usr/bin/frobnicate x\n"));
	postinst(&f, p, "touch /one\nfrobnicate --all\ntouch /two\n");
	fixture_must_install(&f);
	cr_assert_eq(f.report.n_refusals, 1);
	cr_assert_eq(f.report.refusals[0].outer_line, 4);
	cr_assert(str_equal_cstr(f.report.refusals[0].command, "frobnicate --all"));
	cr_assert(fixture_has(&f, "two"));
}

static void answer(struct deb_fixture *f, struct debian_answer a)
{
	const struct pack_control *c = pack_control(f->packages[1].pack, STR("postinst"));
	struct debian_answer *copy = arena_alloc(&f->arena, sizeof(*copy));

	*copy = a;
	copy->package = STR("a");
	copy->script = STR("postinst");
	copy->digest = hash_bytes(c->data);
	f->options.answers = copy;
	f->options.n_answers = 1;
}

static void answered(struct deb_fixture *f)
{
	fixture_init(f);
	add_tools(f);
	postinst(f, executable(fixture_add(f, "a", "", "f usr/bin/frobnicate x\n")),
		 "touch /one\nif frobnicate; then touch /yes; else touch /no; fi\n");
}

Test(install, an_answer_skips_or_fails_a_command)
{
	CLEANUP_FIXTURE struct deb_fixture f, g;

	answered(&f);
	answer(&f,
	       (struct debian_answer){ .kind = ANSWER_SKIP_COMMAND, .command = STR("frobnicate") });
	fixture_must_install(&f);
	cr_assert_eq(f.report.n_refusals, 0);
	cr_assert(f.report.answer_used[0]);
	cr_assert(fixture_has(&f, "yes"));
	answered(&g);
	answer(&g,
	       (struct debian_answer){ .kind = ANSWER_FAIL_COMMAND, .command = STR("frobnicate") });
	fixture_must_install(&g);
	cr_assert(fixture_has(&g, "no"));
}

Test(install, an_answer_replaces_a_script_or_leaves_it_to_the_machine)
{
	static const struct str lines[] = { { "file /given 0600", 16 } };
	CLEANUP_FIXTURE struct deb_fixture f, g;

	answered(&f);
	answer(&f,
	       (struct debian_answer){ .kind = ANSWER_EFFECTS, .effects = lines, .n_effects = 1 });
	fixture_must_install(&f);
	cr_assert(fixture_has(&f, "given"));
	cr_assert_not(fixture_has(&f, "one"));
	answered(&g);
	answer(&g, (struct debian_answer){ .kind = ANSWER_FIRST_BOOT });
	fixture_must_install(&g);
	cr_assert_not(fixture_has(&g, "one"));
	cr_assert(strstr(fixture_text(&g, "var/lib/dpkg/status"), "install ok unpacked"));
	cr_assert_eq(g.report.n_first_boot, 1);
	cr_assert(str_equal_cstr(g.report.first_boot[0].what, "packages"));
}

Test(install, an_answer_for_another_text_of_the_script_counts_for_nothing)
{
	CLEANUP_FIXTURE struct deb_fixture f;

	answered(&f);
	answer(&f, (struct debian_answer){ .kind = ANSWER_SKIP });
	((struct debian_answer *)(uintptr_t)f.options.answers)->digest.bytes[0] ^= 1;
	fixture_must_install(&f);
	cr_assert_eq(f.report.n_refusals, 1);
	cr_assert_not(f.report.answer_used[0]);
}

Test(install, a_change_that_an_access_list_would_follow_is_refused)
{
	static const char *const later[] = { "mkdir /srv/log/new\n", "chmod 0700 /srv/log\n",
					     "mkdir /srv/new\n" };

	for (size_t i = 0; i < 3; i++) {
		CLEANUP_FIXTURE struct deb_fixture f;
		struct debian_package *p;

		fixture_init(&f);
		add_tools(&f)->essential = true;
		executable(fixture_add(&f, "systemd", "Version: 257.1\n",
				       "f usr/bin/systemd-tmpfiles x\n"));
		p = fixture_add(&f, "a", "Depends: systemd\n",
				"d srv/log\nf usr/lib/tmpfiles.d/a.conf x\n");
		postinst(&f, p,
			 "echo 'a+ /srv/log - - - - user:1:r-x,default:user:1:r-x' >/acl.conf\n"
			 "systemd-tmpfiles --create /acl.conf\n");
		p = fixture_add(&f, "b", "Depends: a\n", "d srv\n");
		postinst(&f, p, later[i]);
		fixture_must_install(&f);
		cr_assert_eq(f.report.n_refusals, i < 2 ? 1 : 0, "%s: %zu", later[i],
			     f.report.n_refusals);
	}
}

/* Changed effects need a new DEBIAN_EVALUATOR; then this digest, too. */
Test(install, the_same_packages_give_the_same_object_for_one_version_of_the_evaluator)
{
	CLEANUP_FIXTURE struct deb_fixture f;
	char hex[DIGEST_HEX_MAX];
	struct debian_package *p;
	struct digest digest;

	fixture_init(&f);
	add_tools(&f)->essential = true;
	p = fixture_add(&f, "a", "", "d srv\nf srv/x one\n");
	fixture_control(&f, p, "preinst", "#!/bin/sh\ntouch \"/pre $1\"\n");
	postinst(&f, p, "mkdir -p /srv/a/b\necho one > /srv/a/b/c\nchmod 4711 /srv/x\nldconfig\n");
	fixture_must_install(&f);
	cr_assert_eq(f.report.n_refusals, 0);
	cr_assert_eq(DEBIAN_EVALUATOR, 1);
	digest = hash_bytes(f.report.effects);
	cr_assert_str_eq(digest_hex(&digest, hex),
			 "e95778f31ed2e9ccc674fc757d7b6987dc7d756011a4864f58ce86d34bc536d1",
			 "\n%.*s", (int)f.report.effects.len, (const char *)f.report.effects.ptr);
}

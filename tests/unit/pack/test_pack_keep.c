/* What is kept in the stage, and what happens when it is not there any more. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit/pack/make_archive.h"

static struct buf tar;

static void setup(void)
{
	tar = (struct buf)BUF_INIT(ARCHIVE_MAX);
	tar_add(&tar, &(struct tar_spec){ .name = "a", .data = BYTES_OF("contents") });
	tar_end(&tar);
}

static void teardown(void)
{
	buf_release(&tar);
}

TestSuite(pack_keep, .init = setup, .fini = teardown);

static void open_expecting(struct trial *t, bool hit)
{
	struct buf content = BUF_INIT(100);

	trial_decode(t, PACK_TAR, buf_bytes(&tar));
	cr_assert(t->pack, "%s", t->err.message);
	cr_assert_eq(t->was_hit, hit);
	cr_assert(pack_is_decoded(t->stage, PACK_TAR, &t->pack->source));
	cr_assert_eq(content_load(stage_reader(t->stage), &t->pack->members[0].content, &content,
				  &t->err), 0);
	cr_assert_str_eq(buf_cstr(&content), "contents");
	buf_release(&content);
}

Test(pack_keep, a_pack_without_its_contents_is_made_again)
{
	char path[200], hex[DIGEST_HEX_MAX];
	struct trial t;

	trial_open(&t);
	open_expecting(&t, false);
	open_expecting(&t, true);
	digest_hex(&t.pack->object, hex);
	snprintf(path, sizeof(path), "%s/stage/objects/%.2s/%s", t.folder, hex, hex + 2);
	cr_assert_eq(unlink(path), 0);
	cr_assert_not(pack_is_decoded(t.stage, PACK_TAR, &t.pack->source));
	open_expecting(&t, false);
	open_expecting(&t, true);
	trial_close(&t);
}

/* The text is bound to the user's key: what anybody may have changed is void. */
Test(pack_keep, an_index_that_was_tampered_with_is_made_again)
{
	char command[300];
	struct trial t;

	trial_open(&t);
	open_expecting(&t, false);
	snprintf(command, sizeof(command),
		 "cd '%s/stage/results/pack' && f=$(find . -type f) && chmod u+w $f && "
		 "printf X | dd of=$f bs=1 seek=$(($(stat -c %%s $f) / 2)) conv=notrunc 2>/dev/null",
		 t.folder);
	cr_assert_eq(system(command), 0);
	cr_assert_not(pack_is_decoded(t.stage, PACK_TAR, &t.pack->source));
	open_expecting(&t, false);
	open_expecting(&t, true);
	trial_close(&t);
}

Test(pack_keep, one_archive_read_as_two_kinds_gives_two_packs)
{
	struct pack *p = NULL;
	struct trial t;

	trial_open(&t);
	open_expecting(&t, false);
	cr_assert_lt(pack_open(t.stage, PACK_DEB, &t.pack->source, "a.tar", &p, NULL, &t.err), 0);
	cr_assert_str_eq(t.err.message, "'a.tar' is not an ar archive");
	trial_close(&t);
}

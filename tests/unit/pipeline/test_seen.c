#include <criterion/criterion.h>
#include <stdlib.h>

#include "pipeline/seen.h"

Test(seen, the_newest_date_of_an_archive_survives_the_process)
{
	char folder[] = "/tmp/ingot-seen-XXXXXX";
	CLEANUP_ERR struct error err = ERR_INIT;
	struct seen *s;

	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(seen_load(folder, &s, &err), 0);
	cr_assert_eq(seen_date(s, STR("Debian Debian trixie")), 0);
	seen_set(s, STR("Debian Debian trixie"), 200);
	seen_set(s, STR("Debian Debian trixie"), 100);
	seen_set(s, STR("Debian Debian bookworm"), 300);
	cr_assert_eq(seen_save(s, &err), 0);
	seen_free(s);

	cr_assert_eq(seen_load(folder, &s, &err), 0);
	cr_assert_eq(seen_date(s, STR("Debian Debian trixie")), 200);
	cr_assert_eq(seen_date(s, STR("Debian Debian bookworm")), 300);
	seen_free(s);
}

Test(seen, without_a_state_folder_nothing_is_kept_and_nothing_fails)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	struct seen *s;

	cr_assert_eq(seen_load(NULL, &s, &err), 0);
	seen_set(s, STR("Debian"), 5);
	cr_assert_eq(seen_save(s, &err), 0);
	seen_free(s);
}

#include "attest/content_diff.h"
#include "resolve/archive.h"

/* "nginx (1.22.1-9+deb12u2) bookworm-security; urgency=high": deb-changelog(5). */
static bool heading(struct str line, struct str *ret_version)
{
	size_t open = str_find_char(line, '('), close;

	if (line.len == 0 || line.ptr[0] == ' ' || line.ptr[0] == '\t' || open == line.len)
		return false;
	*ret_version = (struct str){ line.ptr + open + 1, line.len - open - 1 };
	close = str_find_char(*ret_version, ')');
	if (close == ret_version->len)
		return false;
	ret_version->len = close;
	return close > 0;
}

/*
 * The entries from the first one that is at most @new to the first one that is at most @old.
 * By order of versions, not by equality: binary rebuilds and backports have no entry of their
 * own.
 */
struct str changelog_between(struct str changelog, struct str old, struct str new)
{
	const char *start = NULL, *end = changelog.ptr + changelog.len;
	struct str rest = changelog, line, version, swap;

	if (version_compare(old, new) > 0) {
		swap = old;
		old = new;
		new = swap;
	}
	while (str_split(&rest, '\n', &line)) {
		if (!heading(line, &version))
			continue;
		if (version_compare(version, old) <= 0) {
			end = line.ptr;
			break;
		}
		if (!start && version_compare(version, new) <= 0)
			start = line.ptr;
	}
	if (!start || start >= end)
		return STR("");
	return (struct str){ start, (size_t)(end - start) };
}

/* Release files: what an archive is, and the digests of its indexes. */

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "resolve/deb822.h"

#define RELEASE_FUTURE_MAX 86400 /* seconds that a mirror's clock may be ahead */

/* Takes the next word of a line. */
static struct str word(struct str *line)
{
	struct str trimmed = str_trim(*line);
	size_t n = 0;

	while (n < trimmed.len && trimmed.ptr[n] != ' ' && trimmed.ptr[n] != '\t')
		n++;
	*line = (struct str){ trimmed.ptr + n, trimmed.len - n };
	return (struct str){ trimmed.ptr, n };
}

static int parse_file(const struct deb822_reader *r, struct str line,
		      struct release_file *ret, struct error *err)
{
	struct str digest = word(&line), size = word(&line);

	ret->path = word(&line);
	if (!digest_parse_hex(digest, &ret->digest) || !str_parse_u64(size, &ret->size) ||
	    !is_archive_path(ret->path) || str_trim(line).len)
		return deb822_fail(r, err, "a line of 'SHA256' is not 'digest size path'");
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct release_file *x = a, *y = b;
	int order = str_compare(x->path, y->path);

	if (order == 0)
		order = x->size < y->size ? -1 : x->size > y->size;
	return order ? order : digest_compare(&x->digest, &y->digest);
}

/* Sorts, and drops a path that stands twice with one digest. */
static int sort_files(const struct deb822_reader *r, struct release *rel, struct error *err)
{
	size_t n = 0;

	qsort(rel->files, rel->n_files, sizeof(*rel->files), by_path);
	for (size_t i = 0; i < rel->n_files; i++) {
		if (n && str_equal(rel->files[n - 1].path, rel->files[i].path)) {
			if (by_path(&rel->files[n - 1], &rel->files[i]) != 0)
				return deb822_fail(r, err,
						   "'" STR_FMT "' is listed twice and differently",
						   STR_ARG(rel->files[i].path));
			continue;
		}
		rel->files[n++] = rel->files[i];
	}
	rel->n_files = n;
	return 0;
}

static int parse_files(const struct deb822_reader *r, struct str value, struct arena *arena,
		       struct release *rel, struct error *err)
{
	struct str rest = value, line;
	size_t lines = 1;

	for (size_t i = 0; i < value.len; i++)
		lines += value.ptr[i] == '\n';
	rel->files = arena_array(arena, lines, sizeof(*rel->files));
	while (str_split(&rest, '\n', &line)) {
		if (str_trim(line).len == 0)
			continue;
		if (parse_file(r, line, &rel->files[rel->n_files++], err) < 0)
			return -1;
	}
	return sort_files(r, rel, err);
}

enum release_field { ORIGIN, LABEL, SUITE, CODENAME, DATE, VALID_UNTIL, BY_HASH, SHA256, N_FIELDS };

static const struct str names[N_FIELDS] = {
	[ORIGIN] = { "Origin", 6 },	  [LABEL] = { "Label", 5 },
	[SUITE] = { "Suite", 5 },	  [CODENAME] = { "Codename", 8 },
	[DATE] = { "Date", 4 },		  [VALID_UNTIL] = { "Valid-Until", 11 },
	[BY_HASH] = { "Acquire-By-Hash", 15 }, [SHA256] = { "SHA256", 6 },
};

static int set_field(const struct deb822_reader *r, enum release_field which, struct str value,
		     struct arena *arena, struct release *rel, struct error *err)
{
	struct str *const texts[] = {
		[ORIGIN] = &rel->origin, [LABEL] = &rel->label,
		[SUITE] = &rel->suite, [CODENAME] = &rel->codename,
	};
	int64_t *time = which == DATE ? &rel->date : &rel->valid_until;

	switch (which) {
	case DATE:
	case VALID_UNTIL:
		if (!text_parse_rfc1123(value, time))
			return deb822_fail(r, err, "'" STR_FMT "' is not a time: '" STR_FMT "'",
					   STR_ARG(names[which]), STR_ARG(value));
		return 0;
	case BY_HASH:
		rel->by_hash = deb822_is(value, STR("yes"));
		return 0;
	case SHA256:
		return parse_files(r, value, arena, rel, err);
	default:
		if (!text_is_utf8(value) || memchr(value.ptr, '\n', value.len))
			return deb822_fail(r, err, "'" STR_FMT "' is not one line of UTF-8",
					   STR_ARG(names[which]));
		*texts[which] = value;
		return 0;
	}
}

static int parse_field(const struct deb822_reader *r, const struct stanza_field *f,
		       struct arena *arena, uint32_t *seen, struct release *rel,
		       struct error *err)
{
	for (unsigned i = 0; i < N_FIELDS; i++) {
		if (!deb822_is(f->name, names[i]))
			continue;
		if (*seen & 1u << i)
			return deb822_fail(r, err, "the field '" STR_FMT "' stands twice",
					   STR_ARG(f->name));
		*seen |= 1u << i;
		return set_field(r, (enum release_field)i, f->value, arena, rel, err);
	}
	return 0;
}

int release_parse(struct bytes text, const char *name, struct arena *arena,
		  struct release *ret, struct error *err)
{
	struct deb822_reader r;
	struct stanza_field f;
	struct release rel = { 0 };
	bool ended = false;
	uint32_t seen = 0;
	int item;

	if (text.len > LIMIT_RELEASE_SIZE)
		return err_set(err, ERR_LIMIT, "'%s' is larger than %u bytes", name,
			       LIMIT_RELEASE_SIZE);
	if (deb822_open(&r, text, name, err) < 0)
		return -1;
	while ((item = deb822_next(&r, &f, err)) > 0) {
		if (item == DEB822_STANZA_END) {
			ended = true;
			continue;
		}
		if (ended)
			return deb822_fail(&r, err, "a Release file has one stanza only");
		if (parse_field(&r, &f, arena, &seen, &rel, err) < 0)
			return -1;
	}
	if (item < 0)
		return -1;
	for (unsigned i = 0; i < N_FIELDS; i++)
		if ((i == DATE || i == SHA256) && !(seen & 1u << i))
			return err_set(err, ERR_FORMAT, "'%s' has no field '" STR_FMT "'", name,
				       STR_ARG(names[i]));
	*ret = rel;
	return 0;
}

const struct release_file *release_find(const struct release *r, struct str path)
{
	size_t low = 0, high = r->n_files;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = str_compare(r->files[mid].path, path);

		if (order == 0)
			return &r->files[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

int release_check(const struct release *r, const char *name, struct str suite, int64_t now,
		  int64_t last_seen, struct error *err)
{
	char date[TEXT_TIME_MAX], other[TEXT_TIME_MAX];

	text_time(r->date, date);
	if (!str_equal(suite, r->suite) && !str_equal(suite, r->codename)) {
		err_set(err, ERR_WRONG_ARCHIVE,
			"'%s' is of the suite '" STR_FMT "' ('" STR_FMT "'), not of '" STR_FMT "'",
			name, STR_ARG(r->codename), STR_ARG(r->suite), STR_ARG(suite));
		return err_hint(err, "check 'suites' in the recipe and the mirror's address");
	}
	if (r->date > now && r->date - now > RELEASE_FUTURE_MAX) {
		err_set(err, ERR_EXPIRED, "'%s' is from the future: its date is %s, now is %s", name,
			date, text_time(now, other));
		return err_hint(err, "check this machine's clock");
	}
	if (r->valid_until && r->valid_until < now) {
		err_set(err, ERR_EXPIRED, "'%s' of %s has expired: it was valid until %s", name, date,
			text_time(r->valid_until, other));
		return err_hint(err, "the mirror no longer follows the archive: use another one");
	}
	if (r->date < last_seen) {
		err_set(err, ERR_ROLLBACK, "'%s' is of %s, but one of %s was seen before", name, date,
			text_time(last_seen, other));
		return err_hint(err, "the mirror is behind: wait, or use another one");
	}
	return 0;
}

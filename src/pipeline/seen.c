#include "pipeline/seen.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "io/file.h"

#define SEEN_SIZE_MAX (1u << 20) /* bytes; a line an archive */

struct seen_row {
	struct str archive;
	int64_t date;
};

struct seen {
	char *folder; /* or NULL */
	struct arena arena;
	struct seen_row *rows; /* sorted by archive */
	size_t n, capacity;
};

static struct seen_row *row_of(const struct seen *s, struct str archive, size_t *ret_at)
{
	size_t i = 0;

	while (i < s->n && str_compare(s->rows[i].archive, archive) < 0)
		i++;
	*ret_at = i;
	return i < s->n && str_equal(s->rows[i].archive, archive) ? &s->rows[i] : NULL;
}

int64_t seen_date(const struct seen *s, struct str archive)
{
	size_t at;
	const struct seen_row *row = row_of(s, archive, &at);

	return row ? row->date : 0;
}

void seen_set(struct seen *s, struct str archive, int64_t date)
{
	size_t at;
	struct seen_row *row = row_of(s, archive, &at);

	if (row) {
		row->date = date > row->date ? date : row->date;
		return;
	}
	MEM_GROW(s->rows, s->n, s->capacity);
	memmove(s->rows + at + 1, s->rows + at, (s->n - at) * sizeof(*s->rows));
	s->rows[at] = (struct seen_row){ arena_str(&s->arena, archive), date };
	s->n++;
}

/* "DATE ARCHIVE" a line; what doesn't read is ignored: the state is a safety net. */
static void parse(struct seen *s, struct str text)
{
	struct str line, digits;
	uint64_t date;

	while (str_split(&text, '\n', &line)) {
		size_t blank = str_find_char(line, ' ');

		digits = (struct str){ line.ptr, blank };
		if (blank + 1 < line.len && str_parse_u64(digits, &date) && date < INT64_MAX)
			seen_set(s, (struct str){ line.ptr + blank + 1, line.len - blank - 1 },
				 (int64_t)date);
	}
}

int seen_load(const char *state_path, struct seen **ret, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SEEN_SIZE_MAX);
	struct seen *s = mem_alloc(sizeof(*s));

	*ret = s;
	if (!state_path)
		return 0;
	s->folder = mem_strdup(state_path);
	CLEANUP_FREE char *path = mem_printf("%s/seen", state_path);
	if (file_load(AT_FDCWD, path, &text, err) < 0) {
		seen_free(s);
		return -1;
	}
	if (text.len)
		parse(s, buf_str(&text));
	return 0;
}

void seen_free(struct seen *s)
{
	if (!s)
		return;
	free(s->folder);
	free(s->rows);
	arena_release(&s->arena);
	free(s);
}

int seen_save(const struct seen *s, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SEEN_SIZE_MAX);
	CLEANUP_CLOSE int fd = -1;

	if (!s->folder)
		return 0;
	for (size_t i = 0; i < s->n && text.len < SEEN_SIZE_MAX / 2; i++)
		buf_printf(&text, "%lld " STR_FMT "\n", (long long)s->rows[i].date,
			   STR_ARG(s->rows[i].archive));
	if (file_open_folder(AT_FDCWD, s->folder, &fd, err))
		return err->code ? -1 : 0;
	return file_save(fd, "seen", buf_bytes(&text), err);
}

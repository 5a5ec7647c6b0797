/*
 * The host's apt configuration, sources.list(5): which mirror has which suite.
 * Read-only and lenient: lines that apt itself would refuse, and ways of
 * fetching that ingot does not have, are passed over.
 */
#include "fetch/machine_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/source.h"

#define APT_FILE_MAX (4u << 20) /* bytes of one file */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word of *rest, separated by blanks; false at the end. */
static bool next_word(struct str *rest, struct str *ret)
{
	size_t start = 0, end;

	while (start < rest->len && is_blank(rest->ptr[start]))
		start++;
	for (end = start; end < rest->len && !is_blank(rest->ptr[end]);)
		end++;
	if (start == end)
		return false;
	*ret = (struct str){ rest->ptr + start, end - start };
	*rest = (struct str){ rest->ptr + end, rest->len - end };
	return true;
}

/* "suite/" is a flat repository without dists/: no suite of ours. */
static void add(struct mirror_list *list, struct str suite, struct str url, struct str where)
{
	if (suite.len && !str_has_suffix(suite, STR("/")))
		mirror_add(list, suite, url, where, MACHINE_FROM_APT);
}

static struct str numbered(struct arena *arena, struct str where, unsigned line)
{
	return str_of(arena_printf(arena, STR_FMT ":%u", STR_ARG(where), line));
}

/* deb [ arch=amd64 signed-by=/a ] URI SUITE COMPONENT... */
static void parse_line(struct str line, struct str where, struct mirror_list *list)
{
	struct str type, url, suite;

	if (!next_word(&line, &type) || !str_equal_cstr(type, "deb"))
		return;
	line = str_trim(line);
	if (line.len && line.ptr[0] == '[') {
		size_t end = str_find_char(line, ']');

		if (end == line.len)
			return;
		line = (struct str){ line.ptr + end + 1, line.len - end - 1 };
	}
	if (next_word(&line, &url) && next_word(&line, &suite))
		add(list, suite, url, where);
}

void apt_list_parse(struct str text, struct str where, struct mirror_list *list)
{
	struct str line;

	for (unsigned n = 1; str_split(&text, '\n', &line); n++) {
		line.len = str_find_char(line, '#');
		parse_line(str_trim(line), numbered(list->arena, where, n), list);
	}
}

/* The fields of one stanza that we need; values may go over several lines. */
struct stanza {
	struct buf types, uris, suites, enabled;
	struct buf *current; /* a continuation line belongs to it */
	unsigned line;       /* of its first field */
};

static void stanza_reset(struct stanza *s)
{
	buf_reset(&s->types);
	buf_reset(&s->uris);
	buf_reset(&s->suites);
	buf_reset(&s->enabled);
	s->current = NULL;
	s->line = 0;
}

static bool has_word(const struct buf *words, const char *word)
{
	struct str rest = buf_str(words), w;

	while (next_word(&rest, &w))
		if (str_equal_cstr(w, word))
			return true;
	return false;
}

/* apt's own words for "no" (StringToBool). */
static bool is_disabled(const struct stanza *s)
{
	static const char *const no[] = { "no", "false", "without", "off", "disable", "0" };
	struct str rest = buf_str(&s->enabled), w;

	if (!next_word(&rest, &w))
		return false;
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (w.len == strlen(no[i]) && strncasecmp(w.ptr, no[i], w.len) == 0)
			return true;
	return false;
}

static void stanza_end(struct stanza *s, struct str where, struct mirror_list *list)
{
	struct str urls = buf_str(&s->uris), url, suites, suite;

	if (has_word(&s->types, "deb") && !is_disabled(s))
		while (next_word(&urls, &url)) {
			suites = buf_str(&s->suites);
			while (next_word(&suites, &suite))
				add(list, suite, url, numbered(list->arena, where, s->line));
		}
	stanza_reset(s);
}

static bool is_field(struct str name, const char *what)
{
	return name.len == strlen(what) && strncasecmp(name.ptr, what, name.len) == 0;
}

static struct buf *field_of(struct stanza *s, struct str name)
{
	if (is_field(name, "Types"))
		return &s->types;
	if (is_field(name, "URIs"))
		return &s->uris;
	if (is_field(name, "Suites"))
		return &s->suites;
	if (is_field(name, "Enabled"))
		return &s->enabled;
	return NULL;
}

static void stanza_line(struct stanza *s, struct str line, unsigned n)
{
	size_t colon;

	if (!is_blank(line.ptr[0])) {
		colon = str_find_char(line, ':');
		s->current = field_of(s, str_trim((struct str){ line.ptr, colon }));
		if (!s->line)
			s->line = n;
		if (colon == line.len)
			return;
		line = (struct str){ line.ptr + colon + 1, line.len - colon - 1 };
	}
	if (!s->current)
		return;
	buf_add_char(s->current, ' ');
	buf_add_str(s->current, str_trim(line));
}

void apt_deb822_parse(struct str text, struct str where, struct mirror_list *list)
{
	struct stanza s = { BUF_INIT(2 * APT_FILE_MAX), BUF_INIT(2 * APT_FILE_MAX),
			    BUF_INIT(2 * APT_FILE_MAX), BUF_INIT(2 * APT_FILE_MAX), NULL, 0 };
	struct str line;

	for (unsigned n = 1; str_split(&text, '\n', &line); n++) {
		if (line.len && line.ptr[0] == '#')
			continue; /* a comment inside a stanza does not end it */
		if (str_trim(line).len)
			stanza_line(&s, line, n);
		else
			stanza_end(&s, where, list);
	}
	stanza_end(&s, where, list);
	buf_release(&s.types);
	buf_release(&s.uris);
	buf_release(&s.suites);
	buf_release(&s.enabled);
}

/* A file that this user may not read is no failure: it holds somebody's password. */
static int load_file(const char *path, struct mirror_list *list, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(APT_FILE_MAX);
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	CLEANUP_SOURCE struct source *from = NULL;
	struct str where = str_of(arena_strdup(list->arena, str_of(path)));

	if (fd < 0 && (errno == ENOENT || errno == EACCES || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	from = source_of_fd(fd, 0, UINT64_MAX, path);
	if (source_read_all(from, &text, err) < 0)
		return -1;
	if (str_has_suffix(where, STR(".sources")))
		apt_deb822_parse(buf_str(&text), where, list);
	else
		apt_list_parse(buf_str(&text), where, list);
	return 0;
}

/* apt passes other names over: "debian.list.save", "x.disabled", "a b.list". */
static bool is_source_name(const char *name)
{
	struct str s = str_of(name);

	return s.len == strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789_-.") &&
	       name[0] != '.' &&
	       (str_has_suffix(s, STR(".list")) || str_has_suffix(s, STR(".sources")));
}

int apt_sources_load(const char *root, struct mirror_list *list, struct error *err)
{
	CLEANUP_NAMES struct file_names names = { 0 };
	CLEANUP_FREE char *main_file = mem_printf("%s/sources.list", root);
	CLEANUP_FREE char *parts = mem_printf("%s/sources.list.d", root);

	if (load_file(main_file, list, err) < 0)
		return -1;
	if (access(parts, R_OK | X_OK) < 0)
		return 0;
	if (file_list(AT_FDCWD, parts, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP_FREE char *path = mem_printf("%s/%s", parts, names.names[i]);

		if (is_source_name(names.names[i]) && load_file(path, list, err) < 0)
			return -1;
	}
	return 0;
}

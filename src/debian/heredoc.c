/*
 * Here documents are read as text: what stands between the line with "<<WORD"
 * and the line that is WORD. Only the form is understood, nothing is expanded,
 * which is right for the scripts of the catalogue: their digests are known.
 */
#include "debian/effects.h"

/* The delimiter behind "<<" in @line; *ret_tabs: "<<-". False: no here document. */
static bool delimiter(struct str line, struct str *ret, bool *ret_tabs)
{
	size_t i = 0;

	while (i + 1 < line.len && (line.ptr[i] != '<' || line.ptr[i + 1] != '<'))
		i++;
	if (i + 2 >= line.len)
		return false;
	i += 2;
	*ret_tabs = line.ptr[i] == '-';
	i += *ret_tabs;
	while (i < line.len && strchr(" '\"\\", line.ptr[i]))
		i++;
	*ret = (struct str){ line.ptr + i, 0 };
	while (i + ret->len < line.len && !strchr(" '\";|&>)", line.ptr[i + ret->len]))
		ret->len++;
	return ret->len != 0;
}

static bool contains(struct str text, struct str part)
{
	for (size_t i = 0; i + part.len <= text.len; i++)
		if (memcmp(text.ptr + i, part.ptr, part.len) == 0)
			return true;
	return false;
}

static struct str without_tabs(struct str line)
{
	while (line.len && *line.ptr == '\t') {
		line.ptr++;
		line.len--;
	}
	return line;
}

/* Reads up to the delimiter. False: it never comes. */
static bool read_body(struct str *rest, struct str word, bool tabs, struct buf *to)
{
	struct str line;

	while (str_split(rest, '\n', &line)) {
		if (tabs)
			line = without_tabs(line);
		if (str_equal(line, word))
			return true;
		buf_add_str(to, line);
		buf_add_char(to, '\n');
	}
	return false;
}

int heredoc_find(struct debian *d, struct str script, struct str key, struct str *ret,
		 struct error *err)
{
	CLEANUP_BUF struct buf body = BUF_INIT(2 * DEBIAN_SCRIPT_MAX);
	struct str rest = script, line, word;
	bool tabs;

	while (script.len <= DEBIAN_SCRIPT_MAX && str_split(&rest, '\n', &line)) {
		if (!delimiter(line, &word, &tabs))
			continue;
		buf_reset(&body);
		if (!read_body(&rest, word, tabs, &body))
			break;
		if (!contains(line, key))
			continue;
		*ret = arena_str(d->arena, buf_str(&body));
		return 0;
	}
	return err_set(err, ERR_FORMAT, "the script has no here document for '" STR_FMT "'",
		       STR_ARG(key));
}

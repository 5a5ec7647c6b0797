#include "pipeline/sbom_find.h"

#include <fcntl.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "format/dsse/dsse.h"
#include "io/file.h"
#include "pipeline/sbom_input.h"
#include "pipeline/statements.h"

#define STATEMENTS_MAX (256u << 20) /* bytes of STEM.intoto.jsonl */

static bool is_about(const struct identity *id, const struct intoto_statement *s)
{
	enum identity_role weak;
	enum identity_match m = identity_match(id, s->subjects, s->n_subjects, &weak);

	return m == IDENTITY_STRONG || m == IDENTITY_ALL;
}

static int read_line(struct str line, const char *name, struct arena *arena,
		     struct intoto_statement *ret, struct error *err)
{
	struct dsse_envelope e;

	if (dsse_parse(str_bytes(line), name, arena, &e, err) < 0)
		return -1;
	return intoto_parse(e.payload, name, arena, ret, err);
}

int sbom_find(const char *path, const struct identity *id, enum sbom_format format,
	      struct arena *arena, const char **ret_name, enum sbom_found *ret, struct buf *to,
	      struct error *err)
{
	const char *wanted = format == SBOM_SPDX ? PREDICATE_SPDX : PREDICATE_CYCLONEDX;
	CLEANUP_FREE char *beside = statement_beside(path, STATEMENT_INTOTO);
	const char *name = arena_strdup(arena, str_of(beside));
	CLEANUP_BUF struct buf text = BUF_INIT(STATEMENTS_MAX);
	struct str rest, line;
	int r = file_load_regular(AT_FDCWD, name, &text, err);

	*ret_name = name;
	*ret = SBOM_NONE;
	if (r)
		return r == FILE_ABSENT ? 0 : -1;
	rest = buf_str(&text);
	while (rest.ptr && str_split(&rest, '\n', &line)) {
		struct intoto_statement s;

		if (!line.len)
			continue;
		if (read_line(line, name, arena, &s, err) < 0)
			return -1;
		if (!str_equal_cstr(s.predicate_type, wanted))
			continue;
		*ret = is_about(id, &s) ? SBOM_BESIDE : SBOM_OF_ANOTHER;
		if (*ret == SBOM_OF_ANOTHER)
			continue;
		json_write(s.predicate, to);
		buf_add_char(to, '\n');
		return 0;
	}
	return 0;
}

/* The newest file: a build clamps all times to its epoch. */
static int64_t newest_file(const struct tree *tree)
{
	struct tree_iter it = tree_iter(tree, tree_root(tree));
	int64_t newest = 0;

	for (const struct node *n; (n = tree_next(&it));)
		if (n->inode->kind == NODE_FILE && n->inode->mtime > newest)
			newest = n->inode->mtime;
	return newest;
}

/* "web:1.4.0", perhaps with folders before it; else the file's name, and its digest. */
static void name_image(const struct identified *i, struct arena *arena, struct sbom *s)
{
	char text[DIGEST_TEXT_MAX];
	struct str reference = i->image ? i->image->reference : STR("");
	size_t colon = reference.len;

	if (!reference.len && i->image)
		reference = i->image->tag;
	colon = reference.len;
	while (colon && reference.ptr[colon - 1] != ':' && reference.ptr[colon - 1] != '/')
		colon--;
	s->version = str_of(arena_strdup(arena, str_of(digest_format(&s->seed, text))));
	s->name = reference.len ? reference : statement_stem(i->identity.file);
	if (reference.len && colon && reference.ptr[colon - 1] == ':') {
		s->name = (struct str){ reference.ptr, colon - 1 };
		s->version = (struct str){ reference.ptr + colon, reference.len - colon };
	}
}

static struct str architecture_of(const struct sbom *s)
{
	for (size_t i = 0; i < s->n_packages; i++)
		if (!str_equal_cstr(s->packages[i].architecture, "all"))
			return s->packages[i].architecture;
	return STR("");
}

int sbom_of_identified(const struct identified *i, const struct tree *tree,
		       const struct content_reader *reader, struct arena *arena, struct sbom *ret,
		       struct error *err)
{
	struct sbom s;
	int64_t created;

	if (sbom_of_tree(tree, reader, arena, &s, err) < 0)
		return -1;
	s.architecture = architecture_of(&s);
	s.is_disk = i->disk != NULL;
	s.seed = i->image ? i->image->image_id : i->identity.digest[IDENTITY_FILE];
	name_image(i, arena, &s);
	s.epoch = newest_file(tree);
	if (i->image && text_parse_time(i->image->created, &created) && created >= 0)
		s.epoch = created;
	*ret = s;
	return 0;
}

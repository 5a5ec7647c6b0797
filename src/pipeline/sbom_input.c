#include "pipeline/sbom_input.h"

#include <stdlib.h>

#include "crypto/hash.h"
#include "pipeline/sbom_stanza.h"
#include "resolve/deb822.h"

#define DOC "usr/share/doc/"
#define LINKS_MAX 4u /* of a folder in /usr/share/doc to another one's; Debian needs one */

struct gathering {
	const struct package_set *set;
	const struct content_reader *reader;
	struct arena *arena;
};

static const struct pack_member *find_member(const struct pack *pack, struct str path)
{
	for (size_t i = 0; i < pack->n_members; i++)
		if (str_equal(pack->members[i].path, path))
			return &pack->members[i];
	return NULL;
}

static struct str last_component(struct str path)
{
	size_t start = path.len;

	while (start && path.ptr[start - 1] != '/')
		start--;
	return (struct str){ path.ptr + start, path.len - start };
}

/*
 * The copyright file of @name as its package has it; *ret_next is the package whose file it
 * is instead (Policy 12.3: the folder may be a link to that of another package), or "".
 */
static const struct content *own_copyright(const struct gathering *g, struct str name,
					   struct str *ret_next)
{
	const struct lock_package *p = lock_package(g->set->locked, name);
	const struct pack_member *m;
	const struct pack *pack;
	struct str folder, file;

	*ret_next = STR("");
	if (!p)
		return NULL;
	pack = g->set->packs[p - g->set->locked->packages];
	folder = str_of(arena_printf(g->arena, DOC STR_FMT, STR_ARG(name)));
	file = str_of(arena_printf(g->arena, STR_FMT "/copyright", STR_ARG(folder)));
	m = find_member(pack, file);
	if (m && m->hard_link)
		m = find_member(pack, m->target);
	if (m && m->kind == NODE_FILE)
		return &m->content;
	if (m && m->kind == NODE_SYMLINK && str_has_suffix(m->target, STR("/copyright")))
		*ret_next = last_component(
			(struct str){ m->target.ptr, m->target.len - strlen("/copyright") });
	m = find_member(pack, folder);
	if (m && m->kind == NODE_SYMLINK)
		*ret_next = last_component(m->target);
	return NULL;
}

static int load_copyright(const struct gathering *g, struct sbom_package *p, struct error *err)
{
	const struct content *content = NULL;
	struct str name = p->name;

	for (unsigned i = 0; !content && name.len && i <= LINKS_MAX; i++)
		content = own_copyright(g, name, &name);
	if (!content || content->size > SBOM_COPYRIGHT_MAX)
		return 0;
	CLEANUP_BUF struct buf text = BUF_INIT(SBOM_COPYRIGHT_MAX);
	if (content_load(g->reader, content, &text, err) < 0)
		return err_while(err, "reading the copyright file of '" STR_FMT "'",
				 STR_ARG(p->name));
	p->copyright = arena_bytes(g->arena, buf_bytes(&text));
	return 0;
}

static int load_control(const struct gathering *g, const struct pack *pack, struct sbom_package *p,
			struct error *err)
{
	const struct pack_control *control = pack_control(pack, STR("control"));
	struct deb822_reader reader;
	bool installed;
	int r;

	if (!control)
		return 0;
	if (deb822_open(&reader, control->data, "control", err) < 0)
		return -1;
	r = sbom_stanza_next(&reader, g->arena, p, &installed, err);
	return r < 0 ? -1 : 0;
}

/* "recipe", "essential", "boot", "rule NAME": not because of another package. */
static bool is_asked(struct str why)
{
	return str_equal_cstr(why, "recipe") || str_equal_cstr(why, "essential") ||
	       str_equal_cstr(why, "boot") || str_has_prefix(why, STR("rule "));
}

static struct str origin_of(const struct lock *l, const struct lock_package *p)
{
	for (size_t i = 0; i < l->n_suites; i++)
		if (str_equal(l->suites[i].source, p->archive) &&
		    str_equal(l->suites[i].suite, p->suite))
			return l->suites[i].origin;
	return STR("");
}

static int add_package(const struct gathering *g, size_t i, struct sbom_package *ret,
		       struct error *err)
{
	const struct lock_package *p = &g->set->locked->packages[i];

	if (load_control(g, g->set->packs[i], ret, err) < 0)
		return err_while(err, "reading the control file of '" STR_FMT "'",
				 STR_ARG(p->name));
	ret->name = p->name;
	ret->version = p->version;
	ret->architecture = p->architecture;
	ret->source = p->source;
	ret->source_version = p->source_version;
	ret->has_digest = true;
	ret->digest = p->digest;
	ret->size = p->size;
	ret->origin = origin_of(g->set->lock, p);
	ret->boot_only = p->boot_only;
	ret->asked = is_asked(p->why);
	return load_copyright(g, ret, err);
}

static int add_packages(const struct gathering *g, const struct recipe *r,
			const struct recipe_target *t, struct sbom *s, struct error *err)
{
	const struct lock_architecture *locked = g->set->locked;

	s->packages = arena_array(g->arena, locked->n_packages + 1, sizeof(*s->packages));
	for (size_t i = 0; i < locked->n_packages; i++) {
		const struct lock_package *p = &locked->packages[i];
		bool boots = p->boot_only && t->type == TARGET_DISK;

		if (!boots && (!lock_package_in(p, t->name) || !package_is_kept(r, p)))
			continue;
		if (add_package(g, i, &s->packages[s->n_packages++], err) < 0)
			return -1;
	}
	return 0;
}

static int add_file(const struct gathering *g, struct str path, const char *kind,
		    const struct content *content, struct sbom *s, struct error *err)
{
	struct sbom_file *f = &s->files[s->n_files++];
	struct sink *out = hash_sha1_sink(f->sha1);
	int r = content_copy(g->reader, content, out, err);

	f->path = str_of(arena_printf(g->arena, "recipes/" STR_FMT, STR_ARG(path)));
	f->kind = str_of(kind);
	f->sha256 = content->digest;
	f->size = content->size;
	return sink_close(out, err) < 0 ? -1 : r;
}

static int by_path(const void *a, const void *b)
{
	const struct sbom_file *x = a, *y = b;
	int order = str_compare(x->path, y->path);

	return order ? order : str_compare(x->kind, y->kind);
}

/* One file may be named by several entries of the recipe. */
static void sort_files(struct sbom *s)
{
	size_t n = 0;

	if (s->n_files)
		qsort(s->files, s->n_files, sizeof(*s->files), by_path);
	for (size_t i = 0; i < s->n_files; i++)
		if (!n || !str_equal(s->files[n - 1].path, s->files[i].path))
			s->files[n++] = s->files[i];
	s->n_files = n;
}

static int add_compose_file(const struct gathering *g, const struct compose_file *f, struct sbom *s,
			    struct error *err)
{
	if (f->archive)
		s->files[s->n_files++] = (struct sbom_file){ .path = f->file->archive_name,
							     .kind = STR("archive"),
							     .sha256 = f->file->archive_digest };
	for (size_t k = 0; k < f->n_inputs; k++)
		if (!f->inputs[k].is_directory && !f->inputs[k].is_symlink &&
		    add_file(g, f->inputs[k].path, "file", &f->contents[k], s, err) < 0)
			return -1;
	return 0;
}

static int add_files(const struct gathering *g, const struct compose_input *in, struct sbom *s,
		     struct error *err)
{
	const struct recipe *r = in->recipe;
	size_t n = r->n_files + r->n_certificates + 1;

	for (size_t i = 0; i < r->n_files; i++)
		n += in->files[i].n_inputs;
	s->files = arena_array(g->arena, n, sizeof(*s->files));
	for (size_t i = 0; i < r->n_files; i++)
		if (add_compose_file(g, &in->files[i], s, err) < 0)
			return -1;
	for (size_t i = 0; i < r->n_certificates; i++)
		if (add_file(g, r->certificates[i], "certificate", &in->certificates[i], s, err) <
		    0)
			return -1;
	sort_files(s);
	return 0;
}

/* What OCI calls them: a label says who gives the image out. */
static struct str label(const struct recipe_target *t, const char *key)
{
	for (size_t i = 0; i < t->n_labels; i++)
		if (str_equal_cstr(t->labels[i].key, key))
			return t->labels[i].value;
	return STR("");
}

int sbom_of_assembly(struct context *c, const struct recipe *r, const struct lock *lock,
		     const struct digest *lock_digest, const struct package_set *set,
		     const struct assembly *a, struct arena *arena, struct sbom *ret,
		     struct error *err)
{
	const struct recipe_target *t = a->input.target;
	struct gathering g = { set, stage_reader(c->stage), arena };
	struct sbom s = {
		.name = r->name,
		.version = r->version,
		.target = t->name,
		.architecture = a->input.architecture,
		.is_disk = t->type == TARGET_DISK,
		.supplier = label(t, "org.opencontainers.image.vendor"),
		.description = label(t, "org.opencontainers.image.description"),
		.seed = tree_digest(a->output.tree, lock->epoch),
		.has_recipe = true,
		.recipe = r->digest,
		.lock = *lock_digest,
		.recipe_path = r->path,
		.epoch = lock->epoch,
		.tool_version = STR(INGOT_VERSION),
	};

	if (sbom_system(a->output.tree, g.reader, arena, &s, err) < 0 ||
	    add_packages(&g, r, t, &s, err) < 0 || add_files(&g, &a->input, &s, err) < 0)
		return -1;
	*ret = s;
	return 0;
}

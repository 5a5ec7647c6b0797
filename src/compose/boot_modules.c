/*
 * Which modules the initrd loads, and in which order: what modules.dep, modules.softdep
 * and modules.alias of the root tree say, which depmod (debian/depmod.h) has made.
 */
#include "base/limits.h"
#include "base/strtab.h"
#include "compose/boot_private.h"

#define INDEX_MAX (64u << 20) /* bytes of modules.dep or modules.alias */
#define DEPTH_MAX 64u	      /* of dependencies of dependencies */
#define NAME_MAX_LEN 128u     /* of a module's name; MODULE_NAME_LEN is 56 */

/* One line of modules.dep. */
struct known_module {
	struct str path;	 /* "kernel/fs/ext4/ext4.ko.xz" */
	struct str dependencies; /* paths; the last one is loaded first */
	bool seen;
};

struct modules {
	const struct boot_work *w;
	struct str alias, softdep;
	struct known_module *known;
	size_t n_known;
	struct strtab by_path, by_name, builtin;
	struct boot_module *list;
	size_t n, capacity;
};

/* What a machine may have its disks on. */
static const char *const buses[] = {
	"virtio_pci", "virtio_blk", "virtio_scsi", "sd_mod", "nvme",	     "ahci",
	"ata_piix",   "hv_storvsc", "vmw_pvscsi",  "mptspi", "xen_blkfront",
};

static int read_index(const struct boot_work *w, const char *name, struct str *ret,
		      struct error *err)
{
	const char *path =
		arena_printf(w->arena, "usr/lib/modules/" STR_FMT "/%s", STR_ARG(w->version), name);
	const struct node *node = tree_resolve(w->root, str_of(path), true);
	CLEANUP_BUF struct buf text = BUF_INIT(INDEX_MAX);

	*ret = STR("");
	if (!node || node->inode->kind != NODE_FILE)
		return 0;
	if (content_load(w->in->reader, &node->inode->content, &text, err) < 0)
		return err_while(err, "reading '/%s'", path);
	*ret = arena_str(w->arena, buf_str(&text));
	return 0;
}

static struct str file_name(struct str path)
{
	size_t start = path.len;

	while (start && path.ptr[start - 1] != '/')
		start--;
	return (struct str){ path.ptr + start, path.len - start };
}

/* "kernel/fs/jbd2/jbd2.ko.xz" is "jbd2"; modules call each other with '_' for '-'. */
static struct str name_of(struct str path, char to[static NAME_MAX_LEN])
{
	struct str file = file_name(path);
	size_t n = 0;

	for (; n < file.len && file.ptr[n] != '.' && n < NAME_MAX_LEN; n++)
		to[n] = file.ptr[n] == '-' ? '_' : file.ptr[n];
	return (struct str){ to, n };
}

static size_t count_lines(struct str text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n';
	return n;
}

/* They go into a script and into paths. */
static bool is_plain(struct str path)
{
	for (size_t i = 0; i < path.len; i++) {
		char c = path.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    !memchr("/.+-_~", c, 6))
			return false;
	}
	return path.len > 0 && path.len < LIMIT_PATH_MAX;
}

static int read_dependencies(struct modules *m, struct error *err)
{
	char name[NAME_MAX_LEN];
	struct str text, line;

	if (read_index(m->w, "modules.dep", &text, err) < 0)
		return -1;
	m->known = arena_array(m->w->arena, count_lines(text), sizeof(*m->known));
	while (str_split(&text, '\n', &line)) {
		size_t colon = str_find_char(line, ':');
		struct known_module *k = &m->known[m->n_known];

		if (colon == line.len)
			continue;
		k->path = (struct str){ line.ptr, colon };
		k->dependencies = (struct str){ line.ptr + colon + 1, line.len - colon - 1 };
		if (!is_plain(k->path))
			return err_set(err, ERR_FORMAT,
				       "'/usr/lib/modules/" STR_FMT "/modules.dep' names a module "
				       "'" STR_FMT "'",
				       STR_ARG(m->w->version), STR_ARG(k->path));
		strtab_put(&m->by_path, k->path, (uint32_t)m->n_known);
		strtab_put(&m->by_name, name_of(k->path, name), (uint32_t)m->n_known);
		m->n_known++;
	}
	return 0;
}

static int read_builtin(struct modules *m, struct error *err)
{
	char name[NAME_MAX_LEN];
	struct str text, line;

	if (read_index(m->w, "modules.builtin", &text, err) < 0)
		return -1;
	while (str_split(&text, '\n', &line))
		if (line.len)
			strtab_put(&m->builtin, name_of(line, name), 0);
	return 0;
}

static int add_name(struct modules *m, struct str name, unsigned depth, bool *ret_found,
		    struct error *err);

/* "kernel/crypto/lzo.ko kernel/lib/x.ko": from the last to the first. */
static int add_dependencies(struct modules *m, struct str paths, unsigned depth, struct error *err);

/* One of "pre:" and "post:" of the module's lines in modules.softdep. */
static int add_soft(struct modules *m, struct str module, const char *when, unsigned depth,
		    struct error *err)
{
	struct str text = m->softdep, line, word, kind, name;
	char plain[NAME_MAX_LEN];
	bool found, now;

	while (str_split(&text, '\n', &line)) {
		if (!str_split(&line, ' ', &kind) || !str_equal(kind, STR("softdep")) ||
		    !str_split(&line, ' ', &name) || !str_equal(name_of(name, plain), module))
			continue;
		now = false;
		while (str_split(&line, ' ', &word)) {
			if (str_has_suffix(word, STR(":")))
				now = str_equal_cstr(word, when);
			else if (word.len && now && add_name(m, word, depth, &found, err) < 0)
				return -1;
		}
	}
	return 0;
}

static struct str without_compression(struct str path)
{
	size_t n = path.len;

	while (n && !str_has_suffix((struct str){ path.ptr, n }, STR(".ko")))
		n--;
	return (struct str){ path.ptr, n ? n : path.len };
}

/* "kernel/a/b.ko.xz kernel/c.ko.xz" is "b.ko c.ko". */
static struct str file_names(const struct modules *m, struct str paths)
{
	CLEANUP_BUF struct buf names = BUF_INIT(INDEX_MAX);
	struct str path;

	while (str_split(&paths, ' ', &path)) {
		struct str name = file_name(without_compression(path));

		if (name.len)
			buf_printf(&names, "%s" STR_FMT, names.len ? " " : "", STR_ARG(name));
	}
	return arena_str(m->w->arena, buf_str(&names));
}

static int append(struct modules *m, const struct known_module *k, struct error *err)
{
	const char *path = arena_printf(m->w->arena, "usr/lib/modules/" STR_FMT "/" STR_FMT,
					STR_ARG(m->w->version), STR_ARG(k->path));
	const struct node *node = tree_resolve(m->w->root, str_of(path), true);

	if (!node || node->inode->kind != NODE_FILE)
		return err_at(
			err, ERR_RECIPE_VALUE, m->w->in->target->pos,
			"the kernel module '/%s', which the disk needs to boot, is not in the "
			"image",
			path);
	ARENA_GROW(m->w->arena, m->list, m->n, m->capacity);
	m->list[m->n++] = (struct boot_module){ without_compression(k->path),
						file_names(m, k->dependencies), node };
	return 0;
}

/* As modprobe: softdep pre, dependencies, the module, softdep post; each once. */
static int add(struct modules *m, uint32_t index, unsigned depth, struct error *err)
{
	struct known_module *k = &m->known[index];
	char plain[NAME_MAX_LEN];
	struct str name = name_of(k->path, plain);

	if (k->seen)
		return 0;
	if (depth > DEPTH_MAX)
		return err_set(err, ERR_LIMIT,
			       "kernel modules depend on each other more than %u deep", DEPTH_MAX);
	k->seen = true;
	if (add_soft(m, name, "pre:", depth + 1, err) < 0 ||
	    add_dependencies(m, k->dependencies, depth + 1, err) < 0 || append(m, k, err) < 0)
		return -1;
	return add_soft(m, name, "post:", depth + 1, err);
}

static int add_dependencies(struct modules *m, struct str paths, unsigned depth, struct error *err)
{
	size_t end = paths.len;

	while (end) {
		size_t start = end;
		uint32_t index;

		while (start && paths.ptr[start - 1] != ' ')
			start--;
		if (strtab_find(&m->by_path, (struct str){ paths.ptr + start, end - start },
				&index) &&
		    add(m, index, depth, err) < 0)
			return -1;
		end = start ? start - 1 : 0;
	}
	return 0;
}

/* "alias crypto-sha256 sha256_ssse3": several modules may have one alias. */
static int add_alias(struct modules *m, struct str alias, unsigned depth, bool *ret_found,
		     struct error *err)
{
	struct str text = m->alias, line, kind, pattern;
	char plain[NAME_MAX_LEN];
	uint32_t index;

	while (str_split(&text, '\n', &line)) {
		if (!str_split(&line, ' ', &kind) || !str_equal(kind, STR("alias")) ||
		    !str_split(&line, ' ', &pattern) || !str_equal(pattern, alias) ||
		    !strtab_find(&m->by_name, name_of(line, plain), &index))
			continue;
		*ret_found = true;
		if (add(m, index, depth, err) < 0)
			return -1;
	}
	return 0;
}

/* A module's name or alias; one that the kernel doesn't know is no error here. */
static int add_name(struct modules *m, struct str name, unsigned depth, bool *ret_found,
		    struct error *err)
{
	char plain[NAME_MAX_LEN];
	uint32_t index;

	*ret_found = true;
	if (strtab_find(&m->by_name, name_of(name, plain), &index))
		return add(m, index, depth, err);
	if (strtab_find(&m->builtin, name_of(name, plain), &index))
		return 0;
	*ret_found = false;
	return add_alias(m, name, depth, ret_found, err);
}

static int need(struct modules *m, const char *name, struct error *err)
{
	bool found = false;

	if (add_name(m, str_of(name), 0, &found, err) < 0)
		return -1;
	if (found)
		return 0;
	(void)err_at(err, ERR_RECIPE_VALUE, m->w->in->target->pos,
		     "the kernel " STR_FMT " has no '%s', which the root of target '" STR_FMT
		     "' needs",
		     STR_ARG(m->w->version), name, STR_ARG(m->w->in->target->name));
	return err_hint(err, "choose another type of root, or another kernel package");
}

static int choose(struct modules *m, struct error *err)
{
	bool found;

	for (size_t i = 0; i < sizeof(buses) / sizeof(buses[0]); i++)
		if (add_name(m, str_of(buses[i]), 0, &found, err) < 0)
			return -1;
	if (!boot_has_overlay(m->w))
		return need(m, "ext4", err);
	/* The hash is asked for by its alias: the fast one for this machine, where it is. */
	if (boot_has_verity(m->w) && (add_name(m, STR("crypto-sha256"), 0, &found, err) < 0 ||
				      need(m, "dm_verity", err) < 0))
		return -1;
	return need(m, "erofs", err) < 0 || need(m, "overlay", err) < 0 ? -1 : 0;
}

int boot_modules(const struct boot_work *w, struct boot_module **ret, size_t *ret_n,
		 struct error *err)
{
	struct modules m = { .w = w };
	int r = -1;

	if (read_index(w, "modules.alias", &m.alias, err) == 0 &&
	    read_index(w, "modules.softdep", &m.softdep, err) == 0 &&
	    read_dependencies(&m, err) == 0 && read_builtin(&m, err) == 0)
		r = choose(&m, err);
	strtab_release(&m.by_path);
	strtab_release(&m.by_name);
	strtab_release(&m.builtin);
	*ret = m.list;
	*ret_n = m.n;
	return r;
}

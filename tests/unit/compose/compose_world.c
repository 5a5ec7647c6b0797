#include "compose_world.h"

#include "base/mem.h"
#include "crypto/hash.h"
#include "format/tar/tar.h"

static struct bytes copy(struct scene *w, const char *text)
{
	return arena_bytes(&w->arena, str_bytes(str_of(text)));
}

static const char passwd[] = "root:*:0:0:root:/root:/bin/bash\n"
			     "daemon:*:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
			     "www-data:*:33:33:www-data:/var/www:/usr/sbin/nologin\n"
			     "nobody:*:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
static const char group[] = "root:*:0:\n"
			    "daemon:*:1:\n"
			    "www-data:*:33:\n"
			    "shadow:*:42:\n"
			    "nogroup:*:65534:\n";

static void add_base(struct scene *w, const char *version)
{
	static const char *const folders[] = { "", "etc", "home", "root", "run", "usr", "usr/bin",
					       "usr/lib", "usr/sbin", "usr/share", "var", "var/lib",
					       "var/log" };
	static const char *const links[] = { "bin", "lib", "sbin" };
	struct pack *p = scene_package(w, "base-files", version, "base-files");

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		pack_folder(w, p, folders[i], 0755);
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		pack_link(w, p, links[i], arena_printf(&w->arena, "usr/%s", links[i]));
	pack_folder(w, p, "tmp", 01777);
	pack_file(w, p, "usr/lib/os-release", "ID=debian\n", 0644);
	pack_link(w, p, "etc/os-release", "../usr/lib/os-release");
	p = scene_package(w, "base-passwd", "3.6", "base-passwd");
	pack_file(w, p, "etc/passwd", passwd, 0644);
	pack_file(w, p, "etc/group", group, 0644);
}

void scene_init_release(struct scene *w, const char *base_files_version)
{
	static const struct str architectures[] = { { "amd64", 5 } };

	*w = (struct scene){ 0 };
	w->lock = lock_new();
	w->lock->architectures = arena_array(&w->lock->arena, 1, sizeof(struct lock_architecture));
	w->lock->n_architectures = 1;
	w->lock->architectures[0].name = STR("amd64");
	w->lock->architectures[0].packages = arena_array(&w->lock->arena, WORLD_PACKAGES,
							 sizeof(struct lock_package));
	w->recipe = (struct recipe){
		.path = STR("recipes/web.yaml"), .name = STR("web"), .version = STR("1"),
		.architectures = architectures, .n_architectures = 1, .essential = true,
		.files = w->files, .users = w->users, .groups = w->groups,
		.services = w->services, .certificates = w->certificates,
		.certificate_pos = w->certificate_pos, .epoch = -1,
	};
	w->recipe.hostname_pos = (struct src_pos){ "recipes/web.yaml", 201, 1 };
	w->recipe.timezone_pos = (struct src_pos){ "recipes/web.yaml", 202, 1 };
	w->recipe.locale_pos = (struct src_pos){ "recipes/web.yaml", 203, 1 };
	w->target = (struct recipe_target){ .name = STR("container"), .type = TARGET_OCI,
					    .layers = 12, .compression = COMPRESSION_NONE };
	w->in = (struct compose_input){
		.recipe = &w->recipe, .target = &w->target, .lock = w->lock,
		.architecture = STR("amd64"), .packages = w->packages,
		.files = w->compose_files, .certificates = w->certificate_contents,
		.epoch = 1788253690,
	};
	add_base(w, base_files_version);
}

void scene_init(struct scene *w)
{
	scene_init_release(w, "13.8");
}

void scene_release(struct scene *w)
{
	tree_free(w->out.tree);
	for (size_t i = 0; i < WORLD_PACKAGES; i++)
		arena_release(&w->packs[i].arena);
	lock_free(w->lock);
	err_release(&w->err);
	arena_release(&w->arena);
}

static void add_control(struct scene *w, struct pack *p, const char *name, const char *version)
{
	p->controls = arena_array(&w->arena, 1, sizeof(*p->controls));
	p->n_controls = 1;
	p->controls[0].name = STR("control");
	p->controls[0].mode = 0644;
	p->controls[0].data = str_bytes(str_of(arena_printf(
		&w->arena,
		"Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: A <a@example.org>\n"
		"Description: a package\n", name, version)));
}

struct pack *scene_package(struct scene *w, const char *name, const char *version,
			   const char *source)
{
	struct lock_architecture *arch = &w->lock->architectures[0];
	struct pack *p = &w->packs[w->n_packages];

	cr_assert_lt(w->n_packages, WORLD_PACKAGES);
	p->kind = PACK_DEB;
	p->members = arena_array(&w->arena, WORLD_MEMBERS, sizeof(*p->members));
	add_control(w, p, name, version);
	w->packages[w->n_packages++] = (struct debian_package){
		.name = str_of(name), .version = str_of(version), .architecture = STR("amd64"),
		.kept = true, .pack = p,
	};
	arch->packages[arch->n_packages++] = (struct lock_package){
		.name = str_of(name), .version = str_of(version), .architecture = STR("amd64"),
		.source = str_of(source), .source_version = str_of(version),
		.archive = STR("debian"), .suite = STR("trixie"), .size = 1000,
		.why = STR("recipe"),
	};
	return p;
}

struct debian_package *scene_find(struct scene *w, const char *name)
{
	for (size_t i = 0; i < w->n_packages; i++) {
		if (str_equal_cstr(w->packages[i].name, name))
			return &w->packages[i];
	}
	cr_assert(false, "no package %s", name);
	return NULL;
}

struct lock_package *scene_lock_package(struct scene *w, const char *name)
{
	struct lock_architecture *arch = &w->lock->architectures[0];

	for (size_t i = 0; i < arch->n_packages; i++) {
		if (str_equal_cstr(arch->packages[i].name, name))
			return &arch->packages[i];
	}
	cr_assert(false, "no package %s in the lock", name);
	return NULL;
}

static struct pack_member *add_member(struct pack *p, const char *path, enum node_kind kind,
				      unsigned mode)
{
	struct pack_member *m = &p->members[p->n_members];

	cr_assert_lt(p->n_members, WORLD_MEMBERS);
	p->n_members++;
	*m = (struct pack_member){ .path = str_of(path), .kind = kind, .mode = (uint16_t)mode,
				   .mtime = 1700000000 };
	return m;
}

struct pack_member *pack_file(struct scene *w, struct pack *p, const char *path, const char *text,
			      unsigned mode)
{
	struct pack_member *m = add_member(p, path, NODE_FILE, mode);
	char *md5 = arena_alloc(&w->arena, HASH_HEX_MAX);

	m->content = content_of_bytes(copy(w, text));
	m->md5 = str_of(hash_hex(HASH_MD5, str_bytes(str_of(text)), md5));
	return m;
}

struct pack_member *pack_folder(struct scene *w, struct pack *p, const char *path, unsigned mode)
{
	(void)w;
	return add_member(p, path, NODE_DIRECTORY, mode);
}

struct pack_member *pack_link(struct scene *w, struct pack *p, const char *path,
			      const char *target)
{
	struct pack_member *m = add_member(p, path, NODE_SYMLINK, 0777);

	m->target = arena_str(&w->arena, str_of(target));
	return m;
}

struct pack_member *pack_hard_link(struct scene *w, struct pack *p, const char *path,
				   const char *target)
{
	struct pack_member *m = add_member(p, path, NODE_FILE, 0);

	m->hard_link = true;
	m->target = arena_str(&w->arena, str_of(target));
	return m;
}

struct pack *scene_archive(struct scene *w)
{
	struct pack *p = arena_alloc(&w->arena, sizeof(*p));

	p->kind = PACK_TAR;
	p->members = arena_array(&w->arena, WORLD_MEMBERS, sizeof(*p->members));
	return p;
}

struct recipe_file *scene_file(struct scene *w, const char *path, enum recipe_file_kind kind)
{
	struct recipe_file *f = &w->files[w->n_files];
	struct compose_file *c = &w->compose_files[w->n_files];
	struct recipe_input *inputs = arena_array(&w->arena, WORLD_FILES, sizeof(*inputs));
	struct content *contents = arena_array(&w->arena, WORLD_FILES, sizeof(*contents));

	cr_assert_lt(w->n_files, WORLD_FILES);
	w->n_files++;
	*f = (struct recipe_file){
		.path = str_of(path), .kind = kind, .mode = RECIPE_MODE_DEFAULT,
		.pos = { "recipes/web.yaml", (uint32_t)w->n_files, 5 },
	};
	*c = (struct compose_file){ .file = f, .inputs = inputs, .contents = contents };
	return f;
}

struct recipe_file *scene_text(struct scene *w, const char *path, const char *text)
{
	struct recipe_file *f = scene_file(w, path, RECIPE_FILE_CONTENT);

	f->content = copy(w, text);
	return f;
}

static struct recipe_input *add_input(struct scene *w, const char *below, struct content content)
{
	struct compose_file *c = &w->compose_files[w->n_files - 1];
	struct recipe_input *inputs = (struct recipe_input *)(uintptr_t)c->inputs;
	struct content *contents = (struct content *)(uintptr_t)c->contents;

	contents[c->n_inputs] = content;
	inputs[c->n_inputs] = (struct recipe_input){ .below = str_of(below),
						     .digest = content.digest,
						     .size = content.size };
	return &inputs[c->n_inputs++];
}

void scene_input(struct scene *w, const char *below, const char *text, bool executable)
{
	add_input(w, below, content_of_bytes(copy(w, text)))->executable = executable;
}

void scene_input_folder(struct scene *w, const char *below)
{
	add_input(w, below, (struct content){ 0 })->is_directory = true;
}

void scene_input_link(struct scene *w, const char *below, const char *target)
{
	struct recipe_input *i = add_input(w, below, (struct content){ 0 });

	i->is_symlink = true;
	i->target = str_of(target);
}

struct recipe_user *scene_user(struct scene *w, const char *name)
{
	struct recipe_user *u = &w->users[w->n_users++];

	*u = (struct recipe_user){
		.name = str_of(name), .uid = RECIPE_ID_AUTO, .gid = RECIPE_ID_AUTO, .system = true,
		.pos = { "recipes/web.yaml", 100 + (uint32_t)w->n_users, 5 },
	};
	return u;
}

struct recipe_group *scene_group(struct scene *w, const char *name, uint32_t gid)
{
	struct recipe_group *g = &w->groups[w->n_groups++];

	*g = (struct recipe_group){ .name = str_of(name), .gid = gid,
				    .pos = { "recipes/web.yaml", 90 + (uint32_t)w->n_groups, 5 } };
	return g;
}

struct recipe_service *scene_service(struct scene *w, const char *name)
{
	struct recipe_service *s = &w->services[w->n_services++];

	*s = (struct recipe_service){
		.name = str_of(name), .enable = true,
		.pos = { "recipes/web.yaml", 120 + (uint32_t)w->n_services, 5 },
	};
	return s;
}

void scene_certificate(struct scene *w, const char *path, const char *text)
{
	size_t i = w->n_certificates++;

	w->certificates[i] = str_of(path);
	w->certificate_pos[i] = (struct src_pos){ "recipes/web.yaml", 140 + (uint32_t)i + 1, 5 };
	w->certificate_contents[i] = content_of_bytes(copy(w, text));
}

int scene_compose(struct scene *w)
{
	tree_free(w->out.tree);
	w->out.tree = NULL;
	err_release(&w->err);
	w->recipe.n_files = w->n_files;
	w->recipe.n_users = w->n_users;
	w->recipe.n_groups = w->n_groups;
	w->recipe.n_services = w->n_services;
	w->recipe.n_certificates = w->n_certificates;
	w->in.n_packages = w->n_packages;
	return compose(&w->in, &w->arena, &w->out, &w->err);
}

void scene_must_compose(struct scene *w)
{
	int r = scene_compose(w);

	if (r < 0)
		err_print(&w->err, stderr);
	cr_assert_eq(r, 0);
}

void scene_must_fail(struct scene *w, enum err_code code, unsigned line, const char *words)
{
	cr_assert_eq(scene_compose(w), -1);
	if (w->err.code != code || w->err.pos.line != line || !strstr(w->err.message, words))
		err_print(&w->err, stderr);
	cr_assert_eq(w->err.code, code);
	cr_assert_eq(w->err.pos.line, line);
	cr_assert(strstr(w->err.message, words), "'%s' is not in '%s'", words, w->err.message);
}

const struct node *scene_node(const struct scene *w, const char *path)
{
	return tree_find(w->out.tree, str_of(path));
}

bool scene_has(const struct scene *w, const char *path)
{
	return scene_node(w, path) != NULL;
}

const char *scene_content(struct scene *w, const char *path)
{
	const struct node *n = tree_resolve(w->out.tree, str_of(path), true);
	CLEANUP_BUF struct buf b = BUF_INIT(1 << 20);

	if (!n || n->inode->kind != NODE_FILE)
		return "(absent)";
	cr_assert_eq(content_load(NULL, &n->inode->content, &b, &w->err), 0);
	return arena_strdup(&w->arena, buf_str(&b));
}

const char *scene_target(struct scene *w, const char *path)
{
	const struct node *n = scene_node(w, path);

	if (!n || n->inode->kind != NODE_SYMLINK)
		return "(absent)";
	return arena_strdup(&w->arena, n->inode->target);
}

const struct cause *scene_cause(const struct scene *w, const char *path)
{
	const struct node *n = scene_node(w, path);

	cr_assert_not_null(n, "no %s", path);
	return tree_cause(w->out.tree, n->inode->cause[CAUSE_CONTENT]);
}

bool scene_has_line(struct scene *w, const char *path, const char *line)
{
	struct str rest = str_of(scene_content(w, path)), l;

	while (str_split(&rest, '\n', &l)) {
		if (str_equal_cstr(l, line))
			return true;
	}
	return false;
}

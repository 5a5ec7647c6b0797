#include "deb_fixture.h"

#include <criterion/criterion.h>

#include "crypto/hash.h"
#include "tree/reader.h"

#define MEMBERS_MAX  64
#define CONTROLS_MAX 8

void fixture_init(struct deb_fixture *f)
{
	*f = (struct deb_fixture){
		.tree = tree_new(),
		.options = { .architecture = STR("amd64"), .epoch = 86400 },
	};
}

void fixture_release(struct deb_fixture *f)
{
	tree_free(f->tree);
	arena_release(&f->arena);
}

static struct str word(struct str *rest)
{
	struct str w;

	cr_assert(str_split(rest, ' ', &w));
	return w;
}

static void add_member(struct deb_fixture *f, struct pack *pack, struct str line)
{
	struct pack_member *m = &pack->members[pack->n_members++];
	struct str kind = word(&line);
	char md5[HASH_HEX_MAX];

	cr_assert_leq(pack->n_members, MEMBERS_MAX);
	*m = (struct pack_member){ .path = word(&line), .mode = 0644, .mtime = 1000,
				   .kind = NODE_FILE, .target = STR(""), .md5 = STR("") };
	switch (*kind.ptr) {
	case 'd':
		m->kind = NODE_DIRECTORY;
		m->mode = 0755;
		if (m->path.len == 1 && *m->path.ptr == '.')
			m->path.len = 0;
		break;
	case 'l':
		m->kind = NODE_SYMLINK;
		m->mode = 0777;
		m->target = line;
		break;
	case 'h':
		m->hard_link = true;
		m->target = line;
		break;
	default:
		m->content = content_of_bytes(str_bytes(line));
		m->md5 = str_of(arena_strdup(&f->arena,
					     str_of(hash_hex(HASH_MD5, str_bytes(line), md5))));
	}
}

void fixture_control(struct deb_fixture *f, struct debian_package *p, const char *name,
		     const char *text)
{
	struct pack *pack = (struct pack *)(uintptr_t)p->pack;

	(void)f;
	cr_assert_lt(pack->n_controls, CONTROLS_MAX);
	pack->controls[pack->n_controls++] =
		(struct pack_control){ str_of(name), 0644, str_bytes(str_of(text)) };
}

struct debian_package *fixture_add(struct deb_fixture *f, const char *name, const char *fields,
				   const char *members)
{
	struct debian_package *p = &f->packages[f->n++];
	struct pack *pack = arena_alloc(&f->arena, sizeof(*pack));
	struct str rest = str_of(members), line;

	cr_assert_leq(f->n, FIXTURE_PACKAGES);
	pack->kind = PACK_DEB;
	pack->members = arena_array(&f->arena, MEMBERS_MAX, sizeof(*pack->members));
	pack->controls = arena_array(&f->arena, CONTROLS_MAX, sizeof(*pack->controls));
	while (str_split(&rest, '\n', &line))
		if (line.len)
			add_member(f, pack, line);
	*p = (struct debian_package){ str_of(name), STR("1.0"), STR("amd64"), false, false, true,
				      pack };
	fixture_control(f, p, "control",
			arena_printf(&f->arena,
				     "Package: %s\nVersion: 1.0\nArchitecture: amd64\n%s", name,
				     fields));
	fixture_control(f, p, "md5sums", "");
	return p;
}

int fixture_install(struct deb_fixture *f, struct error *err)
{
	return debian_install(f->tree, f->packages, f->n, &f->options, &f->arena, &f->report,
			      err);
}

void fixture_must_install(struct deb_fixture *f)
{
	CLEANUP_ERR struct error err = ERR_INIT;

	cr_assert_eq(fixture_install(f, &err), 0, "%s", err.message);
}

const char *fixture_text(struct deb_fixture *f, const char *path)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf text = BUF_INIT(1 << 20);
	struct node *node = tree_resolve(f->tree, str_of(path), false);

	if (!node)
		return "";
	if (node->inode->kind == NODE_SYMLINK)
		return arena_printf(&f->arena, "-> " STR_FMT, STR_ARG(node->inode->target));
	cr_assert_eq(content_load(NULL, &node->inode->content, &text, &err), 0, "%s", err.message);
	return arena_strdup(&f->arena, buf_str(&text));
}

bool fixture_has(const struct deb_fixture *f, const char *path)
{
	return tree_resolve(f->tree, str_of(path), false) != NULL;
}

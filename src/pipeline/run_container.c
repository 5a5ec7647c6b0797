/* An image in runc or crun: a bundle as the OCI runtime-spec 1.0 wants it. */
#define _GNU_SOURCE
#include "pipeline/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/program.h"
#include "pipeline/run_extract.h"

#define ACCOUNTS_MAX (4u << 20) /* bytes of passwd or group */

struct bundle {
	struct arena *arena;
	const struct json *config; /* of the image: "config" in its config */
	const struct tree *tree;
	const struct content_reader *reader;
	bool as_root;
	uint64_t uid, gid;
};

/* A text of the image's config; "" if there is none, or something else. */
static struct str config_text(const struct bundle *b, const char *name)
{
	const struct json *v = json_get(b->config, name);

	return v && json_kind_of(v) == JSON_STRING ? json_as_str(v) : STR("");
}

/* ---- who it runs as ---- */

/* The line of @name in a file like passwd(5): *ret_rest is what follows the second colon. */
static bool find_account(struct str text, struct str name, struct str *ret_rest)
{
	struct str line, field;

	while (str_split(&text, '\n', &line)) {
		if (!str_split(&line, ':', &field) || !str_equal(field, name) ||
		    !str_split(&line, ':', &field))
			continue;
		*ret_rest = line;
		return true;
	}
	return false;
}

static int load_file(const struct bundle *b, const char *path, struct buf *to, struct error *err)
{
	const struct node *n = tree_resolve(b->tree, str_of(path), true);

	if (!n || n->inode->kind != NODE_FILE)
		return 0;
	return content_load(b->reader, &n->inode->content, to, err);
}

/* A name of @path (passwd or group), or a number. */
static int find_id(const struct bundle *b, const char *path, struct str name, uint64_t *ret_id,
		   uint64_t *ret_group, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(ACCOUNTS_MAX);
	struct str rest, id, group;

	if (load_file(b, path, &text, err) < 0)
		return -1;
	if (find_account(buf_str(&text), name, &rest) && str_split(&rest, ':', &id) &&
	    str_parse_u64(id, ret_id)) {
		if (ret_group && str_split(&rest, ':', &group))
			(void)str_parse_u64(group, ret_group);
		return 0;
	}
	if (str_parse_u64(name, ret_id) && *ret_id < UINT32_MAX)
		return 0;
	return err_set(err, ERR_FORMAT,
		       "the image runs as '" STR_FMT "', which its /%s does not "
		       "have",
		       STR_ARG(name), path);
}

/* image-spec, config.md: "user", "user:group", names or numbers. */
static int find_user(struct bundle *b, struct error *err)
{
	struct str rest = config_text(b, "User"), name;

	if (!rest.len)
		return 0;
	(void)str_split(&rest, ':', &name);
	if (find_id(b, "etc/passwd", name, &b->uid, &b->gid, err) < 0)
		return -1;
	return rest.ptr && rest.len ? find_id(b, "etc/group", rest, &b->gid, NULL, err) : 0;
}

/* ---- config.json ---- */

static void add_strings(const struct bundle *b, const char *name, struct json *to)
{
	const struct json *list = json_get(b->config, name);

	if (!list || json_kind_of(list) != JSON_ARRAY)
		return;
	for (size_t i = 0; i < json_length(list); i++)
		if (json_kind_of(json_item(list, i)) == JSON_STRING)
			json_add(to, json_str(b->arena, json_as_str(json_item(list, i))));
}

/* What Docker and podman give. */
static struct json *capabilities(struct arena *a)
{
	static const char *const names[] = {
		"CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FOWNER",
		"CAP_FSETID",  "CAP_KILL",	   "CAP_MKNOD",
		"CAP_SETGID",  "CAP_SETUID",	   "CAP_NET_BIND_SERVICE",
		"CAP_SETFCAP", "CAP_SETPCAP",	   "CAP_SYS_CHROOT",
	};
	static const char *const sets[] = { "bounding", "effective", "permitted" };
	struct json *o = json_object(a);

	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		struct json *list = json_array(a);

		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
			json_add(list, json_text(a, names[k]));
		json_set(o, sets[i], list);
	}
	return o;
}

static struct json *process(const struct bundle *b)
{
	struct arena *a = b->arena;
	struct json *o = json_object(a), *user = json_object(a);
	struct json *arguments = json_array(a), *environment = json_array(a);
	struct str folder = config_text(b, "WorkingDir");

	add_strings(b, "Entrypoint", arguments);
	add_strings(b, "Cmd", arguments);
	if (!json_length(arguments))
		json_add(arguments, json_text(a, "/bin/sh"));
	add_strings(b, "Env", environment);
	if (!json_length(environment))
		json_add(environment, json_text(a, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
						   "/usr/bin:/sbin:/bin"));
	json_set(user, "uid", json_int(a, (int64_t)b->uid));
	json_set(user, "gid", json_int(a, (int64_t)b->gid));
	json_set(o, "user", user);
	json_set(o, "terminal", json_bool(a, isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)));
	json_set(o, "args", arguments);
	json_set(o, "env", environment);
	json_set(o, "cwd", json_str(a, folder.len ? folder : STR("/")));
	json_set(o, "noNewPrivileges", json_bool(a, true));
	json_set(o, "capabilities", capabilities(a));
	return o;
}

static struct json *mounts(const struct bundle *b)
{
	static const struct {
		const char *to, *type, *from, *options;
	} rows[] = {
		{ "/proc", "proc", "proc", "nosuid,noexec,nodev" },
		{ "/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k" },
		{ "/dev/pts", "devpts", "devpts",
		  "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620" },
		{ "/dev/shm", "tmpfs", "shm", "nosuid,noexec,nodev,mode=1777,size=65536k" },
		{ "/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev" },
		{ "/sys", "none", "/sys", "rbind,nosuid,noexec,nodev,ro" },
		{ "/etc/resolv.conf", "none", "/etc/resolv.conf", "bind,nosuid,noexec,nodev,ro" },
	};
	struct arena *a = b->arena;
	struct json *list = json_array(a);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct json *o = json_object(a), *options = json_array(a);
		struct str rest = str_of(rows[i].options), option;

		if (str_equal_cstr(STR("/etc/resolv.conf"), rows[i].to) &&
		    (!tree_resolve(b->tree, STR("etc/resolv.conf"), true) ||
		     access(rows[i].from, R_OK) < 0))
			continue;
		while (str_split(&rest, ',', &option))
			json_add(options, json_str(a, option));
		json_set(o, "destination", json_text(a, rows[i].to));
		json_set(o, "type", json_text(a, rows[i].type));
		json_set(o, "source", json_text(a, rows[i].from));
		json_set(o, "options", options);
		json_add(list, o);
	}
	return list;
}

/* One id: that of the user whom the container has. */
static struct json *mapping(struct arena *a, uint64_t inside, uint64_t outside)
{
	struct json *list = json_array(a), *o = json_object(a);

	json_set(o, "containerID", json_int(a, (int64_t)inside));
	json_set(o, "hostID", json_int(a, (int64_t)outside));
	json_set(o, "size", json_int(a, 1));
	return json_add(list, o);
}

static struct json *isolation(const struct bundle *b)
{
	static const char *const kinds[] = { "pid", "ipc", "uts", "mount", "user" };
	struct arena *a = b->arena;
	struct json *o = json_object(a), *list = json_array(a);
	size_t n = sizeof(kinds) / sizeof(*kinds) - (b->as_root ? 1 : 0);

	for (size_t i = 0; i < n; i++)
		json_add(list, json_set(json_object(a), "type", json_text(a, kinds[i])));
	json_set(o, "namespaces", list);
	if (!b->as_root) {
		json_set(o, "uidMappings", mapping(a, b->uid, geteuid()));
		json_set(o, "gidMappings", mapping(a, b->gid, getegid()));
	}
	return o;
}

static int write_config(const struct bundle *b, int folder, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SIZE_MAX / 8);
	struct arena *a = b->arena;
	struct json *o = json_object(a), *root = json_object(a);

	json_set(root, "path", json_text(a, "rootfs"));
	json_set(o, "ociVersion", json_text(a, "1.0.2"));
	json_set(o, "root", root);
	json_set(o, "hostname", json_text(a, "container"));
	json_set(o, "process", process(b));
	json_set(o, "mounts", mounts(b));
	json_set(o, "linux", isolation(b));
	json_write_pretty(o, &text);
	return file_save(folder, "config.json", buf_bytes(&text), err);
}

/* ---- */

static int find_runtime(struct run *r, const struct run_options *o, const char **ret,
			bool *ret_is_crun, struct error *err)
{
	CLEANUP_FREE char *runc = program_find("runc", o->search);
	CLEANUP_FREE char *crun = program_find("crun", o->search);

	if (!runc && !crun) {
		(void)err_set(err, ERR_NO_PROGRAM,
			      "there is neither 'runc' nor 'crun', which start "
			      "containers");
		return err_hint(err, "on Debian: apt-get install crun");
	}
	*ret = arena_strdup(&r->arena, str_of(runc ? runc : crun));
	*ret_is_crun = !runc;
	return 0;
}

static int make_bundle(struct bundle *b, const char *path, struct error *err)
{
	CLEANUP_CLOSE int folder = -1, root = -1;

	if (file_open_folder(AT_FDCWD, path, &folder, err) || mkdirat(folder, "rootfs", 0700) < 0 ||
	    file_open_folder(folder, "rootfs", &root, err))
		return err->code ? -1 : err_sys(err, errno, "cannot make a folder in '%s'", path);
	if (run_extract(b->tree, b->reader, root, b->as_root, err) < 0)
		return -1;
	return write_config(b, folder, err);
}

int run_container(const struct run_options *o, const struct json *config, const struct tree *t,
		  const struct content_reader *reader, struct run *ret, struct error *err)
{
	CLEANUP_RUN struct run r = { .architecture = ret->architecture };
	struct bundle b = { .arena = &r.arena,
			    .config = json_get(config, "config"),
			    .tree = t,
			    .reader = reader,
			    .as_root = geteuid() == 0 };
	const char *program = NULL, *state, *name;
	bool is_crun = false;
	size_t n = 0;

	if (!b.config || json_kind_of(b.config) != JSON_OBJECT)
		return err_set(err, ERR_FORMAT, "the image says nothing of what it runs");
	if (find_runtime(&r, o, &program, &is_crun, err) < 0 || find_user(&b, err) < 0 ||
	    run_scratch_make(&r.scratch, o->temporary, err) < 0)
		return -1;
	if (make_bundle(&b, r.scratch.path, err) < 0)
		return -1;
	state = arena_printf(&r.arena, "%s/state", r.scratch.path);
	name = arena_strdup(&r.arena, str_of(strrchr(r.scratch.path, '/') + 1));
	r.single_user = !b.as_root;
	r.argv = arena_array(&r.arena, 10, sizeof(*r.argv));
	r.argv[n++] = program;
	/* Nothing is limited: no control group is needed, which some hosts refuse to crun. */
	if (is_crun) {
		r.argv[n++] = "--cgroup-manager";
		r.argv[n++] = "disabled";
	}
	r.argv[n++] = "--root";
	r.argv[n++] = state;
	r.argv[n++] = "run";
	r.argv[n++] = "--bundle";
	r.argv[n++] = r.scratch.path;
	r.argv[n++] = name;
	*ret = r;
	r = (struct run){ 0 };
	return 0;
}

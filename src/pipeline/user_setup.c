#include "pipeline/user_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"
#include "io/interrupt.h"
#include "ydoc/ydoc.h"

#define CONFIG_TEXT_MAX 65536 /* bytes */
#define STEP 20000000L	      /* nanoseconds between two tries */
#define APT_FOLDER "/etc/apt"

typedef const char *environment_fn(const char *name);

/* All but the key is a comment: the host's apt configuration is enough. */
static const char config_head[] =
	"# What ingot knows of this machine; all of it is optional. Recipes and locks never say\n"
	"# where anything is: that is said here, or taken from the host's apt configuration.\n"
	"#\n"
	"# mirrors:                           # asked before those of apt, in this order\n"
	"#   - suite: trixie                  # without it: for every suite\n"
	"#     url: http://MIRROR/debian\n"
	"# snapshot: \"http://SNAPSHOT/archive/@ARCHIVE@/@SNAPSHOTID@\"\n"
	"# stage: ~/.cache/ingot              # one stage for all workspaces\n"
	"# builder: {id: \"https://builders.example.com/images\"}   # named in the provenance\n";
static const char config_trust[] =
	"# trust:                             # whose signatures count for 'ingot verify'\n";
static const char config_release[] = "#   - key: ~/keys/release.pub        # of 'ingot keygen'\n"
				     "#     role: release\n";
static const char config_developer[] =
	"\n"
	"# Whose signatures count for 'ingot verify'. The key of 'ingot init' is a developer's:\n"
	"# it counts with 'verify --role developer' alone.\n";

/* A link that leads nowhere is somebody's, too. */
static bool exists(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_below(const char *path, const char *home)
{
	return home && home[0] == '/' && str_has_prefix(str_of(path), str_of(home)) &&
	       path[strlen(home)] == '/';
}

/* ---- the configuration ---- */

/* "~/.config/ingot/developer.pub" goes wherever the home goes. */
static char *trust_lines(const struct user_setup *s, const char *home, struct arena *arena)
{
	CLEANUP_BUF struct buf text = BUF_INIT(CONFIG_TEXT_MAX);
	const char *path = s->key.public_path;

	if (is_below(path, home))
		path = arena_printf(arena, "~%s", path + strlen(home));
	buf_add_cstr(&text, "trust:\n  - key: ");
	ydoc_add_scalar(&text, str_of(path));
	buf_add_cstr(&text, "\n    role: developer\n");
	return arena_strdup(arena, buf_str(&text));
}

static void write_config(struct user_setup *s, int folder)
{
	CLEANUP_BUF struct buf text = BUF_INIT(CONFIG_TEXT_MAX);
	CLEANUP_ERR struct error unwritable = ERR_INIT;

	buf_add_cstr(&text, config_head);
	buf_add_cstr(&text, s->trust_lines ? config_developer : config_trust);
	if (s->trust_lines)
		buf_add_cstr(&text, s->trust_lines);
	buf_add_cstr(&text, config_release);
	s->config_made = file_save(folder, "config.yaml", buf_bytes(&text), &unwritable) == 0;
	s->has_config = s->config_made;
	s->trusted = s->config_made && s->trust_lines;
}

/* By file and not by name: there are many ways to spell a path. */
static bool is_trusted(const struct user_setup *s)
{
	struct stat own, listed;

	if (stat(s->key.public_path, &own) < 0)
		return false;
	for (size_t i = 0; i < s->machine.n_trust; i++) {
		CLEANUP_FREE char *path = mem_str(s->machine.trust[i].key);

		if (stat(path, &listed) == 0 && listed.st_dev == own.st_dev &&
		    listed.st_ino == own.st_ino)
			return true;
	}
	return false;
}

/* ---- whether there may be a key ---- */

static const char *is_unfit(const struct user_setup *s, environment_fn *environment)
{
	const char *ci = environment("CI");

	if (!s->machine.user_folder)
		return "there is no home: HOME is not set";
	if (s->machine.user_folder[0] != '/')
		return "HOME is no absolute path";
	if (!text_is_utf8(str_of(s->machine.user_folder)))
		return "the path of the home is no UTF-8";
	if (ci && strcmp(ci, "true") == 0)
		return "CI=true";
	if (getpid() == 1 || getppid() <= 1)
		return "this container holds nobody else: it would go with it, or into an image";
	return NULL;
}

/* Where others can rename files, a key may become another one. */
static const char *is_unsafe(const char *folder, int fd, struct arena *arena)
{
	const char *upper = arena_printf(arena, "%s/..", folder);
	struct stat st, above;

	if (fstat(fd, &st) < 0 || stat(upper, &above) < 0)
		return arena_printf(arena, "cannot look at '%s': %s", folder, strerror(errno));
	if (st.st_uid != geteuid() || above.st_uid != geteuid())
		return arena_printf(arena, "'%s' is another user's", folder);
	if (st.st_mode & 022)
		return arena_printf(arena, "others can write to '%s'", folder);
	return NULL;
}

/* ---- */

/* One at a time; in steps, so that Ctrl-C works. Where a folder can't be locked nobody waits. */
static int wait_for_others(int folder, struct error *err)
{
	const struct timespec step = { 0, STEP };

	while (flock(folder, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		(void)nanosleep(&step, NULL);
	}
	return 0;
}

/*
 * Where both lie, locked; *ret stays -1 if there is no such place, for which *problem is why.
 * The home itself is not ours to make, and root has no business in somebody else's.
 */
static int open_place(struct user_setup *s, environment_fn *environment, int *ret,
		      struct error *err)
{
	const char *home = environment("HOME"), *folder = s->machine.user_folder;
	CLEANUP_ERR struct error why = ERR_INIT;
	struct arena *arena = &s->machine.arena;
	struct stat st;

	if (!folder) {
		(void)!(file_make_folders(AT_FDCWD, MACHINE_FOLDER, &why) == 0 &&
			file_open_folder(AT_FDCWD, MACHINE_FOLDER, ret, &why) == 0);
		return 0;
	}
	if (is_below(folder, home) && stat(home, &st) < 0) {
		s->key.problem = arena_printf(arena, "there is no home '%s'", home);
		return 0;
	}
	if (is_below(folder, home) && st.st_uid != geteuid()) {
		s->key.problem = arena_printf(arena, "'%s' is another user's", home);
		return 0;
	}
	if (file_make_private_folders(AT_FDCWD, folder, &why) == 0 &&
	    file_open_folder(AT_FDCWD, folder, ret, &why) == 0)
		return wait_for_others(*ret, err);
	s->key.problem = why.message ? developer_key_problem(&why, arena)
				     : arena_printf(arena, "'%s' has gone", folder);
	return 0;
}

static int setup_key(struct user_setup *s, int fd, environment_fn *environment, struct error *err)
{
	const char *folder = s->machine.user_folder, *unfit = is_unfit(s, environment);
	struct arena *arena = &s->machine.arena;

	if (fd < 0 || !folder || folder[0] != '/') {
		s->key.problem = s->key.problem ? s->key.problem : unfit;
		return 0;
	}
	if (!unfit)
		unfit = is_unsafe(folder, fd, arena);
	if (developer_key_open(folder, !unfit, arena, &s->key, err) < 0)
		return -1;
	if (!s->key.present && !s->key.made && !s->key.problem)
		s->key.problem = unfit;
	if (!s->key.key)
		return 0;
	s->trust_lines = trust_lines(s, environment("HOME"), arena);
	s->trusted = is_trusted(s);
	return 0;
}

/* What another 'ingot init' has written meanwhile counts. */
static int load_again(struct user_setup *s, environment_fn *environment, struct error *err)
{
	machine_release(&s->machine);
	return machine_load(&s->machine, environment, APT_FOLDER, err);
}

static int setup(struct user_setup *s, environment_fn *environment, bool with_key,
		 struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	bool had_config;

	if (machine_load(&s->machine, environment, APT_FOLDER, err) < 0)
		return -1;
	had_config = exists(s->machine.config_path);
	if ((with_key || !had_config) && open_place(s, environment, &fd, err) < 0)
		return -1;
	if (fd >= 0 && !had_config && exists(s->machine.config_path) &&
	    load_again(s, environment, err) < 0)
		return -1;
	if (with_key && setup_key(s, fd, environment, err) < 0)
		return -1;
	if (!with_key)
		s->key.problem = NULL;
	s->has_config = exists(s->machine.config_path);
	if (fd >= 0 && !s->has_config)
		write_config(s, fd);
	return 0;
}

int user_setup(environment_fn *environment, bool with_key, struct user_setup *ret,
	       struct error *err)
{
	struct user_setup s = { 0 };

	if (setup(&s, environment, with_key, err) < 0) {
		user_setup_release(&s);
		return -1;
	}
	*ret = s;
	return 0;
}

void user_setup_release(struct user_setup *s)
{
	developer_key_release(&s->key);
	machine_release(&s->machine);
}

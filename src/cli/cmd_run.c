#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "cli/image_file.h"
#include "cli/progress.h"
#include "io/file.h"
#include "pipeline/run.h"

int cmd_run(struct app *app, int argc, char **argv, struct error *err);

/* ---- options ---- */

/* "4G" in bytes, or 0 if it is no size. */
static uint64_t size_of(const char *text)
{
	static const char units[] = "KMGT";
	size_t len = strlen(text);
	const char *unit = len > 1 ? strchr(units, text[len - 1]) : NULL;
	uint64_t n;

	if (!unit || !str_parse_u64((struct str){ text, len - 1 }, &n) || n > 1u << 20)
		return 0;
	return n << (10 * (unit - units + 1));
}

static int size_option(const struct app *app, const char *name, uint64_t *ret, struct error *err)
{
	const char *text = app_value(app, name);

	*ret = text ? size_of(text) : 0;
	if (text && !*ret)
		return err_set(err, ERR_USAGE, "'%s' is no size for --%s: 512M, 4G", text, name);
	return 0;
}

static int number_option(const struct app *app, const char *name, uint64_t low, uint64_t high,
			 uint64_t *ret, struct error *err)
{
	const char *text = app_value(app, name);

	if (!text)
		return 0;
	if (!str_parse_u64(str_of(text), ret) || *ret < low || *ret > high)
		return err_set(err, ERR_USAGE, "'%s' is no number for --%s (%llu to %llu)", text,
			       name, (unsigned long long)low, (unsigned long long)high);
	return 0;
}

static int port_options(struct app *app, struct run_options *o, struct error *err)
{
	size_t n;
	const char *const *values = app_values(app, "port", &n);
	struct run_port *ports = arena_array(&app->arena, n + 1, sizeof(*ports));

	for (size_t i = 0; i < n; i++) {
		struct str rest = str_of(values[i]), host;
		uint64_t a, b;

		if (!str_split(&rest, ':', &host) || !str_parse_u64(host, &a) || a < 1 ||
		    a > 65535 || !rest.ptr || !str_parse_u64(rest, &b) || b < 1 || b > 65535)
			return err_set(err, ERR_USAGE, "'%s' is no pair of ports: 8080:80",
				       values[i]);
		ports[i] = (struct run_port){ (uint16_t)a, (uint16_t)b };
	}
	o->ports = ports;
	o->n_ports = n;
	return 0;
}

static int read_options(struct app *app, const char *file, struct run_options *o, struct error *err)
{
	const char *temporary = app_environment("TMPDIR");
	uint64_t memory, cpus = 0, ssh = UINT64_MAX;

	*o = (struct run_options){
		.file = file,
		.temporary = temporary && temporary[0] == '/' ? temporary : "/tmp",
		.search = app_environment("PATH"),
		.keep = app_flag(app, "keep"),
		.no_kvm = app_flag(app, "no-kvm"),
		.console = app_flag(app, "console"),
	};
	if (size_option(app, "memory", &memory, err) < 0 ||
	    size_option(app, "disk-size", &o->disk_size, err) < 0 ||
	    number_option(app, "cpus", 1, 255, &cpus, err) < 0 ||
	    number_option(app, "ssh-port", 0, 65535, &ssh, err) < 0)
		return -1;
	if (memory && (memory < 64u << 20 || memory >> 20 > UINT32_MAX))
		return err_set(err, ERR_USAGE, "a machine needs 64M of memory or more");
	o->memory = (uint32_t)(memory >> 20);
	o->cpus = (uint32_t)cpus;
	o->ssh_port = ssh == UINT64_MAX ? -1 : (int32_t)ssh;
	return port_options(app, o, err);
}

/* ---- what is said before it starts ---- */

/* Its host keys are new at each start: they must not be remembered for 127.0.0.1. */
#define SSH "ssh -o NoHostAuthenticationForLocalhost=yes"

static void print_ssh(const struct run *r)
{
	for (size_t i = 0; i < r->n_ssh_users; i++)
		fprintf(stderr, "  " SSH " -p %u " STR_FMT "@127.0.0.1\n", r->ssh_port,
			STR_ARG(r->ssh_users[i]));
	if (r->ssh_users && !r->n_ssh_users)
		fprintf(stderr, "  127.0.0.1:%u is its port 22, but no user of it has a key\n",
			r->ssh_port);
	else if (!r->n_ssh_users)
		fprintf(stderr, "  " SSH " -p %u USER@127.0.0.1\n", r->ssh_port);
}

static void print_run(struct app *app, const struct run *r, enum run_kind kind)
{
	if (app->quiet)
		return;
	if (kind == RUN_CONTAINER)
		fprintf(stderr, "%s; it shares the network of this host%s\n", r->argv[0],
			r->single_user ? ", and has one user: who starts others needs root" : "");
	else
		fprintf(stderr, STR_FMT " in %s, %s\n", STR_ARG(r->architecture), r->argv[0],
			r->emulated ? "by KVM" : "emulated: this takes a while");
	if (r->kept)
		fprintf(stderr, "  what it writes is kept in %s\n", r->kept);
	if (r->ssh_port)
		print_ssh(r);
	for (size_t i = 0; i < r->n_ports; i++)
		fprintf(stderr, "  127.0.0.1:%u is its port %u\n", r->ports[i].host,
			r->ports[i].guest);
	fprintf(stderr, "  %s\n", app_flag(app, "console") ? "Ctrl-A X ends it" : "Ctrl-C ends it");
}

static void print_json(struct app *app, const struct run *r)
{
	struct arena *a = &app->arena;
	struct json *o = json_object(a), *arguments = json_array(a), *ports = json_array(a);
	struct json *users = json_array(a);

	for (size_t i = 0; i < r->n_ssh_users; i++)
		json_add(users, json_str(a, r->ssh_users[i]));
	for (size_t i = 0; r->argv[i]; i++)
		json_add(arguments, json_text(a, r->argv[i]));
	for (size_t i = 0; i < r->n_ports; i++) {
		struct json *p = json_object(a);

		json_set(p, "host", json_int(a, r->ports[i].host));
		json_set(p, "guest", json_int(a, r->ports[i].guest));
		json_add(ports, p);
	}
	json_set(o, "command", arguments);
	json_set(o, "architecture", json_str(a, r->architecture));
	json_set(o, "kvm", json_bool(a, r->emulated != NULL));
	json_set(o, "ssh_port", json_int(a, r->ssh_port));
	json_set(o, "ssh_users", users);
	json_set(o, "ports", ports);
	app_print_json_now(app, "run", o);
}

/* ---- */

static int prepare_container(struct app *app, const struct run_options *o, struct run *ret,
			     struct error *err)
{
	CLEANUP_IMAGE_FILE struct image_file f = IMAGE_FILE_INIT;
	const struct content_reader *reader;
	const struct tree *t;

	if (o->n_ports || o->ssh_port > 0 || o->disk_size || o->keep)
		return err_set(err, ERR_USAGE,
			       "--port, --ssh-port, --disk-size and --keep are for "
			       "disks: a container shares the host's network");
	if (image_file_open(app, o->file, &f, err) < 0 ||
	    image_file_tree(app, o->file, &f, &t, &reader, err) < 0)
		return -1;
	ret->architecture = arena_str(&app->arena, f.image->architecture);
	return run_container(o, f.image->config, t, reader, ret, err);
}

/* A disk of another tool is started, too: nothing is known of it then. */
static void find_users(const char *path, int fd, struct run *r)
{
	CLEANUP_DISK_IMAGE struct disk_image *d = NULL;
	CLEANUP_ERR struct error ignored = ERR_INIT;

	if (r->ssh_port && disk_read(fd, path, &d, &ignored) == 0)
		run_find_ssh_users(r, d->tree, block_files_reader(d->files));
}

static int prepare(struct app *app, const struct run_options *o, enum run_kind *ret_kind,
		   struct run *ret, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	struct window window = { .name = o->file };
	struct stat st;

	if (file_open(AT_FDCWD, o->file, false, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "'%s' is no file", o->file);
	window.fd = fd;
	window.size = (uint64_t)st.st_size;
	if (run_kind_of(&window, ret_kind, err) < 0)
		return -1;
	if (*ret_kind == RUN_CONTAINER)
		return prepare_container(app, o, ret, err);
	if (run_machine(o, &window, *ret_kind, ret, err) < 0)
		return -1;
	if (*ret_kind == RUN_RAW)
		find_users(o->file, fd, ret);
	return 0;
}

static void print_note(void *context, const char *text)
{
	const struct app *app = context;

	if (!app->quiet)
		fprintf(stderr, "note: %s\n", text);
}

int cmd_run(struct app *app, int argc, char **argv, struct error *err)
{
	CLEANUP_RUN struct run r = { 0 };
	struct run_options o;
	enum run_kind kind;
	int status = 0;

	(void)argc;
	if (read_options(app, argv[0], &o, err) < 0 || prepare(app, &o, &kind, &r, err) < 0)
		return -1;
	progress_pause(app->progress);
	if (app->json)
		print_json(app, &r);
	print_run(app, &r, kind);
	if (run_start(&r, print_note, app, &status, err) < 0)
		return -1;
	return status;
}

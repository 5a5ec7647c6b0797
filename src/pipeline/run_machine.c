/* A disk in QEMU: firmware, a layer for what is written, ports on loopback only. */
#define _GNU_SOURCE
#include "pipeline/run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "format/gpt/gpt.h"
#include "io/file.h"
#include "io/interrupt.h"
#include "io/program.h"
#include "io/sink.h"
#include "io/source.h"
#include "io/workers.h"

#define MEMORY_DEFAULT 1024 /* MiB */
#define SSH_PORT 2222	    /* tried first: easy to remember */
#define ARGUMENTS_MAX 64

struct firmware {
	const char *code, *variables;
};

/* The stub adds these words to the kernel's command line; the disk stays as it is. */
#define WORDS "type=11,value=io.systemd.stub.kernel-cmdline-extra="

/* Where Debian and those who follow it have things; the first that is there is taken. */
static const struct machine_kind {
	struct str architecture;
	const char *uname, *program, *program_package, *machine;
	const char *processor, *emulated; /* by KVM, and without */
	const char *emulated_words;
	const char *firmware_package;
	struct firmware firmware[3];
} kinds[] = {
	{ .architecture = { "amd64", 5 },
	  .uname = "x86_64",
	  .program = "qemu-system-x86_64",
	  .program_package = "qemu-system-x86",
	  .machine = "q35",
	  /* In machines that are virtual themselves KVM may offer these and then refuse them. */
	  .processor = "max,arch-capabilities=off",
	  .emulated = "qemu64",
	  /*
	   * A busy host gives an emulated machine its timer ticks too late for Linux's test of
	   * the IO-APIC, which then panics. Under KVM Linux leaves that test out by itself.
	   */
	  .emulated_words = WORDS "no_timer_check",
	  .firmware_package = "ovmf",
	  .firmware = { { "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd" },
			{ "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd" },
			{ "/usr/share/edk2/x64/OVMF_CODE.4m.fd",
			  "/usr/share/edk2/x64/OVMF_VARS.4m.fd" } } },
	{ .architecture = { "arm64", 5 },
	  .uname = "aarch64",
	  .program = "qemu-system-aarch64",
	  .program_package = "qemu-system-arm",
	  .machine = "virt",
	  .processor = "max",
	  .emulated = "cortex-a72",
	  /* udev may take longer than systemd's 90 s: then the console has no login. */
	  .emulated_words = WORDS "systemd.default_device_timeout_sec=300",
	  .firmware_package = "qemu-efi-aarch64",
	  .firmware = { { "/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd",
			  "/usr/share/AAVMF/AAVMF_VARS.fd" },
			{ "/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd" },
			{ "/usr/share/edk2/aarch64/QEMU_EFI.fd",
			  "/usr/share/edk2/aarch64/QEMU_VARS.fd" } } },
};

#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

/* ---- what it is ---- */

int run_kind_of(const struct window *file, enum run_kind *ret, struct error *err)
{
	uint8_t head[1024];

	if (file->size < sizeof(head) || window_read(file, 0, head, sizeof(head), err) < 0)
		return err->code ? -1 : err_set(err, ERR_FORMAT, "'%s' is too short", file->name);
	if (memcmp(head, "QFI\xfb", 4) == 0) {
		*ret = RUN_QCOW2;
	} else if (memcmp(head + 512, "EFI PART", 8) == 0) {
		*ret = RUN_RAW;
	} else if (memcmp(head + 257, "ustar", 5) == 0) {
		*ret = RUN_CONTAINER;
	} else {
		(void)err_set(err, ERR_FORMAT, "'%s' is nothing that can be started", file->name);
		return err_hint(err, "give a raw or qcow2 disk, or an OCI image tar");
	}
	return 0;
}

/* By the type of the root partition. */
static int kind_of_table(const struct window *file, const struct machine_kind **ret,
			 struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct gpt gpt;
	struct guid type;

	if (gpt_read(file, &arena, &gpt, err) < 0)
		return err_while(err, "reading '%s'", file->name);
	for (size_t i = 0; i < gpt.n; i++)
		for (size_t k = 0; k < N_KINDS; k++)
			if (gpt_type(GPT_ROOT, kinds[k].architecture, &type) &&
			    memcmp(&type, &gpt.partitions[i].type, sizeof(type)) == 0) {
				*ret = &kinds[k];
				return 0;
			}
	return err_set(err, ERR_UNSUPPORTED, "'%s' has no root partition for amd64 or arm64",
		       file->name);
}

static bool is_host(const struct machine_kind *k)
{
	struct utsname u;

	return uname(&u) == 0 && strcmp(u.machine, k->uname) == 0;
}

/* A qcow2 says it by its name, as build wrote it; else it is for this machine. */
static const struct machine_kind *kind_of_name(const char *name)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		CLEANUP_FREE char *part =
			mem_printf("-" STR_FMT ".", STR_ARG(kinds[i].architecture));

		if (strstr(name, part))
			return &kinds[i];
	}
	return is_host(&kinds[1]) ? &kinds[1] : &kinds[0];
}

/* ---- programs and firmware ---- */

static int need_program(struct run *r, const struct run_options *o, const char *name,
			const char *package, const char **ret, struct error *err)
{
	CLEANUP_FREE char *path = program_find(name, o->search);

	if (!path) {
		(void)err_set(err, ERR_NO_PROGRAM, "there is no '%s', which starts this disk",
			      name);
		return err_hint(err, "on Debian: apt-get install %s", package);
	}
	*ret = arena_strdup(&r->arena, str_of(path));
	return 0;
}

static int need_firmware(const struct machine_kind *k, const struct firmware **ret,
			 struct error *err)
{
	for (size_t i = 0; i < sizeof(k->firmware) / sizeof(*k->firmware); i++)
		if (access(k->firmware[i].code, R_OK) == 0 &&
		    access(k->firmware[i].variables, R_OK) == 0) {
			*ret = &k->firmware[i];
			return 0;
		}
	(void)err_set(err, ERR_NO_PROGRAM, "there is no UEFI firmware for " STR_FMT " (%s)",
		      STR_ARG(k->architecture), k->firmware[0].code);
	return err_hint(err, "on Debian: apt-get install %s", k->firmware_package);
}

static int copy_file(const char *from, const char *to, struct error *err)
{
	CLEANUP_CLOSE int in = -1, out = -1;
	struct source *source;
	struct sink *sink;
	int r;

	if (file_open(AT_FDCWD, from, false, &in, err) < 0)
		return -1;
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		return err_sys(err, errno, "cannot create '%s'", to);
	source = source_of_fd(in, 0, UINT64_MAX, from);
	sink = sink_to_fd(out, to);
	r = source_copy(source, sink, err);
	source_close(source);
	sink->failed |= r < 0;
	return sink_close(sink, err);
}

/* ---- what is written goes to a layer over the file ---- */

static bool is_newer(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 &&
	       (x.st_mtim.tv_sec > y.st_mtim.tv_sec ||
		(x.st_mtim.tv_sec == y.st_mtim.tv_sec && x.st_mtim.tv_nsec > y.st_mtim.tv_nsec));
}

static int make_layer(struct run *r, const struct run_options *o, enum run_kind kind,
		      const char *image, const char *layer, struct error *err)
{
	const char *argv[12], *tool = NULL;
	size_t n = 0;
	int status = 0;

	if (need_program(r, o, "qemu-img", "qemu-utils", &tool, err) < 0)
		return -1;
	argv[n++] = tool;
	argv[n++] = "create";
	argv[n++] = "-q";
	argv[n++] = "-f";
	argv[n++] = "qcow2";
	argv[n++] = "-F";
	argv[n++] = kind == RUN_QCOW2 ? "qcow2" : "raw";
	argv[n++] = "-b";
	argv[n++] = image;
	argv[n++] = layer;
	if (o->disk_size)
		argv[n++] = arena_printf(&r->arena, "%llu", (unsigned long long)o->disk_size);
	argv[n] = NULL;
	if (program_run(argv, &status, err) < 0)
		return -1;
	return status ? err_set(err, ERR_IO, "'%s' left with status %d", tool, status) : 0;
}

/* *ret_layer and *ret_variables: temporary, or beside the disk and there already. */
static int prepare_layer(struct run *r, const struct run_options *o, enum run_kind kind,
			 const struct firmware *firmware, const char **ret_layer,
			 const char **ret_variables, struct error *err)
{
	CLEANUP_FREE char *image = realpath(o->file, NULL);
	const char *prefix;

	if (!image)
		return err_sys(err, errno, "cannot find '%s'", o->file);
	if (!o->keep && run_scratch_make(&r->scratch, o->temporary, err) < 0)
		return -1;
	prefix = o->keep ? image : arena_printf(&r->arena, "%s/disk", r->scratch.path);
	*ret_layer = arena_printf(&r->arena, "%s.run.qcow2", prefix);
	*ret_variables = arena_printf(&r->arena, "%s.run.vars", prefix);
	if (o->keep && access(*ret_layer, F_OK) == 0 && access(*ret_variables, F_OK) == 0) {
		r->kept = *ret_layer;
		if (!is_newer(image, *ret_layer))
			return 0;
		(void)err_set(err, ERR_USAGE, "'%s' was written after what an earlier run kept",
			      o->file);
		return err_hint(err, "remove '%s' to start anew", *ret_layer);
	}
	if (o->keep) {
		r->kept = *ret_layer;
		(void)unlink(*ret_variables);
	}
	if (make_layer(r, o, kind, image, *ret_layer, err) < 0)
		return -1;
	return copy_file(firmware->variables, *ret_variables, err);
}

/* ---- ports ---- */

static bool is_free(uint16_t port, uint16_t *ret)
{
	CLEANUP_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int yes = 1;

	/* As QEMU does: a port that was in use a moment ago is free. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return false;
	*ret = ntohs(address.sin_port);
	return true;
}

static int choose_ports(struct run *r, const struct run_options *o, struct error *err)
{
	uint16_t port = 0;

	r->ports = o->ports;
	r->n_ports = o->n_ports;
	for (size_t i = 0; i < o->n_ports; i++)
		if (!is_free(o->ports[i].host, &port))
			return err_set(err, ERR_USAGE, "port %u of 127.0.0.1 is in use",
				       o->ports[i].host);
	if (o->ssh_port == 0)
		return 0;
	if (o->ssh_port > 0 && !is_free((uint16_t)o->ssh_port, &port))
		return err_set(err, ERR_USAGE, "port %d of 127.0.0.1 is in use", o->ssh_port);
	if (o->ssh_port < 0 && !is_free(SSH_PORT, &port) && !is_free(0, &port))
		return err_set(err, ERR_IO, "127.0.0.1 has no free port");
	r->ssh_port = port;
	return 0;
}

/* ---- the command line ---- */

struct arguments {
	struct arena *arena;
	const char **list;
	size_t n;
};

static void add(struct arguments *a, const char *option, const char *value)
{
	a->list[a->n++] = option;
	if (value)
		a->list[a->n++] = value;
}

/* A comma in the value of one of QEMU's options stands twice. */
static const char *quote(struct arguments *a, const char *path)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SIZE_MAX / 2);

	for (; *path; path++) {
		buf_add_char(&text, *path);
		if (*path == ',')
			buf_add_char(&text, ',');
	}
	return arena_strdup(a->arena, buf_str(&text));
}

static const char *network(struct arguments *a, const struct run *r)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);

	buf_add_cstr(&text, "user,id=net");
	if (r->ssh_port)
		buf_printf(&text, ",hostfwd=tcp:127.0.0.1:%u-:22", r->ssh_port);
	for (size_t i = 0; i < r->n_ports; i++)
		buf_printf(&text, ",hostfwd=tcp:127.0.0.1:%u-:%u", r->ports[i].host,
			   r->ports[i].guest);
	return arena_strdup(a->arena, buf_str(&text));
}

static void add_drives(struct arguments *a, const struct firmware *firmware, const char *variables,
		       const char *layer, bool keep)
{
	add(a, "-drive",
	    arena_printf(a->arena, "if=pflash,format=raw,unit=0,readonly=on,file=%s",
			 firmware->code));
	add(a, "-drive",
	    arena_printf(a->arena, "if=pflash,format=raw,unit=1,file=%s", quote(a, variables)));
	/* What will be thrown away need not reach the host's disk. */
	add(a, "-drive",
	    arena_printf(a->arena, "if=none,id=disk,format=qcow2,discard=unmap,cache=%s,file=%s",
			 keep ? "writeback" : "unsafe", quote(a, layer)));
	add(a, "-device", "virtio-blk-pci,drive=disk,bootindex=1");
}

static void add_console(struct arguments *a, bool to_machine)
{
	if (to_machine) {
		add(a, "-chardev", "stdio,id=console,mux=on,signal=off");
		add(a, "-mon", "chardev=console,mode=readline");
	} else {
		add(a, "-chardev", "stdio,id=console,signal=on");
	}
	add(a, "-serial", "chardev:console");
	add(a, "-display", "none");
}

struct parts {
	const struct machine_kind *kind;
	const struct firmware *firmware;
	const char *program, *layer, *variables;
};

static const char **command_line(struct run *r, const struct run_options *o,
				 const struct parts *m, bool kvm)
{
	struct arguments a = { .arena = &r->arena };
	uint32_t cpus = o->cpus ? o->cpus : !kvm || workers_default() < 2 ? 1 : 2;

	a.list = arena_array(&r->arena, ARGUMENTS_MAX, sizeof(*a.list));
	add(&a, m->program, NULL);
	add(&a, "-nodefaults", NULL);
	add(&a, "-machine", m->kind->machine);
	/* Kernels patch their own code; emulated processors in threads of their own may trip. */
	add(&a, "-accel", kvm ? "kvm" : "tcg,thread=single");
	add(&a, "-cpu", kvm ? m->kind->processor : m->kind->emulated);
	if (!kvm)
		add(&a, "-smbios", m->kind->emulated_words);
	add(&a, "-smp", arena_printf(&r->arena, "%u", cpus));
	add(&a, "-m", arena_printf(&r->arena, "%u", o->memory ? o->memory : MEMORY_DEFAULT));
	add_drives(&a, m->firmware, m->variables, m->layer, o->keep);
	add(&a, "-netdev", network(&a, r));
	add(&a, "-device", "virtio-net-pci,netdev=net,romfile=");
	add(&a, "-device", "virtio-rng-pci");
	add_console(&a, o->console);
	return a.list;
}

int run_machine(const struct run_options *o, const struct window *file, enum run_kind kind,
		struct run *ret, struct error *err)
{
	CLEANUP_RUN struct run r = { 0 };
	struct parts m = { 0 };
	bool kvm;

	if (kind == RUN_QCOW2)
		m.kind = kind_of_name(file->name);
	else if (kind_of_table(file, &m.kind, err) < 0)
		return -1;
	if (o->disk_size && kind == RUN_RAW && o->disk_size < file->size)
		return err_set(err, ERR_USAGE, "the disk has %llu bytes: it can't become smaller",
			       (unsigned long long)file->size);
	if (need_program(&r, o, m.kind->program, m.kind->program_package, &m.program, err) < 0 ||
	    need_firmware(m.kind, &m.firmware, err) < 0 || choose_ports(&r, o, err) < 0 ||
	    prepare_layer(&r, o, kind, m.firmware, &m.layer, &m.variables, err) < 0)
		return -1;
	r.architecture = m.kind->architecture;
	kvm = !o->no_kvm && is_host(m.kind) && access("/dev/kvm", R_OK | W_OK) == 0;
	r.argv = command_line(&r, o, &m, kvm);
	r.emulated = kvm ? command_line(&r, o, &m, false) : NULL;
	*ret = r;
	r = (struct run){ 0 };
	return 0;
}

/* ---- started ---- */

/* What QEMU says when KVM is there and refuses; the machine then stands still, or QEMU ends. */
static bool is_kvm_failure(struct str line)
{
	static const char *const texts[] = { "KVM internal error", "error: kvm run failed",
					     "KVM: entry failed", "failed to initialize kvm",
					     "Could not access KVM" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (memmem(line.ptr, line.len, texts[i], strlen(texts[i])))
			return true;
	return false;
}

int run_start(const struct run *r, void (*note)(void *context, const char *text), void *context,
	      int *ret_status, struct error *err)
{
	bool failed = false;

	if (!r->emulated)
		return program_run(r->argv, ret_status, err);
	if (program_run_watched(r->argv, is_kvm_failure, ret_status, &failed, err) < 0)
		return -1;
	if (!failed || interrupted())
		return 0;
	note(context, "KVM of this machine can't run it: emulated instead, which takes a while");
	return program_run(r->emulated, ret_status, err);
}

void run_release(struct run *r)
{
	run_scratch_release(&r->scratch);
	arena_release(&r->arena);
	*r = (struct run){ 0 };
}

#pragma once

/*
 * pipeline/run.h - what `ingot run` does: an output is started on this machine.
 *
 * Spec: design.md, section 11; docs/man/ingot-run.1. The file itself is never written.
 * Programs of the host do it: QEMU with its UEFI firmware, or runc or crun. No shell is
 * called.
 */

#include "base/arena.h"
#include "format/json/json.h"
#include "io/window.h"
#include "pipeline/context.h"
#include "pipeline/run_scratch.h"
#include "tree/reader.h"

struct run_port {
	uint16_t host, guest; /* TCP */
};

struct run_options {
	const char *file;
	const char *temporary; /* folder for what is thrown away: "/tmp" */
	const char *search;    /* where programs are: $PATH */
	uint32_t memory;       /* MiB; 0: 1024 */
	uint32_t cpus;	       /* 0: as this machine has, at most 2; emulated 1 */
	const struct run_port *ports;
	size_t n_ports;
	int32_t ssh_port;   /* -1: one that is free; 0: none */
	uint64_t disk_size; /* bytes; 0: the file's */
	bool keep;	    /* changes stay, in files beside the disk */
	bool no_kvm;	    /* emulate, even if there is KVM */
	bool console;	    /* keys go to the machine: Ctrl-C, too */
};

enum run_kind { RUN_RAW = 1, RUN_QCOW2, RUN_CONTAINER };

/* By the first bytes. ERR_FORMAT if it is none of these. */
int run_kind_of(const struct window *file, enum run_kind *ret, struct error *err) MUST_CHECK;

/* What is about to be started. */
struct run {
	struct arena arena;
	struct run_scratch scratch;
	const char **argv; /* argv[0] is a path; ended by NULL */
	const char **emulated; /* the same, should KVM fail; NULL: without KVM anyway */
	struct str architecture;
	const struct str *ssh_users; /* of a machine: those with a key, as far as is known */
	size_t n_ssh_users;
	bool single_user;  /* of a container: started without root */
	const char *kept;  /* file that holds what changes, or NULL */
	uint16_t ssh_port; /* 0: none */
	const struct run_port *ports;
	size_t n_ports;
};

/* A disk, in QEMU. ERR_NO_PROGRAM with the package to install; ERR_USAGE. run_release(). */
int run_machine(const struct run_options *o, const struct window *file, enum run_kind kind,
		struct run *ret, struct error *err) MUST_CHECK;

/*
 * An image, in runc or crun, from a copy of its tree in a private folder. It shares the
 * host's network: its ports are the host's. Without root it has one user: the one that it
 * starts as. ERR_NO_PROGRAM.
 */
int run_container(const struct run_options *o, const struct json *config, const struct tree *t,
		  const struct content_reader *reader, struct run *ret,
		  struct error *err) MUST_CHECK;

/*
 * Whom sshd of the disk's tree lets in: accounts whose home has .ssh/authorized_keys. Into
 * @r. What can't be read is not there.
 */
void run_find_ssh_users(struct run *r, const struct tree *t, const struct content_reader *reader);

/*
 * Starts it and waits. Where KVM is offered and then can't run the firmware, the machine is
 * emulated instead, and @note says so. *ret_status as in a shell.
 */
int run_start(const struct run *r, void (*note)(void *context, const char *text), void *context,
	      int *ret_status, struct error *err) MUST_CHECK;

/* What is temporary goes. */
void run_release(struct run *r);
#define CLEANUP_RUN CLEANUP(run_release)

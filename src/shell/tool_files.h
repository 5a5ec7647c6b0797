#pragma once

/* shell/tool_files.h - the commands on files, one function each; tool_files.c has the table. */

#include "shell/command.h"

shell_command_run tool_arch, tool_bash, tool_basename, tool_cat, tool_chgrp, tool_chmod, tool_chown,
	tool_chroot, tool_cp, tool_date, tool_dd, tool_dirname, tool_env, tool_find, tool_getcap,
	tool_getent, tool_groups, tool_hostname, tool_id, tool_install, tool_ionice, tool_ln,
	tool_ls, tool_mkdir, tool_mkfifo, tool_mknod, tool_mktemp, tool_mountpoint, tool_mv,
	tool_nice, tool_no_process, tool_nothing, tool_plain_spawn, tool_printenv, tool_readlink,
	tool_realpath, tool_rm, tool_rmdir, tool_run_parts, tool_setcap, tool_sh, tool_stat,
	tool_stdbuf, tool_su, tool_timeout, tool_touch, tool_truncate, tool_tty, tool_uname,
	tool_unlink,
	tool_which, tool_whoami, tool_xargs;

/* The name of the machine that the world is. */
struct str tool_host_name(struct shell_call *c, struct error *err);

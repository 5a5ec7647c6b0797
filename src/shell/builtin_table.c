/* The builtins of dash, and those that bash adds. */
#include "shell/evaluate.h"

/* By name, in byte order. */
const struct builtin builtins[] = {
	{ ".", builtin_dot, BUILTIN_SPECIAL },
	{ ":", builtin_colon, BUILTIN_SPECIAL },
	{ "[", builtin_test, BUILTIN_PROGRAM },
	{ "alias", builtin_alias, 0 },
	{ "bg", builtin_jobs, 0 },
	{ "bind", builtin_refused, BUILTIN_BASH },
	{ "break", builtin_break, BUILTIN_SPECIAL },
	{ "builtin", builtin_refused, BUILTIN_BASH },
	{ "caller", builtin_refused, BUILTIN_BASH },
	{ "cd", builtin_cd, 0 },
	{ "chdir", builtin_cd, 0 },
	{ "command", builtin_command, 0 },
	{ "compgen", builtin_refused, BUILTIN_BASH },
	{ "complete", builtin_refused, BUILTIN_BASH },
	{ "continue", builtin_continue, BUILTIN_SPECIAL },
	{ "declare", builtin_declare, BUILTIN_BASH },
	{ "dirs", builtin_refused, BUILTIN_BASH },
	{ "disown", builtin_refused, BUILTIN_BASH },
	{ "echo", builtin_echo, BUILTIN_PROGRAM },
	{ "enable", builtin_refused, BUILTIN_BASH },
	{ "eval", builtin_eval, BUILTIN_SPECIAL },
	{ "exec", builtin_exec, BUILTIN_SPECIAL },
	{ "exit", builtin_exit, BUILTIN_SPECIAL },
	{ "export", builtin_export, BUILTIN_SPECIAL },
	{ "false", builtin_false, BUILTIN_PROGRAM },
	{ "fc", builtin_refused, BUILTIN_BASH },
	{ "fg", builtin_jobs, 0 },
	{ "getopts", builtin_getopts, 0 },
	{ "hash", builtin_hash, 0 },
	{ "history", builtin_refused, BUILTIN_BASH },
	{ "jobs", builtin_jobs, 0 },
	{ "kill", builtin_kill, 0 },
	{ "let", builtin_let, BUILTIN_BASH },
	{ "local", builtin_local, BUILTIN_SPECIAL },
	{ "mapfile", builtin_mapfile, BUILTIN_BASH },
	{ "popd", builtin_refused, BUILTIN_BASH },
	{ "printf", builtin_printf, BUILTIN_PROGRAM },
	{ "pushd", builtin_refused, BUILTIN_BASH },
	{ "pwd", builtin_pwd, BUILTIN_PROGRAM },
	{ "read", builtin_read, 0 },
	{ "readarray", builtin_mapfile, BUILTIN_BASH },
	{ "readonly", builtin_readonly, BUILTIN_SPECIAL },
	{ "return", builtin_return, BUILTIN_SPECIAL },
	{ "set", builtin_set, BUILTIN_SPECIAL },
	{ "shift", builtin_shift, BUILTIN_SPECIAL },
	{ "shopt", builtin_shopt, BUILTIN_BASH },
	{ "source", builtin_dot, BUILTIN_BASH },
	{ "test", builtin_test, BUILTIN_PROGRAM },
	{ "times", builtin_times, BUILTIN_SPECIAL },
	{ "trap", builtin_trap, BUILTIN_SPECIAL },
	{ "true", builtin_true, BUILTIN_PROGRAM },
	{ "type", builtin_type, 0 },
	{ "typeset", builtin_declare, BUILTIN_BASH },
	{ "ulimit", builtin_ulimit, 0 },
	{ "umask", builtin_umask, 0 },
	{ "unalias", builtin_refused, 0 },
	{ "unset", builtin_unset, BUILTIN_SPECIAL },
	{ "wait", builtin_wait, 0 },
};

const struct builtin *builtin_find(const struct shell *sh, struct str name)
{
	size_t low = 0, high = sizeof(builtins) / sizeof(*builtins);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = str_compare(name, str_of(builtins[middle].name));

		if (!order)
			return (builtins[middle].flags & BUILTIN_BASH) && !sh->bash
				       ? NULL
				       : &builtins[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

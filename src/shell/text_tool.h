#pragma once

/* shell/text_tool.h - what the text commands share. Private to shell/tool_*.c. */

#include "base/limits.h"
#include "shell/command.h"

/*
 * The bytes of operand @name; "-" is standard input. 0; 1: it can't be read, said
 * on standard error unless @quiet; -1.
 */
int text_read(struct shell_call *c, struct str name, bool quiet, struct str *ret,
	      struct error *err) MUST_CHECK;

/* All operands (or standard input) one after the other. *ret_failed: one can't be read. */
int text_read_all(struct shell_call *c, const struct shell_arguments *a, struct arena *arena,
		  struct str *ret, bool *ret_failed, struct error *err) MUST_CHECK;

/* The next line of *rest without its end; false when there is none. */
bool text_line(struct str *rest, char end, struct str *ret, bool *ret_ended);

/* All lines, in @arena. A last one without end counts. */
size_t text_lines(struct arena *arena, struct str text, char end, struct str **ret);

/* Adds to standard output (text_add: to any buffer); ERR_LIMIT if there is no room. */
int text_add(struct buf *out, struct str s, struct error *err) MUST_CHECK;
int text_put(struct shell_call *c, struct str s, struct error *err) MUST_CHECK;
int text_put_line(struct shell_call *c, struct str s, char end, struct error *err) MUST_CHECK;
int text_printf(struct shell_call *c, struct error *err, const char *fmt, ...)
	PRINTF_LIKE(3, 4) MUST_CHECK;

/* "write error" for an outcome of world_write(). */
int text_write(struct shell_call *c, struct str path, struct str data, bool append,
	       struct error *err) MUST_CHECK; /* 0, 1 (said), -1 */

bool text_is_ascii(struct str s);
bool text_has_char(struct str s, char c);

/* Arguments with "-5" turned into "-n" "5": head, tail. A call to be used instead of @c. */
struct shell_call text_old_number(struct shell_call *c, char letter);

shell_command_run run_awk, run_base64, run_cksum, run_cmp, run_comm, run_cut, run_diff, run_egrep,
	run_envsubst, run_expr, run_fgrep, run_fold, run_getopt, run_gettext, run_grep, run_head,
	run_iconv, run_join, run_md5sum, run_ngettext, run_nl, run_od, run_paste, run_rev, run_sed,
	run_seq, run_sha1sum, run_sha224sum, run_sha256sum, run_sha384sum, run_sha512sum, run_sleep,
	run_sort, run_tac, run_tail, run_tee, run_tr, run_uniq, run_wc;

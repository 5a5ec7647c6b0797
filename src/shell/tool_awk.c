/* awk: its command line. */
#include "base/mem.h"
#include "shell/awk.h"
#include "shell/shell.h"

#include <stdlib.h>

_Noreturn void awk_refuse(struct awk *w, const char *reason)
{
	w->failed = 1;
	w->reason = reason;
	longjmp(w->stop, 1);
}

_Noreturn void awk_fail(struct awk *w)
{
	w->failed = -1;
	longjmp(w->stop, 1);
}

static const struct shell_option awk_options[] = {
	{ 'F', NULL, OPTION_VALUE, 'F' },
	{ 'v', NULL, OPTION_VALUE, 'v' },
	{ 'f', NULL, OPTION_VALUE, 'f' },
	{ 0, NULL, OPTION_NO_VALUE, 0 },
};

static void fill_environment(struct awk *w)
{
	struct awk_array *to = w->globals[V_ENVIRON].array;
	struct shell_variable *list;
	size_t n = shell_environment(w->c->shell, &list);

	for (size_t i = 0; i < n; i++) {
		struct awk_cell *cell = awk_element(w, to, list[i].name, true);

		cell->kind = CELL_SCALAR;
		cell->value = awk_input(list[i].value);
	}
}

static void set_up(struct awk *w)
{
	static const char *const names[V_SPECIALS] = {
		"NF",	  "NR",	    "FNR",     "FS",	  "OFS",  "ORS",     "RS",   "FILENAME",
		"SUBSEP", "RSTART", "RLENGTH", "CONVFMT", "OFMT", "ENVIRON", "ARGC", "ARGV",
	};
	static const struct {
		enum awk_special variable;
		const char *text;
	} texts[] = { { V_FS, " " },	  { V_OFS, " " },	{ V_ORS, "\n" },
		      { V_RS, "\n" },	  { V_SUBSEP, "\034" }, { V_CONVFMT, "%.6g" },
		      { V_OFMT, "%.6g" }, { V_FILENAME, "" } };

	for (unsigned i = 0; i < V_SPECIALS; i++)
		(void)awk_global(w, str_of(names[i]));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		awk_set_special(w, texts[i].variable, awk_string(str_of(texts[i].text)));
	awk_set_special(w, V_NR, awk_number(0));
	awk_set_special(w, V_FNR, awk_number(0));
	awk_set_special(w, V_RSTART, awk_number(0));
	awk_set_special(w, V_RLENGTH, awk_number(-1));
	w->globals[V_ENVIRON].kind = w->globals[V_ARGV].kind = CELL_ARRAY;
	w->globals[V_ENVIRON].array = awk_new_array(w);
	w->globals[V_ARGV].array = awk_new_array(w);
	fill_environment(w);
	w->split = w->rebuilt = true;
}

/* 0, 1: refused or failed with *ret_status. */
static int take_options(struct awk *w, struct shell_arguments *a)
{
	struct str text = { NULL, 0 };

	for (size_t i = 0; i < a->n_options; i++) {
		struct str value = a->options[i].value, piece;
		size_t n = str_find_char(value, '=');

		if (a->options[i].id == 'F') {
			if (str_equal(value, STR("t")) || value.len == 0)
				awk_refuse(w, "this separator of fields");
			awk_set_special(w, V_FS, awk_string(awk_unescape(w, value)));
		} else if (a->options[i].id == 'v') {
			if (n == value.len)
				awk_refuse(w, "-v without '='");
			unsigned global = awk_global(w, (struct str){ value.ptr, n });
			value = (struct str){ value.ptr + n + 1, value.len - n - 1 };
			if (global == V_ENVIRON || global == V_ARGV || global == V_NF)
				awk_refuse(w, "-v of this variable");
			awk_set_special(w, (enum awk_special)global,
					awk_input(awk_unescape(w, value)));
		} else {
			int found = text_read(w->c, value, false, &piece, w->err);

			if (found < 0)
				awk_fail(w);
			if (found > 0)
				return 1;
			text = text.ptr ? awk_concat(w, awk_concat(w, text, STR("\n")), piece)
					: piece;
		}
	}
	if (!text.ptr) {
		if (a->n_operands == 0)
			return 1;
		text = a->operands[0];
		a->operands++;
		a->n_operands--;
	}
	w->text = text;
	return 0;
}

static void set_arguments(struct awk *w, const struct shell_arguments *a)
{
	struct awk_array *argv = w->globals[V_ARGV].array;

	for (size_t i = 0; i <= a->n_operands; i++) {
		struct awk_cell *cell =
			awk_element(w, argv, str_of(arena_printf(&w->arena, "%zu", i)), true);

		cell->kind = CELL_SCALAR;
		cell->value = awk_input(i == 0 ? w->c->argv[0] : a->operands[i - 1]);
	}
	awk_set_special(w, V_ARGC, awk_number((double)a->n_operands + 1));
	w->next_file = 1;
}

static int run_program(struct awk *w, struct shell_arguments *a)
{
	if (setjmp(w->stop))
		return w->failed;
	set_up(w);
	if (take_options(w, a)) {
		w->status = 2;
		return 0;
	}
	awk_parse(w);
	set_arguments(w, a);
	awk_run(w);
	return 0;
}

static void free_awk(struct awk *w)
{
	for (struct awk_array *a = w->arrays; a; a = a->next)
		strtab_release(&a->names);
	for (size_t i = 0; i < sizeof(w->streams) / sizeof(w->streams[0]); i++)
		buf_release(&w->streams[i].out);
	arena_release(&w->arena);
	free(w);
}

int run_awk(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	struct awk *w = NULL;
	int status = 0, found = shell_options(c, awk_options, true, &a, &status, err);

	if (found)
		return found < 0 ? -1 : status;
	w = mem_alloc(sizeof(*w));
	w->c = c;
	w->err = err;
	found = run_program(w, &a);
	(void)shell_charge(c->shell, 16 * w->steps);
	status = w->status;
	if (found > 0)
		status = shell_refuse(c, err, "awk: %s", w->reason);
	free_awk(w);
	return found < 0 ? -1 : status;
}

#include "shell/file_tool.h"
#include "shell/tool_files.h"

enum {
	CAT_NUMBER = 1,
	CAT_NUMBER_FULL,
	CAT_ENDS,
	CAT_TABS,
	CAT_VISIBLE,
	CAT_SQUEEZE,
	CAT_ALL,
	CAT_VE,
	CAT_VT,
	CAT_NOTHING
};

static const struct shell_option cat_options[] = {
	{ 'A', "show-all", OPTION_NO_VALUE, CAT_ALL },
	{ 'b', "number-nonblank", OPTION_NO_VALUE, CAT_NUMBER_FULL },
	{ 'e', NULL, OPTION_NO_VALUE, CAT_VE },
	{ 'E', "show-ends", OPTION_NO_VALUE, CAT_ENDS },
	{ 'n', "number", OPTION_NO_VALUE, CAT_NUMBER },
	{ 's', "squeeze-blank", OPTION_NO_VALUE, CAT_SQUEEZE },
	{ 't', NULL, OPTION_NO_VALUE, CAT_VT },
	{ 'T', "show-tabs", OPTION_NO_VALUE, CAT_TABS },
	{ 'u', NULL, OPTION_NO_VALUE, CAT_NOTHING },
	{ 'v', "show-nonprinting", OPTION_NO_VALUE, CAT_VISIBLE },
	{ 0 },
};

struct cat {
	struct buf *out;
	bool number, number_full, ends, tabs, visible, squeeze;
	unsigned line, blank; /* blank lines in a row */
	bool inside;	      /* a line that has begun */
};

static void add_char(struct cat *k, uint8_t ch)
{
	if (ch == '\t' && !k->tabs) {
		buf_add_char(k->out, '\t');
		return;
	}
	if (!k->visible && ch != '\t') {
		buf_add_char(k->out, (char)ch);
		return;
	}
	if (ch >= 128) {
		buf_add_cstr(k->out, "M-");
		ch = (uint8_t)(ch - 128);
		if (ch == '\n') {
			buf_add_cstr(k->out, "^J");
			return;
		}
	}
	if (ch < 32) {
		buf_add_char(k->out, '^');
		buf_add_char(k->out, (char)(ch + 64));
	} else if (ch == 127) {
		buf_add_cstr(k->out, "^?");
	} else {
		buf_add_char(k->out, (char)ch);
	}
}

static void add_text(struct cat *k, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		bool newline = text.ptr[i] == '\n';

		if (!k->inside) {
			k->blank = newline ? k->blank + 1 : 0;
			if (k->squeeze && k->blank > 1)
				continue;
			if (k->number_full ? !newline : k->number)
				buf_printf(k->out, "%6u\t", ++k->line);
		}
		k->inside = !newline;
		if (!newline) {
			add_char(k, (uint8_t)text.ptr[i]);
			continue;
		}
		if (k->ends)
			buf_add_char(k->out, '$');
		buf_add_char(k->out, '\n');
	}
}

static int add_file(struct shell_call *c, struct cat *k, bool plain, struct str path,
		    struct error *err)
{
	struct str text;
	int outcome = 0;

	if (str_equal_cstr(path, "-") || str_equal_cstr(path, "/dev/stdin") ||
	    str_equal_cstr(path, "/dev/fd/0"))
		text = shell_input_all(c->in);
	else
		outcome = world_read(c->shell, path, &text, err);
	if (outcome < 0)
		return -1;
	if (outcome == WORLD_SPECIAL)
		return shell_refuse(c, err, "the content of " STR_FMT, STR_ARG(path));
	if (outcome) {
		buf_printf(c->err, STR_FMT ": " STR_FMT ": %s\n", STR_ARG(c->argv[0]),
			   STR_ARG(path), world_outcome_text((enum world_outcome)outcome));
		return 1;
	}
	if (plain)
		buf_add_str(c->out, text);
	else
		add_text(k, text);
	return 0;
}

int tool_cat(struct shell_call *c, struct error *err)
{
	static const struct str input[] = { { "-", 1 } };
	struct cat k = { .out = c->out };
	struct shell_arguments a;
	int status = 0, result = shell_options(c, cat_options, false, &a, &status, err);
	bool plain = true;

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		int id = a.options[i].id;

		plain &= id == CAT_NOTHING;
		k.number |= id == CAT_NUMBER;
		k.number_full |= id == CAT_NUMBER_FULL;
		k.squeeze |= id == CAT_SQUEEZE;
		k.ends |= id == CAT_ENDS || id == CAT_ALL || id == CAT_VE;
		k.tabs |= id == CAT_TABS || id == CAT_ALL || id == CAT_VT;
		k.visible |= id == CAT_VISIBLE || id == CAT_ALL || id == CAT_VE || id == CAT_VT;
	}
	if (!a.n_operands) {
		a.operands = input;
		a.n_operands = 1;
	}
	for (size_t i = 0; i < a.n_operands; i++) {
		result = add_file(c, &k, plain, a.operands[i], err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}

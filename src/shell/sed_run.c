/* The cycle of sed: lines in, commands, lines out. */
#include "shell/charclass.h"
#include "shell/sed.h"

struct regex *sed_regex(struct sed_run *run, struct regex *regex)
{
	if (regex)
		run->last_regex = regex;
	else if (!run->last_regex)
		run->refusal = "no previous regular expression";
	return run->last_regex;
}

int sed_put(struct sed_run *run, struct sed_output *o, struct str text, bool ended,
	    struct error *err)
{
	char end = run->end;

	if (o->missing_newline && text_add(o->out, (struct str){ &end, 1 }, err) < 0)
		return -1;
	o->missing_newline = !ended;
	if (text_add(o->out, text, err) < 0)
		return -1;
	return ended ? text_add(o->out, (struct str){ &end, 1 }, err) : 0;
}

/* Text as it is, with its own newlines. */
static int put_raw(struct sed_run *run, struct sed_output *o, struct str text, struct error *err)
{
	char end = run->end;

	if (o->missing_newline && text_add(o->out, (struct str){ &end, 1 }, err) < 0)
		return -1;
	o->missing_newline = false;
	return text_add(o->out, text, err);
}

static int put_pattern(struct sed_run *run, struct sed_output *o, struct error *err)
{
	return sed_put(run, o, buf_str(&run->pattern), run->chomped, err);
}

static bool at_end(struct sed_run *run)
{
	while (run->input < run->n_inputs && run->inputs[run->input].text.len == 0)
		run->input++;
	return run->input == run->n_inputs;
}

/* The next line to the end of the pattern space. False at the end. */
static bool read_line(struct sed_run *run, bool append, int *ret, struct error *err)
{
	struct str line;

	*ret = 0;
	if (at_end(run))
		return false;
	text_line(&run->inputs[run->input].text, run->end, &line, &run->chomped);
	if (!append)
		buf_reset(&run->pattern);
	else if (text_add(&run->pattern, (struct str){ &run->end, 1 }, err) < 0)
		*ret = -1;
	if (*ret == 0)
		*ret = text_add(&run->pattern, line, err);
	run->line++;
	return true;
}

static int dump_appends(struct sed_run *run, struct error *err)
{
	for (size_t i = 0; i < run->n_appends; i++) {
		struct str text = run->appends[i];

		if (run->append_is_file[i]) {
			int found = world_read(run->c->shell, run->appends[i], &text, err);

			if (str_equal(run->appends[i], STR("/dev/stdin")))
				run->refusal = "reading standard input as a file";
			if (found < 0)
				return -1;
			if (found > 0)
				continue;
		}
		if (put_raw(run, run->main, text, err) < 0)
			return -1;
	}
	run->n_appends = 0;
	return 0;
}

static void append(struct sed_run *run, struct str text, bool is_file)
{
	if (run->n_appends == run->append_capacity) {
		size_t n = run->append_capacity ? 2 * run->append_capacity : 8;
		struct str *more = arena_array(run->arena, n, sizeof(*more));
		bool *more_files = arena_array(run->arena, n, sizeof(*more_files));

		for (size_t i = 0; i < run->n_appends; i++) {
			more[i] = run->appends[i];
			more_files[i] = run->append_is_file[i];
		}
		run->appends = more;
		run->append_is_file = more_files;
		run->append_capacity = n;
	}
	run->appends[run->n_appends] = text;
	run->append_is_file[run->n_appends++] = is_file;
}

/* ---- addresses ---- */

static bool matches(struct sed_run *run, const struct sed_address *a)
{
	struct regex *re = NULL;
	struct str text = buf_str(&run->pattern);
	enum regex_answer answer = REGEX_NO_MATCH;

	switch (a->kind) {
	case SED_LINE:
		return run->line == a->n;
	case SED_STEP:
		return a->step == 0 ? run->line == a->n
				    : run->line >= a->n && (run->line - a->n) % a->step == 0;
	case SED_LAST:
		return at_end(run);
	case SED_REGEX:
		re = sed_regex(run, a->regex);
		if (!re)
			return false;
		answer = regex_search(re, text.ptr ? text : STR(""), 0, NULL, 0);
		(void)shell_charge(run->c->shell, regex_steps(re));
		if (answer == REGEX_GAVE_UP)
			run->refusal = regex_reason(re);
		return answer == REGEX_MATCH;
	default:
		return false;
	}
}

/* The first line of a range was met: whether there are more. */
static void begin_range(const struct sed_run *run, struct sed_command *command)
{
	const struct sed_address *end = &command->a2;

	command->active = true;
	command->range_end = 0;
	if (end->kind == SED_LINE)
		command->range_end = end->n;
	else if (end->kind == SED_PLUS)
		command->range_end = run->line + end->n;
	else if (end->kind == SED_MULTIPLE)
		command->range_end = end->n ? (run->line / end->n + 1) * end->n : run->line;
	else
		return;
	command->active = run->line < command->range_end;
}

static bool selected(struct sed_run *run, struct sed_command *command)
{
	if (command->a1.kind == SED_NO_ADDRESS)
		return true;
	if (command->a2.kind == SED_NO_ADDRESS)
		return matches(run, &command->a1);
	if (!command->active) {
		if (!matches(run, &command->a1))
			return false;
		begin_range(run, command);
		return true;
	}
	if (command->a2.kind == SED_REGEX || command->a2.kind == SED_LAST) {
		command->active = !matches(run, &command->a2);
		return true;
	}
	command->active = run->line < command->range_end;
	/* Lines were passed over: the range ended before this one. */
	return run->line <= command->range_end;
}

/* ---- commands ---- */

enum flow { FLOW_NEXT, FLOW_JUMP, FLOW_END_CYCLE, FLOW_DELETE, FLOW_RESTART, FLOW_QUIT };

static int list_pattern(struct sed_run *run, struct sed_command *command, struct error *err)
{
	static const char from[] = "\\\a\b\f\n\r\t\v", to[] = "\\abfnrtv";
	struct buf line CLEANUP_BUF = BUF_INIT(LIMIT_SHELL_OUTPUT);
	struct str text = buf_str(&run->pattern);
	size_t width = command->number ? (size_t)command->number - 1 : 69, column = 0;

	if (!text_is_ascii(text) || text.len > LIMIT_SHELL_OUTPUT / 8) {
		run->refusal = "characters beyond ASCII in `l'";
		return 0;
	}
	for (size_t i = 0; i < text.len; i++) {
		char piece[8] = { text.ptr[i] };
		size_t n = 1, k = str_find_char(str_of(from), text.ptr[i]);
		unsigned c = (unsigned char)text.ptr[i];

		if (k < sizeof(from) - 1) {
			piece[0] = '\\';
			piece[1] = to[k];
			n = 2;
		} else if (c < ' ' || c == 127) {
			piece[0] = '\\';
			piece[1] = (char)('0' + c / 64);
			piece[2] = (char)('0' + c / 8 % 8);
			piece[3] = (char)('0' + c % 8);
			n = 4;
		}
		if (width > 0 && column + n > width) {
			buf_add_cstr(&line, "\\\n");
			column = 0;
		}
		buf_add_str(&line, (struct str){ piece, n });
		column += n;
	}
	buf_add_cstr(&line, "$");
	return sed_put(run, run->main, buf_str(&line), true, err);
}

static int copy_buf(struct buf *to, const struct buf *from, bool add, struct error *err)
{
	if (!add)
		buf_reset(to);
	else if (text_add(to, STR("\n"), err) < 0)
		return -1;
	return text_add(to, buf_str(from), err);
}

/* n and N at the end of input: GNU prints the pattern space and ends. */
static int next_line(struct sed_run *run, bool add, enum flow *ret, struct error *err)
{
	int status = 0;

	*ret = FLOW_NEXT;
	if (at_end(run)) {
		*ret = FLOW_QUIT;
		return 0;
	}
	if (!add && !run->script->quiet && put_pattern(run, run->main, err) < 0)
		return -1;
	if (dump_appends(run, err) < 0)
		return -1;
	(void)read_line(run, add, &status, err);
	return status;
}

static int put_number(struct sed_run *run, struct error *err)
{
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t n = run->line;

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	if (put_raw(run, run->main, (struct str){ digits + at, sizeof(digits) - at }, err) < 0)
		return -1;
	return put_raw(run, run->main, STR("\n"), err);
}

static void delete_first_line(struct sed_run *run)
{
	struct str text = buf_str(&run->pattern);
	size_t n = str_find_char(text, run->end) + 1;

	memmove(run->pattern.ptr, run->pattern.ptr + n, text.len - n);
	run->pattern.len -= n;
}

static int substitute(struct sed_run *run, struct sed_command *command, struct error *err)
{
	int done = sed_substitute(run, command, err);

	if (done <= 0)
		return done;
	run->replaced = true;
	if (command->print && put_pattern(run, run->main, err) < 0)
		return -1;
	return command->output
		       ? put_pattern(run, command->output->out ? command->output : run->main, err)
		       : 0;
}

static int execute_text(struct sed_run *run, struct sed_command *command, enum flow *ret,
			struct error *err)
{
	struct str text = buf_str(&run->pattern);

	switch (command->name) {
	case 'a':
		append(run, command->text, false);
		return 0;
	case 'r':
		append(run, command->text, true);
		return 0;
	case 'i':
		return put_raw(run, run->main, command->text, err);
	case 'c':
		*ret = FLOW_DELETE;
		if (command->a2.kind != SED_NO_ADDRESS && command->active && !command->negated)
			return 0;
		return put_raw(run, run->main, command->text, err);
	case 'p':
		return put_pattern(run, run->main, err);
	case 'P':
		text.len = str_find_char(text, run->end);
		return sed_put(run, run->main, text, true, err);
	case 'w':
		return put_pattern(run, command->output->out ? command->output : run->main, err);
	case '=':
		return put_number(run, err);
	case 'l':
		return list_pattern(run, command, err);
	case 'F':
		text = run->inputs[run->input < run->n_inputs ? run->input : run->n_inputs - 1]
			       .name;
		if (put_raw(run, run->main, text, err) < 0)
			return -1;
		return put_raw(run, run->main, STR("\n"), err);
	default:
		return 0;
	}
}

static int execute_space(struct sed_run *run, struct sed_command *command, struct error *err)
{
	struct buf swap = run->pattern;

	switch (command->name) {
	case 'g':
		return copy_buf(&run->pattern, &run->hold, false, err);
	case 'G':
		return copy_buf(&run->pattern, &run->hold, true, err);
	case 'h':
		return copy_buf(&run->hold, &run->pattern, false, err);
	case 'H':
		return copy_buf(&run->hold, &run->pattern, true, err);
	case 'x':
		run->pattern = run->hold;
		run->hold = swap;
		return 0;
	case 'z':
		buf_reset(&run->pattern);
		return 0;
	case 'y':
		for (size_t i = 0; i < run->pattern.len; i++)
			run->pattern.ptr[i] = command->map[run->pattern.ptr[i]];
		return 0;
	case 's':
		return substitute(run, command, err);
	default:
		return 0;
	}
}

static int execute(struct sed_run *run, struct sed_command *command, enum flow *ret,
		   struct error *err)
{
	bool replaced = run->replaced;

	*ret = FLOW_NEXT;
	switch (command->name) {
	case 'b':
		*ret = FLOW_JUMP;
		return 0;
	case 't':
	case 'T':
		if (replaced == (command->name == 't'))
			*ret = FLOW_JUMP;
		run->replaced = false;
		return 0;
	case 'd':
		*ret = FLOW_DELETE;
		return 0;
	case 'D':
		*ret = FLOW_DELETE;
		if (text_has_char(buf_str(&run->pattern), run->end)) {
			delete_first_line(run);
			*ret = FLOW_RESTART;
		}
		return 0;
	case 'q':
	case 'Q':
		run->status = (int)(command->number & 255);
		run->quit = true;
		*ret = command->name == 'q' ? FLOW_QUIT : FLOW_DELETE;
		return 0;
	case 'n':
	case 'N':
		return next_line(run, command->name == 'N', ret, err);
	default:
		break;
	}
	if (text_has_char(STR("gGhHxzys"), command->name))
		return execute_space(run, command, err);
	return execute_text(run, command, ret, err);
}

/* One cycle over the pattern space. */
static int cycle(struct sed_run *run, enum flow *ret, struct error *err)
{
	struct sed_script *script = run->script;

	*ret = FLOW_END_CYCLE;
	for (size_t i = 0; i < script->n; i++) {
		struct sed_command *command = &script->commands[i];
		enum flow flow = FLOW_NEXT;

		/* Matching and copying cost what is in the pattern space. */
		run->steps +=
			1 +
			(text_has_char(STR("sDGHgh"), command->name) ? run->pattern.len / 16 : 0);
		if (run->steps > SED_STEPS_MAX)
			run->refusal = "too many steps";
		if (command->name == '}' || command->name == ':')
			continue;
		if (selected(run, command) == command->negated) {
			if (command->name == '{')
				i = command->jump;
			continue;
		}
		if (run->refusal)
			return 0;
		if (execute(run, command, &flow, err) < 0)
			return -1;
		if (run->refusal)
			return 0;
		if (flow == FLOW_JUMP)
			i = command->jump == script->n ? script->n - 1 : command->jump;
		else if (flow != FLOW_NEXT) {
			*ret = flow;
			return 0;
		}
	}
	return 0;
}

int sed_execute(struct sed_run *run, struct error *err)
{
	bool restart = false;

	for (size_t i = 0; i < run->script->n; i++)
		run->script->commands[i].active = run->script->commands[i].a1.kind == SED_ZERO;
	while (!run->refusal) {
		enum flow flow = FLOW_NEXT;
		int status = 0;

		if (!restart && !read_line(run, false, &status, err))
			return 0;
		if (status < 0)
			return -1;
		if (!restart)
			run->replaced = false;
		if (cycle(run, &flow, err) < 0)
			return -1;
		if (run->refusal)
			return 0;
		restart = flow == FLOW_RESTART;
		if ((flow == FLOW_END_CYCLE || flow == FLOW_QUIT) && !run->script->quiet &&
		    put_pattern(run, run->main, err) < 0)
			return -1;
		if (dump_appends(run, err) < 0)
			return -1;
		if (flow == FLOW_QUIT || run->quit)
			return 0;
	}
	return 0;
}

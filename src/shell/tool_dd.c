/* dd and truncate: what is known before it is read. */
#include "base/limits.h"
#include "shell/file_tool.h"
#include "shell/tool_files.h"

/* "4k", "1M": dd's and truncate's sizes. */
static bool parse_size(struct str text, uint64_t *ret)
{
	static const char units[] = "cwbkKMG";
	static const uint64_t factors[] = { 1, 2, 512, 1024, 1024, 1 << 20, 1 << 30 };
	uint64_t factor = 1;
	const char *unit;

	if (!text.len)
		return false;
	unit = strchr(units, text.ptr[text.len - 1]);
	if (unit && *unit) {
		factor = factors[unit - units];
		text.len--;
	}
	if (!text.len || !str_parse_u64(text, ret) || *ret > UINT32_MAX)
		return false;
	*ret *= factor;
	return true;
}

struct dd {
	struct str from, to;
	uint64_t block, count;
	bool has_count, keep;
};

static bool take_word(struct dd *dd, struct str word)
{
	size_t n = str_find_char(word, '=');
	struct str name = { word.ptr, n }, value;
	uint64_t ignored;

	if (n == word.len)
		return false;
	value = (struct str){ word.ptr + n + 1, word.len - n - 1 };
	if (str_equal_cstr(name, "if")) {
		dd->from = value;
	} else if (str_equal_cstr(name, "of")) {
		dd->to = value;
	} else if (str_equal_cstr(name, "bs") || str_equal_cstr(name, "ibs")) {
		return parse_size(value, &dd->block) && dd->block;
	} else if (str_equal_cstr(name, "obs")) {
		return parse_size(value, &ignored);
	} else if (str_equal_cstr(name, "count")) {
		dd->has_count = true;
		return parse_size(value, &dd->count);
	} else if (str_equal_cstr(name, "conv")) {
		return str_equal_cstr(value, "fsync") || str_equal_cstr(value, "sync,fsync");
	} else {
		return str_equal_cstr(name, "status");
	}
	return true;
}

static int read_input(struct shell_call *c, const struct dd *dd, struct str *ret, struct error *err)
{
	uint64_t most = dd->has_count ? dd->block * dd->count : UINT64_MAX;
	int outcome = 0;

	if (dd->has_count && dd->count && dd->block > UINT64_MAX / dd->count)
		return shell_refuse(c, err, "that many bytes");
	if (str_equal_cstr(dd->from, "/dev/zero")) {
		if (most > LIMIT_SHELL_FILE)
			return shell_refuse(c, err, "that many zeros");
		*ret = (struct str){ arena_alloc(c->world->arena, (size_t)most + 1), (size_t)most };
		return 0;
	}
	if (dd->from.ptr) {
		outcome = world_read(c->shell, dd->from, ret, err);
	} else {
		/* A count on a pipe depends on how its writer writes. */
		if (dd->has_count)
			return shell_refuse(c, err, "count= on standard input");
		*ret = shell_input_all(c->in);
	}
	if (outcome < 0)
		return -1;
	if (outcome == WORLD_SPECIAL)
		return shell_refuse(c, err, "reading " STR_FMT, STR_ARG(dd->from));
	if (outcome)
		return file_failed(c, "failed to open", dd->from, outcome);
	if (ret->len > most)
		ret->len = (size_t)most;
	return 0;
}

int tool_dd(struct shell_call *c, struct error *err)
{
	struct dd dd = { .block = 512 };
	struct str data = STR(""); /* a refusal may say: go on */
	int status;

	for (size_t i = 1; i < c->argc; i++)
		if (!take_word(&dd, c->argv[i]))
			return shell_refuse(c, err, "operand " STR_FMT, STR_ARG(c->argv[i]));
	status = read_input(c, &dd, &data, err);
	if (status)
		return status;
	if (!dd.to.ptr) {
		buf_add_str(c->out, data);
		return 0;
	}
	status = world_write(c->shell, dd.to, data, false, err);
	if (status < 0)
		return -1;
	if (status == WORLD_SPECIAL)
		return shell_refuse(c, err, "writing " STR_FMT, STR_ARG(dd.to));
	return status ? file_failed(c, "failed to open", dd.to, status) : 0;
}

enum { TRUNCATE_SIZE = 1, TRUNCATE_NO_CREATE };

static const struct shell_option truncate_options[] = {
	{ 's', "size", OPTION_VALUE, TRUNCATE_SIZE },
	{ 'c', "no-create", OPTION_NO_VALUE, TRUNCATE_NO_CREATE },
	{ 0 },
};

static int truncate_one(struct shell_call *c, struct str path, uint64_t size, struct error *err)
{
	struct str old = STR("");
	char *data;
	int outcome = world_read(c->shell, path, &old, err);

	if (outcome < 0)
		return -1;
	if (outcome && outcome != WORLD_ABSENT)
		return shell_refuse(c, err, STR_FMT, STR_ARG(path));
	data = arena_alloc(c->world->arena, (size_t)size + 1);
	if (old.len)
		memcpy(data, old.ptr, old.len < size ? old.len : (size_t)size);
	outcome = world_write(c->shell, path, (struct str){ data, (size_t)size }, false, err);
	if (outcome == WORLD_SPECIAL)
		return shell_refuse(c, err, STR_FMT, STR_ARG(path));
	return outcome > 0 ? file_failed(c, "cannot open for writing", path, outcome) : outcome;
}

int tool_truncate(struct shell_call *c, struct error *err)
{
	struct shell_arguments a;
	uint64_t size = 0;
	bool has_size = false, no_create = false;
	int status = 0, result = shell_options(c, truncate_options, false, &a, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	for (size_t i = 0; i < a.n_options; i++) {
		if (a.options[i].id == TRUNCATE_NO_CREATE)
			no_create = true;
		else if (!(has_size = parse_size(a.options[i].value, &size)))
			return shell_refuse(c, err, "a relative size");
	}
	if (!has_size || size > LIMIT_SHELL_FILE)
		return shell_refuse(c, err, "this size");
	if (!a.n_operands)
		return file_usage(c, "missing file operand");
	for (size_t i = 0; i < a.n_operands; i++) {
		if (no_create && !world_find(c->shell, a.operands[i], true))
			continue;
		result = truncate_one(c, a.operands[i], size, err);
		if (result < 0)
			return -1;
		status |= result;
	}
	return status;
}

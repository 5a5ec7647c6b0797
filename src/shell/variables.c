/*
 * Variables and functions. A subshell keeps a journal of what it changes, so that
 * entering one costs nothing: most of them change no variable at all.
 */
#include "shell/evaluate.h"

#include "base/limits.h"

const struct str variable_path = { "PATH", 4 }, variable_ifs = { "IFS", 3 },
		 variable_home = { "HOME", 4 }, variable_pwd = { "PWD", 3 };

struct variable *variable_find(const struct shell *sh, struct str name)
{
	uint32_t index;

	return strtab_find(&sh->variable_names, name, &index) ? &sh->variables[index] : NULL;
}

struct variable *variable_make(struct shell *sh, struct str name)
{
	struct str key;
	uint32_t index = strtab_intern(&sh->variable_names, name, &key);

	if (index == sh->n_variables) {
		MEM_GROW(sh->variables, sh->n_variables, sh->variables_capacity);
		sh->variables[sh->n_variables++] = (struct variable){ .name = key };
		sh->session->held += sizeof(struct variable) + name.len;
	}
	return &sh->variables[index];
}

static void value_release(struct shell *sh, struct value *v)
{
	for (size_t i = 0; i < v->n_items; i++) {
		sh->session->held -= v->items[i].len;
		free(v->items[i].text);
	}
	if (v->text)
		sh->session->held -= v->len;
	free(v->items);
	free(v->text);
	*v = (struct value){ 0 };
}

static char *held_copy(struct shell *sh, struct str text)
{
	char *copy = mem_alloc(text.len + 1);

	if (text.len)
		memcpy(copy, text.ptr, text.len);
	sh->session->held += text.len;
	return copy;
}

static struct value value_copy(struct shell *sh, const struct value *v)
{
	struct value copy = *v;

	if (v->text)
		copy.text = held_copy(sh, (struct str){ v->text, v->len });
	copy.items = NULL;
	copy.capacity = 0;
	if (v->n_items) {
		copy.items = mem_array(v->n_items, sizeof(*copy.items));
		copy.capacity = v->n_items;
	}
	for (size_t i = 0; i < v->n_items; i++) {
		copy.items[i] = v->items[i];
		copy.items[i].text = held_copy(sh, (struct str){ v->items[i].text,
								 v->items[i].len });
	}
	return copy;
}

struct value *variable_change(struct shell *sh, struct variable *v)
{
	struct journal_entry *e;

	if (!sh->state.level || v->saved_level == sh->state.level)
		return &v->value;
	MEM_GROW(sh->journal, sh->n_journal, sh->journal_capacity);
	e = &sh->journal[sh->n_journal++];
	*e = (struct journal_entry){ .index = (uint32_t)(v - sh->variables), .value = v->value,
				     .saved_level = v->saved_level };
	v->value = value_copy(sh, &v->value);
	v->saved_level = sh->state.level;
	return &v->value;
}

void value_text(struct shell *sh, struct value *v, struct str text)
{
	char *copy = held_copy(sh, text);

	if (v->text)
		sh->session->held -= v->len;
	free(v->text);
	v->text = copy;
	v->len = text.len;
	v->flags |= VARIABLE_SET;
}

bool variable_get(const struct shell *sh, struct str name, struct str *ret)
{
	const struct variable *v = variable_find(sh, name);

	if (!v || !(v->value.flags & VARIABLE_SET))
		return false;
	if (v->value.flags & VARIABLE_ARRAY)
		return array_get(v, 0, ret);
	*ret = (struct str){ v->value.text ? v->value.text : "", v->value.len };
	return true;
}

void variable_set(struct shell *sh, struct str name, struct str value)
{
	struct variable *v = variable_make(sh, name);

	if (v->value.flags & VARIABLE_ARRAY)
		array_put(sh, v, 0, value);
	else
		value_text(sh, variable_change(sh, v), value);
	if (str_equal_cstr(name, "OPTIND")) {
		sh->state.option_at = 0;
		sh->state.option_index = 0;
	}
}

int variable_assign(struct shell *sh, struct str name, struct str value, unsigned flags)
{
	struct variable *v = variable_make(sh, name);

	if (v->value.flags & VARIABLE_READONLY)
		return shell_die(sh, sh->bash ? 1 : 2,
				 sh->bash ? STR_FMT ": readonly variable"
					  : STR_FMT ": is read only", STR_ARG(name));
	if (sh->state.flags & FLAG_ALLEXPORT)
		flags |= VARIABLE_EXPORT;
	variable_set(sh, name, value);
	if (flags)
		variable_flags(sh, variable_find(sh, name), flags, 0);
	return 0;
}

int variable_unset(struct shell *sh, struct str name)
{
	struct variable *v = variable_find(sh, name);
	struct value *value;

	if (!v)
		return 0;
	if (v->value.flags & VARIABLE_READONLY)
		return STOPPED;
	value = variable_change(sh, v);
	value_release(sh, value);
	return 0;
}

void variable_flags(struct shell *sh, struct variable *v, unsigned add, unsigned remove)
{
	if ((v->value.flags & add) == add && !(v->value.flags & remove))
		return;
	variable_change(sh, v);
	v->value.flags = (v->value.flags | add) & ~remove;
}

/* ---- arrays of bash ---- */

static size_t array_place(const struct variable *v, int64_t index)
{
	size_t low = 0, high = v->value.n_items;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (v->value.items[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void array_put(struct shell *sh, struct variable *v, int64_t index, struct str text)
{
	struct value *value = variable_change(sh, v);
	size_t at;
	char *copy;

	if (!(value->flags & VARIABLE_ARRAY) && value->flags & VARIABLE_SET) {
		struct str old = { value->text ? value->text : "", value->len };

		value->flags |= VARIABLE_ARRAY;
		array_put(sh, v, 0, old);
		value = &v->value;
	}
	value->flags |= VARIABLE_ARRAY | VARIABLE_SET;
	copy = held_copy(sh, text);
	at = array_place(v, index);
	if (at < value->n_items && value->items[at].index == index) {
		sh->session->held -= value->items[at].len;
		free(value->items[at].text);
	} else {
		MEM_GROW(value->items, value->n_items, value->capacity);
		memmove(value->items + at + 1, value->items + at,
			(value->n_items - at) * sizeof(*value->items));
		value->n_items++;
	}
	value->items[at] = (struct element){ index, copy, text.len };
}

bool array_get(const struct variable *v, int64_t index, struct str *ret)
{
	size_t at;

	if (!(v->value.flags & VARIABLE_ARRAY)) {
		if (index || !(v->value.flags & VARIABLE_SET))
			return false;
		*ret = (struct str){ v->value.text ? v->value.text : "", v->value.len };
		return true;
	}
	at = array_place(v, index);
	if (at >= v->value.n_items || v->value.items[at].index != index)
		return false;
	*ret = (struct str){ v->value.items[at].text, v->value.items[at].len };
	return true;
}

void array_clear(struct shell *sh, struct variable *v)
{
	struct value *value = variable_change(sh, v);
	unsigned flags = value->flags;

	value_release(sh, value);
	value->flags = flags | VARIABLE_ARRAY | VARIABLE_SET;
}

void array_remove(struct shell *sh, struct variable *v, int64_t index)
{
	struct value *value = variable_change(sh, v);
	size_t at = array_place(v, index);

	if (at >= value->n_items || value->items[at].index != index)
		return;
	sh->session->held -= value->items[at].len;
	free(value->items[at].text);
	memmove(value->items + at, value->items + at + 1,
		(value->n_items - at - 1) * sizeof(*value->items));
	value->n_items--;
}

/* ---- functions ---- */

struct function *function_find(const struct shell *sh, struct str name)
{
	uint32_t index;

	if (!strtab_find(&sh->function_names, name, &index) || !sh->functions[index].body)
		return NULL;
	return &sh->functions[index];
}

void function_define(struct shell *sh, struct str name, const struct ast *body)
{
	struct str key;
	uint32_t index = strtab_intern(&sh->function_names, name, &key);

	if (index == sh->n_functions) {
		MEM_GROW(sh->functions, sh->n_functions, sh->functions_capacity);
		sh->functions[sh->n_functions++] = (struct function){ .name = key };
	}
	if (sh->state.level) {
		MEM_GROW(sh->journal, sh->n_journal, sh->journal_capacity);
		sh->journal[sh->n_journal++] = (struct journal_entry){
			.is_function = true, .index = index, .function = sh->functions[index]
		};
	}
	sh->functions[index].body = body;
	sh->functions[index].source = sh->source;
}

/* ---- scopes ---- */

void variable_local(struct shell *sh, struct variable *v)
{
	size_t index = (size_t)(v - sh->variables);

	MEM_GROW(sh->locals, sh->n_locals, sh->locals_capacity);
	sh->locals[sh->n_locals++] = (struct journal_entry){
		.index = (uint32_t)index, .value = value_copy(sh, &v->value)
	};
}

void variable_locals_end(struct shell *sh, size_t mark)
{
	while (sh->n_locals > mark) {
		struct journal_entry *e = &sh->locals[--sh->n_locals];
		struct value *value = variable_change(sh, &sh->variables[e->index]);

		value_release(sh, value);
		*value = e->value;
		if (str_equal_cstr(sh->variables[e->index].name, "OPTIND"))
			sh->state.option_at = 0;
	}
}

void subshell_begin(struct shell *sh, struct subshell *ret)
{
	*ret = (struct subshell){ .state = sh->state, .journal = sh->n_journal,
				  .locals = sh->n_locals };
	for (size_t i = 0; i < SHELL_FDS; i++)
		if (sh->state.fd[i])
			stream_hold(sh->state.fd[i]);
	sh->state.level = ++sh->subshells;
	sh->state.traps = NULL;
}

/* Descriptors are given back by the caller, which can fail. */
void subshell_end(struct shell *sh, struct subshell *saved)
{
	while (sh->n_locals > saved->locals) {
		struct journal_entry *e = &sh->locals[--sh->n_locals];

		value_release(sh, &e->value);
	}
	while (sh->n_journal > saved->journal) {
		struct journal_entry *e = &sh->journal[--sh->n_journal];

		if (e->is_function) {
			sh->functions[e->index] = e->function;
			continue;
		}
		value_release(sh, &sh->variables[e->index].value);
		sh->variables[e->index].value = e->value;
		sh->variables[e->index].saved_level = e->saved_level;
	}
	sh->state = saved->state;
}

static int compare_names(const void *a, const void *b)
{
	const struct variable *x, *y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return str_compare(x->name, y->name);
}

size_t variables_sorted(struct shell *sh, unsigned flags, struct variable ***ret)
{
	size_t n = 0;

	*ret = scratch_alloc(&sh->session->scratch, (sh->n_variables + 1) * sizeof(**ret));
	for (size_t i = 0; i < sh->n_variables; i++)
		if ((sh->variables[i].value.flags & flags) == flags)
			(*ret)[n++] = &sh->variables[i];
	if (n)
		qsort(*ret, n, sizeof(**ret), compare_names);
	return n;
}

void variables_release(struct shell *sh)
{
	for (size_t i = 0; i < sh->n_locals; i++)
		value_release(sh, &sh->locals[i].value);
	for (size_t i = 0; i < sh->n_journal; i++)
		if (!sh->journal[i].is_function)
			value_release(sh, &sh->journal[i].value);
	for (size_t i = 0; i < sh->n_variables; i++)
		value_release(sh, &sh->variables[i].value);
	free(sh->locals);
	free(sh->journal);
	free(sh->variables);
	free(sh->functions);
	strtab_release(&sh->variable_names);
	strtab_release(&sh->function_names);
}

/* ---- command.h ---- */

bool shell_variable(const struct shell *sh, struct str name, struct str *ret)
{
	struct str value;

	if (!variable_get(sh, name, &value))
		return false;
	*ret = arena_str(sh->world->arena, value);
	return true;
}

size_t shell_environment(struct shell *sh, struct shell_variable **ret)
{
	struct variable **list;
	size_t n = variables_sorted(sh, VARIABLE_EXPORT | VARIABLE_SET, &list);

	*ret = arena_array(sh->world->arena, n + 1, sizeof(**ret));
	for (size_t i = 0; i < n; i++) {
		struct str value = { list[i]->value.text, list[i]->value.len };

		(*ret)[i].name = arena_str(sh->world->arena, list[i]->name);
		(*ret)[i].value = arena_str(sh->world->arena, value.ptr ? value : STR(""));
	}
	return n;
}

bool shell_exported(const struct shell *sh, struct str name, struct str *ret)
{
	const struct variable *v = variable_find(sh, name);

	return v && v->value.flags & VARIABLE_EXPORT && variable_get(sh, name, ret);
}

/*
 * One maintainer script: evaluated if it is a shell script, else what the catalogue
 * says of exactly this text, else what the recipe answers, else taken down.
 */
#include "debian/install.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "debian/catalogue.h"
#include "debian/effects.h"
#include "debian/firstboot.h"
#include "shell/shell.h"

#define ENVIRONMENT 16u
#define COMMAND_MAX 4096u /* of one that can be answered: a text of a recipe */

/* The package whose script runs, what it is and for which trigger. */
struct running {
	struct debian *d;
	struct unpacked *u;
	struct str script, text, trigger;
	struct digest digest;
	const struct str *arguments;
	size_t n;
	const struct debian_talk *talk; /* NULL: with nobody */
};

/* ---- what cannot be evaluated ---- */

static struct debian_refusal refusal_of(const struct running *x)
{
	return (struct debian_refusal){
		.package = x->u->package->name,
		.version = x->u->package->version,
		.architecture = x->u->package->architecture,
		.script = x->script,
		.member = x->script,
		.trigger = x->trigger,
		.digest = x->digest,
		.text = STR(""),
		.command = STR(""),
	};
}

static struct str copy(struct debian *d, struct str s)
{
	return s.len ? arena_str(d->arena, s) : STR("");
}

/* As people see it and as recipes name it: on one line. */
static struct str told(struct debian *d, struct str command)
{
	CLEANUP_BUF struct buf text = BUF_INIT(SIZE_MAX / 8);

	text_add_safe(&text, str_trim(command));
	return copy(d, buf_str(&text));
}

static void take_down(const struct running *x, const struct refusal *r, struct str command)
{
	struct debian_refusal to = refusal_of(x);

	to.script = copy(x->d, r->script);
	to.of_command = command.len && command.len <= COMMAND_MAX &&
			(r->kind == REFUSAL_COMMAND || r->kind == REFUSAL_USAGE);
	to.line = r->line;
	to.outer_line = r->outer_line;
	to.text = copy(x->d, r->text);
	to.command = command;
	to.reason = copy(x->d, r->reason);
	refusal_add(x->d, &to);
}

static int answer_command(const struct running *x, const struct debian_answer *answer,
			  unsigned line, struct error *err);

static int refuse(struct world *w, const struct refusal *r, int *ret_status, struct error *err)
{
	struct debian *d = w->context;
	const struct running *x = d->run->running;
	const struct debian_answer *answer = NULL;
	struct str command = told(d, r->command);

	if (command.len && (r->kind == REFUSAL_COMMAND || r->kind == REFUSAL_USAGE))
		answer = answer_find(d, w->package, w->script, &x->digest, command);
	*ret_status = answer && answer->kind == ANSWER_FAIL_COMMAND;
	if (answer)
		return answer_command(x, answer, r->outer_line, err);
	take_down(x, r, command);
	return 0;
}

static const struct shell_command *find_command(const struct world *w, struct str name)
{
	(void)w;
	return debian_command(name);
}

static const struct world_host host = { find_command, refuse };

/* ---- the shell ---- */

/* As dpkg, started by mmdebstrap, gives it to a script. */
static size_t environment(const struct running *x, struct shell_variable *to)
{
	const struct unpacked *dpkg = debian_find(x->d, STR("dpkg"));
	struct str version = dpkg ? dpkg->package->version : STR("");
	const struct shell_variable all[] = {
		{ STR("DEBCONF_NONINTERACTIVE_SEEN"), STR("true") },
		{ STR("DEBIAN_FRONTEND"), STR("noninteractive") },
		{ STR("DPKG_ADMINDIR"), STR("/var/lib/dpkg") },
		{ STR("DPKG_MAINTSCRIPT_ARCH"), x->u->package->architecture },
		{ STR("DPKG_MAINTSCRIPT_DEBUG"), STR("0") },
		{ STR("DPKG_MAINTSCRIPT_NAME"), x->script },
		{ STR("DPKG_MAINTSCRIPT_PACKAGE"), x->u->package->name },
		{ STR("DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT"), STR("1") },
		{ STR("DPKG_ROOT"), STR("") },
		{ STR("DPKG_RUNNING_VERSION"), version },
		{ STR("LANG"), STR("C.UTF-8") },
		{ STR("LANGUAGE"), STR("C.UTF-8") },
		{ STR("LC_ALL"), STR("C.UTF-8") },
	};

	_Static_assert(sizeof(all) / sizeof(*all) <= ENVIRONMENT, "ENVIRONMENT");
	memcpy(to, all, sizeof(all));
	return sizeof(all) / sizeof(*all);
}

static int evaluate(const struct running *x, int *ret_status, struct error *err)
{
	struct debian *d = x->d;
	size_t more = x->talk ? x->talk->n_environment : 0;
	struct shell_variable *variables =
		arena_array(d->arena, ENVIRONMENT + more, sizeof(*variables));
	struct shell_script s = {
		.name = x->script,
		.text = x->text,
		.arguments = x->arguments,
		.n_arguments = x->n,
		.environment = variables,
		.n_environment = environment(x, variables),
		.answer = x->talk ? x->talk->answer : NULL,
	};
	struct world w = {
		.tree = d->tree,
		.reader = d->options->reader,
		.arena = d->arena,
		.epoch = d->options->epoch,
		.architecture = d->options->architecture,
		.package = x->u->package->name,
		.script = x->script,
		.trigger = x->trigger,
		.host = &host,
		.host_name = d->options->host_name,
		.context = d,
		.cache = d->run->cache,
	};
	for (size_t i = 0; i < more; i++)
		variables[s.n_environment++] = x->talk->environment[i];
	return shell_run(&w, &s, ret_status, err);
}

/* ---- catalogue and answers ---- */

static struct effect_context context_of(const struct running *x, struct str what)
{
	return (struct effect_context){
		.d = x->d,
		.u = x->u,
		.script = x->text,
		.cause = tree_cause_intern(x->d->tree, (struct cause){
			CAUSE_SCRIPT, x->u->package->name, what }),
	};
}

static bool is_rendering(const struct catalogue_entry *entry)
{
	struct str text = str_of(entry->operations);

	return shell_is_script(text) || str_has_prefix(text, STR("line "));
}

/* The catalogue's entry for this text, if its conditions hold: 1, 0 or -1. */
static int find_entry(const struct running *x, const struct catalogue_entry **ret,
		      struct error *err)
{
	struct effect_context c = context_of(x, x->script);

	*ret = catalogue_find(x->u->package->name, x->script, &x->digest);
	if (*ret && is_rendering(*ret))
		return 1;
	return *ret ? effect_applies(&c, str_of((*ret)->operations), err) : 0;
}

/*
 * The lines of an answer. Their cause doesn't name the recipe's line: it moves with every
 * comment above it, and the same recipe must give the same effects.
 */
static int apply_lines(const struct running *x, const struct debian_answer *answer,
		       const char *what, struct error *err)
{
	struct effect_context c = context_of(x, str_of(what));

	for (size_t i = 0; i < answer->n_effects; i++) {
		if (effect_run_all(&c, answer->effects[i], err) == 0)
			continue;
		/* It is the recipe that is malformed, no file from outside. */
		if (err->code == ERR_FORMAT)
			err->code = ERR_RECIPE_VALUE;
		return err_place(err, answer->pos);
	}
	return 0;
}

/* The rest of the script goes on; @line is the command's, in the maintainer script. */
static int answer_command(const struct running *x, const struct debian_answer *answer,
			  unsigned line, struct error *err)
{
	if (answer->kind != ANSWER_EFFECTS)
		return 0;
	return apply_lines(x, answer,
			   arena_printf(x->d->arena, STR_FMT ":%u, answered by the recipe",
					STR_ARG(x->script), line), err);
}

static int answer_script(const struct running *x, const struct debian_answer *answer,
			 struct error *err)
{
	x->d->run->coverage.answered++;
	if (answer->kind == ANSWER_FIRST_BOOT) {
		x->u->first_boot = true;
		debian_first_boot(x->d, STR(FIRST_BOOT_PACKAGES),
				  context_of(x, STR("postinst, answered by the recipe")).cause);
	}
	if (answer->kind != ANSWER_EFFECTS)
		return 0;
	return apply_lines(x, answer, arena_printf(x->d->arena, STR_FMT ", answered by the recipe",
						   STR_ARG(x->script)), err);
}

static int apply_entry(const struct running *x, const struct catalogue_entry *entry,
		       struct error *err)
{
	struct effect_context c = context_of(x, x->script);

	x->d->run->coverage.catalogue++;
	return effect_run_all(&c, str_of(entry->operations), err);
}

/* "line N TEXT" lines: the script with these lines in the place of its own. */
static struct str rewritten(const struct running *x, struct str lines)
{
	CLEANUP_BUF struct buf out = BUF_INIT(SIZE_MAX / 8);
	struct str text = x->text, line, rule, number;
	uint64_t n = 0, at = 0;

	for (unsigned k = 1; text.len; k++) {
		struct str rules = lines;

		str_split(&text, '\n', &line);
		while (rules.len && str_split(&rules, '\n', &rule)) {
			rule = (struct str){ rule.ptr + 5, rule.len - 5 };
			str_split(&rule, ' ', &number);
			for (n = at = 0; at < number.len; at++)
				n = 10 * n + (uint64_t)(number.ptr[at] - '0');
			if (n == k)
				line = rule;
		}
		buf_add_str(&out, line);
		buf_add_char(&out, '\n');
	}
	return copy(x->d, buf_str(&out));
}

/* The same in shell, of a program in another language: evaluated in its place. */
static int run_rendering(const struct running *x, const struct catalogue_entry *entry,
			 int *ret_status, struct error *err)
{
	struct running in_shell = *x;

	x->d->run->coverage.catalogue++;
	in_shell.text = str_of(entry->operations);
	if (!shell_is_script(in_shell.text))
		in_shell.text = rewritten(x, in_shell.text);
	return evaluate(&in_shell, ret_status, err);
}

/* Not a shell script, and not a program that ingot knows by its digest. */
static void refuse_program(const struct running *x)
{
	struct debian_refusal r = refusal_of(x);

	r.line = r.outer_line = 1;
	r.text = (struct str){ x->text.ptr, str_find_char(x->text, '\n') };
	if (r.text.len > 120 || memchr(r.text.ptr, 0, r.text.len))
		r.text = STR("");
	r.reason = catalogue_knows(x->u->package->name, x->script) ?
			   STR("ingot's catalogue knows another version of this script only") :
			   STR("it is no shell script, and ingot's catalogue does not know it");
	refusal_add(x->d, &r);
}

/* Evaluated, unless the recipe or the catalogue speaks of exactly this text. */
static int run(const struct running *x, int *ret_status, struct error *err)
{
	const struct debian_answer *answer =
		answer_find(x->d, x->u->package->name, x->script, &x->digest, STR(""));
	const struct catalogue_entry *entry;
	int applies;

	if (answer)
		return answer_script(x, answer, err);
	applies = find_entry(x, &entry, err);
	if (applies > 0 && is_rendering(entry))
		return run_rendering(x, entry, ret_status, err);
	if (applies)
		return applies < 0 ? -1 : apply_entry(x, entry, err);
	if (!shell_is_script(x->text)) {
		refuse_program(x);
		return 0;
	}
	x->d->run->coverage.evaluated++;
	return evaluate(x, ret_status, err);
}

static struct running describe(struct debian *d, struct unpacked *u, const char *script,
			       const struct pack_control *control)
{
	return (struct running){
		.d = d,
		.u = u,
		.script = str_of(script),
		.text = bytes_str(control->data),
		.trigger = STR(""),
		.digest = hash_bytes(control->data),
	};
}

/* Access lists that a script's changes should have moved: nobody models that. */
static void refuse_unfollowed(const struct running *x, struct str path)
{
	const struct refusal r = {
		.kind = REFUSAL_USAGE,
		.script = x->script,
		.text = STR(""),
		.command = STR(""),
		.reason = str_of(arena_printf(x->d->arena, "it changes what the access list of /"
					      STR_FMT " depends on", STR_ARG(path))),
	};

	take_down(x, &r, STR(""));
}

int debian_run_script(struct debian *d, struct unpacked *u, const char *script,
		      const struct str *arguments, size_t n, struct str trigger,
		      struct error *err)
{
	const struct pack_control *control = pack_control(u->package->pack, str_of(script));
	struct str unfollowed;
	struct running x;
	int r, status = 0;

	if (!control)
		return 0;
	x = describe(d, u, script, control);
	x.arguments = arguments;
	x.n = n;
	x.trigger = trigger;
	journal_begin(d->run->journal, u->package->name, x.script, arguments, n);
	d->running = u;
	d->run->running = &x;
	r = run(&x, &status, err);
	d->run->running = NULL;
	d->running = NULL;
	if (r < 0)
		return err_while(err, "evaluating the %s of '" STR_FMT "' " STR_FMT, script,
				 STR_ARG(u->package->name), STR_ARG(u->package->version));
	journal_end(d->run->journal, &unfollowed);
	if (unfollowed.len)
		refuse_unfollowed(&x, unfollowed);
	if (u->first_boot)
		journal_step(d->run->journal, EFFECTS_LEFT, u->package->name);
	return 0;
}

int debian_run_member(struct debian *d, struct unpacked *u, const char *script,
		      const struct str *arguments, size_t n, const struct debian_talk *talk,
		      int *ret_status, struct error *err)
{
	const struct pack_control *control = pack_control(u->package->pack, str_of(script));
	const struct running *outer = d->run->running;
	struct unpacked *before = d->running;
	struct running x;
	int r;

	*ret_status = 0;
	if (!control)
		return 0;
	x = describe(d, u, script, control);
	x.arguments = arguments;
	x.n = n;
	x.talk = talk;
	d->running = u;
	d->run->running = &x;
	r = run(&x, ret_status, err);
	d->run->running = outer;
	d->running = before;
	return r;
}

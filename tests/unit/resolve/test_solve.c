/*
 * Runs the scenarios in scenarios/: small archives, requests, and the answer or
 * the message that they must give. Each is run with packages and requests in
 * several orders, which must not matter. The format:
 *
 *   case: what is promised
 *   suite: main                  origin of the stanzas that follow
 *   Package: a                   deb822; Version 1, Architecture amd64, Filename,
 *   Depends: b                   Size and SHA256 are filled in where missing
 *   options: recommends essential
 *   targets: container vm
 *   request: a (>= 1) @vm        one each
 *   without: vm b
 *   pin: b 1 requested
 *   expect:                      "name version why", then "essential" and "@target"s
 *   a 1 recipe                   where they are so; or the printed error
 */

#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "resolve/depend.h"
#include "resolve/solve.h"

#define TEXT_MAX  (1u << 20)
#define LIST_MAX  32u

struct scenario {
	struct arena arena;
	struct str name;
	const char *file;
	struct str suites[LIST_MAX], targets[LIST_MAX], without[LIST_MAX][LIST_MAX];
	size_t n_suites, n_targets, n_without[LIST_MAX];
	struct solve_request requests[LIST_MAX];
	size_t n_requests;
	struct solve_pin pins[LIST_MAX];
	size_t n_pins;
	bool recommends, essential;
	struct package_list packages;
	struct str expected;
};

/* ---- reading ---- */

static struct str word(struct str *rest)
{
	struct str s = str_trim(*rest), w;
	size_t n = str_find_char(s, ' ');

	w = (struct str){ s.ptr, n };
	*rest = (struct str){ s.ptr + n, s.len - n };
	return w;
}

static struct digest digest_of(struct str name, struct str version)
{
	char text[300];

	snprintf(text, sizeof(text), STR_FMT "_" STR_FMT, STR_ARG(name), STR_ARG(version));
	return hash_bytes(str_bytes(str_of(text)));
}

static struct str field(struct str stanza, const char *name)
{
	struct str line;

	while (str_split(&stanza, '\n', &line))
		if (str_has_prefix(line, str_of(name)))
			return str_trim((struct str){ line.ptr + strlen(name),
						      line.len - strlen(name) });
	return (struct str){ "", 0 };
}

static void add_stanza(struct scenario *s, struct str stanza)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct error err = ERR_INIT;
	struct str name = field(stanza, "Package:"), version = field(stanza, "Version:");
	struct digest digest;
	char hex[DIGEST_HEX_MAX];

	buf_add_str(&text, stanza);
	buf_add_char(&text, '\n');
	if (!version.len) {
		version = STR("1");
		buf_add_cstr(&text, "Version: 1\n");
	}
	digest = digest_of(name, version);
	if (!field(stanza, "Architecture:").len)
		buf_add_cstr(&text, "Architecture: amd64\n");
	if (!field(stanza, "SHA256:").len)
		buf_printf(&text, "SHA256: %s\n", digest_hex(&digest, hex));
	buf_printf(&text, "Filename: pool/" STR_FMT ".deb\nSize: 1\n", STR_ARG(name));
	cr_assert_gt(s->n_suites, 0);
	cr_assert_eq(packages_parse(arena_bytes(&s->arena, buf_bytes(&text)), s->file,
				    (uint32_t)s->n_suites - 1, &s->packages, &err),
		     0, "%s", err.message);
	buf_release(&text);
}

static size_t target_number(struct scenario *s, struct str name)
{
	for (size_t i = 0; i < s->n_targets; i++)
		if (str_equal(s->targets[i], name))
			return i;
	cr_assert_fail("no target " STR_FMT, STR_ARG(name));
	abort(); /* not reached */
}

static void add_request(struct scenario *s, struct str value, uint32_t line)
{
	struct solve_request *r = &s->requests[s->n_requests++];
	size_t at = str_find_char(value, '@');
	struct depend_text relation;

	cr_assert(depend_parse((struct str){ value.ptr, at }, &relation));
	*r = (struct solve_request){
		.name = relation.name, .relation = (enum relation)relation.op,
		.version = relation.version, .why = STR("recipe"), .target = STR(""),
		.pos = { "recipes/web.yaml", line, 3 },
	};
	if (at < value.len)
		r->target = (struct str){ value.ptr + at + 1, value.len - at - 1 };
}

static void add_directive(struct scenario *s, struct str key, struct str value, uint32_t line)
{
	struct str name, version;

	if (str_equal_cstr(key, "suite")) {
		s->suites[s->n_suites++] = value;
	} else if (str_equal_cstr(key, "options")) {
		s->recommends = memmem(value.ptr, value.len, "recommends", 10);
		s->essential = memmem(value.ptr, value.len, "essential", 9);
	} else if (str_equal_cstr(key, "targets")) {
		while (str_trim(value).len)
			s->targets[s->n_targets++] = word(&value);
	} else if (str_equal_cstr(key, "request")) {
		add_request(s, value, line);
	} else if (str_equal_cstr(key, "without")) {
		size_t t = target_number(s, word(&value));

		s->without[t][s->n_without[t]++] = word(&value);
	} else if (str_equal_cstr(key, "pin")) {
		name = word(&value);
		version = word(&value);
		s->pins[s->n_pins++] = (struct solve_pin){
			name, version, STR("amd64"), digest_of(name, version),
			.requested = str_equal_cstr(str_trim(value), "requested"),
		};
	} else {
		cr_assert_fail("%s: unknown directive " STR_FMT, s->file, STR_ARG(key));
	}
}

static bool is_directive(struct str line)
{
	return line.len && line.ptr[0] >= 'a' && line.ptr[0] <= 'z' &&
	       str_find_char(line, ':') < line.len;
}

/* Reads one case, from after its "case:" line up to the next. */
static void read_case(struct scenario *s, struct str *rest)
{
	struct str line, stanza = { NULL, 0 };
	uint32_t number = 0;

	while (str_split(rest, '\n', &line)) {
		if (str_equal_cstr(line, "expect:"))
			break;
		if (line.len && !is_directive(line) && line.ptr[0] != '#') {
			stanza = stanza.ptr ? (struct str){ stanza.ptr, (size_t)(line.ptr + line.len -
										 stanza.ptr) }
					    : line;
			continue;
		}
		if (stanza.ptr)
			add_stanza(s, stanza);
		stanza.ptr = NULL;
		if (is_directive(line)) {
			size_t colon = str_find_char(line, ':');
			struct str key = { line.ptr, colon };

			add_directive(s, key, str_trim((struct str){ line.ptr + colon + 1,
								     line.len - colon - 1 }),
				      ++number);
		}
	}
	s->expected.ptr = rest->ptr ? rest->ptr : "";
	while (rest->ptr && !str_has_prefix(*rest, STR("case:")) && str_split(rest, '\n', &line))
		s->expected.len = (size_t)(line.ptr + line.len - s->expected.ptr);
	s->expected = str_trim(s->expected);
}

/* ---- running ---- */

static void add_choice(const struct solve_choice *c, struct buf *to)
{
	buf_printf(to, STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(c->package->name),
		   STR_ARG(c->package->version), STR_ARG(c->why));
	if (c->essential)
		buf_add_cstr(to, " essential");
	for (size_t i = 0; i < c->n_targets; i++)
		buf_printf(to, " @" STR_FMT, STR_ARG(c->targets[i]));
	buf_add_char(to, '\n');
}

static void add_error(struct error *err, struct buf *to)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	err_print(err, f);
	fclose(f);
	buf_add_cstr(to, text);
	free(text);
	err_release(err);
}

static void answer(struct scenario *s, struct buf *to)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	struct error err = ERR_INIT;
	const struct str *without[LIST_MAX];
	struct solve_input in = {
		.architecture = STR("amd64"),
		.packages = s->packages.packages, .n_packages = s->packages.n,
		.origins = s->suites, .n_origins = s->n_suites,
		.requests = s->requests, .n_requests = s->n_requests,
		.pins = s->pins, .n_pins = s->n_pins,
		.recommends = s->recommends, .essential = s->essential,
		.targets = s->targets, .n_targets = s->n_targets,
		.without = without, .n_without = s->n_without,
	};
	struct solve_choice *choices;
	size_t n;

	for (size_t i = 0; i < LIST_MAX; i++)
		without[i] = s->without[i];
	if (solve(&in, &arena, &choices, &n, &err) < 0) {
		add_error(&err, to);
		return;
	}
	for (size_t i = 0; i < n; i++)
		add_choice(&choices[i], to);
}

/* Moves everything by one place, and turns it round every other time. */
static void shuffle(struct scenario *s, int turn)
{
	for (size_t i = 0; i + 1 < s->packages.n; i++) {
		size_t k = turn % 2 ? s->packages.n - 1 - i : i + 1;
		struct package p = s->packages.packages[i];

		s->packages.packages[i] = s->packages.packages[k];
		s->packages.packages[k] = p;
	}
	for (size_t i = 0; i + 1 < s->n_requests; i++) {
		struct solve_request r = s->requests[i];

		s->requests[i] = s->requests[i + 1];
		s->requests[i + 1] = r;
	}
}

static void run_case(struct scenario *s)
{
	for (int turn = 0; turn < 4; turn++) {
		struct buf got = BUF_INIT(TEXT_MAX);
		struct str trimmed;

		answer(s, &got);
		trimmed = str_trim(buf_str(&got));
		cr_expect(str_equal(trimmed, s->expected),
			  "%s: " STR_FMT " (order %d)\n--- got\n" STR_FMT "\n--- expected\n" STR_FMT,
			  s->file, STR_ARG(s->name), turn, STR_ARG(trimmed),
			  STR_ARG(s->expected));
		buf_release(&got);
		shuffle(s, turn);
	}
}

static void run_file(const char *name)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	char path[500];
	struct str rest, line;
	size_t cases = 0;
	FILE *f;

	snprintf(path, sizeof(path), TEST_DATA "/unit/resolve/scenarios/%s", name);
	f = fopen(path, "rb");
	cr_assert_not_null(f, "%s", path);
	text.len = fread(buf_reserve(&text, TEXT_MAX / 2), 1, TEXT_MAX / 2, f);
	fclose(f);
	rest = buf_str(&text);
	while (str_split(&rest, '\n', &line)) {
		struct scenario *s;

		if (!str_has_prefix(line, STR("case:")))
			continue;
		s = mem_alloc(sizeof(*s));
		s->file = name;
		s->name = str_trim((struct str){ line.ptr + 5, line.len - 5 });
		read_case(s, &rest);
		run_case(s);
		package_list_release(&s->packages);
		arena_release(&s->arena);
		free(s);
		cases++;
	}
	cr_assert_gt(cases, 0);
	buf_release(&text);
}

Test(solve, alternatives)
{
	run_file("alternatives.test");
}

Test(solve, versions_and_suites)
{
	run_file("versions.test");
}

Test(solve, conflicts)
{
	run_file("conflicts.test");
}

Test(solve, essential_and_recommends)
{
	run_file("essential.test");
}

Test(solve, targets)
{
	run_file("targets.test");
}

Test(solve, pins)
{
	run_file("pins.test");
}

Test(solve, messages)
{
	run_file("messages.test");
}

/*
 * oracle_solve ARCH PACKAGES... -- [--recommends] REQUEST...
 *
 * Solves like a recipe with these packages and prints "name version", one line
 * each. For comparing with apt: tests/oracle/apt-compare.sh. A request is a name,
 * "?essential", or "name=version". With "-v" before the requests, why as well.
 * A request "+name" is added in a second run, in which the first one's answer is
 * pinned; exit status 1 if that changes any package that was there.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "resolve/solve.h"

#define REQUESTS_MAX 256

static struct bytes map_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *text;

	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(path);
		exit(1);
	}
	if (st.st_size == 0)
		return (struct bytes){ NULL, 0 };
	text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED) {
		perror(path);
		exit(1);
	}
	close(fd);
	return (struct bytes){ text, (size_t)st.st_size };
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Packages of @before that @after lacks or has in another version. */
static size_t count_changes(const struct solve_choice *before, size_t n,
			    const struct solve_choice *after, size_t m)
{
	size_t changed = 0;

	for (size_t i = 0; i < n; i++) {
		bool same = false;

		for (size_t k = 0; k < m && !same; k++)
			same = before[i].package == after[k].package;
		if (!same)
			fprintf(stderr, "changed: " STR_FMT "\n", STR_ARG(before[i].package->name));
		changed += !same;
	}
	return changed;
}

static void pin_all(struct solve_input *in, const struct solve_choice *choices, size_t n)
{
	struct solve_pin *pins = calloc(n + 1, sizeof(*pins));

	for (size_t i = 0; i < n; i++)
		pins[i] = (struct solve_pin){
			.name = choices[i].package->name,
			.version = choices[i].package->version,
			.architecture = choices[i].package->architecture,
			.digest = choices[i].package->digest,
			.requested = str_equal_cstr(choices[i].why, "recipe"),
		};
	in->pins = pins;
	in->n_pins = n;
}

static int die(struct error *err)
{
	err_print(err, stderr);
	return err_exit_status(err);
}

int main(int argc, char **argv)
{
	struct package_list list = { 0 };
	struct solve_request requests[REQUESTS_MAX];
	struct solve_input in = { .requests = requests };
	struct solve_choice *choices, *again;
	struct arena arena = ARENA_INIT;
	struct error err = ERR_INIT;
	bool verbose = false;
	double start = seconds(), parsed;
	size_t n, n_again, n_added = 0;
	int i, status = 0;

	in.architecture = str_of(argc > 1 ? argv[1] : "");
	for (i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (packages_parse(map_file(argv[i]), argv[i], (uint32_t)i, &list, &err) < 0)
			return die(&err);
	parsed = seconds();
	for (i++; i < argc && in.n_requests < REQUESTS_MAX; i++) {
		struct solve_request *r = &requests[in.n_requests];
		char *equals = strchr(argv[i], '=');

		if (strcmp(argv[i], "-v") == 0) {
			verbose = true;
		} else if (strcmp(argv[i], "--recommends") == 0) {
			in.recommends = true;
		} else if (strcmp(argv[i], "?essential") == 0) {
			in.essential = true;
		} else {
			*r = (struct solve_request){ .why = STR("recipe"), .target = STR("") };
			n_added += *argv[i] == '+';
			r->name = str_of(argv[i] + (*argv[i] == '+'));
			if (equals) {
				r->name.len = (size_t)(equals - argv[i]);
				r->relation = REL_EQ;
				r->version = str_of(equals + 1);
			}
			in.n_requests++;
		}
	}
	in.packages = list.packages;
	in.n_packages = list.n;
	in.n_requests -= n_added; /* they come last */
	if (solve(&in, &arena, &choices, &n, &err) < 0)
		return die(&err);
	if (n_added) {
		in.n_requests += n_added;
		pin_all(&in, choices, n);
		if (solve(&in, &arena, &again, &n_again, &err) < 0)
			return die(&err);
		status = count_changes(choices, n, again, n_again) != 0;
		choices = again;
		n = n_again;
	}
	for (size_t k = 0; k < n; k++) {
		printf(STR_FMT " " STR_FMT, STR_ARG(choices[k].package->name),
		       STR_ARG(choices[k].package->version));
		if (verbose)
			printf(" " STR_FMT "%s", STR_ARG(choices[k].why),
			       choices[k].essential ? " essential" : "");
		putchar('\n');
	}
	if (verbose)
		fprintf(stderr, "parsed %zu packages in %.3f s, solved in %.3f s\n", list.n,
			parsed - start, seconds() - parsed);
	arena_release(&arena);
	package_list_release(&list);
	return status;
}

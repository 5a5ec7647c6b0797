/*
 * oracle_solve ARCH PACKAGES... -- [--recommends] REQUEST...
 *
 * Solves like a recipe with these packages and prints "name version", one line
 * each. For comparing with apt: tests/oracle/apt-compare.sh. A request is a name,
 * "?essential", or "name=version". With "-v" before the requests, why as well.
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
	struct solve_choice *choices;
	struct arena arena = ARENA_INIT;
	struct error err = ERR_INIT;
	bool verbose = false;
	double start = seconds(), parsed;
	size_t n;
	int i;

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
			r->name = str_of(argv[i]);
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
	if (solve(&in, &arena, &choices, &n, &err) < 0)
		return die(&err);
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
	return 0;
}

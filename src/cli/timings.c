#include "cli/timings.h"

#include <stdio.h>

void timings_of_laps(const uint64_t nanoseconds[LAP_COUNT], struct timing to[TIMINGS_LAPS])
{
	static const struct timing laps[TIMINGS_LAPS] = {
		[LAP_UNPACK - 1] = { "  unpack", "unpack", 0 },
		[LAP_EVALUATE - 1] = { "  evaluate", "evaluate", 0 },
		[LAP_APPLY - 1] = { "  apply effects", "apply_effects", 0 },
		[LAP_CHECK - 1] = { "  check effects", "check_effects", 0 },
		[LAP_DATABASES - 1] = { "  databases", "databases", 0 },
		[LAP_GENERATORS - 1] = { "  generators", "generators", 0 },
	};

	for (size_t i = 0; i < TIMINGS_LAPS; i++) {
		to[i] = laps[i];
		to[i].nanoseconds = nanoseconds[i + 1];
	}
}

void timings_print(const struct timing *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "  %-16s %7llu.%llu ms\n", list[i].name,
			(unsigned long long)(list[i].nanoseconds / 1000000u),
			(unsigned long long)(list[i].nanoseconds / 100000u % 10));
}

struct json *timings_json(struct arena *a, const struct timing *list, size_t n)
{
	struct json *o = json_object(a);

	for (size_t i = 0; i < n; i++)
		json_set(o, list[i].key, json_int(a, (int64_t)(list[i].nanoseconds / 1000)));
	return o;
}

#include "cli/progress.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/clock.h"

#define REDRAW_NS 100000000u /* ten times a second */
#define PLAIN_NS 5000000000u /* a line every five seconds in long phases */

struct phase_state {
	uint64_t started, drawn; /* nanoseconds */
	uint64_t done, total, bytes, bytes_total;
	bool running, ended;
};

struct progress {
	pthread_mutex_t mutex; /* guards all below */
	enum progress_mode mode;
	bool notes, details, colour;
	bool live; /* a live line is on the screen */
	struct phase_state phases[PHASE_COUNT];
};

static const struct {
	const char *name, *unit; /* of one; an s makes it several. NULL: no total is known */
} phase_names[PHASE_COUNT] = {
	[PHASE_INDEXES] = { "indexes", "file" },
	[PHASE_FETCH] = { "fetch", "package" },
	[PHASE_PACKS] = { "unpack", "package" },
	[PHASE_SCRIPTS] = { "scripts", NULL },
	[PHASE_LAYERS] = { "layers", "layer" },
	[PHASE_DISK] = { "disk", "file" },
};

struct progress *progress_new(enum progress_mode mode, bool notes, bool details, bool colour)
{
	struct progress *p = mem_alloc(sizeof(*p));

	pthread_mutex_init(&p->mutex, NULL);
	p->mode = mode;
	p->notes = notes;
	p->details = details;
	p->colour = colour;
	return p;
}

static void clear_line(struct progress *p)
{
	if (p->live)
		fputs("\r\x1b[K", stderr);
	p->live = false;
}

void progress_pause(struct progress *p)
{
	pthread_mutex_lock(&p->mutex);
	clear_line(p);
	fflush(stderr);
	pthread_mutex_unlock(&p->mutex);
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	progress_pause(p);
	pthread_mutex_destroy(&p->mutex);
	free(p);
}

static uint64_t rate(const struct phase_state *s, uint64_t now)
{
	uint64_t ms = (now - s->started) / 1000000u;

	return ms ? s->bytes * 1000u / ms : 0;
}

static void print_counts(enum phase phase, const struct phase_state *s, uint64_t now)
{
	char done[TEXT_SIZE_MAX], total[TEXT_SIZE_MAX], speed[TEXT_SIZE_MAX];

	if (!phase_names[phase].unit) {
		fprintf(stderr, "%-8s %llu evaluated", phase_names[phase].name,
			(unsigned long long)s->done);
		return;
	}
	fprintf(stderr, "%-8s %llu/%llu %s%s", phase_names[phase].name,
		(unsigned long long)s->done, (unsigned long long)s->total, phase_names[phase].unit,
		s->total == 1 ? "" : "s");
	if (s->bytes_total)
		fprintf(stderr, ", %s of %s, %s/s", text_size(s->bytes, done),
			text_size(s->bytes_total, total), text_size(rate(s, now), speed));
}

static void print_summary(enum phase phase, const struct phase_state *s, uint64_t now)
{
	char size[TEXT_SIZE_MAX], speed[TEXT_SIZE_MAX];
	uint64_t ms = (now - s->started) / 1000000u;

	fprintf(stderr, "%-8s %llu ", phase_names[phase].name, (unsigned long long)s->total);
	if (phase_names[phase].unit)
		fprintf(stderr, "%s%s", phase_names[phase].unit, s->total == 1 ? "" : "s");
	else
		fprintf(stderr, "evaluated");
	if (s->bytes_total)
		fprintf(stderr, ", %s at %s/s", text_size(s->bytes_total, size),
			text_size(rate(s, now), speed));
	fprintf(stderr, ", %llu.%02llu s\n", (unsigned long long)(ms / 1000),
		(unsigned long long)(ms / 10 % 100));
}

static void print_json(enum phase phase, const struct phase_state *s)
{
	fprintf(stderr,
		"{\"bytes\":%llu,\"bytes_total\":%llu,\"done\":%llu,\"phase\":\"%s\","
		"\"schema\":\"ingot/progress/1\",\"total\":%llu}\n",
		(unsigned long long)s->bytes, (unsigned long long)s->bytes_total,
		(unsigned long long)s->done, phase_names[phase].name, (unsigned long long)s->total);
}

static void draw(struct progress *p, enum phase phase, struct phase_state *s, uint64_t now)
{
	bool end = s->done >= s->total;
	uint64_t pause = p->mode == PROGRESS_PLAIN ? PLAIN_NS : REDRAW_NS;

	if (!end && now - s->drawn < pause)
		return;
	s->drawn = now;
	if (p->mode == PROGRESS_JSON) {
		print_json(phase, s);
	} else if (end) {
		clear_line(p);
		print_summary(phase, s, now);
	} else if (p->mode == PROGRESS_TTY) {
		fputs("\r\x1b[K", stderr);
		print_counts(phase, s, now);
		p->live = true;
	} else {
		print_counts(phase, s, now);
		fputc('\n', stderr);
	}
	fflush(stderr);
	if (end)
		s->running = false;
}

static void update(void *context, enum phase phase, uint64_t done, uint64_t total, uint64_t bytes,
		   uint64_t bytes_total)
{
	struct progress *p = context;
	struct phase_state *s = &p->phases[phase];
	uint64_t now = clock_nanoseconds();

	if (p->mode == PROGRESS_NONE || total == 0)
		return;
	pthread_mutex_lock(&p->mutex);
	if (!s->running) {
		/* A phase may run again; one that ends at once is too short to show. */
		*s = (struct phase_state){ .started = now, .drawn = now, .running = done < total };
	}
	if (s->running && (done >= s->done || total != s->total)) {
		s->done = done;
		s->total = total;
		s->bytes = bytes;
		s->bytes_total = bytes_total;
		draw(p, phase, s, now);
	}
	pthread_mutex_unlock(&p->mutex);
}

static void say(struct progress *p, const char *kind, const char *colour, const char *text)
{
	pthread_mutex_lock(&p->mutex);
	clear_line(p);
	fprintf(stderr, "%s%s:%s ", p->colour ? colour : "", kind, p->colour ? "\x1b[0m" : "");
	text_print_safe(stderr, text, strlen(text));
	fputc('\n', stderr);
	fflush(stderr);
	pthread_mutex_unlock(&p->mutex);
}

static void note(void *context, const char *text)
{
	struct progress *p = context;

	if (p->notes)
		say(p, "note", "\x1b[36m", text);
}

static void detail(void *context, const char *text)
{
	struct progress *p = context;

	if (p->details)
		say(p, "detail", "\x1b[2m", text);
}

struct observer progress_observer(struct progress *p)
{
	return (struct observer){ update, note, detail, p };
}

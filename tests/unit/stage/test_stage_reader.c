#include <criterion/criterion.h>
#include <pthread.h>

#include "crypto/hash.h"
#include "stage_fixture.h"

#define N_OBJECTS 100
#define N_PARTS   100 /* of each object */

struct parts {
	struct digest objects[N_OBJECTS];
	struct content parts[N_OBJECTS * N_PARTS];
};

/* Parts of different sizes, like a pack's: the first of each is large. */
static void make_parts(struct stage *s, struct parts *p)
{
	for (unsigned i = 0; i < N_OBJECTS; i++) {
		CLEANUP_ERR struct error err = ERR_INIT;
		CLEANUP_BUF struct buf all = BUF_INIT(1u << 24);

		for (unsigned k = 0; k < N_PARTS; k++) {
			struct content *c = &p->parts[i * N_PARTS + k];

			c->where = CONTENT_OBJECT;
			c->object = &p->objects[i];
			c->offset = all.len;
			c->size = k == 0 ? 200000 + i : (i * 7 + k * 13) % 3000;
			memset(buf_reserve(&all, (size_t)c->size), (int)(i ^ k), (size_t)c->size);
			all.len += (size_t)c->size;
			c->digest = hash_bytes((struct bytes){ all.ptr + c->offset,
							       (size_t)c->size });
		}
		expect_ok(stage_put(s, buf_bytes(&all), &p->objects[i], &err), &err);
	}
}

static void read_part(struct stage *s, const struct content *c)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf got = BUF_INIT(1u << 20);
	CLEANUP_SOURCE struct source *source = NULL;
	const struct content_reader *reader = stage_reader(s);
	struct digest d;

	expect_ok(reader->open(reader, c, &source, &err), &err);
	expect_ok(source_read_all(source, &got, &err), &err);
	cr_assert_eq(got.len, c->size);
	d = hash_bytes(buf_bytes(&got));
	cr_assert(digest_equal(&d, &c->digest));
}

struct thread_job {
	struct stage *stage;
	const struct parts *parts;
	unsigned first;
};

static void *read_many(void *arg)
{
	struct thread_job *j = arg;

	for (unsigned i = 0; i < N_OBJECTS * N_PARTS; i += 4)
		read_part(j->stage, &j->parts->parts[(i * 37 + j->first) % (N_OBJECTS * N_PARTS)]);
	return NULL;
}

Test(stage_reader, many_parts_of_more_objects_than_stay_open_from_several_threads)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_FREE struct parts *p = mem_alloc(sizeof(*p));
	struct thread_job jobs[4];
	pthread_t threads[4];

	make_parts(f.stage, p);
	for (unsigned i = 0; i < 4; i++) {
		jobs[i] = (struct thread_job){ f.stage, p, i };
		cr_assert(pthread_create(&threads[i], NULL, read_many, &jobs[i]) == 0);
	}
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

static void expect_wrong(struct stage *s, const struct content *c, const char *text)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_BUF struct buf got = BUF_INIT(1u << 20);
	CLEANUP_SOURCE struct source *source = NULL;
	const struct content_reader *reader = stage_reader(s);
	int r = reader->open(reader, c, &source, &err);

	if (r == 0)
		r = source_read_all(source, &got, &err);
	expect_error(r, &err, ERR_DIGEST, text);
}

static void damaged_part(size_t size)
{
	CLEANUP_ERR struct error err = ERR_INIT;
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	CLEANUP_FREE uint8_t *data = mem_alloc(3 * size);
	struct digest object;
	struct content part = { .where = CONTENT_OBJECT, .object = &object, .offset = size,
				.size = size };
	CLEANUP_FREE char *path = NULL;

	part.digest = hash_bytes((struct bytes){ data + size, size });
	expect_ok(stage_put(f.stage, (struct bytes){ data, 3 * size }, &object, &err), &err);
	path = object_path(&f, &object);
	read_part(f.stage, &part);
	flip_byte(path, (long)(3 * size - 1)); /* beside the part: not its business */
	read_part(f.stage, &part);
	flip_byte(path, (long)(2 * size - 1));
	expect_wrong(f.stage, &part, "is damaged");
	cr_assert_not(stage_has(f.stage, &object));
	expect_wrong(f.stage, &part, "not in the stage"); /* though it was open */
	cr_assert_eq(count_files(&f, "quarantine"), 1);
}

Test(stage_reader, a_damaged_small_part_is_found_and_its_object_quarantined)
{
	damaged_part(1000);
}

Test(stage_reader, a_damaged_large_part_is_found_and_its_object_quarantined)
{
	damaged_part(500000);
}

Test(stage_reader, a_part_beyond_the_object_is_damage_and_not_a_crash)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	const uint64_t offsets[] = { 6, UINT64_MAX, 5 };
	const uint64_t sizes[] = { 1, 2, UINT64_MAX };

	for (unsigned i = 0; i < 3; i++) {
		struct digest object = put_text(f.stage, "hello");
		struct content part = { .where = CONTENT_OBJECT, .object = &object,
					.offset = offsets[i], .size = sizes[i] };

		expect_wrong(f.stage, &part, "is damaged");
	}
}

Test(stage_reader, content_in_memory_and_empty_content_need_no_object)
{
	CLEANUP_FIXTURE struct fixture f = fixture_open();
	struct content empty = { .where = CONTENT_EMPTY, .digest = hash_bytes((struct bytes){ 0 }) };
	struct content memory = { .where = CONTENT_MEMORY, .size = 3,
				  .data = (const uint8_t *)"abc",
				  .digest = hash_bytes(str_bytes(STR("abc"))) };

	read_part(f.stage, &empty);
	read_part(f.stage, &memory);
}

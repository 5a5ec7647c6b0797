#include <criterion/criterion.h>
#include <string.h>

#include "debian/elf_facts.h"

/* A reader that counts what is read and remembers one value. */
static unsigned n_opened;
static struct buf remembered = BUF_INIT(1u << 20);
static bool has_value;

static int open_counted(const struct content_reader *reader, const struct content *content,
			struct source **ret, struct error *err)
{
	static const char text[] = "\x7f" "ELF, but not really one";

	(void)reader, (void)content, (void)err;
	n_opened++;
	*ret = source_of_bytes((struct bytes){ (const uint8_t *)text, sizeof(text) - 1 });
	return 0;
}

static int recall(const struct content_reader *reader, const char *kind,
		  const struct digest *key, struct buf *ret, struct error *err)
{
	(void)reader, (void)key, (void)err;
	cr_assert_str_eq(kind, "elf");
	if (!has_value)
		return CONTENT_UNKNOWN;
	buf_add(ret, remembered.ptr, remembered.len);
	return 0;
}

static int remember(const struct content_reader *reader, const char *kind,
		    const struct digest *key, struct bytes value, struct str inputs,
		    struct error *err)
{
	(void)reader, (void)kind, (void)key, (void)inputs, (void)err;
	buf_reset(&remembered);
	buf_add(&remembered, value.ptr, value.len);
	has_value = true;
	return 0;
}

static const struct content_reader reader = { .open = open_counted, .recall = recall,
					      .remember = remember };

/* Three handles of two contents. */
static void contents_of(struct content to[static 3], struct digest *object)
{
	for (unsigned i = 0; i < 3; i++)
		to[i] = (struct content){ .digest = { { i == 1 ? 9 : 3 } }, .size = 24,
					  .where = CONTENT_OBJECT, .object = object };
}

static void learn(void)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT;
	CLEANUP_ERR struct error err = ERR_INIT;
	struct content contents[3];
	struct digest object = { { 1 } }, unknown = { { 7 } };
	struct elf_fact *facts;
	size_t n;

	contents_of(contents, &object);
	cr_assert_eq(elf_facts_learn(&reader, contents, 3, &arena, &facts, &n, &err), 0);
	cr_assert_eq(n, 2);
	cr_assert_not(facts[0].is_library);
	cr_assert_not_null(elf_facts_find(facts, n, &(struct digest){ { 9 } }));
	cr_assert_null(elf_facts_find(facts, n, &unknown));
}

Test(elf_facts, a_content_is_read_once_and_never_again)
{
	learn();
	cr_assert_eq(n_opened, 2);
	learn();
	cr_assert_eq(n_opened, 2);
}

Test(elf_facts, a_remembered_value_that_does_not_read_is_learnt_anew)
{
	learn();
	remembered.len--;
	learn();
	cr_assert_eq(n_opened, 4);
}

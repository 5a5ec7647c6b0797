/* The child that runs librnp. What it says is the text and the signers, each a field. */

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/field.h"
#include "base/limits.h"
#include "io/child.h"
#include "resolve/librnp.h"
#include "resolve/openpgp_private.h"

#define ANSWER_MAX (LIMIT_RELEASE_SIZE + (1u << 20)) /* the text and its signers */
#define CPU_MAX 60				     /* seconds; Debian's take 0.1 */

/* ---- the child ---- */

struct reading {
	openpgp_task *task;
	const void *what;
};

/* What is open stays open (the pipe, the source of random numbers); no more is opened. */
static int drop_rights(struct error *err)
{
	const struct rlimit none = { 0, 0 }, cpu = { CPU_MAX, CPU_MAX };

	if (setrlimit(RLIMIT_CPU, &cpu) < 0 || setrlimit(RLIMIT_NOFILE, &none) < 0)
		return err_sys(err, errno, "can't confine the OpenPGP reader");
	return 0;
}

static int read_there(const void *what, struct buf *to, struct error *err)
{
	const struct reading *r = what;
	struct arena arena = ARENA_INIT; /* goes with the process */
	struct openpgp_verdict v = { 0 };

	if (r->task(r->what, drop_rights, &arena, &v, err) < 0)
		return -1;
	field_put(to, v.text);
	for (size_t i = 0; i < v.n_signers; i++)
		field_put(to, str_bytes(v.signers[i]));
	return 0;
}

/* ---- the parent ---- */

static int take_verdict(struct bytes all, struct arena *arena, struct openpgp_verdict *ret,
			struct error *err)
{
	struct bytes text, signer;
	size_t capacity = all.len / 4;

	if (!field_take(&all, &text))
		return err_set(err, ERR_SIGNATURE, "the OpenPGP reader's answer is cut short");
	*ret = (struct openpgp_verdict){ .text = arena_bytes(arena, text) };
	if (capacity > 4096)
		capacity = 4096;
	ret->signers = arena_array(arena, capacity, sizeof(*ret->signers));
	while (ret->n_signers < capacity && field_take(&all, &signer))
		ret->signers[ret->n_signers++] = arena_str(arena, bytes_str(signer));
	return 0;
}

int openpgp_in_child(openpgp_task *task, const void *what, struct arena *arena,
		     struct openpgp_verdict *ret, struct error *err)
{
	static const struct child_options options = {
		.name = "the OpenPGP reader",
		.failure = ERR_SIGNATURE,
		.hint = "the mirror may be sending files that are made to do harm",
		.answer_max = ANSWER_MAX,
	};
	CLEANUP_BUF struct buf all = BUF_INIT(ANSWER_MAX);
	struct reading reading = { task, what };

	/* here, so that each child needn't */
	if (librnp_load(err) < 0)
		return -1;
	if (child_run(read_there, &reading, &options, &all, err) < 0)
		return -1;
	return take_verdict(buf_bytes(&all), arena, ret, err);
}

/* A disk for machines: one raw file, and what other formats make of it. */
#include "pipeline/build_private.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "image/disk.h"
#include "image/disk_convert.h"
#include "io/clock.h"
#include "io/sink_thread.h"
#include "io/workers.h"
#include "pipeline/output_file.h"
#include "pipeline/statements.h"

#define SIGNATURE_MAX (1u << 20) /* bytes; Debian's has 2,000 */

/* What is packed for booting, in the order of the lock. */
static size_t list_boot(const struct package_set *set, struct arena *arena,
			struct debian_package **ret)
{
	struct debian_package *list = arena_array(arena, set->locked->n_packages, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < set->locked->n_packages; i++) {
		const struct lock_package *p = &set->locked->packages[i];

		if (p->boot)
			list[n++] = (struct debian_package){
				.name = p->name,
				.version = p->version,
				.architecture = p->architecture,
				.essential = p->essential,
				.pack = set->packs[i],
			};
	}
	*ret = list;
	return n;
}

static void fill_in(const struct disk_facts *f, struct build_output *out)
{
	out->disk_size = f->size;
	out->root_used = f->root_used;
	out->root_free = f->root_free;
	out->authenticode = f->authenticode;
	out->root_hash = f->root_hash;
	out->is_signed = f->is_signed;
	out->has_verity = f->has_verity;
	for (size_t i = 0; i < f->gpt->n; i++)
		out->partitions[i] = (struct build_partition){ f->gpt->partitions[i].id,
							       f->gpt->partitions[i].offset,
							       f->gpt->partitions[i].size };
}

/* What is said of one format is true of all, but for the file itself. */
static void copy_facts(const struct build_output *from, struct build_output *to)
{
	struct build_output copy = *from;

	copy.file = to->file;
	copy.format = to->format;
	copy.digest = to->digest;
	copy.size = to->size;
	copy.up_to_date = false;
	copy.has_before = false; /* it is said of the raw disk alone */
	*to = copy;
}

/* The signature over @authenticode, if there is one or a key to make it. */
static int obtain_signature(struct building *b, const struct recipe_target *t,
			    const struct digest *authenticode, struct buf *to, bool *ret_found,
			    struct error *err)
{
	return secure_boot_signature(b->context, b->recipe, t, &b->options->secure_boot,
				     authenticode, b->lock->epoch, to, ret_found, err);
}

int build_disk_is_signed_so(struct building *b, const struct recipe_target *t,
			    const struct build_output *out, bool *ret_same, struct error *err)
{
	CLEANUP_BUF struct buf signature = BUF_INIT(SIGNATURE_MAX);
	struct digest digest;
	bool found;

	if (obtain_signature(b, t, &out->authenticode, &signature, &found, err) < 0)
		return -1;
	digest = hash_bytes(buf_bytes(&signature));
	*ret_same = found == out->is_signed && (!found || digest_equal(&digest, &out->signature));
	return 0;
}

static int sign(struct building *b, const struct recipe_target *t, struct disk *disk,
		struct build_output *out, struct error *err)
{
	CLEANUP_BUF struct buf signature = BUF_INIT(SIGNATURE_MAX);
	bool found;

	if (obtain_signature(b, t, &disk_facts(disk)->authenticode, &signature, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	out->signature = hash_bytes(buf_bytes(&signature));
	return disk_sign(disk, buf_bytes(&signature), err);
}

/* What reads the finished tree, at the same time. */
struct disk_work {
	struct building *building;
	const struct recipe_target *target;
	const struct package_set *set;
	const struct assembly *assembly;
	const struct disk *disk;
	struct output_file *file;
	struct build_output *out;
	struct statement_texts *texts;
};

/* A signed disk is hashed without its signature, too, on the same way. */
static int write_disk(const struct disk_work *w, struct error *err)
{
	struct output_file *file = w->file;
	struct build_output *out = w->out;
	struct sink *hash = out->is_signed ? hash_sink(NULL, &out->before) : NULL;
	struct sink *before = hash ? sink_in_thread(hash) : NULL;
	int r = disk_write(w->disk, file->out, before, err);

	out->has_before = false;
	if (before) {
		before->failed |= r < 0;
		r = sink_close(before, err);
		hash->failed |= r < 0;
		r = sink_close(hash, err);
		out->has_before = r == 0;
	}
	return output_file_end(file, r < 0, err);
}

static int work_on_disk(void *context, size_t i, struct error *err)
{
	const struct disk_work *w = context;

	if (i == 0)
		return write_disk(w, err);
	return statement_texts_make(w->building, w->target, w->set, w->assembly,
				    /* layers= */ NULL, 0, w->texts, err);
}

/* @keep: somebody reads what is written. */
static int open_output(struct building *b, bool keep, struct output_file *file, struct str name,
		       uint64_t expected, struct error *err)
{
	if (keep)
		return output_file_open(file, b->context, b->outputs, name, expected, err);
	output_file_discard(file, b->context, expected);
	return 0;
}

/*
 * Composes @t, and writes the disk into @file; it has no name yet. Without @keep it is only
 * hashed.
 */
static int make_raw(struct building *b, const struct recipe_target *t,
		    const struct package_set *set, bool keep, struct output_file *file,
		    struct build_output *out, struct statement_texts *texts, struct error *err)
{
	CLEANUP_ASSEMBLY struct assembly a = { 0 };
	CLEANUP_TREE struct tree *initrd = NULL;
	CLEANUP_DISK struct disk *disk = NULL;
	uint64_t start = clock_nanoseconds(), composed;
	struct boot_parts boot = { 0 };
	struct debian_package *list;
	struct disk_work work;
	struct disk_input in;
	size_t n;

	if (assembly_make(b->context, b->recipe, t, b->lock, set, &b->inputs, &a, err) < 0)
		return -1;
	n = list_boot(set, &a.arena, &list);
	if (compose_boot(&a.input, a.output.tree, list, n, &a.arena, &boot, err) < 0)
		return err_while(err, "composing what boots target '" STR_FMT "'",
				 STR_ARG(t->name));
	initrd = boot.initrd;
	composed = clock_nanoseconds();
	b->result->timings.compose += composed - start;
	in = (struct disk_input){ .tree = a.output.tree,
				  .boot = &boot,
				  .target = t,
				  .architecture = out->architecture,
				  .epoch = b->lock->epoch,
				  .reader = a.input.reader,
				  .threads = b->context->n_threads };
	tree_freeze(a.output.tree);
	if (disk_plan(&in, &disk, err) < 0)
		return err->code == ERR_LIMIT || err->code == ERR_UNSUPPORTED
			       ? err_place(err, t->pos)
			       : -1;
	if (sign(b, t, disk, out, err) < 0)
		return -1;
	fill_in(disk_facts(disk), out);
	if (open_output(b, keep, file, out->file, out->disk_size - out->root_free, err) < 0)
		return -1;
	work = (struct disk_work){ b, t, set, &a, disk, file, out, texts };
	if (workers_run(b->context->n_threads, b->options->discard ? 1 : 2, work_on_disk, &work,
			err) < 0)
		return -1;
	out->digest = file->digest;
	out->size = file->size;
	out->nanoseconds = clock_nanoseconds() - start;
	b->result->timings.write += clock_nanoseconds() - composed;
	return 0;
}

/* "web-1.4.0-vm-amd64" of a file's name. */
static struct str name_of(const struct build_output *out, const char *ending)
{
	return (struct str){ out->file.ptr, out->file.len - strlen(ending) };
}

static int convert(struct building *b, enum disk_format format, int fd,
		   const struct build_output *raw, struct build_output *out, struct error *err)
{
	CLEANUP_OUTPUT_FILE struct output_file file = OUTPUT_FILE_INIT;
	CLEANUP_FREE char *name = mem_str(raw->file);
	const struct window window = { .fd = fd, .name = name, .size = raw->size };
	const struct disk_convert_options o = {
		.seed = raw->digest,
		.name = name_of(out, disk_format_ending(format)),
		.threads = b->context->n_threads,
	};
	uint64_t start = clock_nanoseconds();
	int r;

	copy_facts(raw, out);
	if (open_output(b, !b->options->discard, &file, out->file, raw->disk_size - raw->root_free,
			err) < 0)
		return -1;
	r = disk_convert(format, &window, &o, file.out, err);
	if (output_file_end(&file, r < 0, err) < 0 || build_publish(b, &file.draft, err) < 0)
		return err_while(err, "writing '" STR_FMT "'", STR_ARG(out->file));
	out->digest = file.digest;
	out->size = file.size;
	out->nanoseconds = clock_nanoseconds() - start;
	b->result->timings.write += out->nanoseconds;
	return 0;
}

/* A raw disk that nobody asked for is made for the others, and goes. */
static struct build_output *find_raw(struct build_output *outs, size_t n,
				     struct build_output *unnamed)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(outs[i].format, STR("raw")))
			return &outs[i];
	*unnamed = outs[0];
	unnamed->format = STR("raw");
	unnamed->up_to_date = false;
	return unnamed;
}

/* The descriptor of the raw disk, which lies in @file or in outputs/ already. */
static int obtain_raw(struct building *b, const struct recipe_target *t,
		      const struct package_set *set, bool publish, bool keep,
		      struct output_file *file,
		      struct build_output *raw, struct statement_texts *texts, int *ret_fd,
		      struct error *err)
{
	CLEANUP_FREE char *name = mem_str(raw->file);

	if (raw->up_to_date)
		return file_open(b->outputs, name, false, ret_fd, err);
	if (make_raw(b, t, set, keep, file, raw, texts, err) < 0)
		return err_while(err, "writing '%s'", name);
	if (!keep)
		return 0;
	*ret_fd = fcntl(file->draft.fd, F_DUPFD_CLOEXEC, 0);
	if (*ret_fd < 0)
		return err_sys(err, errno, "cannot read '%s' again", name);
	return publish ? build_publish(b, &file->draft, err) : 0;
}

int build_disk(struct building *b, const struct recipe_target *t, const struct package_set *set,
	       struct build_output *outs, size_t n, struct statement_texts *texts,
	       struct error *err)
{
	CLEANUP_OUTPUT_FILE struct output_file file = OUTPUT_FILE_INIT;
	CLEANUP_CLOSE int fd = -1;
	struct build_output unnamed, *raw = find_raw(outs, n, &unnamed);
	/* other formats are made by reading it */
	bool keep = !b->options->discard || n > 1 || raw == &unnamed;

	if (obtain_raw(b, t, set, raw != &unnamed, keep, &file, raw, texts, &fd, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		enum disk_format format;

		if (!outs[i].up_to_date && disk_format_parse(outs[i].format, &format) &&
		    convert(b, format, fd, raw, &outs[i], err) < 0)
			return -1;
	}
	return build_keep(b, set, raw, NULL, 0, err);
}

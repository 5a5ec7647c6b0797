/* The unified kernel image of two disks: sections, words of the command line, the initrd. */
#include "attest/diff_disks_private.h"

#include "attest/diff_trees.h"
#include "crypto/hash.h"

#define WORDS_MAX 4096u

struct words {
	struct str *list;
	size_t n;
};

static const char *place(struct diff_disks_work *w, struct str what)
{
	return arena_printf(&w->arena, "esp > " STR_FMT " > " STR_FMT,
			    STR_ARG(w->a->disk->uki_path), STR_ARG(what));
}

/* ---- the command line ---- */

/* At blanks; a value in quotes stays together, as the kernel reads it. */
static struct words split(struct diff_disks_work *w, struct str line)
{
	struct words words = { arena_array(&w->arena, WORDS_MAX, sizeof(struct str)), 0 };
	size_t i = 0;

	while (words.n < WORDS_MAX) {
		size_t start;
		bool quoted = false;

		while (i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\n'))
			i++;
		if (i == line.len)
			break;
		for (start = i;
		     i < line.len && (quoted || (line.ptr[i] != ' ' && line.ptr[i] != '\n')); i++)
			quoted ^= line.ptr[i] == '"';
		words.list[words.n++] = (struct str){ line.ptr + start, i - start };
	}
	return words;
}

static const char *follows_of(const struct diff_disks_work *w, struct str word)
{
	bool type = w->a->disk->root_type != w->b->disk->root_type;

	if (str_has_prefix(word, STR("root=PARTUUID=")))
		return "the id of the root partition";
	if (str_has_prefix(word, STR("roothash=")))
		return "the root hash";
	if (str_has_prefix(word, STR("systemd.verity")))
		return "the hash tree";
	if (type && (str_has_prefix(word, STR("rootfstype=")) || str_equal_cstr(word, "rw") ||
		     str_equal_cstr(word, "ro")))
		return "the root's type";
	return "";
}

static size_t count(const struct words *words, struct str word, size_t end)
{
	size_t n = 0;

	for (size_t i = 0; i < end; i++)
		n += str_equal(words->list[i], word);
	return n;
}

/* A word that the other line has less often. */
static bool is_more(const struct words *these, size_t i, const struct words *others)
{
	return count(these, these->list[i], i + 1) > count(others, these->list[i], others->n);
}

static struct str key_of(struct str word)
{
	size_t n = str_find_char(word, '=');

	return n < word.len ? (struct str){ word.ptr, n + 1 } : (struct str){ NULL, 0 };
}

/* "quiet=1" in one line and "quiet=2" in the other are one difference. */
static struct str partner(const struct words *these, struct str key, const struct words *others)
{
	struct str found = { NULL, 0 };

	for (size_t i = 0; key.ptr && i < these->n; i++)
		if (str_has_prefix(these->list[i], key) && is_more(these, i, others)) {
			if (found.ptr)
				return (struct str){ NULL, 0 };
			found = these->list[i];
		}
	return found;
}

static void compare_cmdline(struct diff_disks_work *w)
{
	struct words a = split(w, w->a->disk->cmdline), b = split(w, w->b->disk->cmdline);
	const char *where = place(w, STR(".cmdline"));
	const struct str none = { NULL, 0 };
	size_t before = w->d->n;

	for (size_t i = 0; i < a.n; i++) {
		struct str key = key_of(a.list[i]), other = partner(&b, key, &a);

		if (!is_more(&a, i, &b))
			continue;
		if (!partner(&a, key, &b).ptr)
			other = none;
		diff_disks_add(w, DIFFERENCE_UKI,
			       other.ptr ? DIFFERENCE_VALUE : DIFFERENCE_PRESENCE, where, a.list[i],
			       other, follows_of(w, a.list[i]));
	}
	for (size_t i = 0; i < b.n; i++) {
		struct str key = key_of(b.list[i]);

		if (is_more(&b, i, &a) && !(partner(&a, key, &b).ptr && partner(&b, key, &a).ptr))
			diff_disks_add(w, DIFFERENCE_UKI, DIFFERENCE_PRESENCE, where, none,
				       b.list[i], follows_of(w, b.list[i]));
	}
	if (w->d->n == before)
		diff_disks_add(w, DIFFERENCE_UKI, DIFFERENCE_ORDER, where, w->a->disk->cmdline,
			       w->b->disk->cmdline, "");
}

/* ---- the initrd ---- */

static int compare_initrd(struct diff_disks_work *w, struct error *err)
{
	const struct diff_trees_side a = { w->a->disk->initrd, NULL, NULL };
	const struct diff_trees_side b = { w->b->disk->initrd, NULL, NULL };
	const char *where = place(w, STR(".initrd"));
	const struct diff_trees_options o = { .area = DIFFERENCE_INITRD,
					      .place = where,
					      .details = w->details };
	size_t before = w->d->n;

	if (diff_trees(w->d, &a, &b, &o, err) < 0)
		return -1;
	if (w->d->n == before)
		diff_disks_add(w, DIFFERENCE_INITRD, DIFFERENCE_BYTES, where,
			       STR("headers of the archive"), STR("other headers"), "");
	return 0;
}

/* ---- sections ---- */

static struct str told_section(struct diff_disks_work *w, struct bytes data)
{
	struct digest digest = hash_bytes(data);
	char hex[DIGEST_HEX_MAX];

	return str_of(
		arena_printf(&w->arena, "%zu bytes (%.12s)", data.len, digest_hex(&digest, hex)));
}

static int compare_section(struct diff_disks_work *w, const struct pe_section *a,
			   const struct pe_section *b, struct error *err)
{
	const struct str none = { NULL, 0 };
	struct str name = a ? a->name : b->name;
	bool is_text = str_equal_cstr(name, ".osrel") || str_equal_cstr(name, ".uname") ||
		       str_equal_cstr(name, ".sbat");
	struct content_diff *detail;
	struct difference *one;

	if (a && b && bytes_equal(a->data, b->data))
		return 0;
	if (a && b && str_equal_cstr(name, ".cmdline")) {
		compare_cmdline(w);
		return 0;
	}
	if (a && b && str_equal_cstr(name, ".initrd") && w->a->disk->initrd && w->b->disk->initrd)
		return compare_initrd(w, err);
	one = diff_disks_add(w, DIFFERENCE_UKI, a && b ? DIFFERENCE_CONTENT : DIFFERENCE_PRESENCE,
			     place(w, name), a ? told_section(w, a->data) : none,
			     b ? told_section(w, b->data) : none, "");
	if (!a || !b || !is_text)
		return 0;
	detail = arena_alloc(&w->d->arena, sizeof(*detail));
	if (content_diff(a->data, b->data, &w->d->arena, detail, err) < 0)
		return -1;
	one->detail = detail;
	return 0;
}

/* ---- the signature ---- */

static struct str told_signature(struct diff_disks_work *w, const struct disk_image *d)
{
	if (!d->uki.signature.ptr)
		return (struct str){ NULL, 0 };
	return str_of(arena_printf(&w->arena, "signed by " STR_FMT, STR_ARG(d->signer)));
}

static void compare_signature(struct diff_disks_work *w)
{
	const struct disk_image *a = w->a->disk, *b = w->b->disk;
	const char *where = place(w, STR("signature"));
	struct str x = told_signature(w, a), y = told_signature(w, b);

	if (bytes_equal(a->uki.signature, b->uki.signature) &&
	    !a->uki.signature.ptr == !b->uki.signature.ptr)
		return;
	if (!x.ptr || !y.ptr)
		diff_disks_add(w, DIFFERENCE_UKI, DIFFERENCE_PRESENCE, where, x, y, "");
	else
		diff_disks_add(w, DIFFERENCE_UKI,
			       str_equal(x, y) ? DIFFERENCE_CONTENT : DIFFERENCE_VALUE, where, x, y,
			       str_equal(x, y) && !digest_equal(&a->authenticode, &b->authenticode)
				       ? "what it signs"
				       : "");
}

static const struct pe_section *section(const struct disk_image *d, size_t i)
{
	return i < d->uki.n_sections ? &d->uki.sections[i] : NULL;
}

int diff_disks_uki(struct diff_disks_work *w, struct error *err)
{
	const struct disk_image *a = w->a->disk, *b = w->b->disk;
	size_t before = w->d->n;

	if (bytes_equal(buf_bytes(&a->uki_bytes), buf_bytes(&b->uki_bytes)))
		return 0;
	diff_disks_texts(w, DIFFERENCE_UKI, place(w, STR("machine")), a->uki.machine,
			 b->uki.machine, "");
	for (size_t i = 0; section(a, i); i++)
		if (compare_section(w, section(a, i), pe_section_of(&b->uki, section(a, i)->name),
				    err) < 0)
			return -1;
	for (size_t i = 0; section(b, i); i++)
		if (!pe_section_of(&a->uki, section(b, i)->name) &&
		    compare_section(w, NULL, section(b, i), err) < 0)
			return -1;
	compare_signature(w);
	if (w->d->n == before)
		diff_disks_add(w, DIFFERENCE_UKI, DIFFERENCE_BYTES, place(w, STR("headers")),
			       STR("of the PE file"), STR("other ones"), "");
	return 0;
}

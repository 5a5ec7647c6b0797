#include "attest/diff_layers.h"

#include "attest/diff_content.h"
#include "base/strtab.h"
#include "pack/pack.h"

struct work {
	struct image_diff *d;
	const struct diff_images_side *a, *b;
	struct arena arena;
	struct str *names_a, *names_b; /* of the layers */
};

uint32_t *diff_layers_of(const struct oci_tree *layers, size_t n_layers, struct arena *arena)
{
	const struct tree *t = oci_tree(layers);
	uint32_t *of = arena_array(arena, tree_serial_count(t), sizeof(*of));

	memset(of, 0xff, tree_serial_count(t) * sizeof(*of));
	for (size_t i = 0; i < n_layers; i++) {
		const struct pack *p = oci_tree_layer(layers, i);

		for (size_t k = 0; p && k < p->n_members; k++) {
			const struct node *n = tree_find(t, p->members[k].path);

			if (n)
				of[n->serial] = (uint32_t)i;
		}
	}
	return of;
}

static struct difference *add(struct work *w, enum difference_what what, const char *where,
			      struct str name, struct str a, struct str b, const char *follows)
{
	return image_diff_add(w->d, &(struct difference){ .area = DIFFERENCE_LAYERS,
							  .what = what,
							  .where = str_of(where),
							  .name = name,
							  .a = a,
							  .b = b,
							  .follows = str_of(follows) });
}

/* What a layer is called: by its history, "ingot packages: openssl", or by its number. */
static struct str *names_of(struct work *w, const struct oci_image *image)
{
	struct str *names = arena_array(&w->arena, image->n_layers, sizeof(*names));
	struct str prefix = STR("ingot ");

	for (size_t i = 0; i < image->n_layers; i++) {
		struct str name = image->layers[i].created_by;

		names[i] = str_has_prefix(name, prefix) && name.len > prefix.len
				   ? (struct str){ name.ptr + prefix.len, name.len - prefix.len }
				   : str_of(arena_printf(&w->arena, "layers/%zu", i + 1));
	}
	return names;
}

static struct str number(struct work *w, size_t n)
{
	return str_of(arena_printf(&w->arena, "%zu", n));
}

/* ---- which layer holds a path ---- */

struct move {
	uint32_t from, to;
	size_t n;
	struct str first; /* the first of the paths */
};

struct moves {
	struct move *list;
	size_t n, capacity;
	uint32_t *number; /* by pair of layers: of the list, plus one */
};

static void note_move(struct work *w, struct moves *m, uint32_t from, uint32_t to, struct str path)
{
	uint32_t *number = &m->number[from * w->b->image->n_layers + to];

	if (*number) {
		m->list[*number - 1].n++;
		return;
	}
	ARENA_GROW(&w->arena, m->list, m->n, m->capacity);
	m->list[m->n++] = (struct move){ from, to, 1, arena_str(&w->arena, path) };
	*number = (uint32_t)m->n;
}

/*
 * Two layers are one and the same if each has most of its paths in common with the other:
 * their names list what is in them, and so may differ.
 */
static bool is_same_layer(const struct moves *m, const struct move *one)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct move *other = &m->list[i];
		bool rival = other != one && (other->from == one->from || other->to == one->to);

		if (rival && (other->n > one->n || (other->n == one->n && other < one)))
			return false;
	}
	return true;
}

/* Of all pairs those that are moves. */
static void drop_same(struct moves *m, struct work *w)
{
	struct moves moved = { 0 };

	for (size_t i = 0; i < m->n; i++) {
		if (is_same_layer(m, &m->list[i]))
			continue;
		ARENA_GROW(&w->arena, moved.list, moved.n, moved.capacity);
		moved.list[moved.n++] = m->list[i];
	}
	*m = moved;
}

/* Paths of the trees that differ themselves: they may move by that. */
static void note_differing(const struct work *w, struct strtab *paths)
{
	for (size_t i = 0; i < w->d->n; i++)
		if (w->d->list[i].area == DIFFERENCE_TREE && w->d->list[i].path.ptr)
			(void)strtab_put(paths, w->d->list[i].path, 1);
}

static void find_moves(struct work *w, const uint32_t *of_a, const uint32_t *of_b, struct moves *m)
{
	CLEANUP_STRTAB struct strtab differing = STRTAB_INIT;
	CLEANUP_BUF struct buf path = BUF_INIT(1u << 20);
	const struct tree *a = oci_tree(w->a->layers), *b = oci_tree(w->b->layers);
	struct tree_iter it = tree_iter(a, tree_root(a));

	m->number = arena_array(&w->arena, w->a->image->n_layers * w->b->image->n_layers,
				sizeof(*m->number));
	note_differing(w, &differing);
	for (struct node *n; (n = tree_next(&it));) {
		const struct node *other;
		uint32_t from = of_a[n->serial], to, ignored;

		if (n->inode->kind == NODE_DIRECTORY || from == UINT32_MAX)
			continue;
		buf_reset(&path);
		tree_path(n, &path);
		other = tree_find(b, buf_str(&path));
		if (!other || strtab_find(&differing, buf_str(&path), &ignored))
			continue;
		to = of_b[other->serial];
		if (to != UINT32_MAX)
			note_move(w, m, from, to, buf_str(&path));
	}
	drop_same(m, w);
}

static void tell_moves(struct work *w, const struct moves *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct move *one = &m->list[i];
		const char *where = arena_printf(&w->arena, "layers/%u > /" STR_FMT, one->from + 1,
						 STR_ARG(one->first));

		add(w, DIFFERENCE_LAYER, where,
		    one->n == 1 ? STR("") : str_of(arena_printf(&w->arena, "of %zu paths", one->n)),
		    w->names_a[one->from], w->names_b[one->to], "")
			->path = arena_str(&w->d->arena, one->first);
	}
}

/* ---- the layers themselves ---- */

static bool same_types(const struct work *w)
{
	const struct oci_image *a = w->a->image, *b = w->b->image;

	for (size_t i = 0; i < a->n_layers && i < b->n_layers; i++)
		if (!str_equal(a->layers[i].media_type, b->layers[i].media_type))
			return false;
	return true;
}

/* All layers of an image of ours have one media type: told once. */
static void compare_types(struct work *w)
{
	const struct oci_image *a = w->a->image, *b = w->b->image;

	for (size_t i = 0; i < a->n_layers && i < b->n_layers; i++) {
		if (str_equal(a->layers[i].media_type, b->layers[i].media_type))
			continue;
		add(w, DIFFERENCE_VALUE, "layers > media type", STR(""), a->layers[i].media_type,
		    b->layers[i].media_type, "");
		return;
	}
}

static bool same_diff_ids(const struct work *w)
{
	const struct oci_image *a = w->a->image, *b = w->b->image;

	for (size_t i = 0; i < a->n_layers && i < b->n_layers; i++)
		if (!digest_equal(&a->layers[i].diff_id, &b->layers[i].diff_id))
			return false;
	return a->n_layers == b->n_layers;
}

static struct str told_blob(struct work *w, const struct oci_image_layer *l)
{
	char hex[DIGEST_HEX_MAX];

	return str_of(arena_printf(&w->arena, "%llu bytes (%.12s)", (unsigned long long)l->size,
				   digest_hex(&l->blob, hex)));
}

/* The same layer in another compressed form. */
static void compare_blobs(struct work *w, bool follows)
{
	const struct oci_image *a = w->a->image, *b = w->b->image;

	for (size_t i = 0; i < a->n_layers && i < b->n_layers; i++) {
		const struct oci_image_layer *x = &a->layers[i], *y = &b->layers[i];
		const char *where = arena_printf(&w->arena, "layers/%zu", i + 1);

		if (digest_equal(&x->diff_id, &y->diff_id) && !digest_equal(&x->blob, &y->blob))
			add(w, DIFFERENCE_COMPRESSION, where, STR(""), told_blob(w, x),
			    told_blob(w, y), follows ? "the media type" : "");
	}
}

static bool same_members(const struct pack *a, const struct pack *b)
{
	if (!a || !b || a->n_members != b->n_members)
		return false;
	for (size_t i = 0; i < a->n_members; i++)
		if (!str_equal(a->members[i].path, b->members[i].path))
			return false;
	return true;
}

/* The trees are equal, and each layer holds what it held: then it is how the tar is written. */
static void compare_tars(struct work *w, bool follows)
{
	const struct oci_image *a = w->a->image, *b = w->b->image;

	for (size_t i = 0; i < a->n_layers && i < b->n_layers; i++) {
		const struct oci_image_layer *x = &a->layers[i], *y = &b->layers[i];
		const char *where = arena_printf(&w->arena, "layers/%zu", i + 1);
		bool order = !same_members(oci_tree_layer(w->a->layers, i),
					   oci_tree_layer(w->b->layers, i));

		if (digest_equal(&x->diff_id, &y->diff_id))
			continue;
		if (follows)
			add(w, DIFFERENCE_BYTES, where, STR("of the layer"), told_blob(w, x),
			    told_blob(w, y), "what is in it");
		else
			add(w, order ? DIFFERENCE_ORDER : DIFFERENCE_BYTES, where,
			    order ? STR("of what is in it") : STR("of the tar: headers or padding"),
			    told_blob(w, x), told_blob(w, y), "");
	}
}

void diff_layers(struct image_diff *d, const struct diff_images_side *a,
		 const struct diff_images_side *b, const uint32_t *of_a, const uint32_t *of_b,
		 bool trees_differ)
{
	struct work w = { .d = d, .a = a, .b = b };
	struct moves moves = { 0 };
	bool split;

	w.names_a = names_of(&w, a->image);
	w.names_b = names_of(&w, b->image);
	compare_types(&w);
	compare_blobs(&w, !same_types(&w));
	find_moves(&w, of_a, of_b, &moves);
	split = moves.n || (a->image->n_layers != b->image->n_layers && !trees_differ);
	if (a->image->n_layers != b->image->n_layers)
		add(&w, DIFFERENCE_VALUE, "layers > number", STR(""),
		    number(&w, a->image->n_layers), number(&w, b->image->n_layers),
		    moves.n	   ? "which layer holds a path"
		    : trees_differ ? "what is in the layers"
				   : "");
	tell_moves(&w, &moves);
	if (!same_diff_ids(&w))
		compare_tars(&w, split || trees_differ);
	arena_release(&w.arena);
}

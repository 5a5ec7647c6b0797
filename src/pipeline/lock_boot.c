#include "pipeline/lock_boot.h"

#include <stdlib.h>

#define BOOT_PACKAGES 3

size_t lock_rule_requests(const struct recipe *r, const struct package_list *candidates,
			  struct solve_request *to)
{
	bool has_repart = false;
	size_t n = 0;

	/* Before Debian 13 it is part of systemd. */
	for (size_t i = 0; i < candidates->n && !has_repart; i++)
		has_repart = str_equal(candidates->packages[i].name, STR("systemd-repart"));
	for (size_t i = 0; has_repart && i < r->n_targets; i++) {
		const struct recipe_target *t = &r->targets[i];

		if (t->type == TARGET_DISK && t->root_type == ROOT_EXT4 && t->root_grow)
			to[n++] = (struct solve_request){ .name = STR("systemd-repart"),
							  .pos = t->pos,
							  .why = STR("rule grow"),
							  .target = t->name };
	}
	return n;
}

static void add_request(struct solve_input *in, struct solve_request *to, struct str name,
			struct src_pos pos)
{
	to[in->n_requests++] =
		(struct solve_request){ .name = name, .pos = pos, .why = STR("boot") };
}

/* Of all disks of the recipe together: one set of packages, whatever each takes of it. */
static void boot_requests(const struct recipe *r, struct solve_input *in, struct solve_request *to)
{
	const struct recipe_target *disk = NULL, *verity = NULL;

	for (size_t i = 0; i < r->n_targets; i++) {
		const struct recipe_target *t = &r->targets[i];

		if (t->type != TARGET_DISK)
			continue;
		disk = disk ? disk : t;
		verity = verity || !t->root_verity ? verity : t;
	}
	in->requests = to;
	if (disk) {
		add_request(in, to, STR("busybox-static"), disk->pos);
		add_request(in, to, STR("systemd-boot-efi"), disk->pos);
	}
	if (verity)
		add_request(in, to, STR("cryptsetup-bin"), verity->pos);
}

static const struct solve_choice *find_choice(const struct solve_choice *list, size_t n,
					      struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(list[i].package->name, name))
			return &list[i];
	return NULL;
}

/* What the trees have comes first; what an earlier lock had, then. */
static void boot_pins(struct lock_run *run, const struct solve_input *from,
		      const struct solve_choice *chosen, size_t n, struct solve_input *in)
{
	struct solve_pin *pins = arena_array(&run->arena, n + from->n_pins + 1, sizeof(*pins));

	in->pins = pins;
	for (size_t i = 0; i < n; i++) {
		const struct package *p = chosen[i].package;

		pins[in->n_pins++] = (struct solve_pin){ .name = p->name,
							 .version = p->version,
							 .architecture = p->architecture,
							 .digest = p->digest };
	}
	for (size_t i = 0; i < from->n_pins; i++)
		if (!find_choice(chosen, n, from->pins[i].name))
			pins[in->n_pins++] = from->pins[i];
}

static int refuse_versions(const struct package *a, const struct package *b, struct error *err)
{
	(void)err_set(err, ERR_UNSATISFIABLE,
		      "the image has '" STR_FMT "' " STR_FMT ", but what boots it needs " STR_FMT,
		      STR_ARG(a->name), STR_ARG(a->version), STR_ARG(b->version));
	return err_hint(err, "a package has one version in a lock: let 'packages' ask for " STR_FMT,
			STR_ARG(b->version));
}

static int compare_choices(const void *x, const void *y)
{
	const struct lock_choice *a = x, *b = y;

	return str_compare(a->choice.package->name, b->choice.package->name);
}

/* Both lists as one. */
static int merge(struct lock_choice *list, size_t n_chosen, const struct solve_choice *boot,
		 size_t n_boot, size_t *ret_n, struct error *err)
{
	size_t n = n_chosen;

	for (size_t i = 0; i < n_boot; i++) {
		struct lock_choice key = { .choice = boot[i], .boot = true, .boot_only = true };
		struct lock_choice *found =
			bsearch(&key, list, n_chosen, sizeof(key), compare_choices);

		if (!found) {
			list[n++] = key;
			continue;
		}
		if (!digest_equal(&found->choice.package->digest, &boot[i].package->digest))
			return refuse_versions(found->choice.package, boot[i].package, err);
		found->boot = true;
	}
	qsort(list, n, sizeof(*list), compare_choices);
	*ret_n = n;
	return 0;
}

int lock_boot_solve(struct lock_run *run, const struct solve_input *from,
		    const struct solve_choice *chosen, size_t n_chosen, struct lock_choice **ret,
		    size_t *ret_n, struct error *err)
{
	struct solve_request requests[BOOT_PACKAGES];
	struct solve_input in = { .architecture = from->architecture,
				  .packages = from->packages,
				  .n_packages = from->n_packages,
				  .origins = from->origins,
				  .n_origins = from->n_origins };
	struct solve_choice *boot = NULL;
	size_t n_boot = 0;

	boot_requests(run->recipe, &in, requests);
	boot_pins(run, from, chosen, n_chosen, &in);
	if (in.n_requests && solve(&in, &run->arena, &boot, &n_boot, err) < 0)
		return err_while(err, "resolving what boots the disks");
	*ret = arena_array(&run->arena, n_chosen + n_boot + 1, sizeof(**ret));
	for (size_t i = 0; i < n_chosen; i++)
		(*ret)[i].choice = chosen[i];
	return merge(*ret, n_chosen, boot, n_boot, ret_n, err);
}

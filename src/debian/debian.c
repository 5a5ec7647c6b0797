#include "debian/debian.h"

#include <stdlib.h>

#include "debian/debian_state.h"
#include "debian/ldsocache.h"
#include "debian/certificates.h"

cause_id debian_rule(struct debian *d, const char *rule)
{
	return tree_cause_intern(d->tree, (struct cause){ CAUSE_RULE, str_of(rule), STR("") });
}

int debian_read(struct debian *d, struct str path, struct str *ret, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(DEBIAN_SCRIPT_MAX);
	struct node *node = tree_resolve(d->tree, path, true);

	if (!node || node->inode->kind != NODE_FILE)
		return DEBIAN_ABSENT;
	if (content_load(d->options->reader, &node->inode->content, &text, err) < 0)
		return err_while(err, "reading '" STR_FMT "' of the image", STR_ARG(path));
	*ret = arena_str(d->arena, buf_str(&text));
	return 0;
}

static int compare_scripts(const void *x, const void *y)
{
	const struct debian_script *a = x, *b = y;
	int order = str_compare(a->package, b->package);

	return order ? order : str_compare(a->script, b->script);
}

static int report(struct debian *d, struct debian_report *ret, struct error *err)
{
	struct accounts *a;

	if (debian_accounts(d, &a, err) < 0)
		return -1;
	*ret = (struct debian_report){
		.unevaluated = d->unevaluated,
		.n_unevaluated = d->n_unevaluated,
		.notes = d->notes,
		.n_notes = d->n_notes,
	};
	accounts_ids(a, d->arena, &ret->ids, &ret->n_ids);
	if (ret->n_unevaluated)
		qsort(ret->unevaluated, ret->n_unevaluated, sizeof(*ret->unevaluated),
		      compare_scripts);
	return 0;
}

static struct debian state_for(struct tree *t, const struct debian_options *options,
			       struct arena *arena)
{
	return (struct debian){
		.tree = t,
		.options = options,
		.arena = arena,
		.exclude = { options->exclude, options->n_exclude },
	};
}

int debian_install(struct tree *t, const struct debian_package *packages, size_t n,
		   const struct debian_options *options, struct arena *arena,
		   struct debian_report *ret, struct error *err)
{
	struct debian d = state_for(t, options, arena);

	if (debian_order(&d, packages, n, err) < 0 || debian_collect_diversions(&d, err) < 0 ||
	    debian_unpack(&d, err) < 0 || debian_effects(&d, err) < 0 ||
	    debian_database(&d, err) < 0)
		return -1;
	return report(&d, ret, err);
}

int debian_finish(struct tree *t, const struct debian_package *packages, size_t n,
		  const struct debian_options *options, struct arena *arena, struct error *err)
{
	struct debian d = state_for(t, options, arena);

	if (debian_order(&d, packages, n, err) < 0)
		return -1;
	if (debian_find(&d, STR("ca-certificates")) && certificates_update(&d, err) < 0)
		return err_while(err, "making the certificate store");
	if (debian_find(&d, STR("libc-bin")) && ldsocache_update(&d, err) < 0)
		return err_while(err, "making /etc/ld.so.cache");
	return 0;
}

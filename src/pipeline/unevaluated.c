#include "pipeline/unevaluated.h"

#include "base/text.h"

#define STATUS_MAX (256u << 20) /* bytes of dpkg's status; 2,000 packages have 2 MiB */
#define NAMES_MAX 20u		/* packages that are listed by name */

static int refuse_answer(const struct recipe_script *s, const struct recipe_target *t,
			 struct error *err)
{
	(void)err_at(err, ERR_POLICY, s->pos,
		     "target '" STR_FMT "' can't be signed: package '" STR_FMT
		     "' is configured on the machine, by scripts that were not evaluated",
		     STR_ARG(t->name), STR_ARG(s->package));
	return err_hint(err, "give another answer than 'first-boot', drop the package from the "
			     "target by 'without', or build without a key");
}

int unevaluated_in_lock(const struct recipe *r, const struct lock *l, const struct recipe_target *t,
			struct str architecture, struct error *err)
{
	const struct lock_architecture *a = lock_architecture(l, architecture);

	for (size_t i = 0; a && i < r->n_scripts; i++) {
		const struct recipe_script *s = &r->scripts[i];

		if (s->answer != SCRIPT_FIRST_BOOT)
			continue;
		for (size_t k = 0; k < a->n_packages; k++)
			if (str_equal(a->packages[k].name, s->package) &&
			    lock_package_in(&a->packages[k], t->name))
				return refuse_answer(s, t, err);
	}
	return 0;
}

/* deb-status: of "install ok unpacked" the last word. */
static bool is_unevaluated(struct str status)
{
	static const char *const states[] = { "unpacked", "half-configured", "half-installed",
					      "triggers-awaited", "triggers-pending" };

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (str_has_suffix(status, str_of(states[i])))
			return true;
	return false;
}

/* Of @line the value if it is the field @name, spelt as dpkg writes it. */
static bool field(struct str line, struct str name, struct str *ret)
{
	if (!str_has_prefix(line, name))
		return false;
	*ret = str_trim((struct str){ line.ptr + name.len, line.len - name.len });
	return true;
}

static size_t list_names(struct str text, struct buf *to)
{
	struct str line, name = STR(""), status;
	size_t n = 0;

	while (str_split(&text, '\n', &line)) {
		if (field(line, STR("Package:"), &name) || !field(line, STR("Status:"), &status) ||
		    !is_unevaluated(status) || ++n > NAMES_MAX || name.len > 255)
			continue;
		buf_add_cstr(to, n > 1 ? ", " : "");
		text_add_safe(to, name);
	}
	return n;
}

int unevaluated_in_tree(const struct tree *t, const struct content_reader *reader, const char *name,
			struct error *err)
{
	const struct node *file = tree_find(t, STR("var/lib/dpkg/status"));
	CLEANUP_BUF struct buf text = BUF_INIT(STATUS_MAX);
	CLEANUP_BUF struct buf names = BUF_INIT((NAMES_MAX + 1) * 2000);
	size_t n;

	if (!file || file->inode->kind != NODE_FILE)
		return 0;
	if (content_load(reader, &file->inode->content, &text, err) < 0)
		return err_while(err, "reading the status of the packages in '%s'", name);
	n = list_names(buf_str(&text), &names);
	if (n == 0)
		return 0;
	(void)err_set(err, ERR_POLICY,
		      "'%s' can't be signed: it holds %zu package%s whose scripts "
		      "were not evaluated",
		      name, n, n == 1 ? "" : "s");
	(void)err_detail(err, "%s%s", buf_cstr(&names), n > NAMES_MAX ? ", ..." : "");
	return err_hint(err,
			"dpkg runs them on the machine; answer them in the recipe by something "
			"else than 'first-boot'");
}

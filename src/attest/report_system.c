/* Users, privileges, services, certificates; then what lies beside, and the recipe. */
#include "attest/report_private.h"

#define SHORT_LIST 24u /* rows; a longer list is folded */

static void put_password(struct buf *to, const struct report_user *u)
{
	static const char *const states[][2] = {
		{ "", "" },
		{ "ok", "locked" },
		{ "warn", "set" },
		{ "bad", "none needed" },
	};

	buf_printf(to, "<td><span class=\"%s tag\">%s</span></td>", states[u->password][0],
		   states[u->password][1]);
}

static void put_user(struct buf *to, const struct report_user *u)
{
	buf_add_cstr(to, "<tr>");
	html_cell(to, "w", u->name);
	html_cell(to, "n", u->uid);
	html_cell(to, "n", u->gid);
	put_password(to, u);
	html_cell_number(to, u->n_keys);
	html_cell(to, "mono w", u->shell);
	html_cell(to, "mono w", u->home);
	buf_printf(to, "<td>%s</td></tr>\n",
		   u->may_login ? "<span class=\"warn tag\">yes</span>" : "no");
}

static void put_users(const struct report_findings *f, bool may_login, struct buf *to)
{
	static const char *const columns[] = { "User",	   "#Uid",	 "#Gid",
					       "Password", "#SSH keys",	 "Shell",
					       "Home",	   "May log in", NULL };

	html_table(to, "Users", columns);
	for (size_t i = 0; i < f->n_users; i++)
		if (f->users[i].may_login == may_login)
			put_user(to, &f->users[i]);
	html_table_end(to);
}

static void put_groups(const struct report_findings *f, struct buf *to)
{
	static const char *const columns[] = { "Group", "Members", NULL };

	report_fold(to, f->n_groups_of_users, "groups", 0);
	html_table(to, "Groups", columns);
	for (size_t i = 0; i < f->n_groups_of_users; i++) {
		buf_add_cstr(to, "<tr>");
		html_cell(to, "w", f->groups_of_users[i].name);
		html_cell(to, "any", f->groups_of_users[i].value);
		buf_add_cstr(to, "</tr>\n");
	}
	html_table_end(to);
	report_fold_end(to);
}

void report_put_users(const struct report_findings *f, struct buf *to)
{
	report_section(to, "users", "Users and groups");
	if (!f->n_users) {
		report_note(to, "It has no /etc/passwd.");
	} else if (f->n_logins) {
		put_users(f, true, to);
	} else {
		report_note(to, "Nobody can log in: every account is locked, or has no shell.");
	}
	if (f->n_users > f->n_logins) {
		report_fold(to, f->n_users - f->n_logins, "accounts that can not log in", 0);
		put_users(f, false, to);
		report_fold_end(to);
	}
	if (f->n_groups_of_users)
		put_groups(f, to);
	report_section_end(to);
}

static void put_paths(const struct report_paths *p, const char *name, const char *what,
		      struct buf *to)
{
	const char *const columns[] = { "Path", what, "Mode", "#Uid", "#Gid", "Package", NULL };

	html_table(to, name, columns);
	for (size_t i = 0; i < p->n; i++) {
		const struct report_path *row = &p->list[i];

		buf_add_cstr(to, "<tr><td class=\"mono any\">/");
		html_text(to, row->path);
		buf_add_cstr(to, "</td>");
		html_cell(to, NULL, row->what);
		buf_printf(to, "<td class=\"mono\">%04o</td>", row->inode->mode);
		html_cell_number(to, row->inode->uid);
		html_cell_number(to, row->inode->gid);
		html_cell(to, "w", row->package);
		buf_add_cstr(to, "</tr>\n");
	}
	html_table_end(to);
	report_more(to, p->n_all, p->n);
}

void report_put_privileges(const struct report_findings *f, struct buf *to)
{
	report_section(to, "privileges", "Privileges");
	buf_add_cstr(to, "<h3>Files that run with the rights of others</h3>\n");
	if (f->privileged.n)
		put_paths(&f->privileged, "Privileged files", "Right", to);
	else
		report_note(to, "None: no setuid or setgid file, no file capability.");
	buf_add_cstr(to, "<h3>What everybody may write to</h3>\n");
	if (f->writable.n)
		put_paths(&f->writable, "World-writable files and folders", "What", to);
	else
		report_note(to, "Nothing.");
	report_section_end(to);
}

static void put_services(const struct report_findings *f, struct buf *to)
{
	static const char *const all[] = { "Unit", "Wanted by", "#Port", "Check", NULL };
	static const char *const units[] = { "Unit", "Wanted by", NULL };
	bool ports = false;

	for (size_t i = 0; i < f->n_services; i++)
		ports |= f->services[i].port.len != 0;
	report_fold(to, f->n_services, "services", SHORT_LIST);
	html_table(to, "Services", ports ? all : units);
	for (size_t i = 0; i < f->n_services; i++) {
		const struct report_service *s = &f->services[i];

		buf_add_cstr(to, "<tr>");
		html_cell(to, "w", s->unit);
		html_cell(to, "any", s->wanted_by);
		if (ports) {
			html_cell(to, "n", s->port);
			html_cell(to, "mono any", s->check);
		}
		buf_add_cstr(to, "</tr>\n");
	}
	html_table_end(to);
	report_fold_end(to);
}

void report_put_services(const struct report_findings *f, struct buf *to)
{
	report_section(to, "services", "Services");
	if (f->n_services)
		put_services(f, to);
	else
		report_note(to, "None is enabled or defined.");
	if (f->n_first_boot) {
		buf_add_cstr(to, "<h3>Made or done by each machine itself</h3>\n"
				 "<dl class=\"facts\">\n");
		for (size_t i = 0; i < f->n_first_boot; i++) {
			buf_add_cstr(to, "<dt class=\"mono\">");
			html_text(to, f->first_boot[i].name);
			buf_add_cstr(to, "</dt><dd>");
			html_text(to, f->first_boot[i].value);
			buf_add_cstr(to, "</dd>\n");
		}
		buf_add_cstr(to, "</dl>\n");
	}
	report_section_end(to);
}

void report_put_certificates(const struct report *r, const struct report_findings *f,
			     struct buf *to)
{
	const struct report_paths *p = &f->certificates;

	report_section(to, "certificates", "Certificates added");
	if (!p->n)
		report_note(to, "None beyond those that packages bring.");
	if (p->n)
		buf_add_cstr(to, "<ul>\n");
	for (size_t i = 0; i < p->n; i++) {
		const struct causes_path *c =
			r->causes ? causes_path(r->causes, p->list[i].path) : NULL;

		buf_add_cstr(to, "<li><span class=\"mono any\">/");
		html_text(to, p->list[i].path);
		buf_add_cstr(to, "</span>");
		if (c && c->content->kind == CAUSE_RECIPE) {
			buf_add_cstr(to, ", by <span class=\"mono\">");
			html_text(to, c->content->who);
			buf_add_char(to, ':');
			html_text(to, c->content->what);
			buf_add_cstr(to, "</span>");
		}
		buf_add_cstr(to, "</li>\n");
	}
	if (p->n)
		buf_add_cstr(to, "</ul>\n");
	report_section_end(to);
}

void report_put_beside(const struct report *r, struct buf *to)
{
	static const char *const columns[] = { "File", "What", "#Size", "SHA-256", NULL };

	report_section(to, "beside", "Signatures and statements beside it");
	if (!r->n_beside)
		report_note(to, "None: neither a signature nor a statement lies beside it.");
	if (r->n_beside)
		html_table(to, "Files beside the output", columns);
	for (size_t i = 0; i < r->n_beside; i++) {
		const struct report_beside *b = &r->beside[i];

		buf_add_cstr(to, "<tr>");
		html_cell(to, "mono any", b->file);
		html_cell(to, "w", b->what);
		html_cell_size(to, b->size);
		html_cell_digest(to, &b->digest);
		buf_add_cstr(to, "</tr>\n");
	}
	if (r->n_beside)
		html_table_end(to);
	report_section_end(to);
}

static bool is_of_lock(struct str key)
{
	return str_has_prefix(key, STR("lock."));
}

static void put_keys(const struct causes *c, bool of_lock, struct buf *to)
{
	static const char *const columns[] = { "Key", "Value", "Line", NULL };
	size_t n = 0, told = 0;

	for (size_t i = 0; i < c->n_keys; i++)
		n += is_of_lock(c->keys[i].key) == of_lock;
	if (!n)
		return;
	report_fold(to, n, of_lock ? "values of the lock" : "values of the recipe", 0);
	html_table(to, of_lock ? "Lock" : "Recipe", columns);
	for (size_t i = 0; i < c->n_keys && told < REPORT_ROWS_MAX; i++) {
		const struct causes_key *k = &c->keys[i];

		if (is_of_lock(k->key) != of_lock)
			continue;
		buf_add_cstr(to, "<tr>");
		html_cell(to, "mono any", k->key);
		html_cell(to, "mono any", k->value);
		html_cell(to, "mono w", k->at);
		buf_add_cstr(to, "</tr>\n");
		told++;
	}
	html_table_end(to);
	report_more(to, n, told);
	report_fold_end(to);
}

void report_put_recipe(const struct report *r, struct buf *to)
{
	const struct causes *c = r->causes;

	if (!c)
		return;
	report_section(to, "recipe", "Recipe and lock");
	buf_add_cstr(to, "<dl class=\"facts\">\n");
	report_term(to, "recipe", c->recipe, true);
	report_term(to, "target", c->target, false);
	for (size_t i = 0; i < c->n_facts; i++) {
		buf_add_cstr(to, "<dt>");
		html_text(to, c->facts[i].name);
		buf_add_cstr(to, "</dt><dd class=\"any\">");
		html_text(to, c->facts[i].value);
		buf_add_cstr(to, "</dd>\n");
	}
	buf_add_cstr(to, "</dl>\n");
	put_keys(c, false, to);
	put_keys(c, true, to);
	report_section_end(to);
}

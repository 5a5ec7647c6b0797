/* What it is, and the few numbers that one asks for first; then how it was verified. */
#include "attest/report_private.h"
#include "base/text.h"

static void put_verdict(const struct report *r, struct buf *to)
{
	for (size_t i = 0; i < r->n_checks; i++) {
		if (r->checks[i].state != REPORT_FAILED)
			continue;
		buf_add_cstr(to, "<p class=\"verdict bad\"><b>Not verified</b> <span>");
		html_text(to, r->checks[i].text);
		buf_add_cstr(to, "</span></p>\n");
		return;
	}
	if (r->developers) {
		buf_add_cstr(to,
			     "<p class=\"verdict warn\"><b>A developer's: intact, but no release</b> "
			     "<span>Every digest is right, and only a key of role developer has "
			     "signed it.</span></p>\n");
		return;
	}
	if (!r->vouched && r->disk && r->disk->is_foreign) {
		buf_add_cstr(to,
			     "<p class=\"verdict warn\"><b>Another tool's, and nobody vouches for it"
			     "</b> <span>Its partition table and its root are whole; nothing says "
			     "whose they are, or from what they were made.</span></p>\n");
		return;
	}
	if (!r->vouched) {
		buf_add_cstr(to,
			     "<p class=\"verdict warn\"><b>Intact, but nobody vouches for it</b> "
			     "<span>Every digest is right; no signature by a given key says whose "
			     "it is.</span></p>\n");
		return;
	}
	buf_add_cstr(to, "<p class=\"verdict ok\"><b>Verified</b> <span>");
	for (size_t i = 0; i < r->n_signers; i++) {
		buf_add_cstr(to, i ? ", " : "signed by ");
		html_text(to, r->signers[i]);
	}
	buf_add_cstr(to, "</span></p>\n");
}

static void put_number(struct buf *to, const char *name, uint64_t n, bool warn)
{
	buf_printf(to, "<div%s><dt>%s</dt><dd>%llu</dd></div>\n",
		   warn && n ? " class=\"warn\"" : "", name, (unsigned long long)n);
}

static void put_size(struct buf *to, const char *name, uint64_t size)
{
	char text[TEXT_SIZE_MAX];

	buf_printf(to, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, text_size(size, text));
}

static void put_glance(const struct report *r, const struct report_findings *f, struct buf *to)
{
	size_t ports = 0;

	for (size_t i = 0; i < f->n_services; i++)
		ports += f->services[i].port.len != 0;
	buf_add_cstr(to, "<dl class=\"glance\">\n");
	put_size(to, r->disk ? "disk" : "image file", r->size);
	put_size(to, "content of all files", f->total);
	put_number(to, "packages", f->n_packages, false);
	put_number(to, "files", f->n_files, false);
	if (r->image)
		put_number(to, "layers", r->image->n_layers, false);
	put_number(to, "accounts that may log in", f->n_logins, r->image != NULL);
	put_number(to, "setuid, setgid, capabilities", f->privileged.n_all, false);
	if (r->disk)
		put_number(to, "enabled units", f->n_services, false);
	if (ports)
		put_number(to, "service ports", ports, false);
	buf_add_cstr(to, "</dl>\n");
}

static void put_menu(const struct report *r, struct buf *to)
{
	static const char *const rows[][2] = {
		{ "verified", "Verification" }, { "sizes", "Sizes" },
		{ "packages", "Packages" },	{ "layers", "Layers" },
		{ "partitions", "Partitions" }, { "config", "Configuration" },
		{ "services", "Services" },	{ "users", "Users" },
		{ "privileges", "Privileges" }, { "certificates", "Certificates" },
		{ "beside", "Statements" },	{ "recipe", "Recipe" },
	};

	buf_add_cstr(to, "<nav aria-label=\"Contents\"><ul>\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (str_equal_cstr(str_of(rows[i][0]), r->disk ? "layers" : "partitions") ||
		    (!r->causes && str_equal_cstr(str_of(rows[i][0]), "recipe")))
			continue;
		buf_printf(to, "<li><a href=\"#%s\">%s</a></li>\n", rows[i][0], rows[i][1]);
	}
	buf_add_cstr(to, "</ul></nav>\n");
}

void report_put_header(const struct report *r, const struct report_findings *f, struct buf *to)
{
	buf_add_cstr(to, "<header>\n<h1>");
	html_text(to, r->name);
	if (r->version.len) {
		buf_add_cstr(to, " <small>");
		html_text(to, r->version);
		buf_add_cstr(to, "</small>");
	}
	buf_add_cstr(to, "</h1>\n<p class=\"kind\">");
	html_text(to, r->kind);
	buf_add_cstr(to, ", ");
	html_text(to, r->architecture);
	buf_add_cstr(to, " - <span class=\"mono\">");
	html_text(to, r->file);
	buf_add_cstr(to, "</span></p>\n");
	put_verdict(r, to);
	put_glance(r, f, to);
	put_menu(r, to);
	buf_add_cstr(to, "</header>\n");
}

void report_put_checks(const struct report *r, struct buf *to)
{
	static const char *const columns[] = { "Check", "Result", "What was found", NULL };
	static const char *const states[][2] = {
		{ "", "" },	    { "ok", "passed" },		 { "bad", "failed" },
		{ "warn", "note" }, { "none", "nothing there" },
	};

	report_section(to, "verified", "How it was verified");
	html_table(to, "Checks", columns);
	for (size_t i = 0; i < r->n_checks; i++) {
		const struct report_check *c = &r->checks[i];

		buf_add_cstr(to, "<tr>");
		html_cell(to, "w", c->name);
		buf_printf(to, "<td><span class=\"%s tag\">%s</span></td>", states[c->state][0],
			   states[c->state][1]);
		html_cell(to, "any", c->text);
		buf_add_cstr(to, "</tr>\n");
	}
	html_table_end(to);
	buf_add_cstr(to, "<h3>Digests</h3>\n<dl class=\"facts\">\n");
	for (size_t i = 0; i < r->n_digests; i++) {
		buf_add_cstr(to, "<dt>");
		html_text(to, r->digests[i].name);
		buf_add_cstr(to, "</dt><dd class=\"mono\">");
		html_text(to, r->digests[i].value);
		buf_add_cstr(to, "</dd>\n");
	}
	buf_add_cstr(to, "</dl>\n");
	report_section_end(to);
}

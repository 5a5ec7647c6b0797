#include "attest/report_private.h"

void report_section(struct buf *to, const char *id, const char *title)
{
	buf_printf(to, "<section id=\"%s\" aria-labelledby=\"h-%s\">\n<h2 id=\"h-%s\">%s</h2>\n",
		   id, id, id, title);
}

void report_section_end(struct buf *to)
{
	buf_add_cstr(to, "</section>\n");
}

void report_note(struct buf *to, const char *text)
{
	buf_printf(to, "<p class=\"quiet\">%s</p>\n", text);
}

void report_fold(struct buf *to, size_t n, const char *what, size_t open_max)
{
	buf_printf(to, "<details%s><summary>%zu %s</summary>\n", n <= open_max ? " open" : "", n,
		   what);
}

void report_fold_end(struct buf *to)
{
	buf_add_cstr(to, "</details>\n");
}

void report_more(struct buf *to, size_t n_all, size_t n)
{
	if (n_all > n)
		buf_printf(to, "<p class=\"quiet\">and %zu more</p>\n", n_all - n);
}

void report_term(struct buf *to, const char *name, struct str value, bool mono)
{
	if (!value.len)
		return;
	buf_printf(to, "<dt>%s</dt><dd%s>", name, mono ? " class=\"mono\"" : "");
	html_text(to, value);
	buf_add_cstr(to, "</dd>\n");
}

static void put_head(const struct report *r, struct buf *to)
{
	buf_add_cstr(to,
		     "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		     "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
		     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		     "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
	html_text(to, r->name);
	buf_add_char(to, ' ');
	html_text(to, r->version);
	buf_add_cstr(to, " - what is inside</title>\n<style>\n");
	buf_add_cstr(to, report_style);
	buf_add_cstr(to, "</style>\n</head>\n<body>\n");
}

int report_write(const struct report *r, struct buf *to, struct error *err)
{
	struct arena arena = ARENA_INIT;
	struct report_findings f;

	if (report_find(r, &arena, &f, err) < 0) {
		arena_release(&arena);
		return -1;
	}
	put_head(r, to);
	report_put_header(r, &f, to);
	buf_add_cstr(to, "<main>\n");
	report_put_checks(r, to);
	report_put_sizes(&f, to);
	report_put_packages(r, &f, to);
	report_put_layers(r, to);
	report_put_partitions(r, to);
	report_put_config(r, to);
	report_put_services(&f, to);
	report_put_users(&f, to);
	report_put_privileges(&f, to);
	report_put_certificates(r, &f, to);
	report_put_beside(r, to);
	report_put_recipe(r, to);
	buf_add_cstr(to, "</main>\n<footer><p>Made by <code>ingot report</code>. The page holds no "
			 "script and loads nothing; the same output gives the same page."
			 "</p></footer>\n</body>\n</html>\n");
	arena_release(&arena);
	return 0;
}

#include "attest/html.h"

#include "base/cleanup.h"
#include "base/text.h"

void html_text(struct buf *to, struct str text)
{
	CLEANUP_BUF struct buf safe = BUF_INIT(SIZE_MAX / 8);

	text_add_safe(&safe, text);
	for (size_t i = 0; i < safe.len; i++) {
		char c = (char)safe.ptr[i];

		switch (c) {
		case '&':
			buf_add_cstr(to, "&amp;");
			break;
		case '<':
			buf_add_cstr(to, "&lt;");
			break;
		case '>':
			buf_add_cstr(to, "&gt;");
			break;
		case '"':
			buf_add_cstr(to, "&quot;");
			break;
		case '\'':
			buf_add_cstr(to, "&#39;");
			break;
		default:
			buf_add_char(to, c);
		}
	}
}

void html_cell(struct buf *to, const char *class, struct str text)
{
	buf_add_cstr(to, "<td");
	if (class)
		buf_printf(to, " class=\"%s\"", class);
	buf_add_char(to, '>');
	html_text(to, text);
	buf_add_cstr(to, "</td>");
}

void html_size(struct buf *to, uint64_t size)
{
	char text[TEXT_SIZE_MAX];

	html_text(to, str_of(text_size(size, text)));
}

void html_cell_size(struct buf *to, uint64_t size)
{
	char text[TEXT_SIZE_MAX];

	html_cell(to, "n", str_of(text_size(size, text)));
}

void html_cell_number(struct buf *to, uint64_t number)
{
	buf_printf(to, "<td class=\"n\">%llu</td>", (unsigned long long)number);
}

void html_cell_digest(struct buf *to, const struct digest *d)
{
	char text[DIGEST_HEX_MAX];

	html_cell(to, "mono any", str_of(digest_hex(d, text)));
}

void html_table(struct buf *to, const char *name, const char *const *headings)
{
	/* What scrolls must be reachable by keyboard. */
	buf_printf(to, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">",
		   name);
	buf_add_cstr(to, "<table><thead><tr>");
	for (; *headings; headings++) {
		bool number = **headings == '#';

		buf_printf(to, "<th scope=\"col\"%s>%s</th>", number ? " class=\"n\"" : "",
			   *headings + number);
	}
	buf_add_cstr(to, "</tr></thead>\n<tbody>\n");
}

void html_table_end(struct buf *to)
{
	buf_add_cstr(to, "</tbody></table></div>\n");
}

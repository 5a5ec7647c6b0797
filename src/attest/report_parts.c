/* Packages, layers, partitions, configuration. */
#include "attest/report_private.h"
#include "crypto/hash.h"

#define PACKAGES_OPEN 24u /* a list up to that many is not folded */
#define ROWS_MAX 20000u

void report_put_packages(const struct report *r, const struct report_findings *f, struct buf *to)
{
	static const char *const columns[] = { "Package", "Version", "Source", "#Size",
					       "Licence", "Why",     "Line",   NULL };
	static const char *const plain[] = { "Package", "Version", "Source",
					     "#Size",	"Licence", NULL };
	size_t n = f->n_packages < ROWS_MAX ? f->n_packages : ROWS_MAX;

	report_section(to, "packages", "Packages");
	if (!n)
		report_note(to, "dpkg's database lists none.");
	if (!r->spdx)
		report_note(to, "No SPDX document lies beside it: licences are not known here.");
	if (n) {
		report_fold(to, f->n_packages, "packages", PACKAGES_OPEN);
		html_table(to, "Packages", r->causes ? columns : plain);
	}
	for (size_t i = 0; i < n; i++) {
		const struct report_package *p = &f->packages[i];

		buf_add_cstr(to, "<tr>");
		html_cell(to, "w", p->name);
		html_cell(to, "mono any", p->version);
		html_cell(to, "w", str_equal(p->source, p->name) ? STR("") : p->source);
		html_cell_size(to, p->size);
		html_cell(to, "any", p->licence);
		if (r->causes) {
			html_cell(to, NULL, p->why);
			html_cell(to, "mono w", p->at);
		}
		buf_add_cstr(to, "</tr>\n");
	}
	if (n) {
		html_table_end(to);
		report_more(to, f->n_packages, n);
		report_fold_end(to);
	}
	report_section_end(to);
}

/* "packages: glibc" of "ingot packages: glibc". */
static struct str slice_of(struct str history)
{
	if (str_has_prefix(history, STR("ingot ")))
		return (struct str){ history.ptr + 6, history.len - 6 };
	return history;
}

void report_put_layers(const struct report *r, struct buf *to)
{
	static const char *const columns[] = {
		"#", "What", "#Packed", "#Unpacked", "Digest", NULL
	};

	if (!r->image)
		return;
	report_section(to, "layers", "Layers");
	html_table(to, "Layers", columns);
	for (size_t i = 0; i < r->image->n_layers; i++) {
		const struct oci_image_layer *l = &r->image->layers[i];

		buf_printf(to, "<tr><td class=\"n\">%zu</td>", i + 1);
		html_cell(to, "any", slice_of(l->created_by));
		html_cell_size(to, l->size);
		html_cell_size(to, l->diff_size);
		html_cell_digest(to, &l->blob);
		buf_add_cstr(to, "</tr>\n");
	}
	html_table_end(to);
	report_section_end(to);
}

/* ---- disks ---- */

static const char *role_of(const struct disk_image *d, const struct gpt_partition *p)
{
	if (p == d->esp_partition)
		return "EFI system partition: FAT32";
	if (p == d->hash_partition)
		return "hash tree of the root: dm-verity";
	if (p != d->root_partition)
		return "other";
	return d->root_type == DISK_ROOT_EXT4 ? "root: ext4" : "root: EROFS, read-only";
}

static void put_sections(const struct disk_image *d, struct buf *to)
{
	static const char *const columns[] = { "Section", "#Size", "SHA-256", NULL };

	buf_add_cstr(to, "<h3>Unified kernel image</h3>\n");
	html_table(to, "Sections of the unified kernel image", columns);
	for (size_t i = 0; i < d->uki.n_sections; i++) {
		struct digest digest = hash_bytes(d->uki.sections[i].data);

		buf_add_cstr(to, "<tr>");
		html_cell(to, "mono", d->uki.sections[i].name);
		html_cell_size(to, d->uki.sections[i].data.len);
		html_cell_digest(to, &digest);
		buf_add_cstr(to, "</tr>\n");
	}
	html_table_end(to);
}

void report_put_partitions(const struct report *r, struct buf *to)
{
	static const char *const columns[] = {
		"Partition", "Label", "#Offset", "#Size", "Id", NULL
	};
	const struct disk_image *d = r->disk;
	char text[GUID_TEXT_MAX];

	if (!d)
		return;
	report_section(to, "partitions", "Partitions");
	html_table(to, "Partitions", columns);
	for (size_t i = 0; i < d->gpt.n; i++) {
		const struct gpt_partition *p = &d->gpt.partitions[i];

		buf_add_cstr(to, "<tr>");
		html_cell(to, NULL, str_of(role_of(d, p)));
		html_cell(to, "w", p->name);
		html_cell_size(to, p->offset);
		html_cell_size(to, p->size);
		html_cell(to, "mono w", str_of(guid_format(&p->id, text)));
		buf_add_cstr(to, "</tr>\n");
	}
	html_table_end(to);
	if (d->uki_path.len)
		put_sections(d, to);
	report_section_end(to);
}

static void put_disk_config(const struct disk_image *d, struct buf *to)
{
	char text[DIGEST_HEX_MAX];

	report_term(to, "boots", d->uki_path, true);
	report_term(to, "kernel", d->kernel_version, false);
	report_term(to, "command line", d->cmdline, true);
	if (d->uki_path.len)
		report_term(to, "Secure Boot",
			    d->uki.signature.ptr ? d->signer : STR("not signed"), false);
	for (size_t i = 0; i < d->n_remarks; i++)
		report_term(to, "note", d->remarks[i], false);
	report_term(to, "root",
		    d->root_type == DISK_ROOT_EXT4 ? STR("ext4, writable")
						   : STR("EROFS, read-only"),
		    false);
	if (!d->is_foreign)
		report_term(to, "dm-verity",
			    d->has_verity ? str_of(digest_hex(&d->root_hash, text))
					  : STR("no: the root is not checked while it runs"),
			    d->has_verity);
}

/* ---- container images ---- */

static struct str text_of(const struct json *v)
{
	return v && json_kind_of(v) == JSON_STRING ? json_as_str(v) : STR("");
}

/* Words with their borders: ["nginx", "-g", "daemon off;"]. */
static void put_list(struct buf *to, const char *name, const struct json *list, bool lines)
{
	if (!list || json_kind_of(list) != JSON_ARRAY || !json_length(list))
		return;
	buf_printf(to, "<dt>%s</dt><dd class=\"mono\">", name);
	for (size_t i = 0; i < json_length(list); i++) {
		if (i)
			buf_add_cstr(to, lines ? "<br>" : ", ");
		buf_add_cstr(to, lines ? "" : "&quot;");
		html_text(to, text_of(json_item(list, i)));
		buf_add_cstr(to, lines ? "" : "&quot;");
	}
	buf_add_cstr(to, "</dd>\n");
}

static void put_names(struct buf *to, const char *name, const struct json *map, bool values)
{
	if (!map || json_kind_of(map) != JSON_OBJECT || !json_length(map))
		return;
	buf_printf(to, "<dt>%s</dt><dd class=\"mono\">", name);
	for (size_t i = 0; i < json_length(map); i++) {
		buf_add_cstr(to, i ? "<br>" : "");
		html_text(to, json_member_name(map, i));
		if (values) {
			buf_add_cstr(to, " = ");
			html_text(to, text_of(json_member(map, i)));
		}
	}
	buf_add_cstr(to, "</dd>\n");
}

static void put_image_config(const struct oci_image *image, struct buf *to)
{
	const struct json *c = json_get(image->config, "config");
	struct str user;

	report_term(to, "reference", image->reference, true);
	report_term(to, "created", image->created, false);
	if (!c || json_kind_of(c) != JSON_OBJECT)
		return;
	put_list(to, "entrypoint", json_get(c, "Entrypoint"), false);
	put_list(to, "cmd", json_get(c, "Cmd"), false);
	user = text_of(json_get(c, "User"));
	report_term(to, "user", user.len ? user : STR("root (none is set)"), false);
	report_term(to, "working folder", text_of(json_get(c, "WorkingDir")), true);
	put_list(to, "environment", json_get(c, "Env"), true);
	put_names(to, "ports", json_get(c, "ExposedPorts"), false);
	put_names(to, "volumes", json_get(c, "Volumes"), false);
	report_term(to, "stop signal", text_of(json_get(c, "StopSignal")), false);
	put_names(to, "labels", json_get(c, "Labels"), true);
	put_names(to, "annotations", image->annotations, true);
}

void report_put_config(const struct report *r, struct buf *to)
{
	report_section(to, "config", r->disk ? "How it boots" : "How it runs");
	buf_add_cstr(to, "<dl class=\"facts\">\n");
	if (r->disk)
		put_disk_config(r->disk, to);
	else
		put_image_config(r->image, to);
	buf_add_cstr(to, "</dl>\n");
	report_section_end(to);
}

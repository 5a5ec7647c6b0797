#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/show.h"
#include "crypto/hash.h"

static const char *role_of(const struct disk_image *d, const struct gpt_partition *p)
{
	if (p == d->esp_partition)
		return "esp";
	if (p == d->root_partition)
		return "root";
	return p == d->hash_partition ? "root-verity" : "other";
}

static struct guid guid_of(const uint8_t bytes[static 16])
{
	struct guid g;

	memcpy(g.bytes, bytes, sizeof(g.bytes));
	return g;
}

/* What the UKI extends PCR 11 by; n is 0 if it can't be told, and *why says why not. */
struct measured {
	struct uki_measurement list[UKI_MEASUREMENTS];
	size_t n;
	const char *why;
};

static int measure(struct app *app, const struct disk_image *d, struct measured *m,
		   struct error *err)
{
	CLEANUP_ERR struct error mine = ERR_INIT;

	if (!d->uki_path.len || uki_measure(&d->uki, m->list, &m->n, &mine) == 0)
		return 0;
	if (mine.code != ERR_UNSUPPORTED)
		return err_move(err, &mine);
	m->n = 0;
	m->why = arena_printf(&app->arena, "%s", mine.message);
	return 0;
}

static struct json *partition_json(const struct disk_image *d, const struct gpt_partition *p,
				   struct arena *a)
{
	struct json *o = json_object(a);
	char text[GUID_TEXT_MAX];

	json_set(o, "role", json_text(a, role_of(d, p)));
	json_set(o, "type", json_text(a, guid_format(&p->type, text)));
	json_set(o, "id", json_text(a, guid_format(&p->id, text)));
	json_set(o, "name", json_str(a, p->name));
	json_set(o, "offset", json_int(a, (int64_t)p->offset));
	json_set(o, "size", json_int(a, (int64_t)p->size));
	json_set(o, "attributes", json_text(a, arena_printf(a, "%016" PRIx64, p->attributes)));
	return o;
}

static struct json *digest_json(struct arena *a, const struct digest *d)
{
	char text[DIGEST_HEX_MAX];

	return json_text(a, digest_hex(d, text));
}

static struct json *untrusted_json(struct arena *a, struct str s)
{
	CLEANUP_BUF struct buf safe = BUF_INIT(SIZE_MAX / 8);

	if (text_is_utf8(s))
		return json_str(a, s);
	text_add_safe(&safe, s);
	return json_str(a, buf_str(&safe));
}

static struct json *uki_json(const struct disk_image *d, struct arena *a)
{
	struct json *o = json_object(a), *sections = json_array(a);
	struct digest whole = hash_bytes(buf_bytes(&d->uki_bytes));

	json_set(o, "path", json_str(a, d->uki_path));
	json_set(o, "size", json_int(a, (int64_t)d->uki_bytes.len));
	json_set(o, "sha256", digest_json(a, &whole));
	json_set(o, "authenticode_sha256", digest_json(a, &d->authenticode));
	json_set(o, "signed", json_bool(a, d->uki.signature.ptr != NULL));
	if (d->uki.signature.ptr)
		json_set(o, "signer", untrusted_json(a, d->signer));
	json_set(o, "kernel_version", untrusted_json(a, d->kernel_version));
	json_set(o, "cmdline", untrusted_json(a, d->cmdline));
	for (size_t i = 0; i < d->uki.n_sections; i++) {
		const struct pe_section *s = &d->uki.sections[i];
		struct json *row = json_object(a);
		struct digest digest = hash_bytes(s->data);

		json_set(row, "name", untrusted_json(a, s->name));
		json_set(row, "size", json_int(a, (int64_t)s->data.len));
		json_set(row, "sha256", digest_json(a, &digest));
		json_add(sections, row);
	}
	json_set(o, "sections", sections);
	return o;
}

static struct json *root_json(const struct disk_image *d, struct arena *a)
{
	bool is_ext4 = d->root_type == DISK_ROOT_EXT4;
	struct guid uuid = guid_of(is_ext4 ? d->ext4.uuid : d->erofs.uuid);
	struct json *o = json_object(a);
	char text[GUID_TEXT_MAX];

	json_set(o, "type", json_text(a, is_ext4 ? "ext4" : "erofs"));
	json_set(o, "uuid", json_text(a, guid_format(&uuid, text)));
	json_set(o, "label", json_text(a, is_ext4 ? d->ext4.label : d->erofs.label));
	json_set(o, "size", json_int(a, (int64_t)(is_ext4 ? d->ext4.size : d->erofs.size)));
	json_set(o, "inodes", json_int(a, is_ext4 ? d->ext4.inodes : (int64_t)d->erofs.inodes));
	json_set(o, "names", json_int(a, tree_node_count(d->tree)));
	if (is_ext4) {
		json_set(o, "blocks", json_int(a, (int64_t)d->ext4.blocks));
		json_set(o, "free_blocks", json_int(a, (int64_t)d->ext4.free_blocks));
		json_set(o, "free_inodes", json_int(a, d->ext4.free_inodes));
		json_set(o, "journal", json_bool(a, d->ext4.has_journal));
	}
	if (d->has_verity)
		json_set(o, "root_hash", digest_json(a, &d->root_hash));
	return o;
}

/* Of another tool's disk: what was not looked at. */
static struct json *remarks_json(const struct disk_image *d, struct arena *a)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < d->n_remarks; i++)
		json_add(list, untrusted_json(a, d->remarks[i]));
	return list;
}

static void print_json(struct app *app, const struct disk_image *d, const struct measured *m)
{
	struct arena *a = &app->arena;
	struct json *o = json_object(a), *partitions = json_array(a), *pcr = json_array(a);
	char text[GUID_TEXT_MAX];

	json_set(o, "id", json_text(a, guid_format(&d->gpt.id, text)));
	json_set(o, "architecture", json_str(a, d->uki.machine));
	json_set(o, "size", json_int(a, (int64_t)d->gpt.size));
	for (size_t i = 0; i < d->gpt.n; i++)
		json_add(partitions, partition_json(d, &d->gpt.partitions[i], a));
	json_set(o, "partitions", partitions);
	if (d->is_foreign)
		json_set(o, "remarks", remarks_json(d, a));
	if (d->uki_path.len)
		json_set(o, "uki", uki_json(d, a));
	json_set(o, "root", root_json(d, a));
	if (d->initrd)
		json_set(o, "initrd_names", json_int(a, tree_node_count(d->initrd) - 1));
	for (size_t i = 0; i < m->n; i++) {
		struct json *row = json_object(a);

		json_set(row, "phase", json_text(a, m->list[i].phase));
		json_set(row, "sha256", digest_json(a, &m->list[i].pcr11));
		json_add(pcr, row);
	}
	json_set(o, "pcr11", pcr);
	app_print_json(app, "disk", o);
}

static void print_root(const struct disk_image *d)
{
	bool is_ext4 = d->root_type == DISK_ROOT_EXT4;
	struct guid uuid = guid_of(is_ext4 ? d->ext4.uuid : d->erofs.uuid);
	char id[GUID_TEXT_MAX], size[TEXT_SIZE_MAX], spare[TEXT_SIZE_MAX];

	printf("%-14s %s %s, %s", "root", is_ext4 ? "ext4" : "EROFS", guid_format(&uuid, id),
	       text_size(is_ext4 ? d->ext4.size : d->erofs.size, size));
	if (is_ext4)
		printf(", %s free, %" PRIu32 " of %" PRIu32 " inodes free%s",
		       text_size(d->ext4.free_blocks * 4096, spare), d->ext4.free_inodes,
		       d->ext4.inodes, d->ext4.has_journal ? ", journal" : "");
	printf(", %" PRIu32 " names\n", tree_node_count(d->tree));
	if (d->has_verity) {
		char hex[DIGEST_HEX_MAX];

		printf("%-14s %s\n", "root hash", digest_hex(&d->root_hash, hex));
	}
}

static void print_partitions(const struct disk_image *d)
{
	char type[GUID_TEXT_MAX], id[GUID_TEXT_MAX], size[TEXT_SIZE_MAX];

	printf("\n%-12s %-36s  %-36s %12s  %9s\n", "partition", "id", "type", "offset", "size");
	for (size_t i = 0; i < d->gpt.n; i++) {
		const struct gpt_partition *p = &d->gpt.partitions[i];

		printf("%-12s %s  %s %12" PRIu64 "  %9s\n", role_of(d, p), guid_format(&p->id, id),
		       guid_format(&p->type, type), p->offset, text_size(p->size, size));
	}
}

static void print_sections(const struct disk_image *d)
{
	char hex[DIGEST_HEX_MAX], size[TEXT_SIZE_MAX];

	printf("\n%-12s %9s  %s\n", "section", "size", "sha256");
	for (size_t i = 0; i < d->uki.n_sections; i++) {
		const struct pe_section *s = &d->uki.sections[i];
		struct digest digest = hash_bytes(s->data);

		app_print_str(s->name);
		printf("%*s %9s  %s\n", (int)(s->name.len < 12 ? 12 - s->name.len : 0), "",
		       text_size(s->data.len, size), digest_hex(&digest, hex));
	}
}

static void print_measurements(const struct measured *m)
{
	char hex[DIGEST_HEX_MAX];

	printf("\n%-22s  %s\n", "pcr 11 after", "sha256");
	for (size_t i = 0; i < m->n; i++)
		printf("%-22s  %s\n", m->list[i].phase[0] ? m->list[i].phase : "the stub",
		       digest_hex(&m->list[i].pcr11, hex));
	if (m->why) {
		printf("not known: ");
		app_print_str(str_of(m->why));
		putchar('\n');
	}
}

static void print_line(const char *name, struct str value)
{
	printf("%-14s ", name);
	app_print_str(value);
	putchar('\n');
}

static void print_boot(const struct disk_image *d)
{
	char text[DIGEST_HEX_MAX];

	print_line("boots", d->uki_path);
	if (d->kernel_version.len)
		print_line("kernel", d->kernel_version);
	print_line("command line", d->cmdline);
	printf("%-14s %s\n", "authenticode", digest_hex(&d->authenticode, text));
	print_line("signed by", d->uki.signature.ptr ? d->signer : STR("nobody"));
	if (d->initrd)
		printf("%-14s %" PRIu32 " names\n", "initrd", tree_node_count(d->initrd) - 1);
}

static void print_text(const struct disk_image *d, const struct measured *m)
{
	char text[DIGEST_HEX_MAX], size[TEXT_SIZE_MAX];

	printf("%-14s %s, %s\n", "disk", guid_format(&d->gpt.id, text),
	       text_size(d->gpt.size, size));
	if (d->uki.machine.len)
		print_line("architecture", d->uki.machine);
	if (d->is_foreign)
		print_line("built by", STR("another tool"));
	for (size_t i = 0; i < d->n_remarks; i++)
		print_line("", d->remarks[i]);
	if (d->uki_path.len)
		print_boot(d);
	print_root(d);
	print_partitions(d);
	if (!d->uki_path.len)
		return;
	print_sections(d);
	print_measurements(m);
}

int show_disk(struct app *app, const struct disk_image *d, struct error *err)
{
	struct measured m = { .n = 0 };

	if (measure(app, d, &m, err) < 0)
		return -1;
	if (app->json)
		print_json(app, d, &m);
	else
		print_text(d, &m);
	return 0;
}

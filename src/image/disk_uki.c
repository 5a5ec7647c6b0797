/* The unified kernel image: what the stub, the kernel and the initrd are told. */
#include "image/disk_private.h"

#include "format/cpio/cpio.h"

#define CMDLINE_MAX 2047u /* bytes; COMMAND_LINE_SIZE of x86 and arm64, with its NUL */

/*
 * The disk's own words come first: words behind a "--" of the recipe would be for init.
 * docs/boot.md says who reads which.
 */
static void command_line(const struct disk *d, struct buf *to)
{
	const struct recipe_target *t = d->in.target;
	bool is_ext4 = t->root_type == ROOT_EXT4;
	char id[GUID_TEXT_MAX], hex[DIGEST_HEX_MAX];

	buf_printf(to, "root=PARTUUID=%s rootfstype=%s %s",
		   guid_format(&d->parts[DISK_ROOT].id, id), is_ext4 ? "ext4" : "erofs",
		   is_ext4 ? "rw" : "ro");
	if (d->facts.has_verity)
		buf_printf(to,
			   " roothash=%s systemd.verity_root_hash=PARTUUID=%s systemd.verity=no",
			   digest_hex(&d->facts.root_hash, hex),
			   guid_format(&d->parts[DISK_VERITY].id, id));
	if (d->in.boot->cmdline.len) {
		buf_add_char(to, ' ');
		buf_add_str(to, d->in.boot->cmdline);
	}
}

static int check_length(const struct disk *d, const struct buf *cmdline, struct error *err)
{
	if (cmdline->len <= CMDLINE_MAX)
		return 0;
	(void)err_at(err, ERR_RECIPE_VALUE, d->in.target->pos,
		     "the command line of target '" STR_FMT "' has %zu bytes, the kernel takes %u",
		     STR_ARG(d->in.target->name), cmdline->len, CMDLINE_MAX);
	return err_hint(err, "shorten 'cmdline'");
}

static int make_initrd(const struct disk *d, struct buf *to, struct error *err)
{
	const struct cpio_options o = { .epoch = d->in.epoch, .folder_mtime = TREE_FOLDER_MTIME };
	struct sink *sink = sink_to_buf(to);

	if (cpio_write_tree(d->in.boot->initrd, &o, d->in.reader, sink, err) < 0)
		sink->failed = true;
	return sink_close(sink, err) < 0 ? err_while(err, "writing the initrd") : 0;
}

static int load(const struct disk *d, const struct content *c, const char *what, struct buf *to,
		struct error *err)
{
	return content_load(d->in.reader, c, to, err) < 0 ? err_while(err, "reading %s", what) : 0;
}

int disk_make_uki(struct disk *d, struct error *err)
{
	CLEANUP_BUF struct buf stub = BUF_INIT(LIMIT_UKI_SIZE), kernel = BUF_INIT(LIMIT_UKI_SIZE);
	CLEANUP_BUF struct buf initrd = BUF_INIT(LIMIT_UKI_SIZE),
			       release = BUF_INIT(LIMIT_UKI_SIZE);
	CLEANUP_BUF struct buf cmdline = BUF_INIT(LIMIT_UKI_SIZE);
	const struct boot_parts *b = d->in.boot;
	struct pe_section sections[5];
	size_t n = 0;

	if (load(d, &b->stub, "the stub of the UKI", &stub, err) < 0 ||
	    load(d, &b->kernel, "the kernel", &kernel, err) < 0 ||
	    load(d, &b->os_release, "os-release", &release, err) < 0)
		return -1;
	command_line(d, &cmdline);
	if (check_length(d, &cmdline, err) < 0)
		return -1;
	sections[n++] = (struct pe_section){ STR(".osrel"), buf_bytes(&release) };
	sections[n++] = (struct pe_section){ STR(".cmdline"), buf_bytes(&cmdline) };
	sections[n++] = (struct pe_section){ STR(".uname"), str_bytes(b->kernel_version) };
	if (b->initrd) {
		if (make_initrd(d, &initrd, err) < 0)
			return -1;
		sections[n++] = (struct pe_section){ STR(".initrd"), buf_bytes(&initrd) };
	}
	sections[n++] = (struct pe_section){ STR(".linux"), buf_bytes(&kernel) };
	if (uki_build(buf_bytes(&stub), sections, n, &d->uki, err) < 0)
		return err_while(err, "making the unified kernel image");
	return 0;
}

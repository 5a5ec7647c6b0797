#include "debian/generators.h"

#include "debian/firstboot.h"

/*
 * In the order in which they run: what a later one reads comes first. Certificates
 * come before everything, ldconfig's links before nothing that reads them.
 */
const struct generator debian_generators[] = {
	{ "first-boot", first_boot_take_out },
	{ "certificates", generate_certificates },
	{ "ldconfig", generate_ldsocache },
	{ "depmod", generate_depmod },
	{ "systemd-hwdb", generate_hwdb },
	{ "journal-catalog", generate_catalog },
	{ "gio-modules", generate_gio_modules },
	{ NULL, NULL },
};

struct str generator_upstream_version(const struct debian *d, struct str package)
{
	const struct unpacked *u = debian_find(d, package);
	struct str version, rest;
	size_t dash;

	if (!u)
		return STR("");
	version = u->package->version;
	rest = version;
	if (str_find_char(version, ':') < version.len)
		rest = (struct str){ version.ptr + str_find_char(version, ':') + 1,
				     version.len - str_find_char(version, ':') - 1 };
	dash = rest.len;
	while (dash && rest.ptr[dash - 1] != '-')
		dash--;
	return dash ? (struct str){ rest.ptr, dash - 1 } : rest;
}

unsigned generator_major_version(const struct debian *d, struct str package)
{
	struct str version = generator_upstream_version(d, package);
	unsigned n = 0;

	for (size_t i = 0; i < version.len && i < 6; i++) {
		if (version.ptr[i] < '0' || version.ptr[i] > '9')
			break;
		n = 10 * n + (unsigned)(version.ptr[i] - '0');
	}
	return n;
}

int generator_read(struct debian *d, struct str path, size_t max, struct arena *arena,
		   struct str *ret, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(max);
	const struct node *node = tree_resolve(d->tree, path, true);

	*ret = STR("");
	if (!node || node->inode->kind != NODE_FILE)
		return 0;
	if (content_load(d->options->reader, &node->inode->content, &text, err) < 0)
		return err_while(err, "reading '" STR_FMT "' of the image", STR_ARG(path));
	*ret = arena_str(arena, buf_str(&text));
	return 0;
}

int generator_write(struct debian *d, struct str path, struct bytes data, uint16_t mode,
		    cause_id cause, struct error *err)
{
	const struct content content = content_of_bytes(data);
	struct node *node = tree_find(d->tree, path);

	if (node && node->inode->kind == NODE_FILE && node->inode->mode == mode &&
	    !node->inode->uid && !node->inode->gid && node->inode->content.size == data.len &&
	    digest_compare(&node->inode->content.digest, &content.digest) == 0)
		return 0;
	if (tree_write_file(d->tree, path, data, mode, cause, &node, err) < 0)
		return -1;
	tree_set_mtime(node, d->options->epoch);
	return 0;
}

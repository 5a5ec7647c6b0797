/* What a file is made of, from the outside in. */
#include "pipeline/verify_private.h"

#include "image/oci.h"
#include "image/oci_account.h"

static void set(struct verify_part *part, enum identity_role role, const struct digest *d)
{
	part->told.identity.has[role] = true;
	part->told.identity.digest[role] = *d;
}

static int failed(struct verify_part *part, const char *name, const struct error *err)
{
	return verify_failed(&part->told, name, err);
}

static void tell_digest(struct verify_part *part, const char *name, const struct digest *d)
{
	char text[DIGEST_TEXT_MAX];

	verify_add(&part->told, name, VERIFY_OK, "%s", digest_format(d, text));
}

static int read_documents(struct verifying *v, struct verify_part *part, struct oci_image **ret,
			  struct error *err)
{
	static const char *const names[] = {
		[OCI_PART_TAR] = "tar",	      [OCI_PART_LAYOUT] = "oci-layout",
		[OCI_PART_INDEX] = "index",   [OCI_PART_MANIFEST] = "manifest",
		[OCI_PART_CONFIG] = "config",
	};
	enum oci_part at = OCI_PART_TAR;

	if (oci_read_documents(v->fd, v->path, ret, &at, err) < 0) {
		if (at == OCI_PART_TAR && err->code == ERR_FORMAT)
			(void)err_hint(err, VERIFY_CUT_OFF);
		return failed(part, names[at], err);
	}
	set(part, IDENTITY_INDEX, &(*ret)->index);
	set(part, IDENTITY_MANIFEST, &(*ret)->manifest);
	set(part, IDENTITY_CONFIG, &(*ret)->image_id);
	return 0;
}

/*
 * The upper layer of an image of ours says whose it is; a base image below may be anybody's. One
 * without layers may be ours: it is held to what ours are.
 */
static bool is_ours(const struct oci_image *image)
{
	return image->n_layers == 0 ||
	       str_has_prefix(image->layers[image->n_layers - 1].created_by, STR("ingot "));
}

/* Whoever copies an image by another program gets another tar around the same blobs. */
static int refuse_tar(const struct verifying *v, struct verify_part *part, struct error *err)
{
	(void)failed(part, "tar", err);
	if (!is_ours(v->image))
		return err_hint(err, VERIFY_HINT_FOREIGN, v->path);
	return err_hint(err, "was it copied by another tool (skopeo, tar), which writes the tar "
			     "anew? '--repacked' verifies the image that is in it");
}

static int account_repacked(struct verifying *v, struct verify_part *part,
			    const struct oci_image *image, struct error *err)
{
	if (oci_account_repacked(v->fd, v->path, image, err) < 0)
		return failed(part, "tar", err);
	verify_add(&part->told, "tar", VERIFY_NOTE,
		   "another tool's: it holds the image's files and no others; its headers and "
		   "index.json are not looked at");
	tell_digest(part, "manifest", &image->manifest);
	tell_digest(part, "config", &image->image_id);
	return 0;
}

static bool is_foreign(const struct verifying *v)
{
	return v->o->foreign && !is_ours(v->image);
}

/* Its digests are right, and more can't be asked: what its tool would have written nobody knows. */
static int account_foreign(struct verify_part *part, const struct oci_image *image)
{
	verify_add(&part->told, "origin", VERIFY_NOTE, VERIFY_FOREIGN);
	tell_digest(part, "manifest", &image->manifest);
	tell_digest(part, "config", &image->image_id);
	return 0;
}

static int account(struct verifying *v, struct verify_part *part, const struct oci_image *image,
		   struct error *err)
{
	if (is_foreign(v))
		return account_foreign(part, image);
	if (v->o->repacked)
		return account_repacked(v, part, image, err);
	if (oci_account_tar(v->fd, v->path, image, err) < 0)
		return refuse_tar(v, part, err);
	verify_add(&part->told, "tar", VERIFY_OK,
		   "every byte is accounted for: headers, order, padding, end");
	if (oci_account_documents(v->fd, v->path, image, err) < 0)
		return failed(part, "documents", err);
	verify_add(&part->told, "documents", VERIFY_OK,
		   "index.json, manifest.json and manifest say what config and layers say");
	tell_digest(part, "index", &image->index);
	tell_digest(part, "manifest", &image->manifest);
	tell_digest(part, "config", &image->image_id);
	return 0;
}

static int verify_image(struct verifying *v, struct verify_part *part, struct error *err)
{
	struct oci_image *image;
	struct str architecture;

	part->told.kind = STR("oci");
	if (read_documents(v, part, &v->image, err) < 0)
		return -1;
	image = v->image;
	architecture = image->architecture;
	(void)oci_architecture_debian(image->architecture, image->variant, &architecture);
	part->told.architecture = arena_str(&part->told.arena, architecture);
	if (account(v, part, image, err) < 0)
		return -1;
	if (oci_read_layers(v->fd, v->path, v->c->n_threads,
			    is_foreign(v) ? OCI_ANY_TAR : OCI_OUR_TAR_ONLY, image, err) < 0)
		return failed(part, "layers", err);
	return 0; /* the digests of the blobs: verify_blobs() */
}

void verify_blobs(const struct verifying *v, struct verify_part *part)
{
	if (!v->image || part->failure.code)
		return;
	if (oci_check_blobs(&v->digests, v->path, v->image, &part->failure) < 0) {
		(void)failed(part, "layers", &part->failure);
		return;
	}
	verify_add(&part->told, "layers", VERIFY_OK,
		   "%zu layer%s: digest, size, diff id of each%s", v->image->n_layers,
		   v->image->n_layers == 1 ? "" : "s",
		   is_foreign(v) ? "; the tars inside are as their tool wrote them"
				 : ", and every byte of the tar inside");
}

int verify_content(struct verifying *v, struct verify_part *part, struct error *err)
{
	switch (v->kind) {
	case IDENTIFY_OCI:
		return verify_image(v, part, err);
	case IDENTIFY_DISK:
		return verify_disk(v, part, err);
	case IDENTIFY_OTHER_DISK:
	case IDENTIFY_UNKNOWN:
		break;
	}
	part->told.kind = STR("disk in another format");
	verify_add(&part->told, "content", VERIFY_NOTE,
		   "of a disk in another format than raw, only the whole file has a digest; "
		   "'qemu-img convert -O raw' makes the raw disk, which can be looked into");
	return 0;
}

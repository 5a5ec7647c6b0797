#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "crypto/authenticode.h"
#include "pipeline/secure_boot.h"
#include "unit/crypto/key_fixture.h"

#define FILE_OF_AB                                                                                 \
	"recipes/web.signatures/"                                                                  \
	"ab00000000000000000000000000000000000000000000000000000000000000.p7s"

/* A workspace with recipes/web.yaml, two keys outside and their certificates inside. */
struct world {
	struct context context;
	struct recipe recipe;
	struct recipe_target target;
	struct secure_boot_options options;
	struct buf notes, p7s;
	bool found;
	struct error err;
	char path[40];
};

static void take_note(void *context, const char *text)
{
	buf_add_cstr(context, text);
	buf_add_char(context, '\n');
}

static void put(const char *path, struct bytes data)
{
	FILE *f = fopen(path, "wb");

	cr_assert_not_null(f);
	cr_assert_eq(fwrite(data.ptr, 1, data.len, f), data.len);
	cr_assert_eq(fclose(f), 0);
}

static void write_pair(const char *name)
{
	CLEANUP_BUF struct buf text = BUF_INIT(KEY_TEXT_MAX);
	CLEANUP_FREE char *key_name = mem_printf("%s.key", name);
	CLEANUP_FREE char *certificate = mem_printf("recipes/%s.pem", name);
	EVP_PKEY *key = fixture_rsa(2048);

	fixture_key_pem(key, NULL, &text);
	put(key_name, buf_bytes(&text));
	cr_assert_eq(chmod(key_name, 0600), 0);
	fixture_certificate(key, name, FIXTURE_PEM, &text);
	put(certificate, buf_bytes(&text));
	EVP_PKEY_free(key);
}

static void world_init(struct world *w)
{
	*w = (struct world){ .recipe.path = STR("recipes/web.yaml"),
			     .recipe.name = STR("web"),
			     .target = { .name = STR("vm"), .type = TARGET_DISK },
			     .notes = BUF_INIT(1u << 20),
			     .p7s = BUF_INIT(1u << 20),
			     .path = "/tmp/ingot-secure-boot.XXXXXX" };
	cr_assert_not_null(mkdtemp(w->path));
	cr_assert_eq(chdir(w->path), 0);
	cr_assert_eq(mkdir("recipes", 0755), 0);
	write_pair("db");
	write_pair("other");
	w->context.workspace.fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	w->context.observer = (struct observer){ .note = take_note, .context = &w->notes };
}

static void world_release(struct world *w)
{
	static const char *const names[] = { "db.key",	       "other.key",
					     "recipes/db.pem", "recipes/other.pem",
					     FILE_OF_AB,       "recipes/web.signatures" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unlink(names[i]);
	(void)rmdir("recipes/web.signatures");
	(void)rmdir("recipes");
	cr_assert_eq(rmdir(w->path), 0);
	close(w->context.workspace.fd);
	buf_release(&w->notes);
	buf_release(&w->p7s);
	err_release(&w->err);
}

static int run(struct world *w)
{
	const struct digest d = { { 0xab } };

	err_release(&w->err);
	buf_reset(&w->p7s);
	buf_reset(&w->notes);
	return secure_boot_signature(&w->context, &w->recipe, &w->target, &w->options, &d,
				     1700000000, &w->p7s, &w->found, &w->err);
}

static void sign_by(struct world *w, const char *key, const char *certificate)
{
	w->options = (struct secure_boot_options){ .key = key, .certificate = certificate };
	cr_assert_eq(run(w), 0, "%s", w->err.message);
	cr_assert(w->found);
	w->options = (struct secure_boot_options){ 0 };
}

Test(secure_boot, who_asks_for_none_hears_nothing_of_it)
{
	struct world w;

	world_init(&w);
	cr_assert_eq(run(&w), 0);
	cr_assert_not(w.found);
	cr_assert_eq(w.notes.len, 0);
	world_release(&w);
}

Test(secure_boot, without_key_and_signature_the_disk_is_unsigned_and_a_note_says_so)
{
	struct world w;

	world_init(&w);
	w.target.secure_boot_certificate = STR("db.pem");
	cr_assert_eq(run(&w), 0);
	cr_assert_not(w.found);
	cr_assert_str_eq(
		buf_cstr(&w.notes),
		"the disk of target 'vm' is not signed for Secure Boot: there is no '" FILE_OF_AB
		"'\n");
	world_release(&w);
}

Test(secure_boot, what_was_signed_once_is_found_without_the_key)
{
	struct world w;
	struct stat st;
	CLEANUP_BUF struct buf first = BUF_INIT(1u << 20);

	umask(022);
	world_init(&w);
	sign_by(&w, "db.key", "recipes/db.pem");
	cr_assert_str_eq(buf_cstr(&w.notes), "signed for Secure Boot: commit '" FILE_OF_AB "'\n");
	buf_add(&first, w.p7s.ptr, w.p7s.len);
	cr_assert_eq(stat(FILE_OF_AB, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0644);
	cr_assert_eq(unlink("db.key"), 0);
	cr_assert_eq(run(&w), 0);
	cr_assert(w.found);
	cr_assert(bytes_equal(buf_bytes(&w.p7s), buf_bytes(&first)));
	cr_assert_eq(w.notes.len, 0);
	/* Nor does it matter where the key is, while the certificate is the same. */
	sign_by(&w, "/nonexistent", "recipes/db.pem");
	cr_assert(bytes_equal(buf_bytes(&w.p7s), buf_bytes(&first)));
	world_release(&w);
}

Test(secure_boot, a_signature_by_another_certificate_than_the_recipes_is_refused)
{
	struct world w;

	world_init(&w);
	sign_by(&w, "other.key", "recipes/other.pem");
	w.target.secure_boot_certificate = STR("db.pem");
	cr_assert_eq(run(&w), -1);
	cr_assert_eq(w.err.code, ERR_SIGNATURE);
	cr_assert(strstr(w.err.message, "by another certificate"), "%s", w.err.message);
	cr_assert(strstr(w.err.context[0], FILE_OF_AB), "%s", w.err.context[0]);
	/* Its key replaces it; the certificate is the recipe's. */
	sign_by(&w, "db.key", NULL);
	cr_assert_eq(run(&w), 0, "%s", w.err.message);
	cr_assert(w.found);
	world_release(&w);
}

Test(secure_boot, another_certificate_than_the_recipes_signs_nothing)
{
	struct world w;

	world_init(&w);
	w.target.secure_boot_certificate = STR("db.pem");
	w.options = (struct secure_boot_options){ .key = "other.key",
						  .certificate = "recipes/other.pem" };
	cr_assert_eq(run(&w), -1);
	cr_assert_eq(w.err.code, ERR_SIGNATURE);
	cr_assert_neq(access(FILE_OF_AB, F_OK), 0);
	w.options.certificate = NULL;
	cr_assert_eq(run(&w), -1);
	cr_assert_eq(w.err.code, ERR_KEY);
	cr_assert_str_eq(w.err.message, "the certificate is not of this private key");
	world_release(&w);
}

Test(secure_boot, a_changed_signature_is_refused)
{
	struct world w;

	world_init(&w);
	sign_by(&w, "db.key", "recipes/db.pem");
	w.p7s.ptr[w.p7s.len - 1] ^= 1;
	put(FILE_OF_AB, buf_bytes(&w.p7s));
	cr_assert_eq(run(&w), -1);
	cr_assert_eq(w.err.code, ERR_SIGNATURE);
	cr_assert_eq(w.p7s.len, 0);
	world_release(&w);
}

Test(secure_boot, a_key_needs_a_certificate)
{
	struct world w;

	world_init(&w);
	w.options.key = "db.key";
	cr_assert_eq(run(&w), -1);
	cr_assert_eq(w.err.code, ERR_USAGE);
	w.options.certificate = "nowhere.pem";
	cr_assert_eq(run(&w), -1);
	cr_assert_eq(w.err.code, ERR_KEY);
	cr_assert_str_eq(w.err.message, "there is no certificate 'nowhere.pem'");
	world_release(&w);
}

Test(secure_boot, a_folder_that_can_not_be_written_is_told_with_the_file)
{
	struct world w;

	world_init(&w);
	/* For root, too: a file is where the folder would be. */
	put("recipes/web.signatures", str_bytes(STR("x")));
	w.options =
		(struct secure_boot_options){ .key = "db.key", .certificate = "recipes/db.pem" };
	cr_assert_eq(run(&w), -1);
	cr_assert_eq(w.err.code, ERR_IO, "%s", w.err.message);
	cr_assert(strstr(w.err.message, "recipes/web.signatures"), "%s", w.err.message);
	world_release(&w);
}

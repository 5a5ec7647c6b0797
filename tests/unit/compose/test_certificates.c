#include "compose_world.h"

#define LOCAL "usr/local/share/ca-certificates/"

static const char certificate[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBOjCB7aADAgECAhRnW0KAVMdYKieBB/FH8CzXvN9bGjAFBgMrZXAwEjEQMA4G\n"
	"A1UEAwwHVGVzdCBDQTAgFw0yNjExMjIxMDU2MzhaGA8yMTI2MTAyOTEwNTYzOFow\n"
	"EjEQMA4GA1UEAwwHVGVzdCBDQTAqMAUGAytlcAMhAA0Ty3DYQrMeXBCNYVeuSYMh\n"
	"0ezfvsNWLjREr5xEocm4o1MwUTAdBgNVHQ4EFgQU8M2CNRCtCVslSD7D+3Lahpsi\n"
	"PGowHwYDVR0jBBgwFoAU8M2CNRCtCVslSD7D+3LahpsiPGowDwYDVR0TAQH/BAUw\n"
	"AwEB/zAFBgMrZXADQQAI6Xl5ST9a0svb9auX+gDdBbFCtEQYdMEWzYJyglgT2p69\n"
	"+wGyXA+N2GwZaGdo1grnVbOZ/mdzsPM13elQuIQB\n"
	"-----END CERTIFICATE-----\n";
static const char key[] = "-----BEGIN PRIVATE KEY-----\n"
			  "MC4CAQAwBQYDK2VwBCIEIJ1h\n"
			  "-----END PRIVATE KEY-----\n";

static struct scene w;

static void begin(void)
{
	scene_init(&w);
	scene_package(&w, "ca-certificates", "20250419", "ca-certificates");
}

static void end(void)
{
	scene_release(&w);
}

TestSuite(certificates, .init = begin, .fini = end);

Test(certificates, lie_where_the_system_looks_for_local_ones)
{
	scene_certificate(&w, "keys/corporate-ca.pem", certificate);
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, LOCAL "corporate-ca.crt"), certificate);
	cr_assert_eq(scene_node(&w, LOCAL "corporate-ca.crt")->inode->mode, 0644);
	cr_assert_eq(scene_cause(&w, LOCAL "corporate-ca.crt")->kind, CAUSE_RECIPE);
}

Test(certificates, text_around_the_block_is_dropped)
{
	scene_certificate(&w, "ca.crt", arena_printf(&w.arena, "# ours\n%s# end\n", certificate));
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, LOCAL "ca.crt"), certificate);
}

Test(certificates, a_file_with_several_is_split)
{
	scene_certificate(&w, "chain.pem", arena_printf(&w.arena, "%s%s", certificate, certificate));
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, LOCAL "chain.crt"), certificate);
	cr_assert_str_eq(scene_content(&w, LOCAL "chain-2.crt"), certificate);
}

Test(certificates, a_private_key_is_refused_at_its_line)
{
	scene_certificate(&w, "ca.pem", arena_printf(&w.arena, "%s%s", certificate, key));
	scene_must_fail(&w, ERR_RECIPE_FILE, 141, "private key");
}

Test(certificates, what_is_no_certificate_is_refused_at_its_line)
{
	scene_certificate(&w, "ca.pem", "hello");
	scene_must_fail(&w, ERR_RECIPE_FILE, 141, "not a certificate in PEM form");
}

Test(certificates, a_damaged_one_is_refused)
{
	char *text = arena_strdup(&w.arena, str_of(certificate));

	text[sizeof(certificate) / 2] = '*';
	scene_certificate(&w, "ca.pem", text);
	scene_must_fail(&w, ERR_RECIPE_FILE, 141, "damaged");
}

Test(certificates, a_truncated_one_is_refused)
{
	char *text = arena_strdup(&w.arena, str_of(certificate));

	text[sizeof(certificate) / 2] = '\0';
	scene_certificate(&w, "ca.pem", text);
	scene_must_fail(&w, ERR_RECIPE_FILE, 141, "damaged");
}

Test(certificates, two_of_one_name_are_a_conflict)
{
	scene_certificate(&w, "a/ca.pem", certificate);
	scene_certificate(&w, "b/ca.crt", certificate);
	scene_must_fail(&w, ERR_RECIPE_CONFLICT, 142, LOCAL "ca.crt");
}

Test(certificates, without_the_package_nobody_would_read_them)
{
	struct scene bare;

	scene_init(&bare);
	scene_certificate(&bare, "ca.pem", certificate);
	scene_must_fail(&bare, ERR_RECIPE_VALUE, 141, "needs the package 'ca-certificates'");
	scene_release(&bare);
}

Test(certificates, the_store_is_generated_unless_the_recipe_adds_one)
{
	pack_file(&w, (struct pack *)(uintptr_t)scene_find(&w, "ca-certificates")->pack,
		  "usr/share/ca-certificates/mozilla/Test.crt", certificate, 0644);
	pack_file(&w, (struct pack *)(uintptr_t)scene_find(&w, "ca-certificates")->pack,
		  "etc/ca-certificates.conf", "mozilla/Test.crt\n", 0644);
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/ssl/certs/ca-certificates.crt"), certificate);
	cr_assert_neq(scene_cause(&w, "etc/ssl/certs/ca-certificates.crt")->kind, CAUSE_RECIPE);
	scene_certificate(&w, "corporate-ca.pem", certificate);
	scene_must_compose(&w);
	cr_assert(str_has_suffix(str_of(scene_content(&w, "etc/ssl/certs/ca-certificates.crt")),
				 str_of(certificate)));
	cr_assert_eq(scene_cause(&w, "etc/ssl/certs/ca-certificates.crt")->kind, CAUSE_RECIPE);
	cr_assert_eq(scene_cause(&w, "etc/ssl/certs/corporate-ca.pem")->kind, CAUSE_RECIPE);
	cr_assert(str_equal(scene_cause(&w, "etc/ssl/certs/corporate-ca.pem")->what,
			    STR("141:5")));
}

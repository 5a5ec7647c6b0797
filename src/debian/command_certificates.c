/*
 * Programs that keep stores of certificates: openssl rehash, which update-ca-certificates
 * (a script of the tree) calls, and what ca-certificates-java asks of a Java.
 */
#include "debian/generator_commands.h"
#include "debian/keystore.h"
#include "debian/rehash.h"

#define JAVA_TOOL "/usr/share/ca-certificates-java/ca-certificates-java.jar"

static bool is_word(const struct shell_call *c, size_t i, const char *word)
{
	return i < c->argc && str_equal_cstr(c->argv[i], word);
}

/* openssl rehash FOLDER: at once, other scripts look for the links; and at the end. */
int command_openssl(struct shell_call *c, struct error *err)
{
	struct node *dir;
	bool failed;

	if (!is_word(c, 1, "rehash") || c->argc != 3 || *c->argv[2].ptr == '-')
		return shell_refuse(c, err, "only 'openssl rehash FOLDER' is known");
	dir = world_find(c->shell, c->argv[2], true);
	if (!dir || dir->inode->kind != NODE_DIRECTORY)
		return shell_refuse(c, err, "there is no folder '" STR_FMT "'",
				    STR_ARG(c->argv[2]));
	if (rehash_folder(debian_of(c), dir, c->cause, &failed, err) < 0)
		return -1;
	debian_want(debian_of(c), "certificates", STR(""), c->cause);
	return failed;
}

/* java [-Xmx64m] -jar TOOL -storepass PASSWORD, changes on standard input. */
int command_java(struct shell_call *c, struct error *err)
{
	size_t i = is_word(c, 1, "-Xmx64m") ? 2 : 1;

	if (c->argc == 2 && is_word(c, 1, "-version"))
		return 0; /* what it says goes to standard error, for people */
	if (c->argc != i + 4 || !is_word(c, i, "-jar") || !is_word(c, i + 1, JAVA_TOOL) ||
	    !is_word(c, i + 2, "-storepass"))
		return shell_refuse(c, err,
				    "no program runs in Java but the tool for its keystore");
	return keystore_update(debian_of(c), shell_input_all(c->in), c->argv[i + 3], c->cause, err);
}

/*
 * keytool -cacerts -storepass PASSWORD -list -rfc: the lines "Alias name:", which is what
 * scripts take of it.
 */
int command_keytool(struct shell_call *c, struct error *err)
{
	struct str *aliases;
	size_t n;
	int r;

	if (c->argc != 6 || !is_word(c, 1, "-cacerts") || !is_word(c, 2, "-storepass") ||
	    !is_word(c, 4, "-list") || !is_word(c, 5, "-rfc"))
		return shell_refuse(c, err, "only the list of trusted certificates is known");
	r = keystore_aliases(debian_of(c), c->argv[3], &aliases, &n, err);
	if (r)
		return r < 0 ? -1 : shell_refuse(c, err, "there is no keystore");
	for (size_t i = 0; i < n; i++)
		buf_printf(c->out, "Alias name: " STR_FMT "\n", STR_ARG(aliases[i]));
	return 0;
}

#include "cli/cli_command.h"

#include <stddef.h>

#include "cli/signer_option.h"

int cmd_init(struct app *app, int argc, char **argv, struct error *err);
int cmd_check(struct app *app, int argc, char **argv, struct error *err);
int cmd_lock(struct app *app, int argc, char **argv, struct error *err);
int cmd_fetch(struct app *app, int argc, char **argv, struct error *err);
int cmd_plan(struct app *app, int argc, char **argv, struct error *err);
int cmd_bundle(struct app *app, int argc, char **argv, struct error *err);
int cmd_build(struct app *app, int argc, char **argv, struct error *err);
int cmd_log(struct app *app, int argc, char **argv, struct error *err);
int cmd_keygen(struct app *app, int argc, char **argv, struct error *err);
int cmd_sign(struct app *app, int argc, char **argv, struct error *err);
int cmd_show(struct app *app, int argc, char **argv, struct error *err);
int cmd_ls(struct app *app, int argc, char **argv, struct error *err);
int cmd_export(struct app *app, int argc, char **argv, struct error *err);
int cmd_report(struct app *app, int argc, char **argv, struct error *err);
int cmd_sbom(struct app *app, int argc, char **argv, struct error *err);
int cmd_run(struct app *app, int argc, char **argv, struct error *err);
int cmd_diff(struct app *app, int argc, char **argv, struct error *err);
int cmd_verify(struct app *app, int argc, char **argv, struct error *err);
int cmd_why(struct app *app, int argc, char **argv, struct error *err);
int cmd_stage(struct app *app, int argc, char **argv, struct error *err);
int cmd_schema(struct app *app, int argc, char **argv, struct error *err);
int cmd_completion(struct app *app, int argc, char **argv, struct error *err);
int cmd_explain(struct app *app, int argc, char **argv, struct error *err);
int cmd_version(struct app *app, int argc, char **argv, struct error *err);
int cmd_help(struct app *app, int argc, char **argv, struct error *err);

static const struct cli_option no_options[] = { { 0 } };

static const struct cli_option lock_options[] = {
	{ "update", 0, "[=PKG]",
	  "read newer indexes; move every pin, or only PKG's (may be repeated)" },
	{ "check", 0, NULL, "write nothing; status 0 if the lock fits, 4 if it is stale" },
	{ "dry-run", 'n', NULL,
	  "write nothing; with --update: status 4 if there is something new" },
	{ "diff", 0, NULL, "print what changes" },
	{ "format", 0, "FORMAT", "of --diff: text, json or markdown" },
	{ "reslice", 0, NULL, "make the slice plan of the layers anew" },
	{ "renumber", 0, NULL, "hand out user and group ids anew" },
	{ "accept-key", 0, "FPR", "accept a Release that is signed by key FPR of the keyring" },
	{ "timings", 0, NULL, "print how long each step took" },
	{ 0 },
};

static const struct cli_option fetch_options[] = {
	{ "arch", 'a', "ARCH", "only for ARCH (may be repeated)" },
	{ "bundle", 0, "FILE", "take from the bundle FILE what the stage lacks" },
	{ 0 },
};

static const struct cli_option diff_options[] = {
	{ "explain", 'e', NULL, "name the cause of each difference" },
	{ "causes-a", 0, "FILE", "causes of A, if they don't lie beside it" },
	{ "causes-b", 0, "FILE", "causes of B, if they don't lie beside it" },
	{ 0 },
};

static const struct cli_option build_options[] = {
	{ "target", 't', "TARGET", "build only TARGET (may be repeated)" },
	{ "arch", 'a', "ARCH", "build only for ARCH (may be repeated)" },
	{ "bundle", 0, "FILE", "take from the bundle FILE what the stage lacks" },
	{ "locked", 0, NULL, "never write the lock: status 4 if it does not fit" },
	{ "sign-key", 0, "FILE", "sign outputs and statements with the private key in FILE (PEM); "
				 "implies --locked" },
	SIGNER_OPTIONS,
	{ "secure-boot-key", 0, "FILE", "sign what boots a disk with the private key in FILE (PEM)" },
	{ "secure-boot-cert", 0, "FILE", "the certificate of that key (default: the recipe's)" },
	{ "timings", 0, NULL, "print how long each step took" },
	{ 0 },
};

static const struct cli_option bundle_options[] = {
	{ "output", 'o', "FILE", "write the bundle to FILE; - is standard output" },
	{ "sources", 0, NULL, "the source packages, too" },
	{ "arch", 'a', "ARCH", "only what ARCH needs (may be repeated)" },
	{ 0 },
};

static const struct cli_option log_options[] = {
	{ "key", 0, "FILE", "append: the private key that signs; verify: the log's public key" },
	SIGNER_OPTIONS,
	{ "origin", 0, "NAME", "the log's name: example.com/log (needed for a new log)" },
	{ "output", 'o', "FILE", "prove: write FILE (default: FILE.tlog-proof); - is stdout" },
	{ "proof", 0, "FILE", "verify: that a file is in a log, by this proof alone" },
	{ "since", 0, "FILE", "verify: nothing has changed since this older checkpoint" },
	{ 0 },
};

static const struct cli_option keygen_options[] = {
	{ "output", 'o', "NAME", "write NAME.pem (mode 0600) and NAME.pub" },
	{ "type", 0, "TYPE", "ed25519 (default) or ecdsa-p256" },
	{ "passphrase-file", 0, "FILE", "encrypt by the passphrase in the first line of FILE" },
	{ "no-passphrase", 0, NULL, "do not encrypt the private key" },
	{ "signer", 0, "exec:CMD", "make no key: write NAME.pub for the key of CMD (HSM, KMS)" },
	{ 0 },
};

static const struct cli_option sign_options[] = {
	{ "key", 'k', "FILE", "sign with the private key in FILE (PEM)" },
	SIGNER_OPTIONS,
	{ "legacy", 0, NULL, "write the payload and signature of older cosign, too" },
	{ 0 },
};

static const struct cli_option init_options[] = {
	{ "bundle", 0, "FILE", "take recipes/ from the bundle FILE; DIR has none yet" },
	{ "no-key", 0, NULL, "make no developer's key" },
	{ 0 },
};

static const struct cli_option plan_options[] = {
	{ "target", 't', "TARGET", "only TARGET (may be repeated)" },
	{ "arch", 'a', "ARCH", "only for ARCH (may be repeated)" },
	{ 0 },
};

static const struct cli_option export_options[] = {
	{ "output", 'o', "FILE", "write the tar to FILE (default: standard output)" },
	{ 0 },
};

static const struct cli_option sbom_options[] = {
	{ "format", 0, "FORMAT", "spdx (SPDX 2.3, the default) or cyclonedx (1.6)" },
	{ "output", 'o', "FILE", "write to FILE (default: standard output)" },
	{ "list", 0, NULL, "a table of packages, versions and licences instead" },
	{ 0 },
};

static const struct cli_option run_options[] = {
	{ "memory", 'm', "SIZE", "memory of the machine (default: 1G)" },
	{ "cpus", 0, "N", "processors of the machine (default: 2, or what there is; emulated 1)" },
	{ "port", 'p', "HOST:GUEST", "forward port HOST of 127.0.0.1 (may be repeated)" },
	{ "ssh-port", 0, "N", "forward port N to the machine's port 22; 0: none (default: 2222)" },
	{ "disk-size", 0, "SIZE", "give the machine a larger disk: 20G" },
	{ "keep", 0, NULL, "keep what the machine writes, in FILE.run.qcow2, for the next run" },
	{ "no-kvm", 0, NULL, "emulate the processor, even if there is KVM" },
	{ "console", 0, NULL, "pass all keys to the machine; Ctrl-A X ends it" },
	{ 0 },
};

static const struct cli_option check_options[] = {
	{ "scripts", 0, NULL,
	  "evaluate the maintainer scripts of the locked packages and say how far that goes" },
	{ 0 },
};

static const struct cli_option verify_options[] = {
	{ "key", 'k', "FILE", "a public key whose signature counts (may be repeated); goes over "
			      "'trust:' of config.yaml" },
	{ "signature", 0, "FILE", "a signature (default: those beside FILE; may be repeated)" },
	{ "role", 0, "ROLE", "which role of 'trust:' counts: release (default), developer, "
			     "rebuilder" },
	{ "repacked", 0, NULL, "another tool (skopeo, tar) wrote the tar of the image: verify what "
			      "is in it" },
	{ "proof", 0, "FILE", "the signature must be in a transparency log, by this .tlog-proof" },
	{ "log-key", 0, "FILE", "of --proof: the log's public key" },
	{ "log-origin", 0, "NAME", "of --proof: the log that it must be (default: any of that key)" },
	{ "rebuild", 0, NULL, "build it again from --bundle, and compare" },
	{ "bundle", 0, "FILE", "of --rebuild: all inputs, as 'ingot bundle' writes them" },
	{ "keyring", 0, "FILE", "of --rebuild: the archives' OpenPGP keys (default: the bundle's)" },
	{ "target", 't', "TARGET", "of --rebuild: what FILE is (default: its name says)" },
	{ "arch", 'a', "ARCH", "of --rebuild: for which architecture FILE is" },
	{ "sign-key", 0, "FILE", "of --rebuild: sign the verdict with the private key in FILE" },
	SIGNER_OPTIONS,
	{ "output", 'o', "FILE", "of --rebuild: where the signed verdict goes (default: beside)" },
	{ "threshold", 0, "N", "N keys of rebuilders must have signed that FILE is what its inputs "
			       "give" },
	{ "verdict", 0, "FILE", "of --threshold: a verdict, or a folder of them (may be repeated)" },
	{ "allow-dissent", 0, NULL, "of --threshold: N are enough, whatever others say" },
	{ 0 },
};

static const struct cli_option report_options[] = {
	{ "output", 'o', "FILE", "write the page to FILE (default: standard output)" },
	{ "key", 'k', "FILE", "a public key whose signature counts (may be repeated)" },
	{ "signature", 0, "FILE", "a signature (default: those beside FILE; may be repeated)" },
	{ "repacked", 0, NULL, "as of 'ingot verify': another tool wrote the tar of the image" },
	{ 0 },
};

static const struct cli_option why_options[] = {
	{ "effects", 0, NULL, "print what the scripts of PACKAGE do to the tree, in order" },
	{ "target", 't', "TARGET", "in TARGET (default: the first that has the path)" },
	{ "arch", 'a', "ARCH", "for ARCH (default: the first)" },
	{ 0 },
};

static const struct cli_option stage_options[] = {
	{ "repair", 0, NULL, "fsck: move bad objects to quarantine, remove strays" },
	{ "dry-run", 'n', NULL, "gc: only say what would go" },
	{ "grace", 0, "DAYS", "gc: keep results that were used in the last DAYS (default: 30)" },
	{ 0 },
};

static const struct cli_option explain_options[] = {
	{ "all", 0, NULL, "print every code" },
	{ 0 },
};

const struct command commands[] = {
	{ "init", "[DIR]", "make a workspace with a starter recipe", 0, 1, init_options, cmd_init,
	  "Writes recipes/web.yaml, .gitignore, the folders that ingot expects and, for this user\n"
	  "and once, a configuration file and a developer's key (developer.pem, not encrypted, and\n"
	  "developer.pub beside it). 'ingot build --sign-key' with it marks outputs as one's own:\n"
	  "'ingot verify' counts them with '--role developer' only. No key is made with --no-key,\n"
	  "with CI=true in the environment, by the first process of a container, or without a home\n"
	  "to write to. Nothing that exists is overwritten. With --bundle the recipe is that of the\n"
	  "bundle, with its lock and all files that it names: to read what an image was made from,\n"
	  "and to build it again." },
	{ "check", "RECIPE...", "check recipes: schema and rules, no network", 0, 1000, check_options,
	  cmd_check,
	  "With --scripts also evaluates every maintainer script of the locked packages, which\n"
	  "must be in the stage, and lists what can't be evaluated and is not answered." },
	{ "lock", "[RECIPE]", "resolve a recipe and write its lock", 0, 1, lock_options, cmd_lock,
	  "A plain 'ingot lock' never moves a pin while the resolution fits: it works offline\n"
	  "and rewrites only lines that changed. '--update' reads newer indexes; '--update=PKG'\n"
	  "moves one package. '--check' and '--update --dry-run' write nothing and tell by their\n"
	  "exit status." },
	{ "fetch", "[RECIPE]", "bring all inputs of a lock into the stage", 0, 1, fetch_options,
	  cmd_fetch, NULL },
	{ "plan", "[RECIPE]", "say what build would do", 0, 1, plan_options, cmd_plan, NULL },
	{ "build", "[RECIPE]", "build the outputs of a recipe", 0, 1, build_options, cmd_build,
	  "Builds every target for every architecture of the recipe. A lock whose inputs differ\n"
	  "is refreshed and said so; with --locked, or with CI=true in the environment, it is an\n"
	  "error (status 4) instead." },
	{ "bundle", "[RECIPE] -o FILE", "write all inputs of a lock into one file", 0, 1,
	  bundle_options, cmd_bundle,
	  "The recipe with what it includes, its lock, local files, packages, the archive's signed\n"
	  "indexes, effects and signatures, each by its digest. 'ingot verify --rebuild' and\n"
	  "'ingot build --bundle' need nothing else, and no network. The same lock gives the same\n"
	  "bytes. The file is an OCI artifact: it can be pushed to a registry." },
	{ "keygen", "-o NAME", "make a key for signing", 0, 0, keygen_options, cmd_keygen,
	  "Asks for a passphrase at the terminal; elsewhere --passphrase-file or --no-passphrase is\n"
	  "needed. Nothing that exists is overwritten. The files are PKCS#8 and SubjectPublicKeyInfo\n"
	  "in PEM: 'openssl pkey' reads them, and keys of 'openssl genpkey' (Ed25519, P-256, RSA) can\n"
	  "be used in their place. docs/keys.md has more." },
	{ "sign", "FILE...", "sign outputs, and the statements beside them", 1, 1000, sign_options,
	  cmd_sign,
	  "Reads and verifies each FILE (of a disk in another format than raw its digest only) and\n"
	  "writes FILE.sigstore.json, a sigstore bundle; each envelope of NAME.intoto.jsonl beside it\n"
	  "gets one more signature. A second key's bundle is FILE.KEYID.sigstore.json. An image that\n"
	  "leaves packages for the machine to configure can't be signed: status 9." },
	{ "log", "append|prove|verify DIR [FILE...]", "keep a transparency log of signatures", 2,
	  1000, log_options, cmd_log,
	  "append DIR FILE...     add files (signatures, verdicts) and sign the new head\n"
	  "prove DIR FILE         write FILE.tlog-proof: shows offline that FILE is in it\n"
	  "verify DIR             read all of it: entries, hashes, signature; --since OLD:\n"
	  "                       and that what a saved checkpoint has seen is there\n"
	  "verify FILE --proof P  check a proof; needs --key and no log\n"
	  "DIR is a C2SP tlog-tiles log of static files: any web server can publish it." },
	{ "show", "FILE|LOCK|RECIPE", "show what an image or a lock holds", 1, 1, no_options,
	  cmd_show,
	  "FILE is a container image, a disk, or a tree: a tar of a whole file system, compressed or\n"
	  "not. A tree may be - for standard input." },
	{ "ls", "FILE [PATH]", "list the files of an image", 1, 2, no_options, cmd_ls,
	  "FILE is a container image, a disk, or a tree: a tar of a whole file system, compressed or\n"
	  "not. A tree may be - for standard input." },
	{ "export", "FILE", "write an image's whole tree as one tar", 1, 1, export_options,
	  cmd_export,
	  "The same tree gives the same bytes, whatever held it: a container image, a disk, or a tar\n"
	  "that another tool wrote, compressed or not (- is standard input)." },
	{ "sbom", "FILE", "print what is inside an image as SPDX or CycloneDX", 1, 1, sbom_options,
	  cmd_sbom,
	  "What the build wrote about FILE (in NAME.intoto.jsonl beside it) is printed as it is; its\n"
	  "signatures are the business of 'ingot verify'. Of an image without such statements the\n"
	  "document is made from dpkg's database in it, which knows no digests of packages." },
	{ "report", "FILE", "write a page about an image: what is inside, who vouches for it", 1, 1,
	  report_options, cmd_report,
	  "One HTML file without scripts that loads nothing: sizes, packages, layers or partitions,\n"
	  "users, services, what runs with the rights of others, and how it was verified. Licences,\n"
	  "and lines of the recipe, come from the statements beside FILE. An image whose digests or\n"
	  "signatures are wrong gets no page. What another tool built gets one that says so." },
	{ "run", "FILE", "start a disk in QEMU, or an image in runc or crun", 1, 1, run_options,
	  cmd_run,
	  "A disk boots with UEFI, by KVM where there is one that works for its architecture, else\n"
	  "emulated. FILE itself is never written. Its serial console is on the terminal, Ctrl-C\n"
	  "ends it. Ports are those of 127.0.0.1 only. A container shares the host's network." },
	{ "verify", "FILE", "check who vouches for an output, and every byte of it", 1, 1,
	  verify_options, cmd_verify,
	  "From the outside in: signatures (FILE.sigstore.json and FILE.KEYID.sigstore.json), every\n"
	  "digest, every byte around the contents, the statements beside (NAME.intoto.jsonl), and\n"
	  "whether who signed may. With --rebuild it is built again from its inputs, with --threshold\n"
	  "verdicts of those who have done so are counted. No network is used. Status 0: vouched for;\n"
	  "9: nobody who counts vouches for it; 7: a signature or a digest is wrong; 8: a rebuild\n"
	  "differs, or somebody's did; 11: it is malformed." },
	{ "diff", "A B", "compare two images, disks, trees, locks or bundles", 2, 2, diff_options,
	  cmd_diff,
	  "Two files of one kind are compared from the outside in, down to the attribute and the\n"
	  "byte; digests, ids and sizes that follow from something else are folded into it. With\n"
	  "--explain each difference is told with its cause: the package and the line of the lock,\n"
	  "the line of the recipe, the local file, the version of a format; with -q the causes\n"
	  "alone, a line each. What each output was made from is read from NAME.causes.json beside\n"
	  "it. Of an image and a disk what both hold is compared, and of databases the records that\n"
	  "both have. A tree is a tar of a whole file system, as 'ingot export', tar, mmdebstrap and\n"
	  "'podman export' write it, compressed or not, or - for standard input: beside an image, a\n"
	  "disk or another tree every path is compared.\n"
	  "Status 8 if they differ. -v shows all." },
	{ "why", "RECIPE|FILE PACKAGE|/PATH", "say why a package or a path is in the image", 2, 2,
	  why_options, cmd_why,
	  "Of a RECIPE the tree is composed, of a FILE that was built NAME.causes.json is read, which\n"
	  "lies beside it; without it dpkg's database in the image names the package of a path." },
	{ "stage", "ls|gc|fsck|explain [KEY]", "look after the stage", 1, 2, stage_options,
	  cmd_stage,
	  "ls      what the stage holds\n"
	  "gc      remove what no lock and no build uses\n"
	  "fsck    read and check every object\n"
	  "explain say what a result was made from: KEY is its name or a prefix of it" },
	{ "schema", "", "print the JSON Schema of recipes", 0, 0, no_options, cmd_schema, NULL },
	{ "completion", "SHELL", "print a completion script for bash, zsh or fish", 1, 1,
	  no_options, cmd_completion, NULL },
	{ "explain", "[CODE]", "explain an error code", 0, 1, explain_options, cmd_explain, NULL },
	{ "version", "", "print versions", 0, 0, no_options, cmd_version, NULL },
	{ "help", "[COMMAND]", "show help", 0, 1, no_options, cmd_help, NULL },
	{ 0 },
};

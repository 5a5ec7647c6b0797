/* What dash and bash say stands in tests/oracle/shell; here is what they can't say. */
#include <criterion/criterion.h>

#include "base/limits.h"
#include "shell_fixture.h"

static struct shell_fixture f;

static void setup(void)
{
	shell_fixture_init(&f, "");
}

static void teardown(void)
{
	shell_fixture_release(&f);
}

TestSuite(shell, .init = setup, .fini = teardown, .timeout = 60);

static void expect_refusal(const char *script, const char *refusal)
{
	shell_fixture_run(&f, script);
	cr_expect_str_eq(buf_cstr(&f.refusals), refusal, "%s\n%s", script, buf_cstr(&f.refusals));
}

Test(shell, a_script_prints_and_ends_as_it_should)
{
	shell_prints("#!/bin/sh\nset -e\nx='a b'\nfor i in $x; do echo $i; done\n", "a\nb\n", 0);
	shell_prints("#!/bin/sh -e\nfalse\necho no\n", "", 1);
	shell_prints("#!/bin/bash\n[[ ab == a* ]] && echo yes\n", "yes\n", 0);
}

Test(shell, a_change_is_caused_by_the_line_of_the_maintainer_script)
{
	shell_fixture_run(&f, "#!/bin/sh\n\n: >/a\nf() {\n\techo b >/b\n}\n\nf\n");
	cr_expect_str_eq(shell_fixture_cause(&f, "/a"), "2 demo postinst:3");
	cr_expect_str_eq(shell_fixture_cause(&f, "/b"), "2 demo postinst:5");
	cr_expect_str_eq(shell_fixture_file(&f, "/b"), "b\n");
	cr_expect_str_eq(shell_fixture_attributes(&f, "/b"), "0644 0 0");
}

Test(shell, a_change_by_a_helper_is_caused_by_the_line_that_calls_it)
{
	shell_fixture_run(&f, "#!/bin/sh\nprintf '#!/bin/sh\\n\\n\\necho x >/made\\n' >/helper\n"
			      "chmod 755 /helper\n\n/helper\n");
	cr_expect_eq(f.status, 0);
	cr_expect_str_eq(shell_fixture_cause(&f, "/made"), "2 demo postinst:5");
}

Test(shell, a_trigger_is_a_cause_of_its_own)
{
	f.world.trigger = STR("/usr/share/fonts");
	shell_fixture_run(&f, "#!/bin/sh\n: >/a\n");
	cr_expect_str_eq(shell_fixture_cause(&f, "/a"), "3 demo /usr/share/fonts");
}

Test(shell, a_program_without_a_model_is_refused_with_its_place)
{
	shell_fixture_run(&f, "#!/bin/sh\nmkdir -p /usr/bin\nprintf 'ELF' >/usr/bin/perl\n"
			      "chmod 755 /usr/bin/perl\nperl -e 'x y'\necho $?\n");
	cr_expect_str_eq(buf_cstr(&f.refusals),
			 "command postinst:5 (5): perl -e x y: there is no model of this "
			 "program\n");
	cr_expect_str_eq(buf_cstr(&f.out), "0\n");
}

Test(shell, what_is_absent_is_not_found_and_no_refusal)
{
	shell_fixture_run(&f, "#!/bin/sh\nperl -e x\necho $?\ncommand -v perl || echo none\n");
	cr_expect_str_eq(buf_cstr(&f.refusals), "");
	cr_expect_str_eq(buf_cstr(&f.out), "127\nnone\n");
}

Test(shell, a_command_is_there_only_if_its_file_is)
{
	f.strict = true;
	shell_fixture_run(&f, "#!/bin/sh\nsed s/a/b/ </dev/null\necho $?\n");
	cr_expect_str_eq(buf_cstr(&f.out), "127\n");
}

Test(shell, what_network_a_machine_has_is_no_question_for_test)
{
	expect_refusal(
		"#!/bin/sh\nif [ -r /proc/net/route ]; then :; fi\n",
		"usage postinst:2 (2): [ -r /proc/net/route ]: what networks a machine has\n");
	expect_refusal("#!/bin/sh\n[ -d /sys/bus/usb/devices ] || exit 0\nexit 1\n", "");
}

static void add_user(void)
{
	shell_fixture_run(&f, "#!/bin/sh\nmkdir -p /etc /open /shut\nchmod 700 /shut\n"
			      "echo 'u:x:100:101::/:/bin/sh' >/etc/passwd\n"
			      "printf 'u:x:101:\\ng:x:102:u\\n' >/etc/group\n"
			      "mkdir /shut/in /open/g /open/mine\nchown 100:101 /open/mine\n"
			      "chown 0:102 /open/g\nchmod 710 /open/g\nmkdir /open/g/in\n");
	cr_assert_eq(f.status, 0);
}

Test(shell, another_user_sees_what_its_rights_show)
{
	add_user();
	shell_fixture_run(&f, "#!/bin/sh\nsu -s /bin/sh u -c 'test -O /open/mine &&\n"
			      "test -G /open/mine && id -u && whoami'\n"
			      "su u -c 'test -d /shut/in' || echo shut\n"
			      "su u -c 'test -d /open/g/in' && echo group\n"
			      "su u -c 'test -O /open' || echo other\n"
			      "test -O /open && echo root\nid -u\n");
	cr_expect_str_eq(buf_cstr(&f.out), "100\nu\nshut\ngroup\nother\nroot\n0\n");
	cr_expect_str_eq(buf_cstr(&f.refusals), "");
}

Test(shell, what_another_user_would_change_or_read_is_refused)
{
	static const char *const scripts[] = { "mkdir /open/mine/a",   "cat /etc/passwd",
					       "test -w /open",	       "echo $HOME",
					       "echo x >/open/mine/a", "echo /open/*" };

	add_user();
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		char text[200];

		snprintf(text, sizeof(text), "#!/bin/sh\nsu u -c '%s'\n", scripts[i]);
		buf_reset(&f.refusals);
		shell_fixture_run(&f, text);
		cr_expect(f.refusals.len != 0, "%s", scripts[i]);
	}
	cr_expect_null(tree_find(f.tree, STR("open/mine/a")));
}

Test(shell, a_refusal_may_stop_everything)
{
	f.stop = true;
	shell_fixture_run(&f, "#!/bin/bash\nbind a=b\necho no\n");
	cr_expect_eq(f.status, -1);
	cr_expect_str_eq(buf_cstr(&f.refusals), "usage postinst:2 (2): bind a=b: this builtin "
						"is not modelled\n");
}

Test(shell, a_refused_construct_ends_the_script_wherever_it_stands)
{
	expect_refusal("#!/bin/bash\nf() { x=$(echo $RANDOM); echo no; }\nf || echo no\n: >/no\n",
		       "construct postinst:2 (2): : $RANDOM\n");
	cr_expect_null(shell_fixture_file(&f, "/no"));
	expect_refusal("#!/bin/sh\nsleep 1 &\n", "construct postinst:2 (2): : a command in the "
						 "background\n");
	expect_refusal("#!/bin/bash\ncat <(echo a)\n",
		       "construct postinst:2 (2): : process substitution\n");
}

Test(shell, what_cannot_be_parsed_is_refused_with_its_line)
{
	expect_refusal("#!/bin/sh\n: >/no\nif true; then\necho\n",
		       "construct postinst:5 (5): : 'fi' expected\n");
	cr_expect_null(shell_fixture_file(&f, "/no"));
}

Test(shell, a_script_that_fails_is_reported_with_its_last_words)
{
	expect_refusal("#!/bin/sh\nset -e\necho sorry >&2\nexit 3\n",
		       "failed postinst:4 (4): : the script ends with status 3: sorry\n");
	cr_expect_eq(f.status, 3);
}

/* Says each line back, with its length in front. */
static int echo(struct shell_call *c, struct str line, struct buf *answers, struct error *err)
{
	(void)c;
	(void)err;
	buf_printf(answers, "%zu " STR_FMT "\n", line.len, STR_ARG(line));
	return 0;
}

Test(shell, what_a_script_prints_is_answered_on_its_input_in_order)
{
	f.listener = echo;
	shell_fixture_run(&f, "#!/bin/sh\necho early\nexec 3>&1 1>&2\necho unheard\n"
			      "ask() { echo \"$@\" >&3; read -r n line; echo \"$n<$line\"; }\n"
			      "ask one\nx=$(ask 'two  words'); echo \"$x\"\nread rest\n"
			      "echo \"$rest\"\nread none || echo end\nprintf last >&3\n");
	cr_expect_str_eq(buf_cstr(&f.messages), "unheard\n5<early\n3<one\n10 two  words\nend\n");
}

/* ---- what bash would decide by characters, and what nobody means ---- */

Test(shell, a_nul_character_is_refused)
{
	static const char script[] = "#!/bin/sh\nec\0ho\n";
	unsigned line = 0;
	const char *reason = "";

	cr_assert_eq(shell_parse_check((struct str){ script, sizeof(script) - 1 }, &line, &reason),
		     1);
	cr_expect_str_eq(reason, "a NUL character");
	expect_refusal("#!/bin/bash\nx=$'a\\0b'\n",
		       "construct postinst:2 (2): : a NUL character in $'...'\n");
}

Test(shell, characters_beyond_ascii_are_not_counted_in_bash)
{
	expect_refusal("#!/bin/bash\nx=\xc3\xbc\necho ${#x}\n",
		       "construct postinst:3 (3): : the length of a text that is not ASCII\n");
	expect_refusal("#!/bin/bash\ncase \xc3\xbc in ?) echo one ;; esac\n",
		       "construct postinst:2 (2): : a pattern and a text that is not ASCII\n");
	shell_prints("#!/bin/sh\nx=\xc3\xbc\necho ${#x}\n", "2\n", 0);
	shell_prints("#!/bin/bash\ncase a\xc3\xbc in a*) echo yes ;; esac\n", "yes\n", 0);
}

Test(shell, extended_patterns_are_refused_where_they_count)
{
	expect_refusal("#!/bin/bash\n[[ ab == @(ab|c) ]]\n",
		       "construct postinst:2 (2): : an extended pattern\n");
	shell_prints("#!/bin/bash\nx='+(a)b'\necho ${x#+(a)}\n", "b\n", 0);
}

Test(shell, a_caret_in_a_set_is_not_to_bash_and_find_and_itself_to_dash)
{
	shell_prints("#!/bin/bash\ncase b in [^a]) echo not ;; esac\n", "not\n", 0);
	shell_prints("#!/bin/sh\ncase b in [^a]) echo not ;; *) echo itself ;; esac\n", "itself\n",
		     0);
	shell_prints("#!/bin/sh\nmkdir /d\n: >/d/a\n: >/d/b\nfind /d -name '[^a]'\n", "/d\n/d/b\n", 0);
}

/* ---- limits: a refusal, never a crash and never a hang ---- */

static void expect_limit(const char *script)
{
	shell_fixture_run(&f, script);
	cr_expect_eq(strncmp(buf_cstr(&f.refusals), "limit ", 6), 0, "%s\n%s", script,
		     buf_cstr(&f.refusals));
}

Test(shell, a_loop_without_an_end_is_refused)
{
	expect_limit("#!/bin/sh\nwhile :; do :; done\n");
	expect_limit("#!/bin/sh\nwhile :; do while false; do :; done; done\n");
	expect_limit("#!/bin/bash\nfor ((;;)); do :; done\n");
}

Test(shell, work_that_grows_with_data_is_counted, .timeout = 120)
{
	static const char long_text[] = "x=aaaaaaaaaaaaaaaa\nfor i in 1 2 3 4 5 6 7 8 9 10 11 12 "
					"13 14 15 16; do x=$x$x; done\n";
	static const char *const rest[] = { "while :; do eval \": $x\"; done\n",
					    "while :; do echo x >>/f; done\n" };
	char script[512];

	for (size_t i = 0; i < sizeof(rest) / sizeof(*rest); i++) {
		snprintf(script, sizeof(script), "#!/bin/sh\n%s%s", long_text, rest[i]);
		expect_limit(script);
	}
}

Test(shell, recursion_without_an_end_is_refused)
{
	expect_limit("#!/bin/sh\nf() { f; }\nf\n");
	expect_limit("#!/bin/sh\nx='eval \"$x\"'\neval \"$x\"\n");
	expect_limit("#!/bin/sh\nf() { echo $(f); }\nf\n");
	expect_limit("#!/bin/sh\necho '. /s' >/s\n. /s\n");
	expect_limit("#!/bin/sh\nprintf '#!/bin/sh\\n/s\\n' >/s\nchmod 755 /s\n/s\n");
	expect_limit("#!/bin/bash\nx=x\necho $((x))\n");
}

Test(shell, a_text_that_grows_without_an_end_is_refused)
{
	expect_limit("#!/bin/sh\nx=aaaaaaaaaaaaaaaa\nwhile :; do x=$x$x; done\n");
	expect_limit("#!/bin/sh\nx=a\nwhile :; do x=\"$x$x$x$x\"; set -- $x; done\n");
	expect_limit("#!/bin/sh\nwhile :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done >/f\n");
}

Test(shell, text_that_nests_without_an_end_is_refused)
{
	static char script[40000];
	static const char *const openings[] = { "(", "{ ", "if ", "$(", "${x:-", "while ", "! { " };

	for (size_t k = 0; k < sizeof(openings) / sizeof(*openings); k++) {
		strcpy(script, "#!/bin/sh\necho ");
		if (openings[k][0] != '$')
			strcpy(script, "#!/bin/sh\n");
		for (size_t i = 0; i < 4000; i++)
			strcat(script, openings[k]);
		expect_refusal(script, "construct postinst:2 (2): : it nests too deeply\n");
	}
}

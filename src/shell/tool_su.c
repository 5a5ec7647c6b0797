/*
 * su and runuser: a command as another user. Such a command may ask (test, id), it
 * can't change anything here: struct world_identity.
 */
#include "shell/file_tool.h"
#include "shell/tool_files.h"
#include "shell/world_accounts.h"

struct su {
	struct str user, group, shell, text;
	bool has_text;
	size_t rest; /* argv[rest ...]: `runuser -u USER -- COMMAND`; or $0 ... of the text */
	bool direct; /* -u: no shell in between */
};

/* "-s VALUE", "--shell=VALUE", "--shell VALUE". */
static bool takes(struct shell_call *c, size_t *at, const char *letter, const char *name,
		  struct str *ret)
{
	struct str word = c->argv[*at];
	size_t len = strlen(name);

	if ((str_equal_cstr(word, letter) || str_equal_cstr(word, name)) && *at + 1 < c->argc) {
		*ret = c->argv[++*at];
		return true;
	}
	if (str_has_prefix(word, str_of(name)) && word.len > len && word.ptr[len] == '=') {
		*ret = (struct str){ word.ptr + len + 1, word.len - len - 1 };
		return true;
	}
	return false;
}

/* Options and the user's name in any order, as su takes them. 1: refused. */
static int parse(struct shell_call *c, struct su *s, int *ret_status, struct error *err)
{
	bool runuser = str_has_suffix(c->argv[0], STR("runuser"));
	size_t i = 1;

	for (; i < c->argc; i++) {
		struct str word = c->argv[i];

		if (str_equal_cstr(word, "--")) {
			i++;
			break;
		}
		if (takes(c, &i, "-s", "--shell", &s->shell) ||
		    takes(c, &i, "-g", "--group", &s->group))
			continue;
		if (takes(c, &i, "-c", "--command", &s->text)) {
			s->has_text = true;
			continue;
		}
		if (runuser && takes(c, &i, "-u", "--user", &s->user)) {
			s->direct = true;
			continue;
		}
		if (str_equal_cstr(word, "-m") || str_equal_cstr(word, "-p"))
			continue;
		if (word.len && word.ptr[0] == '-') {
			*ret_status = shell_refuse(c, err, "option " STR_FMT, STR_ARG(word));
			return *ret_status < 0 ? -1 : 1;
		}
		if (s->direct || s->user.len)
			break;
		s->user = word;
	}
	s->rest = i;
	return 0;
}

static bool is_plain_shell(struct str path)
{
	return str_equal_cstr(path, "/bin/sh") || str_equal_cstr(path, "/usr/bin/sh") ||
	       str_equal_cstr(path, "/bin/dash") || str_equal_cstr(path, "/usr/bin/dash");
}

static int run_as(struct shell_call *c, const struct su *s, const struct world_identity *who,
		  struct error *err)
{
	struct world *w = c->world;
	const struct world_identity *old = w->identity;
	int status;

	w->identity = who;
	if (s->direct)
		status =
			shell_spawn(c, c->argv + s->rest, c->argc - s->rest, NULL, NULL, NULL, err);
	else
		status = shell_spawn_text(c, s->text, c->argv + s->rest, c->argc - s->rest, err);
	w->identity = old;
	return status;
}

int tool_su(struct shell_call *c, struct error *err)
{
	struct su s = { .user = STR(""), .group = STR(""), .shell = STR(""), .text = STR("") };
	struct world_identity who = { .groups = NULL };
	struct str line, shell;
	uint32_t *groups = NULL;
	int status = 0, result = parse(c, &s, &status, err);

	if (result)
		return result < 0 ? -1 : status;
	if (c->world->identity || (s.direct ? s.has_text || s.rest >= c->argc : !s.has_text))
		return shell_refuse(c, err, "without a command, or as another user already");
	if (!s.user.len)
		s.user = STR("root");
	if (!world_user(c->shell, s.user, &who.uid, &who.gid) ||
	    !world_account_line(c->shell, "/etc/passwd", 0, s.user, &line))
		return shell_fail(c, 1,
				  STR_FMT ": user " STR_FMT " does not exist or the user "
					  "entry does not contain all the required fields\n",
				  STR_ARG(c->argv[0]), STR_ARG(s.user));
	shell = s.shell.len ? s.shell : world_account_field(line, 6);
	if (s.group.len)
		return shell_refuse(c, err, "option -g");
	if (!s.direct && !is_plain_shell(shell))
		return shell_refuse(c, err, "the shell " STR_FMT, STR_ARG(shell));
	/* Its variables (HOME, PAM's) matter to who asks for them only. */
	if (!s.direct && str_find_char(s.text, '$') < s.text.len)
		return shell_refuse(c, err, "variables of another user");
	who.n_groups = world_groups(c->shell, s.user, who.gid, &groups);
	who.groups = groups;
	return run_as(c, &s, who.uid ? &who : NULL, err);
}

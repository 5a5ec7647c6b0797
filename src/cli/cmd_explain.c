#include <stdio.h>

#include "cli/app.h"

int cmd_explain(struct app *app, int argc, char **argv, struct error *err);

static struct json *row_of(struct arena *a, const struct err_info *i)
{
	struct json *o = json_object(a);

	json_set(o, "code", json_text(a, arena_printf(a, "E%04u", (unsigned)i->code)));
	json_set(o, "exit_status", json_int(a, i->code / 100));
	json_set(o, "title", json_text(a, i->title));
	json_set(o, "text", json_text(a, i->text));
	return o;
}

static void print(const struct err_info *i)
{
	printf("E%04u  %s (exit status %d)\n\n%s\n", (unsigned)i->code, i->title,
	       (int)i->code / 100, i->text);
}

static void print_all(struct app *app)
{
	struct arena *a = &app->arena;
	struct json *top = json_object(a), *list = json_array(a);

	for (const struct err_info *i = err_table; i->code; i++) {
		if (!app->json)
			printf("E%04u  %s\n", (unsigned)i->code, i->title);
		json_add(list, row_of(a, i));
	}
	if (!app->json)
		return;
	json_set(top, "codes", list);
	app_print_json(app, "explain", top);
}

int cmd_explain(struct app *app, int argc, char **argv, struct error *err)
{
	const struct err_info *info = NULL;
	uint64_t number;
	struct str code;

	if (app_flag(app, "all") || argc == 0) {
		print_all(app);
		return 0;
	}
	code = str_of(argv[0]);
	if (code.len && (code.ptr[0] == 'E' || code.ptr[0] == 'e')) {
		code.ptr++;
		code.len--;
	}
	if (str_parse_u64(code, &number) && number < 100000)
		info = err_info_find((unsigned)number);
	if (!info) {
		(void)err_set(err, ERR_USAGE, "there is no error code '%s'", argv[0]);
		return err_hint(err, "'ingot explain --all' lists them");
	}
	if (app->json)
		app_print_json(app, "explain", row_of(&app->arena, info));
	else
		print(info);
	return 0;
}

/*
 * update-binfmts (binfmt-support 2.2.2): the formats of /usr/share/binfmts go to
 * /var/lib/binfmts. Where binfmt_misc is not mounted, as in a chroot, nothing is told to
 * the kernel.
 */
#include "debian/service_commands.h"

#define ADMIN_FOLDER "/var/lib/binfmts"
#define IMPORT_FOLDER "/usr/share/binfmts"

enum field {
	PACKAGE,
	TYPE,
	OFFSET,
	MAGIC,
	MASK,
	INTERPRETER,
	DETECTOR,
	CREDENTIALS,
	PRESERVE,
	FIX_BINARY,
	RECORD, /* so many lines has a record */
	EXTENSION = RECORD,
	FIELDS,
};

static const char *const keys[FIELDS] = {
	"package",  "type",	   "offset",   "magic",	     "mask",	  "interpreter",
	"detector", "credentials", "preserve", "fix_binary", "extension",
};

struct format {
	struct str field[FIELDS];
	bool has[FIELDS], any;
};

static struct str in_small(struct arena *arena, struct str key)
{
	char *small = arena_strdup(arena, key);

	for (char *p = small; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return str_of(small);
}

/* "key value": all behind the first blank but blanks at the end. */
static void take_line(struct arena *arena, struct format *f, struct str line)
{
	size_t blank;

	while (line.len && strchr(" \t\n\v\f\r", line.ptr[line.len - 1]))
		line.len--;
	blank = str_find_char(line, ' ');
	f->any = true;
	for (size_t i = 0; i < FIELDS; i++) {
		if (!str_equal_cstr(in_small(arena, (struct str){ line.ptr, blank }), keys[i]))
			continue;
		f->has[i] = true;
		f->field[i] = blank < line.len
				      ? (struct str){ line.ptr + blank + 1, line.len - blank - 1 }
				      : STR("");
	}
}

/* Fills in what the file leaves to the program. False: it says nothing of use. */
static bool complete(struct format *f)
{
	if (!f->has[PACKAGE] || f->has[TYPE] || f->has[MAGIC] == f->has[EXTENSION])
		return false;
	f->field[TYPE] = f->has[MAGIC] ? STR("magic") : STR("extension");
	if (f->has[EXTENSION]) {
		if (f->has[MASK] || f->has[OFFSET])
			return false;
		f->field[MAGIC] = f->field[EXTENSION];
	}
	if (!f->field[OFFSET].len)
		f->field[OFFSET] = STR("0");
	return true;
}

static int write_record(struct shell_call *c, const struct tree_files *f, struct str name,
			const struct format *format, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(FILES_READ_MAX);
	char *path = arena_printf(f->arena, ADMIN_FOLDER "/" STR_FMT, STR_ARG(name));
	struct str old, package;
	int r = files_read(f, str_of(path), &old, err);

	if (r < 0)
		return -1;
	/* Only the package that has made a record may replace it; else it is left, silently. */
	if (!r && str_split(&old, '\n', &package) &&
	    !str_equal(str_trim(package), format->field[PACKAGE]))
		return 0;
	for (size_t i = 0; i < RECORD; i++) {
		buf_add_str(&text, format->field[i]);
		buf_add_char(&text, '\n');
	}
	if (!files_write(f, str_of(path), arena_str(f->arena, buf_str(&text)), 0644))
		return shell_refuse(c, err, "%s is no folder", ADMIN_FOLDER);
	return 0;
}

static int import_one(struct shell_call *c, const struct tree_files *f, struct str name,
		      struct error *err)
{
	char *path = arena_printf(f->arena, IMPORT_FOLDER "/" STR_FMT, STR_ARG(name));
	struct format format = { .any = false };
	struct str text, line;
	int r = files_read(f, str_of(path), &text, err);

	if (r < 0)
		return -1;
	for (size_t i = 0; i < FIELDS; i++)
		format.field[i] = STR("");
	while (!r && text.len && str_split(&text, '\n', &line))
		take_line(f->arena, &format, line);
	if (!format.any || !format.has[PACKAGE]) {
		buf_printf(c->err,
			   "update-binfmts: warning: couldn't find information about '" STR_FMT
			   "' to import\n",
			   STR_ARG(name));
		return 2;
	}
	if (!complete(&format))
		return shell_refuse(c, err, "a format that %s says otherwise", path);
	return write_record(c, f, name, &format, err);
}

static int import_all(struct shell_call *c, const struct tree_files *f, struct error *err)
{
	struct node *folder = files_find(f, STR(IMPORT_FOLDER), true);
	struct node *const *children;
	int status = 0;
	size_t n;

	if (!folder || folder->inode->kind != NODE_DIRECTORY)
		return 2;
	n = tree_children(folder, &children);
	for (size_t i = 0; i < n; i++) {
		int r = 0;

		if (children[i]->inode->kind == NODE_FILE)
			r = import_one(c, f, children[i]->name, err);
		if (r < 0)
			return -1;
		status = status ? status : r;
	}
	return status;
}

/* update-binfmts [--package P] --import [NAME]; the package stands in the file. */
int command_update_binfmts(struct shell_call *c, struct error *err)
{
	struct tree_files f = service_files(c);
	struct str name = STR("");
	bool import = false;

	for (size_t i = 1; i < c->argc; i++) {
		struct str a = c->argv[i];

		if (str_equal_cstr(a, "--import"))
			import = true;
		else if (str_equal_cstr(a, "--package") && i + 1 < c->argc)
			i++;
		else if (import && !name.len && a.len && *a.ptr != '-')
			name = a;
		else
			return shell_refuse(c, err, "only --import [NAME] is modelled");
	}
	if (!import || str_find_char(name, '/') < name.len)
		return shell_refuse(c, err, "only --import [NAME] is modelled");
	return name.len ? import_one(c, &f, name, err) : import_all(c, &f, err);
}

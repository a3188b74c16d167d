#include "cli/own_command.h"

#include "base/path.h"
#include "know/command_file.h"

#include <stdlib.h>
#include <string.h>

/* The word after the slash; caller frees. */
static char *
command_name(const char *line)
{
	line += strspn(line, " \t\r\n");
	return *line == '/' ? xstrndup(line + 1, strcspn(line + 1, " \t\r\n")) :
			      NULL;
}

bool
own_command_may_be(const char *line)
{
	AUTO_FREE char *name = command_name(line);
	struct err err = ERR_INIT;

	return !str_empty(name) && !cli_find(name, false, NULL) &&
	       (!cli_find(name, true, &err) || strchr(name, ':'));
}

static bool
is_blank(const char *s)
{
	return !s[strspn(s, " \t\r\n")];
}

/* False without err: no such file. */
static bool
read_task(const char *name, const char *args, const char *project,
	  struct buf *out, struct err *err)
{
	AUTO(paths) paths = { 0 };
	AUTO(command_files) files = { 0 };
	AUTO(buf) body = BUF_INIT;
	const struct command_file *f;

	if (!paths_find(&paths, err))
		return false;
	command_files_list(&paths, project, &files);
	f = command_files_find(&files, name, err);
	if (!f || !command_file_read(f, &body, err))
		return false;
	own_command_text(buf_str(&body),
			 (const char *const *)f->arguments.items, args, out);
	return !is_blank(buf_str(out)) ||
	       FAIL(err, ERR_DATA, "%s has no text", f->path);
}

bool
own_command_find(const char *line, const char *project, struct slash *ret,
		 struct err *err)
{
	AUTO_FREE char *name = command_name(line);
	AUTO_FREE char *args = NULL;
	AUTO(buf) task = BUF_INIT;

	if (!name || !own_command_may_be(line))
		return false;
	args = xstrdup(strchr(line, '/') + 1 + strlen(name));
	return read_task(name, str_trim(args), project, &task, err) &&
	       slash_task(buf_str(&task), ret, err);
}

bool
own_command_parse(const char *line, const char *project, struct slash *ret,
		  struct err *err)
{
	struct err why = ERR_INIT;

	if (own_command_find(line, project, ret, &why))
		return true;
	if (why.code == ERR_NONE)
		return slash_parse(line, ret, err);
	*err = why;
	return false;
}

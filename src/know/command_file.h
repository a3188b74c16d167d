/*
 * command_file.h - commands as files: what a model is told for a command of
 * the program, and commands of one's own.
 *
 * The program's own lie in path_shipped("commands"), NAME.md for each of the
 * eight that take work through models or tell a model what it can ask a
 * person to type. The front matter has `description` and `argument-hint`, the
 * body is what a model is told; it is read when it is needed.
 *
 * A command of one's own is a task with a name: /weekly 2026-11 runs the body
 * of weekly.md, with its arguments put in (cli/own_command.h). Places, the
 * first with a name counts:
 *
 *	<config>/commands/NAME.md        the user's
 *	PROJECT/.agentops/commands       the project's
 *
 * A folder in it is a namespace: ci/build.md is ci:build, and build where
 * that is the only one. Front matter is optional; one that cannot be read
 * leaves the body. Links are not followed. What a project's file says is a
 * task and nothing else: it chooses no option. Blocks on the disk.
 */
#ifndef AGENTOPS_KNOW_COMMAND_FILE_H
#define AGENTOPS_KNOW_COMMAND_FILE_H

#include "base/path.h"
#include "base/str.h"

enum {
	COMMAND_FILE_LIMIT = 64 << 10, /* bytes */
	COMMAND_FILES_MAX = 500,
	COMMAND_DEPTH_MAX = 3, /* folders */
};

struct command_file {
	char *name;            /* with its namespace */
	char *description;     /* one line, "" when it says none */
	char *hint;            /* of its arguments, or "" */
	struct strv arguments; /* their names, for $name */
	char *path;
	bool project;
};

struct command_files {
	struct command_file *items; /* by name */
	size_t count, cap;
};

void command_files_release(struct command_files *f);
/* One's own. project may be NULL. */
void command_files_list(const struct paths *paths, const char *project,
			struct command_files *ret);
/* By its whole name, or by the part after the namespace when only one has it;
 * NULL when there is none, or with err (ERR_USAGE) several. */
const struct command_file *command_files_find(const struct command_files *f,
					      const char *name,
					      struct err *err);
/* The text below the front matter. */
bool command_file_read(const struct command_file *f, struct buf *out,
		       struct err *err);

/* What a model is told for a command of the program. */
bool command_told(const char *name, struct buf *out, struct err *err);

#endif

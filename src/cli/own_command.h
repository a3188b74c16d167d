/*
 * own_command.h - a command of one's own (know/command_file.h): typed with
 * arguments, it becomes the task that its file describes.
 *
 * In the file:
 *
 *	$ARGUMENTS       all arguments, as typed
 *	$ARGUMENTS[N]    one of them; quotes as in a shell; from 0
 *	$N               the same; $1 is the first unless the file has $0 or
 *	                 $ARGUMENTS[: then $0 is. As it stands in a block of
 *	                 code (```), where it is mostly a shell's own, and where
 *	                 there is no such argument
 *	$name            by the names of `arguments:`
 *	\$               a dollar sign
 *
 * A file that uses none of them gets "ARGUMENTS: ..." as its last paragraph.
 * What was put in is not looked at again. Nothing is run or included.
 */
#ifndef AGENTOPS_CLI_OWN_COMMAND_H
#define AGENTOPS_CLI_OWN_COMMAND_H

#include "base/buf.h"
#include "cli/slash.h"

/* names: NULL-terminated, or NULL. */
void own_command_text(const char *body, const char *const *names,
		      const char *args, struct buf *out);

/* Whether the line names no command of the program, so that it may name one's
 * own: "/weekly 2026". */
bool own_command_may_be(const char *line);

/*
 * The line names a command of one's own: ret is /orchestrate with its task.
 * project: the folder that may have commands. False without an error when
 * there is none of the name. Blocks on the disk.
 */
bool own_command_find(const char *line, const char *project, struct slash *ret,
		      struct err *err);

/*
 * slash_parse, but the line may name a command of one's own, as above.
 */
bool own_command_parse(const char *line, const char *project, struct slash *ret,
		       struct err *err);

#endif

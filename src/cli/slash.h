/*
 * slash.h - one line typed in a prompt: parsed into a command of the one
 * table (commands.def) with its options and arguments, and completed while
 * it is typed.
 *
 *	/orchestrate "task" --plan-only [prefer: a, b]
 *	/orch task without quotes         the rest of the line is the task
 *	any text                          the same as /orchestrate
 *
 * Quoting is as in a shell (cli/slash_words.h). A command may be named by
 * its other names and by a prefix that begins no other one.
 *
 *	struct slash s;
 *	if (!slash_parse(line, &s, &err))
 *		show(err.msg);
 *	else if (slash_task_arg(&s) >= 0)
 *		request_make(&s.cli, slash_task_arg(&s), &request, &err) ...
 *	slash_release(&s);
 */
#ifndef AGENTOPS_CLI_SLASH_H
#define AGENTOPS_CLI_SLASH_H

#include "base/str.h"
#include "cli/cli.h"

struct slash {
	struct cli cli;     /* as if from a command line */
	struct strv words;  /* what cli borrows */
};

/* On failure there is nothing to release. */
bool slash_parse(const char *line, struct slash *ret, struct err *err);
/* Text as the task of /orchestrate, whatever it begins with. */
bool slash_task(const char *text, struct slash *ret, struct err *err);
void slash_release(struct slash *s);
/* Which argument is the task, for request_make; -1 when the command takes
 * none. */
int slash_task_arg(const struct slash *s);

/* What can stand at the cursor. */
enum slash_kind {
	SLASH_NOTHING,
	/* items has them: */
	SLASH_COMMANDS,
	SLASH_OPTIONS, /* of the command */
	SLASH_WORDS,   /* all there are: levels, stages, decisions, ... */
	/* The caller has them; items is empty: */
	SLASH_RUN,     /* run ids */
	SLASH_GATE,    /* gates that are open: RUN.N */
	SLASH_PATTERN, /* pattern ids */
	SLASH_ACTION,  /* names of the app's actions */
	SLASH_TEMPLATE, /* names of templates */
	SLASH_FILE,
	SLASH_FOLDER,
	SLASH_INPUT,   /* name=value of a workflow's input */
	SLASH_TEXT,    /* anything: a task, a number, words to search for */
};

struct slash_candidate {
	char *text;       /* to stand in the line, quoted when need be */
	const char *help; /* one line, "" when there is none */
};

struct slash_completion {
	enum slash_kind kind;
	size_t start, end; /* bytes of the line that a candidate replaces */
	char *prefix;      /* what stands there, without quotes */
	const char *value; /* the table's word for it ("RUN", "N"), or "" */
	struct slash_candidate *items;
	size_t count, cap;
};

/* cursor: bytes of line before it. */
void slash_complete(const char *line, size_t cursor,
		    struct slash_completion *ret);
void slash_completion_release(struct slash_completion *c);

#endif

/*
 * prompt.h - the prompt line: a task or a slash command, with history,
 * completion and search.
 *
 *	> /replay-pattern tab_                  completions above the line
 *	search "csv": Review the table in a.csv Ctrl-R
 *
 * A paste of several lines is one input: Enter alone sends it.
 */
#ifndef AGENTOPS_UI_PROMPT_H
#define AGENTOPS_UI_PROMPT_H

#include "ui/app.h"

struct prompt {
	struct edit edit;
	int64_t history_at;     /* index into app->history; -1: the draft */
	char *draft;            /* what was typed before going back */
	bool searching;
	struct edit search;
	struct strv candidates; /* completions of the word at the cursor */
	struct strv helps;      /* what each is; "" when there is no more */
	int candidate;          /* chosen one, -1 none */
	size_t word_at;         /* byte where that word begins */
	int64_t ticket;         /* of a completion under way */
};

void prompt_init(struct prompt *p);
void prompt_release(struct prompt *p);
/* line instead of what was typed, the cursor behind it. */
void prompt_set(struct prompt *p, const char *line);
/* True when consumed. PROMPT_LEAVE is the caller's. */
bool prompt_action(struct prompt *p, struct app *a, enum action act);
bool prompt_input(struct prompt *p, struct app *a, const struct input *in);
void prompt_message(struct prompt *p, struct app *a, struct msg *m);
/* Rows it takes at this width, candidates included. */
int prompt_rows(const struct prompt *p, const struct app *a, int columns);
void prompt_view(const struct prompt *p, const struct app *a,
		 struct frame *f, struct rect r, bool focused);

#endif

/*
 * msg.h - what comes into the app (messages), and what it asks for
 * (asks; "effect" is a word of the run machine).
 *
 * app_update(app, msg) is the only way the app changes. It does no I/O; what
 * must be done outside it goes onto app->asks, and ui/client.c carries
 * that out and answers with messages. A message's payload marked "taken" is
 * the app's from then on: the app moves it out and leaves the source empty.
 */
#ifndef AGENTOPS_UI_MSG_H
#define AGENTOPS_UI_MSG_H

#include "run/fork.h"
#include "ui/data.h"
#include "ui/input.h"
#include "ui/table.h"
#include "value/report.h"

enum msg_kind {
	MSG_INPUT,     /* in */
	MSG_RESIZE,    /* width, height */
	MSG_CAPS,      /* the terminal's abilities changed */
	MSG_TICK,      /* a second went by; only while something runs */
	MSG_RUNS,      /* runs: taken */
	MSG_GATES,     /* gates: taken */
	MSG_RUN,       /* run opened, or NULL closed; state, run_dir, own,
			  context_tokens */
	MSG_STATE,     /* the open run's state changed (after its events) */
	MSG_ARRIVING,  /* arriving: what an agent of the open run says now */
	MSG_FEED,      /* feed: taken; which, where (see enum feed_at) */
	MSG_PATTERNS,  /* patterns: taken; answers query */
	MSG_PATTERN,   /* pattern id, text: its file; executions: taken */
	MSG_DOCUMENT,  /* text of a file or of a command's output: taken */
	MSG_TABLE,     /* table of a data file: taken */
	MSG_EDITED,    /* run, number: the gate; text as it came back from the
			  editor; error with words when it does not load */
	MSG_CHECKED,   /* err: what is wrong with a workflow text; "" fine */
	MSG_NOTE,      /* text: shown in the status line; error or not */
	MSG_STARTED,   /* run: this run was made or resumed here */
	MSG_VALUE,     /* report: taken, or NULL with words: why not; ticket */
	MSG_POINTS,    /* points where a run can be forked: taken */
	MSG_TEMPLATES, /* templates: taken; words: the folder we are in */
	MSG_PREPARED,  /* text: what will be written, taken; id: the pattern;
			  number: 1 when files are replaced, 2 in a conflict;
			  error with words and id, the field, when it cannot
			  be */
	MSG_DEPLOYED,  /* id: the pattern; run: the folder; number: files;
			  took_us; error with words when nothing was written */
	MSG_FILES,     /* names for a completion or file picker: taken; whole
			  paths as they would be typed, folders end in "/";
			  or /NAME of commands */
};

enum feed_kind { FEED_ACTIVITY, FEED_LOG };
enum feed_at { FEED_TAIL, FEED_OLDER, FEED_NEWER, FEED_FRESH };

struct msg {
	enum msg_kind kind;
	const struct input *in;
	int width, height;
	struct run_rows *runs;
	struct gate_items *gates;
	const char *run;                /* id */
	struct run_state *state;        /* borrows; until the next MSG_RUN */
	const char *run_dir;
	int64_t context_tokens;         /* of the run's model; 0: not known */
	bool own, error;
	const struct engine_text *arriving;
	struct feed_lines *feed;
	enum feed_kind which;
	enum feed_at where;
	bool at_end;                    /* a feed: nothing is newer */
	struct library_rows *patterns;
	const char *id;
	struct buf *text;
	struct library_executions *executions;
	struct table *table;
	struct strv *names;
	struct fork_points *points;
	struct report *report;
	struct template_rows *templates;
	int64_t number, took_us;
	const char *words;
	int64_t ticket;                 /* of the ask it answers */
	int64_t now_us;                 /* wall clock, in every message */
};

enum ask_kind {
	ASK_QUIT,        /* flag: at once (what runs was parked) */
	ASK_SUSPEND,
	ASK_REDRAW,
	ASK_BELL,
	ASK_NOTIFY,     /* text, more: title and words */
	ASK_OPEN_RUN,   /* run; NULL: none */
	ASK_START,      /* text: task; values: run options (JSON) */
	ASK_RESUME,     /* run */
	ASK_PARK,       /* run of this process */
	ASK_POINTS,     /* run; becomes MSG_POINTS; ticket */
	ASK_FORK,       /* run, number: seq; the fork is opened and gone on
			      with */
	ASK_ABORT,      /* run, text: reason */
	ASK_DECIDE,     /* run, number, decision, text: comment, values */
	ASK_ORDER,      /* run; text: an agent of it; number: enum order_kind;
			   more: words or NULL; values: id of a call or NULL */
	ASK_FEED,       /* run, which, where, number: seq to go from */
	ASK_PATTERNS,   /* text: query; more: stage or NULL; number: enum
			      library_order; ticket */
	ASK_PATTERN,    /* text: id */
	ASK_READ,       /* text: path; becomes MSG_DOCUMENT or MSG_TABLE */
	ASK_EDIT,       /* text: path to edit in place, or NULL: values is
			      the text to edit; ticket */
	ASK_CHECK,      /* values: workflow text; ticket */
	ASK_COMMAND,    /* values: JSON array of arguments of agentops;
			      output becomes MSG_DOCUMENT; ticket */
	ASK_VALUE,      /* values: the words of a value_filter, by the names
			      of the options; becomes MSG_VALUE; ticket */
	ASK_EXTERNAL,   /* text: path */
	ASK_COPY,       /* text */
	ASK_FILES,      /* text: what was typed of a path; ticket */
	ASK_COMMANDS,   /* text: what was typed of a command of one's own;
			   becomes MSG_FILES; ticket */
	ASK_DRAFT,      /* text: a form's key; values: what was typed there,
			   to be kept, or NULL: forget it */
	ASK_TEMPLATES,  /* becomes MSG_TEMPLATES; ticket */
	ASK_PREPARE,    /* run: the template's folder; more: where to; values:
			   answers (JSON); becomes MSG_PREPARED; ticket */
	ASK_DEPLOY,     /* what was prepared last; becomes MSG_DEPLOYED;
			   ticket */
	ASK_HISTORY,    /* text: a line typed in the prompt, to be kept */
};

/* Texts are owned by the ask. */
struct ask {
	enum ask_kind kind;
	char *run, *text, *more, *values;
	int64_t number, ticket;
	enum decision decision;
	enum feed_kind which;
	enum feed_at where;
	bool flag;
	int tries;         /* how often it was put off already */
};

struct asks {
	struct ask *items;
	size_t count, cap;
};

void asks_release(struct asks *e);

#endif

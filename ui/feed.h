/*
 * feed.h - a window on the lines that a run's events say: the Activity and
 * the Log tab.
 *
 * A run may have a million lines, so only those around what is shown are in
 * memory: lines of consecutive events, oldest first, at most FEED_MAX. When
 * the list comes near an end of the window, feed_want says what to ask the
 * client for; the answer (MSG_FEED) joins the window and the other end is
 * let go. While the list follows, new lines push old ones out.
 *
 * With a filter an answer may have no line: the events it covers are known,
 * and the next ones are asked for until the pane is full or the journal at
 * its end, one answer in a turn of the loop.
 */
#ifndef AGENTOPS_UI_FEED_H
#define AGENTOPS_UI_FEED_H

#include "ui/list.h"
#include "ui/msg.h"

enum { FEED_MAX = 2000, FEED_EVENTS = 200 };

struct feed {
	struct feed_lines lines;
	struct list list;    /* over lines */
	bool at_start;       /* lines begin with the run's first event */
	bool at_end;         /* ... and end with its newest */
	bool asked;          /* an answer is on its way */
	bool fresh;          /* the window is to be read anew */
	int columns;         /* width that its lines are broken at */
	char *filter;        /* only lines of events that hold it; or NULL */
};

void feed_init(struct feed *f);
void feed_release(struct feed *f);
/* Takes the lines of a MSG_FEED; what does not join the window is dropped:
 * false. */
bool feed_take(struct feed *f, struct msg *m);
/* Another filter, or none; read anew, from the end. */
void feed_filter(struct feed *f, const char *text);
/* What to ask for now: true with where, and the seq to go from: the first
 * event not in the window; for FEED_FRESH 1 is the run's beginning, 0 its
 * end. Marks it as asked. */
bool feed_want(struct feed *f, enum feed_at *ret_where, int64_t *ret_seq);
/* To the run's beginning or end, wherever that is: the window is dropped
 * when it does not reach there. */
void feed_jump(struct feed *f, bool to_end);

#endif

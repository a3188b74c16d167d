/*
 * data.h - what the screen shows of runs, gates and patterns: plain rows,
 * read from the journal and the library by ui/client.c and handed to the
 * app in messages. Everything here owns its strings.
 */
#ifndef AGENTOPS_UI_DATA_H
#define AGENTOPS_UI_DATA_H

#include "cli/tell.h"
#include "flow/template.h"
#include "know/library.h"
#include "run/state.h"

struct run_row {
	char *id, *task, *workspace, *pattern, *status, *phase, *risk;
	char *note;            /* what it waits for, or how it ended; or NULL */
	int64_t cost_microusd; /* of models */
	int64_t iteration, limit, open_gates, created_us, updated_us;
	bool owned;  /* some process carries it on */
	bool own;    /* this one does */
};

struct run_rows {
	struct run_row *items; /* newest first */
	size_t count, cap;
	bool more;             /* there are older ones that were not read */
};

void run_rows_release(struct run_rows *r);

struct gate_item {
	char *run, *step, *title, *shown, *task;
	enum gate_kind kind;
	enum risk risk;
	int64_t number, opened_us;
};

struct gate_items {
	struct gate_item *items; /* oldest first */
	size_t count, cap;
};

void gate_items_release(struct gate_items *g);

/* One line of the Activity or Log tab, with the event it is from. */
struct feed_line {
	int64_t seq, ts_us;
	enum tell_kind kind;
	int hang;            /* where further lines of it begin */
	char *text;
};

/* Lines of consecutive events, oldest first. */
struct feed_lines {
	struct feed_line *items;
	size_t count, cap;
	int64_t first_seq, last_seq; /* events they cover, also silent ones */
};

void feed_lines_release(struct feed_lines *f);

/* A template to deploy, or what is wrong with its folder. */
struct template_row {
	char *name, *problem;
	struct template *t; /* NULL: problem says why; owned */
};

struct template_rows {
	struct template_row *items; /* by name */
	size_t count, cap;
};

void template_rows_release(struct template_rows *r);

#endif

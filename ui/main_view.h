/*
 * main_view.h - the main screen, shared by its parts.
 *
 *	+ title line ------------------------------------------------+
 *	| progress | tab: Activity Plan Artifacts Agents Log          |
 *	|          |   lines; below them the newest picture           |
 *	+ gate bar (only when a gate is open) ------------------------+
 *	| note, or the keys that work                                 |
 *	| > prompt                                                    |
 *
 * Below APP_WIDE columns the progress pane is one line.
 */
#ifndef AGENTOPS_UI_MAIN_VIEW_H
#define AGENTOPS_UI_MAIN_VIEW_H

#include "ui/prompt.h"
#include "ui/row_filter.h"

enum main_tab {
	TAB_ACTIVITY, TAB_PLAN, TAB_ARTIFACTS, TAB_AGENTS, TAB_LOG, TAB_COUNT
};
enum main_pane { PANE_TAB, PANE_PROGRESS, PANE_PROMPT, PANE_COUNT };

/* Lines of a pane made from the run's state: one style a part. */
struct pane_line {
	char *text;
	enum role role;
	int indent;
	char note[24];      /* at the right edge */
};

struct pane_lines {
	struct pane_line *items;
	size_t count, cap;
};

void pane_lines_release(struct pane_lines *l);
struct pane_line *pane_add(struct pane_lines *l, enum role role, int indent,
			   const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

struct main_layer {
	struct layer base;
	enum main_tab tab;
	enum main_pane focus;
	bool zoomed;
	struct prompt prompt;
	struct list progress, plan, artifacts, agents, home;
	struct row_filter filter; /* of all tabs; of home, when no run is open */
	struct pane_lines plan_lines;
	int64_t plan_seq;        /* of the state that plan_lines are of */
	int plan_columns;        /* that they are broken at */
	const struct run_state *plan_of;
	int picture;             /* which picture shows, from the newest */
	int gate_shown;          /* number of the gate told about */
	enum main_tab tab_of_gate, tab_before; /* of it, and the one before */
	int gate_answered;       /* ... and answered here, */
	int64_t answered_us;     /* then */
	struct rect tab_at, progress_at, gate_at, prompt_at, tabs_at;
	int tab_x[TAB_COUNT];    /* columns where their names begin */
};

/* ui/main_title.c: the line at the top. */
void title_view(const struct app *a, struct frame *f, struct rect r);
/* "812", "9.4k", "200k", "1.2M": rounded down. Appends. */
void title_tokens(struct buf *out, int64_t n);
/* Some process carries the open run on. */
bool main_goes_on(const struct app *a);
/* ui/main_filter.c: what the tabs show of what they have. The text changed:
 * feeds are read anew. */
void main_filter_changed(struct main_layer *m, struct app *a);
/* Another run: no filter. */
void main_filter_end(struct main_layer *m, struct app *a);
/* Chooses the rows of the list that shows (artifacts, newest first; agents;
 * runs). */
void main_filter_choose(struct main_layer *m, const struct app *a);
/* What the at-th row of that list is: an index into state->artifacts,
 * state->agents or runs; -1. */
int main_filter_row(struct main_layer *m, const struct app *a, int64_t at);
/* Takes the lines out that do not hold the text. */
void main_filter_lines(const struct main_layer *m, struct pane_lines *l);
/* A line cut off at the bottom, when there is a filter. */
void main_filter_view(const struct main_layer *m, const struct app *a,
		      struct frame *f, struct rect *r);
/* ui/progress.c: phases, workers and steps as lines. */
void progress_lines(const struct app *a, const struct frame *f,
		    struct pane_lines *out);
/* The same in one line; caller frees. */
char *progress_strip(const struct app *a, const struct frame *f);
/* ui/plan_tab.c */
void plan_lines(const struct run_state *s, int columns,
		struct pane_lines *out);
/* ui/artifacts_tab.c: index of the n-th newest picture that is of its item's last attempt, or
 * -1. */
int artifacts_picture(const struct run_state *s, int n);
void artifacts_view(struct main_layer *m, const struct app *a,
		    struct frame *f, struct rect r);
/* A picture with its title, checks and key numbers as text beside or below
 * it. */
void picture_panel(const struct app *a, struct frame *f, struct rect r,
		   size_t index);
void picture_panel_at(const struct app *a, struct frame *f, struct rect r,
		      size_t index, double zoom, double pan_x, double pan_y);
/* ui/agents_tab.c: agents as rows, and the chosen one's conversation. */
void agents_view(struct main_layer *m, const struct app *a, struct frame *f,
		 struct rect r);
void agents_open(struct main_layer *m, struct app *a);
/* Speaks to the chosen one, pauses it, takes a call back. */
bool agents_action(struct main_layer *m, struct app *a, enum action act);
/* The row of an agent holds the text. */
bool agents_hold(const struct row_filter *filter, const struct run_state *s,
		 const struct agent_state *g);
/* "MODEL $0.0042 of $1.0000", "" without agents; caller frees. */
char *agents_spend(const struct run_state *s);
/* ui/gate_bar.c */
int gate_bar_rows(const struct app *a);
void gate_bar_view(const struct app *a, struct frame *f, struct rect r);
/* ui/gate_act.c: ACTION_GATE_*; false when it is not for this gate. */
bool gate_action(struct app *a, enum action act);
/* What came back from the editor of a plan (MSG_EDITED). */
void gate_edited(struct app *a, const struct msg *m);
/* Everything about the open gate as a text. */
void gate_details(struct app *a);
/* This gate of the open run is answered here: its end needs no note. */
void main_answered(struct app *a, int gate);
/* A key pressed twice in a hurry was meant for the gate before this one:
 * says so, and is not an answer to one that nobody has looked at. */
bool main_too_soon(struct app *a, int gate);
/* Asks, then ends a run. */
void main_ask_abort(struct app *a, const char *run);
/* ui/home.c: what shows when no run is open; and a run as one line. */
const char *run_row_word(const struct run_row *r);
void run_row_view(const struct app *a, struct frame *f, struct rect r,
		  const struct run_row *row);
void home_view(struct main_layer *m, const struct app *a, struct frame *f,
	       struct rect r);

#endif

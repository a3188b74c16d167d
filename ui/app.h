/*
 * app.h - the full-screen app: model, update, view (the Elm way).
 *
 *	app_update(app, msg)   changes the model, may push asks; no I/O
 *	app_view(app, frame)   draws; depends on the model alone
 *
 * ui/client.c owns the loop, the engine and the journal, turns what happens
 * into messages and carries asks out; ui/term.h is the terminal. So tests
 * feed messages and compare frames, with a clock of their own (now_us of
 * the messages).
 *
 * The app owns no state of a run: `state` is folded from the journal by the
 * client, `runs` and `gates` are rows of it.
 */
#ifndef AGENTOPS_UI_APP_H
#define AGENTOPS_UI_APP_H

#include "ui/arriving.h"
#include "ui/edit.h"
#include "ui/feed.h"
#include "ui/layer.h"
#include "ui/list.h"
#include "ui/term.h"
#include "ui/theme.h"

enum { APP_MIN_WIDTH = 80, APP_MIN_HEIGHT = 24, APP_WIDE = 100 };

struct value_filter;

/* What was typed in forms that were left: ui/form.c. */
struct form_draft {
	char *key, *values; /* JSON */
};
struct form_drafts {
	struct form_draft *items;
	size_t count, cap;
};

void form_drafts_release(struct form_drafts *d);

struct app {
	int width, height;
	int64_t now_us;
	const struct theme *theme;     /* all borrowed */
	const struct keymap *keys;
	const struct term_caps *caps;
	struct layer *top;             /* never NULL: the main screen */
	struct asks asks;
	int64_t last_ticket;

	/* What is known. */
	struct run_rows runs;
	struct gate_items gates;
	struct run_state *state;       /* the open run, or NULL; borrows */
	char *run_dir;                 /* of it */
	int64_t context_tokens;        /* of its model; 0: not known */
	bool own;                      /* this process carries it on */
	struct arrivings arriving;     /* what its agents say now */
	struct feed feeds[2];          /* enum feed_kind */

	/* The status line's note. */
	char *note;
	bool note_error;

	/* The prompt. */
	struct strv history;           /* oldest first */
	struct form_drafts drafts;
	bool leaving;                  /* as soon as nothing is live */
};

/* theme, keys and caps must outlive it. */
struct app *app_new(const struct theme *t, const struct keymap *k,
		    const struct term_caps *caps);
void app_free(struct app *a);
DEFINE_AUTO_PTR(app);

void app_update(struct app *a, struct msg *m);
/* f has the size of the last MSG_RESIZE. Not const: lists are fitted to the
 * rows there are. */
void app_view(struct app *a, struct frame *f);

/* --- for layers -------------------------------------------------------- */

/* Takes the layer. */
void app_push(struct app *a, struct layer *l);
/* Takes the top layer away and frees it; the main screen stays. */
void app_pop(struct app *a);
/* The top layer of this class, or NULL. */
struct layer *app_layer(const struct app *a, const struct layer_class *c);
/* Appends an ask; the caller fills it. The pointer is good until the
 * next. */
struct ask *app_ask(struct app *a, enum ask_kind kind);
int64_t app_ticket(struct app *a);
void app_note(struct app *a, bool error, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The style of a role of the theme. */
struct style app_style(const struct app *a, enum role r);
/* "[a]pprove  [c]omment ..." for these actions, as far as it fits; returns
 * the column after it. Ends with ACTION_NONE. */
int app_keys(const struct app *a, struct frame *f, struct rect r, int x,
	     int y, const enum action *actions);
/* The open gate that the screen is about: of the open run, the first; NULL
 * when there is none. */
const struct gate_state *app_gate(const struct app *a);
/* Puts a line that wants to be gone on with into the prompt of the main
 * screen, and the focus there. */
void app_prompt(struct app *a, const char *line);
/* Carries out a line typed in the prompt: a task or a slash command. */
void app_command(struct app *a, const char *line);
/* Asks for what the window on the open run's journal lacks, if anything. */
void app_want(struct app *a, enum feed_kind which);
/* Opens a run (by id) on the main screen. */
void app_open_run(struct app *a, const char *id);
/* Does an action as if its key had been pressed; false when nothing here
 * takes it. */
bool app_act(struct app *a, enum action act);

/* --- the views --------------------------------------------------------- */

struct layer *main_new(struct app *a);
/* l is the main screen: what is typed next goes into the prompt. line, when
 * not NULL, takes the place of what is there. */
void main_focus_prompt(struct layer *l, const char *line);
/* What stands in its prompt; valid until the next key. */
const char *main_typed(const struct layer *l);
struct layer *runs_new(struct app *a);
/* Where run can be forked. */
struct layer *fork_new(struct app *a, const char *run);
struct layer *inbox_new(struct app *a);
/* filter may be NULL. */
struct layer *patterns_new(struct app *a, const char *filter);
/* Templates to deploy. name: the form of this one at once; may be NULL. */
struct layer *templates_new(struct app *a, const char *name);
/* index into state->artifacts. */
struct layer *artifact_new(struct app *a, size_t index);
/* The value report over the runs that f names; NULL: all. Copies. */
struct layer *value_new(struct app *a, const struct value_filter *f);
struct layer *help_new(struct app *a);
struct layer *palette_new(struct app *a);
/* What differs between two runs, pictures side by side. */
struct layer *compare_new(struct app *a, const char *run, const char *other);
/* A text to read; takes lines from MSG_DOCUMENT with this ticket. */
struct layer *document_new(struct app *a, const char *title, int64_t ticket);
/* The same with its text. markdown: rendered. */
struct layer *document_text(struct app *a, const char *title,
			    const char *text, bool markdown);
/* The same for a text with the differences of files, and one thing to do
 * about it; fn is called with ud when that is wanted, any number of times. */
typedef void deed_fn(struct app *a, void *ud);
struct layer *document_deed(struct app *a, const char *title, const char *text,
			    enum action deed, deed_fn *fn, void *ud);
/* Asks "question [y/n]"; fn is called with the answer. ud is copied from
 * text (owned), e.g. a run's id. */
typedef void question_fn(struct app *a, const char *text, bool yes);
struct layer *question_new(struct app *a, const char *question,
			   const char *text, question_fn *fn);
/* A third answer, abort: fn is called with yes. Returns l. */
struct layer *question_abort(struct layer *l, question_fn *fn);
/* l is the question that fn answers. */
bool question_is(const struct layer *l, question_fn *fn);

#endif

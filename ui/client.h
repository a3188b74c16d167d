/*
 * client.h - the app's hands: the loop, the engine, the journal and the
 * terminal. Turns what happens into messages, carries asks out, paints.
 *
 * Order in each turn of the loop, before it waits: the engine's commit and
 * publication (engine.h), then client_turn: asks, rows that changed, one
 * paint if anything did.
 *
 *	cause                      message
 *	bytes from the tty         MSG_INPUT
 *	engine_observe             MSG_FEED (tail), MSG_STATE, later MSG_RUNS
 *	another process wrote      the same, read from the journal
 *	a child, a pool job        MSG_DOCUMENT, MSG_TABLE, MSG_FILES ...
 *
 * The open run's state is a fold of our own, for runs of this process as for
 * those of others; it goes on event by event.
 *
 * Painting: at once after input; else at most every PAINT_MS, so that a run
 * that streams does not take the processor for what nobody can see.
 */
#ifndef AGENTOPS_UI_CLIENT_H
#define AGENTOPS_UI_CLIENT_H

#include "cli/cli.h"
#include "run/engine.h"
#include "run/watch.h"
#include "ui/app.h"
#include "ui/picture.h"

enum { PAINT_MS = 16, RUNS_SHOWN = 500, ROWS_MS = 100 };

struct client {
	struct cli *cli;
	struct loop *loop;
	struct redact *redact;
	struct engine *engine;
	struct watch *watch;
	struct term *term;
	struct pictures *pictures;
	struct app *app;
	struct theme theme;
	struct keymap *keys;
	struct frame frame;

	/* The open run. */
	char run[ID_RUN_SIZE];       /* "" none */
	char wanted[ID_RUN_SIZE];    /* opened as soon as it has an event */
	struct run_state *state;
	char *run_dir;
	struct models *models;       /* or NULL: no run had one yet */

	struct strv own;             /* runs this process carries on */
	bool dirty;                  /* something to paint */
	bool urgent;                 /* ... at once */
	bool rows_stale;             /* runs and gates changed */
	bool synced;                 /* the library was read */
	bool away;                   /* an editor has the tty */
	bool quitting, stopped;
	int64_t painted_us, rows_us; /* monotonic */
	struct loop_timer *paint_timer, *rows_timer, *tick;
	int64_t gates_told;          /* open gates at the last look */
	int64_t gate_told_us;        /* when the newest of them was opened */
	int64_t interrupted_us;
	struct asks again;           /* to be done once more */
	struct loop_timer *again_timer;
	struct client_job *jobs;     /* children and pool jobs under way */
	struct client_prepared *prepared; /* what can be deployed, or NULL */
	struct form_drafts drafts;   /* to be written; values NULL: deleted */
	bool drafts_busy;
	int exit_status;
};

/* ui/client.c */
void client_send(struct client *c, struct msg *m);
void client_note(struct client *c, bool error, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void client_fail(struct client *c, const struct err *err);
void client_dirty(struct client *c, bool urgent);
/* We wrote to the journal ourselves, beside the engine: looks at it. */
void client_changed(struct client *c);
/* A run was parked by Ctrl-C; the second within two seconds leaves. */
void client_interrupt(struct client *c);
/* Parks what runs here and leaves. */
void client_leave(struct client *c, const char *why);
struct engine *client_engine(struct client *c);
void client_editor_closed(uv_handle_t *h);

/* ui/client_read.c: from the journal to rows and lines. */
void client_read_rows(struct client *c);
bool client_open_run(struct client *c, const char *id, struct err *err);
void client_close_run(struct client *c);
/* The open run's new events, whoever wrote them. */
void client_catch_up(struct client *c);
void client_on_event(void *ud, const struct run_state *s,
		     const struct event *e, const char *data);
/* What an agent says while its turn comes; the first of it shows at once. */
void client_on_text(void *ud, const struct engine_text *t);
void client_read_feed(struct client *c, const struct ask *k);
void client_read_patterns(struct client *c, const struct ask *k);
void client_read_pattern(struct client *c, const struct ask *k);

/* ui/client_ask.c: carries one ask out. */
void client_do(struct client *c, struct ask *k);
/* Makes a run; it is opened as soon as it has an event. */
bool client_start(struct client *c, const struct run_request *r,
		  struct err *err);
bool client_resume(struct client *c, const char *run, struct err *err);
/* Takes the ask to be done once more a little later; false when that was
 * tried for long enough. */
bool client_again(struct client *c, struct ask *k);

/* ui/client_job.c: editors, other programs, files. */
void client_edit(struct client *c, const struct ask *k);
void client_command(struct client *c, const struct ask *k);
void client_external(struct client *c, const struct ask *k);
void client_read_file(struct client *c, const struct ask *k);
void client_list_files(struct client *c, const struct ask *k);
void client_list_commands(struct client *c, const struct ask *k);
/* Where a run can be forked; a fork, then opened and gone on with. */
void client_read_points(struct client *c, const struct ask *k);
/* The value report, with a journal of its own. */
void client_value(struct client *c, const struct ask *k);
void client_fork(struct client *c, const struct ask *k);
void client_load_history(struct client *c);
/* ui/client_draft.c */
void client_load_drafts(struct client *c);
void client_keep_draft(struct client *c, const struct ask *k);
/* After loop_free. */
void client_drafts_flush(struct client *c);
/* ui/client_deploy.c */
void client_read_templates(struct client *c, const struct ask *k);
void client_prepare(struct client *c, const struct ask *k);
void client_deploy(struct client *c, const struct ask *k);
void client_prepared_free(struct client_prepared *p);
void client_keep_history(struct client *c, const char *line);

/* The program's face, for cli_main (cli_app_fn). */
int client_main(struct cli *c, const char *run,
		const struct run_request *start);

#endif

/*
 * engine.h - carries runs out: the loop between the pure core and the world.
 *
 * Each turn of the event loop, before it waits, the engine takes the
 * outcomes that arrived, and in ONE transaction for all its runs appends and
 * folds them, asks run_next again and again and appends what it decides.
 * After the commit it publishes the new events to the observers and starts
 * the effects that they ask for. So nothing is shown or done before the
 * event that says so is durable, and any number of parallel steps that end
 * in one turn cost one fsync.
 *
 *	struct engine_options o = { .loop = loop, .journal = j, ... };
 *	AUTO_PTR(engine) e = engine_new(&o);
 *	engine_observe(e, print_event, NULL);
 *	engine_create(e, &request, id, err);
 *	engine_run(e, err);            until no run of it can go on
 *
 * When the journal cannot be written (disk full, lock held too long), the
 * state in memory is ahead of the truth and is thrown away: the engine
 * cancels everything, keeps the error for engine_run, and does nothing more.
 * Nothing is lost: the runs are resumed later.
 */
#ifndef AGENTOPS_RUN_ENGINE_H
#define AGENTOPS_RUN_ENGINE_H

#include "base/loop.h"
#include "base/path.h"
#include "base/redact.h"
#include "run/journal.h"
#include "run/state.h"

struct engine;

/* What an agent's turn says while it comes: shown, never kept. Named as in the
 * turn's events. */
struct engine_text {
	const char *run, *step; /* step NULL: the planner */
	int64_t item;
	int turn;
	const char *text; /* its end, redacted; may be no UTF-8 */
};

typedef void engine_text_fn(void *ud, const struct engine_text *t);

struct engine_options {
	struct loop *loop;             /* all borrowed */
	struct journal *journal;
	const struct paths *paths;
	struct redact *redact;         /* NULL: nothing is secret; gets what
					  steps are given */
	const char *base_url;          /* of the models' provider; NULL or "":
					  its own */
	const struct workflow_tools *tools; /* NULL: the real registry */
	engine_text_fn *on_text;       /* for each piece; NULL: nobody looks */
	void *text_ud;
	bool park;                     /* a run that waits for a person is
					  parked and let go (no screen) */
	bool retry_busy;               /* a journal that is locked is tried
					  again for a minute, without
					  standing still in between: see
					  journal_set_patience */
};

struct engine *engine_new(const struct engine_options *o);
/* Cancels what runs; runs stay resumable. */
void engine_free(struct engine *e);
DEFINE_AUTO_PTR(engine);

/* Sees every event after it is durable, in order. s is after the event's
 * whole turn. Borrowed for the call. */
typedef void engine_event_fn(void *ud, const struct run_state *s,
			     const struct event *e, const char *data);
void engine_observe(struct engine *e, engine_event_fn *fn, void *ud);

struct run_request {
	const char *task, *workspace, *provider;
	const char *options; /* JSON object: see struct run_options */
};

/* Makes a run, owns it, and begins at the next turn. ret_id has
 * ID_RUN_SIZE bytes. */
bool engine_create(struct engine *e, const struct run_request *r,
		   char *ret_id, struct err *err);

/* Takes over a run that no process owns and goes on. A run that has ended
 * is an error (ERR_CONFLICT) that says how it ended. */
bool engine_resume(struct engine *e, const char *id, struct err *err);

/* The state of a run of this engine, NULL when it has no such run (any
 * more). */
struct run_state *engine_state(struct engine *e, const char *id);

/* Stops the effects of a run and parks it; for Ctrl-C and leaving. */
void engine_park(struct engine *e, const char *id, const char *reason);

/* Somebody in this process appended to the journal beside the engine (an
 * answer to a gate): its next turn looks. */
void engine_look(struct engine *e);
/* The journal could not be written, and the engine gave its runs up. */
bool engine_failed(const struct engine *e, struct err *err);

/* Turns the loop until every run ended or was parked. False with err when
 * the journal failed. */
bool engine_run(struct engine *e, struct err *err);

/* Lets go of runs that are over: gives up their locks, ends their kernels.
 * For who turns the loop itself; never from inside a callback of it. */
void engine_reap(struct engine *e);

/* Folds a run for reading: no lock, no effects. Caller frees. */
struct run_state *engine_read(struct journal *j, const char *id,
			      const struct workflow_tools *tools,
			      struct err *err);

/* The registry of src/tool as a workflow sees it. */
extern const struct workflow_tools engine_tools;

#endif

/*
 * journal.h - the durable list of events, and what is derived from it for
 * quick answers.
 *
 * One SQLite database for all runs, $STATE/agentops.db, and one folder a
 * run, $STATE/runs/RUN/. The table `event` is the truth. The tables `run`
 * and `gate` are projections, written in the same transaction as the events
 * they follow from; `agentops audit verify` checks them too.
 *
 * Several processes may share the database. One of them owns a live run (an
 * flock on the run's lock file, held by journal_own). Others read, and answer
 * gates with journal_decide: the first writer wins.
 *
 * A head is the end of one run's chain. Appending needs the head that is in
 * the database at that moment, inside a transaction:
 *
 *	journal_begin(j, err);
 *	journal_head(j, run, &head, err);
 *	journal_append(j, &head, &event, NULL, err);   as often as needed
 *	journal_set_run(j, &summary, &head, err);
 *	journal_commit(j, err);                        now it is durable
 */
#ifndef AGENTOPS_RUN_JOURNAL_H
#define AGENTOPS_RUN_JOURNAL_H

#include "base/db.h"
#include "base/path.h"
#include "run/event.h"

struct journal;

/* Creates folders and database when missing; migrates. Borrows nothing. */
bool journal_open(const struct paths *paths, struct journal **ret,
		  struct err *err);
void journal_free(struct journal *j);
DEFINE_AUTO_PTR(journal);

struct db *journal_db(struct journal *j);
/* How long a call waits for another process's lock before ERR_BUSY. Who must
 * not stand still sets little before it, tries again later, and sets
 * JOURNAL_PATIENCE_MS after it. */
enum { JOURNAL_PATIENCE_MS = 15000, JOURNAL_IMPATIENT_MS = 50 };
void journal_set_patience(struct journal *j, int ms);
/* $STATE/runs/RUN; caller frees. */
char *journal_run_dir(const struct journal *j, const char *run);
/* Changes when another connection committed something. */
int64_t journal_version(struct journal *j);
/* Changes with every commit that this connection has seen, its own too; to
 * be asked inside a transaction or right after one. Costs no statement. */
uint32_t journal_seen(struct journal *j);

struct journal_head {
	char run[ID_RUN_SIZE];
	int64_t seq; /* 0: the run has no event */
	char hash[SHA256_HEX_SIZE];
};

bool journal_begin(struct journal *j, struct err *err);
bool journal_commit(struct journal *j, struct err *err);
void journal_rollback(struct journal *j);
/* The run's last event; a run that does not exist gives seq 0 and the zero
 * hash. */
bool journal_head(struct journal *j, const char *run,
		  struct journal_head *ret, struct err *err);
/* The event that the run's row named as its last when it was written: the
 * last one for a run that has ended or is parked, for others that or an
 * earlier one (the row is written when what it shows changes). So an end
 * that was cut off shows. ret_exact: the run is not running. */
bool journal_anchor(struct journal *j, const char *run,
		    struct journal_head *ret, bool *ret_exact,
		    struct err *err);
/*
 * Seals e (run, seq, prev, hash; ts_us stays when set), writes it and its
 * projection of gates, moves the head. data is e's data text when the caller
 * has it already, else NULL.
 */
bool journal_append(struct journal *j, struct journal_head *head,
		    struct event *e, const char *data, struct err *err);

/* Calls fn for each event of run from seq on, in order; fn returns false to
 * stop. Strings live in the arena. data is the stored text. */
typedef bool journal_event_fn(void *ud, const struct event *e,
			      const char *data);
bool journal_read(struct journal *j, const char *run, int64_t seq,
		  struct arena *arena, journal_event_fn *fn, void *ud,
		  struct err *err);

/* One row of `agentops runs`. Strings belong to whoever fills it. */
struct run_summary {
	const char *id, *task, *workspace, *provider, *pattern;
	const char *status; /* running, parked, succeeded, failed, aborted */
	const char *phase, *risk, *note;
	int64_t iteration, limit, open_gates, created_us, updated_us;
	int64_t cost_microusd; /* of models; read, never set */
};

/* Inserts or replaces the projection of a run; head becomes its anchor. */
bool journal_set_run(struct journal *j, const struct run_summary *s,
		     const struct journal_head *head, struct err *err);

/* Newest first; status NULL for all; limit 0 for all. */
typedef void journal_run_fn(void *ud, const struct run_summary *s);
bool journal_list_runs(struct journal *j, const char *status, int64_t limit,
		       journal_run_fn *fn, void *ud, struct err *err);

/* The one run whose id is, or begins with, text; ret has ID_RUN_SIZE bytes.
 * Unknown or ambiguous: err says so, with the nearest ids. "last" names the
 * newest run. */
bool journal_find_run(struct journal *j, const char *text, char *ret,
		      struct err *err);

struct gate_row {
	const char *run, *kind, *step, *risk, *title, *shown, *task;
	int64_t number, opened_us;
	bool open;
	const char *decision, *by;
};

typedef void journal_gate_fn(void *ud, const struct gate_row *g);
/* Open gates of all runs, oldest first. */
bool journal_list_gates(struct journal *j, journal_gate_fn *fn, void *ud,
			struct err *err);
/* The gate named "RUN.N" (RUN may be a prefix), or "RUN" when it has just
 * one open gate. */
bool journal_find_gate(struct journal *j, const char *text, char *ret_run,
		       int64_t *ret_number, struct err *err);
/* Reads one gate; strings live in the arena. */
bool journal_get_gate(struct journal *j, const char *run, int64_t number,
		      struct arena *arena, struct gate_row *ret,
		      struct err *err);

struct gate_answer {
	const char *decision, *by, *comment;
	const char *values; /* JSON text or NULL */
};

/*
 * Appends gate.decided in one transaction that checks that the gate is still
 * open. ERR_CONFLICT says who decided before, what and when. May be called
 * for a run that another process owns.
 */
bool journal_decide(struct journal *j, const char *run, int64_t number,
		    const struct gate_answer *d, struct err *err);
/* Appends an event that a person asked for, to a run that another process owns
 * or none. ERR_CONFLICT when the run has ended. */
bool journal_order(struct journal *j, const char *run, struct event *e,
		   struct err *err);
/* Appends run.abort_asked, for a run that another process owns or none.
 * ERR_CONFLICT when the run has ended. */
bool journal_ask_abort(struct journal *j, const char *run, const char *by,
		       const char *reason, struct err *err);

/*
 * Owning. ERR_BUSY names the process that owns the run. The lock ends with
 * the process, however it ends. ret_fd is closed to give it up.
 */
bool journal_own(struct journal *j, const char *run, int *ret_fd,
		 struct err *err);
bool journal_is_owned(struct journal *j, const char *run);

#endif

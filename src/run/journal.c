/*
 * Invariants
 *  1. A row of `event` is written once and never changed.
 *  2. run.seq and run.hash are those of the last event in the transaction
 *     that last wrote the run's row; nothing follows it once the row says
 *     that the run is not running.
 *  3. gate.decided_us is NULL exactly while the gate is open.
 *  4. Every write happens between BEGIN IMMEDIATE and COMMIT, so the head
 *     read inside the transaction cannot be stale.
 */
#include "run/journal.h"

#include "base/clock.h"
#include "base/str.h"
#include "flow/researcher.h"
#include "know/library.h"
#include "run/schema.h"
#include "value/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct journal {
	struct db *db;
	char *runs_dir;
};

static const char zero_hash[] =
	"0000000000000000000000000000000000000000000000000000000000000000";

/* A place that cannot be is the environment's fault, not a name that the
 * person mistyped in an argument. */
static bool
make_root(const char *runs, struct err *err)
{
	if (path_mkdirs(runs, err))
		return true;
	if (err && err->code == ERR_NOTFOUND)
		err->code = ERR_ENV;
	return err_prefix(err, "the state root");
}

bool
journal_open(const struct paths *paths, struct journal **ret, struct err *err)
{
	AUTO_FREE char *file = path_join(paths->state, "agentops.db");
	AUTO_FREE char *runs = path_join(paths->state, "runs");
	AUTO_FREE char *v1 = xasprintf("%s;%s;%s", journal_schema_v1,
				       library_schema_v1, metrics_schema_v1);
	const char *migrations[] = { v1, journal_schema_v2, journal_schema_v3 };
	struct db_schema schema = { JOURNAL_APPLICATION_ID, migrations,
				    ARRAY_LEN(migrations) };
	AUTO_PTR(db) db = NULL;
	struct journal *j;

	if (!make_root(runs, err) ||
	    !db_open(file, &schema, DB_READ_WRITE, &db, err))
		return false;
	j = xcalloc(1, sizeof(*j));
	j->db = TAKE(db);
	j->runs_dir = TAKE(runs);
	*ret = j;
	return true;
}

void
journal_free(struct journal *j)
{
	db_free(j->db);
	free(j->runs_dir);
	free(j);
}

void
journal_set_patience(struct journal *j, int ms)
{
	sqlite3_busy_timeout(db_handle(j->db), ms);
}

struct db *
journal_db(struct journal *j)
{
	return j->db;
}

char *
journal_run_dir(const struct journal *j, const char *run)
{
	return path_join(j->runs_dir, run);
}

int64_t
journal_version(struct journal *j)
{
	sqlite3_stmt *st = db_stmt(j->db, "PRAGMA data_version", NULL);
	int64_t v = 0;

	if (st && db_step(j->db, st, NULL) == 1)
		v = sqlite3_column_int64(st, 0);
	if (st)
		sqlite3_reset(st);
	return v;
}

uint32_t
journal_seen(struct journal *j)
{
	uint32_t v = 0;

	sqlite3_file_control(db_handle(j->db), "main",
			     SQLITE_FCNTL_DATA_VERSION, &v);
	return v;
}

bool
journal_begin(struct journal *j, struct err *err)
{
	return db_begin(j->db, err);
}

bool
journal_commit(struct journal *j, struct err *err)
{
	return db_commit(j->db, err);
}

void
journal_rollback(struct journal *j)
{
	db_rollback(j->db);
}

static bool
read_head(struct journal *j, const char *run, sqlite3_stmt *st,
	  struct journal_head *ret, struct err *err)
{
	int rc = st ? db_step(j->db, st, err) : -1;

	if (rc < 0)
		return false;
	/* Of any length, when the database was tampered with. */
	snprintf(ret->run, sizeof(ret->run), "%s", run);
	ret->seq = rc ? sqlite3_column_int64(st, 0) : 0;
	snprintf(ret->hash, sizeof(ret->hash), "%s",
		 rc ? db_text(st, 1) : zero_hash);
	return true;
}

bool
journal_head(struct journal *j, const char *run, struct journal_head *ret,
	     struct err *err)
{
	sqlite3_stmt *st = db_query(j->db,
				    "SELECT seq, hash FROM event WHERE run=? "
				    "ORDER BY seq DESC LIMIT 1",
				    err, "s", run);
	bool ok = read_head(j, run, st, ret, err);

	if (st)
		sqlite3_reset(st);
	return ok;
}

bool
journal_anchor(struct journal *j, const char *run, struct journal_head *ret,
	       bool *ret_exact, struct err *err)
{
	sqlite3_stmt *st = db_query(j->db,
				    "SELECT seq, hash, status FROM run "
				    "WHERE id=?",
				    err, "s", run);
	bool ok = read_head(j, run, st, ret, err);

	if (ok)
		*ret_exact = ret->seq && strcmp(db_text(st, 2), "running") != 0;
	if (st)
		sqlite3_reset(st);
	return ok;
}

static bool
project_gate(struct journal *j, const struct event *e, struct err *err)
{
	const struct ev_gate_opened *o = &e->gate_opened;
	const struct ev_gate_decided *d = &e->gate_decided;

	switch (e->type) {
	case EV_gate_opened:
		return db_run(j->db,
			      "INSERT INTO gate(run, number, kind, step, risk,"
			      " title, shown, opened_us)"
			      " VALUES(?,?,?,?,?,?,?,?)",
			      err, "sisssssi", e->run, o->gate, o->kind,
			      o->step, o->risk, o->title, o->shown, e->ts_us);
	case EV_gate_decided:
		return db_run(j->db,
			      "UPDATE gate SET decided_us=?, decision=?, "
			      "decided_by=? WHERE run=? AND number=?",
			      err, "isssi", e->ts_us, d->decision, d->by,
			      e->run, d->gate);
	case EV_run_ended:
		return db_run(j->db,
			      "UPDATE gate SET decided_us=?, "
			      "decision='closed' "
			      "WHERE run=? AND decided_us IS NULL",
			      err, "is", e->ts_us, e->run);
	default:
		return true;
	}
}

/* Of the column spend.planner. */
static int64_t
spender(const char *step)
{
	return !step ? 1 : researcher_find(step) >= 0 ? 2 : 0;
}

static bool
project_spend(struct journal *j, const struct event *e, struct err *err)
{
	const struct ev_model_turn *t = &e->model_turn;
	int64_t tokens;

	if (e->type != EV_model_turn)
		return true;
	tokens = t->input_tokens + t->output_tokens;
	return db_run(j->db,
		      "INSERT INTO spend VALUES(?1,?2,?3,1,?4,?5,?6,?7,?8)"
		      " ON CONFLICT(run, planner, model) DO UPDATE SET"
		      " turns = turns + 1, failed = failed + ?4,"
		      " unpriced = unpriced + ?5,"
		      " input_tokens = input_tokens + ?6,"
		      " output_tokens = output_tokens + ?7,"
		      " cost_microusd = cost_microusd + ?8",
		      err, "sisiiiii", e->run, spender(t->step),
		      t->model ? t->model : "", (int64_t)(t->failure != NULL),
		      (int64_t)(!t->cost_microusd && tokens > 0),
		      t->input_tokens, t->output_tokens, t->cost_microusd);
}

bool
journal_append(struct journal *j, struct journal_head *head, struct event *e,
	       const char *data, struct err *err)
{
	AUTO(buf) b = BUF_INIT;

	memcpy(e->run, head->run, sizeof(e->run));
	memcpy(e->prev, head->hash, sizeof(e->prev));
	e->seq = head->seq + 1;
	if (!e->ts_us)
		e->ts_us = clock_wall_us();
	if (!data) {
		event_encode(&b, e);
		data = buf_str(&b);
	}
	event_hash(e, data, e->hash);
	if (!db_run(j->db,
		    "INSERT INTO event(run, seq, ts_us, type, data, hash)"
		    " VALUES(?,?,?,?,?,?)",
		    err, "siisss", e->run, e->seq, e->ts_us,
		    event_row(e->type)->name, data, e->hash) ||
	    !project_gate(j, e, err) || !project_spend(j, e, err))
		return false;
	head->seq = e->seq;
	memcpy(head->hash, e->hash, sizeof(head->hash));
	return true;
}

static void
copy_hash(char out[SHA256_HEX_SIZE], const char *text)
{
	size_t n = strnlen(text, SHA256_HEX_SIZE - 1);

	memcpy(out, text, n);
	out[n] = '\0';
}

static bool
decode_row(sqlite3_stmt *st, const char *data, struct arena *arena,
	   struct event *e, struct err *err)
{
	const char *type = db_text(st, 2);

	e->seq = sqlite3_column_int64(st, 0);
	e->ts_us = sqlite3_column_int64(st, 1);
	e->type = event_type_parse(type);
	copy_hash(e->hash, db_text(st, 4));
	if (e->type == EVENT_TYPES)
		return FAIL(err, ERR_CORRUPT,
			    "run %s seq %" PRId64 ": unknown event type "
			    "\"%.40s\" (written by a newer agentops, or "
			    "changed: try agentops audit verify %s)",
			    e->run, e->seq, type, e->run);
	return event_decode(data, (size_t)sqlite3_column_bytes(st, 3), arena, e,
			    err) ||
	       err_prefix(err, "run %s seq %" PRId64, e->run, e->seq);
}

bool
journal_read(struct journal *j, const char *run, int64_t seq,
	     struct arena *arena, journal_event_fn *fn, void *ud,
	     struct err *err)
{
	sqlite3_stmt *st = db_query(j->db,
				    "SELECT seq, ts_us, type, data, hash "
				    "FROM event WHERE run=? AND seq>=? "
				    "ORDER BY seq",
				    err, "si", run, seq);
	struct event e = { 0 };
	int rc = st ? 1 : -1;
	bool go_on = true;

	snprintf(e.run, sizeof(e.run), "%s", run);
	memcpy(e.hash, zero_hash, sizeof(e.hash));
	while (go_on && rc > 0 && (rc = db_step(j->db, st, err)) > 0) {
		const char *data = db_text(st, 3);

		memcpy(e.prev, e.hash, sizeof(e.prev));
		if (!decode_row(st, data, arena, &e, err))
			rc = -1;
		else
			go_on = fn(ud, &e, data);
	}
	if (st)
		sqlite3_reset(st);
	return rc >= 0;
}

bool
journal_set_run(struct journal *j, const struct run_summary *s,
		const struct journal_head *head, struct err *err)
{
	return db_run(j->db,
		      "INSERT INTO run(id, task, workspace, provider, pattern,"
		      " status, phase, risk, note, iteration, limit_,"
		      " open_gates, created_us, updated_us, seq, hash)"
		      " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
		      " ON CONFLICT(id) DO UPDATE SET pattern=excluded.pattern,"
		      " status=excluded.status, phase=excluded.phase,"
		      " risk=excluded.risk, note=excluded.note,"
		      " iteration=excluded.iteration, limit_=excluded.limit_,"
		      " open_gates=excluded.open_gates,"
		      " updated_us=excluded.updated_us, seq=excluded.seq,"
		      " hash=excluded.hash",
		      err, "sssssssssiiiiiis", s->id, s->task, s->workspace,
		      s->provider, s->pattern, s->status, s->phase, s->risk,
		      s->note, s->iteration, s->limit, s->open_gates,
		      s->created_us, s->updated_us, head->seq, head->hash);
}

bool
journal_list_runs(struct journal *j, const char *status, int64_t limit,
		  journal_run_fn *fn, void *ud, struct err *err)
{
	/* Looking for the money of each run costs as much as the run's row,
	 * so it is only looked for where some was spent. */
#define RUNS(cost) \
	"SELECT id, task, workspace, provider, pattern, status, phase," \
	" risk, note, iteration, limit_, open_gates, created_us," \
	" updated_us, " cost " FROM run WHERE ?1 IS NULL OR status=?1" \
	" ORDER BY created_us DESC, id DESC LIMIT ?2"
	static const char plain[] = RUNS("0");
	static const char priced[] =
		RUNS("(SELECT sum(cost_microusd) FROM spend WHERE"
		     " spend.run=run.id)");
#undef RUNS
	sqlite3_stmt *any =
		db_query(j->db,
			 "SELECT 1 FROM spend WHERE cost_microusd LIMIT 1", err,
			 "");
	bool spent = any && db_step(j->db, any, err) > 0;
	sqlite3_stmt *st = db_query(j->db, spent ? priced : plain, err, "si",
				    status, limit ? limit : INT64_C(-1));
	int rc = st ? 1 : -1;

	while (rc > 0 && (rc = db_step(j->db, st, err)) > 0) {
		struct run_summary s = {
			.id = db_text(st, 0),
			.task = db_text(st, 1),
			.workspace = db_text(st, 2),
			.provider = db_text(st, 3),
			.pattern = db_text(st, 4),
			.status = db_text(st, 5),
			.phase = db_text(st, 6),
			.risk = db_text(st, 7),
			.note = db_text(st, 8),
			.iteration = sqlite3_column_int64(st, 9),
			.limit = sqlite3_column_int64(st, 10),
			.open_gates = sqlite3_column_int64(st, 11),
			.created_us = sqlite3_column_int64(st, 12),
			.updated_us = sqlite3_column_int64(st, 13),
			.cost_microusd = sqlite3_column_int64(st, 14),
		};

		fn(ud, &s);
	}
	if (any)
		sqlite3_reset(any);
	if (st)
		sqlite3_reset(st);
	return rc >= 0;
}

/* Ids are random at their end: no id holds %, _ or quotes to escape. */
static bool
id_text_ok(const char *text)
{
	return *text && strlen(text) < ID_RUN_SIZE &&
	       strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz-") ==
		       strlen(text);
}

bool
journal_find_run(struct journal *j, const char *text, char *ret,
		 struct err *err)
{
	bool last = strcmp(text, "last") == 0;
	sqlite3_stmt *st;
	int rc;

	if (!last && !id_text_ok(text))
		return FAIL(err, ERR_NOTFOUND,
			    "\"%.40s\" is not the id of a run; agentops runs "
			    "lists them",
			    text);
	/* Ids sort by the minute only. */
	st = db_query(j->db,
		      last ? "SELECT id FROM run WHERE ?1='last' "
			     "ORDER BY created_us DESC, id DESC LIMIT 2" :
			     "SELECT id FROM run WHERE id>=?1 AND id<?1||'~' "
			     "ORDER BY id DESC LIMIT 2",
		      err, "s", text);
	rc = st ? db_step(j->db, st, err) : -1;
	if (rc < 0)
		return false;
	if (rc == 0)
		return FAIL(err, ERR_NOTFOUND,
			    last ? "there is no run%s" :
				   "there is no run %s; agentops runs lists "
				   "them",
			    last ? "" : text);
	snprintf(ret, ID_RUN_SIZE, "%s", db_text(st, 0));
	rc = last ? 0 : db_step(j->db, st, err);
	sqlite3_reset(st);
	if (rc > 0)
		return FAIL(err, ERR_USAGE,
			    "%s begins the ids of several runs; give more of "
			    "it (agentops runs lists them)",
			    text);
	return rc == 0;
}

static void
fill_gate(sqlite3_stmt *st, struct gate_row *g)
{
	g->run = db_text(st, 0);
	g->number = sqlite3_column_int64(st, 1);
	g->kind = db_text(st, 2);
	g->step = db_text(st, 3);
	g->risk = db_text(st, 4);
	g->title = db_text(st, 5);
	g->shown = db_text(st, 6);
	g->opened_us = sqlite3_column_int64(st, 7);
	g->open = sqlite3_column_type(st, 8) == SQLITE_NULL;
	g->decision = db_text(st, 9);
	g->by = db_text(st, 10);
	g->task = db_text(st, 11);
}

#define GATE_COLUMNS \
	"SELECT gate.run, number, kind, step, gate.risk, title, shown, " \
	"opened_us, decided_us, decision, decided_by, task " \
	"FROM gate JOIN run ON run.id=gate.run "

bool
journal_list_gates(struct journal *j, journal_gate_fn *fn, void *ud,
		   struct err *err)
{
	sqlite3_stmt *st = db_stmt(j->db,
				   GATE_COLUMNS "WHERE decided_us IS NULL "
						"ORDER BY opened_us, number",
				   err);
	int rc = st ? 1 : -1;

	while (rc > 0 && (rc = db_step(j->db, st, err)) > 0) {
		struct gate_row g;

		fill_gate(st, &g);
		fn(ud, &g);
	}
	if (st)
		sqlite3_reset(st);
	return rc >= 0;
}

static bool
only_open_gate(struct journal *j, const char *run, int64_t *ret_number,
	       struct err *err)
{
	sqlite3_stmt *st = db_query(j->db,
				    "SELECT number FROM gate WHERE run=? AND "
				    "decided_us IS NULL",
				    err, "s", run);
	int rc = st ? db_step(j->db, st, err) : -1;

	if (rc < 0)
		return false;
	if (rc == 0)
		return FAIL(err, ERR_NOTFOUND, "run %s has no open gate", run);
	*ret_number = sqlite3_column_int64(st, 0);
	rc = db_step(j->db, st, err);
	sqlite3_reset(st);
	if (rc > 0)
		return FAIL(err, ERR_USAGE,
			    "run %s has several open gates; name one as "
			    "%s.N (agentops gates lists them)",
			    run, run);
	return rc == 0;
}

bool
journal_find_gate(struct journal *j, const char *text, char *ret_run,
		  int64_t *ret_number, struct err *err)
{
	AUTO_FREE char *run = xstrdup(text);
	char *dot = strrchr(run, '.');
	int64_t number = 0;

	if (dot) {
		*dot = '\0';
		if (!str_to_i64(dot + 1, 1, INT32_MAX, &number))
			return FAIL(err, ERR_USAGE,
				    "\"%.40s\" is not a gate; write RUN.N as "
				    "agentops gates shows it",
				    text);
	}
	if (!journal_find_run(j, run, ret_run, err))
		return false;
	if (!dot)
		return only_open_gate(j, ret_run, ret_number, err);
	*ret_number = number;
	return true;
}

bool
journal_get_gate(struct journal *j, const char *run, int64_t number,
		 struct arena *arena, struct gate_row *ret, struct err *err)
{
	sqlite3_stmt *st =
		db_query(j->db, GATE_COLUMNS "WHERE gate.run=? AND number=?",
			 err, "si", run, number);
	int rc = st ? db_step(j->db, st, err) : -1;
	const char **texts[] = { &ret->run,  &ret->kind,     &ret->step,
				 &ret->risk, &ret->title,    &ret->shown,
				 &ret->task, &ret->decision, &ret->by };

	if (rc == 0)
		FAIL(err, ERR_NOTFOUND, "run %s has no gate %" PRId64, run,
		     number);
	if (rc <= 0)
		return false;
	fill_gate(st, ret);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i] = arena_strdup(arena, *texts[i]);
	sqlite3_reset(st);
	return true;
}

/* Writes head and update time of a run whose state this process does not
 * hold; open_gates by counting. */
static bool
touch_run(struct journal *j, const struct journal_head *head, int64_t ts_us,
	  struct err *err)
{
	return db_run(j->db,
		      "UPDATE run SET seq=?, hash=?, updated_us=?, open_gates="
		      "(SELECT count(*) FROM gate WHERE run=id AND "
		      "decided_us IS NULL) WHERE id=?",
		      err, "isis", head->seq, head->hash, ts_us, head->run);
}

static bool
append_from_outside(struct journal *j, const char *run, struct event *e,
		    struct err *err)
{
	struct journal_head head;

	return journal_head(j, run, &head, err) &&
	       journal_append(j, &head, e, NULL, err) &&
	       touch_run(j, &head, e->ts_us, err);
}

static bool
decide_in_transaction(struct journal *j, const char *run, int64_t number,
		      const struct gate_answer *d, struct err *err)
{
	AUTO(arena) arena = { 0 };
	struct gate_row g;
	struct event e = { .type = EV_gate_decided,
			   .gate_decided = { .gate = number,
					     .decision = d->decision,
					     .by = d->by,
					     .comment = d->comment,
					     .values = d->values } };

	if (!journal_get_gate(j, run, number, &arena, &g, err))
		return false;
	if (!g.open)
		return FAIL(err, ERR_CONFLICT,
			    "gate %s.%" PRId64 " is closed already: %s by %s",
			    run, number, g.decision,
			    *g.by ? g.by : "the end of the run");
	return append_from_outside(j, run, &e, err);
}

bool
journal_decide(struct journal *j, const char *run, int64_t number,
	       const struct gate_answer *d, struct err *err)
{
	if (!journal_begin(j, err))
		return false;
	if (!decide_in_transaction(j, run, number, d, err)) {
		journal_rollback(j);
		return false;
	}
	return journal_commit(j, err);
}

/* Inside the transaction, so that nothing is ever said after run.ended. */
static bool
is_going_on(struct journal *j, const char *run, struct err *err)
{
	sqlite3_stmt *st = db_query(j->db,
				    "SELECT EXISTS(SELECT 1 FROM event WHERE "
				    "run=id AND seq=run.seq AND "
				    "type='run.ended') FROM run WHERE id=?",
				    err, "s", run);
	int rc = st ? db_step(j->db, st, err) : -1;
	bool over = rc > 0 && sqlite3_column_int(st, 0);

	if (st)
		sqlite3_reset(st);
	if (rc == 0)
		return FAIL(err, ERR_NOTFOUND,
			    "there is no run %s; agentops runs lists them",
			    run);
	if (over)
		return FAIL(err, ERR_CONFLICT,
			    "run %s has ended; agentops show %s tells its "
			    "story",
			    run, run);
	return rc > 0;
}

bool
journal_order(struct journal *j, const char *run, struct event *e,
	      struct err *err)
{
	if (!journal_begin(j, err))
		return false;
	if (!is_going_on(j, run, err) || !append_from_outside(j, run, e, err)) {
		journal_rollback(j);
		return false;
	}
	return journal_commit(j, err);
}

bool
journal_ask_abort(struct journal *j, const char *run, const char *by,
		  const char *reason, struct err *err)
{
	struct event e = { .type = EV_run_abort_asked,
			   .run_abort_asked = { .by = by, .reason = reason } };

	return journal_order(j, run, &e, err);
}

static int
open_lock(struct journal *j, const char *run, int flags)
{
	AUTO_FREE char *dir = journal_run_dir(j, run);
	AUTO_FREE char *file = path_join(dir, "lock");

	return open(file, O_RDWR | O_CLOEXEC | flags, 0600);
}

static bool
busy(int fd, const char *run, struct err *err)
{
	char pid[32] = "";

	if (pread(fd, pid, sizeof(pid) - 1, 0) < 0)
		pid[0] = '\0';
	return FAIL(err, ERR_BUSY,
		    "run %s is live in process %s; answer its gates with "
		    "agentops decide, or end it with agentops abort %s",
		    run, *pid ? pid : "?", run);
}

bool
journal_own(struct journal *j, const char *run, int *ret_fd, struct err *err)
{
	AUTO_FREE char *dir = journal_run_dir(j, run);
	AUTO_FD fd = -1;
	char pid[32];
	int n;

	if (!path_mkdirs(dir, err))
		return false;
	fd = open_lock(j, run, O_CREAT);
	if (fd < 0)
		return err_errno(err, errno, "cannot open the lock of run %s",
				 run);
	if (flock(fd, LOCK_EX | LOCK_NB))
		return busy(fd, run, err);
	n = snprintf(pid, sizeof(pid), "%d", (int)getpid());
	/* Only for the message above: a failure to write it harms nothing. */
	if (ftruncate(fd, 0) || pwrite(fd, pid, (size_t)n, 0) != n)
		errno = 0;
	*ret_fd = fd;
	fd = -1;
	return true;
}

bool
journal_is_owned(struct journal *j, const char *run)
{
	AUTO_FD fd = open_lock(j, run, 0);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 &&
	       errno == EWOULDBLOCK;
}

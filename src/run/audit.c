#include "run/audit.h"

#include "base/mem.h"
#include "base/str.h"
#include "run/artifact.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct audit {
	struct journal *j;
	audit_problem_fn *fn;
	void *ud;
	struct audit_result r;
	char run[ID_RUN_SIZE];
	int64_t seq;
	struct journal_head anchor; /* see journal_anchor */
	bool exact;    /* nothing may follow the anchor */
	bool anchored; /* the anchor was met, with its hash */
	bool whole;  /* the run's chain, so far */
	bool silent; /* problems are counted, not told */
	char prev[SHA256_HEX_SIZE];
};

typedef bool row_fn(struct audit *a, sqlite3_stmt *st);

static void __attribute__((format(printf, 3, 4)))
tell(struct audit *a, int64_t seq, const char *fmt, ...)
{
	struct audit_problem p = { .seq = seq };
	AUTO_FREE char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = xvasprintf(fmt, ap);
	va_end(ap);
	memcpy(p.run, a->run, sizeof(p.run));
	p.what = what;
	a->r.problems++;
	if (!a->silent)
		a->fn(a->ud, &p);
}

static void
check_artifact(struct audit *a, const struct event *e)
{
	const struct ev_artifact_created *p = &e->artifact_created;
	AUTO_FREE char *dir = journal_run_dir(a->j, a->run);
	AUTO_FREE char *path = NULL;
	char hash[SHA256_HEX_SIZE];
	AUTO_FD fd = -1;

	if (!p->sha256 || !p->file)
		return;
	a->r.artifacts++;
	path = artifact_path(dir, p->sha256, p->file);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		tell(a, e->seq, "artifact %s is gone: %s", p->name, path);
	else if (!sha256_fd(fd, hash, NULL) || strcmp(hash, p->sha256) != 0)
		tell(a, e->seq, "artifact %s was changed: %s", p->name, path);
}

/* The columns have the storage class that they were written with (SQLite
 * would hand out a changed one under another), and the row is of this run
 * (SQLite believes that the rows between two of a key have it, too). */
static bool
is_as_written(const struct audit *a, sqlite3_stmt *st)
{
	static const int types[] = { SQLITE_INTEGER, SQLITE_INTEGER,
				     SQLITE_TEXT,    SQLITE_TEXT,
				     SQLITE_TEXT,    SQLITE_TEXT };

	for (int i = 0; i < (int)ARRAY_LEN(types); i++)
		if (sqlite3_column_type(st, i) != types[i])
			return false;
	/* No NUL hides the end of a text. */
	for (int i = 2; i < (int)ARRAY_LEN(types); i++)
		if (strlen(db_text(st, i)) !=
		    (size_t)sqlite3_column_bytes(st, i))
			return false;
	return strcmp(db_text(st, 5), a->run) == 0;
}

/* One row; false when the chain is broken and the rest says nothing. */
static bool
check_link(struct audit *a, sqlite3_stmt *st)
{
	AUTO(arena) arena = { 0 };
	bool intact = is_as_written(a, st);
	const char *data = db_text(st, 3), *hash = db_text(st, 4);
	struct event e = { .seq = sqlite3_column_int64(st, 0),
			   .ts_us = sqlite3_column_int64(st, 1),
			   .type = event_type_parse(db_text(st, 2)) };
	char computed[SHA256_HEX_SIZE];

	memcpy(e.run, a->run, sizeof(e.run));
	memcpy(e.prev, a->prev, sizeof(e.prev));
	if (e.seq != a->seq + 1) {
		tell(a, a->seq + 1, "this event is missing");
		return false;
	}
	a->seq = e.seq;
	a->r.events++;
	if (e.type == EVENT_TYPES) {
		tell(a, e.seq, "unknown event type");
		return false;
	}
	event_hash(&e, data, computed);
	if (!intact || strcmp(computed, hash) != 0) {
		tell(a, e.seq, "its content does not fit its hash");
		return false;
	}
	memcpy(a->prev, computed, sizeof(a->prev));
	if (a->seq == a->anchor.seq)
		a->anchored = strcmp(computed, a->anchor.hash) == 0;
	if (!event_decode(data, strlen(data), &arena, &e, NULL))
		tell(a, e.seq, "its data cannot be read");
	else if (e.type == EV_artifact_created)
		check_artifact(a, &e);
	return true;
}

static bool
check_row(struct audit *a, sqlite3_stmt *st)
{
	a->whole = check_link(a, st);
	return a->whole;
}

/* Calls row for each row of the query about the run, until it returns
 * false. */
static bool
each_row(struct audit *a, const char *sql, row_fn *row, struct err *err)
{
	struct db *db = journal_db(a->j);
	sqlite3_stmt *st = db_query(db, sql, err, "s", a->run);
	int rc = st ? 1 : -1;

	while (rc > 0 && (rc = db_step(db, st, err)) > 0)
		if (!row(a, st))
			break;
	if (st)
		sqlite3_reset(st);
	return rc >= 0;
}

static bool
walk_chain(struct audit *a, const char *sql, struct err *err)
{
	a->seq = 0;
	a->anchored = false;
	a->whole = true;
	memset(a->prev, '0', SHA256_HEX_SIZE - 1);
	a->prev[SHA256_HEX_SIZE - 1] = '\0';
	return each_row(a, sql, check_row, err);
}

static bool
is_at_head(struct audit *a)
{
	return a->anchored && (a->seq == a->anchor.seq || !a->exact);
}

/*
 * First by key, silently. When that finds anything, all rows are gone
 * through in their order (the + keeps the index out of it): damage leads a
 * search by key astray, in other runs' rows and far from where it is.
 */
static bool
check_chain(struct audit *a, struct err *err)
{
	struct audit_result before = a->r;
	bool good;

	a->silent = true;
	good = walk_chain(a,
			  "SELECT seq, ts_us, type, data, hash, run FROM event "
			  "WHERE run=? ORDER BY seq",
			  NULL) &&
	       is_at_head(a) && a->r.problems == before.problems;
	a->silent = false;
	if (good)
		return true;
	a->r = before;
	if (walk_chain(a,
		       "SELECT seq, ts_us, type, data, hash, run FROM event "
		       "WHERE +run=?",
		       err) ||
	    is_at_head(a))
		return true;
	tell(a, a->seq + 1, "the database is damaged here");
	return false;
}

static void
check_head(struct audit *a)
{
	memcpy(a->r.head, a->prev, sizeof(a->r.head));
	if (!a->anchor.seq && !a->seq)
		tell(a, 1, "this event is missing, and with it all others");
	else if (a->anchor.seq > a->seq)
		tell(a, a->seq + 1,
		     "this event is missing: the run's end was at %" PRId64,
		     a->anchor.seq);
	else if (!is_at_head(a))
		tell(a, a->seq, "it is not the head that the run names");
}

static bool
tell_projection(struct audit *a, sqlite3_stmt *st)
{
	tell(a, sqlite3_column_int64(st, 0), "%s", db_text(st, 1));
	return true;
}

/* What the tables `run`, `gate` and `spend` say beside the events. Each query
 * gives the sequence number of the event that is contradicted, and how. */
static const char *const projections[] = {
	"SELECT e.seq, 'the run''s row does not agree with it' FROM event e"
	" LEFT JOIN run r ON r.id=e.run AND r.created_us=e.ts_us AND"
	"  r.task IS json_extract(e.data,'$.task') AND"
	"  r.workspace IS json_extract(e.data,'$.workspace') AND"
	"  r.provider IS json_extract(e.data,'$.provider')"
	" WHERE e.run=? AND e.type='run.created' AND r.id IS NULL",

	"SELECT e.seq, 'the run''s status does not agree with it' FROM event e"
	" LEFT JOIN run r ON r.id=e.run AND"
	"  r.status IS json_extract(e.data,'$.outcome')"
	" WHERE e.run=? AND e.type='run.ended' AND r.id IS NULL",

	"SELECT e.seq, 'the gate''s row does not agree with it' FROM event e"
	" LEFT JOIN gate g ON g.run=e.run AND"
	"  g.number=json_extract(e.data,'$.gate') AND g.opened_us=e.ts_us AND"
	"  g.kind IS json_extract(e.data,'$.kind') AND"
	"  g.step IS json_extract(e.data,'$.step') AND"
	"  g.risk IS json_extract(e.data,'$.risk') AND"
	"  g.title IS json_extract(e.data,'$.title') AND"
	"  g.shown IS json_extract(e.data,'$.shown')"
	" WHERE e.run=? AND e.type='gate.opened' AND g.run IS NULL",

	"SELECT e.seq, 'the gate''s row does not agree with it' FROM event e"
	" LEFT JOIN gate g ON g.run=e.run AND"
	"  g.number=json_extract(e.data,'$.gate') AND g.decided_us=e.ts_us AND"
	"  g.decision IS json_extract(e.data,'$.decision') AND"
	"  g.decided_by IS json_extract(e.data,'$.by')"
	" WHERE e.run=? AND e.type='gate.decided' AND g.run IS NULL",

	"SELECT e.seq, 'the event that it was forked from is another one now'"
	" FROM event e WHERE e.run=? AND e.type='run.created' AND"
	" EXISTS (SELECT 1 FROM event o WHERE"
	"  o.run=substr(e.data->>'$.forked_from', 1, 17) AND"
	"  o.seq=CAST(substr(e.data->>'$.forked_from', 19) AS INTEGER) AND"
	"  o.hash IS NOT e.data->>'$.forked_hash')",

	/* Rows that no event made; closed by nobody. */
	"SELECT coalesce((SELECT max(e.seq) FROM event e WHERE e.run=g.run"
	"  AND e.type='gate.opened' AND"
	"  json_extract(e.data,'$.gate')=g.number), 0),"
	" 'gate '||g.number||' stands in a row that no event made'"
	" FROM gate g WHERE g.run=? AND"
	" (SELECT count(*) FROM event e WHERE e.run=g.run AND"
	"  e.type='gate.opened' AND json_extract(e.data,'$.gate')=g.number)"
	" <> 1 OR g.run=?1 AND g.decided_us IS NOT NULL AND NOT EXISTS"
	" (SELECT 1 FROM event e WHERE e.run=g.run AND (e.type='run.ended' OR"
	"  e.type='gate.decided' AND json_extract(e.data,'$.gate')=g.number))",

	"SELECT e.seq, 'what was spent does not agree with it and the turns"
	" before' FROM (SELECT max(seq) AS seq, count(*) AS turns,"
	"  sum(data->>'$.cost_microusd') AS cost,"
	"  sum(data->>'$.input_tokens' + data->>'$.output_tokens') AS tokens"
	"  FROM event WHERE run=?1 AND type='model.turn' AND ts_us >="
	"  (SELECT created_us FROM run WHERE id=?1)) e," /* not a fork's copy */
	" (SELECT sum(turns) AS turns, sum(cost_microusd) AS cost,"
	"  sum(input_tokens + output_tokens) AS tokens"
	"  FROM spend WHERE run=?1) s"
	" WHERE ifnull(s.turns, 0) <> e.turns OR s.cost IS NOT e.cost OR"
	" s.tokens IS NOT e.tokens",
};

static bool
check_projections(struct audit *a, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(projections); i++) {
		if (each_row(a, projections[i], tell_projection, err))
			continue;
		tell(a, a->seq, "the rows of the run cannot be read");
		return false;
	}
	return true;
}

static bool
check_run(struct audit *a, const char *run, struct err *err)
{
	snprintf(a->run, sizeof(a->run), "%s", run);
	a->r.runs++;
	memset(&a->anchor, 0, sizeof(a->anchor));
	if (!journal_anchor(a->j, run, &a->anchor, &a->exact, err)) {
		tell(a, 0, "the run's row cannot be read");
		return false;
	}
	if (!check_chain(a, err))
		return false;
	if (!a->whole)
		return true;
	check_head(a);
	return check_projections(a, err);
}

/* The first column of every row that can be read. */
static bool
list_column(struct audit *a, const char *sql, struct strv *ret,
	    struct err *err)
{
	struct db *db = journal_db(a->j);
	sqlite3_stmt *st = db_stmt(db, sql, err);
	int rc = st ? 1 : -1;

	while (rc > 0 && (rc = db_step(db, st, err)) > 0)
		strv_add(ret, db_text(st, 0));
	if (st)
		sqlite3_reset(st);
	return rc >= 0;
}

/* Every run that has a row or an event, so that neither can vanish alone.
 * When one of the tables is damaged the other still names its runs (then
 * some twice). */
static bool
list_runs(struct audit *a, struct strv *ret, struct err *err)
{
	bool rows = list_column(a, "SELECT id FROM run ORDER BY id", ret, err);
	bool events = list_column(
		a,
		rows ? "SELECT DISTINCT run FROM event "
		       "WHERE run NOT IN(SELECT id FROM run)" :
		       "SELECT DISTINCT run FROM event",
		ret, err);

	return rows && events;
}

bool
audit_verify(struct journal *j, const char *run, audit_problem_fn *fn,
	     void *ud, struct audit_result *ret, struct err *err)
{
	struct audit a = { .j = j, .fn = fn, .ud = ud };
	AUTO(strv) runs = STRV_INIT;
	bool ok = true;

	if (run)
		strv_add(&runs, run);
	else
		ok = list_runs(&a, &runs, err);
	/* Damage in one run is no reason to leave the others out. */
	for (size_t i = 0; i < runs.count; i++)
		ok = check_run(&a, runs.items[i], err) && ok;
	*ret = a.r;
	return ok;
}

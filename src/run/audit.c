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
	char prev[SHA256_HEX_SIZE];
};

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

/* One row; false when the chain is broken and the rest says nothing. */
static bool
check_row(struct audit *a, sqlite3_stmt *st)
{
	AUTO(arena) arena = { 0 };
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
	if (strcmp(computed, hash) != 0 ||
	    strlen(data) != (size_t)sqlite3_column_bytes(st, 3)) {
		tell(a, e.seq, "its content does not fit its hash");
		return false;
	}
	memcpy(a->prev, computed, sizeof(a->prev));
	if (!event_decode(data, strlen(data), &arena, &e, NULL))
		tell(a, e.seq, "its data cannot be read");
	else if (e.type == EV_artifact_created)
		check_artifact(a, &e);
	return true;
}

static bool
check_chain(struct audit *a, bool *ret_whole, struct err *err)
{
	struct db *db = journal_db(a->j);
	sqlite3_stmt *st = db_query(db,
				    "SELECT seq, ts_us, type, data, hash "
				    "FROM event WHERE run=? ORDER BY seq",
				    err, "s", a->run);
	int rc = st ? 1 : -1;
	bool whole = true;

	a->seq = 0;
	memset(a->prev, '0', SHA256_HEX_SIZE - 1);
	a->prev[SHA256_HEX_SIZE - 1] = '\0';
	while (whole && rc > 0 && (rc = db_step(db, st, err)) > 0)
		whole = check_row(a, st);
	if (st)
		sqlite3_reset(st);
	if (rc < 0) {
		tell(a, a->seq + 1, "the database is damaged here");
		return false;
	}
	*ret_whole = whole;
	return true;
}

static bool
check_head(struct audit *a, struct err *err)
{
	struct journal_head head;

	if (!journal_head(a->j, a->run, &head, err))
		return false;
	if (head.seq > a->seq)
		tell(a, a->seq + 1,
		     "this event is missing: the run's end was at %" PRId64,
		     head.seq);
	else if (head.seq != a->seq || strcmp(head.hash, a->prev) != 0)
		tell(a, a->seq, "it is not the head that the run names");
	memcpy(a->r.head, a->prev, sizeof(a->r.head));
	return true;
}

/* Gates, from the events, against their rows. */
static bool
check_gates(struct audit *a, struct err *err)
{
	struct db *db = journal_db(a->j);
	sqlite3_stmt *st = db_query(
		db,
		"SELECT e.seq, g.number FROM event e LEFT JOIN gate g"
		" ON g.run=e.run AND g.number=json_extract(e.data,'$.gate')"
		" AND (e.type='gate.opened' AND"
		"  g.kind IS json_extract(e.data,'$.kind') AND"
		"  g.shown IS json_extract(e.data,'$.shown') AND"
		"  g.opened_us=e.ts_us OR e.type='gate.decided' AND"
		"  g.decision IS json_extract(e.data,'$.decision') AND"
		"  g.decided_by IS json_extract(e.data,'$.by') AND"
		"  g.decided_us=e.ts_us)"
		" WHERE e.run=? AND e.type IN('gate.opened','gate.decided')",
		err, "s", a->run);
	int rc = st ? 1 : -1;

	while (rc > 0 && (rc = db_step(db, st, err)) > 0)
		if (sqlite3_column_type(st, 1) == SQLITE_NULL)
			tell(a, sqlite3_column_int64(st, 0),
			     "the gate's row does not agree with it");
	if (st)
		sqlite3_reset(st);
	return rc >= 0;
}

static bool
check_run(struct audit *a, const char *run, struct err *err)
{
	bool whole;

	snprintf(a->run, sizeof(a->run), "%s", run);
	a->r.runs++;
	if (!check_chain(a, &whole, err))
		return false;
	return !whole || (check_head(a, err) && check_gates(a, err));
}

/* Every run that has an event or a row, so that neither can vanish alone. */
static bool
list_runs(struct audit *a, struct strv *ret, struct err *err)
{
	struct db *db = journal_db(a->j);
	sqlite3_stmt *st = db_stmt(db,
				   "SELECT id FROM run UNION "
				   "SELECT DISTINCT run FROM event ORDER BY 1",
				   err);
	int rc = st ? 1 : -1;

	while (rc > 0 && (rc = db_step(db, st, err)) > 0)
		strv_add(ret, db_text(st, 0));
	if (st)
		sqlite3_reset(st);
	return rc >= 0;
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
	for (size_t i = 0; ok && i < runs.count; i++)
		ok = check_run(&a, runs.items[i], err);
	*ret = a.r;
	return ok;
}

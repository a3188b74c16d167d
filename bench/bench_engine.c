/*
 * bench_engine - what durability costs.
 *
 * A run of 10,000 items goes through the real engine with a tool that does
 * nothing, one after another and 32 at a time; beside it, in the same
 * folder and the same minute, bare SQLite writes the same event rows in WAL
 * mode with synchronous=FULL, one transaction a step. Then the run is
 * killed and resumed as a user would, and the time to the first live step is
 * compared with exec plus a bare SELECT of the same rows.
 *
 *	bench_engine            the whole table
 *	bench_engine --select DB RUN    internal: the bare SELECT
 *	bench_engine --resume HOME RUN  internal: the resume
 */
#include "home.h"

#include "base/clock.h"
#include "base/json.h"
#include "run/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ITEMS = 10000, CHUNK = 100, CHUNKS = ITEMS / CHUNK, REPEATS = 15 };

/* --- bare SQLite -------------------------------------------------------- */

/* The two event rows of a step, as they last were. */
struct bare {
	sqlite3 *db;
	sqlite3_stmt *begin, *put, *commit;
	int64_t seq;
	struct {
		char run[ID_RUN_SIZE], hash[SHA256_HEX_SIZE];
		const char *type;
		char *data;
	} rows[2];
};

static struct bare *
bare_open(const char *dir)
{
	AUTO_FREE char *file = path_join(dir, "bare.db");
	struct bare *b = xcalloc(1, sizeof(*b));

	if (sqlite3_open(file, &b->db) ||
	    sqlite3_exec(b->db,
			 "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
			 "CREATE TABLE event(run TEXT, seq INTEGER, ts_us "
			 "INTEGER, type TEXT, data TEXT, hash TEXT, "
			 "PRIMARY KEY(run, seq)) WITHOUT ROWID",
			 NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(b->db, "INSERT INTO event VALUES(?,?,?,?,?,?)",
			       -1, &b->put, NULL) ||
	    sqlite3_prepare_v2(b->db, "BEGIN IMMEDIATE", -1, &b->begin, NULL) ||
	    sqlite3_prepare_v2(b->db, "COMMIT", -1, &b->commit, NULL))
		abort();
	return b;
}

static void
bare_close(struct bare *b)
{
	sqlite3_finalize(b->begin);
	sqlite3_finalize(b->put);
	sqlite3_finalize(b->commit);
	sqlite3_close(b->db);
	free(b->rows[0].data);
	free(b->rows[1].data);
	free(b);
}

static void
bare_remember(struct bare *b, const struct event *e, const char *data)
{
	int i = e->type == EV_step_finished;

	if (e->type != EV_step_started && e->type != EV_step_finished)
		return;
	memcpy(b->rows[i].run, e->run, sizeof(b->rows[i].run));
	memcpy(b->rows[i].hash, e->hash, sizeof(b->rows[i].hash));
	b->rows[i].type = event_row(e->type)->name;
	free(b->rows[i].data);
	b->rows[i].data = xstrdup(data);
}

/* Microseconds for so many transactions of one step's rows each. */
static double
bare_write(struct bare *b, int steps)
{
	int64_t began = clock_mono_us();

	for (int i = 0; i < steps; i++) {
		sqlite3_step(b->begin);
		sqlite3_reset(b->begin);
		for (int k = 0; k < 2; k++) {
			sqlite3_stmt *st = b->put;

			sqlite3_bind_text(st, 1, b->rows[k].run, -1, NULL);
			sqlite3_bind_int64(st, 2, ++b->seq);
			sqlite3_bind_int64(st, 3, began);
			sqlite3_bind_text(st, 4, b->rows[k].type, -1, NULL);
			sqlite3_bind_text(st, 5, b->rows[k].data, -1, NULL);
			sqlite3_bind_text(st, 6, b->rows[k].hash, -1, NULL);
			sqlite3_step(st);
			sqlite3_reset(st);
		}
		sqlite3_step(b->commit);
		sqlite3_reset(b->commit);
	}
	return (double)(clock_mono_us() - began);
}

/* --- the run ----------------------------------------------------------- */

/*
 * The machine's disk is shared and its speed changes from second to second,
 * so ours and the peer take turns: after every CHUNK steps of the run the
 * peer writes CHUNK transactions.
 */
struct meter {
	int finished, kill_at;
	bool first_live;   /* leave at the first step.started */
	struct bare *bare; /* NULL: do not measure */
	int64_t began_us;
	double ours_us[ITEMS / CHUNK], peer_us[ITEMS / CHUNK];
	int chunks;
};

static void
on_event(void *ud, const struct run_state *s, const struct event *e,
	 const char *data)
{
	struct meter *m = ud;

	(void)s;
	if (e->type == EV_step_started && m->first_live)
		_exit(0);
	if (m->bare)
		bare_remember(m->bare, e, data);
	if (e->type != EV_step_finished)
		return;
	if (++m->finished == m->kill_at)
		raise(SIGKILL);
	if (!m->bare || m->finished % CHUNK)
		return;
	m->ours_us[m->chunks] = (double)(clock_mono_us() - m->began_us);
	m->peer_us[m->chunks++] = bare_write(m->bare, CHUNK);
	m->began_us = clock_mono_us();
}

static void
carry_out(struct paths *p, struct journal *j, const char *pattern,
	  const char *resume, struct meter *m, char *ret_run)
{
	AUTO_PTR(loop) loop = loop_new();
	struct engine_options o = { .loop = loop,
				    .journal = j,
				    .paths = p,
				    .tools = &home_tools,
				    .park = true };
	struct engine *e = engine_new(&o);
	AUTO_FREE char *options = resume ? NULL : home_options(pattern, ITEMS);
	struct run_request r = { .task = "bench",
				 .workspace = p->state,
				 .provider = "offline",
				 .options = options };
	struct err err = ERR_INIT;

	engine_observe(e, on_event, m);
	if (!(resume ? engine_resume(e, resume, &err) :
		       engine_create(e, &r, ret_run, &err)) ||
	    !engine_run(e, &err))
		home_die("run", &err);
	engine_free(e);
}

/* Microseconds of a chunk in the fastest tenth of [from, to): what else the
 * machine does only adds, and both sides meet the same of it. */
static double
fast(const double *us, int from, int to)
{
	double t[ITEMS / CHUNK];
	int n = to - from;

	memcpy(t, us + from, (size_t)n * sizeof(*t));
	home_sort(t, n);
	return t[n / 10];
}

/* Median of peer time / our time, pair by pair: our rate as a share of the
 * peer's, for stretches of the run at different times. */
static double
share(const struct meter *m, int from, int to)
{
	double r[ITEMS / CHUNK];
	int n = to - from;

	for (int i = 0; i < n; i++)
		r[i] = m->peer_us[from + i] / m->ours_us[from + i];
	home_sort(r, n);
	return r[n / 2];
}

/* Steps a second. */
static double
rate(const double *us, int from, int to)
{
	return CHUNK * 1e6 / fast(us, from, to);
}

/* --- resume ------------------------------------------------------------ */

static int
bare_select(const char *file, const char *run)
{
	sqlite3_stmt *st;
	sqlite3 *db;
	size_t bytes = 0;

	if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL) ||
	    sqlite3_prepare_v2(db,
			       "SELECT seq, ts_us, type, data, hash FROM "
			       "event WHERE run=? ORDER BY seq",
			       -1, &st, NULL))
		return 2;
	sqlite3_bind_text(st, 1, run, -1, SQLITE_STATIC);
	while (sqlite3_step(st) == SQLITE_ROW)
		for (int c = 0; c < 5; c++) {
			sqlite3_column_text(st, c);
			bytes += (size_t)sqlite3_column_bytes(st, c);
		}
	sqlite3_finalize(st);
	sqlite3_close(db);
	return bytes > 0 ? 0 : 2;
}

static int
resume_to_first_step(const char *home, const char *run)
{
	struct meter *m = xcalloc(1, sizeof(*m));
	struct paths p = { 0 };
	struct journal *j;

	m->first_live = true;
	home_open(home, &p, &j);
	carry_out(&p, j, "bench-serial", run, m, NULL);
	return 2; /* there was no step left */
}

/* Time of a child in ms. */
static double
time_child(char *const *argv)
{
	int64_t began = clock_mono_us();
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	if (status) {
		fprintf(stderr, "bench_engine: %s ended with %d\n", argv[1],
			status);
		exit(2);
	}
	return (double)(clock_mono_us() - began) / 1e3;
}

/* --- the table --------------------------------------------------------- */

static void
bench_steps(const char *home, struct meter *m)
{
	struct paths p = { 0 };
	struct journal *j;
	char run[ID_RUN_SIZE];
	double serial, parallel;

	home_open(home, &p, &j);
	home_add_pattern(&p, "bench-serial", 1);
	home_add_pattern(&p, "bench-parallel", 32);
	m->bare = bare_open(p.state);
	carry_out(&p, j, "bench-serial", NULL, m, run);
	serial = rate(m->ours_us, 1, CHUNKS);
	/* Seen at 0.82 to 0.87: nearly all of both is waiting for the disk. */
	home_row_near("steps/s, one by one (bare SQLite)", serial,
		      rate(m->peer_us, 1, CHUNKS),
		      serial / rate(m->peer_us, 1, CHUNKS), 0.85, 0.75);
	home_row("... at 10,000 (at 1,000)", rate(m->ours_us, 80, CHUNKS),
		 rate(m->ours_us, 1, 21),
		 share(m, 80, CHUNKS) / share(m, 1, 21), 0.9, false);
	m->finished = m->chunks = 0;
	carry_out(&p, j, "bench-parallel", NULL, m, run);
	parallel = rate(m->ours_us, 1, CHUNKS);
	home_row("steps/s, 32 at a time (one by one)", parallel, serial,
		 parallel / serial, parallel >= 30000 ? 0 : 6, false);
	bare_close(TAKE(m->bare));
	home_close(&p, j);
}

/* A run killed when all but the last step are done. */
static void
bench_resume(const char *self, const char *home, struct meter *m)
{
	struct paths p = { 0 };
	struct journal *j;
	char run[ID_RUN_SIZE];
	AUTO_FREE char *db = NULL;
	struct err err = ERR_INIT;
	double ours, bare;
	pid_t pid = fork();

	if (pid == 0) {
		home_open(home, &p, &j);
		m->finished = 0;
		m->kill_at = ITEMS - 1;
		carry_out(&p, j, "bench-serial", NULL, m, run);
		_exit(2);
	}
	waitpid(pid, NULL, 0);
	home_open(home, &p, &j);
	if (!journal_find_run(j, "last", run, &err))
		home_die("last run", &err);
	journal_free(j);
	db = path_join(p.state, "agentops.db");
	{
		char *select[] = { (char *)self, (char *)"--select", db, run,
				   NULL };
		char *resume[] = { (char *)self, (char *)"--resume",
				   (char *)home, run, NULL };

		bare = time_child(select);
		ours = time_child(resume);
		for (int i = 0; i < REPEATS; i++) {
			double ms = time_child(select);

			bare = ms < bare ? ms : bare;
			ms = time_child(resume);
			ours = ms < ours ? ms : ours;
		}
	}
	/* 15 ms or twice the peer, whichever is more. */
	home_row("resume of 10,000 steps, ms", ours, bare, ours / bare,
		 15 / bare > 2 ? 15 / bare : 2, true);
	paths_release(&p);
}

int
main(int argc, char **argv)
{
	AUTO_FREE char *home = NULL;
	struct meter *m = xcalloc(1, sizeof(*m));
	struct err err = ERR_INIT;

	if (argc == 4 && strcmp(argv[1], "--select") == 0)
		return bare_select(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "--resume") == 0)
		return resume_to_first_step(argv[2], argv[3]);
	home = home_make();
	printf("%-38s %10s %10s %8s\n", "", "ours", "peer", "ratio");
	bench_steps(home, m);
	bench_resume(argv[0], home, m);
	free(m);
	path_remove_tree(home, &err);
	return home_missed;
}

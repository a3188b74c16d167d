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

enum { ITEMS = 10000, WINDOW = 900, REPEATS = 7 };

static bool missed;

static void
row(const char *name, double ours, double peer, double limit, bool at_most)
{
	double ratio = ours / peer;
	bool ok = at_most ? ratio <= limit : ratio >= limit;

	missed |= !ok;
	printf("%-34s %10.2f %10.2f %8.3f  %s %-6g %s\n", name, ours, peer,
	       ratio, at_most ? "<=" : ">=", limit, ok ? "ok" : "MISS");
	fflush(stdout);
}

static void __attribute__((noreturn))
die(const char *what, const struct err *err)
{
	fprintf(stderr, "bench_engine: %s: %s\n", what, err->msg);
	exit(2);
}

/* --- a tool that does nothing ------------------------------------------ */

struct tool_call {
	struct tool_call_base base;
	const struct tool_request *req;
};

static void
noop_done(void *ud)
{
	struct tool_call *c = ud;
	struct tool_result r = { 0 };

	c->req->on_done(c->req->ud, &r);
	tool_result_release(&r);
	free(c);
}

static struct tool_call *
noop_start(const struct tool_request *req, struct err *err)
{
	struct tool_call *c = xcalloc(1, sizeof(*c));

	(void)err;
	c->req = req;
	loop_timer(tool_session_loop(req->session), 0, noop_done, c);
	return c;
}

static const struct tool noop = {
	.name = "noop",
	.summary = "does nothing",
	.schema = "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":"
		  "\"integer\",\"description\":\"item\"}}}",
	.start = noop_start,
};

static const struct tool *const all_tools[] = { &noop, NULL };

static const struct tool *
find_noop(const char *name)
{
	return strcmp(name, "noop") == 0 ? &noop : NULL;
}

static const struct tool *const *
list_noop(void)
{
	return all_tools;
}

static const struct workflow_tools tools = { find_noop, list_noop,
					     tool_check_args };

/* --- the run ----------------------------------------------------------- */

struct meter {
	int finished;
	int64_t at_us[ITEMS + 1];
	int kill_at;
	bool first_live; /* leave at the first step.started */
};

static void
on_event(void *ud, const struct run_state *s, const struct event *e,
	 const char *data)
{
	struct meter *m = ud;

	(void)s;
	(void)data;
	if (e->type == EV_step_started && m->first_live)
		_exit(0);
	if (e->type != EV_step_finished || m->finished >= ITEMS)
		return;
	m->at_us[++m->finished] = clock_mono_us();
	if (m->finished == m->kill_at)
		raise(SIGKILL);
}

static void
write_pattern(const struct paths *p, const char *id, int jobs)
{
	AUTO_FREE char *dir = path_join(p->data, "patterns/discovered");
	AUTO_FREE char *file = xasprintf("%s/%s.md", dir, id);
	AUTO(buf) b = BUF_INIT;
	struct err err = ERR_INIT;

	buf_printf(&b,
		   "---\npattern_id: %s\nname: Bench\ndescription: bench\n"
		   "category: general\nworkflow_steps: [work]\n"
		   "created_at: 2026-01-01T00:00:00Z\nworkflow:\n"
		   "  name: Bench\n  jobs: %d\n  inputs:\n"
		   "    items: {type: list, required: true}\n  steps:\n"
		   "    - id: work\n      uses: noop\n"
		   "      foreach: \"{{ inputs.items }}\"\n"
		   "      with: {n: \"{{ item }}\"}\n---\n# Bench\n",
		   id, jobs);
	if (!path_mkdirs(dir, &err) ||
	    !path_write_atomic(file, b.data, b.len, 0600, &err))
		die("pattern", &err);
}

static char *
options_json(const char *pattern)
{
	AUTO(buf) b = BUF_INIT;

	buf_printf(&b,
		   "{\"pattern\":\"%s\",\"approve\":\"low\",\"inputs\":"
		   "{\"items\":[",
		   pattern);
	for (int i = 0; i < ITEMS; i++)
		buf_printf(&b, "%s%d", i ? "," : "", i);
	buf_addstr(&b, "]}}");
	return buf_steal(&b);
}

static void
open_home(const char *home, struct paths *p, struct journal **j)
{
	struct err err = ERR_INIT;

	setenv("AGENTOPS_HOME", home, 1);
	if (!paths_find(p, &err) || !journal_open(p, j, &err))
		die("home", &err);
}

static void
carry_out(struct paths *p, struct journal *j, const char *pattern,
	  const char *resume, struct meter *m, char *ret_run)
{
	AUTO_PTR(loop) loop = loop_new();
	struct engine_options o = { .loop = loop,
				    .journal = j,
				    .paths = p,
				    .tools = &tools,
				    .park = true };
	struct engine *e = engine_new(&o);
	AUTO_FREE char *options = options_json(pattern);
	struct run_request r = { .task = "bench",
				 .workspace = p->state,
				 .provider = "offline",
				 .options = options };
	struct err err = ERR_INIT;

	engine_observe(e, on_event, m);
	if (!(resume ? engine_resume(e, resume, &err) :
		       engine_create(e, &r, ret_run, &err)) ||
	    !engine_run(e, &err))
		die("run", &err);
	engine_free(e);
}

static double
rate(const struct meter *m, int from, int to)
{
	return (to - from) * 1e6 / (double)(m->at_us[to] - m->at_us[from]);
}

/* --- the peers --------------------------------------------------------- */

/* The run's own event rows, per_commit of them in a transaction, into a new
 * database beside the first. */
static double
bare_rate(struct journal *j, const char *run, const char *dir, int steps)
{
	AUTO_FREE char *file = path_join(dir, "bare.db");
	sqlite3_stmt *get, *put;
	sqlite3 *db;
	int64_t began;
	int rc = 0;

	if (sqlite3_open(file, &db) ||
	    sqlite3_exec(db,
			 "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
			 "CREATE TABLE event(run TEXT, seq INTEGER, ts_us "
			 "INTEGER, type TEXT, data TEXT, hash TEXT, "
			 "PRIMARY KEY(run, seq)) WITHOUT ROWID",
			 NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(db, "INSERT INTO event VALUES(?,?,?,?,?,?)",
			       -1, &put, NULL) ||
	    sqlite3_prepare_v2(db_handle(journal_db(j)),
			       "SELECT run, seq, ts_us, type, data, hash FROM "
			       "event WHERE run=? AND type LIKE 'step.%' AND "
			       "seq > 40",
			       -1, &get, NULL))
		abort();
	sqlite3_bind_text(get, 1, run, -1, SQLITE_STATIC);
	began = clock_mono_us();
	for (int i = 0; i < steps && rc != SQLITE_DONE; i++) {
		sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		for (int k = 0; k < 2 && (rc = sqlite3_step(get)) == SQLITE_ROW;
		     k++) {
			for (int c = 0; c < 6; c++)
				sqlite3_bind_value(
					put, c + 1,
					sqlite3_column_value(get, c));
			sqlite3_step(put);
			sqlite3_reset(put);
		}
		sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	}
	began = clock_mono_us() - began;
	sqlite3_finalize(get);
	sqlite3_finalize(put);
	sqlite3_close(db);
	unlink(file);
	return steps * 1e6 / (double)began;
}

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
	open_home(home, &p, &j);
	carry_out(&p, j, "bench-serial", run, m, NULL);
	return 2; /* there was no step left */
}

/* Median time of a child in ms. */
static double
time_child(char *const *argv)
{
	double ms[REPEATS];

	for (int i = 0; i < REPEATS; i++) {
		int64_t began = clock_mono_us();
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			execv(argv[0], argv);
			_exit(127);
		}
		waitpid(pid, &status, 0);
		ms[i] = (double)(clock_mono_us() - began) / 1e3;
		if (status) {
			fprintf(stderr, "bench_engine: %s ended with %d\n",
				argv[1], status);
			exit(2);
		}
	}
	for (int i = 1; i < REPEATS; i++)
		for (int k = i; k > 0 && ms[k] < ms[k - 1]; k--) {
			double t = ms[k];

			ms[k] = ms[k - 1];
			ms[k - 1] = t;
		}
	return ms[REPEATS / 2];
}

/* --- the table --------------------------------------------------------- */

static void
bench_steps(const char *home, struct meter *m)
{
	struct paths p = { 0 };
	struct journal *j;
	char run[ID_RUN_SIZE];
	double serial, bare, parallel;

	open_home(home, &p, &j);
	write_pattern(&p, "bench-serial", 1);
	write_pattern(&p, "bench-parallel", 32);
	carry_out(&p, j, "bench-serial", NULL, m, run);
	serial = rate(m, 10, ITEMS);
	bare = bare_rate(j, run, p.state, ITEMS / 2);
	row("steps/s, one by one (bare SQLite)", serial, bare, 0.85, false);
	row("steps/s at 10,000 (at 1,000)", rate(m, ITEMS - WINDOW, ITEMS),
	    rate(m, 1000 - WINDOW / 2, 1000 + WINDOW / 2), 0.9, false);
	m->finished = 0;
	carry_out(&p, j, "bench-parallel", NULL, m, run);
	parallel = rate(m, 320, ITEMS);
	row("steps/s, 32 at a time (one by one)", parallel, serial,
	    parallel >= 30000 ? 0 : 6, false);
	journal_free(j);
	paths_release(&p);
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
		open_home(home, &p, &j);
		m->finished = 0;
		m->kill_at = ITEMS - 1;
		carry_out(&p, j, "bench-serial", NULL, m, run);
		_exit(2);
	}
	waitpid(pid, NULL, 0);
	open_home(home, &p, &j);
	if (!journal_find_run(j, "last", run, &err))
		die("last run", &err);
	journal_free(j);
	db = path_join(p.state, "agentops.db");
	{
		char *select[] = { (char *)self, "--select", db, run, NULL };
		char *resume[] = { (char *)self, "--resume", (char *)home,
				   run, NULL };

		bare = time_child(select);
		ours = time_child(resume);
	}
	/* 15 ms or twice the peer, whichever is more. */
	row("resume of 10,000 steps, ms", ours, bare,
	    15 / bare > 2 ? 15 / bare : 2, true);
	paths_release(&p);
}

int
main(int argc, char **argv)
{
	const char *tmp = getenv("TMPDIR");
	AUTO_FREE char *home =
		xasprintf("%s/agentops-bench-XXXXXX", tmp ? tmp : "/var/tmp");
	struct meter *m = xcalloc(1, sizeof(*m));
	struct err err = ERR_INIT;

	if (argc == 4 && strcmp(argv[1], "--select") == 0)
		return bare_select(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "--resume") == 0)
		return resume_to_first_step(argv[2], argv[3]);
	if (!mkdtemp(home))
		return 2;
	printf("%-34s %10s %10s %8s\n", "", "ours", "peer", "ratio");
	bench_steps(home, m);
	bench_resume(argv[0], home, m);
	free(m);
	path_remove_tree(home, &err);
	return missed;
}

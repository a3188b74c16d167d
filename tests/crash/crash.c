/*
 * crash - kills a run at every event boundary, and at random instants, and
 * sees that it ends as if nothing had happened.
 *
 *	crash [SEED]          CRASH_INSTANTS=N random instants, default 200
 *
 * The run has parallel steps, a retry, a fallback, a foreach, a chart, gates
 * (plan, approve, review), effects that may be repeated and effects that may
 * not: these add a line to effects.log. It is made of real programs in their
 * sandbox.
 *
 * For every event k of the run, twice: the process that carries the run out
 * kills itself with SIGKILL
 *	published   when an observer sees event k: it is durable, the effect
 *	            that it asks for has not begun;
 *	commit      inside SQLite, before the commit that would make event k
 *	            durable.
 * At a random instant it is killed from outside. Then a new process takes
 * the run over and answers its gates: yes, and for an `interrupted` gate
 * what effects.log says: mark-done when the line is there, else retry.
 *
 * It must end with the outcome, the outcomes of steps, the artifacts and the
 * learnt pattern of the run that nobody killed, every line in effects.log
 * exactly once, a journal that the audit finds whole, and no process left.
 *
 * Segments. A run that waits at a gate has nothing under way, so its folder
 * is the whole of it. Each lane (one worker process, own folders) first
 * carries out the run without a kill and copies its folders at each gate;
 * a kill in a later segment starts from the copy at the segment's begin.
 * Every event of every segment has its two kills.
 */
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "know/library.h"
#include "run/audit.h"
#include "run/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LANES = 4,
	SEGMENTS_MAX = 8,
	INSTANTS = 200,
	TEXT_MAX = 1 << 20,
	GATES_MAX = 50,     /* a run that asks more often goes in circles */
	LEFT_RUNNING_S = 20,
	KILLED = 128 + SIGKILL,
};

static const char pattern[] =
	"---\n"
	"pattern_id: crash\n"
	"name: Crash test\n"
	"workflow:\n"
	"  name: Crash test\n"
	"  jobs: 3\n"
	"  inputs:\n"
	"    data: {type: file, required: true}\n"
	"  steps:\n"
	"    - {id: profile, uses: data_profile,"
	" with: {path: \"{{ inputs.data }}\"}}\n"
	"    - id: mark\n"
	"      run: echo mark >> \"$AGENTOPS_WORKSPACE/effects.log\"\n"
	"      profile: workspace-write\n"
	"      effects: writes\n"
	"    - id: flaky\n"
	"      run: test \"$AGENTOPS_ATTEMPT\" -ge 2\n"
	"      retry: {attempts: 2, backoff: 10ms}\n"
	"    - id: spare\n"
	"      run: exit 1\n"
	"      fallback: {run: echo spare}\n"
	"    - id: each\n"
	"      needs: [profile]\n"
	"      foreach: [x, y]\n"
	"      profile: workspace-write\n"
	"      effects: writes\n"
	"      run: |\n"
	"        i=$(<\"$AGENTOPS_VALUES\"); i=${i##*\\\"index\\\":}\n"
	"        echo \"each.${i%%[!0-9]*}\""
	" >> \"$AGENTOPS_WORKSPACE/effects.log\"\n"
	"    - id: chart\n"
	"      needs: [profile]\n"
	"      uses: chart\n"
	"      with: {data: \"{{ inputs.data }}\", kind: line, x: day,"
	" y: [n]}\n"
	"      outputs: {chart: chart.png}\n"
	"    - id: asked\n"
	"      needs: [chart, mark]\n"
	"      gate: approve\n"
	"      run: echo asked >> \"$AGENTOPS_WORKSPACE/effects.log\"\n"
	"      profile: workspace-write\n"
	"      effects: writes\n"
	"---\n"
	"A run to be killed.\n";

static const char data[] = "day,n\n2024-01-01,3\n2024-01-02,5\n"
			   "2024-01-03,4\n2024-01-04,7\n";

static void __attribute__((noreturn, format(printf, 1, 2)))
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("crash: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

/* --- the process that carries a run out -------------------------------- */

enum kill_how { KILL_NOT, KILL_PUBLISHED, KILL_COMMIT };

static const char *const how_names[] = { "not", "published", "commit" };

struct actor {
	const char *dir; /* the lane's */
	enum kill_how how;
	int64_t at;      /* sequence number */
	bool one_segment; /* leave at the first gate that is found open */

	struct paths paths;
	struct journal *j;
	struct loop *loop;
	struct engine *e;
	char run[ID_RUN_SIZE];
	int64_t seq;     /* of the last event that was written */
	bool ended;
};

static void
on_event(void *ud, const struct run_state *s, const struct event *e,
	 const char *text)
{
	struct actor *a = ud;

	(void)s;
	(void)text;
	a->ended |= e->type == EV_run_ended;
	if (a->how == KILL_PUBLISHED && e->seq == a->at)
		raise(SIGKILL);
}

/* Counts the events that are written into the open transaction. */
static int
on_statement(unsigned type, void *ud, void *statement, void *sql)
{
	struct actor *a = ud;

	(void)type;
	(void)statement;
	a->seq += !strncmp(sql, "INSERT INTO event(", 18);
	return 0;
}

static int
on_commit(void *ud)
{
	struct actor *a = ud;

	if (a->how == KILL_COMMIT && a->seq >= a->at)
		raise(SIGKILL);
	return 0;
}

static bool
actor_open(struct actor *a, struct err *err)
{
	struct engine_options o = { .park = true };
	struct journal_head head;

	if (!paths_find(&a->paths, err) ||
	    !journal_open(&a->paths, &a->j, err))
		return false;
	if (journal_find_run(a->j, "last", a->run, NULL)) {
		if (!journal_head(a->j, a->run, &head, err))
			return false;
		a->seq = head.seq;
	}
	sqlite3_trace_v2(db_handle(journal_db(a->j)), SQLITE_TRACE_STMT,
			 on_statement, a);
	sqlite3_commit_hook(db_handle(journal_db(a->j)), on_commit, a);
	a->loop = o.loop = loop_new();
	o.journal = a->j;
	o.paths = &a->paths;
	a->e = engine_new(&o);
	engine_observe(a->e, on_event, a);
	return true;
}

static void
actor_close(struct actor *a)
{
	engine_free(a->e);
	loop_free(a->loop);
	journal_free(a->j);
	paths_release(&a->paths);
}

/* Whether effects.log has the line of the step (and item). */
static bool
is_in_log(const struct actor *a, const struct run_state *s,
	  const struct gate_state *g)
{
	AUTO_FREE char *path = path_join(a->dir, "ws/effects.log");
	AUTO_FREE char *line =
		g->item < 0 ?
			xasprintf("%s\n", s->workflow->steps[g->step].id) :
			xasprintf("%s.%d\n", s->workflow->steps[g->step].id,
				  g->item);
	AUTO(buf) log = BUF_INIT;

	return path_read(path, TEXT_MAX, &log, NULL) &&
	       strstr(buf_str(&log), line);
}

static bool
answer_gate(struct actor *a, const struct run_state *s,
	    const struct gate_state *g, struct err *err)
{
	struct gate_answer answer = { .decision = "approve", .by = "crash" };

	if (g->kind == GATE_INTERRUPTED)
		answer.decision = is_in_log(a, s, g) ? "mark-done" : "retry";
	if (!journal_decide(a->j, a->run, g->number, &answer, err))
		return false;
	if (a->how == KILL_PUBLISHED && a->seq == a->at)
		raise(SIGKILL);
	return true;
}

static bool
answer_gates(struct actor *a, struct err *err)
{
	AUTO_PTR(run_state) s = engine_read(a->j, a->run, &engine_tools, err);

	if (!s)
		return false;
	for (size_t i = 0; i < s->gate_count; i++)
		if (s->gates[i].open && !answer_gate(a, s, &s->gates[i], err))
			return false;
	return true;
}

static bool
create(struct actor *a, struct err *err)
{
	AUTO_FREE char *ws = path_join(a->dir, "ws");
	AUTO_FREE char *options = xasprintf(
		"{\"pattern\":\"crash\",\"data\":[\"%s/data.csv\"]}", ws);
	struct run_request r = { .task = "crash test",
				 .workspace = ws,
				 .provider = "offline",
				 .options = options };

	return engine_create(a->e, &r, a->run, err);
}

static bool
has_ended(struct actor *a)
{
	AUTO_PTR(run_state) s =
		engine_read(a->j, a->run, &engine_tools, NULL);

	return s && s->ended;
}

static bool
carry_out(struct actor *a, struct err *err)
{
	bool fresh = !a->seq;

	if (!fresh && has_ended(a))
		return true;
	if (fresh && (!create(a, err) || !engine_run(a->e, err)))
		return false;
	for (int i = 0; !a->ended && (!a->one_segment || (!i && !fresh));
	     i++) {
		if (i == GATES_MAX)
			return FAIL(err, ERR_LIMIT, "it asks and asks");
		if (!answer_gates(a, err) ||
		    !engine_resume(a->e, a->run, err) ||
		    !engine_run(a->e, err))
			return false;
	}
	return true;
}

/* --- what a run came to ------------------------------------------------ */

static void
count_problem(void *ud, const struct audit_problem *p)
{
	buf_printf(ud, "audit: seq %" PRId64 ": %s\n", p->seq, p->what);
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
tell_log(const char *dir, struct buf *out)
{
	AUTO_FREE char *path = path_join(dir, "ws/effects.log");
	AUTO(buf) log = BUF_INIT;
	AUTO(strv) lines = STRV_INIT;
	char *rest, *line;

	path_read(path, TEXT_MAX, &log, NULL);
	rest = log.data;
	while (log.len && (line = strsep(&rest, "\n")))
		strv_add(&lines, line);
	if (lines.count)
		qsort(lines.items, lines.count, sizeof(*lines.items),
		      compare_lines);
	for (size_t i = 0; i < lines.count; i++)
		if (*lines.items[i])
			buf_printf(out, "effect %s\n", lines.items[i]);
}

/* The script of a chart holds the path of its run; its picture does not. */
static bool
is_same_in_all_runs(const struct artifact_state *f)
{
	return !str_ends(f->name, ".gp");
}

static bool
tell_result(struct actor *a, struct err *err)
{
	struct library_row row = { 0 };
	AUTO_PTR(run_state) s = engine_read(a->j, a->run, &engine_tools, err);
	AUTO_FREE char *path = path_join(a->dir, "result");
	AUTO(buf) out = BUF_INIT;
	struct audit_result r;

	if (!s)
		return false;
	buf_printf(&out, "outcome %s\n", s->outcome ? s->outcome : "none");
	for (size_t i = 0; s->steps && i < s->workflow->step_count; i++)
		buf_printf(&out, "step %s %s\n", s->workflow->steps[i].id,
			   item_status_name(s->steps[i].outcome));
	for (size_t i = 0; i < s->artifact_count; i++)
		if (is_same_in_all_runs(&s->artifacts[i]))
			buf_printf(&out, "artifact %s %s %s\n",
				   s->artifacts[i].step, s->artifacts[i].name,
				   s->artifacts[i].sha256);
	if (s->pattern &&
	    library_get(journal_db(a->j), s->pattern, &row, NULL)) {
		buf_printf(&out, "learnt %" PRId64 " of %" PRId64 "\n",
			   row.counts.successes, row.counts.executions);
		library_row_release(&row);
	}
	tell_log(a->dir, &out);
	if (!audit_verify(a->j, NULL, count_problem, &out, &r, err))
		return false;
	buf_printf(&out, "audit %" PRId64 " runs, %" PRId64 " problems\n",
		   r.runs, r.problems);
	return path_write_atomic(path, out.data, out.len, 0600, err);
}

/* Exit status: 0 when the run ended or the segment is over. */
static int
act(struct actor *a)
{
	struct err err = ERR_INIT;
	bool ok = actor_open(a, &err) && carry_out(a, &err) &&
		  (a->one_segment || tell_result(a, &err));

	if (!ok)
		fprintf(stderr, "crash: %s: %s\n", a->dir, err.msg);
	else
		actor_close(a);
	return ok ? 0 : 1;
}

/* --- a lane ------------------------------------------------------------ */

struct lane {
	int number;
	char *dir;
	int segments;
	struct {
		int64_t seq;     /* of the last event at its end */
		int64_t wall_us; /* that it takes */
	} ends[SEGMENTS_MAX];
	struct buf reference; /* result of the run that nobody killed */
	unsigned seed;
};

static void
on_alarm(int signum)
{
	(void)signum;
}

/* Our children, for the message; their command lines. */
static void
tell_children(void)
{
	AUTO_FREE char *list = xasprintf("/proc/self/task/%d/children",
					 (int)getpid());
	AUTO(buf) pids = BUF_INIT;
	char *rest, *pid;

	path_read(list, TEXT_MAX, &pids, NULL);
	rest = pids.data;
	while (pids.len && (pid = strsep(&rest, " "))) {
		AUTO_FREE char *file = xasprintf("/proc/%s/cmdline", pid);
		AUTO(buf) line = BUF_INIT;

		if (!*pid || !path_read(file, TEXT_MAX, &line, NULL))
			continue;
		for (size_t i = 0; i + 1 < line.len; i++)
			if (!line.data[i])
				line.data[i] = ' ';
		fprintf(stderr, "crash: process %s: %.200s\n", pid,
			buf_str(&line));
	}
}

/* All processes of the lane have ended: the actor, and (we are their
 * subreaper) whatever it started. */
static void
wait_for_all(struct lane *l, pid_t actor, int *ret_status)
{
	pid_t pid;
	int status;

	alarm(LEFT_RUNNING_S);
	while ((pid = waitpid(-1, &status, 0)) > 0 || errno != ECHILD) {
		if (pid == actor)
			*ret_status = WIFEXITED(status) ?
					      WEXITSTATUS(status) :
					      128 + WTERMSIG(status);
		else if (pid < 0) {
			tell_children();
			die("lane %d: something is left running %d seconds "
			    "after its run was killed",
			    l->number, LEFT_RUNNING_S);
		}
	}
	alarm(0);
}

/* kill_after_us < 0: the actor is left to itself. */
static int
run_actor(struct lane *l, struct actor a, int64_t kill_after_us)
{
	struct timespec after = { kill_after_us / 1000000,
				  kill_after_us % 1000000 * 1000 };
	int status = 0;
	pid_t pid;

	fflush(NULL);
	a.dir = l->dir;
	pid = fork();
	if (pid == 0)
		_exit(act(&a));
	if (pid > 0 && kill_after_us >= 0) {
		AUTO_FD fd = (int)syscall(SYS_pidfd_open, pid, 0);
		struct pollfd p = { .fd = fd, .events = POLLIN };

		ppoll(&p, 1, &after, NULL);
		kill(pid, SIGKILL);
	}
	wait_for_all(l, pid, &status);
	return status;
}

static void
copy_tree(const char *from, const char *to)
{
	struct err err = ERR_INIT;
	int status;
	pid_t pid;

	if (!path_remove_tree(to, &err))
		die("%s", err.msg);
	pid = fork();
	if (pid == 0) {
		execlp("cp", "cp", "-a", from, to, (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		die("cannot copy %s to %s", from, to);
}

/* The lane's folders as they are now, and back again. */
static void
save(struct lane *l, int segment)
{
	AUTO_FREE char *home = xasprintf("%s/home", l->dir);
	AUTO_FREE char *ws = xasprintf("%s/ws", l->dir);
	AUTO_FREE char *to_home = xasprintf("%s/home.%d", l->dir, segment);
	AUTO_FREE char *to_ws = xasprintf("%s/ws.%d", l->dir, segment);

	copy_tree(home, to_home);
	copy_tree(ws, to_ws);
}

static void
restore(struct lane *l, int segment)
{
	AUTO_FREE char *home = xasprintf("%s/home", l->dir);
	AUTO_FREE char *ws = xasprintf("%s/ws", l->dir);
	AUTO_FREE char *from_home = xasprintf("%s/home.%d", l->dir, segment);
	AUTO_FREE char *from_ws = xasprintf("%s/ws.%d", l->dir, segment);

	copy_tree(from_home, home);
	copy_tree(from_ws, ws);
}

static void
write_file(const char *dir, const char *name, const char *text)
{
	AUTO_FREE char *path = path_join(dir, name);
	AUTO_FREE char *folder = path_dir(path);
	struct err err = ERR_INIT;

	if (!path_mkdirs(folder, &err) ||
	    !path_write_atomic(path, text, strlen(text), 0600, &err))
		die("%s", err.msg);
}

static void
read_result(struct lane *l, struct buf *out)
{
	AUTO_FREE char *path = path_join(l->dir, "result");
	struct err err = ERR_INIT;

	if (!path_read(path, TEXT_MAX, out, &err))
		die("%s", err.msg);
}

/* The sequence number at the end of the run as it stands; 0: it ended. Its
 * own process, because SQLite does not survive a fork. */
static int64_t
measure_seq(struct lane *l)
{
	AUTO_FREE char *path = path_join(l->dir, "seq");
	AUTO(buf) text = BUF_INIT;
	int64_t seq = 0;
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		struct actor a = { .dir = l->dir };
		char number[32];

		if (!actor_open(&a, NULL))
			_exit(1);
		snprintf(number, sizeof(number), "%s%" PRId64,
			 has_ended(&a) ? "-" : "", a.seq);
		_exit(!path_write_atomic(path, number, strlen(number), 0600,
					 NULL));
	}
	wait_for_all(l, pid, &status);
	if (status || !path_read(path, 64, &text, NULL) ||
	    !str_to_i64(buf_str(&text), INT32_MIN, INT32_MAX, &seq))
		die("lane %d: cannot read the run", l->number);
	return seq;
}

/* The run without a kill, saved at each gate. */
static void
refer(struct lane *l)
{
	int64_t seq = 1;

	for (int i = 0; seq > 0; i++) {
		int64_t began = clock_mono_us();

		if (i == SEGMENTS_MAX)
			die("the run has more than %d segments",
			    SEGMENTS_MAX);
		save(l, i);
		if (run_actor(l, (struct actor){ .one_segment = true }, -1))
			die("the run without a kill failed");
		seq = measure_seq(l);
		l->ends[i].seq = seq < 0 ? -seq : seq;
		l->ends[i].wall_us = clock_mono_us() - began;
		l->segments = i + 1;
	}
	if (run_actor(l, (struct actor){ 0 }, -1))
		die("the run without a kill cannot be read");
	read_result(l, &l->reference);
}

static void
see_same(struct lane *l, const char *what)
{
	AUTO(buf) result = BUF_INIT;

	read_result(l, &result);
	if (strcmp(buf_str(&result), buf_str(&l->reference)) != 0)
		die("%s: the run ended differently; lane %d is kept in %s\n"
		    "--- wanted\n%s--- got\n%s",
		    what, l->number, l->dir, buf_str(&l->reference),
		    buf_str(&result));
}

/* Goes on after the kill, to the end. */
static void
finish(struct lane *l, int status, const char *what)
{
	if (status && status != KILLED)
		die("%s: the run failed (status %d); lane %d is kept in %s",
		    what, status, l->number, l->dir);
	if (status == KILLED && run_actor(l, (struct actor){ 0 }, -1))
		die("%s: it cannot be resumed; lane %d is kept in %s", what,
		    l->number, l->dir);
	see_same(l, what);
}

static void
kill_at_boundary(struct lane *l, int segment, int64_t seq, enum kill_how how)
{
	AUTO_FREE char *what = xasprintf("killed at event %" PRId64 " (%s)",
					 seq, how_names[how]);
	struct actor a = { .how = how, .at = seq };

	restore(l, segment);
	finish(l, run_actor(l, a, -1), what);
}

static void
kill_at_instant(struct lane *l, int number)
{
	int64_t all_us = 0, at_us;
	AUTO_FREE char *what = NULL;
	int segment = 0;

	for (int i = 0; i < l->segments; i++)
		all_us += l->ends[i].wall_us;
	at_us = rand_r(&l->seed) % (all_us ? all_us : 1);
	what = xasprintf("killed at instant %d (%" PRId64 " us)", number,
			 at_us);
	while (at_us >= l->ends[segment].wall_us)
		at_us -= l->ends[segment++].wall_us;
	restore(l, segment);
	finish(l, run_actor(l, (struct actor){ 0 }, at_us), what);
}

static void
every_boundary(struct lane *l)
{
	int64_t seq = 1;

	for (int i = 0; i < l->segments; i++)
		for (; seq <= l->ends[i].seq; seq++) {
			if (seq % LANES != l->number)
				continue;
			kill_at_boundary(l, i, seq, KILL_PUBLISHED);
			kill_at_boundary(l, i, seq, KILL_COMMIT);
		}
}

/* --- all lanes --------------------------------------------------------- */

static int
run_lane(const char *base, int number, unsigned seed, int instants)
{
	struct lane l = { .number = number, .seed = seed + (unsigned)number };
	AUTO_FREE char *home = NULL;
	struct sigaction alarm_action = { .sa_handler = on_alarm };

	l.dir = xasprintf("%s/lane%d", base, number);
	home = path_join(l.dir, "home");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigaction(SIGALRM, &alarm_action, NULL);
	setenv("AGENTOPS_HOME", home, 1);
	write_file(l.dir, "ws/data.csv", data);
	write_file(home, "data/patterns/discovered/crash.md", pattern);
	refer(&l);
	if (number == 0)
		printf("crash: %" PRId64 " events in %d segments\n%s",
		       l.ends[l.segments - 1].seq, l.segments,
		       buf_str(&l.reference));
	every_boundary(&l);
	for (int i = number; i < instants; i += LANES)
		kill_at_instant(&l, i);
	buf_release(&l.reference);
	free(l.dir);
	return 0;
}

static int
wait_for_lanes(pid_t *lanes)
{
	int failed = 0, status;

	for (int i = 0; i < LANES; i++)
		failed |= waitpid(lanes[i], &status, 0) != lanes[i] || status;
	return failed;
}

static void
check_sandbox(void)
{
	struct sandbox_report report;
	struct err err = ERR_INIT;

	if (sandbox_probe(false, &report, &err) &&
	    sandbox_can(&report, SANDBOX_WORKSPACE_WRITE, &err))
		return;
	printf("crash: skipped: %s\n", err.msg);
	exit(77);
}

int
main(int argc, char **argv)
{
	const char *tmp = getenv("TMPDIR"), *n = getenv("CRASH_INSTANTS");
	AUTO_FREE char *base = xasprintf("%s/agentops-crash-XXXXXX",
					 tmp ? tmp : "/tmp");
	int64_t seed = clock_wall_us() % 1000000, instants = INSTANTS;
	int64_t began = clock_mono_us();
	struct err err = ERR_INIT;
	pid_t lanes[LANES];

	if ((argc > 1 && !str_to_i64(argv[1], 0, INT32_MAX, &seed)) ||
	    (n && !str_to_i64(n, 0, 100000, &instants)))
		die("use: crash [SEED]");
	if (!mkdtemp(base))
		die("cannot make %s", base);
	setenv("AGENTOPS_HOME", base, 1);
	/* Looking for Jupyter takes longer than all the rest. */
	setenv("AGENTOPS_PYTHON", "/bin/false", 1);
	check_sandbox();
	printf("crash: seed %" PRId64 "\n", seed);
	fflush(NULL);
	for (int i = 0; i < LANES; i++) {
		lanes[i] = fork();
		if (lanes[i] == 0)
			exit(run_lane(base, i, (unsigned)seed,
				      (int)instants));
	}
	if (wait_for_lanes(lanes))
		return 1;
	printf("crash: all the same after %.1f s\n",
	       (double)(clock_mono_us() - began) / 1e6);
	if (!path_remove_tree(base, &err))
		die("%s", err.msg);
	return 0;
}

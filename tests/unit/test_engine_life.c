/* The engine: killed and resumed, left, with a journal that fails, and among
 * other processes. */
#include "engine_test.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>

/* --- killed processes -------------------------------------------------- */

struct victim {
	const char *dir, *pattern, *options;
	enum event_type type; /* dies when it sees this event ... */
	int nth;              /* ... for the nth time, from 1; 0: of any type
				 at sequence number seq */
	int64_t seq;
	char resume[ID_RUN_SIZE]; /* this run instead of a new one */
};

static const struct victim *dying;

static void
die_at(struct rig *r, const struct event *e)
{
	if (dying->nth ? e->type == dying->type &&
				 r->counts[dying->type] == dying->nth :
			 e->seq == dying->seq)
		raise(SIGKILL);
}

static int
run_victim(void *ud)
{
	const struct victim *v = ud;
	struct rig r;
	struct err err = ERR_INIT;

	dying = v;
	if (!rig_try_open(&r, v->dir, true, &fake_table, &err))
		return 1;
	r.watch = die_at;
	memcpy(r.run, v->resume, sizeof(r.run));
	if (*v->resume ? !engine_resume(r.e, r.run, &err) :
			 !rig_create(&r, v->pattern, v->options, &err))
		return 2;
	return engine_run(r.e, &err) ? 0 : 3;
}

static void
kill_one(struct victim *v)
{
	assert_int_equal(run_wait(run_fork(run_victim, v)), 128 + SIGKILL);
}

/* Killed between the counter and the effect of iteration 1, then as the
 * step of the resumed run begins. */
static void
hold_limit_across_kills(const char *dir, const char *risk, int limit)
{
	AUTO_FREE char *log = path_join(dir, "log");
	struct victim v = { .dir = dir,
			    .pattern = risk,
			    .options = yes_to_all,
			    .type = EV_iteration_started,
			    .nth = 1 };
	struct err err = ERR_INIT;
	struct rig r;

	unlink(log);
	limit_pattern(dir, risk, limit + 2);
	kill_one(&v);
	assert_int_equal(count_lines(dir), 0);
	rig_open(&r, dir, true);
	assert_ok(journal_find_run(r.j, "last", v.resume, &err), err);
	rig_release(&r);
	v.type = EV_step_started;
	kill_one(&v);
	rig_open(&r, dir, true);
	rig_resume(&r, v.resume);
	assert_true(r.parked);
	assert_int_equal(count_lines(dir), limit);
	/* The kills moved no counter beyond the limit. */
	{
		AUTO_PTR(run_state) s = engine_read(r.j, r.run, r.tools,
						    &err);

		assert_ok(s != NULL, err);
		assert_int_equal(s->iteration, limit);
		assert_int_equal(s->limit, limit);
		assert_int_equal(s->rework, 0);
	}
	rig_answer(&r, "limit", "approve", NULL);
	assert_string_equal(r.outcome, "succeeded");
	assert_int_equal(count_lines(dir), limit + 2);
	rig_close(&r);
}

static void
test_limit_across_a_kill(void **state)
{
	hold_limit_across_kills(*state, "critical", 2);
	hold_limit_across_kills(*state, "high", 5);
	hold_limit_across_kills(*state, "medium", 10);
	hold_limit_across_kills(*state, "low", 30);
}

/* Ends whatever is left of a run: every gate gets a yes; an interrupted one
 * is answered by what the log holds. */
static void
finish_run(struct rig *r, const char *run)
{
	for (rig_resume(r, run); r->parked;) {
		AUTO_PTR(run_state) s = engine_read(r->j, r->run, r->tools,
						    NULL);
		const struct gate_state *g = run_open_gate(s);
		bool cut = g->kind == GATE_INTERRUPTED;

		rig_answer(r, gate_kind_name(g->kind),
			   !cut			   ? "approve" :
			   count_lines(r->dir) > 0 ? "mark-done" :
						     "retry",
			   NULL);
	}
}

/* Killed at each of its events and resumed, a run of tools that act at once
 * ends the same; the unsafe effect happens exactly once. */
static void
test_every_event(void **state)
{
	AUTO_FREE char *log = path_join(*state, "log");
	AUTO_FREE char *flow = xasprintf(
		"  steps:\n"
		"    - {id: a, uses: append, with: {file: \"%s\", line: x}}\n"
		"    - {id: b, uses: work, with: {fail: 1},\n"
		"       retry: {attempts: 2, backoff: 1ms}}\n"
		"    - {id: c, uses: work, foreach: [1, 2], needs: [a, b]}\n",
		log);
	int killed = 0;

	rig_pattern(*state, "all", flow);
	for (int64_t seq = 1;; seq++) {
		struct victim v = { .dir = *state,
				    .pattern = "all",
				    .options = yes_to_all,
				    .seq = seq };
		struct err err = ERR_INIT;
		struct rig r;
		int status;

		unlink(log);
		status = run_wait(run_fork(run_victim, &v));
		if (status == 0)
			break;
		assert_int_equal(status, 128 + SIGKILL);
		killed++;
		rig_open(&r, *state, true);
		assert_ok(journal_find_run(r.j, "last", v.resume, &err), err);
		{
			AUTO_PTR(run_state) s =
				engine_read(r.j, v.resume, r.tools, &err);

			assert_ok(s != NULL, err);
			if (s->ended) {
				rig_release(&r);
				continue;
			}
		}
		finish_run(&r, v.resume);
		assert_string_equal(r.outcome, "succeeded");
		assert_int_equal(count_lines(*state), 1);
		rig_close(&r);
	}
	assert_true(killed > 40);
}

/* --- interrupted steps ------------------------------------------------- */

static void
interrupt(const char *dir, const char *decision, struct rig *r)
{
	AUTO_FREE char *log = path_join(dir, "log");
	AUTO_FREE char *flow = xasprintf(
		"  steps:\n"
		"    - {id: a, uses: append, with: {file: \"%s\", line: x}}\n"
		"    - {id: b, uses: work, needs: [a]}\n",
		log);
	struct victim v = { .dir = dir,
			    .pattern = "cut",
			    .options = yes_to_all,
			    .type = EV_step_started,
			    .nth = 1 };
	struct err err = ERR_INIT;

	unlink(log);
	rig_pattern(dir, "cut", flow);
	kill_one(&v);
	rig_open(r, dir, true);
	assert_ok(journal_find_run(r->j, "last", v.resume, &err), err);
	rig_resume(r, v.resume);
	assert_true(r->parked);
	assert_int_equal(count_lines(dir), 0);
	rig_answer(r, "interrupted", decision, NULL);
	assert_true(r->ended);
}

static void
test_interrupted(void **state)
{
	struct rig r;

	interrupt(*state, "retry", &r);
	assert_string_equal(r.outcome, "succeeded");
	assert_int_equal(count_lines(*state), 1);
	rig_close(&r);
	interrupt(*state, "mark-done", &r);
	assert_string_equal(r.outcome, "succeeded");
	assert_int_equal(count_lines(*state), 0);
	rig_close(&r);
	interrupt(*state, "skip", &r);
	assert_string_equal(r.outcome, "succeeded");
	rig_close(&r);
	interrupt(*state, "abort", &r);
	assert_string_equal(r.outcome, "failed");
	assert_int_equal(r.counts[EV_pattern_learned], 1);
	rig_close(&r);
}

/* A program that no sandbox holds may do anything: cut off, it is asked
 * about; in its read-only sandbox it is simply repeated. */
static void
see_cut_program(const char *dir, const char *options, bool asks)
{
	struct victim v = { .dir = dir,
			    .pattern = "program",
			    .options = options,
			    .type = EV_step_started,
			    .nth = 1 };
	struct err err = ERR_INIT;
	struct rig r;

	rig_pattern(dir, "program", "  steps: [{id: a, run: \"true\"}]\n");
	kill_one(&v);
	rig_open(&r, dir, true);
	assert_ok(journal_find_run(r.j, "last", v.resume, &err), err);
	rig_resume(&r, v.resume);
	assert_int_equal(r.parked, asks);
	if (asks)
		rig_answer(&r, "interrupted", "mark-done", NULL);
	assert_string_equal(r.outcome, "succeeded");
	rig_close(&r);
}

static void
test_cut_program(void **state)
{
	see_cut_program(*state, ",\"approve\":\"critical\"", false);
	see_cut_program(*state,
			",\"approve\":\"critical\",\"sandbox\":\"off\"", true);
}

/* --- leaving ----------------------------------------------------------- */

static void
park_at_step(struct rig *r, const struct event *e)
{
	if (e->type == EV_step_started)
		engine_park(r->e, r->run, "the test leaves");
}

static const char hanging[] = "  steps:\n"
			      "    - {id: h, uses: hang}\n"
			      "    - {id: w, uses: work}\n";

static void
test_park_while_busy(void **state)
{
	struct rig r;

	rig_pattern(*state, "hang", hanging);
	rig_open(&r, *state, true);
	r.watch = park_at_step;
	rig_start(&r, "hang", yes_to_all);
	assert_true(r.parked);
	assert_int_equal(r.counts[EV_step_finished], 0);
	assert_false(journal_is_owned(r.j, r.run));
	rig_resume(&r, r.run);
	assert_true(r.parked);
	assert_int_equal(r.counts[EV_run_resumed], 1);
	rig_close(&r);
}

static void
stop_at_step(struct rig *r, const struct event *e)
{
	if (e->type == EV_step_started && ++r->number == 2)
		loop_stop(r->loop);
}

/* Freed while a step hangs: it is cancelled, and unfinished in the journal. */
static void
test_free_while_busy(void **state)
{
	AUTO_PTR(run_state) s = NULL;
	struct err err = ERR_INIT;
	struct rig r;
	char run[ID_RUN_SIZE];

	rig_pattern(*state, "hang", hanging);
	rig_open(&r, *state, true);
	r.watch = stop_at_step;
	assert_ok(rig_create(&r, "hang", yes_to_all, &err), err);
	while (r.number < 2)
		loop_turn(r.loop, true);
	memcpy(run, r.run, sizeof(run));
	rig_release(&r);
	rig_open(&r, *state, true);
	s = engine_read(r.j, run, r.tools, &err);
	assert_ok(s != NULL, err);
	assert_true(s->running.count > 0);
	assert_false(s->ended);
	r.watch = park_at_step;
	rig_resume(&r, run);
	assert_true(r.parked);
	rig_close(&r);
}

/* --- a journal that cannot be written ---------------------------------- */

static int commits_left;

static int
on_commit(void *ud)
{
	(void)ud;
	return commits_left-- <= 0;
}

/* Every commit in turn fails; nothing that was said before is lost, nothing
 * that was not committed is shown, and the run can be resumed to its end. */
static void
test_failed_commit(void **state)
{
	int failed = 0;

	rig_pattern(*state, "mixed", mixed);
	for (int n = 1;; n++) {
		struct err err = ERR_INIT;
		struct journal_head head;
		struct rig r;
		char run[ID_RUN_SIZE];
		int shown = 0;
		bool ok;

		rig_open(&r, *state, true);
		assert_ok(rig_create(&r, "mixed", yes_to_all, &err), err);
		memcpy(run, r.run, sizeof(run));
		commits_left = n;
		sqlite3_commit_hook(db_handle(journal_db(r.j)), on_commit,
				    NULL);
		ok = engine_run(r.e, &err);
		sqlite3_commit_hook(db_handle(journal_db(r.j)), NULL, NULL);
		if (ok && r.counts[EV_run_ended]) {
			/* It may have failed in learn, which goes on. */
			bool whole = commits_left >= 0;

			rig_release(&r);
			if (whole)
				break;
			continue;
		}
		failed++;
		assert_false(ok);
		assert_non_null(strstr(err.msg, "agentops.db"));
		for (int i = 0; i < EVENT_TYPES; i++)
			shown += r.counts[i];
		assert_ok(journal_head(r.j, run, &head, &err), err);
		assert_int_equal(head.seq, shown);
		rig_release(&r);
		rig_open(&r, *state, true);
		rig_resume(&r, run);
		assert_string_equal(r.outcome, "succeeded");
		rig_close(&r);
	}
	assert_true(failed > 5);
}

/* --- several processes ------------------------------------------------- */

/* A process made before any database is open (SQLite does not survive a
 * fork), which acts on the run that it is told. */
struct outsider {
	pid_t pid;
	int tell[2];
	const char *dir;
	int (*act)(const struct outsider *o, char *run);
};

static struct outsider *outsider;

static int
wait_and_act(void *ud)
{
	struct outsider *o = ud;
	char run[ID_RUN_SIZE];

	return read(o->tell[0], run, sizeof(run)) == sizeof(run) ?
		       o->act(o, run) :
		       9;
}

static void
outsider_start(struct outsider *o, const char *dir,
	       int (*act)(const struct outsider *, char *))
{
	o->dir = dir;
	o->act = act;
	assert_int_equal(pipe(o->tell), 0);
	o->pid = run_fork(wait_and_act, o);
	outsider = o;
}

static void
outsider_tell(const char *run)
{
	assert_int_equal(write(outsider->tell[1], run, ID_RUN_SIZE),
			 ID_RUN_SIZE);
}

static void
outsider_end(void)
{
	assert_int_equal(run_wait(outsider->pid), 0);
	close(outsider->tell[0]);
	close(outsider->tell[1]);
}

static int
decide_outside(const struct outsider *o, char *run)
{
	struct gate_answer yes = { .decision = "approve", .by = "another" };
	struct err err = ERR_INIT;
	AUTO_PTR(journal) j = run_journal_or_null(&err);

	(void)o;
	if (!j || !journal_decide(j, run, 1, &yes, &err))
		return 1;
	/* The review gate opens once the run has gone on. */
	while (!journal_decide(j, run, 2, &yes, &err))
		if (err.code != ERR_NOTFOUND)
			return 2;
	return 0;
}

static void
tell_at_gate(struct rig *r, const struct event *e)
{
	if (e->type == EV_gate_opened && e->gate_opened.gate == 1)
		outsider_tell(r->run);
}

/* The run waits without leaving; another process answers; it goes on. */
static void
test_answered_from_outside(void **state)
{
	struct outsider o;
	struct rig r;

	rig_pattern(*state, "ask",
		    "  steps: [{id: a, uses: work, gate: approve}]\n");
	outsider_start(&o, *state, decide_outside);
	rig_open(&r, *state, false);
	r.watch = tell_at_gate;
	rig_start(&r, "ask",
		  ",\"approve\":\"none\"");
	outsider_end();
	assert_string_equal(r.outcome, "succeeded");
	assert_int_equal(r.counts[EV_gate_decided], 2);
	assert_int_equal(r.counts[EV_run_parked], 0);
	rig_close(&r);
}

static int
abort_outside(const struct outsider *o, char *run)
{
	struct err err = ERR_INIT;
	AUTO_PTR(journal) j = run_journal_or_null(&err);

	(void)o;
	return j && journal_ask_abort(j, run, "another", "enough", &err) ? 0 :
									  1;
}

static void
tell_at_step(struct rig *r, const struct event *e)
{
	if (e->type == EV_step_started)
		outsider_tell(r->run);
}

static void
test_aborted_from_outside(void **state)
{
	struct outsider o;
	struct rig r;

	rig_pattern(*state, "hang",
		    "  steps: [{id: h, uses: hang}, "
		    "{id: never, uses: work, needs: h}]\n");
	outsider_start(&o, *state, abort_outside);
	rig_open(&r, *state, true);
	r.watch = tell_at_step;
	rig_start(&r, "hang", yes_to_all);
	outsider_end();
	assert_true(r.ended);
	assert_string_equal(r.outcome, "aborted");
	assert_int_equal(r.exit_status, 1);
	assert_int_equal(r.counts[EV_step_started], 1);
	assert_int_equal(r.counts[EV_pattern_learned], 1);
	assert_int_equal(r.counts[EV_metrics_recorded], 1);
	rig_close(&r);
}

/* Ended, whether or not init has taken notice; it gets five seconds. */
static bool
is_gone(pid_t pid)
{
	AUTO_FD fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return fd < 0 ? errno == ESRCH : poll(&p, 1, 5000) == 1;
}

/* The process group of a real program ends with its run. The program's own
 * pid is of no use outside its sandbox: without one it is. */
static void
tell_at_pid(struct rig *r, const struct event *e)
{
	if (e->type == EV_step_started)
		r->number = 1;
}

static void
test_program_ends_with_run(void **state)
{
	AUTO_FREE char *file = path_join(*state, "pid");
	AUTO_FREE char *flow = xasprintf(
		"  steps:\n    - id: long\n"
		"      run: \"sleep 1000 & echo $! > %s.new; "
		"mv %s.new %s; wait\"\n",
		file, file, file);
	AUTO(buf) text = BUF_INIT;
	struct outsider o;
	struct err err = ERR_INIT;
	struct rig r;
	int64_t pid = 0;

	rig_pattern(*state, "long", flow);
	outsider_start(&o, *state, abort_outside);
	rig_open_with(&r, *state, true, &engine_tools);
	r.watch = tell_at_pid;
	assert_ok(rig_create(&r, "long",
			     ",\"approve\":\"critical\","
			     "\"sandbox\":\"off\"",
			     &err),
		  err);
	while (!r.number || !path_exists(file))
		loop_turn(r.loop, false);
	outsider_tell(r.run);
	rig_go(&r);
	outsider_end();
	assert_string_equal(r.outcome, "aborted");
	assert_ok(path_read(file, 64, &text, &err), err);
	assert_true(str_to_i64(str_trim(text.data), 2, INT32_MAX, &pid));
	assert_true(is_gone((pid_t)pid));
	rig_close(&r);
}

static int
resume_outside(const struct outsider *o, char *run)
{
	struct rig r;
	struct err err = ERR_INIT;

	if (!rig_try_open(&r, o->dir, true, &fake_table, &err))
		return 1;
	if (engine_resume(r.e, run, &err) || err.code != ERR_BUSY)
		return 2;
	return strstr(err.msg, "is live in process") ? 0 : 3;
}

static void
tell_and_wait(struct rig *r, const struct event *e)
{
	if (e->type != EV_step_started)
		return;
	outsider_tell(r->run);
	outsider_end();
	r->number++;
}

static void
test_two_engines(void **state)
{
	struct outsider o;
	struct err err = ERR_INIT;
	struct rig r;

	rig_pattern(*state, "one", "  steps: [{id: a, uses: work}]\n");
	outsider_start(&o, *state, resume_outside);
	rig_open(&r, *state, true);
	r.watch = tell_and_wait;
	rig_start(&r, "one", yes_to_all);
	assert_int_equal(r.number, 1);
	assert_string_equal(r.outcome, "succeeded");
	assert_fails(engine_resume(r.e, r.run, &err), err, ERR_CONFLICT,
		     "has ended (succeeded)");
	rig_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		rig_test(test_limit_across_a_kill),
		rig_test(test_every_event),
		rig_test(test_interrupted),
		rig_test(test_cut_program),
		rig_test(test_park_while_busy),
		rig_test(test_free_while_busy),
		rig_test(test_failed_commit),
		rig_test(test_answered_from_outside),
		rig_test(test_aborted_from_outside),
		rig_test(test_program_ends_with_run),
		rig_test(test_two_engines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The loop's promises at its edges: hooks after the last callback, and
 * nothing left over when it is freed early; child processes likewise.
 */
#include "test.h"

#include "base/loop.h"
#include "base/proc.h"
#include "base/str.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

struct counts {
	struct loop *loop;
	int hooks, dirty, committed;
	bool again;
};

static void
commit(void *ud)
{
	struct counts *c = ud;

	c->hooks++;
	c->committed = c->dirty;
	if (c->again) {
		c->again = false;
		c->dirty++;
		loop_again(c->loop);
	}
}

static void
nothing(void *ud)
{
	(void)ud;
}

static void
make_dirty(void *ud)
{
	((struct counts *)ud)->dirty++;
}

static void
make_dirty_and_stop(void *ud)
{
	make_dirty(ud);
	loop_stop(((struct counts *)ud)->loop);
}

static void
make_dirty_twice(void *ud)
{
	make_dirty(ud);
	((struct counts *)ud)->again = true;
}

/* The last thing the loop does is this callback: what it did is committed
 * all the same. */
static void
committed_after(loop_work_fn *done, bool turns, int want)
{
	AUTO_PTR(loop) l = loop_new();
	struct counts c = { .loop = l };

	loop_before_wait(l, commit, &c);
	loop_work(l, nothing, done, &c);
	if (turns)
		while (loop_turn(l, true))
			;
	else
		loop_run(l);
	assert_int_equal(c.dirty, want);
	assert_int_equal(c.committed, want);
}

static void
test_hooks_run_after_the_last_callback(void **state)
{
	(void)state;
	committed_after(make_dirty, false, 1);
	committed_after(make_dirty, true, 1);
	committed_after(make_dirty_and_stop, false, 1);
	committed_after(make_dirty_twice, false, 2);
	committed_after(make_dirty_twice, true, 2);
}

static void
test_again_before_run(void **state)
{
	AUTO_PTR(loop) l = loop_new();
	struct counts c = { .loop = l, .dirty = 1 };

	(void)state;
	loop_before_wait(l, commit, &c);
	loop_again(l);
	loop_run(l);
	assert_int_equal(c.committed, 1);
}

static void
never(void *ud)
{
	(void)ud;
	fail_msg("called after the loop was freed");
}

/* Under ASan this also shows that the timer's memory is freed. */
static void
test_timers_end_with_the_loop(void **state)
{
	struct loop *l = loop_new();
	struct loop_timer *kept = loop_timer(l, 60000, never, NULL);

	(void)state;
	loop_timer(l, 60000, never, NULL);
	loop_timer(l, 60000, never, NULL);
	loop_timer_cancel(kept);
	loop_free(l);
}

struct child {
	struct loop *loop;
	struct proc_result r;
	char out[64];
	int done;
};

static void
on_done(void *ud, struct proc_result *r)
{
	struct child *c = ud;

	c->done++;
	c->r = *r;
	snprintf(c->out, sizeof(c->out), "%s", buf_str(&r->out));
	c->r.out = c->r.err = (struct buf)BUF_INIT;
}

static struct proc *
start(struct child *c, const char *script, const char *input, size_t len,
      int64_t timeout_ms)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct err err = ERR_INIT;
	struct proc_spec spec = { .argv = (char *const *)argv,
				  .input = input,
				  .input_len = len,
				  .timeout_ms = timeout_ms,
				  .on_done = on_done,
				  .ud = c };
	struct proc *p = proc_start(c->loop, &spec, &err);

	if (!p)
		fail_msg("%s", err.msg);
	return p;
}

static void
test_a_child_ends_with_the_loop(void **state)
{
	struct child c = { .loop = loop_new() };
	struct proc *p = start(&c, "trap '' TERM; exec sleep 60", "x", 1, 9000);
	int pid = proc_pid(p);

	(void)state;
	loop_turn(c.loop, false);
	assert_int_equal(kill(pid, 0), 0);
	loop_free(c.loop);
	assert_int_equal(c.done, 0);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void
test_input_that_nobody_reads(void **state)
{
	AUTO_PTR(loop) l = loop_new();
	struct child c = { .loop = l };
	size_t len = 4 << 20;
	AUTO_FREE char *input = xcalloc(1, len);

	(void)state;
	start(&c, "exec 0<&-; exit 4", input, len, 0);
	loop_run(l);
	assert_int_equal(c.done, 1);
	assert_int_equal(c.r.exit_status, 4);
	/* And the child itself dies of SIGPIPE as everywhere else. */
	memset(&c.r, 0, sizeof(c.r));
	start(&c, "sh -c 'kill -PIPE $$; exit 5'; echo $?", NULL, 0, 0);
	loop_run(l);
	assert_string_equal(c.out, "141\n");
}

/* What a child leaves in another session may hold the pipes; the time limit
 * was the child's, and it kept it. */
static void
test_leftovers_do_not_time_out(void **state)
{
	AUTO_PTR(loop) l = loop_new();
	struct child c = { .loop = l };
	int64_t left = 0;

	(void)state;
	start(&c, "setsid sleep 60 & echo $!; exit 0", NULL, 0, 300);
	loop_run(l);
	assert_int_equal(c.done, 1);
	assert_int_equal(c.r.exit_status, 0);
	assert_false(c.r.timed_out);
	c.out[strcspn(c.out, "\n")] = '\0';
	assert_true(str_to_i64(c.out, 2, INT32_MAX, &left));
	kill((pid_t)left, SIGKILL);
}

static void
test_start_errors_name_the_folder(void **state)
{
	AUTO_PTR(loop) l = loop_new();
	const char *argv[] = { "true", NULL }, *none[] = { "/no/prog", NULL };
	struct err err = ERR_INIT;
	struct proc_spec spec = { .argv = (char *const *)argv,
				  .cwd = "/no/folder",
				  .on_done = on_done };

	(void)state;
	assert_fails(proc_start(l, &spec, &err), err, ERR_NOTFOUND,
		     "/no/folder");
	spec.cwd = NULL;
	spec.argv = (char *const *)none;
	assert_fails(proc_start(l, &spec, &err), err, ERR_NOTFOUND, "/no/prog");
}

static void
cancel(void *ud)
{
	proc_cancel(ud);
}

static void
test_cancel(void **state)
{
	AUTO_PTR(loop) l = loop_new();
	struct child c = { .loop = l };
	struct proc *p = start(&c, "exec sleep 60", NULL, 0, 0);

	(void)state;
	loop_timer(l, 0, cancel, p);
	loop_run(l);
	assert_int_equal(c.done, 1);
	assert_true(c.r.cancelled);
	assert_false(c.r.timed_out);
	assert_int_equal(c.r.exit_status, 128 + SIGTERM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hooks_run_after_the_last_callback),
		cmocka_unit_test(test_again_before_run),
		cmocka_unit_test(test_timers_end_with_the_loop),
		cmocka_unit_test(test_a_child_ends_with_the_loop),
		cmocka_unit_test(test_input_that_nobody_reads),
		cmocka_unit_test(test_leftovers_do_not_time_out),
		cmocka_unit_test(test_start_errors_name_the_folder),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}

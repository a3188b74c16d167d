/*
 * Kernels: how cells fail, are stopped and die, sessions, the search for
 * Python.
 */
#include "python_call.h"

#include "base/proc.h"
#include "tool/kernel_find.h"
#include "tool/kernel_pool.h"
#include "tool/kernel_text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- failures --------------------------------------------------------- */

static void
test_exception(void **state)
{
	AUTO_CALL c = run("print('before')\ndef f():\n"
			  "    raise ValueError('no such column')\nf()");
	AUTO_CALL d = run("1 +");

	(void)state;
	assert_call(c, TOOL_FAILED);
	assert_string_equal(c->r.error, "python: ValueError: no such column");
	assert_has(c->text, "before\n");
	assert_has(c->text, "Traceback");
	assert_has(c->text, "line 3");
	assert_null(strchr(c->text, '\x1b'));
	assert_int_equal(c->r.exit_status, 1);
	assert_call(d, TOOL_FAILED);
	assert_has(d->r.error, "SyntaxError");
}

static void
test_input_is_refused(void **state)
{
	AUTO_CALL c = run("input('name? ')");

	(void)state;
	assert_call(c, TOOL_FAILED);
	assert_has(c->r.error, "StdinNotImplementedError");
}

static void
test_timeout(void **state)
{
	AUTO_CALL a = run("kept = 3");
	AUTO_CALL b = run_with("while True:\n    pass", 300, "{}");
	AUTO_CALL c = run("print(kept)");

	(void)state;
	assert_call(a, TOOL_OK);
	assert_call(b, TOOL_TIMED_OUT);
	assert_has(b->r.error, "300 ms");
	assert_has(b->r.error, "variables are kept");
	assert_call(c, TOOL_OK);
	assert_string_equal(c->text, "3\n");
}

/* The thread of the control channel cannot run: only SIGINT gets through. */
static void
test_timeout_with_lock_held(void **state)
{
	AUTO_CALL c = run_with("import re\n"
			       "re.match(r'(a*)*b', 'a' * 60)",
			       300, "{}");
	AUTO_CALL d = run("print('alive')");

	(void)state;
	assert_call(c, TOOL_TIMED_OUT);
	assert_has(c->r.error, "variables are kept");
	assert_string_equal(d->text, "alive\n");
}

static void
test_ignores_interrupts(void **state)
{
	AUTO_CALL c = run_with("import time\nkept = 4\nwhile True:\n"
			       "    try:\n        time.sleep(1)\n"
			       "    except KeyboardInterrupt:\n"
			       "        pass",
			       300, "{}");
	AUTO_CALL d = run("print('kept' in globals())");
	AUTO_CALL e = run("print('quiet')");

	(void)state;
	assert_call(c, TOOL_TIMED_OUT);
	assert_has(c->r.error, "variables are lost");
	assert_call(d, TOOL_OK);
	assert_has(d->text, "started anew");
	assert_has(d->text, "False\n");
	assert_string_equal(e->text, "quiet\n");
}

/* A cell that spoils the signing key: nothing from the kernel is believed
 * from then on, so the ladder ends it. */
static void
test_forged_messages(void **state)
{
	AUTO_CALL c = run_with("get_ipython().kernel.session.key = b'forged'\n"
			       "print('forged')",
			       300, "{}");
	AUTO_CALL d = run("print('honest')");

	(void)state;
	assert_call(c, TOOL_TIMED_OUT);
	assert_lacks(c->text, "forged");
	assert_call(d, TOOL_OK);
	assert_has(d->text, "honest\n");
}

static void
test_exits(void **state)
{
	AUTO_CALL c = run("import os\nos._exit(7)");
	AUTO_CALL d = run("print('back')");

	(void)state;
	assert_call(c, TOOL_FAILED);
	assert_has(c->r.error, "status 7");
	assert_has(c->r.error, "variables are lost");
	assert_call(d, TOOL_OK);
	assert_has(d->text, "started anew");
	assert_has(d->text, "back\n");
}

static void
test_killed_while_idle(void **state)
{
	AUTO_CALL a = run("kept = 5");
	int pid = kernel_pool_pid(world->session, world->profile);

	(void)state;
	assert_call(a, TOOL_OK);
	assert_true(pid > 0);
	kill(-pid, SIGKILL);
	while (kernel_pool_pid(world->session, world->profile))
		loop_turn(world->loop, true);
	AUTO_CALL b = run("print('kept' in globals())");

	assert_call(b, TOOL_OK);
	assert_has(b->text, "started anew");
	assert_has(b->text, "False\n");
}

/* The death is not seen yet when the next cell is given: it has not begun,
 * so it runs in the new kernel instead of failing. */
static void
test_killed_unnoticed(void **state)
{
	struct world *w = world_new();
	int64_t pid;

	(void)state;
	w->profile = SANDBOX_FULL;
	AUTO_CALL a = begin_in(w,
			       "import os; kept = 5\n"
			       "print(os.getpid(), end='')",
			       60000, "{}");

	finish(w, a);
	assert_call(a, TOOL_OK);
	assert_true(str_to_i64(a->text, 2, INT32_MAX, &pid));
	kill((pid_t)pid, SIGKILL);
	AUTO_CALL b = begin_in(w, "print('kept' in globals())", 60000, "{}");

	finish(w, b);
	assert_call(b, TOOL_OK);
	assert_has(b->text, "started anew");
	assert_has(b->text, "False\n");
	world_free(w);
}

static void
test_killed_while_running(void **state)
{
	AUTO_CALL c = run("import os, signal\n"
			  "os.kill(os.getpid(), signal.SIGKILL)");

	(void)state;
	assert_call(c, TOOL_FAILED);
	assert_has(c->r.error, "variables are lost");
}

static void
test_cancel(void **state)
{
	AUTO_CALL a = begin_in(world,
			       "import time\nopen('begun', 'w')"
			       ".close()\ntime.sleep(60)",
			       60000, "{}");
	AUTO_CALL b = begin_in(world, "print('never')", 60000, "{}");
	AUTO_CALL c = begin_in(world, "print('next')", 60000, "{}");
	AUTO_FREE char *begun = path_join(a->dir, "begun");

	(void)state;
	tool_cancel(b->call);
	assert_false(b->done);
	while (!path_exists(begun) && !a->done)
		loop_turn(world->loop, false);
	assert_false(a->done);
	assert_true(b->done);
	assert_call(b, TOOL_CANCELLED);
	tool_cancel(a->call);
	assert_false(a->done);
	finish(world, c);
	assert_call(a, TOOL_CANCELLED);
	assert_call(c, TOOL_OK);
	assert_string_equal(c->text, "next\n");
}

static void
test_bad_timeout(void **state)
{
	struct err err = ERR_INIT;
	AUTO_JSON *args = cJSON_Parse("{\"code\":\"1\",\"timeout\":\"soon\"}");
	struct tool_request req = {
		.session = world->session,
		.dir = world->dir,
		.args = args,
		.on_done = on_done,
	};

	(void)state;
	assert_fails(tool_start(&tool_python, &req, &err), err, ERR_USAGE,
		     "\"soon\" is no duration");
}

/* ---- sessions --------------------------------------------------------- */

static bool
process_lives(int pid)
{
	return kill(pid, 0) == 0 || errno != ESRCH;
}

static void
test_session_end_stops_all(void **state)
{
	struct world *w = world_new();
	struct call *c = begin_in(w,
				  "import time\nopen('begun', 'w').close()"
				  "\ntime.sleep(60)",
				  60000, "{}");
	AUTO_FREE char *begun = path_join(c->dir, "begun");
	int pid;

	(void)state;
	while (!path_exists(begun) && !c->done)
		loop_turn(w->loop, false);
	assert_false(c->done);
	pid = kernel_pool_pid(w->session, w->profile);
	tool_session_free(TAKE(w->session));
	assert_true(c->done);
	assert_call(c, TOOL_CANCELLED);
	assert_false(process_lives(pid));
	call_release(c);
	world_free(w);
}

/* A child process that is an engine with a kernel, and tells its id. */
static void
be_engine(enum sandbox_profile profile, const char *dir, int fd)
{
	struct loop *loop = loop_new();
	struct tool_session *s = tool_session_new(loop, dir, dir);
	int pid;

	kernel_warm(s, profile);
	while (!(pid = kernel_pool_pid(s, profile)))
		loop_turn(loop, true);
	if (write(fd, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	for (;;)
		loop_turn(loop, true);
}

static void
check_engine_killed(enum sandbox_profile profile, const char *dir)
{
	int fds[2], kernel, status;
	pid_t engine;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	engine = fork();
	assert_true(engine >= 0);
	if (engine == 0)
		be_engine(profile, dir, fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &kernel, sizeof(kernel)), sizeof(kernel));
	close(fds[0]);

	struct pollfd end = { .fd = pidfd_open(kernel, 0), .events = POLLIN };

	assert_true(end.fd >= 0);
	kill(engine, SIGKILL);
	assert_int_equal(waitpid(engine, &status, 0), engine);
	assert_int_equal(poll(&end, 1, 20000), 1);
	close(end.fd);
}

static void
test_engine_killed(void **state)
{
	check_engine_killed(SANDBOX_READ_ONLY, *state);
	check_engine_killed(SANDBOX_FULL, *state);
}

static void
test_cancel_while_starting(void **state)
{
	struct world *w = world_new();
	AUTO_CALL a = begin_in(w, "print('never')", 60000, "{}");
	AUTO_CALL b = NULL;

	(void)state;
	while (!kernel_pool_pid(w->session, w->profile))
		loop_turn(w->loop, true);
	loop_turn(w->loop, false);
	tool_cancel(a->call);
	assert_false(a->done);
	finish(w, a);
	assert_call(a, TOOL_CANCELLED);
	b = begin_in(w, "print('next')", 60000, "{}");
	finish(w, b);
	assert_string_equal(b->text, "next\n");
	world_free(w);
}

static void
test_warm(void **state)
{
	struct world *w = world_new();
	int pid;

	(void)state;
	kernel_warm(w->session, w->profile);
	while (!(pid = kernel_pool_pid(w->session, w->profile)))
		loop_turn(w->loop, true);
	AUTO_CALL c = begin_in(w, "print('warm')", 60000, "{}");

	finish(w, c);
	assert_string_equal(c->text, "warm\n");
	assert_int_equal(kernel_pool_pid(w->session, w->profile), pid);
	world_free(w);
}

struct ended {
	bool done;
	int status;
	char *out;
};

static void
on_end(void *ud, struct proc_result *r)
{
	struct ended *e = ud;

	e->done = true;
	e->status = r->exit_status;
	e->out = buf_steal(&r->out);
}

/* An interrupt must get through: no signal is blocked in what a backend of
 * the sandbox runs. */
static void
check_no_signal_blocked(const char *dir, const char *backend)
{
	AUTO_FREE char *launcher = path_libexec("agentops-sandbox");
	char *argv[] = {
		launcher,
		(char *)"--profile",
		(char *)"read-only",
		(char *)"--backend",
		(char *)backend,
		(char *)"--workspace",
		(char *)dir,
		(char *)"--cwd",
		(char *)"/",
		(char *)"--",
		(char *)"grep",
		(char *)"SigBlk",
		(char *)"/proc/self/status",
		NULL,
	};
	struct err err = ERR_INIT;
	struct loop *loop = loop_new();
	struct ended e = { false, 0, NULL };
	struct proc_spec spec = { .argv = argv, .on_done = on_end, .ud = &e };

	assert_ok(proc_start(loop, &spec, &err) != NULL, err);
	while (!e.done)
		loop_turn(loop, true);
	/* 125: this machine has no such backend. */
	if (e.status != SANDBOX_SETUP_FAILED)
		assert_has(e.out, "0000000000000000\n");
	free(e.out);
	loop_free(loop);
}

static void
test_no_signal_blocked(void **state)
{
	check_no_signal_blocked(*state, "bwrap");
	check_no_signal_blocked(*state, "landlock");
}

/* Each profile has a kernel of its own, and the sandbox holds. */
static void
test_profiles(void **state)
{
	static const char code[] = "print('x' in globals())\nx = 1\n"
				   "open(workspace + '/made', 'w').close()";
	struct world *w = world_new();
	AUTO_FREE char *made = path_join(w->dir, "workspace/made");
	AUTO_FREE char *values =
		xasprintf("{\"workspace\":\"%s/workspace\"}", w->dir);
	AUTO_CALL a = begin_in(w, code, 60000, values);

	(void)state;
	finish(w, a);
	assert_call(a, TOOL_FAILED);
	assert_has(a->r.error, "[Errno "); /* EROFS, EACCES */
	assert_false(path_exists(made));
	w->profile = SANDBOX_WORKSPACE_WRITE;
	AUTO_CALL b = begin_in(w, code, 60000, values);

	finish(w, b);
	assert_call(b, TOOL_OK);
	assert_string_equal(b->text, "False\n");
	assert_true(path_exists(made));
	world_free(w);
}

/* A Python without ipykernel, made for the test. */
static char *
python_without(const char *dir)
{
	static const char script[] =
		"#!/bin/sh\n"
		"echo 'ModuleNotFoundError: No module named ipykernel' >&2\n"
		"exit 1\n";
	AUTO_FREE char *path = path_join(dir, "python3");
	struct err err = ERR_INIT;

	assert_ok(path_write_atomic(path, script, strlen(script), 0755, &err),
		  err);
	return TAKE(path);
}

static void
test_no_ipykernel(void **state)
{
	struct world *w = world_new();
	AUTO_FREE char *python = python_without(w->dir);
	AUTO_CALL a = NULL;
	AUTO_CALL b = NULL;

	(void)state;
	setenv("AGENTOPS_PYTHON", python, 1);
	a = begin_in(w, "1", 60000, "{}");
	finish(w, a);
	assert_call(a, TOOL_FAILED);
	assert_has(a->r.error, "apt-get install python3-ipykernel");
	assert_has(a->r.error, python);
	assert_has(a->r.error, "No module named ipykernel");
	/* Not remembered: the next call finds what was installed since. */
	unsetenv("AGENTOPS_PYTHON");
	b = begin_in(w, "print(1)", 60000, "{}");
	finish(w, b);
	assert_call(b, TOOL_OK);
	world_free(w);
}

struct found {
	bool done;
	char *python;
	struct err err;
};

static void
on_found(void *ud, const char *python, const struct err *err)
{
	struct found *f = ud;

	f->done = true;
	f->python = xstrdup0(python);
	if (err)
		f->err = *err;
}

static void
test_find_goes_on(void **state)
{
	struct loop *loop = loop_new();
	struct found f = { false, NULL, ERR_INIT };
	AUTO_FREE char *without = python_without(*state);
	AUTO_FREE char *old = xstrdup(getenv("PATH"));
	AUTO_FREE char *path = xasprintf("%s:%s", (char *)*state, old);

	setenv("PATH", path, 1);
	kernel_find_python(loop, NULL, on_found, &f);
	while (!f.done)
		loop_turn(loop, true);
	setenv("PATH", old, 1);
	if (!f.python)
		fail_msg("%s", f.err.msg);
	assert_string_not_equal(f.python, without);
	assert_int_equal(f.python[0], '/');
	free(f.python);
	loop_free(loop);
}

static void
test_find_cancelled(void **state)
{
	struct loop *loop = loop_new();
	struct found f = { false, NULL, ERR_INIT };

	(void)state;
	kernel_find_cancel(kernel_find_python(loop, NULL, on_found, &f));
	while (!f.done)
		loop_turn(loop, true);
	assert_null(f.python);
	assert_int_equal(f.err.code, ERR_CANCELLED);
	loop_free(loop);
}

/* ---- text ------------------------------------------------------------- */

static void
test_plain_text(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "\x1b[0;31mred\x1b[0m", "red" },
		{ "a\x1b]0;title\x07z", "az" },
		{ "a\x1b]0;title\x1b\\z", "az" },
		{ "a\rb\bc\td\n", "abc\td\n" },
		{ "end\x1b", "end" },
		{ "end\x1b[12", "end" },
		{ "\x1b\x1b[1mx", "x" },
		{ "\xc3\xa9\x7f", "\xc3\xa9" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) out = BUF_INIT;

		kernel_text_plain(&out, rows[i].in, strlen(rows[i].in));
		assert_string_equal(buf_str(&out), rows[i].out);
	}
}

static void
test_long_traceback(void **state)
{
	AUTO_JSON *lines = cJSON_CreateArray();
	AUTO(buf) out = BUF_INIT;

	(void)state;
	cJSON_AddItemToArray(lines, cJSON_CreateString("first"));
	for (int i = 0; i < 100; i++)
		cJSON_AddItemToArray(lines, cJSON_CreateString("\xc3\xa9"));
	cJSON_AddItemToArray(lines, cJSON_CreateString("last"));
	kernel_text_traceback(&out, lines, 64);
	assert_has(buf_str(&out), "first");
	assert_has(buf_str(&out), "last\n");
	assert_has(buf_str(&out), "bytes left out");
	assert_true(out.len < 128);
	assert_true(utf8_valid(buf_str(&out), out.len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(test_find_goes_on),
		cmocka_unit_test(test_find_cancelled),
		cmocka_unit_test(test_plain_text),
		cmocka_unit_test(test_long_traceback),
	};
	const struct CMUnitTest cells[] = {
		cmocka_unit_test(test_exception),
		cmocka_unit_test(test_input_is_refused),
		cmocka_unit_test(test_bad_timeout),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_timeout_with_lock_held),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_ignores_interrupts),
		cmocka_unit_test(test_forged_messages),
		cmocka_unit_test(test_exits),
		cmocka_unit_test(test_killed_while_idle),
		cmocka_unit_test(test_killed_while_running),
	};
	const struct CMUnitTest sessions[] = {
		cmocka_unit_test(test_session_end_stops_all),
		dir_test(test_engine_killed),
		cmocka_unit_test(test_cancel_while_starting),
		cmocka_unit_test(test_warm),
		cmocka_unit_test(test_killed_unnoticed),
		dir_test(test_no_signal_blocked),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_no_ipykernel),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	failed += cmocka_run_group_tests(cells, world_setup, world_teardown);
	return failed + cmocka_run_group_tests(sessions, NULL, NULL);
}

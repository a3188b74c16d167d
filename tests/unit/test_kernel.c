/*
 * The python tool with a real kernel. Needs a Python with ipykernel and
 * matplotlib (tools/deps installs them) and fails without.
 */
#include "test.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/proc.h"
#include "tool/kernel_find.h"
#include "tool/kernel_pool.h"
#include "tool/kernel_text.h"
#include "tool/tool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* One run for all tests of a group: a kernel costs a second to start. */
struct world {
	char *dir;
	struct loop *loop;
	struct tool_session *session;
	int calls;
	enum sandbox_profile profile;
};

static struct world *world;

static struct world *
world_new(void)
{
	struct err err = ERR_INIT;
	struct world *w = xcalloc(1, sizeof(*w));
	char template[] = "/tmp/agentops-test-XXXXXX";
	char *workspace;

	if (!mkdtemp(template))
		abort();
	w->dir = xstrdup(template);
	setenv("AGENTOPS_HOME", w->dir, 1);
	workspace = path_join(w->dir, "workspace");
	if (!path_mkdirs(workspace, &err))
		abort();
	w->loop = loop_new();
	AUTO_FREE char *run_dir = path_join(w->dir, "run");
	if (!path_mkdirs(run_dir, &err))
		abort();
	w->session = tool_session_new(w->loop, run_dir, workspace);
	w->profile = SANDBOX_READ_ONLY;
	free(workspace);
	return w;
}

static void
world_free(struct world *w)
{
	tool_session_free(w->session);
	loop_free(w->loop);
	path_remove_tree(w->dir, NULL);
	free(w->dir);
	free(w);
}

static int
setup(void **state)
{
	(void)state;
	world = world_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_free(world);
	return 0;
}

/* ---- one call --------------------------------------------------------- */

struct call {
	struct tool_request req;
	struct tool_call *call;
	char *dir;
	cJSON *args, *values;
	bool done;
	struct tool_result r; /* taken over from on_done */
	char *text;           /* all text parts */
};

static void
on_done(void *ud, struct tool_result *r)
{
	struct call *c = ud;
	AUTO(buf) text = BUF_INIT;

	assert_false(c->done);
	c->done = true;
	c->r = *r;
	*r = (struct tool_result){ 0 };
	for (size_t i = 0; i < c->r.part_count; i++)
		if (c->r.parts[i].kind == TOOL_PART_TEXT)
			buf_addstr(&text, c->r.parts[i].text);
	c->text = buf_steal(&text);
}

static void
call_release(struct call *c)
{
	tool_result_release(&c->r);
	cJSON_Delete(c->args);
	cJSON_Delete(c->values);
	free(c->dir);
	free(c->text);
	free(c);
}

static inline void
call_cleanup(struct call **c)
{
	call_release(*c);
}
#define AUTO_CALL __attribute__((cleanup(call_cleanup))) struct call *

static struct call *
begin_in(struct world *w, const char *code, int64_t timeout_ms,
	 const char *values)
{
	struct err err = ERR_INIT;
	struct call *c = xcalloc(1, sizeof(*c));

	c->dir = xasprintf("%s/run/work/step.%d", w->dir, ++w->calls);
	assert_ok(path_mkdirs(c->dir, &err), err);
	c->args = cJSON_CreateObject();
	cJSON_AddStringToObject(c->args, "code", code);
	c->values = json_parse(values, strlen(values), "values", &err);
	assert_ok(c->values != NULL, err);
	c->req = (struct tool_request){
		.session = w->session,
		.dir = c->dir,
		.profile = w->profile,
		.args = c->args,
		.values = c->values,
		.timeout_ms = timeout_ms,
		.on_done = on_done,
		.ud = c,
	};
	c->call = tool_start(&tool_python, &c->req, &err);
	assert_ok(c->call != NULL, err);
	assert_false(c->done);
	return c;
}

static void
finish(struct world *w, struct call *c)
{
	while (!c->done)
		loop_turn(w->loop, true);
}

static struct call *
run_with(const char *code, int64_t timeout_ms, const char *values)
{
	struct call *c = begin_in(world, code, timeout_ms, values);

	finish(world, c);
	return c;
}

static struct call *
run(const char *code)
{
	return run_with(code, 60000, "{}");
}

#define assert_has(text, words)                                       \
	do {                                                          \
		if (!strstr((text), (words)))                         \
			fail_msg("\"%s\" lacks \"%s\"", text, words); \
	} while (0)
#define assert_lacks(text, words)                                     \
	do {                                                          \
		if (strstr((text), (words)))                          \
			fail_msg("\"%s\" has \"%s\"", text, words);   \
	} while (0)

static void
assert_call(const struct call *c, enum tool_status status)
{
	if (c->r.status != status)
		fail_msg("status %d, not %d: %s\n%s", c->r.status, status,
			 c->r.error ? c->r.error : "", c->text);
}

static char *
read_part(const struct call *c, size_t i, size_t *ret_len)
{
	AUTO(buf) data = BUF_INIT;
	AUTO_FREE char *path = path_join(c->dir, c->r.parts[i].name);
	struct err err = ERR_INIT;

	assert_ok(path_read(path, 64 << 20, &data, &err), err);
	*ret_len = data.len;
	return buf_steal(&data);
}

/* ---- ordinary cells --------------------------------------------------- */

static void
test_variables_persist(void **state)
{
	AUTO_CALL a = run("x = 20\nimport math\n");
	AUTO_CALL b = run("print(x + 1)\nx * 2");

	(void)state;
	assert_call(a, TOOL_OK);
	assert_string_equal(a->text, "");
	assert_call(b, TOOL_OK);
	assert_string_equal(b->text, "21\n40\n");
	assert_null(b->r.data);
}

static void
test_calls_queue(void **state)
{
	AUTO_CALL a = begin_in(world, "import time; t = 'first'\n"
				      "time.sleep(0.2)", 60000, "{}");
	AUTO_CALL b = begin_in(world, "print(t); t = 'second'", 60000, "{}");
	AUTO_CALL c = begin_in(world, "print(t)", 60000, "{}");

	(void)state;
	finish(world, c);
	assert_true(a->done && b->done);
	assert_string_equal(b->text, "first\n");
	assert_string_equal(c->text, "second\n");
}

static void
test_values_are_data(void **state)
{
	static const char values[] =
		"{\"inputs\": {\"name\": \"'''\\\"); import os; "
		"os._exit(3) #\\n\\\\\", \"n\": 7},"
		" \"steps\": {\"a\": {\"data\": {\"rows\": 12},"
		" \"outputs\": {\"x\": \"/x\"}}},"
		" \"attempt\": 2, \"findings\": [{\"check\": \"blank\"}],"
		" \"item\": \"\\u00e9\", \"index\": 4,"
		" \"workspace\": \"/w\", \"run\": \"r1\"}";
	AUTO_CALL c = run_with(
		"print(inputs.name)\n"
		"print(inputs.n, steps.a.data.rows, steps['a'].outputs.x)\n"
		"print(attempt, findings[0].check, item, index, workspace,\n"
		"      run)\n", 60000, values);

	(void)state;
	assert_call(c, TOOL_OK);
	assert_string_equal(c->text,
			    "'''\"); import os; os._exit(3) #\n\\\n"
			    "7 12 /x\n2 blank \xc3\xa9 4 /w r1\n");
}

static void
test_values_do_not_stay(void **state)
{
	AUTO_CALL a = run_with("print(item)", 60000, "{\"item\": 5}");
	AUTO_CALL b = run("print(item, dict(inputs), attempt, findings)");
	AUTO_CALL c = run("inputs.nothing");

	(void)state;
	assert_string_equal(a->text, "5\n");
	assert_string_equal(b->text, "None {} 1 []\n");
	assert_call(c, TOOL_FAILED);
	assert_has(c->r.error, "no 'nothing' here");
}

static void
test_output_is_data(void **state)
{
	AUTO_CALL c = run("import numpy, os\n"
			  "output(rows=numpy.int64(3), mean=float('nan'))\n"
			  "output(name='\\u00e9\\0', list=numpy.arange(3),\n"
			  "       file=os.environ['AGENTOPS_OUTPUT'] != '')");
	AUTO_FREE char *text = NULL;

	(void)state;
	assert_call(c, TOOL_OK);
	assert_non_null(c->r.data);
	text = json_print(c->r.data);
	assert_string_equal(text,
			    "{\"rows\":3,\"mean\":null,\"name\":\"\xc3\xa9"
			    "\xef\xbf\xbd\",\"list\":[0,1,2],"
			    "\"file\":true}");
}

static void
test_output_not_an_object(void **state)
{
	AUTO_CALL a = run("import os\n"
			  "open(os.environ['AGENTOPS_OUTPUT'], 'w')"
			  ".write('[1]')");
	AUTO_CALL b = run("import os\n"
			  "os.symlink('/etc/passwd', "
			  "os.environ['AGENTOPS_OUTPUT'])");
	AUTO_CALL c = run("import os\n"
			  "os.mkfifo(os.environ['AGENTOPS_OUTPUT'])");

	(void)state;
	assert_call(a, TOOL_FAILED);
	assert_has(a->r.error, "not a JSON object");
	assert_call(b, TOOL_FAILED);
	assert_has(b->r.error, "symbolic link");
	assert_call(c, TOOL_FAILED);
	assert_has(c->r.error, "FIFO");
}

static void
test_runs_in_its_dir(void **state)
{
	AUTO_CALL c = run("import os\nprint(os.getcwd())\n"
			  "_ = open('left.txt', 'w').write('x')");
	AUTO_FREE char *path = path_join(c->dir, "left.txt");
	AUTO_FREE char *want = xasprintf("%s\n", c->dir);

	(void)state;
	assert_call(c, TOOL_OK);
	assert_string_equal(c->text, want);
	assert_true(path_exists(path));
}

static void
test_unicode_and_nul(void **state)
{
	AUTO_CALL c = run("print('gr\\u00fc\\U0001f600 a\\0b')\n"
			  "print(ascii('\\\\u0000'))");

	(void)state;
	assert_call(c, TOOL_OK);
	assert_string_equal(c->text,
			    "gr\xc3\xbc\xf0\x9f\x98\x80 a\xef\xbf\xbd"
			    "b\n'\\\\u0000'\n");
}

static void
test_both_streams(void **state)
{
	AUTO_CALL c = run("import sys, subprocess\n"
			  "print('out')\nprint('err', file=sys.stderr)\n"
			  "_ = subprocess.run(['echo', 'child'])");

	(void)state;
	assert_call(c, TOOL_OK);
	assert_has(c->text, "out\n");
	assert_has(c->text, "err\n");
	assert_has(c->text, "child\n");
}

/* ---- pictures --------------------------------------------------------- */

static void
test_chart(void **state)
{
	AUTO_CALL c = run("import matplotlib.pyplot as plt\n"
			  "_ = plt.plot([1, 3, 2])\n");
	size_t len;
	AUTO_FREE char *png = NULL;

	(void)state;
	assert_call(c, TOOL_OK);
	assert_int_equal(c->r.part_count, 1);
	assert_int_equal(c->r.parts[0].kind, TOOL_PART_IMAGE);
	assert_string_equal(c->r.parts[0].name, "figure-1.png");
	assert_string_equal(c->r.parts[0].media_type, "image/png");
	png = read_part(c, 0, &len);
	assert_true(len > 1000);
	assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
}

static void
test_picture_over_a_link(void **state)
{
	AUTO_FREE char *victim = path_join(world->dir, "run/work/victim");
	AUTO_FREE char *code = xasprintf(
		"import os\nfrom IPython.display import Image, display\n"
		"os.symlink('%s', 'figure-1.png')\n"
		"display(Image(b'\\x89PNG\\r\\n\\x1a\\n' + b'\\0' * 40,"
		" format='png'))", victim);
	AUTO_CALL c = run(code);

	(void)state;
	assert_call(c, TOOL_OK);
	assert_false(path_exists(victim));
	assert_int_equal(c->r.part_count, 1);
	assert_string_equal(c->r.parts[0].name, "figure-2.png");
}

static void
test_too_many_pictures(void **state)
{
	AUTO_CALL c = run("from IPython.display import Image, display\n"
			  "for i in range(70):\n"
			  "    display(Image(b'\\x89PNG\\r\\n\\x1a\\n' + "
			  "b'\\0' * 40, format='png'))");

	(void)state;
	assert_call(c, TOOL_OK);
	assert_has(c->text, "6 pictures over the limit");
	assert_int_equal(c->r.part_count, 65);
}

/* ---- too much --------------------------------------------------------- */

static void
test_big_print(void **state)
{
	AUTO_CALL c = run("for i in range(300000):\n"
			  "    print('line', i, 'x' * 80)");

	(void)state;
	assert_call(c, TOOL_OK);
	assert_true(strlen(c->text) <= 8192 + 256);
	assert_has(c->text, "saved as output.txt");
	assert_has(c->text, "[output cut at 1048576 characters]");
	assert_int_equal(c->r.part_count, 2);
	assert_int_equal(c->r.parts[1].kind, TOOL_PART_FILE);
}

static void
test_oversize_value(void **state)
{
	AUTO_CALL c = run("kept = 1\n'x' * 20_000_000");
	AUTO_CALL d = run("print('after', kept)");

	(void)state;
	assert_call(c, TOOL_OK);
	assert_has(c->text, "larger than 16 MiB");
	assert_call(d, TOOL_OK);
	assert_string_equal(d->text, "after 1\n");
}

static void
test_oversize_exception(void **state)
{
	AUTO_CALL c = run("kept = 2\nraise ValueError('x' * 20_000_000)");
	AUTO_CALL d = run("print('after', kept)");

	(void)state;
	assert_call(c, TOOL_FAILED);
	assert_has(c->r.error, "larger than 16 MiB");
	assert_call(d, TOOL_OK);
	assert_string_equal(d->text, "after 2\n");
}

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
			       "re.match(r'(a*)*b', 'a' * 60)", 300, "{}");
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
			       "        pass", 300, "{}");
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
	AUTO_CALL a = begin_in(w, "import os; kept = 5\n"
				  "print(os.getpid(), end='')", 60000, "{}");

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
	AUTO_CALL a = begin_in(world, "import time\nopen('begun', 'w')"
				      ".close()\ntime.sleep(60)", 60000,
			       "{}");
	AUTO_CALL b = begin_in(world, "print('never')", 60000, "{}");
	AUTO_CALL c = begin_in(world, "print('next')", 60000, "{}");
	AUTO_FREE char *begun = path_join(a->dir, "begun");

	(void)state;
	tool_cancel(b->call);
	assert_false(b->done);
	while (!path_exists(begun))
		loop_turn(world->loop, false);
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
	struct call *c = begin_in(w, "import time\nopen('begun', 'w').close()"
				     "\ntime.sleep(60)", 60000, "{}");
	AUTO_FREE char *begun = path_join(c->dir, "begun");
	int pid;

	(void)state;
	while (!path_exists(begun))
		loop_turn(w->loop, false);
	pid = kernel_pool_pid(w->session, w->profile);
	tool_session_free(TAKE(w->session));
	assert_true(c->done);
	assert_call(c, TOOL_CANCELLED);
	assert_false(process_lives(pid));
	call_release(c);
	world_free(w);
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

/* Each profile has a kernel of its own, and the sandbox holds. */
static void
test_profiles(void **state)
{
	static const char code[] =
		"print('x' in globals())\nx = 1\n"
		"open(workspace + '/made', 'w').close()";
	struct world *w = world_new();
	AUTO_FREE char *made = path_join(w->dir, "workspace/made");
	AUTO_FREE char *values = xasprintf("{\"workspace\":\"%s/workspace\"}",
					   w->dir);
	AUTO_CALL a = begin_in(w, code, 60000, values);

	(void)state;
	finish(w, a);
	assert_call(a, TOOL_FAILED);
	assert_has(a->r.error, "OSError");
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
		cmocka_unit_test(test_variables_persist),
		cmocka_unit_test(test_calls_queue),
		cmocka_unit_test(test_values_are_data),
		cmocka_unit_test(test_values_do_not_stay),
		cmocka_unit_test(test_output_is_data),
		cmocka_unit_test(test_output_not_an_object),
		cmocka_unit_test(test_runs_in_its_dir),
		cmocka_unit_test(test_unicode_and_nul),
		cmocka_unit_test(test_both_streams),
		cmocka_unit_test(test_chart),
		cmocka_unit_test(test_picture_over_a_link),
		cmocka_unit_test(test_too_many_pictures),
		cmocka_unit_test(test_big_print),
		cmocka_unit_test(test_oversize_value),
		cmocka_unit_test(test_oversize_exception),
		cmocka_unit_test(test_exception),
		cmocka_unit_test(test_input_is_refused),
		cmocka_unit_test(test_bad_timeout),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_timeout_with_lock_held),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_ignores_interrupts),
		cmocka_unit_test(test_exits),
		cmocka_unit_test(test_killed_while_idle),
		cmocka_unit_test(test_killed_while_running),
	};
	const struct CMUnitTest sessions[] = {
		cmocka_unit_test(test_session_end_stops_all),
		cmocka_unit_test(test_cancel_while_starting),
		cmocka_unit_test(test_warm),
		cmocka_unit_test(test_killed_unnoticed),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_no_ipykernel),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	failed += cmocka_run_group_tests(cells, setup, teardown);
	return failed + cmocka_run_group_tests(sessions, NULL, NULL);
}

/*
 * The python tool: what code is given and what becomes of what it gives.
 */
#include "python_call.h"

#include <sys/stat.h>

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
	AUTO_CALL a = begin_in(world,
			       "import time; t = 'first'\n"
			       "time.sleep(0.2)",
			       60000, "{}");
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
		"      run)\n",
		60000, values);

	(void)state;
	assert_call(c, TOOL_OK);
	assert_string_equal(c->text, "'''\"); import os; os._exit(3) #\n\\\n"
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
	assert_string_equal(c->text, "gr\xc3\xbc\xf0\x9f\x98\x80 a\xef\xbf\xbd"
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
		" format='png'))",
		victim);
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

/* Peak of our own memory, the kernel's apart. */
static long
peak_kib(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long kib = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %ld", &kib) == 1)
			break;
	fclose(f);
	assert_true(kib > 0);
	return kib;
}

static void
test_memory_is_bounded(void **state)
{
	long before = peak_kib(), more;
	AUTO_CALL a = run("print('x' * 100_000_000)");
	AUTO_CALL b = run("for i in range(1000):\n"
			  "    print('y' * 100_000)");

	(void)state;
	assert_call(a, TOOL_OK);
	assert_call(b, TOOL_OK);
	assert_has(a->text, "[output cut at");
	assert_has(b->text, "[output cut at");
	more = peak_kib() - before;
#ifndef __SANITIZE_ADDRESS__ /* its quarantine keeps what was freed */
	assert_in_range(more, 0, 15 << 10);
#endif
	assert_in_range(more, 0, 100 << 10);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_oversize_value),
		cmocka_unit_test(test_oversize_exception),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}

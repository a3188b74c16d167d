#include "test_call.h"

#include "base/clock.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Every test runs under the profile workspace-write where this machine can
 * hold it, and without a sandbox where it cannot; those that are about the
 * sandbox are skipped then.
 */
static struct test_call t;
static bool sandboxed;

static int
setup(void **state)
{
	struct sandbox_report report;

	if (test_dir_setup(state))
		return -1;
	test_call_init(&t, *state);
	sandboxed = sandbox_probe(false, &report, NULL) &&
		    sandbox_can(&report, SANDBOX_WORKSPACE_WRITE, NULL);
	t.req.profile = sandboxed ? SANDBOX_WORKSPACE_WRITE : SANDBOX_FULL;
	return 0;
}

static int
teardown(void **state)
{
	test_call_release(&t);
	return test_dir_teardown(state);
}

/* The arguments for a command; caller frees. */
static char *
args_for(const char *command, double timeout)
{
	AUTO(buf) b = BUF_INIT;

	buf_addstr(&b, "{\"command\":");
	json_add_str(&b, command);
	if (timeout > 0)
		buf_printf(&b, ",\"timeout\":%g", timeout);
	buf_addch(&b, '}');
	return buf_steal(&b);
}

static const char *
runs(const char *command)
{
	AUTO_FREE char *args = args_for(command, 0);

	return test_call_ok(&t, &tool_bash, args);
}

static void
fails(const char *command, const char *words)
{
	AUTO_FREE char *args = args_for(command, 0);

	test_call_fails(&t, &tool_bash, args, words);
}

static void
has_text(const char *words)
{
	if (!strstr(t.result.parts[0].text, words))
		fail_msg("\"%s\" lacks \"%s\"", t.result.parts[0].text,
			 words);
}

static void
test_output_and_status(void **state)
{
	(void)state;
	assert_string_equal(runs("echo out; printf x"), "out\nx");
	assert_int_equal(t.result.exit_status, 0);
	assert_null(t.result.data);
	fails("echo out; echo first >&2; echo 'the reason' >&2; exit 3",
	      "bash: the command ended with status 3: the reason");
	assert_int_equal(t.result.exit_status, 3);
	has_text("out\n");
	has_text("the reason\n");
	fails("exit 7", "status 7: nothing on stderr");
	fails("kill -SEGV $$", "status 139 (Segmentation fault)");
	fails("syntax error (", "syntax error");
}

static void
test_works_in_its_folder(void **state)
{
	AUTO_FREE char *left = path_join(t.dir, "left");
	AUTO_FREE char *want = xasprintf("%s\n", t.dir);

	(void)state;
	assert_string_equal(runs("pwd; echo 1 > left"), want);
	assert_true(path_exists(left));
}

/* Quotes, dollars and newlines in a value stay what they are. */
static void
test_values_are_data(void **state)
{
	const char *values =
		"{\"attempt\":2,\"inputs\":{\"file-name\":"
		"\"$(touch pwned)'\\\"`id`\\nx\",\"n\":1.5,\"yes\":true,"
		"\"none\":null,\"list\":[1]}}";
	AUTO_JSON *parsed = json_parse(values, strlen(values), "v", NULL);
	AUTO_FREE char *pwned = path_join(t.dir, "pwned");

	(void)state;
	t.req.values = parsed;
	assert_string_equal(
		runs("echo \"$AGENTOPS_INPUT_FILE_NAME|$AGENTOPS_INPUT_N|"
		     "$AGENTOPS_INPUT_YES|$AGENTOPS_INPUT_NONE|"
		     "${AGENTOPS_INPUT_LIST-unset}|$AGENTOPS_ATTEMPT\""),
		"$(touch pwned)'\"`id`\nx|1.5|true||unset|2\n");
	assert_false(path_exists(pwned));
	assert_string_equal(runs("cat \"$AGENTOPS_VALUES\""), values);
	runs("test \"$AGENTOPS_WORKSPACE\" = \"$(cd ../../../ws; pwd)\"");
	t.req.values = NULL;
	assert_string_equal(runs("cat \"$AGENTOPS_VALUES\""), "{}");
}

static void
test_output_object_becomes_data(void **state)
{
	(void)state;
	runs("echo '{\"rows\": 12}' > \"$AGENTOPS_OUTPUT\"");
	assert_int_equal(json_int(t.result.data, "rows", 0), 12);
	fails("echo '[1]' > \"$AGENTOPS_OUTPUT\"", "but not an object");
	fails("echo '{\"rows\": ' > \"$AGENTOPS_OUTPUT\"",
	      "AGENTOPS_OUTPUT: not valid JSON at byte");
	fails("head -c 5000000 /dev/zero > \"$AGENTOPS_OUTPUT\"",
	      "AGENTOPS_OUTPUT is larger than 4194304 bytes");
	/* The command's own failure is the one that is told. */
	fails("echo '[1]' > \"$AGENTOPS_OUTPUT\"; echo why >&2; false",
	      "status 1: why");
}

static void
test_output_that_is_no_file_is_refused(void **state)
{
	(void)state;
	fails("rm -f \"$AGENTOPS_OUTPUT\"; mkfifo \"$AGENTOPS_OUTPUT\"",
	      "is a FIFO, not a regular file");
	fails("rm -f \"$AGENTOPS_OUTPUT\"; "
	      "ln -s /etc/passwd \"$AGENTOPS_OUTPUT\"",
	      "is a symbolic link or leads out");
	fails("rm -f \"$AGENTOPS_OUTPUT\"; mkdir \"$AGENTOPS_OUTPUT\"",
	      "is a folder, not a regular file");
}

static void
test_images_are_taken(void **state)
{
	(void)state;
	runs("printf '\\x89PNG\\r\\n\\x1a\\nrest' > a.png; mkdir sub; "
	     "cp a.png sub/b.dat; echo text > c.png; ln -s a.png link.png; "
	     "mkfifo d.png; cp a.png .hidden.png; "
	     "cp a.png $'\\xff.png'");
	assert_int_equal(t.result.part_count, 4);
	assert_int_equal(t.result.parts[1].kind, TOOL_PART_IMAGE);
	assert_string_equal(t.result.parts[1].name, "a.png");
	assert_string_equal(t.result.parts[1].media_type, "image/png");
	assert_string_equal(t.result.parts[2].name, "sub/b.dat");
	assert_string_equal(t.result.parts[3].text,
			    "[1 more images were left out: at most 64 are "
			    "taken, and only with names in UTF-8]");
}

static void
test_strange_output_is_made_text(void **state)
{
	(void)state;
	assert_string_equal(runs("printf 'a\\0b\\xff\\xc3\\xa9\\n'"),
			    "a\xef\xbf\xbd" "b\xef\xbf\xbd\xc3\xa9\n");
}

static void
test_known_secrets_are_replaced(void **state)
{
	(void)state;
	redact_add(t.redact, "key", "abcdefghij");
	runs("echo '{\"k\": \"abcdefghij\"}' > \"$AGENTOPS_OUTPUT\"; "
	     "printf 'x abcde'; printf 'fghij y\\n'");
	assert_string_equal(t.result.parts[0].text, "x [secret:key] y\n");
	assert_string_equal(json_str(t.result.data, "k"), "[secret:key]");
	fails("echo 'bad key abcdefghij' >&2; false",
	      "status 1: bad key [secret:key]");
}

static void
test_flood_is_bounded(void **state)
{
	AUTO_FREE char *path = path_join(t.dir, "output.txt");
	struct stat st;

	(void)state;
	runs("yes 'a line of the flood' | head -c 200000000");
	has_text("[200000000 bytes, 10000000 lines; the first 67108864 bytes "
		 "saved as output.txt, the rest is over the limit and "
		 "lost]");
	assert_true(strlen(t.result.parts[0].text) < 8 << 10);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 64 << 20);
	fails("head -c 20000000 /dev/zero >&2; echo end >&2; false",
	      "status 1: ");
	assert_true(strlen(t.result.error) < 16 << 10);
}

/* Ends in its time limit, whatever it ignores; nothing is left running. */
static void
test_time_limit(void **state)
{
	AUTO_FREE char *args = args_for("echo started; trap '' TERM; "
					"while :; do sleep 0.1; done", 0.3);
	int64_t before = clock_mono_us();

	(void)state;
	test_call(&t, &tool_bash, args);
	assert_int_equal(t.result.status, TOOL_TIMED_OUT);
	assert_non_null(strstr(t.result.error,
			       "did not end within 300 ms and was stopped"));
	has_text("started\n");
	assert_true(clock_mono_us() - before < 10000000);
}

static void
test_step_time_limit_counts_too(void **state)
{
	AUTO_FREE char *args = args_for("sleep 1000", 500);

	(void)state;
	t.req.timeout_ms = 200;
	test_call(&t, &tool_bash, args);
	assert_int_equal(t.result.status, TOOL_TIMED_OUT);
	assert_non_null(strstr(t.result.error, "within 200 ms"));
}

static void
test_cancel(void **state)
{
	AUTO_FREE char *args = args_for("sleep 1000", 0);
	struct tool_call *call;

	(void)state;
	call = test_call_start(&t, &tool_bash, args);
	assert_non_null(call);
	tool_cancel(call);
	tool_cancel(call);
	test_call_wait(&t);
	assert_int_equal(t.result.status, TOOL_CANCELLED);
	assert_string_equal(t.result.error, "bash: stopped on request");
}

/* What it started ends with it, also when it holds the pipes. */
static void
test_children_end_with_it(void **state)
{
	AUTO_FREE char *path = path_join(t.dir, "pid");
	AUTO(buf) text = BUF_INIT;
	int64_t before = clock_mono_us();

	(void)state;
	assert_string_equal(runs("sleep 1000 & sleep 1000 >/dev/null 2>&1 & "
				 "echo $! > pid; echo done"), "done\n");
	assert_true(clock_mono_us() - before < 10000000);
	if (sandboxed)
		return; /* the pid is one of the sandbox's own */
	assert_true(path_read(path, 100, &text, NULL));
	while (kill((pid_t)strtol(text.data, NULL, 10), 0) == 0)
		loop_turn(t.loop, false);
}

static void
test_command_that_is_too_long(void **state)
{
	AUTO_FREE char *command = xmalloc(200001);
	AUTO_FREE char *args = NULL;

	(void)state;
	memset(command, 'x', 200000);
	command[200000] = '\0';
	args = args_for(command, 0);
	assert_null(test_call_start(&t, &tool_bash, args));
	assert_int_equal(t.err.code, ERR_TOOBIG);
	assert_non_null(strstr(t.err.msg, "put the text into a file"));
	cJSON_Delete((cJSON *)t.req.args);
	t.req.args = NULL;
}

static void
test_profiles_hold(void **state)
{
	AUTO_FREE char *outside = NULL, *command = NULL, *args = NULL;

	if (!sandboxed)
		skip();
	outside = path_join(*state, "outside");
	command = xasprintf("echo x > %s", outside);
	args = args_for(command, 0);
	/* It may succeed on the private /tmp; nothing comes out of that. */
	test_call(&t, &tool_bash, args);
	assert_false(path_exists(outside));
	runs("echo x > \"$AGENTOPS_WORKSPACE/made\"");
	t.req.profile = SANDBOX_READ_ONLY;
	fails("echo x > \"$AGENTOPS_WORKSPACE/made2\"", "status 1");
	runs("echo x > here; cat \"$AGENTOPS_WORKSPACE/made\"");
	t.req.profile = SANDBOX_FULL;
	runs(command);
	assert_true(path_exists(outside));
}

#define bash_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		bash_test(test_output_and_status),
		bash_test(test_works_in_its_folder),
		bash_test(test_values_are_data),
		bash_test(test_output_object_becomes_data),
		bash_test(test_output_that_is_no_file_is_refused),
		bash_test(test_images_are_taken),
		bash_test(test_strange_output_is_made_text),
		bash_test(test_known_secrets_are_replaced),
		bash_test(test_flood_is_bounded),
		bash_test(test_time_limit),
		bash_test(test_step_time_limit_counts_too),
		bash_test(test_cancel),
		bash_test(test_children_end_with_it),
		bash_test(test_command_that_is_too_long),
		bash_test(test_profiles_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

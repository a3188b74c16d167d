#include "test.h"

#include "base/json.h"
#include "base/redact.h"
#include "tool/spool.h"
#include "tool/tool.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- arguments ---------------------------------------------------------- */

static int starts;

static struct tool_call *
sample_start(const struct tool_request *req, struct err *err)
{
	static struct tool_call_base call;

	(void)req;
	(void)err;
	starts++;
	return (struct tool_call *)&call;
}

static const struct tool sample = {
	.name = "sample",
	.schema =
		"{\"type\":\"object\",\"additionalProperties\":false,"
		"\"required\":[\"kind\"],\"properties\":{"
		"\"kind\":{\"type\":\"string\","
		"\"enum\":[\"line\",\"bar\",\"scatter\"]},"
		"\"width\":{\"type\":\"integer\",\"minimum\":10,"
		"\"maximum\":4000,\"default\":900},"
		"\"ratio\":{\"type\":[\"number\",\"null\"]},"
		"\"series\":{\"type\":\"array\",\"minItems\":1,\"items\":"
		"{\"type\":\"object\",\"additionalProperties\":false,"
		"\"required\":[\"column\"],"
		"\"properties\":{\"column\":{\"type\":\"string\"}}}}}}",
	.start = sample_start,
};

static bool
check(const char *text, struct err *err)
{
	AUTO_JSON *args = json_parse(text, strlen(text), "args", NULL);

	assert_non_null(args);
	return tool_check_args(&sample, args, "step chart", err);
}

static void
refuses(const char *text, const char *message)
{
	struct err err = ERR_INIT;

	assert_fails(check(text, &err), err, ERR_USAGE, "step chart: with");
	assert_string_equal(err.msg, message);
}

static void
test_good_arguments_pass(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_ok(check("{\"kind\":\"bar\"}", &err), err);
	assert_ok(check("{\"kind\":\"bar\",\"width\":900.0,\"ratio\":null,"
			"\"series\":[{\"column\":\"a\"}]}",
			&err),
		  err);
	assert_ok(check("{\"kind\":\"bar\",\"ratio\":1.5}", &err), err);
}

static void
test_bad_arguments_are_located(void **state)
{
	(void)state;
	refuses("[]", "step chart: with: must be a mapping, is a list");
	refuses("{}", "step chart: with.kind: is missing");
	refuses("{\"kind\":7}",
		"step chart: with.kind: must be a string, is a number");
	refuses("{\"kind\":\"doughnut\"}",
		"step chart: with.kind: \"doughnut\" is not one of \"line\", "
		"\"bar\", \"scatter\"");
	refuses("{\"kind\":\"lien\"}",
		"step chart: with.kind: \"lien\" is not one of \"line\", "
		"\"bar\", \"scatter\"; did you mean \"line\"?");
	refuses("{\"kind\":\"bar\",\"width\":1.5}",
		"step chart: with.width: must be a whole number, is a number");
	refuses("{\"kind\":\"bar\",\"width\":9}",
		"step chart: with.width: is 9; the least allowed is 10");
	refuses("{\"kind\":\"bar\",\"width\":5000}",
		"step chart: with.width: is 5000; the most allowed is 4000");
	refuses("{\"kind\":\"bar\",\"ratio\":\"x\"}",
		"step chart: with.ratio: must be a number or null, "
		"is a string");
	refuses("{\"kind\":\"bar\",\"widht\":9}",
		"step chart: with.widht: there is no such argument; did you "
		"mean \"width\"?");
	refuses("{\"kind\":\"bar\",\"zzzzzz\":9}",
		"step chart: with.zzzzzz: there is no such argument; known "
		"are kind, width, ratio, series");
	refuses("{\"kind\":\"bar\",\"series\":[]}",
		"step chart: with.series: has 0 entries; at least 1 are "
		"needed");
	refuses("{\"kind\":\"bar\",\"series\":[{\"column\":\"a\"},{}]}",
		"step chart: with.series[1].column: is missing");
	refuses("{\"kind\":\"bar\",\"series\":[{\"column\":true}]}",
		"step chart: with.series[0].column: must be a string, is "
		"true or false");
}

static void
test_start_checks_first(void **state)
{
	AUTO_JSON *args = cJSON_CreateObject();
	struct tool_request req = { .args = args };
	struct err err = ERR_INIT;

	(void)state;
	starts = 0;
	assert_fails(tool_start(&sample, &req, &err) != NULL, err, ERR_USAGE,
		     "tool sample: with.kind: is missing");
	req.args = NULL;
	assert_fails(tool_start(&sample, &req, &err) != NULL, err, ERR_USAGE,
		     "tool sample: with.kind: is missing");
	assert_int_equal(starts, 0);
	cJSON_AddStringToObject(args, "kind", "bar");
	req.args = args;
	assert_non_null(tool_start(&sample, &req, &err));
	assert_int_equal(starts, 1);
}

/* Every row: found by its name, a whole schema, defaults that pass it. */
static void
test_registry_rows_are_whole(void **state)
{
	(void)state;
	assert_null(tool_find("no such tool"));
	for (const struct tool *const *t = tool_all(); *t; t++) {
		AUTO_JSON *schema = NULL;
		const cJSON *p;

		assert_ptr_equal(tool_find((*t)->name), *t);
		assert_true(strlen((*t)->summary) > 10);
		schema = json_parse((*t)->schema, strlen((*t)->schema),
				    (*t)->name, NULL);
		assert_non_null(schema);
		assert_string_equal(json_str(schema, "type"), "object");
		assert_true(cJSON_IsFalse(
			json_get(schema, "additionalProperties")));
		cJSON_ArrayForEach(p, json_get(schema, "properties"))
			assert_non_null(json_str(p, "description"));
	}
}

/* --- session ------------------------------------------------------------ */

static int freed;

static void
free_kernels(void *kernels)
{
	assert_string_equal(kernels, "kernel");
	freed++;
}

static void
test_session_ends_its_kernels(void **state)
{
	AUTO_PTR(loop) loop = loop_new();
	struct tool_session *s = tool_session_new(loop, "/run", "/work");

	(void)state;
	assert_ptr_equal(tool_session_loop(s), loop);
	assert_string_equal(tool_session_run_dir(s), "/run");
	assert_string_equal(tool_session_workspace(s), "/work");
	freed = 0;
	*tool_session_kernels(s, free_kernels) = (void *)"kernel";
	tool_session_free(s);
	assert_int_equal(freed, 1);
	s = tool_session_new(loop, "/run", "/work");
	assert_null(*tool_session_kernels(s, free_kernels));
	tool_session_free(s);
	assert_int_equal(freed, 1);
}

/* --- spool -------------------------------------------------------------- */

static const char *
text_of(const struct tool_result *r)
{
	assert_true(r->part_count >= 1);
	assert_int_equal(r->parts[0].kind, TOOL_PART_TEXT);
	return r->parts[0].text;
}

static int64_t
size_of(const char *dir, const char *name)
{
	AUTO_FREE char *path = path_join(dir, name);
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	return st.st_size;
}

static void
test_small_output_stays_text(void **state)
{
	AUTO(tool_result) r = { 0 };
	AUTO(spool) sp;

	spool_init(&sp, *state, "out.txt", 100);
	spool_add(&sp, "one\n", 4);
	spool_add(&sp, "a\0b\xff\xc3\xa9", 6);
	spool_finish(&sp, &r);
	assert_int_equal(r.part_count, 1);
	assert_string_equal(text_of(&r), "one\na\xef\xbf\xbd" "b"
				"\xef\xbf\xbd\xc3\xa9");
}

static void
test_no_output_is_an_empty_text(void **state)
{
	AUTO(tool_result) r = { 0 };
	AUTO(spool) sp;

	spool_init(&sp, *state, "out.txt", 0);
	spool_finish(&sp, &r);
	assert_int_equal(r.part_count, 1);
	assert_string_equal(text_of(&r), "");
}

static void
test_large_output_leaves_head_and_tail(void **state)
{
	AUTO(tool_result) r = { 0 };
	AUTO(spool) sp;
	AUTO(buf) whole = BUF_INIT;
	AUTO(buf) saved = BUF_INIT;
	AUTO_FREE char *path = path_join(*state, "out.txt");
	struct err err = ERR_INIT;

	spool_init(&sp, *state, "out.txt", 100);
	for (int i = 0; i < 1000; i++) {
		size_t from = whole.len;

		buf_printf(&whole, "line %d\n", i);
		spool_add(&sp, whole.data + from, whole.len - from);
	}
	spool_finish(&sp, &r);
	assert_string_equal(
		text_of(&r),
		"[8890 bytes, 1000 lines; saved as out.txt]\n"
		"line 0\nline 1\nline 2\nline 3\nline 4\nline 5\nline 6\n"
		"[... 8796 bytes left out ...]\n"
		"line 995\nline 996\nline 997\nline 998\nline 999\n");
	assert_int_equal(r.part_count, 2);
	assert_int_equal(r.parts[1].kind, TOOL_PART_FILE);
	assert_string_equal(r.parts[1].name, "out.txt");
	assert_ok(path_read(path, 1 << 20, &saved, &err), err);
	assert_string_equal(saved.data, whole.data);
}

/* One chunk, no newline at all, two-byte characters cut by both edges. */
static void
test_long_line_is_cut_between_characters(void **state)
{
	AUTO(tool_result) r = { 0 };
	AUTO(spool) sp;
	AUTO(buf) in = BUF_INIT;

	buf_addch(&in, 'x');
	for (int i = 0; i < 5000; i++)
		buf_addstr(&in, "\xc3\xa9");
	spool_init(&sp, *state, "out.txt", 100);
	spool_add(&sp, in.data, in.len);
	spool_finish(&sp, &r);
	assert_null(strstr(text_of(&r), "\xef\xbf\xbd"));
	assert_non_null(strstr(text_of(&r), "[10001 bytes, 1 lines; "));
	assert_non_null(strstr(text_of(&r), "[... 9902 bytes left out ...]"));
}

static void
test_spool_does_not_follow_what_is_there(void **state)
{
	AUTO(tool_result) r = { 0 };
	AUTO(spool) sp;
	AUTO_FREE char *link = path_join(*state, "out.txt");
	AUTO_FREE char *fifo = path_join(*state, "2-out.txt");
	AUTO_FREE char *target = path_join(*state, "victim");

	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	spool_init(&sp, *state, "out.txt", 64);
	for (int i = 0; i < 50; i++)
		spool_add(&sp, "0123456789", 10);
	spool_finish(&sp, &r);
	assert_false(path_exists(target));
	assert_string_equal(r.parts[1].name, "3-out.txt");
	assert_int_equal(size_of(*state, "3-out.txt"), 500);
}

static void
test_spool_file_has_a_ceiling(void **state)
{
	enum { CHUNK = 1 << 20, CHUNKS = (SPOOL_FILE_LIMIT >> 20) + 3 };
	AUTO(tool_result) r = { 0 };
	AUTO(spool) sp;
	AUTO_FREE char *chunk = xmalloc(CHUNK);

	memset(chunk, 'a', CHUNK);
	spool_init(&sp, *state, "out.txt", 0);
	for (int i = 0; i < CHUNKS; i++)
		spool_add(&sp, chunk, CHUNK);
	assert_true(sp.head.cap + sizeof(sp) < 64 << 10);
	spool_finish(&sp, &r);
	assert_int_equal(size_of(*state, "out.txt"), SPOOL_FILE_LIMIT);
	assert_non_null(strstr(text_of(&r),
			       "[70254592 bytes, 1 lines; the first 67108864 "
			       "bytes saved as out.txt, the rest is over the "
			       "limit and lost]"));
}

/* A file size limit stands for a full disk. */
static void
test_full_disk_is_said(void **state)
{
	AUTO(tool_result) r = { 0 };
	AUTO(spool) sp;
	struct rlimit old, small;

	getrlimit(RLIMIT_FSIZE, &old);
	small = (struct rlimit){ 4096, old.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	spool_init(&sp, *state, "out.txt", 64);
	for (int i = 0; i < 1000; i++)
		spool_add(&sp, "0123456789", 10);
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_DFL);
	spool_finish(&sp, &r);
	assert_non_null(strstr(text_of(&r),
			       "[10000 bytes, 1 lines; only the first 4096 "
			       "bytes saved as out.txt: File too large]"));
}

static void
test_missing_folder_is_said(void **state)
{
	AUTO(tool_result) r = { 0 };
	AUTO(spool) sp;
	AUTO_FREE char *dir = path_join(*state, "file/gone");

	test_write(*state, "file", "", 0);
	spool_init(&sp, dir, "out.txt", 64);
	for (int i = 0; i < 20; i++)
		spool_add(&sp, "0123456789", 10);
	spool_finish(&sp, &r);
	assert_int_equal(r.part_count, 1);
	assert_non_null(strstr(text_of(&r),
			       "not saved: out.txt: Not a directory"));
}

static void
test_spool_hides_secrets(void **state)
{
	AUTO_PTR(redact) redact = redact_new();
	AUTO(tool_result) r = { 0 };
	AUTO(spool) sp;
	AUTO(buf) saved = BUF_INIT;
	AUTO_FREE char *path = path_join(*state, "out.txt");

	redact_add(redact, "key", "abcdefghij");
	spool_init(&sp, *state, "out.txt", 64);
	spool_redact(&sp, redact);
	for (int i = 0; i < 20; i++) {
		spool_add(&sp, "1234 abcde", 10);
		spool_add(&sp, "fghij 5678", 10);
	}
	spool_add(&sp, "abc", 3);
	spool_finish(&sp, &r);
	assert_true(path_read(path, 1 << 20, &saved, NULL));
	assert_null(strstr(saved.data, "fghij"));
	assert_non_null(strstr(saved.data, " [secret:key] 5678"));
	assert_non_null(strstr(text_of(&r), "5678abc"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_arguments_pass),
		cmocka_unit_test(test_bad_arguments_are_located),
		cmocka_unit_test(test_start_checks_first),
		cmocka_unit_test(test_registry_rows_are_whole),
		cmocka_unit_test(test_session_ends_its_kernels),
		dir_test(test_small_output_stays_text),
		dir_test(test_no_output_is_an_empty_text),
		dir_test(test_large_output_leaves_head_and_tail),
		dir_test(test_long_line_is_cut_between_characters),
		dir_test(test_spool_does_not_follow_what_is_there),
		dir_test(test_spool_file_has_a_ceiling),
		dir_test(test_full_disk_is_said),
		dir_test(test_missing_folder_is_said),
		dir_test(test_spool_hides_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
